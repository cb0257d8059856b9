//! What one frame of a file of calls says.
//!
//! Rule: frames outlive releases: a field is added with a default and never changes its meaning, and one that this release does
//! not know is left where it is. Each frame holds the hash of the one before it, so that a gap shows (P27). Neighbours: `pair`
//! reads and appends them, `standing` says what they come to.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::base::Position;
use crate::base::clock::Moment;
use crate::base::ids::{AssignmentId, OrganizationId};
use crate::incident::Place;
use crate::safety::Prepared;
use crate::store::audit::chained;

/// One frame as it stands in its file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Frame {
    /// Its place in its file, from 1.
    pub seq: u64,
    /// Its place among those of all files: later than all that its writer had read.
    pub order: u64,
    /// What it says, as text: the hash is over these bytes.
    pub said: Box<RawValue>,
    /// SHA-256 over the hash before it and what it says.
    pub hash: String,
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Said {
    /// A call was made.
    Made {
        /// The Task.
        task: String,
        /// When, by the clock that counts sleep.
        #[serde(default)]
        at: Option<Moment>,
    },
    /// A call of an earlier release's file, or of a damaged one, as it stood there.
    Carried { task: String, version: Option<String>, unknown: bool },
    /// It was sent and no answer came yet.
    Unknown { id: String },
    /// It did not leave, or the server has not got it.
    Unsent { id: String },
    /// The server refused it with this status.
    Refused { id: String, status: u16 },
    /// The server has it under this version.
    Arrived { id: String, version: String },
    /// What the server says of it.
    Heard { task: String },
    /// Somebody cancelled it here.
    Cancelled { id: String, who: String, at: String },
    /// What a call from this assignment would need.
    Prepared(PreparedText),
    /// How long an answer is waited for, in seconds, as the agency says.
    Patience { seconds: u64 },
}

/// [`Prepared`] as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PreparedText {
    pub assignment: String,
    pub psap: Option<String>,
    pub address: Option<String>,
    pub locality: Option<String>,
    pub access: Option<String>,
    /// Latitude and longitude in degrees.
    pub position: Option<(f64, f64)>,
    pub accuracy_m: Option<f64>,
}

impl From<&Prepared> for PreparedText {
    fn from(prepared: &Prepared) -> Self {
        let Place { address, locality, access, position, accuracy_m } = prepared.place.clone();
        Self {
            assignment: prepared.assignment.to_string(),
            psap: prepared.psap.as_ref().map(ToString::to_string),
            address,
            locality,
            access,
            position: position.map(|at| (at.latitude(), at.longitude())),
            accuracy_m,
        }
    }
}

impl PreparedText {
    pub fn read(&self) -> Option<Prepared> {
        let position = self.position.and_then(|(latitude, longitude)| Position::new(latitude, longitude).ok());
        Some(Prepared {
            assignment: AssignmentId::parse(&self.assignment).ok()?,
            psap: self.psap.as_deref().and_then(|id| OrganizationId::parse(id).ok()),
            place: Place {
                address: self.address.clone(),
                locality: self.locality.clone(),
                access: self.access.clone(),
                position,
                accuracy_m: self.accuracy_m,
            },
        })
    }
}

impl Frame {
    /// The frame that follows `last` in its file.
    pub fn after(last: Option<&Self>, order: u64, said: &Said) -> Option<Self> {
        let said = serde_json::value::to_raw_value(said).ok()?;
        let hash = chained(&[last.map_or("", |last| &last.hash), said.get()]);
        Some(Self { seq: last.map_or(1, |last| last.seq + 1), order, said, hash })
    }

    /// Whether it follows `last`, which stands before it in its file.
    pub fn follows(&self, last: Option<&Self>) -> bool {
        self.seq == last.map_or(1, |last| last.seq + 1) && self.hash == chained(&[last.map_or("", |last| &last.hash), self.said.get()])
    }

    /// What it says; `None` where a later release wrote it.
    pub fn said(&self) -> Option<Said> {
        serde_json::from_str(self.said.get()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_is_read_as_it_was_written_and_one_of_a_later_release_is_left() {
        let prepared = Prepared {
            assignment: AssignmentId::derived("a"),
            psap: Some(OrganizationId::derived("p")),
            place: Place { address: Some("12 Mill Rd".into()), position: Position::new(40.0625, -75.375).ok(), ..Place::default() },
        };
        let id = || "call".to_owned();
        let at = Some(Moment { boot: Some("b".into()), since_boot_ms: 90_000 });
        let said = [
            Said::Made { task: "{}".into(), at },
            Said::Carried { task: "{}".into(), version: Some("1".into()), unknown: true },
            Said::Unknown { id: id() },
            Said::Unsent { id: id() },
            Said::Refused { id: id(), status: 422 },
            Said::Arrived { id: id(), version: "1".into() },
            Said::Heard { task: "{}".into() },
            Said::Cancelled { id: id(), who: "Ana".into(), at: "2026-11-25T02:00:00Z".into() },
            Said::Prepared((&prepared).into()),
            Said::Patience { seconds: 90 },
        ];
        let mut last: Option<Frame> = None;
        for said in &said {
            let frame = Frame::after(last.as_ref(), 7, said).unwrap();
            let read: Frame = serde_json::from_slice(&serde_json::to_vec(&frame).unwrap()).unwrap();
            assert_eq!(read.said().as_ref(), Some(said));
            assert!(read.follows(last.as_ref()));
            last = Some(read);
        }
        assert_eq!(PreparedText::from(&prepared).read(), Some(prepared));
        let later: Frame = serde_json::from_str(r#"{"seq":1,"order":1,"said":{"sung":{"id":"x"}},"hash":""}"#).unwrap();
        assert_eq!(later.said(), None);
    }
}
