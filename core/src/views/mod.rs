//! What a screen shows: one file per screen, typed values from [`Records`](crate::records::Records) and, where it says where
//! an item is, from [`Outbox`](crate::delivery::Outbox).
//!
//! Rule: a view reads and decides nothing that an act decides; codes stay typed and times stay instants, words are said at
//! the border. The same views run over a phone's store and over a gateway's snapshot. Neighbours: `acts` write what is
//! shown here, `api` turns it into rows.

pub mod queue;
pub mod teams;

pub use crate::records::lookup::LookupError;
