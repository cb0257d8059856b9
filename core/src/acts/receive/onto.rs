//! What a sender says of a request, a person or a place, joined three ways with what stands there.

use serde_json::{Value, json};

use super::{Kept, WhyKept};
use crate::fhir::document::literal;
use crate::fhir::element::{OURS, extensions, part, part_value};
use crate::fhir::{Document, incident};
use crate::reconcile::reconcile;

/// What comes of it.
#[derive(Debug)]
pub struct Joined {
    /// What is there, with what the sender changed.
    pub document: Document,
    /// What stands there against the sender's word.
    pub kept: Vec<Kept>,
}

/// Joins `ours`, what this document of the sender writes, with what is there. `base` is what the sender's document before
/// it wrote; without one only what is not there is added.
pub fn onto(base: Option<&Document>, ours: &Document, theirs: &Document) -> Joined {
    let mut sides = Sides {
        base: base.cloned().unwrap_or_else(|| Document::new(ours.kind(), ours.id())),
        ours: ours.clone(),
        theirs,
        kept: Vec::new(),
    };
    if theirs.kind() == "ServiceRequest" {
        // Said once: an update neither reopens a request nor moves the time of the need, nor whose visit it is.
        ["status", "intent", "subject", "authoredOn"].into_iter().for_each(|element| sides.as_there(element));
        ["identifier", "supportingInfo"].into_iter().for_each(|element| sides.only_grows(element));
        sides.people();
        sides.urgency(base.is_some());
    }
    let result = reconcile(&sides.base, &sides.ours, theirs);
    let mut kept = sides.kept;
    let changed = |element| Kept { document: theirs.reference(), element, why: WhyKept::ChangedThere };
    kept.extend(result.conflicts.into_iter().map(changed));
    Joined { document: result.merged, kept }
}

/// The three versions, before they are joined.
struct Sides<'a> {
    base: Document,
    ours: Document,
    theirs: &'a Document,
    kept: Vec<Kept>,
}

impl Sides<'_> {
    fn set(&mut self, element: &str, base: Value, ours: Value) {
        self.base.set(element, base);
        self.ours.set(element, ours);
    }

    fn there(&self, element: &str) -> Value {
        self.theirs.value().get(element).cloned().unwrap_or_default()
    }

    fn as_there(&mut self, element: &str) {
        let there = self.there(element);
        self.set(element, there.clone(), there);
    }

    fn only_grows(&mut self, element: &str) {
        let there = self.there(element);
        let mut items = there.as_array().cloned().unwrap_or_default();
        let new = self.ours.value().get(element).and_then(Value::as_array).cloned().unwrap_or_default();
        for item in new {
            if !items.contains(&item) {
                items.push(item);
            }
        }
        self.set(element, there, Value::Array(items));
    }

    /// Nobody leaves an incident because a document no longer names them; a role is only added.
    fn people(&mut self) {
        let all = |document: &Document| extensions(document.value(), PERSON).cloned().collect::<Vec<_>>();
        let (before, there) = (all(&self.base), all(self.theirs));
        let mut people = there.clone();
        for said in all(&self.ours) {
            match people.iter_mut().find(|entry| id(entry) == id(&said)) {
                Some(entry) => join_roles(entry, &said, before.iter().find(|entry| id(entry) == id(&said))),
                None => people.push(said),
            }
        }
        let with = |document: &Document, people: Vec<Value>| {
            let url = format!("{OURS}{PERSON}");
            let others = document.list("/extension").iter().filter(|e| e.get("url").and_then(Value::as_str) != Some(&url)).cloned();
            people.into_iter().chain(others).collect::<Vec<_>>()
        };
        let (base, ours) = (with(&self.base, there), with(&self.ours, people));
        self.set("extension", Value::Array(base), Value::Array(ours));
    }

    /// An urgency is raised and never lowered; a sender who is new here may raise it too.
    fn urgency(&mut self, known_sender: bool) {
        let of = |document: &Document| incident::urgency(document.text("/priority"));
        let (said, there) = (of(&self.ours), of(self.theirs));
        // The order of the values is from the most urgent.
        if said > there {
            if known_sender && said > of(&self.base) {
                let element = "priority".to_owned();
                self.kept.push(Kept { document: self.theirs.reference(), element, why: WhyKept::NeverLowered });
            }
            self.as_there("priority");
        } else if !known_sender {
            self.base.set("priority", self.there("priority"));
        }
    }
}

const PERSON: &str = "incident-person";

fn target(entry: &Value) -> Option<&str> {
    part_value(entry, "person", "valueReference")?.get("reference")?.as_str()
}

/// The person of an entry, whichever type holds them.
fn id(entry: &Value) -> Option<&str> {
    literal(target(entry)?)?.split_once('/').map(|(_, id)| id)
}

fn roles(entry: &Value) -> Vec<Value> {
    let parts = entry.get("extension").and_then(Value::as_array).cloned().unwrap_or_default();
    parts.into_iter().filter(|part| part.get("url").and_then(Value::as_str) == Some("role")).collect()
}

/// Adds the roles that the sender says now and did not say before, and the type that holds who is now in crisis.
fn join_roles(entry: &mut Value, said: &Value, before: Option<&Value>) {
    let (told, held) = (before.map(roles).unwrap_or_default(), roles(entry));
    let now_in_crisis = !target(entry).is_some_and(|there| there.starts_with("Patient/"));
    let Some(parts) = entry.get_mut("extension").and_then(Value::as_array_mut) else { return };
    if let (true, Some(holder)) = (now_in_crisis, target(said)) {
        let named = |part: &&mut Value| part.get("url").and_then(Value::as_str) == Some("person");
        parts.iter_mut().filter(named).for_each(|there| *there = part("person", "valueReference", json!({ "reference": holder })));
    }
    parts.extend(roles(said).into_iter().filter(|role| !told.contains(role) && !held.contains(role)));
}
