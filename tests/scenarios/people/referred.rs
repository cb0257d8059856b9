//! Handing a person on: on whose word it goes. By act, whatever the rules inside say; what goes is held by `sharing`.

use anydoor_core::acts::{ActError, Actor, hand_off};
use anydoor_core::assignment::{Assignment, State};
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{AssignmentId, BasisId, IncidentId, MemberId, OrganizationId, PersonId, TeamId};
use anydoor_core::fhir;
use anydoor_core::incident::{AskedBy, Channel, Door, Incident, Person, Place, Role, Urgency};
use anydoor_core::records::Memory;
use anydoor_core::sharing::{Basis, BasisKind};
use anydoor_sandbox::county::County;

fn at(minute: u32) -> Instant {
    format!("2026-11-23T05:{minute:02}:00Z").parse().unwrap()
}

fn actor() -> Actor {
    Actor::new(MemberId::derived("ana"), TeamId::derived("team"), OrganizationId::derived("agency"), "phone", at(30))
}

fn person() -> PersonId {
    PersonId::derived("person")
}

fn assignment() -> AssignmentId {
    AssignmentId::derived("assignment")
}

fn records(county: &County, bases: &[Basis]) -> Memory {
    let incident = Incident {
        id: IncidentId::derived("incident"),
        identifiers: Vec::new(),
        door: Door::OnView,
        asked_by: AskedBy::Team,
        channel: Channel::InPerson,
        urgency: Urgency::Urgent,
        headline: "woman on the bridge".into(),
        first_contact: None,
        determined: at(0),
        place: Place::default(),
        facts: Vec::new(),
        people: vec![Person::unnamed(person(), Role::InCrisis)],
        received: Vec::new(),
    };
    let visit = Assignment {
        id: assignment(),
        incident: incident.id.clone(),
        team: Some(actor().team),
        made: at(0),
        crew: vec![actor().member],
        alone: None,
    };
    let mut all = fhir::incident::write(&incident);
    all.push(fhir::assignment::write(&visit, State::Contact, &person(), "agency"));
    all.extend(fhir::directory::write(&county.services[0]));
    all.extend(bases.iter().map(fhir::basis::write));
    Memory::of(all)
}

/// Every basis of treatment: for whom, whose, from and until when, and withdrawn when. A withdrawal ends it at once, whatever the two
/// clocks show.
fn bases(to: &OrganizationId) -> Vec<(Basis, bool)> {
    let mut all = Vec::new();
    for recipient in [None, Some(to.clone()), Some(OrganizationId::derived("another service"))] {
        for of in [person(), PersonId::derived("somebody else")] {
            for (from, until) in [(0, None), (0, Some(59)), (0, Some(30)), (0, Some(20)), (31, Some(59)), (30, None)] {
                for withdrawn in [None, Some(10), Some(30), Some(40)] {
                    let current = from <= 30 && until.is_none_or(|until| until > 30) && withdrawn.is_none();
                    let names = recipient.as_ref().is_none_or(|recipient| recipient == to);
                    let id = BasisId::derived(&format!("{recipient:?} {of} {from} {until:?} {withdrawn:?}"));
                    let basis = Basis::treatment(id, &of, recipient.clone(), at(from), until.map(at));
                    let basis = Basis { withdrawn: withdrawn.map(at), ..basis };
                    all.push((basis, current && names && of == person()));
                }
            }
        }
    }
    all
}

fn handed(records: &Memory, county: &County) -> Result<String, ActError<hand_off::HandOffError>> {
    let plan = hand_off::hand_off(records, &assignment(), &person(), &county.services[0].id, None, &actor())?.0;
    Ok(plan.writes.iter().map(|write| write.document.to_text()).collect())
}

/// A basis that names another service, or is another person's, or has ended, was withdrawn or is to come, lets nothing go,
/// alone or beside others of its like.
#[test]
fn a_person_goes_on_the_word_of_a_basis_that_holds_for_that_service_and_of_no_other() {
    let county = County::generate(7, at(0));
    let to = &county.services[0].organization;
    let refused = Err(ActError::Refused(hand_off::HandOffError::NoBasis));
    assert_eq!(handed(&records(&county, &[]), &county), refused);
    let all = bases(to);
    assert!(all.iter().all(|(basis, _)| basis.kind == BasisKind::Treatment));
    let empty: Vec<Basis> = all.iter().filter(|(_, holds)| !holds).map(|(basis, _)| basis.clone()).collect();
    assert_eq!(handed(&records(&county, &empty), &county), refused);
    for (basis, holds) in &all {
        let told = handed(&records(&county, std::slice::from_ref(basis)), &county);
        assert_eq!(told.is_ok(), *holds, "{basis:?}: {told:?}");
    }
}
