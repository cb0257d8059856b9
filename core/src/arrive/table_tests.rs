//! [`decide`] as a table: every combination of what is held, what arrives and in answer to what, checked against the rules
//! stated a second time, as what must never be and what must be, over the combination's own terms.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Decision, Held, Incoming, Local, Merge, Source, Text, Unsent, decide};
use crate::base::Code;
use crate::base::clock::Instant;
use crate::delivery::{Act, IntentState, ParkReason};
use crate::fhir::element::OURS;
use crate::fhir::in_error::in_error;
use crate::fhir::{Document, Revision};

const TEAM: &str = "CareTeam/mine";

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Assignment,
    /// A Task whose id every writer derives.
    FollowUp,
    Note,
    NoteInError,
}

/// What is unsent of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Intends {
    act: Act,
    state: IntentState,
    /// Changed once more after it was sent.
    others: bool,
    /// What left is known.
    sent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Here {
    what: What,
    version: bool,
    intends: Option<Intends>,
    beside: bool,
}

/// What the document that arrives says, beside what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// What we sent, or hold.
    Same,
    /// Made from ours: ours, and one element more.
    OnTop,
    /// Made from what ours was made from, and joined by rule.
    Clean,
    /// Other words in the same place.
    Other,
    /// What ours was made from.
    Before,
    /// Another team's.
    Taken,
    /// Entered in error, with every word of ours.
    InError,
    /// Not in error, with every word of ours.
    Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Same,
    New,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamp {
    Later,
    Same,
    Earlier,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    Document { says: Says, version: Version, stamp: Stamp },
    Accepted { version: bool },
    Outdated,
    Refused,
    Absent,
    Withheld,
    Unclear,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Search,
    Read,
    ReadBack,
    Acknowledgement,
    Conflict,
    FirstLook { put: bool },
    SecondLook,
    Confirmation,
    Scope,
}

/// One cell of the table.
#[derive(Debug, Clone, Copy)]
struct Cell {
    here: Option<Here>,
    shown: bool,
    comes: Comes,
    from: From,
}

const WHATS: [What; 4] = [What::Assignment, What::FollowUp, What::Note, What::NoteInError];
const FROMS: [From; 10] = [
    From::Search,
    From::Read,
    From::ReadBack,
    From::Acknowledgement,
    From::Conflict,
    From::FirstLook { put: true },
    From::FirstLook { put: false },
    From::SecondLook,
    From::Confirmation,
    From::Scope,
];

impl What {
    fn is_note(self) -> bool {
        matches!(self, Self::Note | Self::NoteInError)
    }
}

/// Everything that can be held: a claim is of a Task, and a signed note is changed in one way only.
fn heres() -> Vec<Here> {
    let mut intends = vec![None];
    for act in Act::ALL {
        for state in IntentState::ALL {
            for (others, sent) in [(false, true), (true, true), (false, false)] {
                intends.push(Some(Intends { act: *act, state: *state, others, sent }));
            }
        }
    }
    let mut all = Vec::new();
    for what in WHATS {
        for intends in &intends {
            let possible = intends.is_none_or(|i| match what {
                What::Assignment | What::FollowUp => true,
                What::Note => i.act == Act::Create && !i.others,
                What::NoteInError => i.act != Act::Claim && !i.others,
            });
            for (version, beside) in [(true, true), (true, false), (false, true), (false, false)] {
                if possible {
                    all.push(Here { what, version, intends: *intends, beside });
                }
            }
        }
    }
    all
}

fn comes(what: What) -> Vec<Comes> {
    let mut all = vec![Comes::Accepted { version: true }, Comes::Accepted { version: false }, Comes::Outdated, Comes::Refused];
    all.extend([Comes::Absent, Comes::Withheld, Comes::Unclear]);
    for says in [Says::Same, Says::OnTop, Says::Clean, Says::Other, Says::Before, Says::Taken, Says::InError, Says::Standing] {
        let possible = match says {
            Says::Taken => !what.is_note(),
            Says::InError | Says::Standing => what.is_note(),
            _ => true,
        };
        for version in [Version::Same, Version::New, Version::None] {
            for stamp in [Stamp::Later, Stamp::Same, Stamp::Earlier, Stamp::None] {
                if possible {
                    all.push(Comes::Document { says, version, stamp });
                }
            }
        }
    }
    all
}

