//! Who can go: a [`Team`] with its crew, capabilities, languages, shift and position, and the nearest that can.
//!
//! [`fleet`] holds many teams, by position and features, for whoever watches more than a phone does.
//!
//! Rule: never an empty answer, and every team named or left out carries its reason as a typed code. A stale position
//! is never ranked without saying so (P11). Times by road come from a road pack; the straight line is always there.
//! Neighbours: `incident` (the scene), `roads` (the times), `fhir::team` (CareTeam and its people).
//!
//! The nearest of two teams, by straight line:
//!
//! ```
//! use anydoor_core::base::Position;
//! use anydoor_core::base::clock::Instant;
//! use anydoor_core::base::ids::{OrganizationId, TeamId};
//! use anydoor_core::team::{Fix, Needs, Question, Reason, Shift, Team, nearest};
//!
//! let now: Instant = "2026-11-23T05:00:00Z".parse()?;
//! let team = |name: &str, latitude: f64| -> Result<Team, Box<dyn std::error::Error>> {
//!     Ok(Team {
//!         id: TeamId::derived(name),
//!         name: name.into(),
//!         crew: vec![],
//!         capabilities: vec![],
//!         shift: Some(Shift { from: now - jiff::SignedDuration::from_hours(1), until: now + jiff::SignedDuration::from_hours(7) }),
//!         on_break: false,
//!         fix: Some(Fix { position: Position::new(latitude, -75.0)?, at: now, accuracy_m: 10.0 }),
//!         commitment: None,
//!         areas: vec![],
//!     })
//! };
//! let teams = [team("far", 40.2)?, team("near", 40.1)?, Team { on_break: true, ..team("resting", 40.0)? }];
//! let (needs, centre) = (Needs::default(), OrganizationId::derived("988"));
//! let scene = Position::new(40.09, -75.0)?;
//! let question = Question { scene, accuracy_m: 0.0, needs: &needs, k: 3, now, neighbour: None, centre: &centre, by_road: None };
//! let ranking = nearest(&question, &teams);
//! assert_eq!(ranking.candidates.iter().map(|one| one.team.clone()).collect::<Vec<_>>(), [TeamId::derived("near"), TeamId::derived("far")]);
//! // Nobody is left out without a reason, and the answer is never empty.
//! assert_eq!(ranking.left_out[0].reasons, [Reason::OnBreak]);
//! assert!(!ranking.fallbacks.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod by_road;
mod eta;
pub mod fleet;
pub mod jurisdiction;
mod nearest;
mod shortlist;

pub use by_road::{ByRoad, OFF_ROAD_M};
pub use eta::{Eta, Uncertain};
pub use jurisdiction::Jurisdiction;
pub(crate) use nearest::why_not;
pub use nearest::{Candidate, Fallback, LeftOut, Question, Ranking, nearest};
pub(crate) use shortlist::Shortlist;

use crate::base::Position;
use crate::base::clock::Instant;
use crate::base::ids::{MemberId, TeamId};
use crate::incident::Urgency;
use crate::roads::Millis;

crate::codes! {
    /// A member's role in a crew.
    CrewRole {
        /// A licensed clinician.
        Clinician = "clinician",
        /// A peer with lived experience.
        Peer = "peer",
        /// An emergency medical technician.
        Emt = "emt",
        /// A community paramedic.
        Paramedic = "paramedic",
        /// Leads the shift.
        Lead = "lead",
    }
    /// What a team can do.
    Capability {
        /// Mobile crisis response.
        Crisis = "crisis",
        /// Trained for children and youth.
        Youth = "youth",
        /// Trained for elders.
        Elder = "elder",
        /// Medical assessment.
        Medical = "medical",
        /// May transport.
        Transport = "transport",
    }
    /// How times are measured.
    Measure {
        /// By road at free flow.
        ByRoad = "by-road",
        /// By straight line at [`STRAIGHT_KMH`]: no road pack is there.
        StraightLine = "straight-line",
    }
}

