//! What goes over the wire, word for word: fixed values, written by today's code, are the JSON in `golden/wire`; and that
//! JSON, read by today's code, is these values.

use std::fmt::Debug;

use anydoor_core::assignment::{
    AloneReason, Assignment, Capture, Closing, HowClosed, Legal, NextStep, NoContact, Stamp, StampKind, State, Travel, Visit, Whereabouts,
};
use anydoor_core::base::Position;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{
    AssignmentId, AttachmentId, BasisId, EscalationId, FactId, FollowUpId, HandoffId, InErrorId, IncidentId, MemberId, NoteId,
    OrganizationId, PersonId, ReceivedId, ServiceId, StampId, StepDownId, TeamId, VisitId,
};
use anydoor_core::door::{Agency, eido};
use anydoor_core::fhir::behaviour::ServerBehaviour;
use anydoor_core::fhir::closures::RoadClosure;
use anydoor_core::fhir::{self, Document, ReadError, Revision};
use anydoor_core::handoff::follow_up::{Attempt, Attempted, By, FollowUp, Schedule};
use anydoor_core::handoff::{Handoff, HandoffState, Opening, Service};
use anydoor_core::incident::{
    About, AskedBy, Channel, Dependant, Door, EIDO_INCIDENT, Fact, FactKind, Identifier, Incident, Join, Label, MustNotLearn, Person,
    PersonName, Place, Role, SafeContact, Source, Urgency, Wishes,
};
use anydoor_core::note::{Attachment, AttachmentKind, InError, InErrorReason, Note, Standing};
use anydoor_core::planning::coverage::{PeoplePoint, Population};
use anydoor_core::safety::{Acknowledgement, Escalation, Need, StepDown};
use anydoor_core::sharing::{Basis, BasisKind, GivenBy, Ground, Origin, Packet, Purpose, Scope};
use anydoor_core::team::jurisdiction::LocalRule;
use anydoor_core::team::{Capability, CrewRole, Fix, Jurisdiction, Member, Shift, Team};
use serde_json::Value;

use super::{folder, respond};

const CONTENT: &[u8] = b"a small photo";

