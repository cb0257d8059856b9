//! The escalation lane: its own file, its own requests, before and beside everything else (P10).
//!
//! Rule: an escalation is one plain PUT of a new Task. Where no answer came it is looked at by id before it is sent
//! again. "Sent" is said with the server's version id, "acknowledged" only with the receiver's word on the Task.

use std::collections::BTreeSet;

use super::{Stop, answers};
use crate::base::clock::Instant;
use crate::fhir::Document;
use crate::fhir::safety::acknowledgement;
use crate::http::{Failure, Outcome, Request};
use crate::store::{Escalations, StoreError};

/// What the lane does next.
#[derive(Debug, Clone, PartialEq)]
pub enum LaneStep {
    /// Send this.
    Send(Request),
    /// Nothing more now.
    Done(Option<Stop>),
}

enum Waiting {
    Put(String),
    Look(String),
    PutBack(String),
}

/// One run over the lane: what is unsent goes out, what is open is asked after.
pub struct Lane {
    to_send: Vec<String>,
    to_ask: Vec<String>,
    to_put_back: Vec<(String, String)>,
    sent: BTreeSet<String>,
    waiting: Option<Waiting>,
    stop: Option<Stop>,
    /// `Task/id` of what changed, for watches.
    pub changed: Vec<String>,
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").finish_non_exhaustive()
    }
}

impl Lane {
    /// A run over everything that is not yet acknowledged or cancelled.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn new(store: &Escalations) -> Result<Self, StoreError> {
        let (mut to_send, mut to_ask) = (Vec::new(), Vec::new());
        for row in store.all()?.into_iter().rev() {
            let open = !matches!(row.task.text("/status"), Some("completed" | "cancelled" | "rejected" | "failed"));
            match (&row.version, row.unknown) {
                (None, false) => to_send.push(row.task.id().to_owned()),
                (None, true) => to_ask.push(row.task.id().to_owned()),
                (Some(_), _) if open => to_ask.push(row.task.id().to_owned()),
                _ => {}
            }
        }
        Ok(Self { to_send, to_ask, to_put_back: Vec::new(), sent: BTreeSet::new(), waiting: None, stop: None, changed: Vec::new() })
    }

    /// The next request: unsent ones first.
    ///
    /// # Errors
    /// [`StoreError`]; the escalation can still be sent from memory.
    pub fn next(&mut self, store: &mut Escalations) -> Result<LaneStep, StoreError> {
        if self.stop.is_some() {
            return Ok(LaneStep::Done(self.stop));
        }
        while let Some(id) = self.to_send.pop() {
            if let Some(row) = store.get(&id)? {
                // A full disk must not stop a call for help: sent twice is the lesser harm.
                let _ = store.mark_unknown(&id);
                self.sent.insert(id.clone());
                self.waiting = Some(Waiting::Put(id));
                return Ok(LaneStep::Send(Request::put(&row.task, None)));
            }
        }
        if let Some((id, version)) = self.to_put_back.pop()
            && let Some(row) = store.get(&id)?
        {
            self.waiting = Some(Waiting::PutBack(id));
            return Ok(LaneStep::Send(Request::put(&row.task, Some(&version))));
        }
        match self.to_ask.pop() {
            Some(id) => {
                let request = Request::get(format!("Task/{id}"));
                self.waiting = Some(Waiting::Look(id));
                Ok(LaneStep::Send(request))
            }
            None => Ok(LaneStep::Done(None)),
        }
    }

    /// Takes what came of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn hear(&mut self, store: &mut Escalations, outcome: Outcome, now: Instant) -> Result<(), StoreError> {
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let answer = match outcome {
            Ok(answer) => answer,
            Err(failure) => {
                if let (Waiting::Put(id), Failure::Unreachable | Failure::Untrusted) = (&waiting, failure) {
                    store.mark_unsent(id)?;
                }
                self.stop = Some(if failure == Failure::Untrusted { Stop::Untrusted } else { Stop::Offline });
                return Ok(());
            }
        };
        if let Some(stop) = answers::ends_the_run(&answer, now) {
            if let (Waiting::Put(id), Stop::SignInAgain | Stop::NotTheServer) = (&waiting, stop) {
                store.mark_unsent(id)?;
            }
            self.stop = Some(stop);
            return Ok(());
        }
        match (waiting, answer.status) {
            (Waiting::Put(id), 200..=299) => match answer.version() {
                Some(version) => {
                    store.arrived(&id, &version)?;
                    self.changed.push(format!("Task/{id}"));
                }
                None => self.to_ask.push(id),
            },
            // Refused or not: look what is there. An escalation is never given up because of one answer.
            (Waiting::Put(id), _) => self.to_ask.push(id),
            (Waiting::Look(id), 200..=299) => {
                if let Ok(task) = Document::parse(&answer.body) {
                    let known = store.get(&id)?.filter(|row| acknowledgement(&row.task).is_some());
                    match (known, task.version()) {
                        // A late copy of our own call lies over the receiver's word, which this phone has heard: it goes back.
                        (Some(_), Some(version)) if acknowledgement(&task).is_none() && task.text("/status") == Some("requested") => {
                            self.to_put_back.push((id, version.to_owned()));
                        }
                        _ => self.changed.extend(store.heard(&task)?.0),
                    }
                }
            }
            (Waiting::PutBack(id), 200..=299) => {
                if let Some(version) = answer.version() {
                    store.arrived(&id, &version)?;
                }
            }
            // Somebody was faster; the next run looks again.
            (Waiting::PutBack(_), _) => {}
            // It never arrived: it goes now, once in this run.
            (Waiting::Look(id), status) => {
                store.mark_unsent(&id)?;
                let unsent = store.get(&id)?.is_some_and(|row| row.version.is_none());
                if unsent && matches!(status, 404 | 410) && !self.sent.contains(&id) {
                    self.to_send.push(id);
                }
            }
        }
        Ok(())
    }
}
