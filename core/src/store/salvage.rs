//! What is unsent in a damaged database, as far as it still reads, brought into a new one (P2, P3).
//!
//! Rule: a row that does not read costs itself, and what the new database holds already is not taken twice. Neighbours:
//! `aside` has moved the file, `roll_forward` has brought what the journal held.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::connection::{connection as connection_to, give_key};
use super::disk::Disk;
use super::error::StoreError;
use super::frame::{Copied, DraftText, What, Work};
use super::key::Key;
use super::roll_forward::take;

/// Brings unsent documents and drafts out of a damaged database, as far as they read, into `connection`. Returns how many
/// were not there already.
pub(super) fn rescue(disk: &dyn Disk, damaged: &Path, key: &Key, connection: &mut Connection, writer: &str) -> Result<u32, StoreError> {
    let Ok(from) = connection_to(disk, damaged, OpenFlags::SQLITE_OPEN_READ_ONLY) else { return Ok(0) };
    if give_key(&from, key).is_err() {
        return Ok(0);
    }
    let mut brought = 0;
    let found = works(&from).into_iter().map(What::Work).chain(drafts(&from).into_iter().map(What::Draft));
    for what in found {
        let tx = connection.transaction()?;
        let new = match &what {
            What::Draft(draft) => !holds_draft(&tx, draft)?,
            _ => true,
        };
        if new && take(&tx, &what, writer)? {
            brought += 1;
            tx.commit()?;
        }
    }
    Ok(brought)
}

fn holds_draft(tx: &Connection, draft: &DraftText) -> Result<bool, StoreError> {
    let there: Option<String> =
        tx.prepare_cached("SELECT changed FROM drafts WHERE id = ?")?.query_row([&draft.id], |row| row.get(0)).optional()?;
    Ok(there.is_some_and(|changed| changed >= draft.changed))
}

/// The unsent documents that still read, each with what was meant. A row that does not read costs itself.
fn works(from: &Connection) -> Vec<Work> {
    let mut found = Vec::new();
    let Ok(last) = from.query_row("SELECT max(seq) FROM intents", [], |row| row.get::<_, Option<i64>>(0)) else { return found };
    for seq in 1..=last.unwrap_or(0) {
        let work = from.query_row(
            "SELECT i.act, i.unit, i.lane, i.made, d.body, d.base_body, d.version FROM intents i
             JOIN documents d ON d.kind = i.kind AND d.id = i.id WHERE i.seq = ?",
            [seq],
            |row| {
                let copied = Copied { act: row.get(0)?, body: row.get(4)?, base: row.get(5)?, version: row.get(6)? };
                Ok(Work {
                    name: "salvaged".into(),
                    unit: row.get(1)?,
                    lane: row.get(2)?,
                    at: row.get(3)?,
                    writes: vec![copied],
                    ..Work::default()
                })
            },
        );
        found.extend(work);
    }
    found
}

fn drafts(from: &Connection) -> Vec<DraftText> {
    // A damaged database may be of the schema before drafts said what they are.
    let (now, before) = (
        "SELECT id, incident, person, author, text, changed, body FROM drafts",
        "SELECT id, incident, person, author, text, changed, 'text' FROM drafts",
    );
    let Ok(mut statement) = from.prepare(now).or_else(|_| from.prepare(before)) else { return Vec::new() };
    let rows = statement.query_map([], |row| {
        Ok(DraftText {
            id: row.get(0)?,
            incident: row.get(1)?,
            person: row.get(2)?,
            author: row.get(3)?,
            text: row.get(4)?,
            changed: row.get(5)?,
            body: row.get(6)?,
        })
    });
    rows.map(|rows| rows.map_while(Result::ok).collect()).unwrap_or_default()
}
