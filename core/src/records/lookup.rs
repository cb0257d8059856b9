//! What acts and views look up alike, gathered from records: an incident with its people, an assignment's stamps and visits.

use super::{AgencyKind, Records, RecordsError, reading};
use crate::assignment::{Stamp, Status, status};
use crate::base::ids::{AssignmentId, IncidentId, PersonId, TeamId};
use crate::fhir::{self, Document, ReadError};
use crate::handoff::Service;
use crate::incident::{Incident, Person};
use crate::sharing::{Basis, Rules};
use crate::team::Team;
use crate::team::jurisdiction::of_scene;

/// Why something cannot be looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// It is not here.
    #[error("{what}: not here")]
    NotHere {
        /// What was looked for, as a code.
        what: &'static str,
    },
    /// It is here and this release cannot read it.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The records gave an error.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// The document of this type and id, which must be here.
///
/// # Errors
/// [`LookupError::NotHere`] with `what`.
pub fn required<R: Records + ?Sized>(records: &R, kind: &str, id: &str, what: &'static str) -> Result<Document, LookupError> {
    records.document(kind, id)?.ok_or(LookupError::NotHere { what })
}

/// The Task of an assignment.
///
/// # Errors
/// [`LookupError`].
pub fn task<R: Records + ?Sized>(records: &R, assignment: &AssignmentId) -> Result<Document, LookupError> {
    required(records, "Task", assignment.as_str(), "assignment")
}

/// The ServiceRequest that a Task is about; `None` where it is not here.
///
/// # Errors
/// [`RecordsError`].
pub fn request<R: Records + ?Sized>(records: &R, task: &Document) -> Result<Option<Document>, RecordsError> {
    Ok(task.target("/focus").map(|reference| records.referenced(reference)).transpose()?.flatten())
}

/// An incident with its people, place and facts.
///
/// # Errors
/// [`LookupError::NotHere`]; [`LookupError::Read`] where a part of it cannot be read.
pub fn incident<R: Records + ?Sized>(records: &R, id: &IncidentId) -> Result<Incident, LookupError> {
    let request = required(records, "ServiceRequest", id.as_str(), "incident")?;
    let facts = records.pointing_at("Observation", "focus", &request.reference())?;
    Ok(reading(records, |find| fhir::incident::read(&request, find, &facts))??)
}

/// The incident that an assignment is about.
///
/// # Errors
/// [`LookupError`].
pub fn incident_of<R: Records + ?Sized>(records: &R, assignment: &AssignmentId) -> Result<Incident, LookupError> {
    incident(records, &fhir::assignment::read(&task(records, assignment)?)?.incident)
}

/// One person of an incident.
///
/// # Errors
/// [`LookupError::NotHere`] where the incident has no such person.
pub fn person<'a>(incident: &'a Incident, id: &PersonId) -> Result<&'a Person, LookupError> {
    incident.people.iter().find(|person| &person.id == id).ok_or(LookupError::NotHere { what: "person" })
}

/// The stamps of an assignment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stamps {
    /// Those that can be read.
    pub read: Vec<Stamp>,
    /// Those of a later release: shown, and counted for nothing (P30).
    pub unread: Vec<Document>,
}

impl Stamps {
    /// What they say together.
    pub fn status(&self) -> Status {
        status(&self.read)
    }
}

/// The stamps of an assignment.
///
/// # Errors
/// [`RecordsError`].
pub fn stamps<R: Records + ?Sized>(records: &R, assignment: &str) -> Result<Stamps, RecordsError> {
    let mut stamps = Stamps::default();
    for document in records.pointing_at("Provenance", "target", &format!("Task/{assignment}"))? {
        match fhir::assignment::read_stamp(&document) {
            Ok(stamp) => stamps.read.push(stamp),
            Err(_) if fhir::assignment::is_stamp(&document) => stamps.unread.push(document),
            Err(_) => {}
        }
    }
    Ok(stamps)
}

/// The visits of an assignment, as their documents; those that cannot be read are left out.
///
/// # Errors
/// [`RecordsError`].
pub fn visits<R: Records + ?Sized>(records: &R, task: &Document) -> Result<Vec<Document>, RecordsError> {
    let Some(request) = task.target("/focus") else { return Ok(Vec::new()) };
    let all = records.pointing_at("Encounter", "basedOn", request)?;
    let ours = |doc: &Document| fhir::assignment::read_visit(doc).is_ok_and(|visit| visit.assignment.as_str() == task.id());
    Ok(all.into_iter().filter(ours).collect())
}

/// A team with its members and position, without what binds it to work.
///
/// # Errors
/// [`LookupError`].
pub fn team<R: Records + ?Sized>(records: &R, id: &TeamId) -> Result<Team, LookupError> {
    let document = required(records, "CareTeam", id.as_str(), "team")?;
    Ok(reading(records, |find| fhir::team::read(&document, find))??)
}

/// The services of the directory; those that cannot be read are left out.
///
/// # Errors
/// [`RecordsError`].
pub fn services<R: Records + ?Sized>(records: &R) -> Result<Vec<Service>, RecordsError> {
    let all = records.of_kind(AgencyKind::HealthcareService)?;
    reading(records, |find| all.iter().filter_map(|doc| fhir::directory::read(doc, find).ok()).collect())
}

/// The agency's rules of sharing.
///
/// # Errors
/// [`RecordsError`].
pub fn sharing_rules<R: Records + ?Sized>(records: &R) -> Result<Rules, RecordsError> {
    Ok(fhir::sharing::read(&records.of_kind(AgencyKind::Library)?))
}

/// The area of the jurisdiction that a scene lies in; `None` where it lies in none that is known.
///
/// # Errors
/// [`RecordsError`].
pub fn area_of<R: Records + ?Sized>(records: &R, incident: &Incident) -> Result<Option<String>, RecordsError> {
    let Some(scene) = incident.place.position else { return Ok(None) };
    let all = fhir::jurisdictions::read_all(&records.of_kind(AgencyKind::Library)?);
    Ok(of_scene(scene, &all).map(|jurisdiction| jurisdiction.area.clone()))
}

/// Every basis of a person that can be read, ended ones too; one that cannot be read allows nothing.
///
/// # Errors
/// [`RecordsError`].
pub fn bases<R: Records + ?Sized>(records: &R, person: &PersonId) -> Result<Vec<Basis>, RecordsError> {
    let held = records.pointing_at("Consent", "patient", &format!("Patient/{person}"))?;
    Ok(held.iter().filter_map(|doc| fhir::basis::read(doc).ok()).collect())
}

/// The Tasks that hang on an assignment and carry this code: escalations, step-downs, referrals, follow-ups, marks.
///
/// # Errors
/// [`RecordsError`].
pub fn tasks_of<R: Records + ?Sized>(records: &R, assignment: &AssignmentId, code: &str) -> Result<Vec<Document>, RecordsError> {
    let all = records.pointing_at("Task", "partOf", &format!("Task/{assignment}"))?;
    Ok(all.into_iter().filter(|task| fhir::safety::task_code(task) == Some(code)).collect())
}
