//! The run of the attachments: behind everything else.
//!
//! Rule: it begins when a run has nothing left to send, sends one content at a time, and stops as soon as anything else
//! waits. A content never changes, so a plain PUT may be sent again; only what the server gives back, byte for byte, lets
//! its second copy go (P3). What it does not give back goes once more, then waits for a person. The documents that name
//! contents wait for them in the outbox.
//! Neighbours: `store::attachments` keeps them, `engine` sends everything else.

use std::collections::HashSet;

use super::outbox::{is_content, readable};
use super::run::{Run, StopReason, ends_the_run};
use crate::arrive::{Incoming, Source};
use crate::base::clock::Instant;
use crate::delivery::{Intent, IntentState, ParkReason};
use crate::fhir::attachment;
use crate::http::{Answer, Failure, Outcome, Request, park_reason};
use crate::store::{Arrival, Store, StoreError};

/// Contents at which the server may fail before the run ends: one must not hold up those behind it, and each is 4 MB.
const MOST_FAILED: u32 = 3;

enum Waiting {
    Put(Intent),
    Back(String),
}

/// One run over the attachments.
pub struct AttachmentRun {
    /// The newest item of the outbox when the run began: a later one goes first.
    newest: i64,
    tried: HashSet<i64>,
    to_read_back: Vec<String>,
    /// Contents that the server did not give back in this run, and got once more.
    again: HashSet<String>,
    failed: u32,
    waiting: Option<Waiting>,
    /// Why it ended early.
    pub stop: Option<StopReason>,
    /// `Type/id` of what changed, for watches.
    pub changed: Vec<String>,
    /// Contents that the server now has.
    pub sent: u32,
    /// Contents parked in this run.
    pub parked: u32,
}

impl std::fmt::Debug for AttachmentRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AttachmentRun").field("sent", &self.sent).finish_non_exhaustive()
    }
}

impl AttachmentRun {
    /// A run over what waits, and over what was acknowledged and not read back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn new(store: &Store) -> Result<Self, StoreError> {
        let unverified = store.acknowledged_unverified()?.into_iter().filter(|(kind, _)| kind == attachment::CONTENT);
        Ok(Self {
            newest: store.unsent()?.last().map_or(0, |intent| intent.seq),
            tried: HashSet::new(),
            to_read_back: unverified.map(|(_, id)| id).collect(),
            again: HashSet::new(),
            failed: 0,
            waiting: None,
            stop: None,
            changed: Vec::new(),
            sent: 0,
            parked: 0,
        })
    }

    fn park(&mut self, store: &mut Store, intent: &Intent, reason: ParkReason, detail: Option<&str>) -> Result<(), StoreError> {
        self.parked += 1;
        self.changed.push(intent.reference());
        store.park(intent.seq, reason, detail)
    }

    /// A content that the server acknowledged and does not hold: it goes once more, and if that is in vain too a person is
    /// told. Without that a server that never gives one back would get 4 MB for ever.
    fn not_given_back(&mut self, store: &mut Store, id: &str, reason: ParkReason) -> Result<(), StoreError> {
        store.arrive(&[Arrival { kind: attachment::CONTENT, id, incoming: Incoming::Absent, source: Source::Confirmation }])?;
        if self.again.insert(id.to_owned()) {
            return Ok(());
        }
        for intent in store.unsent()?.into_iter().filter(|intent| is_content(intent) && intent.id == id) {
            self.park(store, &intent, reason, None)?;
        }
        Ok(())
    }

    fn heard_put(&mut self, store: &mut Store, intent: Intent, answer: &Answer) -> Result<(), StoreError> {
        match (answer.status, answer.version()) {
            (200..=299, Some(version)) => {
                self.sent += 1;
                self.changed.push(intent.reference());
                let (incoming, source) = (Incoming::Accepted { version: Some(&version) }, Source::Acknowledgement { seq: intent.seq });
                store.arrive(&[Arrival { kind: &intent.kind, id: &intent.id, incoming, source }])?;
                self.to_read_back.push(intent.id);
                Ok(())
            }
            // Without a version nothing is known (P12): the next run sends the same content again.
            (200..=299, None) => Ok(()),
            (status, _) => self.park(store, &intent, park_reason(status), answer.diagnostics().as_deref()),
        }
    }

    fn heard_back(&mut self, store: &mut Store, id: &str, answer: &Answer) -> Result<(), StoreError> {
        match answer.status {
            200 => {
                let there = answer.document().ok().filter(|doc| doc.kind() == attachment::CONTENT && doc.id() == id);
                match (there.as_ref().and_then(attachment::data), store.attachment(id)?) {
                    (Some(there), Some(ours)) if there == ours => store.confirm_attachment(id),
                    // The server holds something else, or nothing that reads: it gets ours again.
                    (_, Some(_)) => self.not_given_back(store, id, ParkReason::Refused),
                    _ => Ok(()),
                }
            }
            404 => self.not_given_back(store, id, ParkReason::Gone),
            // It had it and will not show it to us again: its version id is stored here.
            403 | 410 => store.confirm_attachment(id),
            _ => Ok(()),
        }
    }
}

impl Run for AttachmentRun {
    type Store = Store;

