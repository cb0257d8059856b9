//! From OpenStreetMap's ways, nodes and restrictions to streets between junctions and turns over them.

use std::collections::{HashMap, HashSet};

use anydoor_core::roads::metres;

use crate::map::{Map, Names, Point, Restriction, Street, Turn};
use crate::profile::Driven;

/// The most streets that one restriction may go over: longer ones are not read.
const LONGEST: usize = 16;

/// A way that is driven.
pub struct Way {
    pub id: i64,
    pub nodes: Vec<i64>,
    pub driven: Driven,
    pub name: u32,
}

/// A restriction as it is tagged.
pub struct Tagged {
    pub only: bool,
    pub u_turn: bool,
    pub from: Vec<i64>,
    pub via_nodes: Vec<i64>,
    pub via_ways: Vec<i64>,
    pub to: Vec<i64>,
}

/// What the ways and relations of a file say.
#[derive(Default)]
pub struct Found {
    pub ways: Vec<Way>,
    pub all_ways: u64,
    pub names: Names,
    pub restrictions: Vec<Tagged>,
    pub left_out: u32,
}

/// Where the nodes of the ways lie, and which bar the way.
pub struct Places {
    ids: Vec<i64>,
    at: Vec<Option<Point>>,
    barred: HashSet<i64>,
}

impl Places {
    pub fn of(found: &Found) -> Self {
        let mut ids: Vec<i64> = found.ways.iter().flat_map(|way| way.nodes.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        let at = vec![None; ids.len()];
        Self { ids, at, barred: HashSet::new() }
    }

    pub fn put(&mut self, id: i64, (north, east): Point, barred: bool) {
        let Ok(place) = self.ids.binary_search(&id) else { return };
        if north.unsigned_abs() <= 900_000_000 && east.unsigned_abs() <= 1_800_000_000 {
            self.at.get_mut(place).into_iter().for_each(|slot| *slot = Some((north, east)));
        }
        if barred {
            self.barred.insert(id);
        }
    }

    fn get(&self, id: i64) -> Option<Point> {
        self.ids.binary_search(&id).ok().and_then(|place| self.at.get(place).copied().flatten())
    }
}

/// The streets between junctions, and the restrictions over them.
pub fn map(found: Found, places: &Places) -> Map {
    let mut streets = Streets { junctions: junctions(&found), ..Streets::default() };
    for way in &found.ways {
        streets.way(way, places);
    }
    let mut map = Map { names: found.names, restrictions_left_out: found.left_out, ..Map::default() };
    for tagged in &found.restrictions {
        let read = streets.restrictions(tagged);
        map.restrictions_left_out += u32::from(read.is_empty());
        map.restrictions.extend(read);
    }
    map.junctions = streets.numbers;
    map.streets = streets.all;
    map
}

/// The nodes where streets begin and end: ends of ways, nodes of two ways or twice in one, and those in restrictions.
fn junctions(found: &Found) -> HashSet<i64> {
    let mut seen = HashSet::new();
    let mut junctions: HashSet<i64> = found.restrictions.iter().flat_map(|tagged| tagged.via_nodes.iter().copied()).collect();
    for way in &found.ways {
        junctions.extend(way.nodes.first().into_iter().chain(way.nodes.last()));
        junctions.extend(way.nodes.iter().filter(|node| !seen.insert(**node)));
    }
    junctions
}

#[derive(Default)]
struct Streets {
    junctions: HashSet<i64>,
    /// Nodes of OpenStreetMap to junctions.
    number_of: HashMap<i64, u32>,
    numbers: u32,
    all: Vec<Street>,
    /// The streets of each way, in its order.
    of_way: HashMap<i64, Vec<u32>>,
}

impl Streets {
    /// The junction at a node. Where something bars the way, each end that comes there is a junction of its own.
    fn number(&mut self, node: i64, barred: bool) -> u32 {
        let next = self.numbers;
        let number = if barred { next } else { *self.number_of.entry(node).or_insert(next) };
        self.numbers += u32::from(number == next);
        number
    }

    /// Cuts a way into streets. Where a node is not in the file, the way ends and begins anew after it.
    fn way(&mut self, way: &Way, places: &Places) {
        let mut whole = 0.0;
        let mut pieces: Vec<(Vec<Point>, i64, i64)> = Vec::new();
        let mut line: Vec<Point> = Vec::new();
        let mut begin = None;
        for node in &way.nodes {
            let Some(point) = places.get(*node) else {
                line.clear();
                begin = None;
                continue;
            };
            if let Some(before) = line.last() {
                whole += metres(*before, point);
            }
            line.push(point);
            let from = *begin.get_or_insert(*node);
            if line.len() > 1 && (self.junctions.contains(node) || places.barred.contains(node)) {
                pieces.push((std::mem::replace(&mut line, vec![point]), from, *node));
                begin = Some(*node);
            }
        }
        let last = pieces.len().saturating_sub(1);
        for (place, (line, from, to)) in pieces.into_iter().enumerate() {
            let length: f64 = line.iter().zip(line.iter().skip(1)).map(|(a, b)| metres(*a, *b)).sum();
            let wait = way.driven.wait_s * f64::from(u8::from(place == 0) + u8::from(place == last));
            let millis = |kmh: f64| {
                let driving = way.driven.takes_s.filter(|_| whole > 0.0).map_or(length * 3.6 / kmh, |takes| takes * length / whole);
                // Never nothing: a way of no time would be taken round and round.
                ((driving + wait) * 1000.0).round().clamp(1.0, f64::from(u32::MAX)) as u32
            };
            let street = Street {
                from: self.number(from, places.barred.contains(&from)),
                to: self.number(to, places.barred.contains(&to)),
                line,
                there: way.driven.there.map(millis),
                back: way.driven.back.map(millis),
                class: way.driven.class,
                name: way.name,
            };
            self.of_way.entry(way.id).or_default().push(self.all.len() as u32);
            self.all.push(street);
        }
    }

