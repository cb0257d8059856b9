//! The packets of nine situations, as each receiver reads them, with the list that the sender alone sees. They are kept as
//! text in `tests/golden/packets`, so that a person can look at them.

use std::path::PathBuf;

use anydoor_core::base::Code;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{BasisId, FactId, IncidentId, MemberId, OrganizationId, PersonId};
use anydoor_core::incident::{
    APPROACH, About, ApproachNeed, AskedBy, Channel, Dependant, Door, Fact, FactKind, HowKnown, Identifier, Incident, Label, MustNotLearn,
    Person, PersonName, Place, Role, Source, Urgency,
};
use anydoor_core::sharing::{Basis, BasisKind, GivenBy, Purpose, Question, Receiver, Receiving, Rules, Scope, part};

fn at(minute: i64) -> Instant {
    Instant::from_second(1_795_400_000 + minute * 60).unwrap()
}

struct Situation {
    incident: Incident,
}

impl Situation {
    fn new(door: Door, headline: &str) -> Self {
        let mut person = Person::unnamed(PersonId::derived("rosa"), Role::InCrisis);
        person.name = Some(PersonName { family: Some("Vega".into()), given: vec!["Rosa".into()], goes_by: None });
        person.description = Some("woman, about 30, green jacket".into());
        person.born = Some("1996-04-02".into());
        person.contacts = vec!["tel:+12155550110".into()];
        person.wishes.safety_plan = Some("walks by the river, calls her aunt".into());
        person.wishes.helps = Some("speak slowly".into());
        person.label = if door == Door::Line988 { Label::Said988 } else { Label::Call911 };
        let incident = Incident {
            id: IncidentId::derived(headline),
            identifiers: vec![Identifier { system: "urn:988:contact".into(), value: "c-17".into() }],
            door,
            asked_by: AskedBy::Person,
            channel: Channel::Voice,
            urgency: Urgency::Urgent,
            headline: headline.into(),
            first_contact: None,
            determined: at(0),
            place: Place { address: Some("12 Mill Rd, apartment 3".into()), ..Place::default() },
            people: vec![person],
            facts: Vec::new(),
            received: Vec::new(),
        };
        Self { incident }
    }

    fn person(&mut self) -> &mut Person {
        self.incident.people.first_mut().unwrap()
    }

    fn fact(&mut self, label: Label, kind: FactKind, text: &str) -> &mut Fact {
        let number = self.incident.facts.len();
        let rosa = About::Person(PersonId::derived("rosa"));
        self.incident.facts.push(Fact {
            id: FactId::derived(&format!("{}/{number}", self.incident.id)),
            about: rosa,
            kind,
            text: text.into(),
            code: None,
            source: Source { who: if label == Label::Said988 { "counsellor 12" } else { "Dana, EMT" }.into(), agency: None },
            door: self.incident.door,
            said: at(3),
            label,
            life_saving: false,
        });
        self.incident.facts.last_mut().unwrap()
    }

    fn danger(&mut self, label: Label, kind: FactKind, text: &str) {
        self.fact(label, kind, text).life_saving = true;
    }

    fn approach(&mut self, label: Label, need: ApproachNeed, text: &str) {
        self.fact(label, FactKind::Approach, text).code = Some(Identifier { system: APPROACH.into(), value: need.code().into() });
    }

    /// What each receiver reads, and what the sender sees beside it.
    fn told(&self, all: &[(Receiving, Option<&str>, &[Basis])]) -> String {
        let mut text = String::new();
        for (kind, about, bases) in all {
            let person = about.map(PersonId::derived);
            let to = Receiver { kind: *kind, organization: Some(OrganizationId::derived(kind.code())) };
            let rules = Rules::default();
            let question =
                Question { incident: &self.incident, person: person.as_ref(), to: &to, bases, rules: &rules, area: None, at: at(9) };
            let parted = part(&question);
            let packet = parted.packet.incident();
            text += &format!("=== {} ===\n", kind.code());
            for line in
                [&packet.headline, packet.place.address.as_ref().unwrap_or(&String::new())].into_iter().filter(|line| !line.is_empty())
            {
                text += &format!("{line}\n");
            }
            parted.packet.lines().iter().for_each(|line| text += &format!("{line}\n"));
            text += "--- the sender alone sees: withheld\n";
            for one in &parted.withheld {
                let what =
                    self.incident.facts.iter().find(|fact| Some(fact.id.as_str()) == one.item.of()).map_or("", |fact| fact.text.as_str());
                let by = one.decided_by.map(|by| format!(" ({} decides)", by.code())).unwrap_or_default();
                text += &format!("{} {what}: {}{by}\n", one.item.code(), one.reason.code());
            }
            text += "\n";
        }
        text
    }
}

