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
    /// The question that wrote it.
    question: u32,
    /// Whether `millis` is the time to the scene, and not yet only what the search from the scene found.
    known: bool,
    millis: Millis,
}

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
        self.question = self.question.wrapping_add(1);
        if self.nodes.len() != nodes || self.question == 0 {
            self.nodes = vec![Node::default(); nodes];
            self.question = 1;
        }
        self.heap.clear();
        self.stack.clear();
    }

    fn get(&self, node: u32) -> Option<Node> {
        let known = *self.nodes.get(node as usize)?;
        Some(if known.question == self.question { known } else { Node { millis: NEVER, ..Node::default() } })
    }

    fn set(&mut self, node: u32, millis: Millis, known: bool) {
        let question = self.question;
        self.nodes.get_mut(node as usize).into_iter().for_each(|slot| *slot = Node { question, known, millis });
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
        let all = from.iter().map(|spot| self.departures(spot, closed)).collect::<Result<Vec<_>, _>>()?;
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

    fn arcs_of(&self, node: u32) -> Result<(u32, u32), RoadsError> {
        let first = self.first();
        match (first.get(node as usize), first.get(node as usize + 1)) {
            (Some(from), Some(until)) if from <= until => Ok((*from, *until)),
            _ => Err(damaged("nodes")),
        }
    }

    /// The search from the scene: over arcs that lead down to it, taken upwards.
    fn descend(&self, scene: &Spot, scratch: &mut Scratch) -> Result<(), RoadsError> {
        let arcs = self.arcs();
        for End { node, millis, .. } in self.arrivals(scene, &Closed::default())? {
            if millis < scratch.get(node).ok_or(damaged("ways"))?.millis {
                scratch.set(node, millis, false);
                scratch.heap.push(Reverse((millis, node)));
            }
        }
        while let Some(Reverse((millis, node))) = scratch.heap.pop() {
            if scratch.get(node).is_none_or(|best| best.millis != millis) {
                continue;
            }
            let (from, until) = self.arcs_of(node)?;
            for [head, weight] in arcs.get(from as usize..until as usize).ok_or(damaged("hierarchy"))? {
                if weight & arc::DOWN == 0 {
                    continue;
                }
                let there = millis.saturating_add(weight & arc::MILLIS);
                if there < scratch.get(*head).ok_or(damaged("hierarchy"))?.millis {
                    scratch.set(*head, there, false);
                    scratch.heap.push(Reverse((there, *head)));
                }
            }
        }
        Ok(())
    }

    /// The time from a node to the scene.
    fn climb(&self, node: u32, scratch: &mut Scratch) -> Result<Millis, RoadsError> {
        let arcs = self.arcs();
        let mut result = self.enter(node, scratch)?;
        while let Some(mut top) = scratch.stack.pop() {
            let mut below = None;
            while top.next < top.end {
                let [head, weight] = *arcs.get(top.next as usize).ok_or(damaged("hierarchy"))?;
                let millis = weight & arc::MILLIS;
                if weight & arc::UP == 0 || millis >= top.best {
                    top.next += 1;
                    continue;
                }
                let there = scratch.get(head).ok_or(damaged("hierarchy"))?;
                if !there.known {
                    if head <= top.node {
                        return Err(damaged("hierarchy"));
                    }
                    below = Some(head);
                    break;
                }
                top.best = top.best.min(there.millis.saturating_add(millis));
                top.next += 1;
            }
            if let Some(head) = below {
                scratch.stack.push(top);
                self.enter(head, scratch)?;
            } else {
                scratch.set(top.node, top.best, true);
                result = top.best;
            }
        }
        Ok(result)
    }

    /// Begins to look at a node, if it is not known yet; returns what is known.
    fn enter(&self, node: u32, scratch: &mut Scratch) -> Result<Millis, RoadsError> {
        let here = scratch.get(node).ok_or(damaged("hierarchy"))?;
        if !here.known {
            let (next, end) = self.arcs_of(node)?;
            scratch.stack.push(Climb { node, next, end, best: here.millis });
        }
        Ok(here.millis)
    }
}
