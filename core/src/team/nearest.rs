//! The nearest teams that can go. WGS84 geodesic, right at the antimeridian and the poles.
//!
//! A sphere's order differs from the ellipsoid's in a few per cent of queries, so the sphere only narrows: whatever
//! lies within its error of the k-th is measured by geodesic and ranked again.

use geo::{Distance, Point};

use super::{Need, Needs, Reason, Team};
use crate::clock::Instant;
use crate::ids::{OrganizationId, TeamId};
use crate::incident::Position;

/// Measures travel from a team to a scene. The geodesic is the one that is always there; a road pack gives another.
pub trait Travel {
    /// The cost of the way; smaller is nearer. `None` where this measure knows no way.
    fn cost(&self, from: Position, to: Position) -> Option<f64>;
}

/// Metres on the WGS84 ellipsoid.
#[derive(Debug, Clone, Copy, Default)]
pub struct Geodesic;

impl Travel for Geodesic {
    fn cost(&self, from: Position, to: Position) -> Option<f64> {
        Some(geo::Geodesic.distance(Point::new(from.longitude(), from.latitude()), Point::new(to.longitude(), to.latitude())))
    }
}

/// A team that can go.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The team.
    pub team: TeamId,
    /// Metres as the crow flies; `None` where nobody knows where it is.
    pub distance_m: Option<f64>,
    /// How many preferences it meets.
    pub met: usize,
    /// Why it stands here.
    pub reasons: Vec<Reason>,
}

/// A team that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The team.
    pub team: TeamId,
    /// Why; never empty.
    pub reasons: Vec<Reason>,
}

/// The last rows of every answer: what there is when no team is near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fallback {
    /// A team of this agency that comes on shift, or is free, at this time.
    LaterTeam {
        /// The team.
        team: TeamId,
        /// When.
        at: Instant,
    },
    /// The neighbour, under mutual aid.
    MutualAid {
        /// The neighbour.
        agency: OrganizationId,
    },
    /// Who stays on the phone meanwhile.
    StaysOnPhone {
        /// The 988 centre.
        centre: OrganizationId,
    },
}

/// The answer. Never empty: there is always somebody who stays on the phone.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The best `k`, best first.
    pub candidates: Vec<Candidate>,
    /// Every team that was left out.
    pub left_out: Vec<LeftOut>,
    /// What there is besides.
    pub fallbacks: Vec<Fallback>,
}

/// How old a position may be before its age is said.
const FRESH_S: u64 = 120;

/// Ranks the teams for a scene: musts decide who can, preferences met come first, then distance. A team whose position
/// nobody knows comes last. `neighbour` and `centre` are the agency's own.
pub fn nearest(
    scene: Position,
    needs: &Needs,
    teams: &[Team],
    k: usize,
    now: Instant,
    neighbour: Option<&OrganizationId>,
    centre: &OrganizationId,
) -> Ranking {
    let mut left_out = Vec::new();
    let mut able: Vec<(&Team, Rough)> = Vec::new();
    for team in teams {
        let reasons = why_not(team, needs, now);
        if reasons.is_empty() {
            able.push((team, rough(team, scene, needs)));
        } else {
            left_out.push(LeftOut { team: team.id.clone(), reasons });
        }
    }
    narrow(&mut able, k);
    let mut candidates: Vec<Candidate> = able.into_iter().map(|(team, rough)| candidate(team, scene, needs, rough.met, now)).collect();
    candidates.sort_by(|a, b| {
        let far = |c: &Candidate| c.distance_m.unwrap_or(f64::INFINITY);
        b.met.cmp(&a.met).then(far(a).total_cmp(&far(b))).then_with(|| a.team.cmp(&b.team))
    });
    candidates.truncate(k);
    let mut fallbacks: Vec<Fallback> = later(teams, needs, now).into_iter().collect();
    fallbacks.extend(neighbour.map(|agency| Fallback::MutualAid { agency: agency.clone() }));
    fallbacks.push(Fallback::StaysOnPhone { centre: centre.clone() });
    Ranking { candidates, left_out, fallbacks }
}

/// Preferences met, and metres on a sphere.
#[derive(Debug, Clone, Copy)]
struct Rough {
    met: usize,
    m: f64,
}

fn rough(team: &Team, scene: Position, needs: &Needs) -> Rough {
    let met = needs.prefer.iter().filter(|need| meets(team, need)).count();
    let point = |p: Position| Point::new(p.longitude(), p.latitude());
    let m = team.fix.map_or(f64::INFINITY, |fix| geo::Haversine.distance(point(fix.position), point(scene)));
    Rough { met, m }
}

