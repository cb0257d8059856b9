//! Taking what comes in through a door: a new incident, or more of one that is there.
//!
//! Rule: what is there is never written over. A document of the arrival that is not there is created; one that never
//! changes (document as received, fact) is left; request, people and place are joined three ways with what the sender's
//! document before this one would have written (`onto`), and where both sides changed the same thing, what is there
//! stands and [`Intake::kept`] names it. The Task and a visit that is there are the team's and are not touched.
//!
//! Each document as received is kept and linked from the request, and that link is written last: a delivery that ended
//! half-way is taken up where it stopped when the sender says it again. Neighbours: `door` reads, the gateway delivers.

mod before;
mod facts;
mod onto;

use std::collections::BTreeMap;

use self::before::Before;
use super::{ActError, Never, Plan};
use crate::assignment::{Assignment, State};
use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, MemberId, OrganizationId, PersonId, TeamId};
use crate::door::Arrival;
use crate::fhir::{self, Document};
use crate::incident::{Incident, Person, Role};
use crate::planning::offer::OpenOffer;
use crate::records::{AgencyKind, Records, RecordsError};

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

/// What a document says beside those that the sender sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The first word of this incident.
    First,
    /// More of an incident that is there.
    Update,
    /// These very bytes were taken before. What a delivery that ended half-way left out is created; nothing is changed.
    Repeated,
    /// The same sender's later document was taken before. Nothing is written.
    Stale,
}

/// Why something that the sender says was not written where it belongs. It is in the document as received all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyKept {
    /// Somebody else changed the same element.
    ChangedThere,
    /// A document that arrives raises an urgency and never lowers it (practice.md, Triage).
    NeverLowered,
    /// A fact or a person under an id of ours is there and says something else: any sender could claim such an id.
    NotTheirs,
}

/// One element that stands as it was there, against what the sender says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// `Type/id`.
    pub document: String,
    /// The element.
    pub element: String,
    /// Why.
    pub why: WhyKept,
}

/// What an arrival became.
#[derive(Debug, Clone)]
pub struct Intake {
    /// The plan; without writes where everything is there already.
    pub plan: Plan,
    /// Whether it is new.
    pub news: News,
    /// The incident as the document tells it, with the document among its sources.
    pub incident: Incident,
    /// The assignment: an offer, or a team's own.
    pub assignment: AssignmentId,
    /// What stands there against the sender's word.
    pub kept: Vec<Kept>,
    /// What arrived.
    pub arrival: Arrival,
}

/// Plans the records of an arrival, whichever door it came through. `team` is the one chosen for a new incident; `None` makes
/// an open offer.
///
/// # Errors
/// [`ActError::Lookup`] where the records cannot say whether something is there.
pub fn receive<R>(records: &R, arrival: Arrival, team: Option<&TeamId>, to: &Receiver) -> Result<Intake, ActError<Never>>
where
    R: Records + ?Sized,
{
    let mut incident = arrival.incident.clone();
    if !incident.received.contains(&arrival.received.id) {
        incident.received.push(arrival.received.id.clone());
    }
    let id = AssignmentId::derived(&format!("{}/{}", to.agency, incident.id));
    let task = format!("Task/{id}");
    let mut there = There::default();
    // Everything is asked for at once, so that a gateway fetches it in one go.
    let named = fhir::incident::write(&incident).iter().map(Document::reference).collect::<Vec<_>>();
    there.look(records, named.into_iter().chain([task.clone(), received_reference(&arrival)]))?;
    let request = there.get(&format!("ServiceRequest/{}", incident.id)).cloned();
    let before = before::before(records, &arrival, request.as_ref())?;
    let mut taken = Intake {
        plan: Plan::new("receive", &to.member, to.now, id.as_str()),
        news: before.news,
        incident,
        assignment: id,
        kept: Vec::new(),
        arrival,
    };
    if before.news == News::Stale {
        return Ok(taken);
    }
    let mut ours = taken.incident.clone();
    if let Some(request) = &request {
        among_its_people(&mut ours, &taken.arrival, request);
    }
    let assignment = match there.get(&task).map(fhir::assignment::read) {
        Some(Ok(assignment)) => assignment,
        _ => Assignment {
            id: taken.assignment.clone(),
            incident: ours.id.clone(),
            team: team.cloned(),
            made: to.now,
            crew: Vec::new(),
            alone: None,
        },
    };
    let visits = super::respond::visits(&ours, &assignment);
    let (facts, kept) = facts::to_tell(records, &mut there, &taken.arrival, &ours, before.incident.as_ref())?;
    there.look(records, visits.iter().chain(&fhir::incident::write(&ours)).map(Document::reference).collect::<Vec<_>>())?;
    taken.kept = kept;
    ours.facts = facts;
    let mut offer = fhir::assignment::write(&assignment, State::Offered, &fhir::incident::subject(&ours), to.agency.as_str());
    if assignment.team.is_none() && there.get(&task).is_none() {
        // Said once, when it is made: the cell is never redrawn.
        let population = fhir::population::read(&records.of_kind(AgencyKind::Library)?);
        fhir::assignment::write_offer(&OpenOffer::of(&ours, &taken.arrival.offer.needs, population.as_ref()), &mut offer);
    }
    let mut documents = vec![received(&taken.arrival, &ours, to)];
    documents.extend(fhir::incident::write(&ours));
    documents.push(offer);
    documents.extend(visits);
    write(&mut taken, documents, &there, &before);
    Ok(taken)
}

