//! What becomes of a document that arrives: [`decide`], from what is held here, what the server says, and in answer to what.
//!
//! Rule: every such decision stands here, and nothing here touches a disk or a network. Unsent work is never overwritten;
//! what is signed changes in one way only, to entered in error, with every word as it was (P13, P14); no intent ends
//! without a version of the server's (P12); a search is a hint, and only what was read by its id can show that a server was
//! set back; what is equal is no conflict, and a conflict keeps both sides whole (P16).
//! Neighbours: [`reconcile`](crate::reconcile) joins three versions; `store` gathers a [`Local`] and does what a
//! [`Decision`] says in one commit; `sync` says what the server said.

use crate::base::clock::Instant;
use crate::delivery::{Act, IntentState, ParkReason};
use crate::fhir::document::DocumentError;
use crate::fhir::in_error::{in_error, is_in_error};
use crate::fhir::{self, Document, Revision};
use crate::reconcile::{Reconciled, reconcile};

/// A stored document, read only where a decision needs to look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl Text {
    /// Reads it.
    ///
    /// # Errors
    /// [`DocumentError`] where what is stored is no document.
    pub fn read(&self) -> Result<Document, DocumentError> {
        Document::parse(self.0.as_bytes())
    }
}

/// What is held here of one document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Local {
    /// The document; `None`: it is not here.
    pub held: Option<Held>,
    /// What is unsent of it, oldest first.
    pub intents: Vec<Unsent>,
    /// Whether the revision that arrives was shown here before.
    pub shown: bool,
}

/// A document that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What is shown.
    pub body: Text,
    /// The server's version that our unsent changes started from.
    pub base: Option<Text>,
    /// A newer version of the server's that stands beside ours.
    pub beside: Option<Text>,
    /// The server's version id; `None`: not at the agency.
    pub version: Option<String>,
    /// Whether the database holds its body as signed.
    pub signed: bool,
}

/// One intent of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Its place in the outbox.
    pub seq: i64,
    /// What is meant.
    pub act: Act,
    /// Where it stands.
    pub state: IntentState,
    /// The body as it last left; `None` while it never did.
    pub sent: Option<Text>,
}

/// What the server says of one document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Incoming<'a> {
    /// This is what it has.
    Document(&'a Document),
    /// It took what was sent, as this version; some servers do not say which.
    Accepted {
        /// The version id.
        version: Option<&'a str>,
    },
    /// Somebody changed it first (409, 412).
    Outdated,
    /// It refuses for good.
    Refused {
        /// Why.
        reason: ParkReason,
        /// What it said, in its own words.
        detail: Option<&'a str>,
    },
    /// It has none (404).
    Absent,
    /// It had it and shows it no more (403, 410).
    Withheld,
    /// Nothing that can be read of it, or another document in its place.
    Unclear,
}

/// In answer to what. `seq` is the intent that was asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Source<'a> {
    /// A search, which may be some time behind what the server has.
    Search,
    /// A read by id: the server's current version.
    Read,
    /// A read of what was sent and not answered.
    ReadBack {
        /// The intent.
        seq: i64,
    },
    /// The answer to what was sent.
    Acknowledgement {
        /// The intent.
        seq: i64,
    },
    /// A read after the server said that somebody changed it first.
    Conflict {
        /// The intent.
        seq: i64,
    },
    /// The look at a claim at once after it was taken.
    FirstLook {
        /// The claim.
        seq: i64,
        /// The version that the server gave our own PUT, where it said one.
        put: Option<&'a str>,
        /// When to look again.
        again_at: Instant,
    },
    /// The look at a claim after some seconds.
    SecondLook {
        /// The claim.
        seq: i64,
    },
    /// A read of what was acknowledged and did not come back since.
    Confirmation,
    /// A read of a Task that the searches of the whole scope did not name.
    Scope {
        /// `CareTeam/id` of the team on shift.
        team: &'a str,
    },
}

/// How ours and theirs stand together, where ours arrived and theirs was made on top of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Merge {
    /// This is shown: theirs, with what was changed here after the sending.
    Clean {
        /// The two in one.
        merged: Document,
    },
    /// No rule joins these elements: both are kept whole.
    Conflict {
        /// Their names.
        elements: String,
    },
}

