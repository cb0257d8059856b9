//! What goes next, chosen from the outbox rows as values.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::base::clock::Instant;
use crate::delivery::Act;
use crate::delivery::{Intent, IntentState};

/// How long after a claim the second look comes.
pub const SECOND_LOOK: Duration = Duration::from_secs(5);
/// The most documents in one transaction.
const MOST_ITEMS: usize = 400;

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
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

/// Chooses. `needs` gives the intents that one needs and that are still in the outbox; `tried` were sent in this run.
pub fn choose(unsent: &[Intent], needs: &HashMap<i64, Vec<i64>>, tried: &HashSet<i64>, apart: &Apart, now: Instant) -> Work {
    let unknown: Vec<Intent> =
        unsent.iter().filter(|i| i.state == IntentState::Unknown && !tried.contains(&i.seq)).take(100).cloned().collect();
    if !unknown.is_empty() {
        return Work::ReadBack(unknown);
    }
    // A time further ahead than a look is ever put off was written by a clock that has been set back since.
    let latest = now.checked_add(jiff::SignedDuration::try_from(SECOND_LOOK).unwrap_or_default()).unwrap_or(now);
    let due = |intent: &&Intent| {
        let ripe = intent.not_before.is_none_or(|at| at <= now || at > latest);
        intent.state == IntentState::Asked && ripe && !tried.contains(&intent.seq)
    };
    if let Some(claim) = unsent.iter().find(due) {
        return Work::Look(claim.clone());
    }
    let batch = creates(unsent, needs, tried, apart);
    if !batch.is_empty() {
        return Work::Create(batch);
    }
    let ready = |intent: &&Intent| {
        intent.act != Act::Create
            && intent.state == IntentState::Waiting
            && !tried.contains(&intent.seq)
            && needs.get(&intent.seq).is_none_or(Vec::is_empty)
    };
    unsent.iter().find(ready).cloned().map_or(Work::Nothing, Work::Put)
}

/// The creates whose needs are met by the server or by the batch itself, oldest first.
fn creates(unsent: &[Intent], needs: &HashMap<i64, Vec<i64>>, tried: &HashSet<i64>, apart: &Apart) -> Vec<Intent> {
    let mut batch: Vec<Intent> = Vec::new();
    let mut inside = HashSet::new();
    let inside_it = |i: &Intent| i.act == Act::Create || i.act == Act::Change && apart.changes_inside && !apart.alone.contains(&i.seq);
    let open = |i: &&Intent| inside_it(i) && i.state == IntentState::Waiting && !tried.contains(&i.seq);
    let candidates: Vec<&Intent> = unsent.iter().filter(open).collect();
    // A unit may hold documents that point at each other, so take whole units and drop those with an unmet need.
    let mut allowed: HashSet<i64> = candidates.iter().map(|i| i.seq).collect();
    loop {
        let unmet: Vec<i64> = allowed
            .iter()
            .copied()
            .filter(|seq| needs.get(seq).is_some_and(|all| all.iter().any(|need| !allowed.contains(need))))
            .collect();
        if unmet.is_empty() {
            break;
        }
        allowed.retain(|seq| !unmet.contains(seq));
    }
    for intent in candidates.into_iter().filter(|i| allowed.contains(&i.seq)) {
        let alone = apart.alone.contains(&intent.seq);
        let Some(first) = batch.first() else {
            batch.push(intent.clone());
            inside.insert(intent.seq);
            if alone {
                break;
            }
            continue;
        };
        if alone || batch.len() >= MOST_ITEMS && intent.unit != first.unit || apart.by_unit && intent.unit != first.unit {
            break;
        }
        batch.push(intent.clone());
        inside.insert(intent.seq);
    }
    // Cutting a batch short may have left a need outside: drop those behind it again.
    loop {
        let before = batch.len();
        let have: HashSet<i64> = batch.iter().map(|i| i.seq).collect();
        batch.retain(|i| needs.get(&i.seq).is_none_or(|all| all.iter().all(|need| have.contains(need))));
        if batch.len() == before {
            return batch;
        }
    }
}
