//! One phone: the real acts, store and sync on a disk that fails, and what its member was told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use anydoor_core::acts::escalate::Call;
use anydoor_core::acts::{Actor, Decision, Ledger, Plan, attach, escalate, respond, sign, stamp};
use anydoor_core::assignment::{AloneReason, Capture, StampKind};
use anydoor_core::base::Code;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{AssignmentId, IncidentId, MemberId, NoteId, OrganizationId, PersonId, TeamId};
use anydoor_core::delivery::{Act, Intent, IntentState, ParkReason, SearchRemark};
use anydoor_core::fhir::Document;
use anydoor_core::http::{Outcome, Request};
use anydoor_core::incident::{Place, Urgency};
use anydoor_core::note::Draft;
use anydoor_core::note::{AttachmentKind, Note, Standing};
use anydoor_core::reconcile::in_our_favour;
use anydoor_core::safety::Need;
use anydoor_core::store::disk::Disk;
use anydoor_core::store::{Escalations, Key, Store, StoreError};
use anydoor_core::sync::attachments::AttachmentRun;
use anydoor_core::sync::escalations::EscalationRun;
use anydoor_core::sync::{Engine, Next, Report as RunReport, Run, Scope};
use anydoor_tests::chance::Chance;
use anydoor_tests::disk::SimDisk;
use serde_json::json;

use crate::planted::Planted;
use crate::report::Report;

/// What the member was told is kept.
#[derive(Debug, Default)]
pub struct Told {
    /// Documents made here that never change: `Type/id` and what identifies their content.
    pub made: BTreeMap<String, String>,
    /// Words written onto shared Tasks: the words and the Task.
    pub words: Vec<(String, String)>,
    /// Words that the member gave up for somebody else's.
    pub given_up: Vec<String>,
    /// Drafts, as last said to be saved.
    pub drafts: BTreeMap<String, String>,
    /// Contents of photos, by their references.
    pub contents: BTreeMap<String, Vec<u8>>,
    /// Calls for help.
    pub help: Vec<String>,
    /// Tasks that this phone asked for, as `Task/id`.
    pub claims: BTreeSet<String>,
    /// Texts of saves that failed: each may be there or not.
    pub unclear: Vec<String>,
}

/// One phone.
pub struct Phone {
    pub name: String,
    pub disk: SimDisk,
    pub store: Option<Store>,
    pub lane_store: Option<Escalations>,
    pub engine: Option<Engine>,
    pub pending: Option<Request>,
    pub lane: Option<EscalationRun>,
    pub lane_pending: Option<Request>,
    pub attaching: Option<AttachmentRun>,
    pub attaching_pending: Option<Request>,
    pub told: Told,
    pub team: TeamId,
    pub member: MemberId,
    /// How wrong its clock is, in seconds.
    pub clock_off: i64,
    /// What acts wrote since this was last taken: each document as it is stored, and whether it is new.
    pub accepted: Vec<Vec<(Document, bool)>>,
    /// Whether the run that is under way re-checks the whole scope.
    pub full: bool,
    /// The types of which the server refused a search in this run.
    pub refused: BTreeSet<String>,
    /// The files of an earlier moment, for a bug that is planted on them.
    pub earlier: BTreeMap<String, Vec<u8>>,
    pub planted: Planted,
    agency: OrganizationId,
    count: u64,
}

/// What was written, with the revision that storing it gave it.
fn signed_like(written: &Document, shown: &Document) -> Document {
    let mut signed = written.clone();
    signed.set("extension", shown.at("/extension").cloned().unwrap_or_default());
    signed
}

/// The most phones that a seed has.
pub const MOST_PHONES: usize = 6;

/// The files of a phone, by their names.
type Files = Vec<(String, Vec<u8>)>;

/// The files of phones that were opened once, by index.
fn newborn() -> &'static [Files] {
    static NEWBORN: OnceLock<Vec<Files>> = OnceLock::new();
    NEWBORN.get_or_init(|| {
        // In a thread of its own: what it draws is the same in every run, and is nobody's seed.
        let make = || {
            crate::world::draw_from(0);
            (0..MOST_PHONES).map(|index| Phone::unborn(index, TeamId::derived("")).born().into_files()).collect()
        };
        std::thread::spawn(make).join().unwrap()
    })
}

/// The key of every phone.
pub const KEY: [u8; 32] = [3; 32];

