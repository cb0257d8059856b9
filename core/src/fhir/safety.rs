//! Escalation ↔ Task owned by the PSAP, StepDown ↔ Task owned by the 988 centre.
//!
//! The receiver's word comes back on the same Task: status and our extension `acknowledged` (who, when, channel).

use serde_json::{Value, json};

use super::document::id_of;
use super::element::{coding, concept, extension, extension_of, extension_text, extensions, part, part_text, reference};
use super::{Document, ReadError};
use crate::base::Code;
use crate::base::ids::{AssignmentId, EscalationId, IncidentId, MemberId, OrganizationId, StepDownId, TeamId};
use crate::safety::{Acknowledgement, Escalation, Need, StepDown};

/// The code that tells an escalation from other Tasks.
pub const ESCALATION: &str = "escalation";
/// The code that tells a step-down from other Tasks.
pub const STEP_DOWN: &str = "step-down";

/// Writes an escalation.
pub fn write(escalation: &Escalation) -> Document {
    let mut doc = Document::new("Task", escalation.id.as_str());
    doc.set("identifier", json!([{ "system": super::element::ours("report-number"), "value": escalation.number }]));
    doc.set("status", json!("requested")).set("intent", json!("order")).set("priority", json!("stat"));
    doc.set("code", concept("task", ESCALATION)).set("description", json!(escalation.need.code()));
    doc.set("partOf", json!([reference("Task", escalation.assignment.as_str())]));
    doc.set("authoredOn", json!(escalation.at.to_string()));
    doc.set("extension", json!([extension("team", "valueReference", reference("CareTeam", escalation.team.as_str()))]));
    doc.set("requester", reference("Practitioner", escalation.by.as_str()));
    doc.set("owner", reference("Organization", escalation.psap.as_str()));
    let mut input = vec![
        json!({ "type": concept("input", "need"), "valueCode": escalation.need.code() }),
        json!({ "type": concept("input", "callback"), "valueString": escalation.callback }),
    ];
    if let Some(address) = &escalation.place.address {
        input.push(json!({ "type": concept("input", "place"), "valueString": address }));
    }
    if let Some(position) = escalation.place.position {
        let iso6709 = format!("{:+}{:+}/", position.latitude(), position.longitude());
        input.push(json!({ "type": concept("input", "position"), "valueString": iso6709 }));
    }
    doc.set("input", Value::Array(input));
    doc
}

fn input<'a>(doc: &'a Document, name: &str) -> Option<&'a Value> {
    doc.list("/input").iter().find(|item| item.get("type").and_then(|t| super::element::code_in(t, "input")) == Some(name))
}

/// The team that asks. FHIR lets no CareTeam be a Task's requester, so it stands in an extension.
fn team(doc: &Document) -> Option<TeamId> {
    extensions(doc.value(), "team").find_map(|e| TeamId::parse(id_of(e.pointer("/valueReference/reference")?.as_str()?, "CareTeam")?).ok())
}

/// The code of one of our Tasks.
pub fn task_code(doc: &Document) -> Option<&str> {
    (doc.kind() == "Task").then(|| super::element::code_in(doc.at("/code")?, "task"))?
}

/// Reads an escalation.
///
/// # Errors
/// [`ReadError`] naming the element.
pub fn read(doc: &Document) -> Result<Escalation, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let text = |name: &str| input(doc, name).and_then(|i| i.get("valueString")?.as_str()).map(str::to_owned);
    let id = |pointer: &str, kind: &str| doc.text(pointer).and_then(|r| id_of(r, kind)).map(str::to_owned);
    let need = input(doc, "need").and_then(|i| Need::from_code(i.get("valueCode")?.as_str()?));
    Ok(Escalation {
        id: EscalationId::parse(doc.id()).map_err(|_| wrong("id"))?,
        assignment: id("/partOf/0/reference", "Task").and_then(|id| AssignmentId::parse(&id).ok()).ok_or_else(|| wrong("partOf"))?,
        team: team(doc).ok_or_else(|| wrong("extension(team)"))?,
        by: id("/requester/reference", "Practitioner").and_then(|id| MemberId::parse(&id).ok()).ok_or_else(|| wrong("requester"))?,
        psap: id("/owner/reference", "Organization").and_then(|id| OrganizationId::parse(&id).ok()).ok_or_else(|| wrong("owner"))?,
        need: need.ok_or_else(|| wrong("input(need)"))?,
        place: crate::incident::Place {
            address: text("place"),
            position: text("position").and_then(|t| iso6709(&t)),
            ..Default::default()
        },
        callback: text("callback").ok_or_else(|| wrong("input(callback)"))?,
        number: doc.text("/identifier/0/value").ok_or_else(|| wrong("identifier"))?.to_owned(),
        at: doc.instant("/authoredOn").ok_or_else(|| wrong("authoredOn"))?,
    })
}

/// A position as ISO 6709 decimal degrees (`+40.09-075.38/`).
fn iso6709(text: &str) -> Option<crate::base::Position> {
    let text = text.strip_suffix('/')?;
    let cut = text.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-'))?.0;
    let (latitude, longitude) = text.split_at_checked(cut)?;
    crate::base::Position::new(latitude.parse().ok()?, longitude.parse().ok()?).ok()
}

/// The receiver's word on a Task, if it is there and whole.
pub fn acknowledgement(doc: &Document) -> Option<Acknowledgement> {
    let found = extensions(doc.value(), "acknowledged").next()?;
    Some(Acknowledgement {
        who: part_text(found, "who", "valueString")?,
        at: part_text(found, "at", "valueInstant")?.parse().ok()?,
        channel: part_text(found, "channel", "valueCode")?,
    })
}

/// The receiver's side: writes its word and the new status onto the Task.
pub fn acknowledge(doc: &mut Document, said: &Acknowledgement, status: &str) {
    let parts = vec![
        part("who", "valueString", said.who.as_str()),
        part("at", "valueInstant", said.at.to_string()),
        part("channel", "valueCode", said.channel.as_str()),
    ];
    let url = super::element::ours("acknowledged");
    let mut all: Vec<Value> =
        doc.list("/extension").iter().filter(|e| e.get("url").and_then(Value::as_str) != Some(&url)).cloned().collect();
    all.push(extension_of("acknowledged", parts));
    doc.set("extension", Value::Array(all)).set("status", json!(status));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Position;
    use crate::incident::Place;

    #[test]
    fn an_escalation_goes_out_and_comes_back_the_same() {
        let escalation = Escalation {
            id: EscalationId::fresh(),
            assignment: AssignmentId::fresh(),
            team: TeamId::fresh(),
            by: MemberId::fresh(),
            psap: OrganizationId::fresh(),
            need: Need::CrewInDanger,
            callback: "+12155550100".into(),
            number: "4711".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            place: Place { address: Some("12 Mill Rd".into()), position: Position::new(40.09, -75.38).ok(), ..Default::default() },
        };
        let mut doc = write(&escalation);
        assert_eq!(read(&doc).unwrap(), escalation);
        assert_eq!(acknowledgement(&doc), None);
        let said = Acknowledgement { who: "call-taker 5".into(), at: jiff::Timestamp::UNIX_EPOCH, channel: "cad".into() };
        acknowledge(&mut doc, &said, "accepted");
        assert_eq!(acknowledgement(&doc), Some(said));
    }
}
