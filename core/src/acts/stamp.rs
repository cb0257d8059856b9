//! One tap: an immutable stamp, and the projections that follow from it.

use super::{Actor, Plan};
use crate::assignment::{Capture, Stamp, StampKind, State, legal, status};
use crate::base::ids::{AssignmentId, StampId};
use crate::fhir::{self, Document};

/// Why a tap is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// Not a legal move from where the work stands.
    #[error("not a legal move from here")]
    Illegal {
        /// Where the work stands.
        from: State,
    },
    /// Another team has it, or nobody has.
    #[error("only the team that has it taps")]
    NotYourTeam,
    /// There is no such stamp to withdraw, or it is not this member's to withdraw.
    #[error("only its author or a lead withdraws a stamp, with a reason")]
    NotYours,
    /// The Task cannot be read.
    #[error(transparent)]
    Read(#[from] fhir::ReadError),
}

/// Taps. `seen` are the stamps that this phone has of the assignment.
///
/// # Errors
/// [`StampError::Illegal`], [`StampError::NotYourTeam`].
pub fn tap(task: &Document, kind: StampKind, seen: &[Stamp], capture: Capture, actor: &Actor) -> Result<Plan, StampError> {
    if fhir::assignment::read(task)?.team.as_ref() != Some(&actor.team) {
        return Err(StampError::NotYourTeam);
    }
    let from = status(seen).state;
    legal(from, kind).ok_or(StampError::Illegal { from })?;
    let stamp = made(task, kind, seen, capture, actor)?;
    Ok(plan("stamp", task, stamp, seen, actor))
}

/// Withdraws a wrong tap by a new stamp. The old one stays visible.
///
/// # Errors
/// [`StampError::NotYours`].
pub fn withdraw(task: &Document, wrong: &StampId, reason: &str, seen: &[Stamp], actor: &Actor) -> Result<Plan, StampError> {
    let target = seen.iter().find(|s| &s.id == wrong).ok_or(StampError::NotYours)?;
    if reason.trim().is_empty() || (target.by != actor.member && !actor.lead) {
        return Err(StampError::NotYours);
    }
    let mut stamp = made(task, target.kind, seen, Capture::Tap, actor)?;
    stamp.withdraws = Some(wrong.clone());
    stamp.reason = Some(reason.to_owned());
    Ok(plan("withdraw stamp", task, stamp, seen, actor))
}

fn made(task: &Document, kind: StampKind, seen: &[Stamp], capture: Capture, actor: &Actor) -> Result<Stamp, StampError> {
    let own = seen.iter().filter(|s| s.device == actor.device).map(|s| s.counter).max().unwrap_or(0);
    Ok(Stamp {
        id: StampId::fresh(),
        assignment: AssignmentId::parse(task.id()).map_err(|_| fhir::ReadError::new(task, "id"))?,
        kind,
        tapped: actor.now,
        server_time: actor.server_now,
        by: actor.member.clone(),
        by_lead: actor.lead,
        device: actor.device.clone(),
        counter: own + 1,
        after: seen.iter().map(|s| s.id.clone()).collect(),
        capture,
        withdraws: None,
        reason: None,
    })
}

fn plan(name: &'static str, task: &Document, stamp: Stamp, seen: &[Stamp], actor: &Actor) -> Plan {
    let mut all = seen.to_vec();
    all.push(stamp.clone());
    let mut projected = task.clone();
    fhir::assignment::project(status(&all).state, task.at("/owner").is_some(), &mut projected);
    Plan::new(name, &actor.member, actor.now, task.id()).create(fhir::assignment::write_stamp(&stamp)).change(projected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::respond::{OnView, on_view};
    use crate::assignment::AloneReason;
    use crate::base::ids::{MemberId, OrganizationId, TeamId};
    use crate::incident::{Place, Urgency};

    fn actor() -> Actor {
        let now = "2026-11-23T05:00:00Z".parse().unwrap();
        Actor {
            member: MemberId::fresh(),
            lead: false,
            team: TeamId::fresh(),
            agency: OrganizationId::fresh(),
            device: "phone".into(),
            now,
            server_now: None,
            ids: crate::acts::Ids::Fresh,
        }
    }

    fn task(actor: &Actor) -> Document {
        let said = OnView {
            headline: "crying man at the bus stop".into(),
            urgency: Urgency::Urgent,
            place: Place::default(),
            description: None,
            crew: vec![],
            alone: Some(AloneReason::NobodyElse),
        };
        let started = on_view(said, actor).unwrap();
        started.plan.writes.into_iter().map(|w| w.document).find(|d| d.kind() == "Task").unwrap()
    }

    #[test]
    fn nobody_goes_alone_without_a_reason() {
        let said = OnView {
            headline: String::new(),
            urgency: Urgency::Urgent,
            place: Place::default(),
            description: None,
            crew: vec![MemberId::fresh()],
            alone: None,
        };
        assert!(on_view(said, &actor()).is_err());
    }

    #[test]
    fn an_illegal_tap_is_refused_before_anything_is_written() {
        let actor = actor();
        let task = task(&actor);
        let plan = tap(&task, StampKind::Acknowledged, &[], Capture::Tap, &actor).unwrap();
        let stamp = fhir::assignment::read_stamp(&plan.writes[0].document).unwrap();
        assert_eq!(
            tap(&task, StampKind::Dispatched, &[stamp], Capture::Tap, &actor),
            Err(StampError::Illegal { from: State::Acknowledged })
        );
    }

    #[test]
    fn a_team_does_not_tap_on_another_teams_work() {
        let (mine, other) = (actor(), actor());
        let task = task(&mine);
        assert_eq!(tap(&task, StampKind::OnScene, &[], Capture::Tap, &other), Err(StampError::NotYourTeam));
    }

    #[test]
    fn a_tap_of_somebody_else_is_not_withdrawn() {
        let (mine, other) = (actor(), actor());
        let task = task(&mine);
        let plan = tap(&task, StampKind::OnScene, &[], Capture::Tap, &mine).unwrap();
        let stamp = fhir::assignment::read_stamp(&plan.writes[0].document).unwrap();
        assert_eq!(withdraw(&task, &stamp.id, "wrong button", std::slice::from_ref(&stamp), &other), Err(StampError::NotYours));
        let plan = withdraw(&task, &stamp.id, "wrong button", std::slice::from_ref(&stamp), &mine).unwrap();
        assert_eq!(plan.writes[1].document.text("/businessStatus/coding/0/code"), Some("offered"));
    }
}
