//! What the sender said before: the last document of theirs that was taken, read again.

use super::News;
use crate::base::ids::ReceivedId;
use crate::door::{Arrival, DoorError, eido};
use crate::fhir::{self, Document, order};
use crate::incident::Incident;
use crate::records::{Records, RecordsError};

/// How many documents as received are looked at, from the last one on, for one of the same sender. Where many other
/// senders have spoken since, the document joins as that of a sender who is new: it only adds.
const MOST_LOOKED_AT: usize = 6;

/// What was said before.
#[derive(Debug)]
pub struct Before {
    /// What the new document is beside it.
    pub news: News,
    /// The incident as the sender's last document told it; `None` where none is found.
    pub incident: Option<Incident>,
}

/// What was said before this arrival of an incident with this request.
///
/// # Errors
/// [`RecordsError`].
pub fn before<R: Records + ?Sized>(records: &R, arrival: &Arrival, request: Option<&Document>) -> Result<Before, RecordsError> {
    let Some(request) = request else { return Ok(Before { news: News::First, incident: None }) };
    let linked = received(request);
    let taken = linked.iter().position(|id| id == &arrival.received.id);
    // What came before this very document, where it was taken already: it is then decided as it was the first time.
    for id in linked.iter().take(taken.unwrap_or(linked.len())).rev().take(MOST_LOOKED_AT) {
        let Some(document) = records.document("DocumentReference", id.as_str())? else { continue };
        let Some(Ok(previous)) = again(&document) else { continue };
        let same_sender = previous.sender == arrival.sender && previous.received.media_type == arrival.received.media_type;
        if !same_sender || previous.incident.id != arrival.incident.id {
            continue;
        }
        let stale = matches!((arrival.stated, previous.stated), (Some(this), Some(last)) if this < last);
        let news = if stale { News::Stale } else { News::Update };
        return Ok(Before { news: taken.map_or(news, |_| News::Repeated), incident: Some(previous.incident) });
    }
    Ok(Before { news: taken.map_or(News::Update, |_| News::Repeated), incident: None })
}

/// The documents that a request links, the last one taken last.
fn received(request: &Document) -> Vec<ReceivedId> {
    let linked = request.list("/supportingInfo").iter().filter_map(|item| item.get("reference")?.as_str());
    linked.filter_map(|reference| ReceivedId::parse(fhir::document::id_of(reference, "DocumentReference")?).ok()).collect()
}

/// A document as received, read again; `None` where it holds no bytes.
fn again(document: &Document) -> Option<Result<Arrival, DoorError>> {
    let bytes = fhir::incident::received_bytes(document)?;
    match document.text("/content/0/attachment/contentType")? {
        order::MEDIA_TYPE => Some(order::read(&bytes)),
        eido::MEDIA_TYPE => Some(eido::read(&bytes)),
        _ => None,
    }
}
