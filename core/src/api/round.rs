//! For paramedics and planners: planned visits in a good order.

use super::input::{position, some_position, time};
use super::{Anydoor, ReasonRow, Result, reasons};
use crate::planning::rounds::{PlannedVisit, RoundPlan, Stop};
use crate::views::round::in_order;

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
    Ok(RoundPlan {
        start: position(asked.latitude, asked.longitude)?,
        from: time(&asked.from)?,
        end: some_position(asked.end_latitude, asked.end_longitude)?,
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
    /// Puts planned visits in order: as many as can be, then the earliest end, then the least driving. By road where a pack
    /// is open, with what is closed. Nothing is written. Words are in `locale` (BCP 47).
    ///
    /// # Errors
    /// `Invalid`: a position, time or window that is none, two visits with one id, more than 60, one longer than a day, or
    /// an end that is not reached in time (`round-end`). `NotFound`: no road is near the start or the end.
    pub fn plan_round(&self, asked: RoundInput, locale: &str) -> Result<RoundScreen> {
        let plan = plan(&asked)?;
        let found = self.inner.over_roads(|_, by_road| Ok(in_order(&plan, by_road)?))?;
        let left_out = found.left_out.into_iter().map(|(id, why)| NotVisitedRow { id, reason: reasons::of_code(why, locale) });
        Ok(RoundScreen {
            stops: found.stops.into_iter().map(stop).collect(),
            left_out: left_out.collect(),
            ends: found.ends.to_string(),
            driven_s: found.driven_s,
            waited_s: found.waited_s,
            best: found.best,
            measure: reasons::of_code(found.measure, locale),
            attribution: self.inner.attribution(found.measure),
        })
    }
}
