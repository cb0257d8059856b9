//! For leads and planners: coverage if a team goes, and a paramedic's planned visits in a good order.

use super::roads::position;
use super::{Anydoor, AnydoorError, Inner, ReasonRow, Result};
use crate::base::clock::Instant;
use crate::base::ids::TeamId;
use crate::fhir;
use crate::planning::coverage::{CoverageError, Reached, WITHIN_MIN, coverage};
use crate::planning::rounds::{PlannedVisit, RoundError, RoundPlan, Stop, round};
use crate::roads::{Closed, Roads};
use crate::team::{ByRoad, Measure};
use crate::words::{Locale, Spoken, say};

/// How many people somebody reaches within a time.
#[derive(Debug, Clone, Copy, PartialEq, uniffi::Record)]
pub struct WithinRow {
    /// The time, in minutes.
    pub minutes: u32,
    /// How many people.
    pub people: u64,
    /// Of all people, 0 to 1.
    pub share: f64,
}

/// Whom the teams reach.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ReachedRow {
    /// Within 15, 30 and 60 minutes.
    pub within: Vec<WithinRow>,
    /// How many people nobody reaches: no way is known.
    pub no_way: u64,
}

/// What is left when a team goes.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct IfGoneRow {
    /// The team.
    pub team: String,
    /// Whether it counts now; one that is off shift or bound already changes nothing by going.
    pub counts: bool,
    /// Whom the others reach.
    pub reached: ReachedRow,
}

/// Coverage now, and if each of some teams goes.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct CoverageScreen {
    /// How many people were counted.
    pub people: u64,
    /// Whose figures they are.
    pub source: String,
    /// How many teams count: on shift, bound to nobody, position known.
    pub teams: u32,
    /// How old the oldest of their positions is, in seconds.
    pub oldest_s: u64,
    /// How times are measured: `by-road`, or `straight-line` at a pace that the words say.
    pub measure: ReasonRow,
    /// Whom they reach now.
    pub now: ReachedRow,
    /// In the order of the question.
    pub if_gone: Vec<IfGoneRow>,
    /// Whose roads the times are from; shown beside them.
    pub attribution: Option<String>,
}

/// A visit that is planned.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct PlannedVisitInput {
    /// An id of the caller's, different for each.
    pub id: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// It begins not before, RFC 3339; `None`: at any time.
    pub opens: Option<String>,
    /// It begins at the latest then, RFC 3339; `None`: at any time.
    pub closes: Option<String>,
    /// How long it takes, in seconds; a day at most.
    pub takes_s: u32,
}

/// What a round is made of.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct RoundInput {
    /// Where it begins: degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// When it begins, RFC 3339.
    pub from: String,
    /// Where it ends: degrees north; `None`: with the last visit.
    pub end_latitude: Option<f64>,
    /// Degrees east.
    pub end_longitude: Option<f64>,
    /// By when it has ended, RFC 3339; `None`: at any time.
    pub until: Option<String>,
    /// The visits, 60 at most.
    pub visits: Vec<PlannedVisitInput>,
}

/// A visit in its place.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StopRow {
    /// The visit's id.
    pub id: String,
    /// Seconds on the road from the stop before.
    pub drive_s: u64,
    /// When one is there, RFC 3339.
    pub arrives: String,
    /// When the visit begins, RFC 3339.
    pub begins: String,
    /// When it ends, RFC 3339.
    pub leaves: String,
}

/// A visit that is not in the round.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NotVisitedRow {
    /// The visit's id.
    pub id: String,
    /// Why.
    pub reason: ReasonRow,
}

/// Planned visits in order.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RoundScreen {
    /// The visits in their order.
    pub stops: Vec<StopRow>,
    /// Those that are left out, each with its reason; with the stops, every visit that was asked for.
    pub left_out: Vec<NotVisitedRow>,
    /// When it ends, RFC 3339.
    pub ends: String,
    /// Seconds on the road.
    pub driven_s: u64,
    /// Seconds of waiting for a visit's time.
    pub waited_s: u64,
    /// Whether no other order makes as many visits and ends sooner; else it is a good one.
    pub best: bool,
    /// How times are measured.
    pub measure: ReasonRow,
    /// Whose roads the times are from; shown beside them.
    pub attribution: Option<String>,
}

impl From<CoverageError> for AnydoorError {
    fn from(error: CoverageError) -> Self {
        match error {
            CoverageError::UnknownTeam => Self::NotFound { what: "team".into() },
            CoverageError::NoTeams => Self::NotFound { what: "team-that-could-go".into() },
            CoverageError::Roads(error) => error.into(),
        }
    }
}

impl From<RoundError> for AnydoorError {
    fn from(error: RoundError) -> Self {
        let what = match error {
            RoundError::TooMany { .. } => "visits-too-many",
            RoundError::Twice => "visit-twice",
            RoundError::Window => "visit-window",
            RoundError::TooLong => "visit-too-long",
            RoundError::EndNotReached => "round-end",
            RoundError::OffTheMap => return Self::NotFound { what: "road".into() },
            RoundError::Roads(error) => return error.into(),
        };
        Self::Invalid { what: what.into() }
    }
}