    /// The turns over a way that end at a junction.
    fn ending(&self, way: i64, at: u32) -> Vec<Turn> {
        self.turns(way).filter(|turn| self.ends(*turn).is_some_and(|(_, to)| to == at)).collect()
    }

    /// The turns over a way that begin at a junction.
    fn beginning(&self, way: i64, at: u32) -> Vec<Turn> {
        self.turns(way).filter(|turn| self.ends(*turn).is_some_and(|(from, _)| from == at)).collect()
    }

    fn turns(&self, way: i64) -> impl Iterator<Item = Turn> + '_ {
        let streets = self.of_way.get(&way).into_iter().flatten();
        streets.flat_map(|street| [false, true].map(|back| Turn { street: *street, back }))
    }

    /// Where a turn begins and ends, if it may be driven.
    fn ends(&self, turn: Turn) -> Option<(u32, u32)> {
        let street = self.all.get(turn.street as usize)?;
        if turn.back { street.back.map(|_| (street.to, street.from)) } else { street.there.map(|_| (street.from, street.to)) }
    }

    /// What a tagged restriction says of our streets; empty where it names what is not there.
    fn restrictions(&self, tagged: &Tagged) -> Vec<Restriction> {
        let chains = if tagged.via_ways.is_empty() { self.over_nodes(tagged) } else { self.over_ways(tagged) };
        chains.into_iter().map(|over| Restriction { over, only: tagged.only }).collect()
    }

    fn over_nodes(&self, tagged: &Tagged) -> Vec<Vec<Turn>> {
        let [via] = tagged.via_nodes.as_slice() else { return Vec::new() };
        let Some(at) = self.number_of.get(via).copied() else { return Vec::new() };
        let from: Vec<Turn> = tagged.from.iter().flat_map(|way| self.ending(*way, at)).collect();
        let to: Vec<Turn> = tagged.to.iter().flat_map(|way| self.beginning(*way, at)).collect();
        // A way that goes on over the junction is no turn back.
        let meant = |first: &Turn, last: &Turn| !tagged.u_turn || tagged.from != tagged.to || first.street == last.street;
        from.iter().flat_map(|first| to.iter().filter(|last| meant(first, last)).map(|last| vec![*first, *last])).collect()
    }

    /// From the end of the first way over the ways between to the beginning of the last, the shortest chain.
    fn over_ways(&self, tagged: &Tagged) -> Vec<Vec<Turn>> {
        let between: Vec<Turn> = tagged.via_ways.iter().flat_map(|way| self.turns(*way)).collect();
        let touched: HashSet<u32> = between.iter().filter_map(|turn| self.ends(*turn)).flat_map(|(a, b)| [a, b]).collect();
        let of = |ways: &[i64]| ways.iter().flat_map(|way| self.turns(*way)).collect::<Vec<_>>();
        let mut all = Vec::new();
        for first in of(&tagged.from) {
            let Some((_, start)) = self.ends(first).filter(|(_, to)| touched.contains(to)) else { continue };
            for last in of(&tagged.to) {
                let Some((goal, _)) = self.ends(last).filter(|(from, _)| touched.contains(from)) else { continue };
                if let Some(chain) = self.chain(&between, start, goal) {
                    all.push(std::iter::once(first).chain(chain).chain([last]).collect());
                }
            }
        }
        all
    }

    fn chain(&self, between: &[Turn], start: u32, goal: u32) -> Option<Vec<Turn>> {
        let mut open: Vec<(u32, Vec<Turn>)> = vec![(start, Vec::new())];
        let mut seen = HashSet::from([start]);
        for _ in 0..LONGEST {
            let mut next = Vec::new();
            for (at, so_far) in open {
                for turn in between {
                    let Some((_, to)) = self.ends(*turn).filter(|(from, _)| *from == at) else { continue };
                    let mut chain = so_far.clone();
                    chain.push(*turn);
                    if to == goal {
                        return Some(chain);
                    }
                    if seen.insert(to) {
                        next.push((to, chain));
                    }
                }
            }
            open = next;
        }
        None
    }
}

#[cfg(test)]
mod tests;
