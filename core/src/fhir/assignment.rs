//! Assignment ↔ Task, Visit ↔ Encounter, Stamp ↔ Provenance.

use serde_json::{Value, json};

use super::document::id_of;
use super::element::{
    concept, decimal, extension, extension_of, extension_text, extensions, known, part, part_text, part_value, reference,
};
use super::{Document, ReadError};
use crate::assignment::{
    AloneReason, Assignment, Capture, Closing, HowClosed, Legal, NextStep, NoContact, Stamp, State, Travel, Visit, Whereabouts,
};
use crate::base::ids::{AssignmentId, IncidentId, MemberId, PersonId, StampId, TeamId, VisitId};
use crate::base::{Code, Position};
use crate::incident::Door;
use crate::planning::offer::{Danger, GridCell, OpenOffer};
use crate::team::{Capability, Need};

/// The code that tells an assignment from other Tasks.
pub const ASSIGNMENT: &str = "assignment";
/// The business status of an offer that nobody has claimed.
pub const OPEN_OFFER: &str = "open-offer";

/// Writes an assignment in `state`. `subject` is the incident's first person in crisis, and is named only where a team has it:
/// an open offer names nobody.
pub fn write(assignment: &Assignment, state: State, subject: &PersonId, requester: &str) -> Document {
    let mut doc = Document::new("Task", assignment.id.as_str());
    doc.set("basedOn", json!([reference("ServiceRequest", assignment.incident.as_str())]));
    project(state, assignment.team.is_some(), &mut doc);
    doc.set("intent", json!("order")).set("code", concept("task", ASSIGNMENT));
    doc.set("focus", reference("ServiceRequest", assignment.incident.as_str()));
    if assignment.team.is_some() {
        doc.set("for", reference("Patient", subject.as_str()));
    }
    doc.set("authoredOn", json!(assignment.made.to_string()));
    doc.set("requester", reference("Organization", requester));
    write_crew(assignment, &mut doc);
    doc
}

/// Writes onto the Task of an open offer what every team may know: urgency, door, needs and dangers by their codes, and the
/// cell of the grid as a contained Location.
pub fn write_offer(offer: &OpenOffer, task: &mut Document) {
    task.set("priority", json!(super::incident::priority(offer.urgency)));
    let mut parts = vec![part("door", "valueCode", offer.door.code())];
    parts.extend(offer.needs.iter().filter_map(|need| match need {
        Need::Can(capability) => Some(part("capability", "valueCode", capability.code())),
        Need::Language(tag) => Some(part("language", "valueCode", tag.as_str())),
        Need::FullCrew => Some(part("full-crew", "valueBoolean", true)),
        Need::Known(_) => None,
    }));
    parts.extend(offer.dangers.iter().map(|danger| part("danger", "valueCode", danger.code())));
    parts.extend(offer.cell.map(|cell| part("width-m", "valueDecimal", decimal(cell.width_m))));
    task.push("extension", extension_of("open-offer", parts));
    if let Some(cell) = offer.cell {
        let (longitude, latitude) = (decimal(cell.middle.longitude()), decimal(cell.middle.latitude()));
        let location = json!({ "resourceType": "Location", "id": "cell", "mode": "kind", "position": { "longitude": longitude, "latitude": latitude } });
        task.set("contained", json!([location])).set("location", json!({ "reference": "#cell" }));
    }
}

/// What every team may know of an open offer; `None` on a Task that says nothing of it.
pub fn read_offer(task: &Document) -> Option<OpenOffer> {
    let found = extensions(task.value(), "open-offer").next()?;
    let parts = found.get("extension").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let codes = |name: &str| -> Vec<&str> {
        let named = parts.iter().filter(|part| part.get("url").and_then(Value::as_str) == Some(name));
        named.filter_map(|part| part.get("valueCode")?.as_str()).collect()
    };
    let mut needs: Vec<Need> = codes("capability").into_iter().filter_map(Capability::from_code).map(Need::Can).collect();
    needs.extend(codes("language").into_iter().map(|tag| Need::Language(tag.to_owned())));
    needs.extend(part_value(found, "full-crew", "valueBoolean").map(|_| Need::FullCrew));
    let at = |pointer: &str| task.at(pointer).and_then(Value::as_f64);
    let middle = at("/contained/0/position/latitude").zip(at("/contained/0/position/longitude"));
    let width_m = part_value(found, "width-m", "valueDecimal").and_then(Value::as_f64);
    let cell = middle.zip(width_m).and_then(|((lat, lon), width_m)| Some(GridCell { middle: Position::new(lat, lon).ok()?, width_m }));
    Some(OpenOffer {
        urgency: super::incident::urgency(task.text("/priority")),
        door: Door::from_code(codes("door").first()?)?,
        needs,
        dangers: codes("danger").into_iter().filter_map(Danger::from_code).collect(),
        cell,
    })
}

