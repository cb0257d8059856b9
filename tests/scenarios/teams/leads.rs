//! For leads and paramedics: coverage if a team goes, and planned visits in a good order, on phones.

use std::sync::Arc;

use anydoor_core::api::{Anydoor, AnydoorError, CoverageScreen, PlannedVisitInput, ReachedRow, RoundInput};
use anydoor_core::base::Position;
use anydoor_core::base::clock::Instant;
use anydoor_core::fhir;
use anydoor_core::http::NoToken;
use anydoor_core::http::Timeouts;
use anydoor_core::planning::coverage::{PeoplePoint, Population};
use anydoor_core::roads::{Closed, Roads};
use anydoor_core::team::Fix;
use anydoor_sandbox::roads::Pack;
use anydoor_sandbox::server::Strictness;
use anydoor_tests::{Phone, Who, World};

/// A county whose first two teams stand on the two banks, and the lead's phone.
async fn led() -> (World, Pack, Phone) {
    let mut world = World::new(Strictness::Strict).await.unwrap();
    for (team, column) in world.county.teams.iter_mut().take(3).zip([4, 20, 6]) {
        let position = world.county.junctions[12 * 24 + column].position;
        team.fix = Some(Fix { position, at: Instant::now(), accuracy_m: 5.0 });
    }
    let places: Vec<_> =
        world.county.teams.iter().take(3).filter_map(|team| fhir::team::write_position(team, world.county.agency.as_str())).collect();
    world.gateway.write("where the teams are", &places).await.unwrap();
    let pack = Pack::of(&world.county).unwrap();
    let who = Who { lead: true, ..Who::default() };
    let phone = Phone::new(&world.county, world.server.base_url(), who, Arc::new(NoToken), Timeouts::default()).unwrap();
    phone.client.sync(true).await.unwrap();
    (world, pack, phone)
}

fn ask(client: &Anydoor, world: &World) -> CoverageScreen {
    client.coverage_if_gone(world.county.teams.iter().map(|team| team.id.to_string()).collect(), "es").unwrap()
}

fn people(row: &ReachedRow) -> Vec<u64> {
    row.within.iter().map(|within| within.people).chain([row.no_way]).collect()
}