fn key() -> Key {
    Key::new(&KEY).unwrap()
}

impl Phone {
    pub fn new(index: usize, team: TeamId, planted: Planted) -> Self {
        let phone = Self { planted, ..Self::unborn(index, team) };
        // A phone as it left its first opening, which each index has once: its writer's name is its own.
        for (name, bytes) in &newborn()[index] {
            phone.disk.lay(name, bytes.clone());
        }
        phone.born()
    }

    fn born(mut self) -> Self {
        self.open().unwrap();
        self
    }

    fn unborn(index: usize, team: TeamId) -> Self {
        Self {
            name: format!("phone{index}"),
            disk: SimDisk::new(),
            store: None,
            lane_store: None,
            engine: None,
            pending: None,
            lane: None,
            lane_pending: None,
            attaching: None,
            attaching_pending: None,
            told: Told::default(),
            team,
            member: MemberId::derived(&format!("member {index}")),
            clock_off: 0,
            accepted: Vec::new(),
            full: false,
            refused: BTreeSet::new(),
            earlier: BTreeMap::new(),
            planted: Planted::Nothing,
            agency: OrganizationId::derived("agency"),
            count: 0,
        }
    }

    /// Closes both files for good, and returns them.
    fn into_files(mut self) -> Files {
        self.store.take().unwrap().close().unwrap();
        self.stop();
        let files = self.disk.files().into_iter().collect();
        self.disk.forget();
        files
    }

    /// Opens both files. Returns how many saves were rolled forward.
    pub fn open(&mut self) -> Result<u32, StoreError> {
        let shared: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let store = Store::open_on(&shared, &self.disk.path("work.db"), &key(), self.agency.as_str())?;
        let rolled = store.opening().rolled_forward;
        assert!(store.opening().moved_aside.is_empty(), "{}: {:?}", self.name, store.opening());
        self.lane_store = Some(Escalations::open_on(&shared, &self.disk.path("help.db"), &key()));
        self.store = Some(store);
        Ok(rolled)
    }

    /// The process is gone, with everything that it had in memory.
    pub fn stop(&mut self) {
        self.let_go_of_runs();
        (self.store, self.lane_store) = (None, None);
    }

    /// Every run that was under way is over.
    pub fn let_go_of_runs(&mut self) {
        (self.engine, self.pending, self.lane, self.lane_pending) = (None, None, None, None);
        (self.attaching, self.attaching_pending) = (None, None);
        self.refused.clear();
    }

    pub fn now(&self, world: Instant) -> Instant {
        world.checked_add(jiff::SignedDuration::from_secs(self.clock_off)).unwrap_or(world)
    }

    pub fn actor(&self, world: Instant) -> Actor {
        Actor::new(
            self.member.clone(),
            self.team.clone(),
            self.agency.clone(),
            self.store.as_ref().map(Store::writer).unwrap_or_default(),
            self.now(world),
        )
    }

