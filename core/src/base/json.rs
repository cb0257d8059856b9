//! JSON from outside, read within limits: depth, number of values, no key twice. Numbers are kept as written.
//!
//! serde_json merges duplicate keys silently and, with `arbitrary_precision`, passes numbers through a private key;
//! both would change what was said, so both are refused with their place.

use std::cell::{Cell, RefCell};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How much is read before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Nested lists and objects.
    pub depth: usize,
    /// Values of any kind.
    pub values: usize,
}

impl Limits {
    /// One FHIR resource. Larger ones a phone would hold several times over while it stores them.
    pub const RESOURCE: Self = Self { bytes: 16 << 20, depth: 128, values: 20_000 };
    /// One call: an EIDO (NENA's conveyance carries 65,536 bytes, NENA-STA-024; more comes by reference), an order. As
    /// received, in base64, it still fits into a resource.
    pub const MESSAGE: Self = Self { bytes: (12 << 20) - 8192, depth: 128, values: 1_000_000 };
    /// One file of a directory.
    pub const DIRECTORY: Self = Self { bytes: 64 << 20, depth: 128, values: 1_000_000 };
}

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}, at {}: {what}", shown(path))]
pub struct JsonError {
    /// The value it stands in, as a JSON Pointer (RFC 6901); empty for the whole text.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: Refusal,
}

/// What is wrong with a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No JSON, or cut short.
    #[error("not JSON, or cut short")]
    Malformed,
    /// More bytes than are read.
    #[error("too large")]
    TooLarge,
    /// Nested deeper than is read.
    #[error("nested too deep")]
    TooDeep,
    /// More values than are read.
    #[error("too many values")]
    TooMany,
    /// The same key twice in one object: which one counts is anybody's guess.
    #[error("a key stands twice in one object")]
    DuplicateKey,
    /// A key that would be taken for a number.
    #[error("a key that no sender may use")]
    PrivateKey,
}

struct Reader<'s> {
    state: &'s State,
    depth: usize,
}

struct State {
    values_left: Cell<usize>,
    refusal: Cell<Option<Refusal>>,
    /// The way to what was refused, innermost first: written only while an error travels outwards.
    way: RefCell<Vec<String>>,
}

impl State {
    fn path(&self) -> String {
        self.way.borrow().iter().rev().fold(String::new(), |path, step| child(&path, step))
    }
}

/// The JSON Pointer of a member of the value at `path`.
pub fn child(path: &str, key: &str) -> String {
    format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A pointer as it may stand in a message: a step that is no plain name could hold anything, so it is not repeated.
pub fn shown(path: &str) -> String {
    let digits = |step: &str| step.bytes().filter(u8::is_ascii_digit).count();
    let plain =
        |step: &str| step.len() <= 48 && digits(step) < 7 && step.bytes().all(|b| b.is_ascii_alphanumeric() || b"$@_-.:~".contains(&b));
    let steps: Vec<&str> = path.split('/').map(|step| if plain(step) { step } else { "…" }).collect();
    if path.is_empty() { "/".to_owned() } else { steps.join("/") }
}

impl Reader<'_> {
    fn refuse<E: serde::de::Error>(&self, refusal: Refusal) -> E {
        self.state.refusal.set(Some(refusal));
        E::custom("refused")
    }
    fn inner<E: serde::de::Error>(&self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { state: self.state, depth }),
            None => Err(self.refuse(Refusal::TooDeep)),
        }
    }
}

/// A key, and whether it stands in the text without escapes.
struct Key {
    text: String,
    plain: bool,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsKey;
        impl<'de> Visitor<'de> for AsKey {
            type Value = Key;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key, E> {
                Ok(Key { text: text.to_owned(), plain: true })
            }
            fn visit_str<E>(self, text: &str) -> Result<Key, E> {
                Ok(Key { text: text.to_owned(), plain: false })
            }
        }
        deserializer.deserialize_str(AsKey)
    }
}

