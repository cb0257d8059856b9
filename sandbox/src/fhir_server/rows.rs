//! Resources and their versions in SQLite. Every change is inside the caller's transaction.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::Manners;
use super::outcome::Refusal;
use super::parameters;

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS versions (   -- every version that ever was
  kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  updated INTEGER NOT NULL,             -- microseconds since 1970, strictly rising
  body TEXT,                            -- NULL: deleted
  method TEXT NOT NULL,
  PRIMARY KEY (kind, id, version)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS versions_by_time ON versions (updated);
CREATE TABLE IF NOT EXISTS current (    -- the newest version of each
  kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, updated INTEGER NOT NULL, deleted INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS current_by_time ON current (kind, updated);
CREATE TABLE IF NOT EXISTS search_values (
  kind TEXT NOT NULL, id TEXT NOT NULL, param TEXT NOT NULL, system TEXT NOT NULL, value TEXT NOT NULL, begins INTEGER, ends INTEGER
);
CREATE INDEX IF NOT EXISTS search_by_value ON search_values (kind, param, value);
CREATE INDEX IF NOT EXISTS search_by_time ON search_values (kind, param, begins) WHERE begins IS NOT NULL;
CREATE INDEX IF NOT EXISTS search_by_id ON search_values (kind, id);";

/// The newest version of a resource.
pub(super) struct Newest {
    pub version: i64,
    pub body: Option<String>,
}

/// What a write did.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub kind: String,
    pub id: String,
    pub version: i64,
    pub updated: i64,
    pub created: bool,
    pub body: String,
}

pub(super) fn newest(db: &Connection, kind: &str, id: &str) -> Result<Option<Newest>, Refusal> {
    Ok(db
        .prepare_cached("SELECT c.version, v.body FROM current c JOIN versions v USING (kind, id, version) WHERE c.kind = ? AND c.id = ?")?
        .query_row([kind, id], |row| Ok(Newest { version: row.get(0)?, body: row.get(1)? }))
        .optional()?)
}

/// The body of a resource: 404 where it never was, 410 where it is deleted.
pub(super) fn read(db: &Connection, kind: &str, id: &str) -> Result<(i64, String), Refusal> {
    match newest(db, kind, id)? {
        Some(Newest { version, body: Some(body) }) => Ok((version, body)),
        Some(_) => Err(Refusal::new(410, "deleted", format!("{kind}/{id} is deleted"))),
        None => Err(Refusal::new(404, "not-found", format!("{kind}/{id} is not here"))),
    }
}

/// One version of a resource.
pub(super) fn vread(db: &Connection, kind: &str, id: &str, version: &str) -> Result<String, Refusal> {
    let missing = || Refusal::new(404, "not-found", format!("{kind}/{id} has no version {version}"));
    let number: i64 = version.parse().map_err(|_| missing())?;
    let body: Option<Option<String>> = db
        .prepare_cached("SELECT body FROM versions WHERE kind = ? AND id = ? AND version = ?")?
        .query_row(params![kind, id, number], |row| row.get(0))
        .optional()?;
    body.ok_or_else(missing)?.ok_or_else(|| Refusal::new(410, "deleted", format!("{kind}/{id} was deleted in version {version}")))
}

/// PUT with update-as-create. `now` is the server's clock; times rise strictly whatever it says.
pub(super) fn put(
    db: &Connection,
    manners: Manners,
    kind: &str,
    id: &str,
    body: &Value,
    if_match: Option<&str>,
    now: i64,
) -> Result<Written, Refusal> {
    if id.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::new(400, "invalid", "a client's own id must hold more than digits"));
    }
    let before = newest(db, kind, id)?;
    if let Some(wanted) = if_match {
        let wanted = wanted.trim_start_matches("W/").trim_matches('"');
        match &before {
            Some(newest) if newest.version.to_string() == wanted => {}
            // As measured: HAPI creates what If-Match names and is not there, and says 409 where others say 412.
            None if manners == Manners::Hapi => {}
            _ if manners == Manners::Hapi => {
                return Err(Refusal::new(
                    409,
                    "conflict",
                    format!("{kind}/{id}: the version has changed (HTTP 412): If-Match names {wanted}"),
                ));
            }
            _ => return Err(Refusal::new(412, "conflict", format!("{kind}/{id}: the version has changed: If-Match names {wanted}"))),
        }
    }
    let created = before.as_ref().is_none_or(|newest| newest.body.is_none());
    if let Some(Newest { version, body: Some(same) }) = &before
        && manners == Manners::Hapi
        && same_but_meta(same, body)
    {
        // As measured: HAPI makes no new version of the same content.
        let updated = db.query_row("SELECT updated FROM current WHERE kind = ? AND id = ?", [kind, id], |row| row.get(0))?;
        return Ok(Written { kind: kind.into(), id: id.into(), version: *version, updated, created: false, body: same.clone() });
    }
    let version = before.map_or(1, |newest| newest.version + 1);
    let updated = rising(db, now)?;
    let body = stamped(body, id, version, updated);
    let text = body.to_string();
    store(db, kind, id, version, updated, Some(&text), if created { "POST" } else { "PUT" })?;
    for row in parameters::index(kind, &body) {
        db.prepare_cached("INSERT INTO search_values VALUES (?, ?, ?, ?, ?, ?, ?)")?
            .execute(params![kind, id, row.param, row.system, row.value, row.from, row.until])?;
    }
    Ok(Written { kind: kind.into(), id: id.into(), version, updated, created, body: text })
}

