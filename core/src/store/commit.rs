//! One plan, one commit: documents, outbox rows, audit rows, projections.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::second_copy::{Copied, DraftText, What, Work};
use super::{Store, StoreError, documents, merge, outbox, project, second_copy};
use crate::acts::{Decision, Ledger, Plan, Write};
use crate::base::Code;
use crate::delivery::Act;
use crate::fhir::{Document, Revision};

/// What a commit touched, as `Type/id`: what watches are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(pub Vec<String>);

impl Ledger for Store {
    type Error = StoreError;

    /// On return the plan's documents, outbox rows and audit row are on disk in one commit (P1), and in the journal (P3).
    fn commit(&mut self, plan: &Plan) -> Result<(), StoreError> {
        let (writer, agency) = (self.writer.clone(), self.agency.clone());
        self.keep(move |tx| {
            let work = revise(tx, plan, &Hand { writer: &writer, agency: &agency })?;
            let items = work.writes.len() + usize::from(work.draft.is_some());
            Ok((What::Work(work), items))
        })
    }
}

/// Who writes on this phone, and for whom.
pub(super) struct Hand<'a> {
    pub writer: &'a str,
    pub agency: &'a str,
}

impl Hand<'_> {
    /// Gives a document a new revision of ours, made from `parent`. Every content that leaves this phone has one of its own:
    /// an old one that comes back is known by it.
    pub fn sign(&self, tx: &Connection, document: &mut Document, parent: Option<&Document>, by: Option<String>) -> Result<(), StoreError> {
        // A Binary has no extensions; the document that names it carries the revision, and the content's hash.
        if document.kind() == crate::fhir::attachment::CONTENT {
            return Ok(());
        }
        let parent = parent.and_then(Revision::of).map(|revision| revision.name());
        let revision = Revision { writer: self.writer.to_owned(), counter: next_counter(tx)?, parent, by };
        revision.write(self.agency, document);
        Ok(())
    }
}

/// Puts a plan's documents, each under its new revision, and returns what the journal takes of it.
fn revise(tx: &Transaction<'_>, plan: &Plan, hand: &Hand<'_>) -> Result<Work, StoreError> {
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
        subject = decide(tx, *item, decision, hand)?;
    }
    let mut put_here = Vec::new();
    for Write { document, act } in &plan.writes {
        let existing = existing(tx, document)?;
        if existing.is_some() && *act == Act::Create {
            continue; // two acts may both bring the same person or place; the first one holds
        }
        let parent = existing.as_ref().map(|found| documents::parse(&found.body)).transpose()?;
        let mut document = document.clone();
        hand.sign(tx, &mut document, parent.as_ref(), Some(work.who.clone()))?;
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
        let existing = match existing(tx, &document)? {
            Some(_) if document.kind() == crate::fhir::attachment::CONTENT => continue,
            Some(found) => {
                let there = Revision::of(&documents::parse(&found.body)?);
                let has_it = match (&there, &ours) {
                    (Some(there), Some(ours)) => there.writer == ours.writer && there.counter >= ours.counter,
                    _ => false,
                };
                if has_it || found.signed && !crate::fhir::in_error::is_in_error(&document) || act == Act::Create && found.version.is_some()
                {
                    continue;
                }
                Some(found)
            }
            None => None,
        };
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

/// What belongs to an act beside its documents: the draft it ends, the audit row, what is to be projected.
fn end(tx: &Transaction<'_>, work: &Work, subject: &str, documents: &[Document]) -> Result<(), StoreError> {
    if let Some(draft) = &work.ends_draft {
        tx.prepare_cached("DELETE FROM drafts WHERE id = ?")?.execute([draft])?;
    }
    if let Some(draft) = &work.draft {
        second_copy::save_draft(tx, draft)?;
    }
    append_audit(tx, work, subject)?;
    project::touched(tx, documents)
}

/// Does what a person decided about an item; returns what it was about.
fn decide(tx: &Transaction<'_>, item: i64, decision: &Decision, hand: &Hand<'_>) -> Result<String, StoreError> {
    let about: Option<String> =
        tx.prepare_cached("SELECT kind || '/' || id FROM intents WHERE seq = ?")?.query_row([item], |row| row.get(0)).optional()?;
    match decision {
        Decision::KeepOurs { merged, theirs } => {
            merge::rebase(tx, hand, merged, theirs)?;
            outbox::retry(tx, item)?;
        }
        Decision::KeepTheirs { theirs } => merge::take_theirs(tx, item, theirs)?,
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
            let signed = crate::fhir::note::is_signed(document) || crate::fhir::assignment::is_stamp(document);
            tx.prepare_cached("INSERT INTO documents (kind, id, body, signed) VALUES (?, ?, ?, ?)")?.execute(params![
                document.kind(),
                document.id(),
                document.to_text(),
                signed
            ])?;
            tx.last_insert_rowid()
        }
    };
    documents::index(tx, row, document, fresh)?;
    documents::saw(tx, document)?;
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

fn counter_at_least(tx: &Transaction<'_>, counter: u64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO settings VALUES ('counter', ?1) ON CONFLICT DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(?1 AS INTEGER))",
    )?
    .execute([counter.to_string()])?;
    Ok(())
}

