//! Handoff ↔ ServiceRequest and Task, FollowUp ↔ Task, Attempt ↔ Communication.

use serde_json::json;

use super::document::id_of;
use super::element::{coding, concept, extension, extension_of, extensions, part, part_text, reference};
use super::{Document, ReadError};
use crate::base::Code;
use crate::base::ids::{AssignmentId, FollowUpId, HandoffId, IncidentId, PersonId, TeamId};
use crate::handoff::follow_up::{Attempt, FollowUp};
use crate::handoff::{Handoff, HandoffState, state};

/// The code that tells a referral's Task from others.
pub const HANDOFF: &str = "handoff";
/// The code that tells a follow-up's Task from others.
pub const FOLLOW_UP: &str = "follow-up";

/// The id of a referral's Task.
pub fn task_id(handoff: &HandoffId) -> String {
    crate::base::ids::derived("handoff-task", handoff.as_str())
}

/// Writes a referral: the request for service, and the Task that the service answers on. What the service may have of the
/// person is put in when it leaves (`fhir::disclosure`).
pub fn write(handoff: &Handoff) -> Vec<Document> {
    let mut request = Document::new("ServiceRequest", handoff.id.as_str());
    request.set("basedOn", json!([reference("ServiceRequest", handoff.incident.as_str())]));
    request.set("status", json!("active")).set("intent", json!("order"));
    request.set("category", json!([concept("request", HANDOFF)])).set("code", json!({ "text": "referral" }));
    request.set("subject", reference("Patient", handoff.person.as_str())).set("authoredOn", json!(handoff.at.to_string()));
    request.set("requester", reference("Practitioner", handoff.by.as_str()));
    request.set("performer", json!([reference("HealthcareService", handoff.to.as_str())]));
    request.set("supportingInfo", json!([reference("Consent", handoff.basis.as_str())]));
    let mut task = Document::new("Task", &task_id(&handoff.id));
    task.set("basedOn", json!([reference("ServiceRequest", handoff.incident.as_str())]));
    task.set("partOf", json!([reference("Task", handoff.assignment.as_str())]));
    task.set("status", json!("requested")).set("intent", json!("order")).set("code", concept("task", HANDOFF));
    task.set("focus", reference("ServiceRequest", handoff.id.as_str())).set("for", reference("Patient", handoff.person.as_str()));
    task.set("authoredOn", json!(handoff.at.to_string()));
    task.set("extension", json!([extension("team", "valueReference", reference("CareTeam", handoff.team.as_str()))]));
    task.set("requester", reference("Practitioner", handoff.by.as_str()));
    task.set("owner", reference("Organization", handoff.organization.as_str()));
    vec![request, task]
}

/// The state of a referral's Task.
pub fn read_state(task: &Document) -> HandoffState {
    let business = task.at("/businessStatus").and_then(|c| super::element::code_in(c, "handoff"));
    state(task.text("/status").unwrap_or_default(), business)
}

/// The service's side: its answer on the Task.
pub fn answer(task: &mut Document, status: &str, business: Option<HandoffState>, why: Option<&str>) {
    task.set("status", json!(status));
    if let Some(business) = business {
        task.set("businessStatus", concept("handoff", business.code()));
    }
    if let Some(why) = why {
        task.set("statusReason", json!({ "text": why }));
    }
}

/// Writes a follow-up that is due.
pub fn write_follow_up(follow_up: &FollowUp) -> Document {
    let mut doc = Document::new("Task", follow_up.id.as_str());
    doc.set("partOf", json!([reference("Task", follow_up.assignment.as_str())]));
    doc.set("status", json!("requested")).set("intent", json!("order")).set("code", json!({ "coding": [coding("task", FOLLOW_UP)] }));
    doc.set("focus", reference("ServiceRequest", follow_up.incident.as_str())).set("for", reference("Patient", follow_up.person.as_str()));
    doc.set("executionPeriod", json!({ "start": follow_up.made.to_string(), "end": follow_up.due.to_string() }));
    doc.set("authoredOn", json!(follow_up.made.to_string()));
    doc.set("owner", reference("CareTeam", follow_up.team.as_str()));
    doc
}

/// Reads a follow-up.
///
/// # Errors
/// [`ReadError`] naming the element.
pub fn read_follow_up(doc: &Document) -> Result<FollowUp, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let id = |pointer: &str, kind: &str| doc.text(pointer).and_then(|r| id_of(r, kind)).map(str::to_owned);
    Ok(FollowUp {
        id: FollowUpId::parse(doc.id()).map_err(|_| wrong("id"))?,
        assignment: id("/partOf/0/reference", "Task").and_then(|id| AssignmentId::parse(&id).ok()).ok_or_else(|| wrong("partOf"))?,
        incident: id("/focus/reference", "ServiceRequest").and_then(|id| IncidentId::parse(&id).ok()).ok_or_else(|| wrong("focus"))?,
        person: id("/for/reference", "Patient").and_then(|id| PersonId::parse(&id).ok()).ok_or_else(|| wrong("for"))?,
        team: id("/owner/reference", "CareTeam").and_then(|id| TeamId::parse(&id).ok()).ok_or_else(|| wrong("owner"))?,
        due: doc.instant("/executionPeriod/end").ok_or_else(|| wrong("executionPeriod.end"))?,
        made: doc.instant("/executionPeriod/start").ok_or_else(|| wrong("executionPeriod.start"))?,
    })
}

/// Writes an attempt.
pub fn write_attempt(id: &str, follow_up: &FollowUp, attempt: &Attempt) -> Document {
    let mut doc = Document::new("Communication", id);
    let parts = vec![
        part("by", "valueCode", attempt.by.code()),
        part("outcome", "valueCode", attempt.outcome.code()),
        part("safety-concern", "valueBoolean", attempt.safety_concern),
    ];
    doc.set("extension", json!([extension_of("attempt", parts)]));
    doc.set("partOf", json!([reference("Task", follow_up.id.as_str())])).set("status", json!("completed"));
    doc.set("subject", reference("Patient", follow_up.person.as_str())).set("sent", json!(attempt.at.to_string()));
    doc.set("sender", reference("Practitioner", attempt.member.as_str()));
    if let Some(remark) = &attempt.remark {
        doc.set("note", json!([{ "text": remark }]));
    }
    doc
}

/// The code of an attempt's outcome.
pub fn attempt_outcome(doc: &Document) -> Option<String> {
    extensions(doc.value(), "attempt").next().and_then(|e| part_text(e, "outcome", "valueCode"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follow_up_goes_out_and_comes_back_the_same() {
        let at = |s: i64| crate::base::clock::Instant::from_second(s).unwrap();
        let follow_up = FollowUp {
            id: FollowUpId::fresh(),
            assignment: AssignmentId::fresh(),
            incident: IncidentId::fresh(),
            person: PersonId::fresh(),
            team: TeamId::fresh(),
            due: at(90),
            made: at(1),
        };
        assert_eq!(read_follow_up(&write_follow_up(&follow_up)).unwrap(), follow_up);
    }
}
