//! What is built when it leaves: from what is in force then, in whichever state the plan is found.

use serde_json::json;

use super::*;
use crate::acts::consent::{self, NewBasis};
use crate::acts::respond::{OnView, on_view};
use crate::acts::{Ledger, brief, hand_off, step_down};
use crate::assignment::AloneReason;
use crate::base::Code;
use crate::base::ids::{AssignmentId, EscalationId, TeamId};
use crate::fhir::element::{extension_of, part as piece};
use crate::handoff::Service;
use crate::incident::{About, Door, Fact, FactKind, Label, Place, Source, Urgency};
use crate::records::Memory;
use crate::safety::Need;
use crate::sharing::{BasisKind, GivenBy, NOTICE_2_32, Purpose, Scope, WithheldReason};

struct County {
    records: Memory,
    actor: Actor,
    assignment: AssignmentId,
    incident: Incident,
    person: PersonId,
    service: Service,
}

fn county() -> County {
    let now = "2026-11-23T05:00:00Z".parse().unwrap();
    let agency = OrganizationId::parse("agency").unwrap();
    let actor = Actor::new(MemberId::parse("ana").unwrap(), TeamId::parse("team").unwrap(), agency, "phone", now);
    let said = OnView {
        headline: "canary-headline".into(),
        urgency: Urgency::Urgent,
        place: Place { address: Some("12 Mill Rd".into()), ..Place::default() },
        description: Some("about 40, red coat".into()),
        crew: vec![actor.member.clone()],
        alone: Some(AloneReason::NobodyElse),
    };
    let (started, mut records) = (on_view(said, &actor).unwrap(), Memory::default());
    records.commit(&started.plan).unwrap();
    let service = Service {
        id: crate::base::ids::ServiceId::parse("service").unwrap(),
        organization: OrganizationId::parse("clinic").unwrap(),
        organization_name: "Harbor House".into(),
        name: "Respite".into(),
        description: None,
        position: None,
        address: None,
        phones: Vec::new(),
        hours: Vec::new(),
        hours_in_part: false,
        zone: "UTC".into(),
        languages: Vec::new(),
        youngest: None,
        oldest: None,
        ages_unknown: false,
        active: true,
    };
    crate::fhir::directory::write(&service).into_iter().for_each(|document| records.put(document));
    let incident = lookup::incident(&records, &started.incident).unwrap();
    let mut county = County { records, actor, assignment: started.assignment, incident, person: started.person, service };
    for (label, kind, danger) in [
        (Label::Said988, FactKind::Remark, false),
        (Label::Scene, FactKind::Breathing, true),
        (Label::Health, FactKind::Medicine, false),
        (Label::Part2, FactKind::Remark, false),
        (Label::Part2, FactKind::Medicine, true),
        (Label::Police, FactKind::Weapon, true),
        (Label::Police, FactKind::Remark, false),
    ] {
        county.fact(label, kind, danger);
    }
    county
}

impl County {
    fn fact(&mut self, label: Label, kind: FactKind, danger: bool) {
        let fact = Fact {
            id: crate::base::ids::FactId::fresh(),
            about: About::Person(self.person.clone()),
            kind,
            text: format!("canary-{}-{}", label.code(), kind.code()),
            code: None,
            source: Source { who: "somebody".into(), agency: None },
            door: Door::OnView,
            said: self.actor.now,
            label,
            life_saving: danger,
        };
        self.records.put(fhir::incident::write_told(&fact, &self.incident));
    }

    fn hand_off(&mut self, new: NewBasis) -> Document {
        let (plan, id) =
            hand_off::hand_off(&self.records, &self.assignment, &self.person, &self.service.id, Some(new), &self.actor).unwrap();
        self.records.commit(&plan).unwrap();
        self.records.document("ServiceRequest", id.as_str()).unwrap().unwrap()
    }

    fn built(&self, document: &Document) -> Built {
        build(&self.records, document, self.actor.now).unwrap().unwrap()
    }

    fn basis(&self) -> Document {
        self.records.pointing_at("Consent", "patient", &format!("Patient/{}", self.person)).unwrap().remove(0)
    }
}

fn consent(kind: BasisKind, scope: &[Scope]) -> NewBasis {
    NewBasis {
        kind,
        scope: scope.to_vec(),
        words: Some("yes".into()),
        given_by: GivenBy::Person,
        purpose: Purpose::Treatment,
        ..NewBasis::treatment()
    }
}

fn sent(built: Built) -> (String, crate::handoff::Accounted) {
    match built {
        Built::Ready { document, account } => (document.to_text(), form::read_account(&account.unwrap()).unwrap()),
        Built::Stopped(stopped) => panic!("{stopped:?}"),
    }
}

