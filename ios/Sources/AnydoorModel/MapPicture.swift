/// Streets of one class, each a line.
public struct MapLayer: Equatable, Sendable {
    public let streetClass: String
    public let lines: [[Place]]
    public let names: [String]

    public init(streetClass: String, lines: [[Place]], names: [String]) {
        self.streetClass = streetClass
        self.lines = lines
        self.names = names
    }
}

/// A team on the map: where it was, and why it stands where it stands, in the core's words.
public struct TeamMark: Equatable, Identifiable, Sendable {
    public let team: String
    public let name: String
    public let canGo: Bool
    public let place: Place?
    public let reasons: [String]
    public var id: String { team }

    public init(team: String, name: String, canGo: Bool, place: Place?, reasons: [String]) {
        self.team = team
        self.name = name
        self.canGo = canGo
        self.place = place
        self.reasons = reasons
    }
}

/// The way of a team to the scene.
public struct RouteLine: Equatable, Sendable {
    public let team: String
    public let seconds: Int64
    public let line: [Place]
    public let streets: [String]

    public init(team: String, seconds: Int64, line: [Place], streets: [String]) {
        self.team = team
        self.seconds = seconds
        self.line = line
        self.streets = streets
    }

    /// The first four streets, each once.
    public var named: String {
        var once: [String] = []
        for street in streets where !once.contains(street) { once.append(street) }
        return once.prefix(4).joined(separator: ", ") + (once.count > 4 ? ", …" : "")
    }
}

/// A road that a lead has closed.
public struct ClosureLine: Equatable, Sendable {
    public let why: String
    public let line: [Place]

    public init(why: String, line: [Place]) {
        self.why = why
        self.line = line
    }
}

/// Everything that a map draws; plain values.
public struct MapPicture: Equatable, Sendable {
    public var scene: Place
    public var layers: [MapLayer] = []
    public var teams: [TeamMark] = []
    public var route: RouteLine?
    public var closures: [ClosureLine] = []
    /// Whose roads they are; empty: there is no road map here.
    public var attribution = ""
    /// Teams and closures could not be read: the database is closed or locked.
    public var unreadable = false

    public init(scene: Place) { self.scene = scene }
}

/// Where a map's values come from. Calls may take milliseconds: not on the main thread.
public protocol MapSource: Sendable {
    /// The flat Earth around the scene.
    var plane: Plane { get }
    /// Whose roads they are; stands wherever they are shown.
    var attribution: String { get }
    /// Best first, then those left out.
    func teams() throws -> [TeamMark]
    /// The streets in a view, the least important first.
    func layers(_ view: Viewport) throws -> [MapLayer]
    /// The way of a team; `nil` where there is none.
    func route(_ team: String) throws -> RouteLine?
    /// What is closed now.
    func closures() throws -> [ClosureLine]
}
