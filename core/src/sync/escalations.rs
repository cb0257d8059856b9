//! The run of the escalations: its own file, its own requests, before and beside everything else (P10).
//!
//! Rule: an escalation is one plain PUT of a new Task. Where no answer came it is looked at by id before it is sent
//! again; where the server refuses it, that is kept and it is sent again with the next run. "Sent" is said with the server's
//! version id, "acknowledged" only with the receiver's word on the Task. One that was cancelled here is changed at the server,
//! over what it has now. Neighbours: `store::escalations` keeps them, `driver` carries.

use std::collections::BTreeSet;

use super::run::{Run, StopReason, ends_the_run};
use crate::base::clock::Instant;
use crate::fhir::Document;
use crate::fhir::escalation::acknowledgement;
use crate::http::{Answer, Failure, Outcome, Request};
use crate::store::{Escalations, StoreError};

enum Awaiting {
    Put(String),
    Look(String),
    PutBack(String),
    Cancel(String),
}

/// One run over the escalations: what is unsent goes out, what is open is asked after.
#[derive(Default)]
pub struct EscalationRun {
    to_send: Vec<String>,
    to_ask: Vec<String>,
    to_put_back: Vec<(String, String)>,
    to_cancel: Vec<(Document, String)>,
    sent: BTreeSet<String>,
    /// Those whose cancelling was sent in this run: once each.
    cancelled: BTreeSet<String>,
    waiting: Option<Awaiting>,
    /// Why it ended early.
    pub stop: Option<StopReason>,
    /// `Task/id` of what changed, for watches.
    pub changed: Vec<String>,
}

impl std::fmt::Debug for EscalationRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EscalationRun").finish_non_exhaustive()
    }
}

impl EscalationRun {
    /// A run over everything that is not yet acknowledged or cancelled.
    pub fn new(store: &Escalations) -> Self {
        let (mut to_send, mut to_ask) = (Vec::new(), Vec::new());
        for row in store.all().into_iter().rev() {
            let open = !matches!(row.task.text("/status"), Some("completed" | "cancelled" | "rejected" | "failed" | "entered-in-error"));
            match (&row.version, row.unknown) {
                (None, false) => to_send.push(row.task.id().to_owned()),
                (None, true) => to_ask.push(row.task.id().to_owned()),
                (Some(_), _) if open || row.waits_to_be_cancelled() => to_ask.push(row.task.id().to_owned()),
                _ => {}
            }
        }
        Self { to_send, to_ask, ..Self::default() }
    }

    fn heard_put(&mut self, store: &mut Escalations, id: String, answer: &Answer) -> Result<(), StoreError> {
        match answer.version().filter(|_| answer.status < 300) {
            Some(version) => {
                store.arrived(&id, &version)?;
                self.changed.push(format!("Task/{id}"));
            }
            // Refused or not: look what is there. An escalation is never given up because of one answer.
            None => {
                if (400..500).contains(&answer.status) {
                    store.refused(&id, answer.status)?;
                    self.changed.push(format!("Task/{id}"));
                }
                self.to_ask.push(id);
            }
        }
        Ok(())
    }

    fn heard_look(&mut self, store: &mut Escalations, id: String, answer: &Answer) -> Result<(), StoreError> {
        if answer.status >= 300 {
            // It never arrived: it goes now, once in this run.
            store.mark_unsent(&id)?;
            let unsent = store.get(&id).is_some_and(|row| row.version.is_none());
            if unsent && matches!(answer.status, 404 | 410) && !self.sent.contains(&id) {
                self.to_send.push(id);
            }
            return Ok(());
        }
        // Another document in its place tells nothing.
        let there = answer.document().ok().filter(|task| task.kind() == "Task" && task.id() == id);
        let Some(task) = there else { return Ok(()) };
        let known = store.get(&id).filter(|row| acknowledgement(&row.task).is_some());
        match (known, task.version()) {
            // A late copy of our own call lies over the receiver's word, which this phone has heard: it goes back.
            (Some(_), Some(version)) if acknowledgement(&task).is_none() && task.text("/status") == Some("requested") => {
                self.to_put_back.push((id.clone(), version.to_owned()));
            }
            _ => self.changed.extend(store.heard(&task)?.0),
        }
        if let (Some(row), Some(version)) = (store.get(&id), task.version())
            && row.waits_to_be_cancelled()
            && self.cancelled.insert(id)
        {
            self.to_cancel.push((row.to_send(), version.to_owned()));
        }
        Ok(())
    }
}

