package anydoor.ui

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.offset
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.LocalContentColor
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
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
import androidx.compose.ui.unit.dp
import kotlin.math.roundToInt

/** A thumb in a glove. */
private val TOUCH = 64.dp

/** Puts the content with its middle at [x], and [above] of it above [y]; takes no room itself. */
private fun Modifier.at(x: Float, y: Float, above: Int): Modifier = layout { content, constraints ->
    val placed = content.measure(constraints.copy(minWidth = 0, minHeight = 0))
    layout(0, 0) { placed.place(x.roundToInt() - placed.width / 2, y.roundToInt() - above) }
}

/** A word on the map, below what it names. */
@Composable
internal fun MapLabel(words: String, x: Float, y: Float, colour: Color, halo: Color) {
    Box(Modifier.at(x, y, above = 0).offset(y = 18.dp)) { Tag(words, colour, halo, bold = false) }
}

@Composable
private fun Tag(words: String, colour: Color, halo: Color, bold: Boolean, modifier: Modifier = Modifier) {
    Text(
        words,
        modifier.background(halo.copy(alpha = 0.85f), RoundedCornerShape(6.dp)).padding(horizontal = 6.dp, vertical = 1.dp),
        color = colour,
        style = MaterialTheme.typography.labelLarge,
        fontWeight = if (bold) FontWeight.Bold else FontWeight.Medium,
        maxLines = 1,
    )
}

/** A team: a full disc where it can go, a ring where it cannot, larger where it is chosen. */
@Composable
internal fun TeamMarker(team: TeamMark, chosen: Boolean, x: Float, y: Float, labels: Labels, colours: MapColours, choose: () -> Unit) {
    val colour = if (chosen) colours.route else if (team.canGo) colours.team else colours.cannotGo
    Layer(x, y) {
        Column(horizontalAlignment = Alignment.CenterHorizontally) {
            Canvas(
                Modifier.size(TOUCH).testTag("team-${team.team}").selectable(chosen, role = Role.RadioButton, onClick = choose).semantics {
                    contentDescription = (listOf(team.name) + team.reasons.take(1)).joinToString(". ")
                    if (chosen) stateDescription = labels.selected else if (!team.canGo) stateDescription = labels.cannotGo
                },
            ) { disc(colour, colours.halo, if (chosen) 13.dp.toPx() else 10.dp.toPx(), full = team.canGo) }
            Tag(team.name, colour, colours.halo, bold = chosen, Modifier.offset(y = (-18).dp))
        }
    }
}

@Composable
private fun Layer(x: Float, y: Float, content: @Composable () -> Unit) {
    val half = with(androidx.compose.ui.platform.LocalDensity.current) { (TOUCH / 2).roundToPx() }
    Box(Modifier.at(x, y, above = half)) { content() }
}

private fun DrawScope.disc(colour: Color, halo: Color, radius: Float, full: Boolean) {
    drawCircle(halo, radius + 3.dp.toPx())
    if (full) drawCircle(colour, radius) else drawCircle(colour, radius - 2.dp.toPx(), style = Stroke(4.dp.toPx()))
}

/** Nearer, farther, everything: in reach of one thumb. */
@Composable
internal fun Controls(viewport: Viewport, hand: MapHand, labels: Labels, modifier: Modifier) {
    Column(modifier, verticalArrangement = Arrangement.spacedBy(8.dp)) {
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
