//! The doors: EIDO with its XML, and 988 orders. What is read keeps every byte, goes on as records, and comes back.

use std::collections::BTreeSet;

use anydoor_core::acts::receive::{Receiver, receive};
use anydoor_core::base::ids::{MemberId, OrganizationId};
use anydoor_core::door::{Agency, Arrival, eido};
use anydoor_core::fhir::{self, Document, order};
use anydoor_core::incident::Identifier;
use anydoor_core::records::Memory;
use anydoor_core::sharing::Packet;
use serde_json::json;

use crate::mangle::{json_bytes, mangles, text_bytes};
use crate::{fuzz, seeds};

fn receiver() -> Receiver {
    Receiver {
        member: MemberId::parse("gateway").unwrap(),
        agency: OrganizationId::parse("agency").unwrap(),
        now: "2026-11-23T05:00:00Z".parse().unwrap(),
    }
}

/// What arrived is kept whole, and says the same once it is FHIR.
fn goes_on(arrival: Arrival, bytes: &[u8]) {
    assert_eq!(arrival.received.bytes, bytes);
    let ids: BTreeSet<_> = arrival.incident.facts.iter().map(|fact| &fact.id).collect();
    assert_eq!(ids.len(), arrival.incident.facts.len(), "two facts of one id");
    assert!(arrival.incident.people_in_crisis().next().is_some(), "nobody is in crisis");
    let taken = receive(&Memory::default(), arrival, None, &receiver()).unwrap();
    let documents: Vec<Document> = taken.plan.writes.iter().map(|write| write.document.clone()).collect();
    for document in &documents {
        assert_eq!(&Document::parse(document.to_text().as_bytes()).unwrap(), document);
    }
    let find = |reference: &str| documents.iter().find(|d| d.reference() == reference).cloned();
    let request = documents.iter().find(|d| d.kind() == "ServiceRequest").unwrap();
    let facts: Vec<Document> = documents.iter().filter(|d| d.kind() == "Observation").cloned().collect();
    let back = fhir::incident::read(request, &find, &facts).unwrap();
    let told = |incident: &anydoor_core::incident::Incident| {
        incident.facts.iter().map(|f| (f.id.clone(), f.text.trim().to_owned(), f.label, f.said)).collect::<BTreeSet<_>>()
    };
    assert_eq!(told(&back), told(&taken.incident));
    assert_eq!(back.people.len(), taken.incident.people.len());
}

fn on_through_us(arrival: &Arrival) {
    let id = Identifier { system: eido::AGENCY.into(), value: "crisis.example".into() };
    let sender = eido::Sender {
        issuer: "anydoor.crisis.example".into(),
        agency: Agency { id, roles: Vec::new(), kinds: Vec::new(), owns: None },
        agent: eido::Agent { id: "gateway@crisis.example".into(), roles: Vec::new() },
    };
    let packet = Packet::whole(&arrival.incident);
    let out = eido::Outgoing {
        packet: &packet,
        cautions: &arrival.cautions,
        places: &arrival.places,
        links: &arrival.linked,
        merges: &arrival.merges,
        units: &arrival.units,
        dispositions: &[],
        agencies: &arrival.agencies,
        sender: &sender,
        carry: true,
        now: "2026-11-23T08:00:00Z".parse().unwrap(),
    };
    let back = eido::read(eido::write_around(&out).to_string().as_bytes()).unwrap();
    let told = |arrival: &Arrival| {
        arrival.incident.facts.iter().map(|f| (f.id.clone(), f.text.trim().to_owned(), f.kind, f.label)).collect::<BTreeSet<_>>()
    };
    assert_eq!(told(&back), told(arrival));
}

#[test]
fn an_eido_is_read_kept_and_goes_on_with_every_fact() {
    let seed = seeds::json(seeds::EIDO);
    fuzz!(mangles(), |(_, mangles)| {
        let bytes = json_bytes(&seed, mangles);
        let Ok(arrival) = eido::read(&bytes) else { return };
        on_through_us(&arrival);
        goes_on(arrival, &bytes);
    });
}

#[test]
fn a_place_in_xml_is_read_or_shown_as_it_came() {
    fuzz!(mangles(), |(_, mangles)| {
        let xml = String::from_utf8_lossy(&text_bytes(seeds::PIDF, mangles)).into_owned();
        let mut document = seeds::json(seeds::EIDO);
        document["locationComponent"][0]["locationByValue"] = json!(xml);
        document["additionalDataComponent"] = json!([{ "$id": "add", "additionalDataByValue": xml }]);
        let bytes = document.to_string().into_bytes();
        let arrival = eido::read(&bytes).unwrap();
        let place = &arrival.incident.place;
        assert!(place.accuracy_m.is_none_or(|m| m.is_finite() && m >= 0.0), "{place:?}");
        goes_on(arrival, &bytes);
    });
}

#[test]
fn an_order_is_read_kept_and_says_the_same_as_records() {
    let seed = seeds::json(seeds::ORDER);
    fuzz!(mangles(), |(_, mangles)| {
        let bytes = json_bytes(&seed, mangles);
        if let Ok(arrival) = order::read(&bytes) {
            goes_on(arrival, &bytes);
        }
    });
}
