//! What a run takes from an answer: what arrived, what somebody else changed, what is refused, what a pull brings.

use std::time::Duration;

use super::engine::{Engine, MOST_REBASES, SOFTWARE, Stop, Waiting, is_derived, readable};
use super::outbox::SECOND_LOOK;
use crate::base::clock::Instant;
use crate::delivery::Act;
use crate::delivery::{Intent, ParkReason, Stored};
use crate::fhir::bundle::{self, Entry};
use crate::fhir::{Document, Revision, manners};
use crate::http::{Answer, Failure, Outcome, park_reason, retry_after, version_of};
use crate::reconcile::reconcile;
use crate::store::{Incoming, Store, StoreError, Under};

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
            Err(failure) => {
                if matches!(failure, Failure::Unreachable | Failure::Untrusted | Failure::Elsewhere) {
                    store.mark_waiting(&seqs(&waiting))?;
                }
                if let (Failure::TooLarge | Failure::NoAnswer, Waiting::Pull, Some(pull)) = (failure, &waiting, &mut self.pull) {
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
                    Failure::Unreachable | Failure::NoAnswer => Stop::Offline,
                    Failure::Untrusted => Stop::Untrusted,
                    Failure::Elsewhere => Stop::NotTheServer,
                    Failure::TooLarge => Stop::ServerTrouble,
                });
                return Ok(());
            }
        };
        if matches!(answer.status, 500 | 501 | 505..=599) && self.goes_on_without(&waiting) {
            return Ok(());
        }
        if let Some(stop) = ends_the_run(&answer, now) {
            if matches!(stop, Stop::SignInAgain | Stop::Later(_) | Stop::NotTheServer) && answer.status != 503 {
                store.mark_waiting(&seqs(&waiting))?;
            }
            self.stop(stop);
            return Ok(());
        }
        match waiting {
            Waiting::ReadBack(intents) => self.heard_read_back(store, intents, &answer),
            Waiting::Transaction(items) => self.heard_transaction(store, items, &answer),
            Waiting::Put(intent, document) => self.heard_put(store, intent, document, &answer),
            Waiting::Theirs(intent) => self.heard_theirs(store, &intent, &answer),
            Waiting::Look { claim, first, version } => self.heard_look(store, &claim, first, &version, &answer, now),
            Waiting::Pull => self.heard_page(store, &answer, now),
            Waiting::Prove(asked) => self.heard_proof(store, &asked, &answer),
            Waiting::Statement => self.heard_statement(store, &answer),
        }
    }

    /// One item that makes the server fail must not hold up the others, nor the pull. A transaction stays unknown: it is
    /// read back and then sent apart; a document alone is left for the next run.
    fn goes_on_without(&mut self, waiting: &Waiting) -> bool {
        match waiting {
            Waiting::Transaction(items) => {
                if self.apart.by_unit {
                    self.apart.alone.extend(items.iter().map(|(intent, _)| intent.seq));
                }
                self.apart.by_unit = true;
                self.tried.retain(|seq| items.iter().all(|(intent, _)| intent.seq != *seq));
                true
            }
            Waiting::Put(..) | Waiting::ReadBack(_) | Waiting::Prove(_) | Waiting::Statement => true,
            _ => false,
        }
    }

    fn heard_read_back(&mut self, store: &mut Store, intents: Vec<Intent>, answer: &Answer) -> Result<(), StoreError> {
        // A read-back that cannot be read leaves them unknown for the next run; what is new and the pull go on.
        let Some(entries) = entries_of(answer, intents.len()) else { return Ok(()) };
        let (mut arrived, mut beneath, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        for (intent, entry) in intents.into_iter().zip(entries) {
            let there = entry.resource.filter(|_| entry.status.as_deref().is_some_and(|s| s.starts_with('2')));
            if there.as_ref().is_some_and(|there| !is_of(there, &intent)) {
                continue; // another document in its place tells nothing: it stays unknown for the next run
            }
            let (Some(there), Some(sent)) = (there, readable(store.sent(intent.seq))?) else {
                waiting.push(intent.seq);
                continue;
            };
            let version = there.version().unwrap_or_default().to_owned();
            let never_changed_here = Revision::of(&sent).is_some_and(|revision| revision.parent.is_none());
            if intent.act == Act::Claim {
                let ours = there.at("/owner").is_some() && there.at("/owner") == sent.at("/owner") && self.look_next.is_none();
                if ours && (sent.same_meaning(&there) || comes_from(&there, &sent)) {
                    self.look_next = Some((intent, true, version));
                } else if ours && let Some(stored) = readable(store.stored(&intent.kind, &intent.id))? {
                    self.have_it_already(store, &intent, &stored, &there)?;
                } else {
                    waiting.push(intent.seq);
                }
            } else if version.is_empty() {
                // Without a version it proves nothing (P12): it stays unknown for the next run.
            } else if sent.same_meaning(&there) {
                arrived.push((intent.seq, version, sent));
            } else if comes_from(&there, &sent) {
                beneath.push((intent.seq, sent, there));
            } else if intent.act == Act::Create && never_changed_here && is_derived(&sent) {
                store.take_theirs(intent.seq, &there)?;
            } else if intent.act == Act::Create {
                store.keep_both(&there)?;
                self.park(store, &intent, ParkReason::ChangedElsewhere, None)?;
            } else {
                waiting.push(intent.seq);
            }
        }
        self.report.sent += u32::try_from(arrived.len() + beneath.len()).unwrap_or(u32::MAX);
        self.report.changed.extend(arrived.iter().map(|(_, _, doc)| doc.reference()));
        self.tried.retain(|seq| !waiting.contains(seq));
        store.acknowledge(&arrived)?;
        for (_, _, document) in &arrived {
            store.proven(document.kind(), document.id())?;
        }
        store.mark_waiting(&waiting)?;
        for (seq, sent, there) in beneath {
            self.settle_under(store, seq, &sent, &there)?;
        }
        Ok(())
    }

    /// Ours arrived, and somebody else has changed it since: theirs is what this phone shows, with what we have changed
    /// after `sent` on top; what no rule joins is kept whole on both sides.
    fn settle_under(&mut self, store: &mut Store, seq: i64, sent: &Document, theirs: &Document) -> Result<(), StoreError> {
        self.report.changed.push(theirs.reference());
        let Some(stored) = store.stored(theirs.kind(), theirs.id())? else { return Ok(()) };
        let others = store.unsent()?.iter().filter(|i| i.kind == theirs.kind() && i.id == theirs.id() && i.seq != seq).count();
        let immutable = crate::fhir::note::is_signed(&stored.document) || crate::fhir::assignment::is_stamp(&stored.document);
        let result = reconcile(sent, &stored.document, theirs);
        if immutable || !result.conflicts.is_empty() {
            self.report.parked += u32::try_from(others).unwrap_or(u32::MAX);
            return store.settle(seq, sent, theirs, &Under::Apart(result.conflicts.join(", ")));
        }
        let mut merged = result.merged;
        if others > 0 {
            store.project_status(&mut merged)?;
        }
        store.settle(seq, sent, theirs, &Under::Joined(merged))
    }

    fn heard_transaction(&mut self, store: &mut Store, items: Vec<(Intent, Document)>, answer: &Answer) -> Result<(), StoreError> {
        if answer.status >= 400 {
            let seqs: Vec<i64> = items.iter().map(|(intent, _)| intent.seq).collect();
            let one_unit = items.iter().all(|(intent, _)| Some(&intent.unit) == items.first().map(|(first, _)| &first.unit));
            if one_unit {
                self.apart.alone.extend(&seqs);
            } else {
                self.apart.by_unit = true;
            }
            self.tried.retain(|seq| !seqs.contains(seq));
            return store.mark_waiting(&seqs);
        }
        let versions: Option<Vec<String>> = entries_of(answer, items.len())
            .and_then(|entries| entries.iter().map(|e| version_of(e.etag.as_deref(), e.location.as_deref())).collect());
        // An answer without a version for each document proves nothing: read back (P12).
        let Some(versions) = versions else {
            self.tried.retain(|seq| items.iter().all(|(intent, _)| intent.seq != *seq));
            return Ok(());
        };
        let arrived: Vec<_> = items.into_iter().zip(versions).map(|((intent, doc), version)| (intent.seq, version, doc)).collect();
        self.report.sent += u32::try_from(arrived.len()).unwrap_or(u32::MAX);
        self.report.changed.extend(arrived.iter().map(|(_, _, doc)| doc.reference()));
        store.acknowledge(&arrived)
    }

    fn heard_put(&mut self, store: &mut Store, intent: Intent, document: Document, answer: &Answer) -> Result<(), StoreError> {
        match (answer.status, answer.version()) {
            (200..=299, Some(version)) if intent.act == Act::Claim => {
                self.look_next = Some((intent, true, version));
                Ok(())
            }
            (200..=299, Some(version)) => {
                self.report.sent += 1;
                self.report.changed.push(document.reference());
                store.acknowledge(&[(intent.seq, version, document)])
            }
            (200..=299, None) => {
                self.tried.remove(&intent.seq);
                Ok(())
            }
            (409 | 412, _) => {
                self.theirs_next = Some(intent);
                Ok(())
            }
            (status, _) => self.park(store, &intent, park_reason(status), answer.diagnostics().as_deref()),
        }
    }

    /// The server's version, fetched because ours was made from an older one.
    fn heard_theirs(&mut self, store: &mut Store, intent: &Intent, answer: &Answer) -> Result<(), StoreError> {
        let (Some(theirs), 200) = (the_document(answer, intent), answer.status) else {
            return self.park(store, intent, park_reason(answer.status.max(404)), answer.diagnostics().as_deref());
        };
        let Some(stored) = store.stored(&intent.kind, &intent.id)? else { return Ok(()) };
        if intent.act == Act::Claim {
            if theirs.at("/owner").is_some() && theirs.at("/owner") == stored.document.at("/owner") {
                // It is ours: an earlier answer was lost, or one of our crew has it already.
                return self.have_it_already(store, intent, &stored, &theirs);
            }
            return self.lost(store, intent, &theirs);
        }
        let rebases = self.rebases.entry(intent.seq).or_default();
        *rebases += 1;
        if *rebases > MOST_REBASES {
            return store.mark_waiting(&[intent.seq]);
        }
        if crate::fhir::in_error::is_in_error(&stored.document) {
            return self.in_error_there_too(store, intent, stored.document, &theirs);
        }
        let base = stored.base.unwrap_or_else(|| Document::new(&intent.kind, &intent.id));
        let result = reconcile(&base, &stored.document, &theirs);
        if !result.conflicts.is_empty() {
            store.keep_both(&theirs)?;
            return self.park(store, intent, ParkReason::ChangedElsewhere, Some(&result.conflicts.join(", ")));
        }
        let mut merged = result.merged;
        store.project_status(&mut merged)?;
        store.rebase(&merged, &theirs)?;
        self.tried.remove(&intent.seq);
        store.mark_waiting(&[intent.seq])
    }

    /// A signed note that was entered in error here, and whose version at the server is another than the one that was read:
    /// nothing of a signed note is merged.
    fn in_error_there_too(&mut self, store: &mut Store, intent: &Intent, ours: Document, theirs: &Document) -> Result<(), StoreError> {
        if crate::fhir::in_error::is_in_error(theirs) && ours.same_besides_extensions(theirs) {
            // Somebody else was first: the revision that says so is theirs.
            let mut after = ours.clone();
            for element in ["extension", "meta"] {
                after.set(element, theirs.value().get(element).cloned().unwrap_or_default());
            }
            return store.settle(intent.seq, &ours, theirs, &Under::Joined(after));
        }
        if store.stands_there(&ours, theirs) {
            store.rebase(&ours, theirs)?;
            self.tried.remove(&intent.seq);
            return store.mark_waiting(&[intent.seq]);
        }
        store.keep_both(theirs)?;
        self.park(store, intent, ParkReason::ChangedElsewhere, Some("content"))
    }

    /// A claim that was refused because the visit is ours already: what we have written meanwhile goes on top of theirs.
    fn have_it_already(&mut self, store: &mut Store, claim: &Intent, stored: &Stored, theirs: &Document) -> Result<(), StoreError> {
        let base = stored.base.clone().unwrap_or_else(|| Document::new(&claim.kind, &claim.id));
        let result = reconcile(&base, &stored.document, theirs);
        if !result.conflicts.is_empty() {
            store.keep_both(theirs)?;
            return self.park(store, claim, ParkReason::ChangedElsewhere, Some(&result.conflicts.join(", ")));
        }
        store.rebase(&result.merged, theirs)?;
        store.stands_for(claim.seq, theirs, !result.merged.same_meaning(theirs))?;
        self.look_next = Some((claim.clone(), true, theirs.version().unwrap_or_default().to_owned()));
        Ok(())
    }

    fn heard_look(
        &mut self,
        store: &mut Store,
        claim: &Intent,
        first: bool,
        version: &str,
        answer: &Answer,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (Some(theirs), 200) = (the_document(answer, claim), answer.status) else {
            return self.park(store, claim, park_reason(answer.status.max(404)), answer.diagnostics().as_deref());
        };
        let Some(stored) = store.stored(&claim.kind, &claim.id)? else { return Ok(()) };
        if theirs.at("/owner") != stored.document.at("/owner") {
            return self.lost(store, claim, &theirs);
        }
        self.report.changed.push(theirs.reference());
        if first {
            let look_at = now.checked_add(jiff::SignedDuration::from_secs(SECOND_LOOK.as_secs().cast_signed())).unwrap_or(now);
            // The version of our own PUT: a later one is then seen as newer.
            let version = if version.is_empty() { theirs.version().unwrap_or_default() } else { version };
            return store.mark_asked(claim.seq, version, look_at);
        }
        let Some(version) = theirs.version().map(str::to_owned) else { return Ok(()) };
        self.report.sent += 1;
        let sent = readable(store.sent(claim.seq))?.unwrap_or(stored.document);
        if !sent.same_meaning(&theirs) {
            return self.settle_under(store, claim.seq, &sent, &theirs);
        }
        store.acknowledge(&[(claim.seq, version, sent.clone())])?;
        store.proven(sent.kind(), sent.id())
    }

    fn lost(&mut self, store: &mut Store, claim: &Intent, theirs: &Document) -> Result<(), StoreError> {
        store.lose_claim(claim.seq, theirs)?;
        self.report.parked += 1;
        self.report.changed.push(theirs.reference());
        Ok(())
    }

    fn heard_page(&mut self, store: &mut Store, answer: &Answer, now: Instant) -> Result<(), StoreError> {
        let Some(pull) = &mut self.pull else { return Ok(()) };
        match pull.hear(store, answer, now)? {
            Ok(page) => {
                self.report.received += u32::try_from(page.changed.len()).unwrap_or(u32::MAX);
                self.report.changed.extend(page.changed);
                self.report.filters_ignored += u32::from(page.filter_ignored);
                self.report.unreadable += u32::try_from(page.unreadable).unwrap_or(u32::MAX);
            }
            Err(super::pull::Unreadable) => self.stop(Stop::ServerTrouble),
        }
        Ok(())
    }

    /// A server whose software is no longer the one that was probed is treated as one that never was.
    fn heard_statement(&mut self, store: &Store, answer: &Answer) -> Result<(), StoreError> {
        let said = Document::parse(&answer.body).ok().as_ref().and_then(manners::statement);
        if said.as_ref().is_some_and(|said| !said.is_r4) {
            self.stop(Stop::NotTheServer);
        }
        store.set_setting(SOFTWARE, &said.map(|said| said.software).unwrap_or_default())
    }

    fn heard_proof(&mut self, store: &mut Store, asked: &[(String, String)], answer: &Answer) -> Result<(), StoreError> {
        // What cannot be read proves nothing; the next run asks again.
        let Some(entries) = entries_of(answer, asked.len()) else { return Ok(()) };
        for ((kind, id), entry) in asked.iter().zip(entries) {
            match (entry.resource, entry.status.as_deref().unwrap_or_default().get(..3)) {
                (Some(there), Some("200")) if there.kind() == kind && there.id() == id => {
                    let changed = store.take(&Incoming { documents: vec![there], read_upto: None })?;
                    self.report.changed.extend(changed.0);
                }
                (_, Some("404")) => store.send_again(kind, id)?,
                // Deleted there on purpose, or no longer ours to read: it had it, and its version id is stored.
                (_, Some("403" | "410")) => store.proven(kind, id)?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn seqs(waiting: &Waiting) -> Vec<i64> {
    match waiting {
        Waiting::Transaction(items) => items.iter().map(|(intent, _)| intent.seq).collect(),
        Waiting::Put(intent, _) => vec![intent.seq],
        _ => Vec::new(),
    }
}

/// Whether this answer ends the run, whatever was asked.
pub(super) fn ends_the_run(answer: &Answer, now: Instant) -> Option<Stop> {
    let wait = || answer.retry_after.as_deref().and_then(|text| retry_after(text, now)).unwrap_or(Duration::from_secs(30));
    match answer.status {
        401 => Some(Stop::SignInAgain),
        429 | 503 => Some(Stop::Later(wait())),
        500.. => Some(Stop::ServerTrouble),
        200..=299 if !answer.is_fhir() => Some(Stop::NotTheServer),
        300..=399 => Some(Stop::NotTheServer),
        _ => None,
    }
}

/// The entries of a batch or transaction answer, where there is one for each that was sent.
pub(super) fn entries_of(answer: &Answer, sent: usize) -> Option<Vec<Entry>> {
    let page = bundle::read(&answer.body).ok()?;
    (answer.status < 300 && page.entries.len() == sent && page.refused.is_empty()).then_some(page.entries)
}

/// The document that was asked for; a cache or a hostile server may give another.
fn the_document(answer: &Answer, intent: &Intent) -> Option<Document> {
    Document::parse(&answer.body).ok().filter(|there| is_of(there, intent))
}

fn is_of(there: &Document, intent: &Intent) -> bool {
    there.kind() == intent.kind && there.id() == intent.id
}

/// Whether `there` is what we sent, or was made from it: it carries our revision, or names it as its parent.
fn comes_from(there: &Document, sent: &Document) -> bool {
    let (Some(theirs), Some(ours)) = (Revision::of(there), Revision::of(sent)) else { return false };
    theirs == ours || theirs.parent.as_deref() == Some(ours.name().as_str())
}
