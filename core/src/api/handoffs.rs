//! Referrals.

use super::input::code;
use super::{Anydoor, ItemTruth, Result};
use crate::acts::hand_off;
use crate::base::Code;
use crate::base::ids::{AssignmentId, PersonId, ServiceId};
use crate::views::handoffs::{self as view, HandoffView};

/// A referral, as far as known.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HandoffItem {
    /// The referral.
    pub id: String,
    /// Its Task.
    pub task: String,
    /// The code of its state.
    pub state: String,
    /// Why it was declined.
    pub why: Option<String>,
    /// How many facts were withheld.
    pub withheld: u32,
    /// Where it is.
    pub truth: ItemTruth,
}

impl From<HandoffView> for HandoffItem {
    fn from(view: HandoffView) -> Self {
        Self {
            id: view.id,
            task: view.task,
            state: view.state.code().into(),
            why: view.why,
            withheld: u32::try_from(view.withheld).unwrap_or(u32::MAX),
            truth: view.truth.into(),
        }
    }
}

#[uniffi::export]
impl Anydoor {
    /// Refers a person to a service, with a new basis of this kind that names it (empty: only bases that are here).
    /// Returns the referral's id; on return basis and referral are on disk.
    ///
    /// # Errors
    /// `NotAllowed` with `no-basis`: nothing is sent.
    pub fn hand_off(&self, assignment: &str, person: &str, service: &str, basis_kind: &str) -> Result<String> {
        let (id, person, service) = (AssignmentId::parse(assignment)?, PersonId::parse(person)?, ServiceId::parse(service)?);
        let new = if basis_kind.is_empty() { None } else { Some(code(basis_kind, "basis")?) };
        Ok(self.inner.act(|store, actor| hand_off::hand_off(store, &id, &person, &service, new, actor))?.into())
    }

    /// The referrals of an assignment.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn handoffs(&self, assignment: &str) -> Result<Vec<HandoffItem>> {
        let id = AssignmentId::parse(assignment)?;
        self.inner.store(|store| Ok(view::handoffs(store, &id)?.into_iter().map(Into::into).collect()))
    }
}
