//! Canaries in every field of every origin: what a receiver must not hold is in none of its documents.

use proptest::prelude::*;

use super::*;
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::{BasisId, FactId, PersonId};
use crate::door::{Agency, eido};
use crate::incident::fixture::{at, incident};
use crate::incident::*;

fn now() -> Instant {
    at(60)
}

/// A person with a canary in every part; their telephone number and language are told to whoever comes.
fn person(name: &str, role: Role, label: Label) -> Person {
    let canary = |what: &str| format!("canary-{name}-{what}");
    Person {
        name: Some(PersonName { family: Some(canary("family")), given: vec![canary("given")], goes_by: Some(canary("goes-by")) }),
        description: Some(canary("description")),
        born: Some(canary("born")),
        gender: Some(canary("gender")),
        language: Some(canary("language")),
        contacts: vec![format!("tel:+1215555{}", 1000 + name.len()), format!("mailto:{}@x.example", canary("mail"))],
        safe_contact: SafeContact {
            number: Some(canary("safe-number")),
            when: Some(canary("safe-when")),
            voice: Some(false),
            message_in_name_of: Some(canary("safe-name-of")),
            must_not_learn: vec![MustNotLearn::named(&canary("must-not-learn"))],
            ..SafeContact::default()
        },
        wishes: Wishes {
            called: Some(canary("called")),
            helps: Some(canary("helps")),
            worsens: Some(canary("worsens")),
            whom_to_call: Some(canary("whom-to-call")),
            advance_directive: Some(canary("advance-directive")),
            safety_plan: Some(canary("safety-plan")),
        },
        dependants: vec![Dependant { who: canary("dependant"), with: Some(canary("dependant-with")) }],
        label,
        ..Person::unnamed(PersonId::derived(name), role)
    }
}

fn fact(about: About, kind: FactKind, label: Label, life_saving: bool) -> Fact {
    let id = FactId::fresh();
    Fact {
        text: format!("canary-fact-{id}-"),
        id,
        about,
        kind,
        code: None,
        source: Source { who: "canary-who-".into(), agency: None },
        door: if matches!(label, Label::Call911 | Label::Police) { Door::Line911 } else { Door::Line988 },
        said: at(3),
        label,
        life_saving,
    }
}

fn pick<C: Code + std::fmt::Debug>() -> impl Strategy<Value = C> {
    prop::sample::select(C::ALL)
}

/// An incident of either door with one or two people in crisis, a caller, and facts of every kind and origin about each.
fn incidents() -> impl Strategy<Value = Incident> {
    let labels = (pick::<Label>(), pick::<Label>(), pick::<Label>());
    let facts = prop::collection::vec((0..5_usize, pick::<FactKind>(), pick::<Label>(), any::<bool>()), 0..12);
    (pick::<Door>(), any::<bool>(), labels, facts, any::<bool>()).prop_map(|(door, two, (one, other, caller), facts, placed)| {
        let mut all = incident("canary-headline-", 2);
        all.door = door;
        all.people = vec![person("ann", Role::InCrisis, one)];
        all.people.extend(two.then(|| person("bob", Role::InCrisis, other)));
        all.people.push(person("caller", Role::Caller, caller));
        if placed {
            all.place.address = Some("12 Mill Rd".into());
        }
        let people: Vec<PersonId> = all.people.iter().map(|person| person.id.clone()).collect();
        let about = |index: usize| match index {
            0 => About::Incident,
            1 => About::Place,
            other => people.get(other - 2).cloned().map_or(About::Incident, About::Person),
        };
        all.facts = facts.into_iter().map(|(index, kind, label, saving)| fact(about(index), kind, label, saving)).collect();
        all
    })
}

fn bases() -> impl Strategy<Value = Vec<Basis>> {
    let one = (pick::<BasisKind>(), prop::collection::btree_set(pick::<Scope>(), 0..5), any::<bool>(), pick::<Purpose>(), any::<bool>());
    prop::collection::vec(one, 0..3).prop_map(|all| {
        let basis = |(kind, scope, named, purpose, ended): (BasisKind, std::collections::BTreeSet<Scope>, bool, Purpose, bool)| Basis {
            kind,
            scope: scope.into_iter().collect(),
            purpose,
            recipient: named.then(clinic),
            until: ended.then(|| at(59)),
            ..Basis::treatment(BasisId::fresh(), &PersonId::derived("ann"), None, at(0), None)
        };
        all.into_iter().map(basis).collect()
    })
}

