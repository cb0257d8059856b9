//! Builds road packs: from OpenStreetMap ([`pbf`]) or from any [`Map`], to the bytes that
//! [`anydoor_core::roads::Roads`] opens.
//!
//! The way of a map: [`pbf::read`] keeps the ways that a crisis car may drive, with their speeds by [`profile::Profile`], and `streets` cuts them
//! at junctions;
//! [`network`] turns them into nodes and ways, with further nodes where a turn is restricted; [`connected`] keeps what
//! can be reached and left again; [`contract`] ranks the nodes and adds shortcuts; [`pack`] writes the file.
//!
//! One street of 300 m, built, opened and asked:
//!
//! ```
//! use anydoor_core::base::Position;
//! use anydoor_core::roads::format::Class;
//! use anydoor_core::roads::{Closed, Roads};
//! use anydoor_roads::{Map, Street, build};
//!
//! let mut map = Map { junctions: 2, attribution: "fictional".into(), source: "example".into(), ..Map::default() };
//! let name = map.names.place("Main Street");
//! // Places are tenths of micro-degrees; times are milliseconds there and back.
//! let line = vec![(401_000_000, -750_000_000), (401_027_000, -750_000_000)];
//! map.streets.push(Street { from: 0, to: 1, line, there: Some(30_000), back: Some(30_000), class: Class::Residential, name });
//! let roads = Roads::open(build(&map, &mut |_| true)?)?;
//!
//! let spot = |latitude| roads.snap(Position::new(latitude, -75.0).ok()?, 200.0).ok()?.ok();
//! let (from, to) = (spot(40.1).ok_or("no road")?, spot(40.1027).ok_or("no road")?);
//! let route = roads.route(&from, &to, &Closed::default())?.ok_or("no way")?;
//! assert_eq!((route.millis, route.streets), (30_000, vec!["Main Street".to_owned()]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod connected;
pub mod contract;
pub mod map;
pub mod network;
pub mod pack;
pub mod pbf;
pub mod profile;
mod streets;

use std::fmt;

pub use map::{Map, Restriction, Street, Turn};

/// How far a build has come. Printed by the command; `false` from the listener stops it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// How much of it: 0 … 1.
    pub share: f64,
}

/// The steps of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading the ways.
    Ways,
    /// Reading where they lie.
    Places,
    /// Joining streets and turns.
    Network,
    /// Ranking the nodes.
    Hierarchy,
    /// Writing.
    Pack,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ways => "reading the ways",
            Self::Places => "reading where they lie",
            Self::Network => "joining streets and turns",
            Self::Hierarchy => "ranking the junctions",
            Self::Pack => "writing the pack",
        })
    }
}

/// Who listens to the progress; returns whether to go on.
pub type Listener<'a> = &'a mut dyn FnMut(Progress) -> bool;

/// Why no pack was built. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The file cannot be read or written.
    #[error("{what}: {error}")]
    File {
        /// Which file.
        what: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is not OpenStreetMap PBF, or is damaged.
    #[error("not readable as OpenStreetMap PBF, near byte {near}: {why}")]
    Pbf {
        /// Some bytes before the trouble.
        near: u64,
        /// What the reader said.
        why: String,
    },
    /// No street that a car may drive.
    #[error("no street that a car may drive, of {ways} ways")]
    NoStreets {
        /// How many ways there were.
        ways: u64,
    },
    /// A street that cannot be: beyond the Earth, without length, or longer than four days.
    #[error("street {number} cannot be: {why}")]
    BadStreet {
        /// Its place in the map.
        number: usize,
        /// Why.
        why: &'static str,
    },
    /// The profile cannot be read.
    #[error("the profile cannot be read: {0}")]
    Profile(serde_json::Error),
    /// More than the format can hold.
    #[error("too large for one pack: {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
    },
    /// Stopped by the one who listened.
    #[error("stopped; nothing was written")]
    Stopped,
}

pub(crate) fn tell(listener: Listener<'_>, step: Step, share: f64) -> Result<(), BuildError> {
    if listener(Progress { step, share }) { Ok(()) } else { Err(BuildError::Stopped) }
}

/// Builds the pack of a map.
///
/// # Errors
/// [`BuildError`].
pub fn build(map: &Map, listener: Listener<'_>) -> Result<Vec<u8>, BuildError> {
    tell(listener, Step::Network, 0.0)?;
    let network = connected::keep(network::Network::of(map)?);
    if network.rows.is_empty() {
        return Err(BuildError::NoStreets { ways: map.streets.len() as u64 });
    }
    let hierarchy = contract::contract(network.nodes, network.arcs(), &mut |share| tell(listener, Step::Hierarchy, share))?;
    tell(listener, Step::Pack, 0.0)?;
    pack::write(map, &network, &hierarchy)
}
