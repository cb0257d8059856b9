//! What a reference names: one type for every form that FHIR R4 has, parsed and never compared as text.
//!
//! Rule: only [`Reference::Here`] leads to a document that can be read here. An absolute reference of this very server is
//! made relative when its document is taken in ([`localise`]); one of another server stays, and leads nowhere: its id may be
//! somebody else's here (P14). Neighbours: `document` finds references, `http` localises what an answer brings.

use serde_json::{Value, json};
use url::{Origin, Url};

use super::Document;
use crate::base::ids;

/// A reference, by what it names (FHIR R4, References; RFC 3986 for the absolute ones).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// A resource of this server: `Type/id`, or `Type/id/_history/version`.
    Here {
        /// The resource type.
        kind: &'a str,
        /// The id.
        id: &'a str,
        /// The version, where one is named; what is read is always the newest.
        version: Option<&'a str>,
        /// `Type/id`.
        plain: &'a str,
    },
    /// An absolute address.
    Elsewhere(&'a str),
    /// A `urn:uuid` or `urn:oid` of the bundle it came in.
    Urn(&'a str),
    /// A resource inside the same document: `#id`.
    Contained(&'a str),
    /// By an identifier alone (see [`named`] for ours), or by nothing that leads to a resource.
    Logical,
}

impl<'a> Reference<'a> {
    /// Parses the text of `Reference.reference`.
    pub fn parse(text: &'a str) -> Self {
        if let Some(id) = text.strip_prefix('#') {
            return Self::Contained(id);
        }
        if text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:")) {
            return Self::Urn(text);
        }
        if text.contains("://") {
            return Self::Elsewhere(text);
        }
        let (plain, version) = text.split_once("/_history/").map_or((text, None), |(plain, version)| (plain, Some(version)));
        match plain.split_once('/') {
            Some((kind, id)) if is_type(kind) && ids::is_legal(id) => Self::Here { kind, id, version, plain },
            _ => Self::Logical,
        }
    }

    /// Reads a Reference element.
    pub fn of(element: &'a Value) -> Self {
        element.get("reference").and_then(Value::as_str).map_or(Self::Logical, Self::parse)
    }

    /// `Type/id` where it leads to a document here.
    pub fn here(self) -> Option<&'a str> {
        match self {
            Self::Here { plain, .. } => Some(plain),
            _ => None,
        }
    }
}

fn is_type(kind: &str) -> bool {
    kind.starts_with(|c: char| c.is_ascii_uppercase()) && kind.bytes().all(|b| b.is_ascii_alphabetic())
}

/// `Type/id` where `text` is such a reference (a version suffix is dropped), else `None`.
pub fn literal(text: &str) -> Option<&str> {
    Reference::parse(text).here()
}

/// The id in a `Type/id` reference to this kind.
pub fn id_of<'a>(reference: &'a str, kind: &str) -> Option<&'a str> {
    match Reference::parse(reference) {
        Reference::Here { kind: there, id, .. } if there == kind => Some(id),
        _ => None,
    }
}

/// The system of the identifier that names a document of ours by its own id.
const OWN_ID: &str = "id";

/// A reference that names a document by its id and asks nothing of a server: one that checks references would refuse a literal one
/// until the document is there.
pub fn logical(kind: &str, id: &str) -> Value {
    json!({ "type": kind, "identifier": { "system": super::element::ours(OWN_ID), "value": id } })
}

/// `Type/id` where a Reference element names a document of ours by [`logical`], else `None`.
pub fn named(element: &serde_json::Map<String, Value>) -> Option<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let identifier = element.get("identifier").filter(|_| !element.contains_key("reference"))?;
    let ours = identifier.get("system").and_then(Value::as_str)? == super::element::ours(OWN_ID);
    let plain = format!("{}/{}", text(element.get("type"))?, text(identifier.get("value"))?);
    literal(&plain).filter(|_| ours).map(str::to_owned)
}

/// The base address of a FHIR server, by which its absolute references are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerBase {
    origin: Origin,
    path: String,
}

impl ServerBase {
    /// The base at this address; `None` where it is none.
    pub fn new(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        Some(Self { origin: url.origin(), path: format!("{}/", url.path().trim_end_matches('/')) })
    }

    /// An absolute reference of this server as a relative one, its version kept; `None` for any other.
    pub fn relative(&self, absolute: &str) -> Option<String> {
        let url = Url::parse(absolute).ok()?;
        let rest = url.path().strip_prefix(&self.path)?;
        let of_a_resource = url.origin() == self.origin && url.query().is_none() && url.fragment().is_none();
        literal(rest).filter(|_| of_a_resource).map(|_| rest.to_owned())
    }
}

