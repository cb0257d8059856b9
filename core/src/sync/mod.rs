//! How it travels. Read top to bottom, this is the protocol:
//!
//! 1. The escalations go first and alone ([`escalations`]): it shares nothing with the rest but the server.
//! 2. What was sent and not answered is read back by id; a lost acknowledgement is normal (P19).
//! 3. What is new goes as one transaction of plain PUTs, in the order it was made. Before it leaves, its rows say
//!    "sent, no answer yet", so that a crash in between ends in step 2 and not in a second copy.
//! 4. A refused transaction is taken apart: by act, then by document. What is refused alone is parked in sight with
//!    its reason; what does not need it goes on (P5).
//! 5. Changes go one by one with If-Match. 409 and 412 both mean: fetch, [`reconcile`](crate::reconcile), try again. What no rule
//!    joins is kept whole on both sides for a person (P16).
//! 6. A claim is one PUT with If-Match, looked at at once and again after five seconds; until then it is "asked for".
//! 7. Then the pull: Tasks of this team and open offers, and from them everything they name ([`pull`]), in pages and at
//!    intervals that [`pace`] says.
//! 8. Behind everything else, in a run of their own, contents of photos and dictations ([`attachments`]).
//! 9. What was acknowledged and did not come back with a pull is read by id: only then does its second copy go (P3).
//!
//! Each of the three is a [`Run`]: a state machine without I/O, which asks for a request, hears the answer, and writes to the
//! store. The [`driver`] around it only carries. So a simulation can be the network, the server and the clock. What becomes of
//! a document that an answer brings is for [`arrive`](crate::arrive) to say.

mod answers;
pub mod attachments;
mod batch;
pub mod driver;
mod engine;
pub mod escalations;
mod outbox;
pub mod pace;
pub mod pull;
mod run;

pub use engine::{Engine, Next};
pub use run::{Report, Run, Scope, Stop};
