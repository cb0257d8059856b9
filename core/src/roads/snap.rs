//! From a position to the nearest street. Every street of a pack reaches every other, so nothing lands on an island.

use std::cmp::Ordering;

use super::flat::{Flat, Point, nearest_on};
use super::format::{FAN, RUN};
use super::pack::{Roads, RoadsError, damaged};
use super::streets::point;
use crate::base::Position;

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
    /// How many levels of blocks lie below; 0 is a run of points.
    levels: u32,
    number: u32,
}

/// The nearest piece of a street so far.
struct Best {
    /// The point where it begins.
    from: usize,
    /// How far along it, 0 … 1.
    within: f64,
    square: f64,
}

impl Roads {
    /// The nearest place on a street, up to `within_m` metres away.
    ///
    /// # Errors
    /// [`RoadsError`] where the pack is not what it says. `Ok(Err(NoRoad))` where there is no road so near.
    pub fn snap(&self, position: Position, within_m: f64) -> Result<Result<Spot, NoRoad>, RoadsError> {
        let flat = Flat::around(Point::of(position));
        let mut best = Best { from: usize::MAX, within: 0.0, square: within_m * within_m };
        let (boxes, points) = (self.boxes(), self.points());
        let mut waiting: Vec<Waiting> = Vec::with_capacity(64);
        for turned in flat.turned() {
            waiting.push(Waiting { square: turned.beyond, levels: self.levels.len() as u32, number: 0 });
            // Depth first, the nearest child first: the first run of points is already near, and most boxes are then too far.
            while let Some(Waiting { square, levels, number }) = waiting.pop() {
                if square > best.square {
                    continue;
                }
                let Some(below) = levels.checked_sub(1) else {
                    nearer(points, number as usize * RUN, &flat, &mut best);
                    continue;
                };
                let block =
                    self.levels.get(below as usize).and_then(|range| boxes.get(range.start + number as usize)).ok_or(damaged("boxes"))?;
                let before = waiting.len();
                let squares = turned.squares_to_boxes(block);
                for (child, square) in (number.saturating_mul(FAN as u32)..).zip(squares) {
                    if square <= best.square {
                        waiting.push(Waiting { square, levels: below, number: child });
                    }
                }
                nearest_last(waiting.get_mut(before..).unwrap_or_default());
            }
        }
        if best.from == usize::MAX {
            return Ok(Err(NoRoad { within_m }));
        }
        self.spot(&best, position).map(Ok)
    }

    fn spot(&self, best: &Best, asked: Position) -> Result<Spot, RoadsError> {
        let street = self.street_at(best.from);
        let range = self.points_of(street)?;
        let line = self.points().get(range.clone()).ok_or(damaged("shapes"))?;
        let segment = best.from.checked_sub(range.start).ok_or(damaged("shapes"))?;
        let (Some(a), Some(b)) = (line.get(segment), line.get(segment + 1)) else { return Err(damaged("shapes")) };
        let (a, b) = (point(*a).0, point(*b).0);
        let (mut before, mut whole) = (0.0, 0.0);
        for (number, length) in lengths(line.iter().map(|stored| point(*stored).0)).enumerate() {
            before += match number.cmp(&segment) {
                Ordering::Less => length,
                Ordering::Equal => length * best.within,
                Ordering::Greater => 0.0,
            };
            whole += length;
        }
        let along = if whole > 0.0 { (before / whole).clamp(0.0, 1.0) } else { 0.0 };
        let position = a.towards(b, best.within).position();
        Ok(Spot { street: street as u32, along, position: position.unwrap_or(asked), off_road_m: best.square.sqrt() })
    }
}

/// Puts the nearest one last.
fn nearest_last(waiting: &mut [Waiting]) {
    if let Some((last, others)) = waiting.split_last_mut() {
        for other in others {
            if other.square < last.square {
                std::mem::swap(other, last);
            }
        }
    }
}

/// Measures the pieces of street that begin in a run of points.
fn nearer(points: &[[i32; 2]], begin: usize, flat: &Flat, best: &mut Best) {
    let Some((first, rest)) = points.get(begin..(begin + RUN + 1).min(points.len())).and_then(<[_]>::split_first) else { return };
    let mut before = flat.metres(point(*first).0);
    for (from, stored) in (begin..).zip(rest) {
        let (point, begins) = point(*stored);
        let here = flat.metres(point);
        if !begins {
            let (within, square) = nearest_on(before, here);
            if square < best.square {
                *best = Best { from, within, square };
            }
        }
        before = here;
    }
}

/// The length of each piece of a street's line, in metres on the plane at its beginning.
pub(super) fn lengths(line: impl Iterator<Item = Point>) -> impl Iterator<Item = f64> {
    let mut line = line.peekable();
    let flat = Flat::around(line.peek().copied().unwrap_or_default());
    let mut line = line.map(move |point| flat.metres(point));
    let mut before = line.next().unwrap_or_default();
    line.map(move |here| {
        let (from_east, from_north) = std::mem::replace(&mut before, here);
        ((here.0 - from_east).powi(2) + (here.1 - from_north).powi(2)).sqrt()
    })
}
