package anydoor.ui

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.LocalContentColor
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.layout.layout
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.stateDescription
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.Constraints
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import kotlin.math.roundToInt

/** A thumb in a glove. */
private val TOUCH = 64.dp

/** Puts the content with its middle at [x] and [y]; takes no room itself. */
private fun Modifier.middleAt(x: Float, y: Float): Modifier = layout { content, _ ->
    val placed = content.measure(Constraints())
    layout(0, 0) { placed.place(x.roundToInt() - placed.width / 2, y.roundToInt() - placed.height / 2) }
}

/** Puts the content below a point, moved aside where the edge of a map of [width] pixels would cut it. */
private fun Modifier.below(x: Float, y: Float, width: Int, gap: Dp): Modifier = layout { content, _ ->
    val placed = content.measure(Constraints(maxWidth = width))
    val left = (x - placed.width / 2f).roundToInt()
    val seen = x >= 0 && x <= width && placed.width <= width
    val inside = if (seen) left.coerceIn(0, width - placed.width) else left
    layout(0, 0) { placed.place(inside, y.roundToInt() + gap.roundToPx()) }
}

/** A word on the map, below what it names. */
@Composable
internal fun MapLabel(words: String, x: Float, y: Float, width: Int, colour: Color, halo: Color, bold: Boolean = false) {
    Text(
        words,
        Modifier.below(x, y, width, 16.dp).background(halo.copy(alpha = 0.85f), RoundedCornerShape(6.dp)).padding(horizontal = 6.dp, vertical = 1.dp),
        color = colour,
        style = MaterialTheme.typography.labelLarge,
        fontWeight = if (bold) FontWeight.Bold else FontWeight.Medium,
        maxLines = 1,
    )
}

/** A team: a full disc where it can go, a ring where it cannot, larger where it is chosen. */
@Composable
internal fun TeamMarker(
    team: TeamMark,
    chosen: Boolean,
    viewport: Viewport,
    place: Place,
    labels: Labels,
    colours: MapColours,
    choose: () -> Unit,
) {
    val (x, y) = viewport.x(place.east) to viewport.y(place.north)
    val width = viewport.width
    val colour = if (chosen) colours.route else if (team.canGo) colours.team else colours.cannotGo
    val said = Modifier.semantics {
        contentDescription = (listOf(team.name) + team.reasons.take(1)).joinToString(". ")
        if (chosen) stateDescription = labels.selected else if (!team.canGo) stateDescription = labels.cannotGo
    }
    val touched = Modifier.size(TOUCH).testTag("team-${team.team}").selectable(chosen, role = Role.RadioButton, onClick = choose)
    Canvas(Modifier.middleAt(x, y).then(touched).then(said)) {
        disc(colour, colours.halo, if (chosen) 13.dp.toPx() else 10.dp.toPx(), full = team.canGo)
    }
    MapLabel(team.name, x, y, width, colour, colours.halo, bold = chosen)
}

private fun DrawScope.disc(colour: Color, halo: Color, radius: Float, full: Boolean) {
    drawCircle(halo, radius + 3.dp.toPx())
    if (full) drawCircle(colour, radius) else drawCircle(colour, radius - 2.dp.toPx(), style = Stroke(4.dp.toPx()))
}

/** Nearer, farther, everything: in reach of one thumb. */
@Composable
internal fun Controls(viewport: Viewport, hand: MapHand, labels: Labels, modifier: Modifier) {
    Row(modifier, horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        Control(labels.nearer, { hand.moved(viewport.zoomed(2.0)) }) { cross(vertical = true) }
        Control(labels.farther, { hand.moved(viewport.zoomed(0.5)) }) { cross(vertical = false) }
        Control(labels.whole, hand::whole) { corners() }
    }
}

@Composable
private fun Control(name: String, act: () -> Unit, draw: Sign.() -> Unit) {
    Surface(
        onClick = act,
        modifier = Modifier.size(TOUCH).semantics { contentDescription = name },
        shape = RoundedCornerShape(16.dp),
        color = MaterialTheme.colorScheme.secondaryContainer,
        shadowElevation = 3.dp,
    ) {
        val colour = LocalContentColor.current
        Canvas(Modifier.fillMaxSize()) { Sign(this, colour).draw() }
    }
}

/** A sign on a control, drawn: it needs no font and no icons. */
private class Sign(private val on: DrawScope, private val colour: Color) {
    private fun stroke(from: Offset, to: Offset) = with(on) { drawLine(colour, from, to, 3.dp.toPx(), StrokeCap.Round) }

    fun cross(vertical: Boolean) = with(on) {
        val arm = 10.dp.toPx()
        stroke(center - Offset(arm, 0f), center + Offset(arm, 0f))
        if (vertical) stroke(center - Offset(0f, arm), center + Offset(0f, arm))
    }

    fun corners() = with(on) {
        val (far, near) = 11.dp.toPx() to 5.dp.toPx()
        for (right in listOf(-1, 1)) {
            for (down in listOf(-1, 1)) {
                val corner = center + Offset(far * right, far * down)
                stroke(corner, center + Offset(near * right, far * down))
                stroke(corner, center + Offset(far * right, near * down))
            }
        }
    }
}
