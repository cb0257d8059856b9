package anydoor.desktop

import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.toPixelMap
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsSelected
import androidx.compose.ui.test.captureToImage
import androidx.compose.ui.test.isSelected
import androidx.compose.ui.test.junit4.v2.createComposeRule
import androidx.compose.ui.test.onAllNodesWithTag
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performTouchInput
import androidx.compose.ui.test.swipeLeft
import androidx.compose.ui.text.TextLayoutResult
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.dp
import anydoor.ui.Labels
import anydoor.ui.MapColours
import anydoor.ui.MapSource
import anydoor.ui.OfflineMap
import anydoor.ui.TeamMark
import kotlin.coroutines.EmptyCoroutineContext
import org.junit.AfterClass
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** The map over the real core: what a thumb finds, and what must never be missing. */
class MapTest {
    @get:Rule val rule = createComposeRule()

    private fun show(source: MapSource = county.map("en"), scale: Float = 1f, locale: String = "en") = rule.setContent {
        Scaled(scale) { OfflineMap(source, locale, night = false, io = EmptyCoroutineContext) }
    }

    @Composable
    private fun Scaled(scale: Float, content: @Composable () -> Unit) =
        CompositionLocalProvider(LocalDensity provides Density(LocalDensity.current.density, scale), content)

    /** How many pixels of the map have the colour of the way, which the chosen team and its name have too: not there. */
    private fun wayPixels(): Int {
        val map = rule.onNodeWithTag("map").captureToImage().toPixelMap()
        val team = rule.onNode(isSelected()).fetchSemanticsNode().boundsInRoot.inflate(20f)
        fun counts(x: Int, y: Int) = map[x, y] == MapColours.light.route && !team.contains(Offset(x.toFloat(), y.toFloat()))
        return (0 until map.height).sumOf { y -> (0 until map.width).count { x -> counts(x, y) } }
    }

    @Test fun `where there is no way none is drawn, and the words say so`() {
        val source = county.map("en")
        show(object : MapSource by source { override fun route(team: String) = null })
        val without = wayPixels()
        rule.onNodeWithText(Labels.of("en").noRoute).assertIsDisplayed()
        assertEquals(0, without)
    }

    @Test fun `the way that is drawn is as long as the core says`() {
        val source = county.map("en")
        show(source)
        val best = source.teams().first()
        val way = source.route(best.team)!!
        assertTrue(best.reasons.first().startsWith("By road"))
        assertTrue("the way is seen", wayPixels() > 500)
        val (east, north) = way.line[way.line.size - 2] to way.line.last()
        assertTrue("it ends at the road beside the scene", kotlin.math.hypot(east, north) < 2_000)
    }

    @Test fun `whose roads they are stands on the screen`() {
        show()
        rule.onNodeWithTag("attribution").assertIsDisplayed()
        rule.onNodeWithText("Alder County, fictional").assertIsDisplayed()
    }

    @Test fun `a tap on a team chooses it and shows why it stands where it stands`() {
        show()
        val teams = county.map("en").teams().filter { it.place != null && it.canGo }
        rule.onNodeWithTag("team-${teams[0].team}").assertIsSelected()
        rule.onNodeWithTag("team-${teams[1].team}").performClick().assertIsSelected()
        rule.onNodeWithTag("chosen").assertIsDisplayed()
        rule.onNodeWithText(teams[1].reasons[0]).assertExists()
    }

    @Test fun `whoever is off shift is named nowhere on the map`() {
        show()
        val off = county.map("en").teams().single { !it.canGo }
        assertEquals(null, off.place)
        rule.onAllNodesWithTag("team-${off.team}").fetchSemanticsNodes().let { assertTrue(it.isEmpty()) }
    }

    @Test fun `every control is as large as a thumb in a glove`() {
        show()
        val labels = Labels.of("en")
        val controls = listOf(labels.nearer, labels.farther, labels.whole).map { rule.onNodeWithContentDescription(it) }
        val teams = county.map("en").teams().filter { it.place != null }.map { rule.onNodeWithTag("team-${it.team}") }
        for (node in controls + teams) {
            val size = node.fetchSemanticsNode().size
            val least = with(rule.density) { 64.dp.roundToPx() }
            assertTrue("$size", size.width >= least && size.height >= least)
        }
    }

