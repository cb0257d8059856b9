//! Triage: four separate answers (how soon, medical or not, who goes, staged or not), and the next questions to ask.
//!
//! Rule (practice.md): the table is agency data; [`TriageTable::default`] is the safe default. A row speaks only on a
//! "yes", so that unknown alone never adds law enforcement; urgency only rises, so that unknown never lowers it.
//! Neighbours: a door fills in what was said, `assignment` takes the answers as needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::DoorError;
use crate::base::Code;
use crate::incident::Urgency;

crate::codes! {
    /// A question to whoever asks for help.
    Question {
        /// Is an attempt in progress?
        AttemptInProgress = "attempt-in-progress",
        /// Has something been taken?
        Ingestion = "ingestion",
        /// Is the person drowsy, confused or not answering?
        AlteredConsciousness = "altered-consciousness",
        /// Trouble breathing?
        Breathing = "breathing",
        /// Is anyone hurt?
        Injury = "injury",
        /// Is there violence now?
        ViolenceUnderWay = "violence-under-way",
        /// A weapon in hand?
        WeaponInHand = "weapon-in-hand",
        /// Has a weapon been threatened?
        WeaponThreatened = "weapon-threatened",
        /// A weapon in the home?
        WeaponAtHome = "weapon-at-home",
        /// Has anyone else been threatened?
        ThreatToOthers = "threat-to-others",
        /// Strong thoughts of suicide?
        SevereIdeation = "severe-ideation",
        /// A plan?
        Plan = "plan",
        /// The means at hand?
        Means = "means",
        /// A child at risk?
        ChildAtRisk = "child-at-risk",
    }
    /// An answer. What nobody asked is unknown.
    Answer {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
        /// Not known.
        Unknown = "unknown",
    }
    /// Medical or not.
    Medical {
        /// Emergency medical services, now.
        EmsNow = "ems-now",
        /// Each medical question was answered with no.
        NotMedical = "not-medical",
        /// Not known yet.
        NotKnown = "not-known",
    }
    /// Who goes.
    Goes {
        /// The crisis team.
        CrisisTeam = "crisis-team",
        /// Emergency medical services.
        Ems = "ems",
        /// The crisis team together with law enforcement.
        Joint = "joint",
        /// Law enforcement first, the crisis team when it is safe.
        PoliceFirst = "police-first",
    }
    /// What else is done.
    Besides {
        /// The counsellor stays on the line until someone is with the person.
        CounsellorStays = "counsellor-stays",
        /// The crew is told of the weapon.
        TellCrewOfWeapon = "tell-crew-of-weapon",
        /// A team that is able to care for the young.
        YouthTeam = "youth-team",
        /// The report that the law asks for where a child is at risk.
        ChildReport = "child-report",
        /// The lead decides whether anyone goes along.
        LeadDecides = "lead-decides",
    }
}

/// What was answered so far.
pub type Answers = BTreeMap<Question, Answer>;

/// One row: it speaks when every question of `all`, and one of `any` if there are any, was answered with yes, and none of
/// `unless` was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Each was answered with yes.
    pub all: Vec<Question>,
    /// One of them was.
    pub any: Vec<Question>,
    /// None of them was.
    pub unless: Vec<Question>,
    /// How soon, at least.
    pub soon: Option<Urgency>,
    /// Emergency medical services, now.
    pub ems: bool,
    /// Who goes beside the crisis team.
    pub goes: Vec<Goes>,
    /// The team waits at a staging point.
    pub staged: bool,
    /// What else is done.
    pub besides: Vec<Besides>,
}

/// The table: which rows there are, and in which order to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriageTable {
    /// Its rows.
    pub rows: Vec<Row>,
    /// The questions, most urgent first.
    pub questions: Vec<Question>,
    /// The questions that must all be "no" for the answer "not medical".
    pub medical: Vec<Question>,
}

/// The four answers, why, and what to ask next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triage {
    /// How soon.
    pub soon: Urgency,
    /// Medical or not.
    pub medical: Medical,
    /// Who goes.
    pub goes: BTreeSet<Goes>,
    /// Staged or not.
    pub staged: bool,
    /// What else is done.
    pub besides: BTreeSet<Besides>,
    /// The answers that decided it.
    pub because: BTreeSet<Question>,
    /// What nobody knows yet, in the order to ask.
    pub ask: Vec<Question>,
}

