//! The root object: one per signed-in member. It owns the databases, the connections and the runtime.
//!
//! Rule: one act is one call of [`Inner::act`]: read, planned and committed under one lock. Neighbours: every other file here
//! adds a screen's calls to [`Anydoor`].

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::Lifeline;
use super::error::{AnydoorError, Result};
use super::line::Line;
use crate::acts::{Actor, Ids, Ledger, Plan, brief};
use crate::base::clock::{Clock, ServerTime, SystemClock};
use crate::base::ids::{AssignmentId, MemberId, OrganizationId, TeamId};
use crate::http::Timeouts;
use crate::http::{SignedIn, Tokens, Transport};
use crate::safety::Escalation;
use crate::store::{Key, Store, file_name};
use crate::views::escalations;

/// What the phone is opened for.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Config {
    /// The folder for the databases; must exist.
    pub folder: String,
    /// The FHIR server's base address.
    pub server: String,
    /// The agency's Organization id.
    pub agency: String,
    /// The member's Practitioner id.
    pub member: String,
    /// Whether the member leads.
    pub lead: bool,
    /// The team's CareTeam id.
    pub team: String,
}

/// The field client. One per signed-in member; owns the databases, the connections and the runtime.
#[derive(uniffi::Object)]
pub struct Anydoor {
    pub(super) inner: Arc<Inner>,
    pub(super) runtime: Option<tokio::runtime::Runtime>,
}

pub(super) struct Inner {
    pub(super) config: Config,
    pub(super) member: MemberId,
    pub(super) team: TeamId,
    pub(super) agency: OrganizationId,
    pub(super) path: PathBuf,
    pub(super) store: Mutex<Option<Store>>,
    /// The calls for help, where the shell has opened them.
    pub(super) lifeline: Mutex<Option<Arc<Line>>>,
    /// Files of calls that have lost what the main chain knows of.
    pub(super) calls_lost: Mutex<Vec<u32>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) server_time: Mutex<Option<ServerTime>>,
    pub(super) transport: Transport,
    pub(super) syncing: tokio::sync::Mutex<()>,
    pub(super) attaching: tokio::sync::Mutex<()>,
    pub(super) changed: tokio::sync::broadcast::Sender<()>,
    pub(super) asked_to_wait: Mutex<Option<std::time::Duration>>,
    pub(super) signed_in: Mutex<Option<Arc<SignedIn>>>,
    /// The member has signed out: what is here stays, and nothing is sent or fetched but calls for help.
    pub(super) signed_out: std::sync::atomic::AtomicBool,
    pub(super) roads: Mutex<Option<Arc<crate::roads::Roads>>>,
}

impl std::fmt::Debug for Anydoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Anydoor").finish_non_exhaustive()
    }
}

impl Anydoor {
    /// Opens with a clock of the caller's (tests and the sandbox play a shift on a fast one) and a token source.
    ///
    /// # Errors
    /// As [`Anydoor::open`].
    pub fn open_with(config: Config, work_key: &[u8], tokens: Arc<dyn Tokens>, clock: Arc<dyn Clock>) -> Result<Arc<Self>> {
        Self::open_with_timeouts(config, work_key, tokens, clock, Timeouts::default())
    }

    /// As [`Anydoor::open_with`], waiting for a server as long as the caller says.
    ///
    /// # Errors
    /// As [`Anydoor::open`].
    pub fn open_with_timeouts(
        config: Config,
        work_key: &[u8],
        tokens: Arc<dyn Tokens>,
        clock: Arc<dyn Clock>,
        timeouts: Timeouts,
    ) -> Result<Arc<Self>> {
        let key = Key::new(work_key)?;
        let path = PathBuf::from(&config.folder).join(file_name(&config.server, &config.agency, &config.member));
        let mut store = Store::open(&path, &key, &config.agency)?;
        // Where the disk is full it is done at a later opening: nothing keeps a member from their work.
        let _ = store.localise(&config.server);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|_| AnydoorError::Unexpected { reference: "runtime".into() })?;
        let inner = Inner {
            member: MemberId::parse(&config.member)?,
            team: TeamId::parse(&config.team)?,
            agency: OrganizationId::parse(&config.agency)?,
            path,
            store: Mutex::new(Some(store)),
            lifeline: Mutex::new(None),
            calls_lost: Mutex::default(),
            clock,
            server_time: Mutex::new(None),
            transport: Transport::with_timeouts(&config.server, tokens, timeouts)?,
            signed_in: Mutex::new(None),
            signed_out: std::sync::atomic::AtomicBool::new(false),
            roads: Mutex::new(None),
            syncing: tokio::sync::Mutex::new(()),
            attaching: tokio::sync::Mutex::new(()),
            changed: tokio::sync::broadcast::channel(16).0,
            asked_to_wait: Mutex::new(None),
            config,
        };
        Ok(Arc::new(Self { inner: Arc::new(inner), runtime: Some(runtime) }))
    }
}

