//! Words for codes, in English and Spanish: the one catalogue (`core/words/*.ftl`), for shells, gateway and demo.
//!
//! Rule: codes decide, words speak. No decision and no stored row depends on a word. A code that has no word here is
//! shown by its own text (P30); a missing key fails the tests, never the phone.
//! Neighbours: [`crate::base::Code`] is what has a word; `api::words` lends this to the phones.

use std::sync::LazyLock;
use std::time::Duration;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use crate::assignment::Card;
use crate::base::Code;
use crate::base::clock::Instant;
use crate::delivery::Truth;
use crate::incident::Likeness;
use crate::team::{Fallback, Need, Reason};

/// A language of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Locale {
    /// US English.
    English,
    /// US Spanish.
    Spanish,
}

impl Locale {
    /// The language for a BCP 47 tag: Spanish for `es` and `es-*`, English for anything else.
    pub fn of(tag: &str) -> Self {
        if primary(tag) == "es" { Self::Spanish } else { Self::English }
    }
}

/// How distances are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Units {
    /// Metres and kilometres.
    Metric,
    /// Feet and miles.
    Imperial,
}

/// A set of codes that has words.
pub trait Spoken: Code {
    /// The set's name in the catalogue: a message's id is `<set>-<code>`.
    const SET: &'static str;
}

