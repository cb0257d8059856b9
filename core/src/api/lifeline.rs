//! Help from 911, from any state of the phone: an object of its own, beside the work and without it (P10).
//!
//! Rule: it opens no work database and waits for none: a key that is readable after the first unlock and the shift's token are all
//! that it needs. What is missing of the rest never stops a call. What happens is told to whoever watches, without being asked.
//! Neighbours: `line` keeps, sends and watches over the calls, `client` lends what is known of the work.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::input::{code, some_position};
use super::line::Line;
use super::watch::Watch;
use super::{AnydoorError, Result};
use crate::acts::escalate::{self, Call};
use crate::base::Code;
use crate::base::clock::{Clock, SystemClock};
use crate::base::ids::{AssignmentId, MemberId, OrganizationId, TeamId};
use crate::http::{SignedIn, Timeouts, Tokens, Transport};
use crate::safety::{Need, PhonePosition};
use crate::store::{Escalations, Key, file_name};
use crate::views::escalations::EscalationView;

/// What a call for help must know, whatever the phone is doing.
#[derive(Debug, Clone, uniffi::Record)]
pub struct LifelineConfig {
    /// The folder for the databases; the same as [`super::Config`]'s.
    pub folder: String,
    /// The FHIR server's base address.
    pub server: String,
    /// The agency's Organization id.
    pub agency: String,
    /// The member's Practitioner id.
    pub member: String,
    /// The member's name, as it is said aloud: whoever cancels a call is named.
    pub name: String,
    /// The team's CareTeam id.
    pub team: String,
    /// The agency's own PSAP, as an Organization id: for a scene whose jurisdiction names none.
    pub psap: String,
    /// The number on which the crew answers.
    pub callback: String,
}

impl LifelineConfig {
    /// The same folder, server, agency, member and team.
    pub fn beside(work: &super::Config, name: &str, psap: &str, callback: &str) -> Self {
        Self {
            folder: work.folder.clone(),
            server: work.server.clone(),
            agency: work.agency.clone(),
            member: work.member.clone(),
            name: name.to_owned(),
            team: work.team.clone(),
            psap: psap.to_owned(),
            callback: callback.to_owned(),
        }
    }
}

impl CallInput {
    /// A call from this assignment, with nothing said of where the phone is.
    pub fn from(assignment: &str, need: &str) -> Self {
        Self { assignment: Some(assignment.to_owned()), need: need.to_owned(), silent: false, position: None }
    }
}

/// Where the phone is.
#[derive(Debug, Clone, Copy, uniffi::Record)]
pub struct PhonePositionInput {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How old the position is, in seconds.
    pub age_s: u32,
    /// How far off it may be, in metres, where the phone says.
    pub accuracy_m: Option<f64>,
}

/// A call for help.
#[derive(Debug, Clone, uniffi::Record)]
pub struct CallInput {
    /// The assignment; nothing: the newest that this phone has prepared, or none.
    pub assignment: Option<String>,
    /// The code of what is needed.
    pub need: String,
    /// Whether nobody is to call back, and no sirens are to be heard.
    pub silent: bool,
    /// Where the phone is.
    pub position: Option<PhonePositionInput>,
}

/// An escalation, as far as known.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EscalationItem {
    /// The id.
    pub id: String,
    /// The number to read aloud.
    pub number: String,
    /// The code of what is needed; nothing where a later release wrote it.
    pub need: Option<String>,
    /// Whether nobody is to call back.
    pub silent: bool,
    /// The assignment that it is part of.
    pub assignment: Option<String>,
    /// The code of its state.
    pub state: String,
    /// Whether the phone rings for it: nobody is coming because of this call.
    pub rings: bool,
    /// Who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// When, RFC 3339.
    pub acknowledged_at: Option<String>,
    /// Who cancelled it. Before the server has heard of it, `state` does not say "cancelled".
    pub cancelled_by: Option<String>,
    /// When, RFC 3339.
    pub cancelled_at: Option<String>,
    /// Why the receiver said no, in its own words.
    pub why_rejected: Option<String>,
    /// In how many copies it is kept on this phone; none: it is sent from memory.
    pub copies: u32,
    /// Not sent, and why: a code of "not-sent" ("sign-in": call 911 now). Nothing: sent, or on its way.
    pub why_not_sent: Option<String>,
    /// In how many seconds it becomes loud, if nobody answers; nothing: it is loud, or over.
    pub loud_in_s: Option<u32>,
}

