//! Taking work: an incident that the team starts itself, or an open offer that it claims.

use super::{ActError, Actor, Plan};
use crate::assignment::{AloneReason, Assignment, ReasonMissing, State, Visit, crew_or_reason};
use crate::base::ids::{AssignmentId, IncidentId, MemberId, PersonId, VisitId};
use crate::fhir::{self, Document};
use crate::incident::{AskedBy, Channel, Door, Incident, Person, Place, Role, Urgency};
use crate::records::{Records, lookup};

/// What a team says when it starts an incident itself, offline or not. No name is demanded.
#[derive(Debug, Clone, PartialEq)]
pub struct OnView {
    /// What it is, in a few words.
    pub headline: String,
    /// How soon.
    pub urgency: Urgency,
    /// Where.
    pub place: Place,
    /// The person, as far as known.
    pub description: Option<String>,
    /// Who goes in person.
    pub crew: Vec<MemberId>,
    /// Why fewer than two go.
    pub alone: Option<AloneReason>,
}

/// What a self-initiated incident became.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The plan.
    pub plan: Plan,
    /// The incident.
    pub incident: IncidentId,
    /// The assignment, the team's own at once.
    pub assignment: AssignmentId,
    /// The person in crisis.
    pub person: PersonId,
}

/// Starts an incident on view: incident, unnamed person, assignment and visit in one commit.
///
/// # Errors
/// [`ReasonMissing`] where fewer than two go and nobody says why.
pub fn on_view(said: OnView, actor: &Actor) -> Result<Started, ReasonMissing> {
    crew_or_reason(&said.crew, said.alone)?;
    let mut person = Person::unnamed(actor.id("person"), Role::InCrisis);
    person.description = said.description;
    let person_id = person.id.clone();
    let incident = Incident {
        id: actor.id("incident"),
        identifiers: Vec::new(),
        door: Door::OnView,
        asked_by: AskedBy::Team,
        channel: Channel::InPerson,
        urgency: said.urgency,
        headline: said.headline,
        first_contact: Some(actor.time()),
        determined: actor.time(),
        place: said.place,
        people: vec![person],
        facts: Vec::new(),
        received: Vec::new(),
    };
    let assignment = Assignment {
        id: actor.id("assignment"),
        incident: incident.id.clone(),
        team: Some(actor.team.clone()),
        made: incident.determined,
        crew: said.crew,
        alone: said.alone,
    };
    let task = fhir::assignment::write(&assignment, State::Offered, &person_id, actor.agency.as_str());
    let visits = visits(&incident, &assignment);
    let plan = actor.plan("respond", assignment.id.as_str()).create_all(fhir::incident::write(&incident)).create(task).create_all(visits);
    Ok(Started { plan, incident: incident.id, assignment: assignment.id, person: person_id })
}

/// One visit for each person in crisis, under ids that every writer derives alike.
pub fn visits(incident: &Incident, assignment: &Assignment) -> Vec<Document> {
    let people: Vec<&PersonId> = incident.people_in_crisis().map(|p| &p.id).collect();
    let subject = fhir::incident::subject(incident);
    let people = if people.is_empty() { vec![&subject] } else { people };
    people
        .into_iter()
        .map(|person| {
            let visit = Visit {
                id: visit_id(&assignment.id, person),
                assignment: assignment.id.clone(),
                incident: incident.id.clone(),
                person: person.clone(),
                began: None,
                closing: None,
            };
            fhir::assignment::write_visit(&visit, &assignment.crew)
        })
        .collect()
}

/// The id of one person's visit within an assignment.
pub fn visit_id(assignment: &AssignmentId, person: &PersonId) -> VisitId {
    VisitId::derived(&format!("{assignment}/{person}"))
}

/// Why an offer cannot be claimed, or a crew cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// A team has it already.
    #[error("a team has it already")]
    Taken,
    /// Fewer than two go and nobody said why.
    #[error(transparent)]
    Reason(#[from] ReasonMissing),
}

/// Who goes, and why fewer than two do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Going {
    /// Who goes in person.
    pub crew: Vec<MemberId>,
    /// Why fewer than two go.
    pub alone: Option<AloneReason>,
}

/// Claims an open offer for the actor's team. Until the second look it is only "asked for".
///
/// # Errors
/// [`ClaimError`]; [`ActError::NewerRelease`] where its status is one that this release does not know.
pub fn claim<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    going: Going,
    actor: &Actor,
) -> Result<Plan, ActError<ClaimError>> {
    let task = changeable(records, assignment)?;
    if fhir::assignment::read(&task)?.team.is_some() {
        return Err(ActError::Refused(ClaimError::Taken));
    }
    Ok(actor.plan("claim", task.id()).claim(with_crew(&task, going, actor)?))
}

/// Says who goes, on an assignment that the team already has.
///
/// # Errors
/// As [`claim`].
pub fn set_crew<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    going: Going,
    actor: &Actor,
) -> Result<Plan, ActError<ClaimError>> {
    let task = changeable(records, assignment)?;
    if fhir::assignment::read(&task)?.team.as_ref() != Some(&actor.team) {
        return Err(ActError::Refused(ClaimError::Taken));
    }
    Ok(actor.plan("man", task.id()).change(with_crew(&task, going, actor)?))
}

/// The Task, where this release may change it: one whose status a later release gave is only shown (P30).
fn changeable<R: Records + ?Sized, E>(records: &R, assignment: &AssignmentId) -> Result<Document, ActError<E>> {
    let task = lookup::task(records, assignment)?;
    let known = fhir::assignment::knows_status(&task) && lookup::stamps(records, assignment.as_str())?.unread.is_empty();
    if known { Ok(task) } else { Err(ActError::NewerRelease) }
}

fn with_crew(task: &Document, Going { crew, alone }: Going, actor: &Actor) -> Result<Document, ActError<ClaimError>> {
    crew_or_reason(&crew, alone).map_err(|missing| ActError::Refused(missing.into()))?;
    let mut assignment = fhir::assignment::read(task)?;
    assignment.team = Some(actor.team.clone());
    assignment.crew = crew;
    assignment.alone = alone;
    let mut changed = task.clone();
    fhir::assignment::write_crew(&assignment, &mut changed);
    Ok(changed)
}
