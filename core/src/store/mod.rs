//! Where it rests: one encrypted SQLite file per server, agency and user.
//!
//! Rule: one [`Plan`](crate::acts::Plan) is one commit of documents, outbox rows and audit rows, at synchronous=FULL:
//! when a function here returns Ok, the work is on disk (P1). Opening never creates over, truncates or re-keys
//! anything (P2); a wrong key, a file that is no database and a newer schema leave the file untouched (P7). Until the server
//! has given it back, everything accepted is also in the journal (`second_copy`, P3); what cannot be read is moved aside
//! (`aside`) and salvaged (`salvage`). The disk is reached through [`disk`] alone. What the server says is taken in by
//! `arrivals`, as [`arrive`](crate::arrive) decides.
//! Neighbours: `acts` says what to write, `sync` reads the outbox and writes what the server said.

mod arrivals;
mod aside;
mod attachments;
mod audit;
mod commit;
mod connection;
mod database;
pub mod disk;
mod documents;
mod drafts;
mod error;
mod escalations;
mod failures;
mod fold;
mod frame;
mod journal;
mod key;
pub mod keys;
mod localise;
mod lock;
mod migrations;
mod notes;
mod open;
mod outbox;
mod pages;
mod projections;
mod queue;
mod rebase;
mod rebuild;
mod records;
mod references;
mod revision;
mod roll_forward;
mod salvage;
mod scope;
mod sealed;
mod second_copy;
mod settings;
mod teams;
mod truth;
mod unverified;
mod wipe;

pub use arrivals::Arrival;
pub use database::{Changes, Opening, Store};
pub use error::StoreError;
pub use escalations::file::{CallsOpening, Escalations};
pub use escalations::row::EscalationRow;
pub use journal::unsent_of_others;
pub use key::{Key, file_name};
pub use notes::NoteRow;
pub use pages::{Found, Incoming};
pub use wipe::{Wipe, finish_begun};
