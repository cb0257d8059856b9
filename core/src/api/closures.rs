//! Roads that leads have closed.

use super::input::{position, time};
use super::route::flat;
use super::{Anydoor, AnydoorError, Result};
use crate::acts::close_road;
use crate::base::Position;
use crate::fhir::closures::RoadClosure;
use crate::views::closures as view;

/// A closure that a lead has drawn.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ClosureRow {
    /// The id.
    pub id: String,
    /// Why.
    pub why: String,
    /// Until when, RFC 3339; `None`: until it is opened again.
    pub until: Option<String>,
    /// Degrees: latitude, longitude, …
    pub points: Vec<f64>,
}

impl From<RoadClosure> for ClosureRow {
    fn from(one: RoadClosure) -> Self {
        Self { points: flat(&one.line), id: one.id, why: one.why, until: one.until.map(|at| at.to_string()) }
    }
}

#[uniffi::export]
impl Anydoor {
    /// Closes the streets that a line crosses, for the whole agency: a lead draws it over the map. `until` is RFC 3339.
    /// On return it is on disk and waits to be sent; this phone honours it at once. Returns its id.
    ///
    /// # Errors
    /// `NotAllowed` for who is not a lead by the agency's data too (`lead`, `lead-not-named`, `lead-unknown`), `Invalid` for a line
    /// that is none or a time that cannot be read.
    pub fn close_road(&self, points: Vec<f64>, why: String, until: Option<String>) -> Result<String> {
        let line: Vec<Position> = points
            .chunks(2)
            .map(|pair| match pair {
                [latitude, longitude] => position(*latitude, *longitude),
                _ => Err(AnydoorError::Invalid { what: "line".into() }),
            })
            .collect::<Result<_>>()?;
        let until = until.as_deref().map(time).transpose()?;
        self.inner.act(|store, actor| close_road::close(store, line, &why, until, actor))
    }

    /// Opens again what a lead has closed. On return that is on disk and waits to be sent.
    ///
    /// # Errors
    /// `NotAllowed` for anyone who is not a lead, `NotFound` for what is not closed.
    pub fn reopen_road(&self, id: &str) -> Result<()> {
        self.inner.plan(|store, actor| close_road::reopen(store, id, actor))
    }

    /// What is closed now.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn closures(&self) -> Result<Vec<ClosureRow>> {
        let now = self.inner.clock.now();
        self.inner.store(|store| Ok(view::closures(store, now)?.into_iter().map(Into::into).collect()))
    }
}