impl Run for EscalationRun {
    type Store = Escalations;

    /// Unsent ones first. Where the file fails, an escalation can still be sent from memory.
    fn next(&mut self, store: &mut Escalations, _: Instant) -> Result<Option<Request>, StoreError> {
        if self.stop.is_some() {
            return Ok(None);
        }
        while let Some(id) = self.to_send.pop() {
            if let Some(row) = store.get(&id) {
                // A full disk must not stop a call for help: sent twice is the lesser harm.
                let _ = store.mark_unknown(&id);
                self.sent.insert(id.clone());
                self.waiting = Some(Awaiting::Put(id));
                return Ok(Some(Request::put(&row.to_send(), None)));
            }
        }
        if let Some((id, version)) = self.to_put_back.pop()
            && let Some(row) = store.get(&id)
        {
            self.waiting = Some(Awaiting::PutBack(id));
            return Ok(Some(Request::put(&row.task, Some(&version))));
        }
        if let Some((task, version)) = self.to_cancel.pop() {
            let request = Request::put(&task, Some(&version));
            self.waiting = Some(Awaiting::Cancel(task.id().to_owned()));
            return Ok(Some(request));
        }
        match self.to_ask.pop() {
            Some(id) => {
                let request = Request::get(format!("Task/{id}"));
                self.waiting = Some(Awaiting::Look(id));
                Ok(Some(request))
            }
            None => Ok(None),
        }
    }

    fn hear(&mut self, store: &mut Escalations, outcome: Outcome, now: Instant) -> Result<(), StoreError> {
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let answer = match outcome {
            Ok(answer) => answer,
            Err(failure) => {
                if let (Awaiting::Put(id), Failure::Unreachable | Failure::Untrusted) = (&waiting, failure) {
                    store.mark_unsent(id)?;
                }
                self.stop = Some(if failure == Failure::Untrusted { StopReason::Untrusted } else { StopReason::Offline });
                return Ok(());
            }
        };
        if let Some(stop) = ends_the_run(&answer, now) {
            if let (Awaiting::Put(id), StopReason::SignInAgain | StopReason::NotTheServer) = (&waiting, stop) {
                store.mark_unsent(id)?;
            }
            self.stop = Some(stop);
            return Ok(());
        }
        match waiting {
            Awaiting::Put(id) => self.heard_put(store, id, &answer),
            Awaiting::Look(id) => self.heard_look(store, id, &answer),
            Awaiting::PutBack(id) => match answer.version().filter(|_| answer.status < 300) {
                Some(version) => store.arrived(&id, &version),
                // Somebody was faster; the next run looks again.
                None => Ok(()),
            },
            // Whatever it answered: what is there now is what counts.
            Awaiting::Cancel(id) => {
                self.to_ask.push(id);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::Key;

    #[test]
    fn another_document_in_its_place_tells_nothing_of_a_call_for_help() {
        let folder = tempfile::tempdir().unwrap();
        let now: Instant = "2026-11-25T02:00:00Z".parse().unwrap();
        let mut file = Escalations::open(&folder.path().join("help.db"), &Key::new(&[2; 32]).unwrap());
        for id in ["asked", "other"] {
            file.keep(&Document::new("Task", id), None).unwrap();
            file.arrived(id, "1").unwrap();
        }
        let mut run = EscalationRun::new(&file);
        while let Some(request) = run.next(&mut file, now).unwrap() {
            let body = json!({ "resourceType": "Task", "id": "other", "status": "completed", "meta": { "versionId": "2" } });
            let status = if request.path == "Task/asked" { 200 } else { 403 };
            run.hear(&mut file, Ok(Answer { status, body: body.to_string().into_bytes(), ..Answer::default() }), now).unwrap();
        }
        assert_eq!(run.changed, Vec::<String>::new());
        assert!(file.all().iter().all(|row| row.version.as_deref() == Some("1")));
    }
}
