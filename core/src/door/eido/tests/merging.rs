//! Several documents of one incident.

use proptest::prelude::*;

use super::*;
use crate::door::DoorError;

#[test]
fn the_newest_component_wins_and_what_only_one_sender_knows_stays() {
    let older = full();
    let mut newer = full();
    newer["lastUpdateTimeStamp"] = json!("2026-11-23T02:00:00-05:00");
    newer["notesComponent"] = json!([part("note-1", 40, "psap.example", json!({ "notesActionComments": "It was one pill." }))]);
    newer["emergencyResourceComponent"][0]["lastUpdateTimeStamp"] = json!("2026-11-23T00:00:00-05:00");
    newer["emergencyResourceComponent"][0]["secondaryUnitStatusRegistryText"] = json!(["stale"]);
    for merged in [merge(&older, &newer).unwrap(), merge(&newer, &older).unwrap()] {
        let arrival = read_json(&merged);
        assert_eq!(fact(&arrival, "It was one pill.").id, fact(&read_json(&older), "Says she took pills at noon.\n").id);
        fact(&arrival, "Known to officers, calm with women.");
        assert_eq!(arrival.units.iter().find(|unit| unit.id == "unit-1").unwrap().secondary, ["Dispatched"]);
        assert_eq!(merged["lastUpdateTimeStamp"], newer["lastUpdateTimeStamp"]);
    }
}

#[test]
fn documents_of_two_incidents_are_not_merged() {
    let mut other = full();
    other["$id"] = json!("urn:emergency:uid:incidentid:1:other");
    assert_eq!(merge(&full(), &other), Err(DoorError::OtherIncident));
    assert!(matches!(merge(&json!({}), &other), Err(DoorError::Missing { .. })));
    assert!(matches!(merge(&json!([]), &other), Err(DoorError::Missing { .. })));
}

fn document(notes: &[(u8, u8, u8)], minute: u8) -> Value {
    let mut root = part("urn:emergency:uid:incidentid:9:a", minute, "a", json!({ "issuingElementIdentification": "a" }));
    root["notesComponent"] = notes
        .iter()
        .map(|(id, minute, text)| part(&format!("n{id}"), *minute, "a", json!({ "notesActionComments": format!("t{text}") })))
        .collect();
    root
}

fn facts(document: &Value) -> Vec<Fact> {
    let mut facts = read_json(document).incident.facts;
    facts.sort_by(|a, b| a.id.cmp(&b.id));
    facts
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        a in prop::collection::vec((0..6_u8, 0..5_u8, 0..3_u8), 0..6),
        b in prop::collection::vec((0..6_u8, 0..5_u8, 0..3_u8), 0..6),
        c in prop::collection::vec((0..6_u8, 0..5_u8, 0..3_u8), 0..6),
    ) {
        let (a, b, c) = (document(&a, 1), document(&b, 2), document(&c, 3));
        let one = merge(&merge(&a, &b).unwrap(), &c).unwrap();
        let other = merge(&c, &merge(&b, &a).unwrap()).unwrap();
        prop_assert_eq!(facts(&one), facts(&other));
        prop_assert_eq!(merge(&one, &one).unwrap(), one.clone());
        prop_assert_eq!(facts(&merge(&one, &b).unwrap()), facts(&one));
    }
}
