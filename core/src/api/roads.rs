//! The road pack on this phone: the map, the way there, and what leads have closed.

use std::fs::File;
use std::sync::Arc;

use memmap2::Mmap;

use super::teams::teams;
use super::{Anydoor, AnydoorError, Inner, Result, lock};
use crate::acts::road_closures;
use crate::base::Position;
use crate::base::clock::Instant;
use crate::fhir;
use crate::roads::{Closed, Closure, Roads, RoadsError, Spot, View};
use crate::team::OFF_ROAD_M;

/// The road pack that is open.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RoadsRow {
    /// Whose data it is; shown wherever a map or a time by road is shown (ODbL 1.0, 4.3).
    pub attribution: String,
    /// What it was built from.
    pub source: String,
    /// How many streets it has.
    pub streets: u32,
}

/// A part of the map: all lines of one class.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct MapLayerRow {
    /// `motorway`, `primary`, `secondary`, `tertiary`, `residential`, `service`, `ferry`.
    pub class: String,
    /// Degrees: latitude, longitude, latitude, longitude, … of all lines one after the other.
    pub points: Vec<f64>,
    /// For each line, how many points it has.
    pub counts: Vec<u32>,
    /// For each line its name; empty where it has none or the scale has no room for names.
    pub names: Vec<String>,
}

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

impl From<RoadsError> for AnydoorError {
    fn from(error: RoadsError) -> Self {
        Self::Invalid { what: format!("roads: {error}") }
    }
}

pub(super) fn position(latitude: f64, longitude: f64) -> Result<Position> {
    Position::new(latitude, longitude).map_err(|_| AnydoorError::Invalid { what: "position".into() })
}

fn row(roads: &Roads) -> RoadsRow {
    let about = roads.about();
    RoadsRow { attribution: about.attribution.clone(), source: about.source.clone(), streets: about.streets }
}

fn flat(line: &[Position]) -> Vec<f64> {
    line.iter().flat_map(|at| [at.latitude(), at.longitude()]).collect()
}

/// Maps a file into memory.
#[allow(unsafe_code)]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: a map is only sound while nobody shortens or rewrites the file. Packs lie in the app's own folder, are put
    // there by a rename and never written in place (docs/roads.md).
    unsafe { Mmap::map(file) }
}

impl Inner {
    pub(super) fn roads(&self) -> Option<Arc<Roads>> {
        lock(&self.roads).clone()
    }

    /// What is closed now, as it meets the streets of the pack.
    pub(super) fn closed(&self, roads: &Roads) -> Result<Closed> {
        let now = self.clock.now();
        let closures = self.store(|store| Ok(fhir::closures::read_all(&store.of_kind("Library")?)))?;
        let lines: Vec<Closure> = closures.into_iter().filter(|one| one.holds_at(now)).map(|one| Closure { line: one.line }).collect();
        Ok(roads.close(&lines)?)
    }

    fn open_roads(&self) -> Result<Arc<Roads>> {
        self.roads().ok_or_else(|| AnydoorError::NotFound { what: "roads".into() })
    }
}

fn spot(roads: &Roads, at: Position) -> Result<Spot> {
    roads.snap(at, OFF_ROAD_M)?.map_err(|_| AnydoorError::NotFound { what: "road".into() })
}

#[uniffi::export]
impl Anydoor {
    /// Opens a road pack and checks it whole; from then on teams are ranked by road. The file is mapped, not copied: it
    /// must be replaced by renaming, never rewritten in place. Nothing is written.
    ///
    /// # Errors
    /// `NotFound` where there is no such file, `Invalid` where it is no pack, of another format, or damaged; a pack that
    /// was open stays open.
    pub fn open_roads(&self, path: String) -> Result<RoadsRow> {
        let mapped = File::open(path).and_then(|file| map(&file)).map_err(|_| AnydoorError::NotFound { what: "road pack".into() })?;
        let roads = Roads::open(mapped)?;
        let opened = row(&roads);
        *lock(&self.inner.roads) = Some(Arc::new(roads));
        self.inner.tell();
        Ok(opened)
    }

    /// The pack that is open.
    pub fn roads(&self) -> Option<RoadsRow> {
        self.inner.roads().map(|roads| row(&roads))
    }

