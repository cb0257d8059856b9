//! The end of one person's visit: the four answers, or why there was no contact.

use super::{ActError, Actor, Plan};
use crate::assignment::{Closing, NextStep};
use crate::base::ids::{AssignmentId, VisitId};
use crate::fhir::{self, Document, ReadError};
use crate::incident::Urgency;
use crate::records::lookup::LookupError;
use crate::records::{Records, lookup};

/// Why a visit cannot be closed like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseError {
    /// At high urgency only a lead closes a visit without contact (practice.md).
    #[error("no contact at high urgency: the lead decides")]
    LeadOnly,
}

/// Gives the closing answers of one visit. At high urgency, no contact by anyone but a lead must go to the lead.
///
/// # Errors
/// [`CloseError`], and others of [`ActError`].
pub fn close<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    visit: &VisitId,
    closing: Closing,
    actor: &Actor,
) -> Result<Plan, ActError<CloseError>> {
    let encounter = lookup::required(records, "Encounter", visit.as_str(), "visit")?;
    let mut visit = fhir::assignment::read_visit(&encounter)?;
    if &visit.assignment != assignment {
        return Err(LookupError::NotHere { what: "visit" }.into());
    }
    let request = lookup::request(records, &lookup::task(records, assignment)?)?;
    let urgency = fhir::incident::urgency(request.as_ref().and_then(|request| request.text("/priority")));
    if let Closing::NotMet { next, .. } = closing
        && urgency == Urgency::Emergent
        && !actor.lead
        && next != NextStep::Lead
    {
        return Err(ActError::Refused(CloseError::LeadOnly));
    }
    visit.closing = Some(closing);
    let mut document = encounter.clone();
    fhir::assignment::write_visit_onto(&visit, &[], &mut document);
    if let (Closing::Met { .. }, Some(began)) = (closing, visit.began) {
        let end = actor.time().max(began);
        document.set("period", serde_json::json!({ "start": began.to_string(), "end": end.to_string() }));
    }
    Ok(actor.plan("close visit", assignment.as_str()).change(document))
}

/// The visit as it is once the crew is with the person; `None` where it had begun before.
pub(super) fn begun(encounter: &Document, actor: &Actor) -> Result<Option<Document>, ReadError> {
    let mut visit = fhir::assignment::read_visit(encounter)?;
    if visit.began.is_some() {
        return Ok(None);
    }
    visit.began = Some(actor.time());
    let mut document = encounter.clone();
    fhir::assignment::write_visit_onto(&visit, &[], &mut document);
    Ok(Some(document))
}
