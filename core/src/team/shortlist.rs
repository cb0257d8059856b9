//! The few of many teams that have to be measured by geodesic: the nearest by the line through the Earth, and all that the
//! Earth's flattening could put before them. Used by `fleet` and `nearest`.

use std::collections::BinaryHeap;

use crate::base::Position;

/// The equatorial radius of the WGS84 ellipsoid, in metres.
pub(super) const RADIUS_M: f64 = 6_378_137.0;
/// The square of its first eccentricity.
const ECCENTRICITY: f64 = 6.694_379_990_141_316e-3;
/// By how much two places may be in another order by geodesic than by the straight line through the Earth: this times
/// the cube of the line, in metres. The ellipsoid's radii of curvature lie between 6,335 and 6,400 km, so a geodesic of
/// one length spans lines that differ by up to c³ (1/6335² − 1/6400²) / 24; three times that covers the whole Earth.
const FLATTENING: f64 = 6e-17;

/// A point in metres from the middle of the Earth.
pub(crate) type Space = [f64; 3];

/// Where a position is in space.
pub(super) fn space(position: Position) -> Space {
    let (up, out) = position.latitude().to_radians().sin_cos();
    let (east, on) = position.longitude().to_radians().sin_cos();
    let radius = RADIUS_M / (1.0 - ECCENTRICITY * up * up).sqrt();
    [radius * out * on, radius * out * east, radius * (1.0 - ECCENTRICITY) * up]
}

/// The square of the line between two points.
pub(super) fn square([ax, ay, az]: Space, [bx, by, bz]: Space) -> f64 {
    let (x, y, z) = (ax - bx, ay - by, az - bz);
    x * x + y * y + z * z
}

/// The square of a distance.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Square(f64);

impl Eq for Square {}
impl PartialOrd for Square {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Square {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The `k` nearest by the line through the Earth, and all that may be nearer by geodesic.
pub(crate) struct Shortlist {
    pub scene: Space,
    k: usize,
    nearest: BinaryHeap<Square>,
    all: Vec<(f64, u32)>,
    /// The square of the line beyond which nobody is among the nearest.
    pub reach: f64,
}

impl Shortlist {
    pub fn new(scene: Position, k: usize) -> Self {
        let reach = if k == 0 { -1.0 } else { f64::INFINITY };
        Self { scene: space(scene), k, nearest: BinaryHeap::new(), all: Vec::new(), reach }
    }

    pub fn offer(&mut self, team: u32, position: Position) {
        self.offer_space(team, space(position));
    }

    pub fn offer_space(&mut self, team: u32, at: Space) {
        let far = square(self.scene, at);
        if far > self.reach {
            return;
        }
        self.all.push((far, team));
        if self.nearest.len() < self.k {
            self.nearest.push(Square(far));
        } else if let Some(mut last) = self.nearest.peek_mut()
            && far < last.0
        {
            *last = Square(far);
        }
        if self.nearest.len() == self.k
            && let Some(Square(last)) = self.nearest.peek()
        {
            let line = last.sqrt();
            self.reach = (line + FLATTENING * line.powi(3) + 1e-6).powi(2);
        }
    }

    /// The teams, in no order: at least the `k` nearest by geodesic, or all there are.
    pub fn teams(&self) -> impl Iterator<Item = u32> {
        self.all.iter().filter(|(far, _)| *far <= self.reach).map(|(_, team)| *team)
    }
}
