//! The queue, one assignment's screen, taking work, tapping and closing.

use super::{
    Anydoor, AnydoorError, AssignmentScreen, ClosingInput, FactRow, Inner, NoteItem, OnViewInput, PersonRow, QueueItem, Result, StampRow,
    StartedRow, VisitRow,
};
use crate::acts::{self, respond};
use crate::assignment::{self, AloneReason, Capture, Closing, StampKind};
use crate::base::ids::{AssignmentId, IncidentId, MemberId, StampId};
use crate::base::{Code, Position};
use crate::fhir::{self, Document};
use crate::incident::{Fact, Person, Place, Urgency};
use crate::records::lookup;
use crate::store::Store;

/// A code from the shell.
pub(super) fn code<C: Code>(text: &str, what: &str) -> Result<C> {
    C::from_code(text).ok_or_else(|| AnydoorError::Invalid { what: what.into() })
}

fn crew(ids: &[String]) -> Result<Vec<MemberId>> {
    ids.iter().map(|id| Ok(MemberId::parse(id)?)).collect()
}

fn alone(text: Option<&String>) -> Result<Option<AloneReason>> {
    text.map(|text| code(text, "reason-for-going-alone")).transpose()
}

pub(super) fn task(store: &Store, assignment: &str) -> Result<Document> {
    store.document("Task", assignment)?.ok_or_else(|| AnydoorError::NotFound { what: "assignment".into() })
}

/// The Task, where this release may change it: one whose status a later release gave is only shown (P30).
fn task_to_change(store: &Store, assignment: &str) -> Result<Document> {
    let task = task(store, assignment)?;
    if store.knows_status(&task)? { Ok(task) } else { Err(AnydoorError::NotAllowed { why: "newer-release".into() }) }
}

/// A stamp is a document of its own and always goes; the Task's projection only where this release knows all it says (P30).
fn stamped(store: &Store, task: &Document, plan: acts::Plan) -> Result<acts::Plan> {
    Ok(if store.knows_status(task)? {
        plan
    } else {
        acts::Plan { writes: plan.writes.into_iter().filter(|w| w.act == crate::delivery::Act::Create).collect(), ..plan }
    })
}

impl Inner {
    fn planned(&self, plan: impl FnOnce(&Store, &acts::Actor) -> Result<acts::Plan>) -> Result<()> {
        self.acted(|store| Ok((plan(store, &self.actor(store.writer()))?, ())))
    }
}

