//! By road, on phones: the near bank is not the quick one, and a bridge that a lead closes is closed for everybody.

use std::sync::Arc;

use anydoor_core::api::{Anydoor, AnydoorError, NeedsInput, SceneInput, TeamRow};
use anydoor_core::base::Position;
use anydoor_core::base::ids::OrganizationId;
use anydoor_core::fhir;
use anydoor_core::http::NoToken;
use anydoor_core::http::Timeouts;
use anydoor_core::team::jurisdiction::LocalRule;
use anydoor_core::team::{Fix, Jurisdiction};
use anydoor_sandbox::roads::Pack;
use anydoor_sandbox::server::Strictness;
use anydoor_tests::{Phone, Who, World};

/// A world whose second team stands across the river from the scene, and whose third stands far along its bank.
async fn on_both_banks() -> (World, Pack, (f64, f64)) {
    let mut world = World::new(Strictness::Strict).await.unwrap();
    let junction = |row: usize, column: usize| world.county.junctions[row * 24 + column].position;
    let (scene, across, along) = (junction(12, 12), junction(12, 11), junction(12, 16));
    for (team, position) in world.county.teams.iter_mut().take(3).zip([along, across, along]) {
        team.fix = Some(Fix { position, at: anydoor_core::base::clock::Instant::now(), accuracy_m: 5.0 });
    }
    let places: Vec<_> =
        world.county.teams.iter().take(3).filter_map(|team| fhir::team::write_position(team, world.county.agency.as_str())).collect();
    world.gateway.write("where the teams are", &places).await.unwrap();
    let pack = Pack::of(&world.county).unwrap();
    (world, pack, (scene.latitude(), scene.longitude()))
}

fn phone(world: &World, team: usize, lead: bool) -> Phone {
    Phone::new(&world.county, world.server.base_url(), Who { team, lead, ..Who::default() }, Arc::new(NoToken), Timeouts::default())
        .unwrap()
}

fn rows(client: &Anydoor, (latitude, longitude): (f64, f64)) -> Vec<TeamRow> {
    let scene = SceneInput { latitude, longitude, accuracy_m: None };
    client.nearest_teams(scene, NeedsInput::default(), 5, "en-GB").unwrap().teams
}

