//! One error for the phones, by what a responder can do about it; and the one place where inner errors become it.

use crate::acts::close::CloseError;
use crate::acts::close_road::ClosureError;
use crate::acts::consent::WithdrawError;
use crate::acts::decide::DecideError;
use crate::acts::hand_off::HandOffError;
use crate::acts::lead::NotALead;
use crate::acts::observe::ObserveError;
use crate::acts::respond::ClaimError;
use crate::acts::stamp::StampError;
use crate::acts::{ActError, Never};
use crate::assignment::ReasonMissing;
use crate::base::ids::BadId;
use crate::handoff::follow_up::Unsafe;
use crate::http::BadAddress;
use crate::note::{AttachmentRefused, InErrorRefused, NoteError};
use crate::planning::coverage::CoverageError;
use crate::planning::rounds::RoundError;
use crate::records::lookup::LookupError;
use crate::records::{RecordsError, Unavailable};
use crate::roads::RoadsError;
use crate::sharing::NotABasis;
use crate::store::StoreError;
use crate::sync::StopReason;
use crate::views::coverage::NoCoverage;
use crate::views::route::NoRoute;

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
    /// Another part of this phone has this member's work open: an activity that was not closed, an extension, another process.
    /// Nothing was touched; it can be opened once that has closed or ended.
    #[error("in use by another part of this phone")]
    InUse,
    /// The database gave an error, which `code` names; it gets a new connection, and what was asked for was not done.
    #[error("storage failed, code {code}")]
    StorageFailed {
        /// SQLite's extended code; 0 where it gave none.
        code: i32,
    },
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
    /// The server does not let this team see its work: it refuses the search for its assignments or for open offers, so what
    /// the queue shows may be old. For whoever runs the server; the word is `work-trouble`, `refused`.
    #[error("this server does not let this team see its work")]
    WorkRefused,
    /// The list of this team's work goes on at another address, which this server does not answer at its own: what the queue
    /// shows may be old. For whoever runs the server; the word is `work-trouble`, `pages-elsewhere`.
    #[error("the server names another address for the rest of this team's work")]
    PagesElsewhere,
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
            StoreError::KeyOrFile | StoreError::KeyFile | StoreError::Newer { .. } | StoreError::Closed => Self::StorageLocked,
            StoreError::InUse => Self::InUse,
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
            StoreError::Database { code } => Self::StorageFailed { code },
            StoreError::File(kind) => Self::Unexpected { reference: format!("file-{kind:?}") },
        }
    }
}

impl From<RecordsError> for AnydoorError {
    fn from(error: RecordsError) -> Self {
        match error {
            RecordsError::NotFetched(_) => Self::NotFound { what: "record".into() },
            RecordsError::Unreadable { .. } => Self::Unexpected { reference: "stored-document".into() },
            RecordsError::Unavailable(Unavailable::Locked) => Self::StorageLocked,
            RecordsError::Unavailable(Unavailable::Damaged) => Self::StorageDamaged,
            RecordsError::Unavailable(Unavailable::Full) => Self::StorageFull,
            RecordsError::Unavailable(Unavailable::Failed { code }) => Self::StorageFailed { code },
        }
    }
}

impl From<LookupError> for AnydoorError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::NotHere { what } => Self::NotFound { what: what.into() },
            LookupError::Read(error) => error.into(),
            LookupError::Records(error) => error.into(),
        }
    }
}

impl<E: Into<AnydoorError>> From<ActError<E>> for AnydoorError {
    fn from(error: ActError<E>) -> Self {
        match error {
            ActError::Lookup(error) => error.into(),
            ActError::NewerRelease => Self::NotAllowed { why: "newer-release".into() },
            ActError::Refused(error) => error.into(),
        }
    }
}

impl From<Never> for AnydoorError {
    fn from(never: Never) -> Self {
        match never {}
    }
}

impl From<DecideError> for AnydoorError {
    fn from(error: DecideError) -> Self {
        let what = match error {
            DecideError::NotADocument => "document",
            DecideError::AnotherDocument => "another document",
        };
        Self::Invalid { what: what.into() }
    }
}

impl From<HandOffError> for AnydoorError {
    fn from(error: HandOffError) -> Self {
        match error {
            HandOffError::NoBasis => Self::NotAllowed { why: "no-basis".into() },
            HandOffError::MustNotLearn => Self::NotAllowed { why: "must-not-learn".into() },
            HandOffError::NotABasis(error) => error.into(),
        }
    }
}

