//! What a client does with one resource: read, update, create, delete, with their conditions. The same functions serve
//! a request of its own and an entry of a bundle; the caller holds the transaction.

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::outcome::Refusal;
use super::store::{self, Newest, Stored, Version};
use super::strictness::{self, Strictness, Surroundings};
use super::{dates, index, query, search};

/// What holds for every write of one request.
pub(super) struct Desk<'a> {
    pub db: &'a Connection,
    pub strictness: Strictness,
    pub base: &'a str,
    /// The server's clock, microseconds since 1970.
    pub now: i64,
    /// Whether a `Type/id` is written in the same transaction.
    pub inside: &'a dyn Fn(&str) -> bool,
}

/// The conditions of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    pub if_none_exist: Option<String>,
}

/// What was done.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub status: u16,
    pub stored: Stored,
}

/// The version that an ETag names.
fn tag(text: &str) -> &str {
    text.trim().trim_start_matches("W/").trim_matches('"')
}

/// The newest version: 404 where it never was, 410 where it is deleted.
pub(super) fn read(db: &Connection, kind: &str, id: &str) -> Result<Stored, Refusal> {
    let missing = || Refusal::new(404, "not-found", format!("{kind}/{id} is not here"));
    let newest = store::newest(db, kind, id)?.ok_or_else(missing)?;
    if newest.deleted {
        return Err(Refusal::new(410, "deleted", format!("{kind}/{id} is deleted")));
    }
    store::at(db, newest.seq)?.ok_or_else(missing)
}

/// One version: 404 where there is none, 410 where that version is a deletion.
pub(super) fn vread(db: &Connection, kind: &str, id: &str, version: &str) -> Result<Stored, Refusal> {
    let missing = || Refusal::new(404, "not-found", format!("{kind}/{id} has no version {version}"));
    let number = version.parse().map_err(|_| missing())?;
    let stored = store::version(db, kind, id, number)?.ok_or_else(missing)?;
    match stored.body {
        Some(_) => Ok(stored),
        None => Err(Refusal::new(410, "deleted", format!("{kind}/{id} was deleted in version {version}"))),
    }
}

