//! History of a resource, a type or the whole server, newest first, deletions among it. A next page goes on before the
//! last version shown; versions are only ever added at the front, so no page loses or repeats one.

use std::fmt::Write as _;

use rusqlite::Connection;

use super::outcome::Refusal;
use super::store::{self, Past, Stored};
use super::strictness::Strictness;
use super::{dates, query};

const PER_PAGE: usize = 100;
const MOST_PER_PAGE: usize = 1000;

/// Whose history.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of<'a> {
    pub kind: Option<&'a str>,
    pub id: Option<&'a str>,
}

/// One page of a history as a Bundle.
pub(super) fn page(db: &Connection, base: &str, strictness: Strictness, of: Of<'_>, pairs: &[(String, String)]) -> Result<String, Refusal> {
    let mut past = Past { kind: of.kind, id: of.id, since: i64::MIN, before_seq: i64::MAX, most: PER_PAGE };
    let mut understood = Vec::new();
    for (name, value) in pairs {
        let unreadable = || Refusal::new(400, "invalid", format!("the value of '{name}' cannot be read"));
        match name.as_str() {
            "_since" => past.since = dates::span(value).ok_or_else(unreadable)?.0,
            "_count" => past.most = value.parse::<usize>().map_err(|_| unreadable())?.clamp(1, MOST_PER_PAGE),
            "_page" => past.before_seq = value.parse().map_err(|_| unreadable())?,
            "_format" | "_pretty" => {}
            _ if strictness == Strictness::Loose => continue,
            _ => return Err(Refusal::new(400, "not-supported", format!("history: the parameter '{name}' is not served"))),
        }
        understood.push((name.clone(), value.clone()));
    }
    if let (Some(kind), Some(id)) = (of.kind, of.id)
        && store::newest(db, kind, id)?.is_none()
    {
        return Err(Refusal::new(404, "not-found", format!("{kind}/{id} is not here")));
    }
    let most = past.most;
    past.most += 1;
    let mut versions = store::past(db, &past)?;
    let more = versions.len() > most;
    versions.truncate(most);
    let path: String = [of.kind, of.id].into_iter().flatten().flat_map(|part| ["/", part]).collect();
    let address = |pairs: &[(String, String)]| format!("{base}{path}/_history?{}", query::encode(pairs));
    let mut links = format!(r#"{{"relation":"self","url":"{}"}}"#, address(&understood));
    if let (true, Some((last, _))) = (more, versions.last()) {
        understood.retain(|(name, _)| name != "_page");
        understood.push(("_page".into(), last.to_string()));
        let _ = write!(links, r#",{{"relation":"next","url":"{}"}}"#, address(&understood));
    }
    let entries: Vec<String> = versions.iter().map(|(_, stored)| entry(base, stored)).collect();
    let entries = if entries.is_empty() { String::new() } else { format!(r#","entry":[{}]"#, entries.join(",")) };
    Ok(format!(r#"{{"resourceType":"Bundle","type":"history","link":[{links}]{entries}}}"#))
}

fn entry(base: &str, stored: &Stored) -> String {
    let Stored { kind, id, version, method, .. } = stored;
    let resource = stored.body.as_ref().map(|body| format!(r#""resource":{body},"#)).unwrap_or_default();
    let url = if method == "POST" { kind.clone() } else { format!("{kind}/{id}") };
    let status = match (method.as_str(), version) {
        ("DELETE", _) => "204 No Content",
        (_, 1) => "201 Created",
        _ => "200 OK",
    };
    let at = dates::instant(stored.updated);
    format!(
        r#"{{"fullUrl":"{base}/{kind}/{id}",{resource}"request":{{"method":"{method}","url":"{url}"}},"response":{{"status":"{status}","etag":"W/\"{version}\"","lastModified":"{at}"}}}}"#
    )
}
