//! What a person does.
pub use plan::{Act, Ledger, Plan, Write}; mod plan;
