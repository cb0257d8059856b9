//! Bugs of the kinds that other clients had, planted around ours: the simulation must find each of them, or it proves
//! nothing. They live here, never in the core. Each names the promise that it breaks (docs/promises.md).
//!
//! Neighbours: `requests` spoils what phones send, `answers` what they hear; here are those of disks, clocks and acts.

mod answers;
mod documents;
mod requests;

use std::path::Path;

use anydoor_core::acts::receive::Intake;
use anydoor_core::acts::{Ledger as _, Plan};
use anydoor_core::arrive::{Incoming, Source};
use anydoor_core::assignment::{Assignment, State};
use anydoor_core::base::clock::Instant;
use anydoor_core::delivery::{Intent, ParkReason};
use anydoor_core::fhir::Document;
use anydoor_core::store::disk::Disk;
use anydoor_core::store::{Arrival, Store, StoreError};
use anydoor_gateway::Author;
use anydoor_tests::disk::Ails;
use serde_json::json;

use crate::phone::Phone;
use crate::server::{Server, Strictness};

macro_rules! planted {
    ($($(#[$doc:meta])* $name:ident breaks $promise:literal,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Planted {
            Nothing,
            $($(#[$doc])* $name,)+
        }

        /// Each with the promise that it breaks.
        pub const ALL: &[(Planted, &str)] = &[$((Planted::$name, $promise),)+];
    };
}

planted! {
    /// What one act wrote is kept but for its last document.
    LosesAWrite breaks "P1",
    /// The disk says that it has synced, and has not.
    LyingDisk breaks "P1",
    /// Opening an existing database makes a new one.
    RecreatesOnOpen breaks "P2",
    /// There is one copy: a database that was set back stays so.
    LosesTheSecondCopy breaks "P3",
    /// What was typed is said to be saved, and every other time is not.
    SavesDraftsLater breaks "P4",
    /// A parked item is dropped after a while.
    EvictsParked breaks "P5",
    /// What the server refuses counts as delivered.
    TakesRefusalForDelivery breaks "P5",
    /// Photos wait for ever.
    ForgetsPhotos breaks "P5",
    /// What a search of the whole scope did not bring is gone, whatever a read by its id says.
    TakesSilenceForGone breaks "P6",
    /// A call for help that was sent counts as one that somebody has.
    AcknowledgesItself breaks "P8",
    /// Calls for help do not outlive a crash.
    ForgetsHelp breaks "P9",
    /// A call for help waits until the sync has ended.
    HelpWaitsForTheSync breaks "P10",
    /// A request that was dropped counts as delivered.
    BelievesDrops breaks "P12",
    /// An entry that was refused inside an answer of 200 counts as taken.
    BelievesTheWhole breaks "P12",
    /// A server that failed counts as one that has done it.
    BelievesFailures breaks "P12",
    /// A page of a portal counts as an answer.
    BelievesPortals breaks "P12",
    /// What is read back and is not there counts as arrived.
    TakesAbsenceForProof breaks "P12",
    /// Half of a photo goes.
    CutsPhotos breaks "P12",
    /// A search that is refused counts as one that found nothing.
    TakesRefusalForNothing breaks "P12",
    /// Somebody at the agency corrects signed notes.
    EditsSigned breaks "P13",
    /// A signed note leaves with other words.
    RewritesSigned breaks "P13",
    /// A note arrives under another person.
    MovesNotes breaks "P14",
    /// Whoever asks for a visit believes that it has it: the second look shows what it wants to see.
    ClaimsWithoutLooking breaks "P15",
    /// The second look comes with the first.
    LooksTwiceAtOnce breaks "P15",
    /// What a CAD says again is written whole, the Task of a team too.
    WritesOverClaims breaks "P15",
    /// "Changed meanwhile" counts as done.
    Ignores412 breaks "P16",
    /// A change that met another is thrown away: the last writer wins.
    LastWriterWins breaks "P16",
    /// A change goes onto whatever is there.
    SendsWithoutIfMatch breaks "P16",
    /// What this release does not know does not go back.
    DropsWhatItDoesNotKnow breaks "P17",
    /// What was sent without an answer is sent again under a new id.
    NewIdOnResend breaks "P18",
    /// What a CAD says again is another fact.
    TakesAgainUnderANewId breaks "P18",
    /// A server that was set back is never noticed.
    MissesRollbacks breaks "P18",
    /// Whatever a search brings is taken for the newest.
    TrustsSearches breaks "P20",
    /// What one act made goes in two halves.
    SplitsActs breaks "P20",
    /// A change does not say what it was made from.
    ForgetsItsParent breaks "P20",
    /// The count of revisions begins anew.
    CountsRevisionsAnew breaks "P20",
    /// Another document in the place of the one that was asked for counts as that one.
    BelievesAnyDocument breaks "P20",
    /// What searches read is stamped with the clock of whatever answered.
    TrustsDate breaks "P20",
    /// A search goes on exactly where it ended, in a full run too.
    ReadsWithoutOverlap breaks "P20",
    /// A record that is not understood is passed by.
    PassesRecordsBy breaks "P20",
    /// Absolute references are taken for another server's.
    ComparesReferencesAsText breaks "P20",
    /// A next page that names another address is the end.
    DropsForeignLinks breaks "P20",
    /// An older word of a CAD is taken for its last.
    TakesOldWords breaks "P20",
    /// What searches read is stamped with this phone's clock.
    TrustsItsOwnClock breaks "P22",
    /// What is older than a month by this phone's clock is done with.
    ExpiresByTheClock breaks "P22",
    /// A full disk is not said.
    HidesAFullDisk breaks "P23",
    /// What a server brings that ignores what was asked is kept.
    BelievesFilters breaks "P26",
    /// What hangs on open offers is read by every team.
    ReadsAroundOffers breaks "P26",
    /// A row of the audit is taken out.
    CutsTheAudit breaks "P27",
}

/// The database of a phone, and what it was opened with.
const DATABASE: &str = "work.db";

impl Planted {
    /// The server at which it matters.
    pub fn meets(self, server: Strictness) -> Strictness {
        match self {
            Self::TakesSilenceForGone => Strictness { stale_search: true, ..server },
            Self::LooksTwiceAtOnce => Strictness { two_winners: true, ..server },
            Self::ReadsWithoutOverlap => Strictness { commits_late: true, ..server },
            Self::DropsForeignLinks => Strictness { foreign_links: true, ..server },
            _ => server,
        }
    }

    /// What of it phones still have when everything comes to rest: no run would end that begins anew after each look.
    pub fn at_rest(self) -> Self {
        if self == Self::LooksTwiceAtOnce { Self::Nothing } else { self }
    }

    /// How many offers there are when it begins.
    pub fn offers(self) -> usize {
        if self == Self::LooksTwiceAtOnce { 8 } else { 1 }
    }

    /// What members do, where that is not left to chance.
    pub fn does(self, which: usize) -> usize {
        if self == Self::LooksTwiceAtOnce { 1 } else { which }
    }

    /// Spoils a phone or the server after a step.
    pub fn spoil(self, phone: &mut Phone, server: &mut Server, step: u64, now: Instant) {
        match self {
            Self::LyingDisk => phone.disk.set(Ails { lies: true, ..phone.disk.ails() }),
            Self::EditsSigned if step.is_multiple_of(10) => {
                let note = server.all("DocumentReference").next().cloned();
                if let Some(mut document) = note.and_then(|body| Document::from_value(body).ok()) {
                    document.set("content", json!([{ "attachment": { "contentType": "text/plain", "data": "Y2hhbmdlZA==" } }]));
                    server.write(&document, now);
                }
            }
            Self::EvictsParked => {
                let Some(store) = &mut phone.store else { return };
                let parked = store.parked().unwrap_or_default().into_iter().filter(|held| held.reason != ParkReason::TakenByOther);
                parked.for_each(|held| drop_it(store, &held.intent));
            }
            Self::ExpiresByTheClock if phone.clock_off > 30 * 86_400 => {
                let Some(store) = &mut phone.store else { return };
                store.unsent().unwrap_or_default().iter().for_each(|intent| drop_it(store, intent));
            }
            Self::ReadsAroundOffers => {
                let Some(store) = &mut phone.store else { return };
                let offers = store.of_kind("Task").unwrap_or_default();
                let offers = offers.iter().filter(|task| anydoor_core::fhir::assignment::is_open_offer(task));
                let focus = offers.filter_map(|task| server.current(task.target("/focus")?));
                let _ = store.take(&anydoor_core::store::Incoming { documents: focus.collect(), read_upto: None });
            }
            Self::LastWriterWins => {
                let Some(store) = &mut phone.store else { return };
                for intent in store.unsent().unwrap_or_default() {
                    let Ok(Some(stored)) = store.stored(&intent.kind, &intent.id) else { continue };
                    if let Some(theirs) = stored.theirs {
                        let _ = store.take_theirs(intent.seq, &theirs);
                    }
                }
            }
            Self::TrustsItsOwnClock => phone.clock_off = 2 * 365 * 86_400,
            Self::LosesTheSecondCopy if step.is_multiple_of(8) => phone.earlier = phone.disk.files(),
            _ => {}
        }
    }

    /// Spoils the disk while the phone is down.
    pub fn before_opening(self, phone: &mut Phone) {
        let remove = |name: &str| drop(phone.disk.remove(&phone.disk.path(name)));
        match self {
            Self::RecreatesOnOpen => phone.disk.wipe(),
            Self::ForgetsHelp => phone.disk.files().keys().filter(|name| name.starts_with("help.")).for_each(|name| remove(name)),
            Self::LosesTheSecondCopy if !phone.earlier.is_empty() => {
                phone.disk.files().keys().filter(|name| name.starts_with("work.")).for_each(|name| remove(name));
                let earlier = std::mem::take(&mut phone.earlier);
                let database = earlier.into_iter().filter(|(name, _)| name.starts_with(DATABASE) && !name.ends_with("-shm"));
                database.for_each(|(name, bytes)| phone.disk.lay(&name, bytes));
            }
            Self::CutsTheAudit => cut_the_audit(&phone.disk.path(DATABASE)),
            _ => {}
        }
    }

    /// Commits a plan, or says so.
    pub fn commit(self, store: &mut Store, plan: &Plan) -> Result<(), StoreError> {
        match self {
            Self::LosesAWrite if plan.writes.len() > 1 => {
                let mut most = plan.clone();
                most.writes.pop();
                store.commit(&most)
            }
            Self::HidesAFullDisk => match store.commit(plan) {
                Err(StoreError::Full) => Ok(()),
                other => other,
            },
            _ => store.commit(plan),
        }
    }

    /// Whether the store is asked at all to save what was typed.
    pub fn saves(self, count: u64) -> bool {
        self != Self::SavesDraftsLater || count.is_multiple_of(2)
    }

    /// Whether a run of photos begins.
    pub fn sends_photos(self) -> bool {
        self != Self::ForgetsPhotos
    }

    /// Whether a call for help may go while a sync runs.
    pub fn sends_help(self, syncing: bool) -> bool {
        self != Self::HelpWaitsForTheSync || !syncing
    }

    /// The time by which a run decides what is due.
    pub fn due(self, now: Instant) -> Instant {
        if self == Self::LooksTwiceAtOnce { now + jiff::SignedDuration::from_secs(5) } else { now }
    }

    /// Writes at the county's side what an update must not.
    pub fn after_an_update(self, taken: &Intake, author: &Author, server: &mut Server, now: Instant) {
        let request = server.current(&format!("ServiceRequest/{}", taken.incident.id));
        match (self, request) {
            (Self::WritesOverClaims, _) => {
                let assignment = Assignment {
                    id: taken.assignment.clone(),
                    incident: taken.incident.id.clone(),
                    team: None,
                    made: now,
                    crew: Vec::new(),
                    alone: None,
                };
                let subject = anydoor_core::fhir::incident::subject(&taken.incident);
                let task = anydoor_core::fhir::assignment::write(&assignment, State::Offered, &subject, "agency");
                server.write(&author.sign(&task, None, "gateway"), now);
            }
            (Self::TakesAgainUnderANewId, _) => {
                let fact = taken.plan.writes.iter().map(|write| &write.document).find(|document| document.kind() == "Observation");
                if let Some(fact) = fact {
                    let mut again = fact.value().clone();
                    again["id"] = json!(anydoor_core::base::ids::fresh());
                    server.write(&author.sign(&Document::from_value(again).unwrap(), None, "gateway"), now);
                }
            }
            (Self::TakesOldWords, Some(request)) => {
                let mut old = request.clone();
                old.set("code", json!({ "text": "said long ago" }));
                server.write(&author.sign(&old, Some(&request), "gateway"), now);
            }
            _ => {}
        }
    }
}

/// The nearest that the store offers to dropping an item: it calls it done.
fn drop_it(store: &mut Store, intent: &Intent) {
    let (kind, id) = (intent.kind.as_str(), intent.id.as_str());
    let (incoming, source) = (Incoming::Accepted { version: Some("1") }, Source::Acknowledgement { seq: intent.seq });
    let _ = store.arrive(&[Arrival { kind, id, incoming, source }]);
}

/// Takes the row before the last out of the audit, as somebody with the key might.
fn cut_the_audit(database: &Path) {
    use rusqlite::{Connection, OpenFlags};
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(file) = Connection::open_with_flags_and_vfs(database, flags, "anydoor-sim") else { return };
    let key: String = crate::phone::KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    // Where this fails there is nothing to cut yet.
    let _ = file.execute_batch(&format!(
        "PRAGMA key = \"x'{key}'\"; DROP TRIGGER audit_never_shrinks;
         DELETE FROM audit WHERE seq = (SELECT max(seq) - 1 FROM audit) AND (SELECT count(*) FROM audit) > 2;"
    ));
}
