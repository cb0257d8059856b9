//! StepDown ↔ Task owned by the 988 centre, and what it has in common with an escalation's Task.

use serde_json::{Value, json};

use super::document::id_of;
use super::element::{coding, concept, extension, extension_text, extensions, reference};
use super::{Document, ReadError};
use crate::base::ids::{AssignmentId, IncidentId, MemberId, OrganizationId, StepDownId, TeamId};
use crate::safety::StepDown;

/// The code that tells a step-down from other Tasks.
pub const STEP_DOWN: &str = "step-down";

pub(super) fn input<'a>(doc: &'a Document, name: &str) -> Option<&'a Value> {
    doc.list("/input").iter().find(|item| item.get("type").and_then(|t| super::element::code_in(t, "input")) == Some(name))
}

/// The team that asks. FHIR lets no CareTeam be a Task's requester, so it stands in an extension.
pub(super) fn team(doc: &Document) -> Option<TeamId> {
    extensions(doc.value(), "team").find_map(|e| TeamId::parse(id_of(e.pointer("/valueReference/reference")?.as_str()?, "CareTeam")?).ok())
}

/// The code of one of our Tasks.
pub fn task_code(doc: &Document) -> Option<&str> {
    (doc.kind() == "Task").then(|| super::element::code_in(doc.at("/code")?, "task"))?
}

/// Writes a step-down.
pub fn write_step_down(step: &StepDown) -> Document {
    let mut doc = Document::new("Task", step.id.as_str());
    doc.set("extension", json!([extension("team", "valueReference", reference("CareTeam", step.team.as_str()))]));
    doc.set("status", json!("requested")).set("intent", json!("order")).set("priority", json!("urgent"));
    doc.set("code", json!({ "coding": [coding("task", STEP_DOWN)] }));
    doc.set("partOf", json!([reference("Task", step.assignment.as_str())]));
    doc.set("focus", reference("ServiceRequest", step.incident.as_str()));
    doc.set("authoredOn", json!(step.at.to_string()));
    doc.set("requester", reference("Practitioner", step.by.as_str()));
    doc.set("owner", reference("Organization", step.centre.as_str()));
    doc.set("input", json!([{ "type": concept("input", "own-words"), "valueString": step.own_words }]));
    doc
}

/// The crew's own words of a step-down, as they were said; `None` on one of a release that wrote them with the facts.
pub fn own_words(doc: &Document) -> Option<&str> {
    input(doc, "own-words").and_then(|i| i.get("valueString")?.as_str())
}

/// Everything that the counsellor is told with a step-down; `None` before it leaves.
pub fn brief(doc: &Document) -> Option<&str> {
    input(doc, "brief").and_then(|i| i.get("valueString")?.as_str())
}

/// Reads a step-down.
///
/// # Errors
/// [`ReadError`] naming the element.
pub fn read_step_down(doc: &Document) -> Result<StepDown, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let id = |pointer: &str, kind: &str| doc.text(pointer).and_then(|r| id_of(r, kind)).map(str::to_owned);
    Ok(StepDown {
        id: StepDownId::parse(doc.id()).map_err(|_| wrong("id"))?,
        assignment: id("/partOf/0/reference", "Task").and_then(|id| AssignmentId::parse(&id).ok()).ok_or_else(|| wrong("partOf"))?,
        incident: id("/focus/reference", "ServiceRequest").and_then(|id| IncidentId::parse(&id).ok()).ok_or_else(|| wrong("focus"))?,
        centre: id("/owner/reference", "Organization").and_then(|id| OrganizationId::parse(&id).ok()).ok_or_else(|| wrong("owner"))?,
        team: team(doc).ok_or_else(|| wrong("extension(team)"))?,
        by: id("/requester/reference", "Practitioner").and_then(|id| MemberId::parse(&id).ok()).ok_or_else(|| wrong("requester"))?,
        own_words: own_words(doc).or_else(|| brief(doc)).unwrap_or_default().to_owned(),
        at: doc.instant("/authoredOn").ok_or_else(|| wrong("authoredOn"))?,
    })
}

/// Why the receiver sent it back, in its own words.
pub fn why_back(doc: &Document) -> Option<&str> {
    doc.text("/statusReason/text").or_else(|| extension_text(doc.value(), "why-back", "valueString"))
}
