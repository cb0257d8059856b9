//! Escalation ↔ Task owned by the PSAP.
//!
//! Rule: it names nothing that a server could miss: its assignment stands in it by identifier and never as a reference, so that a
//! server which checks references takes it before it has the assignment (P10). The team is its group, by which it is found. The
//! receiver's word comes back on the same Task: status and our extension `acknowledged` (who, when, channel); so does the word of
//! whoever cancels it, `cancelled` (who, when). Neighbours: `acts::escalate` makes it, `document` counts the identifier as a
//! reference.

use std::time::Duration;

use serde_json::{Value, json};

use super::document::id_of;
use super::element::{concept, decimal, extension, extension_of, extensions, ours, part, part_text, reference};
use super::reference::logical;
use super::safety::{input, team};
use super::{Document, ReadError};
use crate::base::ids::{AssignmentId, EscalationId, MemberId, OrganizationId, TeamId};
use crate::base::{Code, Position};
use crate::incident::Place;
use crate::safety::{Acknowledgement, Ending, Escalation, Need, PhonePosition};

/// The code that tells an escalation from other Tasks.
pub const ESCALATION: &str = "escalation";

/// The system of the identifier by which a Task names its team as its group.
pub const GROUP: &str = "team";

/// Writes an escalation.
pub fn write(escalation: &Escalation) -> Document {
    let mut doc = Document::new("Task", escalation.id.as_str());
    doc.set("identifier", json!([{ "system": ours("report-number"), "value": escalation.number }]));
    doc.set("status", json!("requested")).set("intent", json!("order")).set("priority", json!("stat"));
    doc.set("code", concept("task", ESCALATION)).set("description", json!(escalation.need.code()));
    doc.set("groupIdentifier", json!({ "system": ours(GROUP), "value": escalation.team.as_str() }));
    if let Some(assignment) = &escalation.assignment {
        doc.set("partOf", json!([logical("Task", assignment.as_str())]));
    }
    doc.set("authoredOn", json!(escalation.at.to_string()));
    doc.set("extension", json!([extension("team", "valueReference", reference("CareTeam", escalation.team.as_str()))]));
    doc.set("requester", reference("Practitioner", escalation.by.as_str()));
    doc.set("owner", reference("Organization", escalation.psap.as_str()));
    doc.set("input", Value::Array(inputs(escalation)));
    doc
}

fn inputs(escalation: &Escalation) -> Vec<Value> {
    let mut all = vec![
        json!({ "type": concept("input", "need"), "valueCode": escalation.need.code() }),
        json!({ "type": concept("input", "callback"), "valueString": escalation.callback }),
    ];
    if escalation.silent {
        all.push(json!({ "type": concept("input", "silent"), "valueBoolean": true }));
    }
    if let Some(address) = &escalation.place.address {
        all.push(json!({ "type": concept("input", "place"), "valueString": address }));
    }
    if let Some(position) = escalation.place.position {
        all.push(json!({ "type": concept("input", "position"), "valueString": as_iso6709(position) }));
    }
    if let Some(phone) = escalation.phone {
        all.push(json!({ "type": concept("input", "phone-position"), "valueString": as_iso6709(phone.position) }));
        all.push(json!({ "type": concept("input", "phone-position-age-s"), "valueInteger": phone.age.as_secs().min(MOST_AGE_S) }));
        if let Some(accuracy) = phone.accuracy_m {
            all.push(json!({ "type": concept("input", "phone-accuracy-m"), "valueDecimal": decimal(accuracy) }));
        }
    }
    all
}

/// The longest age that is written, in seconds: FHIR's integers end there.
const MOST_AGE_S: u64 = i32::MAX as u64;

/// Reads an escalation, its assignment in either form.
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
        assignment: assignment(doc)?,
        team: team(doc).ok_or_else(|| wrong("extension(team)"))?,
        by: id("/requester/reference", "Practitioner").and_then(|id| MemberId::parse(&id).ok()).ok_or_else(|| wrong("requester"))?,
        psap: id("/owner/reference", "Organization").and_then(|id| OrganizationId::parse(&id).ok()).ok_or_else(|| wrong("owner"))?,
        need: need.ok_or_else(|| wrong("input(need)"))?,
        silent: input(doc, "silent").and_then(|i| i.get("valueBoolean")?.as_bool()).unwrap_or_default(),
        place: Place { address: text("place"), position: text("position").and_then(|t| iso6709(&t)), ..Default::default() },
        phone: phone(doc),
        callback: text("callback").ok_or_else(|| wrong("input(callback)"))?,
        number: doc.text("/identifier/0/value").ok_or_else(|| wrong("identifier"))?.to_owned(),
        at: doc.instant("/authoredOn").ok_or_else(|| wrong("authoredOn"))?,
    })
}

/// The assignment that a Task is part of: by identifier, or by reference as earlier releases wrote it.
fn assignment(doc: &Document) -> Result<Option<AssignmentId>, ReadError> {
    if doc.list("/partOf").is_empty() {
        return Ok(None);
    }
    let named = doc.references().into_iter().find(|(element, _)| element == "partOf");
    let id = named.and_then(|(_, target)| AssignmentId::parse(id_of(&target, "Task")?).ok());
    id.map(Some).ok_or_else(|| ReadError::new(doc, "partOf"))
}

