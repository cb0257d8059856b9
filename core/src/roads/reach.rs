//! Forwards from many spots at once: which of them is first at each of many places, and which would be first without that
//! one. So one search tells the times of all teams to a whole county, and what they are when any one team is gone.
//!
//! The plain search, in which a node keeps the two spots that are first there: a third one can never be one of the first
//! two farther on. Closures are honoured as in the search backwards.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::network::{Beside, End, Side};
use super::pack::{Roads, RoadsError, damaged};
use super::snap::Spot;
use super::{Closed, Millis, NEVER};

/// The two of many that are first at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstTwo {
    first: (u32, Millis),
    second: (u32, Millis),
}

impl Default for FirstTwo {
    fn default() -> Self {
        let nobody = (u32::MAX, NEVER);
        Self { first: nobody, second: nobody }
    }
}

impl FirstTwo {
    /// Takes one in, by its number; returns whether it is one of the first two with this time.
    pub fn offer(&mut self, number: u32, millis: Millis) -> bool {
        if millis == NEVER {
            return false;
        }
        if number == self.first.0 {
            let sooner = millis < self.first.1;
            self.first.1 = self.first.1.min(millis);
            sooner
        } else if millis < self.first.1 {
            self.second = self.first;
            self.first = (number, millis);
            true
        } else {
            let sooner = millis < self.second.1;
            self.second = if sooner { (number, millis) } else { self.second };
            sooner
        }
    }

    /// The time of the first, in milliseconds; `None` where nobody comes.
    pub fn first(&self) -> Option<Millis> {
        (self.first.1 != NEVER).then_some(self.first.1)
    }

    /// The time of the first when this one is gone.
    pub fn without(&self, number: u32) -> Option<Millis> {
        let (_, millis) = if self.first.0 == number { self.second } else { self.first };
        (millis != NEVER).then_some(millis)
    }

    fn both(self) -> [(u32, Millis); 2] {
        [self.first, self.second]
    }
}

impl Roads {
    /// The two of `from` that are first at each of `places`, by their place in the list. Exact for the pack's metric,
    /// with what is closed; one search, however many they are.
    ///
    /// # Errors
    /// [`RoadsError`] where the pack is not what it says.
    pub fn first_two(&self, from: &[Spot], places: &[Spot], closed: &Closed) -> Result<Vec<FirstTwo>, RoadsError> {
        let nodes = self.forwards(from, closed)?;
        let mut all = Vec::with_capacity(places.len());
        for place in places {
            let mut here = FirstTwo::default();
            for End { node, millis, .. } in self.arrivals(place, closed)? {
                let there = nodes.get(node as usize).ok_or(damaged("ways"))?;
                for (number, before) in there.both() {
                    here.offer(number, before.saturating_add(millis));
                }
            }
            for (number, spot) in (0_u32..).zip(from) {
                here.offer(number, self.along_the_street(spot, place, closed)?);
            }
            all.push(here);
        }
        Ok(all)
    }

    fn forwards(&self, from: &[Spot], closed: &Closed) -> Result<Vec<FirstTwo>, RoadsError> {
        let beginning = self.beginning.get_or_init(|| Beside::of(self.nodes, self.rows(), Side::Beginning));
        let mut nodes = vec![FirstTwo::default(); self.nodes];
        let mut heap: BinaryHeap<Reverse<(Millis, u32, u32)>> = BinaryHeap::new();
        for (number, spot) in (0_u32..).zip(from) {
            for End { node, millis, .. } in self.departures(spot, closed)? {
                if nodes.get_mut(node as usize).ok_or(damaged("ways"))?.offer(number, millis) {
                    heap.push(Reverse((millis, node, number)));
                }
            }
        }
        while let Some(Reverse((millis, node, number))) = heap.pop() {
            // What was found sooner, or is by now only the third, goes no further.
            if nodes.get(node as usize).is_none_or(|here| !here.both().contains(&(number, millis))) {
                continue;
            }
            for next in beginning.at(node) {
                let there = millis.saturating_add(next.millis);
                if !closed.has_row(next.row()) && nodes.get_mut(next.node as usize).is_some_and(|known| known.offer(number, there)) {
                    heap.push(Reverse((there, next.node, number)));
                }
            }
        }
        Ok(nodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_are_two_different_ones_in_whatever_order_they_come() {
        let offers = [(1, 50), (2, 40), (1, 30), (3, 60), (2, 35), (3, NEVER)];
        for turn in 0..offers.len() {
            let mut found = FirstTwo::default();
            offers.iter().cycle().skip(turn).take(offers.len()).for_each(|(number, millis)| {
                found.offer(*number, *millis);
            });
            assert_eq!((found.first(), found.without(1), found.without(2), found.without(3)), (Some(30), Some(35), Some(30), Some(30)));
        }
        let nobody = FirstTwo::default();
        assert_eq!((nobody.first(), nobody.without(u32::MAX)), (None, None));
    }
}
