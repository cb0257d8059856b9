//! A lead closes a road for the agency, and opens it again.

use super::{Actor, Plan};
use crate::base::Position;
use crate::base::clock::Instant;
use crate::base::ids;
use crate::fhir::Document;
use crate::fhir::closures::{self, MOST_POINTS, RoadClosure};

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
    /// The document is no closure.
    #[error("not a closure")]
    NotAClosure,
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
    let id = ids::fresh();
    let closure = RoadClosure { id: id.clone(), line, why: why.to_owned(), from: actor.now, until };
    let plan = Plan::new("close road", &actor.member, actor.now, "roads");
    Ok((plan.create(closures::write(&closure, actor.member.as_str())), id))
}

/// Plans that a closure ends.
///
/// # Errors
/// [`ClosureError`].
pub fn reopen(closure: Document, actor: &Actor) -> Result<Plan, ClosureError> {
    if !actor.lead {
        return Err(ClosureError::NotALead);
    }
    let ended = closures::ended(closure).ok_or(ClosureError::NotAClosure)?;
    Ok(Plan::new("open road", &actor.member, actor.now, "roads").change(ended))
}