fn next_counter(tx: &Connection) -> Result<u64, StoreError> {
    let next: i64 = tx
        .prepare_cached(
            "INSERT INTO settings VALUES ('counter', '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER)",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(next.unsigned_abs())
}

pub(super) fn append_audit(tx: &Transaction<'_>, work: &Work, subject: &str) -> Result<(), StoreError> {
    let last = audit_head(tx)?;
    let hash = audit_hash(last.as_deref().unwrap_or_default(), &work.at, &work.who, &work.name, subject);
    tx.prepare_cached("INSERT INTO audit (at, who, act, subject, hash) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![work.at, work.who, work.name, subject, hash])?;
    Ok(())
}

fn audit_head(connection: &Connection) -> Result<Option<String>, StoreError> {
    Ok(connection.prepare_cached("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1")?.query_row([], |row| row.get(0)).optional()?)
}

fn audit_hash(last: &str, at: &str, who: &str, act: &str, subject: &str) -> String {
    chained(&[last, at, who, act, subject])
}

/// The hash of a row of a chain: SHA-256 over the hash before it and the row's parts, each with its length.
pub(super) fn chained(parts: &[&str]) -> String {
    let mut sum = Sha256::new();
    for part in parts {
        sum.update(part.len().to_le_bytes());
        sum.update(part);
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Takes the head of the escalations' own chain into the audit chain, where it is not its newest already (P27).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_escalations(&mut self, head: &str, who: &str, at: crate::base::clock::Instant) -> Result<(), StoreError> {
        let tx = self.connection.transaction()?;
        let noted: Option<String> = tx
            .query_row("SELECT subject FROM audit WHERE act = 'escalations' ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
            .optional()?;
        if noted.as_deref() != Some(head) {
            let work = Work { name: "escalations".into(), who: who.to_owned(), at: at.to_string(), ..Work::default() };
            append_audit(&tx, &work, head)?;
        }
        Ok(tx.commit()?)
    }

    /// The hash of the newest row of the audit chain; `None` before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit_head(&self) -> Result<Option<String>, StoreError> {
        audit_head(&self.connection)
    }

    /// What the audit rows of one act were about, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit_rows(&self, act: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT subject FROM audit WHERE act = ? ORDER BY seq")?;
        Ok(statement.query_map([act], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Follows the audit chain from its start. Returns the number of the first row that does not follow from the one
    /// before it; `None` where the chain is whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn first_break_in_audit(&self) -> Result<Option<i64>, StoreError> {
        let mut statement = self.connection.prepare("SELECT seq, at, who, act, subject, hash FROM audit ORDER BY seq")?;
        let mut rows = statement.query([])?;
        let (mut last, mut expected) = (String::new(), 1_i64);
        while let Some(row) = rows.next()? {
            let text = |index| row.get::<_, String>(index);
            let (seq, hash): (i64, String) = (row.get(0)?, text(5)?);
            if seq != expected || hash != audit_hash(&last, &text(1)?, &text(2)?, &text(3)?, &text(4)?) {
                return Ok(Some(seq));
            }
            (last, expected) = (hash, seq + 1);
        }
        Ok(None)
    }
}
