//! Times from many teams to one scene through the contraction hierarchy: one search backwards and upwards from the
//! scene, then from each team upwards until that search is met. What one team learned about a node, the next ones use.
//!
//! Every shortest way goes up in rank and then down (Geisberger et al. 2008), and ways down to the scene are ways up
//! from it against the arcs. So a node's time is the least of what the search from the scene found there, and of each
//! arc up plus the time of its head. Arcs only lead up, so this ends.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::format::arc;
use super::network::End;
use super::pack::{Roads, RoadsError, damaged};
use super::snap::Spot;
use super::{Closed, Millis, NEVER};

/// Room for one question, kept for the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    question: u32,
    nodes: Vec<Node>,
    heap: BinaryHeap<Reverse<(Millis, u32)>>,
    stack: Vec<Climb>,
}

/// What a question knows of a node.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// The question that wrote it; with [`KNOWN`] where `millis` is the time to the scene, and not yet only what the search
    /// from the scene found.
    question: u32,
    millis: Millis,
}

const KNOWN: u32 = 1 << 31;

/// A node whose arcs are being looked at.
#[derive(Debug, Clone, Copy)]
struct Climb {
    node: u32,
    next: u32,
    end: u32,
    best: Millis,
}

impl Scratch {
    fn begin(&mut self, nodes: usize) {
        self.question += 1;
        if self.nodes.len() != nodes || self.question == KNOWN {
            self.nodes = vec![Node::default(); nodes];
            self.question = 1;
        }
        self.heap.clear();
        self.stack.clear();
    }

    /// The best time so far, [`NEVER`] where there is none.
    fn get(&self, node: u32) -> Option<Millis> {
        let Node { question, millis } = *self.nodes.get(node as usize)?;
        Some(if question & !KNOWN == self.question { millis } else { NEVER })
    }

    /// The time to the scene, where it is known.
    fn known(&self, node: u32) -> Option<Millis> {
        let Node { question, millis } = *self.nodes.get(node as usize)?;
        (question == self.question | KNOWN).then_some(millis)
    }

    fn set(&mut self, node: u32, millis: Millis, known: u32) {
        let question = self.question | known;
        self.nodes.get_mut(node as usize).into_iter().for_each(|slot| *slot = Node { question, millis });
    }
}

impl Roads {
    /// The time from each spot to the scene, in milliseconds at free flow; `None` where there is no way. Exact for the
    /// pack's metric, with what is closed.
    ///
    /// # Errors
    /// [`RoadsError`] where the pack is not what it says.
    pub fn times(&self, scene: &Spot, from: &[Spot], closed: &Closed) -> Result<Vec<Option<Millis>>, RoadsError> {
        let over_nodes = if closed.is_empty() { self.climb_all(scene, from)? } else { self.plain(scene, from, closed)? };
        let times = from.iter().zip(over_nodes).map(|(spot, millis)| {
            let best = millis.min(self.along_the_street(spot, scene, closed)?);
            Ok((best != NEVER).then_some(best))
        });
        times.collect()
    }

    fn plain(&self, scene: &Spot, from: &[Spot], closed: &Closed) -> Result<Vec<Millis>, RoadsError> {
        let ends = |spot| Ok(self.departures(spot, closed)?.collect::<Vec<End>>());
        let all = from.iter().map(ends).collect::<Result<Vec<_>, _>>()?;
        let wanted: Vec<u32> = all.iter().flatten().map(|end| end.node).collect();
        let found = self.backwards(scene, &wanted, closed)?;
        let time = |end: &End| found.millis.get(end.node as usize).map_or(NEVER, |rest| rest.saturating_add(end.millis));
        Ok(all.iter().map(|departures| departures.iter().map(time).min().unwrap_or(NEVER)).collect())
    }

