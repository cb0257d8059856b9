//! Alder County: fictional, generated, the same for the same seed. People, two-person teams, services with opening
//! hours, and a road network on both banks of a river with two bridges.

use anydoor_core::base::Position;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{MemberId, OrganizationId, ServiceId, TeamId};
use anydoor_core::fhir::{self, Document};
use anydoor_core::handoff::{Opening, Service};
use anydoor_core::incident::{Person, PersonName, Role};
use anydoor_core::planning::coverage::{PeoplePoint, Population, PopulationError};
use anydoor_core::sharing::Rules;
use anydoor_core::team::{Capability, CrewRole, Fix, Member, Shift, Team};
use serde_json::json;

/// A small generator of numbers, the same on every machine (SplitMix64).
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A number from 0 up to, not including, `most`.
    pub fn below(&mut self, most: u64) -> u64 {
        if most == 0 { 0 } else { self.number() % most }
    }
    /// One of these.
    pub fn one_of<T: Copy>(&mut self, all: &[T], otherwise: T) -> T {
        let index = usize::try_from(self.below(all.len() as u64)).unwrap_or_default();
        all.get(index).copied().unwrap_or(otherwise)
    }
    /// A UUID-shaped id, so that two counties of one seed have the same ids.
    pub fn id(&mut self) -> String {
        uuid::Builder::from_random_bytes(((u128::from(self.number()) << 64) | u128::from(self.number())).to_be_bytes())
            .into_uuid()
            .to_string()
    }
}

/// A junction of the road network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Junction {
    /// Where it is.
    pub position: Position,
    /// Whether it lies on the east bank.
    pub east: bool,
}

/// A road between two junctions, both ways.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Road {
    /// One end.
    pub from: usize,
    /// The other.
    pub to: usize,
    /// Seconds at free flow.
    pub seconds: f64,
    /// Whether it is a bridge.
    pub bridge: bool,
}

/// The county.
#[derive(Debug, Clone)]
pub struct County {
    /// The agency that runs the teams.
    pub agency: OrganizationId,
    /// The PSAP: 911.
    pub psap: OrganizationId,
    /// The 988 centre.
    pub centre: OrganizationId,
    /// The neighbour under mutual aid.
    pub neighbour: OrganizationId,
    /// The teams.
    pub teams: Vec<Team>,
    /// The services.
    pub services: Vec<Service>,
    /// The people.
    pub people: Vec<Person>,
    /// The junctions.
    pub junctions: Vec<Junction>,
    /// The roads.
    pub roads: Vec<Road>,
    /// Where its middle is, if it was moved.
    middle: Option<Position>,
}

/// The same way from another middle. Nothing is moved off the Earth.
fn moved(at: Position, middle: Position) -> Position {
    let (north, east) = (at.latitude() - MIDDLE.0, at.longitude() - MIDDLE.1);
    Position::new(middle.latitude() + north, middle.longitude() + east).unwrap_or(at)
}

/// The zone of the county.
pub const ZONE: &str = "America/New_York";
/// The middle of the county, degrees.
const MIDDLE: (f64, f64) = (40.12, -75.36);

const GIVEN: [&str; 16] =
    ["Ana", "Marcus", "Lena", "Tomas", "Ruth", "Devon", "Mei", "Omar", "Grace", "Samir", "Noor", "Pavel", "Ines", "Caleb", "Yara", "Hugo"];
const FAMILY: [&str; 14] = [
    "Ruiz",
    "Okafor",
    "Lindqvist",
    "Moreau",
    "Haddad",
    "Novak",
    "Whitaker",
    "Tanaka",
    "Silva",
    "Byrne",
    "Castillo",
    "Adeyemi",
    "Kowalski",
    "Park",
];

fn near(seeded: &mut Seeded, spread_degrees: f64) -> Option<Position> {
    let mut offset = || (seeded.below(20_001) as f64 / 10_000.0 - 1.0) * spread_degrees;
    let (north, east) = (offset(), offset());
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    Position::new(round(MIDDLE.0 + north), round(MIDDLE.1 + east)).ok()
}