/// What is done with it: by the store in one commit, or by the run where nothing changes here.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Nothing is known that was not: what was sent stays unknown, what is shown stays shown.
    Leave,
    /// It may be older than what was shown: it is read by its id before anything is made of it.
    ReadById,
    /// It is what this phone shows from now on.
    Show,
    /// The server holds what is held here: the second copy may go.
    Confirm,
    /// Ours is unsent and stays; theirs is kept beside it.
    KeepBeside,
    /// Signed here: the body stays, and the version is noted.
    KeepSigned {
        /// Whether theirs says something else, and is kept beside it for a person to see.
        beside: bool,
    },
    /// The server was set back: ours goes out again on top of theirs, under a new revision.
    Reapply,
    /// The server shows a note standing that was entered in error: it hears of it once more.
    MarkAgain,
    /// A signed note was entered in error elsewhere.
    EnterInError {
        /// The note as it is now.
        after: Document,
    },
    /// The server has what was sent: the intent ends.
    Arrived {
        /// As this version.
        version: String,
        /// Whether the server gave it back, so that its second copy may go.
        confirmed: bool,
    },
    /// The server has what was sent, and somebody has changed it since: the intent ends.
    Settle {
        /// What was sent.
        sent: Document,
        /// How the two stand together.
        merge: Merge,
        /// How much else is unsent of it: it goes out on top of theirs, or waits for a person.
        others: usize,
    },
    /// Theirs stands for what would have been made here: the intent ends, and theirs is shown.
    TakeTheirs,
    /// Our change goes out on top of theirs.
    Rebase {
        /// Theirs with our changes.
        merged: Document,
    },
    /// It waits to be sent.
    Requeue,
    /// It waits for a person.
    Park {
        /// Why.
        reason: ParkReason,
        /// Whether theirs is kept beside ours.
        beside: bool,
        /// What the server said, or the elements that no rule joins.
        detail: Option<String>,
    },
    /// The answer says too little: it is read back in this run.
    ReadBack,
    /// Theirs is fetched, to be reconciled with ours.
    FetchTheirs,
    /// A claim was taken: it is looked at now.
    LookAtClaim {
        /// The version of our own PUT, where the server said one.
        version: Option<String>,
    },
    /// The visit is ours already: what was written meanwhile goes on top of theirs, and the claim is looked at.
    AdoptClaim {
        /// Theirs with our changes.
        merged: Document,
        /// Whether that says more than theirs, and goes out after it.
        more: bool,
        /// Theirs.
        version: String,
    },
    /// The first look shows us: asked for, until the second.
    ClaimAsked {
        /// The version of our PUT.
        version: String,
        /// When the second look is due.
        again_at: Instant,
    },
    /// Another team has it: theirs is shown, and the claim stays in sight.
    ClaimLost,
    /// The server has lost what it acknowledged: it goes out as new.
    SendAgain,
    /// It is no longer this team's: it leaves the phone.
    LeaveScope,
}

impl Decision {
    /// Whether a document that came by itself changes what this phone shows.
    pub fn changes_what_is_shown(&self) -> bool {
        matches!(self, Self::Show | Self::Reapply | Self::MarkAgain | Self::EnterInError { .. })
    }

    /// Whether an answer about an intent changes what this phone shows of its document, or of how far it has come.
    pub fn is_seen(&self) -> bool {
        matches!(
            self,
            Self::Arrived { .. }
                | Self::Settle { .. }
                | Self::TakeTheirs
                | Self::Rebase { .. }
                | Self::Park { .. }
                | Self::AdoptClaim { .. }
                | Self::ClaimAsked { .. }
                | Self::ClaimLost
        )
    }
}

