//! The next carer: who there is ([`Service`]), whether they said yes ([`HandoffState`]), what goes out to whom
//! ([`Disclosure`]), and whether anyone asked afterwards ([`follow_up`]).
//!
//! Rule: nothing is sent without a basis, and what goes is decided when it leaves ([`sharing`](crate::sharing)). A referral
//! is open until it is accepted *and* the person was reached.
//! Neighbours: `acts::hand_off`, `acts::disclose`, `fhir::handoff`, `fhir::directory`.

mod directory;
mod disclosure;
pub mod follow_up;
pub mod hsds;

pub use directory::{Opening, Service, suitable};
pub use disclosure::{Accounted, Disclosure, Stopped, ToldKinds, WithheldThing};

use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, HandoffId, IncidentId, MemberId, PersonId, ServiceId, TeamId};

crate::codes! {
    /// Where a referral stands: the closed loop (Gravity, BSeR).
    HandoffState {
        /// On this phone.
        OnPhone = "on-phone",
        /// The service has it and has not answered.
        Requested = "requested",
        /// The service said yes; the person was not reached yet.
        Accepted = "accepted",
        /// The service has a time for the person.
        Scheduled = "scheduled",
        /// The person did not come.
        Unattended = "unattended",
        /// The service said no.
        Declined = "declined",
        /// Called off.
        Cancelled = "cancelled",
        /// Accepted and reached: closed.
        Completed = "completed",
    }
}

impl HandoffState {
    /// Whether somebody must still look after it.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Declined | Self::Cancelled | Self::Completed)
    }
}

/// A referral of one person to one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Handoff {
    /// Its id: of the ServiceRequest; its Task's id is derived from it.
    pub id: HandoffId,
    /// The assignment it comes from.
    pub assignment: AssignmentId,
    /// The incident.
    pub incident: IncidentId,
    /// The person.
    pub person: PersonId,
    /// The service.
    pub to: ServiceId,
    /// The organisation that runs it.
    pub organization: crate::base::ids::OrganizationId,
    /// The team that hands on.
    pub team: TeamId,
    /// Who did.
    pub by: MemberId,
    /// When.
    pub at: Instant,
    /// Why the packet may be shared.
    pub basis: crate::base::ids::BasisId,
}

/// The state that the server's Task gives a referral.
pub fn state(task_status: &str, business: Option<&str>) -> HandoffState {
    match (task_status, business) {
        ("rejected", _) => HandoffState::Declined,
        ("cancelled" | "entered-in-error", _) | (_, Some("cancelled")) => HandoffState::Cancelled,
        ("completed", Some("completed")) => HandoffState::Completed,
        (_, Some("unattended")) => HandoffState::Unattended,
        (_, Some("scheduled")) => HandoffState::Scheduled,
        ("accepted" | "in-progress" | "completed", _) => HandoffState::Accepted,
        _ => HandoffState::Requested,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_is_not_reached() {
        assert!(state("accepted", None).is_open());
        assert!(state("completed", None).is_open());
        assert!(!state("completed", Some("completed")).is_open());
        assert_eq!(state("rejected", None), HandoffState::Declined);
    }
}
