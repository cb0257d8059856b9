//! Who can go: the nearest teams for a scene, by the rules of its jurisdiction.

use super::input::{code, position};
use super::{Anydoor, ReasonRow, Result, reasons};
use crate::base::clock::Instant;
use crate::base::ids::{OrganizationId, TeamId};
use crate::base::{Code, Position};
use crate::team::{Candidate, Capability, Fallback, Jurisdiction, Need, Needs, Ranking, Reason, Team};
use crate::views::nearest::{Asked, NearestView, nearest_teams};
use crate::words::{Locale, say_fallback};

pub use crate::views::nearest::Scene;

/// Where somebody is needed.
#[derive(Debug, Clone, Copy, PartialEq, uniffi::Record)]
pub struct SceneInput {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How well that is known, in metres.
    pub accuracy_m: Option<f64>,
}

/// What is needed; each need is a capability's code, `language-es`, `full-crew`, or `known-` and a team.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct NeedsInput {
    /// Without these a team is left out.
    pub must: Vec<String>,
    /// These rank a team higher.
    pub prefer: Vec<String>,
    /// The code of how soon: whoever is bound to something as urgent or more is left out.
    pub urgency: Option<String>,
}

/// Who can go to a scene, and what there is besides.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct NearestScreen {
    /// Those that can go, best first, then those left out.
    pub teams: Vec<TeamRow>,
    /// A later team, the neighbour, who stays on the phone; never empty.
    pub otherwise: Vec<ReasonRow>,
    /// The jurisdiction of the scene, where the agency names one.
    pub jurisdiction: Option<JurisdictionRow>,
    /// Whose roads the times are from; shown beside them.
    pub attribution: Option<String>,
}

/// A team, ranked or left out.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TeamRow {
    /// The team.
    pub team: String,
    /// Its name.
    pub name: String,
    /// Where it was, degrees north; `None` where nobody knows, and for whoever is off shift or on a break.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// Whether it can go.
    pub can_go: bool,
    /// Metres as the crow flies.
    pub distance_m: Option<f64>,
    /// Seconds by road at free flow; `None` without a road pack, or where no way is known.
    pub by_road_s: Option<u64>,
    /// At least so many seconds, as well as the places are known.
    pub least_s: Option<u64>,
    /// At most so many.
    pub most_s: Option<u64>,
    /// Why it stands here; never empty.
    pub reasons: Vec<ReasonRow>,
}

/// An area with its own facts.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct JurisdictionRow {
    /// Its code.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Whether it is a tribal nation's.
    pub tribal: bool,
    /// Whether two go in person, without exception.
    pub two_in_person: bool,
    /// Who answers 911 there.
    pub psap: Option<String>,
    /// Its rules: `hold`, `transport`, `minors-consent`, `response`, `emergency-line`, each in the agency's words.
    pub rules: Vec<ReasonRow>,
}

fn need(text: &str) -> Result<Need> {
    if let Some(language) = text.strip_prefix("language-") {
        return Ok(Need::Language(language.to_owned()));
    }
    match text.strip_prefix("known-") {
        Some(team) => Ok(Need::Known(TeamId::parse(team)?)),
        None if text == "full-crew" => Ok(Need::FullCrew),
        None => Ok(Need::Can(code::<Capability>(text, "need")?)),
    }
}

fn reason_rows(reasons: &[Reason], locale: &str) -> Vec<ReasonRow> {
    reasons.iter().map(|reason| reasons::of_team(reason, locale)).collect()
}

/// A team that is left out.
fn team_row(id: &TeamId, all: &[Team], now: Instant, reasons: Vec<ReasonRow>) -> TeamRow {
    let team = all.iter().find(|team| &team.id == id);
    let position = team.and_then(|team| team.shown_at(now));
    TeamRow {
        team: id.to_string(),
        name: team.map_or_else(|| id.to_string(), |team| team.name.clone()),
        latitude: position.map(Position::latitude),
        longitude: position.map(Position::longitude),
        can_go: false,
        distance_m: None,
        by_road_s: None,
        least_s: None,
        most_s: None,
        reasons,
    }
}