/// Makes the absolute references of this server in a document relative, and the addresses of attachments that it holds. Whether
/// there were any.
pub fn localise(document: &mut Document, base: &ServerBase) -> bool {
    let mut changed = false;
    rewrite(document.value_mut(), false, base, &mut changed);
    changed
}

fn rewrite(value: &mut Value, in_attachment: bool, base: &ServerBase, changed: &mut bool) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let names = key == "reference" || in_attachment && key == "url";
                match inner {
                    Value::String(text) if names && text.contains("://") => {
                        if let Some(relative) = base.relative(text) {
                            *text = relative;
                            *changed = true;
                        }
                    }
                    Value::Object(_) | Value::Array(_) => rewrite(inner, key == "attachment", base, changed),
                    _ => {}
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| rewrite(inner, in_attachment, base, changed)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_form_is_what_it_names_and_only_a_relative_one_leads_here() {
        let here = |version| Reference::Here { kind: "Task", id: "a", version, plain: "Task/a" };
        for (text, expected) in [
            ("Task/a", here(None)),
            ("Task/a/_history/1", here(Some("1"))),
            ("http://x/fhir/Task/a", Reference::Elsewhere("http://x/fhir/Task/a")),
            ("HTTPS://x/Task/a", Reference::Elsewhere("HTTPS://x/Task/a")),
            ("urn:uuid:7e2a94fc-5119-5257-93bd-346c8c85221f", Reference::Urn("urn:uuid:7e2a94fc-5119-5257-93bd-346c8c85221f")),
            ("#p", Reference::Contained("p")),
            ("#", Reference::Contained("")),
            ("", Reference::Logical),
            ("Task", Reference::Logical),
            ("Task/a b", Reference::Logical),
            ("/Task/a", Reference::Logical),
            ("x/Task/a", Reference::Logical),
        ] {
            assert_eq!(Reference::parse(text), expected, "{text}");
        }
        assert_eq!(Reference::of(&json!({ "identifier": { "system": "s", "value": "v" } })), Reference::Logical);
        assert_eq!((id_of("Task/a/_history/1", "Task"), id_of("Task/a", "Flag"), id_of("#a", "Task")), (Some("a"), None, None));
    }

    #[test]
    fn an_absolute_reference_of_this_server_is_relative_and_one_of_another_stays() {
        for base in ["https://fhir.agency.example/r4", "https://FHIR.agency.example:443/r4/"] {
            let base = ServerBase::new(base).unwrap();
            for (absolute, relative) in [
                ("https://fhir.agency.example/r4/Task/a", Some("Task/a")),
                ("HTTPS://fhir.Agency.example:443/r4/Task/a/_history/2", Some("Task/a/_history/2")),
                ("http://fhir.agency.example/r4/Task/a", None),
                ("https://fhir.agency.example:8443/r4/Task/a", None),
                ("https://fhir.agency.example/r4b/Task/a", None),
                ("https://fhir.agency.example/r4/../other/Task/a", None),
                ("https://fhir.agency.example/r4/Task?_id=a", None),
                ("https://elsewhere.example/r4/Task/a", None),
                ("https://fhir.agency.example/r4/", None),
            ] {
                assert_eq!(base.relative(absolute).as_deref(), relative, "{absolute}");
            }
        }
    }

    #[test]
    fn a_document_keeps_all_but_the_spelling_of_its_own_servers_references() {
        let base = ServerBase::new("http://h/fhir").unwrap();
        let text = r##"{"resourceType":"DocumentReference","id":"a","x":1.50,"subject":{"reference":"http://h/fhir/Patient/p","display":"P"},
            "context":{"related":[{"reference":"http://other/fhir/ServiceRequest/s"},{"reference":"#c"}]},
            "content":[{"attachment":{"url":"http://h/fhir/Binary/b"}}],"extension":[{"url":"http://h/fhir/Basic/x","valueReference":{"reference":"http://h/fhir/Task/t/_history/3"}}]}"##;
        let mut document = Document::parse(text.as_bytes()).unwrap();
        assert!(localise(&mut document, &base));
        let expected = text
            .replace("http://h/fhir/Patient", "Patient")
            .replace("http://h/fhir/Binary", "Binary")
            .replace("http://h/fhir/Task", "Task");
        assert_eq!(document, Document::parse(expected.as_bytes()).unwrap());
        assert!(!localise(&mut document, &base));
    }
}
