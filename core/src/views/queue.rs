//! The queue: one slim row per assignment.
//!
//! Rule: [`row`] is the only place that says what stands in it. A phone keeps the rows in a table, because a page that is not
//! in the cache costs a decryption; a gateway computes them.

use crate::assignment::State;
use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, BadId, IncidentId, TeamId};
use crate::delivery::Truth;
use crate::fhir::{self, Document};
use crate::incident::{Door, Incident, Person, Urgency};
use crate::records::{Records, RecordsError, lookup, reading};

/// One assignment, as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The assignment.
    pub assignment: AssignmentId,
    /// The incident; `None` where the Task names none that can be read.
    pub incident: Option<IncidentId>,
    /// The team; `None`: an open offer.
    pub team: Option<TeamId>,
    /// Where it stands.
    pub state: State,
    /// How soon.
    pub urgency: Urgency,
    /// When a response was determined to be needed; `None` where nobody says.
    pub determined: Option<Instant>,
    /// What it is.
    pub headline: String,
    /// The person as shown; `None`: nobody named or described.
    pub person: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// The door; `None` where it is not known here.
    pub door: Option<Door>,
    /// How many cards a person must decide.
    pub cards: u32,
    /// Whether this release knows every code in it; where not, it is shown and not changed (P30).
    pub readable: bool,
}

/// A row of a phone's queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueRow {
    /// What it shows.
    pub row: Row,
    /// Where its least safe item is.
    pub truth: Truth,
}

/// The row of one assignment, from its Task, stamps, request, people and place.
///
/// # Errors
/// [`RecordsError`].
pub fn row<R: Records + ?Sized>(records: &R, task: &Document) -> Result<Row, RecordsError> {
    let Ok(read) = fhir::assignment::read(task) else { return unreadable(task) };
    let stamps = lookup::stamps(records, task.id())?;
    let status = stamps.status();
    let known = fhir::assignment::knows_status(task);
    let called_off = fhir::assignment::is_called_off(task) && !status.state.is_terminal();
    let request = records.document("ServiceRequest", read.incident.as_str())?;
    let incident: Option<Incident> = match &request {
        Some(request) => reading(records, |find| fhir::incident::read(request, find, &[]))?.ok(),
        None => None,
    };
    // Called off while the crew is there: a person decides, as with two stamps that cannot both be so.
    let cards = status.cards.len() + usize::from(called_off && status.state >= State::OnScene);
    // Of an open offer every team knows what the offer says, and no more.
    let offer = fhir::assignment::read_offer(task);
    let urgency = incident.as_ref().map(|incident| incident.urgency).or(offer.as_ref().map(|offer| offer.urgency));
    Ok(Row {
        assignment: read.id,
        team: read.team,
        state: if called_off { State::Cancelled } else { status.state },
        urgency: urgency.unwrap_or(Urgency::Urgent),
        determined: Some(incident.as_ref().map_or(read.made, |incident| incident.determined)),
        headline: incident.as_ref().map(|incident| incident.headline.clone()).unwrap_or_default(),
        person: incident.as_ref().and_then(|incident| incident.people_in_crisis().find_map(Person::shown_as)),
        place: incident.as_ref().and_then(|incident| incident.place.address.clone().or_else(|| incident.place.locality.clone())),
        door: incident.as_ref().map(|incident| incident.door).or(offer.map(|offer| offer.door)),
        cards: u32::try_from(cards).unwrap_or(u32::MAX),
        readable: known && stamps.unread.is_empty() && (request.is_none() || incident.is_some()),
        incident: Some(read.incident),
    })
}

/// A Task that our view cannot read is shown all the same, as one that is not to be changed here (P30).
fn unreadable(task: &Document) -> Result<Row, RecordsError> {
    let named = |pointer: &str, kind: &str| task.text(pointer).and_then(|r| fhir::document::id_of(r, kind)).map(str::to_owned);
    let assignment = AssignmentId::parse(task.id()).map_err(|BadId| RecordsError::Unreadable { kind: task.kind().to_owned() })?;
    Ok(Row {
        assignment,
        incident: named("/focus/reference", "ServiceRequest").and_then(|id| IncidentId::parse(&id).ok()),
        team: named("/owner/reference", "CareTeam").and_then(|id| TeamId::parse(&id).ok()),
        state: State::Offered,
        urgency: Urgency::Urgent,
        determined: task.instant("/authoredOn").or_else(|| task.last_updated()),
        headline: task.text("/description").or_else(|| task.text("/code/text")).unwrap_or_default().to_owned(),
        person: None,
        place: None,
        door: None,
        cards: 0,
        readable: false,
    })
}
