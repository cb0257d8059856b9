//! Sends what an act plans to the FHIR server. Read top to bottom, this is the protocol:
//!
//! 1. **Create**: looked for first, by id; what is there is left as it is, and what was deleted is not made anew. What is
//!    new goes as one transaction of plain PUTs. A refused transaction goes apart, document by document, each with its own
//!    status; what refers to a refused one is not sent.
//! 2. **Change**: after the creates, in the plan's order, each with If-Match from the snapshot that the act read. 409, 412
//!    and a 400 that says so in its text mean: fetch, join three ways, send again, at most five times. What no rule joins
//!    is [`NotDelivered::Conflict`], and nothing is written over it. What comes after it is not sent.
//! 3. **Claim**: If-Match, a look at once, a second look after five seconds: some servers let two winners through.
//! 4. Without an answer, and where an answer names no version, it is read back by id before anything is sent again: ours is
//!    told by its revision, also beneath somebody else's. Nothing is sent twice without news.
//!
//! [`Delivery`] does no I/O: [`Delivery::next`] says what to send, [`Delivery::hear`] takes what came of it.

mod author;
mod hear;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use anydoor_core::acts::Plan;
use anydoor_core::base::clock::Instant;
use anydoor_core::delivery::Act;
use anydoor_core::fhir::{Document, bundle};
use anydoor_core::http::Request;

pub use self::author::Author;
use crate::answers::{MOST_READ, read_all};
use crate::snapshot::Snapshot;
use crate::trouble::Trouble;

/// How often one document is put onto a newer version, or sent again, before it is given up.
const MOST_TRIES: u32 = 5;
/// How many answers may be lost in one delivery.
const MOST_LOST: u32 = 4;
/// How long after a claim the second look comes.
const SECOND_LOOK: Duration = Duration::from_secs(5);

/// What a delivery wants next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Send this, and tell what came of it.
    Send(Request),
    /// Nothing until then.
    WaitUntil(Instant),
    /// It is over.
    Done(Result<Delivered, NotDelivered>),
}

/// What is at the server now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delivered {
    /// What was written, each as it was sent, with the server's version id.
    pub written: Vec<(Document, String)>,
    /// `Type/id` of creates that were there already; they were left as they are.
    pub left: Vec<String>,
    /// `Type/id` of creates that the server had once and deleted; they were not made anew.
    pub deleted: Vec<String>,
}

/// Why a plan is not, or not whole, at the server. Said again, an arrival is taken up where it stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDelivered {
    /// Somebody else changed the same elements, and no rule joins them; theirs stands.
    #[error("changed by somebody else meanwhile")]
    Conflict {
        /// `Type/id`.
        document: String,
        /// The elements; empty where it changed faster than it could be joined.
        elements: Vec<String>,
    },
    /// A claim: another team has it.
    #[error("another team has it")]
    Taken {
        /// `Type/id`.
        document: String,
    },
    /// The server did not take it.
    #[error("not delivered: {trouble}")]
    Trouble {
        /// `Type/id` of the document that it concerns; `None`: whatever is sent.
        document: Option<String>,
        /// What is wrong.
        trouble: Trouble,
    },
}

/// Where one document of the plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A create that was not looked for.
    Unlooked,
    /// To be sent.
    Ready,
    /// Sent; whether it arrived is not known. Read back before anything else.
    Unknown,
    /// A claim that the server took; the second look is due at this time, the first at once.
    Asked(Option<Instant>),
    /// At an end.
    Settled,
}

/// One document of the plan.
#[derive(Debug, Clone)]
struct Item {
    act: Act,
    reference: String,
    /// As the act, or joining, made it.
    meant: Document,
    /// As it is sent: `meant` with our revision.
    sent: Document,
    /// What it was made from, with the server's version id.
    base: Option<Document>,
    version: Option<String>,
    state: State,
    tries: u32,
}

/// What was asked last.
#[derive(Debug, Clone)]
enum Asked {
    /// Read by id: creates that are looked for, items whose state is not known, claims that are looked at.
    Read(Vec<usize>),
    /// Sent as one transaction.
    Transaction(Vec<usize>),
    /// Sent alone.
    Put(usize),
}

/// A plan on its way.
#[derive(Debug)]
pub struct Delivery {
    author: Arc<Author>,
    by: String,
    items: Vec<Item>,
    asked: Option<(Asked, Request)>,
    /// Whether a transaction was refused: what is new goes one by one.
    apart: bool,
    /// How many documents one request reads; one where an answer was too large.
    at_once: usize,
    lost: u32,
    pause: Option<Instant>,
    delivered: Delivered,
    failed: Option<NotDelivered>,
    over: bool,
}

