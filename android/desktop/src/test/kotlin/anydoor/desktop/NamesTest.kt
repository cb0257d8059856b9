package anydoor.desktop

import androidx.compose.ui.geometry.Offset
import anydoor.ui.spot
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test

/** Where the name of a street is written. The same statements stand in ios/Tests. */
class NamesTest {
    private fun line(vararg points: Pair<Int, Int>) = points.map { (x, y) -> Offset(x.toFloat(), y.toFloat()) }

    @Test fun `a name lies in the middle of its street and is never upside down`() {
        for (street in listOf(line(0 to 0, 100 to 100), line(100 to 100, 0 to 0))) {
            val found = spot(street, 80f)!!
            assertEquals(Offset(50f, 50f), found.middle)
            assertEquals(45f, found.degrees, 0.01f)
        }
        assertEquals(90f, spot(line(0 to 0, 0 to 200), 80f)!!.degrees, 0.01f)
    }

    @Test fun `a street of many pieces holds a name that none of its pieces would`() {
        val street = (0..10).map { Offset(it * 12f, if (it % 2 == 0) 0f else 1f) }
        assertEquals(60f, spot(street, 100f)!!.middle.x, 0.5f)
    }

    @Test fun `a street that is too short or too bent holds no name`() {
        assertNull(spot(line(0 to 0, 70 to 0), 100f))
        assertNull(spot(line(0 to 0, 100 to 0, 100 to 100), 150f))
        assertNull(spot(line(0 to 0), 1f))
        assertNull(spot(emptyList(), 1f))
    }
}