fn revised(document: &mut Document, name: (&str, u64), parent: Option<&str>) {
    let revision = Revision { writer: name.0.into(), counter: name.1, parent: parent.map(str::to_owned), by: None };
    revision.write("agency", document);
}

fn stamped(document: &mut Document, version: Option<&str>, minute: Option<u8>) {
    let mut meta = json!({});
    if let Some(version) = version {
        meta["versionId"] = json!(version);
    }
    if let Some(minute) = minute {
        meta["lastUpdated"] = json!(format!("2026-11-25T02:{minute:02}:00Z"));
    }
    document.set("meta", meta);
}

/// What everything here was made from.
fn before(what: What) -> Document {
    let code = |system: &str, code: &str| json!({ "coding": [{ "system": format!("{OURS}{system}"), "code": code }] });
    let mut document = if what.is_note() {
        let mut note = Document::new("DocumentReference", "d");
        note.set("status", json!("current")).set("docStatus", json!("final")).set("type", code("document", "note"));
        note
    } else {
        let mut task = Document::new("Task", "d");
        let kind = if what == What::FollowUp { "follow-up" } else { "assignment" };
        task.set("status", json!("requested")).set("code", code("task", kind)).set("owner", json!({ "reference": TEAM }));
        task
    };
    document.set("description", json!("before"));
    revised(&mut document, ("phone", 1), None);
    document
}

impl Here {
    fn is_new(&self) -> bool {
        self.intends.is_some_and(|intends| intends.act == Act::Create)
    }

    fn sent(&self) -> Document {
        let mut sent = before(self.what);
        sent.set("description", json!("ours"));
        if self.what == What::NoteInError {
            sent = in_error(&sent);
        }
        revised(&mut sent, ("phone", 2), (!self.is_new()).then_some("phone#1"));
        sent
    }

    fn body(&self) -> Document {
        let mut body = self.sent();
        if self.intends.is_some_and(|intends| intends.others) {
            body.set("reason", json!("later"));
            revised(&mut body, ("phone", 3), Some("phone#2"));
        }
        body
    }

    fn local(&self, shown: bool) -> Local {
        let text = |document: Document| Text(document.to_text());
        let held_version = self.version.then_some("3");
        let mut body = self.body();
        stamped(&mut body, held_version, Some(10));
        let base = self.intends.is_some_and(|intends| intends.act != Act::Create && self.version).then(|| {
            let mut base = before(self.what);
            if self.what == What::NoteInError {
                base.set("description", json!("ours"));
            }
            stamped(&mut base, held_version, Some(10));
            text(base)
        });
        let beside = self.beside.then(|| {
            let mut beside = before(self.what);
            stamped(&mut beside, Some("4"), Some(10));
            text(beside)
        });
        let mut intents = Vec::new();
        if let Some(Intends { act, state, others, sent }) = self.intends {
            intents.push(Unsent { seq: 7, act, state, sent: sent.then(|| text(self.sent())) });
            if others {
                intents.push(Unsent { seq: 8, act: Act::Change, state: IntentState::Waiting, sent: None });
            }
        }
        let version = held_version.map(str::to_owned);
        Local { held: Some(Held { body: text(body), base, beside, version, signed: self.what.is_note() }), intents, shown }
    }

