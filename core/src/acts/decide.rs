//! What a person decides about an item that waits for them: both versions of a conflict, a lost claim, a refusal (P5, P16).
//!
//! Rule: nothing of either side is lost by a decision. What we gave up is in a draft or in the record of the claim, what they
//! wrote is in the server's history.

use serde_json::Value;

use super::{ActError, Actor, Decision, Plan};
use crate::base::ids::{IncidentId, NoteId, PersonId};
use crate::delivery::{Conflict, Outbox, Parked, conflict};
use crate::fhir::Document;
use crate::note::{Draft, DraftBody};
use crate::reconcile::{in_our_favour, reconcile};
use crate::records::lookup::LookupError;

/// Why a decision is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// The text is no document.
    #[error("not a document")]
    NotADocument,
    /// It is another document than the one that waits.
    #[error("another document")]
    AnotherDocument,
}

type Refused = ActError<DecideError>;

fn waiting<O: Outbox + ?Sized>(outbox: &O, item: i64) -> Result<Parked, Refused> {
    let parked = outbox.parked()?.into_iter().find(|parked| parked.intent.seq == item);
    parked.ok_or_else(|| LookupError::NotHere { what: "parked item" }.into())
}

fn both<O: Outbox + ?Sized>(outbox: &O, item: i64) -> Result<Conflict, Refused> {
    conflict(outbox, item)?.ok_or_else(|| LookupError::NotHere { what: "conflict" }.into())
}

/// Ours: theirs with our changes on it goes out. The server keeps theirs in its history.
///
/// # Errors
/// [`ActError`] where the item is no conflict.
pub fn keep_ours<O: Outbox + ?Sized>(outbox: &O, item: i64, actor: &Actor) -> Result<Plan, Refused> {
    let Conflict { parked, stored, theirs } = both(outbox, item)?;
    let merged = in_our_favour(&stored.base_or_empty(), &stored.document, &theirs);
    Ok(actor.plan("keep ours", &parked.intent.lane).deciding(item, Decision::KeepOurs { merged, theirs }))
}

/// Theirs: it is what this phone shows, and our change ends.
///
/// # Errors
/// [`ActError`] where the item is no conflict.
pub fn keep_theirs<O: Outbox + ?Sized>(outbox: &O, item: i64, actor: &Actor) -> Result<Plan, Refused> {
    let Conflict { parked, theirs, .. } = both(outbox, item)?;
    Ok(actor.plan("keep theirs", &parked.intent.lane).deciding(item, Decision::KeepTheirs { theirs }))
}

/// Both: theirs stands on the document, and what we had written where both changed becomes a draft note of the person, for the
/// author to finish and sign. Returns the draft's id.
///
/// # Errors
/// [`ActError`] where the item is no conflict.
pub fn keep_both<O: Outbox + ?Sized>(
    outbox: &O,
    item: i64,
    incident: &IncidentId,
    person: &PersonId,
    actor: &Actor,
) -> Result<(Plan, NoteId), Refused> {
    let Conflict { parked, stored, theirs } = both(outbox, item)?;
    let elements = reconcile(&stored.base_or_empty(), &stored.document, &theirs).conflicts;
    let id: NoteId = actor.id("draft");
    let draft = Draft {
        id: id.clone(),
        incident: incident.clone(),
        person: person.clone(),
        author: actor.member.clone(),
        body: DraftBody::Text(in_words(&stored.document, &elements)),
        changed: actor.now,
    };
    let plan = actor.plan("keep both", &parked.intent.lane);
    Ok((plan.saving_draft(draft).deciding(item, Decision::KeepTheirs { theirs }), id))
}

/// It tries again as it is.
///
/// # Errors
/// [`ActError`] where nothing of this number waits.
pub fn retry<O: Outbox + ?Sized>(outbox: &O, item: i64, actor: &Actor) -> Result<Plan, Refused> {
    Ok(actor.plan("retry", &waiting(outbox, item)?.intent.lane).deciding(item, Decision::Retry))
}

/// The person has seen that another team has the assignment they asked for.
///
/// # Errors
/// [`ActError`] where nothing of this number waits.
pub fn seen_lost_claim<O: Outbox + ?Sized>(outbox: &O, item: i64, actor: &Actor) -> Result<Plan, Refused> {
    Ok(actor.plan("seen lost claim", &waiting(outbox, item)?.intent.lane).deciding(item, Decision::SeenLost))
}

/// Another text in place of a parked document, after its refusal was read: the whole document as JSON, the same type and id.
///
/// # Errors
/// [`DecideError`], and others of [`ActError`]; nothing is written.
pub fn edit_parked<O: Outbox + ?Sized>(outbox: &O, item: i64, text: &str, actor: &Actor) -> Result<Plan, Refused> {
    let intent = waiting(outbox, item)?.intent;
    let edited = Document::parse(text.as_bytes()).map_err(|_| ActError::Refused(DecideError::NotADocument))?;
    if edited.reference() != intent.reference() {
        return Err(ActError::Refused(DecideError::AnotherDocument));
    }
    Ok(actor.plan("edit parked", &intent.lane).change(edited))
}

/// What we had written where both changed, in lines that a person reads: each element with the words under it.
fn in_words(ours: &Document, elements: &[String]) -> String {
    let line = |element: &String| {
        let named = element.strip_prefix("extension(").and_then(|name| name.strip_suffix(')'));
        let value = match named {
            Some(url) => ours.list("/extension").iter().find(|e| e.get("url").and_then(Value::as_str) == Some(url))?,
            None => ours.at(&format!("/{}", element.replace('.', "/")))?,
        };
        let mut words = Vec::new();
        leaves(value, &mut words);
        let name = named.and_then(|url| url.rsplit(':').next()).unwrap_or(element);
        Some(format!("{name}: {}", words.join(", ")))
    };
    elements.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

fn leaves(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(item, into)),
        Value::Object(map) => {
            map.iter().filter(|(key, _)| !matches!(key.as_str(), "url" | "system")).for_each(|(_, part)| leaves(part, into))
        }
        Value::String(text) => into.push(text.clone()),
        other => into.push(other.to_string()),
    }
}
