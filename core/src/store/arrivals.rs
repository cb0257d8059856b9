//! What the server said, taken in: gathers what is held here of a document, asks [`arrive`](crate::arrive) what becomes of it,
//! and does what the decision says.
//!
//! Rule: nothing is decided here. Everything that one answer said is one commit: gathered, decided and done inside it, so
//! that an act committed meanwhile is seen whole or not at all. Neighbours: `pages` takes what a pull brings through here,
//! `sync` the rest.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::database::Store;
use super::error::StoreError;
use super::projections::changed;
use super::records::Rows;
use super::revision::{RevisionAuthor, record_revision, was_shown};
use super::unverified::confirm_readback;
use super::{documents, outbox, rebase};
use crate::arrive::{Decision, Held, Incoming, Local, Merge, Source, Text, Unsent, decide};
use crate::base::Code;
use crate::delivery::{Act, IntentState, ParkReason};
use crate::fhir::{self, Document, Revision};
use crate::records::lookup;

/// What the server said of one document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival<'a> {
    /// The document's type.
    pub kind: &'a str,
    /// The document's id.
    pub id: &'a str,
    /// What it said.
    pub incoming: Incoming<'a>,
    /// In answer to what.
    pub source: Source<'a>,
}

impl<'a> Arrival<'a> {
    /// A document that came by itself.
    pub fn of(document: &'a Document, source: Source<'a>) -> Self {
        Self { kind: document.kind(), id: document.id(), incoming: Incoming::Document(document), source }
    }
}

impl Store {
    /// Takes in what the server said. On return everything that was decided of it is on disk, in one commit.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it was taken.
    pub fn arrive(&mut self, arrivals: &[Arrival<'_>]) -> Result<Vec<Decision>, StoreError> {
        let author = RevisionAuthor { writer: &self.writer, agency: &self.agency };
        let tx = self.connection.transaction()?;
        let decisions = take_in(&tx, &author, arrivals)?;
        tx.commit()?;
        Ok(decisions)
    }
}

/// Gathers, decides and does, within a transaction.
pub(super) fn take_in(tx: &Transaction<'_>, author: &RevisionAuthor<'_>, arrivals: &[Arrival<'_>]) -> Result<Vec<Decision>, StoreError> {
    let mut executor = Executor { tx, author, touched: Vec::new() };
    let mut decisions = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        let (row, local) = gather(tx, arrival)?;
        let decision = decide(&local, &arrival.incoming, arrival.source)?;
        executor.execute(arrival, row, &decision)?;
        decisions.push(decision);
    }
    changed::touched(tx, executor.touched.iter().map(AsRef::as_ref))?;
    Ok(decisions)
}

fn gather(tx: &Connection, arrival: &Arrival<'_>) -> Result<(Option<i64>, Local), StoreError> {
    let found = tx
        .prepare_cached("SELECT row, body, base_body, server_body, version, signed FROM documents WHERE kind = ? AND id = ?")?
        .query_row([arrival.kind, arrival.id], held)
        .optional()?;
    let shown = match arrival.incoming {
        Incoming::Document(document) => was_shown(tx, document)?,
        _ => false,
    };
    let Some((row, held)) = found else { return Ok((None, Local { shown, ..Local::default() })) };
    let mut statement = tx.prepare_cached("SELECT seq, act, state, sent FROM intents WHERE kind = ? AND id = ? ORDER BY seq")?;
    let intents = statement.query_map([arrival.kind, arrival.id], unsent)?.collect::<Result<_, _>>()?;
    Ok((Some(row), Local { held: Some(held), intents, shown }))
}

fn held(row: &Row<'_>) -> rusqlite::Result<(i64, Held)> {
    let text = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(index)?.map(Text));
    let (base, beside) = (text(2)?, text(3)?);
    Ok((row.get(0)?, Held { body: Text(row.get(1)?), base, beside, version: row.get(4)?, signed: row.get(5)? }))
}

fn unsent(row: &Row<'_>) -> rusqlite::Result<Unsent> {
    Ok(Unsent {
        seq: row.get(0)?,
        act: outbox::code(row, 1)?,
        state: outbox::code(row, 2)?,
        sent: row.get::<_, Option<String>>(3)?.map(Text),
    })
}

/// Does what decisions say, and remembers which documents screens must be told of.
struct Executor<'t, 'a> {
    tx: &'t Transaction<'t>,
    author: &'t RevisionAuthor<'t>,
    touched: Vec<Cow<'a, Document>>,
}