/// Writes who has it and who goes onto the Task; what else stands there stays.
pub fn write_crew(assignment: &Assignment, task: &mut Document) {
    let (crew, alone) = (super::element::ours("crew"), super::element::ours("alone"));
    let ours = |e: &Value| e.get("url").and_then(Value::as_str).is_some_and(|url| url == crew || url == alone);
    let mut all: Vec<Value> = task.list("/extension").iter().filter(|e| !ours(e)).cloned().collect();
    all.extend(assignment.crew.iter().map(|member| extension("crew", "valueReference", reference("Practitioner", member.as_str()))));
    all.extend(assignment.alone.map(|reason| extension("alone", "valueCode", reason.code())));
    task.set("extension", if all.is_empty() { Value::Null } else { Value::Array(all) });
    if let Some(team) = &assignment.team {
        task.set("owner", reference("CareTeam", team.as_str()));
        if is_open_offer(task) {
            project(State::Offered, true, task);
        }
    }
}

/// Writes what the stamps say onto the Task: status and business status are projections, never truth. A call-off that came
/// without a stamp (the sender's own word on the Task) is never written over: it stands until the sender takes it back.
/// Nor is a status that a later release gave it (P30).
pub fn project(state: State, owned: bool, task: &mut Document) {
    let given = task.at("/status").is_some() || task.at("/businessStatus").is_some();
    if (given && !knows_status(task)) || (is_called_off(task) && state != State::Cancelled) {
        return;
    }
    let business = if owned { state.code() } else { OPEN_OFFER };
    task.set("status", json!(task_status(state, owned))).set("businessStatus", concept("state", business));
}

/// Whether this release knows the status and the business status of a Task; where not, neither is written here (P30).
pub fn knows_status(task: &Document) -> bool {
    let business = task.at("/businessStatus").and_then(|c| super::element::code_in(c, "state"));
    business.is_some_and(|code| code == OPEN_OFFER || State::from_code(code).is_some())
        && matches!(task.text("/status"), Some("requested" | "accepted" | "in-progress" | "completed" | "cancelled"))
}

/// Whether the Task is an offer that nobody has claimed.
pub fn is_open_offer(task: &Document) -> bool {
    task.at("/businessStatus").and_then(|c| super::element::code_in(c, "state")) == Some(OPEN_OFFER)
}

/// Whether the Task says cancelled and its business status does not: the sender called it off without a stamp. (Where we
/// projected a cancelled stamp, both say so, and withdrawing that stamp may undo both.)
pub fn is_called_off(task: &Document) -> bool {
    let business = task.at("/businessStatus").and_then(|c| super::element::code_in(c, "state"));
    task.text("/status") == Some("cancelled") && business != Some(State::Cancelled.code())
}

fn task_status(state: State, owned: bool) -> &'static str {
    match state {
        State::Offered | State::Dispatched => "requested",
        _ if !owned => "requested",
        State::Acknowledged => "accepted",
        State::Clear => "completed",
        State::Cancelled => "cancelled",
        _ => "in-progress",
    }
}

/// Whether a Task is one of our assignments.
pub fn is_assignment(task: &Document) -> bool {
    task.kind() == "Task" && task.at("/code").and_then(|code| super::element::code_in(code, "task")) == Some(ASSIGNMENT)
}