impl Default for TriageTable {
    /// The table of practice.md.
    fn default() -> Self {
        use Question as Q;
        let row = Row::default;
        let now = Some(Urgency::Emergent);
        let rows = vec![
            Row {
                any: vec![Q::AttemptInProgress, Q::Ingestion, Q::AlteredConsciousness, Q::Breathing],
                soon: now,
                ems: true,
                goes: vec![Goes::Ems],
                ..row()
            },
            Row { all: vec![Q::Injury], soon: now, ems: true, goes: vec![Goes::Ems], ..row() },
            Row { all: vec![Q::ViolenceUnderWay], soon: now, goes: vec![Goes::PoliceFirst], staged: true, ..row() },
            Row { any: vec![Q::WeaponInHand, Q::WeaponThreatened], soon: now, goes: vec![Goes::Joint], staged: true, ..row() },
            Row { all: vec![Q::ThreatToOthers], soon: Some(Urgency::Urgent), staged: true, besides: vec![Besides::LeadDecides], ..row() },
            Row {
                all: vec![Q::SevereIdeation],
                any: vec![Q::Plan, Q::Means],
                unless: vec![Q::ThreatToOthers],
                soon: Some(Urgency::Urgent),
                besides: vec![Besides::CounsellorStays],
                ..row()
            },
            Row { any: vec![Q::WeaponAtHome, Q::WeaponInHand, Q::WeaponThreatened], besides: vec![Besides::TellCrewOfWeapon], ..row() },
            Row { all: vec![Q::ChildAtRisk], besides: vec![Besides::YouthTeam, Besides::ChildReport], ..row() },
        ];
        let medical = vec![Q::AttemptInProgress, Q::Ingestion, Q::AlteredConsciousness, Q::Breathing, Q::Injury];
        Self { rows, questions: Question::ALL.to_vec(), medical }
    }
}

impl Row {
    fn speaks(&self, answers: &Answers) -> bool {
        let yes = |question: &Question| answers.get(question) == Some(&Answer::Yes);
        self.all.iter().all(yes) && (self.any.is_empty() || self.any.iter().any(yes)) && !self.unless.iter().any(yes)
    }
}

impl TriageTable {
    /// Answers the four questions. `given` is the urgency that the sender gave: it is never lowered. Where nobody gave
    /// one, it is routine only if every question was answered with no.
    pub fn answer(&self, answers: &Answers, given: Option<Urgency>) -> Triage {
        let answer = |question: &Question| answers.get(question).copied().unwrap_or(Answer::Unknown);
        let all_no = self.questions.iter().all(|question| answer(question) == Answer::No);
        let base = given.unwrap_or(if all_no { Urgency::Routine } else { Urgency::Urgent });
        let rows: Vec<&Row> = self.rows.iter().filter(|row| row.speaks(answers)).collect();
        let not_medical = self.medical.iter().all(|question| answer(question) == Answer::No);
        let mut goes: BTreeSet<Goes> = rows.iter().flat_map(|row| row.goes.iter().copied()).collect();
        goes.insert(Goes::CrisisTeam);
        if goes.contains(&Goes::PoliceFirst) {
            goes.remove(&Goes::Joint);
        }
        Triage {
            soon: rows.iter().filter_map(|row| row.soon).chain([base]).min().unwrap_or(base),
            medical: match rows.iter().any(|row| row.ems) {
                true => Medical::EmsNow,
                false if not_medical => Medical::NotMedical,
                false => Medical::NotKnown,
            },
            goes,
            staged: rows.iter().any(|row| row.staged),
            besides: rows.iter().flat_map(|row| row.besides.iter().copied()).collect(),
            because: rows.iter().flat_map(|row| row.all.iter().chain(&row.any)).copied().filter(|q| answer(q) == Answer::Yes).collect(),
            ask: self.questions.iter().copied().filter(|question| answer(question) == Answer::Unknown).collect(),
        }
    }

