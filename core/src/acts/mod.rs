//! What a person does: one file per act.
//!
//! Rule: an act gathers what it needs from [`Records`](crate::records::Records), decides, and returns a [`Plan`]; one act, one
//! plan, one commit into a [`Ledger`]. Nothing here touches a disk, a network or a clock, so that a phone's store, a gateway's
//! snapshot and a map in a test run the same acts. The one exception is [`escalate`]: a call for help goes into a file of
//! its own before anything else (P10). Neighbours: `records` and `delivery` are read, `store` and the gateway take plans.
//!
//! An incident on view, and the tap with which its visit begins, over records in memory:
//!
//! ```
//! use anydoor_core::acts::respond::{OnView, on_view};
//! use anydoor_core::acts::{Actor, Ledger, stamp};
//! use anydoor_core::assignment::{AloneReason, Capture, StampKind};
//! use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
//! use anydoor_core::incident::{Place, Urgency};
//! use anydoor_core::records::Memory;
//!
//! let now = "2026-11-23T05:00:00Z".parse()?;
//! let actor = Actor::new(MemberId::fresh(), TeamId::fresh(), OrganizationId::fresh(), "phone", now);
//! let said = OnView {
//!     headline: "crying man at the bus stop".into(),
//!     urgency: Urgency::Urgent,
//!     place: Place { address: Some("Main St and 2nd".into()), ..Place::default() },
//!     description: Some("about 40, red coat".into()),
//!     crew: vec![actor.member.clone()],
//!     alone: Some(AloneReason::NobodyElse),
//! };
//! let mut records = Memory::default();
//! let started = on_view(said, &actor)?;
//! records.commit(&started.plan)?;
//! for kind in [StampKind::OnScene, StampKind::Contact] {
//!     let plan = stamp::tap(&records, &started.assignment, kind, Capture::Tap, &actor)?;
//!     records.commit(&plan)?;
//! }
//! // What is no legal move from here is refused, and nothing is written.
//! assert!(stamp::tap(&records, &started.assignment, StampKind::EnRoute, Capture::Tap, &actor).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod attach;
pub mod brief;
pub mod close;
pub mod close_road;
pub mod consent;
pub mod decide;
pub mod demand;
pub mod disclose;
pub mod escalate;
pub mod follow_up;
pub mod hand_off;
pub mod join;
pub mod lead;
pub mod mark_in_error;
pub mod observe;
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
    /// Whether the phone was opened for a lead. The agency's data decides as well: [`lead::why_not`].
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

impl ActError<Never> {
    /// The error of an act that never refuses, among those of what refuses before it.
    pub fn among<E>(self) -> ActError<E> {
        match self {
            Self::Lookup(error) => ActError::Lookup(error),
            Self::NewerRelease => ActError::NewerRelease,
            Self::Refused(never) => match never {},
        }
    }
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
