//! The visit: taps, and the closing answers.

use super::input::code;
use super::{Anydoor, Result};
use crate::acts::{close, stamp};
use crate::assignment::{Capture, Closing, StampKind};
use crate::base::ids::{AssignmentId, StampId, VisitId};

/// The closing answers: four where the crew met the person, two where it did not.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum ClosingInput {
    /// The crew was with the person.
    Met {
        /// The code of where they are now.
        whereabouts: String,
        /// The code of how they got there.
        travel: String,
        /// The code of the legal status.
        legal: String,
        /// The code of how it closed.
        how: String,
    },
    /// The crew did not reach the person.
    NotMet {
        /// The code of why.
        reason: String,
        /// The code of what comes next.
        next: String,
    },
}

fn closing(said: &ClosingInput) -> Result<Closing> {
    Ok(match said {
        ClosingInput::Met { whereabouts, travel, legal, how } => Closing::Met {
            whereabouts: code(whereabouts, "whereabouts")?,
            travel: code(travel, "travel")?,
            legal: code(legal, "legal")?,
            how: code(how, "how")?,
        },
        ClosingInput::NotMet { reason, next } => Closing::NotMet { reason: code(reason, "no-contact")?, next: code(next, "next")? },
    })
}

#[uniffi::export]
impl Anydoor {
    /// Taps. `kind` is a stamp's code, `capture` how the time was taken (`tap` where empty). On return the stamp is on disk,
    /// with everything that follows from it.
    ///
    /// # Errors
    /// `Invalid` where that is no legal move from here.
    pub fn tap(&self, assignment: &str, kind: &str, capture: &str) -> Result<()> {
        let (id, kind) = (AssignmentId::parse(assignment)?, code::<StampKind>(kind, "stamp")?);
        let capture = if capture.is_empty() { Capture::Tap } else { code(capture, "capture")? };
        self.inner.plan(|store, actor| stamp::tap(store, &id, kind, capture, actor))
    }

    /// Withdraws a wrong tap, with a reason. It stays visible.
    ///
    /// # Errors
    /// `NotAllowed` where it is another's and this member does not lead: `stamp-of-another`; `lead-not-named` and `lead-unknown`
    /// where the phone was opened for a lead and the agency's data does not say so.
    pub fn withdraw_tap(&self, assignment: &str, stamp: &str, reason: &str) -> Result<()> {
        let (id, wrong) = (AssignmentId::parse(assignment)?, StampId::parse(stamp)?);
        self.inner.plan(|store, actor| stamp::withdraw(store, &id, &wrong, reason, actor))
    }

    /// Gives the closing answers of one person's visit.
    ///
    /// # Errors
    /// `NotAllowed` with `lead-only` for no contact at high urgency; `lead-not-named` and `lead-unknown` as above.
    pub fn close_visit(&self, assignment: &str, visit: &str, closing: ClosingInput) -> Result<()> {
        let (id, visit, closing) = (AssignmentId::parse(assignment)?, VisitId::parse(visit)?, self::closing(&closing)?);
        self.inner.plan(|store, actor| close::close(store, &id, &visit, closing, actor))
    }
}
