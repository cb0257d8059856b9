//! Conflicts: both versions whole, and the person's decision (P16).

use serde_json::Value;

use super::{Anydoor, AnydoorError, ConflictRow, Result};
use crate::acts::Plan;
use crate::base::ids::{IncidentId, NoteId, PersonId};
use crate::delivery::{ParkReason, Parked, Stored};
use crate::fhir::{Document, Revision};
use crate::note::Draft;
use crate::reconcile::{in_our_favour, reconcile};
use crate::store::Store;

/// A claim that another team has: what we had written, and what is there.
fn lost_claim(store: &Store, item: i64) -> Result<Option<(Parked, Document, Document)>> {
    let parked = store.parked()?.into_iter().find(|h| h.intent.seq == item && h.reason == ParkReason::TakenByOther);
    let Some(held) = parked else { return Ok(None) };
    let theirs = store.document(&held.intent.kind, &held.intent.id)?;
    Ok(store.sent(item)?.zip(theirs).map(|(ours, theirs)| (held, ours, theirs)))
}

/// A parked conflict with both versions.
fn conflict(store: &Store, item: i64) -> Result<(Parked, Stored, Document)> {
    let missing = || AnydoorError::NotFound { what: "conflict".into() };
    let parked = store.parked()?.into_iter().find(|h| h.intent.seq == item && h.reason == ParkReason::ChangedElsewhere);
    let held = parked.ok_or_else(missing)?;
    let stored = store.stored(&held.intent.kind, &held.intent.id)?.ok_or_else(missing)?;
    let theirs = stored.theirs.clone().ok_or_else(missing)?;
    Ok((held, stored, theirs))
}

fn base(stored: &Stored) -> Document {
    stored.base.clone().unwrap_or_else(|| Document::new(stored.document.kind(), stored.document.id()))
}

/// Who wrote a version.
fn writer(store: &Store, document: &Document) -> Result<Option<String>> {
    let Some(revision) = Revision::of(document) else { return Ok(None) };
    let Some(by) = revision.by else { return Ok(Some(revision.writer)) };
    let member = store.document("Practitioner", &by)?;
    Ok(Some(member.as_ref().and_then(|m| m.text("/name/0/text")).map_or(by, str::to_owned)))
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

#[uniffi::export]
impl Anydoor {
    /// Both versions of a parked conflict, or of a claim that another team has.
    ///
    /// # Errors
    /// `NotFound` where this item is no conflict.
    pub fn conflict(&self, item: i64) -> Result<ConflictRow> {
        self.inner.store(|store| {
            if let Some((held, ours, theirs)) = lost_claim(store, item)? {
                return Ok(ConflictRow {
                    item,
                    document: format!("{}/{}", held.intent.kind, held.intent.id),
                    elements: vec!["owner".into()],
                    ours: ours.to_text(),
                    theirs: theirs.to_text(),
                    theirs_at: theirs.last_updated().map(|at| at.to_string()),
                    theirs_by: writer(store, &theirs)?,
                });
            }
            let (held, stored, theirs) = conflict(store, item)?;
            Ok(ConflictRow {
                item,
                document: format!("{}/{}", held.intent.kind, held.intent.id),
                elements: reconcile(&base(&stored), &stored.document, &theirs).conflicts,
                ours: stored.document.to_text(),
                theirs: theirs.to_text(),
                theirs_at: theirs.last_updated().map(|at| at.to_string()),
                theirs_by: writer(store, &theirs)?,
            })
        })
    }

    /// The person decides for ours: theirs with our changes on it goes out at the next sync. The server keeps theirs in its
    /// history. On return the decision is on disk.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn keep_ours(&self, item: i64) -> Result<()> {
        self.inner.acted(|store| {
            let (held, stored, theirs) = conflict(store, item)?;
            let merged = in_our_favour(&base(&stored), &stored.document, &theirs);
            let actor = self.inner.actor(store.writer());
            let plan = Plan::new("keep ours", &actor.member, actor.now, &held.intent.lane);
            Ok((plan.deciding(item, crate::acts::Decision::KeepOurs { merged, theirs }), ()))
        })
    }

    /// The person decides for theirs: it is what this phone shows from now on, and our change ends.
    ///
    /// # Errors
    /// `NotFound`; `NotAllowed` for a signed note, which never changes.
    pub fn keep_theirs(&self, item: i64) -> Result<()> {
        self.inner.store(|store| {
            let (_, _, theirs) = conflict(store, item)?;
            Ok(store.take_theirs(item, &theirs)?)
        })?;
        self.inner.tell();
        Ok(())
    }

    /// The person keeps both: theirs stands on the document, and what we had written where both changed becomes a draft note
    /// of the person, for the author to finish and sign. On return both are on disk. Returns the draft's id.
    ///
    /// # Errors
    /// `NotFound`; `NotAllowed` for a signed note, which never changes.
    pub fn keep_both(&self, item: i64, incident: &str, person: &str) -> Result<String> {
        let draft = self.inner.store(|store| {
            let (_, stored, theirs) = conflict(store, item)?;
            let elements = reconcile(&base(&stored), &stored.document, &theirs).conflicts;
            let draft = Draft {
                id: NoteId::fresh(),
                incident: IncidentId::parse(incident)?,
                person: PersonId::parse(person)?,
                author: self.inner.member.clone(),
                body: crate::note::DraftBody::Text(in_words(&stored.document, &elements)),
                changed: self.inner.clock.now(),
            };
            // The draft first: whatever happens between the two, our words are there.
            store.save_draft(&draft)?;
            store.take_theirs(item, &theirs)?;
            Ok(draft.id)
        })?;
        self.inner.tell();
        Ok(draft.into())
    }

    /// Puts another text in place of a parked document, after its refusal was read: the whole document as JSON, the same
    /// type and id. It goes out at the next sync.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` where it is no document or another one; `NotAllowed` for what is signed.
    pub fn edit_parked(&self, item: i64, document: &str) -> Result<()> {
        self.inner.acted(|store| {
            let held = store.parked()?.into_iter().find(|held| held.intent.seq == item);
            let held = held.ok_or_else(|| AnydoorError::NotFound { what: "parked item".into() })?;
            let edited = Document::parse(document.as_bytes()).map_err(|_| AnydoorError::Invalid { what: "document".into() })?;
            if (edited.kind(), edited.id()) != (held.intent.kind.as_str(), held.intent.id.as_str()) {
                return Err(AnydoorError::Invalid { what: "another document".into() });
            }
            let actor = self.inner.actor(store.writer());
            Ok((Plan::new("edit parked", &actor.member, actor.now, &held.intent.lane).change(edited), ()))
        })
    }
}
