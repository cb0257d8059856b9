//! By road: one scene and fifty teams.

use std::error::Error;
use std::time::Duration;

use anydoor_core::incident::Position;
use anydoor_core::roads::{Closed, Closure, Roads, Spot, View};
use cpu_time::ThreadTime;

use crate::graphs::Graph;

const TEAMS: usize = 50;
const QUESTIONS: usize = 60;

fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let begun = ThreadTime::now();
    let got = f();
    (got, begun.elapsed())
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort();
    times.get((times.len() * percent / 100).min(times.len() - 1)).copied().unwrap_or_default().as_secs_f64() * 1e3
}

struct Chance(u64);
impl Chance {
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

pub fn measure(graph: &Graph) -> Result<(), Box<dyn Error>> {
    let roads = &graph.roads;
    let about = roads.about();
    let (all, query) = roads.size();
    println!(
        "\n{}: {} nodes ({} split), {} streets; {:.1} MB, {:.1} MB query = {:.1} and {:.1} MB per 100k",
        graph.name,
        about.nodes,
        about.split,
        about.streets,
        all as f64 / 1e6,
        query as f64 / 1e6,
        all as f64 / 10.0 / f64::from(about.nodes),
        query as f64 / 10.0 / f64::from(about.nodes)
    );
    if let Some(built) = graph.built {
        println!("  built in {:.1} s: {:.0} nodes a second", built.as_secs_f64(), f64::from(about.nodes) / built.as_secs_f64());
    }
    let (_, open) = timed(|| Roads::open(graph.pack.clone()).map(drop));
    println!("  opens in {:.2} ms", open.as_secs_f64() * 1e3);
    let b = bounds(roads)?;
    let mut chance = Chance(88172645463325252);
    let mut any = || Position::new(b.0 + (b.2 - b.0) * chance.share(), b.1 + (b.3 - b.1) * chance.share());
    let mut edges = fast_paths::InputGraph::new();
    for (t, h, w) in roads.ways() {
        if t != h {
            edges.add_edge(t as usize, h as usize, w as usize);
        }
    }
    edges.freeze();
    let (fast, prepared) = timed(|| fast_paths::prepare(&edges));
    println!("  fast_paths prepares in {:.1} s", prepared.as_secs_f64());
    let mut calc = fast_paths::create_calculator(&fast);
    let (mut ours, mut peer, mut plain, mut snaps) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut wrong = 0;
    let mut closing = Vec::new();
    for round in 0..QUESTIONS {
        let positions: Vec<Position> = (0..=TEAMS)
            .map(|_| {
                let p = any()?;
                Ok(roads.snap(p, 1e6)??.position)
            })
            .collect::<Result<_, Box<dyn Error>>>()?;
        let ask = || -> Result<(Spot, Vec<Spot>, Vec<Option<u32>>), Box<dyn Error>> {
            let spots: Vec<Spot> = positions.iter().map(|p| Ok(roads.snap(*p, 1e6)??)).collect::<Result<_, Box<dyn Error>>>()?;
            let (scene, teams) = spots.split_first().ok_or("no spots")?;
            let times = roads.times(scene, teams, &Closed::default())?;
            Ok((*scene, teams.to_vec(), times))
        };
        let mut best = Duration::MAX;
        let mut got = None;
        for _ in 0..5 {
            let (g, t) = timed(ask);
            best = best.min(t);
            got = Some(g?);
        }
        ours.push(best);
        let (scene, teams, times) = got.ok_or("no answer")?;
        let (_, t) = timed(|| positions.iter().map(|p| roads.snap(*p, 1e6).is_ok()).filter(|x| *x).count());
        snaps.push(t);
        let to: Vec<_> = roads.ends(&scene)?.1;
        let ask_peer = |calc: &mut fast_paths::PathCalculator| -> Result<Vec<Option<u32>>, Box<dyn Error>> {
            teams
                .iter()
                .map(|team| {
                    let from = roads.ends(team)?.0;
                    Ok(calc
                        .calc_path_multiple_sources_and_targets(
                            &fast,
                            from.iter().map(|e| (e.node as usize, e.millis as usize)).collect(),
                            to.iter().map(|e| (e.node as usize, e.millis as usize)).collect(),
                        )
                        .map(|p| p.get_weight() as u32))
                })
                .collect()
        };
        let mut best = Duration::MAX;
        let mut theirs = Vec::new();
        for _ in 0..5 {
            let (g, t) = timed(|| ask_peer(&mut calc));
            best = best.min(t);
            theirs = g?;
        }
        peer.push(best);
        wrong += times.iter().zip(&theirs).filter(|(a, b)| a != b).count();
        // A closure across the scene's surroundings.
        if round < 20 {
            let at = positions[0];
            let line = [-0.002, 0.002]
                .map(|d| Position::new(at.latitude() + d, at.longitude() + 0.001))
                .into_iter()
                .collect::<Result<Vec<_>, _>>()?;
            let (got, t) = timed(|| {
                let closed = roads.close(&[Closure { line }])?;
                roads.times(&scene, &teams, &closed).map(|_| closed)
            });
            if !got?.is_empty() {
                closing.push(t);
            }
            let fake = roads.close(&[Closure { line: vec![Position::new(b.0, b.1)?, Position::new(b.0 + 0.0001, b.1)?] }])?;
            let (_, t) = timed(|| roads.route(&teams[0], &scene, &fake));
            plain.push(t);
        }
    }
    println!(
        "  scene x {TEAMS} with snapping: median {:.3} p99 {:.3} ms (snapping {:.3}); fast_paths {:.3} p99 {:.3}; differ {wrong}",
        percentile(&mut ours, 50),
        percentile(&mut ours, 99),
        percentile(&mut snaps, 50),
        percentile(&mut peer, 50),
        percentile(&mut peer, 99)
    );
    println!(
        "  with closure: median {:.2} p99 {:.2} ms over {}; route {:.2} ms",
        percentile(&mut closing, 50),
        percentile(&mut closing, 99),
        closing.len(),
        percentile(&mut plain, 50)
    );
    let mid = ((b.0 + b.2) / 2.0, (b.1 + b.3) / 2.0);
    for (mpp, half) in [(5.0, 0.02), (20.0, 0.08), (80.0, 0.3)] {
        let (lines, t) = timed(|| {
            roads.lines(View {
                south: mid.0 - half,
                west: mid.1 - half * 1.3,
                north: mid.0 + half,
                east: mid.1 + half * 1.3,
                metres_per_pixel: mpp,
            })
        });
        println!("  map at {mpp} m a pixel: {} lines in {:.2} ms", lines?.len(), t.as_secs_f64() * 1e3);
    }
    Ok(())
}

fn bounds(roads: &Roads) -> Result<(f64, f64, f64, f64), Box<dyn Error>> {
    let all = roads.lines(View { south: -90.0, west: -180.0, north: 90.0, east: 180.0, metres_per_pixel: 1.0 })?;
    let mut b = (90.0_f64, 180.0_f64, -90.0_f64, -180.0_f64);
    for line in &all {
        for p in line.points.chunks(2) {
            if let [n, e] = p {
                b = (b.0.min(*n), b.1.min(*e), b.2.max(*n), b.3.max(*e));
            }
        }
    }
    Ok(b)
}
