//! The streets as a network: how a spot is left and reached, and the plain search backwards from the scene.
//!
//! The plain search honours closures exactly and draws routes; without closures the hierarchy gives the same times
//! faster.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::closures::Closed;
use super::format::{NO_NODE, row};
use super::pack::{Roads, RoadsError, damaged};
use super::snap::Spot;
use super::{Millis, NEVER};

/// One way of driving over a whole street.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub tail: u32,
    pub head: u32,
    pub millis: Millis,
    /// From the end of the line to its beginning.
    pub against: bool,
    pub arrives_only: bool,
}

impl Way {
    /// The ways of a row: one, or the two directions.
    pub fn of([tail, head, weight]: [u32; 3]) -> impl Iterator<Item = Self> {
        let there = Self {
            tail,
            head,
            millis: weight & row::MILLIS,
            against: weight & row::AGAINST != 0,
            arrives_only: weight & row::ARRIVES_ONLY != 0,
        };
        let back = Self { tail: head, head: tail, against: !there.against, ..there };
        std::iter::once(there).chain((weight & row::BOTH != 0).then_some(back))
    }

    /// How far along this way a spot lies, in milliseconds.
    fn at(&self, along: f64) -> Millis {
        let share = if self.against { 1.0 - along } else { along };
        (f64::from(self.millis) * share).round() as Millis
    }
}

/// An end of a street, seen from a spot on it.
#[derive(Debug, Clone, Copy)]
pub struct End {
    /// The node there.
    pub node: u32,
    /// The time between the spot and the end.
    pub millis: Millis,
    /// Which end of the line: 0 or 1.
    pub along: f64,
}

impl Roads {
    /// Every way over a whole street between two nodes: tail, head, milliseconds. What another router would be given.
    pub fn ways(&self) -> impl Iterator<Item = (u32, u32, Millis)> + '_ {
        let ways = self.rows().iter().flat_map(|row| Way::of(*row));
        ways.filter(|way| way.tail != NO_NODE && way.head != NO_NODE).map(|way| (way.tail, way.head, way.millis))
    }

    /// The ends at which one arrives when one sets out from a spot, and those from which it is reached.
    ///
    /// # Errors
    /// [`RoadsError`] where the pack is not what it says.
    pub fn ends(&self, spot: &Spot) -> Result<(Vec<End>, Vec<End>), RoadsError> {
        let open = Closed::default();
        Ok((self.departures(spot, &open)?.collect(), self.arrivals(spot, &open)?))
    }

    fn ways_of(&self, street: u32) -> Result<impl Iterator<Item = Way> + '_, RoadsError> {
        let rows = self.rows().get(self.rows_of(street as usize)?).unwrap_or_default();
        Ok(rows.iter().flat_map(|row| Way::of(*row)))
    }

    /// The ends of its street at which one arrives when one sets out from a spot.
    pub(super) fn departures<'a>(&'a self, spot: &'a Spot, closed: &'a Closed) -> Result<impl Iterator<Item = End> + 'a, RoadsError> {
        let ways = self.ways_of(spot.street)?.filter(|way| !way.arrives_only && way.head != NO_NODE);
        let ends = ways.map(move |way| End {
            node: way.head,
            millis: way.millis - way.at(spot.along),
            along: if way.against { 0.0 } else { 1.0 },
        });
        Ok(ends.filter(move |end| closed.is_open(spot.street, spot.along, end.along)))
    }

    /// The ends of its street from which a spot is reached.
    pub(super) fn arrivals(&self, spot: &Spot, closed: &Closed) -> Result<Vec<End>, RoadsError> {
        let ways = self.ways_of(spot.street)?.filter(|way| way.tail != NO_NODE);
        let ends = ways.map(|way| End { node: way.tail, millis: way.at(spot.along), along: if way.against { 1.0 } else { 0.0 } });
        Ok(ends.filter(|end| closed.is_open(spot.street, spot.along, end.along)).collect())
    }

    /// The time from one spot to another on the same street without leaving it.
    pub(super) fn along_the_street(&self, from: &Spot, to: &Spot, closed: &Closed) -> Result<Millis, RoadsError> {
        if from.street != to.street || !closed.is_open(from.street, from.along, to.along) {
            return Ok(NEVER);
        }
        let ways = self.ways_of(from.street)?.filter(|way| !way.arrives_only);
        let times = ways.filter_map(|way| way.at(to.along).checked_sub(way.at(from.along)));
        Ok(times.min().unwrap_or(NEVER))
    }
}

/// On which side of a node its ways are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Those that end there.
    Ending,
    /// Those that begin there.
    Beginning,
}

/// For each node the ways on one side of it. Made once, when a plain search first needs it.
#[derive(Debug)]
pub(super) struct Beside {
    first: Vec<u32>,
    ways: Vec<Next>,
}

