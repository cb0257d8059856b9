//! Every time that a pack gives is that of a plain search over the streets themselves: with one-ways, turns that are
//! restricted, loops, parallel streets and closures. The plain search knows nothing of nodes, hierarchies or packs.

// Clippy's leave for tests does not reach what they share.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod edges;
mod oracle;
mod town;

use anydoor_core::base::Position;
use anydoor_core::roads::{Closed, Closure, Roads, Spot};
use anydoor_roads::{BuildError, Map, Step, build};
use proptest::prelude::*;

use oracle::{Cut, Place};
use town::Town;

fn pack(map: &Map) -> Roads {
    Roads::open(build(map, &mut |_| true).unwrap()).unwrap()
}

/// The street of the map on which a spot lies: each has its number for a name.
fn place(roads: &Roads, spot: &Spot) -> Place {
    Place { street: roads.street_of(spot).unwrap().parse().unwrap(), along: spot.along }
}

fn snap(roads: &Roads, (north, east): (f64, f64)) -> Spot {
    roads.snap(Position::new(north, east).unwrap(), 1e6).unwrap().unwrap()
}

fn compare(map: &Map, roads: &Roads, scene: Spot, teams: &[Spot], closed: &Closed, cuts: &[Cut]) {
    let times = roads.times(&scene, teams, closed).unwrap();
    for (team, millis) in teams.iter().zip(times) {
        let expected = oracle::time(map, place(roads, team), place(roads, &scene), cuts);
        assert_eq!(millis, expected, "from {team:?} to {scene:?}");
        let route = roads.route(team, &scene, closed).unwrap();
        assert_eq!(route.as_ref().map(|route| route.millis), expected);
        if let Some(route) = route {
            let near = |a: Position, b: Position| (a.latitude() - b.latitude()).abs() + (a.longitude() - b.longitude()).abs() < 1e-6;
            assert!(near(route.line[0], team.position) && near(*route.line.last().unwrap(), scene.position), "{route:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_time_is_that_of_a_plain_search(town in town::towns(), spots in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 2..8)) {
        let map = town.map();
        match build(&map, &mut |_| true) {
            Err(BuildError::NoStreets { .. }) => {}
            other => {
                let roads = Roads::open(other.unwrap()).unwrap();
                let spots: Vec<Spot> = spots.iter().map(|at| snap(&roads, town.degrees(*at))).collect();
                compare(&map, &roads, spots[0], &spots[1..], &Closed::default(), &[]);
            }
        }
    }

    #[test]
    fn every_time_around_a_closure_is_that_of_a_plain_search(
        town in town::towns(), spots in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 2..8),
        stroke in ((0.0..1.0_f64, 0.0..1.0_f64), (0.0..1.0_f64, 0.0..1.0_f64)),
    ) {
        let map = town.map();
        if let Ok(bytes) = build(&map, &mut |_| true) {
            let roads = Roads::open(bytes).unwrap();
            let (a, b) = (town.degrees(stroke.0), town.degrees(stroke.1));
            let line = [a, b].map(|(north, east)| Position::new(north, east).unwrap()).to_vec();
            let closed = roads.close(&[Closure { line }]).unwrap();
            let cuts = oracle::cuts(&map, a, b);
            let spots: Vec<Spot> = spots.iter().map(|at| snap(&roads, town.degrees(*at))).collect();
            compare(&map, &roads, spots[0], &spots[1..], &closed, &cuts);
        }
    }

    #[test]
    fn who_is_first_at_a_place_and_who_without_it_is_what_plain_searches_say(
        town in town::towns(), teams in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 0..5),
        places in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 1..6),
        stroke in prop::option::of(((0.0..1.0_f64, 0.0..1.0_f64), (0.0..1.0_f64, 0.0..1.0_f64))),
    ) {
        let map = town.map();
        if let Ok(bytes) = build(&map, &mut |_| true) {
            let roads = Roads::open(bytes).unwrap();
            let stroke = stroke.map(|(a, b)| (town.degrees(a), town.degrees(b)));
            let line = |(a, b): ((f64, f64), (f64, f64))| [a, b].map(|(north, east)| Position::new(north, east).unwrap()).to_vec();
            let closed = roads.close(&stroke.map(|stroke| Closure { line: line(stroke) }).into_iter().collect::<Vec<_>>()).unwrap();
            let cuts = stroke.map(|(a, b)| oracle::cuts(&map, a, b)).unwrap_or_default();
            let snapped = |all: &[(f64, f64)]| all.iter().map(|at| snap(&roads, town.degrees(*at))).collect::<Vec<_>>();
            let (teams, places) = (snapped(&teams), snapped(&places));
            let found = roads.first_two(&teams, &places, &closed).unwrap();
            for (spot, two) in places.iter().zip(found) {
                let time = |team: &Spot| oracle::time(&map, place(&roads, team), place(&roads, spot), &cuts);
                let times: Vec<Option<u32>> = teams.iter().map(time).collect();
                let least = |gone: Option<usize>| times.iter().enumerate().filter(|(team, _)| Some(*team) != gone).filter_map(|(_, time)| *time).min();
                prop_assert_eq!(two.first(), least(None));
                for team in 0..teams.len() {
                    prop_assert_eq!(two.without(team as u32), least(Some(team)));
                }
            }
        }
    }

    #[test]
    fn a_snap_is_the_nearest_of_all_streets_that_are_kept(town in town::towns(), at in (-0.2..1.2_f64, -0.2..1.2_f64)) {
        let map = town.map();
        if let Ok(bytes) = build(&map, &mut |_| true) {
            let roads = Roads::open(bytes).unwrap();
            let (north, east) = town.degrees(at);
            let spot = snap(&roads, (north, east));
            let Some(kept) = oracle::streets_that_reach_each_other(&map) else { return Ok(()) };
            let nearest = kept.iter().map(|street| oracle::metres_to(&map.streets[*street], north, east)).fold(f64::INFINITY, f64::min);
            prop_assert!((spot.off_road_m - nearest).abs() < 0.02, "{} and {nearest}", spot.off_road_m);
            prop_assert!(kept.contains(&(place(&roads, &spot).street as usize)));
        }
    }
}

