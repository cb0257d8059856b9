//! Syncing, and what needs a person.

use super::error::of_stop;
use super::{Anydoor, AnydoorError, Inner, NeedsYouRow, Result, SyncRow};
use crate::base::Code;
use crate::base::clock::{Instant, ServerTime};
use crate::fhir::{Document, attachment};
use crate::http::Request;
use crate::sync::pace::{PollContext, next_sync};
use crate::sync::{Report, Scope, Stop, driver};

impl Inner {
    fn heard(&self, date: Instant) {
        *super::lock(&self.server_time) = Some(ServerTime::heard(self.clock.server_date(date), self.clock.since_boot()));
    }

    async fn lane(&self) -> Result<()> {
        let _one = self.laning.lock().await;
        if super::lock(&self.escalations).is_none() {
            return Ok(());
        }
        let (changed, stop) = driver::run_lane(&self.lane, &self.escalations, self.clock.as_ref()).await?;
        let before = std::mem::replace(&mut *super::lock(&self.lane_stop), stop);
        if !changed.is_empty() || before != stop {
            self.tell();
        }
        stop.map_or(Ok(()), |stop| Err(of_stop(stop)))
    }

    /// Sends an escalation that could not be kept on this phone, until the server shows it. It is looked for before each
    /// sending, so that a receiver's word on it is never written over, and only a Task with this id counts as there.
    async fn send_from_memory(&self, task: &Document) {
        let mut wait_s = 0;
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(wait_s)).await;
            match self.lane.send(&Request::get(task.reference())).await {
                Ok(answer) if Document::parse(&answer.body).is_ok_and(|there| there.reference() == task.reference()) => return,
                Ok(answer) if matches!(answer.status, 404 | 410) => {
                    // What comes of it is seen at the next look.
                    let _ = self.lane.send(&Request::put(task, None)).await;
                }
                _ => {}
            }
            wait_s = (wait_s * 2 + 1).min(30);
        }
    }

    async fn run(&self, full: bool) -> Result<Report> {
        let _one = self.syncing.lock().await;
        let scope = Scope { team: Some(self.team.clone()), full };
        let report = match driver::run(&self.transport, &self.store, scope, self.clock.as_ref(), |date| self.heard(date)).await {
            Err(error) => {
                let error = error.into();
                Self::mend(&mut super::lock(&self.store), &error)?;
                return Err(error);
            }
            Ok(report) => report,
        };
        *super::lock(&self.asked_to_wait) = match report.stop {
            Some(Stop::Later(wait)) => Some(wait),
            _ => None,
        };
        if !report.changed.is_empty() {
            self.tell();
        }
        Ok(report)
    }
}

impl Anydoor {
    /// Sends escalations now, beside whatever else runs; `unsaved` is one that could not be kept on this phone.
    pub(super) fn start_lane(&self, unsaved: Option<Document>) {
        let Some(runtime) = &self.runtime else { return };
        if let Some(task) = unsaved {
            let inner = self.inner.clone();
            runtime.spawn(async move { inner.send_from_memory(&task).await });
        }
        let inner = self.inner.clone();
        // Where it fails, the next sync goes over the lane again; the screen says "on this phone" until then.
        runtime.spawn(async move { drop(inner.lane().await) });
    }
}

#[uniffi::export]
impl Anydoor {
    /// One sync: escalations first, then what is unsent, then what is new. `full` re-checks the whole scope and the
    /// agency's data: on wake, and every fifteen minutes. Runs on the client's own runtime: a cancelled call stops
    /// nothing half-way. One sync at a time.
    ///
    /// # Errors
    /// `Offline`, `SignInAgain`, `ServerTrouble`: the work is on this phone.
    pub async fn sync(&self, full: bool) -> Result<SyncRow> {
        let inner = self.inner.clone();
        let runtime = self.runtime.as_ref().ok_or(AnydoorError::StorageLocked)?;
        let handle = runtime.spawn(async move {
            let lane = inner.lane().await;
            if inner.signed_out.load(std::sync::atomic::Ordering::Acquire) {
                return Err(AnydoorError::SignInAgain);
            }
            let mut report = inner.run(full).await?;
            if let Some(stop) = report.stop {
                return Err(of_stop(stop));
            }
            lane?;
            // Behind everything else; what names a content goes once the content is there.
            let (attached, stopped) = inner.send_attachments().await?;
            if attached > 0 {
                report.sent += attached + inner.run(false).await?.sent;
            }
            if let Some(stop) = stopped {
                return Err(of_stop(stop));
            }
            let unsent = inner.store(|store| Ok(store.unsent()?.len()))?;
            Ok(SyncRow {
                round_trips: report.round_trips,
                sent: report.sent,
                received: report.received,
                parked: report.parked,
                unsent: u32::try_from(unsent).unwrap_or(u32::MAX),
                unreadable: report.unreadable,
            })
        });
        handle.await.unwrap_or_else(|_| Err(AnydoorError::Unexpected { reference: "sync".into() }))
    }

    /// In how many seconds the next sync is due while the app is in the foreground: ten with a live assignment or the
    /// lead's board on screen, sixty on shift, and longer where the server asked for it. Nothing: only when there is
    /// something to send.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn next_sync_in_s(&self, on_shift: bool, board_on_screen: bool) -> Result<Option<u32>> {
        let live_assignment = self.inner.store(|store| Ok(!store.open_assignments()?.is_empty()))?;
        let asked = *super::lock(&self.inner.asked_to_wait);
        let wait = next_sync(PollContext { on_shift, live_assignment, board_on_screen }, asked);
        Ok(wait.map(|wait| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX)))
    }

    /// What needs a person, oldest first.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn needs_you(&self) -> Result<Vec<NeedsYouRow>> {
        self.inner.store(|store| {
            Ok(store
                .parked()?
                .into_iter()
                .map(|held| NeedsYouRow {
                    item: held.intent.seq,
                    document: format!("{}/{}", held.intent.kind, held.intent.id),
                    lane: held.intent.lane,
                    reason: held.reason.code().into(),
                    detail: held.detail,
                })
                .collect())
        })
    }

    /// Lets a parked item try again.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn retry(&self, item: i64) -> Result<()> {
        self.inner.acted(|store| {
            let actor = self.inner.actor(store.writer());
            Ok((crate::acts::Plan::new("retry", &actor.member, actor.now, "").deciding(item, crate::acts::Decision::Retry), ()))
        })
    }

    /// The person has seen that another team has the assignment they asked for.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn seen_lost_claim(&self, item: i64) -> Result<()> {
        self.inner.acted(|store| {
            let actor = self.inner.actor(store.writer());
            Ok((
                crate::acts::Plan::new("seen lost claim", &actor.member, actor.now, "").deciding(item, crate::acts::Decision::SeenLost),
                (),
            ))
        })
    }

    /// The exact document, as JSON, for export (P5) and for comparing both sides.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn export(&self, document: &str) -> Result<String> {
        self.inner.store(|store| {
            let found = store.referenced(document)?.ok_or_else(|| AnydoorError::NotFound { what: "document".into() })?;
            let content = if found.kind() == attachment::CONTENT { store.attachment(found.id())? } else { None };
            Ok(content.map_or_else(|| found.to_text(), |content| attachment::with_data(&found, &content).to_text()))
        })
    }

    /// `Type/id` of everything on this phone.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn everything(&self) -> Result<Vec<String>> {
        self.inner.store(|store| Ok(store.everything()?.into_iter().map(|(reference, _)| reference).collect()))
    }
}
