//! Coverage if a team goes: how many of the county's people somebody reaches within 15, 30 and 60 minutes, now and with
//! the team bound elsewhere. For leads, who choose between sending the nearest and stripping a bank of the river.
//!
//! Rule: a team counts that could be sent now: on shift, not on a break, bound to nobody, and its position known. People
//! are the agency's weighted points (`fhir::population`). By road where there is a pack, with what is closed; else by
//! straight line at a pace that is said. One search serves all teams (`roads::FirstTwo`).

use crate::base::Position;
use crate::base::clock::Instant;
use crate::base::geo::distance_m;
use crate::base::ids::TeamId;
use crate::roads::{FirstTwo, Millis, RoadsError, Spot};
use crate::team::{ByRoad, Measure, Needs, OFF_ROAD_M, Shortlist, Team, straight_millis, why_not};

/// The times that are asked about, in minutes.
pub const WITHIN_MIN: [u32; 3] = [15, 30, 60];
/// The most points that a population has: enough for the census block groups of nearly every county.
pub const MOST_POINTS: usize = 5_000;
/// The most people that one point stands for.
pub const MOST_PEOPLE: u32 = 10_000_000;

/// Why points are no population.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PopulationError {
    /// A point is not on Earth.
    #[error("a point is not on Earth")]
    OffEarth,
    /// Fewer than no people, or more than [`MOST_PEOPLE`], at one point.
    #[error("a point has {people} people")]
    Weight {
        /// What was said.
        people: i64,
    },
    /// More than [`MOST_POINTS`].
    #[error("{points} points, and {MOST_POINTS} are read")]
    TooMany {
        /// How many there are.
        points: usize,
    },
    /// Nobody lives there.
    #[error("nobody lives there")]
    Nobody,
}

/// People who live around one point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeoplePoint {
    /// Where.
    pub position: Position,
    /// How many.
    pub people: u32,
}

impl PeoplePoint {
    /// From degrees and a number of people.
    ///
    /// # Errors
    /// [`PopulationError::OffEarth`], also for NaN; [`PopulationError::Weight`].
    pub fn new(latitude: f64, longitude: f64, people: i64) -> Result<Self, PopulationError> {
        let position = Position::new(latitude, longitude).map_err(|_| PopulationError::OffEarth)?;
        let most = u32::try_from(people).ok().filter(|people| *people <= MOST_PEOPLE);
        Ok(Self { position, people: most.ok_or(PopulationError::Weight { people })? })
    }
}

/// The county's people.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    /// Whose figures they are, and of when.
    pub source: String,
    points: Vec<PeoplePoint>,
    people: u64,
}

impl Population {
    /// From points; those without people are left out.
    ///
    /// # Errors
    /// [`PopulationError::TooMany`], [`PopulationError::Nobody`].
    pub fn new(source: &str, points: Vec<PeoplePoint>) -> Result<Self, PopulationError> {
        if points.len() > MOST_POINTS {
            return Err(PopulationError::TooMany { points: points.len() });
        }
        let points: Vec<PeoplePoint> = points.into_iter().filter(|point| point.people > 0).collect();
        // At most 5,000 points of ten million each: the sum fits many times over.
        let people = points.iter().map(|point| u64::from(point.people)).sum();
        if people == 0 { Err(PopulationError::Nobody) } else { Ok(Self { source: source.to_owned(), points, people }) }
    }

    /// Where people live.
    pub fn points(&self) -> &[PeoplePoint] {
        &self.points
    }

    /// How many they are.
    pub fn people(&self) -> u64 {
        self.people
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoverageError {
    /// A team that is asked about is not here.
    #[error("no such team")]
    UnknownTeam,
    /// No team could be sent now from a known position: there is nothing to compare.
    #[error("no team that could be sent")]
    NoTeams,
    /// The road pack is not what it says.
    #[error(transparent)]
    Roads(#[from] RoadsError),
}

/// How many people somebody reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    /// Within each of [`WITHIN_MIN`].
    pub within: [u64; 3],
    /// To whom no way is known from any team: cut off by closures, or nowhere near a road of the pack.
    pub no_way: u64,
}

impl Reached {
    fn add(&mut self, people: u32, millis: Option<Millis>) {
        match millis {
            None => self.no_way += u64::from(people),
            Some(millis) => {
                for (within, minutes) in self.within.iter_mut().zip(WITHIN_MIN) {
                    *within += if millis <= minutes * 60_000 { u64::from(people) } else { 0 };
                }
            }
        }
    }
}

/// What is left when one team goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfGone {
    /// The team.
    pub team: TeamId,
    /// Whether it counts now: without it the figures change.
    pub counts: bool,
    /// Whom the others reach.
    pub reached: Reached,
}

/// Coverage now, and if each of some teams goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// How times are measured.
    pub measure: Measure,
    /// How many teams count.
    pub teams: usize,
    /// How old the oldest of their positions is, in seconds.
    pub oldest_s: u64,
    /// Whom they reach now.
    pub now: Reached,
    /// In the order of the question.
    pub if_gone: Vec<IfGone>,
}

