//! Reasons: a code with its parameter, and its words in the phone's language and units.

use crate::base::Code;
use crate::incident::Likeness;
use crate::team::{Need, Reason};
use crate::words::{Locale, Spoken, Units, say, say_likeness, say_reason};

/// A reason: its code with a parameter, and its words.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReasonRow {
    /// `code` or `code:parameter`.
    pub code: String,
    /// The words.
    pub words: String,
}

/// What people there measure in: miles in the United States, kilometres elsewhere.
fn units(locale: &str) -> Units {
    if locale.ends_with("-US") { Units::Imperial } else { Units::Metric }
}

/// A code and its word.
pub(super) fn of_code<C: Spoken>(code: C, locale: &str) -> ReasonRow {
    ReasonRow { code: code.code().to_owned(), words: say(code, Locale::of(locale)) }
}

/// Why two incidents may be one.
pub(super) fn of_likeness(likeness: &Likeness, locale: &str) -> ReasonRow {
    let code = match likeness {
        Likeness::SameCallback => "same-callback",
        Likeness::Near { .. } => "near",
        Likeness::SameAddress { .. } => "same-address",
        Likeness::SameName => "same-name",
        Likeness::SameBirthDate => "same-birth-date",
    };
    ReasonRow { code: code.to_owned(), words: say_likeness(likeness, Locale::of(locale), units(locale)) }
}

/// Why a team stands where it stands.
pub(super) fn of_team(reason: &Reason, locale: &str) -> ReasonRow {
    ReasonRow { code: reason_code(reason), words: say_reason(reason, Locale::of(locale), units(locale)) }
}

/// The code of a need: a capability, `language-es`, `full-crew`, `known-` and the team.
fn need_code(need: &Need) -> String {
    match need {
        Need::Can(capability) => capability.code().to_owned(),
        Need::Language(language) => format!("language-{language}"),
        Need::FullCrew => "full-crew".to_owned(),
        Need::Known(team) => format!("known-{team}"),
    }
}

fn reason_code(reason: &Reason) -> String {
    match reason {
        Reason::ByRoad(eta) => format!("by-road-s:{}:{}-{}", eta.s(), eta.least_s, eta.most_s),
        Reason::NoWay => "no-way".into(),
        Reason::OffTheMap => "off-the-map".into(),
        Reason::OffRoad { m } => format!("off-road-m:{m}"),
        Reason::Distance { m } => format!("distance-m:{m}"),
        Reason::PositionUnknown => "position-unknown".into(),
        Reason::PositionAge { s } => format!("position-age-s:{s}"),
        Reason::Meets(n) => format!("meets:{}", need_code(n)),
        Reason::Lacks(n) => format!("lacks:{}", need_code(n)),
        Reason::OffShift => "off-shift".into(),
        Reason::OnBreak => "on-break".into(),
        Reason::Committed => "committed".into(),
        Reason::TakenFromLessUrgent => "taken-from-less-urgent".into(),
        Reason::NoAgreement => "no-agreement".into(),
        Reason::LacksMust(n) => format!("lacks-must:{}", need_code(n)),
    }
}
