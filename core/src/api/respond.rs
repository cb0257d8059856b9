//! Taking work: an incident that the team starts itself, an offer that it claims, who goes.

use super::input::{code, some_position};
use super::{Anydoor, AnydoorError, Result};
use crate::acts::respond::{self, Going, OnView};
use crate::base::ids::{AssignmentId, MemberId};
use crate::incident::Place;

/// What a team says when it starts an incident itself.
#[derive(Debug, Clone, uniffi::Record)]
pub struct OnViewInput {
    /// What it is, in a few words.
    pub headline: String,
    /// The code of how soon.
    pub urgency: String,
    /// The address in words.
    pub address: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// The person, as far as known.
    pub description: Option<String>,
    /// Who goes in person.
    pub crew: Vec<String>,
    /// The code of why fewer than two go.
    pub alone: Option<String>,
}

/// What a self-initiated incident became.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StartedRow {
    /// The incident.
    pub incident: String,
    /// The assignment.
    pub assignment: String,
    /// The person in crisis.
    pub person: String,
}

fn going(crew: &[String], alone: Option<&String>) -> Result<Going> {
    let crew = crew.iter().map(|id| Ok::<_, AnydoorError>(MemberId::parse(id)?)).collect::<Result<_>>()?;
    Ok(Going { crew, alone: alone.map(|text| code(text, "reason-for-going-alone")).transpose()? })
}

#[uniffi::export]
impl Anydoor {
    /// Starts an incident on view, offline or not. On return incident, assignment and visit are on disk.
    ///
    /// # Errors
    /// `Invalid` where fewer than two go without a reason, or the position is not on Earth.
    pub fn respond_on_view(&self, said: OnViewInput) -> Result<StartedRow> {
        let Going { crew, alone } = going(&said.crew, said.alone.as_ref())?;
        let position = some_position(said.latitude, said.longitude)?;
        let on_view = OnView {
            headline: said.headline,
            urgency: code(&said.urgency, "urgency")?,
            place: Place { address: said.address, position, ..Place::default() },
            description: said.description,
            crew,
            alone,
        };
        let started = self.inner.act(|_, actor| {
            let started = respond::on_view(on_view, actor)?;
            Ok::<_, AnydoorError>((started.plan.clone(), started))
        })?;
        Ok(StartedRow { incident: started.incident.into(), assignment: started.assignment.into(), person: started.person.into() })
    }

    /// Claims an open offer for this team. Until the server showed us as owner twice it is "asked for".
    ///
    /// # Errors
    /// `Changed` where a team has it, `Invalid` where fewer than two go without a reason, `NotAllowed` with `newer-release`
    /// where its status is one that this release does not know.
    pub fn claim(&self, assignment: &str, crew_ids: Vec<String>, alone_reason: Option<String>) -> Result<()> {
        let (id, going) = (AssignmentId::parse(assignment)?, going(&crew_ids, alone_reason.as_ref())?);
        self.inner.plan(|store, actor| respond::claim(store, &id, going, actor))
    }

    /// Says who goes, on an assignment that this team was given.
    ///
    /// # Errors
    /// As [`Anydoor::claim`].
    pub fn set_crew(&self, assignment: &str, crew_ids: Vec<String>, alone_reason: Option<String>) -> Result<()> {
        let (id, going) = (AssignmentId::parse(assignment)?, going(&crew_ids, alone_reason.as_ref())?);
        self.inner.plan(|store, actor| respond::set_crew(store, &id, going, actor))
    }
}
