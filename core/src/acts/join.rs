//! Joining two incidents by a person's word, and undoing it: one Linkage; no ServiceRequest is rewritten.

use super::{ActError, Actor, Never, Plan};
use crate::base::ids::{AssignmentId, IncidentId};
use crate::fhir;
use crate::incident::Join;
use crate::records::{Records, lookup};

/// Joins `other` to `kept` because the actor says that they are one.
///
/// # Errors
/// [`ActError`]; nothing is written.
pub fn join<R: Records + ?Sized>(
    records: &R,
    kept: &IncidentId,
    other: &IncidentId,
    assignment: &AssignmentId,
    actor: &Actor,
) -> Result<(Plan, Join), ActError<Never>> {
    let (kept, other) = (lookup::incident(records, kept)?, lookup::incident(records, other)?);
    let join = Join::by_word(&kept, &other, actor.member.clone(), actor.time());
    Ok((actor.plan("join", assignment.as_str()).create(fhir::join::write(&join)), join))
}

/// Undoes a join. The record of it stays, inactive.
///
/// # Errors
/// [`ActError`]; nothing is written.
pub fn undo<R: Records + ?Sized>(records: &R, join: &str, assignment: &AssignmentId, actor: &Actor) -> Result<Plan, ActError<Never>> {
    let mut changed = lookup::required(records, "Linkage", join, "join")?;
    changed.set("active", serde_json::json!(false));
    Ok(actor.plan("undo join", assignment.as_str()).change(changed))
}