impl County {
    /// Generates the county. `now` places its shifts; everything else depends on the seed alone.
    pub fn generate(seed: u64, now: Instant) -> Self {
        let mut seeded = Seeded::new(seed);
        let organization = |seeded: &mut Seeded| OrganizationId::parse(&seeded.id()).unwrap_or_else(|_| OrganizationId::fresh());
        let (agency, psap, centre, neighbour) =
            (organization(&mut seeded), organization(&mut seeded), organization(&mut seeded), organization(&mut seeded));
        let teams = (0..4).map(|index| team(&mut seeded, index, now)).collect();
        let services = SERVICES.iter().map(|service| service_of(&mut seeded, service)).collect();
        let people = (0..24).map(|_| person(&mut seeded)).collect();
        let (junctions, roads) = roads(&mut seeded);
        Self { agency, psap, centre, neighbour, teams, services, people, junctions, roads, middle: None }
    }

    /// The county, with everything moved so that its middle is there.
    pub fn around(mut self, middle: Position) -> Self {
        let moved = |at: Position| moved(at, middle);
        self.teams.iter_mut().filter_map(|team| team.fix.as_mut()).for_each(|fix| fix.position = moved(fix.position));
        self.services.iter_mut().for_each(|service| service.position = service.position.map(moved));
        self.junctions.iter_mut().for_each(|junction| junction.position = moved(junction.position));
        self.middle = Some(middle);
        self
    }

    /// Its middle, where it lies now.
    pub fn middle(&self) -> Option<Position> {
        self.middle.or_else(|| Position::new(MIDDLE.0, MIDDLE.1).ok())
    }

    /// Where a place of the county lies, now that it has been moved.
    pub fn place(&self, at: Position) -> Position {
        self.middle.map_or(at, |middle| moved(at, middle))
    }

    /// Its fictional people, around each junction: more of them in the middle, fewer on the east bank.
    ///
    /// # Errors
    /// None for a county that was generated.
    pub fn population(&self) -> Result<Population, PopulationError> {
        let point = |(number, junction): (i64, &Junction)| {
            let apart = (number / SIDE as i64 - 12).abs() + (number % SIDE as i64 - 12).abs();
            let people = (26 - apart).max(1) * (5 + number * 7 % 11) / if junction.east { 2 } else { 1 };
            PeoplePoint::new(junction.position.latitude(), junction.position.longitude(), people)
        };
        let points = (0..).zip(&self.junctions).map(point).collect::<Result<Vec<_>, _>>()?;
        Population::new("Alder County, fictional people", points)
    }

    /// Everything that the agency's server holds before the shift, each document after those it refers to.
    pub fn documents(&self) -> Vec<Document> {
        let mut all = Vec::new();
        let named = [
            (&self.agency, "Alder County Mobile Crisis"),
            (&self.psap, "Alder County 911"),
            (&self.centre, "988 Centre East"),
            (&self.neighbour, "Birch County Mobile Crisis"),
        ];
        for (id, name) in named {
            let mut doc = Document::new("Organization", id.as_str());
            doc.set("active", json!(true)).set("name", json!(name));
            all.push(doc);
        }
        let hours = anydoor_core::handoff::follow_up::Schedule { hours: vec![24, 72] };
        all.push(fhir::agency::write_follow_up_hours(&anydoor_core::base::ids::derived("agency-data", self.agency.as_str()), &hours));
        let rules = Rules { issuer: Some("crisis.alder.example".into()), ..Rules::default() };
        all.push(fhir::sharing::write(&anydoor_core::base::ids::derived("sharing", self.agency.as_str()), &rules));
        let people = self.population().ok();
        all.extend(
            people.map(|people| fhir::population::write(&anydoor_core::base::ids::derived("population", self.agency.as_str()), &people)),
        );
        all.extend(self.teams.iter().flat_map(|team| fhir::team::write(team, self.agency.as_str())));
        // The first member of the first team leads the shift.
        let leads = self.teams.first().and_then(|team| team.crew.first());
        all.extend(leads.map(|member| fhir::team::write_lead(&member.id, self.agency.as_str())));
        for document in self.services.iter().flat_map(fhir::directory::write) {
            if !all.iter().any(|d| d.reference() == document.reference()) {
                all.push(document);
            }
        }
        all
    }
}

