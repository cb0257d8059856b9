//! The way from one team to the scene, to be drawn and read.

use super::flat::Point;
use super::network::{End, NO_ROW};
use super::pack::{Roads, RoadsError, damaged};
use super::snap::{Spot, lengths};
use super::{Closed, Millis, NEVER};
use crate::base::Position;

/// A way.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Milliseconds at free flow.
    pub millis: Millis,
    /// Metres along the road.
    pub metres: f64,
    /// The line, from the team to the scene.
    pub line: Vec<Position>,
    /// The streets it goes along, each once in a row; those without a name are left out.
    pub streets: Vec<String>,
}

/// What is gathered while a route is followed.
struct Drawn<'a> {
    roads: &'a Roads,
    points: Vec<Point>,
    streets: Vec<String>,
}

impl Drawn<'_> {
    /// Adds the part of a street between two places on it.
    fn add(&mut self, street: usize, from: f64, to: f64) -> Result<(), RoadsError> {
        let mut line = Vec::new();
        self.roads.line(street, &mut line)?;
        self.points.extend(part(&line, from, to));
        self.points.dedup();
        if let Some(name) = self.roads.name(street).filter(|name| !name.is_empty())
            && self.streets.last().is_none_or(|last| last != name)
        {
            self.streets.push(name.to_owned());
        }
        Ok(())
    }
}

/// The part of a line between two places on it (0 … 1), turned round where it is driven against the line.
fn part(line: &[Point], from: f64, to: f64) -> Vec<Point> {
    let lengths: Vec<f64> = lengths(line.iter().copied()).collect();
    let whole: f64 = lengths.iter().sum();
    let (low, high) = (from.min(to) * whole, from.max(to) * whole);
    let mut part = Vec::new();
    let mut before = 0.0;
    for ((a, b), length) in line.iter().zip(line.iter().skip(1)).zip(&lengths) {
        let place = |at: f64| {
            let share = if *length > 0.0 { ((at - before) / length).clamp(0.0, 1.0) } else { 0.0 };
            a.towards(*b, share)
        };
        if before + length >= low && before <= high {
            part.push(place(low.max(before)));
            part.push(place(high.min(before + length)));
        }
        before += length;
    }
    part.dedup();
    if from > to {
        part.reverse();
    }
    part
}

impl Roads {
    /// The fastest way from a spot to the scene, with what is closed; `None` where there is none.
    ///
    /// # Errors
    /// [`RoadsError`] where the pack is not what it says.
    pub fn route(&self, from: &Spot, scene: &Spot, closed: &Closed) -> Result<Option<Route>, RoadsError> {
        let departures: Vec<End> = self.departures(from, closed)?.collect();
        let wanted: Vec<u32> = departures.iter().map(|end| end.node).collect();
        let found = self.backwards(scene, &wanted, closed)?;
        let total = |end: &End| end.millis.saturating_add(found.millis.get(end.node as usize).copied().unwrap_or(NEVER));
        let over = departures.iter().min_by_key(|end| total(end));
        let direct = self.along_the_street(from, scene, closed)?;
        let mut drawn = Drawn { roads: self, points: Vec::new(), streets: Vec::new() };
        let millis = match over {
            Some(end) if total(end) < direct => {
                drawn.add(from.street as usize, from.along, end.along)?;
                let last = self.follow(end.node, &found.on, &mut drawn)?;
                let arrivals = self.arrivals(scene, closed)?;
                let end_of_scene = arrivals.iter().filter(|end| end.node == last).min_by_key(|end| end.millis).ok_or(damaged("ways"))?;
                drawn.add(scene.street as usize, end_of_scene.along, scene.along)?;
                total(end)
            }
            _ if direct != NEVER => {
                drawn.add(from.street as usize, from.along, scene.along)?;
                direct
            }
            _ => return Ok(None),
        };
        let metres = drawn.points.windows(2).map(|pair| lengths(pair.iter().copied()).sum::<f64>()).sum();
        let line = drawn.points.iter().filter_map(|point| point.position()).collect();
        Ok(Some(Route { millis, metres, line, streets: drawn.streets }))
    }

    /// Follows the ways that the search found until the scene's street, and returns the node where it begins.
    fn follow(&self, first: u32, on: &[u32], drawn: &mut Drawn<'_>) -> Result<u32, RoadsError> {
        let mut node = first;
        for _ in 0..=self.nodes {
            let way = on.get(node as usize).copied().ok_or(damaged("ways"))?;
            if way == NO_ROW {
                return Ok(node);
            }
            let (row, driven) = self.way(way).ok_or(damaged("ways"))?;
            let street = self.street_records().partition_point(|[first, ..]| *first as usize <= row).saturating_sub(1);
            if driven.against {
                drawn.add(street, 1.0, 0.0)?
            } else {
                drawn.add(street, 0.0, 1.0)?
            }
            node = driven.head;
        }
        Err(damaged("ways"))
    }
}
