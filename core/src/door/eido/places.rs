//! Places of an EIDO, and which of them is the scene.

use std::collections::HashSet;

use serde_json::Value;

use super::LOCATION_TYPE;
use super::carried;
use super::reading::{Reading, Telling};
use crate::base::clock::Instant;
use crate::door::{PlaceGiven, pidf};
use crate::incident::{About, FactKind, Place};

struct Found<'a> {
    component: &'a Value,
    kind: &'a str,
    place: Place,
    rank: u8,
    said: Instant,
}

/// Reads every place and returns the scene: where the incident is now, else where it was first, else where the incident
/// component points, else where the caller is. How the call was routed, a tower, a unit or a staging point is never the
/// scene. Of several the last one said counts. Each place is a fact too, the scene as well: who said it, when, and what
/// kind of place it is, so that nobody takes where the caller stood for where the person is.
pub fn read(reading: &mut Reading<'_>) -> Place {
    let mut found: Vec<Found<'_>> = Vec::new();
    let pointed_at: HashSet<&str> = reading
        .sheet
        .components("incidentComponent")
        .flat_map(|incident| reading.sheet.pointers(incident, "locationReference"))
        .map(|(_, id)| id.trim_start_matches('#'))
        .collect();
    for component in reading.sheet.components("locationComponent").filter(|c| c.is_object()) {
        let places = places_of(reading, component);
        if !places.is_empty() {
            let kind = reading.sheet.text(component, "locationTypeDescriptionRegistryText").unwrap_or("Other");
            let pointed = reading.sheet.peek(component, "$id").is_some_and(|id| pointed_at.contains(id));
            let said = reading.sheet.peek(component, "lastUpdateTimeStamp").and_then(|text| text.parse().ok()).unwrap_or(reading.at);
            // The first is the sender's most important one (RFC 5491, section 3.4); the others stand beside it.
            let ranks = std::iter::once(rank(kind, pointed)).chain(std::iter::repeat(NEVER));
            found.extend(places.into_iter().zip(ranks).map(|(place, rank)| Found { component, kind, place, rank, said }));
        }
    }
    let scene = (0..found.len())
        .filter(|i| found.get(*i).is_some_and(|f| f.rank < NEVER))
        .min_by_key(|i| found.get(*i).map(|f| (f.rank, std::cmp::Reverse(f.said), *i)));
    let mut chosen = Place::default();
    for (i, one) in found.into_iter().enumerate() {
        let about = if Some(i) == scene { About::Place } else { About::Incident };
        tell(reading, &one, about);
        if Some(i) == scene {
            reading.points_at_notes(one.component, &About::Place);
            chosen = one.place;
        } else {
            reading.places.push(PlaceGiven { kind: one.kind.to_owned(), place: one.place });
        }
    }
    chosen
}

const NEVER: u8 = 9;

fn rank(kind: &str, pointed_at: bool) -> u8 {
    match kind {
        "CurrentIncident" => 0,
        "InitialIncident" => 1,
        "RoutingLocation" | "TowerLocation" | "UnitLocation" | "Staging" => NEVER,
        _ if pointed_at => 2,
        "Caller" => 3,
        "Other" => 4,
        _ => NEVER,
    }
}

/// What a component says of places, the first one first; none where it says nothing that we can read, such as an address
/// to ask at. Its own words are of the first.
fn places_of<'a>(reading: &Reading<'a>, component: &'a Value) -> Vec<Place> {
    let sheet = reading.sheet;
    let value = component.get("locationByValue");
    let read = value.and_then(Value::as_str).and_then(|text| pidf::read(text).ok());
    let mut places = Vec::new();
    if let (Some(value), Some(read)) = (value, read) {
        sheet.mark_xml(value, read.xml);
        places = read.places;
    }
    if let Some(words) = sheet.text(component, "locationDescriptionText") {
        let mut first = if places.is_empty() { Place::default() } else { places.remove(0) };
        first.access = Some(first.access.map_or_else(|| words.to_owned(), |inside| format!("{words}\n{inside}")));
        places.insert(0, first);
    }
    places
}

fn tell<'a>(reading: &mut Reading<'a>, one: &Found<'a>, about: About) {
    if !carried::is_ours(one.component) {
        let code = Some((LOCATION_TYPE, one.kind));
        reading.tell(one.component, Telling { part: "place", about, kind: FactKind::Other, text: in_words(&one.place), code });
    }
}

/// A place as one line: address, town, position, its uncertainty in metres, how to get in.
fn in_words(place: &Place) -> String {
    let mut parts: Vec<String> = [&place.address, &place.locality].into_iter().flatten().cloned().collect();
    if let Some(position) = place.position {
        let accuracy = place.accuracy_m.map(|m| format!(" ± {m} m")).unwrap_or_default();
        parts.push(format!("{}, {}{accuracy}", position.latitude(), position.longitude()));
    }
    parts.extend(place.access.clone());
    parts.join(", ")
}