macro_rules! spoken {
    ($($set:literal $code:path,)+) => {
        $(impl Spoken for $code { const SET: &'static str = $set; })+

        /// Every set: its name, the type's name, and its codes.
        #[cfg(test)]
        fn sets() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
            vec![$(($set, stringify!($code), <$code as Code>::ALL.iter().map(|c| c.code()).collect()),)+]
        }
    };
}

spoken! {
    "about-whom" crate::sharing::AboutWhom,
    "act" crate::delivery::Act,
    "alone-reason" crate::assignment::AloneReason,
    "answer" crate::door::triage::Answer,
    "approach-need" crate::incident::ApproachNeed,
    "asked-by" crate::incident::AskedBy,
    "attachment-kind" crate::note::AttachmentKind,
    "attempted" crate::handoff::follow_up::Attempted,
    "basis-kind" crate::sharing::BasisKind,
    "besides" crate::door::triage::Besides,
    "by" crate::handoff::follow_up::By,
    "capability" crate::team::Capability,
    "capture" crate::assignment::Capture,
    "channel" crate::incident::Channel,
    "crew-role" crate::team::CrewRole,
    "danger" crate::planning::offer::Danger,
    "decided-by" crate::sharing::DecidedBy,
    "demand" crate::sharing::Demand,
    "door" crate::incident::Door,
    "escalation-state" crate::safety::EscalationState,
    "fact-kind" crate::incident::FactKind,
    "field" crate::sharing::Field,
    "given-by" crate::sharing::GivenBy,
    "goes" crate::door::triage::Goes,
    "ground" crate::sharing::Ground,
    "handoff-state" crate::handoff::HandoffState,
    "how-closed" crate::assignment::HowClosed,
    "how-known" crate::incident::HowKnown,
    "in-error-reason" crate::note::InErrorReason,
    "information" crate::sharing::Information,
    "intent-state" crate::delivery::IntentState,
    "join-reason" crate::incident::JoinReason,
    "label" crate::incident::Label,
    "legal" crate::assignment::Legal,
    "local-rule" crate::team::jurisdiction::LocalRule,
    "measure" crate::team::Measure,
    "medical" crate::door::triage::Medical,
    "merge-direction" crate::incident::MergeDirection,
    "need" crate::safety::Need,
    "next-step" crate::assignment::NextStep,
    "no-contact" crate::assignment::NoContact,
    "not-a-lead" crate::acts::lead::NotALead,
    "not-sent" crate::safety::NotSent,
    "not-visited" crate::planning::rounds::NotVisited,
    "origin" crate::sharing::Origin,
    "park-reason" crate::delivery::ParkReason,
    "purpose" crate::sharing::Purpose,
    "question" crate::door::triage::Question,
    "receiving" crate::sharing::Receiving,
    "relation" crate::incident::Relation,
    "role" crate::incident::Role,
    "scope" crate::sharing::Scope,
    "search-remark" crate::delivery::SearchRemark,
    "severity" crate::door::Severity,
    "stamp-kind" crate::assignment::StampKind,
    "state" crate::assignment::State,
    "step-down-state" crate::safety::StepDownState,
    "stopped" crate::handoff::Stopped,
    "travel" crate::assignment::Travel,
    "unit-status" crate::door::eido::UnitStatus,
    "urgency" crate::incident::Urgency,
    "voice-call" crate::safety::VoiceCall,
    "whereabouts" crate::assignment::Whereabouts,
    "wipe-reason" crate::delivery::WipeReason,
    "withheld-reason" crate::sharing::WithheldReason,
    "work-trouble" crate::delivery::WorkTrouble,
}

/// The word for a code.
pub fn say<C: Spoken>(code: C, locale: Locale) -> String {
    say_text(C::SET, code.code(), locale).unwrap_or_else(|| code.code().to_owned())
}

/// The word for a code that came as text: `say_text("state", "en-route", …)`. `None` for one that this release does not
/// know; it is then shown by its text.
pub fn say_text(set: &str, code: &str, locale: Locale) -> Option<String> {
    find(locale, &format!("{set}-{code}"), None)
}

/// Where an item is: the four words of truth, and "asked for". Why it needs a person is said by its own code.
pub fn say_truth(truth: Truth, locale: Locale) -> String {
    let id = match truth {
        Truth::OnThisPhone => "truth-on-this-phone",
        Truth::Sending => "truth-sending",
        Truth::AtTheAgency => "truth-at-the-agency",
        Truth::AskedFor => "truth-asked-for",
        Truth::NeedsYou(_) => "truth-needs-you",
    };
    phrase(locale, id, [])
}

/// Why a team stands where it stands, or why it was left out.
pub fn say_reason(reason: &Reason, locale: Locale, units: Units) -> String {
    let with_need = |id, need| phrase(locale, id, [("need", team_need(need, locale))]);
    match reason {
        Reason::ByRoad(eta) => {
            let (time, least, most) = (minutes(eta.s(), locale), duration(eta.least_s, locale), minutes(eta.most_s, locale));
            if time == most {
                phrase(locale, "reason-by-road", [("time", time)])
            } else {
                phrase(locale, "reason-by-road-between", [("time", time), ("least", least), ("most", most)])
            }
        }
        Reason::NoWay => phrase(locale, "reason-no-way", []),
        Reason::OffTheMap => phrase(locale, "reason-off-the-map", []),
        Reason::OffRoad { m } => phrase(locale, "reason-off-road", [("distance", distance(*m as f64, locale, units))]),
        Reason::Distance { m } => phrase(locale, "reason-distance", [("distance", distance(*m as f64, locale, units))]),
        Reason::PositionUnknown => phrase(locale, "reason-position-unknown", []),
        Reason::PositionAge { s } => phrase(locale, "reason-position-age", [("age", duration(*s, locale))]),
        Reason::Meets(need) => with_need("reason-meets", need),
        Reason::Lacks(Need::Language(tag)) => phrase(locale, "reason-lacks-language", [("language", language(tag, locale))]),
        Reason::Lacks(need) => with_need("reason-lacks", need),
        Reason::OffShift => phrase(locale, "reason-off-shift", []),
        Reason::OnBreak => phrase(locale, "reason-on-break", []),
        Reason::Committed => phrase(locale, "reason-committed", []),
        Reason::TakenFromLessUrgent => phrase(locale, "reason-taken-from-less-urgent", []),
        Reason::NoAgreement => phrase(locale, "reason-no-agreement", []),
        Reason::LacksMust(need) => with_need("reason-lacks-must", need),
    }
}

/// What there is when no team is near. `name` is the shown name of the team, agency or centre in it; `zone` is the IANA
/// zone of the place.
pub fn say_fallback(fallback: &Fallback, name: &str, zone: &str, locale: Locale) -> String {
    let name = ("name", name.to_owned());
    match fallback {
        Fallback::LaterTeam { at, arrives: Some(arrives), .. } => {
            let (time, arrives) = (("time", say_time(*at, zone, locale)), ("arrives", say_time(*arrives, zone, locale)));
            phrase(locale, "fallback-later-team-arrives", [name, time, arrives])
        }
        Fallback::LaterTeam { at, .. } => phrase(locale, "fallback-later-team", [name, ("time", say_time(*at, zone, locale))]),
        Fallback::MutualAid { .. } => phrase(locale, "fallback-mutual-aid", [name]),
        Fallback::StaysOnPhone { .. } => phrase(locale, "fallback-stays-on-phone", [name]),
    }
}

/// What a person must decide where two phones of a crew differ.
pub fn say_card(card: &Card, locale: Locale) -> String {
    let id = match card {
        Card::CancelledAgainstOnScene(..) => "card-cancelled-against-on-scene",
        Card::ClearAgainstCancelled(..) => "card-clear-against-cancelled",
    };
    phrase(locale, id, [])
}

/// One way in which two incidents are alike.
pub fn say_likeness(likeness: &Likeness, locale: Locale, units: Units) -> String {
    let between = |apart: &Duration| ("apart", duration(apart.as_secs(), locale));
    match likeness {
        Likeness::SameCallback => phrase(locale, "likeness-same-callback", []),
        Likeness::Near { distance_m, apart } => {
            phrase(locale, "likeness-near", [("distance", distance(*distance_m, locale, units)), between(apart)])
        }
        Likeness::SameAddress { apart } => phrase(locale, "likeness-same-address", [between(apart)]),
        Likeness::SameName => phrase(locale, "likeness-same-name", []),
        Likeness::SameBirthDate => phrase(locale, "likeness-same-birth-date", []),
    }
}

/// A time in the zone of its place (IANA), with the zone's abbreviation, which alone tells the two hours of a clock
/// change apart. A zone that this phone does not know is said in UTC.
pub fn say_time(at: Instant, zone: &str, locale: Locale) -> String {
    let zoned = at.in_tz(zone).unwrap_or_else(|_| at.to_zoned(jiff::tz::TimeZone::UTC));
    let abbreviation = zoned.time_zone().to_offset_info(at).abbreviation().to_owned();
    let hour = match zoned.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let half = if zoned.hour() < 12 { "time-am" } else { "time-pm" };
    let parts = [
        ("year", zoned.year().to_string()),
        ("month", phrase(locale, &format!("month-{}", zoned.month()), [])),
        ("day", zoned.day().to_string()),
        ("hour", hour.to_string()),
        ("minute", format!("{:02}", zoned.minute())),
        ("half", phrase(locale, half, [])),
        ("zone", abbreviation),
    ];
    phrase(locale, "time", parts)
}

fn team_need(need: &Need, locale: Locale) -> String {
    match need {
        Need::Can(capability) => say(*capability, locale),
        Need::Language(tag) => phrase(locale, "team-need-language", [("language", language(tag, locale))]),
        Need::FullCrew => phrase(locale, "team-need-full-crew", []),
        Need::Known(_) => phrase(locale, "team-need-known", []),
    }
}

/// A language by its BCP 47 tag; one without a word by the tag itself.
fn language(tag: &str, locale: Locale) -> String {
    say_text("language", &primary(tag), locale).unwrap_or_else(|| tag.to_owned())
}

fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// Metres as people say them: to ten metres or feet when near, then to a tenth, then whole.
fn distance(m: f64, locale: Locale, units: Units) -> String {
    let (small, small_id, large, large_id) = match units {
        Units::Metric => (m, "distance-m", m / 1000.0, "distance-km"),
        Units::Imperial => (m / 0.3048, "distance-ft", m / 1609.344, "distance-mi"),
    };
    let (n, id) = match () {
        () if small < 995.0 => (format!("{:.0}", (small / 10.0).round() * 10.0), small_id),
        () if large < 9.95 => (format!("{large:.1}"), large_id),
        () => (format!("{large:.0}"), large_id),
    };
    phrase(locale, id, [("n", n)])
}

/// Whole minutes, rounded up: nobody is there sooner than is said.
fn minutes(s: u64, locale: Locale) -> String {
    duration(s.div_ceil(60).saturating_mul(60), locale)
}

/// Whole minutes, from two days on whole days.
fn duration(s: u64, locale: Locale) -> String {
    let (hours, minutes) = (s / 3600, s / 60 % 60);
    let hours_said = ("hours", hours.to_string());
    let minutes_said = ("minutes", minutes.to_string());
    match (hours, minutes) {
        (0, 0) => phrase(locale, "duration-moment", []),
        (0, _) => phrase(locale, "duration-minutes", [minutes_said]),
        (48.., _) => {
            let mut args = FluentArgs::new();
            args.set("days", hours / 24);
            find(locale, "duration-days", Some(&args)).unwrap_or_else(|| "duration-days".to_owned())
        }
        (_, 0) => phrase(locale, "duration-hours", [hours_said]),
        _ => phrase(locale, "duration-hours-minutes", [hours_said, minutes_said]),
    }
}

/// A phrase with its parts; its id where the catalogue lacks it.
fn phrase<const N: usize>(locale: Locale, id: &str, parts: [(&'static str, String); N]) -> String {
    let args: FluentArgs<'_> = parts.into_iter().collect();
    find(locale, id, Some(&args)).unwrap_or_else(|| id.to_owned())
}

/// `None` where there is no such message, or a part of it is missing.
fn find(locale: Locale, id: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
    let bundle = match locale {
        Locale::English => &*ENGLISH,
        Locale::Spanish => &*SPANISH,
    };
    let pattern = bundle.get_message(id)?.value()?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
    errors.is_empty().then_some(text)
}

const ENGLISH_TEXT: &str = include_str!("../words/en.ftl");
const SPANISH_TEXT: &str = include_str!("../words/es.ftl");

static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("en-US", ENGLISH_TEXT));
static SPANISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("es-US", SPANISH_TEXT));

fn bundle(tag: &str, text: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![tag.parse().unwrap_or_default()]);
    // Off: the marks around parts are for mixed directions, and these two languages run the same way.
    bundle.set_use_isolating(false);
    // What does not parse is left out here and fails the tests.
    bundle.add_resource_overriding(FluentResource::try_new(text.to_owned()).unwrap_or_else(|(read, _)| read));
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::base::ids::{OrganizationId, StampId, TeamId};
    use crate::team::{Capability, Eta, Uncertain};

    const BOTH: [(Locale, &str); 2] = [(Locale::English, ENGLISH_TEXT), (Locale::Spanish, SPANISH_TEXT)];

    /// The ids that are no code's: phrases, and the words that phrases are made of.
    const PHRASES: &str = "
        truth-on-this-phone truth-sending truth-at-the-agency truth-asked-for truth-needs-you
        reason-by-road reason-by-road-between reason-no-way reason-off-the-map reason-off-road
        reason-distance reason-position-unknown reason-position-age reason-meets reason-lacks reason-lacks-language
        reason-off-shift reason-on-break reason-committed reason-taken-from-less-urgent reason-no-agreement reason-lacks-must
        team-need-language team-need-full-crew team-need-known
        fallback-later-team fallback-later-team-arrives fallback-mutual-aid fallback-stays-on-phone
        card-cancelled-against-on-scene card-clear-against-cancelled
        likeness-same-callback likeness-near likeness-same-address likeness-same-name likeness-same-birth-date
        distance-m distance-km distance-ft distance-mi
        duration-moment duration-minutes duration-hours duration-hours-minutes duration-days time time-am time-pm
        month-1 month-2 month-3 month-4 month-5 month-6 month-7 month-8 month-9 month-10 month-11 month-12
        language-am language-ar language-ase language-en language-es language-fr language-hmn language-ht language-km
        language-ko language-ne language-pl language-pt language-ru language-so language-tl language-uk language-vi language-zh";

    /// The lines of a catalogue as (id, words); a line that goes on has no id.
    fn lines(text: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
        text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| match line.split_once('=') {
            Some((id, words)) if !line.starts_with(' ') => (Some(id.trim()), words),
            _ => (None, line),
        })
    }

    /// The names of every `codes!` set under a folder.
    fn declared(folder: &Path, into: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                declared(&path, into);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for block in text.split("codes! {\n").skip(1) {
                let block = block.split("\n}\n").next().unwrap();
                let heads = block.lines().filter_map(|line| line.strip_prefix("    ")?.strip_suffix(" {"));
                into.extend(heads.filter(|name| name.chars().all(char::is_alphanumeric)).map(str::to_owned));
            }
        }
    }

    fn reasons() -> Vec<Reason> {
        let needs =
            || [Need::Can(Capability::Youth), Need::Language("es".into()), Need::FullCrew, Need::Known(TeamId::parse("t").unwrap())];
        let by_road = |accuracy_m| Reason::ByRoad(Eta::new(600_000, Uncertain { accuracy_m, age_s: 0 }));
        let mut all = vec![
            by_road(0.0),
            by_road(2_000.0),
            Reason::NoWay,
            Reason::OffTheMap,
            Reason::OffRoad { m: 400 },
            Reason::Distance { m: 0 },
            Reason::Distance { m: 3_000 },
            Reason::PositionUnknown,
            Reason::PositionAge { s: 7_500 },
            Reason::OffShift,
            Reason::OnBreak,
            Reason::Committed,
            Reason::TakenFromLessUrgent,
            Reason::NoAgreement,
        ];
        all.extend(needs().map(Reason::Meets));
        all.extend(needs().map(Reason::Lacks));
        all.extend(needs().map(Reason::LacksMust));
        all
    }

    #[test]
    fn both_catalogues_are_read_whole_and_no_id_comes_twice() {
        for (_, text) in BOTH {
            assert!(FluentResource::try_new(text.to_owned()).is_ok());
            let ids: Vec<&str> = lines(text).filter_map(|(id, _)| id).collect();
            let once: BTreeSet<&str> = ids.iter().copied().collect();
            assert_eq!(ids.len(), once.len());
        }
    }

    #[test]
    fn every_code_has_a_word_in_both_languages_and_no_word_is_left_over() {
        let coded = sets().into_iter().flat_map(|(set, _, codes)| codes.into_iter().map(move |code| format!("{set}-{code}")));
        let wanted: BTreeSet<String> = coded.chain(PHRASES.split_whitespace().map(str::to_owned)).collect();
        for (_, text) in BOTH {
            let there: BTreeSet<String> = lines(text).filter_map(|(id, _)| id.map(str::to_owned)).collect();
            assert_eq!(wanted.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "missing");
            assert_eq!(there.difference(&wanted).collect::<Vec<_>>(), Vec::<&String>::new(), "extra");
        }
    }

    #[test]
    fn every_code_is_said_and_not_by_its_id() {
        for (set, _, codes) in sets() {
            for code in codes {
                for (locale, _) in BOTH {
                    let words = say_text(set, code, locale);
                    assert!(words.as_ref().is_some_and(|w| !w.trim().is_empty() && !w.contains(['{', '}'])), "{set}-{code}: {words:?}");
                }
            }
        }
    }

    #[test]
    fn every_set_that_the_core_declares_is_in_the_list_under_its_own_name() {
        let mut there = BTreeSet::new();
        declared(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut there);
        let mut listed = BTreeSet::new();
        for (set, path, _) in sets() {
            let name = path.rsplit("::").next().unwrap().trim();
            let kebab: String = name.chars().flat_map(|c| c.is_uppercase().then_some('-').into_iter().chain(c.to_lowercase())).collect();
            assert_eq!(kebab.trim_start_matches('-'), set);
            listed.insert(name.to_owned());
        }
        assert_eq!(there, listed);
    }

    #[test]
    fn no_word_that_practice_forbids_is_in_either_catalogue() {
        let english = [
            "subject",
            "suspect",
            "edp",
            "commit",
            "failed",
            "successful",
            "refus",
            "non-complian",
            "noncomplian",
            "frequent fl",
            "abuse",
            "addict",
            "patient",
            "no risk",
            "violent person",
        ];
        let spanish = [
            "sujeto",
            "sospechos",
            "cometi",
            "comete",
            "fallid",
            "exitos",
            "consumado",
            "rechaz",
            "rehus",
            "se negó",
            "se niega",
            "negativa",
            "incumpl",
            "no cumple",
            "drogadict",
            "adict",
            "abus",
            "paciente",
            "usuario frecuente",
            "sin riesgo",
        ];
        for ((_, text), forbidden) in BOTH.into_iter().zip([&english[..], &spanish[..]]) {
            for (_, words) in lines(text) {
                let words =
                    words.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect::<String>().to_lowercase();
                let found: Vec<_> = forbidden.iter().filter(|word| words.contains(**word)).collect();
                assert!(found.is_empty(), "{words}: {found:?}");
            }
        }
    }

    #[test]
    fn every_phrase_is_said_in_both_languages_with_all_its_parts() {
        let id = || StampId::parse("s").unwrap();
        let centre = OrganizationId::parse("c").unwrap();
        let at: Instant = "2026-11-23T05:05:00Z".parse().unwrap();
        let (team, apart) = (TeamId::parse("t").unwrap(), Duration::from_secs(61));
        let fallbacks = [
            Fallback::LaterTeam { team: team.clone(), at, arrives: None },
            Fallback::LaterTeam { team, at, arrives: Some(at) },
            Fallback::MutualAid { agency: centre.clone() },
            Fallback::StaysOnPhone { centre },
        ];
        let alike = [
            Likeness::SameCallback,
            Likeness::Near { distance_m: 106.7, apart },
            Likeness::SameAddress { apart },
            Likeness::SameName,
            Likeness::SameBirthDate,
        ];
        let truths =
            [Truth::OnThisPhone, Truth::Sending, Truth::AtTheAgency, Truth::AskedFor, Truth::NeedsYou(crate::delivery::ParkReason::Gone)];
        let ids: Vec<&str> = PHRASES.split_whitespace().collect();
        for (locale, _) in BOTH {
            let mut said: Vec<String> = fallbacks.iter().map(|f| say_fallback(f, "Norte", "America/New_York", locale)).collect();
            for units in [Units::Metric, Units::Imperial] {
                said.extend(reasons().iter().map(|r| say_reason(r, locale, units)));
                said.extend(alike.iter().map(|l| say_likeness(l, locale, units)));
            }
            said.extend([Card::CancelledAgainstOnScene(id(), id()), Card::ClearAgainstCancelled(id(), id())].map(|c| say_card(&c, locale)));
            said.extend(truths.map(|t| say_truth(t, locale)));
            said.extend([0, 60, 3_600, 3_660, 172_800].map(|s| duration(s, locale)));
            for words in said {
                assert!(!words.contains(['{', '}', '\u{2068}']) && !ids.iter().any(|id| id.contains('-') && words.contains(id)), "{words}");
            }
        }
    }

    #[test]
    fn a_code_that_this_release_does_not_know_has_no_word_and_neither_has_half_a_phrase() {
        assert_eq!(say_text("state", "teleported", Locale::English), None);
        assert_eq!(say_text("no such set", "{ $x }", Locale::Spanish), None);
        assert_eq!(say_text("reason", "distance", Locale::English), None);
    }

    #[test]
    fn the_words_of_truth_are_the_agreed_ones() {
        let truths = ["on-this-phone", "sending", "at-the-agency", "needs-you", "asked-for"];
        let said = truths.map(|truth| say_text("truth", truth, Locale::English).unwrap());
        assert_eq!(said, ["On this phone", "Sending", "At the agency", "Needs you", "Asked for"]);
    }

    #[test]
    fn any_spanish_is_spanish_and_all_else_is_english() {
        assert_eq!(["es", "es-MX", "ES_us"].map(Locale::of), [Locale::Spanish; 3]);
        assert_eq!(["en-US", "est", "fr", ""].map(Locale::of), [Locale::English; 4]);
        assert_eq!(say(crate::assignment::State::EnRoute, Locale::of("es-US")), "En camino");
    }

    #[test]
    fn a_distance_is_said_in_the_units_asked_for() {
        let said = |m, units| distance(m, Locale::English, units);
        assert_eq!([0.0, 347.0, 996.0, 12_345.0].map(|m| said(m, Units::Metric)), ["0 m", "350 m", "1.0 km", "12 km"]);
        assert_eq!([106.7, 1609.344, 16_093.44].map(|m| said(m, Units::Imperial)), ["350 ft", "1.0 mi", "10 mi"]);
    }

    #[test]
    fn a_position_says_how_old_it_is_and_a_missing_language_that_an_interpreter_comes_in() {
        let said = |reason: &Reason, locale| say_reason(reason, locale, Units::Imperial);
        assert_eq!(said(&Reason::PositionAge { s: 1_200 }, Locale::English), "Position is 20 min old");
        assert_eq!(said(&Reason::PositionAge { s: 2 * 86_400 + 5 }, Locale::Spanish), "Ubicación de hace 2 días");
        let lacks = Reason::Lacks(Need::Language("vi-VN".into()));
        assert_eq!(said(&lacks, Locale::English), "Nobody speaks Vietnamese; interpreter by phone");
        assert_eq!(said(&Reason::Meets(Need::Language("xx".into())), Locale::English), "Fits: speaks xx");
    }

    #[test]
    fn a_time_is_said_in_its_zone_over_both_clock_changes() {
        let said = |at: &str, locale| say_time(at.parse().unwrap(), "America/New_York", locale);
        assert_eq!(said("2026-03-08T06:59:00Z", Locale::English), "Mar 8, 2026, 1:59 AM EST");
        assert_eq!(said("2026-03-08T07:00:00Z", Locale::English), "Mar 8, 2026, 3:00 AM EDT");
        assert_eq!(said("2026-11-01T05:30:00Z", Locale::English), "Nov 1, 2026, 1:30 AM EDT");
        assert_eq!(said("2026-11-01T06:30:00Z", Locale::English), "Nov 1, 2026, 1:30 AM EST");
        assert_eq!(said("2026-11-23T17:05:00Z", Locale::Spanish), "23 nov 2026, 12:05 p. m. EST");
        assert_eq!(say_time("2026-11-23T00:05:00Z".parse().unwrap(), "Nowhere/Such", Locale::English), "Nov 23, 2026, 12:05 AM UTC");
    }
}