impl From<NotABasis> for AnydoorError {
    fn from(error: NotABasis) -> Self {
        let why = match error {
            NotABasis::NoWords => "basis-words",
            NotABasis::NoScope => "basis-scope",
            NotABasis::SpokenPart2 => "basis-spoken-part2",
            NotABasis::NoLaw => "basis-law",
            NotABasis::NoReceiver => "basis-receiver",
        };
        Self::NotAllowed { why: why.into() }
    }
}

impl From<WithdrawError> for AnydoorError {
    fn from(_: WithdrawError) -> Self {
        Self::NotAllowed { why: "withdrawn-before".into() }
    }
}

impl From<ObserveError> for AnydoorError {
    fn from(_: ObserveError) -> Self {
        Self::NotAllowed { why: "label".into() }
    }
}

impl From<Unsafe> for AnydoorError {
    fn from(_: Unsafe) -> Self {
        Self::NotAllowed { why: "safe-contact".into() }
    }
}

impl From<RoadsError> for AnydoorError {
    fn from(error: RoadsError) -> Self {
        Self::Invalid { what: format!("roads: {error}") }
    }
}

impl From<NoRoute> for AnydoorError {
    fn from(error: NoRoute) -> Self {
        match error {
            NoRoute::PositionUnknown => Self::NotFound { what: "position".into() },
            NoRoute::NoRoad => Self::NotFound { what: "road".into() },
            NoRoute::Roads(error) => error.into(),
            NoRoute::Records(error) => error.into(),
        }
    }
}

impl From<NoCoverage> for AnydoorError {
    fn from(error: NoCoverage) -> Self {
        match error {
            NoCoverage::NoPopulation => Self::NotFound { what: "population".into() },
            NoCoverage::Coverage(CoverageError::UnknownTeam) => Self::NotFound { what: "team".into() },
            NoCoverage::Coverage(CoverageError::NoTeams) => Self::NotFound { what: "team-that-could-go".into() },
            NoCoverage::Coverage(CoverageError::Roads(error)) => error.into(),
            NoCoverage::Records(error) => error.into(),
        }
    }
}

impl From<RoundError> for AnydoorError {
    fn from(error: RoundError) -> Self {
        let what = match error {
            RoundError::TooMany { .. } => "visits-too-many",
            RoundError::Twice => "visit-twice",
            RoundError::Window => "visit-window",
            RoundError::TooLong => "visit-too-long",
            RoundError::EndNotReached => "round-end",
            RoundError::OffTheMap => return Self::NotFound { what: "road".into() },
            RoundError::Roads(error) => return error.into(),
        };
        Self::Invalid { what: what.into() }
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
        }
    }
}

impl From<ClosureError> for AnydoorError {
    fn from(error: ClosureError) -> Self {
        match error {
            ClosureError::NotALead(why) => not_a_lead(why, "lead"),
            ClosureError::NotALine => Self::Invalid { what: "line".into() },
            ClosureError::NoReason => Self::Invalid { what: "reason".into() },
        }
    }
}

impl From<StampError> for AnydoorError {
    fn from(error: StampError) -> Self {
        match error {
            StampError::Illegal { from } => Self::Invalid { what: format!("move-from-{}", crate::base::Code::code(from)) },
            StampError::NotYourTeam => Self::NotAllowed { why: "other-team".into() },
            StampError::NotYours => Self::NotAllowed { why: "stamp-of-another".into() },
            StampError::NotALead(why) => not_a_lead(why, "stamp-of-another"),
        }
    }
}

impl From<NoteError> for AnydoorError {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::Empty => Self::Invalid { what: "note-empty".into() },
            NoteError::TooLong => Self::Invalid { what: "note-too-long".into() },
            NoteError::InError => Self::Invalid { what: "note-not-standing".into() },
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
            CloseError::LeadOnly(why) => not_a_lead(why, "lead-only"),
        }
    }
}

/// Why this member may not do what a lead may; `plain` where the phone was not opened for one. The words are `not-a-lead`.
fn not_a_lead(why: NotALead, plain: &str) -> AnydoorError {
    let why = match why {
        NotALead::NotOpened => plain,
        NotALead::NotNamed => "lead-not-named",
        NotALead::Unknown => "lead-unknown",
    };
    AnydoorError::NotAllowed { why: why.into() }
}

/// What a run that stopped early means for the person.
pub(super) fn of_stop(stop: StopReason) -> AnydoorError {
    match stop {
        StopReason::Offline => AnydoorError::Offline,
        StopReason::SignInAgain => AnydoorError::SignInAgain,
        StopReason::WorkRefused => AnydoorError::WorkRefused,
        StopReason::PagesElsewhere => AnydoorError::PagesElsewhere,
        StopReason::NotTheServer | StopReason::Untrusted | StopReason::Later(_) | StopReason::ServerTrouble => AnydoorError::ServerTrouble,
    }
}
