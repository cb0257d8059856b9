//! One escalation, as it is kept.
//!
//! Rule: values only. Neighbours: `calls` reads them, `carry_over` brings them out of a damaged file.

use crate::fhir::Document;

/// One escalation and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct EscalationRow {
    /// The Task, as the server last told, or as made here.
    pub task: Document,
    /// The server's version id; `None`: not sent, or sent without an answer.
    pub version: Option<String>,
    /// Whether it was sent without an answer: look before sending again.
    pub unknown: bool,
}
