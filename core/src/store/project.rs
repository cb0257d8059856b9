//! Projections: slim rows computed from documents, before they are read and once, however much changed. They may be
//! rebuilt at any time.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::commit::Hand;
use super::records::Rows;
use super::{Store, StoreError, documents, outbox, second_copy, teams};
use crate::base::Code;
use crate::delivery::Act;
use crate::fhir::{self, Document};
use crate::records::RecordsError;
use crate::views::queue;

/// Names the assignments and teams that the changed documents touch, to be recomputed before the next read, and keeps the words of
/// signed notes.
pub(super) fn touched<'a>(tx: &Connection, changed: impl IntoIterator<Item = &'a Document>) -> Result<(), StoreError> {
    let mut stale = BTreeSet::new();
    for document in changed {
        stale.extend(teams::touched_by(tx, document)?);
        match document.kind() {
            "Task" if fhir::assignment::is_assignment(document) => {
                stale.insert(document.reference());
            }
            "Provenance" => stale.extend(document.text("/target/0/reference").map(str::to_owned)),
            "ServiceRequest" => stale.extend(pointing(tx, "Task", "focus", &document.reference())?),
            "Patient" => {
                for request in pointing(tx, "ServiceRequest", "subject", &document.reference())? {
                    stale.extend(pointing(tx, "Task", "focus", &request)?);
                }
            }
            "Location" => {
                for request in pointing(tx, "ServiceRequest", "locationReference", &document.reference())? {
                    stale.extend(pointing(tx, "Task", "focus", &request)?);
                }
            }
            "DocumentReference" if fhir::in_error::is_in_error(document) => forget_note(tx, document.id())?,
            "DocumentReference" if fhir::note::is_signed(document) => note(tx, document)?,
            _ => {}
        }
    }
    for reference in stale {
        tx.prepare_cached("INSERT OR IGNORE INTO stale VALUES (?)")?.execute([reference])?;
    }
    Ok(())
}

impl Store {
    /// Reads rows, after those that are stale were recomputed; every read of them comes through here. A full disk keeps
    /// nobody from reading: then the rows are right, and are recomputed at the next read again (P23).
    pub(super) fn fresh<R>(&self, read: impl FnOnce(&Self) -> Result<R, StoreError>) -> Result<R, StoreError> {
        let any: bool = self.connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM stale)")?.query_row([], |row| row.get(0))?;
        if !any {
            return read(self);
        }
        // One connection, and no transaction is open while a read begins.
        let tx = self.connection.unchecked_transaction()?;
        let stale: Vec<String> =
            tx.prepare_cached("SELECT assignment FROM stale")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for reference in stale {
            match load(&tx, &reference)? {
                Some(task) if fhir::assignment::is_assignment(&task) => assignment(&tx, &task)?,
                Some(team) if team.kind() == "CareTeam" => teams::recompute(&tx, &team)?,
                _ => {}
            }
        }
        tx.execute("DELETE FROM stale", [])?;
        let found = read(self)?;
        match tx.commit().map_err(StoreError::from) {
            Ok(()) | Err(StoreError::Full) => Ok(found),
            Err(error) => Err(error),
        }
    }
}

fn load(tx: &Connection, reference: &str) -> Result<Option<Document>, StoreError> {
    let Some((kind, id)) = reference.split_once('/') else { return Ok(None) };
    let body: Option<String> =
        tx.prepare_cached("SELECT body FROM documents WHERE kind = ? AND id = ?")?.query_row([kind, id], |row| row.get(0)).optional()?;
    body.as_deref().map(documents::parse).transpose()
}

