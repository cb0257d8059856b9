//! Follow-ups, and attempts at them.

use super::input::code;
use super::{Anydoor, ItemTruth, Result};
use crate::acts::follow_up::{self, Went};
use crate::base::ids::{AssignmentId, FollowUpId, PersonId};
use crate::views::follow_ups::{self as view, FollowUpView};

/// A follow-up.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FollowUpItem {
    /// The id.
    pub id: String,
    /// The person.
    pub person: String,
    /// When it is due, RFC 3339.
    pub due: String,
    /// Whether it is done.
    pub done: bool,
    /// Codes of what came of each attempt.
    pub attempts: Vec<String>,
    /// Where it is.
    pub truth: ItemTruth,
}

impl From<FollowUpView> for FollowUpItem {
    fn from(view: FollowUpView) -> Self {
        Self {
            id: view.follow_up.id.into(),
            person: view.follow_up.person.into(),
            due: view.follow_up.due.to_string(),
            done: view.done,
            attempts: view.attempts,
            truth: view.truth.into(),
        }
    }
}

#[uniffi::export]
impl Anydoor {
    /// Makes the follow-ups of one person: due so many hours after now, where none are given at the agency's own (its
    /// Library `follow-up-hours`), and where it has none after 24 and 72.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn plan_follow_ups(&self, assignment: &str, person: &str, hours: Vec<u32>) -> Result<()> {
        let (id, person) = (AssignmentId::parse(assignment)?, PersonId::parse(person)?);
        self.inner.plan(|store, actor| follow_up::plan_follow_ups(store, &id, &person, hours, actor))
    }

    /// The follow-ups of an assignment, the first due first.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn follow_ups(&self, assignment: &str) -> Result<Vec<FollowUpItem>> {
        let id = AssignmentId::parse(assignment)?;
        self.inner.store(|store| Ok(view::follow_ups(store, &id)?.into_iter().map(Into::into).collect()))
    }

    /// Records an attempt at a follow-up.
    ///
    /// # Errors
    /// `NotAllowed` where the person's safe contact forbids it: nothing is recorded.
    pub fn record_attempt(&self, follow_up: &str, by: &str, outcome: &str, safety_concern: bool, remark: Option<String>) -> Result<()> {
        let went = Went { by: code(by, "by")?, outcome: code(outcome, "outcome")?, safety_concern, remark };
        let id = FollowUpId::parse(follow_up)?;
        self.inner.plan(|store, actor| follow_up::record_attempt(store, &id, went, actor))
    }
}
