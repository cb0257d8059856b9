//! The contraction hierarchy: nodes are taken out one by one, the least important first, and where a shortest way led
//! over one, a shortcut takes its place (Geisberger et al. 2008).
//!
//! The order follows the shortcuts that a node would need, the streets that they stand for, and how deep the node
//! already lies (the measure of RoutingKit). The search for a way around a node is cut short; what it misses only costs
//! a shortcut, never exactness.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use anydoor_core::roads::format::arc::MILLIS;

use crate::BuildError;

/// How many nodes a search for a way around looks at.
const LOOKS: usize = 120;
/// How often progress is told, in nodes.
const TELL: u32 = 4096;

/// The nodes ranked, and the arcs upwards.
#[derive(Debug, Clone, Default)]
pub struct Hierarchy {
    /// For each node its rank.
    pub rank: Vec<u32>,
    /// Arcs up, by rank: grouped by tail; those that may be driven upwards first, the quickest first.
    pub arcs: Vec<Up>,
}

/// An arc from a node to one of higher rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Up {
    /// The lower node's rank.
    pub tail: u32,
    /// The higher node's rank.
    pub head: u32,
    /// Milliseconds.
    pub millis: u32,
    /// May be driven upwards.
    pub up: bool,
    /// May be driven downwards.
    pub down: bool,
}

#[derive(Debug, Clone, Copy)]
struct Arc {
    node: u32,
    millis: u32,
    /// How many streets it stands for.
    streets: u32,
}

/// The nodes that are still there, each with its arcs out and in.
struct Rest {
    out: Vec<Vec<Arc>>,
    into: Vec<Vec<Arc>>,
    level: Vec<u32>,
    done: Vec<bool>,
}

fn put(arcs: &mut Vec<Arc>, new: Arc) {
    match arcs.iter_mut().find(|arc| arc.node == new.node) {
        Some(arc) if arc.millis <= new.millis => {}
        Some(arc) => *arc = new,
        None => arcs.push(new),
    }
}

impl Rest {
    fn of(nodes: u32, arcs: impl Iterator<Item = (u32, u32, u32)>) -> Self {
        let none = || vec![Vec::new(); nodes as usize];
        let mut rest = Self { out: none(), into: none(), level: vec![0; nodes as usize], done: vec![false; nodes as usize] };
        for (tail, head, millis) in arcs.filter(|(tail, head, _)| tail != head) {
            rest.add(tail, head, millis, 1);
        }
        rest
    }

    fn add(&mut self, tail: u32, head: u32, millis: u32, streets: u32) {
        self.out.get_mut(tail as usize).into_iter().for_each(|arcs| put(arcs, Arc { node: head, millis, streets }));
        self.into.get_mut(head as usize).into_iter().for_each(|arcs| put(arcs, Arc { node: tail, millis, streets }));
    }

    fn going_from(&self, node: u32) -> &[Arc] {
        self.out.get(node as usize).map_or(&[], Vec::as_slice)
    }

    fn coming_to(&self, node: u32) -> &[Arc] {
        self.into.get(node as usize).map_or(&[], Vec::as_slice)
    }

    fn level_of(&self, node: u32) -> u32 {
        self.level.get(node as usize).copied().unwrap_or_default()
    }

    /// Takes a node out of its neighbours' lists.
    fn leave(&mut self, node: u32) {
        self.done.get_mut(node as usize).into_iter().for_each(|done| *done = true);
        let (out, into) = (self.going_from(node).to_vec(), self.coming_to(node).to_vec());
        let level = self.level_of(node) + 1;
        for arc in &out {
            self.into.get_mut(arc.node as usize).into_iter().for_each(|arcs| arcs.retain(|a| a.node != node));
        }
        for arc in &into {
            self.out.get_mut(arc.node as usize).into_iter().for_each(|arcs| arcs.retain(|a| a.node != node));
        }
        for arc in out.iter().chain(&into) {
            self.level.get_mut(arc.node as usize).into_iter().for_each(|slot| *slot = (*slot).max(level));
        }
    }
}

/// Room for the searches for ways around.
#[derive(Default)]
struct Search {
    number: u32,
    seen: Vec<(u32, u32)>,
    heap: BinaryHeap<Reverse<(u32, u32)>>,
    wanted: Vec<(u32, u32)>,
}

impl Search {
    fn best(&self, node: u32) -> u32 {
        self.seen.get(node as usize).filter(|(number, _)| *number == self.number).map_or(u32::MAX, |(_, millis)| *millis)
    }

    fn reach(&mut self, node: u32, millis: u32) {
        if millis < self.best(node) {
            let number = self.number;
            self.seen.get_mut(node as usize).into_iter().for_each(|slot| *slot = (number, millis));
            self.heap.push(Reverse((millis, node)));
        }
    }

