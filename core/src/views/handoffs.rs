//! The referrals of an assignment.

use crate::base::ids::AssignmentId;
use crate::delivery::Truth;
use crate::fhir::{self, disclosure as form};
use crate::handoff::HandoffState;
use crate::records::lookup;

use super::{LookupError, Phone};

/// One referral, as far as known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffView {
    /// The referral's id; empty where its request is not here.
    pub id: String,
    /// Its Task's id.
    pub task: String,
    /// Where it stands.
    pub state: HandoffState,
    /// Why it was declined, in the service's words.
    pub why: Option<String>,
    /// How many things were withheld, by the sender's account.
    pub withheld: usize,
    /// Where it is.
    pub truth: Truth,
}

/// The referrals of an assignment.
///
/// # Errors
/// [`LookupError`].
pub fn handoffs<P: Phone + ?Sized>(phone: &P, assignment: &AssignmentId) -> Result<Vec<HandoffView>, LookupError> {
    let mut all = Vec::new();
    for task in lookup::tasks_of(phone, assignment, fhir::handoff::HANDOFF)? {
        let request = lookup::request(phone, &task)?;
        let mut truth = phone.truth_of("Task", task.id())?;
        let mut account = None;
        if let Some(request) = &request {
            // What goes with the person may be stopped while its Task waits behind it: the less safe of the two is shown.
            truth = truth.max(phone.truth_of("ServiceRequest", request.id())?);
            account = phone.document("AuditEvent", &form::account_id(&request.reference()))?;
        }
        all.push(HandoffView {
            id: request.as_ref().map(|r| r.id().to_owned()).unwrap_or_default(),
            task: task.id().to_owned(),
            state: if truth == Truth::AtTheAgency { fhir::handoff::read_state(&task) } else { HandoffState::OnPhone },
            why: fhir::safety::why_back(&task).map(str::to_owned),
            withheld: account.as_ref().and_then(form::read_account).map_or(0, |account| account.withheld.len()),
            truth,
        });
    }
    Ok(all)
}
