//! Notes of an EIDO are HTML5. Read as plain words, written so that no word becomes a tag.
//!
//! Rule: what is surely a tag of HTML becomes nothing or a new line; anything else in angle brackets is what somebody
//! typed, and stays: `<knife>`, `<unknown male>`, an e-mail address, a comment. Surely a tag: an element of HTML with
//! nothing but its name and `name=value` attributes, and, unless it may stand alone, with its other half. Neighbours:
//! `narrative` reads notes with it; what an attribute said is also sent.

use std::collections::HashMap;

/// The words of an HTML note.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    /// What it says.
    pub text: String,
    /// Whether that is everything: no attribute and no declaration was left out.
    pub whole: bool,
}

/// Elements that stand alone or may lack their end (HTML, 13.1.2 and 13.1.2.4).
const ALONE: [&str; 17] =
    ["br", "hr", "img", "wbr", "col", "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "meta"];
/// Elements that count as one only with both halves: as single words they are words.
const PAIRED: [&str; 60] = [
    "a",
    "abbr",
    "address",
    "article",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "body",
    "caption",
    "center",
    "cite",
    "code",
    "del",
    "dfn",
    "div",
    "dl",
    "em",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "html",
    "i",
    "ins",
    "kbd",
    "main",
    "mark",
    "nav",
    "ol",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "time",
    "title",
    "tt",
    "u",
    "ul",
    "var",
    "label",
    "figure",
    "figcaption",
    "ruby",
];
/// Elements that begin and end a line.
const LINES: [&str; 26] = [
    "p",
    "div",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "dt",
    "dd",
    "dl",
    "ul",
    "ol",
    "table",
    "blockquote",
    "pre",
    "section",
    "article",
    "header",
    "footer",
    "address",
    "center",
    "caption",
    "title",
];
/// The longest tag that is read.
const LONGEST: usize = 2048;

/// A tag in a text.
#[derive(Debug, Clone, Copy)]
struct Tag {
    /// Its element's place in [`ALONE`] and then [`PAIRED`].
    name: &'static str,
    closes: bool,
    /// Whether it has no attribute.
    bare: bool,
    /// Its bytes.
    length: usize,
    sure: bool,
}

/// The words of an HTML note.
pub fn words(html: &str) -> Words {
    let tags = tags(html);
    let mut out = Words { text: String::with_capacity(html.len()), whole: true };
    let mut at = 0;
    while let Some(rest) = html.get(at..).filter(|rest| !rest.is_empty()) {
        let next = rest.find(['<', '&']).unwrap_or(rest.len());
        let (before, from) = rest.split_at_checked(next).unwrap_or((rest, ""));
        out.text.push_str(before);
        at += next;
        if let Some(tag) = tags.get(&at).filter(|tag| tag.sure) {
            out.whole &= tag.bare;
            out.text.extend(said(tag, &out.text));
            at += tag.length;
        } else if let Some((char, length)) = entity(from) {
            out.text.push(char);
            at += length;
        } else if let Some((inside, length)) = cdata(from) {
            out.text.push_str(inside);
            at += length;
        } else if let Some(length) = doctype(from) {
            out.whole = false;
            at += length;
        } else if let Some(char) = from.chars().next() {
            out.text.push(char);
            at += char.len_utf8();
        }
    }
    out
}

/// What a tag says: the end of a line or of a cell.
fn said(tag: &Tag, before: &str) -> Option<char> {
    let line = LINES.contains(&tag.name);
    match tag.name {
        "br" | "hr" => Some('\n'),
        "td" | "th" => tag.closes.then_some('\t'),
        _ if line && tag.closes => Some('\n'),
        _ if line && !before.is_empty() && !before.ends_with('\n') => Some('\n'),
        _ => None,
    }
}

/// Every tag by its place. One that must have its other half is sure only with it.
fn tags(html: &str) -> HashMap<usize, Tag> {
    let mut found: HashMap<usize, Tag> = HashMap::new();
    let mut open: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut at = 0;
    while let Some(next) = html.get(at..).and_then(|rest| rest.find('<')) {
        at += next;
        let Some(mut tag) = html.get(at..).and_then(tag) else {
            at += 1;
            continue;
        };
        if !tag.sure {
            let half = open.entry(tag.name).or_default();
            match tag.closes.then(|| half.pop()) {
                None => half.push(at),
                Some(None) => {}
                Some(Some(other)) => {
                    tag.sure = true;
                    found.entry(other).and_modify(|other| other.sure = true);
                }
            }
        }
        found.insert(at, tag);
        at += tag.length;
    }
    found
}

/// The tag at the start of a text: an element of HTML, then attributes with values, and nothing else.
fn tag(from: &str) -> Option<Tag> {
    let inside = from.strip_prefix('<')?;
    let closes = inside.starts_with('/');
    let inside = inside.strip_prefix('/').unwrap_or(inside);
    let end = inside.bytes().take(12).position(|b| !b.is_ascii_alphanumeric())?;
    let (name, mut rest) = inside.split_at_checked(end)?;
    let known = |names: &[&'static str]| names.iter().copied().find(|known| known.eq_ignore_ascii_case(name));
    let alone = known(&ALONE);
    let name = alone.or_else(|| known(&PAIRED))?;
    let mut bare = true;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if let Some(after) = trimmed.strip_prefix('>').or_else(|| trimmed.strip_prefix("/>")) {
            let length = from.len() - after.len();
            return (length <= LONGEST).then_some(Tag { name, closes, bare, length, sure: alone.is_some() });
        }
        if closes || trimmed.len() == rest.len() || from.len() - trimmed.len() > LONGEST {
            return None;
        }
        rest = attribute(trimmed)?;
        bare = false;
    }
}

/// What follows an attribute with a value.
fn attribute(from: &str) -> Option<&str> {
    let end = from.bytes().take(64).position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(&b))).filter(|end| *end > 0)?;
    let value = from.get(end..)?.strip_prefix('=')?;
    let quote = value.bytes().next().filter(|b| b"\"'".contains(b));
    match quote {
        Some(quote) => {
            let end = value.bytes().take(LONGEST).skip(1).position(|b| b == quote)?;
            value.get(end + 2..)
        }
        None => {
            let end =
                value.bytes().take(LONGEST).position(|b| b.is_ascii_whitespace() || b"\"'<>=`".contains(&b)).filter(|end| *end > 0)?;
            value.get(end..)
        }
    }
}

