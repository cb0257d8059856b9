//! EIDO → Arrival.

use std::collections::BTreeSet;

use serde_json::Value;

use super::reading::Reading;
use super::sheet::{SHORT, Sheet};
use super::{MEDIA_TYPE, calls, carried, local, narrative, official_type, people, places, units};
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::IncidentId;
use crate::base::json;
use crate::base::mend::read_mended;
use crate::door::{AlsoSent, Arrival, DoorError, Received};
use crate::incident::{AskedBy, Door, EIDO_INCIDENT, Identifier, Incident, Place, Role, Urgency};

/// Reads one EIDO as it was received.
///
/// # Errors
/// [`DoorError`] where it is no JSON, more than is read, or lacks its `$id` or the time of its last change. Anything else
/// that is wrong in it is kept under "also sent", a character that is none as what stood there.
pub fn read(bytes: &[u8]) -> Result<Arrival, DoorError> {
    let (root, flaws) = read_mended(bytes, json::Limits::MESSAGE)?;
    let mut arrival = read_value(&root, Received::new(MEDIA_TYPE, bytes))?;
    arrival.also_sent.extend(flaws.into_iter().map(AlsoSent::from));
    Ok(arrival)
}

/// Reads an EIDO that is a value already: several documents of one incident, merged. `received` is the last one.
///
/// # Errors
/// As [`read`].
pub fn read_value(root: &Value, received: Received) -> Result<Arrival, DoorError> {
    let sheet = Sheet::new(root);
    let missing = |key: &str, needed| DoorError::Missing { path: json::child("", key), needed };
    let tracking = sheet.peek(root, "$id").filter(|id| id.len() <= SHORT).and_then(|_| sheet.text(root, "$id"));
    let tracking = tracking.ok_or_else(|| missing("$id", "the incident's identifier"))?;
    let at = sheet.peek(root, "lastUpdateTimeStamp").and_then(|text| text.parse().ok());
    let at = at.ok_or_else(|| missing("lastUpdateTimeStamp", "a date and time with its offset"))?;
    let issuer = sheet.peek(root, "issuingElementIdentification").filter(|id| id.len() <= SHORT).unwrap_or(tracking).to_owned();
    let components: Vec<&Value> = sheet.components("incidentComponent").filter(|c| c.is_object()).collect();
    let ours = components.iter().find_map(|c| carried::ours(c, "incident"));
    let id = ours.and_then(|member| sheet.known(member, "id", |id| IncidentId::parse(id).ok()));

    let mut reading = Reading::new(&sheet, id.unwrap_or_else(|| IncidentId::derived(tracking)), issuer, at);
    let place = gather(&mut reading, &components);
    let headline = newest(components.iter().filter_map(|c| Some((said(c, at), narrative::incident(&mut reading, c)?))).collect());
    let incident = incident(&mut reading, &components, ours, (tracking, headline, place, &received));
    let agencies = units::agencies(&reading);
    let stand_in = people::stand_in(&reading.incident);
    Ok(Arrival {
        stand_in: incident.people.iter().any(|person| person.id == stand_in).then_some(stand_in),
        sender: reading.issuer,
        stated: Some(at),
        incident,
        also_sent: sheet.left()?,
        linked: reading.linked,
        merges: reading.merges,
        units: reading.units,
        agencies,
        cautions: reading.cautions,
        places: reading.places,
        offer: reading.offer,
        carried: reading.carried,
        received,
    })
}

/// People and places first: they say what a note is about.
fn gather<'a>(reading: &mut Reading<'a>, components: &[&'a Value]) -> Place {
    let sheet = reading.sheet;
    let type_of = |component: &&'a Value| sheet.peek(component, "incidentTypeCommonRegistryText");
    people::read(reading, components.iter().filter_map(type_of).any(|code| official_type(code).is_some()));
    let place = places::read(reading);
    narrative::notes(reading);
    narrative::cautions(reading);
    narrative::comments(reading);
    units::units(reading);
    units::others(reading);
    place
}

