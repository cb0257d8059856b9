//! Jurisdictions: areas with their own facts (practice.md, Needs). The scene, not the caller, chooses. A tribal nation is a
//! jurisdiction in its own right, also where it lies within a county: the innermost area counts.

use geo::{Area, Contains, Coord, LineString, MultiPolygon, Point, Polygon};

use super::{Need, Needs};
use crate::base::Position;
use crate::base::ids::OrganizationId;

crate::codes! {
    /// What a jurisdiction has a rule of its own for.
    LocalRule {
        /// Who may hold a person against their will.
        Hold = "hold",
        /// Who may transport.
        Transport = "transport",
        /// When a minor may consent.
        MinorsConsent = "minors-consent",
        /// Who responds with whom.
        Response = "response",
        /// The number to dial instead of 911.
        EmergencyLine = "emergency-line",
    }
}

/// An area with its own facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Jurisdiction {
    /// Its code, as teams name the areas that they have an agreement for.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Whether it is a tribal nation's.
    pub tribal: bool,
    /// Its outlines: each a ring, and the rings of its holes.
    pub outlines: Vec<Vec<Vec<Position>>>,
    /// Whether two go in person, without exception.
    pub two_in_person: bool,
    /// Who answers 911 there.
    pub psap: Option<OrganizationId>,
    /// The 988 centre.
    pub centre: Option<OrganizationId>,
    /// The neighbour under mutual aid.
    pub neighbour: Option<OrganizationId>,
    /// Its rules, in the words of the agency.
    pub rules: Vec<(LocalRule, String)>,
}

impl Jurisdiction {
    fn shape(&self) -> MultiPolygon {
        let ring = |ring: &Vec<Position>| ring.iter().map(|at| Coord { x: at.longitude(), y: at.latitude() }).collect::<LineString>();
        let polygon = |rings: &Vec<Vec<Position>>| {
            let mut rings = rings.iter().map(ring);
            Polygon::new(rings.next().unwrap_or_else(|| LineString::new(Vec::new())), rings.collect())
        };
        self.outlines.iter().map(polygon).collect()
    }

    /// These needs, with what the jurisdiction asks besides: an agreement to work there, and two in person where it says so.
    pub fn ask(&self, mut needs: Needs) -> Needs {
        needs.area = Some(self.area.clone());
        if self.two_in_person && !needs.must.contains(&Need::FullCrew) {
            needs.must.push(Need::FullCrew);
        }
        needs
    }
}

/// The jurisdiction of a scene: the smallest whose area holds it.
pub fn of_scene(scene: Position, all: &[Jurisdiction]) -> Option<&Jurisdiction> {
    let at = Point::new(scene.longitude(), scene.latitude());
    let holding = all.iter().map(|one| (one, one.shape())).filter(|(_, shape)| shape.contains(&at));
    holding.min_by(|(_, a), (_, b)| a.unsigned_area().total_cmp(&b.unsigned_area())).map(|(one, _)| one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(area: &str, south: f64, west: f64, size: f64) -> Jurisdiction {
        let at = |north, east| Position::new(south + north * size, west + east * size).unwrap();
        Jurisdiction {
            area: area.into(),
            name: area.into(),
            tribal: area == "nation",
            outlines: vec![vec![vec![at(0.0, 0.0), at(0.0, 1.0), at(1.0, 1.0), at(1.0, 0.0)]]],
            two_in_person: area == "nation",
            psap: None,
            centre: None,
            neighbour: None,
            rules: vec![(LocalRule::Hold, "an officer of the nation".into())],
        }
    }

    #[test]
    fn the_innermost_area_counts_and_beyond_all_there_is_none() {
        let all = [square("county", 40.0, -76.0, 1.0), square("nation", 40.4, -75.6, 0.1)];
        let of = |north, east| of_scene(Position::new(north, east).unwrap(), &all).map(|one| one.area.as_str());
        assert_eq!(of(40.45, -75.55), Some("nation"));
        assert_eq!(of(40.2, -75.2), Some("county"));
        assert_eq!(of(42.0, -75.2), None);
    }

    #[test]
    fn a_jurisdiction_asks_for_its_agreement_and_its_two_person_rule() {
        let needs = square("nation", 40.0, -75.0, 1.0).ask(Needs::default());
        assert_eq!((needs.area.as_deref(), needs.must.as_slice()), (Some("nation"), [Need::FullCrew].as_slice()));
        assert!(square("county", 40.0, -75.0, 1.0).ask(Needs::default()).must.is_empty());
    }

    #[test]
    fn an_outline_that_is_none_holds_nothing() {
        let mut broken = square("county", 40.0, -76.0, 1.0);
        for outlines in [vec![], vec![vec![]], vec![vec![vec![]]], vec![vec![vec![Position::new(40.5, -75.5).unwrap()]]]] {
            broken.outlines = outlines;
            assert!(of_scene(Position::new(40.5, -75.5).unwrap(), std::slice::from_ref(&broken)).is_none());
        }
    }
}