/// Reads an assignment.
///
/// # Errors
/// [`ReadError`] naming the element.
pub fn read(task: &Document) -> Result<Assignment, ReadError> {
    let wrong = |element| ReadError::new(task, element);
    let incident = task.target("/focus").and_then(|r| id_of(r, "ServiceRequest")).ok_or_else(|| wrong("focus"))?;
    Ok(Assignment {
        id: AssignmentId::parse(task.id()).map_err(|_| wrong("id"))?,
        incident: IncidentId::parse(incident).map_err(|_| wrong("focus"))?,
        team: task.target("/owner").and_then(|r| id_of(r, "CareTeam")).and_then(|id| TeamId::parse(id).ok()),
        made: task.instant("/authoredOn").ok_or_else(|| wrong("authoredOn"))?,
        crew: extensions(task.value(), "crew")
            .filter_map(|e| MemberId::parse(id_of(e.pointer("/valueReference/reference")?.as_str()?, "Practitioner")?).ok())
            .collect(),
        alone: extension_text(task.value(), "alone", "valueCode").and_then(AloneReason::from_code),
    })
}

/// Writes a stamp.
pub fn write_stamp(stamp: &Stamp) -> Document {
    let mut doc = Document::new("Provenance", stamp.id.as_str());
    let mut extra = vec![
        extension("capture", "valueCode", stamp.capture.code()),
        extension_of(
            "device",
            vec![part("id", "valueString", stamp.device.as_str()), part("counter", "valueString", stamp.counter.to_string())],
        ),
    ];
    extra.extend(stamp.after.iter().map(|id| extension("after", "valueString", id.as_str())));
    extra.extend(stamp.withdraws.iter().map(|id| extension("withdraws", "valueString", id.as_str())));
    extra.extend(stamp.reason.as_deref().map(|words| extension("reason", "valueString", words)));
    if stamp.by_lead {
        extra.push(extension("by-lead", "valueBoolean", true));
    }
    if stamp.server_time.is_none() {
        extra.push(extension("uncorrected", "valueBoolean", true));
    }
    doc.set("extension", Value::Array(extra));
    doc.set("target", json!([reference("Task", stamp.assignment.as_str())]));
    doc.set("occurredDateTime", json!(stamp.tapped.to_string())).set("recorded", json!(stamp.at().to_string()));
    doc.set("activity", concept("stamp", stamp.kind.code()));
    doc.set("agent", json!([{ "who": reference("Practitioner", stamp.by.as_str()) }]));
    doc
}

/// Reads a stamp.
///
/// # Errors
/// [`ReadError`] naming the element; a stamp of a kind that this release does not know is an error, not a guess.
pub fn read_stamp(doc: &Document) -> Result<Stamp, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let flag = |name: &str| extensions(doc.value(), name).any(|e| e.get("valueBoolean") == Some(&Value::Bool(true)));
    let ids = |name: &str| -> Vec<StampId> {
        extensions(doc.value(), name).filter_map(|e| StampId::parse(e.get("valueString")?.as_str()?).ok()).collect()
    };
    let device = extensions(doc.value(), "device").next().ok_or_else(|| wrong("extension(device)"))?;
    let target = doc.target("/target/0").and_then(|r| id_of(r, "Task")).ok_or_else(|| wrong("target"))?;
    let by = doc.target("/agent/0/who").and_then(|r| id_of(r, "Practitioner")).ok_or_else(|| wrong("agent"))?;
    let recorded = doc.instant("/recorded").ok_or_else(|| wrong("recorded"))?;
    Ok(Stamp {
        id: StampId::parse(doc.id()).map_err(|_| wrong("id"))?,
        assignment: AssignmentId::parse(target).map_err(|_| wrong("target"))?,
        kind: doc.at("/activity").and_then(|c| known(std::slice::from_ref(c), "stamp")).ok_or_else(|| wrong("activity"))?,
        tapped: doc.instant("/occurredDateTime").ok_or_else(|| wrong("occurredDateTime"))?,
        server_time: (!flag("uncorrected")).then_some(recorded),
        by: MemberId::parse(by).map_err(|_| wrong("agent"))?,
        by_lead: flag("by-lead"),
        device: part_text(device, "id", "valueString").ok_or_else(|| wrong("extension(device)"))?,
        counter: part_text(device, "counter", "valueString").and_then(|t| t.parse().ok()).ok_or_else(|| wrong("extension(device)"))?,
        after: ids("after"),
        capture: extension_text(doc.value(), "capture", "valueCode").and_then(Capture::from_code).unwrap_or(Capture::Tap),
        withdraws: ids("withdraws").pop(),
        reason: extension_text(doc.value(), "reason", "valueString").map(str::to_owned),
    })
}