    /// The map between two corners, the least important class first. `metres_per_pixel` decides how much is drawn.
    ///
    /// # Errors
    /// `NotFound` where no pack is open.
    pub fn map_lines(&self, south: f64, west: f64, north: f64, east: f64, metres_per_pixel: f64) -> Result<Vec<MapLayerRow>> {
        let lines = self.inner.open_roads()?.lines(View { south, west, north, east, metres_per_pixel })?;
        let mut layers: Vec<MapLayerRow> = Vec::new();
        for line in lines {
            let class = line.class.code();
            if layers.last().is_none_or(|layer| layer.class != class) {
                layers.push(MapLayerRow { class: class.to_owned(), points: Vec::new(), counts: Vec::new(), names: Vec::new() });
            }
            if let Some(layer) = layers.last_mut() {
                layer.counts.push(u32::try_from(line.points.len() / 2).unwrap_or(u32::MAX));
                layer.points.extend(line.points);
                layer.names.push(line.name);
            }
        }
        Ok(layers)
    }

    /// The fastest way of a team to a scene, with what is closed; `None` where there is none.
    ///
    /// # Errors
    /// `NotFound`: no pack is open, the team's position is not known, or there is no road near one of them.
    pub fn route(&self, team: &str, latitude: f64, longitude: f64) -> Result<Option<RouteRow>> {
        let roads = self.inner.open_roads()?;
        let fix = self.inner.store(|store| {
            let found = teams(store)?.into_iter().find(|one| one.id.as_str() == team).and_then(|one| one.fix);
            found.ok_or_else(|| AnydoorError::NotFound { what: "position".into() })
        })?;
        let (from, to) = (spot(&roads, fix.position)?, spot(&roads, position(latitude, longitude)?)?);
        let route = roads.route(&from, &to, &self.inner.closed(&roads)?)?;
        Ok(route.map(|route| RouteRow {
            seconds: u64::from(route.millis).div_ceil(1000),
            metres: route.metres,
            points: flat(&route.line),
            streets: route.streets,
        }))
    }

    /// Closes the streets that a line crosses, for the whole agency: a lead draws it over the map. `until` is RFC 3339.
    /// On return it is on disk and waits to be sent; this phone honours it at once. Returns its id.
    ///
    /// # Errors
    /// `NotAllowed` for anyone who is not a lead, `Invalid` for a line that is none or a time that cannot be read.
    pub fn close_road(&self, points: Vec<f64>, why: String, until: Option<String>) -> Result<String> {
        let line: Vec<Position> = points
            .chunks(2)
            .map(|pair| match pair {
                [latitude, longitude] => position(*latitude, *longitude),
                _ => Err(AnydoorError::Invalid { what: "line".into() }),
            })
            .collect::<Result<_>>()?;
        let until: Option<Instant> =
            until.map(|text| text.parse().map_err(|_| AnydoorError::Invalid { what: "time".into() })).transpose()?;
        self.inner.acted(|store| Ok(road_closures::close(line, &why, until, &self.inner.actor(store.writer()))?))
    }

    /// Opens again what a lead has closed. On return that is on disk and waits to be sent.
    ///
    /// # Errors
    /// `NotAllowed` for anyone who is not a lead, `NotFound` for what is not closed.
    pub fn reopen_road(&self, id: &str) -> Result<()> {
        self.inner.acted(|store| {
            let closure = store.document("Library", id)?.ok_or_else(|| AnydoorError::NotFound { what: "closure".into() })?;
            Ok((road_closures::reopen(closure, &self.inner.actor(store.writer()))?, ()))
        })
    }

    /// What is closed now.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn closures(&self) -> Result<Vec<ClosureRow>> {
        let now = self.inner.clock.now();
        let all = self.inner.store(|store| Ok(fhir::closures::read_all(&store.of_kind("Library")?)))?;
        let holding = all.into_iter().filter(|one| one.holds_at(now));
        Ok(holding
            .map(|one| ClosureRow { id: one.id, why: one.why, until: one.until.map(|at| at.to_string()), points: flat(&one.line) })
            .collect())
    }
}
