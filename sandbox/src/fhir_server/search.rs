//! Search: every condition is SQL over the index; a result is a list of versions, so that its pages stay as they were
//! while data changes.

use rusqlite::Connection;
use rusqlite::types::Value as Sql;

use super::Manners;
use super::outcome::Refusal;
use super::parameters::{self, Kind};

/// What was found: type, id and version of each, in order, and how many of them are matches (the rest is included).
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub rows: Vec<(String, String, i64)>,
    pub matches: usize,
    pub count: usize,
    pub total_only: bool,
}

const MOST_PER_PAGE: usize = 1000;

#[derive(Default)]
struct Query {
    conditions: Vec<String>,
    values: Vec<Sql>,
    sort: Vec<String>,
    count: usize,
    total_only: bool,
    includes: Vec<(String, bool)>,
}

/// Runs a search. `parameters` are decoded pairs.
pub(super) fn run(db: &Connection, manners: Manners, kind: &str, parameters: &[(String, String)]) -> Result<Found, Refusal> {
    let mut query = Query { count: 50, ..Query::default() };
    for (name, value) in parameters {
        if let Err(refusal) = add(&mut query, kind, name, value) {
            // A sloppy server ignores what it does not know, and returns everything: clients must notice.
            if manners != Manners::Loose || refusal.code != "not-supported" {
                return Err(refusal);
            }
        }
    }
    let conditions: String = query.conditions.iter().map(|c| format!(" AND {c}")).collect();
    query.sort.push("c.id".into());
    let sql =
        format!("SELECT c.id, c.version FROM current c WHERE c.kind = ?1 AND c.deleted = 0{conditions} ORDER BY {}", query.sort.join(", "));
    let values = std::iter::once(Sql::from(kind.to_owned())).chain(query.values.iter().cloned());
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_map(rusqlite::params_from_iter(values), |row| Ok((kind.to_owned(), row.get(0)?, row.get(1)?)))?;
    let mut rows: Vec<(String, String, i64)> = found.collect::<Result<_, _>>()?;
    let matches = rows.len();
    for (spec, reverse) in &query.includes {
        include(db, kind, spec, *reverse, matches, &mut rows)?;
    }
    Ok(Found { rows, matches, count: query.count, total_only: query.total_only })
}

fn add(query: &mut Query, kind: &str, name: &str, value: &str) -> Result<(), Refusal> {
    let unknown = || Refusal::new(400, "not-supported", format!("{kind} is not searched by '{name}'"));
    let (plain, modifier) = name.split_once(':').map_or((name, None), |(plain, modifier)| (plain, Some(modifier)));
    match (plain, modifier) {
        ("_count", None) => query.count = value.parse::<usize>().map_err(|_| bad(name))?.clamp(1, MOST_PER_PAGE),
        ("_summary", None) if value == "count" => query.total_only = true,
        ("_format" | "_pretty", None) => {}
        ("_sort", None) => {
            for key in value.split(',') {
                let (key, order) = key.strip_prefix('-').map_or((key, "ASC"), |key| (key, "DESC"));
                match key {
                    "_lastUpdated" => query.sort.push(format!("c.updated {order}")),
                    "_id" => query.sort.push(format!("c.id {order}")),
                    _ => {
                        let (param, _) = parameters::TABLE
                            .iter()
                            .find(|(k, n, ..)| *k == kind && *n == key)
                            .map(|(_, n, ..)| (*n, ()))
                            .ok_or_else(unknown)?;
                        query.sort.push(format!("(SELECT min(coalesce(s.begins, s.value)) FROM search_values s WHERE s.kind = c.kind AND s.id = c.id AND s.param = '{param}') {order}"));
                    }
                }
            }
        }
        ("_include", None) => query.includes.push((value.to_owned(), false)),
        ("_revinclude", None) => query.includes.push((value.to_owned(), true)),
        ("_id", None) => {
            let list: Vec<String> = value.split(',').map(|id| bind(query, id.to_owned())).collect();
            query.conditions.push(format!("c.id IN ({})", list.join(", ")));
        }
        ("_lastUpdated", None) => {
            let condition = date("c.updated", "c.updated", value).ok_or_else(|| bad(name))?;
            query.conditions.push(condition);
        }
        (_, modifier) => {
            let (how, _) = parameters::find(kind, plain).ok_or_else(unknown)?;
            let param = bind(query, plain.to_owned());
            let base = format!("SELECT 1 FROM search_values s WHERE s.kind = c.kind AND s.id = c.id AND s.param = {param}");
            if modifier == Some("missing") {
                let not = if value == "true" { "NOT " } else { "" };
                query.conditions.push(format!("{not}EXISTS ({base})"));
                return Ok(());
            }
            let mut any = Vec::new();
            for one in value.split(',') {
                any.push(one_of(query, how, modifier, one).ok_or_else(|| if modifier.is_some() { unknown() } else { bad(name) })?);
            }
            // Driven by the value, not by the resource: this is what makes it an index look-up.
            let from =
                format!("c.id IN (SELECT s.id FROM search_values s WHERE s.kind = ?1 AND s.param = {param} AND ({}))", any.join(" OR "));
            query.conditions.push(from);
        }
    }
    Ok(())
}

