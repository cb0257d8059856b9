//! What a delivery takes from an answer.

use anydoor_core::base::clock::Instant;
use anydoor_core::delivery::Act;
use anydoor_core::fhir::{Document, Revision};
use anydoor_core::http::{Answer, Failure, Outcome, version_of};
use anydoor_core::reconcile::reconcile;

use super::{Asked, Delivery, MOST_LOST, MOST_TRIES, NotDelivered, SECOND_LOOK, State};
use crate::answers::{Said, said_of};
use crate::trouble::Trouble;

impl Delivery {
    /// Takes what came of the last request.
    pub fn hear(&mut self, outcome: Outcome, now: Instant) {
        let Some((asked, _)) = self.asked.take() else { return };
        let answer = match outcome {
            Ok(answer) => answer,
            Err(failure) => return self.heard_nothing(&asked, failure, now),
        };
        let trouble = Trouble::of(&answer, now);
        if let Some(trouble) = trouble.filter(|trouble| trouble.concerns_everything()) {
            return self.fail(None, trouble);
        }
        match asked {
            Asked::Read(items) => self.heard_read(&items, &answer, trouble, now),
            Asked::Transaction(items) => self.heard_transaction(&items, &answer, trouble),
            Asked::Put(at) => self.heard_put(at, &answer, trouble),
        }
    }

    /// No answer: what had left may have been done, and is read back.
    fn heard_nothing(&mut self, asked: &Asked, failure: Failure, now: Instant) {
        match (asked, failure) {
            (_, Failure::Elsewhere | Failure::Untrusted) => return self.fail(None, failure.into()),
            (Asked::Read(items), Failure::TooLarge) if items.len() > 1 => self.at_once = 1,
            (Asked::Read(_), Failure::TooLarge) => return self.fail(None, Trouble::TooLarge),
            (Asked::Put(_) | Asked::Transaction(_), Failure::NoAnswer | Failure::TooLarge) => self.doubt(asked),
            _ => {}
        }
        self.lost(failure.into());
        // A network that is gone for a moment: one, two, four, eight seconds.
        let wait = i64::from(1_u32 << self.lost.saturating_sub(1).min(3));
        self.pause = (failure == Failure::Unreachable).then(|| now.checked_add(jiff::SignedDuration::from_secs(wait)).unwrap_or(now));
    }

    fn lost(&mut self, trouble: Trouble) {
        self.lost += 1;
        if self.lost > MOST_LOST {
            self.fail(None, trouble);
        }
    }

    fn doubt(&mut self, asked: &Asked) {
        let items = match asked {
            Asked::Put(at) => vec![*at],
            Asked::Transaction(items) => items.clone(),
            Asked::Read(_) => Vec::new(),
        };
        items.into_iter().for_each(|at| self.become_state(at, State::Unknown));
    }

    fn become_state(&mut self, at: usize, state: State) {
        if let Some(item) = self.items.get_mut(at) {
            item.state = state;
        }
    }

    /// Ends here: whatever else is sent fares no better.
    fn fail(&mut self, document: Option<String>, trouble: Trouble) {
        self.failed.get_or_insert(NotDelivered::Trouble { document, trouble });
        self.over = true;
    }

    /// One document is refused; other creates go on.
    fn refused(&mut self, at: usize, trouble: Trouble) {
        self.settle(at);
        let document = self.items.get(at).map(|item| item.reference.clone());
        self.failed.get_or_insert(NotDelivered::Trouble { document, trouble });
    }

    fn written(&mut self, at: usize, version: String) {
        self.settle(at);
        if let Some(item) = self.items.get(at) {
            self.delivered.written.push((item.sent.clone(), version));
        }
    }

