//! Handing a person on: on whose word it goes, and what a brief to a centre never holds. By act, whatever the rules inside say.

use anydoor_core::acts::{ActError, Actor, hand_off, step_down};
use anydoor_core::assignment::{Assignment, State};
use anydoor_core::base::Code;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{AssignmentId, BasisId, FactId, IncidentId, MemberId, OrganizationId, PersonId, TeamId};
use anydoor_core::fhir;
use anydoor_core::handoff::{Basis, BasisKind};
use anydoor_core::incident::{About, AskedBy, Channel, Door, Fact, FactKind, Incident, Label, Person, Place, Role, Source, Urgency};
use anydoor_core::records::Memory;
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

/// What a fact of this label says, so that it is found wherever it goes.
fn says(label: Label, life_saving: bool) -> String {
    format!("a fact of {} that would save a life: {life_saving}", label.code())
}

fn facts() -> Vec<Fact> {
    let of = |(label, life_saving): (&Label, bool)| Fact {
        id: FactId::derived(&says(*label, life_saving)),
        about: About::Person(person()),
        kind: FactKind::Remark,
        text: says(*label, life_saving),
        code: None,
        source: Source { who: "neighbour".into(), agency: None },
        door: Door::Line911,
        said: at(1),
        label: *label,
        life_saving,
    };
    Label::ALL.iter().flat_map(|label| [(label, false), (label, true)]).map(of).collect()
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
        facts: facts(),
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
    all.extend(bases.iter().map(fhir::handoff::write_basis));
    Memory::of(all)
}

/// Every basis of one kind: for whom, whose, from and until when, and withdrawn when.
fn bases(kind: BasisKind, to: &OrganizationId) -> Vec<(Basis, bool)> {
    let mut all = Vec::new();
    for recipient in [None, Some(to.clone()), Some(OrganizationId::derived("another service"))] {
        for of in [person(), PersonId::derived("somebody else")] {
            for (from, until) in [(0, None), (0, Some(59)), (0, Some(30)), (0, Some(20)), (31, Some(59)), (30, None)] {
                for withdrawn in [None, Some(10), Some(30), Some(40)] {
                    let current = from <= 30 && until.is_none_or(|until| until > 30) && withdrawn.is_none_or(|at| at > 30);
                    let names = recipient.as_ref().is_none_or(|recipient| recipient == to);
                    let basis = Basis {
                        id: BasisId::derived(&format!("{recipient:?} {of} {from} {until:?} {withdrawn:?}")),
                        person: of.clone(),
                        kind,
                        recipient: recipient.clone(),
                        from: at(from),
                        until: until.map(at),
                        withdrawn: withdrawn.map(at),
                    };
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
/// alone or beside others of its like; and it lets no more go beside one that holds.
#[test]
fn a_person_goes_on_the_word_of_a_basis_that_holds_for_that_service_and_of_no_other() {
    let county = County::generate(7, at(0));
    let to = &county.services[0].organization;
    let refused = Err(ActError::Refused(hand_off::HandOffError::NoBasis));
    assert_eq!(handed(&records(&county, &[]), &county), refused);
    for kind in BasisKind::ALL {
        let all = bases(*kind, to);
        let empty: Vec<Basis> = all.iter().filter(|(_, holds)| !holds).map(|(basis, _)| basis.clone()).collect();
        assert_eq!(handed(&records(&county, &empty), &county), refused, "{kind:?}");
        for (basis, holds) in &all {
            let told = handed(&records(&county, std::slice::from_ref(basis)), &county);
            assert_eq!(told.is_ok(), *holds, "{basis:?}: {told:?}");
            if let Ok(alone) = told {
                let mut beside = empty.clone();
                beside.push(basis.clone());
                let together = handed(&records(&county, &beside), &county).unwrap();
                for fact in facts() {
                    assert!(alone.contains(&fact.text) || !together.contains(&fact.text), "{basis:?} let {} go", fact.text);
                }
            }
        }
    }
}

/// Neither a Part 2 record nor a police record goes to a counsellor who has no consent: none is for a treating crew alone.
#[test]
fn a_brief_to_a_centre_holds_no_record_that_needs_a_consent() {
    let county = County::generate(7, at(0));
    for bases in [Vec::new(), bases(BasisKind::Treatment, &county.centre).into_iter().map(|(basis, _)| basis).collect()] {
        let plan = step_down::step_down(&records(&county, &bases), &assignment(), &county.centre, "calm now", &actor()).unwrap().0;
        let brief = fhir::safety::read_step_down(&plan.writes[0].document).unwrap().brief;
        assert!(brief.starts_with("calm now"), "{brief}");
        for (label, life_saving) in [Label::Part2, Label::Police].iter().flat_map(|label| [(*label, false), (*label, true)]) {
            assert!(!brief.contains(&says(label, life_saving)), "{}", says(label, life_saving));
        }
    }
}