#[uniffi::export]
impl Anydoor {
    /// The first `most` rows of the queue: open ones first, the most urgent first, the longest waiting first.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn queue(&self, most: u32) -> Result<Vec<QueueItem>> {
        self.inner.store(|store| Ok(store.queue(most)?.into_iter().map(QueueItem::from).collect()))
    }

    /// Everything of one assignment.
    ///
    /// # Errors
    /// `NotFound`, and `Invalid` where a document holds what this release cannot read.
    pub fn assignment(&self, assignment: &str) -> Result<AssignmentScreen> {
        self.inner.store(|store| screen(store, assignment))
    }

    /// Starts an incident on view, offline or not. On return incident, assignment and visit are on disk.
    ///
    /// # Errors
    /// `Invalid` where fewer than two go without a reason, or the position is not on Earth.
    pub fn respond_on_view(&self, said: OnViewInput) -> Result<StartedRow> {
        let position = match (said.latitude, said.longitude) {
            (Some(latitude), Some(longitude)) => {
                Some(Position::new(latitude, longitude).map_err(|_| AnydoorError::Invalid { what: "position".into() })?)
            }
            _ => None,
        };
        let on_view = respond::OnView {
            headline: said.headline,
            urgency: code::<Urgency>(&said.urgency, "urgency")?,
            place: Place { address: said.address, position, ..Place::default() },
            description: said.description,
            crew: crew(&said.crew)?,
            alone: alone(said.alone.as_ref())?,
        };
        let started = self.inner.acted(|store| {
            let started = respond::on_view(on_view, &self.inner.actor(store.writer()))?;
            Ok((started.plan.clone(), started))
        })?;
        Ok(StartedRow { incident: started.incident.into(), assignment: started.assignment.into(), person: started.person.into() })
    }

    /// Claims an open offer for this team. Until the server showed us as owner twice it is "asked for".
    ///
    /// # Errors
    /// `Changed` where a team has it, `Invalid` where fewer than two go without a reason, `NotAllowed` with `newer-release`
    /// where its status is one that this release does not know.
    pub fn claim(&self, assignment: &str, crew_ids: Vec<String>, alone_reason: Option<String>) -> Result<()> {
        let (crew, alone) = (crew(&crew_ids)?, alone(alone_reason.as_ref())?);
        self.inner.planned(|store, actor| Ok(respond::claim(&task_to_change(store, assignment)?, crew, alone, actor)?))
    }

    /// Says who goes, on an assignment that this team was given.
    ///
    /// # Errors
    /// As [`Anydoor::claim`].
    pub fn set_crew(&self, assignment: &str, crew_ids: Vec<String>, alone_reason: Option<String>) -> Result<()> {
        let (crew, alone) = (crew(&crew_ids)?, alone(alone_reason.as_ref())?);
        self.inner.planned(|store, actor| Ok(respond::man(&task_to_change(store, assignment)?, crew, alone, actor)?))
    }

    /// Taps. `kind` is a stamp's code, `capture` how the time was taken (`tap` where empty).
    ///
    /// # Errors
    /// `Invalid` where that is no legal move from here.
    pub fn tap(&self, assignment: &str, kind: &str, capture: &str) -> Result<()> {
        let kind = code::<StampKind>(kind, "stamp")?;
        let capture = if capture.is_empty() { Capture::Tap } else { code(capture, "capture")? };
        let id = AssignmentId::parse(assignment)?;
        self.inner.planned(|store, actor| {
            let task = task(store, assignment)?;
            stamped(store, &task, acts::stamp::tap(&task, kind, &store.stamps(&id)?, capture, actor)?)
        })?;
        if kind == StampKind::Contact {
            for id in self.inner.store(|store| Ok(visits(store, assignment)?.iter().map(|v| v.id().to_owned()).collect::<Vec<_>>()))? {
                self.inner.planned(|store, actor| {
                    let visit = store.document("Encounter", &id)?.ok_or_else(|| AnydoorError::NotFound { what: "visit".into() })?;
                    Ok(acts::close::begin(&visit, assignment, actor)?)
                })?;
            }
        }
        Ok(())
    }

    /// Withdraws a wrong tap, with a reason. It stays visible.
    ///
    /// # Errors
    /// `NotAllowed` where it is another's and this member does not lead.
    pub fn withdraw_tap(&self, assignment: &str, stamp: &str, reason: &str) -> Result<()> {
        let (id, wrong) = (AssignmentId::parse(assignment)?, StampId::parse(stamp)?);
        self.inner.planned(|store, actor| {
            let task = task(store, assignment)?;
            stamped(store, &task, acts::stamp::withdraw(&task, &wrong, reason, &store.stamps(&id)?, actor)?)
        })
    }

    /// Gives the closing answers of one person's visit.
    ///
    /// # Errors
    /// `NotAllowed` with `lead-only` for no contact at high urgency.
    pub fn close_visit(&self, assignment: &str, visit: &str, closing: ClosingInput) -> Result<()> {
        let closing = match closing {
            ClosingInput::Met { whereabouts, travel, legal, how } => Closing::Met {
                whereabouts: code(&whereabouts, "whereabouts")?,
                travel: code(&travel, "travel")?,
                legal: code(&legal, "legal")?,
                how: code(&how, "how")?,
            },
            ClosingInput::NotMet { reason, next } => Closing::NotMet { reason: code(&reason, "no-contact")?, next: code(&next, "next")? },
        };
        self.inner.planned(|store, actor| {
            let encounter = store.document("Encounter", visit)?.ok_or_else(|| AnydoorError::NotFound { what: "visit".into() })?;
            let request = task(store, assignment)?.text("/focus/reference").map(|r| store.referenced(r)).transpose()?.flatten();
            let urgency = fhir::incident::urgency(request.as_ref().and_then(|r| r.text("/priority")));
            Ok(acts::close::close(&encounter, closing, urgency, assignment, actor)?)
        })
    }
}

/// The visits of an assignment.
fn visits(store: &Store, assignment: &str) -> Result<Vec<Document>> {
    let request = task(store, assignment)?.text("/focus/reference").unwrap_or_default().to_owned();
    let all = store.pointing_at("Encounter", "basedOn", &request)?;
    let ours = |doc: &Document| fhir::assignment::read_visit(doc).is_ok_and(|v| v.assignment.as_str() == assignment);
    Ok(all.into_iter().filter(ours).collect())
}

fn screen(store: &Store, assignment: &str) -> Result<AssignmentScreen> {
    let id = AssignmentId::parse(assignment)?;
    let row = store.queue_row(&id)?.ok_or_else(|| AnydoorError::NotFound { what: "assignment".into() })?;
    let incident = lookup::incident_of(store, &id)?;
    let status = store.status(&id)?;
    let mut stamps = store.stamps(&id)?;
    stamps.sort_by_key(assignment::Stamp::at);
    let visits = visits(store, assignment)?.iter().filter_map(|doc| fhir::assignment::read_visit(doc).ok()).collect::<Vec<_>>();
    Ok(AssignmentScreen {
        row: row.into(),
        people: incident.people.iter().map(person_row).collect(),
        facts: incident.facts.iter().map(fact_row).collect(),
        also_sent: also_sent(store, &incident)?,
        access: incident.place.access.clone(),
        stamps: stamps
            .iter()
            .filter(|s| s.withdraws.is_none())
            .map(|s| StampRow {
                id: s.id.to_string(),
                kind: s.kind.code().into(),
                at: s.at().to_string(),
                uncorrected: s.server_time.is_none(),
                by: s.by.to_string(),
                withdrawn: status.withdrawn.contains(&s.id),
            })
            .chain(stamps_of_a_newer_release(store, assignment)?)
            .collect(),
        visits: visits
            .iter()
            .map(|v| VisitRow { visit: v.id.to_string(), person: v.person.to_string(), closed: v.closing.map(|c| c.how().code().into()) })
            .collect(),
        notes: notes(store, &incident.id)?,
    })
}

