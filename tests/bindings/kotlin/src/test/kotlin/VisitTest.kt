import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.Executors
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.io.TempDir
import uniffi.anydoor.Anydoor
import uniffi.anydoor.AnydoorException
import uniffi.anydoor.CallInput
import uniffi.anydoor.ClosingInput
import uniffi.anydoor.Config
import uniffi.anydoor.EscalationItem
import uniffi.anydoor.ItemTruth
import uniffi.anydoor.Lifeline
import uniffi.anydoor.LifelineConfig
import uniffi.anydoor.LifelineObserver
import uniffi.anydoor.OnViewInput
import uniffi.anydoor.PhonePositionInput
import uniffi.anydoor.QueueItem
import uniffi.anydoor.QueueObserver

/** A small visit through the bridge, in Kotlin: errors, watches, threads, cancel. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VisitTest {
    private val key = ByteArray(32) { it.toByte() }
    private lateinit var sandbox: Process
    private lateinit var ids: String

    @BeforeAll fun start() {
        sandbox = ProcessBuilder(System.getProperty("sandbox"), "--only-server").redirectError(ProcessBuilder.Redirect.INHERIT).start()
        ids = sandbox.inputStream.bufferedReader().readLine()
    }

    @AfterAll fun stop() {
        sandbox.outputStream.close()
        assertTrue(sandbox.waitFor(10, TimeUnit.SECONDS))
    }

    /** One text member of the sandbox's line of JSON. */
    private fun id(name: String) = Regex("\"$name\":\"([^\"]*)\"").find(ids)!!.groupValues[1]

    private fun crew() = Regex("\"members\":\\[([^]]*)]").find(ids)!!.groupValues[1].split(",").map { it.trim('"') }

    private fun team() = Regex("\"teams\":\\[\\{\"id\":\"([^\"]*)\"").find(ids)!!.groupValues[1]

    private fun open(folder: Path, server: String = id("base")): Anydoor {
        val own = Files.createTempDirectory(folder, "phone")
        val client = Anydoor.open(Config(own.toString(), server, id("agency"), crew().first(), false, team()), key, null)
        client.setLifeline(lifeline(own, server))
        return client
    }

    /** Help from 911: opened without the work, with a key and a token of its own. */
    private fun lifeline(folder: Path, server: String = id("base")) = Lifeline.open(
        LifelineConfig(folder.toString(), server, id("agency"), crew().first(), "Ana Ruiz", team(), id("agency"), "+12155550142"),
        key.reversedArray(),
        null,
    )

    private fun begin(client: Anydoor) = client.respondOnView(
        OnViewInput("woman crying in the park", "urgent", "Orchard Park", 40.1, -75.3, "woman, about 30", crew(), null),
    )

    @Test fun `a visit arrives at the agency`(@TempDir folder: Path) = runBlocking<Unit> {
        open(folder).use { client ->
            client.sync(true)
            val started = begin(client)
            listOf("on-scene", "contact").forEach { client.tap(started.assignment, it, "") }
            val draft = client.saveDraft("", started.incident, started.person, "Talked for an hour; walks home.")
            val note = client.sign(draft, started.assignment)
            val visit = client.assignment(started.assignment).visits.single().visit
            client.closeVisit(started.assignment, visit, ClosingInput.Met("stayed", "none", "voluntary", "stabilised"))
            client.tap(started.assignment, "clear", "")
            assertEquals(ItemTruth.OnThisPhone, client.assignment(started.assignment).row.truth)
            assertEquals(0u, client.sync(false).unsent)
            assertEquals(ItemTruth.AtTheAgency, client.assignment(started.assignment).row.truth)
            assertEquals(listOf(note), client.searchNotes("talked home", 5u).map { it.id })
        }
    }

    @Test fun `help is called without any work and ends by name`(@TempDir folder: Path) {
        lifeline(folder).use { lifeline ->
            val rung = LinkedBlockingQueue<EscalationItem>()
            val observer = object : LifelineObserver {
                override fun changed(calls: List<EscalationItem>) = Unit
                override fun rings(call: EscalationItem) = rung.put(call)
            }
            lifeline.watch(observer).use {
                val here = PhonePositionInput(40.1, -75.3, 4u, 12.0)
                val made = lifeline.escalate(CallInput(null, "crew-in-danger", true, here))
                assertEquals(listOf("on-phone", 2u, true), listOf(made.state, made.copies, made.silent))
                lifeline.cancel(made.id)
                val ended = rung.poll(10, TimeUnit.SECONDS)!!
                assertEquals(listOf(made.id, "cancelled", "Ana Ruiz"), listOf(ended.id, ended.state, ended.cancelledBy))
            }
        }
    }

    @Test fun `errors are typed`(@TempDir folder: Path) {
        open(folder).use { client ->
            assertThrows(AnydoorException.NotFound::class.java) { client.assignment("nothing") }
            val started = begin(client)
            val refused = assertThrows(AnydoorException.Invalid::class.java) { client.tap(started.assignment, "dance", "") }
            assertEquals("stamp", refused.what)
            client.pause()
            assertThrows(AnydoorException.StorageLocked::class.java) { client.queue(1u) }
            assertThrows(AnydoorException.StorageLocked::class.java) { client.resume(ByteArray(32)) }
            client.resume(key)
            assertEquals(1, client.queue(10u).size)
        }
    }

    @Test fun `a dead server is offline and loses nothing`(@TempDir folder: Path) {
        open(folder, "http://127.0.0.1:9/fhir").use { client ->
            val started = begin(client)
            assertThrows(AnydoorException.Offline::class.java) { runBlocking { client.sync(false) } }
            assertEquals(ItemTruth.OnThisPhone, client.assignment(started.assignment).row.truth)
        }
    }

    @Test fun `a watch resets, then tells changes until it stops`(@TempDir folder: Path) {
        open(folder).use { client ->
            val heard = LinkedBlockingQueue<Pair<String, List<String>>>()
            val watch = client.watchQueue(object : QueueObserver {
                override fun reset(rows: List<QueueItem>) = heard.put("reset" to rows.map { it.assignment })
                override fun changed(rows: List<QueueItem>, gone: List<String>) = heard.put("changed" to rows.map { it.assignment })
            }, 10u)
            assertEquals("reset" to emptyList<String>(), heard.poll(5, TimeUnit.SECONDS))
            val started = begin(client)
            assertEquals("changed" to listOf(started.assignment), heard.poll(5, TimeUnit.SECONDS))
            watch.stop()
            client.tap(started.assignment, "on-scene", "")
            assertNull(heard.poll(400, TimeUnit.MILLISECONDS))
        }
    }

    @Test fun `many threads write at once and every draft is there`(@TempDir folder: Path) {
        open(folder).use { client ->
            val started = begin(client)
            val threads = Executors.newFixedThreadPool(8)
            val saved = (0 until 32).map { n -> threads.submit<String> { client.saveDraft("", started.incident, started.person, "draft $n") } }
            saved.forEach { it.get() }
            threads.shutdown()
            assertEquals((0 until 32).map { "draft $it" }.toSet(), client.assignment(started.assignment).notes.map { it.text }.toSet())
        }
    }

    @Test fun `a cancelled sync stops nothing half way`(@TempDir folder: Path) = runBlocking<Unit> {
        open(folder).use { client ->
            begin(client)
            val run = async { client.sync(true) }
            yield()
            run.cancelAndJoin()
            assertEquals(0u, client.sync(false).unsent)
            assertTrue(client.needsYou().isEmpty())
        }
    }
}
