//! Handing down through the 988 door.

use super::{Anydoor, ItemTruth, Result};
use crate::acts::step_down;
use crate::base::Code;
use crate::base::ids::{AssignmentId, OrganizationId};
use crate::views::step_downs::{self as view, StepDownView};

/// A step-down, as far as known.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StepDownItem {
    /// The id.
    pub id: String,
    /// The code of its state.
    pub state: String,
    /// Why it came back.
    pub why_back: Option<String>,
    /// Where it is.
    pub truth: ItemTruth,
}

impl From<StepDownView> for StepDownItem {
    fn from(view: StepDownView) -> Self {
        Self { id: view.id, state: view.state.code().into(), why_back: view.why_back, truth: view.truth.into() }
    }
}

#[uniffi::export]
impl Anydoor {
    /// Asks the 988 centre to take the person on, with `brief` and the facts that it may have. Returns its id. It is finished
    /// only when the counsellor says that the person is on the line.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn step_down(&self, assignment: &str, centre: &str, brief: &str) -> Result<String> {
        let (id, centre) = (AssignmentId::parse(assignment)?, OrganizationId::parse(centre)?);
        Ok(self.inner.act(|store, actor| step_down::step_down(store, &id, &centre, brief, actor))?.into())
    }

    /// The step-downs of an assignment.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn step_downs(&self, assignment: &str) -> Result<Vec<StepDownItem>> {
        let id = AssignmentId::parse(assignment)?;
        self.inner.store(|store| Ok(view::step_downs(store, &id)?.into_iter().map(Into::into).collect()))
    }
}
