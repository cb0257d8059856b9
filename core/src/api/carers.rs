//! Who else: the directory, referrals, follow-ups, joins.

use super::work::{code, task};
use super::{Anydoor, AnydoorError, FollowUpItem, HandoffItem, ProposalRow, ReasonRow, Result, ServiceRow};
use crate::acts::{self, hand_off};
use crate::base::Code;
use crate::base::ids::{AssignmentId, IncidentId, PersonId};
use crate::delivery::Outbox;
use crate::fhir::{self, Document};
use crate::handoff::follow_up::{Attempt, Attempted, By, Schedule};
use crate::handoff::{Basis, BasisKind, Service, suitable};
use crate::incident::{Incident, Likeness, propose};
use crate::records::lookup;
use crate::store::Store;
use crate::words::{Locale, Units, say_likeness};

impl Anydoor {
    /// Where an assignment is.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn place_of(&self, assignment: &str) -> Result<crate::incident::Place> {
        self.inner.store(|store| Ok(incident_of(store, assignment)?.place))
    }
}

fn services(store: &Store) -> Result<Vec<Service>> {
    let find = |reference: &str| store.referenced(reference).ok().flatten();
    Ok(store.of_kind("HealthcareService")?.iter().filter_map(|doc| fhir::directory::read(doc, &find).ok()).collect())
}

fn incident_of(store: &Store, assignment: &str) -> Result<Incident> {
    let focus = fhir::assignment::read(&task(store, assignment)?)?;
    Ok(lookup::incident(store, &focus.incident)?)
}

/// What people there measure in: miles in the United States, kilometres elsewhere.
pub(super) fn units(locale: &str) -> Units {
    if locale.ends_with("-US") { Units::Imperial } else { Units::Metric }
}

fn likeness_row(likeness: &Likeness, locale: &str) -> ReasonRow {
    let code = match likeness {
        Likeness::SameCallback => "same-callback",
        Likeness::Near { .. } => "near",
        Likeness::SameAddress { .. } => "same-address",
        Likeness::SameName => "same-name",
        Likeness::SameBirthDate => "same-birth-date",
    };
    ReasonRow { code: code.to_owned(), words: say_likeness(likeness, Locale::of(locale), units(locale)) }
}

