//! The visit as work: one team's [`Assignment`] on an incident, moved only by immutable [`Stamp`]s.
//!
//! Rule: no status is stored as truth. It is derived from the stamps, so that two phones of one crew with two wrong
//! clocks, one of them offline, come to the same status whatever order the stamps arrive in.
//! Neighbours: `incident` is what happened, `team` who can go, `acts::stamp` makes stamps.

mod closing;
pub mod disposition;
mod stamp;
mod status;

pub use closing::{Closing, HowClosed, Legal, NextStep, NoContact, Travel, Whereabouts};
pub use stamp::{Capture, Stamp, StampKind};
pub use status::{Card, State, Status, legal, status};

use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, IncidentId, MemberId, PersonId, TeamId, VisitId};

crate::codes! {
    /// Why fewer than two go in person.
    AloneReason {
        /// No second member is on shift.
        NobodyElse = "nobody-else",
        /// The second member is on the line or by video.
        SecondRemote = "second-remote",
        /// Police or EMS are already with the person.
        OthersThere = "others-there",
        /// The team knows the person and judged it safe.
        Known = "known-person",
        /// It could not wait.
        CouldNotWait = "could-not-wait",
    }
}

/// A team's work on an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// What it is about.
    pub incident: IncidentId,
    /// The team that has it; `None` while it is an open offer.
    pub team: Option<TeamId>,
    /// When it was made.
    pub made: Instant,
    /// The members who go in person, once known.
    pub crew: Vec<MemberId>,
    /// Why fewer than two go.
    pub alone: Option<AloneReason>,
}

/// Fewer than two go in person and nobody said why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("fewer than two go in person: the reason is missing")]
pub struct ReasonMissing;

/// Holds the two-person rule: fewer than two in person asks for the reason (practice.md, Crew).
///
/// # Errors
/// [`ReasonMissing`].
pub fn crew_or_reason(crew: &[MemberId], alone: Option<AloneReason>) -> Result<(), ReasonMissing> {
    let mut going: Vec<&MemberId> = crew.iter().collect();
    going.sort();
    going.dedup();
    if going.len() >= 2 || alone.is_some() { Ok(()) } else { Err(ReasonMissing) }
}

/// One person's encounter within an assignment.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Its id.
    pub id: VisitId,
    /// The assignment.
    pub assignment: AssignmentId,
    /// The incident.
    pub incident: IncidentId,
    /// The person in crisis.
    pub person: PersonId,
    /// When the crew was first with the person.
    pub began: Option<Instant>,
    /// The four closing answers, once given.
    pub closing: Option<Closing>,
}
