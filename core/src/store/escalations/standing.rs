//! What the frames of all files come to: the calls, what is prepared, and how long an answer is waited for.
//!
//! Rule: frames are taken in their order, whichever file they stand in; one that says nothing here changes nothing. Neighbours:
//! `frame` is what they say, `calls` asks.

use super::frame::{Frame, Said};
use super::row::EscalationRow;
use crate::base::ids::AssignmentId;
use crate::fhir::Document;
use crate::safety::{Ending, Prepared};
use crate::store::documents;

/// What is known of the calls.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The calls, oldest first.
    pub rows: Vec<EscalationRow>,
    /// What calls would need, the newest last.
    pub prepared: Vec<Prepared>,
    /// How long an answer is waited for, in seconds.
    pub patience_s: Option<u64>,
    /// The highest order.
    pub order: u64,
}

impl Standing {
    /// What these frames come to; each with the number of its file.
    pub fn of(mut frames: Vec<(u32, Frame)>) -> Self {
        frames.sort_by_key(|(file, frame)| (frame.order, *file, frame.seq));
        let mut standing = Self::default();
        for (_, frame) in &frames {
            standing.order = standing.order.max(frame.order);
            // One that says nothing here, as of a later release, is left where it is.
            let _ = frame.said().and_then(|said| standing.take(said));
        }
        standing
    }

    fn row(&mut self, id: &str) -> Option<&mut EscalationRow> {
        self.rows.iter_mut().find(|row| row.task.id() == id)
    }

    fn take(&mut self, said: Said) -> Option<()> {
        match said {
            Said::Made { task, at } => self.add(EscalationRow { made: at, ..new(&task)? }),
            Said::Carried { task, version, unknown } => self.add(EscalationRow { version, unknown, ..new(&task)? }),
            Said::Unknown { id } => {
                let row = self.row(&id)?;
                row.unknown = row.version.is_none();
            }
            Said::Unsent { id } => self.row(&id)?.unknown = false,
            Said::Refused { id, status } => self.row(&id)?.refused = Some(status),
            Said::Arrived { id, version } => {
                let row = self.row(&id)?;
                (row.version, row.unknown, row.refused) = (Some(version), false, None);
            }
            Said::Heard { task } => {
                let task = documents::parse(&task).ok()?;
                let row = self.row(task.id())?;
                (row.version, row.unknown, row.refused) = (task.version().map(str::to_owned), false, None);
                row.task = task;
            }
            Said::Cancelled { id, who, at } => self.row(&id)?.cancelled = Some(Ending { who, at: at.parse().ok()? }),
            Said::Prepared(text) => {
                let prepared = text.read()?;
                self.prepared.retain(|known| known.assignment != prepared.assignment);
                self.prepared.push(prepared);
            }
            Said::Patience { seconds } => self.patience_s = Some(seconds),
        }
        Some(())
    }

    fn add(&mut self, row: EscalationRow) {
        if self.row(row.task.id()).is_none() {
            self.rows.push(row);
        }
    }

    /// What a call from this assignment needs; where none is named, from the one that was prepared last.
    pub fn prepared_for(&self, assignment: Option<&AssignmentId>) -> Option<&Prepared> {
        match assignment {
            Some(assignment) => self.prepared.iter().find(|known| known.assignment == *assignment),
            None => self.prepared.last(),
        }
    }
}

fn new(task: &str) -> Option<EscalationRow> {
    let task: Document = documents::parse(task).ok()?;
    Some(EscalationRow { task, version: None, unknown: false, refused: None, made: None, cancelled: None })
}
