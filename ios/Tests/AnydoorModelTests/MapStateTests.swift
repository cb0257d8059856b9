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

final class MapStateTests: XCTestCase {
    @MainActor
    func testTheBestTeamIsChosenAndItsWayAndTheStreetsAreThere() async throws {
        let state = MapState(source: TwoTeams())
        state.sized(width: 400, height: 800)
        XCTAssertNil(state.viewport)
        try await state.begin()
        try await state.look()
        try await state.follow()
        XCTAssertEqual(state.chosen, "a")
        XCTAssertEqual(state.picture.route?.seconds, 60)
        XCTAssertEqual(state.picture.layers.count, 1)
        XCTAssertEqual(state.picture.attribution, "somebody")
        state.chose("b")
        try await state.follow()
        XCTAssertNil(state.picture.route)
    }
}
