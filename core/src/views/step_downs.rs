//! The step-downs of an assignment.

use crate::base::ids::AssignmentId;
use crate::delivery::Truth;
use crate::fhir;
use crate::records::lookup;
use crate::safety::{StepDownState, step_down_state};

use super::{LookupError, Phone};

/// One step-down, as far as known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDownView {
    /// The id.
    pub id: String,
    /// Where it stands.
    pub state: StepDownState,
    /// Why it came back, in the centre's words.
    pub why_back: Option<String>,
    /// Where it is.
    pub truth: Truth,
}

/// The step-downs of an assignment.
///
/// # Errors
/// [`LookupError`].
pub fn step_downs<P: Phone + ?Sized>(phone: &P, assignment: &AssignmentId) -> Result<Vec<StepDownView>, LookupError> {
    let mut all = Vec::new();
    for task in lookup::tasks_of(phone, assignment, fhir::safety::STEP_DOWN)? {
        let truth = phone.truth_of("Task", task.id())?;
        let state = match truth {
            Truth::AtTheAgency => step_down_state(task.text("/status").unwrap_or_default()),
            _ => StepDownState::OnPhone,
        };
        all.push(StepDownView { id: task.id().to_owned(), state, why_back: fhir::safety::why_back(&task).map(str::to_owned), truth });
    }
    Ok(all)
}
