//! The nearest teams that can go: by time over the roads where a road pack is there, and by straight line always.
//!
//! The straight line is the WGS84 geodesic, right at the antimeridian and the poles; `fleet` narrows to the few that have
//! to be measured by it. By road every team that can go is measured: one question costs about as much for fifty teams as
//! for one.

use super::by_road::{ByRoad, DriveTime, DriveTimes};
use super::eta::{Eta, Uncertain};
use super::shortlist::Shortlist;
use super::{Need, Needs, Reason, Team};
use crate::base::Position;
use crate::base::clock::Instant;
use crate::base::geo::distance_m;
use crate::base::ids::{OrganizationId, TeamId};

/// From how far off the road it is said how far, in metres.
const SAID_OFF_ROAD_M: f64 = 150.0;

/// Who is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Where.
    pub scene: Position,
    /// How well that is known, in metres.
    pub accuracy_m: f64,
    /// What is needed.
    pub needs: &'a Needs,
    /// How many teams are named at most.
    pub k: usize,
    /// Now.
    pub now: Instant,
    /// The neighbour under mutual aid.
    pub neighbour: Option<&'a OrganizationId>,
    /// The 988 centre that stays on the phone.
    pub centre: &'a OrganizationId,
    /// The roads, where there is a pack.
    pub by_road: Option<ByRoad<'a>>,
}

/// A team that can go.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The team.
    pub team: TeamId,
    /// Metres as the crow flies; `None` where nobody knows where it is.
    pub distance_m: Option<f64>,
    /// The time by road; `None` without a road pack, without a position, or where there is no way.
    pub eta: Option<Eta>,
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
        /// When it could be there by road, from where it is now.
        arrives: Option<Instant>,
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

/// How old a position may be before its age is said, in seconds.
const FRESH_S: u64 = 120;

/// Ranks the teams for a scene: musts decide who can, preferences met come first, then time by road, then distance. A
/// team to which no way by road is known comes after those that have one, and one whose position nobody knows comes last.
pub fn nearest(question: &Question<'_>, teams: &[Team]) -> Ranking {
    let Question { scene, needs, k, now, .. } = *question;
    let mut left_out = Vec::new();
    let mut able: Vec<(&Team, usize)> = Vec::new();
    for team in teams {
        let reasons = why_not(team, needs, now);
        if reasons.is_empty() {
            able.push((team, needs.prefer.iter().filter(|need| meets(team, need)).count()));
        } else {
            left_out.push(LeftOut { team: team.id.clone(), reasons });
        }
    }
    if question.by_road.is_none() {
        able = narrow(able, scene, k);
    }
    let ways = DriveTimes::to(question.by_road, scene, able.iter().map(|(team, _)| *team));
    let mut candidates: Vec<Candidate> =
        able.iter().zip(&ways.of_teams).map(|((team, met), way)| candidate(team, question, *met, *way, &ways)).collect();
    candidates.sort_by(|a, b| {
        let far = |c: &Candidate| c.distance_m.unwrap_or(f64::INFINITY);
        let time = |c: &Candidate| (c.eta.is_none(), c.eta.map(|eta| eta.millis));
        b.met.cmp(&a.met).then(time(a).cmp(&time(b))).then(far(a).total_cmp(&far(b))).then_with(|| a.team.cmp(&b.team))
    });
    candidates.truncate(k);
    let mut fallbacks: Vec<Fallback> = later(question, teams).into_iter().collect();
    fallbacks.extend(question.neighbour.map(|agency| Fallback::MutualAid { agency: agency.clone() }));
    fallbacks.push(Fallback::StaysOnPhone { centre: question.centre.clone() });
    Ranking { candidates, left_out, fallbacks }
}

/// Keeps the `k` best: those that meet the most preferences, of them the nearest, and all that may be among these.
fn narrow(able: Vec<(&Team, usize)>, scene: Position, k: usize) -> Vec<(&Team, usize)> {
    let mut levels: Vec<usize> = able.iter().map(|(_, met)| *met).collect();
    levels.sort_unstable_by(|a, b| b.cmp(a));
    levels.dedup();
    let mut kept = Vec::new();
    for level in levels {
        let missing = k.saturating_sub(kept.len());
        let of_level: Vec<&(&Team, usize)> = able.iter().filter(|(_, met)| *met == level).collect();
        let mut shortlist = Shortlist::new(scene, missing);
        for (number, (team, _)) in (0_u32..).zip(&of_level) {
            team.fix.iter().for_each(|fix| shortlist.offer(number, fix.position));
        }
        let before = kept.len();
        kept.extend(shortlist.teams().filter_map(|number| of_level.get(number as usize).copied().copied()));
        if kept.len() - before < missing {
            kept.extend(of_level.into_iter().filter(|(team, _)| team.fix.is_none()).copied());
        }
    }
    kept
}

