//! What becomes of a document that arrives: [`decide`], from what is held here, what the server says, and in answer to what.
//!
//! Rule: every such decision stands here, and nothing here touches a disk or a network. Unsent work is never overwritten;
//! what is signed changes in one way only, to entered in error, with every word as it was (P13, P14); no intent ends
//! without a version of the server's (P12); a search is a hint, and only what was read by its id can show that a server was
//! set back; what is equal is no conflict, and a conflict keeps both sides whole (P16). The tests go through every
//! combination and state these rules a second time.
//! Neighbours: [`reconcile`](crate::reconcile) joins three versions; `store` gathers a [`Local`] and does what a
//! [`Decision`] says in one commit; `sync` says what the server said.

mod claims;
mod decide;
mod decision;
mod incoming;
mod local;
mod sameness;
mod sent;
mod subject;
#[cfg(test)]
mod table_tests;
mod unasked;

pub use decide::decide;
pub use decision::{Decision, Merge};
pub use incoming::{Incoming, Source};
pub use local::{Held, Local, Text, Unsent};
pub use sameness::is_derived;