/// What an entity at the start says, and its bytes. One that no text can hold stays as it is written.
fn entity(from: &str) -> Option<(char, usize)> {
    let entity = from.strip_prefix('&')?;
    let end = entity.bytes().take(11).position(|b| b == b';')?;
    let name = entity.get(..end)?;
    let char = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => numbered(name.strip_prefix('#')?)?,
    };
    Some((char, end + 2))
}

fn numbered(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code).filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
}

/// What stands in a CDATA section at the start, as it is written, and the section's bytes.
fn cdata(from: &str) -> Option<(&str, usize)> {
    const BEGINS: &str = "<![CDATA[";
    let inside = from.strip_prefix(BEGINS)?;
    // A section ends before the next one begins: many that never end would each be searched to the end of the text.
    let until = inside.find("<![").unwrap_or(inside.len());
    let end = inside.get(..until)?.find("]]>")?;
    let inside = inside.get(..end)?;
    Some((inside, BEGINS.len() + end + 3))
}

/// The bytes of an HTML document's declaration at the start.
fn doctype(from: &str) -> Option<usize> {
    let begins = from.get(..14).is_some_and(|begin| begin.eq_ignore_ascii_case("<!doctype html"));
    let end = from.bytes().take(256).position(|b| b == b'>')?;
    begins.then_some(end + 1)
}

/// HTML that says exactly these words.
pub fn written(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(html: &str) -> String {
        words(html).text
    }

    #[test]
    fn tags_become_lines_and_what_only_looks_like_one_stays() {
        assert_eq!(text("<p>Says <b>no</b> weapon.</p><p>BP <90 &amp; falling</p>"), "Says no weapon.\nBP <90 & falling\n");
        assert_eq!(text("a < b & c &unknown; &#65;&#x42; &#7; <"), "a < b & c &unknown; AB &#7; <");
        assert_eq!(text("<div>one<div>two</div></div><TABLE><tr><td>a</td><td>b</td></tr></TABLE>"), "one\ntwo\n\na\tb\t\n\n");
    }

    #[test]
    fn what_somebody_typed_in_angle_brackets_stays() {
        for typed in [
            "RP <unknown male> has a <knife> in hand",
            "hit in the <head>, <a knife> and <i think a gun>",
            "mail <ann@example.org> or <https://example.org/x>",
            "<body> found by <s>, <b",
            "<!-- from the old CAD --> <?xml?> <o:p>",
            "</b> cut short <b>pil",
        ] {
            assert_eq!(words(typed), Words { text: typed.to_owned(), whole: true });
        }
        assert_eq!(text("<![CDATA[says <b>no</b> &amp;]]>!"), "says <b>no</b> &amp;!");
    }

    #[test]
    fn what_an_attribute_said_is_not_the_whole() {
        let link = words("see <a href=\"https://example.org/plan\">the plan</a><br/>");
        assert_eq!((link.text.as_str(), link.whole), ("see the plan\n", false));
        assert!(!words("<!DOCTYPE html><p>x</p>").whole);
        assert!(words("<p>x</p>").whole);
    }

    #[test]
    fn a_million_tags_that_never_end_are_read_in_one_go() {
        let started = std::time::Instant::now();
        for unit in ["<a", "<a>", "<b x=\"", "<a x='<a y=\"' ", "<![CDATA[", "</i>"] {
            let open = unit.repeat(1_000_000);
            assert!(text(&open).len() >= 999_999, "{unit}");
        }
        assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    }

    /// Pieces of which notes are made, canaries among them.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<",
            "</",
            ">",
            "/>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<!doctype html",
            "&",
            ";",
            "&lt;",
            "&#60;",
            "=",
            "\"",
            "'",
            " ",
            "\n",
            "b",
            "p",
            "<b>",
            "</b>",
            "<p>",
            "<br>",
            "head",
            "a ",
            "href=",
            "knife",
            "zebra",
            "q",
            "<script>",
            "@",
            "é",
            "]]",
            "!",
        ]);
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn words_go_out_and_come_back(text in "(?s).{0,60}") {
            prop_assert_eq!(words(&written(&text)), Words { text, whole: true });
        }

        /// What is not an element's name is in the words, or the note is also sent as it came.
        #[test]
        fn nothing_that_was_said_vanishes(html in pieces()) {
            let read = words(&html);
            for word in ["knife", "zebra", "href", "script", "@", "é", "!"] {
                let (sent, told) = (html.matches(word).count(), read.text.matches(word).count());
                let declared = html.matches("<![CDATA[").count() + html.matches("<!doctype").count();
                let missing = if word == "!" { declared } else { 0 };
                prop_assert!(!read.whole || told + missing >= sent, "{word} of {html:?} is not in {:?}", read.text);
            }
        }

        #[test]
        fn anything_is_read(html in "(?s)[<>&;a-c/='\" !\\[\\]\\-]{0,200}") {
            let _ = words(&html);
        }
    }
}
