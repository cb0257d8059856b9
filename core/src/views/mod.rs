//! What a screen shows: one file per screen, typed values from [`Records`] and, where it says where
//! an item is, from [`Outbox`].
//!
//! Rule: a view reads and decides nothing that an act decides; codes stay typed and times stay instants, words are said at
//! the border. The same views run over a phone's store and over a gateway's snapshot. Neighbours: `acts` write what is
//! shown here, `api` turns it into rows.
//!
//! The queue's row of an assignment, over records in memory:
//!
//! ```
//! use anydoor_core::acts::respond::{OnView, on_view};
//! use anydoor_core::acts::{Actor, Ledger};
//! use anydoor_core::assignment::{AloneReason, State};
//! use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
//! use anydoor_core::incident::{Place, Urgency};
//! use anydoor_core::records::{Memory, Records};
//! use anydoor_core::views::queue;
//!
//! let now = "2026-11-23T05:00:00Z".parse()?;
//! let actor = Actor::new(MemberId::fresh(), TeamId::fresh(), OrganizationId::fresh(), "phone", now);
//! let said = OnView {
//!     headline: "crying man at the bus stop".into(),
//!     urgency: Urgency::Urgent,
//!     place: Place { address: Some("Main St and 2nd".into()), ..Place::default() },
//!     description: Some("about 40, red coat".into()),
//!     crew: vec![],
//!     alone: Some(AloneReason::NobodyElse),
//! };
//! let (started, mut records) = (on_view(said, &actor)?, Memory::default());
//! records.commit(&started.plan)?;
//! let task = records.document("Task", started.assignment.as_str())?.ok_or("no task")?;
//! let row = queue::row(&records, &task)?;
//! assert_eq!((row.state, row.place.as_deref()), (State::Offered, Some("Main St and 2nd")));
//! assert_eq!(row.person.as_deref(), Some("about 40, red coat"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod assignment;
pub mod attachments;
pub mod bases;
pub mod closures;
pub mod conflicts;
pub mod coverage;
pub mod disclosures;
pub mod escalations;
pub mod export;
pub mod follow_ups;
pub mod handoffs;
pub mod in_error;
pub mod joins;
pub mod map;
pub mod nearest;
pub mod needs_you;
pub mod notes;
pub mod offer;
pub mod people;
pub mod queue;
pub mod round;
pub mod route;
pub mod services;
pub mod step_downs;
pub mod teams;

use crate::delivery::Outbox;
use crate::records::Records;

pub use crate::records::lookup::LookupError;

/// What a phone's screen reads: documents, and where each item is.
pub trait Phone: Records + Outbox {}

impl<T: Records + Outbox + ?Sized> Phone for T {}
