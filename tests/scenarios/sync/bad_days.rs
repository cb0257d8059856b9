//! Bad days: answers lost, portals, refusals, two phones that change the same thing.

use anydoor_core::api::{AnydoorError, ClosingInput, ItemTruth};
use anydoor_sandbox::server::{Network, Strictness};
use anydoor_tests::World;
use anydoor_tests::proxy::{Fault, Proxy};
use anydoor_tests::visit::met;
use serde_json::json;

type Tested = Result<(), Box<dyn std::error::Error>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_second_copy() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let proxy = Proxy::new(world.server.base_url(), |n, _| if n == 0 { Fault::LoseAnswer } else { Fault::None }).await?;
    let phone = world.phone_at(proxy.base_url(), 0, 0)?;
    let started = phone.on_view(&world)?;
    assert_eq!(phone.client.sync(false).await.unwrap_err(), AnydoorError::Offline);
    assert_eq!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::Sending);
    assert_eq!(phone.client.sync(false).await?.unsent, 0);
    assert_eq!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::AtTheAgency);
    assert_eq!(world.gateway.read(&format!("Task/{}", started.assignment)).await?.version(), Some("1"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_is_no_answer() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let proxy = Proxy::new(world.server.base_url(), |n, _| if n < 3 { Fault::HalfAnswer } else { Fault::None }).await?;
    let phone = world.phone_at(proxy.base_url(), 0, 0)?;
    let started = phone.on_view(&world)?;
    for _ in 0..3 {
        assert!(phone.client.sync(false).await.is_err());
        assert_ne!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::AtTheAgency);
    }
    assert_eq!(phone.client.sync(false).await?.unsent, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captive_portal_is_server_trouble_and_nothing_counts_as_sent() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let proxy = Proxy::new(world.server.base_url(), |n, _| if n < 2 { Fault::Portal } else { Fault::None }).await?;
    let phone = world.phone_at(proxy.base_url(), 0, 0)?;
    let started = phone.on_view(&world)?;
    assert_eq!(phone.client.sync(false).await.unwrap_err(), AnydoorError::ServerTrouble);
    assert_eq!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::OnThisPhone);
    assert_eq!(phone.client.sync(false).await.unwrap_err(), AnydoorError::ServerTrouble);
    assert_eq!(phone.client.sync(false).await?.unsent, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ended_asks_for_sign_in_and_touches_nothing() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let proxy = Proxy::new(world.server.base_url(), |n, _| if n == 0 { Fault::Status(401) } else { Fault::None }).await?;
    let phone = world.phone_at(proxy.base_url(), 0, 0)?;
    let started = phone.on_view(&world)?;
    assert_eq!(phone.client.sync(false).await.unwrap_err(), AnydoorError::SignInAgain);
    assert_eq!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::OnThisPhone);
    assert_eq!(phone.client.sync(false).await?.unsent, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_item_parks_itself_and_the_rest_goes_on() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let (good, bad) = (phone.on_view(&world)?, phone.on_view(&world)?);
    // A reference to a service that the server does not have: strict servers refuse it.
    let nobody = anydoor_core::base::ids::MemberId::fresh().to_string();
    phone.client.set_crew(&bad.assignment, vec![nobody.clone(), world.county.teams[0].crew[0].id.to_string()], None)?;
    let done = phone.client.sync(false).await?;
    let parked = phone.client.needs_you()?;
    assert!(parked.iter().any(|p| p.document == format!("Task/{}", bad.assignment) && p.reason == "refused"), "{parked:?}");
    assert!(parked[0].detail.as_deref().unwrap_or_default().contains(&nobody), "the server's own words are shown");
    assert_eq!(phone.client.assignment(&good.assignment)?.row.truth, ItemTruth::AtTheAgency);
    assert!(done.unsent >= 1);
    let crew = world.county.teams[0].crew.iter().map(|m| m.id.to_string()).collect();
    phone.client.set_crew(&bad.assignment, crew, None)?;
    assert_eq!(phone.client.sync(false).await?.unsent, 0, "{:?}", phone.client.needs_you()?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_teams_ask_for_one_offer_and_one_has_it() -> Tested {
    for behaviour in [Strictness::Strict, Strictness::Hapi] {
        let world = World::new(behaviour).await?;
        let offer = offer(&world).await?;
        let phones = [world.phone(0)?, world.phone(1)?];
        for (index, phone) in phones.iter().enumerate() {
            phone.client.sync(true).await?;
            phone.client.claim(&offer, world.county.teams[index].crew.iter().map(|m| m.id.to_string()).collect(), None)?;
        }
        for phone in &phones {
            phone.client.sync(false).await?;
        }
        assert_eq!(phones[0].client.assignment(&offer)?.row.truth, ItemTruth::AskedFor);
        assert_eq!(phones[1].client.needs_you()?[0].reason, "taken-by-other");
        let owner = world.gateway.read(&format!("Task/{offer}")).await?;
        assert_eq!(owner.text("/owner/reference"), Some(format!("CareTeam/{}", world.county.teams[0].id).as_str()));
        assert_eq!(phones[1].client.assignment(&offer)?.row.team, Some(world.county.teams[0].id.to_string()));
    }
    Ok(())
}

async fn offer(world: &World) -> Result<String, Box<dyn std::error::Error>> {
    let order = json!({ "resourceType": "Bundle", "type": "collection", "entry": [{ "resource": { "resourceType": "ServiceRequest", "id": "r",
        "status": "active", "intent": "order", "identifier": [{ "system": "urn:988", "value": "1" }], "code": { "text": "wants to talk" },
        "authoredOn": "2026-11-23T05:00:00Z", "subject": { "display": "unnamed" } } }] });
    Ok(world.gateway.receive_988(order.to_string().as_bytes(), None).await?.assignment.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_phones_changed_is_kept_whole_for_a_person() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let (ana, ben) = (world.phone_at(world.server.base_url(), 0, 0)?, world.phone_at(world.server.base_url(), 0, 1)?);
    let started = ana.on_view(&world)?;
    let visit = ana.client.assignment(&started.assignment)?.visits[0].visit.clone();
    ana.client.sync(false).await?;
    ben.client.sync(true).await?;
    let closing = |how: &str, whereabouts: &str| ClosingInput::Met {
        whereabouts: whereabouts.into(),
        travel: "none".into(),
        legal: "voluntary".into(),
        how: how.into(),
    };
    ana.client.close_visit(&started.assignment, &visit, closing("stabilised", "stayed"))?;
    ben.client.close_visit(&started.assignment, &visit, closing("referred", "crisis-centre"))?;
    ana.client.sync(false).await?;
    ben.client.sync(false).await?;
    // Ana's is at the agency; Ben's is on Ben's phone, in sight, and overwrote nothing.
    let there = world.gateway.read(&format!("Encounter/{visit}")).await?;
    assert!(there.to_text().contains("stabilised") && !there.to_text().contains("crisis-centre"));
    let held = ben.client.needs_you()?;
    assert_eq!((held.len(), held[0].reason.as_str()), (1, "changed-elsewhere"));
    assert!(ben.client.export(&format!("Encounter/{visit}"))?.contains("crisis-centre"));
    let both = ben.client.conflict(held[0].item)?;
    assert!(both.ours.contains("crisis-centre") && both.theirs.contains("stabilised"));
    assert_eq!(both.elements, ["extension(urn:anydoor:1:closing)"]);
    ben.client.keep_ours(held[0].item)?;
    assert_eq!(ben.client.sync(false).await?.unsent, 0, "{:?}", ben.client.needs_you()?);
    let decided = world.gateway.read(&format!("Encounter/{visit}")).await?.to_text();
    assert!(decided.contains("crisis-centre") && !decided.contains("stabilised"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_decide_for_theirs_and_our_change_ends() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let (ana, ben) = (world.phone_at(world.server.base_url(), 0, 0)?, world.phone_at(world.server.base_url(), 0, 1)?);
    let started = ana.on_view(&world)?;
    let visit = ana.client.assignment(&started.assignment)?.visits[0].visit.clone();
    ana.client.sync(false).await?;
    ben.client.sync(true).await?;
    ana.client.close_visit(&started.assignment, &visit, met("stabilised"))?;
    ben.client.close_visit(&started.assignment, &visit, met("declined"))?;
    ana.client.sync(false).await?;
    ben.client.sync(false).await?;
    let item = ben.client.needs_you()?[0].item;
    ben.client.keep_theirs(item)?;
    assert!(ben.client.needs_you()?.is_empty());
    assert_eq!(ben.client.assignment(&started.assignment)?.visits[0].closed.as_deref(), Some("stabilised"));
    assert_eq!(ben.client.sync(false).await?.unsent, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phones_of_one_crew_tap_offline_and_agree_when_both_have_synced() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let (ana, ben) = (world.phone_at(world.server.base_url(), 0, 0)?, world.phone_at(world.server.base_url(), 0, 1)?);
    let started = ana.on_view(&world)?;
    ana.client.sync(false).await?;
    ben.client.sync(true).await?;
    ana.client.tap(&started.assignment, "en-route", "")?;
    ben.client.tap(&started.assignment, "on-scene", "")?;
    for phone in [&ana, &ben, &ana, &ben] {
        assert_eq!(phone.client.sync(false).await?.unsent, 0, "{:?}", phone.client.needs_you()?);
    }
    for phone in [&ana, &ben] {
        let screen = phone.client.assignment(&started.assignment)?;
        assert_eq!((screen.row.state.as_str(), screen.stamps.len()), ("on-scene", 2));
    }
    let task = world.gateway.read(&format!("Task/{}", started.assignment)).await?;
    assert_eq!(task.text("/businessStatus/coding/0/code"), Some("on-scene"));
    Ok(())
}

/// A normal visit: both partners tap, offline, what both see; nobody has to decide anything afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn two_partners_who_tap_contact_offline_get_no_card() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let (ana, ben) = (world.phone_at(world.server.base_url(), 0, 0)?, world.phone_at(world.server.base_url(), 0, 1)?);
    let started = ana.on_view(&world)?;
    ana.client.sync(true).await?;
    ben.client.sync(true).await?;
    for (phone, moved) in [(&ana, 0.02), (&ben, 0.03)] {
        for kind in ["en-route", "on-scene", "contact"] {
            phone.client.tap(&started.assignment, kind, "")?;
        }
        phone.client.report_position(39.96 + moved, -83.0, 5.0)?;
    }
    let visit = ben.client.assignment(&started.assignment)?.visits[0].visit.clone();
    ben.client.close_visit(&started.assignment, &visit, met("stabilised"))?;
    for phone in [&ana, &ben, &ana, &ben] {
        let report = phone.client.sync(false).await?;
        assert_eq!((report.unsent, phone.client.needs_you()?), (0, vec![]));
    }
    let there = world.gateway.read(&format!("Encounter/{visit}")).await?;
    assert_eq!(there.text("/status"), Some("finished"));
    let (anas, bens) = (anydoor_tests::sides::ours(&ana, &there.reference())?, anydoor_tests::sides::ours(&ben, &there.reference())?);
    assert!(there.same_meaning(&anas) && there.same_meaning(&bens));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_escalation_goes_before_everything_and_is_sent_only_with_the_servers_version() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let started = phone.on_view(&world)?;
    phone.client.sync(false).await?;
    world.server.network().set(Network::Down);
    let asked = phone.escalate(&started.assignment)?;
    assert_eq!((asked.state.as_str(), asked.copies), ("on-phone", 2));
    assert!(phone.client.sync(false).await.is_err());
    assert_eq!(phone.lifeline.escalations()[0].state, "on-phone");
    // It opens and goes while the work database is closed.
    phone.client.pause()?;
    world.server.network().set(Network::Up);
    let _ = phone.client.sync(false).await;
    assert_eq!(phone.lifeline.escalations()[0].state, "sent");
    assert_eq!(world.gateway.read(&format!("Task/{}", asked.id)).await?.text("/status"), Some("requested"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn work_survives_a_phone_that_is_dropped_and_opened_again() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let started = phone.on_view(&world)?;
    let draft = phone.client.save_draft("", &started.incident, &started.person, "half a sent".into())?;
    let (config, key) = (phone.config.clone(), phone.key.clone());
    let copy = tempfile::tempdir()?;
    // As a crash leaves it: the files as they are on disk now, nothing closed.
    for entry in std::fs::read_dir(phone.folder())? {
        let entry = entry?;
        std::fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
    }
    let config = anydoor_core::api::Config { folder: copy.path().to_string_lossy().into_owned(), ..config };
    let again = anydoor_core::api::Anydoor::open(config, key, None)?;
    let screen = again.assignment(&started.assignment)?;
    assert_eq!(screen.notes[0].text, "half a sent");
    assert_eq!((screen.notes[0].id.as_str(), screen.row.truth), (draft.as_str(), ItemTruth::OnThisPhone));
    again.sync(false).await?;
    assert_eq!(again.assignment(&started.assignment)?.row.truth, ItemTruth::AtTheAgency);
    Ok(())
}
