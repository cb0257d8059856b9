//! What is wrong, as an OperationOutcome with its HTTP status.

use serde_json::{Value, json};

/// A refusal.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{status} {code}: {text}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The issue code.
    pub code: &'static str,
    /// What is wrong.
    pub text: String,
    /// Where, as a FHIRPath.
    pub place: Option<String>,
}

impl Refusal {
    /// A refusal without a place.
    pub fn new(status: u16, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into(), place: None }
    }
    /// A refusal of one element.
    pub fn at(status: u16, code: &'static str, text: impl Into<String>, place: impl Into<String>) -> Self {
        Self { place: Some(place.into()), ..Self::new(status, code, text) }
    }
    /// The OperationOutcome.
    pub fn outcome(&self) -> Value {
        let mut issue = json!({ "severity": "error", "code": self.code, "diagnostics": self.text });
        if let (Value::Object(issue), Some(place)) = (&mut issue, &self.place) {
            issue.insert("expression".into(), json!([place]));
        }
        json!({ "resourceType": "OperationOutcome", "issue": [issue] })
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(500, "exception", format!("database: {error}"))
    }
}
