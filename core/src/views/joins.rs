//! What may be the same incident as one at hand. Only a person's word joins them.

use crate::base::ids::IncidentId;
use crate::incident::{Incident, Proposal, ProposeRules, propose};
use crate::records::{Records, lookup};

use super::LookupError;

/// The proposals for an incident, among `others` that are known here; those that cannot be read are left out.
///
/// # Errors
/// [`LookupError`].
pub fn proposals<R: Records + ?Sized>(
    records: &R,
    incident: &IncidentId,
    others: impl IntoIterator<Item = IncidentId>,
) -> Result<Vec<Proposal>, LookupError> {
    let this = lookup::incident(records, incident)?;
    let mut known: Vec<Incident> = Vec::new();
    for id in others {
        if id != this.id && !known.iter().any(|other| other.id == id) {
            match lookup::incident(records, &id) {
                Ok(other) => known.push(other),
                Err(LookupError::Records(error)) => return Err(error.into()),
                Err(LookupError::NotHere { .. } | LookupError::Read(_)) => {}
            }
        }
    }
    Ok(propose(&this, &known, &[], &ProposeRules::default()))
}
