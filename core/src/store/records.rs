//! The store as [`Records`] and [`Outbox`]: what acts and views read.
//!
//! Rule: also within a transaction, through [`Rows`]; an error says no more than a reader can act on. Neighbours: `documents`,
//! `outbox` and `truth` hold what is read.

use rusqlite::{Connection, OptionalExtension};

use super::database::Store;
use super::error::{StoreError, seen};
use super::{documents, truth};
use crate::delivery::{Intent, Outbox, Parked, Stored, Truth};
use crate::fhir::Document;
use crate::note::Draft;
use crate::records::{AgencyKind, Records, RecordsError};

/// The documents behind a connection, also within a transaction.
pub(super) struct Rows<'a>(pub &'a Connection);

impl Rows<'_> {
    /// The document of this type and id.
    pub fn read(&self, kind: &str, id: &str) -> Result<Option<Document>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT body FROM documents WHERE kind = ? AND id = ?")?;
        let body: Option<String> = statement.query_row([kind, id], |row| row.get(0)).optional()?;
        body.as_deref().map(documents::parse).transpose()
    }

    fn bodies(&self, sql: &str, values: &[&str]) -> Result<Vec<Document>, StoreError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let bodies = statement.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(0))?;
        bodies.map(|body| documents::parse(&body?)).collect()
    }
}

impl Records for Rows<'_> {
    fn document(&self, kind: &str, id: &str) -> Result<Option<Document>, RecordsError> {
        self.read(kind, id).map_err(seen(kind))
    }

    fn pointing_at(&self, kind: &str, element: &str, target: &str) -> Result<Vec<Document>, RecordsError> {
        let sql = "SELECT d.body FROM refs r JOIN documents d ON d.row = r.row WHERE r.target = ? AND r.element = ? AND d.kind = ? ORDER BY d.row";
        self.bodies(sql, &[target, element, kind]).map_err(seen(kind))
    }

    fn of_kind(&self, kind: AgencyKind) -> Result<Vec<Document>, RecordsError> {
        self.bodies("SELECT body FROM documents WHERE kind = ? ORDER BY row", &[kind.kind()]).map_err(seen(kind.kind()))
    }
}

impl Records for Store {
    fn document(&self, kind: &str, id: &str) -> Result<Option<Document>, RecordsError> {
        Rows(&self.connection).document(kind, id)
    }

    fn pointing_at(&self, kind: &str, element: &str, target: &str) -> Result<Vec<Document>, RecordsError> {
        Rows(&self.connection).pointing_at(kind, element, target)
    }

    fn of_kind(&self, kind: AgencyKind) -> Result<Vec<Document>, RecordsError> {
        Rows(&self.connection).of_kind(kind)
    }
}

impl Outbox for Store {
    fn truth_of(&self, kind: &str, id: &str) -> Result<Truth, RecordsError> {
        truth::of_document(&self.connection, kind, id).map_err(seen(kind))
    }

    fn truth_of_visit(&self, assignment: &str) -> Result<Truth, RecordsError> {
        truth::of_lane(&self.connection, assignment).map_err(seen("Task"))
    }

    fn unsent(&self) -> Result<Vec<Intent>, RecordsError> {
        Self::unsent(self).map_err(seen("intent"))
    }

    fn parked(&self) -> Result<Vec<Parked>, RecordsError> {
        Self::parked(self).map_err(seen("intent"))
    }

    fn sent(&self, seq: i64) -> Result<Option<Document>, RecordsError> {
        Self::sent(self, seq).map_err(seen("intent"))
    }

    fn stored(&self, kind: &str, id: &str) -> Result<Option<Stored>, RecordsError> {
        Self::stored(self, kind, id).map_err(seen(kind))
    }

    fn drafts(&self) -> Result<Vec<Draft>, RecordsError> {
        Self::drafts(self).map_err(seen("draft"))
    }
}
