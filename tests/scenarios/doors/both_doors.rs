//! One incident through both doors, and what goes out through them.

use anydoor_core::acts::receive::{Receiver, receive};
use anydoor_core::base::Position;
use anydoor_core::base::ids::MemberId;
use anydoor_core::door::eido;
use anydoor_core::fhir;
use anydoor_core::incident::{FactKind, Place, Urgency};
use anydoor_core::records::Memory;
use anydoor_sandbox::desks::{Call, Told};
use anydoor_sandbox::server::Strictness;
use anydoor_tests::World;

type Tested = Result<(), Box<dyn std::error::Error>>;

fn call(number: &str, callback: &str) -> Call {
    let now = anydoor_core::base::clock::Instant::now();
    Call {
        number: number.into(),
        first_contact: now,
        determined: now,
        headline: "panic, cannot calm down".into(),
        urgency: Urgency::Urgent,
        place: Place { address: Some("88 Quarry Rd".into()), position: Position::new(40.1, -75.3).ok(), ..Place::default() },
        people: vec![Told { name: Some(("Grace".into(), "Whitaker".into())), ..Told::default() }],
        callback: Some(callback.into()),
        said: vec![(FactKind::Complaint, "cannot breathe for fear".into())],
        part2: Some("in treatment at a Part 2 programme".into()),
    }
}

fn receiver(world: &World) -> Receiver {
    Receiver { member: MemberId::derived("gateway"), agency: world.county.agency.clone(), now: anydoor_core::base::clock::Instant::now() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_through_both_doors_is_proposed_joined_only_by_word_and_parted_again() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let team = world.county.teams[0].id.clone();
    let cad = world.gateway.receive_911(call("a", "tel:+12155550177").eido().to_string().as_bytes(), Some(&team)).await?;
    let c988 = world.gateway.receive_988(call("b", "tel:+12155550177").order().to_string().as_bytes(), Some(&team)).await?;
    let phone = world.phone(0)?;
    phone.client.sync(true).await?;
    let proposed = phone.client.same_incident(cad.incident.id.as_str(), "en")?;
    assert_eq!(proposed.iter().map(|p| p.other.as_str()).collect::<Vec<_>>(), [c988.incident.id.as_str()]);
    assert!(phone.client.everything()?.iter().all(|r| !r.starts_with("Linkage/")), "a likeness joins nothing");
    let before = phone.client.assignment(c988.assignment.as_str())?;
    let join = phone.client.join(cad.incident.id.as_str(), c988.incident.id.as_str(), cad.assignment.as_str())?;
    phone.client.sync(false).await?;
    let linkage = world.gateway.read(&format!("Linkage/{join}")).await?;
    assert_eq!(fhir::join::members(&linkage), [cad.incident.id.clone(), c988.incident.id.clone()]);
    phone.client.undo_join(&join, cad.assignment.as_str())?;
    phone.client.sync(false).await?;
    assert!(fhir::join::members(&world.gateway.read(&format!("Linkage/{join}")).await?).is_empty());
    let after = phone.client.assignment(c988.assignment.as_str())?;
    assert_eq!((before.people, before.facts, before.row.state), (after.people, after.facts, after.row.state));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_that_get_the_same_document_write_the_same_resources() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let bytes = call("a", "tel:+12155550177").eido().to_string();
    let nothing = Memory::default();
    let take = || receive(&nothing, eido::read(bytes.as_bytes()).unwrap(), None, &receiver(&world));
    let (one, other) = (take()?, take()?);
    let references = |plan: &anydoor_core::acts::Plan| plan.writes.iter().map(|w| w.document.reference()).collect::<Vec<_>>();
    assert_eq!(references(&one.plan), references(&other.plan));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_taker_gets_no_part_2_fact_and_the_phone_says_what_was_withheld() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let team = world.county.teams[0].id.clone();
    let taken = world.gateway.receive_988(call("b", "tel:+12155550177").order().to_string().as_bytes(), Some(&team)).await?;
    let phone = world.phone(0)?;
    phone.client.sync(true).await?;
    let labels: Vec<String> = phone.client.assignment(taken.assignment.as_str())?.facts.into_iter().map(|f| f.label).collect();
    assert!(labels.contains(&"part2".to_owned()) && labels.contains(&"call".to_owned()));
    phone.escalate(taken.assignment.as_str())?;
    phone.client.sync(false).await?;
    let report = world.gateway.search(&format!("DocumentReference?related=Task/{}", taken.assignment)).await?.remove(0);
    let text = String::from_utf8(fhir::incident::received_bytes(&report).unwrap())?;
    assert!(text.contains("cannot breathe for fear") && !text.contains("Part 2 programme"));
    let withheld: Vec<_> =
        fhir::element::extensions(report.value(), "withheld").filter_map(|e| fhir::element::part_text(e, "reason", "valueCode")).collect();
    assert_eq!(withheld, ["part2-police"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_document_leaves_nothing_behind() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let good = call("a", "tel:+12155550177").eido().to_string();
    for bytes in [&good.as_bytes()[..good.len() / 2], b"{}", b"[]", b"{\"incidentComponent\":7}"] {
        assert!(world.gateway.receive_911(bytes, None).await.is_err());
    }
    assert!(world.gateway.search("ServiceRequest?_count=10").await?.is_empty());
    Ok(())
}
