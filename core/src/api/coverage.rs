//! For leads: whom the teams reach, now and if a team goes.

use super::{Anydoor, AnydoorError, ReasonRow, Result, reasons};
use crate::base::ids::TeamId;
use crate::planning::coverage::{Reached, WITHIN_MIN};
use crate::views::coverage::if_gone;

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

fn reached(of: &Reached, people: u64) -> ReachedRow {
    let row = |(minutes, within): (u32, u64)| WithinRow { minutes, people: within, share: within as f64 / people.max(1) as f64 };
    ReachedRow { within: WITHIN_MIN.into_iter().zip(of.within).map(row).collect(), no_way: of.no_way }
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
        let leaving = teams.iter().map(|id| Ok::<_, AnydoorError>(TeamId::parse(id)?)).collect::<Result<Vec<_>>>()?;
        let now = self.inner.clock.now();
        let found = self.inner.over_roads(|store, by_road| Ok(if_gone(store, &leaving, now, by_road)?))?;
        let people = found.people;
        let row = |one: &crate::planning::coverage::IfGone| IfGoneRow {
            team: one.team.to_string(),
            counts: one.counts,
            reached: reached(&one.reached, people),
        };
        Ok(CoverageScreen {
            people,
            source: found.source,
            teams: u32::try_from(found.coverage.teams).unwrap_or(u32::MAX),
            oldest_s: found.coverage.oldest_s,
            measure: reasons::of_code(found.coverage.measure, locale),
            now: reached(&found.coverage.now, people),
            if_gone: found.coverage.if_gone.iter().map(row).collect(),
            attribution: self.inner.attribution(found.coverage.measure),
        })
    }
}