/// The same figures by asking for the way of each team to each place, one by one.
fn one_by_one(world: &World, roads: &Roads, gone: Option<usize>) -> Vec<u64> {
    let spot = |at: Position| roads.snap(at, 2_000.0).unwrap().unwrap();
    let teams: Vec<_> =
        (0..3).filter(|team| Some(*team) != gone).map(|team| spot(world.county.teams[team].fix.unwrap().position)).collect();
    let mut all = vec![0, 0, 0, 0];
    for point in world.county.population().unwrap().points() {
        let times = roads.times(&spot(point.position), &teams, &Closed::default()).unwrap();
        match times.into_iter().flatten().min() {
            None => all[3] += u64::from(point.people),
            Some(millis) => {
                for (count, minutes) in all.iter_mut().zip([15, 30, 60]) {
                    *count += if millis <= minutes * 60_000 { u64::from(point.people) } else { 0 };
                }
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_team_of_a_bank_leaves_its_people_uncovered_and_another_does_not() {
    let (world, pack, phone) = led().await;
    let client = &phone.client;
    let straight = ask(client, &world);
    assert_eq!((straight.measure.code.as_str(), straight.attribution.as_deref()), ("straight-line", None));
    assert!(straight.measure.words.contains("30 km/h"), "{}", straight.measure.words);

    client.open_roads(pack.path.to_string_lossy().into_owned()).unwrap();
    let found = ask(client, &world);
    let roads = Roads::open(std::fs::read(&pack.path).unwrap()).unwrap();
    assert_eq!((found.measure.code.as_str(), found.attribution.as_deref()), ("by-road", Some("Alder County, fictional")));
    assert_eq!(
        (found.teams, found.people, people(&found.now)),
        (3, world.county.population().unwrap().people(), one_by_one(&world, &roads, None))
    );
    for (number, gone) in found.if_gone.iter().enumerate().take(3) {
        assert_eq!((gone.counts, people(&gone.reached)), (true, one_by_one(&world, &roads, Some(number))));
    }
    let within_15 = |row: &ReachedRow| row.within[0].share;
    let [west, east, west_too, off] = [0, 1, 2, 3].map(|number| found.if_gone[number].clone());
    assert!(within_15(&east.reached) < within_15(&west.reached).min(within_15(&west_too.reached)), "{found:?}");
    assert_eq!((off.counts, off.reached), (false, found.now));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_behind_closed_bridges_are_counted_as_not_reached() {
    let (world, pack, phone) = led().await;
    let client = &phone.client;
    client.open_roads(pack.path.to_string_lossy().into_owned()).unwrap();
    for row in [5, 19] {
        let (a, b) = (world.county.junctions[row * 24 + 11].position, world.county.junctions[row * 24 + 12].position);
        let middle = (a.longitude() + b.longitude()) / 2.0;
        client.close_road(vec![a.latitude() - 0.001, middle, a.latitude() + 0.001, middle], "bridge out".into(), None).unwrap();
    }
    let found = ask(client, &world);
    let all = world.county.population().unwrap();
    let on_the_east: u64 = all
        .points()
        .iter()
        .zip(&world.county.junctions)
        .filter(|(_, junction)| junction.east)
        .map(|(point, _)| u64::from(point.people))
        .sum();
    assert_eq!((found.now.no_way, found.if_gone[1].reached.no_way), (0, on_the_east));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_people_or_with_a_team_that_nobody_knows_the_answer_is_a_typed_error() {
    let (world, _pack, phone) = led().await;
    let client = &phone.client;
    let refused = |teams: &[&str]| client.coverage_if_gone(teams.iter().map(|id| (*id).to_owned()).collect(), "en").unwrap_err();
    assert_eq!(refused(&["nobody"]), AnydoorError::NotFound { what: "team".into() });
    assert_eq!(refused(&["no id at all!"]), AnydoorError::Invalid { what: "id".into() });
    let offline = Phone::new(&world.county, "http://127.0.0.1:9/fhir", Who::default(), Arc::new(NoToken), Timeouts::default()).unwrap();
    assert_eq!(offline.client.coverage_if_gone(Vec::new(), "en").unwrap_err(), AnydoorError::NotFound { what: "population".into() });
    // A newer table that nobody can read leaves the figures that stand.
    let before = client.coverage_if_gone(Vec::new(), "en").unwrap().people;
    let one = Population::new("s", vec![PeoplePoint::new(40.0, -75.0, 5).unwrap()]).unwrap();
    let mut bad = fhir::population::write("newer-people", &one);
    let content = bad.value()["content"].clone();
    bad.set("content", serde_json::json!([{ "contentType": content[0]["contentType"], "data": "eyJ2ZXJzaW9uIjoyfQ==" }]));
    world.gateway.write("a table of a later release", &[bad]).await.unwrap();
    client.sync(true).await.unwrap();
    assert_eq!(client.coverage_if_gone(Vec::new(), "en").unwrap().people, before);
}

fn visit(world: &World, id: &str, (row, column): (usize, usize), window: Option<(&str, &str)>) -> PlannedVisitInput {
    let at = world.county.junctions[row * 24 + column].position;
    PlannedVisitInput {
        id: id.into(),
        latitude: at.latitude(),
        longitude: at.longitude(),
        opens: window.map(|(opens, _)| format!("2026-11-23T{opens}:00Z")),
        closes: window.map(|(_, closes)| format!("2026-11-23T{closes}:00Z")),
        takes_s: 1_800,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planned_visits_cross_the_river_once_where_the_straight_line_would_go_to_and_fro() {
    let (world, pack, phone) = led().await;
    let client = &phone.client;
    let start = world.county.junctions[12 * 24 + 4].position;
    let visits = vec![
        visit(&world, "west, half-way", (12, 11), None),
        visit(&world, "east, half-way", (12, 12), None),
        visit(&world, "west, north", (6, 9), None),
        visit(&world, "east, north", (5, 13), None),
        visit(&world, "over", (20, 20), Some(("14:00", "14:05"))),
    ];
    let asked = RoundInput {
        latitude: start.latitude(),
        longitude: start.longitude(),
        from: "2026-11-23T14:00:00Z".into(),
        end_latitude: None,
        end_longitude: None,
        until: None,
        visits,
    };
    let plan = |asked: &RoundInput| client.plan_round(asked.clone(), "en").unwrap();
    let straight = plan(&asked);
    assert_eq!((straight.measure.code.as_str(), straight.best), ("straight-line", true));
    client.open_roads(pack.path.to_string_lossy().into_owned()).unwrap();
    let round = plan(&asked);
    let order: Vec<&str> = round.stops.iter().map(|stop| stop.id.as_str()).collect();
    assert_eq!(order, ["west, half-way", "west, north", "east, north", "east, half-way"]);
    assert_ne!(straight.stops.iter().map(|stop| stop.id.as_str()).collect::<Vec<_>>(), order);
    assert_eq!((round.left_out[0].id.as_str(), round.left_out[0].reason.code.as_str()), ("over", "too-late"));
    assert_eq!(round.attribution.as_deref(), Some("Alder County, fictional"));
    let driven: u64 = round.stops.iter().map(|stop| stop.drive_s).sum();
    assert!(driven.abs_diff(round.driven_s) <= round.stops.len() as u64, "{round:?}");

    let refused = |change: &dyn Fn(&mut RoundInput)| {
        let mut asked = asked.clone();
        change(&mut asked);
        client.plan_round(asked, "en").unwrap_err()
    };
    let invalid = |what: &str| AnydoorError::Invalid { what: what.into() };
    assert_eq!(refused(&|asked| asked.latitude = f64::NAN), invalid("position"));
    assert_eq!(refused(&|asked| asked.end_latitude = Some(40.0)), invalid("position"));
    assert_eq!(refused(&|asked| asked.from = "noon".into()), invalid("time"));
    assert_eq!(refused(&|asked| asked.visits = vec![asked.visits[0].clone(); 61]), invalid("visits-too-many"));
    assert_eq!(refused(&|asked| asked.visits = vec![asked.visits[0].clone(); 2]), invalid("visit-twice"));
    assert_eq!(refused(&|asked| asked.latitude = 0.0), AnydoorError::NotFound { what: "road".into() });
}
