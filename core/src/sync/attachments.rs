//! The lane of attachments: behind everything else.
//!
//! Rule: it begins when a run has nothing left to send, sends one content at a time, and stops as soon as anything else
//! waits. A content never changes, so a plain PUT may be sent again; only what the server gives back, byte for byte, lets
//! its second copy go (P3). The documents that name contents wait for them in the outbox.
//! Neighbours: `store::attachments` keeps them, `engine` sends everything else.

use std::collections::HashSet;

use super::answers::ends_the_run;
use super::wire::{Failure, Outcome, Request, park_reason};
use super::{Stop, engine};
use crate::clock::Instant;
use crate::fhir::{Document, attachment};
use crate::store::{Intent, IntentState, ParkReason, Store, StoreError};

/// What the lane does next.
#[derive(Debug, Clone, PartialEq)]
pub enum AttachmentStep {
    /// Send this.
    Send(Request),
    /// Nothing more now.
    Done(Option<Stop>),
}

enum Waiting {
    Put(Intent, Document),
    Back(String),
}

/// One run over the attachments.
pub struct Attachments {
    /// The newest item of the outbox when the run began: a later one goes first.
    newest: i64,
    tried: HashSet<i64>,
    to_read_back: Vec<String>,
    waiting: Option<Waiting>,
    stop: Option<Stop>,
    /// `Type/id` of what changed, for watches.
    pub changed: Vec<String>,
    /// Contents that the server now has.
    pub sent: u32,
    /// Contents parked in this run.
    pub parked: u32,
}

impl std::fmt::Debug for Attachments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachments").field("sent", &self.sent).finish_non_exhaustive()
    }
}

/// Whether an item of the outbox is a content, and so this lane's.
pub(super) fn is_content(intent: &Intent) -> bool {
    intent.kind == attachment::CONTENT
}

impl Attachments {
    /// A run over what waits, and over what was acknowledged and not read back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn new(store: &Store) -> Result<Self, StoreError> {
        let unproven = store.acknowledged_unproven()?.into_iter().filter(|(kind, _)| kind == attachment::CONTENT);
        Ok(Self {
            newest: store.unsent()?.last().map_or(0, |intent| intent.seq),
            tried: HashSet::new(),
            to_read_back: unproven.map(|(_, id)| id).collect(),
            waiting: None,
            stop: None,
            changed: Vec::new(),
            sent: 0,
            parked: 0,
        })
    }

    /// The next request.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next(&mut self, store: &mut Store) -> Result<AttachmentStep, StoreError> {
        if self.stop.is_some() {
            return Ok(AttachmentStep::Done(self.stop));
        }
        if let Some(id) = self.to_read_back.pop() {
            let request = Request::get(format!("{}/{id}", attachment::CONTENT));
            self.waiting = Some(Waiting::Back(id));
            return Ok(AttachmentStep::Send(request));
        }
        let unsent = store.unsent()?;
        if unsent.iter().any(|intent| !is_content(intent) && intent.seq > self.newest && intent.state != IntentState::Parked) {
            return Ok(AttachmentStep::Done(None));
        }
        for intent in unsent.into_iter().filter(is_content) {
            if intent.state == IntentState::Parked || !self.tried.insert(intent.seq) {
                continue;
            }
            let (stub, content) = (engine::readable(store.document(&intent.kind, &intent.id))?, store.attachment(&intent.id)?);
            if let (Some(stub), Some(content)) = (stub, content) {
                let request = Request::put(&attachment::with_data(&stub, &content), None);
                self.waiting = Some(Waiting::Put(intent, stub));
                return Ok(AttachmentStep::Send(request));
            }
            // Neither copy reads: a person is told, and what is left of the files stays.
            self.park(store, &intent, ParkReason::Unreadable, None)?;
        }
        Ok(AttachmentStep::Done(None))
    }

    fn park(&mut self, store: &mut Store, intent: &Intent, reason: ParkReason, detail: Option<&str>) -> Result<(), StoreError> {
        self.parked += 1;
        self.changed.push(format!("{}/{}", intent.kind, intent.id));
        store.park(intent.seq, reason, detail)
    }

    /// Takes what came of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn hear(&mut self, store: &mut Store, outcome: Outcome, now: Instant) -> Result<(), StoreError> {
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let answer = match outcome {
            Ok(answer) => answer,
            Err(failure) => {
                self.stop = Some(if failure == Failure::Untrusted { Stop::Untrusted } else { Stop::Offline });
                return Ok(());
            }
        };
        if let Some(stop) = ends_the_run(&answer, now) {
            self.stop = Some(stop);
            return Ok(());
        }
        match (waiting, answer.status, answer.version()) {
            (Waiting::Put(intent, stub), 200..=299, Some(version)) => {
                self.sent += 1;
                self.changed.push(stub.reference());
                self.to_read_back.push(intent.id.clone());
                store.acknowledge(&[(intent.seq, version, stub)])
            }
            // Without a version nothing is known (P12): the next run sends the same content again.
            (Waiting::Put(..), 200..=299, None) => Ok(()),
            (Waiting::Put(intent, _), status, _) => self.park(store, &intent, park_reason(status), answer.diagnostics().as_deref()),
            (Waiting::Back(id), 200, _) => {
                let there = Document::parse(&answer.body).ok().filter(|doc| doc.kind() == attachment::CONTENT && doc.id() == id);
                match (there.as_ref().and_then(attachment::data), store.attachment(&id)?) {
                    (Some(there), Some(ours)) if there == ours => store.attachment_proven(&id),
                    // The server holds something else, or nothing that reads: it gets ours again.
                    (_, Some(_)) => store.send_again(attachment::CONTENT, &id),
                    _ => Ok(()),
                }
            }
            (Waiting::Back(id), 404, _) => store.send_again(attachment::CONTENT, &id),
            // It had it and will not show it to us again: its version id is stored here.
            (Waiting::Back(id), 403 | 410, _) => store.attachment_proven(&id),
            (Waiting::Back(_), ..) => Ok(()),
        }
    }
}