    /// The document that says this beside what is here.
    fn theirs(&self, says: Says) -> Document {
        let mut theirs = match says {
            Says::Same => return self.sent(),
            Says::OnTop | Says::InError | Says::Standing => self.sent(),
            _ => before(self.what),
        };
        match says {
            Says::OnTop => drop(theirs.set("priority", json!("urgent"))),
            Says::Clean if self.is_new() => drop(theirs.set("description", json!(null)).set("priority", json!("urgent"))),
            Says::Clean => drop(theirs.set("priority", json!("urgent"))),
            Says::Other => drop(theirs.set("description", json!("theirs")).set("reason", json!("theirs"))),
            Says::Taken => drop(theirs.set("owner", json!({ "reference": "CareTeam/other" }))),
            Says::InError => theirs = in_error(&theirs),
            Says::Standing => drop(theirs.set("status", json!("current"))),
            Says::Same | Says::Before => {}
        }
        let parent = if matches!(says, Says::OnTop | Says::InError) { "phone#2" } else { "phone#1" };
        if says != Says::Before {
            revised(&mut theirs, ("other", 1), Some(parent));
        }
        theirs
    }
}

fn version_of(comes: Comes) -> Option<&'static str> {
    match comes {
        Comes::Document { version: Version::Same, .. } => Some("3"),
        Comes::Document { version: Version::New, .. } | Comes::Accepted { version: true } => Some("4"),
        _ => None,
    }
}

/// The document of a cell, where one comes.
fn document(here: &Here, comes: Comes) -> Option<Document> {
    let Comes::Document { says, stamp, .. } = comes else { return None };
    let mut theirs = here.theirs(says);
    let minute = match stamp {
        Stamp::Later => Some(20),
        Stamp::Same => Some(10),
        Stamp::Earlier => Some(5),
        Stamp::None => None,
    };
    stamped(&mut theirs, version_of(comes), minute);
    Some(theirs)
}

fn incoming<'a>(comes: Comes, document: Option<&'a Document>) -> Incoming<'a> {
    match (comes, document) {
        (_, Some(document)) => Incoming::Document(document),
        (Comes::Accepted { .. }, _) => Incoming::Accepted { version: version_of(comes) },
        (Comes::Outdated, _) => Incoming::Outdated,
        (Comes::Refused, _) => Incoming::Refused { reason: ParkReason::NotAllowed, detail: Some("no") },
        (Comes::Absent, _) => Incoming::Absent,
        (Comes::Withheld, _) => Incoming::Withheld,
        _ => Incoming::Unclear,
    }
}

fn source(from: From) -> Source<'static> {
    match from {
        From::Search => Source::Search,
        From::Read => Source::Read,
        From::ReadBack => Source::ReadBack { seq: 7 },
        From::Acknowledgement => Source::Acknowledgement { seq: 7 },
        From::Conflict => Source::Conflict { seq: 7 },
        From::FirstLook { put } => Source::FirstLook { seq: 7, put: put.then_some("9"), again_at: Instant::UNIX_EPOCH },
        From::SecondLook => Source::SecondLook { seq: 7 },
        From::Confirmation => Source::Confirmation,
        From::Scope => Source::Scope { team: TEAM },
    }
}

/// The name of a decision.
fn name(decision: &Decision) -> &'static str {
    match decision {
        Decision::Leave => "leave",
        Decision::ReadById => "read by id",
        Decision::Show => "show",
        Decision::Confirm => "confirm",
        Decision::KeepBeside => "keep beside",
        Decision::KeepSigned { beside: false } => "keep signed",
        Decision::KeepSigned { beside: true } => "keep signed and theirs",
        Decision::Reapply => "reapply",
        Decision::MarkAgain => "mark again",
        Decision::EnterInError { .. } => "enter in error",
        Decision::Arrived { .. } => "arrived",
        Decision::Settle { merge: Merge::Clean { .. }, .. } => "settle clean",
        Decision::Settle { merge: Merge::Conflict { .. }, .. } => "settle conflict",
        Decision::TakeTheirs => "take theirs",
        Decision::Rebase { .. } => "rebase",
        Decision::Requeue => "requeue",
        Decision::Park { beside: false, .. } => "park",
        Decision::Park { beside: true, .. } => "park and keep both",
        Decision::ReadBack => "read back",
        Decision::FetchTheirs => "fetch theirs",
        Decision::LookAtClaim { .. } => "look at claim",
        Decision::AdoptClaim { .. } => "adopt claim",
        Decision::ClaimAsked { .. } => "claim asked",
        Decision::ClaimLost => "claim lost",
        Decision::SendAgain => "send again",
        Decision::LeaveScope => "leave scope",
    }
}

