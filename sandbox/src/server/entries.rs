//! Reads a bundle entry by entry: the list is walked once, each entry is kept as a slice of the text, and only one is
//! ever held as a value. So a bundle of the greatest size costs little more memory than its bytes.

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use anydoor_core::base::json::{self, Limits};

use super::outcome::Refusal;
use super::query;

/// At most this many entries are read.
pub(super) const MOST_ENTRIES: usize = 200_000;
/// A resource, and what stands around it in its entry.
const ONE_ENTRY: Limits = Limits { bytes: 64 << 20, depth: 128, values: 20_100 };

/// A bundle: its type and its entries, unread.
pub(super) struct Bundle<'a> {
    pub kind: String,
    pub entries: Vec<&'a RawValue>,
}

/// What an entry asks for. Its resource is read again when it is its turn.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub index: usize,
    pub method: String,
    pub full_url: Option<String>,
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    pub if_none_exist: Option<String>,
}

impl Request {
    /// The type that it asks for.
    pub(super) fn kind(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    /// The id that it names.
    pub(super) fn id(&self) -> Option<&str> {
        self.path.get(1).map(String::as_str)
    }
}

/// Reads the outside of a bundle.
pub(super) fn read(bytes: &[u8]) -> Result<Bundle<'_>, Refusal> {
    let mut too_many = false;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let bundle = reader.deserialize_map(Outside { too_many: &mut too_many }).and_then(|bundle| reader.end().map(|()| bundle));
    match bundle {
        Ok(bundle) => Ok(bundle),
        Err(_) if too_many => Err(Refusal::at(400, "too-long", format!("more than {MOST_ENTRIES} entries"), "Bundle.entry")),
        Err(error) => {
            let text = format!("the bundle cannot be read: line {}, column {}", error.line(), error.column());
            Err(Refusal::new(400, "structure", text))
        }
    }
}

/// Reads one entry whole.
fn value(raw: &RawValue) -> Result<Value, Refusal> {
    json::read(raw.get().as_bytes(), ONE_ENTRY).map_err(|error| Refusal::new(400, "structure", error.to_string()))
}

/// The resource of an entry.
pub(super) fn resource(raw: &RawValue) -> Result<Value, Refusal> {
    let mut entry = value(raw)?;
    match entry.get_mut("resource").map(Value::take) {
        Some(resource @ Value::Object(_)) => Ok(resource),
        _ => Err(Refusal::new(400, "required", "the entry has no resource")),
    }
}

/// What an entry asks for.
pub(super) fn request(index: usize, raw: &RawValue, base: &str) -> Result<Request, Refusal> {
    let entry = value(raw)?;
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let required = |name: &str| {
        text(&format!("/request/{name}"))
            .ok_or_else(|| Refusal::at(400, "required", format!("request.{name} is missing"), format!("request.{name}")))
    };
    let (method, url) = (required("method")?, required("url")?);
    let url = url.strip_prefix(base).unwrap_or(&url).trim_start_matches('/');
    let (path, asked) = url.split_once('?').unwrap_or((url, ""));
    Ok(Request {
        index,
        method,
        full_url: text("/fullUrl"),
        path: path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        query: query::decode(asked),
        if_match: text("/request/ifMatch"),
        if_none_match: text("/request/ifNoneMatch"),
        if_none_exist: text("/request/ifNoneExist"),
    })
}

struct Outside<'t> {
    too_many: &'t mut bool,
}

impl<'de> Visitor<'de> for Outside<'_> {
    type Value = Bundle<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a Bundle")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bundle<'de>, A::Error> {
        let custom = <A::Error as serde::de::Error>::custom;
        let (mut kind, mut entries, mut resource_type) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            let twice = match key.as_str() {
                "type" => kind.replace(map.next_value::<String>()?).is_some(),
                "resourceType" => resource_type.replace(map.next_value::<String>()?).is_some(),
                "entry" => entries.replace(map.next_value_seed(List { too_many: self.too_many })?).is_some(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    false
                }
            };
            if twice {
                return Err(custom("a key stands twice"));
            }
        }
        match resource_type.as_deref() {
            Some("Bundle") => Ok(Bundle { kind: kind.unwrap_or_default(), entries: entries.unwrap_or_default() }),
            _ => Err(custom("no Bundle")),
        }
    }
}

struct List<'t> {
    too_many: &'t mut bool,
}

impl<'de> serde::de::DeserializeSeed<'de> for List<'_> {
    type Value = Vec<&'de RawValue>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element::<&RawValue>()? {
            if entries.len() == MOST_ENTRIES {
                *self.too_many = true;
                return Err(serde::de::Error::custom("too many entries"));
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn more_entries_than_are_read_are_refused_while_reading() {
        let bundle = |count: usize| format!(r#"{{"resourceType":"Bundle","type":"batch","entry":[{}{{}}]}}"#, "{},".repeat(count - 1));
        assert_eq!(read(bundle(MOST_ENTRIES).as_bytes()).map(|b| b.entries.len()).map_err(|r| r.status), Ok(MOST_ENTRIES));
        let refusal = read(bundle(MOST_ENTRIES + 1).as_bytes()).err().unwrap();
        assert_eq!((refusal.status, refusal.issues[0].code), (400, "too-long"));
    }

    #[test]
    fn a_list_of_entries_that_stands_twice_is_refused() {
        assert!(read(br#"{"resourceType":"Bundle","type":"batch","entry":[],"entry":[]}"#).is_err());
        assert!(read(br#"{"resourceType":"Bundle","type":"batch","entry":[]}"#).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_an_answer_and_never_a_panic(text in ".{0,80}", cut in 0_usize..90) {
            let whole = format!(r#"{{"resourceType":"Bundle","type":"batch","entry":[{text}]}}"#);
            let _ = read(whole.as_bytes().get(..cut).unwrap_or(whole.as_bytes()));
            let _ = read(text.as_bytes());
        }
    }
}
