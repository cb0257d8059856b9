//! From a position to the nearest street. Every street of a pack reaches every other, so nothing lands on an island.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::flat::{Flat, Point, nearest_on};
use super::format::FAN;
use super::pack::{Roads, RoadsError};
use crate::incident::Position;

/// A place on a street.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// The street's number in its pack.
    pub(super) street: u32,
    /// How far along its line, 0 at its beginning, 1 at its end.
    pub along: f64,
    /// The place on the road.
    pub position: Position,
    /// Metres from the position that was asked for to the road.
    pub off_road_m: f64,
}

/// There is no road within this distance.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("no road within {within_m:.0} m")]
pub struct NoRoad {
    /// Metres.
    pub within_m: f64,
}

/// A box or a street that waits to be looked at, nearest first. Squares of metres are never negative, so their bits
/// sort as they do.
type Waiting = BinaryHeap<(Reverse<u64>, Reverse<u32>, Reverse<u32>)>;

struct Best {
    street: u32,
    segment: usize,
    within: f64,
    square: f64,
}

impl Roads {
    /// The nearest place on a street, up to `within_m` metres away.
    ///
    /// # Errors
    /// [`RoadsError`] where the pack is not what it says. `Ok(Err(NoRoad))` where there is no road so near.
    pub fn snap(&self, position: Position, within_m: f64) -> Result<Result<Spot, NoRoad>, RoadsError> {
        let middle = Point::of(position);
        let flat = Flat::around(middle);
        let mut best = Best { street: 0, segment: 0, within: 0.0, square: within_m * within_m };
        let mut found = false;
        let mut waiting = Waiting::new();
        let mut line = Vec::new();
        let root = self.levels.len().checked_sub(1);
        root.into_iter().for_each(|level| waiting.push((Reverse(0), Reverse(level as u32), Reverse(0))));
        while let Some((Reverse(square), Reverse(level), Reverse(number))) = waiting.pop() {
            if f64::from_bits(square) > best.square {
                break;
            }
            let (level, number) = (level as usize, number as usize);
            let children = number * FAN..(number + 1) * FAN;
            let Some(below) = level.checked_sub(1) else {
                for street in children.start..children.end.min(self.streets) {
                    found |= self.nearer(street, &flat, &mut line, &mut best)?;
                }
                continue;
            };
            let Some(range) = self.levels.get(below) else { continue };
            let inside = range.start + children.start..(range.start + children.end).min(range.end);
            for (child, bounds) in (children.start..).zip(self.boxes().get(inside).unwrap_or_default()) {
                let square = flat.square_to_box(*bounds);
                if square <= best.square {
                    waiting.push((Reverse(square.to_bits()), Reverse(below as u32), Reverse(child as u32)));
                }
            }
        }
        if !found {
            return Ok(Err(NoRoad { within_m }));
        }
        self.spot(&best, &mut line, position)
    }

    /// Whether a street comes nearer than the best so far; it is the best then.
    fn nearer(&self, street: usize, flat: &Flat, line: &mut Vec<Point>, best: &mut Best) -> Result<bool, RoadsError> {
        self.line(street, line)?;
        let mut nearer = false;
        let mut before: Option<(f64, f64)> = None;
        for (segment, point) in line.iter().enumerate() {
            let here = flat.metres(*point);
            if let Some(before) = before {
                let (within, square) = nearest_on(before, here);
                if square < best.square {
                    *best = Best { street: street as u32, segment: segment - 1, within, square };
                    nearer = true;
                }
            }
            before = Some(here);
        }
        Ok(nearer)
    }

    fn spot(&self, best: &Best, line: &mut Vec<Point>, asked: Position) -> Result<Result<Spot, NoRoad>, RoadsError> {
        self.line(best.street as usize, line)?;
        let lengths = lengths(line);
        let whole: f64 = lengths.iter().sum();
        let before: f64 = lengths.iter().take(best.segment).sum();
        let here = lengths.get(best.segment).copied().unwrap_or_default() * best.within;
        let along = if whole > 0.0 { ((before + here) / whole).clamp(0.0, 1.0) } else { 0.0 };
        let between = |a: i32, b: i32| (f64::from(a) + (f64::from(b) - f64::from(a)) * best.within).round() as i32;
        let position = match (line.get(best.segment), line.get(best.segment + 1)) {
            (Some(a), Some(b)) => Point { north: between(a.north, b.north), east: between(a.east, b.east) }.position(),
            _ => None,
        };
        Ok(Ok(Spot { street: best.street, along, position: position.unwrap_or(asked), off_road_m: best.square.sqrt() }))
    }
}

/// The length of each piece of a line, in metres.
pub(super) fn lengths(line: &[Point]) -> Vec<f64> {
    let piece = |(a, b): (&Point, &Point)| {
        let (x, y) = Flat::around(*a).metres(*b);
        x.hypot(y)
    };
    line.iter().zip(line.iter().skip(1)).map(piece).collect()
}
