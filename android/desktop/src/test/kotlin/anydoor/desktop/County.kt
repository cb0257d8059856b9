package anydoor.desktop

import anydoor.ui.CoreMap
import java.nio.file.Files
import kotlinx.coroutines.runBlocking
import uniffi.anydoor.Anydoor
import uniffi.anydoor.Config
import uniffi.anydoor.NeedsInput
import uniffi.anydoor.SceneInput

/** A lead's phone on a sandbox county, with the core's own database and roads: what the screens here show is real. */
class County(roads: String? = null, openRoads: Boolean = true) : AutoCloseable {
    private val sandbox: Process =
        ProcessBuilder(listOfNotNull(System.getProperty("sandbox"), "--only-server", roads?.let { "--roads" }, roads))
            .redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val ids = sandbox.inputStream.bufferedReader().readLine()
    private val middle = Regex("\"middle\":\\[([^,]*),([^]]*)]").find(ids)!!.destructured.toList().map { it.toDouble() }
    private val key = ByteArray(32) { it.toByte() }
    private val folder = Files.createTempDirectory("phone")

    /** The core. */
    val client: Anydoor = run {
        val crew = Regex("\"members\":\\[\"([^\"]*)\"").find(ids)!!.groupValues[1]
        val team = Regex("\"teams\":\\[\\{\"id\":\"([^\"]*)\"").find(ids)!!.groupValues[1]
        Anydoor.open(Config(folder.toString(), text("base"), text("agency"), crew, true, team), key, null)
    }

    init {
        runBlocking { client.sync(true) }
        if (openRoads) client.openRoads(text("roads"))
    }

    private fun text(name: String) = Regex("\"$name\":\"([^\"]*)\"").find(ids)!!.groupValues[1]

    /** The map of a scene so many degrees north and east of the county's middle. */
    fun map(locale: String, north: Double = 0.013, east: Double = -0.011) =
        CoreMap(client, SceneInput(middle[0] + north, middle[1] + east, null), NeedsInput(emptyList(), emptyList(), null), locale)

    /** A line over the road between two places, as a lead draws it. */
    fun close(north: Double, east: Double): String =
        client.closeRoad(listOf(middle[0] + north - 0.002, middle[1] + east, middle[0] + north + 0.002, middle[1] + east), "bridge out", null)

    /** Does something while the database is closed, as it is while a phone is locked. */
    fun locked(act: () -> Unit) {
        client.pause()
        try { act() } finally { client.resume(key) }
    }

    override fun close() {
        client.close()
        sandbox.outputStream.close()
        sandbox.waitFor()
        folder.toFile().deleteRecursively()
    }
}
