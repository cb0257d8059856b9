//! Calls of an EIDO: when the first one began, how it came, which numbers to call back.

use serde_json::Value;

use super::carried;
use super::reading::{Reading, Telling};
use super::sheet::{Sheet, list, words};
use crate::base::clock::Instant;
use crate::incident::{About, Channel, FactKind, Urgency};

/// What the calls say together.
pub struct Calls<'a> {
    /// When the first call that came in began, with its leaf.
    pub first: Option<(&'a Value, Instant)>,
    /// How it came.
    pub channel: Channel,
    /// How soon, where a call says so.
    pub urgency: Option<Urgency>,
}

/// Reads the calls, and those numbers to call back that belong to nobody named.
pub fn read<'a>(reading: &mut Reading<'a>) -> Calls<'a> {
    let sheet = reading.sheet;
    let mut calls = Calls { first: None, channel: Channel::Unknown, urgency: None };
    for call in sheet.components("callComponent").filter(|c| c.is_object()) {
        let started = call.get("callStartTimestamp").and_then(|leaf| Some((leaf, leaf.as_str()?.parse::<Instant>().ok()?)));
        let came_in = sheet.peek(call, "direction") != Some("outgoing");
        let earlier = |(_, at): &(&Value, Instant)| calls.first.is_none_or(|(_, first)| *at < first);
        calls.first = started.filter(|started| came_in && earlier(started)).or(calls.first);
        for key in ["standardSecondaryCallType", "localCallType"] {
            calls.channel = sheet.known(call, key, channel).unwrap_or(calls.channel);
        }
        calls.urgency = sheet.peek(call, "priorityIdentifier").and_then(urgency).into_iter().chain(calls.urgency).min();
    }
    for component in sheet.components("callbackComponent").filter(|c| c.is_object()) {
        callback(reading, component, &About::Incident);
    }
    calls
}

/// A low priority of a call lowers nothing: the incident may be graver than the call.
fn urgency(word: &str) -> Option<Urgency> {
    match word {
        "highest" | "high" => Some(Urgency::Emergent),
        "normal" => Some(Urgency::Urgent),
        _ => None,
    }
}

fn channel(word: &str) -> Option<Channel> {
    match word.to_ascii_lowercase().as_str() {
        "text" | "sms" | "msrp" => Some(Channel::Text),
        "chat" => Some(Channel::Chat),
        "relay" | "tty" => Some(Channel::Relay),
        "video" => Some(Channel::Video),
        "voice" => Some(Channel::Voice),
        _ => None,
    }
}

/// The call-back components of a person: its own, or those of a call that names only this person.
pub fn of_person<'a>(sheet: &Sheet<'a>, person: &'a Value) -> Vec<&'a Value> {
    let kind = ["callbackComponent"];
    let own = sheet.targets(person, "callBackReference", &kind);
    if !own.is_empty() {
        own.iter().for_each(|(leaf, _)| sheet.mark(leaf));
        return own.into_iter().map(|(_, target)| target).collect();
    }
    let calls = sheet.leaves(person, "callIdentifier").into_iter().filter_map(|(_, id)| sheet.target(id));
    let names_only = |call: &&'a Value| {
        let named = sheet.only_pointer(call, "personReference").and_then(|(_, id)| sheet.target(id));
        named.is_some_and(|named| std::ptr::eq(named, person))
    };
    calls.filter(names_only).flat_map(|call| sheet.targets(call, "callBackReference", &kind)).map(|(_, target)| target).collect()
}

/// How many numbers of one call-back component become contacts of a person; every number is a fact.
const CONTACTS: usize = 16;

/// Reads one call-back component and returns its numbers, up to [`CONTACTS`]. Read a second time, it only returns them.
pub fn callback<'a>(reading: &mut Reading<'a>, component: &'a Value, about: &About) -> Vec<String> {
    let sheet = reading.sheet;
    let updated = component.get("updatedCbn");
    let given = component.get("callBackInformationUri").map(list).into_iter().flatten();
    let numbers = given.chain(updated.and_then(|cbn| cbn.get("updatedCbnIdentifierUri"))).filter(|leaf| words(leaf).is_some());
    let described = updated.and_then(|cbn| cbn.get("updatedCbnCallerDescription")).filter(|leaf| words(leaf).is_some());
    let text = |leaf: &Value| leaf.as_str().unwrap_or_default().to_owned();
    if sheet.claim(component) && !carried::is_ours(component) {
        for leaf in numbers.clone().chain(described) {
            sheet.mark(leaf);
            let telling = Telling { part: &text(leaf), about: about.clone(), kind: FactKind::Callback, text: text(leaf), code: None };
            reading.tell(component, telling);
        }
    }
    numbers.take(CONTACTS).map(text).collect()
}
