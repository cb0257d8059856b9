//! The county's side of both doors: takes what CAD and a 988 centre send, and delivers what acts plan to the agency's
//! FHIR server.
//!
//! Rule: it keeps nothing. Everything is at the server, so any number of copies may run, and one that is gone lost nothing
//! that was answered. It runs the same acts as a phone: [`snapshot`] is what an act reads, [`fetch`] brings what a snapshot
//! does not know, [`delivery`] sends what an act plans, and [`perform`] is one act through all of it. They do no I/O, so a
//! test or a simulation can be the network, the server and the clock; [`run`] is the one driver over a connection, and
//! [`trouble`] says why something failed.

mod answers;
pub mod delivery;
pub mod fetch;
pub mod perform;
pub mod run;
pub mod snapshot;
pub mod trouble;

pub use delivery::{Author, Delivered, Delivery, NotDelivered, Step};
pub use fetch::Fetch;
pub use perform::{GatewayError, Perform, Performed};
pub use run::Gateway;
pub use snapshot::Snapshot;
pub use trouble::Trouble;
