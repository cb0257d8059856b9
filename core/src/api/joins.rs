//! What may be the same incident, and joining two by this member's word.

use super::{Anydoor, ReasonRow, Result, reasons};
use crate::acts::join;
use crate::base::ids::{AssignmentId, IncidentId};
use crate::views::joins as view;

/// What may be the same incident.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ProposalRow {
    /// The other incident.
    pub other: String,
    /// Why; never empty.
    pub reasons: Vec<ReasonRow>,
}

/// How many of the queue's incidents are compared.
const COMPARED: u32 = 500;

#[uniffi::export]
impl Anydoor {
    /// What may be the same incident as this one. Only a person's word joins them.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn same_incident(&self, incident: &str, locale: &str) -> Result<Vec<ProposalRow>> {
        let id = IncidentId::parse(incident)?;
        self.inner.store(|store| {
            let others = store.queue(COMPARED)?.into_iter().filter_map(|row| row.row.incident);
            let row = |reasons: &[_]| reasons.iter().map(|reason| reasons::of_likeness(reason, locale)).collect();
            let found = view::proposals(store, &id, others)?;
            Ok(found.into_iter().map(|p| ProposalRow { other: p.other.into(), reasons: row(&p.reasons) }).collect())
        })
    }

    /// Joins two incidents by this member's word. It can be undone. Returns the join's id.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn join(&self, kept: &str, other: &str, assignment: &str) -> Result<String> {
        let (kept, other, assignment) = (IncidentId::parse(kept)?, IncidentId::parse(other)?, AssignmentId::parse(assignment)?);
        let join = self.inner.act(|store, actor| join::join(store, &kept, &other, &assignment, actor))?;
        Ok(join.id.as_str().to_owned())
    }

    /// Undoes a join.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn undo_join(&self, join: &str, assignment: &str) -> Result<()> {
        let assignment = AssignmentId::parse(assignment)?;
        self.inner.plan(|store, actor| join::undo(store, join, &assignment, actor))
    }
}
