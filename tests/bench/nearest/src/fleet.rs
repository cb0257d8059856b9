//! The nearest five of many teams by geodesic, with what is asked, and how fast their positions can change.

use std::error::Error;

use anydoor_core::base::Position;
use anydoor_core::base::geo::distance_m;
use anydoor_core::team::fleet::{Features, Fleet, Near};

use crate::plots::Plot;
use crate::postgis::{Beside, Peer};
use crate::questions::{percentile, timed};
use crate::table::Table;

type Outcome<T> = Result<T, Box<dyn Error>>;

pub const NEAREST: usize = 5;
/// Features, and of how many teams in a thousand each is true; no team has the last but one.
const SHARES: [(Features, u64); 6] = [(1, 1000), (2, 500), (4, 100), (8, 20), (16, 1), (32, 0)];
/// The feature of two in a hundred.
pub const RARE: Features = 8;

/// Numbers drawn from a seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, from: f64, until: f64) -> f64 {
        from + (until - from) * self.share()
    }

    /// Half of them in two hundred towns, the others anywhere, the poles and the antimeridian included.
    pub fn position(&mut self) -> Outcome<Position> {
        let anywhere = |dice: &mut Self| (dice.between(-1.0, 1.0).asin().to_degrees(), dice.between(-180.0, 180.0));
        let (latitude, longitude) = if self.share() < 0.5 {
            let mut town = Self::new(1 + self.next() % 200);
            let (latitude, longitude) = anywhere(&mut town);
            let spread = |dice: &mut Self| (dice.share() + dice.share() + dice.share() - 1.5) * 0.3;
            (latitude + spread(self), longitude + spread(self))
        } else {
            anywhere(self)
        };
        let around = (longitude + 540.0) % 360.0 - 180.0;
        Ok(Position::new(latitude.clamp(-90.0, 90.0), around)?)
    }

    fn features(&mut self) -> Features {
        SHARES.iter().filter(|(_, of_thousand)| self.next() % 1000 < *of_thousand).map(|(feature, _)| feature).sum()
    }
}

/// So many teams, from a seed.
pub fn teams(count: u32) -> Outcome<Vec<(Position, Features)>> {
    let mut dice = Dice::new(u64::from(count));
    (0..count).map(|_| Ok((dice.position()?, dice.features()))).collect()
}

pub fn fleet(teams: &[(Position, Features)]) -> Fleet {
    let mut fleet = Fleet::default();
    for (number, (position, features)) in (0..).zip(teams) {
        fleet.place(number, *position, *features);
    }
    fleet
}

/// A plain look at every team.
fn brute(teams: &[(Position, Features)], scene: Position, must: Features) -> Vec<Near> {
    let able = (0..).zip(teams).filter(|(_, (_, features))| features & must == must);
    let mut all: Vec<Near> = able.map(|(team, (position, _))| Near { team, m: distance_m(*position, scene) }).collect();
    all.sort_by(|a, b| a.m.total_cmp(&b.m).then(a.team.cmp(&b.team)));
    all.truncate(NEAREST);
    all
}

/// How many of so many questions are answered in another order than brute force answers them, on all processors.
fn order_errors(teams: &[(Position, Features)], fleet: &Fleet, questions: u64) -> Outcome<usize> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let wrong = |thread: u64| -> Result<usize, String> {
        let mut wrong = 0;
        for question in (thread..questions).step_by(threads as usize) {
            let mut dice = Dice::new(1_000_000 + question);
            let scene = dice.position().map_err(|error| error.to_string())?;
            let must = SHARES.get(question as usize % SHARES.len()).map_or(0, |(feature, _)| *feature);
            wrong += usize::from(fleet.nearest(scene, must, NEAREST) != brute(teams, scene, must));
        }
        Ok(wrong)
    };
    let wrong = std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|thread| scope.spawn(move || wrong(thread))).collect();
        all.into_iter().map(|one| one.join().map_err(|_| "a thread died".to_owned())?).sum::<Result<usize, String>>()
    })?;
    Ok(wrong)
}

/// The times of so many questions with this must, in milliseconds; each the best of five.
pub fn ask(fleet: &Fleet, must: Features, questions: u64) -> Outcome<Vec<f64>> {
    (0..questions)
        .map(|question| {
            let scene = Dice::new(2_000_000 + question).position()?;
            Ok((0..5).map(|_| timed(|| fleet.nearest(scene, must, NEAREST).len()).1).fold(f64::INFINITY, f64::min))
        })
        .collect()
}

/// A plain look at every team, on a sphere: the squares of the lines to the nearest, in radii.
fn scan(teams: &[([f64; 3], Features)], [x, y, z]: [f64; 3], must: Features) -> [f64; NEAREST] {
    let mut nearest = [f64::INFINITY; NEAREST];
    for ([a, b, c], _) in teams.iter().filter(|(_, features)| features & must == must) {
        let mut far = (a - x).powi(2) + (b - y).powi(2) + (c - z).powi(2);
        for best in &mut nearest {
            if far < *best {
                std::mem::swap(&mut far, best);
            }
        }
    }
    nearest
}

