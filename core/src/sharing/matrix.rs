//! The matrix: what may be told of a person, to whom and on what basis, as one table with its sources.
//!
//! Rule: the first row that fits a cell decides it, and every cell has a row. What a state, a tribal nation or an agency
//! narrows stands in [`super::Narrowing`]; nothing widens a cell. Neighbours: `packet` asks the table for each thing that is
//! known; `law` (a test) says the law's lines once more, independently of the table.
//!
//! Sources: 42 CFR Part 2 (2.12(c), 2.15, 2.31 to 2.33, 2.51, 2.61 to 2.67); 45 CFR 164.506, 164.508, 164.510(b) and
//! 164.512(a), (b), (c), (g), (j), (k)(5). "Policy" marks what is stricter than the law by our own choice.

use Ground as G;
use Information as I;
use Origin as O;
use Receiving as R;
use Verdict::{Decide, Told};
use WithheldReason as W;

use super::{Verdict, WithheldReason};
use crate::incident::{Door, Label};

crate::codes! {
    /// From where a thing came.
    Origin {
        /// A 911 call.
        Call911 = "call-911",
        /// Said to a 988 counsellor.
        Said988 = "said-988",
        /// Said to the team.
        SaidTeam = "said-team",
        /// Seen or heard on scene now.
        Scene = "scene",
        /// A health record.
        Health = "health",
        /// A 42 CFR Part 2 record.
        Part2 = "part2",
        /// A police record.
        Police = "police",
        /// Another agency.
        Agency = "agency",
        /// The person's own wishes and plan.
        Wishes = "wishes",
    }
    /// What kind of information a thing is.
    Information {
        /// Danger to life now: what was taken and when, breathing, injury, medicines or pregnancy where this emergency
        /// concerns it, a weapon in hand or reach.
        DangerToLife = "danger-to-life",
        /// What is needed to reach, find, recognise and approach them without harm.
        Approach = "approach",
        /// Danger to others.
        DangerToOthers = "danger-to-others",
        /// Everything else.
        Rest = "rest",
    }
    /// Whom a thing is about, seen from what is disclosed.
    AboutWhom {
        /// The person whom the disclosure is about; where it is about an emergency, everyone in crisis in it.
        Them = "them",
        /// The incident or the place, where one person is in crisis.
        Scene = "scene",
        /// Somebody else, or the incident where nobody said whose it is.
        Other = "other",
    }
    /// What kind of receiver it is.
    Receiving {
        /// Emergency medical services that treat.
        Ems = "ems",
        /// A 911 call-taker whose screen police can read.
        PsapPoliceRead = "psap-police-read",
        /// A 911 call-taker of whom the agency says that police do not read it.
        Psap = "psap",
        /// Police. An officer at a school is police.
        Police = "police",
        /// Police of a tribal nation: police.
        TribalPolice = "tribal-police",
        /// A 988 counsellor.
        Counsellor = "counsellor",
        /// A service that treats.
        Treating = "treating",
        /// A service that does not treat.
        NonTreating = "non-treating",
        /// A school.
        School = "school",
        /// Somebody who supports the person.
        Supporter = "supporter",
        /// An officer who transports or holds the person.
        Custody = "custody",
        /// Medical staff of a jail.
        JailMedical = "jail-medical",
        /// An officer who executes a hold.
        HoldOfficer = "hold-officer",
        /// A person threatened.
        Threatened = "threatened",
        /// Child protective services.
        Cps = "cps",
        /// Adult protective services.
        Aps = "aps",
        /// The coroner or medical examiner.
        Coroner = "coroner",
        /// Family after a death.
        FamilyAfterDeath = "family-after-death",
        /// An interpreter or a relay operator: hears, holds nothing.
        Interpreter = "interpreter",
    }
    /// What a disclosure stands on, as the law tells bases apart.
    Ground {
        /// Nothing was recorded.
        Nothing = "nothing",
        /// Treatment (45 CFR 164.506(c)): asks no consent.
        Treatment = "treatment",
        /// An emergency.
        Emergency = "emergency",
        /// The person agreed in spoken words.
        Spoken = "spoken",
        /// A written or electronic consent that names this receiver (42 CFR 2.31).
        Signed = "signed",
        /// A written or electronic consent for treatment, payment and operations, to the class that 42 CFR 2.31(a)(4) allows.
        SignedClass = "signed-class",
        /// Required by a law, which is named with the facts that it covers.
        Law = "law",
        /// A crime on the premises or against staff (42 CFR 2.12(c)(5)), said by a named person.
        CrimeOnPremises = "crime-on-premises",
        /// A court order under 42 CFR Part 2, subpart E, handled by a named person.
        SubpartE = "subpart-e",
    }
    /// Who decides where the matrix lets nobody but a person decide.
    DecidedBy {
        /// A clinician.
        Clinician = "clinician",
        /// The lead.
        Lead = "lead",
        /// Both together.
        Both = "both",
    }
}

