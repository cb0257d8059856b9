//! From a position to the nearest street. Every street of a pack reaches every other, so nothing lands on an island.

use super::flat::{Flat, Point, nearest_on};
use super::format::FAN;
use super::pack::{Roads, RoadsError, damaged};
use super::streets::Lines;
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

/// A box that waits to be looked at.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    /// The square of its least distance, in square metres.
    square: f64,
    level: usize,
    number: usize,
}

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
        let (lines, boxes) = (self.all_lines(), self.boxes());
        let mut waiting: Vec<Waiting> = Vec::with_capacity(64);
        waiting.extend(self.levels.len().checked_sub(1).map(|level| Waiting { square: 0.0, level, number: 0 }));
        // Depth first, the nearest child first: the first leaf is already near, and most boxes are then too far.
        while let Some(Waiting { square, level, number }) = waiting.pop() {
            if square > best.square {
                continue;
            }
            let children = number * FAN..(number + 1) * FAN;
            let Some(below) = level.checked_sub(1) else {
                for street in children.start..children.end.min(self.streets) {
                    found |= nearer(lines, street, &flat, &mut best)?;
                }
                continue;
            };
            let Some(range) = self.levels.get(below) else { continue };
            let inside = range.start + children.start..(range.start + children.end).min(range.end);
            let before = waiting.len();
            for (child, bounds) in (children.start..).zip(boxes.get(inside).unwrap_or_default()) {
                let square = flat.square_to_box(*bounds);
                if square <= best.square {
                    waiting.push(Waiting { square, level: below, number: child });
                }
            }
            let new = waiting.get_mut(before..).unwrap_or_default();
            new.sort_unstable_by(|a, b| b.square.total_cmp(&a.square));
        }
        if !found {
            return Ok(Err(NoRoad { within_m }));
        }
        self.spot(&best, position).map(Ok)
    }

    fn spot(&self, best: &Best, asked: Position) -> Result<Spot, RoadsError> {
        let mut line = Vec::new();
        self.line(best.street as usize, &mut line)?;
        let lengths = lengths(&line);
        let whole: f64 = lengths.iter().sum();
        let before: f64 = lengths.iter().take(best.segment).sum();
        let here = lengths.get(best.segment).copied().unwrap_or_default() * best.within;
        let along = if whole > 0.0 { ((before + here) / whole).clamp(0.0, 1.0) } else { 0.0 };
        let between = |a: i32, b: i32| (f64::from(a) + (f64::from(b) - f64::from(a)) * best.within).round() as i32;
        let position = match (line.get(best.segment), line.get(best.segment + 1)) {
            (Some(a), Some(b)) => Point { north: between(a.north, b.north), east: between(a.east, b.east) }.position(),
            _ => None,
        };
        Ok(Spot { street: best.street, along, position: position.unwrap_or(asked), off_road_m: best.square.sqrt() })
    }
}

/// Whether a street comes nearer than the best so far; it is the best then.
fn nearer(lines: Lines<'_>, street: usize, flat: &Flat, best: &mut Best) -> Result<bool, RoadsError> {
    let mut nearer = false;
    let mut before: Option<(f64, f64)> = None;
    for (segment, point) in (0_usize..).zip(lines.of(street).ok_or(damaged("shapes"))?) {
        let here = flat.metres(point);
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

/// The length of each piece of a street's line, in metres on the plane at its beginning.
pub(super) fn lengths(line: &[Point]) -> Vec<f64> {
    let Some(flat) = line.first().map(|first| Flat::around(*first)) else { return Vec::new() };
    let piece = |(a, b): (&Point, &Point)| {
        let ((ax, ay), (bx, by)) = (flat.metres(*a), flat.metres(*b));
        (bx - ax).hypot(by - ay)
    };
    line.iter().zip(line.iter().skip(1)).map(piece).collect()
}