    /// The table as JSON, for an agency to change.
    pub fn to_value(&self) -> Value {
        json!({
            "rows": self.rows.iter().map(row_to_value).collect::<Vec<_>>(),
            "questions": texts(&self.questions),
            "medical": texts(&self.medical),
        })
    }

    /// Reads an agency's table. One that breaks a rule is refused whole, and the last good one stays in use.
    ///
    /// # Errors
    /// [`DoorError::Table`] naming the row; [`DoorError::Missing`] for a list that is none or a word that is no code.
    pub fn from_value(value: &Value) -> Result<Self, DoorError> {
        let rows = value.get("rows").and_then(Value::as_array).ok_or_else(|| missing("/rows"))?;
        let rows: Vec<Row> = rows.iter().enumerate().map(|(i, row)| row_from_value(i, row)).collect::<Result<_, _>>()?;
        let questions: Vec<Question> = codes(value, "questions", "")?;
        let asked = |row: &Row| row.all.iter().chain(&row.any).chain(&row.unless).all(|question| questions.contains(question));
        if let Some(row) = rows.iter().position(|row| !asked(row)) {
            return Err(DoorError::Table { row, rule: "it waits for an answer that nobody asks for" });
        }
        Ok(Self { rows, medical: codes(value, "medical", "")?, questions })
    }
}

fn row_to_value(row: &Row) -> Value {
    let mut map = Map::new();
    map.insert("all".into(), texts(&row.all));
    map.insert("any".into(), texts(&row.any));
    map.insert("unless".into(), texts(&row.unless));
    row.soon.iter().for_each(|soon| drop(map.insert("soon".into(), json!(soon.code()))));
    map.insert("ems".into(), json!(row.ems));
    map.insert("goes".into(), texts(&row.goes));
    map.insert("staged".into(), json!(row.staged));
    map.insert("besides".into(), texts(&row.besides));
    Value::Object(map)
}

fn row_from_value(number: usize, value: &Value) -> Result<Row, DoorError> {
    let at = format!("/rows/{number}");
    let flag = |key: &str| match value.get(key) {
        None => Ok(false),
        Some(flag) => flag.as_bool().ok_or_else(|| missing(&format!("{at}/{key}"))),
    };
    let soon = match value.get("soon") {
        None => None,
        Some(soon) => Some(soon.as_str().and_then(Urgency::from_code).ok_or_else(|| missing(&format!("{at}/soon")))?),
    };
    let row = Row {
        all: codes(value, "all", &at)?,
        any: codes(value, "any", &at)?,
        unless: codes(value, "unless", &at)?,
        soon,
        ems: flag("ems")?,
        goes: codes(value, "goes", &at)?,
        staged: flag("staged")?,
        besides: codes(value, "besides", &at)?,
    };
    if row.all.is_empty() && row.any.is_empty() {
        return Err(DoorError::Table { row: number, rule: "a row speaks only on a yes: unknown alone adds nobody" });
    }
    Ok(row)
}

fn texts<C: Code>(codes: &[C]) -> Value {
    codes.iter().map(|code| Value::from(code.code())).collect()
}

fn codes<C: Code>(of: &Value, key: &str, at: &str) -> Result<Vec<C>, DoorError> {
    let Some(list) = of.get(key) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(|| missing(&format!("{at}/{key}")))?;
    let code = |(i, text): (usize, &Value)| text.as_str().and_then(C::from_code).ok_or_else(|| missing(&format!("{at}/{key}/{i}")));
    list.iter().enumerate().map(code).collect()
}