    fn next(&mut self, store: &mut Store, _: Instant) -> Result<Option<Request>, StoreError> {
        if self.stop.is_some() {
            return Ok(None);
        }
        if let Some(id) = self.to_read_back.pop() {
            let request = Request::get(format!("{}/{id}", attachment::CONTENT));
            self.waiting = Some(Waiting::Back(id));
            return Ok(Some(request));
        }
        let unsent = store.unsent()?;
        if unsent.iter().any(|intent| !is_content(intent) && intent.seq > self.newest && intent.state != IntentState::Parked) {
            return Ok(None);
        }
        for intent in unsent.into_iter().filter(is_content) {
            if intent.state == IntentState::Parked || !self.tried.insert(intent.seq) {
                continue;
            }
            let (stub, content) = (readable(store.document(&intent.kind, &intent.id))?, store.attachment(&intent.id)?);
            if let (Some(stub), Some(content)) = (stub, content) {
                let request = Request::put(&attachment::with_data(&stub, &content), None);
                self.waiting = Some(Waiting::Put(intent));
                return Ok(Some(request));
            }
            // Neither copy reads: a person is told, and what is left of the files stays.
            self.park(store, &intent, ParkReason::Unreadable, None)?;
        }
        Ok(None)
    }

    fn hear(&mut self, store: &mut Store, outcome: Outcome, now: Instant) -> Result<(), StoreError> {
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let answer = match outcome {
            Ok(answer) => answer,
            // What is larger than is read is not what we sent. After a PUT it proves nothing: the next run sends again.
            Err(Failure::TooLarge) => {
                return match waiting {
                    Waiting::Back(id) => self.not_given_back(store, &id, ParkReason::Refused),
                    Waiting::Put(_) => Ok(()),
                };
            }
            Err(failure) => {
                self.stop = Some(if failure == Failure::Untrusted { StopReason::Untrusted } else { StopReason::Offline });
                return Ok(());
            }
        };
        if matches!(answer.status, 500 | 501 | 505..=599) && self.failed < MOST_FAILED {
            self.failed += 1;
            return Ok(());
        }
        if let Some(stop) = ends_the_run(&answer, now) {
            self.stop = Some(stop);
            return Ok(());
        }
        match waiting {
            Waiting::Put(intent) => self.heard_put(store, intent, &answer),
            Waiting::Back(id) => self.heard_back(store, &id, &answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::{Ledger, Plan};
    use crate::base::ids::{IncidentId, MemberId, PersonId};
    use crate::http::Method;
    use crate::note::{Attachment, AttachmentKind};
    use crate::store::Key;

    fn now() -> Instant {
        "2026-11-25T02:00:00Z".parse().unwrap()
    }

    fn with_photos(count: u8) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        for photo in 0..count {
            let about = (IncidentId::fresh(), PersonId::fresh(), MemberId::fresh());
            let made = Attachment::of(&[photo; 9], AttachmentKind::Photo, "image/png", about.clone(), now()).unwrap();
            store.keep_attachment(&made.content_id(), &[photo; 9]).unwrap();
            let [content, _] = attachment::write(&made);
            store.commit(&Plan::new("test", &about.2, now(), "v").create(content)).unwrap();
        }
        (folder, store)
    }

    /// One run against a server; returns what was put, and the run as it ended.
    fn synced(store: &mut Store, server: impl Fn(&Request) -> Outcome) -> (Vec<String>, AttachmentRun) {
        let (mut run, mut put) = (AttachmentRun::new(store).unwrap(), Vec::new());
        for _ in 0..50 {
            let Some(request) = run.next(store, now()).unwrap() else { return (put, run) };
            if request.method == Method::Put {
                put.push(request.path.clone());
            }
            run.hear(store, server(&request), now()).unwrap();
        }
        panic!("the run does not end");
    }

    fn took() -> Answer {
        Answer { status: 201, etag: Some("W/\"1\"".into()), ..Answer::default() }
    }

    #[test]
    fn a_server_that_never_gives_a_content_back_gets_it_twice_and_then_a_person_is_told() {
        let other = || Answer { status: 200, body: br#"{"resourceType":"Binary","id":"x"}"#.to_vec(), ..Answer::default() };
        let back: [fn() -> Outcome; 3] = [
            || Ok(Answer { status: 404, ..Answer::default() }),
            || Err(Failure::TooLarge),
            || Ok(Answer { status: 200, ..Answer::default() }),
        ];
        for back in back.into_iter().map(|back| Box::new(back) as Box<dyn Fn() -> Outcome>).chain([Box::new(move || Ok(other())) as _]) {
            let (_folder, mut store) = with_photos(2);
            let (put, run) = synced(&mut store, |request| if request.method == Method::Put { Ok(took()) } else { back() });
            assert_eq!((put.len(), run.parked, store.parked().unwrap().len()), (4, 2, 2));
            let (put, _) = synced(&mut store, |_| Ok(took()));
            assert!(put.is_empty(), "a parked content waits for a person");
        }
    }

    #[test]
    fn a_content_at_which_the_server_fails_holds_up_none_behind_it() {
        let (_folder, mut store) = with_photos(3);
        let first = store.unsent().unwrap().remove(0).id;
        let bad = format!("Binary/{first}");
        let (_, run) = synced(&mut store, |request| {
            if request.path == bad { Ok(Answer { status: 500, ..Answer::default() }) } else { Ok(Answer { status: 201, ..took() }) }
        });
        assert_eq!(run.sent, 2);
        // A server that fails at everything is left in peace.
        let (_folder, mut store) = with_photos(20);
        let (put, run) = synced(&mut store, |_| Ok(Answer { status: 500, ..Answer::default() }));
        assert_eq!((put.len(), run.stop), (4, Some(StopReason::ServerTrouble)));
        assert_eq!(store.unsent().unwrap().len(), 20);
    }
}
