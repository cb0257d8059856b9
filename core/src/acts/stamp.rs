//! One tap: an immutable stamp, and what follows from it: the Task's projection, and with contact the visits begin.

use super::lead::{self, NotALead};
use super::{ActError, Actor, Plan, close};
use crate::assignment::{Capture, Stamp, StampKind, State, legal, status};
use crate::base::ids::{AssignmentId, StampId};
use crate::fhir::{self, Document};
use crate::records::lookup::Stamps;
use crate::records::{Records, lookup};

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
    /// It is another's, this phone was opened for a lead, and the agency's data does not name this member as one.
    #[error("the agency's data does not name this member as a lead")]
    NotALead(NotALead),
}

/// Taps. With contact the visits begin in the same commit, so that no crash leaves a visit planned whose crew is with the
/// person.
///
/// # Errors
/// [`StampError`], and others of [`ActError`]; nothing is written.
pub fn tap<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    kind: StampKind,
    capture: Capture,
    actor: &Actor,
) -> Result<Plan, ActError<StampError>> {
    let task = lookup::task(records, assignment)?;
    if fhir::assignment::read(&task)?.team.as_ref() != Some(&actor.team) {
        return Err(ActError::Refused(StampError::NotYourTeam));
    }
    let stamps = lookup::stamps(records, assignment.as_str())?;
    let from = stamps.status().state;
    legal(from, kind).ok_or(ActError::Refused(StampError::Illegal { from }))?;
    let leads = lead::why_not(records, actor)?.is_none();
    let stamp = made(assignment, kind, &stamps, capture, leads, actor);
    let mut plan = plan("stamp", &task, stamp, &stamps, actor);
    if kind == StampKind::Contact {
        for visit in lookup::visits(records, &task)? {
            plan.writes.extend(close::begun(&visit, actor)?.map(super::plan::changed));
        }
    }
    Ok(plan)
}

/// Withdraws a wrong tap by a new stamp. The old one stays visible.
///
/// # Errors
/// [`StampError::NotYours`], and others of [`ActError`]; nothing is written.
pub fn withdraw<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    wrong: &StampId,
    reason: &str,
    actor: &Actor,
) -> Result<Plan, ActError<StampError>> {
    let task = lookup::task(records, assignment)?;
    let stamps = lookup::stamps(records, assignment.as_str())?;
    let target = stamps.read.iter().find(|s| &s.id == wrong).ok_or(ActError::Refused(StampError::NotYours))?;
    if reason.trim().is_empty() || target.withdraws.is_some() {
        return Err(ActError::Refused(StampError::NotYours));
    }
    let not_a_lead = lead::why_not(records, actor)?;
    if target.by != actor.member
        && let Some(why) = not_a_lead
    {
        return Err(ActError::Refused(if why == NotALead::NotOpened { StampError::NotYours } else { StampError::NotALead(why) }));
    }
    let mut stamp = made(assignment, target.kind, &stamps, Capture::Tap, not_a_lead.is_none(), actor);
    stamp.withdraws = Some(wrong.clone());
    stamp.reason = Some(reason.to_owned());
    Ok(plan("withdraw stamp", &task, stamp, &stamps, actor))
}

fn made(assignment: &AssignmentId, kind: StampKind, seen: &Stamps, capture: Capture, by_lead: bool, actor: &Actor) -> Stamp {
    let own = seen.read.iter().filter(|s| s.device == actor.device).map(|s| s.counter).max().unwrap_or(0);
    Stamp {
        id: actor.id("stamp"),
        assignment: assignment.clone(),
        kind,
        tapped: actor.now,
        server_time: actor.server_now,
        by: actor.member.clone(),
        by_lead,
        device: actor.device.clone(),
        counter: own + 1,
        after: seen.read.iter().map(|s| s.id.clone()).collect(),
        capture,
        withdraws: None,
        reason: None,
    }
}

