import AnydoorModel
import SwiftUI

/// Draws streets, their names, closures, the way and the scene: nothing else, from plain values. Teams lie over it as touch targets.
struct MapCanvas: View {
    let picture: MapPicture
    let viewport: Viewport
    let colours: MapColours

    var body: some View {
        Canvas { context, size in
            context.fill(Path(CGRect(origin: .zero, size: size)), with: .color(colours.land))
            let thin = min(max(3 / viewport.metresPerPixel, 0.35), 1.6)
            let streets = picture.layers.map { ($0.streetClass, path($0.lines)) }
            for (streetClass, path) in streets where wide(streetClass) * thin >= 2 {
                line(context, path, colours.edge, wide(streetClass) * thin + 1.2)
            }
            for (streetClass, path) in streets {
                line(context, path, colour(streetClass), max(wide(streetClass) * thin, 0.7))
            }
            names(context)
            if let route = picture.route, let end = route.line.last {
                line(context, path([[end, picture.scene]]), colours.route, 3, dash: [1, 7])
                line(context, path([route.line]), colours.routeEdge, 9)
                line(context, path([route.line]), colours.route, 6)
            }
            let closures = path(picture.closures.map(\.line))
            line(context, closures, colours.closedEdge, 9)
            line(context, closures, colours.closed, 5, dash: [7, 8])
            scene(context, CGPoint(x: viewport.x(picture.scene.east), y: viewport.y(picture.scene.north)))
        }
    }

    /// The names of streets, written along them.
    private func names(_ context: GraphicsContext) {
        func words(_ name: String) -> GraphicsContext.ResolvedText {
            context.resolve(Text(name).font(.system(size: 12)).foregroundStyle(colours.name))
        }
        let free = CGSize(width: CGFloat.infinity, height: CGFloat.infinity)
        for mark in AnydoorModel.names(picture.layers, viewport, measure: { words($0).measure(in: free).width }) {
            var along = context
            along.addFilter(.shadow(color: colours.halo, radius: 3))
            along.translateBy(x: mark.spot.middle.x, y: mark.spot.middle.y)
            along.rotate(by: .degrees(mark.spot.degrees))
            along.draw(words(mark.name), at: .zero)
        }
    }

    private func path(_ lines: [[Place]]) -> Path {
        var path = Path()
        for line in lines {
            path.addLines(line.map { CGPoint(x: viewport.x($0.east), y: viewport.y($0.north)) })
        }
        return path
    }

    private func line(_ context: GraphicsContext, _ path: Path, _ colour: Color, _ width: Double, dash: [CGFloat] = []) {
        context.stroke(path, with: .color(colour), style: StrokeStyle(lineWidth: width, lineCap: .round, lineJoin: .round, dash: dash))
    }

    /// A diamond with a ring: told from teams by its shape, not by its colour alone.
    private func scene(_ context: GraphicsContext, _ at: CGPoint) {
        func disc(_ radius: Double) -> Path {
            Path(ellipseIn: CGRect(x: at.x - radius, y: at.y - radius, width: 2 * radius, height: 2 * radius))
        }
        var diamond = Path()
        diamond.addLines([
            CGPoint(x: at.x, y: at.y - 13), CGPoint(x: at.x + 13, y: at.y), CGPoint(x: at.x, y: at.y + 13),
            CGPoint(x: at.x - 13, y: at.y),
        ])
        diamond.closeSubpath()
        context.fill(disc(26), with: .color(colours.scene.opacity(0.22)))
        context.stroke(diamond, with: .color(colours.halo), lineWidth: 4)
        context.fill(diamond, with: .color(colours.scene))
        context.fill(disc(4), with: .color(colours.halo))
    }

    private func wide(_ streetClass: String) -> Double {
        switch streetClass {
        case "motorway": 6
        case "primary": 5
        case "secondary": 4.5
        case "tertiary": 3.5
        case "residential": 2.5
        default: 1.5
        }
    }

    private func colour(_ streetClass: String) -> Color {
        switch streetClass {
        case "motorway": colours.motorway
        case "primary", "secondary": colours.main
        case "ferry": colours.ferry
        default: colours.street
        }
    }
}
