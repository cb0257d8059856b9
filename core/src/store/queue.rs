//! The team's queue: slim rows from one covering index.
//!
//! Rule: rows are read after those that are stale were recomputed. Neighbours: `projections::assignments` writes them, `truth`
//! says where each visit is.

use super::database::Store;
use super::error::StoreError;
use super::truth;
use crate::assignment::State;
use crate::base::Code;
use crate::base::ids::{AssignmentId, IncidentId, TeamId};
use crate::incident::{Door, Urgency};
use crate::views::queue::{QueueRow, Row};

impl Store {
    /// The first `most` rows: open ones first, the most urgent first, the longest waiting first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn queue(&self, most: u32) -> Result<Vec<QueueRow>, StoreError> {
        self.fresh(|store| store.queue_as_it_is(most))
    }

    fn queue_as_it_is(&self, most: u32) -> Result<Vec<QueueRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, incident, team, state, urgency, determined, headline, person, place, door, cards, readable
             FROM assignments INDEXED BY assignments_queue ORDER BY open DESC, urgency, determined LIMIT ?",
        )?;
        let rows = statement.query_map([most], |row| {
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
}
