//! One incident through both doors, and what goes out through them.

use anydoor_core::acts::receive::{Receiver, receive};
use anydoor_core::api::ObservedInput;
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
async fn the_call_taker_gets_what_help_needs_and_the_sender_alone_sees_what_was_withheld() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let team = world.county.teams[0].id.clone();
    let taken = world.gateway.receive_988(call("b", "tel:+12155550177").order().to_string().as_bytes(), Some(&team)).await?;
    let phone = world.phone(0)?;
    phone.client.sync(true).await?;
    let labels: Vec<String> = phone.client.assignment(taken.assignment.as_str())?.facts.into_iter().map(|f| f.label).collect();
    assert!(labels.contains(&"part2".to_owned()) && labels.contains(&"said-988".to_owned()));
    let seen =
        ObservedInput { kind: "breathing".into(), text: "breathes fast, lips blue".into(), danger_to_life: true, ..Default::default() };
    phone.client.observe(taken.assignment.as_str(), seen)?;
    let called = phone.escalate(taken.assignment.as_str())?;
    phone.client.sync(false).await?;
    let reports = world.gateway.search(&format!("DocumentReference?related=Task/{}", taken.assignment)).await?;
    let report = |kind: &str| {
        let found = reports.iter().find(|report| report.to_text().contains(&format!("\"{kind}\""))).ok_or("a report")?;
        // As its receiver reads it, and every byte of what holds it.
        let bytes = fhir::incident::received_bytes(found).ok_or("bytes")?;
        Ok::<_, Box<dyn std::error::Error>>(format!("{}{}", String::from_utf8(bytes)?, found.to_text()))
    };
    let (thin, full) = (report("brief-911")?, report("brief-ems")?);
    assert!(thin.contains("lips blue") && thin.contains("88 Quarry Rd") && thin.contains("+12155550177"), "what help needs");
    assert!(thin.contains("crisis.alder.example"), "the agency's own name, from its own table");
    for never in ["cannot breathe for fear", "Part 2", "Whitaker", "panic", "part2", "said-988", "withheld", "urn:988"] {
        assert!(!thin.contains(never), "{never}: {thin}");
    }
    assert!(full.contains("cannot breathe for fear") && full.contains("lips blue") && !full.contains("Part 2 programme"), "{full}");
    assert!(!full.contains("withheld") && !full.contains("part2"), "{full}");

    let out = phone.client.disclosures(taken.assignment.as_str())?;
    let of = |to: &str| out.iter().find(|one| one.to == to).ok_or("an account");
    let reasons: Vec<&str> = of("psap-police-read")?.withheld.iter().map(|one| one.reason.as_str()).collect();
    assert!(reasons.contains(&"part2-police") && reasons.contains(&"not-needed"), "{reasons:?}");
    assert!(of("ems")?.withheld.iter().any(|one| one.reason == "part2"));
    assert!(out.iter().all(|one| one.at.is_some() && !one.told.is_empty()), "{out:?}");

    // One document per kind of recipient as inputs of the call's Task, named and not referred to.
    let task = world.gateway.read(&format!("Task/{}", called.id)).await?;
    let inputs = task.list("/input").iter().filter(|input| input.pointer("/valueReference/identifier/value").is_some()).count();
    assert_eq!(inputs, 2);
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
