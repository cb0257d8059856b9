//! Search: every condition becomes SQL over the index. What is found is a list of versions in order, which
//! [`super::pages`] hands out; so the pages of one search belong together while data changes. A parameter, modifier or
//! include that is not served is refused; only loose strictness ignore it.

use rusqlite::Connection;
use rusqlite::types::Value as Sql;

use super::dates;
use super::index::{fold, literal};
use super::outcome::Refusal;
use super::parameters::{self, Kind};
use super::query::{split, unescape};
use super::strictness::Strictness;
use super::types;

/// At most this many matches stand on one page.
pub(super) const MOST_PER_PAGE: usize = 1000;
const PER_PAGE: usize = 50;

/// `_include` or `_revinclude`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Include {
    pub source: String,
    pub param: &'static str,
    pub target: Option<String>,
    pub reverse: bool,
}

/// A search that was understood.
#[derive(Debug, Clone)]
pub(super) struct Search {
    pub kind: String,
    pub count: usize,
    pub total_only: bool,
    pub includes: Vec<Include>,
    /// What was understood, as it came.
    pub understood: Vec<(String, String)>,
    conditions: Vec<String>,
    values: Vec<Sql>,
    sort: Vec<String>,
}

impl Search {
    /// Whether it asks for less than everything.
    pub(super) fn is_narrowed(&self) -> bool {
        !self.conditions.is_empty()
    }

    fn bind(&mut self, text: impl Into<String>) -> String {
        self.values.push(Sql::from(text.into()));
        // ?1 is the type.
        format!("?{}", self.values.len() + 1)
    }
}