impl Origin {
    /// The origin that a label says. One of a release before the matrix counts as the narrowest that its door allows.
    pub fn of(label: Label, door: Door) -> Self {
        match label {
            Label::Call => match door {
                Door::Line911 => Self::Agency,
                Door::Line988 => Self::Said988,
                Door::AgencyLine | Door::OnView => Self::SaidTeam,
            },
            Label::Call911 => Self::Call911,
            Label::Said988 => Self::Said988,
            Label::SaidTeam => Self::SaidTeam,
            Label::Scene => Self::Scene,
            Label::Health => Self::Health,
            Label::Part2 => Self::Part2,
            Label::Police => Self::Police,
            Label::Agency => Self::Agency,
            Label::Wishes => Self::Wishes,
        }
    }
}

impl Receiving {
    /// Law enforcement, or where they read.
    pub fn is_police_or_read_by_them(self) -> bool {
        matches!(self, Self::Police | Self::TribalPolice | Self::PsapPoliceRead | Self::Custody | Self::HoldOfficer)
    }

    /// Whether an act of help goes to it at once, with nobody asked: what it gets is only what the matrix tells.
    pub fn is_emergency(self) -> bool {
        matches!(self, Self::Ems | Self::PsapPoliceRead | Self::Psap | Self::Police | Self::TribalPolice)
    }
}

/// One cell, by its five coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// From where it came.
    pub origin: Origin,
    /// What kind it is.
    pub kind: Information,
    /// About whom.
    pub about: AboutWhom,
    /// Who would receive it.
    pub to: Receiving,
    /// On what basis.
    pub on: Ground,
}

/// One row: what it covers, what it says, and where that is written. An empty list covers everything.
#[derive(Debug)]
pub struct Row {
    origins: &'static [Origin],
    kinds: &'static [Information],
    about: &'static [AboutWhom],
    to: &'static [Receiving],
    on: &'static [Ground],
    /// What it says.
    pub verdict: Verdict,
    /// Where that is written.
    pub source: &'static str,
}

impl Row {
    fn covers(&self, cell: Cell) -> bool {
        fn among<T: PartialEq>(all: &[T], one: &T) -> bool {
            all.is_empty() || all.contains(one)
        }
        among(self.origins, &cell.origin)
            && among(self.kinds, &cell.kind)
            && among(self.about, &cell.about)
            && among(self.to, &cell.to)
            && among(self.on, &cell.on)
    }
}

/// What the table says of a cell. A cell without a row, of which there is none, would be withheld.
pub fn row(cell: Cell) -> &'static Row {
    TABLE.iter().find(|row| row.covers(cell)).unwrap_or(&UNSAID)
}

/// What holds where no row does. A test shows that no cell comes here.
pub(super) static UNSAID: Row =
    Row { origins: ANY, kinds: EVERY, about: WHOEVER, to: &[], on: HOWEVER, verdict: Verdict::Withheld(W::NoBasis), source: "no row" };

