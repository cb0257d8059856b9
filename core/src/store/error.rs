//! What can go wrong with the database, and what a reader of records sees of it.
//!
//! Rule: no personal data, no paths; a code of SQLite's where there is no better name. Neighbours: everything here gives it,
//! `api` says it in a person's terms.

use crate::records::{RecordsError, Unavailable};

/// What can go wrong with the database. No personal data, no paths.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another part of this phone has it open: it is let go of when that closes or ends.
    #[error("in use by another part of this phone")]
    InUse,
    /// It was closed meanwhile.
    #[error("closed")]
    Closed,
    /// The key does not open it, or it is no database. The file is untouched.
    #[error("the key does not open this file, or it is no database; the file is untouched")]
    KeyOrFile,
    /// Made by a newer release. The file is untouched.
    #[error("the database has schema {found}, this release knows {known}; the file is untouched")]
    Newer {
        /// The file's schema.
        found: i64,
        /// The newest this release knows.
        known: i64,
    },
    /// The key file cannot be read, or is of a newer release; it is untouched.
    #[error("the key file cannot be read; it is untouched")]
    KeyFile,
    /// Not a recovery key, or not the one that the key was sealed for.
    #[error("not the agency's recovery key")]
    RecoveryKey,
    /// The disk is full; nothing was written.
    #[error("the disk is full; nothing was written")]
    Full,
    /// A page of the database does not say what was written to it. Opening it again salvages.
    #[error("the database is damaged")]
    Damaged,
    /// Neither kept nor taken back for certain: it may be here after the next opening.
    #[error("it may be kept, and may be not")]
    MaybeKept,
    /// The operating system gives no randomness; nothing was written.
    #[error(transparent)]
    Chance(#[from] crate::base::random::NoRandomness),
    /// A cipher refused its input; nothing was written.
    #[error("the cipher refused")]
    Cipher,
    /// A wipe named another number of unsent things than there are; nothing was wiped.
    #[error("{now} unsent things would be destroyed")]
    OtherCount {
        /// How many there are.
        now: u32,
    },
    /// A signed note would change.
    #[error("signed is immutable")]
    Signed,
    /// A stored document cannot be read.
    #[error(transparent)]
    Document(#[from] crate::fhir::DocumentError),
    /// A document is not what a view asks for.
    #[error(transparent)]
    Read(#[from] crate::fhir::ReadError),
    /// Not there.
    #[error("{kind} is not on this phone")]
    Missing {
        /// What was looked for.
        kind: &'static str,
    },
    /// Everything else that SQLite says, as its code.
    #[error("database error {code}")]
    Database {
        /// SQLite's extended code; 0 where it gave none.
        code: i32,
    },
    /// A file could not be reached.
    #[error("file error: {0:?}")]
    File(std::io::ErrorKind),
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            kind => Self::File(kind),
        }
    }
}

impl From<RecordsError> for StoreError {
    fn from(error: RecordsError) -> Self {
        match error {
            RecordsError::NotFetched(_) => Self::Missing { kind: "record" },
            RecordsError::Unreadable { .. } => Self::Missing { kind: "readable record" },
            RecordsError::Unavailable(Unavailable::Locked) => Self::KeyOrFile,
            RecordsError::Unavailable(Unavailable::Damaged) => Self::Damaged,
            RecordsError::Unavailable(Unavailable::Full) => Self::Full,
            RecordsError::Unavailable(Unavailable::Failed { code }) => Self::Database { code },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if let rusqlite::Error::SqliteFailure(failure, message) = &error {
            return match failure.code {
                rusqlite::ErrorCode::NotADatabase => Self::KeyOrFile,
                rusqlite::ErrorCode::DiskFull => Self::Full,
                rusqlite::ErrorCode::DatabaseCorrupt => Self::Damaged,
                rusqlite::ErrorCode::ConstraintViolation if message.as_deref() == Some("signed is immutable") => Self::Signed,
                _ => Self::Database { code: failure.extended_code },
            };
        }
        if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
            return Self::Missing { kind: "row" };
        }
        Self::Database { code: 0 }
    }
}

/// An error of the store, as whoever reads records sees it.
pub(super) fn seen(kind: &str) -> impl Fn(StoreError) -> RecordsError {
    move |error| match error {
        StoreError::Document(_) | StoreError::Read(_) => RecordsError::Unreadable { kind: kind.to_owned() },
        StoreError::KeyOrFile | StoreError::KeyFile | StoreError::Newer { .. } | StoreError::InUse | StoreError::Closed => {
            RecordsError::Unavailable(Unavailable::Locked)
        }
        StoreError::Damaged => RecordsError::Unavailable(Unavailable::Damaged),
        StoreError::Full => RecordsError::Unavailable(Unavailable::Full),
        StoreError::Database { code } => RecordsError::Unavailable(Unavailable::Failed { code }),
        _ => RecordsError::Unavailable(Unavailable::Failed { code: 0 }),
    }
}
