//! What a lead has closed: a bridge out, a flooded street. A closure is a line drawn over the map; where it crosses a
//! street, nobody passes. A ring closes what lies inside off.

use std::collections::HashMap;

use super::flat::{Flat, Point};
use super::format::{FAN, RUN};
use super::pack::{Roads, RoadsError};
use super::snap::lengths;
use crate::base::Position;

/// A line over the map that nobody passes.
#[derive(Debug, Clone, PartialEq)]
pub struct Closure {
    /// Its points, at least two.
    pub line: Vec<Position>,
}

/// The closures, as they meet the streets of one pack. Belongs to the pack that made it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Closed {
    /// Where along each street it is cut.
    cuts: HashMap<u32, Vec<f64>>,
    /// The rows over them, sorted.
    rows: Vec<usize>,
}

impl Closed {
    /// Whether nothing is closed.
    pub fn is_empty(&self) -> bool {
        self.cuts.is_empty()
    }

    /// How many streets are cut.
    pub fn streets(&self) -> usize {
        self.cuts.len()
    }

    pub(super) fn has_row(&self, row: usize) -> bool {
        self.rows.binary_search(&row).is_ok()
    }

    /// Whether one can drive along a street from one place to another.
    pub(super) fn is_open(&self, street: u32, a: f64, b: f64) -> bool {
        self.cuts.get(&street).is_none_or(|cuts| cuts.iter().all(|cut| *cut < a.min(b) || *cut > a.max(b)))
    }
}

impl Roads {
    /// Finds the streets that these lines cross.
    ///
    /// # Errors
    /// [`RoadsError`] where the pack is not what it says.
    pub fn close(&self, closures: &[Closure]) -> Result<Closed, RoadsError> {
        let mut closed = Closed::default();
        let mut line = Vec::new();
        for closure in closures {
            for (a, b) in closure.line.iter().zip(closure.line.iter().skip(1)) {
                let (a, b) = (Point::of(*a), Point::of(*b));
                let around = [a.north.min(b.north), a.east.min(b.east), a.north.max(b.north), a.east.max(b.east)];
                for street in self.streets_in(around) {
                    self.line(street, &mut line)?;
                    let cuts = crossings(&line, a, b);
                    if !cuts.is_empty() {
                        closed.cuts.entry(street as u32).or_default().extend(cuts);
                        closed.rows.extend(self.rows_of(street)?);
                    }
                }
            }
        }
        closed.rows.sort_unstable();
        closed.rows.dedup();
        Ok(closed)
    }

    /// The streets of which a run of points has a box that touches a box: all that lie in it, and some beside it.
    pub(super) fn streets_in(&self, around: [i32; 4]) -> Vec<usize> {
        let [from_south, from_west, to_north, to_east] = around;
        let mut numbers: Vec<usize> = vec![0];
        for range in self.levels.iter().rev() {
            let blocks = self.boxes().get(range.clone()).unwrap_or_default();
            let boxes = numbers.into_iter().filter_map(|number| Some((number, blocks.get(number)?))).flat_map(|(number, block)| {
                let [souths, wests, norths, easts] = block;
                (number * FAN..).zip(souths.iter().zip(wests).zip(norths.iter().zip(easts)))
            });
            let touching = boxes.filter(|(_, ((south, west), (north, east)))| {
                **south <= to_north && from_south <= **north && **west <= to_east && from_west <= **east
            });
            numbers = touching.map(|(number, _)| number).collect();
        }
        let (records, mut streets) = (self.street_records(), Vec::new());
        for run in numbers {
            let begins_before = |street: usize| records.get(street).is_some_and(|[_, first, ..]| (*first as usize) < (run + 1) * RUN);
            let next = streets.last().map_or(0, |last: &usize| last + 1);
            // Where the runs follow each other, so do their streets.
            let from = if begins_before(next) { self.street_at(run * RUN).max(next) } else { next };
            streets.extend((from..self.streets).take_while(|street| begins_before(*street)));
        }
        streets
    }
}

/// Where along a line (0 … 1) the stroke from `a` to `b` crosses it.
fn crossings(line: &[Point], a: Point, b: Point) -> Vec<f64> {
    let flat = Flat::around(a);
    let (from, to) = (flat.metres(a), flat.metres(b));
    let lengths: Vec<f64> = lengths(line.iter().copied()).collect();
    let whole: f64 = lengths.iter().sum();
    let mut before = 0.0;
    let mut cuts = Vec::new();
    for ((c, d), length) in line.iter().zip(line.iter().skip(1)).zip(&lengths) {
        if let Some(along) = crossing(flat.metres(*c), flat.metres(*d), from, to) {
            cuts.push(if whole > 0.0 { (before + along * length) / whole } else { 0.0 });
        }
        before += length;
    }
    cuts
}

/// How far along `c`–`d` the stroke `a`–`b` crosses it; touching counts.
fn crossing(c: (f64, f64), d: (f64, f64), a: (f64, f64), b: (f64, f64)) -> Option<f64> {
    let (street, stroke) = ((d.0 - c.0, d.1 - c.1), (b.0 - a.0, b.1 - a.1));
    let across = street.0 * stroke.1 - street.1 * stroke.0;
    if across == 0.0 {
        return None;
    }
    let between = (a.0 - c.0, a.1 - c.1);
    let on_street = (between.0 * stroke.1 - between.1 * stroke.0) / across;
    let on_stroke = (between.0 * street.1 - between.1 * street.0) / across;
    ((0.0..=1.0).contains(&on_street) && (0.0..=1.0).contains(&on_stroke)).then_some(on_street)
}
