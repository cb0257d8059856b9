//! The pull: scope comes from Tasks. First the Tasks of this team and the open offers, then by id what they name.
//!
//! Rule: a watermark is the server's own stamp, stored in the same commit as the page that it covers, and read again with five
//! minutes of overlap. A refused search is never an empty one. No filter is believed: what a search returns and did not ask for
//! is left out and counted. What a search brings is a hint, and what may be old is read by its id before the next stage.
//! Neighbours: `run` is the state machine, `scope` says what is searched, `search` how, `chain` reads it page by page, `page`
//! takes what a page brings, `confirm` what is read once more.

mod chain;
mod confirm;
pub mod heard;
mod page;
pub mod run;
mod scope;
mod search;

pub use scope::every_search;