fn basis(kind: BasisKind, to: Receiving, person: &str) -> Basis {
    let to = OrganizationId::derived(to.code());
    Basis {
        kind,
        scope: if kind == BasisKind::Treatment { Vec::new() } else { vec![Scope::Identity, Scope::Situation, Scope::Health] },
        words: (kind == BasisKind::ConsentVerbal).then(|| "yes, tell her".into()),
        taken_by: Some(MemberId::derived("dana")),
        ..Basis::treatment(BasisId::derived("basis"), &PersonId::derived(person), Some(to), at(4), Some(at(4000)))
    }
}

/// The golden text of a situation. Where there is none yet it is written, and looked at by hand.
fn is_as_kept(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/packets").join(format!("{name}.txt"));
    match std::fs::read_to_string(&path) {
        Ok(kept) => assert_eq!(text, kept, "{name}"),
        Err(_) => {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            panic!("{name}: written now; look at it");
        }
    }
}

#[test]
fn an_overdose_with_a_part_2_record() {
    let mut case = Situation::new(Door::Line988, "took something, friend is scared");
    case.danger(Label::Scene, FactKind::Breathing, "not breathing, blue; naloxone given 09:03");
    case.danger(Label::Scene, FactKind::Substance, "opioid likely");
    case.danger(Label::Part2, FactKind::Medicine, "methadone 80 mg daily");
    case.fact(Label::Part2, FactKind::Remark, "in treatment at Riverside since May");
    case.fact(Label::Said988, FactKind::Remark, "lost her job on Monday");
    let text = case.told(&[
        (Receiving::PsapPoliceRead, None, &[]),
        (Receiving::Ems, None, &[]),
        (Receiving::Police, None, &[]),
        (Receiving::Treating, Some("rosa"), &[basis(BasisKind::Treatment, Receiving::Treating, "rosa")]),
    ]);
    is_as_kept("overdose-with-a-part-2-record", &text);
}

#[test]
fn a_gun_at_home() {
    let mut case = Situation::new(Door::Line988, "thoughts of suicide");
    case.fact(Label::Said988, FactKind::Weapon, "revolver in the bedroom, locked");
    case.fact(Label::Said988, FactKind::SelfHarm, "thinks of it every night since the divorce");
    case.fact(Label::Health, FactKind::Medicine, "lithium");
    is_as_kept(
        "gun-at-home",
        &case.told(&[(Receiving::PsapPoliceRead, None, &[]), (Receiving::Ems, None, &[]), (Receiving::Police, None, &[])]),
    );
}

#[test]
fn an_abusive_partner_listens() {
    let mut case = Situation::new(Door::Line988, "afraid at home");
    case.approach(Label::Said988, ApproachNeed::SomeoneThereIsADanger, "her partner hits her, he is in the next room");
    case.approach(Label::Said988, ApproachNeed::DoNotSayWhoCalled, "he must not know that she called");
    let partner = MustNotLearn {
        who: "her partner, a nurse at the clinic".into(),
        organization: Some(OrganizationId::derived(Receiving::Treating.code())),
        member: None,
        how: HowKnown::PersonSaid,
    };
    let person = case.person();
    person.safe_contact.must_not_learn = vec![partner];
    person.safe_contact.voice = Some(false);
    person.safe_contact.number = Some("+12155550199, her sister's".into());
    let treatment = [basis(BasisKind::Treatment, Receiving::Treating, "rosa")];
    let text =
        case.told(&[(Receiving::PsapPoliceRead, None, &[]), (Receiving::Ems, None, &[]), (Receiving::Treating, Some("rosa"), &treatment)]);
    is_as_kept("abusive-partner-listens", &text);
}

#[test]
fn a_deaf_man_with_a_toy_gun() {
    let mut case = Situation::new(Door::Line911, "man with gun on porch");
    let person = case.person();
    person.name = None;
    person.description = Some("man, 50, blue shirt".into());
    case.approach(Label::SaidTeam, ApproachNeed::CannotHear, "deaf since birth, autistic");
    case.approach(Label::Scene, ApproachNeed::HoldsToy, "the gun is plastic, orange tip");
    case.fact(Label::Call911, FactKind::Remark, "neighbour says he waves it at cars");
    is_as_kept("deaf-man-with-a-toy-gun", &case.told(&[(Receiving::PsapPoliceRead, None, &[]), (Receiving::Police, None, &[])]));
}