pub(super) fn pointing(tx: &Connection, kind: &str, element: &str, target: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT d.kind || '/' || d.id FROM refs r JOIN documents d ON d.row = r.row WHERE r.target = ? AND r.element = ? AND d.kind = ?",
    )?;
    Ok(statement.query_map([target, element, kind], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Writes the slim row of one assignment anew.
fn assignment(tx: &Connection, task: &Document) -> Result<(), StoreError> {
    let row = match queue::row(&Rows(tx), task) {
        // One that has no legal id costs itself.
        Err(RecordsError::Unreadable { .. }) => return Ok(()),
        row => row?,
    };
    tx.prepare_cached("INSERT OR REPLACE INTO assignments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        row.assignment.as_str(),
        row.incident.as_ref().map_or("", |id| id.as_str()),
        row.team.as_ref().map(|id| id.as_str()),
        row.state.code(),
        !row.state.is_terminal(),
        row.urgency as i64,
        row.determined.map(|at| at.to_string()).unwrap_or_default(),
        row.headline,
        row.person,
        row.place,
        row.door.map_or("", Code::code),
        row.cards,
        row.readable,
    ])?;
    Ok(())
}

/// A slim row and the words of a signed note. A note that cannot be read keeps its document and gets no row.
fn note(tx: &Connection, document: &Document) -> Result<(), StoreError> {
    let Ok(note) = fhir::note::read(document) else { return Ok(()) };
    if tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM notes WHERE id = ?)")?.query_row([note.id.as_str()], |row| row.get(0))? {
        return Ok(());
    }
    let standing = if matches!(note.standing, crate::note::Standing::Addendum { .. }) { "addendum" } else { "signed" };
    let mut row = note.at.as_microsecond();
    while tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM notes WHERE row = ?)")?.query_row([row], |r| r.get(0))? {
        row += 1;
    }
    tx.prepare_cached("INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        row,
        note.id.as_str(),
        note.incident.as_str(),
        note.person.as_str(),
        note.author.as_str(),
        standing,
        note.text
    ])?;
    tx.prepare_cached("INSERT INTO note_words (rowid, text) VALUES (?, ?)")?.execute(params![row, note.text])?;
    Ok(())
}

/// How a document of the server's came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// Read by its id: it is the server's current version.
    Read,
    /// In the answer to a search, which may be some time behind what the server has.
    Found,
}

/// What came of taking a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Took {
    /// Something changed that this phone shows.
    Changed,
    /// Nothing changed that this phone shows.
    Nothing,
    /// A search brought it, and it may be older than what is here: it was not taken, and is to be read by its id.
    InDoubt,
}

