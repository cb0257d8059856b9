//! Every kind of file that a phone has, as a phone of schema 3 left it, opened by today's release: `golden/schema-3`. Each
//! says what it said. `make_the_files` wrote them once; they are kept for ever.

use std::io::{Read, Write};
use std::sync::Arc;

use anydoor_core::base::clock::Moment;
use anydoor_core::base::ids::{AssignmentId, AttachmentId, EscalationId};
use anydoor_core::base::{Code, Position};
use anydoor_core::delivery::IntentState;
use anydoor_core::delivery::WipeReason;
use anydoor_core::fhir;
use anydoor_core::note::DraftBody;
use anydoor_core::note::{Attachment, AttachmentKind};
use anydoor_core::safety::{Acknowledgement, Ending, Escalation, Need, Prepared};
use anydoor_core::store::disk::{Disk, RealDisk};
use anydoor_core::store::keys::KeyFile;
use anydoor_core::store::{Escalations, Opening, StoreError, file_name, unsent_of_others};
use anydoor_tests::disk::{Ails, SimDisk};
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use serde_json::Value;

use super::*;

/// An agency's recovery key pair, made for these files and for nothing else.
const PRIVATE: &str = "0848eb57ab1fb83f54634d910a59fa3111dd16a1eb26585dfa4c51d7ede96578";
const PUBLIC: &str = "757d52d7b940c36c61f6f09e99792271a36785267d16605c322c833607046c00";
/// The work key, as a phone's key store might have wrapped it: opaque to the core.
const WRAPPED: &[u8] = b"wrapped by the key store";

/// The head of the calls' chain: it holds the Tasks' texts, the names of what came of them, and their order.
const CHAIN_HEAD: &str = "e8ddc7b525a63e4a73e4ff8e6dd2b637740bbcd753bd66c69acb686e09140bcf";

/// The word that the work key gives for a wipe: a phone that is asked for it years later must find the same.
const WIPE_PROOF: &str = "eff110e239d7245bc69d0d6986033504aa72a249a14dbe8fc61faee0375bc278";

/// Outbox rows and drafts in the database, and its revisions.
const UNSENT_AT_REST: u32 = 11;
const COUNTER_AT_REST: u64 = 9;
/// Acts and drafts that the journal holds and a person was not told were lost; and the documents and drafts that all its
/// frames count together.
const FRAMES: u32 = 8;
const ITEMS: u32 = 17;

/// The journal is allocated ahead in zeros, which a repository need not hold.
const JOURNAL: &str = "work.journal";

