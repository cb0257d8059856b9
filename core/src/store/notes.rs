//! The notes that are signed, listed and searched by their words.
//!
//! Rule: what a person types is words, never one of SQLite's operators. Neighbours: `projections::notes` writes the rows.

use rusqlite::{Row, params};

use super::database::Store;
use super::error::StoreError;

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
    /// The newest `most` notes that hold every one of these words; where fewer hold them whole, also those in which the last
    /// word is a beginning. (Where `most` hold them whole, a newer note that holds only a longer word is not listed.)
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search_notes(&self, words: &str, most: u32) -> Result<Vec<NoteRow>, StoreError> {
        let whole = quoted(words);
        if whole.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.matching(&whole, most)?;
        if found.len() < most as usize { self.matching(&format!("{whole}*"), most) } else { Ok(found) }
    }

    fn matching(&self, query: &str, most: u32) -> Result<Vec<NoteRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT n.row, n.id, n.incident, n.person, n.author, n.standing, n.text FROM notes n
             WHERE n.row IN (SELECT rowid FROM note_words WHERE note_words MATCH ?1 ORDER BY rowid DESC LIMIT ?2) ORDER BY n.row DESC",
        )?;
        Ok(statement.query_map(params![query, most], note_row)?.collect::<Result<_, _>>()?)
    }
}

/// What a person typed, as a full-text query that cannot be one of SQLite's operators: what stands between spaces is
/// quoted, and FTS5 itself tells where words end, as it did in the notes.
fn quoted(words: &str) -> String {
    words
        .split(|c: char| c.is_whitespace() || c == '\0')
        .map(|word| word.replace('"', "\"\""))
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(16)
        .map(|word| format!("\"{word}\""))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_types_is_never_an_operator() {
        assert_eq!(quoted("red AND \"coat* NEAR("), "\"red\" \"AND\" \"\"\"coat*\" \"NEAR(\"");
        assert_eq!(quoted(" -- ''"), "");
    }
}
