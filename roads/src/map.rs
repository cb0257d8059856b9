//! A map: streets between junctions, and turns that may not be taken.

use std::collections::HashMap;

use anydoor_core::roads::format::Class;

/// A position in 10⁻⁷ degrees: north, east.
pub type Point = (i32, i32);

/// A street between two junctions.
#[derive(Debug, Clone, PartialEq)]
pub struct Street {
    /// The junction where its line begins.
    pub from: u32,
    /// The junction where its line ends.
    pub to: u32,
    /// Its whole line, at least two points.
    pub line: Vec<Point>,
    /// Milliseconds from the beginning to the end at free flow; `None` where a car may not drive so.
    pub there: Option<u32>,
    /// Milliseconds from the end to the beginning.
    pub back: Option<u32>,
    /// How important it is.
    pub class: Class,
    /// Its name, as a place in [`Map::names`]; 0 is no name.
    pub name: u32,
}

/// A street driven in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Turn {
    /// The street.
    pub street: u32,
    /// From its end to its beginning.
    pub back: bool,
}

/// Ways over junctions that may not be taken, or that alone may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// The streets in the order they are driven: whence, over which, whither. At least two.
    pub over: Vec<Turn>,
    /// Only this may be driven, and nothing else (`only_…`); otherwise this may not (`no_…`).
    pub only: bool,
}

/// What a pack is built from.
#[derive(Debug, Clone, Default)]
pub struct Map {
    /// How many junctions there are.
    pub junctions: u32,
    /// The streets.
    pub streets: Vec<Street>,
    /// The restrictions.
    pub restrictions: Vec<Restriction>,
    /// Restrictions that could not be understood.
    pub restrictions_left_out: u32,
    /// The names.
    pub names: Names,
    /// Whose data it is.
    pub attribution: String,
    /// Where it comes from.
    pub source: String,
    /// The profile by which the times were reckoned.
    pub profile: serde_json::Value,
}

/// Names, each once.
#[derive(Debug, Clone)]
pub struct Names {
    all: Vec<String>,
    places: HashMap<String, u32>,
}

impl Default for Names {
    fn default() -> Self {
        Self { all: vec![String::new()], places: HashMap::from([(String::new(), 0)]) }
    }
}

impl Names {
    /// The place of a name.
    pub fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.all.len() as u32;
        self.all.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        place
    }

    /// Every name, by its place.
    pub fn all(&self) -> &[String] {
        &self.all
    }
}
