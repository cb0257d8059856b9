//! Behind [`Lifeline`](super::Lifeline): keeps the calls, sends them, asks after them, and tells when one becomes loud.
//!
//! Rule: no lock is held across a request, and none of the work database's is ever waited for by a call. Neighbours: `lifeline` is
//! what the phones see, `sync::escalations` the run, `client` lends the work database.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::sync::{Notify, broadcast};

use super::client::{Inner, lock};
use super::error::of_stop;
use super::lifeline::{EscalationItem, LifelineObserver};
use super::{AnydoorError, Result};
use crate::acts::Actor;
use crate::base::clock::{Clock, Moment, ServerTime};
use crate::base::ids::{AssignmentId, MemberId, OrganizationId, TeamId};
use crate::fhir::Document;
use crate::http::{Request, SignedIn, Transport};
use crate::safety::{Ending, Escalation, NotSent, Prepared};
use crate::store::{EscalationRow, Escalations};
use crate::sync::{StopReason, driver};
use crate::views::escalations::{Known, escalation, waited_by_the_calendar};

/// How often the receiver's word is asked for while a call is open.
const LOOK: Duration = Duration::from_secs(5);
/// The longest wait before a call is sent again.
const LONGEST: Duration = Duration::from_secs(30);

pub(super) struct Line {
    member: MemberId,
    pub(super) name: String,
    team: TeamId,
    agency: OrganizationId,
    pub(super) psap: OrganizationId,
    pub(super) callback: String,
    /// `None`: there is no key for them, or they were wiped.
    pub(super) calls: Mutex<Option<Escalations>>,
    /// Calls that could not be kept on this phone.
    unsaved: Mutex<Vec<EscalationRow>>,
    transport: Transport,
    signed_in: Option<Arc<SignedIn>>,
    clock: Arc<dyn Clock>,
    server_time: Mutex<Option<ServerTime>>,
    sending: tokio::sync::Mutex<()>,
    /// Why the last run stopped.
    stop: Mutex<Option<StopReason>>,
    wake: Notify,
    changed: broadcast::Sender<()>,
    client: Mutex<Weak<Inner>>,
}