fn team(seeded: &mut Seeded, index: usize, now: Instant) -> Team {
    const NAMES: [&str; 4] = ["Harbor 1", "Meadow 2", "Quarry 3", "Orchard 4"];
    let member = |seeded: &mut Seeded, role, languages: &[&str]| Member {
        id: MemberId::parse(&seeded.id()).unwrap_or_else(|_| MemberId::fresh()),
        name: format!("{} {}", seeded.one_of(&GIVEN, "Ana"), seeded.one_of(&FAMILY, "Ruiz")),
        role,
        languages: languages.iter().map(|l| (*l).to_owned()).collect(),
    };
    let spanish: &[&str] = if index.is_multiple_of(2) { &["en", "es"] } else { &["en"] };
    let crew = vec![
        member(seeded, CrewRole::Clinician, spanish),
        member(seeded, if index == 1 { CrewRole::Emt } else { CrewRole::Peer }, &["en"]),
    ];
    let mut capabilities = vec![Capability::Crisis];
    capabilities.extend((index != 3).then_some(Capability::Transport));
    capabilities.extend((index == 2).then_some(Capability::Youth));
    capabilities.extend((index == 1).then_some(Capability::Medical));
    let (id, position) = (seeded.id(), near(seeded, 0.06));
    let hours = |h: i64| jiff::SignedDuration::from_hours(h);
    Team {
        id: TeamId::parse(&id).unwrap_or_else(|_| TeamId::fresh()),
        name: NAMES.get(index).copied().unwrap_or("Team").to_owned(),
        crew,
        capabilities,
        // The last team comes on later: nobody offers it work before.
        shift: Some(if index == 3 {
            Shift { from: now + hours(6), until: now + hours(16) }
        } else {
            Shift { from: now - hours(1), until: now + hours(9) }
        }),
        on_break: false,
        fix: position.map(|position| Fix { position, at: now, accuracy_m: 12.0 }),
        commitment: None,
        areas: Vec::new(),
    }
}

struct Given {
    name: &'static str,
    by: &'static str,
    days: &'static [&'static str],
    hours: Option<(&'static str, &'static str)>,
    ages: (Option<u16>, Option<u16>),
}

const WEEK: &[&str] = &["mon", "tue", "wed", "thu", "fri"];
const ALWAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const SERVICES: [Given; 6] = [
    Given { name: "Crisis stabilisation unit", by: "Riverbend Health", days: ALWAYS, hours: None, ages: (Some(18), None) },
    Given { name: "Peer respite house", by: "Harbor House", days: ALWAYS, hours: Some(("08:00", "22:00")), ages: (Some(18), None) },
    Given { name: "Walk-in counselling", by: "Alder Family Services", days: WEEK, hours: Some(("09:00", "17:00")), ages: (None, None) },
    Given { name: "Youth drop-in", by: "Lantern Youth", days: WEEK, hours: Some(("12:00", "20:00")), ages: (Some(12), Some(24)) },
    Given { name: "Sobering centre", by: "Riverbend Health", days: ALWAYS, hours: Some(("18:00", "08:00")), ages: (Some(18), None) },
    Given { name: "Night shelter", by: "Alder Shelter", days: ALWAYS, hours: Some(("19:00", "07:00")), ages: (Some(18), None) },
];

