//! Where an item is, in four words.
//!
//! Rule: read from the outbox rows and the stored version id, never guessed (P12). Neighbours: `delivery` has the words,
//! `records` and `queue` ask.

use rusqlite::{Connection, OptionalExtension};

use super::error::StoreError;
use crate::base::Code;
use crate::delivery::{IntentState, ParkReason, Truth};

/// The truth of one document.
pub(super) fn of_document(connection: &Connection, kind: &str, id: &str) -> Result<Truth, StoreError> {
    if let Some(worst) = worst(connection, "kind = ?1 AND id = ?2", &[kind, id])? {
        return Ok(worst);
    }
    let version: Option<Option<String>> = connection
        .prepare_cached("SELECT version FROM documents WHERE kind = ? AND id = ?")?
        .query_row([kind, id], |row| row.get(0))
        .optional()?;
    Ok(if version.flatten().is_some() { Truth::AtTheAgency } else { Truth::OnThisPhone })
}

/// The truth of a whole visit: that of its least safe item.
pub(super) fn of_lane(connection: &Connection, lane: &str) -> Result<Truth, StoreError> {
    Ok(worst(connection, "lane = ?1", &[lane])?.unwrap_or(Truth::AtTheAgency))
}

fn worst(connection: &Connection, which: &str, values: &[&str]) -> Result<Option<Truth>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT DISTINCT state, reason FROM intents WHERE {which}"))?;
    let rows =
        statement.query_map(rusqlite::params_from_iter(values), |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)))?;
    let mut worst = None;
    for row in rows {
        let (state, reason) = row?;
        let state = IntentState::from_code(&state).unwrap_or(IntentState::Waiting);
        worst = worst.max(Some(Truth::of(state, reason.as_deref().and_then(ParkReason::from_code))));
    }
    Ok(worst)
}