impl Line {
    pub fn new(
        (member, name): (MemberId, String),
        (team, agency): (TeamId, OrganizationId),
        (psap, callback): (OrganizationId, String),
        calls: Option<Escalations>,
        (transport, signed_in): (Transport, Option<Arc<SignedIn>>),
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            member,
            name,
            team,
            agency,
            psap,
            callback,
            calls: Mutex::new(calls),
            unsaved: Mutex::default(),
            transport,
            signed_in,
            clock,
            server_time: Mutex::default(),
            sending: tokio::sync::Mutex::default(),
            stop: Mutex::default(),
            wake: Notify::new(),
            changed: broadcast::channel(16).0,
            client: Mutex::default(),
        }
    }

    /// From now on the work database of this client is told of calls.
    pub fn serve(&self, client: Weak<Inner>) {
        *lock(&self.client) = client;
    }

    pub fn actor(&self) -> Actor {
        let server_now = lock(&self.server_time).and_then(|heard| heard.reckon(self.clock.since_boot()));
        let actor = Actor::new(self.member.clone(), self.team.clone(), self.agency.clone(), "lifeline", self.clock.now());
        Actor { server_now, ..actor }
    }

    pub fn sign_in(&self, token: Option<String>, for_escalations: Option<String>) {
        if let Some(tokens) = &self.signed_in {
            tokens.take(token, for_escalations);
        }
        self.wake.notify_one();
    }

    /// Forgets the member's own token; the shift's stays until it ends by itself.
    pub fn sign_out(&self) {
        self.signed_in.iter().for_each(|tokens| tokens.forget());
    }

    pub fn pause(&self) {
        lock(&self.calls).iter_mut().for_each(Escalations::let_go);
    }

    pub fn prepared(&self, assignment: Option<&AssignmentId>) -> Option<Prepared> {
        lock(&self.calls).as_ref()?.prepared(assignment)
    }

    /// Keeps a call and has it sent. Where no file takes it, it is sent from memory until the server shows it.
    pub fn make(&self, task: Document) -> EscalationItem {
        let made = Moment::of(self.clock.as_ref());
        let copies = lock(&self.calls).as_mut().map_or(0, |file| file.keep(&task, Some(&made)).unwrap_or(0)) as usize;
        let row = EscalationRow { task, version: None, unknown: false, refused: None, made: Some(made), cancelled: None };
        let item = self.item(&row, copies);
        if copies == 0 {
            lock(&self.unsaved).push(row);
        }
        self.wake.notify_one();
        self.tell_all();
        item
    }

    pub fn cancel(&self, id: &str, ending: &Ending) -> Result<EscalationItem> {
        if let Some(unsaved) = lock(&self.unsaved).iter_mut().find(|unsaved| unsaved.task.id() == id) {
            unsaved.cancelled = Some(ending.clone());
        } else {
            let mut calls = lock(&self.calls);
            calls.as_mut().ok_or(AnydoorError::NotFound { what: "escalation".into() })?.cancel(id, ending)?;
        }
        self.wake.notify_one();
        self.tell_all();
        self.items().into_iter().find(|item| item.id == id).ok_or(AnydoorError::NotFound { what: "escalation".into() })
    }

    /// Writes the reports behind a call, where the work database is open.
    pub fn report(&self, call: &Escalation) {
        let client = lock(&self.client).upgrade();
        if let Some(client) = client {
            client.report_escalation(call);
        }
    }

    pub fn tell_all(&self) {
        // Nobody watching is no error.
        let _ = self.changed.send(());
    }

    fn patience(&self) -> Option<Duration> {
        lock(&self.calls).as_ref().and_then(Escalations::patience)
    }

    fn why_not_sent(&self) -> Option<NotSent> {
        let stop = (*lock(&self.stop))?;
        Some(match stop {
            StopReason::SignInAgain => NotSent::SignIn,
            StopReason::Offline => NotSent::Offline,
            StopReason::Untrusted
            | StopReason::NotTheServer
            | StopReason::ServerTrouble
            | StopReason::WorkRefused
            | StopReason::PagesElsewhere
            | StopReason::Later(_) => NotSent::Server,
        })
    }

    fn item(&self, row: &EscalationRow, copies: usize) -> EscalationItem {
        let now = Moment::of(self.clock.as_ref());
        let waited = match &row.made {
            Some(made) => made.until(&now),
            None => waited_by_the_calendar(&row.task, self.actor().time()),
        };
        // One that never left is over once somebody ends it: nobody else has heard of it.
        let never_left = row.version.is_none() && !row.unknown;
        let task = if never_left { row.to_send() } else { row.task.clone() };
        let view = escalation(Known {
            task: &task,
            at_server: row.version.is_some(),
            refused: row.refused,
            cancelled: row.cancelled.as_ref(),
            waited,
            patience: self.patience(),
            why_not_sent: self.why_not_sent(),
        });
        EscalationItem::of(view, copies)
    }

    /// Every call, kept or not, oldest first.
    pub fn items(&self) -> Vec<EscalationItem> {
        let (rows, copies) = match lock(&self.calls).as_ref() {
            Some(file) => (file.all(), file.can_keep().max(1)),
            None => (Vec::new(), 0),
        };
        let mut all: Vec<EscalationItem> = rows.iter().map(|row| self.item(row, copies)).collect();
        all.extend(lock(&self.unsaved).iter().map(|unsaved| self.item(unsaved, 0)));
        all
    }

    /// Whether a call has not reached its server.
    pub fn has_unsent(&self) -> bool {
        let kept = lock(&self.calls).as_ref().is_some_and(|file| !file.unsent().is_empty());
        kept || lock(&self.unsaved).iter().any(|unsaved| unsaved.version.is_none())
    }

    /// Sends what waits and asks after what is open. One at a time.
    pub async fn send(&self) -> Result<()> {
        let _one = self.sending.lock().await;
        self.keep_what_is_unsaved();
        let heard = |date| *lock(&self.server_time) = Some(ServerTime::heard(self.clock.server_date(date), self.clock.since_boot()));
        let ran = if lock(&self.calls).is_some() {
            Some(driver::run_escalations(&self.transport, &self.calls, self.clock.as_ref(), heard).await?)
        } else {
            None
        };
        let (changed, stop) = ran.unwrap_or_default();
        let from_memory = self.send_from_memory().await;
        let before = std::mem::replace(&mut *lock(&self.stop), stop);
        if !changed.is_empty() || from_memory || before != stop {
            self.tell_all();
            if let Some(client) = lock(&self.client).upgrade() {
                client.tell();
            }
        }
        stop.map_or(Ok(()), |stop| Err(of_stop(stop)))
    }

    /// The disk may take now what it did not take when the call was made.
    fn keep_what_is_unsaved(&self) {
        let mut calls = lock(&self.calls);
        let Some(file) = calls.as_mut() else { return };
        lock(&self.unsaved).retain(|unsaved| {
            let kept = unsaved.version.is_none() && file.keep(&unsaved.task, unsaved.made.as_ref()).is_ok();
            if let (true, Some(ending)) = (kept, &unsaved.cancelled) {
                // Where this fails it goes out as a call that nobody cancelled: the safer of the two.
                drop(file.cancel(unsaved.task.id(), ending));
            }
            !kept
        });
    }

    /// Sends the calls that could not be kept. Each is looked for before it is sent, so that a receiver's word on it is never
    /// written over, and only a Task with this id counts as there. Whether anything changed.
    async fn send_from_memory(&self) -> bool {
        let open: Vec<Document> = lock(&self.unsaved).iter().map(|unsaved| unsaved.to_send()).collect();
        let mut changed = false;
        for task in open {
            let there = match self.transport.send(&Request::get(task.reference())).await {
                Ok(answer) if matches!(answer.status, 404 | 410) => {
                    // What comes of it is seen at the next look.
                    drop(self.transport.send(&Request::put(&task, None)).await);
                    self.transport.send(&Request::get(task.reference())).await
                }
                other => other,
            };
            let there = there.ok().and_then(|answer| answer.document().ok()).filter(|there| there.reference() == task.reference());
            let Some(there) = there else { continue };
            if let Some(unsaved) = lock(&self.unsaved).iter_mut().find(|unsaved| unsaved.task.id() == task.id()) {
                changed |= unsaved.task != there;
                unsaved.version = there.version().map(str::to_owned);
                unsaved.task = there;
            }
        }
        changed
    }

    /// Sends, asks and tells for as long as this lives.
    pub async fn watch_over(line: Arc<Self>) {
        let mut again = Duration::from_secs(1);
        loop {
            let went = line.send().await.is_ok();
            again = if went { Duration::from_secs(1) } else { (again * 2).min(LONGEST) };
            let look = if went { LOOK } else { again };
            let items = line.items();
            let open = items.iter().any(|item| !matches!(item.state.as_str(), "acknowledged" | "cancelled" | "rejected"));
            if !open {
                line.wake.notified().await;
                continue;
            }
            // To the second in which one becomes loud.
            let loud = items.iter().filter_map(|item| item.loud_in_s).min().map(|left| Duration::from_secs(u64::from(left) + 1));
            let next = loud.map_or(look, |loud| loud.min(look));
            tokio::select! {
                () = tokio::time::sleep(next) => line.tell_all(),
                () = line.wake.notified() => {}
            }
        }
    }

    /// Tells an observer what changes, and rings once for each call that comes to a state of which nobody is coming.
    pub async fn tell(line: Arc<Self>, observer: Arc<dyn LifelineObserver>) {
        let mut changes = line.changed.subscribe();
        let (mut last, mut rung): (Option<Vec<EscalationItem>>, BTreeSet<(String, String)>) = (None, BTreeSet::new());
        loop {
            let items = line.items();
            // The seconds that are left count down without being news.
            let quiet = |items: &[EscalationItem]| -> Vec<EscalationItem> {
                items.iter().map(|item| EscalationItem { loud_in_s: None, ..item.clone() }).collect()
            };
            if last.as_ref().is_none_or(|last| quiet(last) != quiet(&items)) {
                observer.changed(items.clone());
            }
            for item in items.iter().filter(|item| item.rings) {
                if rung.insert((item.id.clone(), item.state.clone())) {
                    observer.rings(item.clone());
                }
            }
            last = Some(items);
            match changes.recv().await {
                Ok(()) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }
}
