//! Disclosure ↔ the document that goes out (DocumentReference, ServiceRequest or Task), Accounted ↔ AuditEvent.
//!
//! Rule: a document is planned with ids alone and filled from a [`Packet`] when it leaves; nothing of what was withheld is
//! written on it. The account is an AuditEvent of the sender's agency. Neighbours: `acts::disclose`, `handoff::disclosure`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::document::id_of;
use super::element::{coding, concept, extension, extension_of, extensions, foreign_concept, ours, part, part_text, reference};
use super::{Document, handoff, safety};
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, EscalationId, IncidentId, MemberId, OrganizationId, PersonId, ReceivedId, derived};
use crate::handoff::{Accounted, Disclosure, ToldKinds, WithheldThing};
use crate::safety::Need;
use crate::sharing::{DecidedBy, Information, Packet, Parted, Receiver, Receiving, WithheldReason};

/// The type of the report for a call-taker.
pub const BRIEF_911: &str = "brief-911";
/// The type of the report for those who treat.
pub const BRIEF_EMS: &str = "brief-ems";

/// What kind of document goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A report behind an escalation: an EIDO.
    Report,
    /// A referral.
    Referral,
    /// A step-down.
    StepDown,
}

/// The id of a report behind an escalation.
pub fn report_id(escalation: &EscalationId, kind: &str) -> ReceivedId {
    ReceivedId::derived(&format!("{escalation}/{kind}"))
}

/// The reports of an escalation as inputs of its Task, one a kind of recipient. They are named by their number and follow in
/// the outbox: a call for help refers to nothing that may not be there yet.
pub fn inputs(escalation: &EscalationId, need: Need) -> Vec<Value> {
    let input = |kind: &str| {
        let named = json!({ "type": "DocumentReference", "identifier": { "system": ours("report"), "value": report_id(escalation, kind).as_str() } });
        json!({ "type": concept("input", kind), "valueReference": named })
    };
    kinds(need).iter().map(|kind| input(kind)).collect()
}

/// Which reports an escalation has: one for the call-taker, and one for those who treat where they are asked for.
pub fn kinds(need: Need) -> &'static [&'static str] {
    if need == Need::Ems { &[BRIEF_911, BRIEF_EMS] } else { &[BRIEF_911] }
}

/// A report that is planned.
pub fn plan_report(id: &ReceivedId, kind: &str, incident: &IncidentId, disclosure: &Disclosure) -> Document {
    let mut doc = Document::new("DocumentReference", id.as_str());
    doc.set("identifier", json!([{ "system": ours("report"), "value": id.as_str() }]));
    let kind = if kind == BRIEF_EMS { concept("document", "brief-ems") } else { concept("document", "brief-911") };
    doc.set("status", json!("current")).set("type", kind);
    doc.set("date", json!(disclosure.at.to_string()));
    doc.set("content", json!([{ "attachment": { "contentType": "application/json" } }]));
    doc.set(
        "context",
        json!({ "related": [reference("ServiceRequest", incident.as_str()), reference("Task", disclosure.assignment.as_str())] }),
    );
    mark(&mut doc, disclosure);
    doc
}

/// Marks a document as a disclosure that is filled when it leaves.
pub fn mark(doc: &mut Document, disclosure: &Disclosure) {
    let mut parts = vec![
        part("receiver", "valueCode", disclosure.to.kind.code()),
        part("assignment", "valueString", disclosure.assignment.as_str()),
        part("by", "valueString", disclosure.by.as_str()),
        part("agency", "valueString", disclosure.agency.as_str()),
        part("at", "valueInstant", disclosure.at.to_string()),
    ];
    parts.extend(disclosure.person.as_ref().map(|person| part("person", "valueString", person.as_str())));
    parts.extend(disclosure.to.organization.as_ref().map(|org| part("organization", "valueString", org.as_str())));
    doc.push("extension", extension_of("disclosure", parts));
}

/// What kind of disclosure a document is; `None`: none.
pub fn form(doc: &Document) -> Option<Form> {
    let code = |pointer: &str, system: &str| doc.at(pointer).and_then(|concept| super::element::code_in(concept, system));
    match doc.kind() {
        "DocumentReference" => matches!(code("/type", "document"), Some(BRIEF_911 | BRIEF_EMS)).then_some(Form::Report),
        "ServiceRequest" => (code("/category/0", "request") == Some(handoff::HANDOFF)).then_some(Form::Referral),
        "Task" => (safety::task_code(doc) == Some(safety::STEP_DOWN)).then_some(Form::StepDown),
        _ => None,
    }
}

/// What a document was planned as; `None` on one that an earlier release froze.
pub fn read(doc: &Document) -> Option<Disclosure> {
    let found = extensions(doc.value(), "disclosure").next()?;
    let text = |name: &str| part_text(found, name, "valueString");
    Some(Disclosure {
        assignment: AssignmentId::parse(&text("assignment")?).ok()?,
        person: text("person").map(|id| PersonId::parse(&id)).transpose().ok()?,
        to: Receiver {
            kind: Receiving::from_code(&part_text(found, "receiver", "valueCode")?)?,
            organization: text("organization").map(|id| OrganizationId::parse(&id)).transpose().ok()?,
        },
        by: MemberId::parse(&text("by")?).ok()?,
        agency: OrganizationId::parse(&text("agency")?).ok()?,
        at: part_text(found, "at", "valueInstant")?.parse().ok()?,
    })
}

