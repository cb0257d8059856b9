//! What an order tells, as facts.
//!
//! Rule: each fact carries who said it and when, and from where it came; a flag that was withdrawn is none. What kind a thing is
//! comes from a code of ours and from nothing else: words are shown as they were said and never searched. Neighbours: `sent` says
//! what a flag is about.

use std::collections::HashMap;

use serde_json::Value;

use super::sent::{Resource, Sent};
use super::{Document, People, label, unique};
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::{FactId, IncidentId};
use crate::fhir::element::{code_in, extension_text, extensions};
use crate::incident::{APPROACH, About, ApproachNeed, Door, Fact, FactKind, Identifier, Label, Source};

struct Telling<'t> {
    id: &'t IncidentId,
    centre: &'t str,
    /// The label of the bundle, under which everything in it stands.
    whole: Label,
    facts: Vec<Fact>,
    used: HashMap<String, usize>,
}

impl Telling<'_> {
    fn tell(&mut self, name: String, kind: FactKind, text: &str, (said, who, label): (Instant, &str, Label)) -> Option<&mut Fact> {
        self.facts.push(Fact {
            id: FactId::derived(&unique(&mut self.used, format!("{}/{name}", self.id))),
            about: About::Incident,
            kind,
            text: text.to_owned(),
            code: None,
            source: Source { who: who.to_owned(), agency: None },
            door: Door::Line988,
            said,
            label,
            life_saving: false,
        });
        self.facts.last_mut()
    }

    /// A request's reasons, notes and instruction. `name` tells several requests apart.
    fn tell_request(&mut self, name: &str, request: &Document, said: Instant) {
        let (centre, label) = (self.centre, label(self.whole, request));
        for (index, reason) in request.list("/reasonCode").iter().enumerate() {
            let text = reason.get("text").or_else(|| reason.pointer("/coding/0/display")).and_then(Value::as_str);
            if let Some(text) = text {
                self.tell(format!("{name}reason/{index}"), FactKind::Complaint, text, (said, centre, label));
            }
        }
        self.notes(&format!("{name}note"), request, said);
        if let Some(text) = request.text("/patientInstruction") {
            self.tell(format!("{name}instruction"), FactKind::Wish, text, (said, centre, label));
        }
    }

    fn notes(&mut self, name: &str, document: &Document, said: Instant) {
        for (index, note) in document.list("/note").iter().enumerate() {
            let Some(text) = note.get("text").and_then(Value::as_str) else { continue };
            let at = note.get("time").and_then(Value::as_str).and_then(|t| t.parse().ok()).unwrap_or(said);
            let who = note.get("authorString").and_then(Value::as_str).unwrap_or(self.centre);
            self.tell(format!("{name}/{index}"), FactKind::Remark, text, (at, who, label(self.whole, document)));
        }
    }
}

/// Every fact: the order's own, those of the requests beside it, of tasks and flags.
pub fn read(id: &IncidentId, sent: &Sent, order: &Resource, said: Instant, people: &People) -> Vec<Fact> {
    let centre = order.document.text("/requester/display").unwrap_or("988 counsellor");
    let mut telling = Telling { id, centre, whole: sent.label, facts: Vec::new(), used: HashMap::new() };
    telling.tell_request("", &order.document, said);
    for (number, (_, other)) in sent.of("ServiceRequest").filter(|(_, other)| !std::ptr::eq(*other, order)).enumerate() {
        let at = other.document.instant("/authoredOn").unwrap_or(said);
        let words = other.document.text("/code/text").or_else(|| other.document.text("/code/coding/0/display"));
        if let Some(words) = words {
            telling.tell(format!("request/{number}"), FactKind::Complaint, words, (at, centre, label(sent.label, &other.document)));
        }
        telling.tell_request(&format!("request/{number}/"), &other.document, at);
    }
    for (number, (_, task)) in sent.of("Task").enumerate() {
        telling.notes(&format!("task/{number}"), &task.document, said);
    }
    for (index, flag) in sent.of("Flag") {
        tell_flag(&mut telling, (index, flag), said, people);
    }
    for (index, observation) in sent.of("Observation") {
        tell_observation(&mut telling, (index, observation), said, people);
    }
    telling.facts
}

fn tell_flag(telling: &mut Telling<'_>, (index, flag): (usize, &Resource), said: Instant, people: &People) {
    let document = &flag.document;
    if matches!(document.text("/status"), Some("inactive" | "entered-in-error")) {
        return;
    }
    let text = document.text("/code/text").or_else(|| document.text("/code/coding/0/display")).unwrap_or_default();
    let at = document.instant("/period/start").unwrap_or(said);
    let who = document.text("/author/display").unwrap_or(telling.centre).to_owned();
    let (kind, label) = (coded(document).unwrap_or(FactKind::Caution), label(telling.whole, document));
    if let Some(fact) = telling.tell(format!("flag/{}", document.id()), kind, text, (at, &who, label)) {
        fact.about = people.about(index);
        said_by_codes(document, fact);
    }
}

/// A centre that has our codes tells a fact as an Observation, as we do.
fn tell_observation(telling: &mut Telling<'_>, (index, from): (usize, &Resource), said: Instant, people: &People) {
    let document = &from.document;
    if matches!(document.text("/status"), Some("cancelled" | "entered-in-error")) {
        return;
    }
    let (Some(kind), Some(text)) = (coded(document), document.text("/valueString")) else { return };
    let at = document.instant("/effectiveDateTime").unwrap_or(said);
    let (who, label) = (telling.centre.to_owned(), label(telling.whole, document));
    let name = if document.id().is_empty() { index.to_string() } else { document.id().to_owned() };
    if let Some(fact) = telling.tell(format!("observation/{name}"), kind, text, (at, &who, label)) {
        fact.about = people.about(index);
        said_by_codes(document, fact);
    }
}

/// The kind that a code of ours gives.
fn coded(document: &Document) -> Option<FactKind> {
    FactKind::from_code(code_in(document.at("/code")?, "fact")?)
}

/// What else codes of ours say: what is needed to approach, and whether it is a danger to life now. What bears on life and does
/// not say that it is none, in an order for this emergency, is one.
fn said_by_codes(document: &Document, fact: &mut Fact) {
    let need = document.at("/code").and_then(|code| code_in(code, "approach")).and_then(ApproachNeed::from_code);
    if let Some(need) = need {
        fact.kind = FactKind::Approach;
        fact.code = Some(Identifier { system: APPROACH.into(), value: need.code().into() });
    }
    let said = extensions(document.value(), "life-saving").find_map(|e| e.get("valueBoolean")?.as_bool());
    let bears_on_life = matches!(
        fact.kind,
        FactKind::Weapon | FactKind::Substance | FactKind::Breathing | FactKind::Injury | FactKind::Pregnancy | FactKind::Medicine
    );
    fact.life_saving = said.unwrap_or(bears_on_life);
    if let Some(door) = extension_text(document.value(), "label", "valueCode").and_then(Label::from_code) {
        fact.label = fact.label.narrower(door);
    }
}