/// Stamps that this release cannot read, each with its own code and words: shown, and counted for nothing (P30).
fn stamps_of_a_newer_release(store: &Store, assignment: &str) -> Result<Vec<StampRow>> {
    let all = store.pointing_at("Provenance", "target", &format!("Task/{assignment}"))?;
    let unread = all.iter().filter(|doc| fhir::assignment::is_stamp(doc) && fhir::assignment::read_stamp(doc).is_err());
    let row = |doc: &Document| StampRow {
        id: doc.id().to_owned(),
        kind: doc.at("/activity").and_then(|activity| fhir::element::code_in(activity, "stamp")).unwrap_or_default().to_owned(),
        at: doc.text("/recorded").unwrap_or_default().to_owned(),
        uncorrected: false,
        by: doc.text("/agent/0/who/reference").and_then(|who| fhir::document::id_of(who, "Practitioner")).unwrap_or_default().to_owned(),
        withdrawn: false,
    };
    Ok(unread.map(row).collect())
}

fn also_sent(store: &Store, incident: &crate::incident::Incident) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for received in &incident.received {
        let Some(document) = store.document("DocumentReference", received.as_str())? else { continue };
        let Some(bytes) = fhir::incident::received_bytes(&document) else { continue };
        let arrival = match document.text("/content/0/attachment/contentType") {
            Some(fhir::order::MEDIA_TYPE) => fhir::order::read(&bytes),
            _ => crate::door::eido::read(&bytes),
        };
        // A document that this release cannot read was kept as received; it is shown by its name.
        match arrival {
            Ok(arrival) => all.extend(arrival.also_sent.into_iter().filter(|a| !a.wiring).map(|a| format!("{}: {}", a.path, a.text))),
            Err(_) => all.push(format!("{}: as received", document.reference())),
        }
    }
    Ok(all)
}

fn notes(store: &Store, incident: &IncidentId) -> Result<Vec<NoteItem>> {
    let drafts = store.drafts()?.into_iter().filter(|d| &d.incident == incident).map(|d| NoteItem {
        id: d.id.to_string(),
        incident: d.incident.to_string(),
        person: d.person.to_string(),
        author: d.author.to_string(),
        standing: "draft".into(),
        text: d.body.text().to_owned(),
        truth: super::ItemTruth::OnThisPhone,
    });
    let mut all: Vec<NoteItem> = drafts.collect();
    for row in store.notes_of(incident)? {
        all.push(super::notes::item(store, row)?);
    }
    Ok(all)
}

fn person_row(person: &Person) -> PersonRow {
    let safe = &person.safe_contact;
    let flag = |name: &str, value: Option<bool>| value.map(|v| format!("{name}: {}", if v { "yes" } else { "no" }));
    let words = |name: &str, value: &Option<String>| value.as_ref().map(|v| format!("{name}: {v}"));
    let wishes = &person.wishes;
    PersonRow {
        id: person.id.to_string(),
        roles: person.roles.iter().map(|r| r.code().to_owned()).collect(),
        shown: person.shown_as(),
        language: person.language.clone(),
        contacts: person.contacts.clone(),
        safe_contact: [
            words("must-not-learn", &safe.must_not_learn),
            words("number", &safe.number),
            words("when", &safe.when),
            flag("voice", safe.voice),
            flag("text", safe.text),
            flag("message", safe.message),
            words("message-in-name-of", &safe.message_in_name_of),
            words("language", &safe.language),
            flag("interpreter", safe.interpreter),
        ]
        .into_iter()
        .flatten()
        .collect(),
        wishes: [&wishes.called, &wishes.helps, &wishes.worsens, &wishes.whom_to_call, &wishes.advance_directive, &wishes.safety_plan]
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
        dependants: person
            .dependants
            .iter()
            .map(|d| d.with.as_ref().map_or_else(|| d.who.clone(), |with| format!("{} (with {with})", d.who)))
            .collect(),
    }
}

fn fact_row(fact: &Fact) -> FactRow {
    FactRow {
        kind: fact.kind.code().into(),
        text: fact.text.clone(),
        who: fact.source.who.clone(),
        door: fact.door.code().into(),
        said: fact.said.to_string(),
        label: fact.label.code().into(),
    }
}
