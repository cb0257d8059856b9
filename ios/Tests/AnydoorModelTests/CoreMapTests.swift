import AnydoorCore
import XCTest

@testable import AnydoorModel

/// The map over the real core. The same statements stand in android/desktop, on the drawn screen.
final class CoreMapTests: XCTestCase, @unchecked Sendable {
    // Unchecked, for XCTest hands the object to the main actor, one test after the other.
    @MainActor
    private func state(_ source: any MapSource) async -> MapState {
        let state = MapState(source: source)
        state.sized(width: 400, height: 700)
        await state.begin()
        await state.look()
        await state.follow()
        return state
    }

    @MainActor
    func testTheBestTeamIsChosenWithItsWayAndTheStreetsAndWhoseTheyAre() async throws {
        let county = try await County()
        defer { county.stop() }
        let picture = await state(county.map("en")).picture
        let best = try XCTUnwrap(picture.teams.first)
        XCTAssertTrue(best.reasons[0].hasPrefix("By road"), best.reasons[0])
        let route = try XCTUnwrap(picture.route)
        XCTAssertEqual(route.team, best.team)
        XCTAssertGreaterThan(route.line.count, 1)
        let end = try XCTUnwrap(route.line.last)
        XCTAssertLessThan(hypot(end.east, end.north), 2_000, "it ends at the road beside the scene")
        XCTAssertEqual(picture.attribution, "Alder County, fictional")
        XCTAssertFalse(picture.layers.flatMap(\.lines).isEmpty)
        for layer in picture.layers { XCTAssertEqual(layer.lines.count, layer.names.count) }
    }

    @MainActor
    func testWhoeverIsOffShiftIsNowhereOnTheMap() async throws {
        let county = try await County()
        defer { county.stop() }
        let off = try county.map("en").teams().filter { !$0.canGo }
        XCTAssertEqual(off.count, 1)
        XCTAssertNil(off[0].place)
    }

    @MainActor
    func testReasonsAreInTheLanguageAsked() async throws {
        let county = try await County()
        defer { county.stop() }
        let (english, spanish) = (try county.map("en").teams(), try county.map("es-US").teams())
        XCTAssertEqual(english.map(\.team), spanish.map(\.team))
        XCTAssertNotEqual(english[0].reasons, spanish[0].reasons)
    }

    @MainActor
    func testAClosedRoadIsOnTheMap() async throws {
        let county = try await County()
        defer { county.stop() }
        try county.closeRoad(north: 0, east: 0)
        let picture = await state(county.map("en")).picture
        XCTAssertEqual(picture.closures.map(\.why), ["bridge out"])
        XCTAssertEqual(picture.closures[0].line.count, 2)
    }

    @MainActor
    func testAPhoneWithoutARoadMapShowsTeamsOnBareGround() async throws {
        let county = try await County(openRoads: false)
        defer { county.stop() }
        let state = await state(county.map("en"))
        XCTAssertEqual(state.picture.attribution, "")
        XCTAssertTrue(state.picture.layers.isEmpty)
        XCTAssertNotNil(state.chosen)
        XCTAssertNil(state.picture.route)
        XCTAssertFalse(state.picture.unreadable)
    }

    @MainActor
    func testALockedPhoneSaysThatTeamsCannotBeReadAndComesBack() async throws {
        let county = try await County()
        defer { county.stop() }
        try county.lock()
        let state = await state(county.map("en"))
        XCTAssertTrue(state.picture.unreadable)
        XCTAssertNotNil(state.viewport)
        XCTAssertEqual(state.picture.attribution, "Alder County, fictional")
        try county.unlock()
        await state.begin()
        XCTAssertFalse(state.picture.unreadable)
        XCTAssertNotNil(state.chosen)
    }
}