fn at(minute: u32) -> Instant {
    format!("2026-11-23T05:{minute:02}:07.25Z").parse().unwrap()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn position(latitude: f64, longitude: f64) -> Position {
    Position::new(latitude, longitude).unwrap()
}

fn place() -> Place {
    Place {
        address: some("12 Long Lane"),
        locality: some("Springfield"),
        access: some("side door, code 4 # 4"),
        position: Some(position(39.78125, -89.65)),
        accuracy_m: Some(12.5),
    }
}

fn in_crisis() -> Person {
    Person {
        name: Some(PersonName { family: some("Ibáñez"), given: vec!["Ana".into(), "María".into()], goes_by: some("Nani") }),
        description: some("red coat"),
        born: some("1990-02"),
        gender: some("female"),
        language: some("es"),
        contacts: vec!["+1-555-0100".into(), "ana@example.org".into()],
        safe_contact: SafeContact {
            number: some("+1-555-0101"),
            when: some("after nine"),
            voice: Some(true),
            text: Some(false),
            message: Some(false),
            message_in_name_of: some("the library"),
            must_not_learn: vec![MustNotLearn::named("her brother")],
            language: some("es"),
            interpreter: Some(true),
        },
        wishes: Wishes {
            called: some("Nani"),
            helps: some("talking"),
            worsens: some("sirens"),
            whom_to_call: some("her aunt"),
            advance_directive: some("none"),
            safety_plan: some("in her bag"),
        },
        dependants: vec![Dependant { who: "a son, 6".into(), with: some("her aunt") }],
        identified_as: Some(PersonId::parse("person-known").unwrap()),
        label: Label::Call,
        ..Person::unnamed(PersonId::parse("person").unwrap(), Role::InCrisis)
    }
}

fn fact(id: &str, about: About, kind: FactKind, label: Label) -> Fact {
    Fact {
        id: FactId::parse(id).unwrap(),
        about,
        kind,
        text: format!("what {id} says <&>"),
        code: Some(Identifier { system: "urn:example:codes".into(), value: "c-1".into() }),
        source: Source { who: "neighbour".into(), agency: Some(Identifier { system: "urn:example:agency".into(), value: "psap".into() }) },
        door: Door::Line911,
        said: at(2),
        label,
        life_saving: kind == FactKind::Weapon,
    }
}

fn incident() -> Incident {
    let caller = Person { contacts: vec!["+1-555-0102".into()], ..Person::unnamed(PersonId::parse("caller").unwrap(), Role::Caller) };
    let person = in_crisis();
    Incident {
        id: IncidentId::parse("incident").unwrap(),
        identifiers: vec![Identifier { system: EIDO_INCIDENT.into(), value: "urn:emergency:uid:incidentid:1:psap.example".into() }],
        door: Door::OnView,
        asked_by: AskedBy::Team,
        channel: Channel::InPerson,
        urgency: Urgency::Emergent,
        headline: "woman on the bridge".into(),
        first_contact: Some(at(0)),
        determined: at(1),
        place: place(),
        facts: vec![
            fact("fact-call", About::Incident, FactKind::Weapon, Label::Call),
            fact("fact-health", About::Person(person.id.clone()), FactKind::Medicine, Label::Health),
            fact("fact-part2", About::Person(person.id.clone()), FactKind::Substance, Label::Part2),
            fact("fact-police", About::Place, FactKind::Caution, Label::Police),
        ],
        people: vec![person, caller],
        received: vec![ReceivedId::parse("received").unwrap()],
    }
}

fn assignment(crewed: bool) -> Assignment {
    Assignment {
        id: AssignmentId::parse("assignment").unwrap(),
        incident: incident().id,
        team: crewed.then(|| actor().team),
        made: at(3),
        crew: if crewed { vec![actor().member] } else { Vec::new() },
        alone: crewed.then_some(AloneReason::SecondRemote),
    }
}

fn actor() -> super::Actor {
    super::Actor {
        member: MemberId::parse("member").unwrap(),
        lead: true,
        team: TeamId::parse("team").unwrap(),
        agency: OrganizationId::parse("agency").unwrap(),
        device: "phone".into(),
        now: at(4),
        server_now: Some(at(5)),
        ids: anydoor_core::acts::Ids::Fresh,
    }
}

fn offered() -> Document {
    fhir::assignment::write(&assignment(false), State::Offered, &in_crisis().id, "agency")
}

fn claimed() -> Document {
    let going = respond::Going { crew: assignment(true).crew, alone: assignment(true).alone };
    let records = anydoor_core::records::Memory::of([offered()]);
    respond::claim(&records, &assignment(true).id, going, &actor()).unwrap().writes.remove(0).document
}

fn stamps() -> [Stamp; 2] {
    let first = Stamp {
        id: StampId::parse("stamp").unwrap(),
        assignment: assignment(true).id,
        kind: StampKind::OnScene,
        tapped: at(6),
        server_time: Some(at(7)),
        by: actor().member,
        by_lead: false,
        device: "phone".into(),
        counter: 3,
        after: vec![StampId::parse("stamp-before").unwrap()],
        capture: Capture::Geofence,
        withdraws: None,
        reason: None,
    };
    let second = Stamp {
        id: StampId::parse("stamp-withdrawn").unwrap(),
        by_lead: true,
        counter: 4,
        after: vec![first.id.clone()],
        capture: Capture::Tap,
        withdraws: Some(first.id.clone()),
        reason: some("wrong button"),
        server_time: None,
        ..first.clone()
    };
    [first, second]
}

fn visits() -> [Visit; 3] {
    let met =
        Closing::Met { whereabouts: Whereabouts::WithFamily, travel: Travel::OnOwn, legal: Legal::Voluntary, how: HowClosed::Stabilised };
    let not_met = Closing::NotMet { reason: NoContact::NoAnswer, next: NextStep::TryAgain };
    [("visit", None), ("visit-met", Some(met)), ("visit-not-met", Some(not_met))].map(|(id, closing)| Visit {
        id: VisitId::parse(id).unwrap(),
        assignment: assignment(true).id,
        incident: incident().id,
        person: in_crisis().id,
        began: Some(at(8)),
        closing,
    })
}

fn notes() -> [Note; 3] {
    let note = |id: &str, standing| Note {
        id: NoteId::parse(id).unwrap(),
        incident: incident().id,
        person: in_crisis().id,
        author: actor().member,
        standing,
        at: at(9),
        text: format!("{id}: calm now, ñ"),
    };
    let id = |id: &str| NoteId::parse(id).unwrap();
    [
        note("note-draft", Standing::Draft),
        note("note-signed", Standing::Signed { draft: Some(id("note-draft")) }),
        note("note-addendum", Standing::Addendum { to: id("note-signed") }),
    ]
}

fn attachment() -> Attachment {
    let about = (incident().id, in_crisis().id, actor().member);
    let id = AttachmentId::parse("attachment").unwrap();
    Attachment { id, ..Attachment::of(CONTENT, AttachmentKind::Photo, "image/jpeg", about, at(10)).unwrap() }
}

fn escalation() -> Escalation {
    Escalation {
        id: EscalationId::parse("escalation").unwrap(),
        assignment: Some(assignment(true).id),
        team: actor().team,
        by: actor().member,
        psap: OrganizationId::parse("psap").unwrap(),
        need: Need::CrewInDanger,
        silent: false,
        phone: None,
        place: place(),
        callback: "+1-555-0103".into(),
        number: "0042".into(),
        at: at(11),
    }
}

fn acknowledgement() -> Acknowledgement {
    Acknowledgement { who: "desk 4".into(), at: at(12), channel: "fhir".into() }
}

fn acknowledged() -> Document {
    let mut task = fhir::escalation::write(&escalation());
    fhir::escalation::acknowledge(&mut task, &acknowledgement(), "accepted");
    task
}

fn step_down() -> StepDown {
    StepDown {
        id: StepDownId::parse("step-down").unwrap(),
        assignment: assignment(true).id,
        incident: incident().id,
        centre: OrganizationId::parse("centre").unwrap(),
        team: actor().team,
        by: actor().member,
        own_words: "would like to go on talking".into(),
        at: at(13),
    }
}

fn basis(withdrawn: bool) -> Basis {
    Basis {
        id: BasisId::parse(if withdrawn { "basis-withdrawn" } else { "basis" }).unwrap(),
        person: in_crisis().id,
        kind: if withdrawn { BasisKind::ConsentWritten } else { BasisKind::ConsentVerbal },
        given_by: GivenBy::Person,
        recipient: withdrawn.then(|| service().organization),
        scope: Vec::new(),
        purpose: Purpose::Treatment,
        from: at(14),
        until: Some(at(50)),
        until_event: None,
        words: None,
        taken_by: None,
        notice_language: None,
        law: None,
        facts: Vec::new(),
        withdrawn: withdrawn.then(|| at(15)),
    }
}

fn handoff() -> Handoff {
    Handoff {
        id: HandoffId::parse("handoff").unwrap(),
        assignment: assignment(true).id,
        incident: incident().id,
        person: in_crisis().id,
        to: service().id,
        organization: service().organization,
        team: actor().team,
        by: actor().member,
        at: at(16),
        basis: basis(false).id,
    }
}

fn answered() -> Document {
    let mut task = fhir::handoff::write(&handoff()).remove(1);
    fhir::handoff::answer(&mut task, "in-progress", Some(HandoffState::Scheduled), Some("tomorrow at ten"));
    task
}

fn follow_up() -> FollowUp {
    FollowUp {
        id: FollowUpId::parse("follow-up").unwrap(),
        assignment: assignment(true).id,
        incident: incident().id,
        person: in_crisis().id,
        team: actor().team,
        due: at(55),
        made: at(17),
    }
}

fn attempt() -> Attempt {
    Attempt {
        member: actor().member,
        at: at(56),
        by: By::Visit,
        outcome: Attempted::ReachedSupport,
        safety_concern: true,
        remark: some("her aunt was there"),
    }
}

fn joins() -> [Join; 2] {
    let other = Incident { id: IncidentId::parse("incident-too").unwrap(), ..incident() };
    let join = Join::by_word(&incident(), &other, actor().member, at(18));
    let sender = Identifier { system: "urn:example:agency".into(), value: "psap".into() };
    [join, Join::by_identifier(&incident(), &other, sender, at(19)).unwrap()]
}

fn marked(confirmed: bool) -> InError {
    InError {
        id: InErrorId::parse("in-error").unwrap(),
        note: notes()[1].id.clone(),
        assignment: assignment(true).id,
        team: actor().team,
        first: actor().member,
        reason: InErrorReason::WrongPerson,
        right: Some(PersonId::parse("caller").unwrap()),
        at: at(20),
        second: confirmed.then(|| MemberId::parse("member-too").unwrap()),
        anew: confirmed.then(|| NoteId::parse("note-anew").unwrap()),
    }
}

fn told() -> Document {
    let handoff = fhir::handoff::write(&handoff()).remove(1);
    fhir::in_error::told("told", "note-signed", &handoff, &actor().member, at(21)).unwrap()
}

fn closure() -> RoadClosure {
    let line = vec![position(39.5, -89.25), position(39.75, -89.5)];
    RoadClosure { id: "closure".into(), line, why: "flood".into(), from: at(22), until: Some(at(58)) }
}

fn jurisdiction() -> Jurisdiction {
    let ring = [(39.0, -90.0), (40.0, -90.0), (40.0, -89.0), (39.0, -90.0)].map(|(latitude, longitude)| position(latitude, longitude));
    Jurisdiction {
        area: "nation".into(),
        name: "The Nation".into(),
        tribal: true,
        outlines: vec![vec![ring.to_vec()]],
        two_in_person: true,
        psap: Some(escalation().psap),
        centre: Some(step_down().centre),
        neighbour: None,
        rules: vec![(LocalRule::Hold, "no hold without the council".into()), (LocalRule::EmergencyLine, "911".into())],
    }
}

fn population() -> Population {
    let points = vec![PeoplePoint::new(39.5, -89.5, 1200).unwrap(), PeoplePoint::new(39.75, -89.25, 3).unwrap()];
    Population::new("census 2020", points).unwrap()
}

fn behaviour() -> ServerBehaviour {
    let mut found = ServerBehaviour::unknown(at(23), "server 1.2");
    (found.creates_on_put, found.versioned_update, found.history) = (true, true, true);
    found.search.insert("Task?owner".into(), true);
    found
}

fn team() -> Team {
    Team {
        id: actor().team,
        name: "Crisis 1".into(),
        crew: vec![Member { id: actor().member, name: "Lee".into(), role: CrewRole::Peer, languages: vec!["en".into(), "es".into()] }],
        capabilities: vec![Capability::Crisis, Capability::Youth],
        shift: Some(Shift { from: at(0), until: at(59) }),
        on_break: false,
        fix: Some(Fix { position: position(39.5, -89.5), at: at(24), accuracy_m: 8.5 }),
        commitment: None,
        areas: vec!["nation".into()],
    }
}

fn service() -> Service {
    Service {
        id: ServiceId::parse("service").unwrap(),
        organization: OrganizationId::parse("organization").unwrap(),
        organization_name: "Living Room".into(),
        name: "Respite".into(),
        description: some("beds for a night"),
        position: Some(position(39.25, -89.75)),
        address: some("3 Short Street"),
        phones: vec!["+1-555-0104".into()],
        hours: vec![
            Opening {
                days: vec!["mon".into(), "tue".into()],
                from: "09:00".parse().ok(),
                until: "17:30".parse().ok(),
                ..Opening::default()
            },
            Opening { days: vec!["sat".into()], ..Opening::default() },
        ],
        hours_in_part: false,
        ages_unknown: false,
        zone: "America/Chicago".into(),
        languages: vec!["en".into()],
        youngest: Some(18),
        oldest: Some(64),
        active: true,
    }
}

/// The first note, as this phone's first and second revision.
fn revised() -> [Document; 2] {
    let first = Revision { writer: "writer".into(), counter: 7, parent: None, by: some("member") };
    let second = Revision { counter: 8, parent: Some(first.name()), by: None, ..first.clone() };
    [vec![first.clone()], vec![first, second]].map(|revisions| {
        let mut note = fhir::note::write(&notes()[0]);
        revisions.iter().for_each(|revision| revision.write("agency", &mut note));
        note
    })
}

fn transactions() -> Vec<Value> {
    let [first, second] = revised();
    vec![
        fhir::bundle::transaction(std::slice::from_ref(&first)),
        fhir::bundle::versioned_transaction([(&first, None), (&second, Some("3"))].into_iter()),
    ]
}

fn outgoing() -> Value {
    let incident = incident();
    let agency = |id: &str| Agency {
        id: Identifier { system: eido::AGENCY.into(), value: id.into() },
        roles: vec!["Dispatching".into()],
        kinds: vec!["crisis".into()],
        owns: Some(true),
    };
    let packet = Packet::whole(&incident);
    eido::write_around(&eido::Outgoing {
        packet: &packet,
        cautions: &[],
        places: &[],
        links: &[],
        merges: &[],
        units: &[],
        dispositions: &[],
        agencies: &[agency("psap.example")],
        sender: &eido::Sender {
            issuer: "anydoor.example".into(),
            agency: agency("crisis.example"),
            agent: eido::Agent { id: "agent@crisis.example".into(), roles: vec!["Dispatching".into()] },
        },
        carry: true,
        now: at(25),
    })
}

/// Everything that is written, by the name of its file.
fn written() -> Vec<(&'static str, Vec<Value>)> {
    let values = |documents: Vec<Document>| documents.into_iter().map(Document::into_value).collect::<Vec<_>>();
    let fhir = vec![
        ("agency-follow-up-hours", vec![fhir::agency::write_follow_up_hours("hours", &Schedule { hours: vec![24, 72] })]),
        ("agency-jurisdictions", vec![fhir::jurisdictions::write("jurisdictions", &[jurisdiction()])]),
        ("agency-population", vec![fhir::population::write("population", &population())]),
        (
            "agency-road-closures",
            vec![fhir::closures::write(&closure(), "member"), fhir::closures::ended(fhir::closures::write(&closure(), "member")).unwrap()],
        ),
        ("agency-escalation-patience", vec![fhir::agency::write_escalation_patience("patience", std::time::Duration::from_secs(90))]),
        ("agency-server-manners", vec![behaviour().write("manners")]),
        ("assignment", vec![offered(), claimed(), projected()]),
        ("attachment", fhir::attachment::write(&attachment()).into()),
        ("attachment-data", vec![fhir::attachment::with_data(&fhir::attachment::write(&attachment())[0], CONTENT)]),
        ("escalation-by-identifier", vec![fhir::escalation::write(&escalation()), acknowledged()]),
        (
            "follow-up",
            vec![fhir::handoff::write_follow_up(&follow_up()), fhir::handoff::write_attempt("attempt", &follow_up(), &attempt())],
        ),
        (
            "handoff",
            [fhir::handoff::write(&handoff()), vec![answered()], [false, true].map(|w| fhir::basis::write(&basis(w))).into()].concat(),
        ),
        ("in-error", vec![fhir::in_error::write(&marked(false)), fhir::in_error::write(&marked(true)), in_error(), told()]),
        ("incident", fhir::incident::write(&incident())),
        ("join", joins().iter().map(fhir::join::write).collect()),
        ("notes", notes().iter().map(fhir::note::write).collect()),
        ("received", vec![fhir::incident::write_received(&incident().received[0], &incident().id, "application/json", b"{}", at(1))]),
        ("revisions", revised().into()),
        ("service", fhir::directory::write(&service())),
        ("stamps", stamps().iter().map(fhir::assignment::write_stamp).collect()),
        ("step-down", vec![fhir::safety::write_step_down(&step_down())]),
        ("team", fhir::team::write(&team(), "agency")),
        ("visits", visits().iter().map(|visit| fhir::assignment::write_visit(visit, &assignment(true).crew)).collect()),
    ];
    let mut all: Vec<(&str, Vec<Value>)> = fhir.into_iter().map(|(name, documents)| (name, values(documents))).collect();
    all.extend([("eido", vec![outgoing()]), ("transactions", transactions())]);
    all
}

fn projected() -> Document {
    let mut task = claimed();
    fhir::assignment::project(State::OnScene, true, &mut task);
    task
}

fn in_error() -> Document {
    fhir::in_error::in_error(&fhir::note::write(&notes()[1]))
}

fn file(name: &str) -> std::path::PathBuf {
    folder().join("wire").join(format!("{name}.json"))
}

fn frozen(name: &str) -> Vec<Value> {
    let text = std::fs::read(file(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    serde_json::from_slice(&text).unwrap()
}

fn documents(name: &str) -> Vec<Document> {
    frozen(name).into_iter().map(|value| Document::from_value(value).unwrap()).collect()
}

#[test]
fn what_is_written_is_what_was_written() {
    for (name, values) in written() {
        let (was, is) = (Value::Array(frozen(name)), Value::Array(values));
        if was != is {
            // As texts, so that the difference is seen.
            assert_eq!(pretty(&was), pretty(&is), "{name}");
        }
    }
}

/// What earlier releases wrote and this one only reads.
const EARLIER: [&str; 1] = ["escalation"];

#[test]
fn no_frozen_document_is_left_unchecked() {
    let mut names: Vec<String> = written().into_iter().map(|(name, _)| format!("{name}.json")).collect();
    names.extend(EARLIER.map(|name| format!("{name}.json")));
    for entry in std::fs::read_dir(folder().join("wire")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(names.contains(&name), "{name}: nothing writes it any more");
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

/// Whether each of the documents in a file that `read` takes is the value beside it.
fn reads<T: PartialEq + Debug>(name: &str, read: impl Fn(&Document) -> Result<T, ReadError>, values: impl IntoIterator<Item = (usize, T)>) {
    let documents = documents(name);
    for (place, value) in values {
        assert_eq!(read(&documents[place]).unwrap(), value, "{name}, document {place}");
    }
}

fn numbered<T>(values: impl IntoIterator<Item = T>) -> impl Iterator<Item = (usize, T)> {
    values.into_iter().enumerate()
}

#[test]
fn what_was_written_of_a_visit_is_read_as_it_was_meant() {
    reads("assignment", fhir::assignment::read, [(0, assignment(false)), (1, assignment(true)), (2, assignment(true))]);
    reads("stamps", fhir::assignment::read_stamp, numbered(stamps()));
    reads("visits", fhir::assignment::read_visit, numbered(visits()));
    reads("notes", fhir::note::read, numbered(notes()));
    reads("in-error", fhir::in_error::read, [(0, marked(false)), (1, marked(true))]);
    assert!(fhir::in_error::is_in_error(&documents("in-error")[2]));
    // Of the place, a call for help tells the address and the position.
    let told = Place { address: place().address, position: place().position, ..Place::default() };
    let call = || Escalation { place: told.clone(), ..escalation() };
    // As earlier releases wrote it, and as it is written now.
    reads("escalation", fhir::escalation::read, [(0, call()), (1, call())]);
    reads("escalation-by-identifier", fhir::escalation::read, [(0, call()), (1, call())]);
    assert_eq!(documents("escalation").iter().map(fhir::escalation::acknowledgement).collect::<Vec<_>>(), [None, Some(acknowledgement())]);
    reads("step-down", fhir::safety::read_step_down, [(0, step_down())]);
    reads("follow-up", fhir::handoff::read_follow_up, [(0, follow_up())]);
    assert_eq!(fhir::handoff::attempt_outcome(&documents("follow-up")[1]).as_deref(), Some("reached-support"));
    reads("handoff", fhir::basis::read, [(3, basis(false)), (4, basis(true))]);
    assert_eq!([1, 2].map(|at| fhir::handoff::read_state(&documents("handoff")[at])), [HandoffState::Requested, HandoffState::Scheduled]);
    let note = documents("attachment").into_iter().find(fhir::attachment::is_attachment).unwrap();
    assert_eq!(fhir::attachment::read(&note).unwrap(), attachment());
    assert_eq!(fhir::attachment::data(&documents("attachment-data")[0]).as_deref(), Some(CONTENT));
    assert_eq!(fhir::incident::received_bytes(&documents("received")[0]).as_deref(), Some(&b"{}"[..]));
    let revisions: Vec<Revision> = documents("revisions").iter().map(|document| Revision::of(document).unwrap()).collect();
    assert_eq!(revisions.iter().map(Revision::name).collect::<Vec<_>>(), ["writer#7", "writer#8"]);
    assert_eq!((revisions[0].by.as_deref(), revisions[1].parent.as_deref()), (Some("member"), Some("writer#7")));
}

/// What releases before the matrix wrote: an offer that named the person, a referral and a step-down whose body was frozen with
/// what was withheld, a consent without a scope.
fn before(name: &str) -> Vec<Document> {
    let text = std::fs::read(folder().join("wire-before").join(format!("{name}.json"))).unwrap();
    serde_json::from_slice::<Vec<Value>>(&text).unwrap().into_iter().map(|value| Document::from_value(value).unwrap()).collect()
}

#[test]
fn what_was_written_before_the_matrix_is_read_narrowly() {
    let tasks: Vec<_> = before("assignment").iter().map(|task| fhir::assignment::read(task).unwrap()).collect();
    assert_eq!(tasks, [assignment(false), assignment(true), assignment(true)]);
    assert_eq!(fhir::safety::read_step_down(&before("step-down")[0]).unwrap(), step_down());
    let bases: Vec<Basis> = before("handoff")[3..5].iter().map(|consent| fhir::basis::read(consent).unwrap()).collect();
    assert_eq!(bases, [basis(false), basis(true)]);
    // Treatment only, and never a Part 2 record, whoever signed what.
    assert_eq!(bases[1].ground(bases[1].recipient.as_ref()), Some(Ground::Treatment));
    assert!(!bases[1].covers(Scope::SubstanceUse, None));
    // An old label is the narrowest that its door allows.
    let origins = [Door::Line911, Door::Line988, Door::AgencyLine].map(|door| Origin::of(Label::Call, door));
    assert_eq!(origins, [Origin::Agency, Origin::Said988, Origin::SaidTeam]);
}

#[test]
fn what_was_written_of_an_incident_and_its_county_is_read_as_it_was_meant() {
    let all = documents("incident");
    let find = |among: &[Document], reference: &str| among.iter().find(|document| document.reference() == reference).cloned();
    let facts: Vec<Document> = all.iter().filter(|document| document.kind() == "Observation").cloned().collect();
    let request = find(&all, "ServiceRequest/incident").unwrap();
    assert_eq!(fhir::incident::read(&request, &|reference| find(&all, reference), &facts).unwrap(), incident());
    let all = documents("team");
    assert_eq!(fhir::team::read(&find(&all, "CareTeam/team").unwrap(), &|reference| find(&all, reference)).unwrap(), team());
    let all = documents("service");
    let service_of = find(&all, "HealthcareService/service").unwrap();
    assert_eq!(fhir::directory::read(&service_of, &|reference| find(&all, reference)).unwrap(), service());
    let members = joins().map(|join| join.members().cloned().collect::<Vec<_>>());
    assert_eq!(documents("join").iter().map(fhir::join::members).collect::<Vec<_>>(), members);
    assert_eq!(fhir::agency::follow_up_hours(&documents("agency-follow-up-hours")), Schedule { hours: vec![24, 72] });
    assert_eq!(fhir::jurisdictions::read_all(&documents("agency-jurisdictions")), [jurisdiction()]);
    assert_eq!(fhir::population::read(&documents("agency-population")), Some(population()));
    assert_eq!(fhir::closures::read_all(&documents("agency-road-closures")), [closure()]);
    assert_eq!(ServerBehaviour::among(&documents("agency-server-manners")), Some(behaviour()));
}

#[test]
#[ignore = "writes the documents that are not frozen yet; run by hand where a new kind is meant"]
fn freeze_new_documents() {
    std::fs::create_dir_all(folder().join("wire")).unwrap();
    for (name, values) in written() {
        if !file(name).exists() {
            std::fs::write(file(name), pretty(&Value::Array(values)) + "\n").unwrap();
        }
    }
}
