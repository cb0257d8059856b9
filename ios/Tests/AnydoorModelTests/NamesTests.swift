import XCTest

@testable import AnydoorModel

/// Where the name of a street is written. The same statements stand in android/desktop.
final class NamesTests: XCTestCase {
    private func line(_ points: (Double, Double)...) -> [CGPoint] { points.map { CGPoint(x: $0.0, y: $0.1) } }

    func testANameLiesInTheMiddleOfItsStreetAndIsNeverUpsideDown() throws {
        for street in [line((0, 0), (100, 100)), line((100, 100), (0, 0))] {
            let found = try XCTUnwrap(spot(street, width: 80))
            XCTAssertEqual(found.middle.x, 50, accuracy: 0.01)
            XCTAssertEqual(found.middle.y, 50, accuracy: 0.01)
            XCTAssertEqual(found.degrees, 45, accuracy: 0.01)
        }
        XCTAssertEqual(try XCTUnwrap(spot(line((0, 0), (0, 200)), width: 80)).degrees, 90, accuracy: 0.01)
    }

    func testAStreetOfManyPiecesHoldsANameThatNoneOfItsPiecesWould() throws {
        let street = (0...10).map { CGPoint(x: Double($0 * 12), y: Double($0 % 2)) }
        XCTAssertEqual(try XCTUnwrap(spot(street, width: 100)).middle.x, 60, accuracy: 0.5)
    }

    func testAStreetThatIsTooShortOrTooBentHoldsNoName() {
        XCTAssertNil(spot(line((0, 0), (70, 0)), width: 100))
        XCTAssertNil(spot(line((0, 0), (100, 0), (100, 100)), width: 150))
        XCTAssertNil(spot(line((0, 0)), width: 1))
        XCTAssertNil(spot([], width: 1))
    }

    func testImportantStreetsAreNamedFirstEachOnceAndNoneOverAnother() {
        let view = Viewport(middle: Place(east: 0, north: 0), metresPerPixel: 1, width: 400, height: 800)
        func street(_ north: Double) -> [Place] { [Place(east: -150, north: north), Place(east: 150, north: north)] }
        let layers = [
            MapLayer(streetClass: "residential", lines: [street(5), street(-300)], names: ["Under Main", "Free Lane"]),
            MapLayer(streetClass: "primary", lines: [street(0), street(200), street(5_000)], names: ["Main", "Main", "Far Road"]),
        ]
        XCTAssertEqual(names(layers, view) { Double($0.count) * 6 }.map(\.name), ["Main", "Free Lane"])
    }
}
