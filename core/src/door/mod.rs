//! Doors: how a call comes in and how word goes out. A 911 call comes as a NENA EIDO document ([`eido`]), a 988 call as
//! a FHIR order (`fhir::order`); both become the same [`Arrival`].
//!
//! Rule: nothing that was sent is lost. Every leaf of a document stands in a typed field, in a fact with who said it
//! and when, or under [`Arrival::also_sent`] with its path; the bytes as received are kept beside it.
//! [`triage`] answers how soon, medical or not, who goes, staged or not.
//! Neighbours: `incident` is what a door makes, `acts` decides what becomes of it.

mod arrival;
pub mod eido;
mod pidf;
pub mod triage;
mod xml;

pub use arrival::{Agency, AlsoSent, Arrival, CautionGiven, Merge, Offer, PlaceGiven, Received, Severity, Unit};

use crate::base::json;

/// A document that is refused. Nothing of it is kept. No message repeats what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// Not JSON, or more than is read.
    #[error("the document is refused: {0}")]
    Json(#[from] json::JsonError),
    /// A member that nothing can be read without is missing or wrong.
    #[error("{} is missing or wrong: {needed}", json::shown(path))]
    Missing {
        /// Where, as a JSON Pointer.
        path: String,
        /// What is needed there.
        needed: &'static str,
    },
    /// More than is read: what has no field here weighs over 128 MB with its paths.
    #[error("more than is read")]
    TooMuch,
    /// Two documents to be merged speak of different incidents.
    #[error("the two documents are not of the same incident")]
    OtherIncident,
    /// A triage table that breaks a rule.
    #[error("row {row} of the triage table: {rule}")]
    Table {
        /// Which row, from 0.
        row: usize,
        /// The rule that it breaks.
        rule: &'static str,
    },
}
