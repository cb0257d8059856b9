//! What is searched: this team's Tasks and the open offers, what hangs on them, whom and what they name, and what the agency
//! has.
//!
//! Rule: scope comes from Tasks, and everything else from what they name (P26). Neighbours: `run` goes through it by stages.

use std::collections::{BTreeMap, BTreeSet};

use super::search::{Search, Wanted, chunked};
use crate::base::clock::Instant;
use crate::base::ids::{self, TeamId};
use crate::delivery::{Act, Intent, IntentState, ParkReason};
use crate::fhir::document::id_of;
use crate::fhir::element::OURS;
use crate::fhir::escalation::{ESCALATION, GROUP};
use crate::fhir::{Document, assignment, incident};
use crate::store::{Store, StoreError};
use crate::sync::outbox::readable;

/// What hangs on an incident: a type, and the parameter by which it is searched.
const AROUND_INCIDENTS: [(&str, &str); 7] = [
    ("ServiceRequest", "_id"),
    ("Observation", "focus"),
    ("Encounter", "based-on"),
    ("DocumentReference", "related"),
    ("Task", "focus"),
    ("ServiceRequest", "based-on"),
    ("Linkage", "item"),
];
/// What hangs on an assignment.
const AROUND_TASKS: [(&str, &str); 2] = [("Provenance", "target"), ("Task", "part-of")];
/// What hangs on a person.
const AROUND_PEOPLE: [(&str, &str); 2] = [("Flag", "subject"), ("Consent", "patient")];
/// What hangs on a Task that points at an incident.
const AROUND_FOLLOW_UPS: [(&str, &str); 1] = [("Communication", "part-of")];
/// What an incident names, read by `_id`.
const NAMED: [&str; 4] = ["Patient", "RelatedPerson", "Location", "DocumentReference"];

/// The types that an agency has and that do not come from Tasks; its places beside them.
const OF_AGENCIES: [&str; 7] =
    ["Library", "Questionnaire", "HealthcareService", "Practitioner", "PractitionerRole", "CareTeam", "Organization"];

/// Every search that a sync makes: its name in a report, and the path of its first page, for a team, an incident, an assignment
/// and a person that are nowhere. A server that answers all of them with nothing, or with what it has of the agency, lets a phone
/// see its work.
pub fn every_search(agency_id: &str) -> Vec<(String, String)> {
    let nobody = TeamId::fresh();
    let of = |kind: &str| BTreeSet::from([format!("{kind}/{}", ids::fresh()), format!("{kind}/{}", ids::fresh())]);
    let hanging = |pairs: &[(&'static str, &'static str)], on: &str| -> Vec<Search> {
        // By `_id` a type is asked for its own ids.
        pairs.iter().map(|(kind, by)| Search::by(kind, by, of(if *by == "_id" { kind } else { on }))).collect()
    };
    let mut all = tasks(&nobody);
    all.extend(hanging(&AROUND_INCIDENTS, "ServiceRequest"));
    all.extend(hanging(&AROUND_TASKS, "Task"));
    all.push(escalations(&nobody, &of("Task")));
    all.extend(hanging(&AROUND_PEOPLE, "Patient"));
    all.extend(hanging(&AROUND_FOLLOW_UPS, "Task"));
    all.extend(NAMED.iter().map(|kind| Search::by(kind, "_id", of(kind))));
    all.extend(agency(agency_id));
    let since = Instant::UNIX_EPOCH;
    all.into_iter().map(|search| (search.called.clone(), search.path_since(Some(since), 2))).collect()
}

/// The Tasks of this team, and the open offers.
pub(super) fn tasks(team: &TeamId) -> Vec<Search> {
    let owner = Search { is_the_teams_work: true, ..Search::by("Task", "owner", BTreeSet::from([format!("CareTeam/{team}")])) };
    let offers = Search {
        called: "open offers".into(),
        is_the_teams_work: true,
        kind: "Task",
        query: format!("business-status={OURS}state%7C{}", assignment::OPEN_OFFER),
        wanted: Wanted::OpenOffers,
        marks: vec!["Task?open-offer".into()],
        census: false,
    };
    vec![offers, owner]
}

/// This team's calls for help: no server must know their assignments when they are made, so they name them by identifier alone, by
/// which few servers search. Each of the assignments keeps a watermark of its own.
fn escalations(team: &TeamId, assignments: &BTreeSet<String>) -> Search {
    Search {
        called: "escalations of the team".into(),
        is_the_teams_work: false,
        kind: "Task",
        query: format!("code={OURS}task%7C{ESCALATION}&group-identifier={OURS}{GROUP}%7C{team}"),
        wanted: Wanted::EscalationsOf(team.clone(), assignments.clone()),
        marks: assignments.iter().map(|assignment| format!("Task?escalation={assignment}")).collect(),
        census: false,
    }
}

/// The same, whole: what is here and not among them has left scope.
pub(super) fn census(team: &TeamId) -> Vec<Search> {
    tasks(team).into_iter().map(|search| Search { census: true, ..search }).collect()
}

/// The Tasks whose surroundings are read: open ones, and whatever just came. An open offer names nobody, and nothing that hangs
/// on it is asked for: also where this team asked for it, until a read by its id has shown the team as its owner.
fn read_around(store: &Store, touched: &BTreeSet<String>) -> Result<Vec<Document>, StoreError> {
    let open: BTreeSet<String> = store.open_assignments()?.into_iter().map(|id| format!("Task/{id}")).collect();
    let asked = asked_for(store)?;
    let mut tasks = Vec::new();
    for reference in open.union(touched) {
        if let Some(task) = readable(store.referenced(reference))?
            && assignment::is_assignment(&task)
            && !assignment::is_open_offer(&task)
            && !asked.contains(reference)
        {
            tasks.push(task);
        }
    }
    Ok(tasks)
}

