//! What needs a person, oldest first.

use crate::delivery::{Outbox, Parked};
use crate::records::RecordsError;

/// Everything that waits for a person, each with its reason and what the server said (P5).
///
/// # Errors
/// [`RecordsError`].
pub fn needs_you<O: Outbox + ?Sized>(outbox: &O) -> Result<Vec<Parked>, RecordsError> {
    outbox.parked()
}
