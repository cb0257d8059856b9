//! Looks at a claim: at once after the server took it, and again after some seconds, for some servers let two win.
//!
//! Rule: it is asked for after the first look that shows us, and won after the second (P15). Neighbours: `sent` has the answer
//! to the claim itself.

use super::decision::Decision;
use super::incoming::Incoming;
use super::sameness::has_same_owner;
use super::sent::{parked, settle};
use super::subject::Subject;
use crate::base::clock::Instant;
use crate::delivery::Act;
use crate::fhir::{Document, DocumentError};

/// What a look at a claim shows: the Task under a version, with us as its owner, or what becomes of the claim else.
fn looked_at<'a>(subject: &Subject<'_>, incoming: &Incoming<'a>) -> Result<Result<(&'a Document, &'a str), Decision>, DocumentError> {
    let theirs: &'a Document = match incoming {
        Incoming::Document(theirs) => theirs,
        Incoming::Refused { reason, detail } => return Ok(Err(parked(*reason, *detail))),
        _ => return Ok(Err(Decision::Leave)),
    };
    let Some(version) = theirs.version().filter(|_| subject.intent.act == Act::Claim) else { return Ok(Err(Decision::Leave)) };
    Ok(if has_same_owner(&subject.held.body.read()?, theirs) { Ok((theirs, version)) } else { Err(Decision::ClaimLost) })
}

pub(super) fn on_first_look(
    subject: &Subject<'_>,
    incoming: &Incoming<'_>,
    put: Option<&str>,
    again_at: Instant,
) -> Result<Decision, DocumentError> {
    Ok(match looked_at(subject, incoming)? {
        // The version of our own PUT: a later one is then seen as newer.
        Ok((_, version)) => Decision::ClaimAsked { version: put.unwrap_or(version).to_owned(), again_at },
        Err(decision) => decision,
    })
}

pub(super) fn on_second_look(subject: &Subject<'_>, incoming: &Incoming<'_>) -> Result<Decision, DocumentError> {
    let (theirs, version) = match looked_at(subject, incoming)? {
        Ok(found) => found,
        Err(decision) => return Ok(decision),
    };
    let sent = match subject.sent() {
        Some(sent) => sent,
        None => subject.held.body.read()?,
    };
    if sent.same_meaning(theirs) {
        return Ok(Decision::Arrived { version: version.to_owned(), confirmed: true });
    }
    settle(subject, sent, theirs)
}