/// What an earlier release froze, as what it was planned as: its body is put aside and built anew. `None` where its own words
/// cannot be told from what was told (a step-down), or where it lacks what it was planned on.
pub fn read_frozen(doc: &Document, task: Option<&Document>, agency: &OrganizationId) -> Option<Disclosure> {
    let related = |kind: &str| doc.list("/context/related").iter().find_map(|r| id_of(r.get("reference")?.as_str()?, kind));
    match form(doc)? {
        Form::Report => Some(Disclosure {
            assignment: AssignmentId::parse(related("Task")?).ok()?,
            person: None,
            to: Receiver { kind: Receiving::PsapPoliceRead, organization: None },
            by: MemberId::derived("an earlier release"),
            agency: agency.clone(),
            at: doc.instant("/date")?,
        }),
        Form::Referral => {
            let task = task?;
            Some(Disclosure {
                assignment: AssignmentId::parse(id_of(task.target("/partOf/0")?, "Task")?).ok()?,
                person: Some(PersonId::parse(id_of(doc.target("/subject")?, "Patient")?).ok()?),
                to: Receiver {
                    kind: Receiving::Treating,
                    organization: Some(OrganizationId::parse(id_of(task.target("/owner")?, "Organization")?).ok()?),
                },
                by: MemberId::parse(id_of(doc.target("/requester")?, "Practitioner")?).ok()?,
                agency: agency.clone(),
                at: doc.instant("/authoredOn")?,
            })
        }
        Form::StepDown => None,
    }
}

/// Puts a packet into the report that was planned. `eido` is the packet, written.
pub fn fill_report(doc: &Document, eido: &Value) -> Document {
    let mut filled = without_traces(doc);
    let attachment = json!({ "contentType": crate::door::eido::MEDIA_TYPE, "data": STANDARD.encode(eido.to_string()) });
    filled.set("content", json!([{ "attachment": attachment }]));
    filled
}

/// Puts a packet into the referral that was planned.
pub fn fill_referral(doc: &Document, packet: &Packet) -> Document {
    let mut filled = without_traces(doc);
    filled.set("note", json!([{ "text": packet.lines().join("\n") }]));
    filled
}

/// Puts a packet into the step-down that was planned, after the crew's own words.
pub fn fill_step_down(doc: &Document, packet: &Packet) -> Document {
    let mut filled = without_traces(doc);
    let own = safety::own_words(doc).filter(|own| !own.trim().is_empty()).map(|own| own.trim().to_owned());
    let brief = own.into_iter().chain(packet.lines()).collect::<Vec<_>>().join("\n");
    let is_brief = |input: &&Value| input.get("type").and_then(|t| super::element::code_in(t, "input")) != Some("brief");
    let mut input: Vec<Value> = filled.list("/input").iter().filter(is_brief).cloned().collect();
    input.push(json!({ "type": concept("input", "brief"), "valueString": brief }));
    filled.set("input", Value::Array(input));
    filled
}

/// A document without what releases before the matrix wrote on it of what was withheld.
fn without_traces(doc: &Document) -> Document {
    let mut clean = doc.clone();
    let withheld = ours("withheld");
    let kept: Vec<Value> =
        doc.list("/extension").iter().filter(|e| e.get("url").and_then(Value::as_str) != Some(&withheld)).cloned().collect();
    clean.set("extension", if kept.is_empty() { Value::Null } else { Value::Array(kept) });
    let inputs = doc.list("/input");
    if !inputs.is_empty() {
        let told = |input: &&Value| input.get("type").is_some_and(|t| super::element::code_in(t, "withheld").is_none());
        clean.set("input", inputs.iter().filter(told).cloned().collect());
    }
    clean
}

/// The id of a disclosure's account.
pub fn account_id(document: &str) -> String {
    derived("disclosure-account", document)
}