    fn heard_transaction(&mut self, items: &[usize], answer: &Answer, trouble: Option<Trouble>) {
        match trouble {
            Some(trouble) => {
                self.apart = true;
                if matches!(trouble, Trouble::Failed(_)) {
                    self.doubt(&Asked::Transaction(items.to_vec()));
                }
            }
            None => {
                let page = answer.bundle().ok().filter(|page| page.entries.len() == items.len() && page.refused.is_empty());
                let Some(page) = page else {
                    self.doubt(&Asked::Transaction(items.to_vec()));
                    return self.lost(Trouble::Unreadable);
                };
                for (at, entry) in items.iter().zip(page.entries) {
                    let status = entry.status.as_deref().and_then(|status| status.get(..3)?.parse().ok()).unwrap_or(200);
                    match (Trouble::of_status(status), version_of(entry.etag.as_deref(), entry.location.as_deref())) {
                        (None, Some(version)) => self.written(*at, version),
                        // A 200 for the whole says nothing of one that was refused, or that has no version.
                        _ => {
                            self.apart = true;
                            self.become_state(*at, State::Unknown);
                        }
                    }
                }
            }
        }
    }

    fn heard_put(&mut self, at: usize, answer: &Answer, trouble: Option<Trouble>) {
        let Some(item) = self.items.get_mut(at) else { return };
        item.tries += 1;
        let changed_there =
            matches!(trouble, Some(Trouble::Refused(409 | 412))) || answer.status == 400 && says_conflict(answer, item.tries);
        match (trouble, answer.version()) {
            (None, Some(version)) if item.act == Act::Claim => {
                item.version = Some(version);
                item.state = State::Asked(None);
            }
            (None, Some(version)) => self.written(at, version),
            (None, None) => self.in_doubt_again(at, Trouble::Unversioned),
            (Some(Trouble::Failed(status)), _) => self.in_doubt_again(at, Trouble::Failed(status)),
            (Some(trouble), _) if changed_there => {
                if item.tries >= MOST_TRIES {
                    return self.conflict(at, trouble, Vec::new());
                }
                item.state = State::Unknown;
            }
            (Some(trouble), _) => self.refused(at, trouble),
        }
    }

    fn in_doubt_again(&mut self, at: usize, trouble: Trouble) {
        match self.items.get_mut(at) {
            Some(item) if item.tries < MOST_TRIES => item.state = State::Unknown,
            _ => self.refused(at, trouble),
        }
    }

    fn conflict(&mut self, at: usize, trouble: Trouble, elements: Vec<String>) {
        self.settle(at);
        let Some(item) = self.items.get(at) else { return };
        let document = item.reference.clone();
        let failed = match item.act {
            Act::Create => NotDelivered::Trouble { document: Some(document), trouble },
            Act::Change | Act::Claim => NotDelivered::Conflict { document, elements },
        };
        self.failed.get_or_insert(failed);
    }

    fn heard_read(&mut self, items: &[usize], answer: &Answer, trouble: Option<Trouble>, now: Instant) {
        match trouble {
            Some(trouble @ Trouble::Failed(_)) => return self.lost(trouble),
            Some(trouble) => return self.fail(None, trouble),
            None => {}
        }
        let references: Vec<String> = items.iter().filter_map(|at| self.items.get(*at)).map(|item| item.reference.clone()).collect();
        let Some(all) = said_of(answer, &references) else { return self.lost(Trouble::Unreadable) };
        for (at, said) in items.iter().copied().zip(all) {
            let Some(item) = self.items.get(at) else { continue };
            match (item.act, said) {
                (_, Said::Trouble(trouble)) => self.refused(at, trouble),
                (Act::Create, said) => self.create_read(at, said),
                (Act::Change | Act::Claim, Said::Absent) => self.refused(at, Trouble::NotFound),
                (Act::Change | Act::Claim, Said::Deleted) => self.refused(at, Trouble::Gone),
                (Act::Change | Act::Claim, Said::There(_, None)) => self.refused(at, Trouble::Unversioned),
                (Act::Change, Said::There(there, Some(version))) => self.change_read(at, there, version),
                (Act::Claim, Said::There(there, Some(version))) => self.claim_read(at, there, version, now),
            }
        }
    }

    /// A create that was looked for, or read back.
    fn create_read(&mut self, at: usize, said: Said) {
        let Some(item) = self.items.get_mut(at) else { return };
        match said {
            Said::There(there, Some(version)) if comes_from(&there, &item.sent) => self.written(at, version),
            Said::There(..) => {
                self.delivered.left.push(item.reference.clone());
                self.settle(at);
            }
            Said::Deleted => {
                self.delivered.deleted.push(item.reference.clone());
                self.settle(at);
            }
            _ if item.tries < MOST_TRIES => {
                item.tries += u32::from(item.state == State::Unknown);
                item.state = State::Ready;
            }
            _ => self.refused(at, Trouble::NoAnswer),
        }
    }

