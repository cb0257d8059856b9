//! What comes in through a door becomes records: the function that a gateway calls for each EIDO and each order.
//!
//! Ids are derived from the incoming identifiers, so two gateways that get the same document write the same resources.

use super::Plan;
use crate::assignment::{Assignment, State};
use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, MemberId, OrganizationId, TeamId};
use crate::door::{Arrival, DoorError, eido};
use crate::fhir::{self, Document};
use crate::incident::Incident;

/// Who receives.
#[derive(Debug, Clone, PartialEq)]
pub struct Receiver {
    /// The gateway, as the member who acts.
    pub member: MemberId,
    /// The agency.
    pub agency: OrganizationId,
    /// When.
    pub now: Instant,
}

/// What an arrival became.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The plan: place, people, request, facts, the document as received, assignment, visits.
    pub plan: Plan,
    /// The incident, with the document as received among its sources.
    pub incident: Incident,
    /// The assignment: an offer, or the chosen team's own.
    pub assignment: AssignmentId,
    /// What arrived.
    pub arrival: Arrival,
}

impl Taken {
    /// `Type/id` of the facts that came with an id of ours: told by us or by another Anydoor, and come back. Any sender
    /// could claim such an id, so the ledger is asked for these before anything is written.
    pub fn carried(&self) -> Vec<String> {
        self.arrival.carried.iter().map(|fact| format!("Observation/{fact}")).collect()
    }

    /// Leaves out of the plan what the ledger has already: nothing that is there is written over.
    pub fn leave_out(&mut self, known: &[String]) {
        self.plan.writes.retain(|write| !known.contains(&write.document.reference()));
    }
}

/// Reads an EIDO document and plans its records. `team` is the one chosen for it; `None` makes an open offer.
///
/// # Errors
/// [`DoorError`]; nothing is written.
pub fn receive_eido(bytes: &[u8], team: Option<&TeamId>, to: &Receiver) -> Result<Taken, DoorError> {
    Ok(receive(eido::read(bytes)?, team, to))
}

/// Plans the records of an arrival, whichever door it came through.
pub fn receive(arrival: Arrival, team: Option<&TeamId>, to: &Receiver) -> Taken {
    let mut incident = arrival.incident.clone();
    if !incident.received.contains(&arrival.received.id) {
        incident.received.push(arrival.received.id.clone());
    }
    let assignment = Assignment {
        id: AssignmentId::derived(&format!("{}/{}", to.agency, incident.id)),
        incident: incident.id.clone(),
        team: team.cloned(),
        made: to.now,
        crew: Vec::new(),
        alone: None,
    };
    let subject = fhir::incident::subject(&incident);
    let task = fhir::assignment::write(&assignment, State::Offered, &subject, to.agency.as_str());
    let visits = super::respond::visits(&incident, &assignment);
    let plan = Plan::new("receive", &to.member, to.now, assignment.id.as_str())
        .create(received(&arrival, &incident, to))
        .create_all(fhir::incident::write(&incident))
        .create(task)
        .create_all(visits);
    Taken { plan, incident, assignment: assignment.id, arrival }
}

/// The document as received. It stands before the request that names it, so it names nothing itself.
fn received(arrival: &Arrival, incident: &Incident, to: &Receiver) -> Document {
    fhir::incident::write_received(&arrival.received.id, &incident.id, &arrival.received.media_type, &arrival.received.bytes, to.now)
}