impl Drop for Anydoor {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[uniffi::export]
impl Anydoor {
    /// Opens, or makes, this member's database with its raw 32-byte key. On return it is open and current.
    ///
    /// # Errors
    /// `StorageLocked` where the key does not fit, the file is no database, or a newer release made it: the file is
    /// untouched. `Invalid` where the configuration cannot be read.
    #[uniffi::constructor]
    pub fn open(config: Config, work_key: Vec<u8>, token: Option<String>) -> Result<Arc<Self>> {
        let tokens = Arc::new(SignedIn::default());
        tokens.take(token, None);
        let opened = Self::open_with(config, &work_key, tokens.clone(), Arc::new(SystemClock::default()))?;
        *lock(&opened.inner.signed_in) = Some(tokens);
        Ok(opened)
    }

    /// Takes the tokens of a sign-in: `token` for everything, `escalation_token` for this shift's escalations alone, which the
    /// lifeline takes where it is open. Local work is untouched.
    pub fn sign_in(&self, token: String, escalation_token: Option<String>) {
        if let Some(line) = self.inner.line() {
            line.sign_in(Some(token.clone()), escalation_token.clone());
        }
        if let Some(tokens) = lock(&self.inner.signed_in).as_ref() {
            tokens.take(Some(token), escalation_token);
        }
        self.inner.signed_out.store(false, std::sync::atomic::Ordering::Release);
    }

    /// Joins this work with the calls for help: from now on they are prepared from it, their reports are written into it, a sync
    /// sends them first, and its audit chain takes in theirs. The lifeline works without this.
    ///
    /// # Errors
    /// `StorageLocked` and others: they are joined, and the chain takes theirs in at the next opening.
    pub fn set_lifeline(&self, lifeline: &Lifeline) -> Result<()> {
        lifeline.line.serve(Arc::downgrade(&self.inner));
        *lock(&self.inner.lifeline) = Some(lifeline.line.clone());
        self.inner.note_escalations()?;
        self.inner.prepare_lifeline();
        Ok(())
    }

    /// Finishes writes, writes everything into the main file and closes it (iOS kills an app that holds a lock when
    /// it is suspended). The escalations stay open.
    ///
    /// # Errors
    /// `StorageFull` and others; the work is still on disk.
    pub fn pause(&self) -> Result<()> {
        match lock(&self.inner.store).take() {
            Some(store) => Ok(store.close()?),
            None => Ok(()),
        }
    }

