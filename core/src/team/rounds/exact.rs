//! The best order of a few visits: for each set of visits and each last one of them, the earliest time at which they can be
//! done (Held and Karp 1962, with windows). To be done earlier is never worse, because one may wait.

use super::schedule::{Problem, Run};

/// The order; the number of visits is the caller's care, for the work doubles with each.
pub fn order(problem: &Problem) -> Vec<usize> {
    let visits = problem.visits();
    // For each set (one bit a visit) and last visit: what it comes to, and the visit before the last.
    let mut done: Vec<Option<(Run, usize)>> = vec![None; (1 << visits) * visits.max(1)];
    let at = |set: usize, last: usize| set * visits + last;
    let none = visits;
    let mut best = (0_u32, problem.end(0, Run::default()).unwrap_or_default(), 0_usize, none);
    for set in 0..1_usize << visits {
        for last in (0..visits).map(Some).chain([None]) {
            let (place, run) = match last {
                None if set == 0 => (0, Run::default()),
                Some(last) => match done.get(at(set, last)).copied().flatten() {
                    Some((run, _)) => (last + 1, run),
                    None => continue,
                },
                None => continue,
            };
            if let (Some(last), Some(whole)) = (last, problem.end(place, run)) {
                let count = set.count_ones();
                if count > best.0 || count == best.0 && whole < best.1 {
                    best = (count, whole, set, last);
                }
            }
            for next in (0..visits).filter(|next| set & (1 << next) == 0) {
                let Some(step) = problem.step(place, run.ends, next) else { continue };
                let after = Run { ends: step.leaves, driven: run.driven + step.drive };
                if let Some(slot) = done.get_mut(at(set | 1 << next, next))
                    && slot.is_none_or(|(known, _)| after < known)
                {
                    *slot = Some((after, last.unwrap_or(none)));
                }
            }
        }
    }
    let (_, _, mut set, mut last) = best;
    let mut order = Vec::new();
    while last != none {
        order.push(last);
        let before = done.get(at(set, last)).copied().flatten().map_or(none, |(_, before)| before);
        set &= !(1 << last);
        last = before;
    }
    order.reverse();
    order
}
