//! One plan, one commit: documents, outbox rows, audit row, and what is to be projected anew.
//!
//! Rule: on return all of it is on disk, in the database and in the journal, or none of it (P1, P3). Neighbours: `acts` say
//! what to write, `roll_forward` takes the same acts out of the journal.

use rusqlite::{OptionalExtension, Transaction, params};

use super::database::Store;
use super::error::StoreError;
use super::frame::{Copied, DraftText, What, Work};
use super::projections::changed;
use super::revision::{RevisionAuthor, counter_at_least, record_revision};
use super::{audit, documents, drafts, outbox, rebase, references};
use crate::acts::{Decision, Ledger, Plan, Write};
use crate::base::Code;
use crate::delivery::Act;
use crate::fhir::{Document, Revision, assignment, attachment, in_error, note};

impl Ledger for Store {
    type Error = StoreError;

    /// On return the plan's documents, outbox rows and audit row are on disk in one commit (P1), and in the journal (P3).
    fn commit(&mut self, plan: &Plan) -> Result<(), StoreError> {
        let (writer, agency) = (self.writer.clone(), self.agency.clone());
        self.keep(move |tx| {
            let work = revise(tx, plan, &RevisionAuthor { writer: &writer, agency: &agency })?;
            let items = work.writes.len() + usize::from(work.draft.is_some());
            Ok((What::Work(work), items))
        })
    }
}

/// Puts a plan's documents, each under its new revision, and returns what the journal takes of it.
fn revise(tx: &Transaction<'_>, plan: &Plan, author: &RevisionAuthor<'_>) -> Result<Work, StoreError> {
    let mut work = Work {
        name: plan.name.to_owned(),
        who: plan.who.to_string(),
        at: plan.at.to_string(),
        lane: plan.lane.clone(),
        unit: crate::base::ids::fresh(),
        ends_draft: plan.ends_draft.as_ref().map(ToString::to_string),
        draft: plan.saves_draft.as_ref().map(DraftText::from),
        writes: Vec::new(),
    };
    let mut subject = plan.writes.first().map(|w| w.document.reference()).unwrap_or_default();
    if let Some((item, decision)) = &plan.decides {
        subject = decide(tx, *item, decision, author)?;
    }
    let mut put_here = Vec::new();
    for Write { document, act } in &plan.writes {
        let existing = existing(tx, document)?;
        if existing.is_some() && *act == Act::Create {
            continue; // two acts may both bring the same person or place; the first one holds
        }
        let parent = existing.as_ref().map(|found| documents::parse(&found.body)).transpose()?;
        let mut document = document.clone();
        author.revise(tx, &mut document, parent.as_ref(), Some(work.who.clone()))?;
        let base = existing.as_ref().and_then(Existing::base).map(str::to_owned);
        let version = existing.as_ref().and_then(|found| found.version.clone());
        put(tx, &work, *act, &document, existing)?;
        work.writes.push(Copied { act: act.code().to_owned(), body: document.to_text(), base, version });
        put_here.push(document);
    }
    end(tx, &work, &subject, &put_here)?;
    Ok(work)
}

/// Takes an act of the journal into a database that may not have it (P3). What it brings is marked as sent without an
/// answer, so that it is looked for at the server before it goes out again. Whether it brought anything.
pub(super) fn apply(tx: &Transaction<'_>, work: &Work, writer: &str) -> Result<bool, StoreError> {
    let mut put_here = Vec::new();
    for copied in &work.writes {
        let document = documents::parse(&copied.body)?;
        let act = Act::from_code(&copied.act).ok_or(StoreError::Missing { kind: "act" })?;
        let ours = Revision::of(&document);
        if let Some(revision) = ours.as_ref().filter(|revision| revision.writer == writer) {
            counter_at_least(tx, revision.counter)?;
        }
        let existing = existing(tx, &document)?;
        if let Some(found) = &existing
            && has_it(found, act, &document, ours.as_ref())?
        {
            continue;
        }
        let fresh = existing.is_none();
        put(tx, work, act, &document, existing)?;
        if fresh {
            tx.prepare_cached("UPDATE documents SET base_body = ?, version = ? WHERE kind = ? AND id = ?")?.execute(params![
                copied.base,
                copied.version,
                document.kind(),
                document.id()
            ])?;
        }
        tx.prepare_cached("UPDATE intents SET state = 'unknown', sent = ? WHERE kind = ? AND id = ? AND state = 'waiting'")?
            .execute(params![copied.body, document.kind(), document.id()])?;
        put_here.push(document);
    }
    let ends = match &work.ends_draft {
        Some(id) => tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM drafts WHERE id = ?)")?.query_row([id], |row| row.get::<_, bool>(0))?,
        None => false,
    };
    if put_here.is_empty() && !ends && work.draft.is_none() {
        return Ok(false);
    }
    let subject = put_here.first().map(Document::reference).unwrap_or_default();
    end(tx, work, &subject, &put_here)?;
    Ok(true)
}

