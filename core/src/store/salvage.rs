//! What is done when a file cannot be read: it is moved aside whole, and what is unsent is brought back from the journal
//! and from whatever of the file still reads (P2, P3).

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::disk::Disk;
use super::second_copy::{Copied, DraftText, What, Work, take};
use super::{Key, StoreError, journal, open};

/// Moves a file, with what SQLite keeps beside it, to a name that nothing opens by itself. Returns the new names, the
/// file's own first. On return they are on disk; no byte was changed.
pub(super) fn aside(disk: &dyn Disk, path: &Path) -> Result<Vec<String>, StoreError> {
    let number = asides(disk, path)? + 1;
    let mut moved = Vec::new();
    // The logs go first: a database without its log is older, a log without its database is nothing.
    for tail in ["-wal", "-shm", "-journal", ""] {
        let from = with_tail(path, tail);
        if disk.length(&from)?.is_some() {
            let to = named(path, tail, number);
            disk.rename(&from, &to)?;
            moved.extend(to.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    moved.reverse();
    Ok(moved)
}

/// How often this file was moved aside before.
fn asides(disk: &dyn Disk, path: &Path) -> Result<u32, StoreError> {
    let mut number = 0;
    while disk.length(&named(path, "", number + 1))?.is_some() {
        number += 1;
    }
    Ok(number)
}

/// The file as it was moved aside the last time.
pub(super) fn last_aside(disk: &dyn Disk, path: &Path) -> Result<Option<PathBuf>, StoreError> {
    let number = asides(disk, path)?;
    Ok((number > 0).then(|| named(path, "", number)))
}

fn with_tail(path: &Path, tail: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(tail);
    name.into()
}

fn named(path: &Path, tail: &str, number: u32) -> PathBuf {
    with_tail(path, &format!(".damaged-{number}{tail}"))
}

/// Brings unsent documents and drafts out of a damaged database, as far as they read, into `connection`. Returns how many
/// were not there already.
pub(super) fn rescue(disk: &dyn Disk, damaged: &Path, key: &Key, connection: &mut Connection, writer: &str) -> Result<u32, StoreError> {
    let Ok(from) = open::connection(disk, damaged, OpenFlags::SQLITE_OPEN_READ_ONLY) else { return Ok(0) };
    if from.execute_batch("PRAGMA cipher_log_level = NONE;").and_then(|()| from.execute_batch(&key.pragma())).is_err() {
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

/// How many unsent things the journals of other databases in this folder hold, at most, told without their keys.
///
/// # Errors
/// [`StoreError::File`].
pub fn unsent_of_others(disk: &dyn Disk, own: &Path) -> Result<u32, StoreError> {
    let own = journal::beside(own);
    let mut items = 0_u32;
    for path in disk.list(own.parent().unwrap_or(Path::new(".")))? {
        if path != own && path.extension().is_some_and(|kind| kind == "journal") {
            items = items.saturating_add(journal::count(disk, &path)?);
        }
    }
    Ok(items)
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
