//! Telling the agency where a team is.
//!
//! Rule (P29, wire.md): only between shift start and end, never on a break; one PUT when moved 200 m or more, never
//! more than one a minute.

use super::{ActError, Actor, Never, Plan};
use crate::base::Position;
use crate::base::geo::distance_m;
use crate::fhir;
use crate::records::{Records, lookup};
use crate::team::{Fix, Team};

/// Moves below this are not told.
const MOVED_M: f64 = 200.0;
/// Never more often than this.
const EVERY_S: i64 = 60;

/// Plans the report of the actor's team; `None` where nothing is to be told.
///
/// # Errors
/// [`ActError`]: the team is not here.
pub fn report<R: Records + ?Sized>(
    records: &R,
    position: Position,
    accuracy_m: f64,
    actor: &Actor,
) -> Result<Option<Plan>, ActError<Never>> {
    let (team, at) = (lookup::team(records, &actor.team)?, actor.time());
    // A fix later than now is from a clock that was wrong: it must not keep the team where it says.
    let soon = |fix: Fix| fix.at <= at && (distance_m(fix.position, position) < MOVED_M || at.duration_since(fix.at).as_secs() < EVERY_S);
    let on_shift = team.shift.is_some_and(|shift| shift.from <= at && at < shift.until);
    if team.fix.is_some_and(soon) || !on_shift {
        return Ok(None);
    }
    let here = Team { fix: Some(Fix { position, at, accuracy_m }), ..team };
    let Some(document) = fhir::team::write_position(&here, actor.agency.as_str()) else { return Ok(None) };
    let plan = actor.plan("report position", "position");
    let before = records.document(document.kind(), document.id())?;
    Ok(Some(if before.is_some() { plan.change(document) } else { plan.create(document) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{MemberId, OrganizationId, TeamId};
    use crate::records::Memory;
    use crate::team::Shift;

    #[test]
    fn a_team_is_located_on_shift_only_and_not_for_every_step() {
        let now: crate::base::clock::Instant = "2026-11-23T14:00:00Z".parse().unwrap();
        let hour = jiff::SignedDuration::from_hours(1);
        let actor = Actor::new(MemberId::fresh(), TeamId::fresh(), OrganizationId::fresh(), "p", now);
        let here = Position::new(40.0, -75.0).unwrap();
        let team = Team {
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
        let told = |team: Team, at: Position| {
            let records = Memory::of(fhir::team::write(&team, actor.agency.as_str()));
            report(&records, at, 5.0, &actor).unwrap().is_some()
        };
        let far = Position::new(40.01, -75.0).unwrap();
        assert!(told(team.clone(), far));
        assert!(!told(team.clone(), Position::new(40.001, -75.0).unwrap()));
        let ahead = Some(Fix { position: here, at: now + hour, accuracy_m: 5.0 });
        assert!(told(Team { fix: ahead, ..team.clone() }, here), "a clock that was wrong");
        assert!(!told(Team { on_break: true, ..team.clone() }, far));
        let over = Some(Shift { from: now - hour - hour, until: now - hour });
        assert!(!told(Team { shift: over, ..team }, far));
    }
}
