//! How fast a crisis car is on what, and where it may drive. It is a car among others: no lights, no rights of way.

use std::collections::BTreeMap;

use anydoor_core::roads::format::Class;
use serde::{Deserialize, Serialize};

use crate::BuildError;

/// The profile. An agency may give its own as JSON; what it leaves out stays as here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Kilometres an hour by OpenStreetMap's `highway`, where nothing is signed. What is not named is not driven.
    pub kmh: BTreeMap<String, f64>,
    /// The share of a signed limit that is driven on average.
    pub share_of_limit: f64,
    /// Kilometres an hour on private roads: people in crisis live there, but nobody drives through to save a minute.
    /// `null`: never.
    pub private_kmh: Option<f64>,
    /// Kilometres an hour of a ferry that does not say how long it takes.
    pub ferry_kmh: f64,
    /// Seconds to wait for a ferry and to board it.
    pub ferry_wait_s: f64,
}

impl Default for Profile {
    fn default() -> Self {
        let kmh = [
            ("motorway", 100.0),
            ("motorway_link", 50.0),
            ("trunk", 85.0),
            ("trunk_link", 45.0),
            ("primary", 60.0),
            ("primary_link", 35.0),
            ("secondary", 50.0),
            ("secondary_link", 30.0),
            ("tertiary", 40.0),
            ("tertiary_link", 25.0),
            ("unclassified", 35.0),
            ("road", 30.0),
            ("residential", 28.0),
            ("living_street", 10.0),
            ("service", 15.0),
            ("track", 12.0),
        ];
        Self {
            kmh: kmh.into_iter().map(|(highway, kmh)| (highway.to_owned(), kmh)).collect(),
            share_of_limit: 0.9,
            private_kmh: Some(8.0),
            ferry_kmh: 12.0,
            ferry_wait_s: 600.0,
        }
    }
}

/// A way as tags.
pub type Tags<'a> = BTreeMap<&'a str, &'a str>;

/// What a profile says of a way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Driven {
    /// Kilometres an hour along the way; `None` where a car may not drive so.
    pub there: Option<f64>,
    /// Against it.
    pub back: Option<f64>,
    /// How important it is.
    pub class: Class,
    /// Seconds at each end: a ferry's wait.
    pub wait_s: f64,
    /// Seconds over the whole way, where it says so.
    pub takes_s: Option<f64>,
}

impl Profile {
    /// A profile from JSON.
    ///
    /// # Errors
    /// [`BuildError::Profile`]
    pub fn parse(text: &str) -> Result<Self, BuildError> {
        let profile: Self = serde_json::from_str(text).map_err(BuildError::Profile)?;
        let fast = |kmh: &f64| kmh.is_finite() && (1.0..=200.0).contains(kmh);
        let right = profile.kmh.values().chain(profile.private_kmh.iter()).chain([&profile.ferry_kmh]).all(fast)
            && (0.1..=1.5).contains(&profile.share_of_limit)
            && (0.0..=86_400.0).contains(&profile.ferry_wait_s);
        if right {
            Ok(profile)
        } else {
            Err(BuildError::Profile(serde::de::Error::custom("speeds are 1 to 200 km/h, the share 0.1 to 1.5")))
        }
    }

    /// What it says of a way; `None` where a car does not drive.
    pub fn driven(&self, tags: &Tags<'_>) -> Option<Driven> {
        let tag = |key: &str| tags.get(key).copied();
        let yes = |key: &str| tag(key) == Some("yes");
        if ["area", "impassable", "disused", "abandoned", "winter_road", "ice_road"].into_iter().any(yes) {
            return None;
        }
        if tag("route") == Some("ferry") {
            return self.ferry(tags);
        }
        let highway = tag("highway")?;
        let usual = self.usual_kmh(tags, highway)?;
        if highway == "track" && tag("tracktype").is_some_and(|grade| matches!(grade, "grade3" | "grade4" | "grade5")) {
            return None;
        }
        // For emergency vehicles, which a crisis car is not.
        let reserved = tag("service") == Some("emergency_access");
        let speed = |way: &str| {
            let private = match access(tags, way) {
                Some(Access::No) => return None,
                None if reserved => return None,
                Some(Access::Private) => true,
                Some(Access::Yes) | None => false,
            };
            let limit = tags.get(format!("maxspeed:{way}").as_str()).copied().or_else(|| tag("maxspeed")).and_then(kmh);
            let speed = limit.map_or(usual, |kmh| (kmh * self.share_of_limit).max(1.0));
            if private { self.private_kmh.map(|slow| slow.min(speed)) } else { Some(speed) }
        };
        let (there, back) = match direction(tags, highway) {
            Direction::Both => (speed("forward"), speed("backward")),
            Direction::There => (speed("forward"), None),
            Direction::Back => (None, speed("backward")),
            Direction::Closed => (None, None),
        };
        (there.is_some() || back.is_some()).then_some(Driven { there, back, class: class(highway), wait_s: 0.0, takes_s: None })
    }

    /// The speed without a sign. A way for others is driven at a walking street's where a key of its own lets cars in.
    fn usual_kmh(&self, tags: &Tags<'_>, highway: &str) -> Option<f64> {
        let for_others = matches!(highway, "pedestrian" | "footway" | "path" | "cycleway" | "bridleway" | "busway");
        let let_in = || {
            let own = ["motorcar", "motor_vehicle"].into_iter().find_map(|key| tags.get(key).copied())?;
            (meaning(own) == Access::Yes).then(|| self.kmh.get("living_street").copied()).flatten()
        };
        self.kmh.get(highway).copied().or_else(|| for_others.then(let_in).flatten())
    }

