//! Everything of one assignment, for one screen.

use std::collections::BTreeSet;

use crate::assignment::{Closing, Stamp};
use crate::base::ids::{AssignmentId, PersonId, StampId, VisitId};
use crate::door::eido;
use crate::fhir::{self, Document};
use crate::incident::{Fact, Incident, Person, Place};
use crate::records::{Records, RecordsError, lookup};

use super::notes::{NoteView, notes};
use super::queue::{self, QueueRow};
use super::{LookupError, Phone};

/// One assignment.
#[derive(Debug, Clone, PartialEq)]
pub struct AssignmentView {
    /// Its row.
    pub row: QueueRow,
    /// The people.
    pub people: Vec<Person>,
    /// The facts.
    pub facts: Vec<Fact>,
    /// What was sent and has no field here.
    pub also_sent: Vec<AlsoSent>,
    /// Where it is, and how to get in.
    pub place: Place,
    /// The stamps, oldest first.
    pub stamps: Vec<StampView>,
    /// The visits, one for each person in crisis.
    pub visits: Vec<VisitView>,
    /// The notes, drafts first.
    pub notes: Vec<NoteView>,
}

/// Something that was sent and has no field here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlsoSent {
    /// A value in its place in the document.
    Value {
        /// Where it stood.
        path: String,
        /// What it said.
        text: String,
    },
    /// A whole document that this release cannot read; it is kept as received.
    Document {
        /// `Type/id` of what keeps it.
        reference: String,
    },
}

/// One stamp.
#[derive(Debug, Clone, PartialEq)]
pub enum StampView {
    /// One that this release knows.
    Known {
        /// The stamp.
        stamp: Stamp,
        /// Whether it was withdrawn.
        withdrawn: bool,
    },
    /// One of a later release, with its own code and words: shown, and counted for nothing (P30).
    Newer {
        /// Its id.
        id: String,
        /// The code of its kind.
        kind: String,
        /// When it was recorded, as written.
        at: String,
        /// Who tapped, as an id.
        by: String,
    },
}

/// One person's visit.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitView {
    /// The visit.
    pub visit: VisitId,
    /// The person.
    pub person: PersonId,
    /// Whether the crew is, or was, with the person.
    pub began: bool,
    /// How it closed; `None` while open.
    pub closing: Option<Closing>,
}

/// Everything of one assignment.
///
/// # Errors
/// [`LookupError`]: it is not here, or a part of it holds what this release cannot read.
pub fn assignment<P: Phone + ?Sized>(phone: &P, id: &AssignmentId) -> Result<AssignmentView, LookupError> {
    let task = lookup::task(phone, id)?;
    let row = QueueRow { row: queue::row(phone, &task)?, truth: phone.truth_of_visit(id.as_str())? };
    let incident_id = row.row.incident.clone().ok_or(LookupError::NotHere { what: "incident" })?;
    // Of an open offer nothing more is known here until the team has it.
    let incident = match lookup::incident(phone, &incident_id) {
        Ok(incident) => incident,
        Err(LookupError::NotHere { .. }) if fhir::assignment::read_offer(&task).is_some() => return offered(phone, id, &task, row),
        Err(error) => return Err(error),
    };
    Ok(AssignmentView {
        row,
        also_sent: also_sent(phone, &incident)?,
        place: incident.place,
        people: incident.people,
        facts: incident.facts,
        stamps: stamps(phone, id)?,
        visits: visits(phone, &task)?,
        notes: notes(phone, &incident_id)?,
    })
}

/// An offer whose incident is not here: its row, and what the team itself has put on it.
fn offered<P: Phone + ?Sized>(phone: &P, id: &AssignmentId, task: &Document, row: QueueRow) -> Result<AssignmentView, LookupError> {
    Ok(AssignmentView {
        row,
        people: Vec::new(),
        facts: Vec::new(),
        also_sent: Vec::new(),
        place: Place::default(),
        stamps: stamps(phone, id)?,
        visits: visits(phone, task)?,
        notes: Vec::new(),
    })
}

fn stamps<R: Records + ?Sized>(records: &R, assignment: &AssignmentId) -> Result<Vec<StampView>, RecordsError> {
    let stamps = lookup::stamps(records, assignment.as_str())?;
    let withdrawn: BTreeSet<StampId> = stamps.status().withdrawn.into_iter().collect();
    let mut read: Vec<Stamp> = stamps.read.into_iter().filter(|stamp| stamp.withdraws.is_none()).collect();
    read.sort_by_key(Stamp::at);
    let known = read.into_iter().map(|stamp| StampView::Known { withdrawn: withdrawn.contains(&stamp.id), stamp });
    Ok(known.chain(stamps.unread.iter().map(newer)).collect())
}

fn newer(stamp: &Document) -> StampView {
    let who = stamp.target("/agent/0/who").and_then(|who| fhir::document::id_of(who, "Practitioner"));
    let kind = stamp.at("/activity").and_then(|activity| fhir::element::code_in(activity, "stamp"));
    StampView::Newer {
        id: stamp.id().to_owned(),
        kind: kind.unwrap_or_default().to_owned(),
        at: stamp.text("/recorded").unwrap_or_default().to_owned(),
        by: who.unwrap_or_default().to_owned(),
    }
}

fn visits<R: Records + ?Sized>(records: &R, task: &Document) -> Result<Vec<VisitView>, RecordsError> {
    let all = lookup::visits(records, task)?.into_iter().filter_map(|doc| fhir::assignment::read_visit(&doc).ok());
    Ok(all.map(|visit| VisitView { visit: visit.id, person: visit.person, began: visit.began.is_some(), closing: visit.closing }).collect())
}

fn also_sent<R: Records + ?Sized>(records: &R, incident: &Incident) -> Result<Vec<AlsoSent>, RecordsError> {
    let mut all = Vec::new();
    for received in &incident.received {
        let Some(document) = records.document("DocumentReference", received.as_str())? else { continue };
        let Some(bytes) = fhir::incident::received_bytes(&document) else { continue };
        let arrival = match document.text("/content/0/attachment/contentType") {
            Some(fhir::order::MEDIA_TYPE) => fhir::order::read(&bytes),
            _ => eido::read(&bytes),
        };
        match arrival {
            Ok(arrival) => {
                for also in arrival.also_sent.into_iter().filter(|also| !also.wiring) {
                    let value = AlsoSent::Value { path: also.path, text: also.text };
                    if !all.contains(&value) {
                        all.push(value);
                    }
                }
            }
            Err(_) => all.push(AlsoSent::Document { reference: document.reference() }),
        }
    }
    Ok(all)
}
