//! The team's queue: slim rows from one covering index.

use rusqlite::params;

use super::{Store, StoreError, Truth, project};
use crate::assignment::{Stamp, State, Status};
use crate::fhir::{Document, assignment};
use crate::ids::{AssignmentId, IncidentId};
use crate::incident::Code;

/// One row of the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueRow {
    /// The assignment.
    pub assignment: String,
    /// The incident.
    pub incident: String,
    /// The team; `None`: an open offer.
    pub team: Option<String>,
    /// Where it stands.
    pub state: State,
    /// 0 emergent, 1 urgent, 2 routine.
    pub urgency: u8,
    /// When a response was determined to be needed.
    pub determined: String,
    /// What it is.
    pub headline: String,
    /// The person as shown; `None`: nobody named or described.
    pub person: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// The code of the door.
    pub door: String,
    /// How many cards a person must decide.
    pub cards: u32,
    /// Whether this release knows every code in it; where not, it is shown and not changed (P30).
    pub readable: bool,
    /// Where its least safe item is.
    pub truth: Truth,
}

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
            Ok(QueueRow {
                assignment: row.get(0)?,
                incident: row.get(1)?,
                team: row.get(2)?,
                state: State::from_code(&row.get::<_, String>(3)?).unwrap_or(State::Offered),
                urgency: row.get(4)?,
                determined: row.get(5)?,
                headline: row.get(6)?,
                person: row.get(7)?,
                place: row.get(8)?,
                door: row.get(9)?,
                cards: row.get(10)?,
                readable: row.get(11)?,
                truth: Truth::AtTheAgency,
            })
        })?;
        let mut rows: Vec<QueueRow> = rows.collect::<Result<_, _>>()?;
        for row in &mut rows {
            row.truth = self.truth_of_lane(&row.assignment)?;
        }
        Ok(rows)
    }

    /// What the stamps here say of an assignment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn status(&self, assignment: &AssignmentId) -> Result<Status, StoreError> {
        Ok(project::status_here(&self.connection, &format!("Task/{assignment}"))?.0)
    }

    /// Whether this release knows the status and every stamp of an assignment; where not, its Task is not changed (P30).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn knows_status(&self, task: &Document) -> Result<bool, StoreError> {
        Ok(assignment::knows_status(task) && project::status_here(&self.connection, &task.reference())?.1)
    }

    /// The stamps of an assignment that can be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stamps(&self, assignment: &AssignmentId) -> Result<Vec<Stamp>, StoreError> {
        let documents = self.pointing_at("Provenance", "target", &format!("Task/{assignment}"))?;
        Ok(documents.iter().filter_map(|doc| crate::fhir::assignment::read_stamp(doc).ok()).collect())
    }

    /// An incident with its people, place and facts.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where it is not here; [`StoreError::Read`] where a part of it cannot be read.
    pub fn incident(&self, id: &IncidentId) -> Result<crate::incident::Incident, StoreError> {
        let request = self.document("ServiceRequest", id.as_str())?.ok_or(StoreError::Missing { kind: "incident" })?;
        let facts = self.pointing_at("Observation", "focus", &request.reference())?;
        let find = |reference: &str| self.referenced(reference).ok().flatten();
        Ok(crate::fhir::incident::read(&request, &find, &facts)?)
    }
}
