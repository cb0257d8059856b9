//! A good order of many visits: each put in where it costs least, then changed as long as that helps (a part turned round,
//! up to three visits moved), then some taken out and put in again, many times over. The same visits give the same order.

use super::schedule::{Problem, Run};

/// So many times some visits are taken out and put in again.
const AGAIN: u32 = 240;
/// The most visits that are moved together.
const MOVED: usize = 3;

/// An order and what it comes to.
#[derive(Debug, Clone)]
struct Tried {
    order: Vec<usize>,
    run: Run,
}

impl Tried {
    /// More visits first, then the earlier end, then less driving.
    fn beats(&self, other: &Self) -> bool {
        let rank = |tried: &Self| (std::cmp::Reverse(tried.order.len()), tried.run);
        rank(self) < rank(other)
    }
}

/// Numbers that are the same every time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (most.max(1) as u64)).unwrap_or_default()
    }
}

/// The order.
pub fn order(problem: &Problem) -> Vec<usize> {
    let empty = Tried { order: Vec::new(), run: problem.run(&[]).unwrap_or_default() };
    let by = |key: &dyn Fn(&usize) -> i64| {
        let mut all: Vec<usize> = (0..problem.visits()).collect();
        all.sort_by_key(key);
        all
    };
    let window = |visit: &usize| problem.windows.get(*visit).copied();
    // Those that end soonest first; those that begin soonest first; those with the least time first; and by cost alone.
    let orders = [
        by(&|visit| window(visit).map_or(0, |w| w.closes)),
        by(&|visit| window(visit).map_or(0, |w| w.opens)),
        by(&|visit| window(visit).map_or(0, |w| w.closes - w.opens)),
    ];
    let one_by_one =
        orders.iter().map(|order| order.iter().fold(empty.clone(), |tried, visit| with(problem, &tried, *visit).unwrap_or(tried)));
    let first = one_by_one.chain([fill(problem, empty.clone())]).map(|tried| settle(problem, tried));
    let best = first.reduce(|best, tried| if tried.beats(&best) { tried } else { best }).unwrap_or(empty);
    again(problem, best).order
}

/// The best place for one more visit.
fn with(problem: &Problem, tried: &Tried, visit: usize) -> Option<Tried> {
    let mut order = tried.order.clone();
    order.insert(0, visit);
    let mut best: Option<(Run, usize)> = None;
    for place in 0..order.len() {
        if place > 0 {
            order.swap(place - 1, place);
        }
        if let Some(run) = problem.run(&order)
            && best.is_none_or(|(known, _)| run < known)
        {
            best = Some((run, place));
        }
    }
    let (run, place) = best?;
    let mut order = tried.order.clone();
    order.insert(place, visit);
    Some(Tried { order, run })
}

/// Puts in what can be, the cheapest first.
fn fill(problem: &Problem, mut tried: Tried) -> Tried {
    loop {
        let missing = (0..problem.visits()).filter(|visit| !tried.order.contains(visit));
        match missing.filter_map(|visit| with(problem, &tried, visit)).min_by_key(|one| one.run) {
            Some(longer) => tried = longer,
            None => return tried,
        }
    }
}

/// Changes an order as long as that helps.
fn settle(problem: &Problem, mut tried: Tried) -> Tried {
    loop {
        tried = fill(problem, tried);
        match changed(problem, &tried) {
            Some(better) => tried = better,
            None => return tried,
        }
    }
}

/// The best of all changes, where one helps.
fn changed(problem: &Problem, tried: &Tried) -> Option<Tried> {
    let mut best: Option<Tried> = None;
    let mut look = |order: &[usize]| {
        if let Some(run) = problem.run(order)
            && run < best.as_ref().map_or(tried.run, |best| best.run)
        {
            best = Some(Tried { order: order.to_vec(), run });
        }
    };
    let count = tried.order.len();
    let mut order = tried.order.clone();
    for from in 0..count {
        for until in from + 2..=count {
            order.clone_from(&tried.order);
            order.get_mut(from..until).into_iter().for_each(<[usize]>::reverse);
            look(&order);
        }
        for length in 1..=MOVED.min(count - from) {
            let mut rest = tried.order.clone();
            let mut moved: Vec<usize> = rest.drain(from..from + length).collect();
            for _ in 0..2 {
                for place in 0..=rest.len() {
                    order.clone_from(&rest);
                    order.splice(place..place, moved.iter().copied());
                    look(&order);
                }
                moved.reverse();
            }
        }
    }
    best
}

/// Takes some visits out, and puts in what can be, in an order of chance; keeps what is no worse.
fn again(problem: &Problem, mut best: Tried) -> Tried {
    let mut numbers = Numbers(problem.visits() as u64);
    for _ in 0..AGAIN {
        let most = (best.order.len() / 3).clamp(1, 8);
        let mut order = best.order.clone();
        for _ in 0..=numbers.below(most) {
            if !order.is_empty() {
                order.remove(numbers.below(order.len()));
            }
        }
        // Where travel times break the triangle rule, a visit less may be later.
        let Some(run) = problem.run(&order) else { continue };
        let mut tried = Tried { order, run };
        let mut missing: Vec<usize> = (0..problem.visits()).filter(|visit| !tried.order.contains(visit)).collect();
        while !missing.is_empty() {
            let visit = missing.swap_remove(numbers.below(missing.len()));
            tried = with(problem, &tried, visit).unwrap_or(tried);
        }
        if !best.beats(&tried) {
            best = tried;
        }
    }
    settle(problem, best)
}
