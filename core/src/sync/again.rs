//! What a run does with items that came to nothing: whether they go again in it, and what is counted against the server.
//!
//! Rule: nothing is sent twice in a run without news; a failure counts only where the server is seen to serve others.
//! Neighbours: `sendings` knows what has left, `store::failures` counts.

use super::engine::{Awaiting, Engine};
use super::outbox::readable;
use super::sendings::Manner;
use crate::base::clock::Instant;
use crate::delivery::{Act, Intent};
use crate::http::Answer;
use crate::store::{Store, StoreError};

impl Engine {
    /// Lets an item go again in this run where that is news: on top of another version, or further apart than it went before.
    pub(super) fn goes_again(&mut self, store: &Store, intent: &Intent) -> Result<(), StoreError> {
        let stored = readable(store.stored(&intent.kind, &intent.id))?;
        let version = stored.and_then(|stored| stored.version).filter(|_| intent.act != Act::Create);
        if self.sendings.has(intent.seq, Manner::Alone, version.as_deref()) {
            self.failed_at.push((intent.clone(), None));
            return Ok(());
        }
        if self.sendings.has(intent.seq, self.apart.manner(intent.seq), version.as_deref()) {
            self.apart.alone.insert(intent.seq);
        }
        self.tried.remove(&intent.seq);
        Ok(())
    }

    /// One item that makes the server fail must not hold up the others, nor the pull. A transaction stays unknown: it is
    /// read back and then sent apart; a document alone is left for the next run.
    pub(super) fn goes_on_without(&mut self, waiting: &Awaiting, answer: &Answer) -> bool {
        match waiting {
            Awaiting::Transaction(intents) => {
                if self.apart.by_unit {
                    self.apart.alone.extend(intents.iter().map(|intent| intent.seq));
                }
                self.apart.by_unit = true;
                self.tried.retain(|seq| intents.iter().all(|intent| intent.seq != *seq));
                true
            }
            Awaiting::Pull => match self.pull.as_mut().and_then(|pull| pull.failed(answer.status)) {
                Some(page) => {
                    self.takes(page);
                    true
                }
                None => false,
            },
            Awaiting::Put(intent) | Awaiting::Theirs(intent) => {
                self.failed_at.push((intent.clone(), refusal(answer)));
                true
            }
            Awaiting::ReadBack(_) | Awaiting::Look(..) | Awaiting::Confirm(_) | Awaiting::Statement => true,
        }
    }

    /// The server answers: what it failed at in this run is its own fault of that item, and counts.
    pub(super) fn count_failures(&mut self, store: &mut Store, at: Instant) -> Result<(), StoreError> {
        for (intent, detail) in std::mem::take(&mut self.failed_at) {
            if store.unsent()?.iter().any(|waits| waits.seq == intent.seq) && store.failed(intent.seq, at, detail.as_deref())? {
                self.report.parked += 1;
                self.report.changed.push(intent.reference());
            }
        }
        Ok(())
    }
}

/// What the server said with a refusal, for the person.
pub(super) fn refusal(answer: &Answer) -> Option<String> {
    if answer.status >= 400 { answer.diagnostics() } else { None }
}