fn newest(headlines: Vec<(Instant, String)>) -> String {
    headlines.into_iter().max_by_key(|(said, _)| *said).map(|(_, words)| words).unwrap_or_default()
}

fn incident<'a>(
    reading: &mut Reading<'a>,
    components: &[&'a Value],
    ours: Option<&'a Value>,
    (tracking, headline, place, received): (&str, String, Place, &Received),
) -> Incident {
    let sheet = reading.sheet;
    let calls = calls::read(reading);
    let mut identifiers = vec![Identifier { system: EIDO_INCIDENT.to_owned(), value: tracking.to_owned() }];
    identifiers.extend(own_numbers(reading, components));
    identifiers.extend(ours.map(|member| carried::identifiers(sheet, member)).unwrap_or_default());
    let mut known = BTreeSet::new();
    identifiers.retain(|identifier| known.insert(identifier.clone()));
    reading.offer.urgency = components.iter().filter_map(|c| narrative::urgency(c)).chain(calls.urgency).min();
    people::sort(&mut reading.people);
    let first_contact = ours.and_then(|member| sheet.time(member, "firstContact")).or_else(|| {
        calls.first.map(|(leaf, at)| {
            sheet.mark(leaf);
            at
        })
    });
    Incident {
        id: reading.incident.clone(),
        identifiers,
        door: take(sheet, ours, "door").unwrap_or(Door::Line911),
        asked_by: take(sheet, ours, "askedBy").unwrap_or_else(|| asked_by(reading)),
        channel: take(sheet, ours, "channel").unwrap_or(calls.channel),
        urgency: take(sheet, ours, "urgency").or(reading.offer.urgency).unwrap_or(Urgency::Urgent),
        headline,
        first_contact,
        determined: ours.and_then(|member| sheet.time(member, "determined")).unwrap_or_else(|| determined(reading, components)),
        place,
        people: std::mem::take(&mut reading.people),
        facts: std::mem::take(&mut reading.facts),
        received: vec![received.id.clone()],
    }
}

/// When a response was determined to be needed: the first dispatch, else the incident component, else the document.
fn determined(reading: &Reading<'_>, components: &[&Value]) -> Instant {
    let first = |of: &mut dyn Iterator<Item = &Value>| of.map(|c| said(c, reading.at)).min();
    let dispatched = first(&mut reading.sheet.components("dispatchComponent").filter(|d| d.is_object()));
    dispatched.or_else(|| first(&mut components.iter().copied())).unwrap_or(reading.at)
}

fn take<'a, C: Code>(sheet: &Sheet<'a>, ours: Option<&'a Value>, key: &str) -> Option<C> {
    sheet.known(ours?, key, C::from_code)
}

fn said(component: &Value, otherwise: Instant) -> Instant {
    component.get("lastUpdateTimeStamp").and_then(|t| t.as_str()?.parse().ok()).unwrap_or(otherwise)
}

/// Who asked, where the roles say it: the person in crisis who called themself.
fn asked_by(reading: &Reading<'_>) -> AskedBy {
    let own_call = reading.people.iter().any(|p| p.roles.contains(&Role::Caller) && p.roles.contains(&Role::InCrisis));
    if own_call { AskedBy::Person } else { AskedBy::Unknown }
}

/// What the sender numbers it: the CAD number, report numbers.
fn own_numbers<'a>(reading: &Reading<'a>, components: &[&'a Value]) -> Vec<Identifier> {
    let mut all = Vec::new();
    for component in components {
        for (key, kind) in [("internalIncidentId", "incident"), ("documentIdentification", "report")] {
            let values = reading.sheet.texts(component, key).into_iter();
            all.extend(values.map(|value| Identifier { system: local(kind, &reading.issuer), value }));
        }
    }
    all
}