#[uniffi::export]
impl Anydoor {
    /// The services that suit, best first: open before closed, near before far, those without a position last.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn services(&self, assignment: &str, age: Option<u16>) -> Result<Vec<ServiceRow>> {
        self.inner.store(|store| {
            let from = incident_of(store, assignment)?.place.position;
            let (all, now) = (services(store)?, self.inner.clock.now());
            let row = |(service, distance_m): (&Service, Option<f64>)| ServiceRow {
                service: service.id.to_string(),
                name: service.name.clone(),
                organization: service.organization.to_string(),
                by: service.organization_name.clone(),
                open: service.is_open(now),
                distance_m,
                phones: service.phones.clone(),
            };
            Ok(suitable(&all, from, age, now).into_iter().map(row).collect())
        })
    }

    /// Refers a person to a service, with a new basis of this kind that names it (empty: only bases that are here).
    /// Returns the referral's id; on return basis and referral are on disk.
    ///
    /// # Errors
    /// `NotAllowed` with `no-basis`: nothing is sent.
    pub fn hand_off(&self, assignment: &str, person: &str, service: &str, basis_kind: &str) -> Result<String> {
        let person = PersonId::parse(person)?;
        let handoff = self.inner.acted(|store| {
            let incident = incident_of(store, assignment)?;
            let all = services(store)?;
            let to = all.iter().find(|s| s.id.as_str() == service).ok_or_else(|| AnydoorError::NotFound { what: "service".into() })?;
            let actor = self.inner.actor(store.writer());
            let new = if basis_kind.is_empty() {
                None
            } else {
                Some(hand_off::basis(&person, code::<BasisKind>(basis_kind, "basis")?, Some(to), 72, &actor))
            };
            let held = store.pointing_at("Consent", "patient", &format!("Patient/{person}"))?;
            let mut bases: Vec<Basis> = held.iter().filter_map(|doc| fhir::handoff::read_basis(doc).ok()).collect();
            bases.extend(new.clone());
            hand_off::hand_off(&incident, &AssignmentId::parse(assignment)?, &person, to, &bases, new.as_ref(), &actor).map_err(|error| {
                match error {
                    hand_off::HandOffError::NoBasis => AnydoorError::NotAllowed { why: "no-basis".into() },
                    hand_off::HandOffError::NotInIncident => AnydoorError::NotFound { what: "person".into() },
                }
            })
        })?;
        Ok(handoff.id.into())
    }

    /// The referrals of an assignment.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn handoffs(&self, assignment: &str) -> Result<Vec<HandoffItem>> {
        self.inner.store(|store| {
            let tasks = store.pointing_at("Task", "partOf", &format!("Task/{assignment}"))?;
            let ours: Vec<&Document> = tasks.iter().filter(|t| fhir::safety::task_code(t) == Some(fhir::handoff::HANDOFF)).collect();
            ours.into_iter()
                .map(|task| {
                    let truth = store.truth_of("Task", task.id())?;
                    let sent = truth == crate::delivery::Truth::AtTheAgency;
                    let state = if sent { fhir::handoff::read_state(task) } else { crate::handoff::HandoffState::OnPhone };
                    let request = task.text("/focus/reference").map(|r| store.referenced(r)).transpose()?.flatten();
                    Ok(HandoffItem {
                        id: request.as_ref().map(|r| r.id().to_owned()).unwrap_or_default(),
                        task: task.id().to_owned(),
                        state: state.code().into(),
                        why: fhir::safety::why_back(task).map(str::to_owned),
                        withheld: request.iter().map(|r| fhir::element::extensions(r.value(), "withheld").count()).sum::<usize>() as u32,
                        truth: truth.into(),
                    })
                })
                .collect()
        })
    }

    /// Makes the follow-ups of one person: due so many hours after now, where none are given at the agency's own (its
    /// Library `follow-up-hours`), and where it has none after 24 and 72.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn plan_follow_ups(&self, assignment: &str, person: &str, hours: Vec<u32>) -> Result<()> {
        self.inner.acted(|store| {
            let schedule = if hours.is_empty() { fhir::agency::follow_up_hours(&store.of_kind("Library")?) } else { Schedule { hours } };
            let incident = incident_of(store, assignment)?;
            let actor = self.inner.actor(store.writer());
            Ok((hand_off::follow_ups(&incident, &AssignmentId::parse(assignment)?, &PersonId::parse(person)?, &schedule, &actor), ()))
        })
    }

    /// The follow-ups of an assignment, the first due first.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn follow_ups(&self, assignment: &str) -> Result<Vec<FollowUpItem>> {
        self.inner.store(|store| {
            let tasks = store.pointing_at("Task", "partOf", &format!("Task/{assignment}"))?;
            let mut rows = Vec::new();
            for task in tasks.iter().filter(|t| fhir::safety::task_code(t) == Some(fhir::handoff::FOLLOW_UP)) {
                let follow_up = fhir::handoff::read_follow_up(task)?;
                let attempts = store.pointing_at("Communication", "partOf", &task.reference())?;
                rows.push(FollowUpItem {
                    id: follow_up.id.to_string(),
                    person: follow_up.person.to_string(),
                    due: follow_up.due.to_string(),
                    done: task.text("/status") == Some("completed"),
                    attempts: attempts.iter().filter_map(fhir::handoff::attempt_outcome).collect(),
                    truth: store.truth_of("Task", task.id())?.into(),
                });
            }
            rows.sort_by(|a, b| a.due.cmp(&b.due));
            Ok(rows)
        })
    }

    /// Records an attempt at a follow-up.
    ///
    /// # Errors
    /// `NotAllowed` where the person's safe contact forbids it: nothing is recorded.
    pub fn record_attempt(&self, follow_up: &str, by: &str, outcome: &str, safety_concern: bool, remark: Option<String>) -> Result<()> {
        let (by, outcome) = (code::<By>(by, "by")?, code::<Attempted>(outcome, "outcome")?);
        self.inner.acted(|store| {
            let task = task(store, follow_up)?;
            let due = fhir::handoff::read_follow_up(&task)?;
            let incident = lookup::incident(store, &due.incident)?;
            let person =
                incident.people.iter().find(|p| p.id == due.person).ok_or_else(|| AnydoorError::NotFound { what: "person".into() })?;
            let actor = self.inner.actor(store.writer());
            let at = actor.time();
            let attempt = Attempt { member: actor.member.clone(), at, by, outcome, safety_concern, remark };
            let plan = hand_off::attempt(&task, &due, &attempt, person, &actor)
                .map_err(|_| AnydoorError::NotAllowed { why: "safe-contact".into() })?;
            Ok((plan, ()))
        })
    }

    /// What may be the same incident as this one. Only a person's word joins them.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn same_incident(&self, incident: &str, locale: &str) -> Result<Vec<ProposalRow>> {
        self.inner.store(|store| {
            let this = lookup::incident(store, &IncidentId::parse(incident)?)?;
            let mut others = Vec::new();
            for row in store.queue(500)? {
                let Some(id) = row.row.incident else { continue };
                if id != this.id && !others.iter().any(|o: &Incident| o.id == id) {
                    others.extend(lookup::incident(store, &id).ok());
                }
            }
            let found = propose(&this, &others, &[], &Default::default());
            Ok(found
                .into_iter()
                .map(|p| ProposalRow { other: p.other.to_string(), reasons: p.reasons.iter().map(|r| likeness_row(r, locale)).collect() })
                .collect())
        })
    }

    /// Joins two incidents by this member's word. It can be undone.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn join(&self, kept: &str, other: &str, assignment: &str) -> Result<String> {
        let join = self.inner.acted(|store| {
            let (kept, other) = (lookup::incident(store, &IncidentId::parse(kept)?)?, lookup::incident(store, &IncidentId::parse(other)?)?);
            Ok(acts::join::join(&kept, &other, assignment, &self.inner.actor(store.writer())))
        })?;
        Ok(join.id.as_str().to_owned())
    }

    /// Undoes a join.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn undo_join(&self, join: &str, assignment: &str) -> Result<()> {
        self.inner.acted(|store| {
            let linkage = store.document("Linkage", join)?.ok_or_else(|| AnydoorError::NotFound { what: "join".into() })?;
            Ok((acts::join::undo(&linkage, assignment, &self.inner.actor(store.writer())), ()))
        })
    }
}
