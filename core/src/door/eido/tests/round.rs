//! Out and back: every fact keeps its meaning.

use proptest::prelude::*;

use super::*;
use crate::base::clock::Instant;
use crate::base::ids::{FactId, IncidentId, PersonId};
use crate::door::{Agency, CautionGiven, Merge, PlaceGiven, Unit};
use crate::sharing::Packet;

pub fn sender() -> Sender {
    let agency = Agency {
        id: Identifier { system: AGENCY.into(), value: "crisis.example".into() },
        roles: vec!["Assisting".into()],
        kinds: vec!["mental health".into()],
        owns: None,
    };
    Sender {
        issuer: "anydoor.crisis.example".into(),
        agency,
        agent: Agent { id: "gateway@crisis.example".into(), roles: vec!["Dispatching".into()] },
    }
}

pub fn outgoing<'a>(packet: &'a Packet, sender: &'a Sender, carry: bool) -> Outgoing<'a> {
    Outgoing {
        packet,
        cautions: &[],
        places: &[],
        links: &[],
        merges: &[],
        units: &[],
        dispositions: &[],
        agencies: &[],
        sender,
        carry,
        now: "2026-11-23T08:00:00Z".parse().unwrap(),
    }
}

fn sorted(mut facts: Vec<Fact>) -> Vec<Fact> {
    facts.sort_by(|a, b| a.id.cmp(&b.id));
    facts
}

#[test]
fn a_cads_document_goes_on_through_us_with_every_fact() {
    let arrival = read_json(&full());
    let (sender, packet) = (sender(), Packet::whole(&arrival.incident));
    let out = Outgoing {
        cautions: &arrival.cautions,
        places: &arrival.places,
        links: &arrival.linked,
        merges: &arrival.merges,
        units: &arrival.units,
        agencies: &arrival.agencies,
        ..outgoing(&packet, &sender, true)
    };
    let back = read_json(&write_around(&out));
    let (was, is) = (&arrival.incident, &back.incident);
    assert_eq!(sorted(is.facts.clone()), sorted(was.facts.clone()));
    assert_eq!((&is.id, &is.people, &is.place, &is.headline), (&was.id, &was.people, &was.place, &was.headline));
    assert_eq!(
        (is.door, is.urgency, is.channel, is.first_contact, is.determined),
        (was.door, was.urgency, was.channel, was.first_contact, was.determined)
    );
    assert_eq!(is.identifiers.iter().collect::<std::collections::BTreeSet<_>>(), was.identifiers.iter().collect());
    assert_eq!(
        (&back.linked, &back.merges, &back.units, &back.places),
        (&arrival.linked, &arrival.merges, &arrival.units, &arrival.places)
    );
    let order =
        |cautions: &[CautionGiven]| cautions.iter().map(|c| (c.fact.clone(), c.severity, c.since, c.kinds.clone())).collect::<Vec<_>>();
    assert_eq!(order(&back.cautions), order(&arrival.cautions));
    assert_eq!(back.carried.len(), was.facts.len());
}