/// The account of a disclosure that is planned. What was told and withheld is added when it leaves.
pub fn plan_account(document: &Document, disclosure: &Disclosure) -> Document {
    let mut doc = Document::new("AuditEvent", &account_id(&document.reference()));
    doc.set("type", json!({ "system": "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "code": "disclose" }));
    doc.set("subtype", json!([coding("audit", "disclosure")])).set("recorded", json!(disclosure.at.to_string()));
    let mut agents = vec![json!({ "who": reference("Practitioner", disclosure.by.as_str()), "requestor": true })];
    let role = foreign_concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient");
    agents.push(match &disclosure.to.organization {
        Some(organization) => json!({ "type": role, "who": reference("Organization", organization.as_str()), "requestor": false }),
        None => json!({ "type": role, "name": disclosure.to.kind.code(), "requestor": false }),
    });
    doc.set("agent", Value::Array(agents));
    doc.set("source", json!({ "observer": reference("Organization", disclosure.agency.as_str()) }));
    doc.set("entity", json!([{ "what": reference(document.kind(), document.id()) }]));
    doc.set("extension", json!([extension("receiver", "valueCode", disclosure.to.kind.code())]));
    doc
}

/// Puts into an account what was told and what was withheld, now that it leaves.
pub fn fill_account(account: &Document, parted: &Parted, people: &[PersonId], now: Instant) -> Document {
    let mut doc = account.clone();
    let mut extra: Vec<Value> = extensions(account.value(), "receiver").cloned().collect();
    extra.push(extension("built", "valueInstant", now.to_string()));
    for kind in Information::ALL {
        let count = parted.told.iter().filter(|told| told.kind == *kind).count();
        if count > 0 {
            extra.push(extension_of("told", vec![part("kind", "valueCode", kind.code()), part("count", "valueInteger", count)]));
        }
    }
    let mut bases: Vec<&str> = parted.told.iter().filter_map(|told| told.basis.as_ref()).map(|basis| basis.as_str()).collect();
    bases.sort_unstable();
    bases.dedup();
    extra.extend(bases.into_iter().map(|basis| extension("on-basis", "valueReference", reference("Consent", basis))));
    if parted.is_medical_emergency() {
        extra.push(extension("medical-emergency", "valueBoolean", true));
    }
    extra.extend(parted.withheld.iter().map(|withheld| {
        let mut parts = vec![part("what", "valueCode", withheld.item.code()), part("reason", "valueCode", withheld.reason.code())];
        parts.extend(withheld.item.of().map(|of| part("of", "valueString", of)));
        parts.extend(withheld.decided_by.map(|by| part("decided-by", "valueCode", by.code())));
        extension_of("withheld", parts)
    }));
    let revision: Vec<Value> = account.list("/extension").iter().filter(|e| is_revision(e)).cloned().collect();
    extra.extend(revision);
    doc.set("extension", Value::Array(extra)).set("recorded", json!(now.to_string()));
    let mut entities: Vec<Value> = account.list("/entity").iter().take(1).cloned().collect();
    entities.extend(people.iter().map(|person| json!({ "what": reference("Patient", person.as_str()) })));
    doc.set("entity", Value::Array(entities));
    doc
}

/// Whether an extension is the document's own revision, which goes with it.
fn is_revision(extension: &Value) -> bool {
    let url = extension.get("url").and_then(Value::as_str).unwrap_or_default();
    !["receiver", "built", "told", "on-basis", "medical-emergency", "withheld"].iter().any(|name| url == ours(name))
}

/// Reads an account; `None` where an AuditEvent is none.
pub fn read_account(doc: &Document) -> Option<Accounted> {
    let ours = doc.list("/subtype").iter().any(|one| one.get("code").and_then(Value::as_str) == Some("disclosure"));
    if doc.kind() != "AuditEvent" || !ours {
        return None;
    }
    let code = |name: &str| extensions(doc.value(), name).find_map(|e| e.get("valueCode")?.as_str());
    let target = |index: usize, kind: &str| doc.target(&format!("/agent/{index}/who")).and_then(|r| id_of(r, kind)).map(str::to_owned);
    let patients =
        doc.list("/entity").iter().filter_map(|e| PersonId::parse(id_of(e.pointer("/what/reference")?.as_str()?, "Patient")?).ok());
    let told = extensions(doc.value(), "told").filter_map(|one| {
        let count = super::element::part_value(one, "count", "valueInteger")?.as_u64()?;
        Some(ToldKinds { kind: Information::from_code(&part_text(one, "kind", "valueCode")?)?, count: u32::try_from(count).ok()? })
    });
    let withheld = extensions(doc.value(), "withheld").filter_map(|one| {
        Some(WithheldThing {
            what: part_text(one, "what", "valueCode")?,
            of: part_text(one, "of", "valueString"),
            reason: WithheldReason::from_code(&part_text(one, "reason", "valueCode")?)?,
            decided_by: part_text(one, "decided-by", "valueCode").and_then(|by| DecidedBy::from_code(&by)),
        })
    });
    Some(Accounted {
        id: doc.id().to_owned(),
        document: doc.target("/entity/0/what")?.to_owned(),
        to: Receiving::from_code(code("receiver")?)?,
        organization: target(1, "Organization").and_then(|id| OrganizationId::parse(&id).ok()),
        people: patients.collect(),
        by: MemberId::parse(&target(0, "Practitioner")?).ok()?,
        at: super::element::extension_text(doc.value(), "built", "valueInstant").and_then(|at| at.parse().ok()),
        told: told.collect(),
        bases: extensions(doc.value(), "on-basis")
            .filter_map(|e| Some(e.pointer("/valueReference/reference")?.as_str()?.to_owned()))
            .collect(),
        medical_emergency: extensions(doc.value(), "medical-emergency").next().is_some(),
        withheld: withheld.collect(),
    })
}
