package anydoor.ui

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.unit.IntSize
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp
import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** What the map of one scene shows, and what a hand did to it. */
private class MapState(private val source: MapSource, private val margin: Int, private val below: Int) : MapHand {
    private val scene = source.plane.place(source.plane.latitude, source.plane.longitude)
    var picture by mutableStateOf(MapPicture(scene, attribution = source.attribution))
    var viewport by mutableStateOf<Viewport?>(null)
    var chosen by mutableStateOf<String?>(null)
    private var size = IntSize.Zero
    private var asked: Viewport? = null
    private var begun = false
    private var touched = false

    /** Teams and closures, and the best team chosen: at first, and when the core says that something changed. */
    suspend fun begin(io: CoroutineContext) {
        picture = picture.copy(unreadable = false)
        val (teams, closures) = ask(io) { source.teams() to source.closures() } ?: (emptyList<TeamMark>() to emptyList())
        picture = picture.copy(teams = teams, closures = closures, attribution = source.attribution)
        begun = true
        if (chosen == null) chosen = teams.firstOrNull { it.canGo }?.team
        if (!touched) whole()
    }

    /** The streets of what is seen, where the last ones do not serve it. */
    suspend fun look(at: Viewport, io: CoroutineContext) {
        if (asked?.serves(at) == true) return
        val wider = at.wider()
        val layers = ask(io) { source.layers(wider) } ?: return
        picture = picture.copy(layers = layers)
        asked = wider
    }

    suspend fun follow(team: String, io: CoroutineContext) {
        val route = ask(io) { source.route(team) }
        picture = picture.copy(route = route)
    }

    /** Asks the source; what cannot be read is said on the screen. */
    private suspend fun <T> ask(io: CoroutineContext, what: () -> T): T? = try {
        withContext(io) { what() }
    } catch (error: Unreadable) {
        picture = picture.copy(unreadable = true)
        null
    }

    override fun sized(size: IntSize) {
        this.size = size
        val before = viewport
        if (before == null || !touched) whole() else viewport = before.copy(width = size.width, height = size.height)
    }

    override fun moved(to: Viewport) {
        touched = true
        viewport = to
    }

    override fun whole() {
        touched = false
        val places = picture.teams.filter { it.canGo }.mapNotNull { it.place } + picture.scene
        if (begun && size != IntSize.Zero) viewport = Viewport.around(places, size.width, size.height, margin, below)
    }

    override fun chose(team: String) {
        chosen = team
    }
}

/** The map of a scene, out of a source; [revision] counts what the core's watch tells, and work runs on [io]. */
@Composable
fun OfflineMap(
    source: MapSource,
    locale: String,
    night: Boolean = isSystemInDarkTheme(),
    revision: Int = 0,
    io: CoroutineContext = Dispatchers.IO,
) {
    // The controls lie at the bottom, and a name below each team.
    val (margin, below) = with(LocalDensity.current) { 48.dp.roundToPx() to 64.dp.roundToPx() + 20.sp.roundToPx() }
    val state = remember(source) { MapState(source, margin, below) }
    LaunchedEffect(state, revision) { state.begin(io) }
    val (viewport, chosen) = state.viewport to state.chosen
    LaunchedEffect(state, viewport) { if (viewport != null) state.look(viewport, io) }
    LaunchedEffect(state, chosen, revision) { if (chosen != null) state.follow(chosen, io) }
    MapScreen(state.picture, viewport, chosen, state, Labels.of(locale), if (night) MapColours.night else MapColours.light)
}
