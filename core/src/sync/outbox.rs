//! What goes next, chosen from the outbox rows as values.
//!
//! Rule: what was sent without an answer is read back before anything else; then what is due of claims, then what is new, then
//! changes one by one. Contents of attachments have a run of their own. Neighbours: `engine` sends what is chosen here.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::sendings::Manner;
use crate::base::clock::Instant;
use crate::delivery::{Act, Intent, IntentState};
use crate::fhir::attachment;
use crate::store::StoreError;

/// How long after a claim the second look comes.
pub const SECOND_LOOK: Duration = Duration::from_secs(5);
/// The most documents in one transaction.
const MOST_ITEMS: usize = 400;

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum NextStep {
    /// Read back what was sent without an answer.
    ReadBack(Vec<Intent>),
    /// Look whether a claim held.
    Look(Intent),
    /// Send new documents, and changes where the server allows, as one transaction (one alone goes as a PUT).
    Create(Vec<Intent>),
    /// Send one change or claim.
    Put(Intent),
    /// Nothing.
    Nothing,
}

/// How finely refused transactions are taken apart in this run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Apart {
    /// One act at a time.
    pub by_unit: bool,
    /// Intents that go alone.
    pub alone: HashSet<i64>,
    /// Whether changes go inside transactions, because this server is known to honour If-Match there.
    pub changes_inside: bool,
}

impl Apart {
    /// With what an item goes now.
    pub(super) fn manner(&self, seq: i64) -> Manner {
        match self {
            Self { alone, .. } if alone.contains(&seq) => Manner::Alone,
            Self { by_unit: true, .. } => Manner::ByUnit,
            Self { .. } => Manner::Together,
        }
    }
}

/// Chooses. `needs` gives the intents that one needs and that are still in the outbox; `tried` were sent in this run.
pub fn choose(unsent: &[Intent], needs: &HashMap<i64, Vec<i64>>, tried: &HashSet<i64>, apart: &Apart, now: Instant) -> NextStep {
    let unknown: Vec<Intent> =
        unsent.iter().filter(|i| i.state == IntentState::Unknown && !tried.contains(&i.seq)).take(100).cloned().collect();
    if !unknown.is_empty() {
        return NextStep::ReadBack(unknown);
    }
    // A time further ahead than a look is ever put off was written by a clock that has been set back since.
    let latest = now.checked_add(jiff::SignedDuration::try_from(SECOND_LOOK).unwrap_or_default()).unwrap_or(now);
    let due = |intent: &&Intent| {
        let ripe = intent.not_before.is_none_or(|at| at <= now || at > latest);
        intent.state == IntentState::Asked && ripe && !tried.contains(&intent.seq)
    };
    if let Some(claim) = unsent.iter().find(due) {
        return NextStep::Look(claim.clone());
    }
    let batch = creates(unsent, needs, tried, apart);
    if !batch.is_empty() {
        return NextStep::Create(batch);
    }
    let ready = |intent: &&Intent| {
        intent.act != Act::Create
            && intent.state == IntentState::Waiting
            && !tried.contains(&intent.seq)
            && needs.get(&intent.seq).is_none_or(Vec::is_empty)
    };
    unsent.iter().find(ready).cloned().map_or(NextStep::Nothing, NextStep::Put)
}

/// The creates whose needs are met by the server or by the batch itself, oldest first.
fn creates(unsent: &[Intent], needs: &HashMap<i64, Vec<i64>>, tried: &HashSet<i64>, apart: &Apart) -> Vec<Intent> {
    let inside_it = |i: &Intent| i.act == Act::Create || i.act == Act::Change && apart.changes_inside && !apart.alone.contains(&i.seq);
    let open = |i: &&Intent| inside_it(i) && i.state == IntentState::Waiting && !tried.contains(&i.seq);
    // A unit may hold documents that point at each other, so take whole units and drop those with an unmet need.
    let candidates = without_unmet_needs(unsent.iter().filter(open).cloned().collect(), needs);
    let mut batch: Vec<Intent> = Vec::new();
    for intent in candidates {
        let alone = apart.alone.contains(&intent.seq);
        let other_unit = batch.first().is_some_and(|first| first.unit != intent.unit);
        if !batch.is_empty() && (alone || other_unit && (batch.len() >= MOST_ITEMS || apart.by_unit)) {
            break;
        }
        batch.push(intent);
        if alone {
            break;
        }
    }
    // Cutting a batch short may have left a need outside.
    without_unmet_needs(batch, needs)
}

/// Those of which everything that they need is among them.
fn without_unmet_needs(mut intents: Vec<Intent>, needs: &HashMap<i64, Vec<i64>>) -> Vec<Intent> {
    loop {
        let before = intents.len();
        let have: HashSet<i64> = intents.iter().map(|intent| intent.seq).collect();
        intents.retain(|intent| needs.get(&intent.seq).is_none_or(|all| all.iter().all(|need| have.contains(need))));
        if intents.len() == before {
            return intents;
        }
    }
}

/// Whether an item of the outbox is a content, and so the attachments' own run's.
pub(super) fn is_content(intent: &Intent) -> bool {
    intent.kind == attachment::CONTENT
}

/// A stored document that cannot be read costs itself, not the run.
pub(super) fn readable<T>(found: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Err(StoreError::Document(_)) => Ok(None),
        other => other,
    }
}
