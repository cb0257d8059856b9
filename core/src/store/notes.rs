//! The notes that are signed, listed and searched by their words.
//!
//! Rule: what a person types goes the way that the notes went ([`fold`](super::fold)), and is never one of SQLite's
//! operators. Neighbours: `projections::notes` writes the rows.

use rusqlite::{Row, params};

use super::database::Store;
use super::error::StoreError;
use super::fold::question;

/// One found note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteRow {
    /// Its id.
    pub id: String,
    /// The incident.
    pub incident: String,
    /// The person.
    pub person: String,
    /// The author.
    pub author: String,
    /// `signed` or `addendum`.
    pub standing: String,
    /// When it was signed, in microseconds since 1970 (moved up by a few where two are the same).
    pub at_us: i64,
    /// The text.
    pub text: String,
}

fn note_row(row: &Row<'_>) -> rusqlite::Result<NoteRow> {
    Ok(NoteRow {
        at_us: row.get(0)?,
        id: row.get(1)?,
        incident: row.get(2)?,
        person: row.get(3)?,
        author: row.get(4)?,
        standing: row.get(5)?,
        text: row.get(6)?,
    })
}

impl Store {
    /// The newest `most` notes that hold every one of these words, in the text or in the names of their person; where fewer hold them whole, also those in which the last
    /// word is a beginning. (Where `most` hold them whole, a newer note that holds only a longer word is not listed.)
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search_notes(&self, words: &str, most: u32) -> Result<Vec<NoteRow>, StoreError> {
        let whole = question(words, false);
        if whole.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.matching(&whole, most)?;
        if found.len() < most as usize { self.matching(&question(words, true), most) } else { Ok(found) }
    }

    fn matching(&self, query: &str, most: u32) -> Result<Vec<NoteRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT n.row, n.id, n.incident, n.person, n.author, n.standing, n.text FROM notes n
             WHERE n.row IN (SELECT rowid FROM note_words WHERE note_words MATCH ?1 ORDER BY rowid DESC LIMIT ?2) ORDER BY n.row DESC",
        )?;
        Ok(statement.query_map(params![query, most], note_row)?.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::ids::{IncidentId, MemberId, NoteId, PersonId};
    use crate::fhir::Document;
    use crate::note::{Note, Standing};
    use crate::store::{Incoming, Key};

    fn note(number: i64) -> Document {
        crate::fhir::note::write(&Note {
            id: NoteId::derived(&number.to_string()),
            incident: IncidentId::derived("case"),
            person: PersonId::derived("person"),
            author: MemberId::derived("author"),
            standing: Standing::Signed { draft: None },
            at: jiff::Timestamp::from_second(1_760_000_000 + number).unwrap(),
            text: format!("Łukasz took 300mg, visit {number}"),
        })
    }

    fn store(path: &std::path::Path) -> Store {
        Store::open(path, &Key::new(&[1; 32]).unwrap(), "agency").unwrap()
    }

    fn take(store: &mut Store, version: &str, mut documents: Vec<Document>) {
        for document in &mut documents {
            document.set("meta", json!({ "versionId": version }));
        }
        store.take(&Incoming { documents, read_upto: None }).unwrap();
    }

    #[test]
    fn notes_are_found_by_the_name_of_their_person_whatever_it_is_now() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(&dir.path().join("work.db"));
        let mut person = Document::new("Patient", PersonId::derived("person").as_str());
        person.set("name", json!([{ "given": ["Søren"], "family": "Strauß" }]));
        take(&mut store, "1", vec![note(1)]);
        assert_eq!(store.search_notes("soren strauss", 5).unwrap().len(), 0);
        take(&mut store, "1", vec![person.clone()]);
        assert_eq!(store.search_notes("soren strauss 300 mg", 5).unwrap().len(), 1);
        person.set("name", json!([{ "given": ["Đặng"] }]));
        take(&mut store, "2", vec![person]);
        assert_eq!((store.search_notes("soren", 5).unwrap().len(), store.search_notes("dang lukasz", 5).unwrap().len()), (0, 1));
    }

    #[test]
    fn folding_what_an_older_release_left_is_cut_short_anywhere_and_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("work.db");
        let mut at_first = store(&path);
        take(&mut at_first, "1", (0..10).map(note).collect());
        at_first
            .connection
            .execute_batch("UPDATE notes SET folded = NULL; INSERT INTO note_words (note_words) VALUES ('delete-all')")
            .unwrap();
        assert_eq!(at_first.fold_some(3).unwrap(), 3);
        assert_eq!(at_first.search_notes("lukasz", 20).unwrap().len(), 3);
        // Killed inside of the next commit, and a note that was not folded yet is entered in error.
        {
            let tx = at_first.connection.unchecked_transaction().unwrap();
            tx.execute("UPDATE notes SET folded = 'half' WHERE folded IS NULL", []).unwrap();
        }
        let mut wrong = note(0);
        wrong.set("status", json!("entered-in-error"));
        crate::store::projections::changed::touched(&at_first.connection, [&wrong]).unwrap();
        drop(at_first);
        let again = store(&path);
        assert_eq!(again.search_notes("lukasz 300 mg", 20).unwrap().len(), 9);
        again.connection.execute("INSERT INTO note_words (note_words, rank) VALUES ('integrity-check', 1)", []).unwrap();
    }
}
