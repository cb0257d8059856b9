//! Pages of a search. What the first request found is kept as a list of versions, and every next page shows those: a
//! row that changes or is deleted meanwhile is still delivered as it was found, none is skipped and none comes twice.
//! The address of a next page is opaque. Of many searches the ones unused for longest are forgotten (410).

use std::collections::{HashSet, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use serde_json::Value;

use super::outcome::Refusal;
use super::search::{self, Include, Search};
use super::store::{self, Stored};
use super::{index, query};

const MOST_SEARCHES: usize = 1024;
const MOST_ROWS: usize = 8_000_000;

struct Kept {
    token: String,
    own: String,
    count: usize,
    includes: Vec<Include>,
    rows: Vec<i64>,
}

/// The searches that have next pages.
#[derive(Default)]
pub(super) struct Searches(Mutex<VecDeque<Arc<Kept>>>);

impl Searches {
    fn keep(&self, kept: Arc<Kept>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_back(kept);
        while all.len() > MOST_SEARCHES || (all.len() > 1 && all.iter().map(|kept| kept.rows.len()).sum::<usize>() > MOST_ROWS) {
            all.pop_front();
        }
    }

    fn find(&self, token: &str) -> Option<Arc<Kept>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.iter().position(|kept| kept.token == token)?;
        let kept = all.remove(place)?;
        all.push_back(kept.clone());
        Some(kept)
    }
}

/// Runs a search and shows its first page.
pub(super) fn first(db: &Connection, base: &str, searches: &Searches, search: Search) -> Result<String, Refusal> {
    let rows = search::run(db, &search)?;
    let own = format!("{base}/{}?{}", search.kind, query::encode(&search.understood));
    if search.total_only {
        let own = Value::from(own);
        return Ok(format!(
            r#"{{"resourceType":"Bundle","type":"searchset","total":{},"link":[{{"relation":"self","url":{own}}}]}}"#,
            rows.len()
        ));
    }
    let kept = Arc::new(Kept { token: uuid::Uuid::now_v7().to_string(), own, count: search.count, includes: search.includes, rows });
    if kept.rows.len() > kept.count {
        searches.keep(kept.clone());
    }
    show(db, base, &kept, 0)
}

/// Shows a next page by what its address says.
pub(super) fn next(db: &Connection, base: &str, searches: &Searches, page: &str) -> Result<String, Refusal> {
    let gone = || Refusal::new(410, "not-found", "this page is no longer kept: search again");
    let (token, offset) = page.rsplit_once('.').ok_or_else(gone)?;
    let kept = searches.find(token).ok_or_else(gone)?;
    show(db, base, &kept, offset.parse().map_err(|_| gone())?)
}

fn show(db: &Connection, base: &str, kept: &Kept, offset: usize) -> Result<String, Refusal> {
    let own = Value::from(kept.own.as_str());
    let mut text =
        format!(r#"{{"resourceType":"Bundle","type":"searchset","total":{},"link":[{{"relation":"self","url":{own}}}"#, kept.rows.len());
    let after = offset.saturating_add(kept.count);
    if after < kept.rows.len() {
        // Writing to a String cannot fail.
        let _ = write!(text, r#",{{"relation":"next","url":"{base}?_page={}.{after}"}}"#, kept.token);
    }
    text.push(']');
    let mut shown = HashSet::new();
    let mut found = Vec::new();
    for seq in kept.rows.iter().skip(offset).take(kept.count) {
        if let Some(stored) = store::at(db, *seq)? {
            shown.insert((stored.kind.clone(), stored.id.clone()));
            push(&mut text, base, &stored, "match", found.is_empty());
            found.push(stored);
        }
    }
    for seq in included(db, base, &kept.includes, &found)? {
        if let Some(stored) = store::at(db, seq)?.filter(|stored| shown.insert((stored.kind.clone(), stored.id.clone()))) {
            push(&mut text, base, &stored, "include", false);
        }
    }
    text.push_str(if found.is_empty() { "}" } else { "]}" });
    Ok(text)
}

fn push(text: &mut String, base: &str, stored: &Stored, mode: &str, first: bool) {
    text.push_str(if first { r#","entry":["# } else { "," });
    let (kind, id, body) = (&stored.kind, &stored.id, stored.body.as_deref().unwrap_or("null"));
    let _ = write!(text, r#"{{"fullUrl":"{base}/{kind}/{id}","resource":{body},"search":{{"mode":"{mode}"}}}}"#);
}

/// The newest versions that the matches of a page point at, and that point at them.
fn included(db: &Connection, base: &str, includes: &[Include], found: &[Stored]) -> Result<Vec<i64>, Refusal> {
    let mut rows = Vec::new();
    for include in includes {
        for stored in found {
            if include.reverse {
                let mut statement = db.prepare_cached(
                    "SELECT c.seq FROM search_values s JOIN current c ON c.resource = s.resource
                     WHERE s.kind = ?1 AND s.param = ?2 AND s.ref_id = ?3 AND s.ref_type = ?4",
                )?;
                let seqs = statement.query_map([include.source.as_str(), include.param, &stored.id, &stored.kind], |row| row.get(0))?;
                rows.extend(seqs.collect::<Result<Vec<i64>, _>>()?);
            } else {
                // From the version that was found, not from the index, which holds the newest.
                let body: Value = stored.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
                for row in index::rows(&stored.kind, &body, base).into_iter().filter(|row| row.param == include.param) {
                    let (Some(kind), Some(id)) = (row.ref_type, row.ref_id) else { continue };
                    if include.target.as_ref().is_none_or(|target| *target == kind) {
                        rows.extend(store::newest(db, &kind, &id)?.filter(|newest| !newest.deleted).map(|newest| newest.seq));
                    }
                }
            }
        }
    }
    Ok(rows)
}
