//! The peer: SQLite without a key, with the same schema, the same settings and the same statements.
//!
//! It is the same library, so what is compared is the encryption and what the store does around a statement.

use std::error::Error;
use std::path::Path;

use anydoor_core::assignment::State;
use anydoor_core::base::Code;
use anydoor_core::base::ids::{AssignmentId, IncidentId, TeamId};
use anydoor_core::delivery::Truth;
use anydoor_core::incident::{Door, Urgency};
use anydoor_core::note::Draft;
use anydoor_core::store::NoteRow;
use anydoor_core::views::queue::{QueueRow, Row};
use rusqlite::{Connection, params};
use serde_json::Value;

const SCHEMA: &str = include_str!("../../core/migrations/0001_first_shift.sql");

const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON; PRAGMA wal_autocheckpoint = 4000; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536;
    PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;";

/// Opens a plain database with the store's settings.
///
/// # Errors
/// SQLite's.
pub fn open(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    connection.execute_batch(SETTINGS)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Opens a copy of an encrypted database with the store's settings and no journal beside it.
///
/// # Errors
/// SQLite's.
pub fn keyed(path: &Path, key: &[u8]) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    connection.execute_batch(&format!("PRAGMA key = \"x'{hex}'\";"))?;
    connection.execute_batch(SETTINGS)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// A new plain database with the store's schema.
///
/// # Errors
/// SQLite's.
pub fn make(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = open(path)?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

/// Copies an encrypted database, table by table, into a plain one.
///
/// # Errors
/// SQLite's.
pub fn copy(encrypted: &Path, key: &[u8], plain: &Path) -> Result<(), Box<dyn Error>> {
    let connection = Connection::open(plain)?;
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    connection.execute("ATTACH DATABASE ? AS locked KEY ?", params![encrypted.to_string_lossy(), format!("x'{hex}'")])?;
    connection.query_row("SELECT sqlcipher_export('main', 'locked')", [], |_| Ok(()))?;
    connection.execute_batch("DETACH DATABASE locked; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;")?;
    Ok(())
}

/// As `Store::save_draft`.
///
/// # Errors
/// SQLite's.
pub fn save_draft(connection: &Connection, draft: &Draft) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached(
            "INSERT INTO drafts (id, incident, person, author, text, changed) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text, changed = excluded.changed",
        )?
        .execute(params![
            draft.id.as_str(),
            draft.incident.as_str(),
            draft.person.as_str(),
            draft.author.as_str(),
            draft.body.text(),
            draft.changed.to_string()
        ])?;
    Ok(())
}

/// As `Store::queue`: the rows, and for each what is unsent of it.
///
/// # Errors
/// SQLite's.
pub fn queue(connection: &Connection, most: u32) -> Result<Vec<QueueRow>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id, incident, team, state, urgency, determined, headline, person, place, door, cards, readable FROM assignments
         INDEXED BY assignments_queue ORDER BY open DESC, urgency, determined LIMIT ?",
    )?;
    let rows = statement.query_map([most], |row| {
        let text = |index: usize| row.get::<_, Option<String>>(index);
        Ok(Row {
            assignment: AssignmentId::parse(&row.get::<_, String>(0)?).map_err(|_| rusqlite::Error::InvalidQuery)?,
            incident: text(1)?.and_then(|id| IncidentId::parse(&id).ok()),
            team: text(2)?.and_then(|id| TeamId::parse(&id).ok()),
            state: text(3)?.as_deref().and_then(State::from_code).unwrap_or(State::Offered),
            urgency: Urgency::ALL.get(usize::from(row.get::<_, u8>(4)?)).copied().unwrap_or(Urgency::Urgent),
            determined: text(5)?.and_then(|at| at.parse().ok()),
            headline: row.get(6)?,
            person: row.get(7)?,
            place: row.get(8)?,
            door: text(9)?.as_deref().and_then(Door::from_code),
            cards: row.get(10)?,
            readable: row.get(11)?,
        })
    })?;
    let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
    let mut all = Vec::new();
    for row in rows {
        let mut unsent = connection.prepare_cached("SELECT DISTINCT state, reason FROM intents WHERE lane = ?1")?;
        let truth = if unsent.exists([row.assignment.as_str()])? { Truth::OnThisPhone } else { Truth::AtTheAgency };
        all.push(QueueRow { row, truth });
    }
    Ok(all)
}

/// As `Store::search_notes`, with the query ready.
///
/// # Errors
/// SQLite's.
pub fn search(connection: &Connection, query: &str, most: u32) -> Result<Vec<NoteRow>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT n.row, n.id, n.incident, n.person, n.author, n.standing, n.text FROM notes n
         WHERE n.row IN (SELECT rowid FROM note_words WHERE note_words MATCH ?1 ORDER BY rowid DESC LIMIT ?2) ORDER BY n.row DESC",
    )?;
    let rows = statement.query_map(params![query, most], |row| {
        Ok(NoteRow {
            at_us: row.get(0)?,
            id: row.get(1)?,
            incident: row.get(2)?,
            person: row.get(3)?,
            author: row.get(4)?,
            standing: row.get(5)?,
            text: row.get(6)?,
        })
    })?;
    rows.collect()
}

/// In how many notes a query is found.
///
/// # Errors
/// SQLite's.
pub fn found(connection: &Connection, query: &str) -> Result<i64, rusqlite::Error> {
    connection.query_row("SELECT count(*) FROM note_words WHERE note_words MATCH ?", [query], |row| row.get(0))
}

/// The least that a client could do with a page: read the JSON, keep each resource, one commit. No limits, no index of
/// references, no queue, no search.
///
/// # Errors
/// SQLite's, or that the page is no JSON.
pub fn take(connection: &mut Connection, page: &[u8]) -> Result<(), Box<dyn Error>> {
    let page: Value = serde_json::from_slice(page)?;
    let tx = connection.transaction()?;
    for entry in page.get("entry").and_then(Value::as_array).into_iter().flatten() {
        let Some(resource) = entry.get("resource") else { continue };
        let text = |pointer: &str| resource.pointer(pointer).and_then(Value::as_str);
        tx.prepare_cached("INSERT INTO documents (kind, id, body, version) VALUES (?, ?, ?, ?)")?.execute(params![
            text("/resourceType"),
            text("/id"),
            resource.to_string(),
            text("/meta/versionId")
        ])?;
    }
    Ok(tx.commit()?)
}