    fn climb_all(&self, scene: &Spot, from: &[Spot]) -> Result<Vec<Millis>, RoadsError> {
        let open = Closed::default();
        let spare = self.scratch.lock().ok().and_then(|mut spare| spare.pop());
        let mut scratch = spare.unwrap_or_default();
        scratch.begin(self.nodes);
        let answer = self.descend(scene, &mut scratch).and_then(|()| {
            let mut all = Vec::with_capacity(from.len());
            for spot in from {
                let mut best = NEVER;
                for End { node, millis, .. } in self.departures(spot, &open)? {
                    best = best.min(self.climb(node, &mut scratch)?.saturating_add(millis));
                }
                all.push(best);
            }
            Ok(all)
        });
        if let Ok(mut spare) = self.scratch.lock() {
            spare.push(scratch);
        }
        answer
    }

    /// The search from the scene: over arcs that lead down to it, taken upwards.
    fn descend(&self, scene: &Spot, scratch: &mut Scratch) -> Result<(), RoadsError> {
        let (arcs, first) = (self.arcs(), self.first());
        for End { node, millis, .. } in self.arrivals(scene, &Closed::default())? {
            if millis < scratch.get(node).ok_or(damaged("ways"))? {
                scratch.set(node, millis, 0);
                scratch.heap.push(Reverse((millis, node)));
            }
        }
        while let Some(Reverse((millis, node))) = scratch.heap.pop() {
            if scratch.get(node).is_none_or(|best| best != millis) {
                continue;
            }
            let (from, until) = arcs_of(first, node)?;
            for [head, weight] in arcs.get(from as usize..until as usize).ok_or(damaged("hierarchy"))? {
                if weight & arc::DOWN == 0 {
                    continue;
                }
                let there = millis.saturating_add(weight & arc::MILLIS);
                if there < scratch.get(*head).ok_or(damaged("hierarchy"))? {
                    scratch.set(*head, there, 0);
                    scratch.heap.push(Reverse((there, *head)));
                }
            }
        }
        Ok(())
    }

    /// The time from a node to the scene.
    fn climb(&self, node: u32, scratch: &mut Scratch) -> Result<Millis, RoadsError> {
        if let Some(millis) = scratch.known(node) {
            return Ok(millis);
        }
        let (arcs, nodes) = (self.arcs(), self.first());
        let mut result = NEVER;
        self.enter(nodes, node, scratch)?;
        while let Some(Climb { node, next, end, mut best }) = scratch.stack.pop() {
            let rest = arcs.get(next as usize..end as usize).ok_or(damaged("hierarchy"))?;
            let mut below = None;
            for (number, [head, weight]) in (next..).zip(rest) {
                let millis = weight & arc::MILLIS;
                // They are in order: no arc that follows leads up in less.
                if weight & arc::UP == 0 || millis >= best {
                    break;
                }
                let Some(there) = scratch.known(*head) else {
                    below = Some((number, *head));
                    break;
                };
                best = best.min(there.saturating_add(millis));
            }
            if let Some((next, head)) = below {
                if head <= node {
                    return Err(damaged("hierarchy"));
                }
                scratch.stack.push(Climb { node, next, end, best });
                self.enter(nodes, head, scratch)?;
            } else {
                scratch.set(node, best, KNOWN);
                result = best;
            }
        }
        Ok(result)
    }

    /// Begins to look at a node.
    fn enter(&self, first: &[u32], node: u32, scratch: &mut Scratch) -> Result<(), RoadsError> {
        let best = scratch.get(node).ok_or(damaged("hierarchy"))?;
        let (next, end) = arcs_of(first, node)?;
        scratch.stack.push(Climb { node, next, end, best });
        Ok(())
    }
}

fn arcs_of(first: &[u32], node: u32) -> Result<(u32, u32), RoadsError> {
    match (first.get(node as usize), first.get(node as usize + 1)) {
        (Some(from), Some(until)) if from <= until => Ok((*from, *until)),
        _ => Err(damaged("nodes")),
    }
}
