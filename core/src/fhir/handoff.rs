//! Handoff ↔ ServiceRequest and Task, Basis ↔ Consent, FollowUp ↔ Task, Attempt ↔ Communication.

use serde_json::{Value, json};

use super::document::id_of;
use super::element::{coding, concept, extension, extension_of, extension_text, extensions, foreign_concept, part, part_text, reference};
use super::{Document, ReadError};
use crate::base::Code;
use crate::base::ids::{AssignmentId, BasisId, FollowUpId, HandoffId, IncidentId, OrganizationId, PersonId, TeamId};
use crate::handoff::follow_up::{Attempt, FollowUp};
use crate::handoff::{Basis, BasisKind, Handoff, HandoffState, state};

/// The code that tells a referral's Task from others.
pub const HANDOFF: &str = "handoff";
/// The code that tells a follow-up's Task from others.
pub const FOLLOW_UP: &str = "follow-up";

/// The id of a referral's Task.
pub fn task_id(handoff: &HandoffId) -> String {
    crate::base::ids::derived("handoff-task", handoff.as_str())
}

/// Writes a referral: the request for service, and the Task that the service answers on.
pub fn write(handoff: &Handoff) -> Vec<Document> {
    let mut request = Document::new("ServiceRequest", handoff.id.as_str());
    let withheld = handoff.withheld.iter().map(|(fact, reason)| {
        extension_of("withheld", vec![part("fact", "valueString", fact.as_str()), part("reason", "valueCode", reason.as_str())])
    });
    let withheld: Vec<Value> = withheld.collect();
    request.set("extension", if withheld.is_empty() { Value::Null } else { Value::Array(withheld) });
    request.set("basedOn", json!([reference("ServiceRequest", handoff.incident.as_str())]));
    request.set("status", json!("active")).set("intent", json!("order"));
    request.set("category", json!([concept("request", HANDOFF)])).set("code", json!({ "text": "referral" }));
    request.set("subject", reference("Patient", handoff.person.as_str())).set("authoredOn", json!(handoff.at.to_string()));
    request.set("requester", reference("Practitioner", handoff.by.as_str()));
    request.set("performer", json!([reference("HealthcareService", handoff.to.as_str())]));
    request.set("supportingInfo", json!([reference("Consent", handoff.basis.as_str())]));
    request.set("note", json!([{ "text": handoff.packet }]));
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

/// Writes a basis.
pub fn write_basis(basis: &Basis) -> Document {
    let mut doc = Document::new("Consent", basis.id.as_str());
    let mut extra = vec![extension("basis", "valueCode", basis.kind.code())];
    extra.extend(basis.withdrawn.map(|at| extension("withdrawn", "valueInstant", at.to_string())));
    doc.set("extension", Value::Array(extra));
    doc.set("status", json!(if basis.withdrawn.is_some() { "inactive" } else { "active" }));
    doc.set("scope", foreign_concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Privacy Consent"));
    doc.set("category", json!([foreign_concept("http://loinc.org", "59284-0", "Consent Document")]));
    doc.set("patient", reference("Patient", basis.person.as_str())).set("dateTime", json!(basis.from.to_string()));
    doc.set("policyRule", json!({ "text": basis.kind.code() }));
    let mut provision = json!({ "type": "permit" });
    if let Value::Object(map) = &mut provision {
        let mut period = json!({ "start": basis.from.to_string() });
        if let (Value::Object(period), Some(until)) = (&mut period, basis.until) {
            period.insert("end".into(), json!(until.to_string()));
        }
        map.insert("period".into(), period);
        if let Some(recipient) = &basis.recipient {
            let role = foreign_concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient");
            map.insert("actor".into(), json!([{ "role": role, "reference": reference("Organization", recipient.as_str()) }]));
        }
    }
    doc.set("provision", provision);
    doc
}

/// Reads a basis.
///
/// # Errors
/// [`ReadError`]; a kind that this release does not know is an error, and so is an end that cannot be read: it allows
/// nothing.
pub fn read_basis(doc: &Document) -> Result<Basis, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let kind = extension_text(doc.value(), "basis", "valueCode").and_then(BasisKind::from_code);
    let person = doc.target("/patient").and_then(|r| id_of(r, "Patient")).and_then(|id| PersonId::parse(id).ok());
    let named = doc.target("/provision/actor/0/reference");
    let instant = |said: Option<&Value>, element| said.and_then(Value::as_str).and_then(|t| t.parse().ok()).ok_or_else(|| wrong(element));
    let withdrawn =
        extensions(doc.value(), "withdrawn").next().map(|e| instant(e.get("valueInstant"), "extension(withdrawn)")).transpose()?;
    if withdrawn.is_none() && doc.text("/status") != Some("active") {
        return Err(wrong("status"));
    }
    Ok(Basis {
        id: BasisId::parse(doc.id()).map_err(|_| wrong("id"))?,
        person: person.ok_or_else(|| wrong("patient"))?,
        kind: kind.ok_or_else(|| wrong("extension(basis)"))?,
        recipient: named
            .map(|r| id_of(r, "Organization").and_then(|id| OrganizationId::parse(id).ok()).ok_or_else(|| wrong("provision.actor")))
            .transpose()?,
        from: doc.instant("/provision/period/start").ok_or_else(|| wrong("provision.period"))?,
        until: doc.at("/provision/period/end").map(|end| instant(Some(end), "provision.period.end")).transpose()?,
        withdrawn,
    })
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
    fn a_basis_and_a_follow_up_go_out_and_come_back_the_same() {
        let at = |s: i64| crate::base::clock::Instant::from_second(s).unwrap();
        let basis = Basis {
            id: BasisId::fresh(),
            person: PersonId::fresh(),
            kind: BasisKind::ConsentVerbal,
            recipient: Some(OrganizationId::fresh()),
            from: at(5),
            until: Some(at(9)),
            withdrawn: Some(at(7)),
        };
        assert_eq!(read_basis(&write_basis(&basis)).unwrap(), basis);
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

    #[test]
    fn a_basis_of_an_unknown_kind_allows_nothing() {
        let mut doc = Document::new("Consent", "a");
        doc.set("extension", json!([extension("basis", "valueCode", "a-new-law")]));
        assert!(read_basis(&doc).is_err());
    }
}