    /// Looks from a node over everything but `without`, no farther than `most`, until all wanted nodes are settled.
    fn around(&mut self, rest: &Rest, from: u32, without: u32, most: u32) {
        self.number = self.number.wrapping_add(1);
        if self.number == 0 {
            self.seen.iter_mut().for_each(|slot| *slot = (0, 0));
            self.number = 1;
        }
        self.heap.clear();
        self.reach(from, 0);
        let (mut looks, mut missing) = (0, self.wanted.iter().filter(|(node, _)| *node != from).count());
        while let Some(Reverse((millis, node))) = self.heap.pop() {
            if millis > most || looks > LOOKS {
                break;
            }
            if self.best(node) != millis {
                continue;
            }
            looks += 1;
            if node != from && self.wanted.iter().any(|(wanted, _)| *wanted == node) {
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
            for arc in rest.going_from(node).iter().filter(|arc| arc.node != without) {
                self.reach(arc.node, millis.saturating_add(arc.millis));
            }
        }
    }
}

/// The shortcuts that taking a node out needs: tail, head, milliseconds, streets.
fn shortcuts(rest: &Rest, node: u32, search: &mut Search, found: &mut Vec<(u32, u32, u32, u32)>) {
    found.clear();
    let (out, into) = (rest.going_from(node), rest.coming_to(node));
    let farthest = out.iter().map(|arc| arc.millis).max().unwrap_or_default();
    for before in into {
        if out.iter().all(|after| after.node == before.node) {
            continue;
        }
        search.wanted.clear();
        search.wanted.extend(out.iter().map(|after| (after.node, after.millis)));
        search.around(rest, before.node, node, before.millis.saturating_add(farthest));
        for after in out.iter().filter(|after| after.node != before.node) {
            let over = before.millis.saturating_add(after.millis);
            if search.best(after.node) > over {
                found.push((before.node, after.node, over, before.streets + after.streets));
            }
        }
    }
}

/// How late a node is to be taken out.
fn importance(rest: &Rest, node: u32, search: &mut Search, found: &mut Vec<(u32, u32, u32, u32)>) -> u64 {
    shortcuts(rest, node, search, found);
    let arcs = || rest.going_from(node).iter().chain(rest.coming_to(node));
    let removed = arcs().count().max(1) as u64;
    let removed_streets = arcs().map(|arc| u64::from(arc.streets)).sum::<u64>().max(1);
    let added_streets: u64 = found.iter().map(|(.., streets)| u64::from(*streets)).sum();
    1 + 1000 * u64::from(rest.level_of(node)) + 1000 * found.len() as u64 / removed + 1000 * added_streets / removed_streets
}

/// Ranks `nodes` nodes with these arcs (tail, head, milliseconds).
///
/// # Errors
/// [`BuildError::TooLarge`] where a shortcut takes longer than an arc can say; whatever `progress` says.
pub fn contract(
    nodes: u32,
    arcs: impl Iterator<Item = (u32, u32, u32)>,
    progress: &mut dyn FnMut(f64) -> Result<(), BuildError>,
) -> Result<Hierarchy, BuildError> {
    let mut rest = Rest::of(nodes, arcs);
    let mut search = Search { seen: vec![(0, 0); nodes as usize], ..Search::default() };
    let mut found = Vec::new();
    let mut queue: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::with_capacity(nodes as usize);
    let mut due = vec![0_u64; nodes as usize];
    let mut hierarchy = Hierarchy { rank: vec![0; nodes as usize], arcs: Vec::new() };
    for node in 0..nodes {
        if node.is_multiple_of(TELL) {
            progress(0.2 * f64::from(node) / f64::from(nodes))?;
        }
        let importance = importance(&rest, node, &mut search, &mut found);
        due.get_mut(node as usize).into_iter().for_each(|slot| *slot = importance);
        queue.push(Reverse((importance, node)));
    }
    let mut rank = 0;
    while let Some(Reverse((importance_then, node))) = queue.pop() {
        if rest.done.get(node as usize).copied().unwrap_or(true) || due.get(node as usize).is_none_or(|now| *now != importance_then) {
            continue;
        }
        if rank % TELL == 0 {
            progress(0.2 + 0.8 * f64::from(rank) / f64::from(nodes))?;
        }
        shortcuts(&rest, node, &mut search, &mut found);
        let (out, into) = (rest.going_from(node).to_vec(), rest.coming_to(node).to_vec());
        hierarchy.arcs.extend(joined(node, &out, &into));
        hierarchy.rank.get_mut(node as usize).into_iter().for_each(|slot| *slot = rank);
        rank += 1;
        rest.leave(node);
        for (tail, head, millis, streets) in found.drain(..) {
            if millis > MILLIS {
                return Err(BuildError::TooLarge { what: "the time over a shortcut" });
            }
            rest.add(tail, head, millis, streets);
        }
        let mut beside: Vec<u32> = out.iter().chain(&into).map(|arc| arc.node).collect();
        beside.sort_unstable();
        beside.dedup();
        for node in beside {
            let now = importance(&rest, node, &mut search, &mut found);
            let slot = due.get_mut(node as usize);
            if slot.as_ref().is_some_and(|before| **before != now) {
                slot.into_iter().for_each(|slot| *slot = now);
                queue.push(Reverse((now, node)));
            }
        }
        for emptied in [rest.out.get_mut(node as usize), rest.into.get_mut(node as usize)] {
            emptied.into_iter().for_each(|arcs| *arcs = Vec::new());
        }
    }
    let of = |node: u32| hierarchy.rank.get(node as usize).copied().unwrap_or_default();
    let mut arcs = std::mem::take(&mut hierarchy.arcs);
    for arc in &mut arcs {
        *arc = Up { tail: of(arc.tail), head: of(arc.head), ..*arc };
    }
    arcs.sort_unstable_by_key(|arc| (arc.tail, !arc.up, arc.millis, arc.head));
    hierarchy.arcs = arcs;
    Ok(hierarchy)
}

/// The arcs of a node that is taken out; one stands for both directions where the time is the same.
fn joined(node: u32, out: &[Arc], into: &[Arc]) -> Vec<Up> {
    let both = |arc: &Arc| into.iter().any(|other| other.node == arc.node && other.millis == arc.millis);
    let up = out.iter().map(|arc| Up { tail: node, head: arc.node, millis: arc.millis, up: true, down: both(arc) });
    let alone = |arc: &&Arc| !out.iter().any(|other| other.node == arc.node && other.millis == arc.millis);
    let down = into.iter().filter(alone).map(|arc| Up { tail: node, head: arc.node, millis: arc.millis, up: false, down: true });
    up.chain(down).collect()
}
