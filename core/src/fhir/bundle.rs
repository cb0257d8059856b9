//! Bundles: built for sending, and read entry by entry, never as one value (a page may be large and hostile).

use std::cell::Cell;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Document;
use super::document::DocumentError;
use crate::base::json::{self, Limits};

/// The largest body that is read: 64 MB.
pub const MOST_BYTES: usize = 64 << 20;
/// The most entries in one bundle.
pub const MOST_ENTRIES: usize = 200_000;
/// The most JSON values in one bundle together: a number that takes two bytes there takes three hundred here.
pub const MOST_VALUES: usize = 500_000;

/// Why a bundle cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BundleError {
    /// Not a bundle, cut short, or not JSON.
    #[error("not a bundle: line {line}, column {column}")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Over a limit.
    #[error("bundle over the limit of {what}")]
    TooLarge {
        /// Which limit.
        what: &'static str,
    },
}

/// One entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// The resource, where there is one.
    pub resource: Option<Document>,
    /// `response.status` (`201 Created`), in answers and history.
    pub status: Option<String>,
    /// `response.etag`.
    pub etag: Option<String>,
    /// `response.location`.
    pub location: Option<String>,
    /// `response.lastModified`.
    pub last_modified: Option<String>,
    /// `response.outcome`.
    pub outcome: Option<Value>,
    /// `search.mode`.
    pub mode: Option<String>,
    /// `request.method`, in history.
    pub method: Option<String>,
    /// `request.url`, in history.
    pub url: Option<String>,
}

/// A bundle read: its entries and its next page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// `Bundle.type`.
    pub kind: String,
    /// Its entries.
    pub entries: Vec<Entry>,
    /// The opaque address of the next page.
    pub next: Option<String>,
    /// `total`, where the server counts.
    pub total: Option<u64>,
    /// Entries that are no resource that we keep: which, from 0, and why. They are not among `entries`.
    pub refused: Vec<(usize, DocumentError)>,
}

#[derive(Deserialize)]
struct RawEntry<'a> {
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    search: Option<&'a RawValue>,
    #[serde(borrow)]
    request: Option<&'a RawValue>,
}

struct Raw {
    page: Page,
    is_bundle: bool,
    seen: Vec<&'static str>,
    values_left: Cell<usize>,
    error: Option<BundleError>,
}

impl Raw {
    fn refuse<E: serde::de::Error>(&mut self, what: &'static str) -> E {
        self.error = Some(BundleError::TooLarge { what });
        E::custom("limit")
    }
    fn json(&self, raw: &RawValue) -> Result<Value, DocumentError> {
        Ok(json::read_sharing(raw.get().as_bytes(), Limits::RESOURCE, &self.values_left)?)
    }
}

struct Entries<'r>(&'r mut Raw);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of entries")
    }
    /// Some servers write `"entry": null` where there is none.
    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(raw) = seq.next_element::<RawEntry<'de>>()? {
            if index >= MOST_ENTRIES {
                return Err(self.0.refuse("200,000 entries"));
            }
            match read_entry(&raw, self.0) {
                Ok(entry) => self.0.page.entries.push(entry),
                Err(_) if self.0.values_left.get() == 0 => return Err(self.0.refuse("500,000 values")),
                Err(error) => self.0.page.refused.push((index, error)),
            }
            index += 1;
        }
        Ok(())
    }
}

fn read_entry(raw: &RawEntry<'_>, reading: &Raw) -> Result<Entry, DocumentError> {
    let read = |part: Option<&RawValue>| part.map(|json| reading.json(json)).transpose();
    let (response, search, request) = (read(raw.response)?, read(raw.search)?, read(raw.request)?);
    let text = |value: &Option<Value>, key: &str| value.as_ref().and_then(|v| v.get(key)?.as_str()).map(str::to_owned);
    Ok(Entry {
        resource: read(raw.resource)?.map(Document::from_value).transpose()?,
        status: text(&response, "status"),
        etag: text(&response, "etag"),
        location: text(&response, "location"),
        last_modified: text(&response, "lastModified"),
        outcome: response.as_ref().and_then(|r| r.get("outcome").cloned()),
        mode: text(&search, "mode"),
        method: text(&request, "method"),
        url: text(&request, "url"),
    })
}

struct TopLevel<'r>(&'r mut Raw);

impl<'de> Visitor<'de> for TopLevel<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a bundle")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let Some(known) = ["resourceType", "type", "total", "entry", "link"].into_iter().find(|known| *known == key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if self.0.seen.contains(&known) {
                return Err(serde::de::Error::custom("a key stands twice"));
            }
            self.0.seen.push(known);
            match known {
                "resourceType" => self.0.is_bundle = map.next_value::<String>()? == "Bundle",
                "type" => self.0.page.kind = map.next_value::<Option<String>>()?.unwrap_or_default(),
                "total" => self.0.page.total = map.next_value::<&RawValue>()?.get().parse().ok(),
                "entry" => map.next_value_seed(Entries(self.0))?,
                _ => self.0.page.next = next_link(&self.0.json(map.next_value()?).map_err(serde::de::Error::custom)?),
            }
        }
        Ok(())
    }
}