/// What may come of each source at all.
fn possible(from: From) -> &'static [&'static str] {
    match from {
        From::Search => {
            &["leave", "read by id", "show", "confirm", "keep beside", "keep signed", "keep signed and theirs", "enter in error"]
        }
        From::Read => {
            &["leave", "show", "confirm", "keep beside", "keep signed", "keep signed and theirs", "enter in error", "reapply", "mark again"]
        }
        From::Confirmation => &[
            "leave",
            "show",
            "confirm",
            "keep beside",
            "keep signed",
            "keep signed and theirs",
            "enter in error",
            "reapply",
            "mark again",
            "send again",
        ],
        From::ReadBack => &[
            "leave",
            "arrived",
            "settle clean",
            "settle conflict",
            "take theirs",
            "requeue",
            "park",
            "park and keep both",
            "look at claim",
            "adopt claim",
        ],
        From::Acknowledgement => &["leave", "arrived", "read back", "fetch theirs", "park", "look at claim"],
        From::Conflict => {
            &["leave", "arrived", "settle clean", "settle conflict", "rebase", "park", "park and keep both", "adopt claim", "claim lost"]
        }
        From::FirstLook { .. } => &["leave", "claim asked", "claim lost", "park"],
        From::SecondLook => &["leave", "arrived", "settle clean", "settle conflict", "claim lost", "park"],
        From::Scope => &["leave", "leave scope"],
    }
}

/// What a decision makes of what is shown.
#[derive(Debug, Clone, PartialEq)]
enum Shows {
    /// What was shown, word for word.
    Ours,
    /// What arrived.
    Theirs,
    /// This.
    New(Document),
}

fn shows(decision: &Decision) -> Shows {
    match decision {
        Decision::Show | Decision::TakeTheirs | Decision::ClaimLost => Shows::Theirs,
        Decision::EnterInError { after } => Shows::New(after.clone()),
        Decision::Settle { merge: Merge::Clean { merged }, .. } | Decision::Rebase { merged } | Decision::AdoptClaim { merged, .. } => {
            Shows::New(merged.clone())
        }
        _ => Shows::Ours,
    }
}

fn ends(decision: &Decision) -> bool {
    matches!(decision, Decision::Arrived { .. } | Decision::Settle { .. } | Decision::TakeTheirs)
}

