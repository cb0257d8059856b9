//! Out through either door: help from 911, handing down to 988.

use super::{Anydoor, AnydoorError, EscalationItem, Result, StepDownItem, work};
use crate::acts;
use crate::base::Code;
use crate::base::ids::{AssignmentId, OrganizationId};
use crate::delivery::Outbox;
use crate::fhir::{self, Document};
use crate::handoff::{Recipient, packet};
use crate::incident::Incident;
use crate::records::lookup;
use crate::safety::{self, EscalationState, Need, NotSent, step_down_state};
use crate::sync::Stop;

impl super::Inner {
    /// Why the lane stopped, as a code of [`NotSent`].
    fn why_not_sent(&self) -> Option<String> {
        let stop = (*super::lock(&self.lane_stop))?;
        let why = match stop {
            Stop::SignInAgain => NotSent::SignIn,
            Stop::Offline => NotSent::Offline,
            Stop::Untrusted | Stop::NotTheServer | Stop::ServerTrouble | Stop::Later(_) => NotSent::Server,
        };
        Some(why.code().to_owned())
    }

    fn escalation_item(&self, task: &Document, version: Option<&str>, saved: bool) -> Result<EscalationItem> {
        let escalation = fhir::safety::read(task)?;
        let said = fhir::safety::acknowledgement(task);
        let now = self.actor("").server_now.unwrap_or_else(|| self.clock.now());
        let state = match version {
            // Not sent for as long as an answer would be waited for: as loud as no answer.
            None => match safety::escalation_state("", None, escalation.at, now) {
                EscalationState::Exhausted => EscalationState::Exhausted,
                _ => EscalationState::OnPhone,
            },
            Some(_) => safety::escalation_state(task.text("/status").unwrap_or_default(), said.as_ref(), escalation.at, now),
        };
        Ok(EscalationItem {
            id: escalation.id.to_string(),
            number: escalation.number,
            state: state.code().into(),
            acknowledged_by: said.as_ref().map(|s| s.who.clone()),
            acknowledged_at: said.as_ref().map(|s| s.at.to_string()),
            saved,
            why_not_sent: version.is_none().then(|| self.why_not_sent()).flatten(),
        })
    }
}

#[uniffi::export]
impl Anydoor {
    /// Asks 911 for help. On return it is on disk in the escalations' own file, or, where that failed, `saved` is
    /// false and it is sent from memory. It is "sent" only with the server's version, "acknowledged" only with the
    /// receiver's word.
    ///
    /// # Errors
    /// `Invalid` for an unknown need or id.
    pub fn escalate(&self, assignment: &str, psap: &str, need: &str, callback: &str) -> Result<EscalationItem> {
        let need: Need = work::code(need, "need")?;
        let (id, psap) = (AssignmentId::parse(assignment)?, OrganizationId::parse(psap)?);
        // The place is read where the work database is open and soon free; without it the call still goes.
        let context = self.inner.store_if_free(|store| Ok((lookup::incident_of(store, &id)?, self.inner.actor(store.writer()))));
        let place = context.as_ref().map(|(incident, _)| incident.place.clone()).unwrap_or_default();
        let actor = context.as_ref().map_or_else(|_| self.inner.actor(""), |(_, actor)| actor.clone());
        let (_, task) = acts::escalate::escalate(&id, &psap, need, &place, callback, &actor);
        let saved = super::lock(&self.inner.escalations).as_mut().is_some_and(|file| file.keep(&task).is_ok());
        self.start_lane(if saved { None } else { Some(task.clone()) });
        if let Ok((incident, actor)) = context {
            // The call is out. A report that cannot be kept must not say that the call failed.
            let _ = self.send_brief(&id, &incident, &actor);
        }
        self.inner.tell();
        self.inner.escalation_item(&task, None, saved)
    }

    /// Every escalation of this member, oldest first.
    ///
    /// # Errors
    /// `StorageLocked` where the escalations' file is not open.
    pub fn escalations(&self) -> Result<Vec<EscalationItem>> {
        let rows = match super::lock(&self.inner.escalations).as_ref() {
            Some(file) => file.all()?,
            None => return Err(AnydoorError::StorageLocked),
        };
        // One that cannot be read is shown by its id: it must not hide the others.
        let shown = |row: &crate::store::EscalationRow| {
            self.inner.escalation_item(&row.task, row.version.as_deref(), true).unwrap_or_else(|_| EscalationItem {
                id: row.task.id().to_owned(),
                number: row.task.text("/identifier/0/value").unwrap_or_default().to_owned(),
                state: if row.version.is_some() { EscalationState::Sent } else { EscalationState::OnPhone }.code().to_owned(),
                acknowledged_by: None,
                acknowledged_at: None,
                saved: true,
                why_not_sent: row.version.is_none().then(|| self.inner.why_not_sent()).flatten(),
            })
        };
        Ok(rows.iter().map(shown).collect())
    }

    /// Asks the 988 centre to take the person on, with `brief` and the facts that it may have. Returns its id. It is finished only when the counsellor says that
    /// the person is on the line.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn step_down(&self, assignment: &str, centre: &str, brief: &str) -> Result<String> {
        let id = AssignmentId::parse(assignment)?;
        let step = self.inner.acted(|store| {
            let row = store.queue_row(&id)?.ok_or_else(|| AnydoorError::NotFound { what: "assignment".into() })?;
            let incident = row.row.incident.ok_or_else(|| AnydoorError::NotFound { what: "incident".into() })?;
            let actor = self.inner.actor(store.writer());
            let parted = packet(&lookup::incident(store, &incident)?.facts, None, &Recipient::Counsellor, &[], actor.now);
            let words = acts::brief::in_words(brief, &parted);
            Ok(acts::step_down::step_down(&id, &incident, &OrganizationId::parse(centre)?, &words, &parted, &actor))
        })?;
        Ok(step.into())
    }

    /// The step-downs of an assignment.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn step_downs(&self, assignment: &str) -> Result<Vec<StepDownItem>> {
        self.inner.store(|store| {
            let tasks = store.pointing_at("Task", "partOf", &format!("Task/{assignment}"))?;
            let ours = tasks.iter().filter(|t| fhir::safety::task_code(t) == Some(fhir::safety::STEP_DOWN));
            ours.map(|task| {
                let truth = store.truth_of("Task", task.id())?;
                let state = match truth {
                    crate::delivery::Truth::AtTheAgency => step_down_state(task.text("/status").unwrap_or_default()),
                    _ => safety::StepDownState::OnPhone,
                };
                Ok(StepDownItem {
                    id: task.id().to_owned(),
                    state: state.code().into(),
                    why_back: fhir::safety::why_back(task).map(str::to_owned),
                    truth: truth.into(),
                })
            })
            .collect()
        })
    }
}

/// Our system's domain name in documents that go out.
const ISSUER: &str = "anydoor.example";

impl Anydoor {
    /// The written report behind an escalation: the EIDO for a call-taker whose screen police can read, the thinner one.
    fn send_brief(&self, assignment: &AssignmentId, incident: &Incident, actor: &acts::Actor) -> Result<()> {
        let (eido, parted) = acts::brief::for_psap(incident, true, ISSUER, actor);
        let bytes = eido.to_string().into_bytes();
        let document = acts::brief::document("brief-911", assignment, &incident.id, "application/json", &bytes, &parted, actor);
        let plan = acts::Plan::new("brief 911", &actor.member, actor.now, assignment.as_str()).create(document);
        self.inner.acted(|_| Ok((plan, ())))
    }
}
