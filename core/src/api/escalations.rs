//! Help from 911: made, sent and shown over a file and a connection of its own (P10).

use super::error::of_stop;
use super::input::code;
use super::{Anydoor, AnydoorError, Inner, Result, lock};
use crate::acts::{brief, escalate};
use crate::base::Code;
use crate::base::ids::{AssignmentId, OrganizationId};
use crate::fhir::Document;
use crate::http::Request;
use crate::records::lookup;
use crate::safety::{Need, NotSent};
use crate::sync::{StopReason, driver};
use crate::views::escalations::{EscalationView, escalation};

/// An escalation, as far as known.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EscalationItem {
    /// The id.
    pub id: String,
    /// The number to read aloud.
    pub number: String,
    /// The code of its state.
    pub state: String,
    /// Who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// When, RFC 3339.
    pub acknowledged_at: Option<String>,
    /// Whether it is kept on this phone.
    pub saved: bool,
    /// Not sent, and why: a code of "not-sent" ("sign-in": call 911 now). Nothing: sent, or on its way.
    pub why_not_sent: Option<String>,
}

impl EscalationItem {
    fn of(view: EscalationView, saved: bool) -> Self {
        let (by, at) = view.acknowledged.map(|said| (said.who, said.at.to_string())).unzip();
        Self {
            id: view.id,
            number: view.number,
            state: view.state.code().into(),
            acknowledged_by: by,
            acknowledged_at: at,
            saved,
            why_not_sent: view.why_not_sent.map(|why| why.code().to_owned()),
        }
    }
}

impl Inner {
    /// Why the run of escalations stopped the last time it did.
    fn why_not_sent(&self) -> Option<NotSent> {
        let stop = (*lock(&self.escalations_stop))?;
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

    fn escalation_item(&self, task: &Document, at_server: bool, saved: bool) -> EscalationItem {
        EscalationItem::of(escalation(task, at_server, self.actor("").time(), self.why_not_sent()), saved)
    }

    pub(super) async fn send_escalations(&self) -> Result<()> {
        let _one = self.laning.lock().await;
        if lock(&self.escalations).is_none() {
            return Ok(());
        }
        let (changed, stop) = driver::run_escalations(&self.escalation_transport, &self.escalations, self.clock.as_ref()).await?;
        let before = std::mem::replace(&mut *lock(&self.escalations_stop), stop);
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
            match self.escalation_transport.send(&Request::get(task.reference())).await {
                Ok(answer) if answer.document().is_ok_and(|there| there.reference() == task.reference()) => return,
                Ok(answer) if matches!(answer.status, 404 | 410) => {
                    // What comes of it is seen at the next look.
                    let _ = self.escalation_transport.send(&Request::put(task, None)).await;
                }
                _ => {}
            }
            wait_s = (wait_s * 2 + 1).min(30);
        }
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
        // Where it fails, the next sync sends them again; the screen says "on this phone" until then.
        runtime.spawn(async move { drop(inner.send_escalations().await) });
    }
}

#[uniffi::export]
impl Anydoor {
    /// Asks 911 for help. On return it is on disk in the escalations' own file, or, where that failed, `saved` is
    /// false and it is sent from memory. It is "sent" only with the server's version, "acknowledged" only with the
    /// receiver's word.
    ///
    /// # Errors
    /// `Invalid` for an unknown need or id.
    pub fn escalate(&self, assignment: &str, psap: &str, need: &str, callback: &str) -> Result<EscalationItem> {
        let need: Need = code(need, "need")?;
        let (id, psap) = (AssignmentId::parse(assignment)?, OrganizationId::parse(psap)?);
        // The place is read where the work database is open and soon free; without it the call still goes.
        let known = self.inner.store_if_free(|store| {
            let place = lookup::incident_of(store, &id)?.place;
            Ok((place, self.inner.actor(store.writer())))
        });
        let reported = known.is_ok();
        let (place, actor) = known.unwrap_or_else(|_| (Default::default(), self.inner.actor("")));
        let (escalation, task) = escalate::escalate(&id, &psap, need, &place, callback, &actor);
        let saved = lock(&self.inner.escalations).as_mut().is_some_and(|file| file.keep(&task).is_ok());
        self.start_lane(if saved { None } else { Some(task.clone()) });
        if reported {
            // The call is out. A report that cannot be kept must not say that the call failed.
            let _ = self.inner.plan(|store, actor| brief::reports(store, &id, &escalation.id, (&psap, need), actor));
        }
        self.inner.tell();
        Ok(self.inner.escalation_item(&task, false, saved))
    }

    /// Every escalation of this member, oldest first.
    ///
    /// # Errors
    /// `StorageLocked` where the escalations' file is not open.
    pub fn escalations(&self) -> Result<Vec<EscalationItem>> {
        let rows = match lock(&self.inner.escalations).as_ref() {
            Some(file) => file.all()?,
            None => return Err(AnydoorError::StorageLocked),
        };
        Ok(rows.iter().map(|row| self.inner.escalation_item(&row.task, row.version.is_some(), true)).collect())
    }
}
