//! Positions and the nearest teams, with any numbers whatever.

use anydoor_core::base::Position;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{OrganizationId, TeamId};
use anydoor_core::incident::Urgency;
use anydoor_core::team::{Commitment, Fix, Need, Needs, Question, Shift, Team, nearest};
use bolero::{TypeGenerator, produce};

use crate::fuzz;

#[derive(Debug, Clone, TypeGenerator)]
struct Degrees {
    any: f64,
    odd: u8,
    scale: bool,
}

impl Degrees {
    fn value(&self, most: f64) -> f64 {
        match self.odd {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => most,
            3 => -most,
            4 => -0.0,
            5 => f64::MIN_POSITIVE,
            6 => most + f64::EPSILON * 128.0,
            _ if self.scale && self.any.is_finite() => self.any % most,
            _ => self.any,
        }
    }
}

#[derive(Debug, Clone, TypeGenerator)]
struct Sketch {
    latitude: Degrees,
    longitude: Degrees,
    accuracy: f64,
    at: i64,
    on_shift: bool,
    on_break: bool,
    known: bool,
    committed: bool,
}

fn instant(seconds: i64) -> Instant {
    Instant::from_second(seconds).unwrap_or(Instant::MAX)
}

fn position(latitude: &Degrees, longitude: &Degrees) -> Option<Position> {
    let (latitude, longitude) = (latitude.value(90.0), longitude.value(180.0));
    let position = Position::new(latitude, longitude);
    assert_eq!(position.is_ok(), latitude.abs() <= 90.0 && longitude.abs() <= 180.0, "{latitude} {longitude}");
    position.ok()
}

fn team(index: usize, sketch: &Sketch) -> Team {
    Team {
        id: TeamId::parse(&format!("team-{index}")).unwrap(),
        name: String::new(),
        crew: Vec::new(),
        capabilities: Vec::new(),
        shift: sketch.on_shift.then_some(Shift { from: Instant::MIN, until: Instant::MAX }),
        on_break: sketch.on_break,
        fix: position(&sketch.latitude, &sketch.longitude).filter(|_| sketch.known).map(|position| Fix {
            position,
            at: instant(sketch.at),
            accuracy_m: sketch.accuracy,
        }),
        commitment: sketch.committed.then_some(Commitment { urgency: Urgency::Routine, until: None }),
        areas: Vec::new(),
    }
}

#[test]
fn every_team_is_ranked_or_left_out_with_a_reason_whatever_its_numbers() {
    let centre = OrganizationId::parse("centre").unwrap();
    let scene = Position::new(40.0, -75.0).unwrap();
    fuzz!(produce::<((Degrees, Degrees), Vec<Sketch>, u8, i64)>(), |((latitude, longitude), sketches, k, now)| {
        let scene = position(latitude, longitude).unwrap_or(scene);
        let teams: Vec<Team> = sketches.iter().enumerate().map(|(index, sketch)| team(index, sketch)).collect();
        let needs = Needs { prefer: vec![Need::FullCrew], urgency: Some(Urgency::Urgent), ..Needs::default() };
        let ranking = nearest(
            &Question {
                scene,
                accuracy_m: 0.0,
                needs: &needs,
                k: usize::from(*k),
                now: instant(*now),
                neighbour: None,
                centre: &centre,
                by_road: None,
            },
            &teams,
        );
        assert!(ranking.candidates.len() <= usize::from(*k) && !ranking.fallbacks.is_empty());
        assert!(ranking.left_out.iter().all(|left| !left.reasons.is_empty()));
        let able = teams.len() - ranking.left_out.len();
        assert_eq!(ranking.candidates.len(), able.min(usize::from(*k)));
        let far: Vec<f64> = ranking.candidates.iter().map(|c| c.distance_m.unwrap_or(f64::INFINITY)).collect();
        assert!(far.iter().all(|m| !m.is_nan() && *m >= 0.0), "{far:?}");
        for pair in ranking.candidates.windows(2) {
            let order = pair[0].distance_m.unwrap_or(f64::INFINITY) <= pair[1].distance_m.unwrap_or(f64::INFINITY);
            assert!(pair[0].met > pair[1].met || order, "{pair:?}");
        }
    });
}
