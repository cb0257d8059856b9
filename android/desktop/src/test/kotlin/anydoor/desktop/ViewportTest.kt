package anydoor.desktop

import anydoor.ui.Place
import anydoor.ui.Plane
import anydoor.ui.Viewport
import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

/** Where things lie on a screen. The same statements stand in ios/Tests. */
class ViewportTest {
    private val view = Viewport(Place(100.0, 50.0), 4.0, 400, 800)

    @Test fun `a degree of latitude is 111 km and across the antimeridian the short way counts`() {
        assertEquals(111_195.0, Plane(40.0, -75.0).place(41.0, -75.0).north, 1.0)
        val east = Plane(0.0, 179.9).place(0.0, -179.9).east
        assertEquals(22_239.0, east, 1.0)
    }

    @Test fun `a place comes back from its pixel`() {
        val seeded = Random(7)
        repeat(200) {
            val place = Place(seeded.nextDouble(-5e3, 5e3), seeded.nextDouble(-5e3, 5e3))
            val back = view.place(view.x(place.east), view.y(place.north))
            assertEquals(place.east, back.east, 0.01)
            assertEquals(place.north, back.north, 0.01)
        }
    }

    @Test fun `what lies under the fingers stays there when they spread`() {
        val before = view.place(30f, 700f)
        val after = view.zoomed(3.0, 30f, 700f).place(30f, 700f)
        assertEquals(before.east, after.east, 0.01)
        assertEquals(before.north, after.north, 0.01)
        assertEquals(Viewport.NEAREST, view.zoomed(1e9).metresPerPixel, 0.0)
        assertEquals(Viewport.FARTHEST, view.zoomed(1e-9).metresPerPixel, 0.0)
    }

    @Test fun `a view around places shows each of them inside its margin`() {
        val places = listOf(Place(-3_000.0, 10.0), Place(500.0, 9_000.0), Place(0.0, 0.0))
        val around = Viewport.around(places, 400, 800, 50)
        for (place in places) {
            assertTrue(around.x(place.east) in 49.9f..350.1f && around.y(place.north) in 49.9f..750.1f)
        }
        assertEquals(400, Viewport.around(emptyList(), 400, 800, 50).width)
    }

    @Test fun `lines that were asked for serve a small move and not a far one or another scale`() {
        val asked = view.wider()
        assertTrue(asked.serves(view) && asked.serves(view.moved(150f, -300f)) && asked.serves(view.zoomed(1.3)))
        assertFalse(asked.serves(view.moved(300f, 0f)) || asked.serves(view.zoomed(2.0)) || asked.serves(view.zoomed(0.5)))
    }

    @Test fun `half a position at the end of a line is left out`() {
        assertEquals(4, Plane(40.0, -75.0).line(listOf(40.0, -75.0, 40.1, -75.1, 40.2)).size)
    }
}
