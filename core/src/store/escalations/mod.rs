//! The escalations' own small file, with a key of its own that is readable after first unlock (P10).
//!
//! Rule: it holds nothing but the call for help, the number to call back and the place, so that it opens while the
//! work database is locked, migrating or damaged. Neighbours: `sync::escalations` sends from here before anything else.

mod calls;
mod carry_over;
mod chain;
pub(super) mod file;
pub(super) mod row;
