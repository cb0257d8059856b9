//! The small elements that every mapping uses: codings, references, extensions, and our own naming systems.
//!
//! Our extensions and codes carry a version in their URI (`…:1:…`): a later release that changes a meaning changes
//! the URI, and this one then keeps the document read-only (P30).

use serde_json::{Value, json};

use super::document::Document;
use super::reference::Reference;
use crate::base::Code;

/// The stem of all our naming systems and extensions.
pub const OURS: &str = "urn:anydoor:1:";

/// Our naming system or extension of this name.
pub fn ours(name: &str) -> String {
    format!("{OURS}{name}")
}

/// `{ "reference": "Type/id" }`.
pub fn reference(kind: &str, id: &str) -> Value {
    json!({ "reference": format!("{kind}/{id}") })
}

/// A decimal as FHIR servers keep it: a whole one without ".0", none with an exponent; nothing for what is no number.
pub fn decimal(value: f64) -> Value {
    serde_json::from_str::<serde_json::Number>(&value.to_string()).map_or(Value::Null, Value::Number)
}

/// A coding of ours.
pub fn coding(system: &str, code: &str) -> Value {
    json!({ "system": ours(system), "code": code })
}

/// A concept with one coding of ours.
pub fn concept(system: &str, code: &str) -> Value {
    json!({ "coding": [coding(system, code)] })
}

/// A concept with a coding of somebody else's.
pub fn foreign_concept(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": display }] })
}

/// The code in our system among a concept's codings.
pub fn code_in<'a>(concept: &'a Value, system: &str) -> Option<&'a str> {
    let wanted = ours(system);
    concept.get("coding")?.as_array()?.iter().find(|c| c.get("system").and_then(Value::as_str) == Some(&wanted))?.get("code")?.as_str()
}

/// The typed code in our system among several concepts; `None` for one that this release does not know.
pub fn known<C: Code>(concepts: &[Value], system: &str) -> Option<C> {
    concepts.iter().find_map(|concept| code_in(concept, system)).and_then(C::from_code)
}

/// An extension of ours: `name` and the `value[x]` element with its value.
pub fn extension(name: &str, element: &str, value: impl Into<Value>) -> Value {
    json!({ "url": ours(name), element: value.into() })
}

/// An extension of ours made of parts.
pub fn extension_of(name: &str, parts: Vec<Value>) -> Value {
    json!({ "url": ours(name), "extension": parts })
}

/// One part of an extension of ours.
pub fn part(name: &str, element: &str, value: impl Into<Value>) -> Value {
    json!({ "url": name, element: value.into() })
}

/// Our extensions of this name on an element.
pub fn extensions<'a>(element: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let wanted = ours(name);
    element
        .get("extension")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .filter(move |extension| extension.get("url").and_then(Value::as_str) == Some(&wanted))
}

/// The text value of our extension of this name.
pub fn extension_text<'a>(element: &'a Value, name: &str, value: &str) -> Option<&'a str> {
    extensions(element, name).find_map(|extension| extension.get(value)).and_then(Value::as_str)
}

/// The value of one part of an extension of ours.
pub fn part_value<'a>(extension: &'a Value, name: &str, value: &str) -> Option<&'a Value> {
    extension.get("extension")?.as_array()?.iter().find(|part| part.get("url").and_then(Value::as_str) == Some(name))?.get(value)
}

/// The text of one part of an extension of ours.
pub fn part_text(extension: &Value, name: &str, value: &str) -> Option<String> {
    part_value(extension, name, value).and_then(Value::as_str).map(str::to_owned)
}

/// Adds a narrative made of what is there anyway (HL7 asks for one; it says nothing new).
pub fn narrate(document: &mut Document, words: &str) {
    let safe = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    document.set("text", json!({ "status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{safe}</div>") }));
}

/// Who made this version of a document, and from which: it outlives servers that renumber or roll back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The writer: a phone or gateway.
    pub writer: String,
    /// The writer's own count, ever rising.
    pub counter: u64,
    /// The revision it was made from, as `writer#counter`.
    pub parent: Option<String>,
    /// The member who changed it, as a Practitioner's id.
    pub by: Option<String>,
}

impl Revision {
    /// `writer#counter`.
    pub fn name(&self) -> String {
        format!("{}#{}", self.writer, self.counter)
    }

    /// The revision of a document of ours.
    pub fn of(document: &Document) -> Option<Self> {
        let found = extensions(document.value(), "revision").next()?;
        Some(Self {
            writer: part_text(found, "writer", "valueString")?,
            counter: part_text(found, "counter", "valueString")?.parse().ok()?,
            parent: part_text(found, "parent", "valueString"),
            by: part_text(found, "by", "valueString"),
        })
    }

    /// The agency of the writer of a document of ours, as an Organization's id.
    pub fn agency_of(document: &Document) -> Option<&str> {
        let found = extensions(document.value(), "revision").next()?;
        Reference::of(part_value(found, "agency", "valueReference")?).here()?.strip_prefix("Organization/")
    }

    /// Writes it, and the agency, onto a document in place of an earlier one.
    pub fn write(&self, agency: &str, document: &mut Document) {
        let mut parts = vec![
            part("agency", "valueReference", reference("Organization", agency)),
            part("writer", "valueString", self.writer.as_str()),
            part("counter", "valueString", self.counter.to_string()),
        ];
        parts.extend(self.parent.as_deref().map(|parent| part("parent", "valueString", parent)));
        parts.extend(self.by.as_deref().map(|by| part("by", "valueString", by)));
        let url = ours("revision");
        let mut all: Vec<Value> =
            document.list("/extension").iter().filter(|e| e.get("url").and_then(Value::as_str) != Some(&url)).cloned().collect();
        all.push(extension_of("revision", parts));
        document.set("extension", Value::Array(all));
        document.make_legal();
    }
}
