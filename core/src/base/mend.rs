//! JSON of a call, read although some of its characters are none: half of a pair (a text cut inside an emoji), a control
//! character, a byte that is no UTF-8.
//!
//! Rule: such a character costs itself and nothing else: [`MARK`] stands in its place, and what stood there is told with
//! its path. Neighbours: `json` reads what is whole, doors read calls with this; what comes from a server is not mended, as
//! it goes back there.

use serde_json::Value;

use super::json::{JsonError, Limits, child, read, without_mark};
use super::text::{MARK, is_legal};

/// A character that was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The text or the key that it stands in, as a JSON Pointer.
    pub path: String,
    /// What stood there: an escape, or a byte.
    pub was: String,
}

/// The most that are told one by one.
const MOST_FLAWS: usize = 1000;

/// Reads one JSON text within `limits`, and what was mended in it.
///
/// # Errors
/// [`JsonError`], as [`read`].
pub fn read_mended(bytes: &[u8], limits: Limits) -> Result<(Value, Vec<Flaw>), JsonError> {
    if bytes.len() > limits.bytes {
        return Ok((read(bytes, limits)?, Vec::new()));
    }
    let mended = mend(bytes);
    // A mark is longer than the byte that it stands for.
    let value = read(mended.out.as_bytes(), Limits { bytes: usize::MAX, ..limits })?;
    let mut found = Finder { seen: 0, flaws: mended.flaws.into_iter().peekable(), told: Vec::new() };
    found.walk(&value, "");
    Ok((value, found.told))
}

/// Gives each flaw its path: marks in the value stand in the order of the text.
struct Finder<I: Iterator<Item = (usize, String)>> {
    seen: usize,
    flaws: std::iter::Peekable<I>,
    told: Vec<Flaw>,
}

impl<I: Iterator<Item = (usize, String)>> Finder<I> {
    fn walk(&mut self, value: &Value, path: &str) {
        if self.flaws.peek().is_none() {
            return;
        }
        match value {
            Value::String(text) => self.text(text, path),
            Value::Array(list) => list.iter().enumerate().for_each(|(i, inner)| self.walk(inner, &format!("{path}/{i}"))),
            Value::Object(map) => map.iter().for_each(|(key, inner)| {
                let path = child(path, key);
                self.text(key, &path);
                self.walk(inner, &path);
            }),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, path: &str) {
        for _ in text.matches(MARK) {
            if let Some((_, was)) = self.flaws.next_if(|(number, _)| *number == self.seen) {
                self.told.push(Flaw { path: path.to_owned(), was });
            }
            self.seen += 1;
        }
    }
}

enum State {
    Outside,
    Text,
    Escape,
    Hex(String),
}

struct Mender {
    out: String,
    state: State,
    /// The escape of a first half, until its second half is there.
    half: Option<String>,
    /// How many marks there are so far, the sender's own included.
    marks: usize,
    /// Flaws by the number of their mark.
    flaws: Vec<(usize, String)>,
}

fn mend(bytes: &[u8]) -> Mender {
    let bytes = without_mark(bytes);
    let out = String::with_capacity(bytes.len());
    let mut mender = Mender { out, state: State::Outside, half: None, marks: 0, flaws: Vec::new() };
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| mender.char(c));
        if !chunk.invalid().is_empty() {
            let was: String = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")).collect();
            mender.end_escape();
            mender.flaw(was);
        }
    }
    mender
}

impl Mender {
    fn flaw(&mut self, was: String) {
        if self.flaws.len() < MOST_FLAWS {
            self.flaws.push((self.marks, was));
        }
        self.mark();
    }

    fn mark(&mut self) {
        self.out.push(MARK);
        self.marks += 1;
    }

    /// A first half without its second.
    fn end_half(&mut self) {
        if let Some(was) = self.half.take() {
            self.flaw(was);
        }
    }

    /// An escape that nothing follows stays as it is: the reader refuses it.
    fn end_escape(&mut self) {
        self.end_half();
        match std::mem::replace(&mut self.state, State::Text) {
            State::Outside => self.state = State::Outside,
            State::Text => {}
            State::Escape => self.out.push('\\'),
            State::Hex(digits) => self.out.push_str(&format!("\\u{digits}")),
        }
    }

    fn char(&mut self, c: char) {
        match &mut self.state {
            State::Outside => {
                self.out.push(c);
                if c == '"' {
                    self.state = State::Text;
                }
            }
            State::Text if c == '\\' => self.state = State::Escape,
            State::Text => {
                self.end_half();
                self.plain(c);
            }
            State::Escape if c == 'u' => self.state = State::Hex(String::new()),
            State::Escape => {
                self.end_half();
                match c {
                    'b' | 'f' => self.flaw(format!("\\{c}")),
                    _ => self.out.extend(['\\', c]),
                }
                self.state = State::Text;
            }
            State::Hex(digits) if c.is_ascii_hexdigit() => {
                digits.push(c);
                if digits.len() == 4 {
                    let digits = std::mem::take(digits);
                    self.state = State::Text;
                    self.escaped(&digits);
                }
            }
            State::Hex(_) => {
                self.end_escape();
                self.char(c);
            }
        }
    }