/// The rules that a cell's decision breaks: what must never be.
fn broken(cell: &Cell, decision: &Decision) -> Vec<&'static str> {
    let Cell { here, shown, comes, from } = *cell;
    let mut wrong = Vec::new();
    let mut rule = |name: &'static str, holds: bool| wrong.extend((!holds).then_some(name));
    let (says, stamp) = match comes {
        Comes::Document { says, stamp, .. } => (Some(says), Some(stamp)),
        _ => (None, None),
    };
    rule("a source has its own decisions", possible(from).contains(&name(decision)));
    rule("what says nothing changes nothing", comes != Comes::Unclear || *decision == Decision::Leave);
    let Some(here) = here else {
        rule("what is not here is shown, doubted or left", matches!(decision, Decision::Leave | Decision::Show | Decision::ReadById));
        rule("what left scope and comes back in a search is read by id", *decision != Decision::Show || from != From::Search || !shown);
        return wrong;
    };
    let intends = here.intends;
    let act = intends.map(|intends| intends.act);
    let is_old = shown && says.is_some_and(|says| says != Says::Same || intends.is_some_and(|i| i.others));
    // Unsent work.
    let given_up = matches!(decision, Decision::ClaimLost) && act == Some(Act::Claim)
        || matches!(decision, Decision::TakeTheirs) && act == Some(Act::Create) && here.what == What::FollowUp && from == From::ReadBack;
    rule("unsent work is never overwritten", intends.is_none() || shows(decision) != Shows::Theirs || given_up);
    rule("what is unsent does not leave scope", intends.is_none() || *decision != Decision::LeaveScope);
    rule(
        "what is parked stays parked",
        intends.is_none_or(|i| i.state != IntentState::Parked)
            || matches!(
                decision,
                Decision::Leave
                    | Decision::Arrived { .. }
                    | Decision::Settle { .. }
                    | Decision::Confirm
                    | Decision::KeepBeside
                    | Decision::ReadById
                    | Decision::SendAgain
            ),
    );
    if let Shows::New(document) = shows(decision) {
        let ours_stands = document.text("/description") == Some("ours");
        let settled = matches!(decision, Decision::Settle { .. });
        rule("no change of ours is lost in a merge", settled || ours_stands);
        let later = here.body().text("/reason") == document.text("/reason");
        rule("no change after the sending is lost", intends.is_none_or(|i| !i.others) || later);
        let theirs_stand = !matches!(says, Some(Says::OnTop | Says::Clean)) || document.text("/priority") == Some("urgent");
        rule("no change of theirs is lost in a merge", here.what.is_note() || theirs_stand);
    }
    // Signed.
    if here.what.is_note() {
        let in_error_only = match shows(decision) {
            Shows::Ours => true,
            Shows::Theirs => false,
            Shows::New(after) => {
                let body = here.body();
                let marked = after.text("/status") == Some("entered-in-error") && in_error(&body).same_besides_extensions(&after);
                marked && (here.what == What::NoteInError || says == Some(Says::InError))
            }
        };
        rule("signed never changes but to in error, with every word", in_error_only);
        let says_so = says == Some(Says::InError) || here.what == What::NoteInError && says == Some(Says::Same);
        rule("it is entered in error by a version that says so", !matches!(decision, Decision::EnterInError { .. }) || says_so);
    }
    // Searches.
    let taken = matches!(decision, Decision::Show | Decision::KeepBeside | Decision::KeepSigned { .. } | Decision::EnterInError { .. });
    if from == From::Search && taken {
        // What stands beside ours was read before.
        let known = here.beside && version_of(comes) == Some("4");
        rule("a search shows nothing older than what was shown", known || stamp == Some(Stamp::Later) && !is_old);
    }
    rule("what was shown before is never shown again as new", *decision != Decision::Show || !is_old);
    rule("a rollback is of what was shown before", *decision != Decision::Reapply || is_old && from != From::Search);
    // Claims.
    let of_claim = act == Some(Act::Claim);
    rule("a claim is won at the second look only", !of_claim || !ends(decision) || from == From::SecondLook);
    rule("a claim is asked for at the first look only", !matches!(decision, Decision::ClaimAsked { .. }) || of_claim);
    let ours_there = says.is_some_and(|says| says != Says::Taken);
    let held_to_be_ours = matches!(decision, Decision::ClaimAsked { .. } | Decision::AdoptClaim { .. }) || ends(decision) && of_claim;
    rule("a claim holds only where we are the owner", !held_to_be_ours || ours_there);
    rule(
        "a claim is lost only where somebody else is the owner",
        *decision != Decision::ClaimLost || says == Some(Says::Taken) && of_claim,
    );
    // Versions.
    if let Decision::Arrived { version, .. } = decision {
        rule("nothing ends an intent without a version of the server's", version_of(comes) == Some(version.as_str()));
        rule("what somebody changed is not called ours", says.is_none_or(|says| says == Says::Same));
    }
    rule("nothing ends an intent without a version", !ends(decision) || version_of(comes).is_some());
    let onto = matches!(decision, Decision::Rebase { .. } | Decision::AdoptClaim { .. } | Decision::Reapply | Decision::MarkAgain);
    rule("ours goes on top of what has a version", !onto || version_of(comes).is_some() || !here.version);
    let replaces = matches!(decision, Decision::Show | Decision::KeepSigned { .. } | Decision::EnterInError { .. });
    rule("a version is not given up for none", !replaces || version_of(comes).is_some() || !here.version);
    // Conflicts.
    let conflict = matches!(decision, Decision::Park { reason: ParkReason::ChangedElsewhere, .. } | Decision::KeepSigned { beside: true })
        || matches!(decision, Decision::Settle { merge: Merge::Conflict { .. }, .. });
    rule("what is equal is no conflict", !conflict || says != Some(Says::Same));
    let whole = !matches!(decision, Decision::Park { reason: ParkReason::ChangedElsewhere, beside: false, .. });
    rule("a conflict keeps both sides whole", !conflict || whole && shows(decision) == Shows::Ours && says.is_some());
    // Second copies.
    let lets_go = matches!(decision, Decision::Confirm | Decision::Arrived { confirmed: true, .. });
    let given_back = says.is_some() || from == From::Confirmation && comes == Comes::Withheld;
    rule("a second copy goes only when the server gave it back, or had it", !lets_go || given_back);
    rule("what is not at the server goes again as new", *decision != Decision::SendAgain || comes == Comes::Absent);
    let about_intent = !matches!(from, From::Search | From::Read | From::Confirmation | From::Scope);
    rule("nothing is decided about an intent that is not here", intends.is_some() || !about_intent || *decision == Decision::Leave);
    rule("only what is unsent has theirs beside it unsigned", *decision != Decision::KeepBeside || intends.is_some());
    wrong
}

