//! A run: what it asks for next, and what it makes of the answer. The full run, the escalations and the attachments are each
//! one.
//!
//! Rule: a run is a state machine without I/O; whatever leaves is marked on disk before [`Run::next`] returns, and what an
//! answer says is on disk when [`Run::hear`] does. Neighbours: `driver` carries.

use std::time::Duration;

use crate::base::clock::Instant;
use crate::base::ids::TeamId;
use crate::delivery::SearchRemark;
use crate::http::{Answer, Outcome, Request, retry_after};
use crate::store::StoreError;

/// What a driver carries for.
pub trait Run {
    /// Where its work rests.
    type Store;
    /// The next request; `None`: the run is over.
    ///
    /// # Errors
    /// [`StoreError`]; the run can be begun anew.
    fn next(&mut self, store: &mut Self::Store, now: Instant) -> Result<Option<Request>, StoreError>;
    /// Takes what came of it.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the answer was taken.
    fn hear(&mut self, store: &mut Self::Store, outcome: Outcome, now: Instant) -> Result<(), StoreError>;
}

/// Whose work is synced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The team on shift; `None`: nobody is, and only what is unsent goes out.
    pub team: Option<TeamId>,
    /// Whether to re-check the whole scope and the agency's data: on wake and every fifteen minutes.
    pub full: bool,
}

/// Why a run ended before it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// No network, or no answer.
    Offline,
    /// Something that is not the server answered (a captive portal).
    NotTheServer,
    /// The server's certificate is not trusted.
    Untrusted,
    /// The token is no longer good; local work is untouched.
    SignInAgain,
    /// The server asks to wait.
    Later(Duration),
    /// The server failed (5xx) or answered what cannot be read.
    ServerTrouble,
    /// The server does not let this team see its work: it refuses the search for its Tasks or for open offers.
    WorkRefused,
    /// The next page of this team's Tasks or of open offers is at another address, and not at the server's own.
    PagesElsewhere,
}

/// What a search met that the people who run the server must hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Which search: `Task by owner`, `Flag by subject`, `Library`; `batch` for reads by id.
    pub search: String,
    /// What.
    pub what: SearchRemark,
    /// The HTTP status, where the answer had one to tell.
    pub status: Option<u16>,
}

/// What one run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests sent.
    pub round_trips: u32,
    /// Documents that the server now has.
    pub sent: u32,
    /// Documents that changed here.
    pub received: u32,
    /// `Type/id` of what changed here, for watches.
    pub changed: Vec<String>,
    /// Items parked in this run.
    pub parked: u32,
    /// Records from the server that could not be read and were left out.
    pub unreadable: u32,
    /// What searches met, each once: refused, failed, a filter ignored, pages not followed, links to another address.
    pub remarks: Vec<Remark>,
    /// Why it ended early.
    pub stop: Option<StopReason>,
}

/// Whether this answer ends the run, whatever was asked.
pub(super) fn ends_the_run(answer: &Answer, now: Instant) -> Option<StopReason> {
    let wait = || answer.retry_after.as_deref().and_then(|text| retry_after(text, now)).unwrap_or(Duration::from_secs(30));
    match answer.status {
        401 => Some(StopReason::SignInAgain),
        408 | 425 | 429 | 503 => Some(StopReason::Later(wait())),
        500.. => Some(StopReason::ServerTrouble),
        200..=299 if !answer.is_fhir() => Some(StopReason::NotTheServer),
        300..=399 => Some(StopReason::NotTheServer),
        _ => None,
    }
}
