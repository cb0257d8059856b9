//! Text that a document can hold.
//!
//! Rule: there is one set of characters that we write, the one that XML 1.0 and so FHIR can hold; a character outside it is
//! shown as a mark. Neighbours: `fhir::Document` writes nothing else, `base::mend` reads calls into it, `door::xml` writes XML.

use std::borrow::Cow;

/// What stands where a character was that no document can hold: U+FFFD.
pub const MARK: char = '\u{fffd}';

/// Whether XML 1.0 (section 2.2, `Char`) and a FHIR `string` (no character below 32 but tab and the ends of lines) can hold
/// a character, and servers take it: some refuse the other control characters too.
pub fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// The text with [`MARK`] for each character that a document cannot hold.
pub fn legal(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_legal) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(|c| if is_legal(c) { c } else { MARK }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_document_can_hold_becomes_a_mark() {
        assert_eq!(legal("a\u{0}b\u{7}\u{1b}[0m\u{ffff}"), "a\u{fffd}b\u{fffd}\u{fffd}[0m\u{fffd}");
        assert!(matches!(legal("line\r\n\té\u{1f600}"), Cow::Borrowed(_)));
    }
}
