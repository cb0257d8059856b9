//! A lead closes a road for the agency, and opens it again.

use super::{ActError, Actor, Plan};
use crate::base::Position;
use crate::base::clock::Instant;
use crate::base::ids::ClosureId;
use crate::fhir::closures::{self, MOST_POINTS, RoadClosure};
use crate::records::{Records, lookup};

/// The longest reason, in characters.
const LONGEST_WHY: usize = 500;

/// Why a road is not closed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClosureError {
    /// Only a lead closes and opens roads.
    #[error("only a lead")]
    NotALead,
    /// Fewer than two points, or more than anybody draws.
    #[error("not a line")]
    NotALine,
    /// No reason, or a novel.
    #[error("no reason")]
    NoReason,
}

/// Plans a closure; returns it with its id.
///
/// # Errors
/// [`ClosureError`].
pub fn close(line: Vec<Position>, why: &str, until: Option<Instant>, actor: &Actor) -> Result<(Plan, String), ClosureError> {
    if !actor.lead {
        return Err(ClosureError::NotALead);
    }
    if line.len() < 2 || line.len() > MOST_POINTS {
        return Err(ClosureError::NotALine);
    }
    let why = why.trim();
    if why.is_empty() || why.chars().count() > LONGEST_WHY {
        return Err(ClosureError::NoReason);
    }
    let id = actor.id::<ClosureId>("closure").to_string();
    let closure = RoadClosure { id: id.clone(), line, why: why.to_owned(), from: actor.now, until };
    Ok((actor.plan("close road", "roads").create(closures::write(&closure, actor.member.as_str())), id))
}

/// Plans that a closure ends.
///
/// # Errors
/// [`ClosureError`]; [`LookupError::NotHere`](crate::records::lookup::LookupError::NotHere) where it is no closure.
pub fn reopen<R: Records + ?Sized>(records: &R, closure: &str, actor: &Actor) -> Result<Plan, ActError<ClosureError>> {
    if !actor.lead {
        return Err(ActError::Refused(ClosureError::NotALead));
    }
    let closure = lookup::required(records, "Library", closure, "closure")?;
    let ended = closures::ended(closure).ok_or(lookup::LookupError::NotHere { what: "closure" })?;
    Ok(actor.plan("open road", "roads").change(ended))
}