fn service_of(seeded: &mut Seeded, given: &Given) -> Service {
    let time = |text: &str| text.parse().ok();
    let id = seeded.id();
    Service {
        id: ServiceId::parse(&id).unwrap_or_else(|_| ServiceId::fresh()),
        organization: OrganizationId::derived(given.by),
        organization_name: given.by.to_owned(),
        name: given.name.to_owned(),
        description: None,
        position: near(seeded, 0.08),
        address: Some(format!("{} {} St", 1 + seeded.below(400), seeded.one_of(&FAMILY, "Main"))),
        phones: vec![format!("+1215555{:04}", 100 + seeded.below(100))],
        hours: vec![Opening {
            days: given.days.iter().map(|d| (*d).to_owned()).collect(),
            from: given.hours.and_then(|(from, _)| time(from)),
            until: given.hours.and_then(|(_, until)| time(until)),
            ..Opening::default()
        }],
        hours_in_part: false,
        ages_unknown: false,
        zone: ZONE.to_owned(),
        languages: vec!["en".into(), "es".into()],
        youngest: given.ages.0,
        oldest: given.ages.1,
        active: true,
    }
}

fn person(seeded: &mut Seeded) -> Person {
    let id = seeded.id();
    let mut person = Person::unnamed(
        anydoor_core::base::ids::PersonId::parse(&id).unwrap_or_else(|_| anydoor_core::base::ids::PersonId::fresh()),
        Role::InCrisis,
    );
    person.name = Some(PersonName {
        family: Some(seeded.one_of(&FAMILY, "Ruiz").into()),
        given: vec![seeded.one_of(&GIVEN, "Ana").into()],
        goes_by: None,
    });
    person.born = Some(format!("{}-{:02}", 1950 + seeded.below(60), 1 + seeded.below(12)));
    person.contacts = vec![format!("tel:+1215555{:04}", 100 + seeded.below(100))];
    person.language = Some(if seeded.below(5) == 0 { "es" } else { "en" }.to_owned());
    person
}

/// How many junctions the grid has on each side.
const SIDE: usize = 24;

/// A grid of 24 × 24 junctions; the river runs north to south through its middle, and two bridges cross it.
fn roads(seeded: &mut Seeded) -> (Vec<Junction>, Vec<Road>) {
    const BRIDGES: [usize; 2] = [5, 19];
    let (mut junctions, mut roads) = (Vec::new(), Vec::new());
    for row in 0..SIDE {
        for column in 0..SIDE {
            let at = |index: usize| (index as f64 - SIDE as f64 / 2.0) * 0.008;
            let Ok(position) = Position::new(MIDDLE.0 + at(row), MIDDLE.1 + at(column)) else { continue };
            junctions.push(Junction { position, east: column >= SIDE / 2 });
            let here = row * SIDE + column;
            let seconds = 45.0 + seeded.below(40) as f64;
            if row > 0 {
                roads.push(Road { from: here - SIDE, to: here, seconds, bridge: false });
            }
            let crosses = column == SIDE / 2;
            if column > 0 && (!crosses || BRIDGES.contains(&row)) {
                roads.push(Road { from: here - 1, to: here, seconds, bridge: crosses });
            }
        }
    }
    (junctions, roads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_county_and_another_seed_another() {
        let now = "2026-11-23T14:00:00Z".parse().unwrap();
        let texts = |seed| County::generate(seed, now).documents().iter().map(Document::to_text).collect::<Vec<_>>();
        assert_eq!(texts(7), texts(7));
        assert_ne!(texts(7), texts(8));
    }

    #[test]
    fn two_bridges_and_nothing_else_cross_the_river() {
        let county = County::generate(1, "2026-11-23T14:00:00Z".parse().unwrap());
        let bank = |index: usize| county.junctions[index].east;
        let crossing: Vec<&Road> = county.roads.iter().filter(|r| bank(r.from) != bank(r.to)).collect();
        assert_eq!(crossing.len(), 2);
        assert!(crossing.iter().all(|r| r.bridge));
    }
}