/// Keeps the `k` roughly best and all that the sphere's error could have put behind them.
fn narrow(able: &mut Vec<(&Team, Rough)>, k: usize) {
    if able.len() <= k || k == 0 {
        return;
    }
    able.sort_by(|(_, a), (_, b)| b.met.cmp(&a.met).then(a.m.total_cmp(&b.m)));
    let Some((_, kth)) = able.get(k - 1) else { return };
    // Sphere and WGS84 ellipsoid differ by less than 0.6 %; twice that on both sides, and some metres for the poles.
    let (met, most) = (kth.met, kth.m * 1.025 + 50.0);
    able.retain(|(_, rough)| rough.met > met || (rough.met == met && (rough.m <= most || !most.is_finite())));
}

fn candidate(team: &Team, scene: Position, needs: &Needs, met: usize, now: Instant) -> Candidate {
    let distance_m = team.fix.and_then(|fix| Geodesic.cost(fix.position, scene));
    let mut reasons = Vec::new();
    match (team.fix, distance_m) {
        (Some(fix), Some(m)) => {
            reasons.push(Reason::Distance { m: m.round() as u64 });
            let age = now.duration_since(fix.at).as_secs().max(0).unsigned_abs();
            if age > FRESH_S {
                reasons.push(Reason::PositionAge { s: age });
            }
        }
        _ => reasons.push(Reason::PositionUnknown),
    }
    for need in &needs.prefer {
        reasons.push(if meets(team, need) { Reason::Meets(need.clone()) } else { Reason::Lacks(need.clone()) });
    }
    if team.commitment.is_some() {
        reasons.push(Reason::TakenFromLessUrgent);
    }
    Candidate { team: team.id.clone(), distance_m, met, reasons }
}

fn meets(team: &Team, need: &Need) -> bool {
    match need {
        Need::Can(capability) => team.capabilities.contains(capability),
        Need::Language(language) => team.speaks(language),
        Need::FullCrew => team.crew.len() >= 2,
        Need::Known(known) => &team.id == known,
    }
}

fn why_not(team: &Team, needs: &Needs, now: Instant) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !team.shift.is_some_and(|shift| shift.from <= now && now < shift.until) {
        reasons.push(Reason::OffShift);
    }
    if team.on_break {
        reasons.push(Reason::OnBreak);
    }
    // Without an urgency of its own a call takes no team from anybody.
    if team.commitment.is_some_and(|c| needs.urgency.is_none_or(|urgency| c.urgency <= urgency)) {
        reasons.push(Reason::Committed);
    }
    if let Some(area) = &needs.area
        && !team.areas.is_empty()
        && !team.areas.contains(area)
    {
        reasons.push(Reason::NoAgreement);
    }
    reasons.extend(needs.must.iter().filter(|need| !meets(team, need)).cloned().map(Reason::LacksMust));
    reasons
}

