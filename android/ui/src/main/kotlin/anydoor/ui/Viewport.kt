package anydoor.ui

import kotlin.math.cos
import kotlin.math.max

/** Metres in a degree of latitude, on the mean sphere. */
private const val METRES_PER_DEGREE = 111_195.08

/** A place on a [Plane], in metres. */
data class Place(val east: Double, val north: Double)

/** The Earth, flat around one place: metres east and north of it. Right to a thousandth over a county. */
data class Plane(val latitude: Double, val longitude: Double) {
    private val eastPerDegree = METRES_PER_DEGREE * max(cos(Math.toRadians(latitude)), 0.01)

    /** A position in degrees, the short way around the Earth. */
    fun place(latitude: Double, longitude: Double): Place {
        val across = longitude - this.longitude
        val short = if (across > 180) across - 360 else if (across < -180) across + 360 else across
        return Place(short * eastPerDegree, (latitude - this.latitude) * METRES_PER_DEGREE)
    }

    /** Degrees north of a place. */
    fun latitude(place: Place): Double = (latitude + place.north / METRES_PER_DEGREE).coerceIn(-90.0, 90.0)

    /** Degrees east of a place. */
    fun longitude(place: Place): Double = (longitude + place.east / eastPerDegree).coerceIn(-180.0, 180.0)

    /** Latitude, longitude, latitude, … as the core gives them, as east, north, east, …; the odd one at the end is left. */
    fun line(degrees: List<Double>): FloatArray {
        val line = FloatArray(degrees.size / 2 * 2)
        for (at in 0 until degrees.size / 2) {
            val place = place(degrees[2 * at], degrees[2 * at + 1])
            line[2 * at] = place.east.toFloat()
            line[2 * at + 1] = place.north.toFloat()
        }
        return line
    }
}

/** What a screen of [width] by [height] pixels shows: the place in its middle, and how many metres a pixel covers. */
data class Viewport(val middle: Place, val metresPerPixel: Double, val width: Int, val height: Int) {
    /** Pixels from the left. */
    fun x(east: Double): Float = (width / 2.0 + (east - middle.east) / metresPerPixel).toFloat()

    /** Pixels from the top. */
    fun y(north: Double): Float = (height / 2.0 - (north - middle.north) / metresPerPixel).toFloat()

    /** The place under a pixel. */
    fun place(x: Float, y: Float): Place =
        Place(middle.east + (x - width / 2.0) * metresPerPixel, middle.north - (y - height / 2.0) * metresPerPixel)

    /** Moved as a finger moves it, in pixels. */
    fun moved(x: Float, y: Float): Viewport =
        copy(middle = Place(middle.east - x * metresPerPixel, middle.north + y * metresPerPixel))

    /** Nearer by a factor; what is under the pixel stays there. */
    fun zoomed(factor: Double, x: Float = width / 2f, y: Float = height / 2f): Viewport {
        val held = place(x, y)
        val scaled = copy(metresPerPixel = (metresPerPixel / factor).coerceIn(NEAREST, FARTHEST))
        val now = scaled.place(x, y)
        return scaled.copy(middle = Place(middle.east + held.east - now.east, middle.north + held.north - now.north))
    }

    /** The same with half as much again on each side: what is asked from the core, so that a finger finds lines there. */
    fun wider(): Viewport = copy(width = width * 2, height = height * 2)

    /** Whether lines that were asked for this serve another view: they lie around it, at nearly its scale. */
    fun serves(other: Viewport): Boolean {
        val scale = other.metresPerPixel / metresPerPixel
        val from = other.place(0f, 0f)
        val until = other.place(other.width.toFloat(), other.height.toFloat())
        val (left, top) = place(0f, 0f)
        val (right, bottom) = place(width.toFloat(), height.toFloat())
        return scale in 0.6..1.6 && left <= from.east && until.east <= right && bottom <= until.north && from.north <= top
    }

    companion object {
        /** The nearest that is of use, in metres a pixel. */
        const val NEAREST = 0.1

        /** The farthest: a county is a stamp. */
        const val FARTHEST = 500.0

        /** Shows all of these, with a margin in pixels, and [below] more at the bottom, where the controls lie. */
        fun around(places: List<Place>, width: Int, height: Int, margin: Int, below: Int = 0): Viewport {
            if (places.isEmpty()) return Viewport(Place(0.0, 0.0), 10.0, width, height)
            val (west, east) = places.minOf { it.east } to places.maxOf { it.east }
            val (south, north) = places.minOf { it.north } to places.maxOf { it.north }
            val across = (east - west) / max(width - 2 * margin, 1)
            val up = (north - south) / max(height - below - 2 * margin, 1)
            val metresPerPixel = max(max(across, up), 0.5).coerceIn(NEAREST, FARTHEST)
            val middle = Place((west + east) / 2, (south + north - below * metresPerPixel) / 2)
            return Viewport(middle, metresPerPixel, width, height)
        }
    }
}
