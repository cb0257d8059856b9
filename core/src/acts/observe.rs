//! What the crew sees or hears on scene now, or is told by the person: one fact.
//!
//! Rule: its kind and whether it is a danger to life now are codes that the crew chooses; words are never searched for them.
//! What a crew sees is its own origin, also where a record says the same (practice.md, Sharing). Neighbours: `sharing`.

use super::{ActError, Actor, Plan};
use crate::base::Code;
use crate::base::ids::{AssignmentId, FactId, PersonId};
use crate::fhir;
use crate::incident::{APPROACH, About, ApproachNeed, Door, Fact, FactKind, Identifier, Label, Source};
use crate::records::{Records, lookup};

/// What is observed or told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Whom it is about; `None`: the incident.
    pub person: Option<PersonId>,
    /// Its kind.
    pub kind: FactKind,
    /// In words.
    pub text: String,
    /// What is needed to approach, where it is that.
    pub need: Option<ApproachNeed>,
    /// Whether it is a danger to life now.
    pub danger_to_life: bool,
    /// From where it came.
    pub from: Label,
}

/// Why it cannot be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ObserveError {
    /// A crew tells what it sees, what it is told, or what stands in a record that it names; the labels of calls are the doors'.
    #[error("not a crew's to say")]
    NotTheirs,
}

/// Records one fact. Returns its id.
///
/// # Errors
/// [`ObserveError`], and others of [`ActError`]; nothing is written.
pub fn observe<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    said: Observed,
    actor: &Actor,
) -> Result<(Plan, FactId), ActError<ObserveError>> {
    if matches!(said.from, Label::Call | Label::Call911 | Label::Said988) {
        return Err(ActError::Refused(ObserveError::NotTheirs));
    }
    let incident = lookup::incident_of(records, assignment)?;
    let about = match &said.person {
        Some(person) => About::Person(lookup::person(&incident, person)?.id.clone()),
        None => About::Incident,
    };
    let need = said.need.map(|need| Identifier { system: APPROACH.into(), value: need.code().into() });
    let fact = Fact {
        id: actor.id("fact"),
        about,
        kind: said.kind,
        text: said.text,
        code: need,
        source: Source { who: actor.member.to_string(), agency: None },
        door: Door::OnView,
        said: actor.time(),
        label: said.from,
        life_saving: said.danger_to_life,
    };
    let document = fhir::incident::write_told(&fact, &incident);
    Ok((actor.plan("observe", assignment.as_str()).create(document), fact.id))
}