/// The pace along a straight line, in km/h: a town's 40 to 45 on the road, less the way round, which is about 1.3 to 1.4
/// times the straight line where streets form a network.
pub const STRAIGHT_KMH: u32 = 30;

/// Milliseconds along a straight line, rounded; nothing on Earth is too far.
pub(crate) fn straight_millis(metres: f64) -> Millis {
    (metres * 3_600.0 / f64::from(STRAIGHT_KMH)).round() as Millis
}

/// A member of a crew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id.
    pub id: MemberId,
    /// The name.
    pub name: String,
    /// The role.
    pub role: CrewRole,
    /// Languages, BCP 47.
    pub languages: Vec<String>,
}

/// When a team works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// From.
    pub from: Instant,
    /// Until.
    pub until: Instant,
}

/// Where a team was, and how well that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// The position.
    pub position: Position,
    /// When it was taken.
    pub at: Instant,
    /// Its accuracy.
    pub accuracy_m: f64,
}

/// What a team is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment {
    /// How urgent that is.
    pub urgency: Urgency,
    /// When it is expected to be free.
    pub until: Option<Instant>,
}

/// A team.
#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    /// The id.
    pub id: TeamId,
    /// The name.
    pub name: String,
    /// The crew.
    pub crew: Vec<Member>,
    /// What it can do.
    pub capabilities: Vec<Capability>,
    /// When it works; `None`: not on shift.
    pub shift: Option<Shift>,
    /// On a break: not located, not offered work.
    pub on_break: bool,
    /// Where it was.
    pub fix: Option<Fix>,
    /// What it is bound to.
    pub commitment: Option<Commitment>,
    /// The areas it has an agreement to work in; empty: everywhere in its agency.
    pub areas: Vec<String>,
}

impl Team {
    /// Where it may be shown: on shift and not on a break (practice.md, Crew).
    pub fn shown_at(&self, now: Instant) -> Option<Position> {
        let on_shift = self.shift.is_some_and(|shift| shift.from <= now && now < shift.until);
        self.fix.filter(|_| on_shift && !self.on_break).map(|fix| fix.position)
    }

    /// Whether somebody in the crew speaks it (`es` also answers to `es-MX`).
    pub fn speaks(&self, language: &str) -> bool {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        self.crew.iter().flat_map(|m| &m.languages).any(|spoken| primary(spoken) == primary(language))
    }
}

/// One need of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// A capability.
    Can(Capability),
    /// A language; without it, an interpreter.
    Language(String),
    /// Two or more in person.
    FullCrew,
    /// Known to the person.
    Known(TeamId),
}

/// What an assignment needs. On shift, not committed to someone more urgent, and an agreement to work there are musts
/// by default (practice.md, Needs).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Without these a team is left out.
    pub must: Vec<Need>,
    /// These rank a team higher.
    pub prefer: Vec<Need>,
    /// How urgent; a team committed to something more or equally urgent is left out.
    pub urgency: Option<Urgency>,
    /// The area of the scene.
    pub area: Option<String>,
}

/// Why a team stands where it stands, or why it was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// So long by road, at free flow.
    ByRoad(Eta),
    /// No way by road, with what is closed.
    NoWay,
    /// It or the scene is nowhere near a road of the pack, so no time by road is known.
    OffTheMap,
    /// The scene is so far from the road.
    OffRoad {
        /// Metres.
        m: u64,
    },
    /// So far away, as the crow flies.
    Distance {
        /// Metres.
        m: u64,
    },
    /// Nobody knows where it is.
    PositionUnknown,
    /// Its position is old.
    PositionAge {
        /// Seconds.
        s: u64,
    },
    /// Meets a preference.
    Meets(Need),
    /// Lacks a preference; without a language, an interpreter comes in by phone.
    Lacks(Need),
    /// Not on shift.
    OffShift,
    /// On a break.
    OnBreak,
    /// Bound to someone as urgent or more so.
    Committed,
    /// Would be taken from someone less urgent.
    TakenFromLessUrgent,
    /// No agreement to work there.
    NoAgreement,
    /// Lacks a must.
    LacksMust(Need),
}
