//! What the server accepts, by its strictness. `strict` refuses what R4 forbids and names the element; `hapi` does what
//! HAPI FHIR 8.8.0 was measured to do; `loose` accepts and keeps everything, as sloppy servers do. The rules of shape
//! are in [`super::structure`]; versions and If-Match in [`super::interactions`].

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::outcome::{Issue, Refusal};
use super::{index, references, store, structure};

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strictness {
    /// As R4 says: dangling references, missing elements, unknown elements and codes are refused by name.
    #[default]
    Strict,
    /// As HAPI FHIR 8.8.0 was measured: a stale If-Match is a 409, one on a missing id creates it, one on DELETE is
    /// ignored; dangling references are refused, unknown elements at the top are dropped.
    Hapi,
    /// Accepts and keeps everything; ignores unknown search parameters, and If-Match inside bundles.
    Loose,
}

/// What a resource is checked against.
pub(super) struct Surroundings<'a> {
    pub db: &'a Connection,
    pub strictness: Strictness,
    pub base: &'a str,
    /// Whether a `Type/id` is written in the same transaction.
    pub inside: &'a dyn Fn(&str) -> bool,
}

/// Checks a resource before it is written, and changes it as these strictness do.
///
/// A resource that is not valid is a 422, a reference to nothing a 400.
pub(super) fn check(around: &Surroundings<'_>, kind: &str, body: &mut Map<String, Value>) -> Result<(), Refusal> {
    match around.strictness {
        Strictness::Loose => return Ok(()),
        Strictness::Hapi => structure::drop_unknown(kind, body),
        Strictness::Strict => {
            let mut issues = structure::check(kind, body);
            issues.extend(invariants(kind, body));
            if !issues.is_empty() {
                return Err(Refusal { status: 422, issues });
            }
        }
    }
    let issues = dangling(around, kind, body)?;
    if issues.is_empty() { Ok(()) } else { Err(Refusal { status: 400, issues }) }
}

fn dangling(around: &Surroundings<'_>, kind: &str, body: &Map<String, Value>) -> Result<Vec<Issue>, Refusal> {
    let mut missing = Vec::new();
    for (key, value) in body {
        let mut targets = Vec::new();
        references::each(value, &format!("{kind}.{key}"), &mut |place, target| {
            targets.push((place.trim_end_matches(".reference").to_owned(), target.to_owned()));
        });
        for (place, target) in targets {
            let elsewhere = target.starts_with('#') || (target.contains("://") && !target.starts_with(around.base));
            if !elsewhere && !is_here(around, &target)? {
                missing.push(Issue::at("not-found", format!("{place}: {target} is not here"), place));
            }
        }
    }
    Ok(missing)
}

fn is_here(around: &Surroundings<'_>, target: &str) -> Result<bool, Refusal> {
    let Some((kind, id)) = index::literal(target, around.base) else { return Ok(false) };
    Ok((around.inside)(&format!("{kind}/{id}")) || store::newest(around.db, kind, id)?.is_some_and(|newest| !newest.deleted))
}

/// The rules of R4 between elements that matter to this project, with their names.
fn invariants(kind: &str, body: &Map<String, Value>) -> Vec<Issue> {
    let has = |key: &str| body.contains_key(key);
    let count = |key: &str| body.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    let (holds, rule) = match kind {
        "Organization" => (has("name") || has("identifier"), "org-1: a name or an identifier"),
        "Consent" => (has("policy") || has("policyRule"), "ppc-1: policy or policyRule"),
        "Linkage" => (count("item") > 1, "lnk-1: at least two items"),
        "Observation" => (!has("dataAbsentReason") || !body.keys().any(|k| k.starts_with("value")), "obs-6: a value or why there is none"),
        _ => (true, ""),
    };
    let mut broken: Vec<Issue> = if holds { Vec::new() } else { vec![Issue::at("invariant", rule, kind)] };
    let contacts = body.get("telecom").and_then(Value::as_array).into_iter().flatten();
    if contacts.into_iter().any(|contact| contact.get("value").is_some() && contact.get("system").is_none()) {
        broken.push(Issue::at("invariant", "cpt-2: a contact with a value says its system", format!("{kind}.telecom")));
    }
    broken
}
