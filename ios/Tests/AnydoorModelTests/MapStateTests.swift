import XCTest

@testable import AnydoorModel

/// A source of two teams, one of which may not be shown.
private struct TwoTeams: MapSource {
    var plane = Plane(latitude: 40, longitude: -75)
    var attribution = "somebody"
    func teams() -> [TeamMark] {
        [
            TeamMark(team: "a", name: "A", canGo: true, place: Place(east: 900, north: 0), reasons: ["near"]),
            TeamMark(team: "b", name: "B", canGo: false, place: nil, reasons: ["off shift"]),
        ]
    }
    func layers(_ view: Viewport) -> [MapLayer] {
        [MapLayer(streetClass: "primary", lines: [[view.place(x: 0, y: 0), view.middle]], names: [""])]
    }
    func route(_ team: String) -> RouteLine? {
        team == "a" ? RouteLine(team: team, seconds: 60, line: [Place(east: 900, north: 0)], streets: []) : nil
    }
    func closures() -> [ClosureLine] { [] }
}

/// A source that is locked.
private struct Locked: MapSource {
    struct Closed: Error {}
    var plane = Plane(latitude: 40, longitude: -75)
    var attribution = ""
    func teams() throws -> [TeamMark] { throw Closed() }
    func layers(_ view: Viewport) throws -> [MapLayer] { throw Closed() }
    func route(_ team: String) throws -> RouteLine? { throw Closed() }
    func closures() throws -> [ClosureLine] { throw Closed() }
}

final class MapStateTests: XCTestCase, @unchecked Sendable {
    // Unchecked, for XCTest hands the object to the main actor, one test after the other.
    @MainActor
    func testTheBestTeamIsChosenAndItsWayAndTheStreetsAreThere() async {
        let state = MapState(source: TwoTeams())
        state.sized(width: 400, height: 800)
        XCTAssertNil(state.viewport)
        await state.begin()
        await state.look()
        await state.follow()
        XCTAssertEqual(state.chosen, "a")
        XCTAssertEqual(state.picture.route?.seconds, 60)
        XCTAssertEqual(state.picture.layers.count, 1)
        XCTAssertEqual(state.picture.attribution, "somebody")
        state.chose("b")
        await state.follow()
        XCTAssertNil(state.picture.route)
    }

    @MainActor
    func testASourceThatCannotBeReadIsSaidAndTheMapIsThere() async {
        let state = MapState(source: Locked())
        state.sized(width: 400, height: 800)
        await state.begin()
        XCTAssertTrue(state.picture.unreadable)
        XCTAssertNotNil(state.viewport)
    }
}
