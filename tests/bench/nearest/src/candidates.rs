//! What more candidates cost, on one network: ours, fast_paths from each by itself, and the plain search until all are
//! reached.

use anydoor_core::roads::{Closed, Closure, Roads};
use fast_paths::FastGraph;

use crate::graphs::Graph;
use crate::plots::Plot;
use crate::questions::{Outcome, Places, TIMES, answer, peer, percentile, timed};
use crate::table::Table;

/// How many candidates.
pub const COUNTS: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const QUESTIONS: usize = 15;

/// One street closed far from everything, so that the plain search is taken.
fn elsewhere(roads: &Roads, places: &mut Places<'_>) -> Outcome<Closed> {
    loop {
        let at = places.next()?;
        let line = roads.snap(at, 1e6)??.position;
        let closed = roads.close(&[Closure { line: vec![at, line] }])?;
        if !closed.is_empty() {
            return Ok(closed);
        }
    }
}

/// Measures them, each the median of some scenes.
pub fn measure(graph: &Graph, fast: &FastGraph, table: &mut Table) -> Outcome<()> {
    let roads = &graph.roads;
    let mut calculator = fast_paths::create_calculator(fast);
    let mut places = Places::of(roads)?;
    let closed = elsewhere(roads, &mut places)?;
    for count in COUNTS {
        let (mut ours, mut theirs, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..QUESTIONS {
            let asked = (0..=count).map(|_| places.next()).collect::<Outcome<Vec<_>>>()?;
            let given = answer(roads, &asked)?;
            let [mut our, mut their, mut all] = [f64::INFINITY; 3];
            for _ in 0..TIMES {
                our = our.min(timed(|| answer(roads, &asked).map(drop)).1);
                their = their.min(timed(|| peer(roads, fast, &mut calculator, &given).map(drop)).1);
                all = all.min(timed(|| roads.times(&given.scene, &given.teams, &closed).map(drop)).1);
            }
            ours.push(our);
            theirs.push(their);
            plain.push(all);
        }
        for (curve, times) in [("ours, with snapping", &ours), ("fast_paths, no snapping", &theirs), ("plain search, no snapping", &plain)]
        {
            table.point(Plot::Candidates, curve, count as f64, percentile(times, 50));
        }
    }
    Ok(())
}
