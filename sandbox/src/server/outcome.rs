//! What is wrong, as an OperationOutcome with its HTTP status. Every refusal of the server goes through here, so every
//! error that a client sees has the same shape: a code, a sentence, and the element where there is one.

use std::fmt::Write as _;

use serde_json::Value;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issue {
    /// FHIR's issue type.
    pub code: &'static str,
    /// A sentence.
    pub text: String,
    /// The element, as a FHIRPath.
    pub place: Option<String>,
}

impl Issue {
    pub(super) fn at(code: &'static str, text: impl Into<String>, place: impl Into<String>) -> Self {
        Self { code, text: text.into(), place: Some(place.into()) }
    }
}

/// A refusal: its HTTP status and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    pub issues: Vec<Issue>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, issues: vec![Issue { code, text: text.into(), place: None }] }
    }

    pub(super) fn at(status: u16, code: &'static str, text: impl Into<String>, place: impl Into<String>) -> Self {
        Self { status, issues: vec![Issue::at(code, text, place)] }
    }

    /// Whether this is only a parameter that is not served: what a sloppy server ignores.
    pub(super) fn is_unsupported(&self) -> bool {
        self.issues.iter().all(|issue| issue.code == "not-supported")
    }

    /// The same refusal, of an entry of a bundle.
    pub(super) fn in_entry(mut self, index: usize) -> Self {
        let entry = format!("Bundle.entry[{index}]");
        for issue in &mut self.issues {
            issue.place = Some(match issue.place.take() {
                Some(place) if place.starts_with("request.") => format!("{entry}.{place}"),
                Some(place) => match place.split_once('.') {
                    Some((_, inner)) => format!("{entry}.resource.{inner}"),
                    None => format!("{entry}.resource"),
                },
                None => entry.clone(),
            });
            issue.text = format!("entry {index}: {}", issue.text);
        }
        self
    }

    /// The OperationOutcome, as JSON text.
    pub(super) fn outcome(&self) -> String {
        let mut text = String::from(r#"{"resourceType":"OperationOutcome","issue":["#);
        for (index, issue) in self.issues.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let (code, diagnostics) = (issue.code, Value::from(issue.text.as_str()));
            // Writing to a String cannot fail.
            let _ = write!(text, r#"{comma}{{"severity":"error","code":"{code}","diagnostics":{diagnostics}"#);
            if let Some(place) = &issue.place {
                let _ = write!(text, r#","expression":[{}]"#, Value::from(place.as_str()));
            }
            text.push('}');
        }
        text.push_str("]}");
        text
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(500, "exception", format!("database: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_json_whatever_the_sentence_holds() {
        let refusal = Refusal::at(422, "invalid", "a \"quote\"\nand a line", "Task.status").in_entry(3);
        let read: Value = serde_json::from_str(&refusal.outcome()).unwrap();
        assert_eq!(read["issue"][0]["expression"][0], "Bundle.entry[3].resource.status");
        assert_eq!(read["issue"][0]["diagnostics"], "entry 3: a \"quote\"\nand a line");
    }
}