    fn plain(&mut self, c: char) {
        match c {
            '"' => {
                self.out.push(c);
                self.state = State::Outside;
            }
            // Ends of lines and tabs as they are: JSON wants them escaped, senders forget it.
            '\t' | '\n' | '\r' => self.out.push_str(&format!("\\u{:04x}", u32::from(c))),
            MARK => self.mark(),
            c if is_legal(c) => self.out.push(c),
            c => self.flaw(format!("\\u{:04x}", u32::from(c))),
        }
    }

    fn escaped(&mut self, digits: &str) {
        let was = format!("\\u{digits}");
        match u32::from_str_radix(digits, 16).unwrap_or_default() {
            0xd800..=0xdbff => {
                self.end_half();
                self.half = Some(was);
            }
            0xdc00..=0xdfff => match self.half.take() {
                Some(half) => self.out.push_str(&(half + &was)),
                None => self.flaw(was),
            },
            code => {
                self.end_half();
                match char::from_u32(code) {
                    Some(MARK) => self.mark(),
                    Some(c) if is_legal(c) => self.out.push_str(&was),
                    _ => self.flaw(was),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mended(bytes: &[u8]) -> (String, Vec<(String, String)>) {
        let (value, flaws) = read_mended(bytes, Limits::MESSAGE).unwrap();
        (value.to_string(), flaws.into_iter().map(|flaw| (flaw.path, flaw.was)).collect())
    }

    fn flaw(path: &str, was: &str) -> (String, String) {
        (path.to_owned(), was.to_owned())
    }

    #[test]
    fn what_is_no_character_costs_itself_and_is_told_with_its_path() {
        let text = r#"{"a":["\ufffd said \ud83d","\ud83d\ude00 \ude00"],"b\u0000":"x\ud83d\ud83d\ude00"}"#;
        let (value, flaws) = mended(text.as_bytes());
        assert_eq!(value, "{\"a\":[\"\u{fffd} said \u{fffd}\",\"\u{1f600} \u{fffd}\"],\"b\u{fffd}\":\"x\u{fffd}\u{1f600}\"}");
        let expected = [flaw("/a/0", r"\ud83d"), flaw("/a/1", r"\ude00"), flaw("/b\u{fffd}", r"\u0000"), flaw("/b\u{fffd}", r"\ud83d")];
        assert_eq!(flaws, expected);
    }

    #[test]
    fn bytes_that_are_no_text_cost_themselves() {
        let (value, flaws) = mended(b"\xef\xbb\xbf{\"a\":\"Mar\xeda\x07\n\t\\b\"}");
        assert_eq!(value, "{\"a\":\"Mar\u{fffd}a\u{fffd}\\n\\t\u{fffd}\"}");
        assert_eq!(flaws, [flaw("/a", r"\xed"), flaw("/a", r"\u0007"), flaw("/a", r"\b")]);
    }

    #[test]
    fn what_is_broken_otherwise_is_still_refused() {
        for text in [r#"{"a":"\u12"}"#, r#"{"a":"\x"}"#, r#"{"a":"\ud83d"#, "{\"a\":\"\\u00", "\u{1}{}", "{\"a\":1}\u{fffd}"] {
            assert!(read_mended(text.as_bytes(), Limits::MESSAGE).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_whole_is_read_as_it_is(text in "(?s)[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{7f}-\u{9f}\u{fffe}\u{ffff}]{0,40}", key in "[a-z\"\\\\]{0,5}") {
            let value = serde_json::json!({ key: [text] });
            let ascii: String = value.to_string().encode_utf16().map(|u| if u < 128 { String::from(u as u8 as char) } else { format!("\\u{u:04x}") }).collect();
            for written in [value.to_string(), ascii] {
                prop_assert_eq!(read_mended(written.as_bytes(), Limits::MESSAGE).unwrap(), (value.clone(), Vec::new()));
            }
        }

        #[test]
        fn anything_is_an_answer_that_a_document_can_hold(bytes in prop::collection::vec(prop::sample::select(b"\"\\u{}:,[]d8c0f\x00\x1f\xed\xa0\x80a".to_vec()), 0..60)) {
            let whole = [b"[\"".as_slice(), &bytes, b"\"]"].concat();
            if let Ok((value, _)) = read_mended(&whole, Limits::MESSAGE) {
                prop_assert!(value.to_string().chars().all(is_legal));
            }
        }
    }
}
