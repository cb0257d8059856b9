//! The way of a team to a scene.

use crate::base::Position;
use crate::base::ids::TeamId;
use crate::records::lookup;
use crate::records::{Records, RecordsError};
use crate::roads::{Closed, Roads, RoadsError, Route, Spot};
use crate::team::OFF_ROAD_M;

use super::LookupError;

/// Why no way can be asked for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoRoute {
    /// Nobody knows where the team is.
    #[error("the team's position is not known")]
    PositionUnknown,
    /// There is no road near one of the ends.
    #[error("no road is near")]
    NoRoad,
    /// The pack contradicts itself.
    #[error(transparent)]
    Roads(#[from] RoadsError),
    /// The records gave an error.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// The fastest way of a team to a scene, with what is closed; `None` where there is none.
///
/// # Errors
/// [`NoRoute`].
pub fn route<R: Records + ?Sized>(
    records: &R,
    team: &TeamId,
    scene: Position,
    roads: &Roads,
    closed: &Closed,
) -> Result<Option<Route>, NoRoute> {
    let fix = match lookup::team(records, team) {
        Ok(team) => team.fix.ok_or(NoRoute::PositionUnknown)?,
        Err(LookupError::Records(error)) => return Err(error.into()),
        Err(LookupError::NotHere { .. } | LookupError::Read(_)) => return Err(NoRoute::PositionUnknown),
    };
    Ok(roads.route(&spot(roads, fix.position)?, &spot(roads, scene)?, closed)?)
}

fn spot(roads: &Roads, at: Position) -> Result<Spot, NoRoute> {
    roads.snap(at, OFF_ROAD_M)?.map_err(|_| NoRoute::NoRoad)
}
