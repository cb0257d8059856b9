//! Slim rows computed from documents, for what screens list and search: once, before they are read, however much changed. They
//! may be rebuilt at any time.
//!
//! Rule: what stands in a row is said by a view ([`views`](crate::views)), so that a phone's table and a gateway's computing are
//! one. Neighbours: whatever changes documents names them to `changed`; `queue`, `teams` and `notes` read the rows.

mod assignments;
pub(super) mod changed;
mod notes;
pub(super) mod teams;
