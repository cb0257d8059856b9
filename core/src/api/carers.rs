//! Who else: the nearest teams, the directory, referrals, follow-ups, joins.

use super::work::{code, task};
use super::{Anydoor, AnydoorError, FollowUpItem, HandoffItem, ProposalRow, ReasonRow, Result, ServiceRow, TeamRow};
use crate::acts::{self, Ledger, hand_off};
use crate::fhir::{self, Document};
use crate::handoff::follow_up::{Attempt, Attempted, By, Schedule};
use crate::handoff::{Basis, BasisKind, Service, suitable};
use crate::ids::{AssignmentId, IncidentId, OrganizationId, PersonId};
use crate::incident::{Code, Incident, Likeness, Position, propose};
use crate::store::Store;
use crate::team::{ByRoad, Commitment, Need, Needs, Question, Ranking, Reason, Team, jurisdiction, nearest};
use crate::words::{Locale, Units, say_likeness, say_reason};

impl Anydoor {
    /// Ranks the teams on this phone for a scene: by road where a pack is open, with what is closed, and by the rules of the
    /// scene's jurisdiction where the agency gives them.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn rank_teams(
        &self,
        scene: Position,
        needs: &Needs,
        k: usize,
        neighbour: Option<&OrganizationId>,
        centre: &OrganizationId,
    ) -> Result<Ranking> {
        let (teams, jurisdictions) =
            self.inner.store(|store| Ok((teams(store)?, fhir::jurisdictions::read_all(&store.of_kind("Library")?))))?;
        let jurisdiction = jurisdiction::of_scene(scene, &jurisdictions);
        let needs = &jurisdiction.map_or_else(|| needs.clone(), |here| here.ask(needs.clone()));
        let neighbour = jurisdiction.and_then(|here| here.neighbour.as_ref()).or(neighbour);
        let centre = jurisdiction.and_then(|here| here.centre.as_ref()).unwrap_or(centre);
        let now = self.inner.clock.now();
        let roads = self.inner.roads();
        let closed = roads.as_ref().map(|roads| self.inner.closed(roads)).transpose()?.unwrap_or_default();
        let by_road = roads.as_deref().map(|roads| ByRoad { roads, closed: &closed });
        Ok(nearest(&Question { scene, accuracy_m: 0.0, needs, k, now, neighbour, centre, by_road }, &teams))
    }

    /// Where an assignment is.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn place_of(&self, assignment: &str) -> Result<crate::incident::Place> {
        self.inner.store(|store| Ok(incident_of(store, assignment)?.place))
    }
}

/// The teams on this phone, with what binds them as far as it is known here.
pub(super) fn teams(store: &Store) -> Result<Vec<Team>> {
    let find = |reference: &str| store.referenced(reference).ok().flatten();
    let mut teams: Vec<Team> = store.of_kind("CareTeam")?.iter().filter_map(|doc| fhir::team::read(doc, &find).ok()).collect();
    for row in store.queue(10_000)? {
        if row.state.is_terminal() {
            continue;
        }
        let urgency = crate::incident::Urgency::ALL.get(usize::from(row.urgency)).copied();
        if let (Some(team), Some(urgency)) = (teams.iter_mut().find(|t| Some(t.id.as_str()) == row.team.as_deref()), urgency) {
            team.commitment =
                Some(team.commitment.map_or(Commitment { urgency, until: None }, |c| Commitment { urgency: c.urgency.min(urgency), ..c }));
        }
    }
    Ok(teams)
}

fn services(store: &Store) -> Result<Vec<Service>> {
    let find = |reference: &str| store.referenced(reference).ok().flatten();
    Ok(store.of_kind("HealthcareService")?.iter().filter_map(|doc| fhir::directory::read(doc, &find).ok()).collect())
}

fn incident_of(store: &Store, assignment: &str) -> Result<Incident> {
    let focus = fhir::assignment::read(&task(store, assignment)?)?;
    Ok(store.incident(&focus.incident)?)
}

