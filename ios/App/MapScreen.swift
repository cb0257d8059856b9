import AnydoorModel
import SwiftUI

/// The map with its controls: what `MapState` says, and what a hand does to it.
struct MapScreen: View {
    let state: MapState
    let labels: Labels
    /// Counts what the core's watch tells.
    var revision = 0
    @Environment(\.colorScheme) private var scheme
    @State private var before: Viewport?

    var body: some View {
        let colours = MapColours.of(scheme)
        VStack(spacing: 0) {
            GeometryReader { room in
                ZStack(alignment: .bottomTrailing) {
                    if let viewport = state.viewport {
                        area(viewport, colours)
                        controls(viewport)
                    }
                }
                .frame(maxWidth: .infinity, maxHeight: .infinity)
                .clipped()
                .onChange(of: room.size, initial: true) { _, size in state.sized(width: size.width, height: size.height) }
            }
            // Whose roads they are, or that there are none: always there, whatever else is on the screen (ODbL 1.0, 4.3).
            Text(state.picture.attribution.isEmpty ? labels.noRoads : state.picture.attribution)
                .font(.footnote).frame(maxWidth: .infinity, alignment: .leading).padding(.horizontal, 12)
            ScrollView { panel.frame(maxWidth: .infinity, alignment: .leading).padding(16) }.frame(maxHeight: 280)
        }
        .task(id: revision) { await state.begin() }
        .task(id: state.viewport) { await state.look() }
        .task(id: [state.chosen ?? "", String(revision)]) { await state.follow() }
    }

    private func area(_ viewport: Viewport, _ colours: MapColours) -> some View {
        ZStack(alignment: .topLeading) {
            MapCanvas(picture: state.picture, viewport: viewport, colours: colours)
                .gesture(drag(viewport).simultaneously(with: pinch(viewport)))
                .accessibilityLabel(labels.map(state.picture.teams.filter { $0.place != nil }.count))
            Text(labels.scene).font(.callout.weight(.medium)).foregroundStyle(colours.scene)
                .position(x: viewport.x(state.picture.scene.east), y: viewport.y(state.picture.scene.north) + 30)
            ForEach(state.picture.teams.reversed()) { team in
                if let place = team.place {
                    TeamMarker(team: team, chosen: team.team == state.chosen, labels: labels, colours: colours) { state.chose(team.team) }
                        .position(x: viewport.x(place.east), y: viewport.y(place.north))
                        .zIndex(team.team == state.chosen ? 1 : 0)
                }
            }
        }
    }

    private func drag(_ viewport: Viewport) -> some Gesture {
        DragGesture()
            .onChanged { hand in
                let from = before ?? viewport
                before = from
                state.moved(to: from.moved(x: hand.translation.width, y: hand.translation.height))
            }
            .onEnded { _ in before = nil }
    }

    private func pinch(_ viewport: Viewport) -> some Gesture {
        MagnifyGesture()
            .onChanged { hand in
                let from = before ?? viewport
                before = from
                state.moved(to: from.zoomed(hand.magnification, x: hand.startLocation.x, y: hand.startLocation.y))
            }
            .onEnded { _ in before = nil }
    }

    private func controls(_ viewport: Viewport) -> some View {
        HStack(spacing: 8) {
            Control(name: labels.nearer, sign: "plus") { state.moved(to: viewport.zoomed(2)) }
            Control(name: labels.farther, sign: "minus") { state.moved(to: viewport.zoomed(0.5)) }
            Control(name: labels.whole, sign: "viewfinder") { state.whole() }
        }
        .padding(12)
    }

    @ViewBuilder private var panel: some View {
        let team = state.picture.teams.first { $0.team == state.chosen }
        VStack(alignment: .leading, spacing: 4) {
            if !state.picture.closures.isEmpty {
                Text(labels.closed(state.picture.closures.count)).foregroundStyle(.red)
            }
            if let team {
                Text(team.canGo ? team.name : "\(team.name) · \(labels.cannotGo)").font(.title2.bold()).accessibilityAddTraits(.isHeader)
                ForEach(Array(team.reasons.enumerated()), id: \.offset) { place, words in
                    Text(words).font(place == 0 ? .headline : .body)
                }
                if let route = state.picture.route, route.team == team.team {
                    if !route.named.isEmpty { Text(labels.via(route.named)).font(.body) }
                } else {
                    Text(labels.noRoute)
                }
            } else {
                let none = state.picture.teams.isEmpty ? labels.noTeams : labels.tapTeam
                Text(state.picture.unreadable ? labels.unreadable : none).font(.headline)
            }
        }
    }
}

/// A team: a full disc where it can go, a ring where it cannot, larger where it is chosen.
private struct TeamMarker: View {
    let team: TeamMark
    let chosen: Bool
    let labels: Labels
    let colours: MapColours
    let choose: () -> Void

    var body: some View {
        let colour = chosen ? colours.route : team.canGo ? colours.team : colours.cannotGo
        let size: CGFloat = chosen ? 26 : 20
        Button(action: choose) {
            ZStack {
                Circle().fill(colours.halo).frame(width: size + 6, height: size + 6)
                Circle().strokeBorder(colour, lineWidth: team.canGo ? size / 2 : 4).frame(width: size, height: size)
            }
            .frame(width: 64, height: 64)
            .contentShape(Rectangle())
            .overlay(alignment: .bottom) {
                Text(team.name).font(.callout.weight(chosen ? .bold : .medium)).foregroundStyle(colour).fixedSize().offset(y: 6)
            }
        }
        .buttonStyle(.plain)
        .accessibilityLabel(([team.name] + team.reasons.prefix(1)).joined(separator: ". "))
        .accessibilityValue(chosen ? labels.selected : team.canGo ? "" : labels.cannotGo)
    }
}

/// Nearer, farther, everything: in reach of one thumb, as large as one in a glove.
private struct Control: View {
    let name: String
    let sign: String
    let act: () -> Void

    var body: some View {
        Button(action: act) { Image(systemName: sign).font(.title2).frame(width: 64, height: 64).background(.regularMaterial, in: .rect(cornerRadius: 16)) }
            .buttonStyle(.plain)
            .accessibilityLabel(name)
    }
}