const ANY: &[Origin] = &[];
const EVERY: &[Information] = &[];
const WHOEVER: &[AboutWhom] = &[];
const HOWEVER: &[Ground] = &[];
const PART2: &[Origin] = &[O::Part2];
const RECORD_OF_POLICE: &[Origin] = &[O::Police];
const FIRST_TWO: &[Information] = &[I::DangerToLife, I::Approach];
const LIFE: &[Information] = &[I::DangerToLife];
const OTHERS: &[Information] = &[I::DangerToOthers];
const THEIRS: &[AboutWhom] = &[AboutWhom::Them, AboutWhom::Scene];
const SOMEBODY_ELSE: &[AboutWhom] = &[AboutWhom::Other];
const LAW_ENFORCEMENT: &[Receiving] = &[R::Police, R::TribalPolice, R::PsapPoliceRead, R::Custody, R::HoldOfficer];
const DISPATCH_AND_POLICE: &[Receiving] = &[R::PsapPoliceRead, R::Psap, R::Police, R::TribalPolice];
const AT_ONCE: &[Receiving] = &[R::Ems, R::PsapPoliceRead, R::Psap, R::Police, R::TribalPolice, R::Counsellor];
const SIGNED: &[Ground] = &[G::Signed, G::SignedClass];
const FOR_TREATMENT: &[Ground] = &[G::Treatment, G::Emergency, G::Spoken, G::Signed, G::SignedClass];
const AGREED: &[Ground] = &[G::Spoken, G::Signed];

const fn withheld(reason: WithheldReason) -> Verdict {
    Verdict::Withheld(reason)
}

macro_rules! rows {
    ($($origins:expr, $kinds:expr, $about:expr, $to:expr, $on:expr => $verdict:expr, $source:literal;)+) => {
        /// The table.
        pub(super) static TABLE: &[Row] = &[
            $(Row { origins: $origins, kinds: $kinds, about: $about, to: $to, on: $on, verdict: $verdict, source: $source },)+
        ];
    };
}

