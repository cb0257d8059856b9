//! Three-way reconcile, as a pure function: ours, the version we started from, theirs.
//!
//! Rule: an element that only one side changed is that side's. Where both changed it: lists that are sets are joined
//! item by item; extensions are compared by their URL, and one that stands once is no set; projections are recomputed from
//! stamps afterwards, so theirs stands until then; what two partners of a crew both write on a normal day has a rule of its own
//! (`rules`); everything else is a conflict that a person decides. Never last-writer-wins on anything clinical (P16).

mod rules;

use serde_json::{Map, Value};

use crate::fhir::Document;
use rules::Side;

/// What comes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconciled {
    /// Theirs, with our changes where a rule joins them.
    pub merged: Document,
    /// The elements that both changed and no rule joins; in `merged` they are theirs.
    pub conflicts: Vec<String>,
}

/// Lists whose items stand each for themselves.
const SETS: [&str; 8] = ["identifier", "supportingInfo", "participant", "input", "output", "link", "note", "telecom"];

/// Elements of an assignment that are recomputed from stamps after each merge: never a person's problem.
const PROJECTIONS: [&str; 2] = ["status", "businessStatus"];

/// Joins `ours` and `theirs`, both made from `base`.
pub fn reconcile(base: &Document, ours: &Document, theirs: &Document) -> Reconciled {
    let empty = Map::new();
    let map = |doc: &'_ Document| doc.value().as_object().cloned().unwrap_or_default();
    let (base_map, ours_map) = (map(base), map(ours));
    let theirs_map = theirs.value().as_object().unwrap_or(&empty);
    let mut merged = theirs.clone();
    let mut conflicts = Vec::new();
    let ruled = rules::Rules::of(base, ours, theirs);
    // A status of a later release stands as it came (P30).
    let held = crate::fhir::assignment::is_assignment(theirs) && !crate::fhir::assignment::knows_status(theirs);
    let elements = ours_map.keys().chain(base_map.keys().filter(|key| !ours_map.contains_key(*key)));
    for element in elements.filter(|e| !matches!(e.as_str(), "meta" | "text" | "id" | "resourceType")) {
        let (was, our, their) = (base_map.get(element), ours_map.get(element), theirs_map.get(element));
        if our == was || our == their {
            continue;
        }
        if held && PROJECTIONS.contains(&element.as_str()) {
            continue;
        }
        if their == was {
            merged.set(element, our.cloned().unwrap_or(Value::Null));
        } else if element == "extension" {
            let (extensions, differing) = joined_extensions(was, our, their, ruled.newer_fix());
            merged.set(element, extensions);
            conflicts.extend(differing);
        } else if SETS.contains(&element.as_str()) {
            merged.set(element, joined(was, our, their));
        } else if let Some(value) = ruled.decide(element, our, their) {
            merged.set(element, value);
        } else if !(PROJECTIONS.contains(&element.as_str()) && crate::fhir::assignment::is_assignment(theirs)) {
            conflicts.push(element.clone());
        }
    }
    Reconciled { merged, conflicts }
}

/// Theirs with our changes, where a person decided for ours: what no rule joins is taken from `ours`, and so is every
/// extension of ours that stands alone.
pub fn in_our_favour(base: &Document, ours: &Document, theirs: &Document) -> Document {
    let result = reconcile(base, ours, theirs);
    let mut merged = result.merged;
    for conflict in &result.conflicts {
        match conflict.strip_prefix("extension(").and_then(|rest| rest.strip_suffix(')')) {
            Some(url) => {
                let named = |item: &&Value| item.get("url").and_then(Value::as_str) == Some(url);
                let mut items: Vec<Value> = merged.list("/extension").iter().filter(|item| !named(item)).cloned().collect();
                items.extend(ours.list("/extension").iter().filter(named).cloned());
                merged.set("extension", set(items));
            }
            None => {
                merged.set(conflict, ours.value().get(conflict).cloned().unwrap_or(Value::Null));
            }
        }
    }
    merged
}