/// Decides.
///
/// # Errors
/// [`DocumentError`] where what is stored here cannot be read.
pub fn decide(local: &Local, incoming: &Incoming<'_>, source: Source<'_>) -> Result<Decision, DocumentError> {
    match source {
        Source::Search => match incoming {
            Incoming::Document(found) => on_search(local, found),
            _ => Ok(Decision::Leave),
        },
        Source::Read => match incoming {
            Incoming::Document(there) => on_read(local, there),
            _ => Ok(Decision::Leave),
        },
        Source::Confirmation => on_confirmation(local, incoming),
        Source::Scope { team } => Ok(on_scope(local, incoming, team)),
        Source::ReadBack { seq } => about(local, seq, |subject| on_read_back(subject, incoming)),
        Source::Acknowledgement { seq } => about(local, seq, |subject| Ok(on_acknowledgement(subject.intent, incoming))),
        Source::Conflict { seq } => about(local, seq, |subject| on_conflict(subject, incoming)),
        Source::FirstLook { seq, put, again_at } => about(local, seq, |subject| on_first_look(subject, incoming, put, again_at)),
        Source::SecondLook { seq } => about(local, seq, |subject| on_second_look(subject, incoming)),
    }
}

/// An intent with its document, which are both here.
struct Subject<'a> {
    local: &'a Local,
    held: &'a Held,
    intent: &'a Unsent,
}

impl Subject<'_> {
    /// The body as it last left; one that cannot be read is as good as none.
    fn sent(&self) -> Option<Document> {
        self.intent.sent.as_ref().and_then(|sent| sent.read().ok())
    }

    /// How much else is unsent of the document.
    fn others(&self) -> usize {
        self.local.intents.iter().filter(|other| other.seq != self.intent.seq).count()
    }

    /// Whether nothing is ever merged into it.
    fn is_immutable(&self, ours: &Document) -> bool {
        self.held.signed || fhir::note::is_signed(ours) || fhir::assignment::is_stamp(ours)
    }

    /// What our changes started from.
    fn base(&self, theirs: &Document) -> Result<Document, DocumentError> {
        self.held.base.as_ref().map_or_else(|| Ok(Document::new(theirs.kind(), theirs.id())), Text::read)
    }
}

