//! The county's roads as a road pack: its own, generated, or a real one from a file.

use std::path::{Path, PathBuf};

use anydoor_core::base::Position;
use anydoor_core::roads::Roads;
use anydoor_core::roads::format::Class;
use anydoor_roads::{BuildError, Map, Street, build};

use crate::county::{County, Junction};

/// Where the county's roads lie, and where their middle is.
#[derive(Debug)]
pub struct Pack {
    /// The file.
    pub path: PathBuf,
    /// The middle of what it covers.
    pub middle: Option<Position>,
    /// Goes away with the pack where it was built here.
    _folder: Option<tempfile::TempDir>,
}

/// The county's generated streets. Alder County is fictional; so is their data.
pub fn map(county: &County) -> Map {
    let mut map = Map {
        junctions: county.junctions.len() as u32,
        attribution: "Alder County, fictional".to_owned(),
        source: "generated".to_owned(),
        ..Map::default()
    };
    for road in &county.roads {
        let at = |index: usize| county.junctions.get(index).copied().map(|junction: Junction| tenth_micro(junction.position));
        let (Some(from), Some(to)) = (at(road.from), at(road.to)) else { continue };
        let millis = Some((road.seconds * 1000.0).round() as u32);
        let name = map.names.place(if road.bridge { "Alder Bridge" } else { "" });
        let class = if road.bridge { Class::Secondary } else { Class::Residential };
        map.streets.push(Street {
            from: road.from as u32,
            to: road.to as u32,
            line: vec![from, to],
            there: millis,
            back: millis,
            class,
            name,
        });
    }
    map
}

fn tenth_micro(position: Position) -> (i32, i32) {
    ((position.latitude() * 1e7).round() as i32, (position.longitude() * 1e7).round() as i32)
}

impl Pack {
    /// Builds the county's own pack into a folder that goes away with it.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn of(county: &County) -> Result<Self, BuildError> {
        let file = |error| BuildError::File { what: "the county's road pack".to_owned(), error };
        let folder = tempfile::tempdir().map_err(file)?;
        let path = folder.path().join("county.roads");
        std::fs::write(&path, build(&map(county), &mut |_| true)?).map_err(file)?;
        Ok(Self { path, middle: None, _folder: Some(folder) })
    }

    /// The county with its road pack: its own, or a real one around whose middle it is moved.
    ///
    /// # Errors
    /// Words for the one who gave the file.
    pub fn around(county: County, given: Option<&Path>) -> Result<(County, Self), String> {
        let Some(path) = given else {
            let pack = Self::of(&county).map_err(|error| error.to_string())?;
            return Ok((county, pack));
        };
        let pack = Self::from_file(path)?;
        Ok((if let Some(middle) = pack.middle { county.around(middle) } else { county }, pack))
    }

    /// A pack from a file.
    ///
    /// # Errors
    /// Words for the one who gave the file.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let roads = Roads::open(bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path: path.to_owned(), middle: roads.middle(), _folder: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anydoor_core::roads::Closed;

    #[test]
    fn the_near_bank_is_not_the_quick_one() {
        let county = County::generate(7, "2026-11-23T14:00:00Z".parse().unwrap());
        let pack = Pack::of(&county).unwrap();
        let roads = Roads::open(std::fs::read(&pack.path).unwrap()).unwrap();
        let junction = |row: usize, column: usize| roads.snap(county.junctions[row * 24 + column].position, 100.0).unwrap().unwrap();
        // Row 12 lies half-way between the bridges; columns 11 and 12 face each other over the river.
        let (scene, across, along) = (junction(12, 12), junction(12, 11), junction(12, 16));
        let times = roads.times(&scene, &[across, along], &Closed::default()).unwrap();
        assert!(times[0].unwrap() > 2 * times[1].unwrap(), "{times:?}");
    }
}
