//! An open offer: what every team may know of it.

use super::LookupError;
use crate::base::ids::AssignmentId;
use crate::fhir;
use crate::planning::offer::OpenOffer;
use crate::records::{Records, lookup};

/// What an open offer says.
///
/// # Errors
/// [`LookupError::NotHere`] where it is none, or says nothing.
pub fn offer<R: Records + ?Sized>(records: &R, assignment: &AssignmentId) -> Result<OpenOffer, LookupError> {
    let task = lookup::task(records, assignment)?;
    fhir::assignment::read_offer(&task).ok_or(LookupError::NotHere { what: "offer" })
}
