//! XML that stands inside a document, read into a small tree within bounds: no DTD, no entities but the five of XML.

use std::cell::Cell;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::base::text::{MARK, is_legal, legal};

const DEPTH: usize = 64;
const ELEMENTS: usize = 20_000;
const ATTRIBUTES: usize = 64;

/// XML that is not read: broken, too deep, too large, or with a DTD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not well-formed XML, or more than is read")]
pub struct BadXml;

/// An element. Names are local: senders choose their own prefixes.
#[derive(Debug, Default)]
pub struct Element {
    /// Its local name.
    pub name: String,
    /// Attributes, without declarations of namespaces.
    pub attributes: Vec<(String, String)>,
    /// Its own text, trimmed.
    pub text: String,
    /// Elements inside it.
    pub children: Vec<Element>,
    taken: Cell<bool>,
}

impl Element {
    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
    /// The value of an attribute, by its local name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let local = |key: &str| key.rsplit(':').next() == Some(name);
        self.attributes.iter().find(|(key, _)| local(key)).map(|(_, value)| value.as_str())
    }
    /// Takes the texts of all children of this name: they have a field now.
    pub fn take_all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.children.iter().filter(move |child| child.name == name && !child.text.is_empty());
        named.map(Element::take_text)
    }
    /// How many children of this name say something.
    pub fn count(&self, name: &str) -> usize {
        self.children.iter().filter(|child| child.name == name && !child.text.is_empty()).count()
    }
    /// Takes the text of the child of this name: it has a field now.
    pub fn take(&self, name: &str) -> Option<&str> {
        let child = self.children.iter().find(|child| child.name == name && !child.text.is_empty())?;
        child.taken.set(true);
        Some(&child.text)
    }
    /// Takes the text of the element itself.
    pub fn take_text(&self) -> &str {
        self.taken.set(true);
        &self.text
    }
    /// Every text and attribute that nobody took, with the way to it, until `out` has enough (`None`).
    pub fn left(&self, way: &str, out: &mut dyn FnMut(String, String) -> Option<()>) -> Option<()> {
        let way = format!("{way}/{}", self.name);
        if !self.text.is_empty() && !self.taken.get() {
            out(way.clone(), self.text.clone())?;
        }
        self.attributes.iter().try_for_each(|(name, value)| out(format!("{way}/@{name}"), value.clone()))?;
        self.children.iter().try_for_each(|child| child.left(&way, out))
    }
}

/// Whether a text looks like XML.
pub fn looks_like(text: &str) -> bool {
    text.trim_start().starts_with('<')
}

/// Reads one XML document.
///
/// # Errors
/// [`BadXml`].
pub fn read(text: &str) -> Result<Element, BadXml> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = vec![Element::default()];
    let mut count = 0_usize;
    loop {
        let event = reader.read_event().map_err(|_| BadXml)?;
        if let Event::Start(start) = &event {
            count += 1;
            if open.len() > DEPTH || count > ELEMENTS {
                return Err(BadXml);
            }
            open.push(element(start)?);
            continue;
        }
        let top = open.last_mut().ok_or(BadXml)?;
        match event {
            Event::Text(text) => top.text.push_str(&text.decode().map_err(|_| BadXml)?),
            Event::CData(text) => top.text.push_str(&text.decode().map_err(|_| BadXml)?),
            Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|_| BadXml)? {
                Some(char) => top.text.push(if is_legal(char) { char } else { MARK }),
                None => top.text.push_str(quick_xml::escape::resolve_predefined_entity(&name.decode().map_err(|_| BadXml)?).ok_or(BadXml)?),
            },
            Event::End(_) => close(&mut open)?,
            Event::DocType(_) => return Err(BadXml),
            Event::Eof => break,
            _ => {}
        }
    }
    let mut document = open.pop().filter(|_| open.is_empty()).ok_or(BadXml)?;
    let root = document.children.pop().ok_or(BadXml)?;
    let alone = document.children.is_empty() && document.text.trim().is_empty();
    if alone { Ok(root) } else { Err(BadXml) }
}

fn close(open: &mut Vec<Element>) -> Result<(), BadXml> {
    let mut done = open.pop().ok_or(BadXml)?;
    done.text = done.text.trim().to_owned();
    open.last_mut().ok_or(BadXml)?.children.push(done);
    Ok(())
}

fn element(start: &BytesStart<'_>) -> Result<Element, BadXml> {
    let name = start.local_name();
    let name = std::str::from_utf8(name.as_ref()).map_err(|_| BadXml)?.to_owned();
    let mut attributes = Vec::new();
    for (i, attribute) in start.attributes().with_checks(false).enumerate() {
        let attribute = attribute.ok().filter(|_| i < ATTRIBUTES).ok_or(BadXml)?;
        let key = std::str::from_utf8(attribute.key.as_ref()).map_err(|_| BadXml)?;
        if key != "xmlns" && !key.starts_with("xmlns:") {
            attributes.push((key.to_owned(), legal(&attribute.unescape_value().map_err(|_| BadXml)?).into_owned()));
        }
    }
    Ok(Element { name, attributes, ..Element::default() })
}

/// Text as it may stand in XML. What XML 1.0 cannot hold at all becomes U+FFFD.
pub fn escaped(text: &str) -> String {
    quick_xml::escape::escape(legal(text).into_owned()).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entities_that_a_sender_defines_are_refused() {
        assert!(read("<!DOCTYPE a [<!ENTITY x 'boom'>]><a>&x;</a>").is_err());
        assert!(read("<a>&x;</a>").is_err());
        assert_eq!(read("<a>&lt;1 &amp; &#65;</a>").unwrap().text, "<1 & A");
    }

    #[test]
    fn depth_and_count_are_bounded() {
        assert!(read(&format!("{}{}", "<a>".repeat(65), "</a>".repeat(65))).is_err());
        assert!(read(&format!("{}{}", "<a>".repeat(64), "</a>".repeat(64))).is_ok());
        assert!(read(&format!("<b>{}</b>", "<a/>".repeat(20_000))).is_err());
        assert!(read(&format!("<b {}/>", "a='1' ".repeat(100_000))).is_err());
    }

    #[test]
    fn what_is_cut_short_or_doubled_is_refused() {
        for text in ["", "<a>", "<a></b>", "<a/><b/>", "text", "<a/>text"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_nobody_took_is_told_with_its_way() {
        let root = read("<x:a xmlns:x='u' k='v'><x:b>1</x:b><c>2</c></x:a>").unwrap();
        assert_eq!(root.take("b"), Some("1"));
        let mut left = Vec::new();
        root.left("", &mut |way, text| {
            left.push((way, text));
            Some(())
        });
        assert_eq!(left, [("/a/@k".to_owned(), "v".to_owned()), ("/a/c".to_owned(), "2".to_owned())]);
    }

    proptest! {
        #[test]
        fn text_goes_out_and_comes_back(text in "\\PC{0,40}") {
            let back = read(&format!("<a>{}</a>", escaped(&text))).unwrap();
            prop_assert_eq!(back.text, text.trim());
        }
        #[test]
        fn anything_is_an_answer_and_never_a_panic(text in "[<>/a&;!\\[\\]'= \\-?]{0,60}") {
            let _ = read(&text);
        }
    }
}
