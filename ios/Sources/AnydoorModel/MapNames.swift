import Foundation

/// The most names that are drawn: more is a grey cloud.
private let most = 24

/// A name may be so much longer than its street, and its street so much bent under it.
private let shortest = 0.8
private let straightest = 0.93

/// Where a name is written: its middle, and its angle in degrees, never upside down.
public struct Spot: Equatable, Sendable {
    public let middle: CGPoint
    public let degrees: Double
}

/// The name of a street, and where it is written.
public struct NameMark: Equatable, Identifiable, Sendable {
    public let name: String
    public let spot: Spot
    public var id: String { name }
}

private func distance(_ from: CGPoint, _ to: CGPoint) -> Double { hypot(to.x - from.x, to.y - from.y) }

/// The point so many points along a line.
private func along(_ line: [CGPoint], _ points: Double) -> CGPoint {
    var left = points
    for (from, to) in zip(line, line.dropFirst()) {
        let length = distance(from, to)
        if left <= length, length > 0 {
            return CGPoint(x: from.x + (to.x - from.x) * left / length, y: from.y + (to.y - from.y) * left / length)
        }
        left -= length
    }
    return line[line.count - 1]
}

/// The spot in the middle of a line for a name of some width, where it is long and straight enough there.
func spot(_ line: [CGPoint], width: Double) -> Spot? {
    let whole = zip(line, line.dropFirst()).map(distance).reduce(0, +)
    if line.count < 2 || whole < width * shortest { return nil }
    let under = min(width, whole)
    let (from, to) = (along(line, (whole - under) / 2), along(line, (whole + under) / 2))
    if distance(from, to) < under * straightest { return nil }
    let degrees = atan2(to.y - from.y, to.x - from.x) * 180 / .pi
    return Spot(
        middle: CGPoint(x: (from.x + to.x) / 2, y: (from.y + to.y) / 2),
        degrees: degrees > 90 ? degrees - 180 : degrees < -90 ? degrees + 180 : degrees)
}

/// Whether a line begins near the screen and is long enough for so many points: cheap, for it is asked of every street.
private func mayHold(_ line: [Place], _ viewport: Viewport, _ points: Double) -> Bool {
    guard line.count >= 2 else { return false }
    let (x, y) = (viewport.x(line[0].east), viewport.y(line[0].north))
    if !(-viewport.width...2 * viewport.width).contains(x) || !(-viewport.height...2 * viewport.height).contains(y) { return false }
    let metres = zip(line, line.dropFirst()).reduce(0) { $0 + hypot($1.1.east - $1.0.east, $1.1.north - $1.0.north) }
    return metres >= points * viewport.metresPerPixel
}

/// The names of streets along them, the important ones first, each once and none over another; `measure` says how wide one is.
public func names(_ layers: [MapLayer], _ viewport: Viewport, measure: (String) -> Double) -> [NameMark] {
    var placed: [(at: CGPoint, reach: Double)] = []
    var marks: [NameMark] = []
    var seen: Set<String> = []
    for layer in layers.reversed() {
        for (line, name) in zip(layer.lines, layer.names) {
            if placed.count >= most { return marks }
            if name.isEmpty || seen.contains(name) || !mayHold(line, viewport, Double(name.count) * 4 * shortest) { continue }
            let width = measure(name)
            let half = width / 2
            guard let spot = spot(line.map { CGPoint(x: viewport.x($0.east), y: viewport.y($0.north)) }, width: width) else { continue }
            let (x, y) = (spot.middle.x, spot.middle.y)
            let inside = x >= half && x <= viewport.width - half && y >= half && y <= viewport.height - half
            if !inside || placed.contains(where: { distance($0.at, spot.middle) < $0.reach + half }) { continue }
            marks.append(NameMark(name: name, spot: spot))
            placed.append((spot.middle, half))
            seen.insert(name)
        }
    }
    return marks
}