fn missing(path: &str) -> DoorError {
    DoorError::Missing { path: path.to_owned(), needed: "codes that this release knows" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn triage(answers: &[(Question, Answer)]) -> Triage {
        TriageTable::default().answer(&answers.iter().copied().collect(), None)
    }

    fn yes(questions: &[Question]) -> Triage {
        triage(&questions.iter().map(|q| (*q, Answer::Yes)).collect::<Vec<_>>())
    }

    #[test]
    fn an_attempt_an_ingestion_or_altered_consciousness_is_ems_now() {
        for question in [Question::AttemptInProgress, Question::Ingestion, Question::AlteredConsciousness] {
            let triage = yes(&[question]);
            assert_eq!((triage.soon, triage.medical), (Urgency::Emergent, Medical::EmsNow));
            assert!(triage.goes.contains(&Goes::Ems));
            assert_eq!(triage.because, BTreeSet::from([question]));
        }
    }

    #[test]
    fn severe_ideation_with_a_plan_and_no_threat_is_the_crisis_team_with_the_counsellor_staying_on() {
        let triage = yes(&[Question::SevereIdeation, Question::Plan]);
        assert_eq!(triage.soon, Urgency::Urgent);
        assert_eq!(triage.goes, BTreeSet::from([Goes::CrisisTeam]));
        assert!(triage.besides.contains(&Besides::CounsellorStays) && !triage.staged);
    }

    #[test]
    fn violence_is_police_first_a_weapon_in_hand_is_joint_and_both_are_staged() {
        let violence = yes(&[Question::ViolenceUnderWay, Question::WeaponInHand]);
        assert!(violence.goes.contains(&Goes::PoliceFirst) && !violence.goes.contains(&Goes::Joint) && violence.staged);
        let weapon = yes(&[Question::WeaponThreatened]);
        assert!(weapon.goes.contains(&Goes::Joint) && weapon.staged);
    }

    #[test]
    fn a_weapon_at_home_is_asked_about_and_told_to_the_crew_and_calls_nobody() {
        assert!(triage(&[]).ask.contains(&Question::WeaponAtHome));
        let triage = yes(&[Question::WeaponAtHome]);
        assert_eq!(triage.goes, BTreeSet::from([Goes::CrisisTeam]));
        assert!(triage.besides.contains(&Besides::TellCrewOfWeapon));
    }

    #[test]
    fn an_agency_table_goes_out_and_comes_back_and_a_bad_one_is_refused() {
        let table = TriageTable::default();
        assert_eq!(TriageTable::from_value(&table.to_value()), Ok(table));
        let always = json!({ "rows": [{ "goes": ["police-first"] }], "questions": [], "medical": [] });
        assert!(matches!(TriageTable::from_value(&always), Err(DoorError::Table { row: 0, .. })));
        let unasked = json!({ "rows": [{ "all": ["plan"] }], "questions": [] });
        assert!(matches!(TriageTable::from_value(&unasked), Err(DoorError::Table { row: 0, .. })));
        let unknown = json!({ "rows": [{ "all": ["something new"] }] });
        assert!(matches!(TriageTable::from_value(&unknown), Err(DoorError::Missing { path, .. }) if path == "/rows/0/all/0"));
        assert!(TriageTable::from_value(&json!([])).is_err());
    }

    fn answers() -> impl Strategy<Value = Answers> {
        let each = prop::collection::vec(0..Answer::ALL.len(), Question::ALL.len());
        each.prop_map(|all| Question::ALL.iter().copied().zip(all.into_iter().map(|i| Answer::ALL[i])).collect())
    }

    proptest! {
        #[test]
        fn unknown_never_lowers_urgency(answers in answers(), at in 0..Question::ALL.len(), given in prop::option::of(0..3_usize)) {
            let given = given.map(|i| Urgency::ALL[i]);
            let with = |answer| {
                let mut answers = answers.clone();
                answers.insert(Question::ALL[at], answer);
                TriageTable::default().answer(&answers, given)
            };
            prop_assert!(with(Answer::Unknown).soon <= with(Answer::No).soon);
            prop_assert!(given.is_none_or(|given| with(Answer::Unknown).soon <= given));
        }

        #[test]
        fn unknown_alone_never_adds_law_enforcement(answers in answers()) {
            let table = TriageTable::default();
            let no_yes: Answers = answers.iter().map(|(q, a)| (*q, if *a == Answer::Yes { Answer::Unknown } else { *a })).collect();
            prop_assert_eq!(table.answer(&no_yes, None).goes, BTreeSet::from([Goes::CrisisTeam]));
            let only_no: Answers = answers.iter().map(|(q, a)| (*q, if *a == Answer::Unknown { Answer::No } else { *a })).collect();
            prop_assert_eq!(table.answer(&only_no, None).goes, table.answer(&answers, None).goes);
        }
    }
}