/// Takes one document from the server.
pub(super) fn take(tx: &Connection, incoming: &Document, came: Came, hand: &Hand<'_>) -> Result<Took, StoreError> {
    let (kind, id) = (incoming.kind(), incoming.id());
    let found: Option<(i64, Option<String>, bool)> = tx
        .prepare_cached("SELECT row, version, signed FROM documents WHERE kind = ? AND id = ?")?
        .query_row([kind, id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some(known) = &found else {
        // It was here once and has left scope: what comes back must not be older than what was shown then.
        if came == Came::Found && was_shown(tx, incoming)? {
            return Ok(Took::InDoubt);
        }
        replace(tx, incoming, true)?;
        return Ok(Took::Changed);
    };
    if came == Came::Found && !is_news(tx, known, incoming)? {
        return Ok(Took::InDoubt);
    }
    let unsent: bool =
        tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM intents WHERE kind = ? AND id = ?)")?.query_row([kind, id], |row| row.get(0))?;
    if !unsent && !known.2 && is_rollback(tx, incoming)? {
        // The server shows an older state than it has shown before: what it lost goes out again, on top of what it has and
        // under a new revision, so that two phones that both notice do not take each other for the old state.
        let Some(mut ours) = load(tx, &incoming.reference())? else { return Ok(Took::Nothing) };
        let newest = ours.clone();
        hand.sign(tx, &mut ours, Some(&newest), fhir::Revision::of(&newest).and_then(|revision| revision.by))?;
        tx.prepare_cached("UPDATE documents SET body = ?, base_body = ?, version = ? WHERE row = ?")?.execute(params![
            ours.to_text(),
            incoming.to_text(),
            incoming.version(),
            known.0
        ])?;
        documents::saw(tx, &ours)?;
        outbox::again(tx, kind, id, Act::Change)?;
        return Ok(Took::Changed);
    }
    second_copy::prove(tx, kind, id)?;
    match known {
        // What we sent is what we hold, also where the server dropped a part of it.
        (_, Some(version), _) if Some(version.as_str()) == incoming.version() => Ok(Took::Nothing),
        (row, ..) if unsent => {
            tx.prepare_cached("UPDATE documents SET server_body = ? WHERE row = ?")?.execute(params![incoming.to_text(), row])?;
            Ok(Took::Nothing)
        }
        (row, _, true) => {
            let ours = load(tx, &incoming.reference())?;
            if let Some(ours) = ours.as_ref().filter(|ours| one_note_in_error(ours, incoming)) {
                return entered_in_error(tx, *row, ours, incoming);
            }
            // Signed here: the body stays. Another content under the same id is kept beside it for a person to see.
            let theirs = ours.filter(|ours| !ours.same_meaning(incoming)).map(|_| incoming.to_text());
            tx.prepare_cached("UPDATE documents SET version = ?, server_body = ? WHERE row = ?")?.execute(params![
                incoming.version(),
                theirs,
                row
            ])?;
            Ok(Took::Nothing)
        }
        _ => {
            replace(tx, incoming, false)?;
            Ok(Took::Changed)
        }
    }
}

/// Whether two versions of a signed note are one note, which at least one of them says was entered in error.
pub(super) fn one_note_in_error(ours: &Document, theirs: &Document) -> bool {
    let said = fhir::in_error::is_in_error(ours) || fhir::in_error::is_in_error(theirs);
    said && fhir::in_error::in_error(ours).same_besides_extensions(&fhir::in_error::in_error(theirs))
}

/// A signed note was entered in error: here, and the server shows it standing again (it was set back, and hears of it once
/// more); or there, and then here too, with every word as it was and the revision that says so.
fn entered_in_error(tx: &Connection, row: i64, ours: &Document, incoming: &Document) -> Result<Took, StoreError> {
    if !fhir::in_error::is_in_error(incoming) {
        tx.prepare_cached("UPDATE documents SET base_body = ?, server_body = NULL, version = ? WHERE row = ?")?.execute(params![
            incoming.to_text(),
            incoming.version(),
            row
        ])?;
        outbox::again(tx, ours.kind(), ours.id(), Act::Change)?;
        return Ok(Took::Changed);
    }
    let mut after = fhir::in_error::in_error(ours);
    for element in ["extension", "meta"] {
        after.set(element, incoming.value().get(element).cloned().unwrap_or_default());
    }
    tx.prepare_cached("UPDATE documents SET body = ?, base_body = NULL, server_body = NULL, version = ? WHERE row = ?")?
        .execute(params![after.to_text(), incoming.version(), row])?;
    documents::saw(tx, &after)?;
    forget_note(tx, after.id())?;
    Ok(Took::Changed)
}

/// Whether what a search found is the version that is held here, or surely a later one: stamped after it, and no state that
/// was shown here before. Where this phone wrote last, the server's stamp of that is not known here, so nothing is sure.
fn is_news(tx: &Connection, (row, version, _): &(i64, Option<String>, bool), found: &Document) -> Result<bool, StoreError> {
    if version.as_deref() == found.version() && version.is_some() {
        return Ok(true);
    }
    let (beside, held): (Option<String>, String) = tx
        .prepare_cached("SELECT server_body, coalesce(base_body, body) FROM documents WHERE row = ?")?
        .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // What waits beside ours for a person is the newest that is known of the server's.
    let newest = documents::parse(beside.as_deref().unwrap_or(&held))?;
    if beside.is_some() && newest.version() == found.version() && newest.version().is_some() {
        return Ok(true);
    }
    let later = match (newest.last_updated(), found.last_updated()) {
        (Some(newest), Some(found)) => found > newest,
        _ => false,
    };
    Ok(later && (beside.is_some() || newest.version() == version.as_deref()) && !is_rollback(tx, found)?)
}

/// Whether the server shows a state of a document that was shown here before it was changed.
fn is_rollback(tx: &Connection, incoming: &Document) -> Result<bool, StoreError> {
    let here = if was_shown(tx, incoming)? { load(tx, &incoming.reference())? } else { None };
    Ok(here.as_ref().and_then(fhir::Revision::of).is_some_and(|ours| Some(ours) != fhir::Revision::of(incoming)))
}

/// Whether this state of a document has been shown here.
fn was_shown(tx: &Connection, document: &Document) -> Result<bool, StoreError> {
    let Some(revision) = fhir::Revision::of(document) else { return Ok(false) };
    Ok(tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM seen_revisions WHERE kind = ? AND id = ? AND name = ?)")?
        .query_row([document.kind(), document.id(), &revision.name()], |row| row.get(0))?)
}

