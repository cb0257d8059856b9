//! The plain search: over what one has driven last, so that every restriction is looked up as it is written.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashSet};

use anydoor_roads::{Map, Street, Turn};

use crate::town::ends;

/// A place on a street of the map.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub street: u32,
    pub along: f64,
}

/// A street that is cut at a place.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    street: u32,
    along: f64,
}

fn millis(map: &Map, turn: Turn) -> u32 {
    let street = &map.streets[turn.street as usize];
    if turn.back { street.back.unwrap() } else { street.there.unwrap() }
}

/// The time from the beginning of a turn to a place on its street.
fn at(map: &Map, turn: Turn, along: f64) -> u32 {
    (f64::from(millis(map, turn)) * if turn.back { 1.0 - along } else { along }).round() as u32
}

fn open(cuts: &[Cut], street: u32, a: f64, b: f64) -> bool {
    cuts.iter().all(|cut| cut.street != street || cut.along < a.min(b) || cut.along > a.max(b))
}

/// Whether one who has driven all this, oldest first, may drive on so.
fn may(map: &Map, driven: &[Turn], next: Turn) -> bool {
    map.restrictions.iter().all(|restriction| {
        let (last, before) = restriction.over.split_last().unwrap();
        !driven.ends_with(before) || (*last == next) == restriction.only
    })
}

fn turns(map: &Map) -> Vec<Turn> {
    (0..map.streets.len() as u32)
        .flat_map(|street| [Turn { street, back: false }, Turn { street, back: true }])
        .filter(|turn| ends(map, *turn).is_some())
        .collect()
}

/// The least time from one place to another, or none.
pub fn time(map: &Map, from: Place, to: Place, cuts: &[Cut]) -> Option<u32> {
    let memory = map.restrictions.iter().map(|restriction| restriction.over.len() - 1).max().unwrap_or(1).max(1);
    let all = turns(map);
    let mut best = None::<u32>;
    let mut heap = BinaryHeap::new();
    for turn in all.iter().filter(|turn| turn.street == from.street) {
        let here = at(map, *turn, from.along);
        let end = if turn.back { 0.0 } else { 1.0 };
        if open(cuts, from.street, from.along, end) {
            heap.push(Reverse((millis(map, *turn) - here, vec![*turn])));
        }
        if to.street == from.street && open(cuts, from.street, from.along, to.along) {
            best = at(map, *turn, to.along).checked_sub(here).into_iter().chain(best).min();
        }
    }
    let mut seen: BTreeMap<Vec<Turn>, u32> = BTreeMap::new();
    while let Some(Reverse((so_far, driven))) = heap.pop() {
        if seen.get(&driven).is_some_and(|before| *before <= so_far) {
            continue;
        }
        seen.insert(driven.clone(), so_far);
        let here = ends(map, *driven.last().unwrap()).unwrap().1;
        for next in all.iter().filter(|next| ends(map, **next).unwrap().0 == here && may(map, &driven, **next)) {
            let begin = if next.back { 1.0 } else { 0.0 };
            if next.street == to.street && open(cuts, to.street, begin, to.along) {
                best = best.into_iter().chain([so_far + at(map, *next, to.along)]).min();
            }
            if open(cuts, next.street, 0.0, 1.0) {
                let mut after = driven.clone();
                after.push(*next);
                after.drain(..after.len().saturating_sub(memory));
                heap.push(Reverse((so_far + millis(map, *next), after)));
            }
        }
    }
    best
}