impl Inner {
    /// Runs a question over the roads that are open, with what is closed; without a pack, over none.
    fn over_roads<R>(&self, ask: impl FnOnce(Option<ByRoad<'_>>) -> R) -> Result<R> {
        let Some(roads) = self.roads() else { return Ok(ask(None)) };
        let closed: Closed = self.closed(&roads)?;
        let roads: &Roads = &roads;
        Ok(ask(Some(ByRoad { roads, closed: &closed })))
    }

    fn attribution(&self, measure: Measure) -> Option<String> {
        self.roads().filter(|_| measure == Measure::ByRoad).map(|roads| roads.about().attribution.clone())
    }
}

fn reason<C: Spoken>(code: C, locale: &str) -> ReasonRow {
    ReasonRow { code: code.code().to_owned(), words: say(code, Locale::of(locale)) }
}

fn reached(of: &Reached, people: u64) -> ReachedRow {
    let row = |(minutes, within): (u32, u64)| WithinRow { minutes, people: within, share: within as f64 / people.max(1) as f64 };
    ReachedRow { within: WITHIN_MIN.into_iter().zip(of.within).map(row).collect(), no_way: of.no_way }
}

fn time(text: &str) -> Result<Instant> {
    text.parse().map_err(|_| AnydoorError::Invalid { what: "time".into() })
}

fn planned(visit: &PlannedVisitInput) -> Result<PlannedVisit> {
    Ok(PlannedVisit {
        id: visit.id.clone(),
        position: position(visit.latitude, visit.longitude)?,
        opens: visit.opens.as_deref().map(time).transpose()?,
        closes: visit.closes.as_deref().map(time).transpose()?,
        takes_s: visit.takes_s,
    })
}

fn plan(asked: &RoundInput) -> Result<RoundPlan> {
    let end = match (asked.end_latitude, asked.end_longitude) {
        (Some(latitude), Some(longitude)) => Some(position(latitude, longitude)?),
        (None, None) => None,
        _ => return Err(AnydoorError::Invalid { what: "position".into() }),
    };
    Ok(RoundPlan {
        start: position(asked.latitude, asked.longitude)?,
        from: time(&asked.from)?,
        end,
        until: asked.until.as_deref().map(time).transpose()?,
        visits: asked.visits.iter().map(planned).collect::<Result<_>>()?,
    })
}

fn stop(stop: Stop) -> StopRow {
    let Stop { id, drive_s, arrives, begins, leaves } = stop;
    StopRow { id, drive_s, arrives: arrives.to_string(), begins: begins.to_string(), leaves: leaves.to_string() }
}

#[uniffi::export]
impl Anydoor {
    /// How many of the county's people some team reaches within 15, 30 and 60 minutes, now and if each of `teams` goes: by
    /// road where a pack is open, with what is closed. Words are in `locale` (BCP 47).
    ///
    /// # Errors
    /// `NotFound` with `population` where the agency gives none, `team` where one is not known here, `team-that-could-go`
    /// where none is on shift, free and located.
    pub fn coverage_if_gone(&self, teams: Vec<String>, locale: &str) -> Result<CoverageScreen> {
        let leaving = teams.iter().map(|id| Ok(TeamId::parse(id)?)).collect::<Result<Vec<_>>>()?;
        let (all, population) =
            self.inner.store(|store| Ok((super::teams::teams(store)?, fhir::population::read(&store.of_kind("Library")?))))?;
        let population = population.ok_or_else(|| AnydoorError::NotFound { what: "population".into() })?;
        let now = self.inner.clock.now();
        let found = self.inner.over_roads(|by_road| coverage(&population, &all, &leaving, now, by_road))??;
        let people = population.people();
        let if_gone = found.if_gone.iter().map(|one| IfGoneRow {
            team: one.team.to_string(),
            counts: one.counts,
            reached: reached(&one.reached, people),
        });
        Ok(CoverageScreen {
            people,
            teams: u32::try_from(found.teams).unwrap_or(u32::MAX),
            oldest_s: found.oldest_s,
            measure: reason(found.measure, locale),
            now: reached(&found.now, people),
            if_gone: if_gone.collect(),
            attribution: self.inner.attribution(found.measure),
            source: population.source,
        })
    }

    /// Puts planned visits in order: as many as can be, then the earliest end, then the least driving. By road where a pack
    /// is open, with what is closed. Nothing is written. Words are in `locale` (BCP 47).
    ///
    /// # Errors
    /// `Invalid`: a position, time or window that is none, two visits with one id, more than 60, one longer than a day, or
    /// an end that is not reached in time (`round-end`). `NotFound`: no road is near the start or the end.
    pub fn plan_round(&self, asked: RoundInput, locale: &str) -> Result<RoundScreen> {
        if asked.visits.len() > crate::planning::rounds::MOST_VISITS {
            return Err(AnydoorError::Invalid { what: "visits-too-many".into() });
        }
        let plan = plan(&asked)?;
        let found = self.inner.over_roads(|by_road| round(&plan, by_road))??;
        let left_out = found.left_out.into_iter().map(|(id, why)| NotVisitedRow { id, reason: reason(why, locale) });
        Ok(RoundScreen {
            stops: found.stops.into_iter().map(stop).collect(),
            left_out: left_out.collect(),
            ends: found.ends.to_string(),
            driven_s: found.driven_s,
            waited_s: found.waited_s,
            best: found.best,
            measure: reason(found.measure, locale),
            attribution: self.inner.attribution(found.measure),
        })
    }
}