impl EscalationItem {
    pub(super) fn of(view: EscalationView, copies: usize) -> Self {
        let (acknowledged_by, acknowledged_at) = view.acknowledged.map(|said| (said.who, said.at.to_string())).unzip();
        let (cancelled_by, cancelled_at) = view.cancelled.map(|said| (said.who, said.at.to_string())).unzip();
        Self {
            id: view.id,
            number: view.number,
            need: view.need.map(|need| need.code().to_owned()),
            silent: view.silent,
            assignment: view.assignment.map(Into::into),
            state: view.state.code().into(),
            rings: view.state.rings(),
            acknowledged_by,
            acknowledged_at,
            cancelled_by,
            cancelled_at,
            why_rejected: view.why_rejected,
            copies: u32::try_from(copies).unwrap_or(u32::MAX),
            why_not_sent: view.why_not_sent.map(|why| why.code().to_owned()),
            loud_in_s: view.loud_in.map(|left| u32::try_from(left.as_secs()).unwrap_or(u32::MAX)),
        }
    }
}

/// What the shell does with the calls that it watches.
#[uniffi::export(foreign)]
pub trait LifelineObserver: Send + Sync {
    /// All calls, once at the start and whenever one of them changed.
    fn changed(&self, calls: Vec<EscalationItem>);
    /// Nobody is coming because of this call: it was refused, rejected, cancelled by somebody named, or nobody answered in time.
    /// Once for each of these; the phone rings.
    fn rings(&self, call: EscalationItem);
}

/// Help from 911, from any state of the phone.
#[derive(uniffi::Object)]
pub struct Lifeline {
    pub(super) line: Arc<Line>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl std::fmt::Debug for Lifeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lifeline").finish_non_exhaustive()
    }
}

impl Drop for Lifeline {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The kernel's name of this boot. Apple's systems give none to an app: there a boot is told by a clock that went back.
fn boot() -> Option<String> {
    let named = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let named = named.trim();
    (!named.is_empty() && named.len() <= 64).then(|| named.to_owned())
}

impl Lifeline {
    /// Opens with tokens, a clock and limits of the caller's.
    ///
    /// # Errors
    /// As [`Lifeline::open`].
    pub fn open_with(
        config: &LifelineConfig,
        first_unlock_key: &[u8],
        tokens: Arc<dyn Tokens>,
        clock: Arc<dyn Clock>,
        timeouts: Timeouts,
    ) -> Result<Arc<Self>> {
        Self::opened(config, first_unlock_key, tokens, None, clock, timeouts)
    }

    fn opened(
        config: &LifelineConfig,
        key: &[u8],
        tokens: Arc<dyn Tokens>,
        signed_in: Option<Arc<SignedIn>>,
        clock: Arc<dyn Clock>,
        timeouts: Timeouts,
    ) -> Result<Arc<Self>> {
        let base = Path::new(&config.folder).join(file_name(&config.server, &config.agency, &config.member));
        let transport = Transport::with_timeouts(&config.server, tokens, timeouts)?.for_escalations();
        let line = Arc::new(Line::new(
            (MemberId::parse(&config.member)?, config.name.clone()),
            (TeamId::parse(&config.team)?, OrganizationId::parse(&config.agency)?),
            (OrganizationId::parse(&config.psap)?, config.callback.clone()),
            // A key that is none leaves the calls in memory: they are sent all the same, and say so.
            Key::new(key).ok().map(|key| Escalations::open(&base, &key)),
            (transport, signed_in),
            clock,
        ));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|_| AnydoorError::Unexpected { reference: "runtime".into() })?;
        runtime.spawn(Line::watch_over(line.clone()));
        Ok(Arc::new(Self { line, runtime: Some(runtime) }))
    }
}

