//! What a run takes from an answer.
//!
//! Rule: an answer is translated into what the server said of each document, and [`arrive`](crate::arrive) decides what becomes
//! of it; here are only the run's own books: what is tried, taken apart, fetched and looked at next, and its report.
//! Neighbours: `engine` asked, `store` takes in what was said.

use super::again::refusal;
use super::batch::{Written, entries_of, of_a_write, said};
use super::engine::{Awaiting, Engine, Look, MOST_REBASES, SOFTWARE};
use super::outbox::SECOND_LOOK;
use super::run::{StopReason, ends_the_run};
use crate::arrive::{Decision, Incoming, Merge, Source};
use crate::base::clock::Instant;
use crate::delivery::{Act, Intent};
use crate::fhir::{Document, behaviour};
use crate::http::{Answer, Failure, Outcome, park_reason};
use crate::store::{Arrival, Store, StoreError};

/// Searches left because of one record over the limit, before the server itself is taken to be in trouble.
const MOST_SKIPPED: u32 = 2;

impl Engine {
    /// Takes what came of the last request; what it says is on disk when this returns.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the answer was taken, and the next run reads back.
    pub fn hear(&mut self, store: &mut Store, outcome: Outcome, now: Instant) -> Result<(), StoreError> {
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let answer = match outcome {
            Ok(answer) => answer,
            Err(failure) => return self.heard_nothing(store, &waiting, failure),
        };
        if matches!(answer.status, 500 | 501 | 505..=599) && self.goes_on_without(&waiting, &answer) {
            return Ok(());
        }
        // What a link's path means on the server's own origin, the server need not know: it is no portal and no trouble of its own.
        let odd = !matches!(answer.status, 200..=299 | 400..=499 | 503) || answer.status < 300 && !answer.is_fhir();
        if matches!(waiting, Awaiting::Pull) && answer.rewritten && odd && self.page_leads_elsewhere() {
            return Ok(());
        }
        if let Some(stop) = ends_the_run(&answer, now) {
            if matches!(stop, StopReason::SignInAgain | StopReason::Later(_) | StopReason::NotTheServer)
                && !matches!(answer.status, 408 | 503)
            {
                store.mark_waiting(&seqs(&waiting))?;
            }
            self.stop(stop);
            return Ok(());
        }
        match waiting {
            Awaiting::ReadBack(intents) => self.heard_read_back(store, intents, &answer),
            Awaiting::Transaction(intents) => self.heard_transaction(store, intents, &answer),
            Awaiting::Put(intent) => self.heard_put(store, intent, &answer),
            Awaiting::Theirs(intent) => self.heard_theirs(store, intent, &answer),
            Awaiting::Look(claim, look) => self.heard_look(store, claim, &look, &answer, now),
            Awaiting::Pull => self.heard_page(store, &answer, now),
            Awaiting::Confirm(asked) => self.heard_confirmation(store, &asked, &answer),
            Awaiting::Statement => self.heard_statement(store, &answer),
        }
    }

    /// No answer came, or none that is read.
    fn heard_nothing(&mut self, store: &mut Store, waiting: &Awaiting, failure: Failure) -> Result<(), StoreError> {
        if failure == Failure::Elsewhere && matches!(waiting, Awaiting::Pull) && self.page_leads_elsewhere() {
            return Ok(());
        }
        if matches!(failure, Failure::Unreachable | Failure::Untrusted | Failure::Elsewhere) {
            store.mark_waiting(&seqs(waiting))?;
        }
        if let (Failure::TooLarge | Failure::NoAnswer, Awaiting::Pull, Some(pull)) = (failure, waiting, &mut self.pull) {
            let smaller = pull.halve(store)?;
            // After a time-out the next run asks for less; a page over the limit is asked for again at once.
            if failure == Failure::TooLarge {
                let skipped = if smaller { 0 } else { pull.skip() };
                self.report.unreadable += u32::from(!smaller);
                if skipped <= MOST_SKIPPED {
                    return Ok(());
                }
            }
        }
        self.stop(match failure {
            Failure::Unreachable | Failure::NoAnswer => StopReason::Offline,
            Failure::Untrusted => StopReason::Untrusted,
            Failure::Elsewhere => StopReason::NotTheServer,
            Failure::TooLarge => StopReason::ServerTrouble,
        });
        Ok(())
    }

