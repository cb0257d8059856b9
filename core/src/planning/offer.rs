//! An open offer: what every team may know of a call that nobody has yet. It names nobody and says nothing that was said.
//!
//! Rule: urgency, needs, door and dangers by type, from codes alone, and a cell of a grid that is never redrawn, at least
//! 500 m wide and with at least twenty addresses in it; where nobody knows how many live there, 1 km. The rest comes to the
//! team that has it. Neighbours: `fhir::assignment` writes it, `acts::receive` makes it, `views::offer` shows it.

use super::coverage::Population;
use crate::base::Position;
use crate::incident::{Door, Fact, FactKind, Incident, Label, Urgency};
use crate::team::{Capability, Need};

crate::codes! {
    /// A danger, by type.
    Danger {
        /// A weapon.
        Weapon = "weapon",
        /// Violence.
        Violence = "violence",
        /// An animal.
        Animal = "animal",
        /// Gas.
        Gas = "gas",
        /// Infection.
        Infection = "infection",
    }
}

/// What every team may know.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenOffer {
    /// How soon.
    pub urgency: Urgency,
    /// The door.
    pub door: Door,
    /// What is needed.
    pub needs: Vec<Need>,
    /// Dangers, by type.
    pub dangers: Vec<Danger>,
    /// About where; `None` where nobody knows where it is.
    pub cell: Option<GridCell>,
}

/// A cell of the fixed grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridCell {
    /// Its middle.
    pub middle: Position,
    /// How wide and high it is at least, in metres.
    pub width_m: f64,
}

/// The finest cells, in metres.
const FINEST_M: f64 = 500.0;
/// The cell where nobody knows how many live there, in metres.
const UNKNOWN_M: f64 = 1_000.0;
/// The widest, in metres: the finest, doubled so often.
const DOUBLINGS: u32 = 5;
/// Addresses that a cell holds at least.
const ADDRESSES: u32 = 20;
/// People at one address, at most, on average (US Census: 2.5).
const PEOPLE_AT_ONE: u32 = 3;
/// Metres of one degree of latitude, at least.
const DEGREE_M: f64 = 110_574.0;

impl OpenOffer {
    /// What every team may know of an incident. `asked` are the sender's own codes of what is needed.
    pub fn of(incident: &Incident, asked: &[String], population: Option<&Population>) -> Self {
        use crate::base::Code;
        let open = |label: Label| label != Label::Part2;
        let languages = incident.people_in_crisis().filter(|person| open(person.label));
        let languages = languages.filter_map(|person| person.safe_contact.language.clone().or_else(|| person.language.clone()));
        let mut needs: Vec<Need> = asked.iter().filter_map(|code| Capability::from_code(code)).map(Need::Can).collect();
        needs.extend(languages.map(Need::Language));
        needs.dedup();
        let mut dangers: Vec<Danger> = incident.facts.iter().filter(|fact| open(fact.label)).filter_map(danger).collect();
        dangers.sort_unstable();
        dangers.dedup();
        Self {
            urgency: incident.urgency,
            door: incident.door,
            needs,
            dangers,
            cell: incident.place.position.map(|at| GridCell::around(at, population)),
        }
    }
}

/// The danger that a fact's codes name.
fn danger(fact: &Fact) -> Option<Danger> {
    use crate::base::Code;
    match fact.kind {
        FactKind::Weapon => Some(Danger::Weapon),
        FactKind::Violence => Some(Danger::Violence),
        FactKind::Animal => Some(Danger::Animal),
        FactKind::Caution => fact.code.as_ref().and_then(|code| Danger::from_code(&code.value.to_ascii_lowercase())),
        _ => None,
    }
}

impl GridCell {
    /// The cell that a position lies in: the finest with enough addresses.
    pub fn around(at: Position, population: Option<&Population>) -> Self {
        let Some(population) = population else { return Self::of_width(at, UNKNOWN_M) };
        let widths = (0..=DOUBLINGS).map(|doubled| FINEST_M * f64::from(1_u32 << doubled));
        let cells = widths.map(|width_m| Self::of_width(at, width_m));
        let enough = |cell: &Self| {
            let there = population.points().iter().filter(|point| cell.holds(point.position));
            there.map(|point| u64::from(point.people)).sum::<u64>() >= u64::from(ADDRESSES * PEOPLE_AT_ONE)
        };
        let mut widest = Self::of_width(at, UNKNOWN_M);
        for cell in cells {
            if enough(&cell) {
                return cell;
            }
            widest = cell;
        }
        widest
    }

    /// The cell of this width that a position lies in. Each is made of four of half its width: the grid is fixed, and two
    /// offers at one place have one cell.
    fn of_width(at: Position, width_m: f64) -> Self {
        let (north, east) = steps(at, width_m);
        let middle = |degrees: f64, step: f64, limit: f64| (((degrees / step).floor() + 0.5) * step).clamp(-limit, limit);
        let middle = Position::new(middle(at.latitude(), north, 90.0), middle(at.longitude(), east, 180.0));
        Self { middle: middle.unwrap_or(at), width_m }
    }

