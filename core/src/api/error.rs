//! One error for the phones, by what a responder can do about it; and the one place where inner errors become it.

use crate::acts::close::CloseError;
use crate::acts::respond::ClaimError;
use crate::acts::road_closures::ClosureError;
use crate::acts::stamp::StampError;
use crate::assignment::ReasonMissing;
use crate::base::ids::BadId;
use crate::http::BadAddress;
use crate::note::{AttachmentRefused, InErrorRefused, NoteError};
use crate::store::StoreError;
use crate::sync::Stop;

/// What went wrong, by what can be done about it. Never personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum AnydoorError {
    /// No network: the work is on this phone and goes out later.
    #[error("offline")]
    Offline,
    /// The sign-in is no longer good; local work is untouched.
    #[error("sign in again")]
    SignInAgain,
    /// This person or team may not.
    #[error("not allowed: {why}")]
    NotAllowed {
        /// A code.
        why: String,
    },
    /// It is not on this phone.
    #[error("not found: {what}")]
    NotFound {
        /// What kind of thing.
        what: String,
    },
    /// Somebody else changed it meanwhile.
    #[error("changed meanwhile")]
    Changed,
    /// What was given cannot be taken; nothing was written.
    #[error("invalid: {what}")]
    Invalid {
        /// What is wrong, as a code.
        what: String,
    },
    /// The database is closed, locked, or its key does not fit; the file is untouched.
    #[error("storage locked")]
    StorageLocked,
    /// A page of the database is damaged. The next opening salvages what is unsent; nothing is deleted.
    #[error("storage damaged")]
    StorageDamaged,
    /// The disk is full; nothing was written.
    #[error("storage full")]
    StorageFull,
    /// It could neither be kept nor taken back for certain: it may be here after the next opening.
    #[error("may be kept")]
    MaybeKept,
    /// The server failed, or something else answered in its place.
    #[error("server trouble")]
    ServerTrouble,
    /// A fault of ours.
    #[error("unexpected, reference {reference}")]
    Unexpected {
        /// What to tell support.
        reference: String,
    },
}

/// What every call here returns.
pub type Result<T> = std::result::Result<T, AnydoorError>;

impl From<uniffi::UnexpectedUniFFICallbackError> for AnydoorError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unexpected { reference: "callback".into() }
    }
}

impl From<StoreError> for AnydoorError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::KeyOrFile | StoreError::KeyFile | StoreError::Newer { .. } => Self::StorageLocked,
            StoreError::RecoveryKey => Self::Invalid { what: "recovery key".into() },
            StoreError::Full => Self::StorageFull,
            StoreError::MaybeKept => Self::MaybeKept,
            StoreError::Damaged => Self::StorageDamaged,
            StoreError::Chance(_) => Self::Unexpected { reference: "randomness".into() },
            StoreError::Cipher => Self::Unexpected { reference: "cipher".into() },
            StoreError::OtherCount { .. } => Self::Changed,
            StoreError::Signed => Self::NotAllowed { why: "signed".into() },
            StoreError::Missing { kind } => Self::NotFound { what: kind.into() },
            StoreError::Document(_) => Self::Unexpected { reference: "stored-document".into() },
            StoreError::Read(error) => error.into(),
            StoreError::Database { code } => Self::Unexpected { reference: format!("sqlite-{code}") },
            StoreError::File(kind) => Self::Unexpected { reference: format!("file-{kind:?}") },
        }
    }
}

impl From<crate::records::lookup::LookupError> for AnydoorError {
    fn from(error: crate::records::lookup::LookupError) -> Self {
        use crate::records::lookup::LookupError;
        match error {
            LookupError::NotHere { what } => Self::NotFound { what: what.into() },
            LookupError::Read(error) => error.into(),
            LookupError::Records(error) => error.into(),
        }
    }
}

impl From<crate::records::RecordsError> for AnydoorError {
    fn from(error: crate::records::RecordsError) -> Self {
        StoreError::from(error).into()
    }
}

impl From<crate::fhir::ReadError> for AnydoorError {
    fn from(error: crate::fhir::ReadError) -> Self {
        Self::Invalid { what: format!("{} {}", error.kind, error.element) }
    }
}

impl From<BadId> for AnydoorError {
    fn from(_: BadId) -> Self {
        Self::Invalid { what: "id".into() }
    }
}

impl From<BadAddress> for AnydoorError {
    fn from(_: BadAddress) -> Self {
        Self::Invalid { what: "server".into() }
    }
}

impl From<ReasonMissing> for AnydoorError {
    fn from(_: ReasonMissing) -> Self {
        Self::Invalid { what: "reason-for-going-alone".into() }
    }
}

impl From<ClaimError> for AnydoorError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Taken => Self::Changed,
            ClaimError::Reason(error) => error.into(),
            ClaimError::Read(error) => error.into(),
        }
    }
}

impl From<ClosureError> for AnydoorError {
    fn from(error: ClosureError) -> Self {
        match error {
            ClosureError::NotALead => Self::NotAllowed { why: "lead".into() },
            ClosureError::NotALine => Self::Invalid { what: "line".into() },
            ClosureError::NoReason => Self::Invalid { what: "reason".into() },
            ClosureError::NotAClosure => Self::NotFound { what: "closure".into() },
        }
    }
}

impl From<StampError> for AnydoorError {
    fn from(error: StampError) -> Self {
        match error {
            StampError::Illegal { from } => Self::Invalid { what: format!("move-from-{}", crate::base::Code::code(from)) },
            StampError::NotYourTeam => Self::NotAllowed { why: "other-team".into() },
            StampError::NotYours => Self::NotAllowed { why: "stamp-of-another".into() },
            StampError::Read(error) => error.into(),
        }
    }
}

impl From<NoteError> for AnydoorError {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::Empty => Self::Invalid { what: "note-empty".into() },
            NoteError::TooLong => Self::Invalid { what: "note-too-long".into() },
            NoteError::Signed => Self::NotAllowed { why: "signed".into() },
            NoteError::NotTheAuthor => Self::NotAllowed { why: "author".into() },
        }
    }
}

impl From<AttachmentRefused> for AnydoorError {
    fn from(error: AttachmentRefused) -> Self {
        let what = match error {
            AttachmentRefused::Empty => "attachment-empty",
            AttachmentRefused::TooLarge => "attachment-too-large",
            AttachmentRefused::ContentType => "content-type",
        };
        Self::Invalid { what: what.into() }
    }
}

impl From<InErrorRefused> for AnydoorError {
    fn from(error: InErrorRefused) -> Self {
        match error {
            InErrorRefused::NotStanding => Self::Invalid { what: "note-not-standing".into() },
            InErrorRefused::SamePerson => Self::NotAllowed { why: "same-person".into() },
            InErrorRefused::NotTheAuthor => Self::NotAllowed { why: "author".into() },
            InErrorRefused::NoRightPerson => Self::Invalid { what: "right-person".into() },
            InErrorRefused::Confirmed | InErrorRefused::Anew => Self::Changed,
        }
    }
}

impl From<CloseError> for AnydoorError {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::LeadOnly => Self::NotAllowed { why: "lead-only".into() },
            CloseError::Read(error) => error.into(),
        }
    }
}

/// What a run that stopped early means for the person.
pub(super) fn of_stop(stop: Stop) -> AnydoorError {
    match stop {
        Stop::Offline => AnydoorError::Offline,
        Stop::SignInAgain => AnydoorError::SignInAgain,
        Stop::NotTheServer | Stop::Untrusted | Stop::Later(_) | Stop::ServerTrouble => AnydoorError::ServerTrouble,
    }
}