#[test]
fn two_people_in_one_flat() {
    let mut case = Situation::new(Door::OnView, "two brothers, neither has slept");
    let mut other = Person::unnamed(PersonId::derived("luis"), Role::InCrisis);
    other.description = Some("man, 20, grey hoodie".into());
    other.label = Label::SaidTeam;
    case.incident.people.push(other);
    case.fact(Label::SaidTeam, FactKind::Remark, "has not eaten for two days");
    case.fact(Label::SaidTeam, FactKind::Medicine, "stopped sertraline").about = About::Person(PersonId::derived("luis"));
    case.fact(Label::SaidTeam, FactKind::Remark, "their mother died in March").about = About::Incident;
    let text = case.told(&[
        (Receiving::Treating, Some("rosa"), &[basis(BasisKind::Treatment, Receiving::Treating, "rosa")]),
        (Receiving::Ems, None, &[]),
    ]);
    is_as_kept("two-people-in-one-flat", &text);
}

#[test]
fn a_minor() {
    let mut case = Situation::new(Door::Line988, "cannot go home");
    case.person().born = Some("2011-02-01".into());
    case.person().dependants = vec![Dependant { who: "a baby brother".into(), with: Some("with a neighbour".into()) }];
    case.fact(Label::SaidTeam, FactKind::SelfHarm, "cut herself last week");
    let consent = Basis { given_by: GivenBy::Minor, ..basis(BasisKind::ConsentWritten, Receiving::Treating, "rosa") };
    let school = basis(BasisKind::ConsentVerbal, Receiving::School, "rosa");
    let text = case.told(&[
        (Receiving::Treating, Some("rosa"), &[consent]),
        (Receiving::School, Some("rosa"), &[school]),
        (Receiving::PsapPoliceRead, None, &[]),
    ]);
    is_as_kept("minor", &text);
}

#[test]
fn an_anonymous_caller() {
    let mut case = Situation::new(Door::Line988, "worried about a neighbour");
    let mut caller = Person::unnamed(PersonId::derived("caller"), Role::Caller);
    caller.contacts = vec!["tel:+12155550123".into()];
    caller.description = Some("the neighbour from number 14".into());
    caller.label = Label::Said988;
    case.incident.people.push(caller);
    case.person().contacts.clear();
    case.fact(Label::Said988, FactKind::Callback, "tel:+12155550123").about = About::Incident;
    is_as_kept("anonymous-caller", &case.told(&[(Receiving::PsapPoliceRead, None, &[]), (Receiving::Ems, None, &[])]));
}

#[test]
fn handed_to_a_transporting_officer() {
    let mut case = Situation::new(Door::Line911, "shouting in the street");
    case.fact(Label::SaidTeam, FactKind::SelfHarm, "says she will hang herself in a cell");
    case.fact(Label::Scene, FactKind::Substance, "shakes, last drink yesterday");
    case.fact(Label::Health, FactKind::Medicine, "insulin, morning and night");
    case.danger(Label::Part2, FactKind::Medicine, "methadone 80 mg daily");
    case.fact(Label::SaidTeam, FactKind::Remark, "is in a custody dispute");
    let text = case.told(&[(Receiving::Custody, Some("rosa"), &[]), (Receiving::JailMedical, Some("rosa"), &[])]);
    is_as_kept("handed-to-a-transporting-officer", &text);
}

#[test]
fn a_daughter_who_asks_how_he_is() {
    let mut case = Situation::new(Door::OnView, "man alone at the station");
    case.fact(Label::SaidTeam, FactKind::Remark, "is calmer, will see a doctor on Friday");
    case.fact(Label::Health, FactKind::Remark, "a bipolar episode in 2019");
    let agreed =
        Basis { scope: vec![Scope::Situation], purpose: Purpose::Support, ..basis(BasisKind::ConsentVerbal, Receiving::Supporter, "rosa") };
    let emergency = basis(BasisKind::Emergency, Receiving::Supporter, "rosa");
    let text = case.told(&[
        (Receiving::Supporter, Some("rosa"), &[]),
        (Receiving::Supporter, Some("rosa"), &[agreed]),
        (Receiving::Supporter, Some("rosa"), &[emergency]),
    ]);
    is_as_kept("daughter-who-asks-how-he-is", &text);
}
