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
        let access = ["motorcar", "motor_vehicle", "vehicle", "access"].into_iter().find_map(tag);
        let private = match access {
            Some("no" | "agricultural" | "forestry" | "emergency" | "psv" | "bus" | "taxi" | "military") => return None,
            Some("private" | "customers" | "delivery" | "permit" | "residents") => true,
            _ => false,
        };
        if tag("area") == Some("yes") || tag("impassable") == Some("yes") {
            return None;
        }
        if tag("route") == Some("ferry") {
            return self.ferry(tags, access);
        }
        let highway = tag("highway")?;
        let usual = *self.kmh.get(highway)?;
        if highway == "track" && tag("tracktype").is_some_and(|grade| matches!(grade, "grade3" | "grade4" | "grade5")) {
            return None;
        }
        let speed = |direction: &str| {
            let signed = tag(direction).or_else(|| tag("maxspeed")).and_then(kmh).map(|kmh| (kmh * self.share_of_limit).max(1.0));
            let speed = signed.unwrap_or(usual);
            if private { self.private_kmh.map(|slow| slow.min(speed)) } else { Some(speed) }
        };
        let (there, back) = match direction(tags, highway) {
            Direction::Both => (speed("maxspeed:forward"), speed("maxspeed:backward")),
            Direction::There => (speed("maxspeed:forward"), None),
            Direction::Back => (None, speed("maxspeed:backward")),
            Direction::Closed => (None, None),
        };
        (there.is_some() || back.is_some()).then_some(Driven { there, back, class: class(highway), wait_s: 0.0, takes_s: None })
    }

    fn ferry(&self, tags: &Tags<'_>, access: Option<&str>) -> Option<Driven> {
        // A ferry carries cars only where it says so.
        if !matches!(access, Some("yes" | "designated" | "permissive")) {
            return None;
        }
        let there = (direction(tags, "ferry") != Direction::Back).then_some(self.ferry_kmh);
        let back = (direction(tags, "ferry") != Direction::There).then_some(self.ferry_kmh);
        let takes_s = tags.get("duration").copied().and_then(duration_s);
        Some(Driven { there, back, class: Class::Ferry, wait_s: self.ferry_wait_s / 2.0, takes_s })
    }
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

/// A speed limit as it is tagged: `50`, `30 mph`, `20 knots`. Words like `none` say nothing that we can drive by.
fn kmh(text: &str) -> Option<f64> {
    let text = text.split(';').next().unwrap_or_default().trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let number: f64 = number.parse().ok()?;
    let kmh = match unit.trim() {
        "" | "km/h" | "kmh" | "kph" => number,
        "mph" => number * 1.609_344,
        "knots" => number * 1.852,
        _ => return None,
    };
    (1.0..=160.0).contains(&kmh).then_some(kmh)
}

/// A duration as it is tagged: `20` minutes, `01:30` hours and minutes, `00:10:30`.
fn duration_s(text: &str) -> Option<f64> {
    let parts: Vec<f64> = text.split(':').map(|part| part.trim().parse::<f64>().ok()).collect::<Option<_>>()?;
    let seconds = match parts.as_slice() {
        [minutes] => minutes * 60.0,
        [hours, minutes] => hours * 3600.0 + minutes * 60.0,
        [hours, minutes, seconds] => hours * 3600.0 + minutes * 60.0 + seconds,
        _ => return None,
    };
    (1.0..=86_400.0).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driven(tags: &[(&'static str, &'static str)]) -> Option<Driven> {
        Profile::default().driven(&tags.iter().copied().collect())
    }

    #[test]
    fn a_limit_is_driven_by_nine_tenths_in_miles_too() {
        let there = |limit| driven(&[("highway", "primary"), ("maxspeed", limit)]).unwrap().there.unwrap();
        assert!((there("50") - 45.0).abs() < 1e-9);
        assert!((there("30 mph") - 43.452_288).abs() < 1e-9);
        assert!((there("none") - 60.0).abs() < 1e-9);
        assert!((there("1e9") - 60.0).abs() < 1e-9);
    }

    #[test]
    fn one_ways_roundabouts_and_motorways_go_one_way() {
        let ways = |tags: &[(&'static str, &'static str)]| driven(tags).map(|d| (d.there.is_some(), d.back.is_some()));
        assert_eq!(ways(&[("highway", "residential")]), Some((true, true)));
        assert_eq!(ways(&[("highway", "residential"), ("oneway", "yes")]), Some((true, false)));
        assert_eq!(ways(&[("highway", "residential"), ("oneway", "-1")]), Some((false, true)));
        assert_eq!(ways(&[("highway", "tertiary"), ("junction", "roundabout")]), Some((true, false)));
        assert_eq!(ways(&[("highway", "motorway")]), Some((true, false)));
        assert_eq!(ways(&[("highway", "motorway"), ("oneway", "no")]), Some((true, true)));
        assert_eq!(ways(&[("highway", "residential"), ("oneway", "reversible")]), None);
    }

    #[test]
    fn the_narrowest_word_about_access_counts() {
        assert!(driven(&[("highway", "service"), ("access", "no")]).is_none());
        assert!(driven(&[("highway", "service"), ("access", "no"), ("motorcar", "yes")]).is_some());
        assert!(driven(&[("highway", "footway")]).is_none());
        let private = driven(&[("highway", "residential"), ("access", "private")]).unwrap();
        assert_eq!(private.there, Some(8.0));
    }

    #[test]
    fn a_ferry_carries_cars_where_it_says_so_and_takes_what_it_says() {
        assert!(driven(&[("route", "ferry")]).is_none());
        let ferry = driven(&[("route", "ferry"), ("motor_vehicle", "yes"), ("duration", "00:20")]).unwrap();
        assert_eq!((ferry.takes_s, ferry.class), (Some(1200.0), Class::Ferry));
    }

    #[test]
    fn a_profile_that_cannot_be_is_refused() {
        assert!(Profile::parse(r#"{"share_of_limit": 0.8}"#).is_ok());
        assert!(Profile::parse(r#"{"ferry_kmh": -3}"#).is_err());
        assert!(Profile::parse(r#"{"speed": 3}"#).is_err());
        assert!(Profile::parse(r#"{"private_kmh": null}"#).unwrap().private_kmh.is_none());
    }
}
