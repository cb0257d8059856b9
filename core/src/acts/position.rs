//! Telling the agency where a team is.
//!
//! Rule (P29, wire.md): only between shift start and end, never on a break; one PUT when moved 200 m or more, never
//! more than one a minute.

use super::{Actor, Plan};
use crate::base::Position;
use crate::base::geo::distance_m;
use crate::fhir::{self, Document};
use crate::team::{Fix, Team};

/// Moves below this are not told.
const MOVED_M: f64 = 200.0;
/// Never more often than this.
const EVERY_S: i64 = 60;

/// Plans the report; `None` where nothing is to be told. `before` is the position as the agency has it.
pub fn report(team: &Team, position: Position, accuracy_m: f64, before: Option<&Document>, actor: &Actor) -> Option<Plan> {
    let at = actor.time();
    if let Some(fix) = team.fix {
        let moved = distance_m(fix.position, position);
        if moved < MOVED_M || at.duration_since(fix.at).as_secs() < EVERY_S {
            return None;
        }
    }
    if !team.shift.is_some_and(|shift| shift.from <= at && at < shift.until) {
        return None;
    }
    let here = Team { fix: Some(Fix { position, at, accuracy_m }), ..team.clone() };
    let document = fhir::team::write_position(&here, actor.agency.as_str())?;
    let plan = Plan::new("report position", &actor.member, actor.now, "position");
    Some(if before.is_some() { plan.change(document) } else { plan.create(document) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{MemberId, OrganizationId, TeamId};
    use crate::team::Shift;

    #[test]
    fn a_team_is_located_on_shift_only_and_not_for_every_step() {
        let now: crate::base::clock::Instant = "2026-11-23T14:00:00Z".parse().unwrap();
        let hour = jiff::SignedDuration::from_hours(1);
        let actor = Actor {
            member: MemberId::fresh(),
            lead: false,
            team: TeamId::fresh(),
            agency: OrganizationId::fresh(),
            device: "p".into(),
            now,
            server_now: None,
            ids: crate::acts::Ids::Fresh,
        };
        let here = Position::new(40.0, -75.0).unwrap();
        let mut team = Team {
            id: actor.team.clone(),
            name: "t".into(),
            crew: vec![],
            capabilities: vec![],
            shift: Some(Shift { from: now - hour, until: now + hour }),
            on_break: false,
            fix: Some(Fix { position: here, at: now - hour, accuracy_m: 5.0 }),
            commitment: None,
            areas: vec![],
        };
        let far = Position::new(40.01, -75.0).unwrap();
        assert!(report(&team, far, 5.0, None, &actor).is_some());
        assert!(report(&team, Position::new(40.001, -75.0).unwrap(), 5.0, None, &actor).is_none());
        team.on_break = true;
        assert!(report(&team, far, 5.0, None, &actor).is_none());
        team.on_break = false;
        team.shift = Some(Shift { from: now - hour - hour, until: now - hour });
        assert!(report(&team, far, 5.0, None, &actor).is_none());
    }
}
