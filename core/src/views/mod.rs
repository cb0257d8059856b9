//! What a screen shows: one file per screen, typed values from [`Records`](crate::records::Records) and, where it says where
//! an item is, from [`Outbox`](crate::delivery::Outbox).
//!
//! Rule: a view reads and decides nothing that an act decides; codes stay typed and times stay instants, words are said at
//! the border. The same views run over a phone's store and over a gateway's snapshot. Neighbours: `acts` write what is
//! shown here, `api` turns it into rows.

pub mod assignment;
pub mod attachments;
pub mod closures;
pub mod conflicts;
pub mod coverage;
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