/// The streets of the largest part in which each can be reached from each by a car that may turn round where it has
/// stopped; `None` where two parts are as large.
pub fn streets_that_reach_each_other(map: &Map) -> Option<HashSet<usize>> {
    let memory = map.restrictions.iter().map(|restriction| restriction.over.len() - 1).max().unwrap_or(1).max(1);
    let all = turns(map);
    let reach = |street: u32| {
        let mut open: Vec<Vec<Turn>> = all.iter().filter(|turn| turn.street == street).map(|turn| vec![*turn]).collect();
        let mut seen: HashSet<Vec<Turn>> = HashSet::new();
        while let Some(driven) = open.pop() {
            if !seen.insert(driven.clone()) {
                continue;
            }
            let here = ends(map, *driven.last().unwrap()).unwrap().1;
            for next in all.iter().filter(|next| ends(map, **next).unwrap().0 == here && may(map, &driven, **next)) {
                let mut after = driven.clone();
                after.push(*next);
                after.drain(..after.len().saturating_sub(memory));
                open.push(after);
            }
        }
        seen.into_iter().map(|driven| driven.last().unwrap().street).chain([street]).collect::<HashSet<u32>>()
    };
    // One does not reach a street by setting out on it and turning round at once: the others have to be reached first.
    let streets: Vec<u32> = (0..map.streets.len() as u32).filter(|street| all.iter().any(|turn| turn.street == *street)).collect();
    let reached: Vec<HashSet<u32>> = streets.iter().map(|street| closure(*street, &reach)).collect();
    let parts: Vec<HashSet<usize>> = streets
        .iter()
        .zip(&reached)
        .map(|(street, here)| {
            let mutual = streets.iter().zip(&reached).filter(|(other, there)| here.contains(other) && there.contains(street));
            mutual.map(|(other, _)| *other as usize).collect()
        })
        .collect();
    let most = parts.iter().map(HashSet::len).max()?;
    let largest: Vec<&HashSet<usize>> = parts.iter().filter(|part| part.len() == most).collect();
    largest.iter().all(|part| *part == largest[0]).then(|| largest[0].clone())
}

/// What is reached when one may stop and turn round on each street on the way.
fn closure(street: u32, reach: &dyn Fn(u32) -> HashSet<u32>) -> HashSet<u32> {
    let mut seen = HashSet::new();
    let mut open = vec![street];
    while let Some(street) = open.pop() {
        if seen.insert(street) {
            open.extend(reach(street));
        }
    }
    seen
}

/// Metres from a position to a street, on the plane that touches the Earth there.
pub fn metres_to(street: &Street, north: f64, east: f64) -> f64 {
    const METRES: f64 = 111_195.08;
    let plane =
        |(n, e): &(i32, i32)| ((f64::from(*e) / 1e7 - east) * METRES * north.to_radians().cos(), (f64::from(*n) / 1e7 - north) * METRES);
    let line: Vec<(f64, f64)> = street.line.iter().map(plane).collect();
    let piece = |pair: &[(f64, f64)]| {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        let (dx, dy) = (bx - ax, by - ay);
        let length = dx * dx + dy * dy;
        let along = if length > 0.0 { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
        (ax + along * dx).hypot(ay + along * dy)
    };
    line.windows(2).map(piece).fold(f64::INFINITY, f64::min)
}

/// Where a stroke over the map cuts the streets.
pub fn cuts(map: &Map, a: (f64, f64), b: (f64, f64)) -> Vec<Cut> {
    let round = |degrees: f64| (degrees * 1e7).round();
    let (a, b) = ((round(a.0), round(a.1)), (round(b.0), round(b.1)));
    let mut all = Vec::new();
    for (number, street) in map.streets.iter().enumerate() {
        let mut before = 0.0;
        let cos = (a.0 * 1e-7).to_radians().cos();
        let length = |p: &(i32, i32), q: &(i32, i32)| (f64::from(q.0 - p.0)).hypot(f64::from(q.1 - p.1) * cos);
        let whole: f64 = street.line.windows(2).map(|pair| length(&pair[0], &pair[1])).sum();
        for pair in street.line.windows(2) {
            let (c, d) = (pair[0], pair[1]);
            let street_way = (f64::from(d.0 - c.0), f64::from(d.1 - c.1));
            let stroke = (b.0 - a.0, b.1 - a.1);
            let across = street_way.0 * stroke.1 - street_way.1 * stroke.0;
            let between = (a.0 - f64::from(c.0), a.1 - f64::from(c.1));
            if across != 0.0 {
                let on_street = (between.0 * stroke.1 - between.1 * stroke.0) / across;
                let on_stroke = (between.0 * street_way.1 - between.1 * street_way.0) / across;
                if (0.0..=1.0).contains(&on_street) && (0.0..=1.0).contains(&on_stroke) {
                    all.push(Cut { street: number as u32, along: (before + on_street * length(&c, &d)) / whole });
                }
            }
            before += length(&c, &d);
        }
    }
    all
}