/// Whether a Provenance is a stamp of ours (a server may hold others).
pub fn is_stamp(doc: &Document) -> bool {
    doc.kind() == "Provenance" && doc.at("/activity").and_then(|c| super::element::code_in(c, "stamp")).is_some()
}

/// Writes a visit.
pub fn write_visit(visit: &Visit, crew: &[MemberId]) -> Document {
    let mut doc = Document::new("Encounter", visit.id.as_str());
    write_visit_onto(visit, crew, &mut doc);
    doc
}

/// Writes a visit onto the document it was read from; what we do not know stays.
pub fn write_visit_onto(visit: &Visit, crew: &[MemberId], doc: &mut Document) {
    let url = super::element::ours("closing");
    let mut all: Vec<Value> =
        doc.list("/extension").iter().filter(|e| e.get("url").and_then(Value::as_str) != Some(&url)).cloned().collect();
    all.extend(visit.closing.map(|closing| extension_of("closing", closing_parts(closing))));
    doc.set("extension", if all.is_empty() { Value::Null } else { Value::Array(all) });
    let status = match visit.closing {
        Some(Closing::NotMet { .. }) => "cancelled",
        Some(Closing::Met { .. }) => "finished",
        None if visit.began.is_some() => "in-progress",
        None => "planned",
    };
    doc.set("status", json!(status));
    doc.set("class", json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "FLD", "display": "field" }));
    doc.set("subject", reference("Patient", visit.person.as_str()));
    doc.set("basedOn", json!([reference("ServiceRequest", visit.incident.as_str())]));
    if !crew.is_empty() {
        doc.set("participant", crew.iter().map(|m| json!({ "individual": reference("Practitioner", m.as_str()) })).collect());
    }
    if let Some(began) = visit.began {
        doc.set("period", json!({ "start": began.to_string() }));
    }
    doc.set("identifier", json!([{ "system": super::element::ours("assignment"), "value": visit.assignment.as_str() }]));
}

fn closing_parts(closing: Closing) -> Vec<Value> {
    match closing {
        Closing::Met { whereabouts, travel, legal, how } => vec![
            part("whereabouts", "valueCode", whereabouts.code()),
            part("travel", "valueCode", travel.code()),
            part("legal", "valueCode", legal.code()),
            part("how", "valueCode", how.code()),
        ],
        Closing::NotMet { reason, next } => vec![part("no-contact", "valueCode", reason.code()), part("next", "valueCode", next.code())],
    }
}

/// Reads a visit.
///
/// # Errors
/// [`ReadError`] naming the element; closing answers of which one is unknown are an error, not a guess.
pub fn read_visit(doc: &Document) -> Result<Visit, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let assignment =
        doc.list("/identifier").iter().find(|i| i.get("system").and_then(Value::as_str) == Some(&super::element::ours("assignment")));
    let assignment = assignment.and_then(|i| i.get("value")?.as_str()).ok_or_else(|| wrong("identifier"))?;
    let person = doc.target("/subject").and_then(|r| id_of(r, "Patient")).ok_or_else(|| wrong("subject"))?;
    let incident = doc.target("/basedOn/0").and_then(|r| id_of(r, "ServiceRequest")).ok_or_else(|| wrong("basedOn"))?;
    let closing = match extensions(doc.value(), "closing").next() {
        Some(extension) => Some(read_closing(extension).ok_or_else(|| wrong("extension(closing)"))?),
        None => None,
    };
    Ok(Visit {
        id: VisitId::parse(doc.id()).map_err(|_| wrong("id"))?,
        assignment: AssignmentId::parse(assignment).map_err(|_| wrong("identifier"))?,
        incident: IncidentId::parse(incident).map_err(|_| wrong("basedOn"))?,
        person: PersonId::parse(person).map_err(|_| wrong("subject"))?,
        began: doc.instant("/period/start"),
        closing,
    })
}