fn candidate(team: &Team, question: &Question<'_>, met: usize, way: DriveTime, ways: &DriveTimes) -> Candidate {
    let distance_m = team.fix.map(|fix| distance_m(fix.position, question.scene));
    let mut reasons = Vec::new();
    let mut eta = None;
    match (team.fix, distance_m) {
        (Some(fix), Some(m)) => {
            let age_s = question.now.duration_since(fix.at).as_secs().max(0).unsigned_abs();
            match way {
                DriveTime::Takes(millis) => {
                    let known = Eta::new(millis, Uncertain { accuracy_m: fix.accuracy_m + question.accuracy_m, age_s });
                    reasons.push(Reason::ByRoad(known));
                    eta = Some(known);
                }
                DriveTime::None => reasons.push(Reason::NoWay),
                DriveTime::OffTheMap => reasons.push(Reason::OffTheMap),
                DriveTime::NotAsked => {}
            }
            if let Some(off_m) = ways.off_road_m.filter(|off_m| *off_m >= SAID_OFF_ROAD_M) {
                reasons.push(Reason::OffRoad { m: off_m.round() as u64 });
            }
            reasons.push(Reason::Distance { m: m.round() as u64 });
            if age_s > FRESH_S {
                reasons.push(Reason::PositionAge { s: age_s });
            }
        }
        _ => reasons.push(Reason::PositionUnknown),
    }
    for need in &question.needs.prefer {
        reasons.push(if meets(team, need) { Reason::Meets(need.clone()) } else { Reason::Lacks(need.clone()) });
    }
    if team.commitment.is_some() {
        reasons.push(Reason::TakenFromLessUrgent);
    }
    Candidate { team: team.id.clone(), distance_m, eta, met, reasons }
}

fn meets(team: &Team, need: &Need) -> bool {
    match need {
        Need::Can(capability) => team.capabilities.contains(capability),
        Need::Language(language) => team.speaks(language),
        Need::FullCrew => team.crew.len() >= 2,
        Need::Known(known) => &team.id == known,
    }
}

/// Why a team cannot be sent; nothing where it can.
pub(crate) fn why_not(team: &Team, needs: &Needs, now: Instant) -> Vec<Reason> {
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

/// The team that could be there first of those that can go later: free again, or coming on shift. Without roads, the one
/// that can go first.
fn later(question: &Question<'_>, teams: &[Team]) -> Option<Fallback> {
    let Question { needs, now, .. } = *question;
    let when = |team: &Team| {
        let shift = team.shift.filter(|shift| shift.until > now)?;
        let free = team.commitment.map_or(Some(now), |c| c.until)?;
        let at = free.max(shift.from);
        (at > now && at < shift.until && needs.must.iter().all(|need| meets(team, need))).then_some(at)
    };
    let could: Vec<(&Team, Instant)> = teams.iter().filter_map(|team| Some((team, when(team)?))).collect();
    let ways = DriveTimes::to(question.by_road, question.scene, could.iter().map(|(team, _)| *team));
    let arrives = |(at, way): (Instant, &DriveTime)| match way {
        DriveTime::Takes(millis) => at.checked_add(jiff::SignedDuration::from_millis(i64::from(*millis))).ok(),
        _ => None,
    };
    let all = could.iter().zip(&ways.of_teams).map(|((team, at), way)| (arrives((*at, way)), *at, team.id.clone()));
    all.min_by_key(|(arrives, at, team)| (arrives.is_none(), arrives.unwrap_or(*at), *at, team.clone()))
        .map(|(arrives, at, team)| Fallback::LaterTeam { team, at, arrives })
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
            id: crate::base::ids::MemberId::fresh(),
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
        let centre = OrganizationId::parse("centre").unwrap();
        let scene = Position::new(scene.0, scene.1).unwrap();
        nearest(&Question { scene, accuracy_m: 0.0, needs, k, now: now(), neighbour: None, centre: &centre, by_road: None }, teams)
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
            let mut brute: Vec<(f64, &str)> = teams.iter().map(|t| (distance_m(t.fix.unwrap().position, at), t.id.as_str())).collect();
            brute.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
            let expected: Vec<&str> = brute.iter().take(k).map(|b| b.1).collect();
            let ranking = rank(scene, &Needs::default(), &teams, k);
            prop_assert_eq!(order(&ranking), expected);
        }
    }
}
