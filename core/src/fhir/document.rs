//! One R4 resource, kept as the JSON that came: unknown elements, extensions and `1.50` survive.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::reference::Reference;
pub use super::reference::{id_of, literal};
use crate::base::clock::Instant;
use crate::base::text::legal;
use crate::{base::ids, base::json};

/// Why a text is not a resource that we keep.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON, too deep, too many values, or a key twice.
    #[error(transparent)]
    Json(#[from] json::JsonError),
    /// JSON, but not a resource.
    #[error("{path}: {what}")]
    Shape {
        /// Where.
        path: &'static str,
        /// What is wrong.
        what: &'static str,
    },
}

/// One resource. Always an object with a `resourceType`.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

impl Document {
    /// A resource of ours, with nothing but its kind and id.
    pub fn new(kind: &str, id: &str) -> Self {
        Self(json!({ "resourceType": kind, "id": id }))
    }

    /// Reads one resource.
    ///
    /// # Errors
    /// [`DocumentError`] naming the place where it is not a resource.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        Self::from_value(json::read(bytes, json::Limits::RESOURCE)?)
    }

    /// Takes a JSON value that already passed the limits.
    ///
    /// # Errors
    /// [`DocumentError::Shape`] where it has no type, or an id or a version that is none.
    pub fn from_value(value: Value) -> Result<Self, DocumentError> {
        let kind = value.get("resourceType").and_then(Value::as_str);
        if !kind.is_some_and(|kind| !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric())) {
            return Err(DocumentError::Shape { path: "resourceType", what: "missing or not a name" });
        }
        if value.get("id").is_some_and(|id| !id.as_str().is_some_and(ids::is_legal)) {
            return Err(DocumentError::Shape { path: "id", what: "not a legal id" });
        }
        let version = value.pointer("/meta/versionId").and_then(Value::as_str);
        if version.is_some_and(|version| !version.bytes().all(|b| b.is_ascii_graphic() && b != b'"')) {
            return Err(DocumentError::Shape { path: "meta.versionId", what: "a version that If-Match cannot carry" });
        }
        Ok(Self(value))
    }

    /// The resource type.
    pub fn kind(&self) -> &str {
        self.0.get("resourceType").and_then(Value::as_str).unwrap_or_default()
    }
    /// The id; empty where it has none.
    pub fn id(&self) -> &str {
        self.0.get("id").and_then(Value::as_str).unwrap_or_default()
    }
    /// `Type/id`.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.kind(), self.id())
    }
    /// The server's version id.
    pub fn version(&self) -> Option<&str> {
        self.text("/meta/versionId")
    }
    /// The server's time of the last change.
    pub fn last_updated(&self) -> Option<Instant> {
        self.instant("/meta/lastUpdated")
    }
    /// The whole JSON.
    pub fn value(&self) -> &Value {
        &self.0
    }
    /// The whole JSON, for what changes its spelling and not what it says.
    pub(super) fn value_mut(&mut self) -> &mut Value {
        &mut self.0
    }
    /// The whole JSON, taken out.
    pub fn into_value(self) -> Value {
        self.0
    }

    /// The value at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        if pointer.contains('~') {
            return self.0.pointer(pointer);
        }
        // Without escapes each step is a key or a number as it stands: no copy is made of it, unlike in `Value::pointer`.
        let mut steps = pointer.split('/');
        steps.next().filter(|before| before.is_empty())?;
        steps.try_fold(&self.0, |value, step| match value {
            Value::Object(map) => map.get(step),
            Value::Array(items) => items.get(index(step)?),
            _ => None,
        })
    }
    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.at(pointer).and_then(Value::as_str)
    }
    /// The document here that the Reference at a JSON pointer names, as `Type/id`; `None` where it names none here.
    pub fn target(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer).and_then(|element| Reference::of(element).here())
    }
    /// The instant at a JSON pointer.
    pub fn instant(&self, pointer: &str) -> Option<Instant> {
        self.text(pointer).and_then(|text| text.parse().ok())
    }
    /// The items of the list at a JSON pointer; empty where there is none.
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// Sets a top-level element. `Null` removes it, and so does a value that says nothing: R4 has no empty strings,
    /// lists or objects (JSON format, "no empty arrays or objects"; string: at least one character).
    pub fn set(&mut self, element: &str, mut value: Value) -> &mut Self {
        let says = keep_what_says(&mut value, EXTENSIONS.contains(&element));
        if let Value::Object(map) = &mut self.0 {
            if says {
                map.insert(element.to_owned(), value);
            } else {
                map.shift_remove(element);
            }
        }
        self
    }
    /// Sets a top-level element where there is a value.
    pub fn set_some<T: Into<Value>>(&mut self, element: &str, value: Option<T>) -> &mut Self {
        if let Some(value) = value {
            self.set(element, value.into());
        }
        self
    }
    /// Appends to a top-level list, made where missing; an item that says nothing is left out.
    pub fn push(&mut self, element: &str, mut value: Value) -> &mut Self {
        let says = keep_what_says(&mut value, EXTENSIONS.contains(&element));
        if says
            && let Value::Object(map) = &mut self.0
            && let Value::Array(list) = map.entry(element).or_insert_with(|| json!([]))
        {
            list.push(value);
        }
        self
    }

    /// Puts a mark where a character stands that no FHIR string may hold: a server would refuse the whole document for it.
    pub fn make_legal(&mut self) -> &mut Self {
        replace_illegal_in(&mut self.0);
        self
    }

    /// The JSON as text.
    pub fn to_text(&self) -> String {
        self.0.to_string()
    }

    /// Every reference `Type/id` in it, literal or by our own identifier, with the top-level element it stands under.
    pub fn references(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        if let Value::Object(map) = &self.0 {
            for (element, value) in map {
                collect_references(element, value, &mut found);
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// Whether both say the same as FHIR: decimals by text; key order, `meta` and narrative aside.
    pub fn same_meaning(&self, other: &Self) -> bool {
        self.first_difference(other).is_none()
    }

    /// Whether both say the same, extensions aside: our revision is one, and changes with every version.
    pub fn same_besides_extensions(&self, other: &Self) -> bool {
        let skip = |key: &str| matches!(key, "meta" | "text" | "extension");
        let (Value::Object(a), Value::Object(b)) = (&self.0, &other.0) else { return false };
        differing_keys(a, b, &skip, "").is_none()
    }

    /// The path of the first difference in meaning.
    pub fn first_difference(&self, other: &Self) -> Option<String> {
        let skip = |key: &str| key == "meta" || key == "text";
        let (Value::Object(a), Value::Object(b)) = (&self.0, &other.0) else { return Some(String::new()) };
        differing_keys(a, b, &skip, "")
    }
}

/// A step of a JSON pointer as the number of an item (RFC 6901 §4: no sign, no leading zero).
fn index(step: &str) -> Option<usize> {
    let plain = step.bytes().all(|b| b.is_ascii_digit()) && (step == "0" || !step.starts_with('0'));
    if plain { step.parse().ok() } else { None }
}

const EXTENSIONS: [&str; 2] = ["extension", "modifierExtension"];

/// Takes out what says nothing (nulls, blank strings, empty lists and objects, extensions with neither value nor parts), and puts a
/// mark for each character that no document can hold ([`legal`]). Whether anything is left.
fn keep_what_says(value: &mut Value, in_extensions: bool) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => {
            replace_illegal(text);
            !text.trim().is_empty()
        }
        Value::Array(items) => {
            items.retain_mut(|item| keep_what_says(item, in_extensions));
            !items.is_empty()
        }
        Value::Object(map) => {
            map.retain(|key, part| keep_what_says(part, EXTENSIONS.contains(&key.as_str())));
            map.keys().any(|key| !in_extensions || (key != "url" && key != "id"))
        }
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn replace_illegal(text: &mut String) {
    if let Cow::Owned(marked) = legal(text) {
        *text = marked;
    }
}

fn replace_illegal_in(value: &mut Value) {
    match value {
        Value::String(text) => replace_illegal(text),
        Value::Array(items) => items.iter_mut().for_each(replace_illegal_in),
        Value::Object(map) => map.values_mut().for_each(replace_illegal_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn differing_keys(a: &Map<String, Value>, b: &Map<String, Value>, skip: &dyn Fn(&str) -> bool, path: &str) -> Option<String> {
    let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
    for key in keys.filter(|key| !skip(key)) {
        let here = format!("{path}/{key}");
        match (a.get(key), b.get(key)) {
            (Some(x), Some(y)) => {
                if let Some(found) = difference(x, y, &here) {
                    return Some(found);
                }
            }
            _ => return Some(here),
        }
    }
    None
}

fn difference(a: &Value, b: &Value, path: &str) -> Option<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => differing_keys(a, b, &|_| false, path),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(index, (x, y))| difference(x, y, &format!("{path}/{index}")))
        }
        (Value::Number(a), Value::Number(b)) => (a.to_string() != b.to_string()).then(|| path.to_owned()),
        _ => (a != b).then(|| path.to_owned()),
    }
}

fn collect_references(element: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            if let Some(target) = super::reference::named(map) {
                found.push((element.to_owned(), target));
            }
            for (key, inner) in map {
                match inner {
                    Value::String(text) if key == "reference" => {
                        if let Some(target) = literal(text) {
                            found.push((element.to_owned(), target.to_owned()));
                        }
                    }
                    _ => collect_references(element, inner, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| collect_references(element, inner, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fhir_cannot_hold_is_never_written() {
        let mut doc = Document::new("Basic", "a");
        doc.set("code", json!({ "text": "a\u{0}b" })).push("note", json!({ "text": "\u{1b}[0m" })).set("x", json!("\u{7}"));
        assert!(doc.to_text().chars().all(crate::base::text::is_legal) && !doc.to_text().contains("\\u00"), "{}", doc.to_text());
    }

    #[test]
    fn what_says_nothing_is_not_written() {
        let mut doc = Document::new("Basic", "a");
        doc.set("code", json!({ "text": "" })).set("note", json!([{ "text": " " }, { "text": "yes" }]));
        doc.set("extension", json!([{ "url": "u", "valueString": "" }, { "url": "v", "valueBoolean": false }]));
        doc.push("extension", json!({ "url": "w", "extension": [{ "url": "x" }] }));
        let expected =
            Document::parse(br#"{"resourceType":"Basic","id":"a","note":[{"text":"yes"}],"extension":[{"url":"v","valueBoolean":false}]}"#)
                .unwrap();
        assert_eq!(doc, expected);
    }

    #[test]
    fn no_character_that_fhir_forbids_is_ever_written() {
        let mut doc = Document::new("Basic", "a");
        doc.set("code", json!({ "text": "a\u{0}b\u{7}c\u{1b}d\u{85}e\tf\ng" })).push("note", json!({ "text": "\u{1}" }));
        assert_eq!(doc.text("/code/text"), Some("a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e\tf\ng"));
        // What a person typed as a whole document comes by another way.
        let mut typed = Document::parse(br#"{"resourceType":"Basic","id":"a","text":{"div":"x\u0000y"}}"#).unwrap();
        crate::fhir::Revision { writer: "w".into(), counter: 1, parent: None, by: None }.write("agency", &mut typed);
        assert_eq!(typed.text("/text/div"), Some("x\u{FFFD}y"));
        assert!(!doc.to_text().contains("\\u00") && !typed.to_text().contains("\\u00"));
    }

    #[test]
    fn decimals_of_ours_have_no_zero_behind_a_point_and_no_exponent() {
        let written: Vec<String> =
            [18.0, -75.0, 0.1, 40.123_456_7, 1e-7, 1e21].map(|value| crate::fhir::element::decimal(value).to_string()).into();
        assert_eq!(written, ["18", "-75", "0.1", "40.1234567", "0.0000001", "1000000000000000000000"]);
        assert!(crate::fhir::element::decimal(f64::NAN).is_null());
    }

    #[test]
    fn decimals_and_unknown_elements_survive() {
        let text = r#"{"resourceType":"Observation","id":"a","valueQuantity":{"value":1.50},"later":{"x":[1]}}"#;
        assert_eq!(Document::parse(text.as_bytes()).unwrap().to_text(), text);
    }

    #[test]
    fn meaning_leaves_order_meta_and_narrative_aside_but_not_decimals() {
        let parse = |text: &str| Document::parse(text.as_bytes()).unwrap();
        let a = parse(r#"{"resourceType":"Basic","id":"a","meta":{"versionId":"1"},"x":{"b":1,"c":2.0}}"#);
        let b = parse(r#"{"id":"a","resourceType":"Basic","text":{"status":"empty"},"x":{"c":2.0,"b":1}}"#);
        let c = parse(r#"{"id":"a","resourceType":"Basic","x":{"c":2,"b":1}}"#);
        assert!(a.same_meaning(&b));
        assert_eq!(b.first_difference(&c), Some("/x/c".to_owned()));
    }

    #[test]
    fn a_pointer_finds_what_rfc_6901_finds() {
        let doc = Document::parse(br#"{"resourceType":"Basic","id":"a","a":[{"b/c":1,"m~n":2},[3]],"":{"":4}}"#).unwrap();
        for pointer in [
            "",
            "/",
            "//",
            "/a",
            "/a/0",
            "/a/00",
            "/a/+0",
            "/a/-",
            "/a/",
            "/a/0/b~1c",
            "/a/0/m~0n",
            "/a/1/0",
            "/a/2",
            "/id/0",
            "a",
            "/a/1/0/x",
        ] {
            assert_eq!(doc.at(pointer), doc.value().pointer(pointer), "{pointer}");
        }
    }

    #[test]
    fn references_are_found_at_any_depth_under_their_element() {
        let doc = Document::from_value(json!({"resourceType": "Task", "id": "t", "focus": {"reference": "ServiceRequest/s"},
            "input": [{"valueReference": {"reference": "Patient/p/_history/3"}}], "for": {"reference": "urn:uuid:x"}}))
        .unwrap();
        assert_eq!(doc.references(), vec![("focus".into(), "ServiceRequest/s".into()), ("input".into(), "Patient/p".into())]);
    }
}
