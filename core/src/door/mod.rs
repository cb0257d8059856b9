//! Doors: how a call comes in and how word goes out. A 911 call comes as a NENA EIDO document ([`eido`]), a 988 call as
//! a FHIR order (`fhir::order`); both become the same [`Arrival`].
//!
//! Rule: nothing that was sent is lost. Every leaf of a document stands in a typed field, in a fact with who said it
//! and when, or under [`Arrival::also_sent`] with its path; the bytes as received are kept beside it.
//! [`triage`] answers how soon, medical or not, who goes, staged or not.
//! Neighbours: `incident` is what a door makes, `acts` decides what becomes of it.
//!
//! An EIDO in, and out again:
//!
//! ```
//! use anydoor_core::door::{Agency, eido};
//! use anydoor_core::incident::Identifier;
//! use anydoor_core::sharing::{Question, Receiver, Receiving, Rules, part};
//!
//! let received = br#"{
//!   "$id": "urn:example:eido:1", "eidoVersion": "1.0", "lastUpdateTimeStamp": "2026-11-23T05:00:00Z",
//!   "incidentComponent": [{ "$id": "incident", "incidentTrackingIdentifier": "urn:emergency:uid:incidentid:7:cad.example",
//!     "incidentTypeCommonRegistryText": "Suicidal Person", "lastUpdateTimeStamp": "2026-11-23T05:00:00Z" }],
//!   "notesComponent": [{ "$id": "note", "notesActionComments": "says she has not slept for days" }]
//! }"#;
//! let arrival = eido::read(received)?;
//! let told = |text: &str| {
//!     let facts = arrival.incident.facts.iter().map(|fact| &fact.text);
//!     facts.chain(arrival.also_sent.iter().map(|also| &also.text)).any(|said| said.contains(text))
//! };
//! assert!(told("has not slept for days"));
//!
//! let agency = Identifier { system: "urn:nena:agency".into(), value: "crisis.example".into() };
//! let sender = eido::Sender {
//!     issuer: "crisis.example".into(),
//!     agency: Agency { id: agency, roles: vec!["Assisting".into()], kinds: vec![], owns: None },
//!     agent: eido::Agent { id: "gateway@crisis.example".into(), roles: vec![] },
//! };
//! let to = Receiver { kind: Receiving::Ems, organization: None };
//! let now = "2026-11-23T05:01:00Z".parse()?;
//! let (incident, rules) = (&arrival.incident, Rules::default());
//! let parted = part(&Question { incident, person: None, to: &to, bases: &[], rules: &rules, area: None, at: now });
//! let out = eido::write(&parted.packet, &sender, now);
//! assert_eq!(out["eidoVersion"], "1.0");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
