//! The ways of teams to a scene over a road pack: all of them in one question.

use super::Team;
use crate::base::Position;
use crate::roads::{Closed, Millis, Roads, RoadsError, Spot};

/// The farthest that a scene or a team may be from a road, in metres: a farm's drive that no map has, not another valley.
pub const OFF_ROAD_M: f64 = 2_000.0;
/// The roads, with what is closed.
#[derive(Debug, Clone, Copy)]
pub struct ByRoad<'a> {
    /// The road pack.
    pub roads: &'a Roads,
    /// What a lead has closed.
    pub closed: &'a Closed,
}

/// What is known of how long one team drives to the scene.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DriveTime {
    /// No road pack, or no position.
    NotAsked,
    /// The scene or the team is farther than [`OFF_ROAD_M`] from any road of the pack.
    OffTheMap,
    /// There is no way.
    None,
    /// It takes so long.
    Takes(Millis),
}

/// How long some teams drive to the scene.
pub struct DriveTimes {
    /// In the order of the teams.
    pub of_teams: Vec<DriveTime>,
    /// How far the scene lies off the road, in metres.
    pub off_road_m: Option<f64>,
}

impl DriveTimes {
    pub fn to<'t>(by_road: Option<ByRoad<'_>>, scene: Position, teams: impl Iterator<Item = &'t Team>) -> Self {
        let teams: Vec<&Team> = teams.collect();
        let Some(by_road) = by_road else { return Self { of_teams: vec![DriveTime::NotAsked; teams.len()], off_road_m: None } };
        Self::measure(by_road, scene, &teams).unwrap_or_else(|_| {
            // A pack is checked whole when it is opened; one that contradicts itself after that says nothing.
            Self { of_teams: vec![DriveTime::OffTheMap; teams.len()], off_road_m: None }
        })
    }

    fn measure(by_road: ByRoad<'_>, scene: Position, teams: &[&Team]) -> Result<Self, RoadsError> {
        let mut of_teams: Vec<DriveTime> =
            teams.iter().map(|team| team.fix.map_or(DriveTime::NotAsked, |_| DriveTime::OffTheMap)).collect();
        let Ok(scene) = by_road.roads.snap(scene, OFF_ROAD_M)? else { return Ok(Self { of_teams, off_road_m: None }) };
        let mut spots: Vec<(usize, Spot)> = Vec::new();
        for (place, team) in teams.iter().enumerate() {
            if let Some(fix) = team.fix
                && let Ok(spot) = by_road.roads.snap(fix.position, OFF_ROAD_M)?
            {
                spots.push((place, spot));
            }
        }
        let from: Vec<Spot> = spots.iter().map(|(_, spot)| *spot).collect();
        for ((place, _), millis) in spots.iter().zip(by_road.roads.times(&scene, &from, by_road.closed)?) {
            of_teams.get_mut(*place).into_iter().for_each(|way| *way = millis.map_or(DriveTime::None, DriveTime::Takes));
        }
        Ok(Self { of_teams, off_road_m: Some(scene.off_road_m) })
    }
}