/// A stamp is a document of its own and always goes; the Task's projection only where this release knows all it says (P30).
fn plan(name: &'static str, task: &Document, stamp: Stamp, seen: &Stamps, actor: &Actor) -> Plan {
    let plan = actor.plan(name, task.id()).create(fhir::assignment::write_stamp(&stamp));
    if !seen.unread.is_empty() || !fhir::assignment::knows_status(task) {
        return plan;
    }
    let mut all = seen.read.clone();
    all.push(stamp);
    let mut projected = task.clone();
    fhir::assignment::project(status(&all).state, task.at("/owner").is_some(), &mut projected);
    plan.change(projected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::Ledger;
    use crate::acts::respond::{OnView, on_view};
    use crate::assignment::AloneReason;
    use crate::base::ids::{MemberId, OrganizationId, TeamId};
    use crate::incident::{Place, Urgency};
    use crate::records::Memory;

    fn actor() -> Actor {
        let now = "2026-11-23T05:00:00Z".parse().unwrap();
        Actor::new(MemberId::fresh(), TeamId::fresh(), OrganizationId::fresh(), "phone", now)
    }

    fn said(crew: Vec<MemberId>, alone: Option<AloneReason>) -> OnView {
        OnView {
            headline: "crying man at the bus stop".into(),
            urgency: Urgency::Urgent,
            place: Place::default(),
            description: None,
            crew,
            alone,
        }
    }

    /// An own incident, and its assignment.
    fn begun(actor: &Actor) -> (Memory, AssignmentId) {
        let started = on_view(said(vec![], Some(AloneReason::NobodyElse)), actor).unwrap();
        let mut records = Memory::default();
        records.commit(&started.plan).unwrap();
        (records, started.assignment)
    }

    fn tapped(records: &mut Memory, id: &AssignmentId, kind: StampKind, actor: &Actor) -> Plan {
        let plan = tap(records, id, kind, Capture::Tap, actor).unwrap();
        records.commit(&plan).unwrap();
        plan
    }

    #[test]
    fn nobody_goes_alone_without_a_reason() {
        assert!(on_view(said(vec![MemberId::fresh()], None), &actor()).is_err());
    }

    #[test]
    fn an_illegal_tap_is_refused_before_anything_is_written() {
        let actor = actor();
        let (mut records, id) = begun(&actor);
        tapped(&mut records, &id, StampKind::Acknowledged, &actor);
        assert_eq!(
            tap(&records, &id, StampKind::Dispatched, Capture::Tap, &actor),
            Err(ActError::Refused(StampError::Illegal { from: State::Acknowledged }))
        );
    }

    #[test]
    fn a_team_does_not_tap_on_another_teams_work() {
        let (mine, other) = (actor(), actor());
        let (records, id) = begun(&mine);
        let tapped = tap(&records, &id, StampKind::OnScene, Capture::Tap, &other);
        assert_eq!(tapped, Err(ActError::Refused(StampError::NotYourTeam)));
    }

    #[test]
    fn a_tap_of_somebody_else_is_not_withdrawn() {
        let (mine, other) = (actor(), actor());
        let (mut records, id) = begun(&mine);
        let stamp = fhir::assignment::read_stamp(&tapped(&mut records, &id, StampKind::OnScene, &mine).writes[0].document).unwrap();
        let refused = withdraw(&records, &id, &stamp.id, "wrong button", &other);
        assert_eq!(refused, Err(ActError::Refused(StampError::NotYours)));
        let plan = withdraw(&records, &id, &stamp.id, "wrong button", &mine).unwrap();
        assert_eq!(plan.writes[1].document.text("/businessStatus/coding/0/code"), Some("offered"));
    }

    /// Whose tap it is, for whom the phone was opened, and whom the agency names.
    #[test]
    fn a_tap_is_withdrawn_by_its_author_or_by_whom_the_agency_names_as_a_lead() {
        let mine = actor();
        let other = Actor { member: MemberId::fresh(), ..mine.clone() };
        for (by, opened, named) in (0..8).map(|case| (if case & 4 == 0 { &mine } else { &other }, case & 2 != 0, case & 1 != 0)) {
            let (mut records, id) = begun(&mine);
            let stamp = fhir::assignment::read_stamp(&tapped(&mut records, &id, StampKind::OnScene, &mine).writes[0].document).unwrap();
            if named {
                records.put(fhir::team::write_lead(&by.member, by.agency.as_str()));
            }
            let by = Actor { lead: opened, ..by.clone() };
            let (own, leads) = (by.member == mine.member, opened && named);
            let case = format!("own {own}, opened {opened}, named {named}");
            assert_eq!(withdraw(&records, &id, &stamp.id, " ", &by), Err(ActError::Refused(StampError::NotYours)), "{case}");
            match withdraw(&records, &id, &stamp.id, "wrong button", &by) {
                Ok(plan) => {
                    assert!(own || leads, "{case}");
                    records.commit(&plan).unwrap();
                    let stamps = lookup::stamps(&records, id.as_str()).unwrap();
                    assert_eq!(stamps.status().withdrawn, [stamp.id], "{case}");
                    assert_eq!(stamps.read.iter().filter(|stamp| stamp.by_lead).count(), usize::from(leads), "{case}");
                }
                Err(error) => {
                    let why = if opened { StampError::NotALead(NotALead::Unknown) } else { StampError::NotYours };
                    assert_eq!((error, own || leads), (ActError::Refused(why), false), "{case}");
                }
            }
        }
    }

    #[test]
    fn a_withdrawal_is_withdrawn_by_nobody() {
        let mine = Actor { lead: true, ..actor() };
        let (mut records, id) = begun(&mine);
        records.put(fhir::team::write_lead(&mine.member, mine.agency.as_str()));
        let stamp = fhir::assignment::read_stamp(&tapped(&mut records, &id, StampKind::OnScene, &mine).writes[0].document).unwrap();
        let plan = withdraw(&records, &id, &stamp.id, "wrong button", &mine).unwrap();
        records.commit(&plan).unwrap();
        let withdrawal = fhir::assignment::read_stamp(&plan.writes[0].document).unwrap();
        assert_eq!(withdraw(&records, &id, &withdrawal.id, "it was right", &mine), Err(ActError::Refused(StampError::NotYours)));
        // The way back is to tap again.
        assert!(tap(&records, &id, StampKind::OnScene, Capture::Tap, &mine).is_ok());
    }

    #[test]
    fn contact_begins_the_visits_in_the_same_plan_and_a_visit_begins_once() {
        let actor = actor();
        let (mut records, id) = begun(&actor);
        tapped(&mut records, &id, StampKind::OnScene, &actor);
        let plan = tapped(&mut records, &id, StampKind::Contact, &actor);
        let kinds: Vec<&str> = plan.writes.iter().map(|write| write.document.kind()).collect();
        assert_eq!(kinds, ["Provenance", "Task", "Encounter"]);
        let began = fhir::assignment::read_visit(&plan.writes[2].document).unwrap().began;
        assert_eq!(began, Some(actor.now));
        let later = Actor { now: actor.now + jiff::SignedDuration::from_mins(5), ..actor.clone() };
        assert_eq!(close::begun(&plan.writes[2].document, &later), Ok(None));
    }

    #[test]
    fn a_stamp_of_a_later_release_leaves_the_task_as_it_is() {
        let actor = actor();
        let (mut records, id) = begun(&actor);
        let mut newer = tapped(&mut records, &id, StampKind::EnRoute, &actor).writes[0].document.clone();
        newer.set("activity", serde_json::json!({ "coding": [{ "system": crate::fhir::element::ours("stamp"), "code": "hovering" }] }));
        records.put(newer);
        let plan = tap(&records, &id, StampKind::OnScene, Capture::Tap, &actor).unwrap();
        assert_eq!(plan.writes.iter().map(|write| write.document.kind()).collect::<Vec<_>>(), ["Provenance"]);
    }
}