    fn ferry(&self, tags: &Tags<'_>) -> Option<Driven> {
        let way = direction(tags, "ferry");
        // A ferry carries cars only where it says so.
        let carries = |way: &str| {
            let said = keys(way).into_iter().find_map(|key| tags.get(key.as_str()).copied())?;
            let said = said.split(';').any(|one| matches!(one.trim(), "yes" | "designated" | "permissive"));
            said.then_some(self.ferry_kmh)
        };
        let there = carries("forward").filter(|_| matches!(way, Direction::Both | Direction::There));
        let back = carries("backward").filter(|_| matches!(way, Direction::Both | Direction::Back));
        there.or(back)?;
        let takes_s = tags.get("duration").copied().and_then(duration_s);
        Some(Driven { there, back, class: Class::Ferry, wait_s: self.ferry_wait_s / 2.0, takes_s })
    }
}

/// What a word about access means for a crisis car.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// It may not drive there.
    No,
    /// It drives there to somebody, and not through.
    Private,
    /// It may.
    Yes,
}

/// What a value means; of a list (`agricultural;forestry`) whatever lets a car in most. A word that is not known forbids
/// nothing.
pub fn meaning(value: &str) -> Access {
    let one = |word: &str| match word.trim() {
        "no" | "agricultural" | "forestry" | "emergency" | "psv" | "bus" | "taxi" | "military" | "hgv" | "bicycle" | "foot" => Access::No,
        "private" | "customers" | "delivery" | "permit" | "residents" => Access::Private,
        _ => Access::Yes,
    };
    value.split(';').filter(|word| !word.trim().is_empty()).map(one).max().unwrap_or(Access::Yes)
}

/// The keys of access for a car, the most specific first (OpenStreetMap wiki, Key:access, "Transport mode restrictions").
pub const MODES: [&str; 4] = ["motorcar", "motor_vehicle", "vehicle", "access"];

/// The keys that speak of a car in one direction, in the order in which they count: by vehicle, then by direction.
fn keys(way: &str) -> Vec<String> {
    MODES.iter().flat_map(|mode| [format!("{mode}:{way}"), (*mode).to_owned()]).collect()
}

/// What the most specific key says of a direction (`forward`, `backward`); `None` where none does.
fn access(tags: &Tags<'_>, way: &str) -> Option<Access> {
    keys(way).into_iter().find_map(|key| tags.get(key.as_str()).copied()).map(meaning)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Both,
    There,
    Back,
    Closed,
}

fn direction(tags: &Tags<'_>, highway: &str) -> Direction {
    let given = ["oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"].into_iter().find_map(|key| tags.get(key).copied());
    match given {
        Some("yes" | "true" | "1") => Direction::There,
        Some("-1" | "reverse") => Direction::Back,
        Some("reversible") => Direction::Closed,
        Some("no" | "false" | "0" | "alternating") => Direction::Both,
        _ => {
            let round = matches!(tags.get("junction").copied(), Some("roundabout" | "circular"));
            if round || highway == "motorway" { Direction::There } else { Direction::Both }
        }
    }
}

fn class(highway: &str) -> Class {
    match highway.trim_end_matches("_link") {
        "motorway" | "trunk" => Class::Motorway,
        "primary" => Class::Primary,
        "secondary" => Class::Secondary,
        "tertiary" => Class::Tertiary,
        "service" | "track" => Class::Service,
        _ => Class::Residential,
    }
}

/// A speed limit as it is tagged: `50`, `30 mph`, `20 knots`, `walk`; of a list the lowest. Words like `none` or `signals`
/// say nothing that we can drive by.
fn kmh(text: &str) -> Option<f64> {
    text.split(';').filter_map(one_kmh).reduce(f64::min)
}

fn one_kmh(text: &str) -> Option<f64> {
    let text = text.trim();
    if text == "walk" {
        return Some(5.0);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let number: f64 = number.parse().ok()?;
    let kmh = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "km/h" | "kmh" | "kph" => number,
        "mph" => number * 1.609_344,
        "knots" => number * 1.852,
        _ => return None,
    };
    (1.0..=160.0).contains(&kmh).then_some(kmh)
}

/// A duration as it is tagged: `20` minutes, `01:30` hours and minutes, `00:10:30`, `PT20M` (ISO 8601).
fn duration_s(text: &str) -> Option<f64> {
    let iso = || {
        let span: jiff::Span = text.trim().parse().ok().filter(|_| text.trim().starts_with('P'))?;
        span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).ok()
    };
    let parts: Option<Vec<f64>> = text.split(':').map(|part| part.trim().parse::<f64>().ok()).collect();
    let seconds = match parts.as_deref() {
        None => iso()?,
        Some([minutes]) => minutes * 60.0,
        Some([hours, minutes]) => hours * 3600.0 + minutes * 60.0,
        Some([hours, minutes, seconds]) => hours * 3600.0 + minutes * 60.0 + seconds,
        Some(_) => return None,
    };
    (1.0..=86_400.0).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests;
