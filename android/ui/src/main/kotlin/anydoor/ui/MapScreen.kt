package anydoor.ui

import androidx.compose.foundation.background
import androidx.compose.foundation.gestures.detectTransformGestures
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.rememberUpdatedState
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clipToBounds
import androidx.compose.ui.input.pointer.pointerInput
import androidx.compose.ui.layout.onSizeChanged
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.IntSize
import androidx.compose.ui.unit.dp

/** What a hand does to the map. */
interface MapHand {
    /** The map was given so much room, in pixels. */
    fun sized(size: IntSize)

    /** It was moved or zoomed. */
    fun moved(to: Viewport)

    /** Everything is to be seen again. */
    fun whole()

    /** A team was tapped. */
    fun chose(team: String)
}

/** The map with its controls, from plain values; [viewport] is `null` until the map knows its size. */
@Composable
fun MapScreen(
    picture: MapPicture,
    viewport: Viewport?,
    chosen: String?,
    hand: MapHand,
    labels: Labels,
    colours: MapColours,
    modifier: Modifier = Modifier,
) = MaterialTheme(colours.scheme) {
    Surface(modifier.fillMaxSize()) {
        BoxWithConstraints {
            val panelMost = maxHeight * 0.45f
            Column(Modifier.fillMaxSize()) {
                Box(Modifier.weight(1f).fillMaxWidth().clipToBounds().onSizeChanged(hand::sized)) {
                    if (viewport != null) {
                        MapArea(picture, viewport, chosen, hand, labels, colours)
                        Controls(viewport, hand, labels, Modifier.align(Alignment.BottomEnd).padding(12.dp))
                    }
                }
                Attribution(picture.attribution.ifEmpty { labels.noRoads })
                Panel(picture, chosen, labels, Modifier.heightIn(max = panelMost))
            }
        }
    }
}

@Composable
private fun MapArea(picture: MapPicture, viewport: Viewport, chosen: String?, hand: MapHand, labels: Labels, colours: MapColours) {
    val now by rememberUpdatedState(viewport)
    val gestures = Modifier.pointerInput(hand) {
        detectTransformGestures { at, pan, zoom, _ -> hand.moved(now.moved(pan.x, pan.y).zoomed(zoom.toDouble(), at.x, at.y)) }
    }
    val shown = picture.teams.count { it.place != null }
    MapCanvas(
        picture,
        viewport,
        colours,
        Modifier.fillMaxSize().then(gestures).testTag("map").semantics { contentDescription = labels.map(shown) },
    )
    val (x, y) = viewport.x(picture.scene.east) to viewport.y(picture.scene.north)
    MapLabel(labels.scene, x, y, viewport.width, colours.scene, colours.halo)
    // The chosen one last, so that it lies on top.
    for (team in picture.teams.asReversed().sortedBy { it.team == chosen }) {
        val place = team.place ?: continue
        TeamMarker(team, team.team == chosen, viewport, place, labels, colours) { hand.chose(team.team) }
    }
}

/** Whose roads they are, or that there are none: always there, whatever else is on the screen (ODbL 1.0, 4.3). */
@Composable
private fun Attribution(words: String) {
    Text(
        words,
        Modifier.fillMaxWidth().background(MaterialTheme.colorScheme.surface).padding(horizontal = 12.dp, vertical = 4.dp).testTag("attribution"),
        style = MaterialTheme.typography.bodySmall,
    )
}

/** The chosen team: why it stands where it stands, in the core's words, and its way. */
@Composable
private fun Panel(picture: MapPicture, chosen: String?, labels: Labels, modifier: Modifier) {
    val team = picture.teams.find { it.team == chosen }
    Column(
        modifier.fillMaxWidth().verticalScroll(rememberScrollState()).padding(start = 16.dp, end = 16.dp, top = 4.dp, bottom = 20.dp),
        verticalArrangement = Arrangement.spacedBy(4.dp),
    ) {
        if (picture.closures.isNotEmpty()) Text(labels.closed(picture.closures.size), color = MaterialTheme.colorScheme.error)
        if (team == null) {
            val words = if (picture.unreadable) labels.unreadable else if (picture.teams.isEmpty()) labels.noTeams else labels.tapTeam
            Text(words, style = MaterialTheme.typography.titleMedium)
            return@Column
        }
        val name = if (team.canGo) team.name else "${team.name} · ${labels.cannotGo}"
        Text(
            name,
            Modifier.testTag("chosen").semantics { heading() },
            style = MaterialTheme.typography.headlineSmall,
            fontWeight = FontWeight.Bold,
        )
        val route = picture.route?.takeIf { it.team == team.team }
        team.reasons.forEachIndexed { place, words ->
            Text(words, style = if (place == 0) MaterialTheme.typography.titleMedium else MaterialTheme.typography.bodyMedium)
        }
        if (route == null) Text(labels.noRoute)
        val named = route?.named.orEmpty()
        if (named.isNotEmpty()) Text(labels.via(named), style = MaterialTheme.typography.bodyMedium)
    }
}