    @Test fun `a hand moves the map and everything comes back`() {
        show()
        val team = county.map("en").teams().first { it.place != null }
        fun left() = rule.onNodeWithTag("team-${team.team}", useUnmergedTree = true).fetchSemanticsNode().positionInRoot.x
        val before = left()
        rule.onNodeWithTag("map").performTouchInput { swipeLeft(startX = width * 0.5f, endX = width * 0.3f, durationMillis = 400) }
        assertNotEquals(before, left(), 1f)
        rule.onNodeWithContentDescription(Labels.of("en").whole).performClick()
        assertEquals(before, left(), 1f)
    }

    @Test fun `words twice as large are cut nowhere`() {
        show(county.map("en"), 2f)
        noneCut()
    }

    @Test fun `Spanish words twice as large are cut nowhere`() {
        show(county.map("es-US"), 2f, "es-US")
        noneCut()
    }

    /** Every word is laid out whole, and what is named on the map is inside it. What is long may be scrolled. */
    private fun noneCut() {
        val names = county.map("en").teams().map { it.name } + Labels.of("en").scene + Labels.of("es").scene
        val texts = rule.onAllNodes(SemanticsMatcher.keyIsDefined(SemanticsActions.GetTextLayoutResult), useUnmergedTree = true)
        val nodes = texts.fetchSemanticsNodes()
        assertTrue(nodes.size > 5)
        for (node in nodes) {
            val found = mutableListOf<TextLayoutResult>()
            node.config[SemanticsActions.GetTextLayoutResult].action!!.invoke(found)
            val laid = found.single()
            val words = laid.layoutInput.text.text
            val right = (0 until laid.lineCount).maxOf { laid.getLineRight(it) }
            assertTrue("$words: ${laid.size}", right <= laid.size.width + 1 && laid.multiParagraph.height <= laid.size.height + 1)
            assertTrue(words, (0 until laid.lineCount).none { laid.isLineEllipsized(it) })
            if (words in names) assertEquals(words, node.size.width.toFloat(), node.boundsInRoot.width, 1f)
        }
        rule.onNodeWithTag("attribution").assertIsDisplayed()
        rule.onNodeWithTag("chosen").assertIsDisplayed()
    }

    @Test fun `a county without a team still shows its map and its attribution`() {
        val source = county.map("en")
        show(object : MapSource by source { override fun teams(): List<TeamMark> = emptyList() })
        rule.onNodeWithTag("map").assertIsDisplayed()
        rule.onNodeWithText(Labels.of("en").noTeams).assertIsDisplayed()
    }

    @Test fun `a phone without a road map shows teams on bare ground and says that there is none`() {
        County(openRoads = false).use {
            val source = it.map("en")
            show(source)
            rule.onNodeWithText(Labels.of("en").noRoads).assertIsDisplayed()
            rule.onNodeWithTag("team-${source.teams().first().team}").assertIsSelected()
            rule.onNodeWithText(Labels.of("en").noRoute).assertIsDisplayed()
        }
    }

    @Test fun `what the core tells of is asked for again, and a chosen team stays chosen`() {
        val (source, first) = county.map("en").let { it to it.teams().first() }
        var gone by mutableStateOf(false)
        var revision by mutableStateOf(0)
        val changing = object : MapSource by source {
            override fun teams() = if (gone) source.teams().filter { it.team == first.team } else source.teams()
        }
        rule.setContent { OfflineMap(changing, "en", night = false, revision = revision, io = EmptyCoroutineContext) }
        val second = source.teams().filter { it.canGo }[1]
        rule.onNodeWithTag("team-${second.team}").assertIsDisplayed()
        gone = true
        revision = 1
        rule.waitForIdle()
        rule.onNodeWithTag("team-${second.team}").assertDoesNotExist()
        rule.onNodeWithTag("team-${first.team}").assertIsSelected()
    }

    @Test fun `a locked phone says that teams cannot be read and keeps its map`() = county.locked {
        show()
        rule.onNodeWithText(Labels.of("en").unreadable).assertIsDisplayed()
        rule.onNodeWithTag("map").assertIsDisplayed()
        rule.onNodeWithTag("attribution").assertIsDisplayed()
    }

    companion object {
        private val county by lazy { County() }

        @AfterClass @JvmStatic fun stop() = county.close()
    }
}
