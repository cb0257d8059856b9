import Observation

/// What the map of one scene shows, and what a hand did to it.
@MainActor
@Observable
public final class MapState {
    public private(set) var picture: MapPicture
    public private(set) var viewport: Viewport?
    public private(set) var chosen: String?
    private let source: any MapSource
    private let margin: Double
    private let below: Double
    private var size: (width: Double, height: Double)?
    private var asked: Viewport?
    private var begun = false
    private var touched = false

    public init(source: any MapSource, margin: Double = 48, below: Double = 84) {
        self.source = source
        self.margin = margin
        self.below = below
        let plane = source.plane
        picture = MapPicture(scene: plane.place(latitude: plane.latitude, longitude: plane.longitude))
        picture.attribution = source.attribution
    }

    /// Teams and closures, and the best team chosen: at first, and when the core says that something changed.
    public func begin() async {
        let source = self.source
        picture.unreadable = false
        picture.attribution = source.attribution
        let found = await ask { (teams: try source.teams(), closures: try source.closures()) }
        picture.teams = found?.teams ?? []
        picture.closures = found?.closures ?? []
        begun = true
        if chosen == nil { chosen = picture.teams.first(where: \.canGo)?.team }
        if !touched { whole() }
    }

    /// The streets of what is seen, where the last ones do not serve it.
    public func look() async {
        guard let viewport, asked?.serves(viewport) != true else { return }
        let (source, wider) = (self.source, viewport.wider())
        guard let layers = await ask({ try source.layers(wider) }) else { return }
        picture.layers = layers
        asked = wider
    }

    /// The way of the chosen team.
    public func follow() async {
        guard let team = chosen else { return }
        let source = self.source
        let route = await ask { try source.route(team) }
        if chosen == team { picture.route = route ?? nil }
    }

    /// Asks the source away from the main thread; what cannot be read is said on the screen.
    private func ask<T: Sendable>(_ what: @escaping @Sendable () throws -> T) async -> T? {
        do {
            return try await Task.detached { try what() }.value
        } catch {
            picture.unreadable = true
            return nil
        }
    }

    /// The map was given so much room, in points.
    public func sized(width: Double, height: Double) {
        size = (width, height)
        guard viewport != nil, touched else { return whole() }
        viewport?.width = width
        viewport?.height = height
    }

    /// It was moved or zoomed.
    public func moved(to: Viewport) {
        touched = true
        viewport = to
    }

    /// Everything is to be seen again.
    public func whole() {
        touched = false
        guard begun, let size else { return }
        let places = picture.teams.filter(\.canGo).compactMap(\.place) + [picture.scene]
        viewport = Viewport.around(places, width: size.width, height: size.height, margin: margin, below: below)
    }

    /// A team was tapped.
    public func chose(_ team: String) { chosen = team }
}
