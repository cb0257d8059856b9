package anydoor.ui

/** The words of the map's own controls; words for codes come from the core. */
data class Labels(
    val scene: String,
    val nearer: String,
    val farther: String,
    val whole: String,
    val tapTeam: String,
    val noTeams: String,
    val noRoads: String,
    val unreadable: String,
    val noRoute: String,
    val cannotGo: String,
    val selected: String,
    val closed: (Int) -> String,
    val via: (String) -> String,
    val map: (Int) -> String,
) {
    companion object {
        private val english = Labels(
            scene = "Scene",
            nearer = "Zoom in",
            farther = "Zoom out",
            whole = "Show everything",
            tapTeam = "Tap a team to see its way",
            noTeams = "No team is known on this phone",
            noRoads = "No road map on this phone",
            unreadable = "Teams cannot be read now",
            noRoute = "No way by road to show",
            cannotGo = "Cannot go",
            selected = "Chosen",
            closed = { if (it == 1) "1 road closed" else "$it roads closed" },
            via = { "Along $it" },
            map = { if (it == 1) "Map with 1 team" else "Map with $it teams" },
        )
        private val spanish = Labels(
            scene = "Lugar",
            nearer = "Acercar",
            farther = "Alejar",
            whole = "Ver todo",
            tapTeam = "Toque un equipo para ver su camino",
            noTeams = "No se conoce ningún equipo en este teléfono",
            noRoads = "No hay mapa de carreteras en este teléfono",
            unreadable = "Ahora no se pueden leer los equipos",
            noRoute = "No hay camino por carretera que mostrar",
            cannotGo = "No puede ir",
            selected = "Elegido",
            closed = { if (it == 1) "1 carretera cerrada" else "$it carreteras cerradas" },
            via = { "Por $it" },
            map = { if (it == 1) "Mapa con 1 equipo" else "Mapa con $it equipos" },
        )

        /** Spanish for `es` and `es-*`, English for anything else, as in the core. */
        fun of(locale: String): Labels = if (locale.lowercase().split('-', '_').first() == "es") spanish else english
    }
}