fn list(value: Option<&Value>) -> Vec<Value> {
    value.and_then(Value::as_array).cloned().unwrap_or_default()
}

fn set(items: Vec<Value>) -> Value {
    if items.is_empty() { Value::Null } else { Value::Array(items) }
}

/// Theirs, with what we added and without what we removed.
fn joined(was: Option<&Value>, our: Option<&Value>, their: Option<&Value>) -> Value {
    let (was, our, their) = (list(was), list(our), list(their));
    let mut items: Vec<Value> = their.iter().filter(|item| !was.contains(item) || our.contains(item)).cloned().collect();
    for item in our.iter().filter(|item| !was.contains(item)) {
        if !items.contains(item) {
            items.push(item.clone());
        }
    }
    set(items)
}

/// Extensions by URL. Our revision replaces theirs; what several of one URL make is a set; one that stands alone and
/// that both changed differently is that of the newer fix, if these are fixes of one team's position, and else a conflict,
/// named `extension(url)`, while theirs stands.
fn joined_extensions(was: Option<&Value>, our: Option<&Value>, their: Option<&Value>, newer: Option<Side>) -> (Value, Vec<String>) {
    let url = |item: &Value| item.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (was, our, their) = (list(was), list(our), list(their));
    let mut urls: Vec<String> = Vec::new();
    for item in their.iter().chain(&our).chain(&was) {
        if !urls.contains(&url(item)) {
            urls.push(url(item));
        }
    }
    let (mut items, mut conflicts) = (Vec::new(), Vec::new());
    for name in urls {
        let of = |all: &[Value]| all.iter().filter(|item| url(item) == name).cloned().collect::<Vec<_>>();
        let (w, o, t) = (of(&was), of(&our), of(&their));
        if o == w || o == t {
            items.extend(t);
        } else if t == w || name == crate::fhir::element::ours("revision") {
            items.extend(o);
        } else if w.len() <= 1 && o.len() <= 1 && t.len() <= 1 {
            if newer.is_none() {
                conflicts.push(format!("extension({name})"));
            }
            items.extend(if newer == Some(Side::Ours) { o } else { t });
        } else {
            let (w, o, t) = (Value::Array(w), Value::Array(o), Value::Array(t));
            items.extend(list(Some(&joined(Some(&w), Some(&o), Some(&t)))));
        }
    }
    (set(items), conflicts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// A Task with a few elements, some missing.
    fn documents() -> impl Strategy<Value = Document> {
        let texts =
            prop::collection::btree_map(prop::sample::select(vec!["description", "priority", "intent", "lastModified"]), "[ab]", 0..4);
        let lists = prop::collection::btree_map(
            prop::sample::select(vec!["note", "input", "identifier"]),
            prop::collection::btree_set("[a-d]", 1..4),
            0..3,
        );
        (texts, lists).prop_map(|(texts, lists)| {
            let mut doc = Document::new("Task", "t");
            texts.into_iter().for_each(|(k, v)| {
                doc.set(k, json!(v));
            });
            lists.into_iter().for_each(|(k, v)| {
                doc.set(k, json!(v.into_iter().collect::<Vec<_>>()));
            });
            doc
        })
    }

    const URLS: [&str; 3] = ["urn:example:of-others", "urn:anydoor:9:later-release", "urn:anydoor:1:crew"];

    /// A Task with extensions, each of which stands once, more than once, or not at all.
    fn extensions() -> impl Strategy<Value = Document> {
        prop::collection::btree_set((prop::sample::select(URLS.to_vec()), 0..3), 0..6).prop_map(|all| {
            let mut doc = Document::new("Task", "t");
            let items: Vec<Value> = all.into_iter().map(|(url, value)| json!({ "url": url, "valueInteger": value })).collect();
            doc.set("extension", set(items));
            doc
        })
    }

    fn elements(doc: &Document) -> std::collections::BTreeMap<String, Value> {
        doc.value().as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    proptest! {
        #[test]
        fn a_replayed_merge_changes_nothing(base in documents(), ours in documents(), theirs in documents()) {
            let once = reconcile(&base, &ours, &theirs);
            let again = reconcile(&base, &ours, &once.merged);
            prop_assert_eq!(elements(&again.merged), elements(&once.merged));
        }

        #[test]
        fn no_field_that_one_side_changed_is_lost(base in documents(), ours in documents(), theirs in documents()) {
            let result = reconcile(&base, &ours, &theirs);
            let (b, o, t, m) = (elements(&base), elements(&ours), elements(&theirs), elements(&result.merged));
            for key in b.keys().chain(o.keys()).chain(t.keys()) {
                let (was, our, their, got) = (b.get(key), o.get(key), t.get(key), m.get(key));
                if our == was { prop_assert_eq!(got, their); }
                else if their == was { prop_assert_eq!(got, our); }
                else if our != their && !SETS.contains(&key.as_str()) { prop_assert!(result.conflicts.contains(key)); }
                if SETS.contains(&key.as_str()) {
                    for added in our.and_then(Value::as_array).into_iter().flatten().filter(|i| !was.and_then(Value::as_array).is_some_and(|w| w.contains(i))) {
                        prop_assert!(got.and_then(Value::as_array).is_some_and(|g| g.contains(added)), "{} lost", key);
                    }
                }
            }
        }

        #[test]
        fn an_extension_that_stands_alone_is_never_doubled_and_never_lost(was in prop::option::of(0..3), our in prop::option::of(0..3), their in prop::option::of(0..3)) {
            let doc = |value: Option<i32>| {
                let mut doc = Document::new("Encounter", "e");
                value.iter().for_each(|v| { doc.set("extension", json!([{ "url": "x", "valueInteger": v }])); });
                doc
            };
            let result = reconcile(&doc(was), &doc(our), &doc(their));
            let got = result.merged.at("/extension/0/valueInteger").and_then(Value::as_i64).map(|v| v as i32);
            prop_assert!(result.merged.list("/extension").len() <= 1);
            if our == was { prop_assert_eq!(got, their); } else if their == was { prop_assert_eq!(got, our); }
            prop_assert_eq!(result.conflicts.is_empty(), our == was || their == was || our == their);
        }

        /// Extensions of any makers, some of which stand more than once: what one side left alone is the other's, whether this
        /// release knows it or not, and what both added is there.
        #[test]
        fn no_extension_that_one_side_brought_is_lost(base in extensions(), ours in extensions(), theirs in extensions()) {
            let result = reconcile(&base, &ours, &theirs);
            for url in URLS {
                let of = |doc: &Document| -> std::collections::BTreeSet<String> {
                    doc.list("/extension").iter().filter(|item| item["url"] == url).map(ToString::to_string).collect()
                };
                let (was, our, their, got) = (of(&base), of(&ours), of(&theirs), of(&result.merged));
                let conflict = result.conflicts.contains(&format!("extension({url})"));
                if our == was {
                    prop_assert_eq!(&got, &their);
                } else if their == was {
                    prop_assert_eq!(&got, &our);
                } else if !conflict {
                    prop_assert!(our.difference(&was).chain(their.difference(&was)).all(|added| got.contains(added)), "{}", url);
                } else {
                    prop_assert_eq!(&got, &their);
                }
            }
        }

        #[test]
        fn what_a_person_decides_for_is_there_and_nothing_else_of_theirs_is_lost(base in documents(), ours in documents(), theirs in documents()) {
            let (result, decided) = (reconcile(&base, &ours, &theirs), in_our_favour(&base, &ours, &theirs));
            for key in elements(&decided).keys().chain(elements(&result.merged).keys()) {
                let (merged, got, our) = (elements(&result.merged), elements(&decided), elements(&ours));
                prop_assert_eq!(got.get(key), if result.conflicts.contains(key) { our.get(key) } else { merged.get(key) });
            }
        }

        #[test]
        fn without_a_change_of_ours_theirs_stands(base in documents(), theirs in documents()) {
            prop_assert_eq!(reconcile(&base, &base, &theirs), Reconciled { merged: theirs, conflicts: vec![] });
        }
    }
}
