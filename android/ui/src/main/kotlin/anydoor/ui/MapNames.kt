package anydoor.ui

import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.lerp
import androidx.compose.ui.graphics.Shadow
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.graphics.drawscope.rotate
import androidx.compose.ui.text.TextMeasurer
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.drawText
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp
import kotlin.math.atan2
import kotlin.math.hypot

/** The most names that are drawn: more is a grey cloud. */
private const val MOST = 24

/** A name may be so much longer than its street, and its street so much bent under it. */
private const val SHORTEST = 0.8f
private const val STRAIGHTEST = 0.93f

/** Where a name is written: its middle, and its angle in degrees, never upside down. */
internal data class Spot(val middle: Offset, val degrees: Float)

/** The point so many pixels along a line. */
private fun along(line: List<Offset>, pixels: Float): Offset {
    var left = pixels
    for ((from, to) in line.zipWithNext()) {
        val length = (to - from).getDistance()
        if (left <= length && length > 0) return lerp(from, to, left / length)
        left -= length
    }
    return line.last()
}

/** The spot in the middle of a line for a name of some width, where it is long and straight enough there. */
internal fun spot(line: List<Offset>, width: Float): Spot? {
    val whole = line.zipWithNext { from, to -> (to - from).getDistance() }.sum()
    if (line.size < 2 || whole < width * SHORTEST) return null
    val under = minOf(width, whole)
    val (from, to) = along(line, (whole - under) / 2) to along(line, (whole + under) / 2)
    val across = to - from
    if (across.getDistance() < under * STRAIGHTEST) return null
    val degrees = Math.toDegrees(atan2(across.y, across.x).toDouble()).toFloat()
    return Spot((from + to) / 2f, if (degrees > 90) degrees - 180 else if (degrees < -90) degrees + 180 else degrees)
}

/** Whether a line begins near the screen and is long enough for so many pixels: cheap, for it is asked of every street. */
private fun mayHold(line: FloatArray, viewport: Viewport, pixels: Float): Boolean {
    if (line.size < 4) return false
    val (x, y) = viewport.x(line[0].toDouble()) to viewport.y(line[1].toDouble())
    if (x !in -viewport.width.toFloat()..2f * viewport.width || y !in -viewport.height.toFloat()..2f * viewport.height) return false
    var metres = 0f
    for (at in 2 until line.size - 1 step 2) metres += hypot(line[at] - line[at - 2], line[at + 1] - line[at - 1])
    return metres >= pixels * viewport.metresPerPixel
}

/** Writes the names of streets along them, the important ones first, each once and none over another. */
internal fun DrawScope.names(layers: List<MapLayer>, viewport: Viewport, colours: MapColours, measurer: TextMeasurer) {
    val placed = mutableListOf<Pair<Offset, Float>>()
    val seen = mutableSetOf<String>()
    val style = TextStyle(colours.name, 12.sp, shadow = Shadow(colours.halo, blurRadius = 6f))
    for (layer in layers.asReversed()) {
        for ((line, name) in layer.lines.zip(layer.names)) {
            if (placed.size >= MOST) return
            if (name.isEmpty() || name in seen || !mayHold(line, viewport, name.length * 4.dp.toPx() * SHORTEST)) continue
            val points = (0 until line.size / 2).map { Offset(viewport.x(line[2 * it].toDouble()), viewport.y(line[2 * it + 1].toDouble())) }
            val text = measurer.measure(name, style, maxLines = 1)
            val half = text.size.width / 2f
            val (middle, degrees) = spot(points, text.size.width.toFloat()) ?: continue
            val inside = middle.x in half..size.width - half && middle.y in half..size.height - half
            if (!inside || placed.any { (at, reach) -> (at - middle).getDistance() < reach + half }) continue
            rotate(degrees, middle) { drawText(text, topLeft = middle - Offset(half, text.size.height / 2f)) }
            placed += middle to half
            seen += name
        }
    }
}
