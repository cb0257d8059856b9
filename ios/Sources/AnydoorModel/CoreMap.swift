import AnydoorCore

/// The map of a scene, out of the core: its rows, put on a plane.
public struct CoreMap: MapSource {
    private let client: Anydoor
    private let scene: SceneInput
    private let needs: NeedsInput
    private let locale: String
    public let plane: Plane

    public init(client: Anydoor, scene: SceneInput, needs: NeedsInput, locale: String) {
        self.client = client
        self.scene = scene
        self.needs = needs
        self.locale = locale
        plane = Plane(latitude: scene.latitude, longitude: scene.longitude)
    }

    public var attribution: String { client.roads()?.attribution ?? "" }

    public func teams() throws -> [TeamMark] {
        try client.nearestTeams(scene: scene, needs: needs, most: 50, locale: locale).teams.map { row in
            var place: Place?
            if let latitude = row.latitude, let longitude = row.longitude {
                place = plane.place(latitude: latitude, longitude: longitude)
            }
            return TeamMark(team: row.team, name: row.name, canGo: row.canGo, place: place, reasons: row.reasons.map(\.words))
        }
    }

    public func layers(_ view: Viewport) throws -> [MapLayer] {
        let (northWest, southEast) = (view.place(x: 0, y: 0), view.place(x: view.width, y: view.height))
        // Without a road map there is nothing to draw, which is no error.
        var rows: [MapLayerRow] = []
        do {
            rows = try client.mapLines(
                south: plane.latitude(southEast), west: plane.longitude(northWest), north: plane.latitude(northWest),
                east: plane.longitude(southEast), metresPerPixel: view.metresPerPixel)
        } catch AnydoorError.NotFound {}
        return rows.map { row in
            var from = 0
            let lines = row.counts.map { count in
                let until = min(from + 2 * Int(count), row.points.count)
                defer { from = until }
                return plane.line(row.points[from..<until])
            }
            return MapLayer(streetClass: row.`class`, lines: lines, names: row.names)
        }
    }

    public func route(_ team: String) throws -> RouteLine? {
        do {
            return try client.route(team: team, latitude: scene.latitude, longitude: scene.longitude).map { row in
                RouteLine(team: team, seconds: Int64(clamping: row.seconds), line: plane.line(row.points), streets: row.streets)
            }
        } catch AnydoorError.NotFound {
            // Its position is not known, or no road is near it: its reasons say so.
            return nil
        }
    }

    public func closures() throws -> [ClosureLine] {
        try client.closures().map { ClosureLine(why: $0.why, line: plane.line($0.points)) }
    }
}
