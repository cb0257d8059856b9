//! Requests and answers as values, and the one adapter that carries them (reqwest).
//!
//! Rule: an answer is hostile. It is read within limits, no redirect and no link to another host is followed, and a
//! request ends within [`Timeouts::whole`]. Neighbours: `sync` and the gateway say what to send and take what comes.

mod timeouts;
mod tokens;
mod transport;
mod wire;

pub use timeouts::Timeouts;
pub use tokens::{FixedToken, NoToken, SignedIn, Tokens};
pub use transport::{BadAddress, Transport};
pub use wire::{Answer, Failure, Method, Outcome, Request, http_date, outcome_text, park_reason, retry_after, says_conflict, version_of};
