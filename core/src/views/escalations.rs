//! Calls for help, as far as known: on this phone, sent, acknowledged by somebody with a name, or loud (P8, P9); and what a call
//! from here would need.

use std::time::Duration;

use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, TeamId};
use crate::fhir::{self, Document};
use crate::records::lookup::LookupError;
use crate::records::{AgencyKind, Records, RecordsError, lookup};
use crate::safety::{Acknowledgement, DEFAULT_PATIENCE, Ending, EscalationState, Need, NotSent, Prepared, Standing, escalation_state};
use crate::team::jurisdiction;

/// One call for help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscalationView {
    /// The id.
    pub id: String,
    /// The number to read aloud.
    pub number: String,
    /// What was asked for; `None` where a later release wrote it.
    pub need: Option<Need>,
    /// Whether nobody is to call back.
    pub silent: bool,
    /// The assignment that it is part of.
    pub assignment: Option<AssignmentId>,
    /// Where it stands.
    pub state: EscalationState,
    /// Who acknowledged it, and when.
    pub acknowledged: Option<Acknowledgement>,
    /// Who cancelled it, and when: also before the server has heard of it.
    pub cancelled: Option<Ending>,
    /// Why the receiver said no, in its own words.
    pub why_rejected: Option<String>,
    /// Not sent, and why. Nothing: sent, or on its way.
    pub why_not_sent: Option<NotSent>,
    /// In how long it becomes loud, if nobody answers; `None`: it is loud, or over.
    pub loud_in: Option<Duration>,
}

/// What is kept of a call for help on this phone.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The Task as the server last told, or as it is to be sent.
    pub task: &'a Document,
    /// Whether the server has given it a version.
    pub at_server: bool,
    /// The status with which the server refused it last.
    pub refused: Option<u16>,
    /// Who cancelled it here.
    pub cancelled: Option<&'a Ending>,
    /// How long it has waited by the clock that counts sleep; `None`: nobody can tell.
    pub waited: Option<Duration>,
    /// How long it may, as the agency says; `None`: it never said.
    pub patience: Option<Duration>,
    /// Why the last run stopped.
    pub why_not_sent: Option<NotSent>,
}

/// What is shown of one. One that cannot be read is shown by its id: it must not hide the others.
pub fn escalation(known: Known<'_>) -> EscalationView {
    let (task, patience) = (known.task, known.patience.unwrap_or(DEFAULT_PATIENCE));
    let acknowledged = fhir::escalation::acknowledgement(task);
    let at_server = fhir::escalation::cancellation(task);
    let state = escalation_state(Standing {
        at_server: known.at_server,
        refused: known.refused,
        task_status: task.text("/status").unwrap_or_default(),
        acknowledged: acknowledged.as_ref(),
        cancelled: at_server.as_ref(),
        waited: known.waited,
        patience,
    });
    let waits = matches!(state, EscalationState::OnPhone | EscalationState::Sent);
    let read = fhir::escalation::read(task).ok();
    EscalationView {
        id: task.id().to_owned(),
        number: task.text("/identifier/0/value").unwrap_or_default().to_owned(),
        need: read.as_ref().map(|call| call.need),
        silent: read.as_ref().is_some_and(|call| call.silent),
        assignment: read.and_then(|call| call.assignment),
        state,
        acknowledged,
        cancelled: at_server.or_else(|| known.cancelled.cloned()),
        why_rejected: (state == EscalationState::Rejected).then(|| fhir::safety::why_back(task).map(str::to_owned)).flatten(),
        why_not_sent: known.why_not_sent.filter(|_| !known.at_server),
        loud_in: known.waited.filter(|_| waits).and_then(|waited| patience.checked_sub(waited)),
    }
}

/// How long a call of an earlier release has waited, which did not keep when it was made by the clock that counts sleep: by its
/// own word and the time as it is known now.
pub fn waited_by_the_calendar(task: &Document, now: Instant) -> Option<Duration> {
    task.instant("/authoredOn").and_then(|asked| now.duration_since(asked).try_into().ok())
}

/// What a call for help from this assignment would need: where it is, and the PSAP of its scene. `None` where another team has it,
/// or nobody yet.
///
/// # Errors
/// [`LookupError`].
pub fn prepared<R: Records + ?Sized>(records: &R, assignment: &AssignmentId, team: &TeamId) -> Result<Option<Prepared>, LookupError> {
    let task = fhir::assignment::read(&lookup::task(records, assignment)?)?;
    if task.team.as_ref() != Some(team) {
        return Ok(None);
    }
    let place = lookup::incident(records, &task.incident)?.place;
    let jurisdictions = fhir::jurisdictions::read_all(&records.of_kind(AgencyKind::Library)?);
    let of_scene = place.position.and_then(|scene| jurisdiction::of_scene(scene, &jurisdictions));
    Ok(Some(Prepared { assignment: assignment.clone(), psap: of_scene.and_then(|of| of.psap.clone()), place }))
}

/// How long an escalation may stay unanswered, as the agency says.
///
/// # Errors
/// [`RecordsError`].
pub fn patience<R: Records + ?Sized>(records: &R) -> Result<Duration, RecordsError> {
    Ok(fhir::agency::escalation_patience(&records.of_kind(AgencyKind::Library)?))
}
