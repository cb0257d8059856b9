import XCTest

@testable import AnydoorModel

/// Where things lie on a screen. The same statements stand in android/desktop.
final class ViewportTests: XCTestCase {
    private let view = Viewport(middle: Place(east: 100, north: 50), metresPerPixel: 4, width: 400, height: 800)

    func testADegreeOfLatitudeIs111KmAndAcrossTheAntimeridianTheShortWayCounts() {
        XCTAssertEqual(Plane(latitude: 40, longitude: -75).place(latitude: 41, longitude: -75).north, 111_195, accuracy: 1)
        XCTAssertEqual(Plane(latitude: 0, longitude: 179.9).place(latitude: 0, longitude: -179.9).east, 22_239, accuracy: 1)
    }

    func testAPlaceComesBackFromItsPoint() {
        for step in 0..<200 {
            let place = Place(east: Double(step * 37 % 5_000) - 2_500, north: Double(step * 91 % 5_000) - 2_500)
            let back = view.place(x: view.x(place.east), y: view.y(place.north))
            XCTAssertEqual(place.east, back.east, accuracy: 0.01)
            XCTAssertEqual(place.north, back.north, accuracy: 0.01)
        }
    }

    func testWhatLiesUnderTheFingersStaysThereWhenTheySpread() {
        let before = view.place(x: 30, y: 700)
        let after = view.zoomed(3, x: 30, y: 700).place(x: 30, y: 700)
        XCTAssertEqual(before.east, after.east, accuracy: 0.01)
        XCTAssertEqual(before.north, after.north, accuracy: 0.01)
        XCTAssertEqual(view.zoomed(1e9).metresPerPixel, Viewport.nearest)
        XCTAssertEqual(view.zoomed(1e-9).metresPerPixel, Viewport.farthest)
    }

    func testAViewAroundPlacesShowsEachOfThemInsideItsMargin() {
        let places = [Place(east: -3_000, north: 10), Place(east: 500, north: 9_000), Place(east: 0, north: 0)]
        let around = Viewport.around(places, width: 400, height: 800, margin: 50)
        for place in places {
            XCTAssertTrue((49.9...350.1).contains(around.x(place.east)) && (49.9...750.1).contains(around.y(place.north)))
        }
        XCTAssertEqual(Viewport.around([], width: 400, height: 800, margin: 50).width, 400)
    }

    func testLinesThatWereAskedForServeASmallMoveAndNotAFarOneOrAnotherScale() {
        let asked = view.wider()
        XCTAssertTrue(asked.serves(view) && asked.serves(view.moved(x: 150, y: -300)) && asked.serves(view.zoomed(1.3)))
        XCTAssertFalse(asked.serves(view.moved(x: 300, y: 0)) || asked.serves(view.zoomed(2)) || asked.serves(view.zoomed(0.5)))
    }

    func testHalfAPositionAtTheEndOfALineIsLeftOut() {
        XCTAssertEqual(Plane(latitude: 40, longitude: -75).line([40, -75, 40.1, -75.1, 40.2]).count, 2)
    }
}