fn can_go(client: &Anydoor, scene: (f64, f64)) -> Vec<TeamRow> {
    rows(client, scene).into_iter().filter(|row| row.can_go).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_near_bank_is_not_the_quick_one_and_each_row_says_why() {
    let (world, pack, scene) = on_both_banks().await;
    let Phone { client, .. } = &phone(&world, 0, false);
    client.sync(true).await.unwrap();
    let across = world.county.teams[1].id.to_string();
    assert_eq!(can_go(client, scene)[0].team, across, "by straight line it is the one across the river");
    assert_eq!(can_go(client, scene)[0].by_road_s, None);
    assert_eq!(client.roads(), None);

    let opened = client.open_roads(pack.path.to_string_lossy().into_owned()).unwrap();
    assert_eq!(opened.attribution, "Alder County, fictional");
    let by_road = can_go(client, scene);
    let last = by_road.last().unwrap();
    assert_eq!(last.team, across);
    assert!(last.by_road_s.unwrap() > 2 * by_road[0].by_road_s.unwrap(), "{by_road:?}");
    assert!(by_road[0].least_s.unwrap() <= by_road[0].by_road_s.unwrap() && by_road[0].by_road_s.unwrap() <= by_road[0].most_s.unwrap());
    assert!(by_road[0].reasons[0].words.starts_with("By road "), "{:?}", by_road[0].reasons);

    let route = client.route(&across, scene.0, scene.1).unwrap().unwrap();
    assert_eq!(route.streets, ["Alder Bridge"]);
    assert_eq!(route.seconds, last.by_road_s.unwrap());
    let layers = client.map_lines(scene.0 - 0.2, scene.1 - 0.2, scene.0 + 0.2, scene.1 + 0.2, 5.0).unwrap();
    let lines: usize = layers.iter().map(|layer| layer.counts.len()).sum();
    assert_eq!(lines as u32, opened.streets);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_a_lead_closes_is_closed_on_every_phone_until_it_is_opened() {
    let (world, pack, scene) = on_both_banks().await;
    let (lead, other) = (phone(&world, 0, true), phone(&world, 2, false));
    let (lead, other) = (&lead.client, &other.client);
    for client in [lead, other] {
        client.sync(true).await.unwrap();
        client.open_roads(pack.path.to_string_lossy().into_owned()).unwrap();
    }
    let across = world.county.teams[1].id.to_string();
    let seconds = |client: &Anydoor| can_go(client, scene).into_iter().find(|row| row.team == across).unwrap().by_road_s;
    let before = seconds(lead).unwrap();

    // Across the northern and the southern bridge in turn: rows 5 and 19, between columns 11 and 12.
    let stroke = |row: usize| {
        let (a, b) = (world.county.junctions[row * 24 + 11].position, world.county.junctions[row * 24 + 12].position);
        let middle = (a.longitude() + b.longitude()) / 2.0;
        vec![a.latitude() - 0.001, middle, a.latitude() + 0.001, middle]
    };
    let refused = other.close_road(stroke(5), "bridge out".into(), None).unwrap_err();
    assert_eq!(refused, AnydoorError::NotAllowed { why: "lead".into() });
    let ids = [5, 19].map(|row| lead.close_road(stroke(row), "bridge out".into(), None).unwrap());
    assert_eq!(seconds(lead), None, "no bridge is left");
    let reasons = can_go(lead, scene).into_iter().find(|row| row.team == across).unwrap().reasons;
    assert_eq!(reasons[0].code, "no-way");
    assert_eq!(seconds(other), Some(before), "it has not heard of it yet");

    lead.sync(true).await.unwrap();
    other.sync(true).await.unwrap();
    assert_eq!((seconds(other), other.closures().unwrap().len()), (None, 2));

    for id in &ids {
        lead.reopen_road(id).unwrap();
    }
    lead.sync(true).await.unwrap();
    other.sync(true).await.unwrap();
    assert_eq!((seconds(lead), seconds(other)), (Some(before), Some(before)));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_two_must_go_in_person_a_team_of_one_is_left_out_with_its_reason() {
    let (world, _pack, scene) = on_both_banks().await;
    let Phone { client, .. } = &phone(&world, 0, false);
    let mut alone = world.county.teams[1].clone();
    alone.crew.truncate(1);
    let at = |north: f64, east: f64| Position::new(scene.0 + north, scene.1 + east).unwrap();
    let nation = Jurisdiction {
        area: "nation".into(),
        name: "A nation".into(),
        tribal: true,
        outlines: vec![vec![vec![at(-0.01, -0.01), at(-0.01, 0.01), at(0.01, 0.01), at(0.01, -0.01)]]],
        two_in_person: true,
        psap: Some(OrganizationId::parse("psap-2").unwrap()),
        centre: None,
        neighbour: None,
        rules: vec![(LocalRule::Hold, "an officer of the nation".into())],
    };
    let mut documents = fhir::team::write(&alone, world.county.agency.as_str());
    documents.push(fhir::jurisdictions::write("jurisdictions", &[nation]));
    world.gateway.write("a nation and a team of one", &documents).await.unwrap();
    client.sync(true).await.unwrap();
    let row = |at: (f64, f64)| rows(client, at).into_iter().find(|row| row.team == alone.id.as_str()).unwrap();
    let inside = row(scene);
    assert!(!inside.can_go && inside.reasons[0].code == "lacks-must:full-crew", "{inside:?}");
    assert!(row((scene.0 + 0.05, scene.1)).can_go);
    let at = SceneInput { latitude: scene.0, longitude: scene.1, accuracy_m: Some(50.0) };
    let screen = client.nearest_teams(at, NeedsInput::default(), 0, "en-US").unwrap();
    let here = screen.jurisdiction.unwrap();
    assert_eq!((here.name.as_str(), here.psap.as_deref(), here.rules[0].code.as_str()), ("A nation", Some("psap-2"), "hold"));
    assert!(
        screen.otherwise.iter().any(|row| row.words == "Alder County Mobile Crisis stays on the phone meanwhile"),
        "{:?}",
        screen.otherwise
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_leave_out_or_rank_and_one_that_is_not_known_is_refused() {
    let (world, _pack, (latitude, longitude)) = on_both_banks().await;
    let Phone { client, .. } = &phone(&world, 0, false);
    client.sync(true).await.unwrap();
    let scene = SceneInput { latitude, longitude, accuracy_m: None };
    let ask = |must: &[&str], prefer: &[&str]| {
        let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        client.nearest_teams(scene, NeedsInput { must: all(must), prefer: all(prefer), urgency: Some("urgent".into()) }, 5, "en")
    };
    let medical = world.county.teams[1].id.as_str();
    let able: Vec<TeamRow> = ask(&["medical", "full-crew"], &[]).unwrap().teams.into_iter().filter(|row| row.can_go).collect();
    assert_eq!(able.iter().map(|row| row.team.as_str()).collect::<Vec<_>>(), [medical]);
    let known = format!("known-{}", world.county.teams[2].id);
    assert_eq!(ask(&[], &[&known]).unwrap().teams[0].team, world.county.teams[2].id.as_str());
    let spanish = ask(&[], &["language-es"]).unwrap().teams;
    assert!(spanish[0].reasons.iter().any(|reason| reason.code == "meets:language-es"), "{spanish:?}");
    assert!(matches!(ask(&["teleport"], &[]), Err(AnydoorError::Invalid { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_that_is_none_is_refused_and_the_one_that_was_open_stays() {
    let (world, pack, scene) = on_both_banks().await;
    let phone = phone(&world, 0, false);
    let client = &phone.client;
    client.sync(true).await.unwrap();
    client.open_roads(pack.path.to_string_lossy().into_owned()).unwrap();
    let before = can_go(client, scene);
    let bytes = std::fs::read(&pack.path).unwrap();
    let open = |bytes: &[u8]| {
        let path = phone.folder().join("bad.roads");
        std::fs::write(&path, bytes).unwrap();
        client.open_roads(path.to_string_lossy().into_owned())
    };
    let mut other_version = bytes.clone();
    other_version[8] = 9;
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    for (bad, said) in [
        (&bytes[..bytes.len() / 2], "bytes and has"),
        (b"".as_slice(), "not a road pack"),
        (b"anyroads".as_slice(), "not a road pack"),
        (other_version.as_slice(), "format 9"),
        (flipped.as_slice(), "damaged"),
    ] {
        let Err(AnydoorError::Invalid { what }) = open(bad) else { panic!("{said}") };
        assert!(what.contains(said), "{what}");
    }
    assert!(matches!(client.open_roads("/nowhere/at.all".into()), Err(AnydoorError::NotFound { .. })));
    assert_eq!(can_go(client, scene), before);
    assert!(can_go(client, (0.0, -30.0)).iter().all(|row| row.by_road_s.is_none() && row.reasons[0].code == "off-the-map"));
}
