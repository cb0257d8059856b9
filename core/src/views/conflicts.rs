//! Conflicts: both versions whole, for a person to decide (P16).

use crate::base::clock::Instant;
use crate::delivery::{Outbox, ParkReason, conflict};
use crate::fhir::{Document, Revision};
use crate::reconcile::reconcile;
use crate::records::{Records, RecordsError};

use super::{LookupError, Phone};

/// Two versions of one document that no rule joins, or a claim that another team has.
#[derive(Debug, Clone, PartialEq)]
pub struct ConflictView {
    /// Its number in the outbox.
    pub item: i64,
    /// The elements that both changed.
    pub elements: Vec<String>,
    /// Ours, whole.
    pub ours: Document,
    /// Theirs, whole.
    pub theirs: Document,
    /// When theirs was written, by the server's clock.
    pub theirs_at: Option<Instant>,
    /// Who wrote theirs: a name where it is known here, else what the document says of its writer.
    pub theirs_by: Option<String>,
}

/// Both versions of an item that waits for a person.
///
/// # Errors
/// [`LookupError::NotHere`] where the item is no conflict.
pub fn conflict_of<P: Phone + ?Sized>(phone: &P, item: i64) -> Result<ConflictView, LookupError> {
    let (elements, ours, theirs) = match lost_claim(phone, item)? {
        Some((ours, theirs)) => (vec!["owner".to_owned()], ours, theirs),
        None => {
            let found = conflict(phone, item)?.ok_or(LookupError::NotHere { what: "conflict" })?;
            let elements = reconcile(&found.stored.base_or_empty(), &found.stored.document, &found.theirs).conflicts;
            (elements, found.stored.document, found.theirs)
        }
    };
    Ok(ConflictView { item, elements, theirs_at: theirs.last_updated(), theirs_by: writer(phone, &theirs)?, ours, theirs })
}

/// A claim that another team has: what we had written, and what is there.
fn lost_claim<P: Phone + ?Sized>(phone: &P, item: i64) -> Result<Option<(Document, Document)>, RecordsError> {
    let parked = Outbox::parked(phone)?;
    let Some(lost) = parked.into_iter().find(|p| p.intent.seq == item && p.reason == ParkReason::TakenByOther) else { return Ok(None) };
    let theirs = phone.document(&lost.intent.kind, &lost.intent.id)?;
    Ok(phone.sent(item)?.zip(theirs))
}

/// Who wrote a version.
fn writer<R: Records + ?Sized>(records: &R, document: &Document) -> Result<Option<String>, RecordsError> {
    let Some(revision) = Revision::of(document) else { return Ok(None) };
    let Some(by) = revision.by else { return Ok(Some(revision.writer)) };
    let member = records.document("Practitioner", &by)?;
    Ok(Some(member.as_ref().and_then(|m| m.text("/name/0/text")).map_or(by, str::to_owned)))
}
