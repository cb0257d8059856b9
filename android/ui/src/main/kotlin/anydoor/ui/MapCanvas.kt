package anydoor.ui

import androidx.compose.foundation.Canvas
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.Path
import androidx.compose.ui.graphics.PathEffect
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.graphics.drawscope.withTransform
import androidx.compose.ui.text.rememberTextMeasurer
import androidx.compose.ui.unit.dp

/** How wide a class is drawn near by, in dp, and whether it belongs to the main streets. */
private fun wide(streetClass: String): Float = when (streetClass) {
    "motorway" -> 6f
    "primary" -> 5f
    "secondary" -> 4.5f
    "tertiary" -> 3.5f
    "residential" -> 2.5f
    else -> 1.5f
}

private fun colour(streetClass: String, colours: MapColours): Color = when (streetClass) {
    "motorway" -> colours.motorway
    "primary", "secondary" -> colours.main
    "ferry" -> colours.ferry
    else -> colours.street
}

/** Far away streets get thinner, so that a county is not one blot; from three metres a dp on they keep their width. */
private fun thinner(metresPerDp: Double): Float = (3.0 / metresPerDp).coerceIn(0.35, 1.6).toFloat()

private fun path(lines: List<FloatArray>): Path = Path().apply {
    for (line in lines) {
        for (at in 0 until line.size / 2) {
            if (at == 0) moveTo(line[0], -line[1]) else lineTo(line[2 * at], -line[2 * at + 1])
        }
    }
}

/** From the end of the way to the scene, which may lie off the road. */
private fun offRoad(route: RouteLine, scene: Place): Path {
    val line = route.line
    if (line.size < 2) return Path()
    return path(listOf(floatArrayOf(line[line.size - 2], line.last(), scene.east.toFloat(), scene.north.toFloat())))
}

/** Draws streets, closures, the way and the scene: nothing else, from plain values. Teams lie over it as touch targets. */
@Composable
fun MapCanvas(picture: MapPicture, viewport: Viewport, colours: MapColours, modifier: Modifier = Modifier) {
    val streets = remember(picture.layers) { picture.layers.map { it.streetClass to path(it.lines) } }
    val route = remember(picture.route) { picture.route?.let { path(listOf(it.line)) } }
    val closures = remember(picture.closures) { path(picture.closures.map { it.line }) }
    val measurer = rememberTextMeasurer(64)
    Canvas(modifier) {
        drawRect(colours.land)
        onPlane(viewport) { pixel ->
            val dp = 1.dp.toPx() * pixel
            val thin = thinner(viewport.metresPerPixel * 1.dp.toPx())
            for ((streetClass, path) in streets) {
                val width = wide(streetClass) * thin
                if (width >= 2f) line(path, colours.edge, (width + 1.2f) * dp)
            }
            for ((streetClass, path) in streets) {
                line(path, colour(streetClass, colours), (wide(streetClass) * thin).coerceAtLeast(0.7f) * dp)
            }
        }
        names(picture.layers, viewport, colours, measurer)
        onPlane(viewport) { pixel ->
            val dp = 1.dp.toPx() * pixel
            picture.route?.let { line(offRoad(it, picture.scene), colours.route, 3 * dp, PathEffect.dashPathEffect(floatArrayOf(dp, 7 * dp))) }
            if (route != null) {
                line(route, colours.routeEdge, 9 * dp)
                line(route, colours.route, 6 * dp)
            }
            line(closures, colours.closedEdge, 9 * dp)
            line(closures, colours.closed, 5 * dp, PathEffect.dashPathEffect(floatArrayOf(7 * dp, 8 * dp)))
        }
        scene(Offset(viewport.x(picture.scene.east), viewport.y(picture.scene.north)), colours)
    }
}

private fun DrawScope.line(path: Path, colour: Color, width: Float, effect: PathEffect? = null) =
    drawPath(path, colour, style = Stroke(width, cap = StrokeCap.Round, join = StrokeJoin.Round, pathEffect = effect))

/** Draws in metres; the block is told how many metres a pixel is. */
private fun DrawScope.onPlane(viewport: Viewport, draw: DrawScope.(Float) -> Unit) {
    val scale = (1 / viewport.metresPerPixel).toFloat()
    withTransform({
        translate(viewport.x(0.0), viewport.y(0.0))
        scale(scale, scale, Offset.Zero)
    }) { draw(1 / scale) }
}

/** A diamond with a ring: told from teams by its shape, not by its colour alone. */
private fun DrawScope.scene(at: Offset, colours: MapColours) {
    val size = 13.dp.toPx()
    val diamond = Path().apply {
        moveTo(at.x, at.y - size)
        lineTo(at.x + size, at.y)
        lineTo(at.x, at.y + size)
        lineTo(at.x - size, at.y)
        close()
    }
    drawCircle(colours.scene.copy(alpha = 0.22f), 26.dp.toPx(), at)
    drawPath(diamond, colours.halo, style = Stroke(4.dp.toPx(), join = StrokeJoin.Round))
    drawPath(diamond, colours.scene)
    drawCircle(colours.halo, 4.dp.toPx(), at)
}
