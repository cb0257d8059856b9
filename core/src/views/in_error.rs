//! The notes of an assignment that were marked as in error: what waits for a second member, and what was done (P14).

use crate::acts::mark_in_error::told_id;
use crate::base::ids::AssignmentId;
use crate::delivery::Truth;
use crate::fhir;
use crate::note::InError;
use crate::records::{Records, RecordsError, lookup};

use super::{LookupError, Phone};

/// One mark.
#[derive(Debug, Clone, PartialEq)]
pub struct InErrorView {
    /// What was marked, by whom, and what came of it.
    pub mark: InError,
    /// How many services were told.
    pub told: usize,
    /// Where the mark is.
    pub truth: Truth,
}

/// The marks of an assignment.
///
/// # Errors
/// [`LookupError`].
pub fn notes_in_error<P: Phone + ?Sized>(phone: &P, assignment: &AssignmentId) -> Result<Vec<InErrorView>, LookupError> {
    let mut all = Vec::new();
    for task in lookup::tasks_of(phone, assignment, fhir::in_error::NOTE_IN_ERROR)? {
        let mark = fhir::in_error::read(&task)?;
        all.push(InErrorView { told: told(phone, &mark)?, truth: phone.truth_of("Task", task.id())?, mark });
    }
    Ok(all)
}

fn told<R: Records + ?Sized>(records: &R, mark: &InError) -> Result<usize, RecordsError> {
    let note = records.document("DocumentReference", mark.note.as_str())?;
    let Some(person) = note.as_ref().and_then(|note| note.target("/subject")) else { return Ok(0) };
    let mut told = 0;
    for handoff in records.pointing_at("Task", "for", person)? {
        told += usize::from(records.document("Communication", &told_id(&mark.id, &handoff))?.is_some());
    }
    Ok(told)
}
