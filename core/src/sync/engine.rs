//! The full run as a state machine: [`Engine::next`] says what to send, [`Engine::hear`] (in `answers`) takes what came of it.
//!
//! Rule: the steps in the order that `sync` tells: push, pull, then what was acknowledged and did not come back. Neighbours:
//! `outbox` chooses what goes, `pull` what is asked for.

use std::collections::{HashMap, HashSet};

use super::batch::read_all;
use super::disclosing::{self, Prepared};
use super::outbox::{Apart, NextStep, choose, is_content, readable};
use super::pull::run::Pull;
use super::run::{Report, Run, Scope, StopReason};
use super::sendings::{Manner, Sendings};
use crate::arrive;
use crate::base::clock::Instant;
use crate::delivery::{Act, Intent, ParkReason};
use crate::fhir::behaviour::ServerBehaviour;
use crate::fhir::bundle;
use crate::http::{Outcome, Request};
use crate::store::{Store, StoreError};

pub(super) enum Awaiting {
    ReadBack(Vec<Intent>),
    Transaction(Vec<Intent>),
    Put(Intent),
    Theirs(Intent),
    Look(Intent, Look),
    Pull,
    Confirm(Vec<(String, String)>),
    Statement,
}

/// Which look at a claim.
pub(super) enum Look {
    /// At once, with the version that the server gave our own PUT.
    First { put: Option<String> },
    /// After some seconds.
    Second,
}

/// What the driver does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Send this and tell what came of it.
    Send(Request),
    /// The run is over.
    Done(Report),
}

/// The setting that keeps what software the server last said it is.
pub(super) const SOFTWARE: &str = "server-software";
/// How often one change is put onto a newer version before it is left for the next run.
pub(super) const MOST_REBASES: u32 = 5;