/// What must be, where it must.
fn required(cell: &Cell) -> Option<&'static str> {
    let Cell { here, shown, comes, from } = *cell;
    let Some(here) = here else {
        return match (from, comes) {
            (From::Read, Comes::Document { .. }) => Some("show"),
            (From::Search, Comes::Document { .. }) => Some(if shown { "read by id" } else { "show" }),
            _ => Some("leave"),
        };
    };
    let versioned = version_of(comes).is_some();
    let says = if let Comes::Document { says, .. } = comes { Some(says) } else { None };
    let old = shown && says.is_some_and(|says| says != Says::Same);
    match (here.intends, from, comes) {
        (None, From::Read | From::Confirmation, Comes::Document { .. }) if versioned && !here.what.is_note() && old => Some("reapply"),
        (None, From::Read | From::Confirmation, Comes::Document { version: Version::New, says: Says::InError, .. })
            if here.what == What::Note =>
        {
            Some("enter in error")
        }
        (None, From::Read | From::Confirmation, Comes::Document { version: Version::New, says: Says::Standing, .. })
            if here.what == What::NoteInError =>
        {
            Some("mark again")
        }
        (None, From::Read, Comes::Document { version: Version::New, .. }) if !here.what.is_note() => Some("show"),
        (None, From::Confirmation, Comes::Absent) => Some("send again"),
        (_, From::Confirmation, Comes::Withheld) => Some("confirm"),
        (None, From::Scope, Comes::Absent | Comes::Withheld) => Some("leave scope"),
        (None, From::Scope, Comes::Document { says: Says::Taken, .. }) => Some("leave scope"),
        (_, From::Scope, _) if !here.what.is_note() => Some("leave"),
        (Some(_), From::Read, Comes::Document { version: Version::New, .. }) => Some("keep beside"),
        (Some(Intends { act: Act::Create | Act::Change, .. }), From::Acknowledgement, Comes::Accepted { version: true }) => Some("arrived"),
        (Some(Intends { state: IntentState::Parked, .. }), ..) => None,
        (Some(Intends { act: Act::Claim, .. }), From::Acknowledgement, Comes::Accepted { version: true }) => Some("look at claim"),
        (Some(_), From::Acknowledgement, Comes::Accepted { version: false }) => Some("read back"),
        (Some(_), From::Acknowledgement, Comes::Outdated) => Some("fetch theirs"),
        (Some(_), From::Acknowledgement | From::ReadBack | From::Conflict | From::FirstLook { .. } | From::SecondLook, Comes::Refused) => {
            if matches!(from, From::FirstLook { .. } | From::SecondLook) && here.intends.is_some_and(|i| i.act != Act::Claim) {
                return None;
            }
            Some("park")
        }
        (Some(_), From::ReadBack, Comes::Absent | Comes::Withheld) => Some("requeue"),
        (Some(Intends { act: Act::Create | Act::Change, sent: true, .. }), From::ReadBack, Comes::Document { says: Says::Same, .. })
            if versioned =>
        {
            Some("arrived")
        }
        (Some(Intends { act: Act::Claim, .. }), From::FirstLook { .. }, Comes::Document { says, .. }) if versioned => {
            Some(if says == Says::Taken { "claim lost" } else { "claim asked" })
        }
        (Some(Intends { act: Act::Claim, sent: true, .. }), From::SecondLook, Comes::Document { says: Says::Same, .. }) if versioned => {
            Some("arrived")
        }
        (Some(Intends { act: Act::Claim, .. }), From::SecondLook | From::Conflict, Comes::Document { says: Says::Taken, .. })
            if versioned =>
        {
            Some("claim lost")
        }
        (Some(Intends { act: Act::Change, .. }), From::Conflict, Comes::Document { says: Says::Clean, .. })
            if versioned && here.version && !here.what.is_note() =>
        {
            Some("rebase")
        }
        (Some(Intends { act: Act::Change, .. }), From::Conflict, Comes::Document { says: Says::Standing, .. })
            if versioned && here.what == What::NoteInError =>
        {
            Some("rebase")
        }
        (Some(Intends { act: Act::Change, .. }), From::Conflict, Comes::Document { says: Says::Other, .. }) if versioned => {
            Some("park and keep both")
        }
        _ => None,
    }
}

