//! The end of one person's visit: the four answers, or why there was no contact.

use super::{Actor, Plan};
use crate::assignment::{Closing, NextStep};
use crate::fhir::{self, Document, ReadError};
use crate::incident::Urgency;

/// Why a visit cannot be closed like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseError {
    /// At high urgency only a lead closes a visit without contact (practice.md).
    #[error("no contact at high urgency: the lead decides")]
    LeadOnly,
    /// The visit cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Gives the closing answers of one visit. At high urgency, no contact by anyone but a lead must go to the lead.
///
/// # Errors
/// [`CloseError`].
pub fn close(encounter: &Document, closing: Closing, urgency: Urgency, lane: &str, actor: &Actor) -> Result<Plan, CloseError> {
    let mut visit = fhir::assignment::read_visit(encounter)?;
    if let Closing::NotMet { next, .. } = closing
        && urgency == Urgency::Emergent
        && !actor.lead
        && next != NextStep::Lead
    {
        return Err(CloseError::LeadOnly);
    }
    visit.closing = Some(closing);
    let mut document = encounter.clone();
    fhir::assignment::write_visit_onto(&visit, &[], &mut document);
    if let (Closing::Met { .. }, Some(began)) = (closing, visit.began) {
        let end = actor.time().max(began);
        document.set("period", serde_json::json!({ "start": began.to_string(), "end": end.to_string() }));
    }
    Ok(Plan::new("close visit", &actor.member, actor.now, lane).change(document))
}

/// The crew is with the person: the visit begins.
///
/// # Errors
/// [`ReadError`].
pub fn begin(encounter: &Document, lane: &str, actor: &Actor) -> Result<Plan, ReadError> {
    let mut visit = fhir::assignment::read_visit(encounter)?;
    visit.began = visit.began.or(Some(actor.time()));
    let mut document = encounter.clone();
    fhir::assignment::write_visit_onto(&visit, &[], &mut document);
    Ok(Plan::new("begin visit", &actor.member, actor.now, lane).change(document))
}
