//! Resources and their versions in SQLite. Every version that ever was stays, as the text that is sent back; the index
//! holds what the newest version is searched by. Every change is inside the caller's transaction, and the times of
//! versions rise strictly, whatever the clock says.

use rusqlite::{Connection, OptionalExtension, params};

use super::index::Row;
use super::outcome::Refusal;

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS versions (     -- every version that ever was
  seq INTEGER PRIMARY KEY,                -- the order of all writes
  kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  updated INTEGER NOT NULL,               -- microseconds since 1970, whole milliseconds, strictly rising with seq
  method TEXT NOT NULL,                   -- POST, PUT, DELETE
  body TEXT,                              -- the resource as it is sent; NULL: deleted
  UNIQUE (kind, id, version)
);
CREATE INDEX IF NOT EXISTS versions_by_kind ON versions (kind, seq);
CREATE UNIQUE INDEX IF NOT EXISTS versions_by_time ON versions (updated);
CREATE TABLE IF NOT EXISTS current (      -- the newest version of each resource
  resource INTEGER PRIMARY KEY,
  kind TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL, updated INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  UNIQUE (kind, id)
);
CREATE INDEX IF NOT EXISTS current_by_time ON current (kind, updated);
CREATE TABLE IF NOT EXISTS search_values ( -- what the newest versions are searched by
  resource INTEGER NOT NULL, kind TEXT NOT NULL, param TEXT NOT NULL,
  system TEXT, code TEXT,                 -- a token; a text as written; a URI
  folded TEXT,                            -- a text, case and accents aside
  ref_type TEXT, ref_id TEXT,             -- a reference to this server
  date_from INTEGER, date_to INTEGER      -- a span of time, microseconds since 1970
);
CREATE INDEX IF NOT EXISTS search_by_resource ON search_values (resource, param);
CREATE INDEX IF NOT EXISTS search_by_code ON search_values (kind, param, code, system) WHERE code IS NOT NULL;
CREATE INDEX IF NOT EXISTS search_by_folded ON search_values (kind, param, folded) WHERE folded IS NOT NULL;
CREATE INDEX IF NOT EXISTS search_by_reference ON search_values (kind, param, ref_id, ref_type) WHERE ref_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS search_by_date ON search_values (kind, param, date_from) WHERE date_from IS NOT NULL;";

/// What is known of the newest version without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Newest {
    pub resource: i64,
    pub seq: i64,
    pub version: i64,
    pub deleted: bool,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub kind: String,
    pub id: String,
    pub version: i64,
    pub updated: i64,
    pub method: String,
    pub body: Option<String>,
}

/// A version to be written.
pub(super) struct Version<'a> {
    pub kind: &'a str,
    pub id: &'a str,
    pub method: &'a str,
    pub updated: i64,
    /// `None` deletes.
    pub body: Option<&'a str>,
    pub index: &'a [Row],
}

const COLUMNS: &str = "kind, id, version, updated, method, body";

fn stored(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored { kind: row.get(0)?, id: row.get(1)?, version: row.get(2)?, updated: row.get(3)?, method: row.get(4)?, body: row.get(5)? })
}

/// The newest version of a resource, deleted ones included.
pub(super) fn newest(db: &Connection, kind: &str, id: &str) -> Result<Option<Newest>, Refusal> {
    let mut statement = db.prepare_cached("SELECT resource, seq, version, deleted FROM current WHERE kind = ? AND id = ?")?;
    let read = |row: &rusqlite::Row<'_>| Ok(Newest { resource: row.get(0)?, seq: row.get(1)?, version: row.get(2)?, deleted: row.get(3)? });
    Ok(statement.query_row([kind, id], read).optional()?)
}

/// The version with this place in the order of writes.
pub(super) fn at(db: &Connection, seq: i64) -> Result<Option<Stored>, Refusal> {
    Ok(db.prepare_cached(&format!("SELECT {COLUMNS} FROM versions WHERE seq = ?"))?.query_row([seq], stored).optional()?)
}

/// One version of a resource.
pub(super) fn version(db: &Connection, kind: &str, id: &str, version: i64) -> Result<Option<Stored>, Refusal> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM versions WHERE kind = ? AND id = ? AND version = ?"))?;
    Ok(statement.query_row(params![kind, id, version], stored).optional()?)
}

/// Which versions a history asks for.
pub(super) struct Past<'a> {
    pub kind: Option<&'a str>,
    pub id: Option<&'a str>,
    pub since: i64,
    pub before_seq: i64,
    pub most: usize,
}

/// Versions with their place in the order of writes, newest first.
pub(super) fn past(db: &Connection, past: &Past<'_>) -> Result<Vec<(i64, Stored)>, Refusal> {
    let narrow = match (past.kind, past.id) {
        (Some(_), Some(_)) => " AND kind = ?4 AND id = ?5",
        (Some(_), None) => " AND kind = ?4 AND ?5 IS NULL",
        _ => " AND ?4 IS NULL AND ?5 IS NULL",
    };
    // Times rise with seq, so `since` is a place in the order: found in the index instead of looked for row by row.
    let first = "(SELECT seq FROM versions WHERE updated >= ?2 ORDER BY updated LIMIT 1)";
    let sql = format!("SELECT {COLUMNS}, seq FROM versions WHERE seq < ?1 AND seq >= {first}{narrow} ORDER BY seq DESC LIMIT ?3");
    let mut statement = db.prepare_cached(&sql)?;
    let most = i64::try_from(past.most).unwrap_or(i64::MAX);
    let rows = statement
        .query_map(params![past.before_seq, past.since, most, past.kind, past.id], |row| Ok((row.get::<_, i64>(6)?, stored(row)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A time after every time before: the clock's, or a millisecond after the newest version.
pub(super) fn next_time(db: &Connection, now: i64) -> Result<i64, Refusal> {
    let mut statement = db.prepare_cached("SELECT updated FROM versions ORDER BY seq DESC LIMIT 1")?;
    let last: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
    let now = now - now.rem_euclid(1000);
    Ok(last.map_or(now, |last| now.max(last + 1000)))
}

/// Writes a version and its index. `before` is what [`newest`] said.
pub(super) fn write(db: &Connection, before: Option<Newest>, new: &Version<'_>) -> Result<(), Refusal> {
    let number = before.map_or(1, |before| before.version + 1);
    db.prepare_cached("INSERT INTO versions (kind, id, version, updated, method, body) VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![
        new.kind,
        new.id,
        number,
        new.updated,
        new.method,
        new.body
    ])?;
    let seq = db.last_insert_rowid();
    let resource =
        match before {
            Some(before) => {
                db.prepare_cached("UPDATE current SET seq = ?, version = ?, updated = ?, deleted = ? WHERE resource = ?")?
                    .execute(params![seq, number, new.updated, new.body.is_none(), before.resource])?;
                db.prepare_cached("DELETE FROM search_values WHERE resource = ?")?.execute([before.resource])?;
                before.resource
            }
            None => {
                db.prepare_cached("INSERT INTO current (kind, id, seq, version, updated, deleted) VALUES (?, ?, ?, ?, ?, ?)")?
                    .execute(params![new.kind, new.id, seq, number, new.updated, new.body.is_none()])?;
                db.last_insert_rowid()
            }
        };
    let mut insert = db.prepare_cached("INSERT INTO search_values VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for row in new.index {
        insert.execute(params![
            resource,
            new.kind,
            row.param,
            row.system,
            row.code,
            row.folded,
            row.ref_type,
            row.ref_id,
            row.from,
            row.to
        ])?;
    }
    Ok(())
}
