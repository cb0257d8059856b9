//! A paramedic's planned visits in a good order: each has a time in which it may begin and how long it takes; the round
//! begins somewhere at a time, and may have to end somewhere by one.
//!
//! Rule: first as many visits as can be, then the earliest end, then the least driving. Up to [`EXACT`] visits the order is
//! the best there is; beyond, a good one (`change`). A visit that is left out is named with its reason, never
//! dropped. Time on the road is free-flow time, or a straight line at a pace that is said (`legs`).

mod change;
mod exact;
mod legs;
mod schedule;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use crate::base::Position;
use crate::base::clock::Instant;
use crate::roads::RoadsError;
use crate::team::{ByRoad, Measure};
use legs::Legs;
use schedule::{Millis64, Problem, Window};

/// The most visits of one round.
pub const MOST_VISITS: usize = 60;
/// Up to so many visits every order is looked at.
pub const EXACT: usize = 11;
/// The longest visit, in seconds: a day.
pub const LONGEST_VISIT_S: u32 = 86_400;

crate::codes! {
    /// Why a planned visit is not in the round.
    NotVisited {
        /// Farther from any road of the pack than anybody walks.
        OffTheMap = "off-the-map",
        /// No way by road there, or on to the end.
        NoWay = "no-way",
        /// Its time is over before one could be there straight from the start.
        TooLate = "too-late",
        /// Alone it would end the round too late.
        PastTheEnd = "past-the-end",
        /// Alone it would do; it does not fit beside the others.
        CrowdedOut = "crowded-out",
    }
}

/// A visit that is planned.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedVisit {
    /// The caller's id of it.
    pub id: String,
    /// Where.
    pub position: Position,
    /// Not before; `None`: at any time.
    pub opens: Option<Instant>,
    /// It begins at the latest then; `None`: at any time.
    pub closes: Option<Instant>,
    /// How long it takes, in seconds.
    pub takes_s: u32,
}

/// What a round is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundPlan {
    /// Where it begins.
    pub start: Position,
    /// When.
    pub from: Instant,
    /// Where it ends; `None`: with the last visit.
    pub end: Option<Position>,
    /// By when it has ended; `None`: at any time.
    pub until: Option<Instant>,
    /// The visits.
    pub visits: Vec<PlannedVisit>,
}

/// A visit in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// The visit's id.
    pub id: String,
    /// Seconds on the road from the stop before, rounded up.
    pub drive_s: u64,
    /// When one is there.
    pub arrives: Instant,
    /// When the visit begins: not before it may.
    pub begins: Instant,
    /// When it ends.
    pub leaves: Instant,
}

/// The round.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// The visits in their order.
    pub stops: Vec<Stop>,
    /// Those that are left out, each with its reason.
    pub left_out: Vec<(String, NotVisited)>,
    /// When it ends: at the end where there is one.
    pub ends: Instant,
    /// Seconds on the road, rounded up.
    pub driven_s: u64,
    /// Seconds of waiting for a visit's time, rounded up.
    pub waited_s: u64,
    /// Whether no other order ends sooner with as many visits.
    pub best: bool,
    /// How times are measured.
    pub measure: Measure,
}

/// Why there is no round.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoundError {
    /// More than [`MOST_VISITS`].
    #[error("{visits} visits, and a round has {MOST_VISITS} at most")]
    TooMany {
        /// How many there are.
        visits: usize,
    },
    /// Two visits have one id.
    #[error("two visits have one id")]
    Twice,
    /// A visit may begin only before it may begin.
    #[error("a visit's time ends before it begins")]
    Window,
    /// A visit is longer than [`LONGEST_VISIT_S`].
    #[error("a visit is longer than a day")]
    TooLong,
    /// No road of the pack is near the start or the end.
    #[error("no road near the start or the end")]
    OffTheMap,
    /// Even without any visit the end is not reached, or not by its time.
    #[error("the end is not reached in time")]
    EndNotReached,
    /// The road pack is not what it says.
    #[error(transparent)]
    Roads(#[from] RoadsError),
}

fn check(plan: &RoundPlan) -> Result<(), RoundError> {
    if plan.visits.len() > MOST_VISITS {
        return Err(RoundError::TooMany { visits: plan.visits.len() });
    }
    let mut ids = HashSet::new();
    for visit in &plan.visits {
        if !ids.insert(visit.id.as_str()) {
            return Err(RoundError::Twice);
        }
        if visit.opens.zip(visit.closes).is_some_and(|(opens, closes)| closes < opens) {
            return Err(RoundError::Window);
        }
        if visit.takes_s > LONGEST_VISIT_S {
            return Err(RoundError::TooLong);
        }
    }
    Ok(())
}

fn problem(plan: &RoundPlan, legs: Legs) -> Problem {
    let since = |at: Instant| at.as_millisecond().saturating_sub(plan.from.as_millisecond());
    let window = |visit: &PlannedVisit| Window {
        opens: visit.opens.map_or(0, since).max(0),
        closes: visit.closes.map_or(schedule::ALWAYS, since),
        takes: Millis64::from(visit.takes_s) * 1_000,
    };
    let windows = plan.visits.iter().map(window).collect();
    Problem { legs, windows, has_end: plan.end.is_some(), until: plan.until.map_or(schedule::ALWAYS, since) }
}

/// Puts planned visits in order.
///
/// # Errors
/// [`RoundError`].
pub fn round(plan: &RoundPlan, by_road: Option<ByRoad<'_>>) -> Result<Round, RoundError> {
    check(plan)?;
    let places: Vec<Position> = [plan.start].into_iter().chain(plan.visits.iter().map(|visit| visit.position)).chain(plan.end).collect();
    let legs = Legs::between(&places, by_road)?;
    if !legs.is_on_map(0) || plan.end.is_some() && !legs.is_on_map(places.len() - 1) {
        return Err(RoundError::OffTheMap);
    }
    let problem = problem(plan, legs);
    problem.run(&[]).ok_or(RoundError::EndNotReached)?;
    let best = plan.visits.len() <= EXACT;
    let order = if best { exact::order(&problem) } else { change::order(&problem) };
    Ok(Round { best, measure: if by_road.is_some() { Measure::ByRoad } else { Measure::StraightLine }, ..written(plan, &problem, &order) })
}

/// The round as it is read, from its order.
fn written(plan: &RoundPlan, problem: &Problem, order: &[usize]) -> Round {
    let at = |millis: Millis64| plan.from.checked_add(jiff::SignedDuration::from_millis(millis)).unwrap_or(Instant::MAX);
    let s = |millis: Millis64| u64::try_from(millis.max(0)).unwrap_or_default().div_ceil(1_000);
    let mut waited = 0;
    let mut stops = Vec::new();
    for step in problem.steps(order) {
        let Some(visit) = plan.visits.get(step.visit) else { continue };
        waited += step.begins - step.arrives;
        let (arrives, begins, leaves) = (at(step.arrives), at(step.begins), at(step.leaves));
        stops.push(Stop { id: visit.id.clone(), drive_s: s(step.drive), arrives, begins, leaves });
    }
    let left_out = (0..plan.visits.len()).filter(|visit| !order.contains(visit));
    let named = left_out.filter_map(|visit| Some((plan.visits.get(visit)?.id.clone(), problem.why_not(visit))));
    let run = problem.run(order).unwrap_or_default();
    Round {
        stops,
        left_out: named.collect(),
        ends: at(run.ends),
        driven_s: s(run.driven),
        waited_s: s(waited),
        best: false,
        measure: Measure::StraightLine,
    }
}