#[test]
fn a_cad_that_is_not_ours_writes_a_document_that_reads_as_any_cads() {
    let arrival = read_json(&full());
    let (sender, packet) = (sender(), Packet::whole(&arrival.incident));
    let merges: Vec<Merge> = arrival.merges.clone();
    let units: Vec<Unit> = arrival.units.clone();
    let places: Vec<PlaceGiven> = arrival.places.clone();
    let out = Outgoing {
        cautions: &arrival.cautions,
        places: &places,
        links: &arrival.linked,
        merges: &merges,
        units: &units,
        agencies: &arrival.agencies,
        ..outgoing(&packet, &sender, false)
    };
    let written = write_around(&out);
    assert!(!written.to_string().contains(OURS), "nothing of ours in it");
    let back = read_json(&written);
    let told = |arrival: &Arrival| {
        let facts = arrival
            .incident
            .facts
            .iter()
            .filter(|f| f.code.as_ref().is_none_or(|c| c.system != PERSON_ROLE && !c.system.contains("eido-type")));
        facts.map(|f| f.text.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    let missing: Vec<_> = told(&arrival).difference(&told(&back)).cloned().collect();
    assert_eq!(missing, Vec::<String>::new());
    assert_eq!((back.incident.headline.as_str(), back.incident.urgency), ("Psychiatric, not violent", Urgency::Emergent));
    assert_eq!(back.incident.first_contact, arrival.incident.first_contact);
    assert_eq!(back.offer.team, arrival.offer.team);
    assert_eq!(fact(&back, "Known to officers, calm with women.").label, Label::Police);
    assert_eq!(back.incident.people.len(), arrival.incident.people.len());
}

#[test]
fn what_is_not_in_the_packet_is_not_in_the_document() {
    let mut incident = read_json(&full()).incident;
    incident.facts.retain(|fact| fact.label != Label::Police);
    incident.people.clear();
    let (sender, packet) = (sender(), Packet::whole(&incident));
    let text = write_around(&outgoing(&packet, &sender, true)).to_string();
    for withheld in ["Handgun", "Known to officers", "Ruiz", "5550199\"]", "red coat", "1984"] {
        assert!(!text.contains(withheld), "{withheld}");
    }
}

#[test]
fn a_unit_says_how_far_it_is_and_how_it_ended() {
    let incident = read_json(&full()).incident;
    let (sender, packet) = (sender(), Packet::whole(&incident));
    let unit = Unit {
        id: "team-4".into(),
        name: Some("Team 4".into()),
        kind: "CrisisInterventionUnit".into(),
        attributes: Vec::new(),
        primary: UnitStatus::OnScene.primary().into(),
        secondary: vec![UnitStatus::OnScene.code().into()],
        agency: None,
        agents: vec!["a".into()],
        dispatched: true,
        eta: None,
        said: "2026-11-23T07:00:00Z".parse().unwrap(),
    };
    let ended = [crate::door::eido::Disposition { code: "42".into(), words: "declined, follow-up agreed".into(), primary: true }];
    let out = Outgoing { units: std::slice::from_ref(&unit), dispositions: &ended, ..outgoing(&packet, &sender, true) };
    let written = write_around(&out);
    assert_eq!(written["emergencyResourceComponent"][0]["secondaryUnitStatusRegistryText"], json!(["OnScene"]));
    assert_eq!(written["incidentComponent"]["dispositionComponent"][0]["dispositionCommonRegistryCode"], json!("42"));
    assert_eq!(written["eidoVersion"], json!("1.0"));
    assert_eq!(read_json(&written).units[0].secondary, unit.secondary);
}

fn pick<C: Code + std::fmt::Debug>() -> impl Strategy<Value = C> {
    (0..C::ALL.len()).prop_map(|i| C::ALL[i])
}

fn instant() -> impl Strategy<Value = Instant> {
    (0..2_000_000_000_i64, 0..1_000_000_000_i32).prop_map(|(s, n)| Instant::new(s, n).unwrap())
}

/// Texts that say something: a blank one tells nothing and is not carried.
fn words() -> impl Strategy<Value = String> {
    "(?s).{1,30}".prop_map(|text| crate::base::text::legal(&text).into_owned()).prop_filter("blank", |text| !text.trim().is_empty())
}

fn identifier() -> impl Strategy<Value = Identifier> {
    ("[a-z:]{1,9}", words()).prop_map(|(system, value)| Identifier { system, value })
}

fn a_fact() -> impl Strategy<Value = Fact> {
    let about =
        prop_oneof![Just(About::Incident), Just(About::Place), "[a-z0-9]{1,8}".prop_map(|id| About::Person(PersonId::parse(&id).unwrap()))];
    let parts =
        (about, pick::<FactKind>(), words(), prop::option::of(identifier()), words(), prop::option::of(identifier()), pick::<Door>());
    (parts, instant(), pick::<Label>(), any::<bool>()).prop_map(
        |((about, kind, text, code, who, agency, door), said, label, life_saving)| Fact {
            id: FactId::fresh(),
            about,
            kind,
            text,
            code,
            source: Source { who, agency },
            door,
            said,
            label,
            life_saving,
        },
    )
}

fn a_person() -> impl Strategy<Value = Person> {
    let text = || prop::option::of(words());
    let name = prop::option::of((text(), prop::collection::vec(words(), 0..3), text()).prop_map(|(family, given, goes_by)| PersonName {
        family,
        given,
        goes_by,
    }));
    let safe = (text(), text(), prop::option::of(any::<bool>()), prop::option::of(any::<bool>()), text(), prop::option::of(any::<bool>()));
    let safe = safe.prop_map(|(number, must_not_learn, voice, message, message_in_name_of, interpreter)| SafeContact {
        number,
        must_not_learn: must_not_learn.iter().map(|who| MustNotLearn::named(who)).collect(),
        voice,
        message,
        message_in_name_of,
        interpreter,
        ..SafeContact::default()
    });
    let wishes =
        (text(), text(), text()).prop_map(|(called, helps, safety_plan)| Wishes { called, helps, safety_plan, ..Wishes::default() });
    let dependants = prop::collection::vec((words(), text()).prop_map(|(who, with)| Dependant { who, with }), 0..3);
    let rest = (text(), text(), prop::collection::vec(words(), 0..3), any::<bool>());
    (name, safe, wishes, dependants, rest, prop::collection::btree_set(pick::<Role>(), 0..3)).prop_map(
        |(name, safe_contact, wishes, dependants, (description, language, contacts, known), roles)| {
            let mut roles: Vec<Role> = roles.into_iter().collect();
            if !roles.contains(&Role::InCrisis) {
                roles.insert(0, Role::InCrisis);
            }
            let name = name.filter(|name| *name != PersonName::default());
            Person {
                roles,
                name,
                description,
                language,
                contacts,
                safe_contact,
                wishes,
                dependants,
                identified_as: known.then(PersonId::fresh),
                ..Person::unnamed(PersonId::fresh(), Role::InCrisis)
            }
        },
    )
}

fn an_incident() -> impl Strategy<Value = Incident> {
    let parts = (pick::<Door>(), pick::<AskedBy>(), pick::<Channel>(), pick::<Urgency>(), words(), prop::option::of(instant()), instant());
    let people = prop::collection::vec(a_person(), 1..3);
    let facts = prop::collection::vec(a_fact(), 0..6);
    (parts, people, facts, prop::option::of((-90.0..=90.0_f64, -180.0..=180.0_f64)), prop::option::of(words())).prop_map(
        |((door, asked_by, channel, urgency, headline, first_contact, determined), people, facts, position, access)| Incident {
            id: IncidentId::fresh(),
            identifiers: vec![Identifier { system: EIDO_INCIDENT.into(), value: "urn:emergency:uid:incidentid:1:a".into() }],
            door,
            asked_by,
            channel,
            urgency,
            headline,
            first_contact,
            determined,
            place: Place { position: position.and_then(|(a, b)| Position::new(a, b).ok()), access, ..Place::default() },
            people,
            facts,
            received: Vec::new(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn an_incident_goes_out_and_comes_back_with_every_fact_and_person(incident in an_incident()) {
        let sender = sender();
        let back = read_json(&write_around(&outgoing(&Packet::whole(&incident), &sender, true)));
        prop_assert_eq!(sorted(back.incident.facts.clone()), sorted(incident.facts.clone()));
        let received = back.incident.received.clone();
        prop_assert_eq!(Incident { facts: Vec::new(), received: Vec::new(), ..back.incident.clone() }, Incident { facts: Vec::new(), ..incident.clone() });
        prop_assert_eq!(received, vec![back.received.id]);
        let again = write_around(&outgoing(&Packet::whole(&back.incident), &sender, true));
        prop_assert_eq!(sorted(read_json(&again).incident.facts), sorted(incident.facts));
    }
}