    fn heard_read_back(&mut self, store: &mut Store, intents: Vec<Intent>, answer: &Answer) -> Result<(), StoreError> {
        // A read-back that cannot be read leaves them unknown for the next run; what is new and the pull go on.
        let Some(entries) = entries_of(answer, intents.len()) else { return Ok(()) };
        let incoming: Vec<Incoming<'_>> =
            intents.iter().zip(&entries).map(|(intent, entry)| said(entry, &intent.kind, &intent.id)).collect();
        self.arrived(store, intents.iter().cloned().zip(incoming), |seq| Source::ReadBack { seq })
    }

    fn heard_transaction(&mut self, store: &mut Store, intents: Vec<Intent>, answer: &Answer) -> Result<(), StoreError> {
        if answer.status >= 400 {
            let seqs: Vec<i64> = intents.iter().map(|intent| intent.seq).collect();
            let one_unit = intents.iter().all(|intent| Some(&intent.unit) == intents.first().map(|first| &first.unit));
            if one_unit {
                self.apart.alone.extend(&seqs);
            } else {
                self.apart.by_unit = true;
            }
            self.tried.retain(|seq| !seqs.contains(seq));
            return store.mark_waiting(&seqs);
        }
        // An answer without an entry for each document proves nothing of any (P12).
        let entries = entries_of(answer, intents.len()).unwrap_or_default();
        let written: Vec<Written> = (0..intents.len()).map(|place| entries.get(place).map_or(Written::As(None), of_a_write)).collect();
        let (mut said, mut refused) = (Vec::with_capacity(intents.len()), Vec::new());
        for (intent, written) in intents.into_iter().zip(&written) {
            match written {
                Written::As(version) => said.push((intent, Incoming::Accepted { version: version.as_deref() })),
                Written::Outdated => said.push((intent, Incoming::Outdated)),
                Written::Later => store.mark_waiting(&[intent.seq])?,
                Written::Refused => refused.push(intent),
            }
        }
        store.mark_waiting(&refused.iter().map(|intent| intent.seq).collect::<Vec<_>>())?;
        self.arrived(store, said, |seq| Source::Acknowledgement { seq })?;
        for intent in refused {
            // It goes by itself: only what is refused alone is for a person, as what it needs may have been refused too.
            self.apart.alone.insert(intent.seq);
            self.goes_again(store, &intent)?;
        }
        Ok(())
    }

    fn heard_put(&mut self, store: &mut Store, intent: Intent, answer: &Answer) -> Result<(), StoreError> {
        let (version, detail) = (answer.version(), refusal(answer));
        let incoming = match answer.status {
            200..=299 => Incoming::Accepted { version: version.as_deref() },
            _ if answer.says_conflict() => Incoming::Outdated,
            status => Incoming::Refused { reason: park_reason(status), detail: detail.as_deref() },
        };
        self.arrived(store, [(intent, incoming)], |seq| Source::Acknowledgement { seq })
    }

    /// The server's version, fetched because ours was made from an older one.
    fn heard_theirs(&mut self, store: &mut Store, intent: Intent, answer: &Answer) -> Result<(), StoreError> {
        if intent.act != Act::Claim {
            let rebases = self.rebases.entry(intent.seq).or_default();
            *rebases += 1;
            if *rebases > MOST_REBASES {
                return store.mark_waiting(&[intent.seq]);
            }
        }
        let (there, detail) = (the_document(answer, &intent), refusal(answer));
        let incoming = read_by_id(there.as_ref(), answer.status, detail.as_deref());
        self.arrived(store, [(intent, incoming)], |seq| Source::Conflict { seq })
    }

    fn heard_look(&mut self, store: &mut Store, claim: Intent, look: &Look, answer: &Answer, now: Instant) -> Result<(), StoreError> {
        let (there, detail) = (the_document(answer, &claim), refusal(answer));
        let incoming = read_by_id(there.as_ref(), answer.status, detail.as_deref());
        let again_at = now.checked_add(jiff::SignedDuration::try_from(SECOND_LOOK).unwrap_or_default()).unwrap_or(now);
        self.arrived(store, [(claim, incoming)], |seq| match look {
            Look::First { put } => Source::FirstLook { seq, put: put.as_deref(), again_at },
            Look::Second => Source::SecondLook { seq },
        })
    }

