package anydoor.desktop

import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.unit.Density
import anydoor.ui.MapSource
import anydoor.ui.OfflineMap
import anydoor.ui.TeamMark
import java.awt.EventQueue
import java.nio.file.Files
import java.nio.file.Path
import kotlin.coroutines.EmptyCoroutineContext
import org.jetbrains.skia.EncodedImageFormat
import org.jetbrains.skia.Image
import org.junit.Assert.assertTrue
import org.junit.Test

/** Draws the screens as a phone shows them, for eyes; each must hold something. */
class ScreensTest {
    private val folder: Path = Files.createDirectories(Path.of(System.getProperty("screens")))

    /** A phone of 412 by 860 dp. */
    private fun draw(name: String, source: MapSource, locale: String, night: Boolean, scale: Float = 1f) = EventQueue.invokeAndWait {
        val scene = ImageComposeScene(1133, 2365, Density(2.75f, scale)) { OfflineMap(source, locale, night, io = EmptyCoroutineContext) }
        var image: Image = scene.render(0)
        for (frame in 1L..20L) image = scene.render(frame * 16_000_000L)
        val png = image.encodeToData(EncodedImageFormat.PNG)!!.bytes
        scene.close()
        Files.write(folder.resolve("$name.png"), png)
        assertTrue("$name holds more than one colour", png.size > 20_000)
    }

    @Test fun `the made-up county by day, by night, in large words and with a bridge out`() = County().use { county ->
        draw("county-light", county.map("en"), "en", night = false)
        draw("county-night", county.map("en"), "en", night = true)
        draw("county-large", county.map("es-US"), "es-US", night = false, scale = 2f)
        draw("county-river", county.map("en", north = 0.0, east = 0.001), "en", night = false)
        county.close(north = -0.056, east = -0.004)
        draw("county-closed", county.map("en", north = -0.06, east = 0.02), "en", night = true)
    }

    @Test fun `a real city by day and by night`() {
        val roads = System.getProperty("roads").orEmpty()
        if (roads.isEmpty()) return println("screens: SKIPPED: no real city is drawn, for no road pack was given")
        County(roads).use { county ->
            draw("city-light", county.map("en"), "en", night = false)
            draw("city-night", county.map("es-US"), "es-US", night = true)
            // Without teams the map lies close around the scene, where streets have names.
            val near = county.map("en", north = -0.0405, east = -0.043)
            val alone = object : MapSource by near { override fun teams(): List<TeamMark> = emptyList() }
            draw("city-near-light", alone, "en", night = false)
            draw("city-near-night", alone, "en", night = true)
        }
    }
}
