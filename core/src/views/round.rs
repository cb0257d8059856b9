//! A paramedic's planned visits in a good order.

use crate::planning::rounds::{Round, RoundError, RoundPlan, round};
use crate::team::ByRoad;

/// The visits of a round in order, and those left out, each with its reason. Nothing is written.
///
/// # Errors
/// [`RoundError`].
pub fn in_order(plan: &RoundPlan, by_road: Option<ByRoad<'_>>) -> Result<Round, RoundError> {
    round(plan, by_road)
}
