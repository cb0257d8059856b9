//! The follow-ups of an assignment, the first due first.

use crate::base::ids::AssignmentId;
use crate::delivery::Truth;
use crate::fhir;
use crate::handoff::follow_up::FollowUp;
use crate::records::lookup;

use super::{LookupError, Phone};

/// One follow-up.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowUpView {
    /// What is due.
    pub follow_up: FollowUp,
    /// Whether it is done.
    pub done: bool,
    /// Codes of what came of each attempt, as written.
    pub attempts: Vec<String>,
    /// Where it is.
    pub truth: Truth,
}

/// The follow-ups of an assignment.
///
/// # Errors
/// [`LookupError`].
pub fn follow_ups<P: Phone + ?Sized>(phone: &P, assignment: &AssignmentId) -> Result<Vec<FollowUpView>, LookupError> {
    let mut all = Vec::new();
    for task in lookup::tasks_of(phone, assignment, fhir::handoff::FOLLOW_UP)? {
        let attempts = phone.pointing_at("Communication", "partOf", &task.reference())?;
        all.push(FollowUpView {
            follow_up: fhir::handoff::read_follow_up(&task)?,
            done: task.text("/status") == Some("completed"),
            attempts: attempts.iter().filter_map(fhir::handoff::attempt_outcome).collect(),
            truth: phone.truth_of("Task", task.id())?,
        });
    }
    all.sort_by_key(|view| view.follow_up.due);
    Ok(all)
}
