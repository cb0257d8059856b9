//! The times between all places of a round: by road, all to one in one question, or by straight line.

use crate::base::Position;
use crate::base::geo::distance_m;
use crate::roads::{Millis, RoadsError, Spot};
use crate::team::straight_millis;
use crate::team::{ByRoad, OFF_ROAD_M};

/// The times from each place to each.
#[derive(Debug, Clone)]
pub struct Legs {
    places: usize,
    /// Place by place from which one sets out.
    millis: Vec<Option<Millis>>,
    on_map: Vec<bool>,
}

impl Legs {
    pub fn between(places: &[Position], by_road: Option<ByRoad<'_>>) -> Result<Self, RoadsError> {
        let count = places.len();
        let Some(ByRoad { roads, closed }) = by_road else {
            let straight = |from: &Position| places.iter().map(|to| Some(straight_millis(distance_m(*from, *to)))).collect::<Vec<_>>();
            return Ok(Self { places: count, millis: places.iter().flat_map(straight).collect(), on_map: vec![true; count] });
        };
        let spots = places.iter().map(|at| Ok(roads.snap(*at, OFF_ROAD_M)?.ok())).collect::<Result<Vec<Option<Spot>>, RoadsError>>()?;
        let from: Vec<Spot> = spots.iter().flatten().copied().collect();
        let mut millis = vec![None; count * count];
        for (to, spot) in spots.iter().enumerate() {
            let Some(spot) = spot else { continue };
            let mut times = roads.times(spot, &from, closed)?.into_iter();
            for (place, _) in spots.iter().enumerate().filter(|(_, spot)| spot.is_some()) {
                let time = times.next().flatten();
                millis.get_mut(place * count + to).into_iter().for_each(|slot| *slot = time);
            }
        }
        Ok(Self { places: count, millis, on_map: spots.iter().map(Option::is_some).collect() })
    }

    /// The time from one place to another; `None` where there is no way.
    pub fn time(&self, from: usize, to: usize) -> Option<Millis> {
        self.millis.get(from * self.places + to).copied().flatten()
    }

    /// The number of the last place.
    pub fn last(&self) -> usize {
        self.places.saturating_sub(1)
    }

    /// Whether a road is near.
    pub fn is_on_map(&self, place: usize) -> bool {
        self.on_map.get(place).copied().unwrap_or_default()
    }

    /// From a table of times, row by row.
    #[cfg(test)]
    pub fn of(places: usize, millis: Vec<Option<Millis>>) -> Self {
        Self { places, millis, on_map: vec![true; places] }
    }
}
