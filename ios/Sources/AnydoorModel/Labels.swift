/// The words of the map's own controls; words for codes come from the core.
public struct Labels: Sendable {
    public let scene, nearer, farther, whole, tapTeam, noTeams, noRoads, unreadable, noRoute, cannotGo, selected: String
    private let spanish: Bool

    /// Spanish for `es` and `es-*`, English for anything else, as in the core.
    public static func of(_ locale: String) -> Labels {
        let primary = locale.lowercased().split(whereSeparator: { $0 == "-" || $0 == "_" }).first
        return primary == "es" ? inSpanish : inEnglish
    }

    public func closed(_ count: Int) -> String {
        if spanish { return count == 1 ? "1 carretera cerrada" : "\(count) carreteras cerradas" }
        return count == 1 ? "1 road closed" : "\(count) roads closed"
    }

    public func via(_ streets: String) -> String { spanish ? "Por \(streets)" : "Along \(streets)" }

    public func map(_ teams: Int) -> String {
        if spanish { return teams == 1 ? "Mapa con 1 equipo" : "Mapa con \(teams) equipos" }
        return teams == 1 ? "Map with 1 team" : "Map with \(teams) teams"
    }

    private static let inEnglish = Labels(
        scene: "Scene", nearer: "Zoom in", farther: "Zoom out", whole: "Show everything",
        tapTeam: "Tap a team to see its way", noTeams: "No team is known on this phone",
        noRoads: "No road map on this phone", unreadable: "Teams cannot be read now", noRoute: "No way by road to show",
        cannotGo: "Cannot go", selected: "Chosen", spanish: false)
    private static let inSpanish = Labels(
        scene: "Lugar", nearer: "Acercar", farther: "Alejar", whole: "Ver todo",
        tapTeam: "Toque un equipo para ver su camino", noTeams: "No se conoce ningún equipo en este teléfono",
        noRoads: "No hay mapa de carreteras en este teléfono", unreadable: "Ahora no se pueden leer los equipos",
        noRoute: "No hay camino por carretera que mostrar", cannotGo: "No puede ir", selected: "Elegido", spanish: true)
}