fn reason_code(reason: &Reason) -> String {
    let need = |need: &Need| match need {
        Need::Can(capability) => capability.code().to_owned(),
        Need::Language(language) => format!("language-{language}"),
        Need::FullCrew => "full-crew".to_owned(),
        Need::Known(_) => "known".to_owned(),
    };
    match reason {
        Reason::ByRoad(eta) => format!("by-road-s:{}:{}-{}", eta.s(), eta.least_s, eta.most_s),
        Reason::NoWay => "no-way".into(),
        Reason::OffTheMap => "off-the-map".into(),
        Reason::OffRoad { m } => format!("off-road-m:{m}"),
        Reason::Distance { m } => format!("distance-m:{m}"),
        Reason::PositionUnknown => "position-unknown".into(),
        Reason::PositionAge { s } => format!("position-age-s:{s}"),
        Reason::Meets(n) => format!("meets:{}", need(n)),
        Reason::Lacks(n) => format!("lacks:{}", need(n)),
        Reason::OffShift => "off-shift".into(),
        Reason::OnBreak => "on-break".into(),
        Reason::Committed => "committed".into(),
        Reason::TakenFromLessUrgent => "taken-from-less-urgent".into(),
        Reason::NoAgreement => "no-agreement".into(),
        Reason::LacksMust(n) => format!("lacks-must:{}", need(n)),
    }
}

fn reason_row(reason: &Reason, locale: &str) -> ReasonRow {
    ReasonRow { code: reason_code(reason), words: say_reason(reason, Locale::of(locale), units(locale)) }
}

/// What people there measure in: miles in the United States, kilometres elsewhere.
fn units(locale: &str) -> Units {
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
    /// The nearest teams for a scene, by road where a road pack is open, that speak `language` if asked for, best first, then those left out; each with
    /// its reasons, in words of `locale` (BCP 47).
    ///
    /// # Errors
    /// `Invalid` where the position is not on Earth.
    pub fn nearest_teams(&self, latitude: f64, longitude: f64, language: Option<String>, most: u32, locale: &str) -> Result<Vec<TeamRow>> {
        let scene = Position::new(latitude, longitude).map_err(|_| AnydoorError::Invalid { what: "position".into() })?;
        let needs = Needs { prefer: language.map(Need::Language).into_iter().collect(), ..Needs::default() };
        let ranking = self.rank_teams(scene, &needs, most as usize, None, &self.inner.agency)?;
        let can = ranking.candidates.iter().map(|c| TeamRow {
            team: c.team.to_string(),
            can_go: true,
            distance_m: c.distance_m,
            by_road_s: c.eta.map(|eta| eta.s()),
            least_s: c.eta.map(|eta| eta.least_s),
            most_s: c.eta.map(|eta| eta.most_s),
            reasons: c.reasons.iter().map(|r| reason_row(r, locale)).collect(),
        });
        let cannot = ranking.left_out.iter().map(|l| TeamRow {
            team: l.team.to_string(),
            can_go: false,
            distance_m: None,
            by_road_s: None,
            least_s: None,
            most_s: None,
            reasons: l.reasons.iter().map(|r| reason_row(r, locale)).collect(),
        });
        Ok(can.chain(cannot).collect())
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
                    let sent = truth == crate::store::Truth::AtTheAgency;
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
            let incident = store.incident(&due.incident)?;
            let person =
                incident.people.iter().find(|p| p.id == due.person).ok_or_else(|| AnydoorError::NotFound { what: "person".into() })?;
            let actor = self.inner.actor(store.writer());
            let at = actor.server_now.unwrap_or(actor.now);
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
            let this = store.incident(&IncidentId::parse(incident)?)?;
            let mut others = Vec::new();
            for row in store.queue(500)? {
                let id = IncidentId::parse(&row.incident)?;
                if id != this.id && !others.iter().any(|o: &Incident| o.id == id) {
                    others.extend(store.incident(&id).ok());
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
            let (kept, other) = (store.incident(&IncidentId::parse(kept)?)?, store.incident(&IncidentId::parse(other)?)?);
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