/// Whether what is here is what the journal holds of a document, or comes after it.
fn has_it(found: &Existing, act: Act, document: &Document, ours: Option<&Revision>) -> Result<bool, StoreError> {
    if document.kind() == attachment::CONTENT {
        return Ok(true);
    }
    let there = Revision::of(&documents::parse(&found.body)?);
    let later = there.zip(ours).is_some_and(|(there, ours)| there.writer == ours.writer && there.counter >= ours.counter);
    Ok(later || found.signed && !in_error::is_in_error(document) || act == Act::Create && found.version.is_some())
}

/// What belongs to an act beside its documents: the draft it ends, the audit row, what is to be projected.
fn end(tx: &Transaction<'_>, work: &Work, subject: &str, documents: &[Document]) -> Result<(), StoreError> {
    if let Some(draft) = &work.ends_draft {
        tx.prepare_cached("DELETE FROM drafts WHERE id = ?")?.execute([draft])?;
    }
    if let Some(draft) = &work.draft {
        drafts::save(tx, draft)?;
    }
    audit::append(tx, work, subject)?;
    changed::touched(tx, documents)
}

/// Does what a person decided about an item; returns what it was about.
fn decide(tx: &Transaction<'_>, item: i64, decision: &Decision, author: &RevisionAuthor<'_>) -> Result<String, StoreError> {
    let about: Option<String> =
        tx.prepare_cached("SELECT kind || '/' || id FROM intents WHERE seq = ?")?.query_row([item], |row| row.get(0)).optional()?;
    match decision {
        Decision::KeepOurs { merged, theirs } => {
            rebase::rebase(tx, author, merged, theirs)?;
            outbox::retry(tx, item)?;
        }
        Decision::KeepTheirs { theirs } => rebase::take_theirs(tx, item, theirs)?,
        Decision::SeenLost => outbox::seen_lost(tx, item)?,
        Decision::Retry => outbox::retry(tx, item)?,
    }
    Ok(about.unwrap_or_default())
}

struct Existing {
    row: i64,
    body: String,
    base: Option<String>,
    version: Option<String>,
    signed: bool,
}

impl Existing {
    /// The server version that a change made now starts from.
    fn base(&self) -> Option<&str> {
        self.base.as_deref().or(self.version.as_ref().map(|_| self.body.as_str()))
    }
}

fn existing(tx: &Transaction<'_>, document: &Document) -> Result<Option<Existing>, StoreError> {
    let found = tx
        .prepare_cached("SELECT row, body, base_body, version, signed FROM documents WHERE kind = ? AND id = ?")?
        .query_row([document.kind(), document.id()], |row| {
            Ok(Existing { row: row.get(0)?, body: row.get(1)?, base: row.get(2)?, version: row.get(3)?, signed: row.get(4)? })
        })
        .optional()?;
    Ok(found)
}

fn put(tx: &Transaction<'_>, work: &Work, act: Act, document: &Document, existing: Option<Existing>) -> Result<(), StoreError> {
    let fresh = existing.is_none();
    let row = match existing {
        Some(found) => {
            tx.prepare_cached("UPDATE documents SET body = ?, base_body = ? WHERE row = ?")?.execute(params![
                document.to_text(),
                found.base(),
                found.row
            ])?;
            found.row
        }
        None => {
            let signed = note::is_signed(document) || assignment::is_stamp(document);
            tx.prepare_cached("INSERT INTO documents (kind, id, body, signed) VALUES (?, ?, ?, ?)")?.execute(params![
                document.kind(),
                document.id(),
                document.to_text(),
                signed
            ])?;
            tx.last_insert_rowid()
        }
    };
    references::index(tx, row, document, fresh)?;
    record_revision(tx, document)?;
    tx.prepare_cached("INSERT OR IGNORE INTO unproven (kind, id, act, unit, lane, made) VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![
        document.kind(),
        document.id(),
        act.code(),
        work.unit,
        work.lane,
        work.at
    ])?;
    outbox::enqueue(tx, work, act, document)
}