/// Counts whom the teams reach, now and without each of `leaving`.
///
/// # Errors
/// [`CoverageError`].
pub fn coverage(
    population: &Population,
    teams: &[Team],
    leaving: &[TeamId],
    now: Instant,
    by_road: Option<ByRoad<'_>>,
) -> Result<Coverage, CoverageError> {
    if leaving.iter().any(|id| !teams.iter().any(|team| &team.id == id)) {
        return Err(CoverageError::UnknownTeam);
    }
    let needs = Needs::default();
    let could_go = teams.iter().filter(|team| why_not(team, &needs, now).is_empty());
    let mut counted: Vec<(&Team, Position)> = could_go.filter_map(|team| Some((team, team.fix?.position))).collect();
    let first_two = match by_road {
        Some(by_road) => over_roads(population, &mut counted, by_road)?,
        None => by_straight_line(population, &counted),
    };
    if counted.is_empty() {
        return Err(CoverageError::NoTeams);
    }
    let reached = |millis: &dyn Fn(&FirstTwo) -> Option<Millis>| {
        let mut all = Reached::default();
        population.points.iter().zip(&first_two).for_each(|(point, two)| all.add(point.people, millis(two)));
        all
    };
    let if_gone = leaving.iter().map(|id| {
        let number = (0_u32..).zip(&counted).find(|(_, (team, _))| &team.id == id).map(|(number, _)| number);
        let others = |two: &FirstTwo| number.map_or_else(|| two.first(), |number| two.without(number));
        IfGone { team: id.clone(), counts: number.is_some(), reached: reached(&others) }
    });
    let ages = counted.iter().filter_map(|(team, _)| Some(now.duration_since(team.fix?.at).as_secs().max(0).unsigned_abs()));
    Ok(Coverage {
        measure: if by_road.is_some() { Measure::ByRoad } else { Measure::StraightLine },
        teams: counted.len(),
        oldest_s: ages.max().unwrap_or_default(),
        now: reached(&FirstTwo::first),
        if_gone: if_gone.collect(),
    })
}

/// Who is first at each point by road. Teams that stand nowhere near a road of the pack are taken out: they count nothing.
fn over_roads(population: &Population, counted: &mut Vec<(&Team, Position)>, by_road: ByRoad<'_>) -> Result<Vec<FirstTwo>, RoadsError> {
    let snap = |position| Ok::<_, RoadsError>(by_road.roads.snap(position, OFF_ROAD_M)?.ok());
    let mut from: Vec<Spot> = Vec::new();
    let mut kept = Vec::new();
    for (team, position) in counted.drain(..) {
        if let Some(spot) = snap(position)? {
            from.push(spot);
            kept.push((team, position));
        }
    }
    *counted = kept;
    let spots = population.points.iter().map(|point| snap(point.position)).collect::<Result<Vec<Option<Spot>>, _>>()?;
    let places: Vec<Spot> = spots.iter().flatten().copied().collect();
    let mut found = by_road.roads.first_two(&from, &places, by_road.closed)?.into_iter();
    Ok(spots.iter().map(|spot| spot.and_then(|_| found.next()).unwrap_or_default()).collect())
}

/// Who is first at each point by straight line.
fn by_straight_line(population: &Population, counted: &[(&Team, Position)]) -> Vec<FirstTwo> {
    let two_nearest = |point: &PeoplePoint| {
        let mut shortlist = Shortlist::new(point.position, 2);
        (0_u32..).zip(counted).for_each(|(number, (_, position))| shortlist.offer(number, *position));
        let mut two = FirstTwo::default();
        for number in shortlist.teams() {
            if let Some((_, position)) = counted.get(number as usize) {
                two.offer(number, straight_millis(distance_m(*position, point.position)));
            }
        }
        two
    };
    population.points.iter().map(two_nearest).collect()
}

#[cfg(test)]
#[path = "coverage_tests.rs"]
mod tests;