impl<'a> Executor<'_, 'a> {
    fn execute(&mut self, arrival: &Arrival<'a>, row: Option<i64>, decision: &Decision) -> Result<(), StoreError> {
        if let Some(seq) = arrival.source.intent() {
            self.about_an_intent(arrival, seq, decision)?;
        }
        match (&arrival.incoming, row) {
            (Incoming::Document(theirs), Some(row)) => self.about_what_is_held(theirs, row, decision),
            (Incoming::Document(theirs), None) if *decision == Decision::Show => {
                self.touched.push(Cow::Borrowed(theirs));
                documents::replace(self.tx, theirs, true)
            }
            _ => match decision {
                Decision::Confirm => confirm_readback(self.tx, arrival.kind, arrival.id),
                Decision::SendAgain => self.send_again(arrival.kind, arrival.id),
                _ => Ok(()),
            },
        }
    }

    /// What a read or a search brought, and what stands here in its place.
    fn about_what_is_held(&mut self, theirs: &'a Document, row: i64, decision: &Decision) -> Result<(), StoreError> {
        match decision {
            Decision::Show => {
                self.touched.push(Cow::Borrowed(theirs));
                confirm_readback(self.tx, theirs.kind(), theirs.id())?;
                documents::replace(self.tx, theirs, false)
            }
            Decision::Confirm => confirm_readback(self.tx, theirs.kind(), theirs.id()),
            Decision::KeepBeside => documents::keep_beside(self.tx, theirs),
            Decision::KeepSigned { beside } => {
                confirm_readback(self.tx, theirs.kind(), theirs.id())?;
                let theirs_text = beside.then(|| theirs.to_text());
                self.tx.prepare_cached("UPDATE documents SET version = ?, server_body = ? WHERE row = ?")?.execute(params![
                    theirs.version(),
                    theirs_text,
                    row
                ])?;
                Ok(())
            }
            Decision::Reapply => self.reapply(theirs, row),
            Decision::MarkAgain => {
                confirm_readback(self.tx, theirs.kind(), theirs.id())?;
                self.tx
                    .prepare_cached("UPDATE documents SET base_body = ?, server_body = NULL, version = ? WHERE row = ?")?
                    .execute(params![theirs.to_text(), theirs.version(), row])?;
                self.touched.push(Cow::Borrowed(theirs));
                outbox::requeue(self.tx, theirs.kind(), theirs.id(), Act::Change)
            }
            Decision::EnterInError { after } => self.enter_in_error(theirs, row, after),
            _ => Ok(()),
        }
    }

    /// What the server lost goes out again, on top of what it has and under a new revision, so that two phones that both
    /// notice do not take each other for the old state.
    fn reapply(&mut self, theirs: &'a Document, row: i64) -> Result<(), StoreError> {
        let Some(newest) = Rows(self.tx).read(theirs.kind(), theirs.id())? else { return Ok(()) };
        let mut ours = newest.clone();
        self.author.revise(self.tx, &mut ours, Some(&newest), Revision::of(&newest).and_then(|revision| revision.by))?;
        self.tx.prepare_cached("UPDATE documents SET body = ?, base_body = ?, version = ? WHERE row = ?")?.execute(params![
            ours.to_text(),
            theirs.to_text(),
            theirs.version(),
            row
        ])?;
        record_revision(self.tx, &ours)?;
        self.touched.push(Cow::Borrowed(theirs));
        outbox::requeue(self.tx, theirs.kind(), theirs.id(), Act::Change)
    }

    fn enter_in_error(&mut self, theirs: &'a Document, row: i64, after: &Document) -> Result<(), StoreError> {
        confirm_readback(self.tx, theirs.kind(), theirs.id())?;
        self.tx
            .prepare_cached("UPDATE documents SET body = ?, base_body = NULL, server_body = NULL, version = ? WHERE row = ?")?
            .execute(params![after.to_text(), theirs.version(), row])?;
        record_revision(self.tx, after)?;
        self.touched.push(Cow::Owned(after.clone()));
        Ok(())
    }

    fn send_again(&self, kind: &str, id: &str) -> Result<(), StoreError> {
        self.tx.prepare_cached("UPDATE documents SET version = NULL, base_body = NULL WHERE kind = ? AND id = ?")?.execute([kind, id])?;
        outbox::requeue(self.tx, kind, id, Act::Create)
    }

    /// What an answer says of what was sent.
    fn about_an_intent(&mut self, arrival: &Arrival<'a>, seq: i64, decision: &Decision) -> Result<(), StoreError> {
        match decision {
            Decision::Arrived { version, confirmed } => self.arrived(arrival, seq, version, *confirmed),
            Decision::Requeue => outbox::set_state(self.tx, seq, IntentState::Waiting),
            Decision::ClaimAsked { version, again_at } => outbox::asked(self.tx, seq, (arrival.kind, arrival.id), version, *again_at),
            Decision::Park { reason, beside, detail } => {
                if let Incoming::Document(theirs) = arrival.incoming
                    && *beside
                {
                    documents::keep_beside(self.tx, theirs)?;
                }
                outbox::park(self.tx, seq, *reason, detail.as_deref())
            }
            _ => match arrival.incoming {
                Incoming::Document(theirs) => self.with_theirs(theirs, seq, decision),
                _ => Ok(()),
            },
        }
    }

    fn arrived(&mut self, arrival: &Arrival<'a>, seq: i64, version: &str, confirmed: bool) -> Result<(), StoreError> {
        let (kind, id) = (arrival.kind, arrival.id);
        let sent = outbox::sent(self.tx, seq)?;
        let Some(sent) = sent.map_or_else(|| Rows(self.tx).read(kind, id), |sent| Ok(Some(sent)))? else { return Ok(()) };
        outbox::arrive(self.tx, seq, version, &sent)?;
        if confirmed {
            confirm_readback(self.tx, kind, id)?;
        }
        self.touched.push(Cow::Owned(sent));
        Ok(())
    }

    /// Ours and theirs, put together as was decided.
    fn with_theirs(&mut self, theirs: &'a Document, seq: i64, decision: &Decision) -> Result<(), StoreError> {
        match decision {
            Decision::Settle { sent, merge, others } => self.settle(theirs, seq, sent, merge, *others),
            Decision::TakeTheirs => {
                outbox::end(self.tx, seq)?;
                self.touched.push(Cow::Borrowed(theirs));
                documents::replace(self.tx, theirs, false)
            }
            Decision::Rebase { merged } => {
                let mut merged = merged.clone();
                self.project_status(&mut merged)?;
                rebase::rebase(self.tx, self.author, &merged, theirs)?;
                outbox::set_state(self.tx, seq, IntentState::Waiting)
            }
            Decision::AdoptClaim { merged, more, .. } => {
                rebase::rebase(self.tx, self.author, merged, theirs)?;
                outbox::adopt_claim(self.tx, seq, theirs, *more)
            }
            Decision::ClaimLost => {
                outbox::lose_claim(self.tx, seq, theirs)?;
                self.touched.push(Cow::Borrowed(theirs));
                documents::replace(self.tx, theirs, false)
            }
            _ => Ok(()),
        }
    }

    /// Were the intent's end and what is shown two commits, a crash in between would leave ours under the name of theirs.
    fn settle(&mut self, theirs: &Document, seq: i64, sent: &Document, merge: &Merge, others: usize) -> Result<(), StoreError> {
        outbox::arrive(self.tx, seq, theirs.version().unwrap_or_default(), sent)?;
        match merge {
            Merge::Clean { merged } => {
                let mut merged = merged.clone();
                if others > 0 {
                    self.project_status(&mut merged)?;
                }
                rebase::rebase(self.tx, self.author, &merged, theirs)?;
            }
            Merge::Conflict { elements } => {
                documents::keep_beside(self.tx, theirs)?;
                self.tx.execute(
                    "UPDATE intents SET state = 'parked', reason = ?, detail = ? WHERE kind = ? AND id = ?",
                    params![ParkReason::ChangedElsewhere.code(), elements, theirs.kind(), theirs.id()],
                )?;
                self.touched.push(Cow::Owned(sent.clone()));
            }
        }
        confirm_readback(self.tx, sent.kind(), sent.id())
    }

    /// Writes onto a Task what the stamps here say (a projection, recomputed where ours goes on top of theirs).
    fn project_status(&self, task: &mut Document) -> Result<(), StoreError> {
        if fhir::assignment::is_assignment(task) {
            let stamps = lookup::stamps(&Rows(self.tx), task.id())?;
            if stamps.unread.is_empty() {
                let owned = task.at("/owner").is_some();
                fhir::assignment::project(stamps.status().state, owned, task);
            }
        }
        Ok(())
    }
}
