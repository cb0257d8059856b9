//! The team's queue: slim rows from one covering index.
//!
//! Rule: rows are read after those that are stale were recomputed. Neighbours: `projections::assignments` writes them, `truth`
//! says where each visit is.

use rusqlite::params;

use super::database::Store;
use super::error::StoreError;
use super::records::Rows;
use super::truth;
use crate::assignment::{Stamp, State, Status};
use crate::base::Code;
use crate::base::ids::{AssignmentId, IncidentId, TeamId};
use crate::fhir::{Document, assignment};
use crate::incident::{Door, Urgency};
use crate::records::lookup;
use crate::views::queue::{QueueRow, Row};

impl Store {
    /// The first `most` rows: open ones first, the most urgent first, the longest waiting first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn queue(&self, most: u32) -> Result<Vec<QueueRow>, StoreError> {
        self.rows("INDEXED BY assignments_queue ORDER BY open DESC, urgency, determined LIMIT ?", params![most])
    }

    /// The row of one assignment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn queue_row(&self, assignment: &AssignmentId) -> Result<Option<QueueRow>, StoreError> {
        Ok(self.rows("WHERE id = ?", params![assignment.as_str()])?.pop())
    }

    fn rows(&self, which: &str, values: impl rusqlite::Params) -> Result<Vec<QueueRow>, StoreError> {
        self.fresh(|store| store.rows_as_they_are(which, values))
    }

    fn rows_as_they_are(&self, which: &str, values: impl rusqlite::Params) -> Result<Vec<QueueRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT id, incident, team, state, urgency, determined, headline, person, place, door, cards, readable FROM assignments {which}"
        ))?;
        let rows = statement.query_map(values, |row| {
            let text = |index: usize| row.get::<_, Option<String>>(index);
            let Ok(assignment) = AssignmentId::parse(&row.get::<_, String>(0)?) else { return Ok(None) };
            Ok(Some(Row {
                assignment,
                incident: text(1)?.and_then(|id| IncidentId::parse(&id).ok()),
                team: text(2)?.and_then(|id| TeamId::parse(&id).ok()),
                state: text(3)?.as_deref().and_then(State::from_code).unwrap_or(State::Offered),
                urgency: Urgency::ALL.get(usize::from(row.get::<_, u8>(4)?)).copied().unwrap_or(Urgency::Urgent),
                determined: text(5)?.and_then(|at| at.parse().ok()),
                headline: row.get(6)?,
                person: row.get(7)?,
                place: row.get(8)?,
                door: text(9)?.as_deref().and_then(Door::from_code),
                cards: row.get(10)?,
                readable: row.get(11)?,
            }))
        })?;
        let rows: Vec<Option<Row>> = rows.collect::<Result<_, _>>()?;
        let with_truth = |row: Row| Ok(QueueRow { truth: truth::of_lane(&self.connection, row.assignment.as_str())?, row });
        rows.into_iter().flatten().map(with_truth).collect()
    }

    /// What the stamps here say of an assignment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn status(&self, assignment: &AssignmentId) -> Result<Status, StoreError> {
        Ok(lookup::stamps(&Rows(&self.connection), assignment.as_str())?.status())
    }

    /// Whether this release knows the status and every stamp of an assignment; where not, its Task is not changed (P30).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn knows_status(&self, task: &Document) -> Result<bool, StoreError> {
        Ok(assignment::knows_status(task) && lookup::stamps(&Rows(&self.connection), task.id())?.unread.is_empty())
    }

    /// The stamps of an assignment that can be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stamps(&self, assignment: &AssignmentId) -> Result<Vec<Stamp>, StoreError> {
        Ok(lookup::stamps(&Rows(&self.connection), assignment.as_str())?.read)
    }
}
