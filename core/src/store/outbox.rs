//! The outbox: intents, waiting until the server has them.
//!
//! Rule: nothing evicts one (P5); one ends with the server's version, or by what a person decides. Intents on one document
//! coalesce while they wait, claims never. Neighbours: `commit` enqueues, `arrivals` moves and ends them, `sync` reads.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::database::Store;
use super::documents;
use super::error::StoreError;
use super::frame::Work;
use super::references::contents_named;
use crate::base::Code;
use crate::base::clock::Instant;
use crate::delivery::{Act, Intent, IntentState, ParkReason, Parked};
use crate::fhir::Document;

/// The version of a row's meaning.
const FORMAT: i64 = 1;

pub(super) fn enqueue(tx: &Transaction<'_>, work: &Work, act: Act, document: &Document) -> Result<(), StoreError> {
    let (kind, id) = (document.kind(), document.id());
    if act == Act::Change {
        // Intents on one document coalesce: the body is built when it is sent. Claims never do.
        let woken = tx
            .prepare_cached(
                "UPDATE intents SET state = 'waiting', reason = NULL, detail = NULL
                 WHERE kind = ? AND id = ? AND act IN ('create', 'change') AND state IN ('waiting', 'parked')",
            )?
            .execute([kind, id])?;
        if woken > 0 {
            return Ok(());
        }
    }
    tx.prepare_cached("INSERT INTO intents (format, unit, lane, act, kind, id, made) VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        FORMAT,
        work.unit,
        work.lane,
        act.code(),
        kind,
        id,
        work.at
    ])?;
    let seq = tx.last_insert_rowid();
    tx.prepare_cached("INSERT OR IGNORE INTO intent_needs SELECT ?1, seq FROM intents WHERE kind = ?2 AND id = ?3 AND seq < ?1")?
        .execute(params![seq, kind, id])?;
    let mut need = tx.prepare_cached(
        "INSERT OR IGNORE INTO intent_needs SELECT ?1, seq FROM intents WHERE kind = ?2 AND id = ?3 AND act IN ('create', 'claim') AND seq <> ?1",
    )?;
    let contents = contents_named(document);
    for target in document.references().into_iter().map(|(_, target)| target).chain(contents) {
        if let Some((kind, id)) = target.split_once('/') {
            need.execute(params![seq, kind, id])?;
        }
    }
    Ok(())
}

/// Puts a document that the server had, and has lost or set back, into the outbox again; its second copy stays until then.
pub(super) fn requeue(tx: &Connection, kind: &str, id: &str, act: Act) -> Result<(), StoreError> {
    let unit = crate::base::ids::fresh();
    tx.prepare_cached("INSERT INTO intents (format, unit, lane, act, kind, id, made) VALUES (?, ?, ?, ?, ?, ?, '')")?.execute(params![
        FORMAT,
        unit,
        id,
        act.code(),
        kind,
        id
    ])?;
    tx.prepare_cached("INSERT OR IGNORE INTO unproven (kind, id, act, unit, lane, made) VALUES (?, ?, ?, ?, ?, '')")?.execute(params![
        kind,
        id,
        act.code(),
        unit,
        id
    ])?;
    Ok(())
}

/// The server has `sent` as this version: its intent ends; where the document has changed since, `sent` is what the next
/// change starts from.
pub(super) fn arrive(tx: &Connection, seq: i64, version: &str, sent: &Document) -> Result<(), StoreError> {
    // The number alone is not enough: after a salvage or a wipe under a running sync it is another document's.
    tx.prepare_cached("DELETE FROM intents WHERE seq = ? AND kind = ? AND id = ?")?.execute(params![seq, sent.kind(), sent.id()])?;
    let more: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM intents WHERE kind = ? AND id = ?)")?
        .query_row([sent.kind(), sent.id()], |row| row.get(0))?;
    let base = more.then(|| sent.to_text());
    tx.prepare_cached("UPDATE documents SET version = ?, base_body = ?, server_body = NULL WHERE kind = ? AND id = ?")?
        .execute(params![version, base, sent.kind(), sent.id()])?;
    Ok(())
}

