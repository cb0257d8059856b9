package anydoor.ui

/** Streets of one class: each line is east, north, east, … in metres. */
data class MapLayer(val streetClass: String, val lines: List<FloatArray>, val names: List<String>)

/** A team on the map: where it was, and why it stands where it stands, in the core's words. */
data class TeamMark(val team: String, val name: String, val canGo: Boolean, val place: Place?, val reasons: List<String>)

/** The way of a team to the scene. */
data class RouteLine(val team: String, val seconds: Long, val line: FloatArray, val streets: List<String>) {
    /** The first four streets, each once. */
    val named: String
        get() = streets.distinct().let { it.take(4).joinToString(", ") + if (it.size > 4) ", …" else "" }
}

/** A road that a lead has closed. */
data class ClosureLine(val why: String, val line: FloatArray)

/** Everything that a map draws; plain values. */
data class MapPicture(
    val scene: Place,
    val layers: List<MapLayer> = emptyList(),
    val teams: List<TeamMark> = emptyList(),
    val route: RouteLine? = null,
    val closures: List<ClosureLine> = emptyList(),
    val attribution: String = "",
    /** Teams and closures could not be read: the database is closed or locked. */
    val unreadable: Boolean = false,
)

/** The source cannot be read now: it is closed, or locked. */
class Unreadable(cause: Throwable) : Exception(cause)

/** Where a map's values come from. Calls may take milliseconds: not on the main thread. Each may throw [Unreadable]. */
interface MapSource {
    /** The flat Earth around the scene. */
    val plane: Plane

    /** Whose roads they are; stands wherever they are shown. Empty: there is no road map here. */
    val attribution: String

    /** Best first, then those left out. */
    fun teams(): List<TeamMark>

    /** The streets in a view, the least important first. */
    fun layers(view: Viewport): List<MapLayer>

    /** The way of a team; `null` where there is none. */
    fun route(team: String): RouteLine?

    /** What is closed now. */
    fun closures(): List<ClosureLine>
}