/// The decoded content of a report, and every byte around it.
fn report_text(document: &Document) -> String {
    let bytes = fhir::incident::received_bytes(document).unwrap_or_default();
    format!("{}\n{}", document.to_text(), String::from_utf8(bytes).unwrap())
}

#[test]
fn a_plan_holds_ids_and_nothing_that_is_known() {
    let mut county = county();
    let request = county.hand_off(consent(BasisKind::ConsentVerbal, &Scope::ALL[..4]));
    assert!(!request.to_text().contains("canary") && !request.to_text().contains("red coat"), "{}", request.to_text());
    let (said, account) = sent(county.built(&request));
    for told in ["canary-said-988-remark", "canary-scene-breathing", "canary-health-medicine", "canary-police-weapon"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    for never in ["canary-part2", "canary-police-remark", NOTICE_2_32, "withheld", "\"part2\"", "police-record"] {
        assert!(!said.contains(never), "{never}: {said}");
    }
    let reasons: Vec<WithheldReason> = account.withheld.iter().map(|one| one.reason).collect();
    assert!(reasons.contains(&WithheldReason::Part2) && reasons.contains(&WithheldReason::PoliceRecord), "{reasons:?}");
    assert!(!account.told.is_empty() && account.people == [county.person.clone()]);
}

#[test]
fn a_signed_consent_takes_a_part_2_record_with_its_notice_and_scope() {
    let mut county = county();
    let new = NewBasis { words: None, ..consent(BasisKind::ConsentWritten, Scope::ALL) };
    let request = county.hand_off(new);
    let (said, _) = sent(county.built(&request));
    assert!(said.contains("canary-part2-remark") && said.contains(NOTICE_2_32) && said.contains("substance-use"), "{said}");
}

#[test]
fn a_withdrawn_or_ended_basis_stops_what_has_not_left() {
    let mut county = county();
    let request = county.hand_off(consent(BasisKind::ConsentVerbal, &[Scope::Identity]));
    let mut withdrawn = county.basis();
    let mut basis = fhir::basis::read(&withdrawn).unwrap();
    basis.withdrawn = Some(county.actor.now);
    fhir::basis::write_onto(&basis, &mut withdrawn);
    county.records.put(withdrawn);
    assert_eq!(county.built(&request), Built::Stopped(Stopped::BasisEnded));

    let mut ended = self::county();
    let request = ended.hand_off(consent(BasisKind::ConsentVerbal, &[Scope::Identity]));
    let later = ended.actor.now + jiff::SignedDuration::from_hours(100);
    assert_eq!(build(&ended.records, &request, later).unwrap(), Some(Built::Stopped(Stopped::BasisEnded)));
    // A clock that was set back makes nothing of it older than its plan.
    let earlier = ended.actor.now - jiff::SignedDuration::from_hours(24 * 400);
    assert!(matches!(build(&ended.records, &request, earlier).unwrap(), Some(Built::Ready { .. })));
}

#[test]
fn the_same_plan_in_the_same_world_is_the_same_document() {
    let mut county = county();
    let request = county.hand_off(NewBasis::treatment());
    let Built::Ready { document, .. } = county.built(&request) else { panic!() };
    let Built::Ready { document: again, .. } = county.built(&document) else { panic!() };
    assert_eq!(document, again);
}

#[test]
fn the_call_takers_report_is_thin_and_the_one_for_ems_is_not() {
    let mut county = county();
    let escalation = EscalationId::fresh();
    let psap = OrganizationId::parse("psap").unwrap();
    let plan = brief::reports(&county.records, &county.assignment, &escalation, (&psap, Need::Ems), &county.actor).unwrap();
    county.records.commit(&plan).unwrap();
    let report = |kind: &str| {
        let planned = county.records.document("DocumentReference", form::report_id(&escalation, kind).as_str()).unwrap().unwrap();
        let Built::Ready { document, account } = county.built(&planned) else { panic!() };
        (report_text(&document), form::read_account(&account.unwrap()).unwrap())
    };
    let (thin, thin_account) = report(form::BRIEF_911);
    let (full, full_account) = report(form::BRIEF_EMS);
    for told in ["canary-scene-breathing", "canary-police-weapon", "12 Mill Rd", "red coat"] {
        assert!(thin.contains(told) && full.contains(told), "{told}");
    }
    for never in
        ["canary-said-988", "canary-health", "canary-part2", "canary-police-remark", "canary-headline", "withheld", "\"part2", NOTICE_2_32]
    {
        assert!(!thin.contains(never), "{never}: {thin}");
    }
    assert!(full.contains("canary-health-medicine") && full.contains("canary-part2-medicine") && !full.contains("canary-part2-remark"));
    assert!(full_account.medical_emergency && !thin_account.medical_emergency, "the source program is told of what went by 2.51");
    assert!(thin.contains("agency.invalid") && !thin.contains("anydoor.example"), "the agency has not said its name");
    assert!(thin_account.withheld.len() > full_account.withheld.len());
    let only_police =
        brief::reports(&county.records, &county.assignment, &EscalationId::fresh(), (&psap, Need::Police), &county.actor).unwrap();
    assert_eq!(only_police.writes.len(), 2, "one report and its account: nobody treats");
}

#[test]
fn the_agency_names_itself_and_says_whether_police_read() {
    let mut county = county();
    let rules = Rules { issuer: Some("crisis.alder.example".into()), ..Rules::default() };
    county.records.put(fhir::sharing::write("sharing", &rules));
    let (escalation, psap) = (EscalationId::fresh(), OrganizationId::parse("psap").unwrap());
    let plan = brief::reports(&county.records, &county.assignment, &escalation, (&psap, Need::Police), &county.actor).unwrap();
    county.records.commit(&plan).unwrap();
    let planned = county.records.document("DocumentReference", form::report_id(&escalation, form::BRIEF_911).as_str()).unwrap().unwrap();
    let Built::Ready { document, .. } = county.built(&planned) else { panic!() };
    assert!(report_text(&document).contains("crisis.alder.example"));
}

#[test]
fn a_step_down_holds_the_crews_words_and_what_the_counsellor_may_have() {
    let mut county = county();
    let centre = OrganizationId::parse("centre").unwrap();
    let (plan, id) = step_down::step_down(&county.records, &county.assignment, &centre, "would like to talk", &county.actor).unwrap();
    county.records.commit(&plan).unwrap();
    let task = county.records.document("Task", id.as_str()).unwrap().unwrap();
    assert!(!task.to_text().contains("canary"));
    let (said, _) = sent(county.built(&task));
    assert!(
        said.contains("would like to talk") && said.contains("canary-said-988-remark") && said.contains("canary-scene-breathing"),
        "{said}"
    );
    for never in ["canary-part2", "canary-health", "canary-police-remark", "withheld", "part2"] {
        assert!(!said.contains(never), "{never}");
    }
}

#[test]
fn what_an_earlier_release_froze_is_built_anew_or_parked() {
    let mut county = county();
    let request = county.hand_off(consent(BasisKind::ConsentVerbal, &Scope::ALL[..4]));
    // As it was written before: no plan on it, the packet and what was withheld frozen, the consent without a scope.
    let mut frozen = Document::parse(request.to_text().as_bytes()).unwrap();
    let withheld = extension_of("withheld", vec![piece("fact", "valueString", "f"), piece("reason", "valueCode", "part2")]);
    frozen.set("extension", json!([withheld])).set("note", json!([{ "text": "canary-frozen" }]));
    crate::fhir::Revision { writer: "w".into(), counter: 1, parent: None, by: None }.write("agency", &mut frozen);
    let mut old = county.basis();
    let kept: Vec<serde_json::Value> = old.list("/extension").iter().filter(|e| !e.to_string().contains("basis-terms")).cloned().collect();
    old.set("extension", json!(kept));
    county.records.put(old);
    let Built::Ready { document, .. } = county.built(&frozen) else { panic!() };
    let said = document.to_text();
    assert!(said.contains("canary-health-medicine") && !said.contains("canary-frozen") && !said.contains("withheld"), "{said}");
    assert!(!said.contains("canary-part2"));

    let mut nobodys = frozen.clone();
    nobodys.set("supportingInfo", json!([{ "reference": "Consent/none" }]));
    assert_eq!(county.built(&nobodys), Built::Stopped(Stopped::BasisUnclear));

    let mut step = Document::new("Task", "old-step");
    step.set("code", json!({ "coding": [{ "system": "urn:anydoor:1:task", "code": "step-down" }] }));
    step.set("input", json!([{ "type": { "coding": [{ "system": "urn:anydoor:1:input", "code": "brief" }] }, "valueString": "canary" }]));
    assert_eq!(county.built(&step), Built::Stopped(Stopped::BasisUnclear));
}

#[test]
fn a_basis_that_lacks_what_makes_it_one_is_refused_and_nothing_is_written() {
    let county = county();
    let refused =
        |new: NewBasis| consent::give(&county.records, &county.person, Some(&county.service.organization), new, &county.actor).is_err();
    assert!(refused(NewBasis { words: None, ..consent(BasisKind::ConsentVerbal, &[Scope::Health]) }));
    assert!(refused(consent(BasisKind::ConsentVerbal, Scope::ALL)), "a spoken one never covers Part 2");
    assert!(refused(NewBasis { kind: BasisKind::Law, ..NewBasis::treatment() }));
    assert!(!refused(NewBasis::treatment()));
}
