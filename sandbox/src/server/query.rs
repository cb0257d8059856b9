//! Queries as they come in an address or a form: decoded pairs, lists with FHIR's escapes, and back into an address.

use std::fmt::Write as _;

/// The decoded pairs of a query, in order.
pub(super) fn decode(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| (percent(name), percent(value))).collect()
}

fn percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let code = |digits: &[u8]| std::str::from_utf8(digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok());
        match (first, after.split_at_checked(2)) {
            (b'%', Some((digits, beyond))) => match code(digits) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = beyond;
                }
                None => bytes.push(b'%'),
            },
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Pairs as a query.
pub(super) fn encode(pairs: &[(String, String)]) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        escape(&mut query, name);
        query.push('=');
        escape(&mut query, value);
    }
    query
}

fn escape(into: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b',' => into.push(char::from(byte)),
            // Writing to a String cannot fail.
            other => drop(write!(into, "%{other:02X}")),
        }
    }
}

/// Splits at `mark` where it is not escaped; the parts keep their escapes.
pub(super) fn split(text: &str, mark: char) -> Vec<String> {
    let (mut parts, mut part, mut escaped) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        if letter == mark && !escaped {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(letter);
        }
        escaped = letter == '\\' && !escaped;
    }
    parts.push(part);
    parts
}

/// Without FHIR's escapes: `\,` `\|` `\$` `\\`.
pub(super) fn unescape(text: &str) -> String {
    let (mut plain, mut letters) = (String::with_capacity(text.len()), text.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.push(letters.next_if(|next| ",|$\\".contains(*next)).unwrap_or('\\')),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_escaped_mark_divides_nothing() {
        assert_eq!(split(r"a\,b,c\\,d", ','), [r"a\,b", r"c\\", "d"]);
        assert_eq!(unescape(r"a\,b\\\x"), r"a,b\\x");
    }

    #[test]
    fn a_broken_percent_is_kept_as_it_is() {
        assert_eq!(decode("a=%zz%4&b=%C3%A9+%2B"), [("a".into(), "%zz%4".into()), ("b".into(), "é +".into())]);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(pairs in prop::collection::vec((".{1,8}", ".{0,12}"), 0..5)) {
            prop_assert_eq!(decode(&encode(&pairs)), pairs);
        }
    }
}
