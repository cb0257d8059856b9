//! Who can go to a scene, and what there is besides.

use crate::base::Position;
use crate::base::clock::Instant;
use crate::base::ids::OrganizationId;
use crate::fhir;
use crate::records::{AgencyKind, Records, RecordsError};
use crate::team::{ByRoad, Fallback, Jurisdiction, Needs, Question, Ranking, Team, jurisdiction, nearest};

use super::teams::Teams;

/// Where somebody is needed, and how well that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scene {
    /// Where.
    pub position: Position,
    /// Metres; 0 where nobody says.
    pub accuracy_m: f64,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Where.
    pub scene: Scene,
    /// What is needed.
    pub needs: &'a Needs,
    /// How many teams are named at most.
    pub most: usize,
    /// Now.
    pub now: Instant,
    /// The neighbour under mutual aid, where the scene's jurisdiction names none.
    pub neighbour: Option<&'a OrganizationId>,
    /// Who stays on the phone, where the scene's jurisdiction names no 988 centre.
    pub centre: &'a OrganizationId,
    /// The roads, with what is closed.
    pub by_road: Option<ByRoad<'a>>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestView {
    /// Who can go, who cannot and why, and what there is besides.
    pub ranking: Ranking,
    /// The teams that were ranked.
    pub teams: Vec<Team>,
    /// For each row of what there is besides, the name of whom it is.
    pub otherwise: Vec<String>,
    /// The jurisdiction of the scene, where the agency names one.
    pub jurisdiction: Option<Jurisdiction>,
}

/// Ranks the teams for a scene: by road where a pack is given, and by the rules of the scene's jurisdiction.
///
/// # Errors
/// [`RecordsError`].
pub fn nearest_teams<T: Teams + ?Sized>(records: &T, asked: &Asked<'_>) -> Result<NearestView, RecordsError> {
    let (teams, Scene { position, accuracy_m }) = (records.teams()?, asked.scene);
    let all = fhir::jurisdictions::read_all(&records.of_kind(AgencyKind::Library)?);
    let here = jurisdiction::of_scene(position, &all).cloned();
    let needs = here.as_ref().map_or_else(|| asked.needs.clone(), |here| here.ask(asked.needs.clone()));
    let question = Question {
        scene: position,
        accuracy_m,
        needs: &needs,
        k: asked.most,
        now: asked.now,
        neighbour: here.as_ref().and_then(|here| here.neighbour.as_ref()).or(asked.neighbour),
        centre: here.as_ref().and_then(|here| here.centre.as_ref()).unwrap_or(asked.centre),
        by_road: asked.by_road,
    };
    let ranking = nearest(&question, &teams);
    let otherwise = ranking.fallbacks.iter().map(|fallback| name(records, fallback)).collect::<Result<_, _>>()?;
    Ok(NearestView { ranking, teams, otherwise, jurisdiction: here })
}

/// The name of whom a fallback is; the id where it is not known here.
fn name<R: Records + ?Sized>(records: &R, fallback: &Fallback) -> Result<String, RecordsError> {
    let (kind, id) = match fallback {
        Fallback::LaterTeam { team, .. } => ("CareTeam", team.as_str()),
        Fallback::MutualAid { agency } => ("Organization", agency.as_str()),
        Fallback::StaysOnPhone { centre } => ("Organization", centre.as_str()),
    };
    let found = records.document(kind, id)?;
    Ok(found.and_then(|doc| doc.text("/name").map(str::to_owned)).unwrap_or_else(|| id.to_owned()))
}
