//! The calls for help, in files of their own, readable after the first unlock (P10).
//!
//! Rule: each process appends to a file of its own, which nothing ever writes anew, and keeps each call twice; what stands in
//! all of them is merged when it is read. No state of the work database, and no file that does not read, keeps a call from
//! being kept. Neighbours: `sync::escalations` sends them, `store::audit` takes in the heads of their chains.

mod calls;
mod carry_over;
pub(super) mod file;
mod frame;
mod pair;
pub(super) mod row;
mod standing;
