//! What is read once more by its id, in a way that no index and no cache answers: what a search may have brought too late, and
//! what the whole scope lacked.
//!
//! Rule: an answer that cannot be read confirms nothing. Neighbours: [`arrive`](crate::arrive) says what becomes of each.

use std::collections::BTreeSet;

use crate::arrive::{Decision, Source};
use crate::base::ids::TeamId;
use crate::fhir::assignment;
use crate::http::Answer;
use crate::store::{Arrival, Incoming, Store, StoreError};
use crate::sync::batch::{entries_of, said};

/// How many Tasks are confirmed to have left scope in one run.
const MOST_CONFIRMED: usize = 200;

/// Takes what was read by its id; returns `Type/id` of what changed here.
///
/// # Errors
/// [`StoreError`]; then nothing of it was taken.
pub(super) fn heard_doubted(store: &mut Store, asked: &[String], answer: &Answer) -> Result<Vec<String>, StoreError> {
    // What cannot be read settles nothing: the watermarks stayed, and the next run asks again. The rest is taken.
    let Some(page) = answer.bundle().ok().filter(|_| answer.status < 300) else { return Ok(Vec::new()) };
    let there = page.entries.into_iter().filter_map(|entry| entry.resource).filter(|doc| asked.contains(&doc.reference()));
    Ok(store.take(&Incoming { documents: there.collect(), read_upto: None })?.0)
}

/// What is here and was not in the census may have left scope; what is unsent of it keeps it here.
///
/// # Errors
/// [`StoreError`].
pub(super) fn missing(store: &Store, census: &BTreeSet<String>) -> Result<Vec<String>, StoreError> {
    let here = store.of_kind("Task")?.into_iter();
    let missing = here.filter(|task| assignment::is_assignment(task) && !census.contains(&task.reference()));
    let gone = missing.filter(|task| !store.has_unsent_in(task.id()).unwrap_or(true));
    Ok(gone.map(|task| task.reference()).take(MOST_CONFIRMED).collect())
}

/// Those that are no longer this team's nor open leave scope, with all that hangs on them.
///
/// # Errors
/// [`StoreError`].
pub(super) fn heard_missing(store: &mut Store, team: &TeamId, asked: &[String], answer: &Answer) -> Result<(), StoreError> {
    // An answer that cannot be read confirms nothing.
    let Some(entries) = entries_of(answer, asked.len()) else { return Ok(()) };
    let team = format!("CareTeam/{team}");
    let mut arrivals = Vec::new();
    for (reference, entry) in asked.iter().zip(&entries) {
        if let Some((kind, id)) = reference.split_once('/') {
            arrivals.push(Arrival { kind, id, incoming: said(entry, kind, id), source: Source::Scope { team: &team } });
        }
    }
    let decisions = store.arrive(&arrivals)?;
    let mut references = Vec::new();
    for (arrival, decision) in arrivals.iter().zip(decisions) {
        if decision == Decision::LeaveScope
            && let Some(task) = store.document(arrival.kind, arrival.id)?
        {
            references.extend(store.all_of(&task)?);
        }
    }
    store.leave_scope(&references)?;
    Ok(())
}