/// One sync run.
pub struct Engine {
    pub(super) scope: Scope,
    pub(super) tried: HashSet<i64>,
    pub(super) looked: HashSet<i64>,
    pub(super) apart: Apart,
    pub(super) sendings: Sendings,
    pub(super) rebases: HashMap<i64, u32>,
    pub(super) waiting: Option<Awaiting>,
    pub(super) theirs_next: Vec<Intent>,
    pub(super) looks_next: Vec<(Intent, Look)>,
    pub(super) pull: Option<Pull>,
    pub(super) report: Report,
    /// Items at which the server failed in this run, with what it said: counted once it is seen to serve others.
    pub(super) failed_at: Vec<(Intent, Option<String>)>,
    pub(super) confirmed: bool,
    pub(super) statement_asked: bool,
    pub(super) manners_read: bool,
    pub(super) over: bool,
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
            sendings: Sendings::default(),
            rebases: HashMap::new(),
            waiting: None,
            theirs_next: Vec::new(),
            looks_next: Vec::new(),
            pull: None,
            report: Report::default(),
            failed_at: Vec::new(),
            confirmed: false,
            statement_asked: false,
            manners_read: false,
            over: false,
        }
    }

    /// What the run did.
    pub(super) fn into_report(self) -> Report {
        self.report
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
        if let Some(intent) = self.theirs_next.pop() {
            let request = Request::get(intent.reference());
            self.waiting = Some(Awaiting::Theirs(intent));
            return Ok(Some(request));
        }
        if let Some((claim, look)) = self.looks_next.pop() {
            let request = Request::get(claim.reference());
            self.waiting = Some(Awaiting::Look(claim, look));
            return Ok(Some(request));
        }
        if self.pull.is_none() {
            if let Some(request) = self.push(store, now)? {
                return Ok(Some(request));
            }
            let Some(team) = &self.scope.team else { return self.confirm(store) };
            if self.scope.full && !std::mem::replace(&mut self.statement_asked, true) {
                self.waiting = Some(Awaiting::Statement);
                return Ok(Some(Request::get("metadata")));
            }
            self.pull = Some(Pull::new(team.clone(), self.scope.full));
        }
        let request = match &mut self.pull {
            Some(pull) => pull.next(store, now)?,
            None => None,
        };
        if request.is_some() {
            self.waiting = Some(Awaiting::Pull);
            return Ok(request);
        }
        self.confirm(store)
    }

    /// Asks for what was acknowledged in an earlier run and did not come back with a pull since: only what the server gives
    /// back is safe there (P3).
    fn confirm(&mut self, store: &Store) -> Result<Option<Request>, StoreError> {
        if std::mem::replace(&mut self.confirmed, true) {
            return Ok(None);
        }
        let mut unverified = store.acknowledged_unverified()?;
        unverified.retain(|(kind, _)| kind != crate::fhir::attachment::CONTENT);
        unverified.retain(|(kind, id)| !self.report.changed.contains(&format!("{kind}/{id}")));
        unverified.truncate(100);
        if unverified.is_empty() {
            return Ok(None);
        }
        let request = read_all(unverified.iter().map(|(kind, id)| format!("{kind}/{id}")));
        self.waiting = Some(Awaiting::Confirm(unverified));
        Ok(Some(request))
    }

    fn push(&mut self, store: &mut Store, now: Instant) -> Result<Option<Request>, StoreError> {
        if !std::mem::replace(&mut self.manners_read, true) {
            let software = store.setting(SOFTWARE)?;
            let probed = ServerBehaviour::among(&store.of_kind("Library")?);
            self.apart.changes_inside = probed.is_some_and(|m| m.versioned_update_in_transaction && Some(&m.software) == software.as_ref());
        }
        let mut unsent = store.unsent()?;
        unsent.retain(|intent| !is_content(intent));
        let mut needs = HashMap::new();
        for intent in &unsent {
            needs.insert(intent.seq, store.needs(intent.seq)?);
        }
        match choose(&unsent, &needs, &self.tried, &self.apart, now) {
            NextStep::Nothing => Ok(None),
            NextStep::ReadBack(intents) => {
                self.tried.extend(intents.iter().map(|i| i.seq));
                let request = read_all(intents.iter().map(|i| format!("{}/{}", i.kind, i.id)));
                self.waiting = Some(Awaiting::ReadBack(intents));
                Ok(Some(request))
            }
            NextStep::Look(claim) => {
                self.tried.insert(claim.seq);
                self.looks_next.push((claim, Look::Second));
                self.request(store, now)
            }
            NextStep::Create(intents) => self.send_creates(store, intents, now),
            NextStep::Put(intent) => self.send_put(store, intent, now),
        }
    }

    /// Those of which another phone derives the same ids, and which were not looked for in this run.
    fn shared(&self, store: &Store, intents: &[Intent]) -> Result<Vec<i64>, StoreError> {
        let mut shared = Vec::new();
        for intent in intents.iter().filter(|intent| intent.kind == "Task" && !self.looked.contains(&intent.seq)) {
            if readable(store.document(&intent.kind, &intent.id))?.is_some_and(|document| arrive::is_derived(&document)) {
                shared.push(intent.seq);
            }
        }
        Ok(shared)
    }

    fn send_creates(&mut self, store: &mut Store, intents: Vec<Intent>, now: Instant) -> Result<Option<Request>, StoreError> {
        let shared = self.shared(store, &intents)?;
        if !shared.is_empty() {
            // Another phone may have made them already: they are looked for before the first sending.
            self.looked.extend(&shared);
            store.mark_unknown(&shared)?;
            return self.push(store, now);
        }
        let (mut items, mut versions, mut inside, mut held) = (Vec::new(), Vec::new(), HashSet::new(), HashSet::new());
        for intent in intents {
            // What needs one that stays stays with it.
            if store.needs(intent.seq)?.iter().any(|need| held.contains(need)) {
                held.insert(intent.seq);
                continue;
            }
            // A document that is made and changed in one transaction goes once, as it is now.
            if !inside.insert((intent.kind.clone(), intent.id.clone())) {
                continue;
            }
            self.tried.insert(intent.seq);
            match disclosing::prepare(store, &intent, now)? {
                Prepared::Goes => {}
                Prepared::Later => {
                    held.insert(intent.seq);
                    continue;
                }
                Prepared::Parks(reason) => {
                    held.insert(intent.seq);
                    self.park(store, &intent, reason, None)?;
                    continue;
                }
            }
            match readable(store.stored(&intent.kind, &intent.id))? {
                Some(stored) => {
                    versions.push(stored.version.filter(|_| intent.act == Act::Change));
                    items.push((intent, stored.document));
                }
                None => self.park(store, &intent, ParkReason::Unreadable, None)?,
            }
        }
        store.mark_unknown(&items.iter().map(|(intent, _)| intent.seq).collect::<Vec<_>>())?;
        for ((intent, _), version) in items.iter().zip(&versions) {
            let manner = if items.len() == 1 { Manner::Alone } else { self.apart.manner(intent.seq) };
            self.sendings.note(intent.seq, manner, version.as_deref());
        }
        let request = match (items.as_slice(), versions.as_slice()) {
            ([], _) => return self.push(store, now),
            ([(_, only)], [version]) => Request::put(only, version.as_deref()),
            _ => {
                let documents = items.iter().map(|(_, document)| document).zip(versions.iter().map(Option::as_deref));
                Request::bundle(&bundle::versioned_transaction(documents))
            }
        };
        self.waiting = Some(match <[_; 1]>::try_from(items) {
            Ok([(intent, _)]) => Awaiting::Put(intent),
            Err(items) => Awaiting::Transaction(items.into_iter().map(|(intent, _)| intent).collect()),
        });
        Ok(Some(request))
    }

    fn send_put(&mut self, store: &mut Store, intent: Intent, now: Instant) -> Result<Option<Request>, StoreError> {
        self.tried.insert(intent.seq);
        match disclosing::prepare(store, &intent, now)? {
            Prepared::Goes => {}
            Prepared::Later => return self.push(store, now),
            Prepared::Parks(reason) => {
                self.park(store, &intent, reason, None)?;
                return self.push(store, now);
            }
        }
        let Some(stored) = readable(store.stored(&intent.kind, &intent.id))? else {
            self.park(store, &intent, ParkReason::Unreadable, None)?;
            return self.push(store, now);
        };
        store.mark_unknown(&[intent.seq])?;
        self.sendings.note(intent.seq, Manner::Alone, stored.version.as_deref());
        let request = Request::put(&stored.document, stored.version.as_deref());
        self.waiting = Some(Awaiting::Put(intent));
        Ok(Some(request))
    }

    pub(super) fn park(&mut self, store: &mut Store, intent: &Intent, reason: ParkReason, detail: Option<&str>) -> Result<(), StoreError> {
        self.report.parked += 1;
        self.report.changed.push(format!("{}/{}", intent.kind, intent.id));
        store.park(intent.seq, reason, detail)
    }

    pub(super) fn stop(&mut self, stop: StopReason) {
        self.report.stop = Some(stop);
        self.over = true;
    }
}

impl Run for Engine {
    type Store = Store;

    fn next(&mut self, store: &mut Store, now: Instant) -> Result<Option<Request>, StoreError> {
        Ok(match Self::next(self, store, now)? {
            Next::Send(request) => Some(request),
            Next::Done(_) => None,
        })
    }

    fn hear(&mut self, store: &mut Store, outcome: Outcome, now: Instant) -> Result<(), StoreError> {
        Self::hear(self, store, outcome, now)
    }
}
