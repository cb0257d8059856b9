use proptest::prelude::*;

use super::*;
use crate::team::{Capability, Fix, Shift};

fn now() -> Instant {
    "2026-11-23T05:00:00Z".parse().unwrap()
}

fn team(id: &str, at: (f64, f64)) -> Team {
    let hour = jiff::SignedDuration::from_hours(1);
    Team {
        id: TeamId::parse(id).unwrap(),
        name: id.into(),
        crew: Vec::new(),
        capabilities: vec![Capability::Crisis],
        shift: Some(Shift { from: now() - hour, until: now() + hour }),
        on_break: false,
        fix: Some(Fix { position: Position::new(at.0, at.1).unwrap(), at: now(), accuracy_m: 10.0 }),
        commitment: None,
        areas: Vec::new(),
    }
}

fn people(points: &[(f64, f64, i64)]) -> Population {
    Population::new("test", points.iter().map(|(north, east, people)| PeoplePoint::new(*north, *east, *people).unwrap()).collect()).unwrap()
}

#[test]
fn what_is_no_population_is_refused_with_its_reason() {
    for (latitude, longitude) in [(f64::NAN, 0.0), (0.0, f64::INFINITY), (90.1, 0.0), (0.0, -180.1)] {
        assert_eq!(PeoplePoint::new(latitude, longitude, 1), Err(PopulationError::OffEarth));
    }
    for people in [-1, i64::MIN, i64::from(MOST_PEOPLE) + 1, i64::MAX] {
        assert_eq!(PeoplePoint::new(0.0, 0.0, people), Err(PopulationError::Weight { people }));
    }
    assert_eq!(Population::new("", Vec::new()), Err(PopulationError::Nobody));
    let point = |people| PeoplePoint::new(0.0, 0.0, people).unwrap();
    assert_eq!(Population::new("", vec![point(0); 9]), Err(PopulationError::Nobody));
    assert_eq!(Population::new("", vec![point(1); MOST_POINTS + 1]), Err(PopulationError::TooMany { points: MOST_POINTS + 1 }));
    let most = Population::new("", vec![point(MOST_PEOPLE.into()); MOST_POINTS]).unwrap();
    assert_eq!(most.people(), 50_000_000_000);
}

#[test]
fn without_a_team_that_counts_or_with_one_that_nobody_knows_there_is_no_figure() {
    let here = people(&[(40.0, -75.0, 10)]);
    let ask = |teams: &[Team], leaving: &str| coverage(&here, teams, &[TeamId::parse(leaving).unwrap()], now(), None);
    assert_eq!(ask(&[], "a"), Err(CoverageError::UnknownTeam));
    assert_eq!(coverage(&here, &[], &[], now(), None), Err(CoverageError::NoTeams));
    let mut off = team("a", (40.0, -75.0));
    off.shift = None;
    assert_eq!(ask(std::slice::from_ref(&off), "a"), Err(CoverageError::NoTeams));
    // Beside one that counts, one that does not changes nothing by going.
    let both = ask(&[off, team("b", (40.0, -75.0))], "a").unwrap();
    assert_eq!((both.if_gone[0].counts, both.if_gone[0].reached, both.teams), (false, both.now, 1));
}

#[test]
fn when_the_only_team_near_goes_its_people_wait_for_the_far_one_and_the_last_leaves_nobody() {
    // 7 km and 40 km at 30 km/h: 14 and 80 minutes.
    let here = people(&[(40.0, -75.0, 70), (40.36, -75.0, 30)]);
    let teams = [team("near", (40.063, -75.0)), team("far", (40.36, -75.0))];
    let ids = ["near", "far"].map(|id| TeamId::parse(id).unwrap());
    let found = coverage(&here, &teams, &ids, now(), None).unwrap();
    assert_eq!((found.measure, found.now.within), (Measure::StraightLine, [100, 100, 100]));
    assert_eq!(found.if_gone[0].reached, Reached { within: [30, 30, 30], no_way: 0 });
    assert_eq!(found.if_gone[1].reached, Reached { within: [70, 70, 70], no_way: 0 });
    let alone = coverage(&here, &teams[..1], &ids[..1], now(), None).unwrap();
    assert_eq!(alone.if_gone[0].reached, Reached { within: [0, 0, 0], no_way: 100 });
}

proptest! {
    #[test]
    fn by_straight_line_it_is_what_counting_each_pair_gives(
        points in prop::collection::vec((-90.0..=90.0_f64, -180.0..=180.0_f64, 0..1000_i64), 1..40),
        near in prop::collection::vec((39.0..41.0_f64, -76.0..-74.0_f64, 1..1000_i64), 1..40),
        at in prop::collection::vec((39.0..41.0_f64, -76.0..-74.0_f64), 1..8)
    ) {
        let here = people(&[points, near].concat());
        let teams: Vec<Team> = at.iter().enumerate().map(|(number, at)| team(&format!("t{number}"), *at)).collect();
        let ids: Vec<TeamId> = teams.iter().map(|team| team.id.clone()).collect();
        let found = coverage(&here, &teams, &ids, now(), None).unwrap();
        let count = |without: Option<&TeamId>| {
            let mut all = Reached::default();
            for point in here.points() {
                let others = teams.iter().filter(|team| Some(&team.id) != without);
                let least = others.map(|team| straight_millis(distance_m(team.fix.unwrap().position, point.position))).min();
                all.add(point.people, least);
            }
            all
        };
        prop_assert_eq!(found.now, count(None));
        for one in &found.if_gone {
            prop_assert_eq!(one.reached, count(Some(&one.team)));
        }
    }
}