fn space(at: Position) -> [f64; 3] {
    let ((up, out), (east, on)) = (at.latitude().to_radians().sin_cos(), at.longitude().to_radians().sin_cos());
    [out * on, out * east, up]
}

/// So many questions are asked for each point of a curve.
const ASKED: u64 = 300;

/// Points of the curves over so many teams, and ours beside PostGIS where it is here.
fn curves(teams: &[(Position, Features)], fleet: &Fleet, postgis: Option<&mut Peer>, table: &mut Table) -> Outcome<Option<Beside>> {
    let count = teams.len() as f64;
    let all: Vec<([f64; 3], Features)> = teams.iter().map(|(at, features)| (space(*at), *features)).collect();
    let scans = (0..20).map(|question| {
        let scene = space(Dice::new(2_000_000 + question).position()?);
        Ok((0..5).map(|_| timed(|| std::hint::black_box(scan(&all, scene, RARE))).1).fold(f64::INFINITY, f64::min))
    });
    table.point(Plot::Teams, "a look at every team", count, percentile(&scans.collect::<Outcome<Vec<_>>>()?, 50));
    let Some(peer) = postgis else {
        table.point(Plot::Teams, "ours", count, percentile(&ask(fleet, RARE, ASKED)?, 50));
        return Ok(None);
    };
    let beside = peer.beside(teams, fleet, ASKED)?;
    table.point(Plot::Teams, "ours", count, beside.ours);
    table.point(Plot::Teams, "PostGIS, partial index", count, beside.theirs - beside.floor);
    Ok(Some(beside))
}

/// Moves every team a little, as they drive, and says how many positions a second that is.
fn updates(teams: &mut [(Position, Features)], fleet: &mut Fleet) -> Outcome<f64> {
    let mut dice = Dice::new(3);
    for (position, _) in teams.iter_mut() {
        let latitude = (position.latitude() + dice.between(-0.005, 0.005)).clamp(-90.0, 90.0);
        *position = Position::new(latitude, (position.longitude() + dice.between(-0.005, 0.005)).clamp(-180.0, 180.0))?;
    }
    let ((), took) = timed(|| {
        for (number, (position, features)) in (0..).zip(teams.iter()) {
            fleet.place(number, *position, *features);
        }
    });
    Ok(teams.len() as f64 / (took / 1e3))
}

/// Measures ten thousand teams and a million.
pub fn measure(table: &mut Table) -> Outcome<()> {
    println!("fleet: 10,000 questions beside brute force …");
    let few = teams(10_000)?;
    let index = fleet(&few);
    let wrong = order_errors(&few, &index, 10_000)?;
    table.figure("nearest 5 of 10^4, order errors in 10^4 questions", wrong as f64, "", "0", wrong == 0);
    let mut worst: f64 = 0.0;
    for (feature, of_thousand) in SHARES {
        let p99 = percentile(&ask(&index, feature, 2_000)?, 99) * 1e3;
        worst = worst.max(p99);
        println!("fleet: nearest 5 of 10^4, {of_thousand} ‰ match: p99 {p99:.1} µs");
    }
    table.figure("nearest 5 of 10^4, any filter, worst p99", worst, "µs", "≤ 50 µs", worst <= 50.0);
    let mut postgis = Peer::start().inspect_err(|why| println!("peer not measured: PostGIS: {why}")).ok();
    for count in [100, 1_000, 10_000, 100_000] {
        let teams = teams(count)?;
        curves(&teams, &fleet(&teams), postgis.as_mut(), table)?;
    }
    let mut many = teams(1_000_000)?;
    let mut index = fleet(&many);
    table.figure("nearest 5 of 10^6, 2 % match, p99", percentile(&ask(&index, RARE, 2_000)?, 99) * 1e3, "µs", "", true);
    if let Some(Beside { ours, theirs, floor, same, indexed }) = curves(&many, &index, postgis.as_mut(), table)? {
        let what = "nearest 5 of 10^6, 2 % match, PostGIS less its floor";
        table.ratio(what, ours, theirs - floor, "≤ 0.02×", |ratio| ratio <= 0.02);
        table.figure("PostGIS's floor: `select 1` over a Unix socket", floor, "ms", "", true);
        let over = if indexed { "over its partial index" } else { "NOT over its index" };
        println!(
            "PostGIS: {theirs:.3} ms raw, by the clock on the wall, {over}; ours by CPU time. It orders on a \
             sphere: {same} of {ASKED} answers name the same teams in the same order"
        );
    }
    let rate = updates(&mut many, &mut index)?;
    table.figure("10^6 teams move, positions a second", rate, "", "≥ 10^6", rate >= 1e6);
    Ok(())
}
