package anydoor.ui

import uniffi.anydoor.Anydoor
import uniffi.anydoor.AnydoorException
import uniffi.anydoor.NeedsInput
import uniffi.anydoor.SceneInput

/** The map of a scene, out of the core: its rows, put on a plane. */
class CoreMap(private val client: Anydoor, private val scene: SceneInput, private val needs: NeedsInput, private val locale: String) :
    MapSource {
    override val plane = Plane(scene.latitude, scene.longitude)
    override val attribution: String get() = client.roads()?.attribution.orEmpty()

    override fun teams(): List<TeamMark> = read {
        client.nearestTeams(scene, needs, MOST_TEAMS, locale).teams.map { row ->
            val (latitude, longitude) = row.latitude to row.longitude
            val place = if (latitude != null && longitude != null) plane.place(latitude, longitude) else null
            TeamMark(row.team, row.name, row.canGo, place, row.reasons.map { it.words })
        }
    }

    override fun layers(view: Viewport): List<MapLayer> {
        val (northWest, southEast) = view.place(0f, 0f) to view.place(view.width.toFloat(), view.height.toFloat())
        val (south, west) = plane.latitude(southEast) to plane.longitude(northWest)
        val (north, east) = plane.latitude(northWest) to plane.longitude(southEast)
        // Without a road map there is nothing to draw, which is no error.
        val rows = try {
            read { client.mapLines(south, west, north, east, view.metresPerPixel) }
        } catch (nowhere: AnydoorException.NotFound) {
            emptyList()
        }
        return rows.map { row ->
            var from = 0
            val lines = row.counts.map { count ->
                val until = from + 2 * count.toInt()
                plane.line(row.points.subList(from, until)).also { from = until }
            }
            MapLayer(row.`class`, lines, row.names)
        }
    }

    override fun route(team: String): RouteLine? = try {
        read { client.route(team, scene.latitude, scene.longitude) }?.let { row ->
            RouteLine(team, row.seconds.toLong(), plane.line(row.points), row.streets)
        }
    } catch (nowhere: AnydoorException.NotFound) {
        // Its position is not known, or no road is near it: its reasons say so.
        null
    }

    override fun closures(): List<ClosureLine> = read { client.closures().map { ClosureLine(it.why, plane.line(it.points)) } }

    private companion object {
        const val MOST_TEAMS = 50u

        /** What is not there is the caller's to judge; all else means that nothing can be read now. */
        inline fun <T> read(ask: () -> T): T = try {
            ask()
        } catch (nowhere: AnydoorException.NotFound) {
            throw nowhere
        } catch (error: AnydoorException) {
            throw Unreadable(error)
        }
    }
}
