//! The road pack on this phone: opened, and drawn.

use std::fs::File;
use std::sync::Arc;

use memmap2::Mmap;

use super::{Anydoor, AnydoorError, Inner, Result, lock};
use crate::roads::{Closed, Roads, View};
use crate::store::Store;
use crate::team::{ByRoad, Measure};
use crate::views::closures;
use crate::views::map::{Layer, layers};

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

impl From<&Roads> for RoadsRow {
    fn from(roads: &Roads) -> Self {
        let about = roads.about();
        Self { attribution: about.attribution.clone(), source: about.source.clone(), streets: about.streets }
    }
}

impl From<Layer> for MapLayerRow {
    fn from(Layer { class, points, counts, names }: Layer) -> Self {
        Self { class: class.to_owned(), points, counts, names }
    }
}

/// Maps a file into memory.
#[allow(unsafe_code)]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: a map is only sound while nobody shortens or rewrites the file. Packs lie in the app's own folder, are put
    // there by a rename and never written in place (docs/roads.md).
    unsafe { Mmap::map(file) }
}

impl Inner {
    /// The pack that is open.
    pub(super) fn roads(&self) -> Option<Arc<Roads>> {
        lock(&self.roads).clone()
    }

    pub(super) fn open_roads(&self) -> Result<Arc<Roads>> {
        self.roads().ok_or_else(|| AnydoorError::NotFound { what: "roads".into() })
    }

    /// What is closed now, as it meets the streets of the pack.
    pub(super) fn closed(&self, store: &Store, roads: &Roads) -> Result<Closed> {
        Ok(closures::on_roads(closures::closures(store, self.clock.now())?, roads)?)
    }

    /// Runs a question over the store and the roads that are open, with what is closed; without a pack, over none.
    pub(super) fn over_roads<R>(&self, ask: impl FnOnce(&Store, Option<ByRoad<'_>>) -> Result<R>) -> Result<R> {
        let roads = self.roads();
        self.store(|store| {
            let closed = roads.as_deref().map(|roads| self.closed(store, roads)).transpose()?.unwrap_or_default();
            ask(store, roads.as_deref().map(|roads| ByRoad { roads, closed: &closed }))
        })
    }

    /// Whose roads a time is from.
    pub(super) fn attribution(&self, measure: Measure) -> Option<String> {
        self.roads().filter(|_| measure == Measure::ByRoad).map(|roads| roads.about().attribution.clone())
    }
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
        let opened = RoadsRow::from(&roads);
        *lock(&self.inner.roads) = Some(Arc::new(roads));
        self.inner.tell();
        Ok(opened)
    }

    /// The pack that is open.
    pub fn roads(&self) -> Option<RoadsRow> {
        self.inner.roads().map(|roads| RoadsRow::from(roads.as_ref()))
    }

    /// The map between two corners, the least important class first. `metres_per_pixel` decides how much is drawn.
    ///
    /// # Errors
    /// `NotFound` where no pack is open.
    pub fn map_lines(&self, south: f64, west: f64, north: f64, east: f64, metres_per_pixel: f64) -> Result<Vec<MapLayerRow>> {
        let view = View { south, west, north, east, metres_per_pixel };
        Ok(layers(self.inner.open_roads()?.as_ref(), view)?.into_iter().map(Into::into).collect())
    }
}