fn work_key() -> Key {
    Key::new(&KEY).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn files() -> PathBuf {
    folder().join("schema-3")
}

fn frozen(name: &str) -> Vec<u8> {
    let mut read = Vec::new();
    match name {
        JOURNAL => drop(GzDecoder::new(std::fs::File::open(files().join("work.journal.gz")).unwrap()).read_to_end(&mut read).unwrap()),
        _ => read = std::fs::read(files().join(name)).unwrap_or_else(|e| panic!("{name}: {e}")),
    }
    read
}

/// A phone's folder with copies of these files.
struct Copies(tempfile::TempDir);

impl Copies {
    fn of(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::write(folder.path().join(name), frozen(name)).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn open(&self) -> Store {
        Store::open(&self.path("work.db"), &work_key(), "agency").unwrap()
    }

    fn escalations(&self) -> Escalations {
        Escalations::open(&self.path("work.db"), &work_key())
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Turns over bits from a place on.
    fn damage(&self, name: &str, from: usize, length: usize) {
        let mut bytes = std::fs::read(self.path(name)).unwrap();
        bytes[from..from + length].iter_mut().for_each(|byte| *byte ^= 0xff);
        std::fs::write(self.path(name), bytes).unwrap();
    }
}

fn content() -> Vec<u8> {
    // Two pieces: a whole one of 64 KiB, and the rest.
    (0..65_636_u32).map(|at| (at % 251) as u8).collect()
}

fn attachment() -> Attachment {
    let about = (IncidentId::derived("golden"), PersonId::derived("golden"), actor().member);
    let made = Attachment::of(&content(), AttachmentKind::Photo, "image/jpeg", about, actor().now).unwrap();
    Attachment { id: AttachmentId::derived("golden"), ..made }
}

fn attachment_files() -> [String; 2] {
    let id = attachment().content_id();
    [format!("work.attachment-{id}"), format!("work.attachment-{id}-copy")]
}

fn draft(name: &str, text: &str) -> Draft {
    Draft {
        id: NoteId::derived(name),
        incident: IncidentId::derived("golden"),
        person: PersonId::derived("golden"),
        author: actor().member,
        body: DraftBody::Text(text.into()),
        changed: actor().now,
    }
}

fn task(id: &str, version: &str, description: &str) -> Document {
    let mut task = Document::new("Task", id);
    task.set("meta", json!({ "versionId": version })).set("status", json!("requested")).set("description", json!(description));
    task
}

/// One act that makes, changes and claims.
fn many(store: &Store) -> Plan {
    let described = |id: &str| {
        let mut ours = store.document("Task", id).unwrap().unwrap();
        ours.set("description", json!("ours"));
        ours
    };
    let plan = Plan::new("golden", &actor().member, actor().now, "lane").create(Document::new("Basic", "made"));
    plan.change(described("moved")).claim(described("open"))
}

fn frames(journal: &[u8]) -> Vec<usize> {
    (64..journal.len()).step_by(32).filter(|at| journal[*at..].starts_with(b"ANYF")).collect()
}

fn escalation(name: &str) -> Escalation {
    Escalation {
        id: EscalationId::derived(name),
        assignment: Some(AssignmentId::derived("golden")),
        team: actor().team,
        by: actor().member,
        psap: OrganizationId::derived("psap"),
        need: Need::Police,
        silent: false,
        phone: None,
        place: Place { address: Some("12 Long Lane".into()), ..Place::default() },
        callback: "+1-555-0100".into(),
        number: "0042".into(),
        at: actor().now,
    }
}

fn acknowledgement() -> Acknowledgement {
    Acknowledgement { who: "desk 4".into(), at: actor().now, channel: "fhir".into() }
}

fn moment() -> Moment {
    Moment { boot: Some("a boot".into()), since_boot_ms: 90_000 }
}

/// One of each that an escalation can be.
fn call_for_help(file: &mut Escalations) {
    for name in ["unsent", "unknown", "arrived", "acknowledged"] {
        file.keep(&fhir::escalation::write(&escalation(name)), Some(&moment())).unwrap();
    }
    let id = |name: &str| escalation(name).id.to_string();
    file.mark_unknown(&id("unknown")).unwrap();
    file.arrived(&id("arrived"), "1").unwrap();
    file.arrived(&id("acknowledged"), "1").unwrap();
    let mut heard = fhir::escalation::write(&escalation("acknowledged"));
    fhir::escalation::acknowledge(&mut heard, &acknowledgement(), "accepted");
    heard.set("meta", json!({ "versionId": "2" }));
    file.heard(&heard).unwrap();
    file.refused(&id("unsent"), 422).unwrap();
    file.cancel(&id("unsent"), &ending()).unwrap();
    file.prepare(&prepared()).unwrap();
    file.set_patience(std::time::Duration::from_secs(90)).unwrap();
}

fn ending() -> Ending {
    Ending { who: "Ana Ruiz".into(), at: actor().now }
}

fn prepared() -> Prepared {
    let place = Place { address: Some("12 Long Lane".into()), position: Position::new(40.1, -75.3).ok(), ..Place::default() };
    Prepared { assignment: AssignmentId::derived("golden"), psap: Some(OrganizationId::derived("psap")), place }
}

/// The disk of a phone on which everything is kept and closed.
fn at_rest() -> SimDisk {
    let disk = SimDisk::new();
    let (shared, path): (Arc<dyn Disk>, _) = (Arc::new(disk.clone()), disk.path("work.db"));
    KeyFile::new(&work_key(), WRAPPED, &bytes(PUBLIC)).unwrap().write(&disk, &path).unwrap();
    let mut store = Store::open_on(&shared, &path, &work_key(), "agency").unwrap();
    fill(&mut store);
    let theirs = vec![task("moved", "3", "theirs"), task("open", "4", "theirs")];
    store.take(&Incoming { documents: theirs, read_upto: None }).unwrap();
    store.keep_attachment(&attachment().content_id(), &content()).unwrap();
    store.commit(&actor().plan("attach", "lane").create_all(anydoor_core::fhir::attachment::write(&attachment()))).unwrap();
    store.close().unwrap();
    disk
}

/// A journal that is ahead of that phone's database: an act, a draft, an act that was taken back, and a draft whose frame
/// was torn.
fn journal_ahead(rest: &SimDisk) -> Vec<u8> {
    for operation in 0..500 {
        let disk = SimDisk::new();
        rest.files().into_iter().for_each(|(name, bytes)| disk.lay(&name, bytes));
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let mut store = Store::open_on(&shared, &disk.path("work.db"), &work_key(), "agency").unwrap();
        store.commit(&many(&store)).unwrap();
        store.save_draft(&draft("later", "and then she")).unwrap();
        let before = frames(&disk.files()[JOURNAL]).len();
        disk.set(Ails { fails_at: Some(disk.operations() + operation), ..Ails::default() });
        let never = Plan::new("never", &actor().member, actor().now, "lane").create(Document::new("Basic", "never"));
        let refused = matches!(store.commit(&never), Err(error) if !matches!(error, StoreError::MaybeKept));
        disk.set(Ails::default());
        // The act's frame, and the one that takes it back.
        if !refused || frames(&disk.files()[JOURNAL]).len() != before + 2 {
            continue;
        }
        store.save_draft(&draft("torn", "half a frame")).unwrap();
        let mut journal = disk.files().remove(JOURNAL).unwrap();
        let last = frames(&journal).pop().unwrap();
        journal[last + 64..].fill(0);
        return journal;
    }
    panic!("no operation whose failure takes an act back");
}

#[test]
#[ignore = "writes the golden files; they are written once"]
fn make_the_files() {
    assert!(!files().exists(), "a golden file is never written again");
    std::fs::create_dir_all(files()).unwrap();
    let keep = |name: &str, bytes: &[u8]| std::fs::write(files().join(name), bytes).unwrap();
    let rest = at_rest();
    let mut zipped = GzEncoder::new(Vec::new(), flate2::Compression::best());
    zipped.write_all(&journal_ahead(&rest)).unwrap();
    keep("work.journal.gz", &zipped.finish().unwrap());
    for (name, bytes) in rest.files().iter().filter(|(name, _)| *name != JOURNAL && !name.ends_with("-wal")) {
        keep(name, bytes);
    }
    // The wipe of the same database, once begun and once ended.
    let shared: Arc<dyn Disk> = Arc::new(rest.clone());
    let store = Store::open_on(&shared, &rest.path("work.db"), &work_key(), "agency").unwrap();
    let destroyed = store.unsent_and_drafts().unwrap();
    let wipe = store.name_wipe(destroyed, WipeReason::LeftAgency, actor().member.as_str(), actor().now).unwrap();
    drop(store);
    keep("work.wiping", &rest.files()["work.wiping"]);
    wipe.finish(shared.as_ref()).unwrap();
    keep("work.wiped", &rest.files()["work.wiped"]);
}

#[test]
#[ignore = "writes the golden file of calls; it is written once"]
fn make_the_calls() {
    let (golden, folder) = (files().join("work.calls-1.gz"), tempfile::tempdir().unwrap());
    assert!(!golden.exists(), "a golden file is never written again");
    let mut file = Escalations::open(&folder.path().join("work.db"), &work_key());
    call_for_help(&mut file);
    drop(file);
    let mut zipped = GzEncoder::new(Vec::new(), flate2::Compression::best());
    zipped.write_all(&std::fs::read(folder.path().join("work.calls-1")).unwrap()).unwrap();
    std::fs::write(golden, zipped.finish().unwrap()).unwrap();
}

fn drafts(store: &Store) -> Vec<String> {
    let mut texts: Vec<String> = store.drafts().unwrap().into_iter().map(|draft| draft.body.text().to_owned()).collect();
    texts.sort();
    texts
}

fn state_of(store: &Store, reference: &str) -> Option<(String, IntentState)> {
    let found = store.unsent().unwrap().into_iter().find(|intent| format!("{}/{}", intent.kind, intent.id) == reference)?;
    Some((found.act.code().to_owned(), found.state))
}

fn described(document: Option<&Document>) -> Option<&str> {
    document?.text("/description")
}

#[test]
fn a_database_of_today_says_what_it_said() {
    let copies = Copies::of(&["work.db"]);
    let store = copies.open();
    assert_eq!(store.opening(), &Opening::default());
    everything_is_there(&store, 3);
    assert_eq!(drafts(&store), ["half a sen"]);
    assert_eq!(store.unsent_and_drafts().unwrap(), UNSENT_AT_REST);
    let moved = store.stored("Task", "moved").unwrap().unwrap();
    assert_eq!((moved.version.as_deref(), moved.base, described(Some(&moved.document))), (Some("3"), None, Some("theirs")));
    assert_eq!(store.audit_rows("attach").unwrap(), [fhir::attachment::write(&attachment())[0].reference()]);
    assert_eq!(state_of(&store, "Task/offer"), Some(("claim".into(), IntentState::Waiting)));
    // The next act goes on with the chain, the counter and the writer that are there.
    let (writer, mut store) = (store.writer().to_owned(), store);
    store.commit(&many(&store)).unwrap();
    assert_eq!(store.first_break_in_audit().unwrap(), None);
    let revision = fhir::Revision::of(&store.document("Basic", "made").unwrap().unwrap()).unwrap();
    assert_eq!((revision.writer, revision.counter), (writer, COUNTER_AT_REST + 1));
}

/// What the journal says beyond the database.
fn is_rolled_forward(store: &Store) {
    let moved = store.stored("Task", "moved").unwrap().unwrap();
    assert_eq!(described(Some(&moved.document)), Some("ours"));
    assert_eq!((described(moved.base.as_ref()), moved.version.as_deref()), (Some("theirs"), Some("3")));
    let open = store.stored("Task", "open").unwrap().unwrap();
    assert_eq!(
        (described(Some(&open.document)), described(open.base.as_ref()), open.version.as_deref()),
        (Some("ours"), Some("theirs"), Some("4"))
    );
    // Whether it went is not known: it is looked for before it goes.
    for (reference, act) in [("Basic/made", "create"), ("Task/moved", "change"), ("Task/open", "claim")] {
        assert_eq!(state_of(store, reference), Some((act.into(), IntentState::Unknown)), "{reference}");
    }
    assert_eq!(drafts(store), ["and then she", "half a sen"], "and no torn one");
    assert_eq!(store.document("Basic", "never").unwrap(), None, "the person was told that it was not kept");
    assert_eq!((store.audit_rows("golden").unwrap(), store.audit_rows("never").unwrap()), (vec!["Basic/made".to_owned()], vec![]));
    assert_eq!(store.first_break_in_audit().unwrap(), None);
}

#[test]
fn a_journal_of_today_is_rolled_forward_into_the_database_that_is_behind_it() {
    let copies = Copies::of(&["work.db", JOURNAL]);
    let store = copies.open();
    assert_eq!(store.opening(), &Opening { rolled_forward: 2, ..Opening::default() }, "one act and one draft");
    is_rolled_forward(&store);
    store.close().unwrap();
    // Once.
    let store = copies.open();
    assert_eq!(store.opening(), &Opening::default());
    is_rolled_forward(&store);
}

#[test]
fn a_journal_of_today_brings_back_all_unsent_work_alone() {
    let copies = Copies::of(&[JOURNAL]);
    let store = copies.open();
    assert_eq!(store.opening(), &Opening { rolled_forward: FRAMES, ..Opening::default() });
    is_rolled_forward(&store);
    assert_eq!(store.unsent_and_drafts().unwrap(), UNSENT_AT_REST + 4, "three documents and one draft more");
    // A person's decision on what was parked is asked for again by the server, not by the journal.
    let changed = store.stored("Task", "changed").unwrap().unwrap();
    assert_eq!((described(Some(&changed.document)), changed.version.as_deref()), (Some("ours"), Some("1")));
}

#[test]
fn a_journal_of_today_tells_without_its_key_how_much_it_holds() {
    let copies = Copies::of(&[JOURNAL]);
    assert_eq!(unsent_of_others(&RealDisk, &copies.path("other.db")).unwrap(), ITEMS);
    assert_eq!(unsent_of_others(&RealDisk, &copies.path("work.db")).unwrap(), 0);
}

#[test]
fn a_frame_of_today_that_is_damaged_costs_itself() {
    let copies = Copies::of(&["work.db", JOURNAL]);
    let all = frames(&frozen(JOURNAL));
    // The first of those that the database does not have.
    copies.damage(JOURNAL, all[all.len() - 5] + 40, 4);
    let store = copies.open();
    assert_eq!(store.opening(), &Opening { rolled_forward: 1, damaged_frames: 1, ..Opening::default() });
    assert_eq!((state_of(&store, "Basic/made"), drafts(&store)), (None, vec!["and then she".into(), "half a sen".into()]));
}

#[test]
fn a_database_of_today_that_does_not_read_is_salvaged_where_journal_or_key_file_knows_the_key() {
    for beside in [vec!["work.db", JOURNAL], vec!["work.db", JOURNAL, "work.key"]] {
        let copies = Copies::of(&beside);
        copies.damage("work.db", 0, 4096);
        let store = copies.open();
        assert_eq!((store.opening().moved_aside.as_slice(), store.opening().salvaged), (&["work.db.damaged-1".to_owned()][..], FRAMES));
        is_rolled_forward(&store);
    }
    let copies = Copies::of(&["work.db"]);
    copies.damage("work.db", 0, 4096);
    assert!(matches!(Store::open(&copies.path("work.db"), &work_key(), "agency"), Err(StoreError::KeyOrFile)));
    assert_eq!(copies.names(), ["work.db", "work.lock"]);
}

/// The calls of an earlier release's file, in the order in which they were made there.
const NAMES: [&str; 4] = ["unsent", "unknown", "arrived", "acknowledged"];

#[test]
fn the_escalations_of_the_earlier_file_stand_where_they_stood() {
    let copies = Copies::of(&["work.escalations", "work.escalations-key"]);
    for opened in 0..2 {
        let file = copies.escalations();
        let all = file.all();
        let stands: Vec<(Option<&str>, bool)> = all.iter().map(|row| (row.version.as_deref(), row.unknown)).collect();
        assert_eq!(stands, [(None, false), (None, true), (Some("1"), false), (Some("2"), false)], "opened {opened} times before");
        assert_eq!(all.iter().map(|row| fhir::escalation::read(&row.task).unwrap()).collect::<Vec<_>>(), NAMES.map(escalation));
        assert_eq!(
            all.iter().map(|row| fhir::escalation::acknowledgement(&row.task)).collect::<Vec<_>>(),
            [None, None, None, Some(acknowledgement())]
        );
        assert_eq!(file.unsent(), all[..2]);
        assert_eq!((file.first_break(), file.opening().salvaged), (None, 0));
    }
    // It is kept as it was, under another name.
    assert_eq!(std::fs::read(copies.path("work.escalations.damaged-1")).unwrap(), frozen("work.escalations"));
}

#[test]
fn the_key_of_an_earlier_escalations_file_is_known_where_the_file_does_not_read() {
    let copies = Copies::of(&["work.escalations", "work.escalations-key"]);
    copies.damage("work.escalations", 0, 4096);
    let file = copies.escalations();
    assert_eq!((file.opening().moved_aside.as_slice(), file.all().len()), (&["work.escalations.damaged-1".to_owned()][..], 0));
    let copies = Copies::of(&["work.escalations"]);
    copies.damage("work.escalations", 0, 4096);
    assert_eq!(copies.escalations().opening().moved_aside, Vec::<String>::new(), "whether the key is right is known to nobody: it stays");
    assert!(copies.path("work.escalations").exists());
}

#[test]
fn the_calls_of_an_earlier_file_that_was_moved_aside_go_on() {
    let copies = Copies::of(&["work.escalations", "work.escalations-key"]);
    std::fs::rename(copies.path("work.escalations"), copies.path("work.escalations.damaged-1")).unwrap();
    let file = copies.escalations();
    let stands: Vec<(Option<String>, bool)> = file.all().into_iter().map(|row| (row.version, row.unknown)).collect();
    // What was not sent is looked for first: the damaged file may not have kept that it went.
    assert_eq!(stands, [(None, true), (None, true), (Some("1".into()), false), (Some("2".into()), false)]);
    assert_eq!((file.opening().salvaged, file.first_break()), (4, None));
}

#[test]
fn the_calls_of_today_stand_where_they_stood() {
    let folder = tempfile::tempdir().unwrap();
    let mut calls = Vec::new();
    GzDecoder::new(&frozen("work.calls-1.gz")[..]).read_to_end(&mut calls).unwrap();
    std::fs::write(folder.path().join("work.calls-1"), calls).unwrap();
    let file = Escalations::open(&folder.path().join("work.db"), &work_key());
    let all = file.all();
    let stands: Vec<(Option<&str>, bool, Option<u16>)> = all.iter().map(|row| (row.version.as_deref(), row.unknown, row.refused)).collect();
    assert_eq!(stands, [(None, false, Some(422)), (None, true, None), (Some("1"), false, None), (Some("2"), false, None)]);
    assert_eq!(all.iter().map(|row| fhir::escalation::read(&row.task).unwrap()).collect::<Vec<_>>(), NAMES.map(escalation));
    assert!(all.iter().all(|row| row.made == Some(moment())));
    assert_eq!((all[0].cancelled.clone(), all[1].cancelled.clone()), (Some(ending()), None));
    assert_eq!((file.prepared(None), file.patience()), (Some(prepared()), Some(std::time::Duration::from_secs(90))));
    assert_eq!((file.first_break(), file.can_keep()), (None, 2));
    assert_eq!(file.heads().unwrap(), format!("1:{CHAIN_HEAD}"), "the same calls have the same head on every phone and in every release");
}

#[test]
fn an_attachment_of_today_reads_from_either_copy_and_from_what_reads_of_both() {
    let ([one, two], id) = (attachment_files(), attachment().content_id());
    // Where the pieces lie: a header of 48 bytes, then 64 KiB and a tag each.
    let (first, second) = (48 + 100, 48 + 65_536 + 16 + 10);
    let nothing: &[(&str, usize)] = &[];
    for damaged in [nothing, &[(&one, first)], &[(&two, second)], &[(&one, first), (&one, second)], &[(&one, first), (&two, second)]] {
        let copies = Copies::of(&["work.db", &one, &two]);
        damaged.iter().for_each(|(name, at)| copies.damage(name, *at, 4));
        assert!(copies.open().attachment(&id).unwrap() == Some(content()), "{damaged:?}");
    }
    for alone in [&one, &two] {
        assert!(Copies::of(&["work.db", alone]).open().attachment(&id).unwrap() == Some(content()), "{alone}");
    }
    let copies = Copies::of(&["work.db", &one, &two]);
    [&one, &two].iter().for_each(|name| copies.damage(name, second, 4));
    assert_eq!(copies.open().attachment(&id).unwrap(), None, "what reads in neither copy is not made up");
}

#[test]
fn a_key_file_of_today_names_its_key_and_gives_it_to_the_phone_and_to_the_agency() {
    let copies = Copies::of(&["work.key"]);
    let file = KeyFile::read(&RealDisk, &copies.path("work.db")).unwrap().unwrap();
    assert!(file.fits(&work_key()));
    assert!(!file.fits(&Key::new(&[8; 32]).unwrap()));
    assert_eq!(file.wrapped(), WRAPPED);
    assert_eq!(file.recover(&bytes(PRIVATE)).unwrap().revealed(), KEY);
    assert!(matches!(file.recover(&[1; 32]), Err(StoreError::RecoveryKey)));
    // Each element is under the name that another release looks for.
    let made = KeyFile::new(&work_key(), WRAPPED, &bytes(PUBLIC)).unwrap();
    made.write(&RealDisk, &copies.path("new.db")).unwrap();
    let [was, is] = [frozen("work.key"), std::fs::read(copies.path("new.key")).unwrap()].map(|bytes| without(&bytes, "recovery"));
    assert_eq!(was, is, "all but what is drawn anew is the same");
}

/// A JSON object with one of its elements blank: what is drawn anew each time.
fn without(bytes: &[u8], element: &str) -> serde_json::Value {
    let mut value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    assert!(value[element].as_str().is_some_and(|text| !text.is_empty()), "{element}");
    value[element] = json!("");
    value
}

/// What the chain after a wipe says of the one before.
fn wiped() -> String {
    let head = Copies::of(&["work.db"]).open().audit_head().unwrap().unwrap();
    format!("left-agency, {UNSENT_AT_REST} unsent, chain {head}")
}

#[test]
fn a_wipe_of_today_enters_the_next_chain() {
    let copies = Copies::of(&["work.wiped"]);
    let store = copies.open();
    assert_eq!(store.audit_rows("wipe").unwrap(), [wiped()]);
    assert_eq!((store.first_break_in_audit().unwrap(), store.unsent().unwrap()), (None, vec![]));
    drop(store);
    assert!(!copies.path("work.wiped").exists());
}

/// Its record held no proof of who wrote it, and unsent work is not destroyed on the word of a file that anybody could have laid
/// there.
#[test]
fn a_wipe_that_an_earlier_release_has_begun_destroys_nothing_and_bars_nothing() {
    let [one, two] = attachment_files();
    let all = ["work.db", JOURNAL, "work.key", "work.escalations", "work.escalations-key", "work.wiping", &one, &two];
    let copies = Copies::of(&all);
    let store = copies.open();
    assert_eq!(store.audit_rows("wipe").unwrap(), Vec::<String>::new());
    assert!(store.unsent_and_drafts().unwrap() >= UNSENT_AT_REST);
    assert_eq!(std::fs::read(copies.path("work.wiping.damaged-1")).unwrap(), frozen("work.wiping"));
}

#[test]
fn a_wipe_is_recorded_as_it_was_with_its_proof() {
    let copies = Copies::of(&["work.db"]);
    let store = copies.open();
    let at = actor().now;
    store.name_wipe(UNSENT_AT_REST, WipeReason::LeftAgency, actor().member.as_str(), at).unwrap();
    let [mut was, is] = [frozen("work.wiping"), std::fs::read(copies.path("work.wiping")).unwrap()]
        .map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap());
    let was = was.as_object_mut().unwrap();
    was.insert("format".into(), json!(2));
    was.insert("proof".into(), json!(WIPE_PROOF));
    was.insert("calls".into(), json!([]));
    assert_eq!(&Value::Object(was.clone()), &is);
}

#[test]
fn a_database_is_looked_for_under_its_name() {
    assert_eq!(file_name("https://fhir.example/r4", "agency", "member"), "work-b39c235b-f01e-5f32-9493-c9b677ff7606.db");
}

#[test]
fn every_file_beside_a_database_is_frozen() {
    let mut names: Vec<String> =
        std::fs::read_dir(files()).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let [one, two] = attachment_files();
    let mut expected = vec![one, two];
    let rest = ["calls-1.gz", "db", "escalations", "escalations-key", "journal.gz", "key", "wiped", "wiping"];
    expected.extend(rest.map(|kind| format!("work.{kind}")));
    assert_eq!(names, expected);
    assert!(names.iter().all(|name| std::fs::metadata(files().join(name)).unwrap().len() < 256 * 1024), "small enough to keep");
}
