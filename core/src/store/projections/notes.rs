//! The slim rows of signed notes, and what of them is searched: their words and the names of their person, folded.
//!
//! Rule: a note has one row, from when it is signed until it is entered in error; what is searched is in `note_words`
//! exactly where `folded` is not NULL. Neighbours: `changed` calls, `store::notes` lists and searches, `store::fold` folds.

use rusqlite::{Connection, params};

use crate::fhir::{self, Document};
use crate::note::Standing;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::fold::folded;
use crate::store::records::Rows;

/// How many notes are folded in one commit.
const AT_ONCE: u32 = 200;

/// A slim row and the words of a signed note. A note that cannot be read keeps its document and gets no row.
pub(super) fn write(tx: &Connection, document: &Document) -> Result<(), StoreError> {
    let Ok(note) = fhir::note::read(document) else { return Ok(()) };
    if tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM notes WHERE id = ?)")?.query_row([note.id.as_str()], |row| row.get(0))? {
        return Ok(());
    }
    let standing = if matches!(note.standing, Standing::Addendum { .. }) { "addendum" } else { "signed" };
    let mut row = note.at.as_microsecond();
    while tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM notes WHERE row = ?)")?.query_row([row], |r| r.get(0))? {
        row += 1;
    }
    tx.prepare_cached("INSERT INTO notes (row, id, incident, person, author, standing, text) VALUES (?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![row, note.id.as_str(), note.incident.as_str(), note.person.as_str(), note.author.as_str(), standing, note.text])?;
    fold(tx, row, &searched(&note.text, &names(tx, note.person.as_str())?))
}

/// Folds anew what is searched of a person's notes, where their name is another now.
pub(super) fn renamed(tx: &Connection, person: &str) -> Result<(), StoreError> {
    let notes: Vec<(i64, String, String)> = tx
        .prepare_cached("SELECT row, text, folded FROM notes WHERE person = ? AND folded IS NOT NULL")?
        .query_map([person], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    if notes.is_empty() {
        return Ok(());
    }
    let names = names(tx, person)?;
    for (row, text, before) in notes {
        let now = searched(&text, &names);
        if now != before {
            unfold(tx, row)?;
            fold(tx, row, &now)?;
        }
    }
    Ok(())
}

/// Takes a note out of what is listed and searched.
pub(super) fn forget(tx: &Connection, id: &str) -> Result<(), StoreError> {
    let row = tx.prepare_cached("SELECT row FROM notes WHERE id = ?")?.query_map([id], |row| row.get(0))?.next().transpose()?;
    if let Some(row) = row {
        unfold(tx, row)?;
        tx.prepare_cached("DELETE FROM notes WHERE row = ?")?.execute([row])?;
    }
    Ok(())
}

impl Store {
    /// Folds what an earlier release stored without it, the newest first, in commits of their own: cut short anywhere, it
    /// goes on with the next opening. A full disk keeps nobody from opening: then the rest waits (P23).
    pub(in crate::store) fn fold_the_rest(&mut self) -> Result<(), StoreError> {
        loop {
            match self.fold_some(AT_ONCE) {
                Ok(0) | Err(StoreError::Full) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Folds some; how many there were.
    pub(in crate::store) fn fold_some(&mut self, most: u32) -> Result<usize, StoreError> {
        let tx = self.connection.transaction()?;
        let rows: Vec<(i64, String, String)> = tx
            .prepare_cached("SELECT row, person, text FROM notes WHERE folded IS NULL ORDER BY row DESC LIMIT ?")?
            .query_map([most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        for (row, person, text) in &rows {
            fold(&tx, *row, &searched(text, &names(&tx, person)?))?;
        }
        tx.commit()?;
        Ok(rows.len())
    }
}

fn searched(text: &str, names: &str) -> String {
    folded(&format!("{text}\n{names}"))
}

/// The names of a person that hold; empty where nobody knows one.
fn names(tx: &Connection, person: &str) -> Result<String, StoreError> {
    for kind in ["Patient", "RelatedPerson"] {
        if let Some(document) = Rows(tx).read(kind, person)? {
            let name = fhir::person::read(&document, Vec::new()).ok().and_then(|person| person.name).unwrap_or_default();
            let all: Vec<String> = name.given.into_iter().chain(name.family).chain(name.goes_by).collect();
            return Ok(all.join(" "));
        }
    }
    Ok(String::new())
}

fn fold(tx: &Connection, row: i64, folded: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE notes SET folded = ?2 WHERE row = ?1")?.execute(params![row, folded])?;
    tx.prepare_cached("INSERT INTO note_words (rowid, folded) VALUES (?, ?)")?.execute(params![row, folded])?;
    Ok(())
}

/// Takes a note's words out of the index, where they are in it.
fn unfold(tx: &Connection, row: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO note_words (note_words, rowid, folded) SELECT 'delete', row, folded FROM notes WHERE row = ? AND folded IS NOT NULL",
    )?
    .execute([row])?;
    Ok(())
}