/// Creates what is not there and changes what is, the request last.
fn write(taken: &mut Intake, documents: Vec<Document>, there: &There, before: &Before) {
    let told: Vec<&PersonId> = taken.arrival.incident.people.iter().map(|person| &person.id).collect();
    let base: BTreeMap<String, Document> =
        before.incident.iter().flat_map(fhir::incident::write).map(|document| (document.reference(), document)).collect();
    let request = there.get(&format!("ServiceRequest/{}", taken.incident.id));
    let listed = request.map(fhir::incident::listed_people).unwrap_or_default();
    let listed: Vec<&str> = listed.iter().filter_map(|(reference, _)| reference.split_once('/')).map(|(_, id)| id).collect();
    let mut plan = taken.plan.clone();
    let mut changes = Vec::new();
    for document in documents {
        let reference = document.reference();
        let is_person = matches!(document.kind(), "Patient" | "RelatedPerson");
        let Some(theirs) = there.get(&reference) else {
            plan = plan.create(document);
            continue;
        };
        let told = is_person && told.iter().any(|id| id.as_str() == document.id());
        if before.news == News::Repeated || !told && !matches!(document.kind(), "ServiceRequest" | "Location") {
            continue;
        }
        if is_person && !listed.contains(&document.id()) {
            // A person of ours whom this incident does not list: any sender could claim such an id.
            let element = document.first_difference(theirs).map(|path| path.trim_start_matches('/').to_owned());
            taken.kept.extend(element.map(|element| Kept { document: reference, element, why: WhyKept::NotTheirs }));
            continue;
        }
        let joined = onto::onto(base.get(&reference), &document, theirs);
        taken.kept.extend(joined.kept);
        if !joined.document.same_meaning(theirs) {
            changes.push(joined.document);
        }
    }
    // The link to the document as received goes last: only then has all of it been taken.
    changes.sort_by_key(|document| document.kind() == "ServiceRequest");
    taken.plan = changes.into_iter().fold(plan, Plan::change);
}

/// Puts the arrival's people among those whom the request lists: the first person in crisis stays the first, who is in
/// crisis stays so, and a stand-in adds nobody to an incident that has its people.
fn among_its_people(incident: &mut Incident, arrival: &Arrival, request: &Document) {
    let listed = fhir::incident::listed_people(request);
    let in_crisis: Vec<PersonId> =
        listed.iter().filter_map(|(reference, _)| PersonId::parse(fhir::document::id_of(reference, "Patient")?).ok()).collect();
    if in_crisis.iter().any(|id| Some(id) != arrival.stand_in.as_ref()) {
        incident.people.retain(|person| Some(&person.id) != arrival.stand_in.as_ref() || in_crisis.contains(&person.id));
    }
    for person in incident.people.iter_mut().filter(|person| in_crisis.contains(&person.id)) {
        if !person.roles.contains(&Role::InCrisis) {
            person.roles.insert(0, Role::InCrisis);
        }
    }
    let subject = request.target("/subject").and_then(|r| PersonId::parse(fhir::document::id_of(r, "Patient")?).ok());
    if let Some(subject) = subject {
        let first = match incident.people.iter().position(|person| person.id == subject) {
            Some(at) => incident.people.remove(at),
            None => Person::unnamed(subject, Role::InCrisis),
        };
        incident.people.insert(0, first);
    }
}

/// What is there of the documents that were looked for.
#[derive(Debug, Default)]
struct There(BTreeMap<String, Option<Document>>);

impl There {
    /// Looks for all of these, and only then says what could not be read.
    fn look<R: Records + ?Sized>(&mut self, records: &R, all: impl IntoIterator<Item = String>) -> Result<(), RecordsError> {
        let mut failed = None;
        for reference in all {
            if self.0.contains_key(&reference) {
                continue;
            }
            match records.referenced(&reference) {
                Ok(found) => drop(self.0.insert(reference, found)),
                Err(error) => drop(failed.get_or_insert(error)),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn get(&self, reference: &str) -> Option<&Document> {
        self.0.get(reference)?.as_ref()
    }
}

fn received_reference(arrival: &Arrival) -> String {
    format!("DocumentReference/{}", arrival.received.id)
}

/// The document as received. It stands before the request that names it, so it names nothing itself.
fn received(arrival: &Arrival, incident: &Incident, to: &Receiver) -> Document {
    fhir::incident::write_received(&arrival.received.id, &incident.id, &arrival.received.media_type, &arrival.received.bytes, to.now)
}

#[cfg(test)]
mod tests;