/// An answer about an intent that is no longer here says nothing, and one that waits for a person goes on waiting, unless
/// the server has taken it meanwhile.
fn about(local: &Local, seq: i64, decide: impl FnOnce(&Subject<'_>) -> Result<Decision, DocumentError>) -> Result<Decision, DocumentError> {
    let intent = local.intents.iter().find(|intent| intent.seq == seq);
    let (Some(held), Some(intent)) = (&local.held, intent) else { return Ok(Decision::Leave) };
    let decision = decide(&Subject { local, held, intent })?;
    let ends = matches!(decision, Decision::Arrived { .. } | Decision::Settle { .. });
    Ok(if intent.state == IntentState::Parked && !ends { Decision::Leave } else { decision })
}

fn on_search(local: &Local, found: &Document) -> Result<Decision, DocumentError> {
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
fn on_read(local: &Local, there: &Document) -> Result<Decision, DocumentError> {
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

fn on_signed(ours: &Document, there: &Document) -> Result<Decision, DocumentError> {
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

fn on_confirmation(local: &Local, incoming: &Incoming<'_>) -> Result<Decision, DocumentError> {
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

fn on_scope(local: &Local, incoming: &Incoming<'_>, team: &str) -> Decision {
    let gone = match incoming {
        Incoming::Document(there) => there.text("/owner/reference") != Some(team) && !fhir::assignment::is_open_offer(there),
        Incoming::Absent | Incoming::Withheld => true,
        _ => false,
    };
    if gone && local.held.is_some() && local.intents.is_empty() { Decision::LeaveScope } else { Decision::Leave }
}

fn on_acknowledgement(intent: &Unsent, incoming: &Incoming<'_>) -> Decision {
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

fn on_read_back(subject: &Subject<'_>, incoming: &Incoming<'_>) -> Result<Decision, DocumentError> {
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
fn settle(subject: &Subject<'_>, sent: Document, theirs: &Document) -> Result<Decision, DocumentError> {
    let ours = subject.held.body.read()?;
    let Reconciled { merged, conflicts } = reconcile(&sent, &ours, theirs);
    let merge = if subject.is_immutable(&ours) || !conflicts.is_empty() {
        Merge::Conflict { elements: conflicts.join(", ") }
    } else {
        Merge::Clean { merged }
    };
    Ok(Decision::Settle { sent, merge, others: subject.others() })
}

fn on_conflict(subject: &Subject<'_>, incoming: &Incoming<'_>) -> Result<Decision, DocumentError> {
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

fn have_it_already(subject: &Subject<'_>, theirs: &Document, version: &str) -> Result<Decision, DocumentError> {
    let Reconciled { merged, conflicts } = reconcile(&subject.base(theirs)?, &subject.held.body.read()?, theirs);
    if !conflicts.is_empty() {
        return Ok(changed_elsewhere(Some(conflicts.join(", "))));
    }
    let more = !merged.same_meaning(theirs);
    Ok(Decision::AdoptClaim { merged, more, version: version.to_owned() })
}

/// What a look at a claim shows: the Task under a version, with us as its owner, or what becomes of the claim else.
fn looked_at<'a>(subject: &Subject<'_>, incoming: &Incoming<'a>) -> Result<Result<(&'a Document, &'a str), Decision>, DocumentError> {
    let theirs: &'a Document = match incoming {
        Incoming::Document(theirs) => theirs,
        Incoming::Refused { reason, detail } => return Ok(Err(parked(*reason, *detail))),
        _ => return Ok(Err(Decision::Leave)),
    };
    let Some(version) = theirs.version().filter(|_| subject.intent.act == Act::Claim) else { return Ok(Err(Decision::Leave)) };
    Ok(if theirs.at("/owner") == subject.held.body.read()?.at("/owner") { Ok((theirs, version)) } else { Err(Decision::ClaimLost) })
}

fn on_first_look(subject: &Subject<'_>, incoming: &Incoming<'_>, put: Option<&str>, again_at: Instant) -> Result<Decision, DocumentError> {
    Ok(match looked_at(subject, incoming)? {
        // The version of our own PUT: a later one is then seen as newer.
        Ok((_, version)) => Decision::ClaimAsked { version: put.unwrap_or(version).to_owned(), again_at },
        Err(decision) => decision,
    })
}

fn on_second_look(subject: &Subject<'_>, incoming: &Incoming<'_>) -> Result<Decision, DocumentError> {
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

fn parked(reason: ParkReason, detail: Option<&str>) -> Decision {
    Decision::Park { reason, beside: false, detail: detail.map(str::to_owned) }
}

fn changed_elsewhere(elements: Option<String>) -> Decision {
    Decision::Park { reason: ParkReason::ChangedElsewhere, beside: true, detail: elements }
}

/// Whether two versions of a signed note are one note, which at least one of them says was entered in error.
fn one_note_in_error(ours: &Document, theirs: &Document) -> bool {
    (is_in_error(ours) || is_in_error(theirs)) && in_error(ours).same_besides_extensions(&in_error(theirs))
}

/// The note with the revision under which the server holds it.
fn with_revision_of(mut note: Document, theirs: &Document) -> Document {
    for element in ["extension", "meta"] {
        note.set(element, theirs.value().get(element).cloned().unwrap_or_default());
    }
    note
}

fn has_same_owner(ours: &Document, theirs: &Document) -> bool {
    theirs.at("/owner").is_some() && theirs.at("/owner") == ours.at("/owner")
}

/// Whether `there` is what we sent, or was made from it: it carries our revision, or names it as its parent.
fn comes_from(there: &Document, sent: &Document) -> bool {
    let (Some(theirs), Some(ours)) = (Revision::of(there), Revision::of(sent)) else { return false };
    theirs == ours || theirs.parent.as_deref() == Some(ours.name().as_str())
}

impl Source<'_> {
    /// The intent that was asked about.
    pub fn intent(&self) -> Option<i64> {
        match *self {
            Self::ReadBack { seq }
            | Self::Acknowledgement { seq }
            | Self::Conflict { seq }
            | Self::FirstLook { seq, .. }
            | Self::SecondLook { seq } => Some(seq),
            Self::Search | Self::Read | Self::Confirmation | Self::Scope { .. } => None,
        }
    }
}

/// Whether every writer derives the same id for it (follow-ups): another phone may have made it already.
pub fn is_derived(document: &Document) -> bool {
    fhir::safety::task_code(document) == Some(fhir::handoff::FOLLOW_UP)
}

#[cfg(test)]
#[path = "arrive_tests.rs"]
mod tests;
