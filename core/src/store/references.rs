//! Which document points at which: the index of references.
//!
//! Rule: only elements that a view or the scope asks for are indexed, and a row follows its document in the same commit.
//! Neighbours: whatever puts a document indexes it; `records` and `scope` ask.

use rusqlite::{Connection, params};

use super::error::StoreError;
use crate::fhir::{Document, attachment};

/// The elements whose references are indexed: what a view or the scope asks for.
const INDEXED: [&str; 16] = [
    "about",
    "entity",
    "focus",
    "subject",
    "target",
    "basedOn",
    "for",
    "owner",
    "patient",
    "partOf",
    "item",
    "relatesTo",
    "context",
    "encounter",
    "locationReference",
    "participant",
];

/// Indexes what a document refers to. `fresh` tells that its row is new.
pub(super) fn index(connection: &Connection, row: i64, document: &Document, fresh: bool) -> Result<(), StoreError> {
    if !fresh {
        connection.prepare_cached("DELETE FROM refs WHERE row = ?")?.execute([row])?;
    }
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO refs VALUES (?, ?, ?)")?;
    for (element, target) in document.references() {
        if INDEXED.contains(&element.as_str()) {
            insert.execute(params![target, element, row])?;
        }
    }
    Ok(())
}

pub(super) fn pointing(tx: &Connection, kind: &str, element: &str, target: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT d.kind || '/' || d.id FROM refs r JOIN documents d ON d.row = r.row WHERE r.target = ? AND r.element = ? AND d.kind = ?",
    )?;
    Ok(statement.query_map([target, element, kind], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The references to contents that a document names.
pub(super) fn contents_named(document: &Document) -> Vec<String> {
    let urls = document.list("/content").iter().filter_map(|content| content.pointer("/attachment/url")?.as_str());
    urls.filter(|url| crate::fhir::document::id_of(url, attachment::CONTENT).is_some()).map(str::to_owned).collect()
}
