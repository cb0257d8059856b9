//! What an order tells, as facts.
//!
//! Rule: each fact carries who said it and when; a flag that was withdrawn is none. Neighbours: `sent` says what a flag is about.

use std::collections::HashMap;

use serde_json::Value;

use super::sent::{Resource, Sent};
use super::{Document, People, document_at, unique};
use crate::base::clock::Instant;
use crate::base::ids::{FactId, IncidentId};
use crate::incident::{About, Door, Fact, FactKind, Label, Source};

struct Telling<'t> {
    id: &'t IncidentId,
    centre: &'t str,
    facts: Vec<Fact>,
    used: HashMap<String, usize>,
}

impl Telling<'_> {
    fn tell(&mut self, name: String, kind: FactKind, text: &str, (said, who): (Instant, &str)) -> Option<&mut Fact> {
        self.facts.push(Fact {
            id: FactId::derived(&unique(&mut self.used, format!("{}/{name}", self.id))),
            about: About::Incident,
            kind,
            text: text.to_owned(),
            code: None,
            source: Source { who: who.to_owned(), agency: None },
            door: Door::Line988,
            said,
            label: Label::Call,
            life_saving: matches!(
                kind,
                FactKind::Weapon | FactKind::Substance | FactKind::Breathing | FactKind::Injury | FactKind::Pregnancy | FactKind::Medicine
            ),
        });
        self.facts.last_mut()
    }

    /// A request's reasons, notes and instruction. `name` tells several requests apart.
    fn tell_request(&mut self, name: &str, request: &Document, said: Instant) {
        let centre = self.centre;
        for (index, reason) in request.list("/reasonCode").iter().enumerate() {
            let text = reason.get("text").or_else(|| reason.pointer("/coding/0/display")).and_then(Value::as_str);
            if let Some(text) = text {
                self.tell(format!("{name}reason/{index}"), FactKind::Complaint, text, (said, centre));
            }
        }
        self.notes(&format!("{name}note"), request, said);
        if let Some(text) = request.text("/patientInstruction") {
            self.tell(format!("{name}instruction"), FactKind::Wish, text, (said, centre));
        }
    }

    fn notes(&mut self, name: &str, document: &Document, said: Instant) {
        for (index, note) in document.list("/note").iter().enumerate() {
            let Some(text) = note.get("text").and_then(Value::as_str) else { continue };
            let at = note.get("time").and_then(Value::as_str).and_then(|t| t.parse().ok()).unwrap_or(said);
            let who = note.get("authorString").and_then(Value::as_str).unwrap_or(self.centre);
            self.tell(format!("{name}/{index}"), FactKind::Remark, text, (at, who));
        }
    }
}

/// Every fact: the order's own, those of the requests beside it, of tasks and flags.
pub fn read(id: &IncidentId, sent: &Sent, order: &Resource, said: Instant, people: &People) -> Vec<Fact> {
    let centre = order.document.text("/requester/display").unwrap_or("988 counsellor");
    let mut telling = Telling { id, centre, facts: Vec::new(), used: HashMap::new() };
    telling.tell_request("", &order.document, said);
    for (number, (_, other)) in sent.of("ServiceRequest").filter(|(_, other)| !std::ptr::eq(*other, order)).enumerate() {
        let at = other.document.instant("/authoredOn").unwrap_or(said);
        let words = other.document.text("/code/text").or_else(|| other.document.text("/code/coding/0/display"));
        if let Some(words) = words {
            telling.tell(format!("request/{number}"), FactKind::Complaint, words, (at, centre));
        }
        telling.tell_request(&format!("request/{number}/"), &other.document, at);
    }
    for (number, (_, task)) in sent.of("Task").enumerate() {
        telling.notes(&format!("task/{number}"), &task.document, said);
    }
    for (_, flag) in sent.of("Flag") {
        tell_flag(&mut telling, sent, flag, said, people);
    }
    telling.facts
}

fn tell_flag(telling: &mut Telling<'_>, sent: &Sent, flag: &Resource, said: Instant, people: &People) {
    let document = &flag.document;
    if matches!(document.text("/status"), Some("inactive" | "entered-in-error")) {
        return;
    }
    let text = document.text("/code/text").or_else(|| document.text("/code/coding/0/display")).unwrap_or_default();
    let at = document.instant("/period/start").unwrap_or(said);
    let lower = text.to_lowercase();
    let kind = if lower.contains("weapon") || lower.contains("firearm") { FactKind::Weapon } else { FactKind::Caution };
    let who = document.text("/author/display").unwrap_or(telling.centre).to_owned();
    if let Some(fact) = telling.tell(format!("flag/{}", document.id()), kind, text, (at, &who)) {
        fact.about = about(sent, flag, people);
        fact.label = label(document);
    }
}

/// Whom or what a flag is about. A reference to a patient who is not in the order means its only person; of several
/// nobody is guessed.
fn about(sent: &Sent, flag: &Resource, people: &People) -> About {
    let subject = document_at(flag, "/subject");
    if let Some(person) = sent.target(flag, subject).and_then(|index| people.ids.get(&index)) {
        return About::Person(person.clone());
    }
    match (sent.kind_meant(flag, subject).as_deref(), people.all.as_slice()) {
        (None, _) | (Some("Location"), _) => About::Place,
        (Some("Patient"), [only]) => About::Person(only.id.clone()),
        _ => About::Incident,
    }
}

/// Who may be told. What was said in a call to 988 is told to those who respond; what comes from a record carries its
/// security label, and a label that is not known counts as the narrowest.
fn label(document: &Document) -> Label {
    let codes: Vec<&str> = document.list("/meta/security").iter().filter_map(|c| c.get("code")?.as_str()).collect();
    match codes.as_slice() {
        [] => Label::Call,
        codes if codes.iter().all(|code| matches!(*code, "U" | "L" | "M" | "N")) => Label::Call,
        codes if codes.iter().all(|code| matches!(*code, "N" | "R")) => Label::Health,
        _ => Label::Part2,
    }
}
