//! What a person does: one file per act. Each is `plan(values) → Plan`, pure; then one commit into a [`Ledger`].
//!
//! Rule: nothing here touches a disk, a network or a clock. The phone's ledger is one SQLite commit of rows, outbox and
//! audit; the gateway's is the FHIR server. Neighbours: `store` and `sandbox::ledger` take plans, `api` calls acts.

pub mod attach;
pub mod brief;
pub mod close;
pub mod escalate;
pub mod hand_off;
pub mod join;
pub mod mark_in_error;
mod plan;
pub mod position;
pub mod receive;
pub mod respond;
pub mod road_closures;
pub mod sign;
pub mod stamp;
pub mod step_down;

pub use plan::{Decision, Ledger, Plan, Write};

use crate::base::clock::Instant;
use crate::base::ids::{MemberId, OrganizationId, TeamId};

/// Who acts, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Actor {
    /// The member.
    pub member: MemberId,
    /// Whether they lead.
    pub lead: bool,
    /// Their team.
    pub team: TeamId,
    /// Their agency.
    pub agency: OrganizationId,
    /// The phone's name.
    pub device: String,
    /// The phone's clock.
    pub now: Instant,
    /// Server time, where it can be reckoned.
    pub server_now: Option<Instant>,
}
