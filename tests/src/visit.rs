//! A small visit, played on a phone from its start to its end: what the scenarios send through a bad network, record
//! and replay.

use anydoor_core::api::{AnydoorError, BasisInput, ClosingInput, StartedRow};
use anydoor_sandbox::county::County;

use crate::Phone;

type Done<T> = Result<T, AnydoorError>;

/// A person's spoken agreement to everything but a Part 2 record.
pub fn spoken() -> BasisInput {
    BasisInput {
        kind: "consent-verbal".into(),
        scope: ["identity", "situation", "health", "wishes"].map(str::to_owned).to_vec(),
        words: Some("yes, tell them what they need".into()),
        ..BasisInput::default()
    }
}

/// The closing answers of a person who was met.
pub fn met(how: &str) -> ClosingInput {
    ClosingInput::Met { whereabouts: "stayed".into(), travel: "none".into(), legal: "voluntary".into(), how: how.into() }
}

/// The team starts an incident itself, is there, signs a note and adds to it.
///
/// # Errors
/// [`AnydoorError`].
pub fn begin(county: &County, phone: &Phone) -> Done<StartedRow> {
    let started = phone.on_view_in(county)?;
    phone.client.tap(&started.assignment, "on-scene", "")?;
    phone.client.tap(&started.assignment, "contact", "")?;
    let draft = phone.client.save_draft("", &started.incident, &started.person, "sat with her; talking and water helped".into())?;
    let note = phone.client.sign(&draft, &started.assignment)?;
    phone.client.addend(&note, "her sister came at nine", &started.assignment)?;
    Ok(started)
}

/// The team refers the person, closes the visit, plans follow-ups and tries the first. The phone must know the county.
///
/// # Errors
/// [`AnydoorError`].
pub fn end(county: &County, phone: &Phone, started: &StartedRow) -> Done<()> {
    let assignment = &started.assignment;
    if let Some(service) = county.services.first() {
        phone.client.hand_off(assignment, &started.person, service.id.as_str(), Some(spoken()))?;
    }
    phone.client.step_down(assignment, county.centre.as_str(), "would like to go on talking")?;
    for visit in phone.client.assignment(assignment)?.visits {
        phone.client.close_visit(assignment, &visit.visit, met("stabilised"))?;
    }
    phone.client.tap(assignment, "clear", "")?;
    phone.client.plan_follow_ups(assignment, &started.person, vec![24])?;
    for due in phone.client.follow_ups(assignment)? {
        phone.client.record_attempt(&due.id, "visit", "no-answer", false, Some("nobody at the door".into()))?;
    }
    Ok(())
}
