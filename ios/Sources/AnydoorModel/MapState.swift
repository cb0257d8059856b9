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

    /// Teams and closures, and the best team chosen: once, and when the core says that something changed.
    public func begin() async throws {
        let source = self.source
        let (teams, closures) = try await Task.detached { (try source.teams(), try source.closures()) }.value
        picture.teams = teams
        picture.closures = closures
        begun = true
        if chosen == nil { chosen = teams.first(where: \.canGo)?.team }
        if !touched { whole() }
    }

    /// The streets of what is seen, where the last ones do not serve it.
    public func look() async throws {
        guard let viewport, asked?.serves(viewport) != true else { return }
        let (source, wider) = (self.source, viewport.wider())
        picture.layers = try await Task.detached { try source.layers(wider) }.value
        asked = wider
    }

    /// The way of the chosen team.
    public func follow() async throws {
        guard let team = chosen else { return }
        let source = self.source
        let route = try await Task.detached { try source.route(team) }.value
        if chosen == team { picture.route = route }
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