    /// A change whose fate is not known, or that met another version.
    fn change_read(&mut self, at: usize, there: Document, version: String) {
        let Some(item) = self.items.get(at) else { return };
        if item.tries > 0 && comes_from(&there, &item.sent) {
            return self.written(at, version);
        }
        self.onto(at, there, version);
    }

    /// Puts a change onto what is there now.
    fn onto(&mut self, at: usize, there: Document, version: String) {
        let (author, by) = (self.author.clone(), self.by.clone());
        let Some(item) = self.items.get_mut(at) else { return };
        if item.tries >= MOST_TRIES {
            return self.conflict(at, Trouble::Refused(412), Vec::new());
        }
        if item.version.as_deref() == Some(&version) {
            // Ours did not arrive, and nobody else's did.
            item.state = State::Ready;
            return;
        }
        if let Some(base) = item.base.as_ref().filter(|base| is_older_copy(&there, base)) {
            // A late copy of what ours was made from is nobody's change: ours stands whole.
            item.sent = author.sign(&item.meant, Some(base), &by);
            (item.version, item.state) = (Some(version), State::Ready);
            return;
        }
        let base = item.base.clone().unwrap_or_else(|| Document::new(there.kind(), there.id()));
        let joined = reconcile(&base, &item.meant, &there);
        if !joined.conflicts.is_empty() {
            return self.conflict(at, Trouble::Refused(412), joined.conflicts);
        }
        item.sent = author.sign(&joined.merged, Some(&there), &by);
        item.meant = joined.merged;
        item.state = State::Ready;
        let nothing_left = item.meant.same_meaning(&there);
        item.base = Some(there);
        item.version = Some(version.clone());
        if nothing_left {
            self.delivered.left.push(item.reference.clone());
            self.settle(at);
        }
    }

    /// A claim that is looked at: whoever stands there as owner has it.
    fn claim_read(&mut self, at: usize, there: Document, version: String, now: Instant) {
        let Some(item) = self.items.get_mut(at) else { return };
        let ours = there.at("/owner").is_some() && there.at("/owner") == item.meant.at("/owner");
        match (ours, item.state) {
            (true, State::Asked(Some(_))) => self.written(at, version),
            (true, _) => {
                let due = now.checked_add(jiff::SignedDuration::try_from(SECOND_LOOK).unwrap_or_default()).unwrap_or(now);
                item.state = State::Asked(Some(due));
            }
            (false, _) if there.at("/owner").is_some() => {
                let document = item.reference.clone();
                self.settle(at);
                self.failed.get_or_insert(NotDelivered::Taken { document });
            }
            // Nobody has it: what somebody else wrote there meanwhile is joined, and it is asked for again.
            (false, _) => self.onto(at, there, version),
        }
    }
}

/// Whether a 400 says in its text that a version was not the newest: some servers say so of a transaction. One that says
/// nothing readable is looked into once.
fn says_conflict(answer: &Answer, tries: u32) -> bool {
    answer.diagnostics().map_or(tries <= 1, |text| ["409", "412"].iter().any(|code| text.contains(code)))
}

/// Whether `there` is a version that `base` was made from, put back by a request that came late or twice.
fn is_older_copy(there: &Document, base: &Document) -> bool {
    let (Some(there), Some(base)) = (Revision::of(there), Revision::of(base)) else { return false };
    base.parent.as_deref() == Some(there.name().as_str()) || there.writer == base.writer && there.counter < base.counter
}

/// Whether `there` is what we sent, or was made from it: it carries our revision or names it as its parent, or says the
/// same.
fn comes_from(there: &Document, sent: &Document) -> bool {
    let (theirs, ours) = (Revision::of(there), Revision::of(sent));
    let of_ours = |theirs: &Revision, ours: &Revision| theirs == ours || theirs.parent.as_deref() == Some(ours.name().as_str());
    match (theirs, ours) {
        (Some(theirs), Some(ours)) => of_ours(&theirs, &ours),
        _ => there.same_meaning(sent),
    }
}