/// Lets a parked item try again.
pub(super) fn retry(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    let done = tx.execute(
        // What the server failed at may be there all the same: it is read back before it goes again.
        "UPDATE intents SET state = CASE reason WHEN 'server-fails' THEN 'unknown' ELSE 'waiting' END, reason = NULL, detail = NULL
         WHERE seq = ? AND state = 'parked' AND reason IS NOT 'taken-by-other'",
        [seq],
    )?;
    if done == 0 { Err(StoreError::Missing { kind: "parked item" }) } else { Ok(()) }
}

/// The person has seen that another team has it. Nothing of ours is lost by this: the claim was all there was.
pub(super) fn seen_lost(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    let done =
        tx.execute("DELETE FROM intents WHERE seq = ? AND act = 'claim' AND state = 'parked' AND reason = 'taken-by-other'", [seq])?;
    if done == 0 { Err(StoreError::Missing { kind: "lost claim" }) } else { Ok(()) }
}

/// Notes how far the sending of an intent has come.
pub(super) fn set_state(tx: &Connection, seq: i64, state: IntentState) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE intents SET state = ? WHERE seq = ?")?.execute(params![state.code(), seq])?;
    Ok(())
}

/// Parks an item in sight, with its reason and what the server said.
pub(super) fn park(tx: &Connection, seq: i64, reason: ParkReason, detail: Option<&str>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE intents SET state = 'parked', reason = ?, detail = ? WHERE seq = ?")?.execute(params![
        reason.code(),
        detail,
        seq
    ])?;
    Ok(())
}

/// Ends an intent for which another version stands.
pub(super) fn end(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM intents WHERE seq = ?")?.execute([seq])?;
    Ok(())
}

/// The body of an intent as it last left.
pub(super) fn sent(tx: &Connection, seq: i64) -> Result<Option<Document>, StoreError> {
    let body: Option<Option<String>> =
        tx.prepare_cached("SELECT sent FROM intents WHERE seq = ?")?.query_row([seq], |row| row.get(0)).optional()?;
    body.flatten().as_deref().map(documents::parse).transpose()
}

/// A claim that the server took as this version: asked for, until the look at `look_at`.
pub(super) fn asked(tx: &Connection, seq: i64, (kind, id): (&str, &str), version: &str, look_at: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE intents SET state = 'asked', not_before = ? WHERE seq = ?", params![look_at.to_string(), seq])?;
    tx.execute(
        "UPDATE documents SET version = ?1, base_body = coalesce((SELECT sent FROM intents WHERE seq = ?2), body) WHERE kind = ?3 AND id = ?4",
        params![version, seq, kind, id],
    )?;
    Ok(())
}

/// This version at the server stands for what a claim of ours would have made. Where ours says `more`, that goes after it.
pub(super) fn adopt_claim(tx: &Connection, seq: i64, theirs: &Document, more: bool) -> Result<(), StoreError> {
    tx.execute("UPDATE intents SET sent = ? WHERE seq = ?", params![theirs.to_text(), seq])?;
    let (kind, id) = (theirs.kind(), theirs.id());
    let waits: bool =
        tx.query_row("SELECT EXISTS (SELECT 1 FROM intents WHERE kind = ? AND id = ? AND act = 'change')", [kind, id], |row| row.get(0))?;
    if more && !waits {
        requeue(tx, kind, id, Act::Change)?;
        tx.execute(
            "INSERT OR IGNORE INTO intent_needs SELECT seq, ? FROM intents WHERE kind = ? AND id = ? AND act = 'change'",
            params![seq, kind, id],
        )?;
    }
    Ok(())
}

