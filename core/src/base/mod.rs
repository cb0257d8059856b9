//! What every module stands on: ids, time, randomness, closed sets of codes, JSON within limits, text that documents can hold, positions.
//!
//! Rule: nothing here knows a call, a team or a document. Neighbours: everything to the right of it.

pub mod clock;
pub mod code;
pub mod geo;
pub mod ids;
pub mod json;
pub mod mend;
pub mod random;
pub mod text;

pub use code::Code;
pub use geo::{BadPosition, Position};