    /// Opens the work database again.
    ///
    /// # Errors
    /// As [`Anydoor::open`].
    pub fn resume(&self, work_key: Vec<u8>) -> Result<()> {
        let mut guard = lock(&self.inner.store);
        if guard.is_none() {
            let mut store = Store::open(&self.inner.path, &Key::new(&work_key)?, &self.inner.config.agency)?;
            let _ = store.localise(&self.inner.config.server);
            *guard = Some(store);
        }
        drop(guard);
        self.inner.note_escalations()?;
        self.inner.prepare_lifeline();
        self.inner.tell();
        Ok(())
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    /// Runs `f` on the open store. Where that meets a damaged page, the store is mended before this returns the error: what
    /// was asked for was not done, and can be asked for again.
    pub(super) fn store<R>(&self, f: impl FnOnce(&mut Store) -> Result<R>) -> Result<R> {
        let mut guard = lock(&self.store);
        let result = guard.as_mut().map_or(Err(AnydoorError::StorageLocked), f);
        if let Err(error) = &result {
            Self::mend(&mut guard, error)?;
        }
        result
    }

    /// After a damaged page the store is salvaged; after any other error of the database it gets a new connection.
    pub(super) fn mend(guard: &mut Option<Store>, after: &AnydoorError) -> Result<()> {
        match after {
            AnydoorError::StorageDamaged => {
                if let Some(store) = guard.take() {
                    *guard = Some(store.mend()?);
                }
            }
            AnydoorError::StorageFailed { .. } => {
                // Where this fails too, the next call says so.
                guard.as_mut().map(Store::reconnect).transpose().ok();
            }
            _ => {}
        }
        Ok(())
    }

    /// One act: reads, plans and commits under one lock, so that neither a sync nor an autosave comes in between; then
    /// tells the watches. Returns what the plan was made with.
    pub(super) fn act<T, E>(&self, act: impl FnOnce(&Store, &Actor) -> std::result::Result<(Plan, T), E>) -> Result<T>
    where
        E: Into<AnydoorError>,
    {
        let made = self.store(|store| {
            let (plan, made) = act(store, &self.actor(store.writer())).map_err(Into::into)?;
            store.commit(&plan)?;
            Ok(made)
        })?;
        self.tell();
        Ok(made)
    }

    /// As [`Inner::act`], for an act that makes a plan and nothing else.
    pub(super) fn plan<E>(&self, act: impl FnOnce(&Store, &Actor) -> std::result::Result<Plan, E>) -> Result<()>
    where
        E: Into<AnydoorError>,
    {
        self.act(|store, actor| act(store, actor).map(|plan| (plan, ())))
    }

    /// As [`Inner::act`], for an act that may have nothing to do. Whether it had.
    pub(super) fn act_if<E>(&self, act: impl FnOnce(&Store, &Actor) -> std::result::Result<Option<Plan>, E>) -> Result<bool>
    where
        E: Into<AnydoorError>,
    {
        let done = self.store(|store| match act(store, &self.actor(store.writer())).map_err(Into::into)? {
            Some(plan) => Ok(store.commit(&plan).map(|()| true)?),
            None => Ok(false),
        })?;
        self.tell();
        Ok(done)
    }

    pub(super) fn line(&self) -> Option<Arc<Line>> {
        lock(&self.lifeline).clone()
    }

    /// The main chain takes in the heads of the calls' chains, which may have grown while the phone was locked (P27); and what it
    /// took in before must still be there.
    pub(super) fn note_escalations(&self) -> Result<()> {
        let Some(line) = self.line() else { return Ok(()) };
        let noted = self.store(|store| Ok(store.noted_escalations()?))?;
        let calls = lock(&line.calls);
        let Some(file) = calls.as_ref() else { return Ok(()) };
        *lock(&self.calls_lost) = file.lost_since(&noted);
        let heads = file.heads();
        drop(calls);
        match heads {
            Some(heads) => self.store(|store| Ok(store.note_escalations(&heads, self.member.as_str(), self.clock.now())?)),
            None => Ok(()),
        }
    }

    /// Lays beside the calls what one from each open assignment would need, and how long the agency lets one wait. Where that
    /// fails, a call goes with less.
    pub(super) fn prepare_lifeline(&self) {
        let Some(line) = self.line() else { return };
        let known = self.store(|store| {
            let open = store.open_assignments()?.into_iter().filter_map(|id| AssignmentId::parse(&id).ok());
            let prepared: Vec<_> = open.filter_map(|id| escalations::prepared(store, &id, &self.team).ok().flatten()).collect();
            Ok((prepared, escalations::patience(store)?))
        });
        let mut calls = lock(&line.calls);
        if let (Ok((prepared, patience)), Some(file)) = (known, calls.as_mut()) {
            drop(file.set_patience(patience));
            prepared.iter().for_each(|one| drop(file.prepare(one)));
        }
    }

    /// Writes the reports behind a call. Where they cannot be kept that must not say that the call failed: the call is out.
    pub(super) fn report_escalation(&self, call: &Escalation) {
        if let Some(assignment) = &call.assignment {
            drop(self.plan(|store, actor| brief::reports(store, assignment, &call.id, (&call.psap, call.need), actor)));
        }
        drop(self.note_escalations());
    }

    pub(super) fn tell(&self) {
        // Nobody watching is no error.
        let _ = self.changed.send(());
    }

    pub(super) fn actor(&self, device: &str) -> Actor {
        let server_now = lock(&self.server_time).and_then(|heard| heard.reckon(self.clock.since_boot()));
        Actor {
            member: self.member.clone(),
            lead: self.config.lead,
            team: self.team.clone(),
            agency: self.agency.clone(),
            device: device.to_owned(),
            now: self.clock.now(),
            server_now,
            ids: Ids::Fresh,
        }
    }
}
