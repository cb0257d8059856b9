//! The next carer: who there is ([`Service`]), what goes with the person ([`packet`]), whether they said yes
//! ([`HandoffState`]), and whether anyone asked afterwards ([`follow_up`]).
//!
//! Rule: nothing is sent without a basis, and what lacks one is withheld with its reason, in sight. A referral is open
//! until it is accepted *and* the person was reached.
//! Neighbours: `acts::hand_off`, `fhir::handoff`, `fhir::directory`.

mod directory;
pub mod follow_up;
pub mod hsds;
mod sharing;

pub use directory::{Opening, Service, suitable};
pub use sharing::{Basis, BasisKind, Packet, Recipient, Withheld, WithheldReason, packet, why_withheld};

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
    /// What goes with the person, in words the receiver may have.
    pub packet: String,
    /// What was withheld: fact and reason code.
    pub withheld: Vec<(String, String)>,
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
