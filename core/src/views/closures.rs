//! What leads have closed.

use crate::base::clock::Instant;
use crate::fhir::closures::{RoadClosure, read_all};
use crate::records::{AgencyKind, Records, RecordsError};
use crate::roads::{Closed, Closure, Roads, RoadsError};

/// What is closed at a time.
///
/// # Errors
/// [`RecordsError`].
pub fn closures<R: Records + ?Sized>(records: &R, now: Instant) -> Result<Vec<RoadClosure>, RecordsError> {
    let all = read_all(&records.of_kind(AgencyKind::Library)?);
    Ok(all.into_iter().filter(|one| one.holds_at(now)).collect())
}

/// Those closures, as they meet the streets of a pack.
///
/// # Errors
/// [`RoadsError`].
pub fn on_roads(closures: Vec<RoadClosure>, roads: &Roads) -> Result<Closed, RoadsError> {
    let lines: Vec<Closure> = closures.into_iter().map(|one| Closure { line: one.line }).collect();
    roads.close(&lines)
}
