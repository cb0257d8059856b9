//! One scene and fifty teams, a closure, a map, and the pack itself.

use std::error::Error;
use std::time::{Duration, Instant};

use anydoor_core::base::Position;
use anydoor_core::roads::{Closed, Closure, Millis, Roads, RoadsError, Spot, View};
use cpu_time::ThreadTime;
use fast_paths::{FastGraph, InputGraph, PathCalculator};

use crate::graphs::Graph;
use crate::plots::Plot;
use crate::table::Table;

pub const TEAMS: usize = 50;
/// How often each question is asked; its best time counts.
pub const TIMES: usize = 5;

pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// A scene with its teams on the streets, and what each takes.
pub struct Answer {
    pub scene: Spot,
    pub teams: Vec<Spot>,
    pub millis: Vec<Option<Millis>>,
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What it gives, and its milliseconds of CPU on this thread.
pub fn timed<T>(f: impl FnOnce() -> T) -> (T, f64) {
    let begun = ThreadTime::now();
    let got = f();
    (got, ms(begun.elapsed()))
}

/// What it gives, and its milliseconds by the clock on the wall: for peers that are programs of their own.
pub fn wall<T>(f: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let got = f();
    (got, ms(begun.elapsed()))
}

fn best_of<T>(mut f: impl FnMut() -> T) -> f64 {
    (0..TIMES).map(|_| timed(&mut f).1).fold(f64::INFINITY, f64::min)
}

pub fn percentile(times: &[f64], percent: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Places near streets, drawn from a seed.
pub struct Places<'a> {
    roads: &'a Roads,
    bounds: [f64; 4],
    state: u64,
}

impl<'a> Places<'a> {
    pub fn of(roads: &'a Roads) -> Outcome<Self> {
        let whole = View { south: -90.0, west: -180.0, north: 90.0, east: 180.0, metres_per_pixel: 1.0 };
        let mut bounds = [90.0_f64, 180.0, -90.0, -180.0];
        for line in roads.lines(whole)? {
            for (number, degrees) in line.points.iter().enumerate() {
                let (low, high) = (number % 2, number % 2 + 2);
                bounds[low] = bounds[low].min(*degrees);
                bounds[high] = bounds[high].max(*degrees);
            }
        }
        Ok(Self { roads, bounds, state: 88_172_645_463_325_252 })
    }