/// The first team that could go later: free again, or coming on shift.
fn later(teams: &[Team], needs: &Needs, now: Instant) -> Option<Fallback> {
    let when = |team: &Team| {
        let shift = team.shift.filter(|shift| shift.until > now)?;
        let free = team.commitment.map_or(Some(now), |c| c.until)?;
        let at = free.max(shift.from);
        (at > now && at < shift.until && needs.must.iter().all(|need| meets(team, need))).then_some((at, team.id.clone()))
    };
    teams.iter().filter_map(when).min().map(|(at, team)| Fallback::LaterTeam { team, at })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::incident::Urgency;
    use crate::team::{Capability, Commitment, CrewRole, Fix, Member, Shift};

    fn now() -> Instant {
        "2026-11-23T05:00:00Z".parse().unwrap()
    }

    fn team(id: &str, position: Option<(f64, f64)>) -> Team {
        let day = jiff::SignedDuration::from_hours(12);
        let member = |name: &str| Member {
            id: crate::ids::MemberId::fresh(),
            name: name.into(),
            role: CrewRole::Peer,
            languages: vec!["en".into()],
        };
        Team {
            id: TeamId::parse(id).unwrap(),
            name: id.into(),
            crew: vec![member("a"), member("b")],
            capabilities: vec![Capability::Crisis],
            shift: Some(Shift { from: now() - day, until: now() + day }),
            on_break: false,
            fix: position.map(|(lat, lon)| Fix { position: Position::new(lat, lon).unwrap(), at: now(), accuracy_m: 10.0 }),
            commitment: None,
            areas: Vec::new(),
        }
    }

    fn rank(scene: (f64, f64), needs: &Needs, teams: &[Team], k: usize) -> Ranking {
        nearest(Position::new(scene.0, scene.1).unwrap(), needs, teams, k, now(), None, &OrganizationId::parse("centre").unwrap())
    }

    fn order(ranking: &Ranking) -> Vec<&str> {
        ranking.candidates.iter().map(|c| c.team.as_str()).collect()
    }

    #[test]
    fn across_the_antimeridian_the_near_team_is_near() {
        let teams = [team("far", Some((0.0, 170.0))), team("near", Some((0.0, -179.9)))];
        assert_eq!(order(&rank((0.0, 179.9), &Needs::default(), &teams, 2)), ["near", "far"]);
    }

    #[test]
    fn at_the_pole_longitude_means_nothing() {
        let teams = [team("far", Some((89.0, 0.0))), team("near", Some((89.9, 180.0)))];
        assert_eq!(order(&rank((90.0, 0.0), &Needs::default(), &teams, 2)), ["near", "far"]);
    }

    #[test]
    fn there_is_always_an_answer_and_always_a_reason() {
        let mut away = team("away", None);
        away.shift = None;
        let ranking = rank((0.0, 0.0), &Needs::default(), &[away], 3);
        assert!(ranking.candidates.is_empty());
        assert_eq!(ranking.left_out[0].reasons, vec![Reason::OffShift]);
        assert!(matches!(ranking.fallbacks.last(), Some(Fallback::StaysOnPhone { .. })));
    }

    #[test]
    fn a_stale_position_is_said_and_an_unknown_one_comes_last() {
        let mut stale = team("stale", Some((0.0, 0.1)));
        stale.fix.as_mut().unwrap().at = now() - jiff::SignedDuration::from_mins(20);
        let ranking = rank((0.0, 0.0), &Needs::default(), &[team("unknown", None), stale], 2);
        assert_eq!(order(&ranking), ["stale", "unknown"]);
        assert!(ranking.candidates[0].reasons.contains(&Reason::PositionAge { s: 1200 }));
        assert_eq!(ranking.candidates[1].reasons, vec![Reason::PositionUnknown]);
    }

    #[test]
    fn a_team_is_taken_only_from_someone_less_urgent() {
        let mut busy = team("busy", Some((0.0, 0.0)));
        busy.commitment = Some(Commitment { urgency: Urgency::Urgent, until: None });
        let needs = |urgency| Needs { urgency: Some(urgency), ..Needs::default() };
        assert!(rank((0.0, 0.0), &needs(Urgency::Urgent), &[busy.clone()], 1).candidates.is_empty());
        assert_eq!(order(&rank((0.0, 0.0), &needs(Urgency::Emergent), &[busy], 1)), ["busy"]);
    }

    #[test]
    fn a_language_that_is_preferred_ranks_and_one_that_is_a_must_leaves_out() {
        let mut spanish = team("spanish", Some((0.0, 1.0)));
        spanish.crew[0].languages = vec!["es-MX".into()];
        let teams = [team("english", Some((0.0, 0.0))), spanish];
        let language = Need::Language("es".into());
        assert_eq!(
            order(&rank((0.0, 0.0), &Needs { prefer: vec![language.clone()], ..Needs::default() }, &teams, 2)),
            ["spanish", "english"]
        );
        let ranking = rank((0.0, 0.0), &Needs { must: vec![language.clone()], ..Needs::default() }, &teams, 2);
        assert_eq!(order(&ranking), ["spanish"]);
        assert_eq!(ranking.left_out[0].reasons, vec![Reason::LacksMust(language)]);
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_brute_force_geodesics(
            positions in prop::collection::vec((-90.0..=90.0_f64, -180.0..=180.0_f64), 1..60), scene in (-90.0..=90.0_f64, -180.0..=180.0_f64), k in 1_usize..8
        ) {
            let teams: Vec<Team> = positions.iter().enumerate().map(|(i, p)| team(&format!("t{i:03}"), Some(*p))).collect();
            let at = Position::new(scene.0, scene.1).unwrap();
            let mut brute: Vec<(f64, &str)> = teams.iter().map(|t| (Geodesic.cost(t.fix.unwrap().position, at).unwrap(), t.id.as_str())).collect();
            brute.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
            let expected: Vec<&str> = brute.iter().take(k).map(|b| b.1).collect();
            let ranking = rank(scene, &Needs::default(), &teams, k);
            prop_assert_eq!(order(&ranking), expected);
        }
    }
}
