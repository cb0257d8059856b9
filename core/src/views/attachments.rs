//! Photos and dictations of an incident.

use crate::base::ids::{AttachmentId, IncidentId};
use crate::delivery::Truth;
use crate::fhir::{Document, attachment};
use crate::note::{Attachment, MOST_ATTACHMENT, digest_of};
use crate::records::{Records, RecordsError};

use super::{LookupError, Phone};

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct AttachmentView {
    /// What it is.
    pub attachment: Attachment,
    /// Whether its content was made on this phone.
    pub here: bool,
    /// Where it is: at the agency only when its content is.
    pub truth: Truth,
}

/// The photos and dictations of an incident, oldest first. One that cannot be read hides no other.
///
/// # Errors
/// [`LookupError`].
pub fn attachments<P: Phone + ?Sized>(phone: &P, incident: &IncidentId) -> Result<Vec<AttachmentView>, LookupError> {
    let all = phone.pointing_at("DocumentReference", "context", &format!("ServiceRequest/{incident}"))?;
    let readable = all.iter().filter(|doc| attachment::is_attachment(doc)).filter_map(|doc| Some((doc, attachment::read(doc).ok()?)));
    readable.map(|(doc, read)| view(phone, doc, read)).collect()
}

fn view<P: Phone + ?Sized>(phone: &P, document: &Document, read: Attachment) -> Result<AttachmentView, LookupError> {
    let named = phone.truth_of(document.kind(), document.id())?;
    // At the agency is the whole of it: what names it and what is in it.
    let here = phone.document(attachment::CONTENT, &read.content_id())?.is_some();
    let content = if here { phone.truth_of(attachment::CONTENT, &read.content_id())? } else { Truth::AtTheAgency };
    Ok(AttachmentView { attachment: read, here, truth: if content == Truth::AtTheAgency { named } else { content } })
}

/// One attachment, by its id.
///
/// # Errors
/// [`LookupError`].
pub fn attachment<R: Records + ?Sized>(records: &R, id: &AttachmentId) -> Result<Attachment, LookupError> {
    let document = records.document("DocumentReference", id.as_str())?.filter(attachment::is_attachment);
    Ok(attachment::read(&document.ok_or(LookupError::NotHere { what: "attachment" })?)?)
}

/// `Binary/id` of an attachment's content.
pub fn content_reference(attachment: &Attachment) -> String {
    format!("{}/{}", attachment::CONTENT, attachment.content_id())
}

/// Whether the content of an attachment was made on this phone.
///
/// # Errors
/// [`RecordsError`].
pub fn content_held<R: Records + ?Sized>(records: &R, attachment: &Attachment) -> Result<bool, RecordsError> {
    Ok(records.document(attachment::CONTENT, &attachment.content_id())?.is_some())
}

/// A content, where it has the SHA-256 that the attachment names; another is not shown.
pub fn whole(attachment: &Attachment, content: Vec<u8>) -> Option<Vec<u8>> {
    (content.len() <= MOST_ATTACHMENT && digest_of(&content) == attachment.sha256).then_some(content)
}

/// The content in a server's answer, where it is the one that the attachment names.
pub fn whole_from_server(attachment: &Attachment, body: &[u8]) -> Option<Vec<u8>> {
    let binary = Document::parse(body).ok()?;
    whole(attachment, attachment::data(&binary)?)
}