/// The Tasks that this team has asked for, and of which no read by the id has shown it as the owner yet.
fn asked_for(store: &Store) -> Result<BTreeSet<String>, StoreError> {
    let unseen = |intent: &Intent| intent.act == Act::Claim && intent.state != IntentState::Asked;
    Ok(store.unsent()?.into_iter().filter(unseen).map(|intent| intent.reference()).collect())
}

/// What hangs on Tasks that this team asked for and that another team has: it was read while the claim seemed to hold.
///
/// # Errors
/// [`StoreError`].
pub(super) fn around_lost(store: &Store) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    for lost in store.parked()?.iter().filter(|parked| parked.reason == ParkReason::TakenByOther && parked.intent.act == Act::Claim) {
        if let Some(task) = readable(store.referenced(&lost.intent.reference()))? {
            all.extend(store.all_of(&task)?.into_iter().filter(|reference| *reference != task.reference()));
        }
    }
    Ok(all)
}

/// What hangs on open offers and is here all the same: a release before offers that name nobody has read it.
///
/// # Errors
/// [`StoreError`].
pub(super) fn around_offers(store: &Store) -> Result<Vec<String>, StoreError> {
    let (asked, mut all) = (asked_for(store)?, Vec::new());
    for task in store.of_kind("Task")? {
        if assignment::is_assignment(&task) && (assignment::is_open_offer(&task) || asked.contains(&task.reference())) {
            all.extend(store.all_of(&task)?.into_iter().filter(|reference| *reference != task.reference()));
        }
    }
    Ok(all)
}

/// What hangs on the Tasks and on the incidents that they are about.
///
/// # Errors
/// [`StoreError`].
pub(super) fn surroundings(store: &Store, team: &TeamId, touched: &BTreeSet<String>) -> Result<Vec<Search>, StoreError> {
    let tasks = read_around(store, touched)?;
    let requests: BTreeSet<String> = tasks.iter().filter_map(|t| t.target("/focus")).map(str::to_owned).collect();
    let all: BTreeSet<String> = tasks.iter().map(Document::reference).collect();
    let mut searches = Vec::new();
    for (kind, by) in AROUND_INCIDENTS {
        searches.extend(chunked(store, kind, by, &requests)?);
    }
    for (kind, by) in AROUND_TASKS {
        searches.extend(chunked(store, kind, by, &all)?);
    }
    if !all.is_empty() {
        searches.push(escalations(team, &all));
    }
    Ok(searches)
}

/// The people, places and documents that the incidents name.
///
/// # Errors
/// [`StoreError`].
pub(super) fn named(store: &Store, touched: &BTreeSet<String>) -> Result<Vec<Search>, StoreError> {
    let mut by_kind: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let mut attempts = BTreeSet::new();
    for task in read_around(store, touched)? {
        let Some(request) = task.target("/focus").map(|r| readable(store.referenced(r))).transpose()?.flatten() else { continue };
        let listed = incident::listed_people(&request).into_iter().map(|(reference, _)| reference);
        for reference in request.references().into_iter().map(|(_, reference)| reference).chain(listed) {
            if let Some(kind) = NAMED.into_iter().find(|kind| id_of(&reference, kind).is_some()) {
                by_kind.entry(kind).or_default().insert(reference);
            }
        }
        for other in store.pointing_at("Task", "focus", &request.reference())? {
            attempts.insert(other.reference());
        }
    }
    let mut searches = Vec::new();
    let people = by_kind.get("Patient").cloned().unwrap_or_default();
    for (kind, references) in &by_kind {
        searches.extend(chunked(store, kind, "_id", references)?);
    }
    for (kind, by) in AROUND_PEOPLE {
        searches.extend(chunked(store, kind, by, &people)?);
    }
    for (kind, by) in AROUND_FOLLOW_UPS {
        searches.extend(chunked(store, kind, by, &attempts)?);
    }
    Ok(searches)
}

/// What the agency has that does not come from Tasks.
pub(super) fn agency(agency: &str) -> Vec<Search> {
    let of = |kind: &'static str| Search {
        called: kind.to_owned(),
        is_the_teams_work: false,
        kind,
        query: String::new(),
        wanted: Wanted::OfAgency(agency.to_owned()),
        marks: vec![format!("{kind}?")],
        census: false,
    };
    let places = Search {
        called: "Location by organization".into(),
        is_the_teams_work: false,
        kind: "Location",
        query: "organization:missing=false".into(),
        wanted: Wanted::OfAgency(agency.to_owned()),
        marks: vec!["Location?organization".into()],
        census: false,
    };
    OF_AGENCIES.into_iter().map(of).chain([places]).collect()
}

/// What is here of another agency's, or a place that nothing here names: it came from a server that ignored what was asked, and
/// should never have.
///
/// # Errors
/// [`StoreError`].
pub(super) fn strays(store: &Store) -> Result<Vec<String>, StoreError> {
    let searches = agency(store.agency());
    let mut strays = Vec::new();
    for kind in OF_AGENCIES.into_iter().chain(["Location"]) {
        for reference in store.unreferenced(kind)? {
            if let Some(document) = readable(store.referenced(&reference))?
                && !searches.iter().any(|search| search.holds(&document))
            {
                strays.push(reference);
            }
        }
    }
    Ok(strays)
}
