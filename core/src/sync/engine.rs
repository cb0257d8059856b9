//! One sync run as a state machine: [`Engine::next`] says what to send, [`Engine::hear`] takes what came of it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::json;

use super::outbox::{Apart, Work, choose};
use super::pull::Pull;
use super::reconcile;
use super::wire::{Answer, Failure, Outcome, Request, park_reason, retry_after, version_of};
use crate::acts::Act;
use crate::clock::Instant;
use crate::fhir::bundle::{self, Entry};
use crate::fhir::manners::{self, ServerManners};
use crate::fhir::{Document, Revision};
use crate::ids::TeamId;
use crate::store::{Incoming, Intent, ParkReason, Store, StoreError};

/// Whose work is synced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The team on shift; `None`: nobody is, and only what is unsent goes out.
    pub team: Option<TeamId>,
    /// Whether to re-check the whole scope and the agency's data: on wake and every fifteen minutes.
    pub full: bool,
}

/// Why a run ended before it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// No network, or no answer.
    Offline,
    /// Something that is not the server answered (a captive portal).
    NotTheServer,
    /// The server's certificate is not trusted.
    Untrusted,
    /// The token is no longer good; local work is untouched.
    SignInAgain,
    /// The server asks to wait.
    Later(Duration),
    /// The server failed (5xx) or answered what cannot be read.
    ServerTrouble,
}

/// What one run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests sent.
    pub round_trips: u32,
    /// Documents that the server now has.
    pub sent: u32,
    /// Documents that changed here.
    pub received: u32,
    /// `Type/id` of what changed here, for watches.
    pub changed: Vec<String>,
    /// Items parked in this run.
    pub parked: u32,
    /// Records from the server that could not be read and were left out.
    pub unreadable: u32,
    /// Searches in which the server returned what was not asked for; those rows were left out.
    pub filters_ignored: u32,
    /// Why it ended early.
    pub stop: Option<Stop>,
}

/// What the driver does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Send this and tell what came of it.
    Send(Request),
    /// The run is over.
    Done(Report),
}

enum Waiting {
    ReadBack(Vec<Intent>),
    Transaction(Vec<(Intent, Document)>),
    Put(Intent, Document),
    Theirs(Intent),
    Look { claim: Intent, first: bool, version: String },
    Pull,
    Prove(Vec<(String, String)>),
    Statement,
}

/// The setting that keeps what software the server last said it is.
const SOFTWARE: &str = "server-software";
/// How long after a claim the second look comes.
const SECOND_LOOK: Duration = Duration::from_secs(5);
/// How often one change is put onto a newer version before it is left for the next run.
const MOST_REBASES: u32 = 5;

/// One sync run.
pub struct Engine {
    scope: Scope,
    tried: HashSet<i64>,
    looked: HashSet<i64>,
    apart: Apart,
    rebases: HashMap<i64, u32>,
    waiting: Option<Waiting>,
    theirs_next: Option<Intent>,
    look_next: Option<(Intent, bool, String)>,
    pull: Option<Pull>,
    report: Report,
    proved: bool,
    statement_asked: bool,
    manners_read: bool,
    over: bool,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("report", &self.report).finish_non_exhaustive()
    }
}

