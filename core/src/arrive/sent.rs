//! Answers to what was sent: taken, refused, changed elsewhere, or read back because no answer came.
//!
//! Rule: an intent ends with a version of the server's and nothing less (P12); where somebody else changed the same, ours goes
//! on top by rule, or both are kept whole (P16); nothing is merged into what is signed (P13).
//! Neighbours: `claims` has the looks, [`reconcile`](crate::reconcile) the merge.

use super::decision::{Decision, Merge};
use super::incoming::Incoming;
use super::local::Unsent;
use super::sameness::{comes_from, has_same_owner, is_derived, one_note_in_error, with_revision_of};
use super::subject::Subject;
use crate::delivery::{Act, ParkReason};
use crate::fhir::in_error::is_in_error;
use crate::fhir::{Document, DocumentError, Revision};
use crate::reconcile::{Reconciled, reconcile};

pub(super) fn on_acknowledgement(intent: &Unsent, incoming: &Incoming<'_>) -> Decision {
    match incoming {
        Incoming::Accepted { version: Some(version) } if intent.act == Act::Claim => {
            Decision::LookAtClaim { version: Some((*version).to_owned()) }
        }
        Incoming::Accepted { version: Some(version) } => Decision::Arrived { version: (*version).to_owned(), confirmed: false },
        Incoming::Accepted { version: None } => Decision::ReadBack,
        Incoming::Outdated => Decision::FetchTheirs,
        Incoming::Refused { reason, detail } => parked(*reason, *detail),
        _ => Decision::Leave,
    }
}

pub(super) fn on_read_back(subject: &Subject<'_>, incoming: &Incoming<'_>) -> Result<Decision, DocumentError> {
    let there = match incoming {
        Incoming::Document(there) => *there,
        Incoming::Absent | Incoming::Withheld => return Ok(Decision::Requeue),
        Incoming::Refused { reason, detail } => return Ok(parked(*reason, *detail)),
        _ => return Ok(Decision::Leave),
    };
    // Without a version it proves nothing (P12).
    let Some(version) = there.version() else { return Ok(Decision::Leave) };
    let Some(sent) = subject.sent() else { return Ok(Decision::Requeue) };
    let arrived = sent.same_meaning(there);
    match subject.intent.act {
        Act::Claim if !has_same_owner(&sent, there) => Ok(Decision::Requeue),
        Act::Claim if arrived || comes_from(there, &sent) => Ok(Decision::LookAtClaim { version: Some(version.to_owned()) }),
        Act::Claim => have_it_already(subject, there, version),
        _ if arrived => Ok(Decision::Arrived { version: version.to_owned(), confirmed: true }),
        _ if comes_from(there, &sent) => settle(subject, sent, there),
        // Another phone has made the same thing, under the id that both derive.
        Act::Create if is_derived(&sent) && Revision::of(&sent).is_some_and(|revision| revision.parent.is_none()) => {
            Ok(Decision::TakeTheirs)
        }
        Act::Create => Ok(changed_elsewhere(None)),
        Act::Change => Ok(Decision::Requeue),
    }
}

/// Ours arrived, and somebody else has changed it since: theirs is what this phone shows, with what we have changed
/// after `sent` on top; what no rule joins is kept whole on both sides.
pub(super) fn settle(subject: &Subject<'_>, sent: Document, theirs: &Document) -> Result<Decision, DocumentError> {
    let ours = subject.held.body.read()?;
    let Reconciled { merged, conflicts } = reconcile(&sent, &ours, theirs);
    let merge = if subject.is_immutable(&ours) || !conflicts.is_empty() {
        Merge::Conflict { elements: conflicts.join(", ") }
    } else {
        Merge::Clean { merged }
    };
    Ok(Decision::Settle { sent, merge, others: subject.others() })
}

pub(super) fn on_conflict(subject: &Subject<'_>, incoming: &Incoming<'_>) -> Result<Decision, DocumentError> {
    let theirs = match incoming {
        Incoming::Document(theirs) => *theirs,
        Incoming::Refused { reason, detail } => return Ok(parked(*reason, *detail)),
        _ => return Ok(Decision::Leave),
    };
    // On top of what has no name, ours would go out without If-Match.
    let Some(version) = theirs.version() else { return Ok(Decision::Leave) };
    let ours = subject.held.body.read()?;
    if subject.intent.act == Act::Claim {
        // It may be ours: an earlier answer was lost, or one of our crew has it already.
        return if has_same_owner(&ours, theirs) { have_it_already(subject, theirs, version) } else { Ok(Decision::ClaimLost) };
    }
    let sent = subject.sent();
    if sent.as_ref().unwrap_or(&ours).same_meaning(theirs) {
        // It was refused because it is there: an earlier answer was lost, or a copy of the request was faster.
        return Ok(Decision::Arrived { version: version.to_owned(), confirmed: true });
    }
    if is_in_error(&ours) {
        return Ok(in_error_there_too(ours, theirs, subject.others()));
    }
    if subject.is_immutable(&ours) {
        let sent = sent.unwrap_or(ours);
        return if comes_from(theirs, &sent) { settle(subject, sent, theirs) } else { Ok(changed_elsewhere(None)) };
    }
    let Reconciled { merged, conflicts } = reconcile(&subject.base(theirs)?, &ours, theirs);
    Ok(if conflicts.is_empty() { Decision::Rebase { merged } } else { changed_elsewhere(Some(conflicts.join(", "))) })
}

/// A signed note that was entered in error here, and whose version at the server is another than the one that was read:
/// nothing of a signed note is merged.
fn in_error_there_too(ours: Document, theirs: &Document, others: usize) -> Decision {
    if is_in_error(theirs) && ours.same_besides_extensions(theirs) {
        // Somebody else was first: the revision that says so is theirs.
        let merged = with_revision_of(ours.clone(), theirs);
        return Decision::Settle { sent: ours, merge: Merge::Clean { merged }, others };
    }
    if !is_in_error(theirs) && one_note_in_error(&ours, theirs) {
        return Decision::Rebase { merged: ours };
    }
    changed_elsewhere(Some("content".to_owned()))
}

pub(super) fn have_it_already(subject: &Subject<'_>, theirs: &Document, version: &str) -> Result<Decision, DocumentError> {
    let Reconciled { merged, conflicts } = reconcile(&subject.base(theirs)?, &subject.held.body.read()?, theirs);
    if !conflicts.is_empty() {
        return Ok(changed_elsewhere(Some(conflicts.join(", "))));
    }
    let more = !merged.same_meaning(theirs);
    Ok(Decision::AdoptClaim { merged, more, version: version.to_owned() })
}

pub(super) fn parked(reason: ParkReason, detail: Option<&str>) -> Decision {
    Decision::Park { reason, beside: false, detail: detail.map(str::to_owned) }
}

fn changed_elsewhere(elements: Option<String>) -> Decision {
    Decision::Park { reason: ParkReason::ChangedElsewhere, beside: true, detail: elements }
}
