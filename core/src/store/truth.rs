//! Where an item is, in four words: read from the outbox rows and the stored version id, never guessed.

use rusqlite::OptionalExtension;

use super::{IntentState, ParkReason, Store, StoreError};
use crate::incident::Code;

/// The four words of truth per item, and "asked for" for a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// The server's version id is stored here.
    AtTheAgency,
    /// Stored here, not sent.
    OnThisPhone,
    /// Sent, no answer yet.
    Sending,
    /// A claim whose second look has not come.
    AskedFor,
    /// A person must look.
    NeedsYou(ParkReason),
}

impl Store {
    /// The truth of one document.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn truth_of(&self, kind: &str, id: &str) -> Result<Truth, StoreError> {
        let worst = self.worst("kind = ?1 AND id = ?2", &[kind, id])?;
        if let Some(worst) = worst {
            return Ok(worst);
        }
        let version: Option<Option<String>> = self
            .connection
            .prepare_cached("SELECT version FROM documents WHERE kind = ? AND id = ?")?
            .query_row([kind, id], |row| row.get(0))
            .optional()?;
        Ok(if version.flatten().is_some() { Truth::AtTheAgency } else { Truth::OnThisPhone })
    }

    /// The truth of a whole visit: that of its worst item.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn truth_of_lane(&self, lane: &str) -> Result<Truth, StoreError> {
        Ok(self.worst("lane = ?1", &[lane])?.unwrap_or(Truth::AtTheAgency))
    }

    fn worst(&self, which: &str, values: &[&str]) -> Result<Option<Truth>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("SELECT DISTINCT state, reason FROM intents WHERE {which}"))?;
        let rows = statement
            .query_map(rusqlite::params_from_iter(values), |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)))?;
        let mut worst = None;
        for row in rows {
            let (state, reason) = row?;
            let truth = match IntentState::from_code(&state) {
                Some(IntentState::Parked) => {
                    Truth::NeedsYou(reason.as_deref().and_then(ParkReason::from_code).unwrap_or(ParkReason::Refused))
                }
                Some(IntentState::Unknown) => Truth::Sending,
                Some(IntentState::Asked) => Truth::AskedFor,
                _ => Truth::OnThisPhone,
            };
            worst = worst.max(Some(truth));
        }
        Ok(worst)
    }
}