fn clinic() -> OrganizationId {
    OrganizationId::parse("clinic").unwrap()
}

fn asked<'a>(incident: &'a Incident, person: Option<&'a PersonId>, to: &'a Receiver, bases: &'a [Basis], rules: &'a Rules) -> Question<'a> {
    Question { incident, person, to, bases, rules, area: None, at: now() }
}

fn receiver(kind: Receiving) -> Receiver {
    Receiver { kind, organization: Some(clinic()) }
}

/// Every document that a packet is written as: the EIDO, and the words that are read aloud or stand in a referral.
fn documents(packet: &Packet) -> String {
    let agency =
        Agency { id: Identifier { system: "urn:a".into(), value: "crisis.example".into() }, roles: vec![], kinds: vec![], owns: None };
    let agent = eido::Agent { id: "m@crisis.example".into(), roles: vec![] };
    let sender = eido::Sender { issuer: "crisis.example".into(), agency, agent };
    format!("{}\n{}", eido::write(packet, &sender, now()), packet.lines().join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_call_taker_and_police_hold_no_canary_but_of_the_first_two_kinds_or_their_own(
        incident in incidents(),
        bases in bases(),
        kind in prop::sample::select(vec![Receiving::PsapPoliceRead, Receiving::Psap, Receiving::Police, Receiving::TribalPolice]),
    ) {
        let (to, rules) = (receiver(kind), Rules::default());
        let said = documents(&part(&asked(&incident, None, &to, &bases, &rules)).packet);
        let psap = matches!(kind, Receiving::Psap | Receiving::PsapPoliceRead);
        for fact in &incident.facts {
            let origin = Origin::of(fact.label, fact.door);
            let own = psap && origin == Origin::Call911 || kind == Receiving::Police && origin == Origin::Police;
            let first_two = fact.life_saving || matches!(fact.kind, FactKind::Approach | FactKind::Access | FactKind::Animal | FactKind::Callback
                | FactKind::Caution | FactKind::Weapon);
            if origin == Origin::Part2 || !own && !first_two {
                prop_assert!(!said.contains(&fact.text), "{fact:?}");
            }
            if origin != Origin::Part2 && first_two && fact.kind != FactKind::Dependant {
                prop_assert!(said.contains(&fact.text), "withheld from who must come: {fact:?}");
            }
        }
        for person in &incident.people {
            let origin = Origin::of(person.label, incident.door);
            let own = psap && origin == Origin::Call911 || kind == Receiving::Police && origin == Origin::Police;
            let name = |what: &str| format!("canary-{}-{what}", if person.roles.contains(&Role::Caller) { "caller" } else if person.id == PersonId::derived("ann") { "ann" } else { "bob" });
            for never in ["helps", "worsens", "whom-to-call", "advance-directive", "safety-plan", "must-not-learn", "called"] {
                prop_assert!(!said.contains(&name(never)), "{never}");
            }
            for hidden in ["family", "given", "goes-by", "born", "mail", "safe-number", "safe-when", "safe-name-of", "dependant"] {
                let finds_them = matches!(hidden, "family" | "given" | "goes-by") && incident.place.address.is_none();
                let told = own || finds_them && person.roles.contains(&Role::InCrisis) && origin != Origin::Part2;
                prop_assert!(told || !said.contains(&name(hidden)), "{hidden} {origin:?}");
            }
            if origin == Origin::Part2 {
                prop_assert!(!said.contains(&name("")), "a Part 2 record of a person");
            }
            if !own {
                prop_assert!(!person.roles.contains(&Role::Caller) || !said.contains("canary-caller-"), "who called");
            }
        }
        // Neither why, nor how much, nor from where.
        for reason in WithheldReason::ALL {
            let quoted = format!("\"{}\"", reason.code());
            prop_assert!(!said.contains(&quoted), "{}", quoted);
        }
        for trace in ["part2", "said-988", "\"health\"", "withheld", "\"988\"", NOTICE_2_32] {
            prop_assert!(!said.contains(trace), "{trace}");
        }
    }

    #[test]
    fn told_and_withheld_together_are_all_there_was(incident in incidents(), bases in bases(), kind in pick::<Receiving>(), on in any::<bool>()) {
        let (to, rules, ann) = (receiver(kind), Rules::default(), PersonId::derived("ann"));
        let parted = part(&asked(&incident, on.then_some(&ann), &to, &bases, &rules));
        let fields: usize = incident.people.iter().map(|person| Field::ALL.iter().filter(|field| field.is_in(person)).count()).sum();
        prop_assert_eq!(parted.told.len() + parted.withheld.len(), 2 + fields + incident.facts.len());
    }

    #[test]
    fn another_persons_things_go_to_no_service(incident in incidents(), bases in bases()) {
        let (ann, rules) = (PersonId::derived("ann"), Rules::default());
        for kind in [Receiving::Treating, Receiving::NonTreating, Receiving::School, Receiving::Supporter] {
            let to = receiver(kind);
            let said = documents(&part(&asked(&incident, Some(&ann), &to, &bases, &rules)).packet);
            prop_assert!(!said.contains("canary-bob-") && !said.contains("canary-caller-"), "{kind:?}");
            for fact in incident.facts.iter().filter(|fact| matches!(&fact.about, About::Person(person) if *person != ann)) {
                prop_assert!(!said.contains(&fact.text), "{kind:?} {fact:?}");
            }
        }
    }

    #[test]
    fn part_2_goes_with_its_notice_and_a_signed_consent_or_to_ems(incident in incidents(), bases in bases(), kind in pick::<Receiving>()) {
        let (to, rules, ann) = (receiver(kind), Rules::default(), PersonId::derived("ann"));
        let parted = part(&asked(&incident, Some(&ann), &to, &bases, &rules));
        let said = documents(&parted.packet);
        let there = incident.facts.iter().any(|fact| Origin::of(fact.label, fact.door) == Origin::Part2 && said.contains(&fact.text))
            || parted.told.iter().any(|told| told.origin == Origin::Part2);
        prop_assert_eq!(said.contains(NOTICE_2_32), there);
        let signed = bases.iter().any(|basis| {
            let covers = basis.scope.contains(&Scope::SubstanceUse) && basis.holds(now());
            covers && matches!(basis.ground(Some(&clinic())), Some(Ground::Signed | Ground::SignedClass))
        });
        prop_assert!(!there || signed || matches!(kind, Receiving::Ems | Receiving::JailMedical), "{kind:?}");
    }

    #[test]
    fn a_document_with_a_withheld_fact_is_the_document_without_it(incident in incidents(), bases in bases(), kind in pick::<Receiving>()) {
        let (to, rules) = (receiver(kind), Rules::default());
        let parted = part(&asked(&incident, None, &to, &bases, &rules));
        let withheld: Vec<&Item> = parted.withheld.iter().map(|one| &one.item).collect();
        let mut without = incident.clone();
        without.facts.retain(|fact| !withheld.contains(&&Item::Fact(fact.id.clone())));
        let other = part(&asked(&without, None, &to, &bases, &rules));
        prop_assert_eq!(documents(&parted.packet), documents(&other.packet));
    }

    #[test]
    fn a_label_that_was_tightened_later_takes_the_fact_out(incident in incidents(), kind in pick::<Receiving>()) {
        let (to, rules) = (receiver(kind), Rules::default());
        let mut tightened = incident.clone();
        tightened.facts.iter_mut().for_each(|fact| fact.label = fact.label.narrower(Label::Part2));
        // As a join brings them: the fact stands in both, and the narrower label holds.
        let together = facts_together(&[&incident, &tightened]);
        prop_assert!(together.iter().all(|fact| fact.label == Label::Part2));
        let joined = Incident { facts: together, ..incident };
        let said = documents(&part(&asked(&joined, None, &to, &[], &rules)).packet);
        let medical = matches!(kind, Receiving::Ems | Receiving::JailMedical);
        for fact in &joined.facts {
            prop_assert!(!said.contains(&fact.text) || medical && information(fact, kind) == Information::DangerToLife, "{kind:?} {fact:?}");
        }
    }

    #[test]
    fn a_rule_of_the_place_never_widens(incident in incidents(), bases in bases(), kind in pick::<Receiving>(), origin in pick::<Origin>(), by in prop::option::of(pick::<DecidedBy>())) {
        let to = receiver(kind);
        let narrowing = Narrowing { area: None, origin: Some(origin), kind: None, to: None, on: None, decided_by: by, law: "a law".into() };
        let (plain, narrow) = (Rules::default(), Rules { narrowings: vec![narrowing], ..Rules::default() });
        let told = |rules: &Rules| part(&asked(&incident, None, &to, &bases, rules)).told.into_iter().map(|told| told.item).collect::<std::collections::BTreeSet<_>>();
        prop_assert!(told(&narrow).is_subset(&told(&plain)));
    }
}

#[test]
fn a_rule_of_a_state_does_not_fall_through_onto_tribal_land() {
    let rule = Narrowing {
        area: Some("state".into()),
        origin: None,
        kind: None,
        to: Some(Receiving::Treating),
        on: None,
        decided_by: None,
        law: "a law of the state".into(),
    };
    let rules = Rules { narrowings: vec![rule], ..Rules::default() };
    let cell =
        Cell { origin: Origin::Health, kind: Information::Rest, about: AboutWhom::Them, to: Receiving::Treating, on: Ground::Treatment };
    assert_eq!(rules.narrow(Verdict::Told, cell, Some("state")), Verdict::Withheld(WithheldReason::LocalRule));
    assert_eq!(rules.narrow(Verdict::Told, cell, Some("nation")), Verdict::Told);
}

#[test]
fn a_spoken_consent_covers_what_it_says_and_a_basis_that_ended_nothing() {
    let mut all = incident("i", 0);
    all.people = vec![person("ann", Role::InCrisis, Label::SaidTeam)];
    let (ann, to, rules) = (PersonId::derived("ann"), receiver(Receiving::Treating), Rules::default());
    let mut basis = Basis {
        kind: BasisKind::ConsentVerbal,
        scope: vec![Scope::Identity],
        words: Some("yes".into()),
        ..Basis::treatment(BasisId::fresh(), &ann, Some(clinic()), at(0), None)
    };
    let words = |basis: &Basis| {
        let bases = [basis.clone()];
        let parted = part(&asked(&all, Some(&ann), &to, &bases, &rules));
        (documents(&parted.packet), parted.withheld)
    };
    let (said, withheld) = words(&basis);
    assert!(said.contains("canary-ann-family") && !said.contains("canary-ann-safety-plan"));
    assert!(withheld.iter().any(|one| one.reason == WithheldReason::OutsideScope));
    basis.withdrawn = Some(at(30));
    let (said, withheld) = words(&basis);
    assert!(!said.contains("canary"), "{said}");
    assert!(withheld.iter().all(|one| one.reason == WithheldReason::BasisEnded));
}

#[test]
fn what_a_basis_must_say() {
    let plain = Basis::treatment(BasisId::fresh(), &PersonId::derived("p"), Some(clinic()), at(0), None);
    assert_eq!(plain.complete(), Ok(()));
    let spoken = Basis { kind: BasisKind::ConsentVerbal, scope: vec![Scope::Health], ..plain.clone() };
    assert_eq!(spoken.complete(), Err(NotABasis::NoWords));
    let member = crate::base::ids::MemberId::fresh();
    let spoken = Basis { words: Some("yes".into()), taken_by: Some(member), ..spoken };
    assert_eq!(spoken.complete(), Ok(()));
    assert_eq!(Basis { scope: vec![Scope::SubstanceUse], ..spoken.clone() }.complete(), Err(NotABasis::SpokenPart2));
    assert_eq!(Basis { scope: vec![], ..spoken }.complete(), Err(NotABasis::NoScope));
    assert_eq!(Basis { kind: BasisKind::Law, ..plain.clone() }.complete(), Err(NotABasis::NoLaw));
    let signed = Basis { kind: BasisKind::ConsentWritten, scope: vec![Scope::SubstanceUse], recipient: None, ..plain };
    assert_eq!(signed.complete(), Err(NotABasis::NoReceiver));
    assert_eq!(Basis { purpose: Purpose::TreatmentPaymentOperations, ..signed }.complete(), Ok(()));
}

#[test]
fn a_receiver_that_must_not_learn_gets_nothing_and_help_is_never_held_up() {
    let mut all = incident("i", 0);
    let mut ann = person("ann", Role::InCrisis, Label::SaidTeam);
    ann.safe_contact.must_not_learn[0].organization = Some(clinic());
    all.people = vec![ann];
    let (id, rules) = (PersonId::derived("ann"), Rules::default());
    let bases = [Basis::treatment(BasisId::fresh(), &id, Some(clinic()), at(0), None)];
    let to = receiver(Receiving::Treating);
    let parted = part(&asked(&all, Some(&id), &to, &bases, &rules));
    assert!(!documents(&parted.packet).contains("canary"));
    assert!(parted.told.is_empty() && parted.withheld.iter().all(|one| one.reason == WithheldReason::MustNotLearn));
    let ems = receiver(Receiving::Ems);
    assert!(!part(&asked(&all, None, &ems, &[], &rules)).told.is_empty());
}