/// A way, seen from one of its ends.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Next {
    /// The node at its other end.
    pub node: u32,
    pub millis: Millis,
    /// The number of the row, and in the top bit whether it is driven backwards.
    way: u32,
}

impl Next {
    /// The number of its row.
    pub fn row(&self) -> usize {
        (self.way & !BACK) as usize
    }
}

const BACK: u32 = 1 << 31;

impl Beside {
    pub fn of(nodes: usize, rows: &[[u32; 3]], side: Side) -> Self {
        let ways = || {
            rows.iter().enumerate().flat_map(|(number, row)| {
                let both = Way::of(*row).zip([0, BACK]).map(move |(way, back)| (way, number as u32 | back));
                both.filter(|(way, _)| way.tail != NO_NODE && way.head != NO_NODE)
            })
        };
        let ends = |way: &Way| if side == Side::Ending { (way.head, way.tail) } else { (way.tail, way.head) };
        let mut first = vec![0_u32; nodes + 1];
        ways().for_each(|(way, _)| first.get_mut(ends(&way).0 as usize).into_iter().for_each(|count| *count += 1));
        let mut sum = 0;
        for count in &mut first {
            sum += std::mem::replace(count, sum);
        }
        let mut all = vec![Next::default(); sum as usize];
        for (way, number) in ways() {
            let (here, there) = ends(&way);
            if let Some(next) = first.get_mut(here as usize) {
                let beside = Next { node: there, millis: way.millis, way: number };
                all.get_mut(*next as usize).into_iter().for_each(|slot| *slot = beside);
                *next += 1;
            }
        }
        // Each beginning has moved on to its end, which is where the next begins.
        first.pop();
        first.insert(0, 0);
        Self { first, ways: all }
    }

    pub fn at(&self, node: u32) -> &[Next] {
        let begin = |node: usize| self.first.get(node).copied().unwrap_or_default() as usize;
        self.ways.get(begin(node as usize)..begin(node as usize + 1)).unwrap_or_default()
    }
}

/// A node and its time as one number that sorts by time.
fn in_order(millis: Millis, node: u32) -> u64 {
    u64::from(millis) << 32 | u64::from(node)
}

/// What the plain search found: for each node that it settled, the time to the scene and the way that leads on.
#[derive(Debug)]
pub(super) struct Backwards {
    pub millis: Vec<Millis>,
    /// The row by which one drives on towards the scene; [`NO_ROW`] where the scene's street comes next.
    pub on: Vec<u32>,
}

pub(super) const NO_ROW: u32 = u32::MAX;

impl Roads {
    pub(super) fn ways_that_end(&self) -> &Beside {
        self.ending.get_or_init(|| Beside::of(self.nodes, self.rows(), Side::Ending))
    }

    /// Searches backwards from the scene until every wanted node is reached, or everything is.
    pub(super) fn backwards(&self, scene: &Spot, wanted: &[u32], closed: &Closed) -> Result<Backwards, RoadsError> {
        let ending = self.ways_that_end();
        let mut found = Backwards { millis: vec![NEVER; self.nodes], on: vec![NO_ROW; self.nodes] };
        let mut waits = vec![false; self.nodes];
        let mut waiting = 0_usize;
        for node in wanted {
            let slot = waits.get_mut(*node as usize).ok_or(damaged("ways"))?;
            waiting += usize::from(!std::mem::replace(slot, true));
        }
        let mut heap: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
        for End { node, millis, .. } in self.arrivals(scene, closed)? {
            let best = found.millis.get_mut(node as usize).ok_or(damaged("ways"))?;
            if millis < *best {
                *best = millis;
                heap.push(Reverse(in_order(millis, node)));
            }
        }
        while let Some(Reverse(next)) = heap.pop() {
            let (millis, node) = ((next >> 32) as Millis, next as u32);
            if found.millis.get(node as usize).is_none_or(|best| *best != millis) {
                continue;
            }
            if waits.get_mut(node as usize).is_some_and(std::mem::take) {
                waiting -= 1;
                if waiting == 0 {
                    break;
                }
            }
            for arrival in ending.at(node) {
                let there = millis.saturating_add(arrival.millis);
                if let Some(best) = found.millis.get_mut(arrival.node as usize)
                    && there < *best
                    && !closed.has_row(arrival.row())
                {
                    *best = there;
                    found.on.get_mut(arrival.node as usize).into_iter().for_each(|on| *on = arrival.way);
                    heap.push(Reverse(in_order(there, arrival.node)));
                }
            }
        }
        Ok(found)
    }

    /// The way that a number in [`Backwards::on`] stands for, with its row.
    pub(super) fn way(&self, on: u32) -> Option<(usize, Way)> {
        let row = (on & !BACK) as usize;
        Way::of(*self.rows().get(row)?).nth(usize::from(on & BACK != 0)).map(|way| (row, way))
    }
}