    fn holds(&self, other: Position) -> bool {
        let (north, east) = steps(self.middle, self.width_m);
        (other.latitude() - self.middle.latitude()).abs() <= north / 2.0
            && (other.longitude() - self.middle.longitude()).abs() <= east / 2.0
    }
}

/// How many degrees a cell of this width measures. East to west it is the same within each band of the widest cells, by the
/// band's edge that is nearer to the pole, where degrees are shortest.
fn steps(at: Position, width_m: f64) -> (f64, f64) {
    let north = width_m / DEGREE_M;
    let band = FINEST_M * f64::from(1_u32 << DOUBLINGS) / DEGREE_M;
    let index = (at.latitude() / band).floor();
    let edge = (index * band).abs().max(((index + 1.0) * band).abs()).min(89.0);
    (north, (width_m / (DEGREE_M * edge.to_radians().cos())).min(360.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::coverage::PeoplePoint;
    use super::*;
    use crate::base::geo::distance_m;
    use crate::incident::fixture::incident;
    use crate::incident::{About, Person, Role, Source};

    fn at(latitude: f64, longitude: f64) -> Position {
        Position::new(latitude, longitude).unwrap()
    }

    proptest! {
        #[test]
        fn a_cell_is_at_least_as_wide_as_it_says_and_holds_its_scene(latitude in -80.0..80.0_f64, longitude in -179.0..179.0_f64) {
            let scene = at(latitude, longitude);
            for width_m in [500.0, 1_000.0, 16_000.0] {
                let cell = GridCell::of_width(scene, width_m);
                prop_assert!(cell.holds(scene));
                let (north, east) = steps(cell.middle, width_m);
                let side = |north: f64, east: f64| at(cell.middle.latitude() + north, (cell.middle.longitude() + east).clamp(-180.0, 180.0));
                let high = distance_m(side(-north / 2.0, 0.0), side(north / 2.0, 0.0));
                prop_assert!(high >= width_m * 0.999, "{high}");
                if cell.middle.longitude().abs() + east / 2.0 < 180.0 {
                    let wide = distance_m(side(north / 2.0, -east / 2.0), side(north / 2.0, east / 2.0));
                    prop_assert!(wide >= width_m * 0.99, "{wide} of {width_m}");
                }
            }
        }

        #[test]
        fn everybody_in_a_cell_has_the_same_cell(latitude in 30.0..50.0_f64, longitude in -120.0..-70.0_f64, north in -0.49..0.49_f64, east in -0.49..0.49_f64) {
            let cell = GridCell::of_width(at(latitude, longitude), 1_000.0);
            let (high, wide) = steps(cell.middle, 1_000.0);
            let other = at(cell.middle.latitude() + north * high, cell.middle.longitude() + east * wide);
            let again = GridCell::of_width(other, 1_000.0);
            prop_assert!(distance_m(again.middle, cell.middle) < 1.0);
        }
    }

    #[test]
    fn a_cell_grows_until_twenty_addresses_are_in_it_and_is_a_kilometre_where_nobody_knows() {
        let scene = at(40.1, -75.4);
        assert_eq!(GridCell::around(scene, None).width_m, 1_000.0);
        let people = |people: i64, north: f64| PeoplePoint::new(40.1 + north, -75.4, people).unwrap();
        let town = Population::new("a census", vec![people(900, 0.0)]).unwrap();
        assert_eq!(GridCell::around(scene, Some(&town)).width_m, 500.0);
        let hamlet = Population::new("a census", vec![people(20, 0.0), people(5_000, 0.05)]).unwrap();
        assert!(GridCell::around(scene, Some(&hamlet)).width_m > 4_000.0);
        let nobody = Population::new("a census", vec![people(5_000, 3.0)]).unwrap();
        assert_eq!(GridCell::around(scene, Some(&nobody)).width_m, 16_000.0);
    }

    #[test]
    fn an_offer_says_dangers_by_type_and_nothing_that_was_said() {
        let mut incident = incident("canary-headline", 0);
        let mut person = Person::unnamed(crate::base::ids::PersonId::derived("p"), Role::InCrisis);
        (person.language, person.description) = (Some("es".into()), Some("canary-description".into()));
        let fact = |kind, text: &str, label| Fact {
            id: crate::base::ids::FactId::fresh(),
            about: About::Incident,
            kind,
            text: text.into(),
            code: None,
            source: Source { who: "canary-who".into(), agency: None },
            door: Door::Line988,
            said: incident.determined,
            label,
            life_saving: true,
        };
        incident.facts = vec![
            fact(FactKind::Weapon, "canary-weapon", Label::Said988),
            fact(FactKind::Animal, "canary-animal", Label::Part2),
            fact(FactKind::Remark, "no weapons", Label::Said988),
        ];
        incident.people = vec![person];
        let offer = OpenOffer::of(&incident, &["clinician".into()], None);
        assert_eq!(offer.dangers, [Danger::Weapon]);
        assert!(offer.needs.contains(&Need::Language("es".into())));
        assert!(!format!("{offer:?}").contains("canary"), "{offer:?}");
    }
}
