//! Syncing, and how soon again.

use super::error::of_stop;
use super::{Anydoor, AnydoorError, Inner, Result, lock};
use crate::base::Code;
use crate::base::clock::{Instant, ServerTime};
use crate::sync::pace::{PollContext, next_sync};
use crate::sync::{Remark, Report, Scope, StopReason, driver};

/// What one sync did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncRow {
    /// Requests sent.
    pub round_trips: u32,
    /// Documents that the agency now has.
    pub sent: u32,
    /// Documents that changed here.
    pub received: u32,
    /// Items that now need a person.
    pub parked: u32,
    /// Items not yet at the agency.
    pub unsent: u32,
    /// Records at the agency that this phone could not read and left out.
    pub unreadable: u32,
    /// What searches met at the server; empty where all was well.
    pub remarks: Vec<SearchRemarkRow>,
}

/// What a search met at the server, for whoever runs it: what it brought is here, what it did not may be missing.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SearchRemarkRow {
    /// Which search: `Flag by subject`, `Library`.
    pub search: String,
    /// The code, a `search-remark`.
    pub what: String,
    /// The HTTP status, where there was one to tell.
    pub status: Option<u16>,
}

impl From<Remark> for SearchRemarkRow {
    fn from(Remark { search, what, status }: Remark) -> Self {
        Self { search, what: what.code().into(), status }
    }
}

impl Inner {
    fn heard(&self, date: Instant) {
        *lock(&self.server_time) = Some(ServerTime::heard(self.clock.server_date(date), self.clock.since_boot()));
    }

    async fn run(&self, full: bool) -> Result<Report> {
        let _one = self.syncing.lock().await;
        let scope = Scope { team: Some(self.team.clone()), full };
        let report = match driver::run(&self.transport, &self.store, scope, self.clock.as_ref(), |date| self.heard(date)).await {
            Err(error) => {
                let error = error.into();
                Self::mend(&mut lock(&self.store), &error)?;
                return Err(error);
            }
            Ok(report) => report,
        };
        *lock(&self.asked_to_wait) = match report.stop {
            Some(StopReason::Later(wait)) => Some(wait),
            _ => None,
        };
        if !report.changed.is_empty() {
            self.tell();
        }
        Ok(report)
    }
}

#[uniffi::export]
impl Anydoor {
    /// One sync: escalations first, then what is unsent, then what is new. `full` re-checks the whole scope and the
    /// agency's data: on wake, and every fifteen minutes. Runs on the client's own runtime: a cancelled call stops
    /// nothing half-way. One sync at a time.
    ///
    /// # Errors
    /// `Offline`, `SignInAgain`, `ServerTrouble`, `WorkRefused`, `PagesElsewhere`: the work is on this phone.
    pub async fn sync(&self, full: bool) -> Result<SyncRow> {
        let inner = self.inner.clone();
        let runtime = self.runtime.as_ref().ok_or(AnydoorError::StorageLocked)?;
        let handle = runtime.spawn(async move {
            let line = inner.line();
            let escalations = match &line {
                Some(line) => line.send().await,
                None => Ok(()),
            };
            if inner.signed_out.load(std::sync::atomic::Ordering::Acquire) {
                return Err(AnydoorError::SignInAgain);
            }
            let mut report = inner.run(full).await?;
            if let Some(stop) = report.stop {
                return Err(of_stop(stop));
            }
            if let Some(line) = line.filter(|line| line.has_unsent()) {
                // What came of this run may be what kept a call back.
                line.send().await?;
            } else {
                escalations?;
            }
            inner.prepare_lifeline();
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
                remarks: report.remarks.into_iter().map(Into::into).collect(),
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
        let asked = *lock(&self.inner.asked_to_wait);
        let wait = next_sync(PollContext { on_shift, live_assignment, board_on_screen }, asked);
        Ok(wait.map(|wait| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX)))
    }
}