    fn texts(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what} {} of {}", self.count, self.name)
    }

    /// Commits, and notes what the member was told. `made` are the documents that never change, `text` what marks them.
    fn commit(&mut self, plan: &Plan, text: &str) -> Result<bool, StoreError> {
        let Some(store) = &mut self.store else { return Ok(false) };
        match self.planted.commit(store, plan) {
            Ok(()) => {
                let mut written = Vec::new();
                for write in &plan.writes {
                    let reference = write.document.reference();
                    // Read your writes.
                    let shown = store.document(write.document.kind(), write.document.id())?;
                    let shown = shown.unwrap_or_else(|| panic!("{}: {reference} was accepted and is not there", self.name));
                    // Read your writes: what was written is what is shown.
                    let differs = shown.first_difference(&signed_like(&write.document, &shown));
                    assert_eq!(differs, None, "{}: {reference} is not what was written", self.name);
                    written.push((shown, write.act == Act::Create));
                    if matches!(write.document.kind(), "DocumentReference" | "Provenance") {
                        self.told.made.insert(reference, text.to_owned());
                    }
                }
                self.accepted.push(written);
                Ok(true)
            }
            Err(error) => {
                self.told.unclear.push(text.to_owned());
                Err(error)
            }
        }
    }

    pub fn on_view(&mut self, world: Instant) -> Result<bool, StoreError> {
        let text = self.texts("incident");
        let said = respond::OnView {
            headline: text.clone(),
            urgency: Urgency::Urgent,
            place: Place::default(),
            description: None,
            crew: vec![self.member.clone()],
            alone: Some(AloneReason::NobodyElse),
        };
        let started = respond::on_view(said, &self.actor(world)).unwrap();
        if self.commit(&started.plan, &text)? {
            for write in &started.plan.writes {
                self.told.made.entry(write.document.reference()).or_default();
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn tasks(&self) -> Vec<Document> {
        let all = self.store.as_ref().map(|store| store.of_kind("Task").unwrap_or_default()).unwrap_or_default();
        all.into_iter().filter(anydoor_core::fhir::assignment::is_assignment).collect()
    }

    fn own_task(&self, chance: &mut Chance) -> Option<Document> {
        let mine = format!("CareTeam/{}", self.team);
        let own: Vec<Document> = self.tasks().into_iter().filter(|task| task.text("/owner/reference") == Some(&mine)).collect();
        chance.pick(&own).cloned()
    }

    pub fn claim(&mut self, world: Instant, chance: &mut Chance) -> Result<bool, StoreError> {
        let open: Vec<Document> = self.tasks().into_iter().filter(|task| task.at("/owner").is_none()).collect();
        let Some(task) = chance.pick(&open) else { return Ok(false) };
        let (Some(store), Ok(id)) = (&self.store, AssignmentId::parse(task.id())) else { return Ok(false) };
        let going = respond::Going { crew: vec![self.member.clone()], alone: Some(AloneReason::NobodyElse) };
        match respond::claim(store, &id, going, &self.actor(world)) {
            Ok(plan) => {
                let kept = self.commit(&plan, "")?;
                self.told.claims.extend(kept.then(|| task.reference()));
                Ok(kept)
            }
            Err(_) => Ok(false),
        }
    }

    pub fn tap(&mut self, world: Instant, chance: &mut Chance) -> Result<bool, StoreError> {
        let Some(task) = self.own_task(chance) else { return Ok(false) };
        let (Some(store), Ok(id)) = (&self.store, AssignmentId::parse(task.id())) else { return Ok(false) };
        let Some(kind) = StampKind::from_code(chance.pick(&["en-route", "on-scene", "contact", "clear"]).unwrap_or(&"en-route")) else {
            return Ok(false);
        };
        match stamp::tap(store, &id, kind, Capture::Tap, &self.actor(world)) {
            Ok(plan) => self.commit(&plan, kind.code()),
            Err(_) => Ok(false),
        }
    }

    /// Writes words onto a shared Task, as two of a crew may do at once.
    pub fn edit(&mut self, world: Instant, chance: &mut Chance) -> Result<bool, StoreError> {
        let Some(mut task) = self.own_task(chance) else { return Ok(false) };
        let text = self.texts("words");
        task.set("description", json!(text));
        let actor = self.actor(world);
        let reference = task.reference();
        let plan = Plan::new("edit", &actor.member, actor.now, task.id()).change(task);
        let done = self.commit(&plan, &text)?;
        if done {
            self.told.words.push((text, reference));
        }
        Ok(done)
    }

    fn note(&self, id: &str, text: &str, world: Instant) -> Note {
        Note {
            id: NoteId::derived(&format!("{} {id}", self.name)),
            incident: IncidentId::derived("case"),
            person: PersonId::derived("person"),
            author: self.member.clone(),
            standing: Standing::Draft,
            at: self.now(world),
            text: text.to_owned(),
        }
    }

    pub fn save_draft(&mut self, world: Instant, chance: &mut Chance) -> Result<bool, StoreError> {
        let (text, which) = (self.texts("draft"), chance.below(2).to_string());
        let note = self.note(&which, &text, world);
        let draft = Draft::of(note);
        let Some(store) = &mut self.store else { return Ok(false) };
        let saved = if self.planted.saves(self.count) { store.save_draft(&draft) } else { Ok(()) };
        match saved {
            Ok(()) => {
                self.told.drafts.insert(draft.id.to_string(), text);
                Ok(true)
            }
            Err(error) => {
                self.told.unclear.push(text);
                Err(error)
            }
        }
    }

    /// The visit that notes and photos belong to.
    fn lane(&self) -> AssignmentId {
        let first = self.tasks().first().and_then(|task| AssignmentId::parse(task.id()).ok());
        first.unwrap_or_else(|| AssignmentId::derived("none"))
    }

    pub fn sign(&mut self, world: Instant) -> Result<bool, StoreError> {
        let text = self.texts("note");
        let note = self.note(&text, &text, world);
        let lane = self.lane();
        let Some(store) = &self.store else { return Ok(false) };
        let Ok((plan, _)) = sign::sign(store, &Draft::of(note), &lane, &self.actor(world)) else { return Ok(false) };
        self.commit(&plan, &text)
    }

    pub fn take_photo(&mut self, world: Instant) -> Result<bool, StoreError> {
        let (text, actor) = (self.texts("photo"), self.actor(world));
        let content = text.repeat(40).into_bytes();
        let taken = attach::Capture {
            kind: AttachmentKind::Photo,
            content_type: "image/png",
            content: &content,
            incident: IncidentId::derived("case"),
            person: PersonId::derived("person"),
        };
        let (plan, attachment) = attach::attach(taken, &self.lane(), &actor).unwrap();
        let Some(store) = &self.store else { return Ok(false) };
        store.keep_attachment(&attachment.content_id(), &content)?;
        let done = self.commit(&plan, &text)?;
        if done {
            self.told.contents.insert(format!("Binary/{}", attachment.content_id()), content);
        }
        Ok(done)
    }

    pub fn ask_for_help(&mut self, world: Instant, chance: &mut Chance) -> bool {
        let Some(task) = self.own_task(chance) else { return false };
        let Ok(id) = AssignmentId::parse(task.id()) else { return false };
        let psap = OrganizationId::derived("psap");
        let call = Call { assignment: Some(id), need: Need::ALL[0], silent: false, phone: None, callback: "+1".into(), psap };
        let (_, document) = escalate::escalate(call, None, &self.actor(world));
        let kept = self.lane_store.as_mut().is_some_and(|file| file.keep(&document, None).is_ok());
        if kept {
            self.told.help.push(document.reference());
        }
        kept
    }

    /// The next request of a sync run, begun where none runs.
    pub fn next_request(&mut self, world: Instant, full: bool) -> Result<Option<Request>, StoreError> {
        let now = self.now(world);
        let Some(store) = &mut self.store else { return Ok(None) };
        if self.pending.is_none() {
            let team = Some(self.team.clone());
            if self.engine.is_none() {
                self.full = full;
            }
            let engine = self.engine.get_or_insert_with(|| Engine::new(Scope { team, full }));
            match engine.next(store, self.planted.due(now))? {
                Next::Send(request) => self.pending = Some(request),
                Next::Done(report) => {
                    self.engine = None;
                    self.says_what_was_refused(&report);
                }
            }
        }
        Ok(self.pending.clone())
    }

    /// A refused search is never an empty one (P12).
    fn says_what_was_refused(&mut self, report: &RunReport) {
        for kind in std::mem::take(&mut self.refused) {
            let of_tasks = ["open offers", "escalations of the team"];
            let of_kind = |search: &str| search.starts_with(&kind) || kind == "Task" && of_tasks.contains(&search);
            let said = report.remarks.iter().any(|remark| remark.what == SearchRemark::Refused && of_kind(&remark.search));
            assert!(said || report.stop.is_some(), "{}: a search for {kind} was refused, and the run says nothing of it", self.name);
        }
    }

    pub fn hear(&mut self, outcome: Outcome, world: Instant) -> Result<(), StoreError> {
        let now = self.now(world);
        self.pending = None;
        let (Some(store), Some(engine)) = (&mut self.store, &mut self.engine) else { return Ok(()) };
        engine.hear(store, outcome, now)?;
        if self.planted == Planted::LooksTwiceAtOnce {
            let again = now + jiff::SignedDuration::from_secs(5);
            let just_now = |intent: &Intent| intent.state == IntentState::Asked && intent.not_before == Some(again);
            if store.unsent()?.iter().any(just_now) {
                self.engine = None;
            }
        }
        Ok(())
    }

    /// The same for the run of escalations.
    pub fn next_help(&mut self, world: Instant) -> Result<Option<Request>, StoreError> {
        let now = self.now(world);
        let syncing = self.engine.is_some();
        let Some(store) = &mut self.lane_store else { return Ok(None) };
        if !self.planted.sends_help(syncing) {
            return Ok(None);
        }
        if self.lane.is_none() {
            self.lane = Some(EscalationRun::new(store));
        }
        if self.lane_pending.is_none()
            && let Some(lane) = &mut self.lane
        {
            self.lane_pending = lane.next(store, now)?;
            if self.lane_pending.is_none() {
                self.lane = None;
            }
        }
        Ok(self.lane_pending.clone())
    }

    pub fn hear_help(&mut self, outcome: Outcome, world: Instant) -> Result<(), StoreError> {
        let now = self.now(world);
        self.lane_pending = None;
        match (&mut self.lane_store, &mut self.lane) {
            (Some(store), Some(lane)) => lane.hear(store, outcome, now),
            _ => Ok(()),
        }
    }

    /// The same for the run of attachments.
    pub fn next_attachment(&mut self, world: Instant) -> Result<Option<Request>, StoreError> {
        let now = self.now(world);
        let Some(store) = &mut self.store else { return Ok(None) };
        if !self.planted.sends_photos() {
            return Ok(None);
        }
        if self.attaching_pending.is_none() {
            let lane = match &mut self.attaching {
                Some(lane) => lane,
                None => self.attaching.insert(AttachmentRun::new(store)?),
            };
            self.attaching_pending = lane.next(store, now)?;
            if self.attaching_pending.is_none() {
                self.attaching = None;
            }
        }
        Ok(self.attaching_pending.clone())
    }

    pub fn hear_attachment(&mut self, outcome: Outcome, world: Instant) -> Result<(), StoreError> {
        let now = self.now(world);
        self.attaching_pending = None;
        match (&mut self.store, &mut self.attaching) {
            (Some(store), Some(lane)) => lane.hear(store, outcome, now),
            _ => Ok(()),
        }
    }

    /// The member looks at what needs them, and decides. Returns whether anything was decided.
    pub fn decide(&mut self, chance: &mut Chance, report: &mut Report, said: &mut Vec<String>) -> Result<bool, StoreError> {
        let member = self.member.clone();
        let decided_by = |name, seq, decision| Plan::new(name, &member, Instant::UNIX_EPOCH, "").deciding(seq, decision);
        let Some(store) = &mut self.store else { return Ok(false) };
        let mut decided = false;
        for held in store.parked()? {
            let (kind, id, seq) = (&held.intent.kind, &held.intent.id, held.intent.seq);
            report.path(&format!("parked {}", held.reason.code()));
            said.push(format!("{} decides on {kind}/{id} {:?}: {}", self.name, held.intent.act, held.reason.code()));
            match held.reason {
                ParkReason::TakenByOther => {
                    // What was written on the strength of the claim is shown with it.
                    let ours = store.sent(seq)?.and_then(|ours| ours.text("/description").map(str::to_owned));
                    self.told.given_up.extend(ours);
                    decided |= store.commit(&decided_by("seen lost claim", seq, Decision::SeenLost)).is_ok();
                }
                ParkReason::ChangedElsewhere => {
                    let Some(stored) = store.stored(kind, id)? else { continue };
                    let Some(theirs) = stored.theirs.clone() else {
                        store.commit(&decided_by("retry", seq, Decision::Retry))?;
                        decided = true;
                        continue;
                    };
                    let base = stored.base.clone().unwrap_or_else(|| Document::new(kind, id));
                    // Both versions whole (P16).
                    if let Some(ours) = stored.document.text("/description")
                        && base.text("/description") != Some(ours)
                        && theirs.text("/description") != Some(ours)
                        && chance.one_in(2)
                    {
                        self.told.given_up.push(ours.to_owned());
                        store.commit(&decided_by("keep theirs", seq, Decision::KeepTheirs { theirs }))?;
                        report.path("person took theirs");
                    } else {
                        let merged = in_our_favour(&base, &stored.document, &theirs);
                        if theirs.at("/owner").is_some() && theirs.target("/owner") != merged.target("/owner") {
                            // Not held yet (docs/reliability.md): a person who keeps ours takes the visit from its team.
                            self.told.claims.remove(&held.intent.reference());
                        }
                        store.commit(&decided_by("keep ours", seq, Decision::KeepOurs { merged, theirs }))?;
                        report.path("person kept ours");
                    }
                    decided = true;
                }
                _ => {
                    store.commit(&decided_by("retry", seq, Decision::Retry))?;
                    decided = true;
                }
            }
        }
        Ok(decided)
    }
}
