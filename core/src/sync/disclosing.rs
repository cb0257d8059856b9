//! What goes out about a person is built before each sending: from what is known, allowed and in force now.
//!
//! Rule: a document is looked at when it is about to leave, also when it is sent again after an answer that never came. What
//! may not leave is parked with its reason. Neighbours: `acts::disclose` decides; `engine` asks before it sends.

use super::outbox::readable;
use crate::acts::disclose::{self, Built};
use crate::base::clock::Instant;
use crate::delivery::{Intent, ParkReason};
use crate::handoff::Stopped;
use crate::store::{Store, StoreError};

/// What becomes of an intent that is about to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prepared {
    /// It goes.
    Goes,
    /// It does not go now: the records cannot say.
    Later,
    /// It does not go.
    Parks(ParkReason),
}

/// Builds what an intent is about, where it is a disclosure, and stores it as it will leave.
///
/// # Errors
/// [`StoreError`].
pub(super) fn prepare(store: &mut Store, intent: &Intent, now: Instant) -> Result<Prepared, StoreError> {
    let Some(stored) = readable(store.stored(&intent.kind, &intent.id))? else { return Ok(Prepared::Goes) };
    // What is at the agency has left; its later changes are the receiver's and the crew's, and no disclosure.
    if stored.version.is_some() {
        return Ok(Prepared::Goes);
    }
    Ok(match disclose::build(store, &stored.document, now) {
        Ok(None) => Prepared::Goes,
        Ok(Some(Built::Ready { document, account })) => {
            let account = account.filter(|_| document != stored.document);
            store.rebuild(std::iter::once(&document).chain(&account))?;
            Prepared::Goes
        }
        Ok(Some(Built::Stopped(Stopped::BasisEnded))) => Prepared::Parks(ParkReason::BasisEnded),
        Ok(Some(Built::Stopped(Stopped::BasisUnclear))) => Prepared::Parks(ParkReason::BasisUnclear),
        Err(_) => Prepared::Later,
    })
}