rows! {
    // An interpreter or a relay operator hears what is said; no document is made for them.
    ANY, EVERY, WHOEVER, &[R::Interpreter], HOWEVER => withheld(W::HearsOnly), "45 CFR 164.504(e), 164.510(b): hears, holds nothing; policy";

    // 42 CFR Part 2. Law enforcement first, so that nothing below opens it.
    PART2, EVERY, WHOEVER, &[R::Police, R::TribalPolice], &[G::CrimeOnPremises] => Decide(DecidedBy::Both), "42 CFR 2.12(c)(5)";
    PART2, EVERY, WHOEVER, &[R::Police, R::TribalPolice], &[G::SubpartE] => Decide(DecidedBy::Both), "42 CFR 2.61 to 2.67";
    PART2, EVERY, WHOEVER, LAW_ENFORCEMENT, HOWEVER => withheld(W::Part2Police), "42 CFR 2.12(d)(1), 2.13(a); after a TPO consent stricter than 2.33: policy";
    PART2, EVERY, WHOEVER, &[R::Psap], HOWEVER => withheld(W::Part2), "42 CFR 2.13(a): a dispatcher is no medical personnel";
    PART2, EVERY, THEIRS, &[R::Ems, R::Treating, R::Counsellor], SIGNED => Told, "42 CFR 2.31(a), 2.32, 2.33";
    PART2, LIFE, THEIRS, &[R::Ems, R::JailMedical], HOWEVER => Told, "42 CFR 2.51(a): medical personnel who treat, where consent cannot be obtained; 2.51(c)";
    PART2, LIFE, THEIRS, &[R::Treating], HOWEVER => Decide(DecidedBy::Clinician), "42 CFR 2.51(a): whether consent can be obtained is a person's word";
    PART2, EVERY, THEIRS, &[R::NonTreating, R::School, R::Supporter, R::Aps, R::Cps], &[G::Signed] => Told, "42 CFR 2.31(a), 2.32";
    PART2, OTHERS, WHOEVER, &[R::Cps], &[G::Law] => Decide(DecidedBy::Clinician), "42 CFR 2.12(c)(6): the initial report of child abuse only";
    PART2, EVERY, WHOEVER, &[R::Coroner], &[G::Law] => Decide(DecidedBy::Both), "42 CFR 2.15(b)(1): cause of death";
    PART2, EVERY, WHOEVER, &[], HOWEVER => withheld(W::Part2), "42 CFR 2.13(a)";

    // What a call-taker and police hold themselves.
    &[O::Call911], EVERY, WHOEVER, &[R::PsapPoliceRead, R::Psap], HOWEVER => Told, "their own record";
    RECORD_OF_POLICE, EVERY, WHOEVER, &[R::Police], HOWEVER => Told, "their own record";

    // Danger to life, and what is needed to reach and approach without harm: at once, from every other origin.
    ANY, FIRST_TWO, WHOEVER, AT_ONCE, HOWEVER => Told, "45 CFR 164.512(j)(1)(i); 164.506(c)(2) to who treats";
    ANY, OTHERS, WHOEVER, DISPATCH_AND_POLICE, HOWEVER => Decide(DecidedBy::Clinician), "45 CFR 164.512(j)(1)(i), (j)(4): a clinician's good faith";
    &[O::Health], EVERY, WHOEVER, DISPATCH_AND_POLICE, HOWEVER => withheld(W::HealthRecord), "45 CFR 164.502(a), 164.512(f), (j)";
    RECORD_OF_POLICE, EVERY, WHOEVER, DISPATCH_AND_POLICE, HOWEVER => withheld(W::PoliceRecord), "only as that agency allows";
    ANY, EVERY, WHOEVER, DISPATCH_AND_POLICE, HOWEVER => withheld(W::NotNeeded), "45 CFR 164.512(j): no more than lessens the danger";

    // Whoever is at risk from it is told of danger by a person's decision, and nothing else.
    ANY, OTHERS, WHOEVER, &[R::Threatened], HOWEVER => Decide(DecidedBy::Clinician), "45 CFR 164.512(j)(1)(i)(B), and the state's law on warnings";
    ANY, EVERY, WHOEVER, &[R::Threatened], HOWEVER => withheld(W::NotNeeded), "45 CFR 164.512(j)(1)(i)(B)";

    // Custody: silence here kills.
    ANY, FIRST_TWO, WHOEVER, &[R::Custody, R::JailMedical, R::HoldOfficer], HOWEVER => Told, "45 CFR 164.512(k)(5)(i), (j)";
    ANY, OTHERS, WHOEVER, &[R::Custody, R::JailMedical], HOWEVER => Told, "45 CFR 164.512(k)(5)(i)(B), (C)";
    &[O::Police], EVERY, WHOEVER, &[R::Custody, R::JailMedical, R::HoldOfficer], HOWEVER => withheld(W::PoliceRecord), "only as that agency allows";
    ANY, EVERY, THEIRS, &[R::JailMedical], HOWEVER => Told, "45 CFR 164.506(c)(2)";
    ANY, EVERY, THEIRS, &[R::HoldOfficer], &[G::Law] => Told, "45 CFR 164.512(a): the form's statutory facts";
    ANY, EVERY, WHOEVER, &[R::Custody, R::JailMedical, R::HoldOfficer], HOWEVER => withheld(W::NotNeeded), "45 CFR 164.512(k)(5)(i): the facility's need";

    // EMS treat.
    RECORD_OF_POLICE, OTHERS, WHOEVER, &[R::Ems], HOWEVER => Decide(DecidedBy::Lead), "only as that agency allows; 45 CFR 164.512(j)";
    RECORD_OF_POLICE, EVERY, WHOEVER, &[R::Ems, R::Counsellor], HOWEVER => withheld(W::PoliceRecord), "only as that agency allows";
    ANY, OTHERS, WHOEVER, &[R::Ems], HOWEVER => Told, "45 CFR 164.512(j)(1)(i): those who come near";
    ANY, EVERY, THEIRS, &[R::Ems], HOWEVER => Told, "45 CFR 164.506(c)(2)";

    // A 988 counsellor. What was said to 988 is their own.
    &[O::Said988], EVERY, THEIRS, &[R::Counsellor], HOWEVER => Told, "their own record";
    &[O::Health], EVERY, THEIRS, &[R::Counsellor], &[G::Spoken, G::Signed, G::SignedClass] => Told, "45 CFR 164.506(c)(2), 164.510(b); asked first: policy";
    &[O::Health], EVERY, THEIRS, &[R::Counsellor], HOWEVER => withheld(W::HealthRecord), "policy: the person is asked first";
    ANY, EVERY, THEIRS, &[R::Counsellor], FOR_TREATMENT => Told, "45 CFR 164.506(c)(2)";

    // Another person's things never pass under this person's basis.
    ANY, EVERY, SOMEBODY_ELSE, &[R::Ems, R::Counsellor, R::Treating, R::NonTreating, R::School, R::Supporter], HOWEVER => withheld(W::OtherPerson), "45 CFR 164.506(c), 164.510(b): the individual's own";
    &[O::Said988, O::SaidTeam, O::Scene, O::Call911, O::Health, O::Agency, O::Wishes], EVERY, THEIRS, &[R::Counsellor], HOWEVER => withheld(W::NoBasis), "45 CFR 164.506(c)";

    // Services.
    RECORD_OF_POLICE, FIRST_TWO, THEIRS, &[R::Treating], FOR_TREATMENT => Told, "45 CFR 164.512(j)(1)(i)";
    RECORD_OF_POLICE, EVERY, WHOEVER, &[R::Treating, R::NonTreating, R::School, R::Supporter], HOWEVER => withheld(W::PoliceRecord), "only as that agency allows";
    ANY, EVERY, THEIRS, &[R::Treating], FOR_TREATMENT => Told, "45 CFR 164.506(c)(2)";
    ANY, EVERY, THEIRS, &[R::Treating], &[G::Law] => Told, "45 CFR 164.512(a): what the law names";
    ANY, EVERY, THEIRS, &[R::NonTreating, R::School], &[G::Signed] => Told, "45 CFR 164.508(b)(1)";
    ANY, FIRST_TWO, THEIRS, &[R::NonTreating, R::School], &[G::Emergency] => Told, "45 CFR 164.512(j)(1)(i)";
    ANY, EVERY, THEIRS, &[R::NonTreating, R::School], &[G::Law] => Told, "45 CFR 164.512(a): what the law names";
    ANY, EVERY, THEIRS, &[R::NonTreating, R::School], &[G::Spoken, G::SignedClass] => withheld(W::NeedsSigned), "45 CFR 164.508(a)(1)";
    ANY, EVERY, THEIRS, &[R::Treating, R::NonTreating, R::School], HOWEVER => withheld(W::NoBasis), "45 CFR 164.502(a)";

    // A supporter.
    ANY, EVERY, THEIRS, &[R::Supporter], AGREED => Told, "45 CFR 164.510(b)(2)";
    &[O::SaidTeam, O::Said988, O::Scene, O::Call911, O::Health, O::Agency], EVERY, THEIRS, &[R::Supporter], &[G::Emergency] => Decide(DecidedBy::Clinician), "45 CFR 164.510(b)(3): what their part in the care needs";
    ANY, FIRST_TWO, THEIRS, &[R::Supporter], HOWEVER => Decide(DecidedBy::Clinician), "45 CFR 164.512(j): a serious and imminent danger, also against objection";
    ANY, EVERY, THEIRS, &[R::Supporter], HOWEVER => withheld(W::NoBasis), "45 CFR 164.510(b)(2)";

    // Reports of abuse: a report goes with the law that asks for it.
    RECORD_OF_POLICE, EVERY, WHOEVER, &[R::Cps, R::Aps, R::Coroner, R::FamilyAfterDeath], HOWEVER => withheld(W::PoliceRecord), "only as that agency allows";
    ANY, EVERY, WHOEVER, &[R::Cps], &[G::Law] => Told, "45 CFR 164.512(b)(1)(ii): the report that the law asks for";
    ANY, EVERY, WHOEVER, &[R::Aps], &[G::Law] => Told, "45 CFR 164.512(c)(1)(i), (iii)";
    ANY, EVERY, THEIRS, &[R::Aps], AGREED => Told, "45 CFR 164.512(c)(1)(ii)";
    ANY, &[I::DangerToLife, I::DangerToOthers], WHOEVER, &[R::Cps, R::Aps], HOWEVER => Decide(DecidedBy::Clinician), "45 CFR 164.512(b)(1)(ii), (c)";
    ANY, EVERY, WHOEVER, &[R::Cps, R::Aps], HOWEVER => withheld(W::NoBasis), "45 CFR 164.512(b), (c)";

    // After a death.
    ANY, EVERY, SOMEBODY_ELSE, &[R::Coroner, R::FamilyAfterDeath], HOWEVER => withheld(W::OtherPerson), "45 CFR 164.512(g), 164.510(b)(5)";
    &[O::Wishes], EVERY, WHOEVER, &[R::Coroner], HOWEVER => withheld(W::NotNeeded), "45 CFR 164.512(g)(1)";
    ANY, EVERY, WHOEVER, &[R::Coroner], HOWEVER => Decide(DecidedBy::Lead), "45 CFR 164.512(g)(1)";
    ANY, EVERY, WHOEVER, &[R::FamilyAfterDeath], HOWEVER => Decide(DecidedBy::Clinician), "45 CFR 164.510(b)(5): unless they wished otherwise";
}