/// A claim that is lost stays in sight until the person has seen it ([`Decision::SeenLost`](crate::acts::Decision::SeenLost)).
pub(super) fn lose_claim(tx: &Connection, seq: i64, theirs: &Document) -> Result<(), StoreError> {
    // Ours is kept whole with the item until the person has seen it: what was written on the strength of the claim too.
    tx.execute(
        "UPDATE intents SET state = 'parked', reason = 'taken-by-other', sent =
         (SELECT body FROM documents d WHERE d.kind = intents.kind AND d.id = intents.id) WHERE seq = ?",
        [seq],
    )?;
    // What was tapped on the strength of it stays in sight: it must not reach the other team's work.
    tx.execute(
        "UPDATE intents SET state = 'parked', reason = 'taken-by-other' WHERE seq IN (SELECT seq FROM intent_needs WHERE needs = ?)",
        [seq],
    )?;
    // Changes of the Task that rode on the claim were projections of stamps; the stamps themselves are kept.
    tx.execute("DELETE FROM intents WHERE kind = ? AND id = ? AND act = 'change'", [theirs.kind(), theirs.id()])?;
    Ok(())
}

/// A code of ours in a column.
pub(super) fn code<C: Code>(row: &Row<'_>, index: usize) -> rusqlite::Result<C> {
    let bad = || rusqlite::Error::InvalidColumnType(index, "code".into(), rusqlite::types::Type::Text);
    C::from_code(&row.get::<_, String>(index)?).ok_or_else(bad)
}

const COLUMNS: &str = "seq, unit, lane, act, kind, id, state, not_before";

fn intent(row: &Row<'_>) -> rusqlite::Result<Intent> {
    let text = |index: usize| row.get::<_, String>(index);
    Ok(Intent {
        seq: row.get(0)?,
        unit: text(1)?,
        lane: text(2)?,
        act: code(row, 3)?,
        kind: text(4)?,
        id: text(5)?,
        state: code(row, 6)?,
        not_before: row.get::<_, Option<String>>(7)?.and_then(|t| t.parse().ok()),
    })
}

impl Store {
    /// Everything unsent, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unsent(&self) -> Result<Vec<Intent>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM intents ORDER BY seq"))?;
        Ok(statement.query_map([], intent)?.collect::<Result<_, _>>()?)
    }

    /// Whether anything of this visit is unsent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_unsent_in(&self, lane: &str) -> Result<bool, StoreError> {
        Ok(self.connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM intents WHERE lane = ?)")?.query_row([lane], |row| row.get(0))?)
    }

    /// The earlier intents that this one needs and that are still here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn needs(&self, seq: i64) -> Result<Vec<i64>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT n.needs FROM intent_needs n JOIN intents i ON i.seq = n.needs WHERE n.seq = ?")?;
        Ok(statement.query_map([seq], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// What needs a person.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn parked(&self) -> Result<Vec<Parked>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS}, reason, detail FROM intents WHERE state = 'parked' ORDER BY seq"))?;
        let rows = statement.query_map([], |row| {
            let reason = ParkReason::from_code(&row.get::<_, Option<String>>(8)?.unwrap_or_default()).unwrap_or(ParkReason::Refused);
            Ok(Parked { intent: intent(row)?, reason, detail: row.get(9)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Marks intents as sent without an answer yet, and keeps what leaves; on disk before the request leaves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mark_unknown(&mut self, seqs: &[i64]) -> Result<(), StoreError> {
        let tx = self.connection.transaction()?;
        for seq in seqs {
            tx.prepare_cached(
                "UPDATE intents SET state = 'unknown', sent =
                 (SELECT body FROM documents d WHERE d.kind = intents.kind AND d.id = intents.id) WHERE seq = ?",
            )?
            .execute([seq])?;
        }
        Ok(tx.commit()?)
    }

    /// The body of an intent as it last left; `None` where it never did.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sent(&self, seq: i64) -> Result<Option<Document>, StoreError> {
        sent(&self.connection, seq)
    }

    /// Puts intents back to waiting (the server has not got them, or said "later").
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mark_waiting(&mut self, seqs: &[i64]) -> Result<(), StoreError> {
        let tx = self.connection.transaction()?;
        for seq in seqs {
            set_state(&tx, *seq, IntentState::Waiting)?;
        }
        Ok(tx.commit()?)
    }

    /// Parks an item in sight, with its reason and what the server said.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn park(&mut self, seq: i64, reason: ParkReason, detail: Option<&str>) -> Result<(), StoreError> {
        park(&self.connection, seq, reason, detail)
    }
}
