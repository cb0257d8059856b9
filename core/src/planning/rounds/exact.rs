//! The best order of a few visits: for each set of visits and each last one of them, the earliest time at which they can be
//! done (Held and Karp 1962, with windows). To be done earlier is never worse, because one may wait.

use super::schedule::{Problem, Run};

/// For each set (one bit a visit) and last visit: what it comes to, and the visit before the last.
struct Table {
    visits: usize,
    done: Vec<Option<(Run, Option<usize>)>>,
}

impl Table {
    fn get(&self, set: usize, last: usize) -> Option<(Run, Option<usize>)> {
        self.done.get(set * self.visits + last).copied().flatten()
    }

    fn offer(&mut self, set: usize, last: usize, run: Run, before: Option<usize>) {
        if let Some(slot) = self.done.get_mut(set * self.visits + last)
            && slot.is_none_or(|(known, _)| run < known)
        {
            *slot = Some((run, before));
        }
    }

    /// Goes on from a set to each visit that is not in it.
    fn go_on(&mut self, problem: &Problem, set: usize, last: Option<usize>, run: Run) {
        for next in (0..self.visits).filter(|next| set & (1 << next) == 0) {
            if let Some(step) = problem.step(last.map_or(0, |last| last + 1), run.ends, next) {
                let after = Run { ends: step.leaves, driven: run.driven + step.drive };
                self.offer(set | 1 << next, next, after, last);
            }
        }
    }

    /// The order that led to a set and its last visit.
    fn order(&self, mut set: usize, mut last: Option<usize>) -> Vec<usize> {
        let mut order = Vec::new();
        while let Some(visit) = last {
            order.push(visit);
            last = self.get(set, visit).and_then(|(_, before)| before);
            set &= !(1 << visit);
        }
        order.reverse();
        order
    }
}

/// The order; the number of visits is the caller's care, for the work doubles with each.
pub fn order(problem: &Problem) -> Vec<usize> {
    let visits = problem.visits();
    let mut table = Table { visits, done: vec![None; (1 << visits) * visits] };
    let mut best = (0, problem.run(&[]).unwrap_or_default(), 0, None);
    table.go_on(problem, 0, None, Run::default());
    for set in 1..1_usize << visits {
        for last in 0..visits {
            let Some((run, _)) = table.get(set, last) else { continue };
            if let Some(whole) = problem.end(last + 1, run) {
                let count = set.count_ones();
                if count > best.0 || count == best.0 && whole < best.1 {
                    best = (count, whole, set, Some(last));
                }
            }
            table.go_on(problem, set, Some(last), run);
        }
    }
    table.order(best.2, best.3)
}
