//! What the server says of one document, and in answer to what.
//!
//! Rule: HTTP ends here: no status and no header says more than one of these. Neighbours: `sync` translates into it.

use crate::base::clock::Instant;
use crate::delivery::ParkReason;
use crate::fhir::Document;

/// What the server says of one document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Incoming<'a> {
    /// This is what it has.
    Document(&'a Document),
    /// It took what was sent, as this version; some servers do not say which.
    Accepted {
        /// The version id.
        version: Option<&'a str>,
    },
    /// Somebody changed it first (409, 412).
    Outdated,
    /// It refuses for good.
    Refused {
        /// Why.
        reason: ParkReason,
        /// What it said, in its own words.
        detail: Option<&'a str>,
    },
    /// It has none (404).
    Absent,
    /// It had it and shows it no more (403, 410).
    Withheld,
    /// Nothing that can be read of it, or another document in its place.
    Unclear,
}

/// In answer to what. `seq` is the intent that was asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Source<'a> {
    /// A search, which may be some time behind what the server has.
    Search,
    /// A read by id: the server's current version.
    Read,
    /// A read of what was sent and not answered.
    ReadBack {
        /// The intent.
        seq: i64,
    },
    /// The answer to what was sent.
    Acknowledgement {
        /// The intent.
        seq: i64,
    },
    /// A read after the server said that somebody changed it first.
    Conflict {
        /// The intent.
        seq: i64,
    },
    /// The look at a claim at once after it was taken.
    FirstLook {
        /// The claim.
        seq: i64,
        /// The version that the server gave our own PUT, where it said one.
        put: Option<&'a str>,
        /// When to look again.
        again_at: Instant,
    },
    /// The look at a claim after some seconds.
    SecondLook {
        /// The claim.
        seq: i64,
    },
    /// A read of what was acknowledged and did not come back since.
    Confirmation,
    /// A read of a Task that the searches of the whole scope did not name.
    Scope {
        /// `CareTeam/id` of the team on shift.
        team: &'a str,
    },
}

impl Source<'_> {
    /// The intent that was asked about.
    pub fn intent(&self) -> Option<i64> {
        match *self {
            Self::ReadBack { seq }
            | Self::Acknowledgement { seq }
            | Self::Conflict { seq }
            | Self::FirstLook { seq, .. }
            | Self::SecondLook { seq } => Some(seq),
            Self::Search | Self::Read | Self::Confirmation | Self::Scope { .. } => None,
        }
    }
}
