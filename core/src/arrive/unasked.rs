//! What comes by itself: from a search, a read by id, a look for what was acknowledged, a look for what has left scope.
//!
//! Rule: what a search brings is taken only where it is surely news; only what was read by its id shows that a server was set
//! back; what is unsent stays, with theirs beside it (P16, P20). Neighbours: `sent` has the answers to what was sent.

use super::decision::Decision;
use super::incoming::Incoming;
use super::local::{Held, Local};
use super::sameness::{one_note_in_error, with_revision_of};
use crate::delivery::Act;
use crate::fhir::in_error::{in_error, is_in_error};
use crate::fhir::{Document, DocumentError, Revision, assignment};

pub(super) fn on_search(local: &Local, found: &Document) -> Result<Decision, DocumentError> {
    let Some(held) = &local.held else {
        // It was here once and has left scope: what comes back must not be older than what was shown then.
        return Ok(if local.shown { Decision::ReadById } else { Decision::Show });
    };
    if says_no_version(local, held, found) {
        return Ok(Decision::Leave);
    }
    if !is_news(local, held, found)? {
        return Ok(Decision::ReadById);
    }
    match on_read(local, found)? {
        // Only a read by id tells that a server was set back.
        Decision::Reapply | Decision::MarkAgain => Ok(Decision::ReadById),
        decision => Ok(decision),
    }
}

/// Whether what a search found is the version that is held here, or surely a later one: stamped after it, and no state that
/// was shown here before. Where this phone wrote last, the server's stamp of that is not known here, so nothing is sure.
fn is_news(local: &Local, held: &Held, found: &Document) -> Result<bool, DocumentError> {
    if is_version(held, found) {
        return Ok(true);
    }
    // What waits beside ours for a person is the newest that is known of the server's.
    let newest = held.beside.as_ref().or(held.base.as_ref()).unwrap_or(&held.body).read()?;
    let same = newest.version().is_some() && newest.version() == found.version();
    if held.beside.is_some() && same {
        return Ok(true);
    }
    let later = newest.last_updated().zip(found.last_updated()).is_some_and(|(newest, found)| found > newest);
    let known = held.beside.is_some() || newest.version() == held.version.as_deref();
    Ok(later && known && !is_rollback(local, held, found)?)
}

/// A document is taken as the server's word.
pub(super) fn on_read(local: &Local, there: &Document) -> Result<Decision, DocumentError> {
    let Some(held) = &local.held else { return Ok(Decision::Show) };
    if says_no_version(local, held, there) {
        return Ok(Decision::Leave);
    }
    let unsent = !local.intents.is_empty();
    if !unsent && !held.signed && is_rollback(local, held, there)? {
        return Ok(Decision::Reapply);
    }
    // What we sent is what we hold, also where the server dropped a part of it.
    if is_version(held, there) {
        return Ok(Decision::Confirm);
    }
    if unsent {
        return Ok(Decision::KeepBeside);
    }
    if held.signed { on_signed(&held.body.read()?, there) } else { Ok(Decision::Show) }
}

pub(super) fn on_signed(ours: &Document, there: &Document) -> Result<Decision, DocumentError> {
    if !one_note_in_error(ours, there) {
        return Ok(Decision::KeepSigned { beside: !ours.same_meaning(there) });
    }
    if !is_in_error(there) {
        return Ok(Decision::MarkAgain);
    }
    Ok(Decision::EnterInError { after: with_revision_of(in_error(ours), there) })
}

/// A version that is known here is never given up for a document that names none.
fn says_no_version(local: &Local, held: &Held, there: &Document) -> bool {
    there.version().is_none() && (held.version.is_some() || !local.intents.is_empty())
}

fn is_version(held: &Held, there: &Document) -> bool {
    held.version.is_some() && held.version.as_deref() == there.version()
}

/// Whether the server shows a state of a document that was shown here before it was changed.
fn is_rollback(local: &Local, held: &Held, there: &Document) -> Result<bool, DocumentError> {
    if !local.shown {
        return Ok(false);
    }
    Ok(Revision::of(&held.body.read()?).is_some_and(|ours| Some(ours) != Revision::of(there)))
}

pub(super) fn on_confirmation(local: &Local, incoming: &Incoming<'_>) -> Result<Decision, DocumentError> {
    if local.held.is_none() {
        return Ok(Decision::Leave);
    }
    Ok(match incoming {
        Incoming::Document(there) => return on_read(local, there),
        // Where it is on its way as new already, that is enough.
        Incoming::Absent if local.intents.iter().all(|intent| intent.act != Act::Create) => Decision::SendAgain,
        // Deleted there on purpose, or no longer ours to read: it had it, and its version id is stored.
        Incoming::Withheld => Decision::Confirm,
        _ => Decision::Leave,
    })
}

pub(super) fn on_scope(local: &Local, incoming: &Incoming<'_>, team: &str) -> Decision {
    let gone = match incoming {
        Incoming::Document(there) => there.target("/owner") != Some(team) && !assignment::is_open_offer(there),
        Incoming::Absent | Incoming::Withheld => true,
        _ => false,
    };
    if gone && local.held.is_some() && local.intents.is_empty() { Decision::LeaveScope } else { Decision::Leave }
}
