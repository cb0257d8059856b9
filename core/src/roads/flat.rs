//! Metres around one position. Near it the Earth is flat enough: over ten kilometres the error stays below a
//! thousandth, and nothing farther is measured this way.

use crate::incident::Position;

/// Metres per 10⁻⁷ degree of latitude, on the mean sphere.
const METRES: f64 = 0.011_119_508;
/// A whole turn in 10⁻⁷ degrees.
const TURN: f64 = 3_600_000_000.0;

/// A point of a pack: 10⁻⁷ degrees north and east.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Point {
    pub north: i32,
    pub east: i32,
}

impl Point {
    pub fn of(position: Position) -> Self {
        Self { north: (position.latitude() * 1e7).round() as i32, east: (position.longitude() * 1e7).round() as i32 }
    }

    pub fn position(self) -> Option<Position> {
        Position::new(f64::from(self.north) / 1e7, f64::from(self.east) / 1e7).ok()
    }
}

/// A plane that touches the Earth at one point.
#[derive(Debug, Clone, Copy)]
pub struct Flat {
    middle: Point,
    east_m: f64,
}

impl Flat {
    pub fn around(middle: Point) -> Self {
        let east_m = METRES * (f64::from(middle.north) * 1e-7).to_radians().cos().max(1e-6);
        Self { middle, east_m }
    }

    /// Metres east and north of the middle, the short way around the Earth.
    pub fn metres(&self, point: Point) -> (f64, f64) {
        (self.east(point.east) * self.east_m, (f64::from(point.north) - f64::from(self.middle.north)) * METRES)
    }

    fn east(&self, east: i32) -> f64 {
        let across = f64::from(east) - f64::from(self.middle.east);
        if across > TURN / 2.0 {
            across - TURN
        } else if across < -TURN / 2.0 {
            across + TURN
        } else {
            across
        }
    }

    /// The square of the least distance to a box, in square metres.
    pub fn square_to_box(&self, [south, west, north, east]: [i32; 4]) -> f64 {
        let (from, until) = (self.east(west), self.east(east));
        // A box that lies around the middle, also where the far side of the Earth parts its two edges.
        let beside = if from <= until { from.max(0.0) + (-until).max(0.0) } else { 0.0 };
        let middle = f64::from(self.middle.north);
        let above = (f64::from(south) - middle).max(0.0) + (middle - f64::from(north)).max(0.0);
        (beside * self.east_m).powi(2) + (above * METRES).powi(2)
    }
}

/// Metres between two points that lie near each other, each 10⁻⁷ degrees north and east.
pub fn metres(from: (i32, i32), to: (i32, i32)) -> f64 {
    let point = |(north, east): (i32, i32)| Point { north, east };
    let (x, y) = Flat::around(point(from)).metres(point(to));
    x.hypot(y)
}

/// How far along a line from `a` to `b` the origin is nearest (0 … 1), and the square of the distance there.
pub fn nearest_on(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { (-(a.0 * dx + a.1 * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    let (x, y) = (a.0 + along * dx, a.1 + along * dy);
    (along, x * x + y * y)
}
