//! What of an order has no field: every leaf whose text stands in no field and no fact, with its place.
//!
//! Rule: what only holds the bundle together is wiring, and told as such. Neighbours: `order` reads the rest.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::door::{AlsoSent, DoorError};
use crate::incident::Incident;

/// How much "also sent" may weigh with its paths: a long key above many leaves would be copied into each.
const ALSO_SENT_BYTES: usize = 32 << 20;

/// Leaves that a field holds in another form than their text: times, codes, numbers.
const CONVERTED: [&str; 8] = [
    "/priority",
    "/authoredOn",
    "/occurrenceDateTime",
    "/gender",
    "/birthDate",
    "/period/start",
    "/position/latitude",
    "/position/longitude",
];

/// Everything that no field holds, in the order of the document.
///
/// # Errors
/// [`DoorError::TooMuch`].
pub fn also_sent(root: &Value, incident: &Incident) -> Result<Vec<AlsoSent>, DoorError> {
    let held = held(incident);
    let (mut rest, mut bytes_left) = (Vec::new(), ALSO_SENT_BYTES);
    let read = leaves("", root, false, &mut |path, text, wiring| {
        bytes_left = bytes_left.checked_sub(path.len() + text.len())?;
        let known = held.contains(text) || inside(path).is_some_and(is_converted);
        if !known || wiring {
            rest.push(AlsoSent { path: path.to_owned(), text: text.to_owned(), wiring });
        }
        Some(())
    });
    read.ok_or(DoorError::TooMuch)?;
    Ok(rest)
}

/// The place of a leaf within its own resource; `None` outside of resources.
fn inside(path: &str) -> Option<&str> {
    let (_, place) = path.strip_prefix("/entry/")?.split_once("/resource")?;
    let Some(contained) = place.strip_prefix("/contained/") else { return Some(place) };
    contained.find('/').and_then(|at| contained.get(at..))
}

fn is_converted(place: &str) -> bool {
    CONVERTED.contains(&place) || (place.starts_with("/note/") && place.ends_with("/time"))
}

fn is_wiring(path: &str) -> bool {
    let Some(place) = inside(path) else { return true };
    matches!(place.split('/').nth(1), Some("resourceType" | "id" | "meta" | "status" | "intent")) || place.ends_with("/reference")
}

/// Every text that the incident holds.
fn held(incident: &Incident) -> BTreeSet<String> {
    let mut held = BTreeSet::from([incident.headline.clone()]);
    let place = &incident.place;
    held.extend([&place.address, &place.locality, &place.access].into_iter().flatten().cloned());
    held.extend(place.address.iter().flat_map(|address| address.split(", ")).map(str::to_owned));
    held.extend(incident.identifiers.iter().flat_map(|i| [i.system.clone(), i.value.clone()]));
    for person in &incident.people {
        let name = person.name.clone().unwrap_or_default();
        held.extend(
            name.given.into_iter().chain(name.family).chain(name.goes_by).chain(person.language.clone()).chain(person.contacts.clone()),
        );
    }
    held.extend(incident.facts.iter().flat_map(|fact| [fact.text.clone(), fact.source.who.clone()]));
    held
}

/// Every leaf with its place, until `found` has enough (`None`).
fn leaves(place: &str, value: &Value, wiring: bool, found: &mut dyn FnMut(&str, &str, bool) -> Option<()>) -> Option<()> {
    let wiring = wiring || (place.ends_with("/reference") && !place.is_empty());
    match value {
        Value::Object(map) => map.iter().try_for_each(|(key, inner)| leaves(&format!("{place}/{key}"), inner, wiring, found)),
        Value::Array(list) => {
            list.iter().enumerate().try_for_each(|(index, inner)| leaves(&format!("{place}/{index}"), inner, wiring, found))
        }
        Value::String(text) => found(place, text, wiring || is_wiring(place)),
        leaf => found(place, &leaf.to_string(), wiring || is_wiring(place)),
    }
}
