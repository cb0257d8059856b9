//! How documents are read, wherever they are: the phone's store, a gateway's snapshot of the server, a map in a test.
//!
//! Rule: read-only and synchronous. What was not fetched is never taken for absent: it is an error that names what to fetch,
//! so that a gateway can fetch it and run the same act again. Neighbours: `acts` and `views` read through this and nothing
//! else; `store` and the gateway implement it.

pub mod lookup;
mod memory;

pub use memory::Memory;

use crate::fhir::Document;

/// The types that an agency holds as a whole, and that may be listed: everything else is reached from a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgencyKind {
    /// Agency data: one table each.
    Library,
    /// Forms.
    Questionnaire,
    /// The directory.
    HealthcareService,
    /// Members.
    Practitioner,
    /// What a member may do.
    PractitionerRole,
    /// Teams.
    CareTeam,
    /// Agencies and partners.
    Organization,
}

impl AgencyKind {
    /// The resource type.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Library => "Library",
            Self::Questionnaire => "Questionnaire",
            Self::HealthcareService => "HealthcareService",
            Self::Practitioner => "Practitioner",
            Self::PractitionerRole => "PractitionerRole",
            Self::CareTeam => "CareTeam",
            Self::Organization => "Organization",
        }
    }
}

/// One question to the records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Query {
    /// The document of this type and id.
    Document {
        /// The type.
        kind: String,
        /// The id.
        id: String,
    },
    /// The documents of a type that point at `target` by `element`.
    PointingAt {
        /// The type.
        kind: String,
        /// The top-level element, as in the document (`basedOn`).
        element: String,
        /// `Type/id`.
        target: String,
    },
    /// All documents of a type that an agency holds.
    OfKind(AgencyKind),
}

/// Why something cannot be read. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordsError {
    /// It was not fetched, so nobody knows whether it is there.
    #[error("not fetched")]
    NotFetched(Query),
    /// It is there and is no document that can be read.
    #[error("{kind}: a stored document cannot be read")]
    Unreadable {
        /// Its type.
        kind: String,
    },
    /// The records themselves cannot be reached now.
    #[error("the records cannot be reached: {0}")]
    Unavailable(Unavailable),
}

/// Why records cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// They are closed or locked.
    #[error("locked")]
    Locked,
    /// A page does not say what was written to it.
    #[error("damaged")]
    Damaged,
    /// The disk is full.
    #[error("disk full")]
    Full,
    /// The database or a file failed, with its code.
    #[error("failed with code {code}")]
    Failed {
        /// The code; 0 where there is none.
        code: i32,
    },
}

/// Documents, to read.
pub trait Records {
    /// The document of this type and id; `None` where it is known not to be there.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn document(&self, kind: &str, id: &str) -> Result<Option<Document>, RecordsError>;

    /// The documents of a type that point at `target` (`Type/id`) by a top-level `element`, oldest first.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn pointing_at(&self, kind: &str, element: &str, target: &str) -> Result<Vec<Document>, RecordsError>;

    /// Every document of a type that an agency holds as a whole, oldest first.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn of_kind(&self, kind: AgencyKind) -> Result<Vec<Document>, RecordsError>;

    /// The document that a reference `Type/id` names; `None` where it is not there, or the reference names none.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn referenced(&self, reference: &str) -> Result<Option<Document>, RecordsError> {
        match crate::fhir::document::literal(reference).and_then(|plain| plain.split_once('/')) {
            Some((kind, id)) => self.document(kind, id),
            None => Ok(None),
        }
    }
}

/// Reads through a closure `Type/id → document` that cannot fail, and keeps the first error for afterwards: views of
/// documents ask for what they name by such a closure. A document that cannot be read costs itself: it counts as not there.
///
/// # Errors
/// The first [`RecordsError::NotFetched`] or [`RecordsError::Unavailable`] that the records gave.
pub fn reading<R, T>(records: &R, read: impl FnOnce(&dyn Fn(&str) -> Option<Document>) -> T) -> Result<T, RecordsError>
where
    R: Records + ?Sized,
{
    let failed = std::cell::RefCell::new(None);
    let find = |reference: &str| match records.referenced(reference) {
        Ok(found) => found,
        Err(RecordsError::Unreadable { .. }) => None,
        Err(error) => {
            failed.borrow_mut().get_or_insert(error);
            None
        }
    };
    let found = read(&find);
    match failed.into_inner() {
        Some(error) => Err(error),
        None => Ok(found),
    }
}
