//! The road network of a county: travel times from every team to a scene, with no signal.
//!
//! A *road pack* is one checked file that `anydoor-roads build` makes from OpenStreetMap; here it is only read, and its
//! bytes are the caller's (a phone maps the file). Rule: every answer is exact for the pack's metric, which is seconds
//! at free flow, as docs/roads.md says; what the pack does not know is said as such, never guessed.
//!
//! The way of a question: [`Roads::snap`] puts the scene and the teams on streets, [`Roads::times`] measures all of them at
//! once, [`Roads::route`] draws one, [`Roads::first_two`] finds who is first at many places, [`Roads::lines`] draws the map. A [`Closed`] holds what a lead has closed.
//! Neighbours: `incident` (positions), `team` (ranks by these times), the crate `anydoor-roads` (writes the pack).

mod closures;
mod flat;
pub mod format;
mod hierarchy;
mod lines;
mod network;
mod pack;
mod reach;
mod route;
mod snap;
mod streets;

pub use closures::{Closed, Closure};
pub use flat::metres;
pub use lines::{Line, View};
pub use network::End;
pub use pack::{About, Roads, RoadsError};
pub use reach::FirstTwo;
pub use route::Route;
pub use snap::{NoRoad, Spot};

/// A travel time in milliseconds.
pub type Millis = u32;

/// What stands for "no way" inside the searches.
const NEVER: Millis = Millis::MAX;
