//! The way to a scene.

use super::input::position;
use super::{Anydoor, Result};
use crate::base::Position;
use crate::base::ids::TeamId;
use crate::roads::Route;
use crate::views::route;

/// A way to a scene.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct RouteRow {
    /// Seconds at free flow, rounded up.
    pub seconds: u64,
    /// Metres along the road.
    pub metres: f64,
    /// Degrees: latitude, longitude, …, from the team to the scene.
    pub points: Vec<f64>,
    /// The named streets it goes along.
    pub streets: Vec<String>,
}

impl From<Route> for RouteRow {
    fn from(route: Route) -> Self {
        Self { seconds: u64::from(route.millis).div_ceil(1000), metres: route.metres, points: flat(&route.line), streets: route.streets }
    }
}

/// Degrees: latitude, longitude, latitude, longitude, …
pub(super) fn flat(line: &[Position]) -> Vec<f64> {
    line.iter().flat_map(|at| [at.latitude(), at.longitude()]).collect()
}

#[uniffi::export]
impl Anydoor {
    /// The fastest way of a team to a scene, with what is closed; `None` where there is none.
    ///
    /// # Errors
    /// `NotFound`: no pack is open, the team's position is not known, or there is no road near one of them.
    pub fn route(&self, team: &str, latitude: f64, longitude: f64) -> Result<Option<RouteRow>> {
        let (team, scene, roads) = (TeamId::parse(team)?, position(latitude, longitude)?, self.inner.open_roads()?);
        self.inner.store(|store| {
            let closed = self.inner.closed(store, &roads)?;
            Ok(route::route(store, &team, scene, &roads, &closed)?.map(Into::into))
        })
    }
}