    fn share(&mut self) -> f64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A place within some 30 m of a street: a car with its fix, or a home.
    pub fn next(&mut self) -> Outcome<Position> {
        let [south, west, north, east] = self.bounds;
        let any = Position::new(south + (north - south) * self.share(), west + (east - west) * self.share())?;
        let on = self.roads.snap(any, 1e6)??.position;
        let aside = |share: f64| (share - 0.5) * 5e-4;
        let (a, b) = (aside(self.share()), aside(self.share()));
        Ok(Position::new(on.latitude() + a, on.longitude() + b)?)
    }
}

pub fn answer(roads: &Roads, places: &[Position]) -> Outcome<Answer> {
    let spots: Vec<Spot> = places.iter().map(|place| Ok(roads.snap(*place, 1e6)??)).collect::<Outcome<_>>()?;
    let (scene, teams) = spots.split_first().ok_or("no places")?;
    let millis = roads.times(scene, teams, &Closed::default())?;
    Ok(Answer { scene: *scene, teams: teams.to_vec(), millis })
}

/// The medians of so many questions with snapping over two networks of the same streets, in turn, in milliseconds.
pub fn in_turn(graphs: [&Graph; 2], questions: usize) -> Outcome<[f64; 2]> {
    let [first, _] = graphs;
    let mut places = Places::of(&first.roads)?;
    let mut all = [Vec::new(), Vec::new()];
    for _ in 0..questions {
        let asked = (0..=TEAMS).map(|_| places.next()).collect::<Outcome<Vec<_>>>()?;
        let mut best = [f64::INFINITY; 2];
        for _ in 0..TIMES {
            for (graph, best) in graphs.iter().zip(&mut best) {
                *best = best.min(timed(|| answer(&graph.roads, &asked).map(drop)).1);
            }
        }
        all.iter_mut().zip(best).for_each(|(all, best)| all.push(best));
    }
    Ok(all.map(|all| percentile(&all, 50)))
}

/// fast_paths: from each team by itself, over the same ends of the same streets. It has no snapping.
pub fn peer(roads: &Roads, fast: &FastGraph, calculator: &mut PathCalculator, asked: &Answer) -> Result<Vec<Option<Millis>>, RoadsError> {
    let pairs = |ends: &[anydoor_core::roads::End]| ends.iter().map(|end| (end.node as usize, end.millis as usize)).collect::<Vec<_>>();
    let to = pairs(&roads.ends(&asked.scene)?.1);
    let from = asked.teams.iter().map(|team| Ok(pairs(&roads.ends(team)?.0)));
    from.map(|from| {
        let path = calculator.calc_path_multiple_sources_and_targets(fast, from?, to.clone());
        Ok(path.map(|path| path.get_weight() as Millis))
    })
    .collect()
}

/// Measures one network, and returns the peer.
pub fn measure(graph: &Graph, table: &mut Table) -> Outcome<FastGraph> {
    let roads = &graph.roads;
    pack(graph, table);
    let mut edges = InputGraph::new();
    roads.ways().filter(|(tail, head, _)| tail != head).for_each(|(tail, head, millis)| {
        edges.add_edge(tail as usize, head as usize, millis as usize);
    });
    edges.freeze();
    let fast = fast_paths::prepare(&edges);
    let mut calculator = fast_paths::create_calculator(&fast);
    let mut places = Places::of(roads)?;
    let (mut whole, mut without_snapping, mut theirs, mut closing) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut differ = 0;
    for question in 0..200 {
        let asked = (0..=TEAMS).map(|_| places.next()).collect::<Outcome<Vec<_>>>()?;
        let given = answer(roads, &asked)?;
        let (mut best, mut best_without, mut best_peer) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
        let mut peers = Vec::new();
        for _ in 0..TIMES {
            best = best.min(timed(|| answer(roads, &asked).map(drop)).1);
            best_without = best_without.min(timed(|| roads.times(&given.scene, &given.teams, &Closed::default()).map(drop)).1);
            let (got, took) = timed(|| peer(roads, &fast, &mut calculator, &given));
            best_peer = best_peer.min(took);
            peers = got?;
        }
        whole.push(best);
        without_snapping.push(best_without);
        theirs.push(best_peer);
        // Along one street there may be a shorter way than over its ends, which the peer is not told of.
        let over_ends = given.millis.iter().zip(&peers).zip(&given.teams);
        differ += over_ends.filter(|((ours, peer), team)| ours != peer && roads.street_of(team) != roads.street_of(&given.scene)).count();
        if question < 20 {
            closing.extend(closure(roads, &given, asked.first().copied())?);
        }
    }
    let (median, last) = (percentile(&whole, 50), percentile(&whole, 99));
    let (alone, peer) = (percentile(&without_snapping, 50), percentile(&theirs, 50));
    let (name, large) = (graph.name, roads.about().nodes > 100_000);
    let goal = if large { 1.0 } else { 0.5 };
    table.figure(&format!("{name}, scene × 50 with snapping, median"), median, "ms", &format!("≤ {goal} ms"), median <= goal);
    table.figure(&format!("{name}, scene × 50 with snapping, p99 over median"), last / median, "×", "≤ 3×", last <= 3.0 * median);
    table.ratio(&format!("{name}, scene × 50, fast_paths point to point (no snapping)"), median, peer, "≤ 0.2×", |ratio| ratio <= 0.2);
    table.ratio(&format!("{name}, the same, both without snapping"), alone, peer, "≤ 0.2×", |ratio| ratio <= 0.2);
    table.figure(&format!("{name}, answers that differ from fast_paths"), f64::from(differ as u32), "", "0", differ == 0);
    let goal = if large { 40.0 } else { 10.0 };
    let closed = percentile(&closing, 50);
    table.figure(&format!("{name}, scene × 50 with a closure drawn, median"), closed, "ms", &format!("≤ {goal} ms"), closed <= goal);
    if !name.starts_with("grid") {
        let nodes = f64::from(roads.about().nodes);
        table.point(Plot::Nodes, "ours, with snapping", nodes, median);
        table.point(Plot::Nodes, "ours, without snapping", nodes, alone);
        table.point(Plot::Nodes, "fast_paths, no snapping", nodes, peer);
        table.point(Plot::Nodes, "plain search, with a closure", nodes, closed);
    }
    let middle = roads.middle().ok_or("no middle")?;
    let (north, east) = (middle.latitude(), middle.longitude());
    let view = View { south: north - 0.08, west: east - 0.1, north: north + 0.08, east: east + 0.1, metres_per_pixel: 20.0 };
    let lines = roads.lines(view)?.len();
    let took = best_of(|| roads.lines(view).map(drop));
    table.figure(&format!("{name}, a map of {lines} lines"), took, "ms", "≤ 16 ms", took <= 16.0);
    Ok(fast)
}

/// Draws a line beside the scene and asks again; nothing where it crosses no street.
fn closure(roads: &Roads, given: &Answer, scene: Option<Position>) -> Outcome<Option<f64>> {
    let Some(at) = scene else { return Ok(None) };
    let line = [-0.002, 0.002].map(|north| Position::new(at.latitude() + north, at.longitude() + 0.001));
    let line = line.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (closed, took) = timed(|| {
        let closed = roads.close(&[Closure { line }])?;
        roads.times(&given.scene, &given.teams, &closed).map(|_| closed)
    });
    Ok((!closed?.is_empty()).then_some(took))
}

fn pack(graph: &Graph, table: &mut Table) {
    let nodes = f64::from(graph.roads.about().nodes);
    let (all, query) = graph.roads.size();
    let per = |bytes: usize| bytes as f64 / 1e6 / (nodes / 1e5);
    let name = format!("{} ({:.0}k nodes)", graph.name, nodes / 1e3);
    table.figure(&format!("{name}, query part per 100k nodes"), per(query), "MB", "≤ 6 MB", per(query) <= 6.0);
    table.figure(&format!("{name}, whole pack per 100k nodes"), per(all), "MB", "≤ 14 MB", per(all) <= 14.0);
    let opens = best_of(|| Roads::open(graph.pack.clone()).map(drop));
    table.figure(&format!("{name}, opens"), opens, "ms", "≤ 10 ms", opens <= 10.0);
    if let Some(built) = graph.built {
        let rate = nodes / built.as_secs_f64();
        table.figure(&format!("{name}, built from PBF, nodes a second"), rate, "", "≥ 10,000", rate >= 1e4);
    }
}
