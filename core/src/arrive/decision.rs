//! What is done with what arrived.
//!
//! Rule: a value that says all that the store needs beside what arrived. Neighbours: `store::arrivals` does it, the run goes on
//! after it.

use crate::base::clock::Instant;
use crate::delivery::ParkReason;
use crate::fhir::Document;

/// How ours and theirs stand together, where ours arrived and theirs was made on top of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Merge {
    /// This is shown: theirs, with what was changed here after the sending.
    Clean {
        /// The two in one.
        merged: Document,
    },
    /// No rule joins these elements: both are kept whole.
    Conflict {
        /// Their names.
        elements: String,
    },
}

/// What is done with it: by the store in one commit, or by the run where nothing changes here.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Nothing is known that was not: what was sent stays unknown, what is shown stays shown.
    Leave,
    /// It may be older than what was shown: it is read by its id before anything is made of it.
    ReadById,
    /// It is what this phone shows from now on.
    Show,
    /// The server holds what is held here: the second copy may go.
    Confirm,
    /// Ours is unsent and stays; theirs is kept beside it.
    KeepBeside,
    /// Signed here: the body stays, and the version is noted.
    KeepSigned {
        /// Whether theirs says something else, and is kept beside it for a person to see.
        beside: bool,
    },
    /// The server was set back: ours goes out again on top of theirs, under a new revision.
    Reapply,
    /// The server shows a note standing that was entered in error: it hears of it once more.
    MarkAgain,
    /// A signed note was entered in error elsewhere.
    EnterInError {
        /// The note as it is now.
        after: Document,
    },
    /// The server has what was sent: the intent ends.
    Arrived {
        /// As this version.
        version: String,
        /// Whether the server gave it back, so that its second copy may go.
        confirmed: bool,
    },
    /// The server has what was sent, and somebody has changed it since: the intent ends.
    Settle {
        /// What was sent.
        sent: Document,
        /// How the two stand together.
        merge: Merge,
        /// How much else is unsent of it: it goes out on top of theirs, or waits for a person.
        others: usize,
    },
    /// Theirs stands for what would have been made here: the intent ends, and theirs is shown.
    TakeTheirs,
    /// Our change goes out on top of theirs.
    Rebase {
        /// Theirs with our changes.
        merged: Document,
    },
    /// It waits to be sent.
    Requeue,
    /// It waits for a person.
    Park {
        /// Why.
        reason: ParkReason,
        /// Whether theirs is kept beside ours.
        beside: bool,
        /// What the server said, or the elements that no rule joins.
        detail: Option<String>,
    },
    /// The answer says too little: it is read back in this run.
    ReadBack,
    /// Theirs is fetched, to be reconciled with ours.
    FetchTheirs,
    /// A claim was taken: it is looked at now.
    LookAtClaim {
        /// The version of our own PUT, where the server said one.
        version: Option<String>,
    },
    /// The visit is ours already: what was written meanwhile goes on top of theirs, and the claim is looked at.
    AdoptClaim {
        /// Theirs with our changes.
        merged: Document,
        /// Whether that says more than theirs, and goes out after it.
        more: bool,
        /// Theirs.
        version: String,
    },
    /// The first look shows us: asked for, until the second.
    ClaimAsked {
        /// The version of our PUT.
        version: String,
        /// When the second look is due.
        again_at: Instant,
    },
    /// Another team has it: theirs is shown, and the claim stays in sight.
    ClaimLost,
    /// The server has lost what it acknowledged: it goes out as new.
    SendAgain,
    /// It is no longer this team's: it leaves the phone.
    LeaveScope,
}

impl Decision {
    /// Whether a document that came by itself changes what this phone shows.
    pub fn changes_what_is_shown(&self) -> bool {
        matches!(self, Self::Show | Self::Reapply | Self::MarkAgain | Self::EnterInError { .. })
    }

    /// Whether an answer about an intent changes what this phone shows of its document, or of how far it has come.
    pub fn is_seen(&self) -> bool {
        matches!(
            self,
            Self::Arrived { .. }
                | Self::Settle { .. }
                | Self::TakeTheirs
                | Self::Rebase { .. }
                | Self::Park { .. }
                | Self::AdoptClaim { .. }
                | Self::ClaimAsked { .. }
                | Self::ClaimLost
        )
    }
}