fn phone(doc: &Document) -> Option<PhonePosition> {
    let value = |name: &str, kind: &str| input(doc, name)?.get(kind).cloned();
    Some(PhonePosition {
        position: iso6709(value("phone-position", "valueString")?.as_str()?)?,
        age: Duration::from_secs(value("phone-position-age-s", "valueInteger").and_then(|age| age.as_u64())?),
        accuracy_m: value("phone-accuracy-m", "valueDecimal").and_then(|metres| metres.as_f64()).filter(|metres| *metres >= 0.0),
    })
}

fn as_iso6709(position: Position) -> String {
    format!("{:+}{:+}/", position.latitude(), position.longitude())
}

/// A position as ISO 6709 decimal degrees (`+40.09-075.38/`).
fn iso6709(text: &str) -> Option<Position> {
    let text = text.strip_suffix('/')?;
    let cut = text.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-'))?.0;
    let (latitude, longitude) = text.split_at_checked(cut)?;
    Position::new(latitude.parse().ok()?, longitude.parse().ok()?).ok()
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
    put_extension(doc, "acknowledged", parts);
    doc.set("status", json!(status));
}

/// Writes who cancels it onto the Task. The receiver's word stays.
pub fn cancel(doc: &mut Document, ending: &Ending) {
    let parts = vec![part("who", "valueString", ending.who.as_str()), part("at", "valueInstant", ending.at.to_string())];
    put_extension(doc, "cancelled", parts);
    doc.set("status", json!("cancelled"));
}

/// Who cancelled it, if that is there and whole.
pub fn cancellation(doc: &Document) -> Option<Ending> {
    let found = extensions(doc.value(), "cancelled").next()?;
    Some(Ending { who: part_text(found, "who", "valueString")?, at: part_text(found, "at", "valueInstant")?.parse().ok()? })
}

/// Puts an extension of ours in place of the one of its name.
fn put_extension(doc: &mut Document, name: &str, parts: Vec<Value>) {
    let url = ours(name);
    let mut all: Vec<Value> =
        doc.list("/extension").iter().filter(|e| e.get("url").and_then(Value::as_str) != Some(&url)).cloned().collect();
    all.push(extension_of(name, parts));
    doc.set("extension", Value::Array(all));
}

/// Whether this is an escalation of this team.
pub fn is_of_team(doc: &Document, team: &TeamId) -> bool {
    super::safety::task_code(doc) == Some(ESCALATION) && doc.text("/groupIdentifier/value") == Some(team.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escalation() -> Escalation {
        Escalation {
            id: EscalationId::fresh(),
            assignment: Some(AssignmentId::fresh()),
            team: TeamId::fresh(),
            by: MemberId::fresh(),
            psap: OrganizationId::fresh(),
            need: Need::CrewInDanger,
            silent: true,
            phone: Some(PhonePosition {
                position: Position::new(40.1, -75.4).unwrap(),
                age: Duration::from_secs(75),
                accuracy_m: Some(12.5),
            }),
            callback: "+12155550100".into(),
            number: "4711".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            place: Place { address: Some("12 Mill Rd".into()), position: Position::new(40.09, -75.38).ok(), ..Default::default() },
        }
    }

    #[test]
    fn an_escalation_goes_out_and_comes_back_the_same() {
        let escalation = escalation();
        let mut doc = write(&escalation);
        assert_eq!(read(&doc).unwrap(), escalation);
        assert_eq!(acknowledgement(&doc), None);
        let said = Acknowledgement { who: "call-taker 5".into(), at: jiff::Timestamp::UNIX_EPOCH, channel: "cad".into() };
        acknowledge(&mut doc, &said, "accepted");
        assert_eq!(acknowledgement(&doc), Some(said.clone()));
        let ending = Ending { who: "Ana Ruiz".into(), at: jiff::Timestamp::UNIX_EPOCH };
        cancel(&mut doc, &ending);
        assert_eq!((acknowledgement(&doc), cancellation(&doc)), (Some(said), Some(ending)));
        let alone = Escalation { assignment: None, phone: None, silent: false, place: Place::default(), ..escalation };
        assert_eq!(read(&write(&alone)).unwrap(), alone);
    }

    #[test]
    fn no_server_can_miss_what_a_call_for_help_names_before_its_work_is_there() {
        let escalation = escalation();
        let assignment = format!("Task/{}", escalation.assignment.clone().unwrap());
        let doc = write(&escalation);
        assert!(!doc.to_text().contains(&format!("\"reference\":\"{assignment}\"")), "a server that checks references refuses it");
        // Here it counts as pointing at the assignment all the same.
        assert!(doc.references().contains(&("partOf".to_owned(), assignment.clone())));
        // As earlier releases wrote it.
        let mut old = doc.clone();
        old.set("partOf", json!([{ "reference": assignment }]));
        assert_eq!(read(&old).unwrap(), escalation);
    }

    #[test]
    fn a_word_without_a_name_or_a_time_is_no_word() {
        for extension in [
            json!({ "url": ours("acknowledged") }),
            extension_of("acknowledged", vec![part("at", "valueInstant", "2026-11-25T02:00:00Z"), part("channel", "valueCode", "cad")]),
            extension_of("acknowledged", vec![part("who", "valueString", "call-taker 5"), part("channel", "valueCode", "cad")]),
            extension_of("cancelled", vec![part("at", "valueInstant", "2026-11-25T02:00:00Z")]),
        ] {
            let mut doc = write(&escalation());
            doc.push("extension", extension);
            assert_eq!((acknowledgement(&doc), cancellation(&doc)), (None, None), "{}", doc.to_text());
        }
    }
}