impl Desk<'_> {
    /// PUT; a client may give a new resource its id.
    pub(super) fn update(&self, kind: &str, id: &str, mut body: Value, conditions: &Conditions) -> Result<Done, Refusal> {
        let map = self.resource(kind, &mut body)?;
        let own = map.get("id").and_then(Value::as_str);
        if !anydoor_core::base::ids::is_legal(id) || (own != Some(id) && (own.is_some() || self.strictness != Strictness::Loose)) {
            return Err(Refusal::at(400, "invalid", "the id in the body is not the id in the address", format!("{kind}.id")));
        }
        if self.strictness != Strictness::Loose && id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::at(400, "invalid", "an id that a client gives must hold more than digits", format!("{kind}.id")));
        }
        let before = store::newest(self.db, kind, id)?;
        self.matches(kind, id, before, conditions)?;
        self.check(kind, map)?;
        let alive = before.filter(|newest| !newest.deleted);
        if let (Strictness::Hapi, Some(alive)) = (self.strictness, alive)
            && let Some(stored) = store::at(self.db, alive.seq)?.filter(|stored| is_same(stored, map))
        {
            // As measured: HAPI makes no new version of the same content.
            return Ok(Done { status: 200, stored });
        }
        let stored = self.write(kind, id, "PUT", before, std::mem::take(map))?;
        Ok(Done { status: if alive.is_some() { 200 } else { 201 }, stored })
    }

    /// POST under an id that the server gave.
    pub(super) fn create(&self, kind: &str, id: &str, mut body: Value) -> Result<Done, Refusal> {
        let map = self.resource(kind, &mut body)?;
        self.check(kind, map)?;
        let stored = self.write(kind, id, "POST", None, std::mem::take(map))?;
        Ok(Done { status: 201, stored })
    }

    /// DELETE. What is not there is no error; `None`: nothing was there.
    pub(super) fn delete(&self, kind: &str, id: &str, conditions: &Conditions) -> Result<Option<Done>, Refusal> {
        let before = store::newest(self.db, kind, id)?;
        if self.strictness != Strictness::Hapi {
            // As measured: HAPI does not look at If-Match on DELETE.
            self.matches(kind, id, before, conditions)?;
        }
        let Some(before) = before.filter(|before| !before.deleted) else { return Ok(None) };
        let updated = store::next_time(self.db, self.now)?;
        store::write(self.db, Some(before), &Version { kind, id, method: "DELETE", updated, body: None, index: &[] })?;
        let stored = Stored { kind: kind.into(), id: id.into(), version: before.version + 1, updated, method: "DELETE".into(), body: None };
        Ok(Some(Done { status: 204, stored }))
    }

    /// The one resource that If-None-Exist finds.
    pub(super) fn existing(&self, kind: &str, condition: &str) -> Result<Option<Stored>, Refusal> {
        let condition = condition.split_once('?').map_or(condition, |(_, condition)| condition);
        let search = search::parse(self.strictness, kind, &query::decode(condition))?;
        if !search.is_narrowed() {
            return Err(Refusal::new(412, "invalid", "If-None-Exist says nothing to look for"));
        }
        match search::run(self.db, &search)?.as_slice() {
            [] => Ok(None),
            [seq] => store::at(self.db, *seq),
            _ => Err(Refusal::new(412, "multiple-matches", "If-None-Exist finds more than one")),
        }
    }

    fn resource<'b>(&self, kind: &str, body: &'b mut Value) -> Result<&'b mut Map<String, Value>, Refusal> {
        let said = body.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        if said != kind {
            return Err(Refusal::at(400, "invalid", format!("the body is no {kind}"), format!("{kind}.resourceType")));
        }
        body.as_object_mut().ok_or_else(|| Refusal::new(400, "structure", "the body is no resource"))
    }

    fn check(&self, kind: &str, map: &mut Map<String, Value>) -> Result<(), Refusal> {
        let around = Surroundings { db: self.db, strictness: self.strictness, base: self.base, inside: self.inside };
        strictness::check(&around, kind, map)
    }

    /// If-Match and If-None-Match against the newest version.
    fn matches(&self, kind: &str, id: &str, before: Option<Newest>, conditions: &Conditions) -> Result<(), Refusal> {
        let alive = before.filter(|newest| !newest.deleted);
        let hapi = self.strictness == Strictness::Hapi;
        if let Some(wanted) = conditions.if_match.as_deref().map(tag) {
            let holds = match alive {
                Some(alive) => wanted == "*" || wanted == alive.version.to_string(),
                // As measured: HAPI creates what If-Match names and is not there.
                None => hapi && before.is_none(),
            };
            if !holds {
                let now = alive.map_or("nothing".to_owned(), |alive| format!("version {}", alive.version));
                let (status, said) = if hapi { (409, " (HTTP 409)") } else { (412, "") };
                let text = format!("{kind}/{id} has changed{said}: If-Match names version {wanted}, here is {now}");
                return Err(Refusal::new(status, "conflict", text));
            }
        }
        // As measured: HAPI does not look at If-None-Match on PUT.
        match conditions.if_none_match.as_deref().map(tag).filter(|_| !hapi) {
            Some(unwanted) if alive.is_some_and(|alive| unwanted == "*" || unwanted == alive.version.to_string()) => {
                Err(Refusal::new(412, "conflict", format!("{kind}/{id} is here already: If-None-Match forbids it")))
            }
            _ => Ok(()),
        }
    }

    /// Sets id, version and time, and writes; whatever else `meta` holds stays.
    fn write(&self, kind: &str, id: &str, method: &str, before: Option<Newest>, mut body: Map<String, Value>) -> Result<Stored, Refusal> {
        let version = before.map_or(1, |before| before.version + 1);
        let updated = store::next_time(self.db, self.now)?;
        let mut meta = Map::new();
        meta.insert("versionId".into(), json!(version.to_string()));
        meta.insert("lastUpdated".into(), json!(dates::instant(updated)));
        if let Some(Value::Object(said)) = body.shift_remove("meta") {
            meta.extend(said.into_iter().filter(|(key, _)| key != "versionId" && key != "lastUpdated"));
        }
        let mut whole = Map::new();
        whole.insert("resourceType".into(), json!(kind));
        whole.insert("id".into(), json!(id));
        whole.insert("meta".into(), Value::Object(meta));
        whole.extend(body.into_iter().filter(|(key, _)| key != "resourceType" && key != "id"));
        let whole = Value::Object(whole);
        let (text, rows) = (whole.to_string(), index::rows(kind, &whole, self.base));
        store::write(self.db, before, &Version { kind, id, method, updated, body: Some(&text), index: &rows })?;
        Ok(Stored { kind: kind.into(), id: id.into(), version, updated, method: method.into(), body: Some(text) })
    }
}

fn is_same(stored: &Stored, body: &Map<String, Value>) -> bool {
    let plain = |map: &Map<String, Value>| map.iter().filter(|(key, _)| *key != "meta").map(|(k, v)| (k.clone(), v.clone())).collect();
    let before: Option<Map<String, Value>> = stored.body.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let labels = |map: &Map<String, Value>| map.get("meta").map(|meta| (meta.get("tag").cloned(), meta.get("security").cloned()));
    before.is_some_and(|before| {
        let (one, other): (Map<_, _>, Map<_, _>) = (plain(&before), plain(body));
        one == other && labels(&before).unwrap_or_default() == labels(body).unwrap_or_default()
    })
}