impl Engine {
    /// A new run.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            tried: HashSet::new(),
            looked: HashSet::new(),
            apart: Apart::default(),
            rebases: HashMap::new(),
            waiting: None,
            theirs_next: None,
            look_next: None,
            pull: None,
            report: Report::default(),
            proved: false,
            statement_asked: false,
            manners_read: false,
            over: false,
        }
    }

    /// What to send next. Whatever leaves is marked on disk before this returns.
    ///
    /// # Errors
    /// [`StoreError`]; the run can be begun anew.
    pub fn next(&mut self, store: &mut Store, now: Instant) -> Result<Next, StoreError> {
        if self.over {
            return Ok(Next::Done(self.report.clone()));
        }
        let request = match self.request(store, now)? {
            Some(request) => request,
            None => {
                self.over = true;
                return Ok(Next::Done(self.report.clone()));
            }
        };
        self.report.round_trips += 1;
        Ok(Next::Send(request))
    }

    fn request(&mut self, store: &mut Store, now: Instant) -> Result<Option<Request>, StoreError> {
        if let Some(intent) = self.theirs_next.take() {
            let request = Request::get(format!("{}/{}", intent.kind, intent.id));
            self.waiting = Some(Waiting::Theirs(intent));
            return Ok(Some(request));
        }
        if let Some((claim, first, version)) = self.look_next.take() {
            let request = Request::get(format!("{}/{}", claim.kind, claim.id));
            self.waiting = Some(Waiting::Look { claim, first, version });
            return Ok(Some(request));
        }
        if self.pull.is_none() {
            if let Some(request) = self.push(store, now)? {
                return Ok(Some(request));
            }
            let Some(team) = &self.scope.team else { return self.prove(store) };
            if self.scope.full && !std::mem::replace(&mut self.statement_asked, true) {
                self.waiting = Some(Waiting::Statement);
                return Ok(Some(Request::get("metadata")));
            }
            self.pull = Some(Pull::new(team.clone(), self.scope.full));
        }
        let request = match &mut self.pull {
            Some(pull) => pull.next(store, now)?,
            None => None,
        };
        if request.is_some() {
            self.waiting = Some(Waiting::Pull);
            return Ok(request);
        }
        self.prove(store)
    }

    /// Asks for what was acknowledged in an earlier run and did not come back with a pull since: only what the server gives
    /// back is safe there (P3).
    fn prove(&mut self, store: &Store) -> Result<Option<Request>, StoreError> {
        if std::mem::replace(&mut self.proved, true) {
            return Ok(None);
        }
        let mut unproven = store.acknowledged_unproven()?;
        unproven.retain(|(kind, id)| !self.report.changed.contains(&format!("{kind}/{id}")));
        unproven.truncate(100);
        if unproven.is_empty() {
            return Ok(None);
        }
        let request = read_all(unproven.iter().map(|(kind, id)| format!("{kind}/{id}")));
        self.waiting = Some(Waiting::Prove(unproven));
        Ok(Some(request))
    }

    /// A server whose software is no longer the one that was probed is treated as one that never was.
    fn heard_statement(&mut self, store: &Store, answer: &Answer) -> Result<(), StoreError> {
        let said = Document::parse(&answer.body).ok().as_ref().and_then(manners::statement);
        if said.as_ref().is_some_and(|said| !said.is_r4) {
            self.stop(Stop::NotTheServer);
        }
        store.set_setting(SOFTWARE, &said.map(|said| said.software).unwrap_or_default())
    }

    fn heard_proof(&mut self, store: &mut Store, asked: &[(String, String)], answer: &Answer) -> Result<(), StoreError> {
        // What cannot be read proves nothing; the next run asks again.
        let Some(entries) = entries_of(answer, asked.len()) else { return Ok(()) };
        for ((kind, id), entry) in asked.iter().zip(entries) {
            match (entry.resource, entry.status.as_deref().unwrap_or_default().get(..3)) {
                (Some(there), Some("200")) if there.kind() == kind && there.id() == id => {
                    let changed = store.take(&Incoming { documents: vec![there], read_upto: None })?;
                    self.report.changed.extend(changed.0);
                }
                (_, Some("404")) => store.send_again(kind, id)?,
                // Deleted there on purpose, or no longer ours to read: it had it, and its version id is stored.
                (_, Some("403" | "410")) => store.proven(kind, id)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn push(&mut self, store: &mut Store, now: Instant) -> Result<Option<Request>, StoreError> {
        if !std::mem::replace(&mut self.manners_read, true) {
            let software = store.setting(SOFTWARE)?;
            let probed = ServerManners::among(&store.of_kind("Library")?);
            self.apart.changes_inside = probed.is_some_and(|m| m.versioned_update_in_transaction && Some(&m.software) == software.as_ref());
        }
        let unsent = store.unsent()?;
        let mut needs = HashMap::new();
        for intent in &unsent {
            needs.insert(intent.seq, store.needs(intent.seq)?);
        }
        match choose(&unsent, &needs, &self.tried, &self.apart, now) {
            Work::Nothing => Ok(None),
            Work::ReadBack(intents) => {
                self.tried.extend(intents.iter().map(|i| i.seq));
                let request = read_all(intents.iter().map(|i| format!("{}/{}", i.kind, i.id)));
                self.waiting = Some(Waiting::ReadBack(intents));
                Ok(Some(request))
            }
            Work::Look(claim) => {
                self.tried.insert(claim.seq);
                self.look_next = Some((claim, false, String::new()));
                self.request(store, now)
            }
            Work::Create(intents) => self.send_creates(store, intents, now),
            Work::Put(intent) => self.send_put(store, intent, now),
        }
    }

    fn send_creates(&mut self, store: &mut Store, intents: Vec<Intent>, now: Instant) -> Result<Option<Request>, StoreError> {
        let mut shared = Vec::new();
        for intent in intents.iter().filter(|intent| intent.kind == "Task" && !self.looked.contains(&intent.seq)) {
            if readable(store.document(&intent.kind, &intent.id))?.is_some_and(|document| is_derived(&document)) {
                shared.push(intent.seq);
            }
        }
        if !shared.is_empty() {
            // Another phone may have made them already: they are looked for before the first sending.
            self.looked.extend(&shared);
            store.mark_unknown(&shared)?;
            return self.push(store, now);
        }
        let (mut items, mut versions, mut inside) = (Vec::new(), Vec::new(), HashSet::new());
        for intent in intents {
            // A document that is made and changed in one transaction goes once, as it is now.
            if !inside.insert((intent.kind.clone(), intent.id.clone())) {
                continue;
            }
            self.tried.insert(intent.seq);
            match readable(store.stored(&intent.kind, &intent.id))? {
                Some(stored) => {
                    versions.push(stored.version.filter(|_| intent.act == Act::Change));
                    items.push((intent, stored.document));
                }
                None => self.park(store, &intent, ParkReason::Unreadable, None)?,
            }
        }
        store.mark_unknown(&items.iter().map(|(intent, _)| intent.seq).collect::<Vec<_>>())?;
        let request = match (items.as_slice(), versions.as_slice()) {
            ([], _) => return self.push(store, now),
            ([(_, only)], [version]) => Request::put(only, version.as_deref()),
            _ => {
                let documents = items.iter().map(|(_, document)| document).zip(versions.iter().map(Option::as_deref));
                Request::bundle(&bundle::versioned_transaction(documents))
            }
        };
        self.waiting = Some(match <[_; 1]>::try_from(items) {
            Ok([(intent, document)]) => Waiting::Put(intent, document),
            Err(items) => Waiting::Transaction(items),
        });
        Ok(Some(request))
    }

    fn send_put(&mut self, store: &mut Store, intent: Intent, now: Instant) -> Result<Option<Request>, StoreError> {
        self.tried.insert(intent.seq);
        let Some(stored) = readable(store.stored(&intent.kind, &intent.id))? else {
            self.park(store, &intent, ParkReason::Unreadable, None)?;
            return self.push(store, now);
        };
        store.mark_unknown(&[intent.seq])?;
        let request = Request::put(&stored.document, stored.version.as_deref());
        self.waiting = Some(Waiting::Put(intent, stored.document));
        Ok(Some(request))
    }

    fn park(&mut self, store: &mut Store, intent: &Intent, reason: ParkReason, detail: Option<&str>) -> Result<(), StoreError> {
        self.report.parked += 1;
        self.report.changed.push(format!("{}/{}", intent.kind, intent.id));
        store.park(intent.seq, reason, detail)
    }

    fn stop(&mut self, stop: Stop) {
        self.report.stop = Some(stop);
        self.over = true;
    }

    /// Takes what came of the last request; what it says is on disk when this returns.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the answer was taken, and the next run reads back.
    pub fn hear(&mut self, store: &mut Store, outcome: Outcome, now: Instant) -> Result<(), StoreError> {
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let answer = match outcome {
            Ok(answer) => answer,
            Err(failure) => {
                if matches!(failure, Failure::Unreachable | Failure::Untrusted | Failure::Elsewhere) {
                    store.mark_waiting(&seqs(&waiting))?;
                }
                if let (Failure::TooLarge | Failure::NoAnswer, Waiting::Pull, Some(pull)) = (failure, &waiting, &mut self.pull) {
                    let smaller = pull.halve(store)?;
                    // After a time-out the next run asks for less; a page over the limit is asked for again at once.
                    if smaller && failure == Failure::TooLarge {
                        return Ok(());
                    }
                }
                self.stop(match failure {
                    Failure::Unreachable | Failure::NoAnswer => Stop::Offline,
                    Failure::Untrusted => Stop::Untrusted,
                    Failure::Elsewhere => Stop::NotTheServer,
                    Failure::TooLarge => Stop::ServerTrouble,
                });
                return Ok(());
            }
        };
        if matches!(answer.status, 500 | 501 | 505..=599) && self.goes_on_without(&waiting) {
            return Ok(());
        }
        if let Some(stop) = ends_the_run(&answer, now) {
            if matches!(stop, Stop::SignInAgain | Stop::Later(_) | Stop::NotTheServer) && answer.status != 503 {
                store.mark_waiting(&seqs(&waiting))?;
            }
            self.stop(stop);
            return Ok(());
        }
        match waiting {
            Waiting::ReadBack(intents) => self.heard_read_back(store, intents, &answer),
            Waiting::Transaction(items) => self.heard_transaction(store, items, &answer),
            Waiting::Put(intent, document) => self.heard_put(store, intent, document, &answer),
            Waiting::Theirs(intent) => self.heard_theirs(store, &intent, &answer),
            Waiting::Look { claim, first, version } => self.heard_look(store, &claim, first, &version, &answer, now),
            Waiting::Pull => self.heard_page(store, &answer, now),
            Waiting::Prove(asked) => self.heard_proof(store, &asked, &answer),
            Waiting::Statement => self.heard_statement(store, &answer),
        }
    }

    /// One item that makes the server fail must not hold up the others, nor the pull. A transaction stays unknown: it is
    /// read back and then sent apart; a document alone is left for the next run.
    fn goes_on_without(&mut self, waiting: &Waiting) -> bool {
        match waiting {
            Waiting::Transaction(items) => {
                if self.apart.by_unit {
                    self.apart.alone.extend(items.iter().map(|(intent, _)| intent.seq));
                }
                self.apart.by_unit = true;
                self.tried.retain(|seq| items.iter().all(|(intent, _)| intent.seq != *seq));
                true
            }
            Waiting::Put(..) | Waiting::ReadBack(_) | Waiting::Prove(_) | Waiting::Statement => true,
            _ => false,
        }
    }

    fn heard_read_back(&mut self, store: &mut Store, intents: Vec<Intent>, answer: &Answer) -> Result<(), StoreError> {
        // A read-back that cannot be read leaves them unknown for the next run; what is new and the pull go on.
        let Some(entries) = entries_of(answer, intents.len()) else { return Ok(()) };
        let (mut arrived, mut beneath, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        for (intent, entry) in intents.into_iter().zip(entries) {
            let there = entry.resource.filter(|_| entry.status.as_deref().is_some_and(|s| s.starts_with('2')));
            let (Some(there), Some(sent)) = (there, readable(store.sent(intent.seq))?) else {
                waiting.push(intent.seq);
                continue;
            };
            let version = there.version().unwrap_or_default().to_owned();
            let never_changed_here = Revision::of(&sent).is_some_and(|revision| revision.parent.is_none());
            if intent.act == Act::Claim {
                if there.at("/owner").is_some() && there.at("/owner") == sent.at("/owner") && self.look_next.is_none() {
                    self.look_next = Some((intent, true, version));
                } else {
                    waiting.push(intent.seq);
                }
            } else if version.is_empty() {
                // Without a version it proves nothing (P12): it stays unknown for the next run.
            } else if sent.same_meaning(&there) {
                arrived.push((intent.seq, version, sent));
            } else if comes_from(&there, &sent) {
                beneath.push((intent.seq, version, sent, there));
            } else if intent.act == Act::Create && never_changed_here && is_derived(&sent) {
                store.take_theirs(intent.seq, &there)?;
            } else if intent.act == Act::Create {
                store.keep_both(&there)?;
                self.park(store, &intent, ParkReason::ChangedElsewhere, None)?;
            } else {
                waiting.push(intent.seq);
            }
        }
        self.report.sent += u32::try_from(arrived.len() + beneath.len()).unwrap_or(u32::MAX);
        self.report.changed.extend(arrived.iter().map(|(_, _, doc)| doc.reference()));
        self.tried.retain(|seq| !waiting.contains(seq));
        store.acknowledge(&arrived)?;
        for (_, _, document) in &arrived {
            store.proven(document.kind(), document.id())?;
        }
        store.mark_waiting(&waiting)?;
        for (seq, version, sent, there) in beneath {
            store.acknowledge(&[(seq, version, sent.clone())])?;
            store.proven(sent.kind(), sent.id())?;
            self.settle_under(store, &sent, &there)?;
        }
        Ok(())
    }

    /// Ours arrived, and somebody else has changed it since: theirs is what this phone shows, with what we have changed
    /// after `sent` on top; what no rule joins is kept whole on both sides.
    fn settle_under(&mut self, store: &mut Store, sent: &Document, theirs: &Document) -> Result<(), StoreError> {
        self.report.changed.push(theirs.reference());
        let Some(stored) = store.stored(theirs.kind(), theirs.id())? else { return Ok(()) };
        let immutable = crate::fhir::note::is_signed(&stored.document) || crate::fhir::assignment::is_stamp(&stored.document);
        let result = reconcile(sent, &stored.document, theirs);
        if immutable || !result.conflicts.is_empty() {
            store.keep_both(theirs)?;
            for intent in store.unsent()?.into_iter().filter(|i| i.kind == theirs.kind() && i.id == theirs.id()) {
                self.park(store, &intent, ParkReason::ChangedElsewhere, Some(&result.conflicts.join(", ")))?;
            }
            return Ok(());
        }
        let mut merged = result.merged;
        if store.unsent()?.iter().any(|i| i.kind == theirs.kind() && i.id == theirs.id()) {
            store.project_status(&mut merged)?;
        }
        store.rebase(&merged, theirs)
    }

    fn heard_transaction(&mut self, store: &mut Store, items: Vec<(Intent, Document)>, answer: &Answer) -> Result<(), StoreError> {
        if answer.status >= 400 {
            let seqs: Vec<i64> = items.iter().map(|(intent, _)| intent.seq).collect();
            let one_unit = items.iter().all(|(intent, _)| Some(&intent.unit) == items.first().map(|(first, _)| &first.unit));
            if one_unit {
                self.apart.alone.extend(&seqs);
            } else {
                self.apart.by_unit = true;
            }
            self.tried.retain(|seq| !seqs.contains(seq));
            return store.mark_waiting(&seqs);
        }
        let versions: Option<Vec<String>> = entries_of(answer, items.len())
            .and_then(|entries| entries.iter().map(|e| version_of(e.etag.as_deref(), e.location.as_deref())).collect());
        // An answer without a version for each document proves nothing: read back (P12).
        let Some(versions) = versions else {
            self.tried.retain(|seq| items.iter().all(|(intent, _)| intent.seq != *seq));
            return Ok(());
        };
        let arrived: Vec<_> = items.into_iter().zip(versions).map(|((intent, doc), version)| (intent.seq, version, doc)).collect();
        self.report.sent += u32::try_from(arrived.len()).unwrap_or(u32::MAX);
        self.report.changed.extend(arrived.iter().map(|(_, _, doc)| doc.reference()));
        store.acknowledge(&arrived)
    }

    fn heard_put(&mut self, store: &mut Store, intent: Intent, document: Document, answer: &Answer) -> Result<(), StoreError> {
        match (answer.status, answer.version()) {
            (200..=299, Some(version)) if intent.act == Act::Claim => {
                self.look_next = Some((intent, true, version));
                Ok(())
            }
            (200..=299, Some(version)) => {
                self.report.sent += 1;
                self.report.changed.push(document.reference());
                store.acknowledge(&[(intent.seq, version, document)])
            }
            (200..=299, None) => {
                self.tried.remove(&intent.seq);
                Ok(())
            }
            (409 | 412, _) => {
                self.theirs_next = Some(intent);
                Ok(())
            }
            (status, _) => self.park(store, &intent, park_reason(status), answer.diagnostics().as_deref()),
        }
    }

    /// The server's version, fetched because ours was made from an older one.
    fn heard_theirs(&mut self, store: &mut Store, intent: &Intent, answer: &Answer) -> Result<(), StoreError> {
        let (Ok(theirs), 200) = (Document::parse(&answer.body), answer.status) else {
            return self.park(store, intent, park_reason(answer.status.max(404)), answer.diagnostics().as_deref());
        };
        let Some(stored) = store.stored(&intent.kind, &intent.id)? else { return Ok(()) };
        if intent.act == Act::Claim {
            return self.lost(store, intent, &theirs);
        }
        let rebases = self.rebases.entry(intent.seq).or_default();
        *rebases += 1;
        if *rebases > MOST_REBASES {
            return store.mark_waiting(&[intent.seq]);
        }
        let base = stored.base.unwrap_or_else(|| Document::new(&intent.kind, &intent.id));
        let result = reconcile(&base, &stored.document, &theirs);
        if !result.conflicts.is_empty() {
            store.keep_both(&theirs)?;
            return self.park(store, intent, ParkReason::ChangedElsewhere, Some(&result.conflicts.join(", ")));
        }
        let mut merged = result.merged;
        store.project_status(&mut merged)?;
        store.rebase(&merged, &theirs)?;
        self.tried.remove(&intent.seq);
        store.mark_waiting(&[intent.seq])
    }

    fn heard_look(
        &mut self,
        store: &mut Store,
        claim: &Intent,
        first: bool,
        version: &str,
        answer: &Answer,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (Ok(theirs), 200) = (Document::parse(&answer.body), answer.status) else {
            return self.park(store, claim, park_reason(answer.status.max(404)), answer.diagnostics().as_deref());
        };
        let Some(stored) = store.stored(&claim.kind, &claim.id)? else { return Ok(()) };
        if theirs.at("/owner") != stored.document.at("/owner") {
            return self.lost(store, claim, &theirs);
        }
        self.report.changed.push(theirs.reference());
        if first {
            let look_at = now.checked_add(jiff::SignedDuration::from_secs(SECOND_LOOK.as_secs().cast_signed())).unwrap_or(now);
            // The version of our own PUT: a later one is then seen as newer.
            let version = if version.is_empty() { theirs.version().unwrap_or_default() } else { version };
            return store.mark_asked(claim.seq, version, look_at);
        }
        let Some(version) = theirs.version().map(str::to_owned) else { return Ok(()) };
        self.report.sent += 1;
        let sent = readable(store.sent(claim.seq))?.unwrap_or(stored.document);
        store.acknowledge(&[(claim.seq, version, sent.clone())])?;
        store.proven(sent.kind(), sent.id())?;
        if sent.same_meaning(&theirs) { Ok(()) } else { self.settle_under(store, &sent, &theirs) }
    }

    fn lost(&mut self, store: &mut Store, claim: &Intent, theirs: &Document) -> Result<(), StoreError> {
        store.lose_claim(claim.seq, theirs)?;
        self.report.parked += 1;
        self.report.changed.push(theirs.reference());
        Ok(())
    }

    fn heard_page(&mut self, store: &mut Store, answer: &Answer, now: Instant) -> Result<(), StoreError> {
        let Some(pull) = &mut self.pull else { return Ok(()) };
        match pull.hear(store, answer, now)? {
            Ok(page) => {
                self.report.received += u32::try_from(page.changed.len()).unwrap_or(u32::MAX);
                self.report.changed.extend(page.changed);
                self.report.filters_ignored += u32::from(page.filter_ignored);
                self.report.unreadable += u32::try_from(page.unreadable).unwrap_or(u32::MAX);
            }
            Err(super::pull::Unreadable) => self.stop(Stop::ServerTrouble),
        }
        Ok(())
    }
}

/// One batch that reads all of these.
fn read_all(references: impl Iterator<Item = String>) -> Request {
    let entries: Vec<_> = references.map(|url| json!({ "request": { "method": "GET", "url": url } })).collect();
    Request::bundle(&json!({ "resourceType": "Bundle", "type": "batch", "entry": entries }))
}

fn seqs(waiting: &Waiting) -> Vec<i64> {
    match waiting {
        Waiting::Transaction(items) => items.iter().map(|(intent, _)| intent.seq).collect(),
        Waiting::Put(intent, _) => vec![intent.seq],
        _ => Vec::new(),
    }
}

/// A stored document that cannot be read costs itself, not the run.
fn readable<T>(found: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Err(StoreError::Document(_)) => Ok(None),
        other => other,
    }
}

/// Whether this answer ends the run, whatever was asked.
pub(super) fn ends_the_run(answer: &Answer, now: Instant) -> Option<Stop> {
    let wait = || answer.retry_after.as_deref().and_then(|text| retry_after(text, now)).unwrap_or(Duration::from_secs(30));
    match answer.status {
        401 => Some(Stop::SignInAgain),
        429 | 503 => Some(Stop::Later(wait())),
        500.. => Some(Stop::ServerTrouble),
        200..=299 if !answer.is_fhir() => Some(Stop::NotTheServer),
        300..=399 => Some(Stop::NotTheServer),
        _ => None,
    }
}

/// The entries of a batch or transaction answer, where there is one for each that was sent.
fn entries_of(answer: &Answer, sent: usize) -> Option<Vec<Entry>> {
    let page = bundle::read(&answer.body).ok()?;
    (answer.status < 300 && page.entries.len() == sent && page.refused.is_empty()).then_some(page.entries)
}

/// Whether `there` is what we sent, or was made from it: it carries our revision, or names it as its parent.
fn comes_from(there: &Document, sent: &Document) -> bool {
    let (Some(theirs), Some(ours)) = (Revision::of(there), Revision::of(sent)) else { return false };
    theirs == ours || theirs.parent.as_deref() == Some(ours.name().as_str())
}

/// Whether every writer derives the same id for it (follow-ups): another phone may have made it already.
fn is_derived(document: &Document) -> bool {
    crate::fhir::safety::task_code(document) == Some(crate::fhir::handoff::FOLLOW_UP)
}