impl Delivery {
    /// A plan to be delivered. `snapshot` is what its act read.
    pub fn new(plan: &Plan, author: &Arc<Author>, snapshot: &Snapshot) -> Self {
        let by = plan.who.to_string();
        let item = |write: &anydoor_core::acts::Write| {
            let reference = write.document.reference();
            let base = snapshot.get(&reference).filter(|_| write.act != Act::Create);
            Item {
                act: write.act,
                meant: write.document.clone(),
                sent: author.sign(&write.document, base, &by),
                base: base.cloned(),
                version: base.and(snapshot.version(&reference)).map(str::to_owned),
                state: if write.act == Act::Create { State::Unlooked } else { State::Ready },
                tries: 0,
                reference,
            }
        };
        Self {
            items: plan.writes.iter().map(item).collect(),
            author: author.clone(),
            by,
            asked: None,
            apart: false,
            at_once: MOST_READ,
            lost: 0,
            pause: None,
            delivered: Delivered::default(),
            failed: None,
            over: false,
        }
    }

    /// What to do next. While an answer is awaited it says the same again.
    pub fn next(&mut self, now: Instant) -> Step {
        if let Some((_, request)) = &self.asked {
            return Step::Send(request.clone());
        }
        if let Some(until) = self.pause.filter(|until| *until > now && !self.over) {
            return Step::WaitUntil(until);
        }
        self.pause = None;
        loop {
            if self.over {
                return Step::Done(self.failed.clone().map_or_else(|| Ok(self.delivered.clone()), Err));
            }
            match self.choose(now) {
                Some(Ok((asked, request))) => {
                    self.asked = Some((asked, request.clone()));
                    return Step::Send(request);
                }
                Some(Err(until)) => return Step::WaitUntil(until),
                None => {}
            }
        }
    }

    /// What goes next, or until when nothing does; `None` where something was settled and it is to be chosen anew.
    fn choose(&mut self, now: Instant) -> Option<Result<(Asked, Request), Instant>> {
        let with = |state: State, items: &[Item]| -> Vec<usize> {
            let creates = items.iter().enumerate().filter(|(_, item)| item.act == Act::Create && item.state == state);
            creates.map(|(at, _)| at).collect()
        };
        for state in [State::Unlooked, State::Unknown] {
            let mut found = with(state, &self.items);
            found.truncate(self.at_once);
            if !found.is_empty() {
                return Some(Ok(self.read(found)));
            }
        }
        let new = with(State::Ready, &self.items);
        if let Some(first) = new.first().copied() {
            if self.apart || new.len() == 1 {
                if self.needs_a_failed_one(first) {
                    self.settle(first);
                    return None;
                }
                return Some(Ok(self.put(first)?));
            }
            let documents: Vec<Document> = new.iter().filter_map(|at| self.items.get(*at)).map(|item| item.sent.clone()).collect();
            return Some(Ok((Asked::Transaction(new), Request::bundle(&bundle::transaction(&documents)))));
        }
        let open = self.items.iter().position(|item| item.state != State::Settled).filter(|_| self.failed.is_none());
        let Some(at) = open else {
            self.over = true;
            return None;
        };
        match self.items.get(at)?.state {
            State::Asked(Some(due)) if due > now => Some(Err(due)),
            State::Ready => Some(Ok(self.put(at)?)),
            _ => Some(Ok(self.read(vec![at]))),
        }
    }

    fn read(&self, some: Vec<usize>) -> (Asked, Request) {
        let references = some.iter().filter_map(|at| self.items.get(*at)).map(|item| item.reference.as_str());
        let request = read_all(references);
        (Asked::Read(some), request)
    }

    fn put(&mut self, at: usize) -> Option<(Asked, Request)> {
        let item = self.items.get_mut(at)?;
        if item.act != Act::Create && item.version.is_none() {
            // Without a version it would be written over whatever is there: read first.
            item.state = State::Unknown;
            return Some(self.read(vec![at]));
        }
        Some((Asked::Put(at), Request::put(&item.sent, item.version.as_deref())))
    }

    /// Whether a create refers to one of this plan that the server did not take.
    fn needs_a_failed_one(&self, at: usize) -> bool {
        let refused: Vec<&str> =
            self.items.iter().filter(|item| item.refused(&self.delivered)).map(|item| item.reference.as_str()).collect();
        let Some(item) = self.items.get(at).filter(|_| !refused.is_empty()) else { return false };
        item.sent.references().iter().any(|(_, target)| refused.contains(&target.as_str()))
    }

    fn settle(&mut self, at: usize) {
        if let Some(item) = self.items.get_mut(at) {
            item.state = State::Settled;
        }
    }
}

impl Item {
    /// Whether it is at an end without being at the server.
    fn refused(&self, delivered: &Delivered) -> bool {
        self.state == State::Settled
            && !delivered.written.iter().any(|(document, _)| document.reference() == self.reference)
            && !delivered.left.contains(&self.reference)
    }
}