fn read_closing(extension: &Value) -> Option<Closing> {
    fn code<C: Code>(extension: &Value, name: &str) -> Option<C> {
        C::from_code(&part_text(extension, name, "valueCode")?)
    }
    if let Some(reason) = code::<NoContact>(extension, "no-contact") {
        return Some(Closing::NotMet { reason, next: code::<NextStep>(extension, "next")? });
    }
    Some(Closing::Met {
        whereabouts: code::<Whereabouts>(extension, "whereabouts")?,
        travel: code::<Travel>(extension, "travel")?,
        legal: code::<Legal>(extension, "legal")?,
        how: code::<HowClosed>(extension, "how")?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::assignment::StampKind;

    fn instants() -> impl Strategy<Value = crate::base::clock::Instant> {
        (0_i64..4_000_000_000, 0_i32..1000).prop_map(|(s, ms)| crate::base::clock::Instant::new(s, ms * 1_000_000).unwrap())
    }

    proptest! {
        #[test]
        fn a_stamp_goes_out_and_comes_back_the_same(
            kind in 0..StampKind::ALL.len(), capture in 0..Capture::ALL.len(), tapped in instants(), server in prop::option::of(instants()),
            seen in 0_usize..4, withdraws in any::<bool>(), lead in any::<bool>(), counter in any::<u64>(), reason in prop::option::of("[a-zé][a-zé ]{0,8}")
        ) {
            let stamp = Stamp {
                id: StampId::fresh(), assignment: AssignmentId::fresh(), kind: StampKind::ALL[kind], tapped, server_time: server,
                by: MemberId::fresh(), by_lead: lead, device: "phone-1".into(), counter,
                after: (0..seen).map(|_| StampId::fresh()).collect(), capture: Capture::ALL[capture],
                withdraws: withdraws.then(StampId::fresh), reason,
            };
            prop_assert_eq!(read_stamp(&write_stamp(&stamp)).unwrap(), stamp);
        }

        #[test]
        fn a_visit_goes_out_and_comes_back_the_same(began in prop::option::of(instants()), met in any::<bool>(), closed in any::<bool>(), pick in any::<u8>()) {
            let pick = usize::from(pick);
            let met_closing = Closing::Met {
                whereabouts: Whereabouts::ALL[pick % Whereabouts::ALL.len()], travel: Travel::ALL[pick % Travel::ALL.len()],
                legal: Legal::ALL[pick % Legal::ALL.len()], how: HowClosed::ALL[pick % HowClosed::ALL.len()],
            };
            let not_met = Closing::NotMet { reason: NoContact::ALL[pick % NoContact::ALL.len()], next: NextStep::ALL[pick % NextStep::ALL.len()] };
            let visit = Visit { id: VisitId::fresh(), assignment: AssignmentId::fresh(), incident: IncidentId::fresh(), person: PersonId::fresh(),
                began, closing: closed.then_some(if met { met_closing } else { not_met }) };
            prop_assert_eq!(read_visit(&write_visit(&visit, &[MemberId::fresh()])).unwrap(), visit);
        }
    }

    #[test]
    fn a_call_off_by_the_sender_is_never_written_over_by_a_tap_and_our_own_can_be_withdrawn() {
        let mut task = Document::new("Task", "t");
        project(State::EnRoute, true, &mut task);
        task.set("status", json!("cancelled"));
        project(State::OnScene, true, &mut task);
        assert_eq!(task.text("/status"), Some("cancelled"));
        let mut ours = Document::new("Task", "t");
        project(State::Cancelled, true, &mut ours);
        project(State::EnRoute, true, &mut ours);
        assert_eq!(ours.text("/status"), Some("in-progress"));
    }

    #[test]
    fn a_stamp_of_an_unknown_kind_is_not_guessed_at() {
        let mut doc = Document::new("Provenance", "a");
        doc.set("activity", concept("stamp", "teleported"));
        assert!(is_stamp(&doc));
        assert!(read_stamp(&doc).is_err());
    }
}
