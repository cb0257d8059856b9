//! The road networks that are measured: two cities from OpenStreetMap, New York from DIMACS, and a made-up grid that is
//! always there.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anydoor_core::roads::Roads;
use anydoor_core::roads::format::Class;
use anydoor_roads::profile::Profile;
use anydoor_roads::{Map, Street, build, pbf};
use cpu_time::ThreadTime;
use flate2::read::GzDecoder;

/// A network, built.
pub struct Graph {
    pub name: &'static str,
    pub pack: Vec<u8>,
    pub roads: Roads,
    /// From the file to the pack; `None` where it was not read from PBF.
    pub built: Option<Duration>,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A file of the data folder, there or not.
pub fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/roads").join(file)
}

fn graph(name: &'static str, map: &Map, begun: Option<ThreadTime>) -> Outcome<Graph> {
    let pack = build(map, &mut |_| true)?;
    let built = begun.map(|begun| begun.elapsed());
    let roads = Roads::open(pack.clone())?;
    Ok(Graph { name, pack, roads, built })
}

/// A city from OpenStreetMap, with or without its turn restrictions.
pub fn city(name: &'static str, file: &str, turns: bool) -> Outcome<Option<Graph>> {
    let path = path(file);
    let Ok(about) = std::fs::metadata(&path) else { return Ok(None) };
    let begun = ThreadTime::now();
    let mut map = pbf::read(&|| File::open(&path), about.len(), file, &Profile::default(), &mut |_| true)?;
    if !turns {
        map.restrictions.clear();
    }
    graph(name, &map, Some(begun)).map(Some)
}

fn lines(file: &str) -> Option<impl Iterator<Item = String>> {
    let file = File::open(path(file)).ok()?;
    Some(BufReader::new(GzDecoder::new(file)).lines().map_while(Result::ok))
}

/// New York: travel times as they are given, each arc a straight street.
pub fn new_york() -> Outcome<Option<Graph>> {
    let (Some(places), Some(arcs)) = (lines("USA-road-d.NY.co.gz"), lines("USA-road-t.NY.gr.gz")) else { return Ok(None) };
    let mut points = Vec::new();
    for line in places.filter(|line| line.starts_with('v')) {
        let numbers: Vec<i32> = line.split(' ').skip(2).map(str::parse).collect::<Result<_, _>>()?;
        if let [east, north] = numbers.as_slice() {
            points.push((north * 10, east * 10));
        }
    }
    let mut map = Map { junctions: points.len() as u32, source: "9th DIMACS challenge, New York".into(), ..Map::default() };
    let mut seen = std::collections::HashSet::new();
    for line in arcs.filter(|line| line.starts_with('a')) {
        let numbers: Vec<u32> = line.split(' ').skip(1).map(str::parse).collect::<Result<_, _>>()?;
        let [from, to, millis] = numbers.as_slice() else { continue };
        // Every arc is there in both directions, in the same time.
        if from == to || !seen.insert((*from.min(to), *from.max(to), *millis)) {
            continue;
        }
        let point = |number: &u32| points.get(*number as usize - 1).copied().unwrap_or_default();
        map.streets.push(Street {
            from: from - 1,
            to: to - 1,
            line: vec![point(from), point(to)],
            there: Some(*millis),
            back: Some(*millis),
            class: Class::Residential,
            name: 0,
        });
    }
    graph("New York", &map, None).map(Some)
}

/// A made-up grid of `side` × `side` junctions with streets of different speeds, some of them one-way.
pub fn grid(name: &'static str, side: u32) -> Outcome<Graph> {
    let mut map = Map { junctions: side * side, source: "made up".into(), ..Map::default() };
    let point = |number: u32| (400_000_000 + (number / side) as i32 * 10_000, -750_000_000 + (number % side) as i32 * 13_000);
    for here in 0..side * side {
        let beside = (here % side + 1 < side).then_some(here + 1);
        let above = (here + side < side * side).then_some(here + side);
        for there in beside.into_iter().chain(above) {
            let mixed = u64::from(here * 7 + there).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            let fast = (here / side).is_multiple_of(16) && there == here + 1 || (here % side).is_multiple_of(16) && there != here + 1;
            let millis = if fast { 4_000 } else { 9_000 + (mixed % 6_000) as u32 };
            let one_way = !fast && mixed.is_multiple_of(8);
            map.streets.push(Street {
                from: here,
                to: there,
                line: vec![point(here), point(there)],
                there: Some(millis),
                back: (!one_way).then_some(millis),
                class: Class::Residential,
                name: 0,
            });
        }
    }
    graph(name, &map, None)
}
