//! A photo or a dictation ↔ DocumentReference that names its content, and the content ↔ Binary.
//!
//! The content travels as JSON Binary before the document that names it; raw Binary is refused by some servers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::document::id_of;
use super::element::{concept, extension, extension_text, reference};
use super::{Document, ReadError};
use crate::base::Code;
use crate::base::ids::{AttachmentId, IncidentId, MemberId, PersonId};
use crate::note::{Attachment, AttachmentKind};

/// The type of the resource that holds a content.
pub const CONTENT: &str = "Binary";

/// Writes the document that names the content, and the content's own without its data.
pub fn write(attachment: &Attachment) -> [Document; 2] {
    let content = attachment.content_id();
    let mut binary = Document::new(CONTENT, &content);
    binary.set("contentType", json!(attachment.content_type));
    let mut doc = Document::new("DocumentReference", attachment.id.as_str());
    doc.set("extension", json!([extension("sha256", "valueString", attachment.sha256.as_str())]));
    doc.set("status", json!("current")).set("docStatus", json!("final"));
    doc.set("type", concept("document", attachment.kind.code()));
    doc.set("subject", reference("Patient", attachment.person.as_str())).set("date", json!(attachment.at.to_string()));
    doc.set("author", json!([reference("Practitioner", attachment.author.as_str())]));
    let named = json!({ "contentType": attachment.content_type, "url": format!("{CONTENT}/{content}"), "size": attachment.size });
    doc.set("content", json!([{ "attachment": named }]));
    doc.set("context", json!({ "related": [reference("ServiceRequest", attachment.incident.as_str())] }));
    [binary, doc]
}

/// Whether a document is an attachment of ours.
pub fn is_attachment(doc: &Document) -> bool {
    let code = || super::element::code_in(doc.at("/type")?, "document");
    doc.kind() == "DocumentReference" && code().and_then(AttachmentKind::from_code).is_some()
}

/// Reads the document that names the content.
///
/// # Errors
/// [`ReadError`] naming the element.
pub fn read(doc: &Document) -> Result<Attachment, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let id = |pointer: &str, kind: &str| doc.text(pointer).and_then(|r| id_of(r, kind)).map(str::to_owned);
    let kind = doc.at("/type").and_then(|c| super::element::code_in(c, "document")).and_then(AttachmentKind::from_code);
    let related = doc.list("/context/related").iter().filter_map(|r| id_of(r.get("reference")?.as_str()?, "ServiceRequest"));
    Ok(Attachment {
        id: AttachmentId::parse(doc.id()).map_err(|_| wrong("id"))?,
        incident: related.filter_map(|id| IncidentId::parse(id).ok()).next().ok_or_else(|| wrong("context"))?,
        person: id("/subject/reference", "Patient").and_then(|id| PersonId::parse(&id).ok()).ok_or_else(|| wrong("subject"))?,
        author: id("/author/0/reference", "Practitioner").and_then(|id| MemberId::parse(&id).ok()).ok_or_else(|| wrong("author"))?,
        kind: kind.ok_or_else(|| wrong("type"))?,
        content_type: doc
            .text("/content/0/attachment/contentType")
            .filter(|said| !said.trim().is_empty())
            .ok_or_else(|| wrong("content"))?
            .to_owned(),
        size: doc.at("/content/0/attachment/size").and_then(|n| n.as_u64()?.try_into().ok()).ok_or_else(|| wrong("content.size"))?,
        sha256: extension_text(doc.value(), "sha256", "valueString").and_then(digest).ok_or_else(|| wrong("extension(sha256)"))?,
        at: doc.instant("/date").ok_or_else(|| wrong("date"))?,
    })
}

/// A SHA-256 as this client writes it; `None` for what is none.
fn digest(said: &str) -> Option<String> {
    (said.len() == 64 && said.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| said.to_ascii_lowercase())
}

/// The content as it is sent.
pub fn with_data(binary: &Document, data: &[u8]) -> Document {
    let mut whole = binary.clone();
    whole.set("data", json!(STANDARD.encode(data)));
    whole
}

/// The data of a content; `None` where there is none, or it is not base64. R4 allows whitespace in it.
pub fn data(binary: &Document) -> Option<Vec<u8>> {
    let mut text = binary.text("/data")?.as_bytes().to_vec();
    text.retain(|byte| !byte.is_ascii_whitespace());
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attachment_goes_out_and_comes_back_the_same() {
        let said = (IncidentId::fresh(), PersonId::fresh(), MemberId::fresh());
        let attachment = Attachment::of(b"\x89PNG....", AttachmentKind::Photo, "image/png", said, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let [binary, doc] = write(&attachment);
        assert_eq!(read(&doc).unwrap(), attachment);
        assert_eq!(doc.text("/content/0/attachment/url"), Some(binary.reference().as_str()));
        let mut whole = with_data(&binary, b"\x89PNG....");
        assert_eq!(data(&whole).unwrap(), b"\x89PNG....");
        let lines = whole.text("/data").unwrap().replacen('R', "R\r\n", 1);
        assert!(lines.contains('\n'), "{lines}");
        assert_eq!(data(whole.set("data", json!(lines))).unwrap(), b"\x89PNG....");
    }

    /// What is read is written again as it was read: a text that says nothing would not be written at all.
    #[test]
    fn an_attachment_without_a_digest_or_a_type_is_refused_by_its_element() {
        let said = (IncidentId::fresh(), PersonId::fresh(), MemberId::fresh());
        let attachment = Attachment::of(b"\x89PNG....", AttachmentKind::Photo, "image/png", said, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let whole = write(&attachment)[1].clone();
        let hash = attachment.sha256.as_str();
        let short = hash.get(..63).unwrap();
        for text in
            ["", " ", "\u{0}", "\u{10ffff}", "urn:anydoor:1:", short, &format!("{hash}0"), &format!("{short}g"), &format!("{short}é")]
        {
            for (at, element) in [("/extension/0/valueString", "extension(sha256)"), ("/content/0/attachment/contentType", "content")] {
                let mut body = whole.value().clone();
                *body.pointer_mut(at).unwrap() = json!(text);
                let mangled = Document::from_value(body).unwrap();
                let says_nothing = text.trim().is_empty();
                match read(&mangled) {
                    Err(error) => assert!(error.element == element && (says_nothing || at.starts_with("/ext")), "{text:?}: {error}"),
                    Ok(_) => assert!(element == "content" && !says_nothing, "{text:?} was taken for a {element}"),
                }
            }
        }
        let upper = whole.to_text().replace(hash, &hash.to_ascii_uppercase());
        assert_eq!(read(&Document::parse(upper.as_bytes()).unwrap()).unwrap(), attachment);
    }
}