fn next_link(links: &Value) -> Option<String> {
    let next = links.as_array()?.iter().find(|link| link.get("relation").and_then(Value::as_str) == Some("next"))?;
    next.get("url")?.as_str().map(str::to_owned)
}

/// Reads a bundle entry by entry. One bad entry does not cost the others: it is told in [`Page::refused`].
///
/// # Errors
/// [`BundleError`] naming the place or the limit.
pub fn read(bytes: &[u8]) -> Result<Page, BundleError> {
    if bytes.len() > MOST_BYTES {
        return Err(BundleError::TooLarge { what: "64 MB" });
    }
    let values_left = Cell::new(MOST_VALUES);
    let mut raw = Raw { page: Page::default(), is_bundle: false, seen: Vec::new(), values_left, error: None };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let result = serde::Deserializer::deserialize_map(&mut reader, TopLevel(&mut raw)).and_then(|()| reader.end());
    if let Some(error) = raw.error {
        return Err(error);
    }
    match result {
        Ok(()) if raw.is_bundle => Ok(raw.page),
        Ok(()) => Err(BundleError::Malformed { line: 1, column: 1 }),
        Err(error) => Err(BundleError::Malformed { line: error.line(), column: error.column() }),
    }
}

/// A transaction of plain PUTs: creates with ids made here.
pub fn transaction(documents: &[Document]) -> Value {
    versioned_transaction(documents.iter().map(|document| (document, None)))
}

/// A transaction of PUTs, those with a version under If-Match: for a server that is known to honour it there.
pub fn versioned_transaction<'a>(documents: impl Iterator<Item = (&'a Document, Option<&'a str>)>) -> Value {
    let entry = |(document, version): (&Document, Option<&str>)| {
        let mut request = json!({ "method": "PUT", "url": document.reference() });
        if let (Some(version), Value::Object(map)) = (version, &mut request) {
            map.insert("ifMatch".into(), json!(format!("W/\"{version}\"")));
        }
        json!({ "resource": document.value(), "request": request })
    };
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": documents.map(entry).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_decimals_and_finds_its_next() {
        let text = r#"{"resourceType":"Bundle","type":"searchset","total":1,"link":[{"relation":"next","url":"http://x/n"}],
            "entry":[{"fullUrl":"x","resource":{"resourceType":"Observation","id":"a","valueQuantity":{"value":1.50}},"search":{"mode":"match"}}]}"#;
        let page = read(text.as_bytes()).unwrap();
        assert_eq!((page.next.as_deref(), page.total), (Some("http://x/n"), Some(1)));
        assert!(page.entries[0].resource.as_ref().unwrap().to_text().contains("1.50"));
    }

    #[test]
    fn a_page_cut_short_anywhere_is_refused_whole() {
        let text = r#"{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Basic","id":"a"}}]}"#;
        for cut in 0..text.len() {
            assert!(read(&text.as_bytes()[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn one_bad_record_does_not_cost_the_others() {
        let text = r#"{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Basic","id":"a"}},
            {"resource":{"resourceType":"Basic","id":"not a legal id"}},{"resource":{"resourceType":"Basic","id":"b"}}]}"#;
        let page = read(text.as_bytes()).unwrap();
        assert_eq!(page.entries.len(), 2);
        assert_eq!((page.refused.len(), page.refused[0].0), (1, 1));
    }

    #[test]
    fn a_page_of_html_is_no_bundle() {
        assert!(matches!(read(b"<html>please sign in</html>"), Err(BundleError::Malformed { .. })));
    }

    #[test]
    fn too_many_entries_are_refused_while_reading() {
        let many = format!(r#"{{"resourceType":"Bundle","entry":[{}{{}}]}}"#, "{},".repeat(MOST_ENTRIES));
        assert_eq!(read(many.as_bytes()), Err(BundleError::TooLarge { what: "200,000 entries" }));
    }

    #[test]
    fn too_many_values_in_all_are_refused_while_reading() {
        let entry = format!(r#"{{"resource":{{"resourceType":"Basic","id":"a","x":[{}0]}}}},"#, "0,".repeat(19_990));
        let many = format!(r#"{{"resourceType":"Bundle","entry":[{}{{}}]}}"#, entry.repeat(26));
        assert_eq!(read(many.as_bytes()), Err(BundleError::TooLarge { what: "500,000 values" }));
    }

    #[test]
    fn a_bundle_in_which_a_key_stands_twice_is_refused() {
        let twice = r#"{"resourceType":"Bundle","entry":[],"entry":[]}"#;
        assert!(matches!(read(twice.as_bytes()), Err(BundleError::Malformed { .. })));
    }
}