/// What came of the whole table.
#[derive(Default)]
struct Outcome {
    cells: usize,
    reached: BTreeSet<&'static str>,
    /// Each rule that was broken, with the first cell that did.
    broken: BTreeMap<String, String>,
}

impl Outcome {
    /// Goes through every cell of `here`.
    fn check(&mut self, here: Option<Here>) {
        let pattern = here.unwrap_or(Here { what: What::Assignment, version: true, intends: None, beside: false });
        for comes in comes(pattern.what) {
            let document = document(&pattern, comes);
            for shown in [true, false] {
                let local = here.map_or(Local { shown, ..Local::default() }, |here| here.local(shown));
                for from in FROMS {
                    let decision = decide(&local, &incoming(comes, document.as_ref()), source(from)).unwrap();
                    self.note(&Cell { here, shown, comes, from }, &decision);
                }
            }
        }
    }

    fn note(&mut self, cell: &Cell, decision: &Decision) {
        let named = name(decision);
        let missed = required(cell).filter(|required| *required != named).map(|required| format!("must be: {required}"));
        for rule in broken(cell, decision).into_iter().map(str::to_owned).chain(missed) {
            self.broken.entry(rule).or_insert_with(|| format!("{cell:?}: {decision:?}"));
        }
        self.reached.insert(named);
        self.cells += 1;
    }
}

#[test]
fn every_cell_of_the_table_keeps_the_rules() {
    let mut outcome = Outcome::default();
    outcome.check(None);
    heres().into_iter().for_each(|here| outcome.check(Some(here)));
    assert!(outcome.broken.is_empty(), "{:#?}", outcome.broken);
    let all: BTreeSet<&str> = FROMS.into_iter().flat_map(possible).copied().collect();
    assert_eq!(outcome.reached, all, "a decision that no cell reaches");
    assert_eq!(outcome.cells, 658_540, "the table has another size");
}
