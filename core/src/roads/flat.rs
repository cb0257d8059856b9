//! Metres around one position. Near it the Earth is flat enough: within half a kilometre the plane errs by less than a
//! thousandth, and within ten by less than a hundredth, as far north as Alert (82.5°). The sphere that it touches differs
//! from the ellipsoid by half a percent at most.

use super::format::{Block, FAN};
use crate::base::Position;

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

    /// The point at a share of the way to another, the short way around the Earth.
    pub fn towards(self, to: Self, share: f64) -> Self {
        let at = |from: i32, across: f64| f64::from(from) + across * share;
        let east = at(self.east, short_way(f64::from(to.east) - f64::from(self.east)));
        let north = at(self.north, f64::from(to.north) - f64::from(self.north));
        Self { north: north.round() as i32, east: short_way(east).round() as i32 }
    }
}

/// A difference of longitudes or a longitude, between half a turn west and half a turn east.
fn short_way(across: f64) -> f64 {
    if across > TURN / 2.0 {
        across - TURN
    } else if across < -TURN / 2.0 {
        across + TURN
    } else {
        across
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
        let east = short_way(f64::from(point.east) - f64::from(self.middle.east));
        (east * self.east_m, (f64::from(point.north) - f64::from(self.middle.north)) * METRES)
    }

    /// The same plane for boxes, which do not know that the Earth is round: as it is, and seen from once around it.
    pub fn turned(&self) -> [Turned; 3] {
        let [north, east] = [self.middle.north, self.middle.east].map(f64::from);
        let over = ((TURN / 2.0 - east.abs()) * self.east_m).powi(2);
        [(0.0, 0.0), (TURN, over), (-TURN, over)].map(|(turn, beyond)| Turned { north, east: east + turn, east_m: self.east_m, beyond })
    }
}

/// See [`Flat::turned`].
#[derive(Debug, Clone, Copy)]
pub struct Turned {
    north: f64,
    east: f64,
    east_m: f64,
    /// The square of the distance to the antimeridian, where one looks over it: nothing is nearer.
    pub beyond: f64,
}

impl Turned {
    /// The squares of the least distances to the boxes of a block, in square metres.
    pub fn squares_to_boxes(&self, [souths, wests, norths, easts]: &Block) -> [f64; FAN] {
        let mut squares = [0.0; FAN];
        let sides = souths.iter().zip(norths).zip(wests.iter().zip(easts));
        for (square, ((south, north), (west, east))) in squares.iter_mut().zip(sides) {
            let above = (f64::from(*south) - self.north).max(self.north - f64::from(*north)).max(0.0) * METRES;
            let beside = (f64::from(*west) - self.east).max(self.east - f64::from(*east)).max(0.0) * self.east_m;
            *square = above * above + beside * beside;
        }
        squares
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
