//! The people of an incident, each with their roles, safe contact and wishes.

use crate::base::ids::IncidentId;
use crate::incident::Person;
use crate::records::{Records, lookup};

use super::LookupError;

/// The people of an incident that are here.
///
/// # Errors
/// [`LookupError`].
pub fn people<R: Records + ?Sized>(records: &R, incident: &IncidentId) -> Result<Vec<Person>, LookupError> {
    Ok(lookup::incident(records, incident)?.people)
}