#[test]
fn a_turn_that_is_forbidden_is_gone_around_and_only_one_turn_is_allowed() {
    // A cross: 0 in the middle; 1 south, 2 west, 3 north, 4 east; and a way round from north to west.
    let town = |restriction| Town::cross(restriction).map();
    let time = |map: &Map| {
        let roads = pack(map);
        let (from, to) = (snap(&roads, (39.9955, -75.0)), snap(&roads, (40.0, -75.005)));
        roads.times(&to, &[from], &Closed::default()).unwrap()[0].unwrap()
    };
    let (free, no_left, only_right) = (time(&town(None)), time(&town(Some(false))), time(&town(Some(true))));
    assert!(free < no_left, "{free} {no_left}");
    assert!(no_left < only_right, "{no_left} {only_right}");
}

#[test]
fn what_nobody_can_leave_or_reach_is_no_place_to_snap_to() {
    let map = Town::with_island().map();
    let roads = pack(&map);
    assert_eq!(roads.about().islands_left_out, 2);
    let spot = snap(&roads, (40.03, -75.0));
    assert!(spot.off_road_m > 1000.0, "{spot:?}");
    assert_eq!(roads.snap(Position::new(40.03, -75.0).unwrap(), 500.0).unwrap().unwrap_err().within_m, 500.0);
}

#[test]
fn a_build_that_is_stopped_builds_nothing() {
    let map = Town::with_island().map();
    let mut told = Vec::new();
    let stopped = build(&map, &mut |progress| {
        told.push(progress.step);
        progress.step != Step::Hierarchy
    });
    assert!(matches!(stopped, Err(BuildError::Stopped)));
    assert_eq!(told, [Step::Network, Step::Hierarchy]);
}