/// Shows the server's version from now on. `fresh` tells that it was not here before.
pub(super) fn replace(tx: &Connection, theirs: &Document, fresh: bool) -> Result<(), StoreError> {
    let signed = fhir::note::is_signed(theirs) || fhir::assignment::is_stamp(theirs);
    let row = tx
        .prepare_cached(
            "INSERT INTO documents (kind, id, body, version, signed) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, base_body = NULL, server_body = NULL, version = excluded.version
             RETURNING row",
        )?
        .query_row(params![theirs.kind(), theirs.id(), theirs.to_text(), theirs.version(), signed], |row| row.get(0))?;
    documents::saw(tx, theirs)?;
    documents::index(tx, row, theirs, fresh)
}

/// Removes the slim rows of what is gone.
pub(super) fn forget(tx: &Connection, kind: &str, id: &str) -> Result<(), StoreError> {
    let still: bool =
        tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM documents WHERE kind = ? AND id = ?)")?.query_row([kind, id], |row| row.get(0))?;
    if still {
        return Ok(());
    }
    match kind {
        "Task" => drop(tx.prepare_cached("DELETE FROM assignments WHERE id = ?")?.execute([id])?),
        "DocumentReference" => forget_note(tx, id)?,
        "CareTeam" => teams::forget(tx, id)?,
        _ => {}
    }
    Ok(())
}

/// Takes a note out of what is listed and searched.
fn forget_note(tx: &Connection, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO note_words (note_words, rowid, text) SELECT 'delete', row, text FROM notes WHERE id = ?")?
        .execute([id])?;
    tx.prepare_cached("DELETE FROM notes WHERE id = ?")?.execute([id])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::acts::{Ledger, Plan};
    use crate::base::ids::MemberId;
    use crate::delivery::ParkReason;
    use crate::store::{Incoming, Key};

    fn theirs(version: &str, second: u8) -> Incoming {
        let meta = json!({ "versionId": version, "lastUpdated": format!("2026-11-25T02:00:{second:02}Z") });
        let document = Document::from_value(json!({ "resourceType": "Basic", "id": "b", "meta": meta, "author": version })).unwrap();
        Incoming { documents: vec![document], read_upto: Some((vec!["Basic?".into()], "2026-11-25T03:00:00Z".parse().unwrap())) }
    }

    #[test]
    fn a_conflict_that_waits_for_a_person_holds_up_no_watermark_and_its_other_side_never_goes_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        let at = "2026-11-25T02:00:00Z".parse().unwrap();
        store.commit(&Plan::new("test", &MemberId::fresh(), at, "v").create(Document::new("Basic", "b"))).unwrap();
        let seq = store.unsent().unwrap()[0].seq;
        store.park(seq, ParkReason::ChangedElsewhere, None).unwrap();
        assert_eq!(store.take_found(&theirs("2", 20)).unwrap().in_doubt.len(), 1, "nothing is known of the server's yet");
        store.take(&theirs("2", 20)).unwrap();
        // The same page again, with nothing decided; then an index that is behind; then news.
        assert_eq!(store.take_found(&theirs("2", 20)).unwrap().in_doubt.len(), 0);
        assert!(store.watermark("Basic?").unwrap().is_some());
        assert_eq!(store.take_found(&theirs("1", 10)).unwrap().in_doubt.len(), 1);
        let beside = |store: &Store| store.stored("Basic", "b").unwrap().unwrap().theirs.unwrap().version().unwrap().to_owned();
        assert_eq!(beside(&store), "2");
        assert_eq!(store.take_found(&theirs("3", 30)).unwrap().in_doubt.len(), 0);
        assert_eq!(beside(&store), "3");
    }
}