fn candidate_row(of: &Candidate, all: &[Team], now: Instant, locale: &str) -> TeamRow {
    TeamRow {
        can_go: true,
        distance_m: of.distance_m,
        by_road_s: of.eta.map(|eta| eta.s()),
        least_s: of.eta.map(|eta| eta.least_s),
        most_s: of.eta.map(|eta| eta.most_s),
        ..team_row(&of.team, all, now, reason_rows(&of.reasons, locale))
    }
}

/// What there is besides, with the name of whom it is. Times are said in the phone's own zone.
fn otherwise(fallback: &Fallback, name: &str, locale: &str) -> ReasonRow {
    let (code, id) = match fallback {
        Fallback::LaterTeam { team, .. } => ("later-team", team.as_str()),
        Fallback::MutualAid { agency } => ("mutual-aid", agency.as_str()),
        Fallback::StaysOnPhone { centre } => ("stays-on-phone", centre.as_str()),
    };
    let zone = jiff::tz::TimeZone::system();
    let words = say_fallback(fallback, name, zone.iana_name().unwrap_or("UTC"), Locale::of(locale));
    ReasonRow { code: format!("{code}:{id}"), words }
}

impl From<Jurisdiction> for JurisdictionRow {
    fn from(of: Jurisdiction) -> Self {
        Self {
            area: of.area,
            name: of.name,
            tribal: of.tribal,
            two_in_person: of.two_in_person,
            psap: of.psap.map(Into::into),
            rules: of.rules.into_iter().map(|(rule, words)| ReasonRow { code: rule.code().to_owned(), words }).collect(),
        }
    }
}

impl Anydoor {
    /// Ranks the teams on this phone for a scene: by road where a pack is open, with what is closed, and by the rules of the
    /// scene's jurisdiction where the agency gives them.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn rank_teams(
        &self,
        scene: Scene,
        needs: &Needs,
        k: usize,
        neighbour: Option<&OrganizationId>,
        centre: &OrganizationId,
    ) -> Result<Ranking> {
        Ok(self.nearest(scene, needs, k, neighbour, centre)?.ranking)
    }

    fn nearest(
        &self,
        scene: Scene,
        needs: &Needs,
        most: usize,
        neighbour: Option<&OrganizationId>,
        centre: &OrganizationId,
    ) -> Result<NearestView> {
        let now = self.inner.clock.now();
        self.inner.over_roads(|store, by_road| Ok(nearest_teams(store, &Asked { scene, needs, most, now, neighbour, centre, by_road })?))
    }
}

#[uniffi::export]
impl Anydoor {
    /// The nearest teams for a scene, by road where a road pack is open, best first, then those left out; each with its
    /// reasons. Then what there is besides, which is never nothing: a later team, the neighbour, who stays on the phone
    /// (the agency itself where no 988 centre is named). Words are in `locale` (BCP 47).
    ///
    /// # Errors
    /// `Invalid` where the position is not on Earth or a need is not known.
    pub fn nearest_teams(&self, scene: SceneInput, needs: NeedsInput, most: u32, locale: &str) -> Result<NearestScreen> {
        let position = position(scene.latitude, scene.longitude)?;
        let all = |texts: &[String]| texts.iter().map(|text| need(text)).collect::<Result<Vec<_>>>();
        let urgency = needs.urgency.map(|text| code(&text, "urgency")).transpose()?;
        let needs = Needs { must: all(&needs.must)?, prefer: all(&needs.prefer)?, urgency, area: None };
        let scene = Scene { position, accuracy_m: scene.accuracy_m.unwrap_or_default() };
        let found = self.nearest(scene, &needs, most as usize, None, &self.inner.agency)?;
        let (now, teams, ranking) = (self.inner.clock.now(), &found.teams, &found.ranking);
        let can = ranking.candidates.iter().map(|one| candidate_row(one, teams, now, locale));
        let cannot = ranking.left_out.iter().map(|one| team_row(&one.team, teams, now, reason_rows(&one.reasons, locale)));
        let besides = ranking.fallbacks.iter().zip(&found.otherwise).map(|(one, name)| otherwise(one, name, locale));
        Ok(NearestScreen {
            teams: can.chain(cannot).collect(),
            otherwise: besides.collect(),
            jurisdiction: found.jurisdiction.map(Into::into),
            attribution: self.inner.roads().map(|roads| roads.about().attribution.clone()),
        })
    }
}