    /// Takes in what the server said of these intents, in one commit, and notes what the run has to do with it.
    fn arrived<'a>(
        &mut self,
        store: &mut Store,
        said: impl IntoIterator<Item = (Intent, Incoming<'a>)>,
        source: impl Fn(i64) -> Source<'a>,
    ) -> Result<(), StoreError> {
        let (intents, incoming): (Vec<Intent>, Vec<Incoming<'a>>) = said.into_iter().unzip();
        let arrivals: Vec<Arrival<'_>> = intents
            .iter()
            .zip(incoming)
            .map(|(intent, incoming)| Arrival { kind: &intent.kind, id: &intent.id, incoming, source: source(intent.seq) })
            .collect();
        let decisions = store.arrive(&arrivals)?;
        for (intent, decision) in intents.into_iter().zip(decisions) {
            self.goes_on(store, intent, decision)?;
        }
        Ok(())
    }

    /// What the run does after a decision about an intent, and what its report says of it.
    fn goes_on(&mut self, store: &Store, intent: Intent, decision: Decision) -> Result<(), StoreError> {
        if decision.is_seen() {
            self.report.changed.push(intent.reference());
        }
        match decision {
            Decision::Arrived { .. } => self.report.sent += 1,
            Decision::Settle { merge, others, .. } => {
                self.report.sent += 1;
                if matches!(merge, Merge::Conflict { .. }) {
                    self.report.parked += u32::try_from(others).unwrap_or(u32::MAX);
                }
            }
            Decision::Park { .. } | Decision::ClaimLost => self.report.parked += 1,
            Decision::Requeue | Decision::Rebase { .. } => self.goes_again(store, &intent)?,
            Decision::ReadBack => drop(self.tried.remove(&intent.seq)),
            Decision::FetchTheirs => self.theirs_next.push(intent),
            Decision::LookAtClaim { version } => self.looks_next.push((intent, Look::First { put: version })),
            Decision::AdoptClaim { version, .. } => self.looks_next.push((intent, Look::First { put: Some(version) })),
            _ => {}
        }
        Ok(())
    }

    /// A server whose software is no longer the one that was probed is treated as one that never was.
    fn heard_statement(&mut self, store: &Store, answer: &Answer) -> Result<(), StoreError> {
        let said = answer.document().ok().as_ref().and_then(behaviour::statement);
        if said.as_ref().is_some_and(|said| !said.is_r4) {
            self.stop(StopReason::NotTheServer);
        }
        store.set_setting(SOFTWARE, &said.map(|said| said.software).unwrap_or_default())
    }

    fn heard_confirmation(&mut self, store: &mut Store, asked: &[(String, String)], answer: &Answer) -> Result<(), StoreError> {
        // What cannot be read proves nothing; the next run asks again.
        let Some(entries) = entries_of(answer, asked.len()) else { return Ok(()) };
        let arrivals: Vec<Arrival<'_>> = asked
            .iter()
            .zip(&entries)
            .map(|((kind, id), entry)| Arrival { kind, id, incoming: said(entry, kind, id), source: Source::Confirmation })
            .collect();
        let decisions = store.arrive(&arrivals)?;
        let changed = asked.iter().zip(decisions).filter(|(_, decision)| decision.changes_what_is_shown());
        self.report.changed.extend(changed.map(|((kind, id), _)| format!("{kind}/{id}")));
        Ok(())
    }
}

fn seqs(waiting: &Awaiting) -> Vec<i64> {
    match waiting {
        Awaiting::Transaction(intents) => intents.iter().map(|intent| intent.seq).collect(),
        Awaiting::Put(intent) => vec![intent.seq],
        _ => Vec::new(),
    }
}

/// What a read of one document by its id says of it.
fn read_by_id<'a>(there: Option<&'a Document>, status: u16, detail: Option<&'a str>) -> Incoming<'a> {
    match there {
        Some(there) if status == 200 => Incoming::Document(there),
        // Another document in its place is as good as none.
        _ => Incoming::Refused { reason: park_reason(status.max(404)), detail },
    }
}

/// The document that was asked for; a cache or a hostile server may give another.
fn the_document(answer: &Answer, intent: &Intent) -> Option<Document> {
    answer.document().ok().filter(|there| there.kind() == intent.kind && there.id() == intent.id)
}
