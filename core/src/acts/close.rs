//! The end of one person's visit: the four answers, or why there was no contact.

use super::lead::{self, NotALead};
use super::{ActError, Actor, Plan};
use crate::assignment::{Closing, NextStep};
use crate::base::ids::{AssignmentId, VisitId};
use crate::fhir::{self, Document, ReadError};
use crate::incident::Urgency;
use crate::records::lookup::LookupError;
use crate::records::{Records, lookup};

/// Why a visit cannot be closed like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseError {
    /// At high urgency only a lead closes a visit without contact (practice.md), and this member is none.
    #[error("no contact at high urgency: the lead decides")]
    LeadOnly(NotALead),
}

/// Gives the closing answers of one visit. At high urgency, no contact by anyone but a lead must go to the lead.
///
/// # Errors
/// [`CloseError`], and others of [`ActError`].
pub fn close<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    visit: &VisitId,
    closing: Closing,
    actor: &Actor,
) -> Result<Plan, ActError<CloseError>> {
    let encounter = lookup::required(records, "Encounter", visit.as_str(), "visit")?;
    let mut visit = fhir::assignment::read_visit(&encounter)?;
    if &visit.assignment != assignment {
        return Err(LookupError::NotHere { what: "visit" }.into());
    }
    let request = lookup::request(records, &lookup::task(records, assignment)?)?;
    let urgency = fhir::incident::urgency(request.as_ref().and_then(|request| request.text("/priority")));
    if let Closing::NotMet { next, .. } = closing
        && urgency == Urgency::Emergent
        && next != NextStep::Lead
        && let Some(why) = lead::why_not(records, actor)?
    {
        return Err(ActError::Refused(CloseError::LeadOnly(why)));
    }
    visit.closing = Some(closing);
    let mut document = encounter.clone();
    fhir::assignment::write_visit_onto(&visit, &[], &mut document);
    if let (Closing::Met { .. }, Some(began)) = (closing, visit.began) {
        let end = actor.time().max(began);
        document.set("period", serde_json::json!({ "start": began.to_string(), "end": end.to_string() }));
    }
    Ok(actor.plan("close visit", assignment.as_str()).change(document))
}

/// The visit as it is once the crew is with the person; `None` where it had begun before.
pub(super) fn begun(encounter: &Document, actor: &Actor) -> Result<Option<Document>, ReadError> {
    let mut visit = fhir::assignment::read_visit(encounter)?;
    if visit.began.is_some() {
        return Ok(None);
    }
    visit.began = Some(actor.time());
    let mut document = encounter.clone();
    fhir::assignment::write_visit_onto(&visit, &[], &mut document);
    Ok(Some(document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::Ledger;
    use crate::acts::respond::{OnView, on_view};
    use crate::assignment::{AloneReason, HowClosed, Legal, NoContact, Travel, Whereabouts};
    use crate::base::Code;
    use crate::base::ids::{MemberId, OrganizationId, TeamId};
    use crate::fhir::team;
    use crate::incident::Place;
    use crate::records::Memory;

    fn actor() -> Actor {
        let now = "2026-11-23T05:00:00Z".parse().unwrap();
        Actor::new(MemberId::derived("ana"), TeamId::derived("team"), OrganizationId::derived("agency"), "phone", now)
    }

    /// A visit of this urgency that has not begun.
    fn visit(urgency: Urgency) -> (Memory, AssignmentId, VisitId) {
        let said = OnView {
            headline: "knocks and nobody opens".into(),
            urgency,
            place: Place::default(),
            description: None,
            crew: vec![],
            alone: Some(AloneReason::NobodyElse),
        };
        let started = on_view(said, &actor()).unwrap();
        let mut records = Memory::default();
        records.commit(&started.plan).unwrap();
        let visit = records.documents().iter().find(|document| document.kind() == "Encounter").unwrap().id().to_owned();
        (records, started.assignment, VisitId::parse(&visit).unwrap())
    }

    fn closings() -> Vec<Closing> {
        let not_met =
            |reason: &NoContact| NextStep::ALL.iter().map(|next| Closing::NotMet { reason: *reason, next: *next }).collect::<Vec<_>>();
        let met = |how: &HowClosed| Closing::Met {
            whereabouts: Whereabouts::StayedThere,
            travel: Travel::None,
            legal: Legal::Voluntary,
            how: *how,
        };
        NoContact::ALL.iter().flat_map(not_met).chain(HowClosed::ALL.iter().map(met)).collect()
    }

    /// At high urgency no contact is closed by a lead, or goes to one; everything else is the crew's.
    #[test]
    fn no_contact_at_high_urgency_is_closed_by_a_lead_or_goes_to_one() {
        for urgency in Urgency::ALL {
            for (opened, named) in [(false, false), (false, true), (true, false), (true, true)] {
                let (mut records, assignment, visit) = visit(*urgency);
                if named {
                    records.put(team::write_lead(&actor().member, actor().agency.as_str()));
                }
                let actor = Actor { lead: opened, ..actor() };
                for closing in closings() {
                    let missed = matches!(closing, Closing::NotMet { next, .. } if next != NextStep::Lead);
                    let why = if opened { NotALead::Unknown } else { NotALead::NotOpened };
                    let refused = *urgency == Urgency::Emergent && missed && !(opened && named);
                    let closed = close(&records, &assignment, &visit, closing, &actor);
                    let case = format!("{urgency:?}, opened {opened}, named {named}: {closing:?}");
                    match closed {
                        Ok(plan) => {
                            assert!(!refused, "{case}");
                            assert_eq!(fhir::assignment::read_visit(&plan.writes[0].document).unwrap().closing, Some(closing), "{case}");
                        }
                        Err(error) => assert_eq!((error, refused), (ActError::Refused(CloseError::LeadOnly(why)), true), "{case}"),
                    }
                }
            }
        }
    }
}
