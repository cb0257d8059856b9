package anydoor.ui

import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Shadow
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.graphics.drawscope.rotate
import androidx.compose.ui.text.TextMeasurer
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.drawText
import androidx.compose.ui.unit.sp
import kotlin.math.atan2
import kotlin.math.hypot

/** The most names that are drawn: more is a grey cloud. */
private const val MOST = 24

/** The longest straight piece of a line, in pixels: its middle, its length, its angle in degrees, never upside down. */
private data class Piece(val middle: Offset, val length: Float, val degrees: Float)

private fun longest(line: FloatArray, viewport: Viewport): Piece? {
    val points = (0 until line.size / 2).map {
        Offset(viewport.x(line[2 * it].toDouble()), viewport.y(line[2 * it + 1].toDouble()))
    }
    return points.zipWithNext { from, to ->
        val (right, down) = (to.x - from.x) to (to.y - from.y)
        val angle = Math.toDegrees(atan2(down, right).toDouble()).toFloat()
        val upright = if (angle > 90) angle - 180 else if (angle < -90) angle + 180 else angle
        Piece(Offset((from.x + to.x) / 2, (from.y + to.y) / 2), hypot(right, down), upright)
    }.maxByOrNull { it.length }
}

/** Writes the names of streets along them, the important ones first, each once near by and none over another. */
internal fun DrawScope.names(layers: List<MapLayer>, viewport: Viewport, colours: MapColours, measurer: TextMeasurer) {
    val placed = mutableListOf<Pair<Offset, Float>>()
    val seen = mutableSetOf<String>()
    val style = TextStyle(colours.name, 12.sp, shadow = Shadow(colours.halo, blurRadius = 6f))
    for (layer in layers.asReversed()) {
        for ((line, name) in layer.lines.zip(layer.names)) {
            if (placed.size >= MOST) return
            if (name.isEmpty() || name in seen) continue
            val piece = longest(line, viewport) ?: continue
            val text = measurer.measure(name, style, maxLines = 1)
            val half = text.size.width / 2f
            val inside = piece.middle.x in half..size.width - half && piece.middle.y in half..size.height - half
            val free = placed.none { (at, reach) -> (at - piece.middle).getDistance() < reach + half }
            if (piece.length < text.size.width || !inside || !free) continue
            rotate(piece.degrees, piece.middle) {
                drawText(text, topLeft = piece.middle - Offset(half, text.size.height / 2f))
            }
            placed += piece.middle to half
            seen += name
        }
    }
}