/// serde_json's private key for a number kept as text.
const NUMBER_KEY: &str = "$serde_json::private::Number";

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.state.values_left.get().checked_sub(1) {
            Some(left) => self.state.values_left.set(left),
            None => return Err(self.refuse(Refusal::TooMany)),
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let step = |error| {
                self.state.way.borrow_mut().push(list.len().to_string());
                error
            };
            match self.inner().and_then(|inner| seq.next_element_seed(inner)).map_err(step)? {
                Some(value) => list.push(value),
                None => return Ok(Value::Array(list)),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<Key>()? {
            if key.text == NUMBER_KEY {
                // serde_json hands numbers over like this. A sender's own such key was found in the bytes, unless it
                // is written with escapes, and then it does not come borrowed.
                let text: String = entries.next_value()?;
                let number: Option<Number> = (map.is_empty() && key.plain).then(|| text.parse().ok()).flatten();
                return number.map(Value::Number).ok_or_else(|| self.refuse(Refusal::PrivateKey));
            }
            if map.contains_key(&key.text) {
                self.state.way.borrow_mut().push(key.text);
                return Err(self.refuse(Refusal::DuplicateKey));
            }
            match self.inner().and_then(|inner| entries.next_value_seed(inner)) {
                Ok(value) => drop(map.insert(key.text, value)),
                Err(error) => {
                    self.state.way.borrow_mut().push(key.text);
                    return Err(error);
                }
            }
        }
        Ok(Value::Object(map))
    }
}

/// Reads one JSON text within `limits`.
///
/// # Errors
/// [`JsonError`] naming path, line, column and what is wrong.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Value, JsonError> {
    read_sharing(bytes, limits, &Cell::new(usize::MAX))
}

/// The bytes without the byte order mark before them, which says nothing and which a reader may ignore (RFC 8259, section 8.1).
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Reads one of several JSON texts that together may hold as many values as are `left`.
///
/// # Errors
/// As [`read`].
pub fn read_sharing(bytes: &[u8], limits: Limits, left: &Cell<usize>) -> Result<Value, JsonError> {
    let most = limits.values.min(left.get());
    let bytes = without_mark(bytes);
    if bytes.len() > limits.bytes {
        return Err(JsonError { path: String::new(), line: 1, column: 1, what: Refusal::TooLarge });
    }
    if let Some(at) = find(bytes, NUMBER_KEY.as_bytes()) {
        let before = bytes.get(..at).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        return Err(JsonError { path: String::new(), line, column, what: Refusal::PrivateKey });
    }
    let state = State { values_left: Cell::new(most), refusal: Cell::new(None), way: RefCell::default() };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let seed = Reader { state: &state, depth: limits.depth };
    let result = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    left.set(left.get() - (most - state.values_left.get()));
    result.map_err(|error| {
        let too_deep = error.to_string().starts_with("recursion limit");
        let what = state.refusal.get().unwrap_or(if too_deep { Refusal::TooDeep } else { Refusal::Malformed });
        JsonError { path: state.path(), line: error.line(), column: error.column(), what }
    })
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> Refusal {
        read(text.as_bytes(), Limits::RESOURCE).unwrap_err().what
    }

    #[test]
    fn numbers_are_kept_as_written() {
        let text = r#"{"a":1.50,"b":-0.0,"c":123456789012345678901234567890,"d":[1e+2]}"#;
        assert_eq!(read(text.as_bytes(), Limits::RESOURCE).unwrap().to_string(), text);
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_with_its_place() {
        let error = read(b"{\"b\":[0,{\"a\":1,\n\"a\":2}]}", Limits::RESOURCE).unwrap_err();
        assert_eq!((error.what, error.line, error.path.as_str()), (Refusal::DuplicateKey, 2, "/b/1/a"));
    }

    #[test]
    fn a_refusal_names_its_path_but_repeats_no_free_text() {
        let error = read(br#"{"a/b":[1,{"call me on 555 0100":tru}]}"#, Limits::RESOURCE).unwrap_err();
        assert_eq!(error.path, "/a~1b/1/call me on 555 0100");
        assert!(!error.to_string().contains("555"), "{error}");
        assert!(error.to_string().contains("/a~1b/1/…"), "{error}");
    }

    #[test]
    fn a_key_that_would_be_taken_for_a_number_is_refused() {
        assert_eq!(refusal(r#"{"x":{"$serde_json::private::Number":"1"}}"#), Refusal::PrivateKey);
        assert_eq!(refusal(r#"{"x":{"\u0024serde_json::private::Number":"1"}}"#), Refusal::PrivateKey);
    }

    #[test]
    fn a_byte_order_mark_says_nothing() {
        assert_eq!(read("\u{feff}{\"a\":1}".as_bytes(), Limits::RESOURCE).unwrap().to_string(), r#"{"a":1}"#);
    }

    #[test]
    fn depth_and_count_are_limited_while_reading() {
        assert_eq!(refusal(&"[".repeat(100_000)), Refusal::TooDeep);
        assert_eq!(refusal(&format!("[{}1]", "1,".repeat(20_000))), Refusal::TooMany);
        assert!(read(format!("{}1{}", "[".repeat(120), "]".repeat(120)).as_bytes(), Limits::RESOURCE).is_ok());
    }

    proptest! {
        #[test]
        fn anything_else_is_an_answer_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, Limits::RESOURCE);
        }
    }
}