#[uniffi::export]
impl Lifeline {
    /// Opens the calls for help with a key of their own, readable after the first unlock, and the shift's token for escalations.
    /// Whether the work database is there, open, locked, damaged or being migrated, and whether the disk is full, changes
    /// nothing.
    ///
    /// # Errors
    /// `Invalid` where the configuration cannot be read.
    #[uniffi::constructor]
    pub fn open(config: LifelineConfig, first_unlock_key: Vec<u8>, escalation_token: Option<String>) -> Result<Arc<Self>> {
        let key = zeroize::Zeroizing::new(first_unlock_key);
        let tokens = Arc::new(SignedIn::default());
        tokens.take(None, escalation_token);
        let clock = Arc::new(SystemClock::in_boot(boot()));
        Self::opened(&config, &key, tokens.clone(), Some(tokens), clock, Timeouts::default())
    }

    /// Takes the token of a new shift's sign-in, and sends what waits for it.
    pub fn sign_in(&self, escalation_token: String) {
        self.line.sign_in(None, Some(escalation_token));
    }

    /// Asks 911 for help. On return it is on disk, in as many copies as `copies` says; none: it is sent from memory. It is "sent"
    /// only with the server's version, "acknowledged" only with the receiver's word. An assignment or a position that cannot be
    /// read is left out.
    ///
    /// # Errors
    /// `Invalid` for an unknown need.
    pub fn escalate(&self, said: CallInput) -> Result<EscalationItem> {
        let need: Need = code(&said.need, "need")?;
        let position = said.position.and_then(|at| {
            let position = some_position(Some(at.latitude), Some(at.longitude)).ok().flatten()?;
            let accuracy_m = at.accuracy_m.filter(|metres| metres.is_finite() && *metres >= 0.0);
            Some(PhonePosition { position, age: Duration::from_secs(at.age_s.into()), accuracy_m })
        });
        let assignment = said.assignment.and_then(|id| AssignmentId::parse(&id).ok());
        let prepared = self.line.prepared(assignment.as_ref());
        let call = Call {
            assignment,
            need,
            silent: said.silent,
            phone: position,
            callback: self.line.callback.clone(),
            psap: self.line.psap.clone(),
        };
        let (call, task) = escalate::escalate(call, prepared, &self.line.actor());
        let item = self.line.make(task);
        if let Some(runtime) = &self.runtime {
            // The call is out. The reports behind it wait for the work database, and nobody waits for the reports.
            let line = self.line.clone();
            runtime.spawn_blocking(move || line.report(&call));
        }
        Ok(item)
    }

    /// Lets go of this process's file of calls: iOS ends an app that is suspended while it holds a lock. The next call takes one
    /// again by itself.
    pub fn pause(&self) {
        self.line.pause();
    }

    /// Cancels a call, by the name of this phone's member. On return that is on disk; the server hears of it at once, or when it
    /// can. The state is "cancelled" once the server says so, or where the call never left.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` where the member has no name; `StorageFull` and others.
    pub fn cancel(&self, escalation: &str) -> Result<EscalationItem> {
        let ending = escalate::cancel(&self.line.name, &self.line.actor()).ok_or(AnydoorError::Invalid { what: "name".into() })?;
        self.line.cancel(escalation, &ending)
    }

    /// Every escalation that is kept here, oldest first.
    pub fn escalations(&self) -> Vec<EscalationItem> {
        self.line.items()
    }

    /// Watches the calls, and rings for each of which nobody is coming.
    ///
    /// # Errors
    /// `Unexpected`.
    pub fn watch(&self, observer: Arc<dyn LifelineObserver>) -> Result<Arc<Watch>> {
        let runtime = self.runtime.as_ref().ok_or(AnydoorError::Unexpected { reference: "runtime".into() })?;
        Ok(Arc::new(Watch::of(runtime.handle().spawn(Line::tell(self.line.clone(), observer)))))
    }

    /// Sends what waits and asks after what is open, now. It does so by itself for as long as there is anything to send or to ask.
    ///
    /// # Errors
    /// `Offline`, `SignInAgain`, `ServerTrouble`: it is sent again.
    pub async fn send(&self) -> Result<()> {
        let line = self.line.clone();
        let runtime = self.runtime.as_ref().ok_or(AnydoorError::Unexpected { reference: "runtime".into() })?;
        let handle = runtime.spawn(async move { line.send().await });
        handle.await.unwrap_or_else(|_| Err(AnydoorError::Unexpected { reference: "send".into() }))
    }
}
