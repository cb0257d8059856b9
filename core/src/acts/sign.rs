//! Signing a draft, adding to a signed note, and sending a draft on when its author leaves it.

use super::{ActError, Actor, Plan};
use crate::base::ids::{AssignmentId, NoteId};
use crate::fhir;
use crate::note::{Draft, Note, NoteError, Standing, check_text};
use crate::records::{Records, lookup};

/// Signs a draft: a new immutable document, which replaces the draft at the agency where that went there before; the draft on
/// this phone ends. Returns the note's id.
///
/// # Errors
/// [`NoteError`], and others of [`ActError`]; nothing is written.
pub fn sign<R: Records + ?Sized>(
    records: &R,
    draft: &Draft,
    assignment: &AssignmentId,
    actor: &Actor,
) -> Result<(Plan, NoteId), ActError<NoteError>> {
    let mut signed = draft.note().signed(actor.id("note"), &actor.member, actor.time()).map_err(ActError::Refused)?;
    if records.document("DocumentReference", draft.id.as_str())?.is_none() {
        signed.standing = Standing::Signed { draft: None };
    }
    let plan = actor.plan("sign", assignment.as_str()).create(fhir::note::write(&signed)).ending_draft(&draft.id);
    Ok((plan, signed.id))
}

/// Adds to a signed note that stands. Returns the addendum's id.
///
/// # Errors
/// [`NoteError`], and others of [`ActError`]; nothing is written.
pub fn addend<R: Records + ?Sized>(
    records: &R,
    to: &NoteId,
    text: &str,
    assignment: &AssignmentId,
    actor: &Actor,
) -> Result<(Plan, NoteId), ActError<NoteError>> {
    check_text(text).map_err(ActError::Refused)?;
    let document = lookup::required(records, "DocumentReference", to.as_str(), "note")?;
    if fhir::in_error::is_in_error(&document) {
        return Err(ActError::Refused(NoteError::InError));
    }
    let to = fhir::note::read(&document)?;
    let first = match &to.standing {
        Standing::Draft => return Err(ActError::Refused(NoteError::Signed)),
        Standing::Signed { .. } => to.id.clone(),
        Standing::Addendum { to } => to.clone(),
    };
    let id: NoteId = actor.id("addendum");
    let standing = Standing::Addendum { to: first };
    let note = Note { id: id.clone(), author: actor.member.clone(), standing, at: actor.time(), text: text.to_owned(), ..to };
    Ok((actor.plan("addend", assignment.as_str()).create(fhir::note::write(&note)), id))
}

/// Sends a draft as it stands, because its author leaves it.
///
/// # Errors
/// [`ActError`]; nothing is written.
pub fn leave_draft<R: Records + ?Sized>(
    records: &R,
    draft: &Draft,
    assignment: &AssignmentId,
    actor: &Actor,
) -> Result<Plan, ActError<NoteError>> {
    let (document, plan) = (fhir::note::write(&draft.note()), actor.plan("leave draft", assignment.as_str()));
    let before = records.document(document.kind(), document.id())?;
    Ok(if before.is_some() { plan.change(document) } else { plan.create(document) })
}