fn same_but_meta(stored: &str, body: &Value) -> bool {
    let plain = |mut value: Value| {
        if let Value::Object(map) = &mut value {
            map.shift_remove("meta");
        }
        value
    };
    serde_json::from_str::<Value>(stored).is_ok_and(|stored| plain(stored) == plain(body.clone()))
}

/// DELETE. What is not there is no error.
pub(super) fn delete(db: &Connection, kind: &str, id: &str, now: i64) -> Result<Option<i64>, Refusal> {
    let Some(Newest { version, body: Some(_) }) = newest(db, kind, id)? else { return Ok(None) };
    let updated = rising(db, now)?;
    store(db, kind, id, version + 1, updated, None, "DELETE")?;
    Ok(Some(version + 1))
}

fn store(db: &Connection, kind: &str, id: &str, version: i64, updated: i64, body: Option<&str>, method: &str) -> Result<(), Refusal> {
    db.prepare_cached("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![kind, id, version, updated, body, method])?;
    db.prepare_cached("INSERT OR REPLACE INTO current VALUES (?, ?, ?, ?, ?)")?.execute(params![
        kind,
        id,
        version,
        updated,
        body.is_none()
    ])?;
    db.prepare_cached("DELETE FROM search_values WHERE kind = ? AND id = ?")?.execute([kind, id])?;
    Ok(())
}

/// A time after every time before, in whole milliseconds.
fn rising(db: &Connection, now: i64) -> Result<i64, Refusal> {
    let last: Option<i64> = db.prepare_cached("SELECT max(updated) FROM versions")?.query_row([], |row| row.get(0))?;
    let now = now - now.rem_euclid(1000);
    Ok(last.map_or(now, |last| now.max(last + 1000)))
}

pub(super) fn instant(updated: i64) -> String {
    jiff::Timestamp::from_microsecond(updated).map(|t| format!("{t:.3}")).unwrap_or_default()
}

/// The resource with its id and with the server's version and time; what else `meta` holds stays.
fn stamped(body: &Value, id: &str, version: i64, updated: i64) -> Value {
    let mut body = body.clone();
    if let Value::Object(map) = &mut body {
        let mut meta = map.shift_remove("meta").unwrap_or_else(|| json!({}));
        if let Value::Object(meta) = &mut meta {
            meta.insert("versionId".into(), json!(version.to_string()));
            meta.insert("lastUpdated".into(), json!(instant(updated)));
        }
        let rest = std::mem::take(map);
        map.insert("resourceType".into(), rest.get("resourceType").cloned().unwrap_or_default());
        map.insert("id".into(), json!(id));
        map.insert("meta".into(), meta);
        map.extend(rest.into_iter().filter(|(key, _)| key != "resourceType" && key != "id"));
    }
    body
}
