//! JSON from outside, read within limits: depth, number of values, no key twice. Numbers are kept as written.
//!
//! serde_json merges duplicate keys silently and, with `arbitrary_precision`, passes numbers through a private key;
//! both would change what was said, so both are refused with their place.

use std::cell::Cell;

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
    /// One FHIR resource.
    pub const RESOURCE: Self = Self { bytes: 64 << 20, depth: 128, values: 20_000 };
    /// One message: an EIDO, an HSDS file.
    pub const MESSAGE: Self = Self { bytes: 64 << 20, depth: 128, values: 2_000_000 };
}

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct JsonError {
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
        while let Some(value) = seq.next_element_seed(self.inner()?)? {
            list.push(value);
        }
        Ok(Value::Array(list))
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
                return Err(self.refuse(Refusal::DuplicateKey));
            }
            let value = entries.next_value_seed(self.inner()?)?;
            map.insert(key.text, value);
        }
        Ok(Value::Object(map))
    }
}

/// Reads one JSON text within `limits`.
///
/// # Errors
/// [`JsonError`] naming line, column and what is wrong.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Value, JsonError> {
    if bytes.len() > limits.bytes {
        return Err(JsonError { line: 1, column: 1, what: Refusal::TooLarge });
    }
    if let Some(at) = find(bytes, NUMBER_KEY.as_bytes()) {
        let before = bytes.get(..at).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        return Err(JsonError { line, column, what: Refusal::PrivateKey });
    }
    let state = State { values_left: Cell::new(limits.values), refusal: Cell::new(None) };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let seed = Reader { state: &state, depth: limits.depth };
    let result = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    result.map_err(|error| {
        let too_deep = error.to_string().starts_with("recursion limit");
        let what = state.refusal.get().unwrap_or(if too_deep { Refusal::TooDeep } else { Refusal::Malformed });
        JsonError { line: error.line(), column: error.column(), what }
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
        let error = read(b"{\"a\":1,\n\"a\":2}", Limits::RESOURCE).unwrap_err();
        assert_eq!((error.what, error.line), (Refusal::DuplicateKey, 2));
    }

    #[test]
    fn a_key_that_would_be_taken_for_a_number_is_refused() {
        assert_eq!(refusal(r#"{"x":{"$serde_json::private::Number":"1"}}"#), Refusal::PrivateKey);
        assert_eq!(refusal(r#"{"x":{"\u0024serde_json::private::Number":"1"}}"#), Refusal::PrivateKey);
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
