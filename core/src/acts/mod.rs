//! What a person does: one file per act.
//!
//! Rule: an act gathers what it needs from [`Records`](crate::records::Records), decides, and returns a [`Plan`]; one act, one
//! plan, one commit into a [`Ledger`]. Nothing here touches a disk, a network or a clock, so that a phone's store, a gateway's
//! snapshot and a map in a test run the same acts. The one exception is [`escalate`]: a call for help goes into a file of
//! its own before anything else (P10). Neighbours: `records` and `delivery` are read, `store` and the gateway take plans.

pub mod attach;
pub mod brief;
pub mod close;
pub mod close_road;
pub mod decide;
pub mod escalate;
pub mod follow_up;
pub mod hand_off;
pub mod join;
pub mod mark_in_error;
mod plan;
pub mod position;
pub mod receive;
pub mod respond;
pub mod sign;
pub mod stamp;
pub mod step_down;

pub use plan::{Decision, Ledger, Plan, Write};

use crate::base::clock::Instant;
use crate::base::ids::{Id, MemberId, OrganizationId, TeamId};
use crate::fhir::ReadError;
use crate::records::RecordsError;
use crate::records::lookup::LookupError;

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
    /// How the ids of what the act makes come about.
    pub ids: Ids,
}

/// How ids come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ids {
    /// Made here and now.
    Fresh,
    /// Derived from a seed and the name of each within the act: an act that runs again makes the same ones.
    Seeded(String),
}

impl Actor {
    /// A member who acts with a phone whose clock says `now`: leads nobody, knows no server time, makes ids here and now.
    pub fn new(member: MemberId, team: TeamId, agency: OrganizationId, device: &str, now: Instant) -> Self {
        Self { member, lead: false, team, agency, device: device.to_owned(), now, server_now: None, ids: Ids::Fresh }
    }

    /// When the actor acts: server time where it can be reckoned, else the phone's clock.
    pub fn time(&self) -> Instant {
        self.server_now.unwrap_or(self.now)
    }

    /// The id of something that an act makes; `name` is its own within the act.
    pub fn id<I: Id>(&self, name: &str) -> I {
        match &self.ids {
            Ids::Fresh => I::fresh(),
            Ids::Seeded(seed) => I::derived(&format!("{seed}/{name}")),
        }
    }

    /// An empty plan of this actor's.
    pub fn plan(&self, name: &'static str, lane: &str) -> Plan {
        Plan::new(name, &self.member, self.now, lane)
    }
}

/// Why an act is not done; nothing was written. `E` is the act's own refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError<E> {
    /// What it needs is not here, cannot be read, or was not fetched.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// What it would change was written by a later release; here it is only shown (P30).
    #[error("written by a newer release")]
    NewerRelease,
    /// The act's own rule.
    #[error("{0}")]
    Refused(E),
}

impl<E> From<RecordsError> for ActError<E> {
    fn from(error: RecordsError) -> Self {
        Self::Lookup(error.into())
    }
}

impl<E> From<ReadError> for ActError<E> {
    fn from(error: ReadError) -> Self {
        Self::Lookup(error.into())
    }
}

/// For acts that refuse nothing of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Never {}
