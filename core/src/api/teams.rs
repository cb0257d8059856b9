//! Who can go: the nearest teams for a scene, by the rules of its jurisdiction, and where this team is.

use super::carers::units;
use super::work::code;
use super::{Anydoor, AnydoorError, JurisdictionRow, NearestScreen, NeedsInput, ReasonRow, Result, SceneInput, TeamRow};
use crate::acts::{self, Ledger};
use crate::base::clock::Instant;
use crate::base::ids::{OrganizationId, TeamId};
use crate::base::{Code, Position};
use crate::fhir;
use crate::incident::Urgency;
use crate::store::Store;
use crate::team::{
    ByRoad, Candidate, Capability, Commitment, Fallback, Jurisdiction, Need, Needs, Question, Ranking, Reason, Team, jurisdiction, nearest,
};
use crate::words::{Locale, say_fallback, say_reason};

/// Where somebody is needed, and how well that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scene {
    /// Where.
    pub position: Position,
    /// Metres; 0 where nobody says.
    pub accuracy_m: f64,
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
        let (teams, here) = self.inner.store(|store| Ok((teams(store)?, jurisdiction_of(store, scene.position)?)))?;
        let needs = &here.as_ref().map_or_else(|| needs.clone(), |here| here.ask(needs.clone()));
        let neighbour = here.as_ref().and_then(|here| here.neighbour.as_ref()).or(neighbour);
        let centre = here.as_ref().and_then(|here| here.centre.as_ref()).unwrap_or(centre);
        let now = self.inner.clock.now();
        let roads = self.inner.roads();
        let closed = roads.as_ref().map(|roads| self.inner.closed(roads)).transpose()?.unwrap_or_default();
        let by_road = roads.as_deref().map(|roads| ByRoad { roads, closed: &closed });
        let Scene { position, accuracy_m } = scene;
        Ok(nearest(&Question { scene: position, accuracy_m, needs, k, now, neighbour, centre, by_road }, &teams))
    }
}

/// The teams on this phone, with what binds them as far as it is known here.
pub(super) fn teams(store: &Store) -> Result<Vec<Team>> {
    let find = |reference: &str| store.referenced(reference).ok().flatten();
    let mut teams: Vec<Team> = store.of_kind("CareTeam")?.iter().filter_map(|doc| fhir::team::read(doc, &find).ok()).collect();
    for row in store.queue(10_000)? {
        let row = row.row;
        if row.state.is_terminal() {
            continue;
        }
        let urgency = Some(row.urgency);
        if let (Some(team), Some(urgency)) =
            (teams.iter_mut().find(|t| Some(t.id.as_str()) == row.team.as_ref().map(|t| t.as_str())), urgency)
        {
            team.commitment =
                Some(team.commitment.map_or(Commitment { urgency, until: None }, |c| Commitment { urgency: c.urgency.min(urgency), ..c }));
        }
    }
    Ok(teams)
}

fn jurisdiction_of(store: &Store, scene: Position) -> Result<Option<Jurisdiction>> {
    let all = fhir::jurisdictions::read_all(&store.of_kind("Library")?);
    Ok(jurisdiction::of_scene(scene, &all).cloned())
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

fn reason_rows(reasons: &[Reason], locale: &str) -> Vec<ReasonRow> {
    let row = |reason| ReasonRow { code: reason_code(reason), words: say_reason(reason, Locale::of(locale), units(locale)) };
    reasons.iter().map(row).collect()
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
fn otherwise(store: &Store, fallback: &Fallback, locale: &str) -> Result<ReasonRow> {
    let (code, kind, id) = match fallback {
        Fallback::LaterTeam { team, .. } => ("later-team", "CareTeam", team.as_str()),
        Fallback::MutualAid { agency } => ("mutual-aid", "Organization", agency.as_str()),
        Fallback::StaysOnPhone { centre } => ("stays-on-phone", "Organization", centre.as_str()),
    };
    let name = store.document(kind, id)?.and_then(|doc| doc.text("/name").map(str::to_owned)).unwrap_or_else(|| id.to_owned());
    let zone = jiff::tz::TimeZone::system();
    let words = say_fallback(fallback, &name, zone.iana_name().unwrap_or("UTC"), Locale::of(locale));
    Ok(ReasonRow { code: format!("{code}:{id}"), words })
}

fn jurisdiction_row(of: &Jurisdiction) -> JurisdictionRow {
    JurisdictionRow {
        area: of.area.clone(),
        name: of.name.clone(),
        tribal: of.tribal,
        two_in_person: of.two_in_person,
        psap: of.psap.as_ref().map(ToString::to_string),
        rules: of.rules.iter().map(|(rule, words)| ReasonRow { code: rule.code().to_owned(), words: words.clone() }).collect(),
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
        let position = Position::new(scene.latitude, scene.longitude).map_err(|_| AnydoorError::Invalid { what: "position".into() })?;
        let all = |texts: &[String]| texts.iter().map(|text| need(text)).collect::<Result<Vec<_>>>();
        let urgency = needs.urgency.map(|text| code::<Urgency>(&text, "urgency")).transpose()?;
        let needs = Needs { must: all(&needs.must)?, prefer: all(&needs.prefer)?, urgency, area: None };
        let scene = Scene { position, accuracy_m: scene.accuracy_m.unwrap_or_default() };
        let ranking = self.rank_teams(scene, &needs, most as usize, None, &self.inner.agency)?;
        let now = self.inner.clock.now();
        self.inner.store(|store| {
            let all = teams(store)?;
            let can = ranking.candidates.iter().map(|one| candidate_row(one, &all, now, locale));
            let cannot = ranking.left_out.iter().map(|one| team_row(&one.team, &all, now, reason_rows(&one.reasons, locale)));
            Ok(NearestScreen {
                teams: can.chain(cannot).collect(),
                otherwise: ranking.fallbacks.iter().map(|one| otherwise(store, one, locale)).collect::<Result<_>>()?,
                jurisdiction: jurisdiction_of(store, position)?.as_ref().map(jurisdiction_row),
                attribution: self.inner.roads().map(|roads| roads.about().attribution.clone()),
            })
        })
    }

    /// Tells the agency where this team is: only on shift, not on a break, and only when it moved 200 m or a minute and
    /// more has passed with a move. Returns whether it was told.
    ///
    /// # Errors
    /// `Invalid` where the position is not on Earth, `NotFound` where this team is not on the phone yet.
    pub fn report_position(&self, latitude: f64, longitude: f64, accuracy_m: f64) -> Result<bool> {
        let position = Position::new(latitude, longitude).map_err(|_| AnydoorError::Invalid { what: "position".into() })?;
        let told = self.inner.store(|store| {
            let team = teams(store)?
                .into_iter()
                .find(|t| t.id == self.inner.team)
                .ok_or_else(|| AnydoorError::NotFound { what: "team".into() })?;
            let before = store.document("Location", fhir::team::position_id(&team.id).as_str())?;
            match acts::position::report(&team, position, accuracy_m, before.as_ref(), &self.inner.actor(store.writer())) {
                Some(plan) => Ok(store.commit(&plan).map(|()| true)?),
                None => Ok(false),
            }
        })?;
        self.inner.tell();
        Ok(told)
    }
}
