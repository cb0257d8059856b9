//! The directory of services, and which of them suit.

use jiff::civil::Date;

use crate::base::Position;
use crate::base::clock::Instant;
use crate::base::ids::{OrganizationId, ServiceId};

/// When a service is open, in its own zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// FHIR days (`mon` … `sun`), where it is a plain week.
    pub days: Vec<String>,
    /// The dates on which it opens, where it is no plain week; worked out up to `valid_to`.
    pub dates: Option<Vec<Date>>,
    /// Says nothing before this date.
    pub valid_from: Option<Date>,
    /// Says nothing after this date.
    pub valid_to: Option<Date>,
    /// From, local time; both absent: all day.
    pub from: Option<jiff::civil::Time>,
    /// Until, local time; earlier than `from` means the next morning.
    pub until: Option<jiff::civil::Time>,
}

/// A service that may take a person on.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// The id.
    pub id: ServiceId,
    /// Who runs it.
    pub organization: OrganizationId,
    /// The name of who runs it.
    pub organization_name: String,
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// Where it is; an impossible coordinate leaves this empty and keeps the service.
    pub position: Option<Position>,
    /// The address in words.
    pub address: Option<String>,
    /// Numbers.
    pub phones: Vec<String>,
    /// When it is open; empty: nobody says.
    pub hours: Vec<Opening>,
    /// Whether it has further hours that nobody understood: outside of those above nobody knows.
    pub hours_in_part: bool,
    /// The IANA zone of the place.
    pub zone: String,
    /// Languages, BCP 47.
    pub languages: Vec<String>,
    /// From this age, years.
    pub youngest: Option<u16>,
    /// Up to this age, years.
    pub oldest: Option<u16>,
    /// Whether it has limits of age that nobody understood.
    pub ages_unknown: bool,
    /// Whether it is in operation.
    pub active: bool,
}

impl Opening {
    /// Whether it says something about a date.
    fn speaks_of(&self, date: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= date) && self.valid_to.is_none_or(|to| date <= to)
    }

    /// Whether it opens on a date.
    fn opens_on(&self, date: Date) -> bool {
        let planned = match &self.dates {
            Some(dates) => dates.contains(&date),
            None => self.days.iter().any(|name| name == day(date.weekday())),
        };
        planned && self.speaks_of(date)
    }
}

impl Service {
    /// Whether it is open; `None` where nobody says, or its zone is unknown. Local time decides, over clock changes too.
    pub fn is_open(&self, at: Instant) -> Option<bool> {
        let local = at.in_tz(&self.zone).ok()?;
        let (today, time) = (local.date(), local.time());
        let yesterday = today.yesterday().ok();
        let open = self.hours.iter().any(|opening| {
            let on_yesterday = || yesterday.is_some_and(|yesterday| opening.opens_on(yesterday));
            match (opening.from, opening.until) {
                (Some(from), Some(until)) if from <= until => opening.opens_on(today) && from <= time && time < until,
                (Some(from), Some(until)) => (opening.opens_on(today) && time >= from) || (on_yesterday() && time < until),
                _ => opening.opens_on(today),
            }
        });
        let known = !self.hours_in_part && self.hours.iter().any(|opening| opening.speaks_of(today));
        (open || known).then_some(open)
    }
}

/// FHIR's days of the week.
pub(super) const ALL_DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

pub(super) fn day(weekday: jiff::civil::Weekday) -> &'static str {
    ALL_DAYS.get(usize::try_from(weekday.to_monday_zero_offset()).unwrap_or_default()).copied().unwrap_or("mon")
}

/// The active services for a person of this age, best first: open before unknown before closed, then near; those whose
/// position nobody knows come last.
pub fn suitable(services: &[Service], from: Option<Position>, age: Option<u16>, at: Instant) -> Vec<(&Service, Option<f64>)> {
    let fits = |service: &&Service| {
        let (young, old) = (service.youngest.unwrap_or(0), service.oldest.unwrap_or(u16::MAX));
        service.active && age.is_none_or(|age| young <= age && age <= old)
    };
    let distance = |service: &Service| {
        let (a, b) = (from?, service.position?);
        Some(crate::base::geo::distance_m(a, b))
    };
    let mut found: Vec<(&Service, Option<f64>)> = services.iter().filter(fits).map(|s| (s, distance(s))).collect();
    found.sort_by(|(a, da), (b, db)| {
        let open = |s: &Service| match s.is_open(at) {
            Some(true) => 0,
            None => 1,
            Some(false) => 2,
        };
        let placed = |d: &Option<f64>| from.is_some() && d.is_none();
        placed(da).cmp(&placed(db)).then(open(a).cmp(&open(b))).then(da.unwrap_or(0.0).total_cmp(&db.unwrap_or(0.0))).then(a.id.cmp(&b.id))
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(id: &str, from: &str, until: &str) -> Service {
        Service {
            id: ServiceId::parse(id).unwrap(),
            organization: OrganizationId::parse("o").unwrap(),
            organization_name: "o".into(),
            name: id.into(),
            description: None,
            position: Position::new(40.0, -75.0).ok(),
            address: None,
            phones: vec![],
            zone: "America/New_York".into(),
            languages: vec![],
            hours: vec![Opening {
                days: vec!["sat".into(), "sun".into()],
                from: Some(from.parse().unwrap()),
                until: Some(until.parse().unwrap()),
                ..Opening::default()
            }],
            hours_in_part: false,
            ages_unknown: false,
            youngest: None,
            oldest: None,
            active: true,
        }
    }

    #[test]
    fn opening_hours_are_local_over_both_clock_changes() {
        let morning = service("a", "09:00", "17:00");
        // 2026-03-08: clocks go forward at 02:00; 2026-11-01: back. 09:00 local is 14:00 UTC before, 13:00 UTC after.
        for (at, open) in [
            ("2026-03-07T13:30:00Z", false),
            ("2026-03-07T14:00:00Z", true),
            ("2026-03-08T13:00:00Z", true),
            ("2026-03-08T12:59:00Z", false),
            ("2026-10-31T13:00:00Z", true),
            ("2026-11-01T13:30:00Z", false),
            ("2026-11-01T14:00:00Z", true),
        ] {
            assert_eq!(morning.is_open(at.parse().unwrap()), Some(open), "{at}");
        }
    }

    #[test]
    fn a_night_service_is_open_past_midnight() {
        let night = service("a", "20:00", "06:00");
        assert_eq!(night.is_open("2026-11-23T06:00:00Z".parse().unwrap()), Some(true)); // Monday 01:00 of Sunday's night
        assert_eq!(night.is_open("2026-11-23T12:00:00Z".parse().unwrap()), Some(false));
    }

    #[test]
    fn a_service_without_a_position_is_kept_and_comes_last() {
        let (near, mut nowhere) = (service("near", "00:00", "01:00"), service("nowhere", "00:00", "23:59"));
        nowhere.position = None;
        let all = [nowhere, near];
        let found = suitable(&all, Position::new(40.0, -75.1).ok(), None, "2026-11-22T18:00:00Z".parse().unwrap());
        assert_eq!(found.iter().map(|(s, _)| s.id.as_str()).collect::<Vec<_>>(), ["near", "nowhere"]);
    }
}
