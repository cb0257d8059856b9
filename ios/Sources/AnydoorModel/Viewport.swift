import Foundation

/// Metres in a degree of latitude, on the mean sphere.
private let metresPerDegree = 111_195.08

/// A place on a `Plane`, in metres.
public struct Place: Equatable, Sendable {
    public var east: Double
    public var north: Double

    public init(east: Double, north: Double) {
        self.east = east
        self.north = north
    }
}

/// The Earth, flat around one place: metres east and north of it. Right to a thousandth over a county.
public struct Plane: Equatable, Sendable {
    public let latitude: Double
    public let longitude: Double
    private let eastPerDegree: Double

    public init(latitude: Double, longitude: Double) {
        self.latitude = latitude
        self.longitude = longitude
        eastPerDegree = metresPerDegree * max(cos(latitude * .pi / 180), 0.01)
    }

    /// A position in degrees, the short way around the Earth.
    public func place(latitude: Double, longitude: Double) -> Place {
        let across = longitude - self.longitude
        let short = across > 180 ? across - 360 : across < -180 ? across + 360 : across
        return Place(east: short * eastPerDegree, north: (latitude - self.latitude) * metresPerDegree)
    }

    /// Degrees north of a place.
    public func latitude(_ place: Place) -> Double {
        min(max(latitude + place.north / metresPerDegree, -90), 90)
    }

    /// Degrees east of a place.
    public func longitude(_ place: Place) -> Double {
        min(max(longitude + place.east / eastPerDegree, -180), 180)
    }

    /// Latitude, longitude, latitude, … as the core gives them, as places; the odd one at the end is left.
    public func line(_ degrees: some RandomAccessCollection<Double>) -> [Place] {
        let all = Array(degrees)
        return stride(from: 0, to: all.count - all.count % 2, by: 2).map { place(latitude: all[$0], longitude: all[$0 + 1]) }
    }
}

/// What a screen of `width` by `height` points shows: the place in its middle, and how many metres a point covers.
public struct Viewport: Equatable, Sendable {
    /// The nearest that is of use, in metres a point.
    public static let nearest = 0.1
    /// The farthest: a county is a stamp.
    public static let farthest = 500.0

    public var middle: Place
    public var metresPerPixel: Double
    public var width: Double
    public var height: Double

    public init(middle: Place, metresPerPixel: Double, width: Double, height: Double) {
        self.middle = middle
        self.metresPerPixel = metresPerPixel
        self.width = width
        self.height = height
    }

    /// Points from the left.
    public func x(_ east: Double) -> Double { width / 2 + (east - middle.east) / metresPerPixel }

    /// Points from the top.
    public func y(_ north: Double) -> Double { height / 2 - (north - middle.north) / metresPerPixel }

    /// The place under a point of the screen.
    public func place(x: Double, y: Double) -> Place {
        Place(
            east: middle.east + (x - width / 2) * metresPerPixel,
            north: middle.north - (y - height / 2) * metresPerPixel)
    }

    /// Moved as a finger moves it.
    public func moved(x: Double, y: Double) -> Viewport {
        var moved = self
        moved.middle = Place(east: middle.east - x * metresPerPixel, north: middle.north + y * metresPerPixel)
        return moved
    }

    /// Nearer by a factor; what is under the point stays there.
    public func zoomed(_ factor: Double, x: Double, y: Double) -> Viewport {
        let held = place(x: x, y: y)
        var scaled = self
        scaled.metresPerPixel = min(max(metresPerPixel / factor, Self.nearest), Self.farthest)
        let now = scaled.place(x: x, y: y)
        scaled.middle = Place(east: middle.east + held.east - now.east, north: middle.north + held.north - now.north)
        return scaled
    }

    /// Nearer by a factor around the middle.
    public func zoomed(_ factor: Double) -> Viewport { zoomed(factor, x: width / 2, y: height / 2) }

    /// The same with half as much again on each side: what is asked from the core, so that a finger finds lines there.
    public func wider() -> Viewport {
        var wider = self
        wider.width = width * 2
        wider.height = height * 2
        return wider
    }

    /// Whether lines that were asked for this serve another view: they lie around it, at nearly its scale.
    public func serves(_ other: Viewport) -> Bool {
        let scale = other.metresPerPixel / metresPerPixel
        let from = other.place(x: 0, y: 0)
        let until = other.place(x: other.width, y: other.height)
        let (first, last) = (place(x: 0, y: 0), place(x: width, y: height))
        return (0.6...1.6).contains(scale) && first.east <= from.east && until.east <= last.east
            && last.north <= until.north && from.north <= first.north
    }

    /// Shows all of these, with a margin in points, and `below` more at the bottom, where the controls lie.
    public static func around(_ places: [Place], width: Double, height: Double, margin: Double, below: Double = 0) -> Viewport {
        let (east, north) = (places.map(\.east), places.map(\.north))
        guard let west = east.min(), let right = east.max(), let south = north.min(), let top = north.max() else {
            return Viewport(middle: Place(east: 0, north: 0), metresPerPixel: 10, width: width, height: height)
        }
        let across = (right - west) / max(width - 2 * margin, 1)
        let up = (top - south) / max(height - below - 2 * margin, 1)
        let scale = min(max(max(across, up), 0.5), farthest)
        let middle = Place(east: (west + right) / 2, north: (south + top - below * scale) / 2)
        return Viewport(middle: middle, metresPerPixel: scale, width: width, height: height)
    }
}