fn bad(name: &str) -> Refusal {
    Refusal::new(400, "invalid", format!("'{name}' has a value that cannot be read"))
}

fn bind(query: &mut Query, text: String) -> String {
    query.values.push(Sql::from(text));
    format!("?{}", query.values.len() + 1)
}

fn one_of(query: &mut Query, how: Kind, modifier: Option<&str>, value: &str) -> Option<String> {
    match (how, modifier) {
        (Kind::Token, None) => match value.split_once('|') {
            Some((system, "")) => Some(format!("s.system = {}", bind(query, system.to_owned()))),
            Some((system, code)) => {
                let (system, code) = (bind(query, system.to_owned()), bind(query, code.to_owned()));
                Some(format!("(s.value = {code} AND s.system = {system})"))
            }
            None => Some(format!("s.value = {}", bind(query, value.to_owned()))),
        },
        (Kind::Reference, None) if value.contains('/') => Some(format!("s.value = {}", bind(query, value.to_owned()))),
        (Kind::Reference, None) => {
            let id = bind(query, format!("/{value}"));
            Some(format!("substr(s.value, -length({id})) = {id}"))
        }
        (Kind::Text, None) => {
            let text = bind(query, value.to_lowercase());
            Some(format!("substr(s.value, 1, length({text})) = {text}"))
        }
        (Kind::Text, Some("contains")) => Some(format!("instr(s.value, {}) > 0", bind(query, value.to_lowercase()))),
        (Kind::Text, Some("exact")) => Some(format!("s.value = {}", bind(query, value.to_lowercase()))),
        (Kind::Uri, None) => Some(format!("s.value = {}", bind(query, value.to_owned()))),
        (Kind::Date, None) => date("s.begins", "s.ends", value),
        _ => None,
    }
}

/// A date with its prefix against a span of time.
fn date(begins: &str, ends: &str, value: &str) -> Option<String> {
    let (prefix, text) = match value.get(..2) {
        Some(p @ ("ge" | "gt" | "le" | "lt" | "eq" | "ne" | "sa" | "eb")) => (p, value.get(2..)?),
        _ => ("eq", value),
    };
    // Whole numbers of ours: they can stand in the text of the query.
    let (from, until) = parameters::span(text)?;
    Some(match prefix {
        "ge" => format!("{ends} >= {from}"),
        "gt" | "sa" => format!("{ends} > {until}"),
        "le" => format!("{begins} <= {until}"),
        "lt" | "eb" => format!("{begins} < {from}"),
        "ne" => format!("NOT ({begins} >= {from} AND {ends} <= {until})"),
        _ => format!("({begins} >= {from} AND {ends} <= {until})"),
    })
}

/// `_include=Task:focus` or `_revinclude=Provenance:target`.
fn include(
    db: &Connection,
    kind: &str,
    spec: &str,
    reverse: bool,
    matches: usize,
    rows: &mut Vec<(String, String, i64)>,
) -> Result<(), Refusal> {
    let mut parts = spec.splitn(3, ':');
    let (source, param) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let known = matches!(parameters::find(source, param), Some((Kind::Reference, _)));
    if !known || (!reverse && source != kind) {
        return Err(Refusal::new(400, "not-supported", format!("'{spec}' cannot be included")));
    }
    let sql = if reverse {
        "SELECT c.kind, c.id, c.version FROM search_values s JOIN current c ON c.kind = s.kind AND c.id = s.id AND c.deleted = 0 WHERE s.kind = ?1 AND s.param = ?2 AND s.value = ?3"
    } else {
        "SELECT c.kind, c.id, c.version FROM search_values s JOIN current c ON c.kind || '/' || c.id = s.value AND c.deleted = 0 WHERE s.kind = ?1 AND s.param = ?2 AND s.id = ?3"
    };
    let mut statement = db.prepare_cached(sql)?;
    let matched: Vec<String> =
        rows.iter().take(matches).map(|(kind, id, _)| if reverse { format!("{kind}/{id}") } else { id.clone() }).collect();
    for key in matched {
        let found = statement.query_map([source, param, &key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        for row in found {
            let row = row?;
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    Ok(())
}