/// Reads the decoded pairs of a search.
pub(super) fn parse(strictness: Strictness, kind: &str, pairs: &[(String, String)]) -> Result<Search, Refusal> {
    let mut search = Search {
        kind: kind.to_owned(),
        count: PER_PAGE,
        total_only: false,
        includes: Vec::new(),
        understood: Vec::new(),
        conditions: Vec::new(),
        values: Vec::new(),
        sort: Vec::new(),
    };
    for (name, value) in pairs {
        let kept = search.clone();
        match add(&mut search, name, value) {
            Ok(()) => search.understood.push((name.clone(), value.clone())),
            // A sloppy server ignores what it does not know and returns everything: clients must notice.
            Err(refusal) if strictness == Strictness::Loose && refusal.is_unsupported() => search = kept,
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(search)
}

/// Runs a search: the places of the versions found, in order.
pub(super) fn run(db: &Connection, search: &Search) -> Result<Vec<i64>, Refusal> {
    let conditions: String = search.conditions.iter().map(|condition| format!(" AND {condition}")).collect();
    let sort: String = search.sort.iter().map(|key| format!("{key}, ")).collect();
    let sql = format!("SELECT c.seq FROM current c WHERE c.kind = ?1 AND c.deleted = 0{conditions} ORDER BY {sort}c.id");
    let values = std::iter::once(Sql::from(search.kind.clone())).chain(search.values.iter().cloned());
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn unsupported(what: impl std::fmt::Display) -> Refusal {
    Refusal::new(400, "not-supported", format!("{what} is not served"))
}

fn unreadable(name: &str) -> Refusal {
    Refusal::new(400, "invalid", format!("the value of '{name}' cannot be read"))
}

fn add(search: &mut Search, name: &str, value: &str) -> Result<(), Refusal> {
    let unknown = || unsupported(format_args!("{}: the search parameter '{name}'", search.kind));
    match name {
        "_count" => match value.parse::<usize>().map_err(|_| unreadable(name))? {
            0 => search.total_only = true,
            count => search.count = count.min(MOST_PER_PAGE),
        },
        "_summary" if value == "count" => search.total_only = true,
        "_total" if matches!(value, "none" | "estimate" | "accurate") => {}
        "_format" | "_pretty" => {}
        "_sort" => return sort(search, value),
        "_include" | "_revinclude" => {
            let include = include(&search.kind, value, name == "_revinclude").ok_or_else(|| unsupported(format_args!("{name}={value}")))?;
            search.includes.push(include);
        }
        "_id" => {
            let ids: Vec<String> = split(value, ',').iter().map(|id| search.bind(unescape(id))).collect();
            search.conditions.push(format!("c.id IN ({})", ids.join(", ")));
        }
        "_lastUpdated" => {
            let any: Option<Vec<String>> = split(value, ',').iter().map(|one| dates::condition("c.updated", "c.updated", one)).collect();
            search.conditions.push(format!("({})", any.ok_or_else(|| unreadable(name))?.join(" OR ")));
        }
        _ => {
            let (plain, modifier) = name.split_once(':').map_or((name, None), |(plain, modifier)| (plain, Some(modifier)));
            let (param, how) = parameters::find(&search.kind, plain).ok_or_else(unknown)?;
            return by_value(search, (param, how), modifier, name, value);
        }
    }
    Ok(())
}

fn by_value(search: &mut Search, (param, how): (&str, Kind), modifier: Option<&str>, name: &str, value: &str) -> Result<(), Refusal> {
    if modifier == Some("missing") {
        let not = match value {
            "true" => "NOT ",
            "false" => "",
            _ => return Err(unreadable(name)),
        };
        let any = format!("EXISTS (SELECT 1 FROM search_values s WHERE s.resource = c.resource AND s.param = '{param}')");
        search.conditions.push(format!("{not}{any}"));
        return Ok(());
    }
    let (not, modifier) = match (how, modifier) {
        (Kind::Token, Some("not")) => ("NOT ", None),
        _ => ("", modifier),
    };
    let mut any = Vec::new();
    for one in split(value, ',') {
        let condition = match how {
            Kind::Token => modifier.is_none().then(|| token(search, &one)),
            Kind::Reference => reference(search, modifier, &unescape(&one)),
            Kind::Text => text(search, modifier, &unescape(&one)),
            Kind::Uri => modifier.is_none().then(|| format!("s.code = {}", search.bind(unescape(&one)))),
            Kind::Date if modifier.is_none() => Some(dates::condition("s.date_from", "s.date_to", &one).ok_or_else(|| unreadable(name))?),
            Kind::Date => None,
        };
        let unknown = || unsupported(format_args!("{}: the modifier of '{name}'", search.kind));
        any.push(condition.ok_or_else(unknown)?);
    }
    // From the value to the resource: this is what makes it a look-up in the index.
    let found = format!("SELECT s.resource FROM search_values s WHERE s.kind = ?1 AND s.param = '{param}' AND ({})", any.join(" OR "));
    search.conditions.push(format!("c.resource {not}IN ({found})"));
    Ok(())
}

/// `code`, `system|code`, `|code`, `system|`.
fn token(search: &mut Search, value: &str) -> String {
    let parts = split(value, '|');
    match parts.as_slice() {
        [system, code] => {
            let system = match system.as_str() {
                "" => "s.system IS NULL".to_owned(),
                system => format!("s.system = {}", search.bind(unescape(system))),
            };
            let code = if code.is_empty() { "s.code IS NOT NULL".to_owned() } else { format!("s.code = {}", search.bind(unescape(code))) };
            format!("({code} AND {system})")
        }
        _ => format!("s.code = {}", search.bind(unescape(value))),
    }
}

/// `Type/id`, `id`, an address; `:Type` says the type of a bare id.
fn reference(search: &mut Search, modifier: Option<&str>, value: &str) -> Option<String> {
    if let Some(kind) = modifier {
        let (kind, id) = types::is_type(kind).then(|| (search.bind(kind), search.bind(value)))?;
        return Some(format!("(s.ref_id = {id} AND s.ref_type = {kind})"));
    }
    Some(match literal(value, "") {
        Some((kind, id)) => {
            let (kind, id) = (search.bind(kind), search.bind(id));
            format!("(s.ref_id = {id} AND s.ref_type = {kind})")
        }
        None => {
            // A bare id; or an address elsewhere, a canonical with or without its version.
            let whole = search.bind(value);
            format!("(s.ref_id = {whole} OR s.code = {whole} OR (s.code > {whole} || '|' AND s.code < {whole} || '}}'))")
        }
    })
}

fn text(search: &mut Search, modifier: Option<&str>, value: &str) -> Option<String> {
    match modifier {
        None => {
            let (from, to) = (search.bind(fold(value)), search.bind(format!("{}\u{10ffff}", fold(value))));
            Some(format!("(s.folded >= {from} AND s.folded <= {to})"))
        }
        Some("contains") => Some(format!("instr(s.folded, {}) > 0", search.bind(fold(value)))),
        Some("exact") => Some(format!("s.code = {}", search.bind(value))),
        Some(_) => None,
    }
}

fn sort(search: &mut Search, value: &str) -> Result<(), Refusal> {
    for key in split(value, ',') {
        let (key, down) = key.strip_prefix('-').map_or((key.as_str(), false), |key| (key, true));
        let order = if down { " DESC" } else { "" };
        search.sort.push(match key {
            "_lastUpdated" => format!("c.updated{order}"),
            "_id" => format!("c.id{order}"),
            _ => {
                let (param, how) = parameters::find(&search.kind, key).ok_or_else(|| unsupported(format_args!("sorting by '{key}'")))?;
                let column = match (how, down) {
                    (Kind::Date, false) => "min(s.date_from)",
                    (Kind::Date, true) => "max(s.date_to)",
                    (Kind::Text, _) => "min(s.folded)",
                    (Kind::Reference, _) => "min(s.ref_id)",
                    (Kind::Token | Kind::Uri, _) => "min(s.code)",
                };
                format!("(SELECT {column} FROM search_values s WHERE s.resource = c.resource AND s.param = '{param}'){order} NULLS LAST")
            }
        });
    }
    Ok(())
}

/// `Task:focus`, `Task:focus:ServiceRequest`.
fn include(kind: &str, value: &str, reverse: bool) -> Option<Include> {
    let mut parts = value.split(':');
    let (source, param, target) = (parts.next()?, parts.next()?, parts.next());
    let (param, how) = parameters::find(source, param)?;
    let fits = how == Kind::Reference && (reverse || source == kind) && target.is_none_or(types::is_type) && parts.next().is_none();
    // For the other way round only the type that is searched can be the target.
    let fits = fits && (!reverse || target.is_none_or(|target| target == kind));
    fits.then(|| Include { source: source.to_owned(), param, target: target.map(str::to_owned), reverse })
}
