//! From streets and restrictions to nodes and ways.
//!
//! A node is a junction, or a junction together with what one remembers of how one came: the restrictions whose
//! beginning one has driven. Only junctions with restrictions have more than one node, and only those memories that
//! can arise are made. So every way over the nodes is a way that may be driven, and the other way round.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::BuildError;
use crate::map::{Map, Turn};

/// The longest time over one street: what a row can hold.
const MOST_MILLIS: u32 = anydoor_core::roads::format::row::MILLIS;

/// A street driven from one node to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The street.
    pub street: u32,
    /// From its end to its beginning.
    pub back: bool,
    /// Where one comes from; `None` where nobody comes from there, so that one may only set out on it.
    pub tail: Option<u32>,
    /// Where one gets to; `None` where nothing is reached from there, so that one may only arrive on it.
    pub head: Option<u32>,
    /// Milliseconds.
    pub millis: u32,
    /// Begins at a node that remembers something: one arrives by it, but sets out by the plain one.
    pub arrives_only: bool,
}

/// Nodes and ways.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// How many nodes.
    pub nodes: u32,
    /// How many of them remember something.
    pub split: u32,
    /// The ways.
    pub rows: Vec<Row>,
    /// Streets that no way uses any more.
    pub islands: u32,
}

/// A restriction of which so many streets have been driven.
type Memory = BTreeSet<(u32, u32)>;

impl Network {
    /// The network of a map.
    ///
    /// # Errors
    /// [`BuildError::BadStreet`] and [`BuildError::TooLarge`].
    pub fn of(map: &Map) -> Result<Self, BuildError> {
        check(map)?;
        let mut beginning: HashMap<Turn, Vec<u32>> = HashMap::new();
        for (number, restriction) in map.restrictions.iter().enumerate() {
            if let Some(first) = restriction.over.first() {
                beginning.entry(*first).or_default().push(number as u32);
            }
        }
        let mut leaving: Vec<Vec<Turn>> = vec![Vec::new(); map.junctions as usize];
        for (number, street) in map.streets.iter().enumerate() {
            let mut add = |junction: u32, back| {
                leaving.get_mut(junction as usize).into_iter().for_each(|all| all.push(Turn { street: number as u32, back }));
            };
            street.there.into_iter().for_each(|_| add(street.from, false));
            street.back.into_iter().for_each(|_| add(street.to, true));
        }
        let mut network = Self { nodes: map.junctions, ..Self::default() };
        let mut remembering: HashMap<(u32, Memory), u32> = HashMap::new();
        let mut open: VecDeque<(u32, u32, Memory)> = (0..map.junctions).map(|junction| (junction, junction, Memory::new())).collect();
        while let Some((node, junction, memory)) = open.pop_front() {
            for turn in leaving.get(junction as usize).into_iter().flatten() {
                if !may(map, &memory, *turn) {
                    continue;
                }
                let Some((to, millis)) = driven(map, *turn) else { continue };
                let next = remember(map, &memory, *turn, beginning.get(turn));
                let head = if next.is_empty() {
                    to
                } else {
                    *remembering.entry((to, next.clone())).or_insert_with(|| {
                        let head = network.nodes;
                        network.nodes += 1;
                        open.push_back((head, to, next));
                        head
                    })
                };
                let arrives_only = !memory.is_empty();
                network.rows.push(Row { street: turn.street, back: turn.back, tail: Some(node), head: Some(head), millis, arrives_only });
            }
        }
        network.split = network.nodes - map.junctions;
        Ok(network)
    }

    /// Every way between two nodes: tail, head, milliseconds.
    pub fn arcs(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        self.rows.iter().filter_map(|row| Some((row.tail?, row.head?, row.millis)))
    }
}

fn check(map: &Map) -> Result<(), BuildError> {
    for (number, street) in map.streets.iter().enumerate() {
        let bad = |why| Err(BuildError::BadStreet { number, why });
        if street.line.len() < 2 {
            return bad("its line has fewer than two points");
        }
        if street.from >= map.junctions || street.to >= map.junctions {
            return bad("it ends at a junction that is not there");
        }
        if street.line.iter().any(|(north, east)| north.unsigned_abs() > 900_000_000 || east.unsigned_abs() > 1_800_000_000) {
            return bad("it lies beyond the Earth");
        }
        if street.there.into_iter().chain(street.back).any(|millis| millis > MOST_MILLIS) {
            return bad("it takes longer than four days");
        }
    }
    let too_many = map.streets.len() >= 1 << 30 || map.junctions >= 1 << 30;
    if too_many { Err(BuildError::TooLarge { what: "streets" }) } else { Ok(()) }
}

/// Where a turn leads, and how long it takes.
fn driven(map: &Map, turn: Turn) -> Option<(u32, u32)> {
    let street = map.streets.get(turn.street as usize)?;
    if turn.back { Some((street.from, street.back?)) } else { Some((street.to, street.there?)) }
}

/// What a restriction names next, where it has come so far, and whether that is its last.
fn due(map: &Map, (restriction, progress): (u32, u32)) -> Option<(Turn, bool, bool)> {
    let restriction = map.restrictions.get(restriction as usize)?;
    let next = restriction.over.get(progress as usize)?;
    Some((*next, progress as usize + 1 == restriction.over.len(), restriction.only))
}

/// Whether a turn may be taken by one who remembers this.
fn may(map: &Map, memory: &Memory, turn: Turn) -> bool {
    memory.iter().filter_map(|one| due(map, *one)).all(|(next, last, only)| !last || (next == turn) == only)
}

/// What one remembers after a turn.
fn remember(map: &Map, memory: &Memory, turn: Turn, beginning: Option<&Vec<u32>>) -> Memory {
    let goes_on = memory.iter().filter(|one| due(map, **one).is_some_and(|(next, last, _)| next == turn && !last));
    let begins = beginning.into_iter().flatten().map(|restriction| (*restriction, 1));
    goes_on.map(|(restriction, progress)| (*restriction, progress + 1)).chain(begins).collect()
}
