//! A real file system that really is full: a tmpfs of 8 MB, mounted for this test alone. Something else fills it while the
//! phone writes notes; the phone says so, and what it had accepted is there when there is room again (P1, P10, P23).
//!
//! Where this machine lets nobody mount, the test is skipped, and says so.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anydoor_core::api::{Anydoor, AnydoorError, CallInput, Config, Lifeline, LifelineConfig, OnViewInput, StartedRow};
use anydoor_core::base::clock::SystemClock;
use anydoor_core::base::ids::fresh;
use anydoor_core::http::{NoToken, Timeouts};

const MOUNTED: &str = "ANYDOOR_SMALL_DISK";
/// `unshare` gives a process mounts of its own, which go when it ends.
const MOUNT: &str = r#"mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@""#;

/// Runs `test` in a process of its own that has a tmpfs of 8 MB at the path that it is given.
fn on_a_small_disk(name: &str, test: impl FnOnce(&Path)) {
    if let Some(path) = std::env::var_os(MOUNTED) {
        return test(&PathBuf::from(path));
    }
    let at = tempfile::tempdir().unwrap();
    let mounts = |inside: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", MOUNT]).arg(at.path()).args(inside).env(MOUNTED, at.path()).output()
    };
    let why = match mounts(&["true"]) {
        Ok(tried) if tried.status.success() => None,
        Ok(tried) => Some(String::from_utf8_lossy(&tried.stderr).trim().to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(why) = why {
        // Past the test harness, which would keep it to itself.
        let line = format!("\nSKIPPED {name}: no tmpfs can be mounted here, so the real full disk was not tried: {why}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    }
    let own = std::env::current_exe().unwrap();
    let ran = mounts(&[&own.to_string_lossy(), "--exact", name, "--nocapture"]).unwrap();
    let (said, errors) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}\n{errors}");
    println!("{said}");
}

/// A phone whose folder is on that disk, far from any server.
struct Phone {
    folder: PathBuf,
    config: Config,
    client: Arc<Anydoor>,
    lifeline: Arc<Lifeline>,
    started: StartedRow,
    accepted: BTreeMap<String, String>,
    told: u32,
}

fn opened(config: &Config) -> Result<Arc<Anydoor>, AnydoorError> {
    Anydoor::open_with(config.clone(), &[7; 32], Arc::new(NoToken), Arc::new(SystemClock::default()))
}

fn lifeline(config: &Config) -> Arc<Lifeline> {
    let calls = LifelineConfig::beside(config, "Ana Ruiz", &fresh(), "+12155550100");
    Lifeline::open_with(&calls, &[9; 32], Arc::new(NoToken), Arc::new(SystemClock::default()), Timeouts::default()).unwrap()
}

impl Phone {
    fn new(folder: &Path) -> Self {
        let id = fresh;
        let config = Config {
            folder: folder.to_string_lossy().into_owned(),
            server: "http://127.0.0.1:9/fhir".into(),
            agency: id(),
            member: id(),
            lead: false,
            team: id(),
        };
        let client = opened(&config).unwrap();
        let said = OnViewInput {
            headline: "woman crying in the park".into(),
            urgency: "urgent".into(),
            address: None,
            latitude: None,
            longitude: None,
            description: None,
            crew: vec![config.member.clone(), id()],
            alone: None,
        };
        let started = client.respond_on_view(said).unwrap();
        let lifeline = lifeline(&config);
        Self { folder: folder.to_owned(), config, client, lifeline, started, accepted: BTreeMap::new(), told: 0 }
    }

    /// Writes and signs a note of some 4 KB. Whatever is not accepted is refused by the words "storage full".
    fn note(&mut self, at: usize) -> bool {
        let text = format!("note {at}: {}", "what was said, and by whom; ".repeat(150));
        let draft = self.client.save_draft("", &self.started.incident, &self.started.person, text.clone());
        match draft.and_then(|draft| self.client.sign(&draft, &self.started.assignment)) {
            Ok(note) => {
                self.accepted.insert(note, text);
                true
            }
            Err(AnydoorError::StorageFull) => {
                self.told += 1;
                false
            }
            Err(other) => panic!("a full disk says {other}"),
        }
    }

    /// Every accepted note is there, word for word, and once.
    fn holds_everything(&self) {
        let screen = self.client.assignment(&self.started.assignment).unwrap();
        let signed: Vec<_> = screen.notes.into_iter().filter(|note| note.standing == "signed").collect();
        assert_eq!(signed.len(), self.accepted.len());
        for note in signed {
            assert_eq!(Some(&note.text), self.accepted.get(&note.id));
        }
        let opening = self.client.storage().unwrap();
        assert_eq!((opening.moved_aside, opening.damaged_frames), (vec![], 0));
    }

    fn open_again(&mut self) -> Result<(), AnydoorError> {
        self.client.pause().ok();
        self.client = opened(&self.config)?;
        // The one before still holds its file, as another process would: this one reads it.
        self.lifeline = lifeline(&self.config);
        Ok(())
    }

    fn another_app(&self) -> PathBuf {
        self.folder.join("somebody-elses-photos")
    }
}

/// Writes until nothing more fits; returns how much did.
fn fill(path: &Path, piece: usize, pause: std::time::Duration) -> u64 {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    let mut piece = vec![7_u8; piece];
    while !piece.is_empty() {
        match file.write_all(&piece) {
            Ok(()) => std::thread::sleep(pause),
            Err(_) => piece.truncate(piece.len() / 2),
        }
    }
    file.metadata().unwrap().len()
}

#[test]
fn a_real_disk_that_fills_loses_nothing_that_was_accepted() {
    on_a_small_disk("a_real_disk_that_fills_loses_nothing_that_was_accepted", |disk| {
        let mut phone = Phone::new(disk);
        // Somebody else has much of it, and fills the rest while notes are written.
        let path = phone.another_app();
        std::fs::write(&path, vec![7; 3 << 20]).unwrap();
        let other = std::thread::spawn(move || fill(&path, 16 * 1024, std::time::Duration::from_millis(20)));
        let mut at = 0;
        while phone.told < 20 {
            at += 1;
            assert!(at < 5_000, "the disk does not fill");
            phone.note(at);
        }
        let theirs = other.join().unwrap();
        fill(&phone.another_app(), 4096, std::time::Duration::ZERO);
        let (accepted, told) = (phone.accepted.len(), phone.told);
        assert!(accepted > 20, "{accepted} notes before it was full");
        phone.holds_everything();
        // A call for help has its room.
        let called = phone.lifeline.escalate(CallInput::from(&phone.started.assignment, "ems")).unwrap();
        assert_eq!(called.copies, 2, "the call for help did not fit");
        // Opened while it is full, it opens or says so; either way nothing is lost by it.
        let while_full = phone.open_again();
        assert!(matches!(while_full, Ok(()) | Err(AnydoorError::StorageFull)), "{while_full:?}");
        std::fs::remove_file(phone.another_app()).unwrap();
        phone.open_again().unwrap();
        phone.holds_everything();
        assert!(phone.lifeline.escalations().iter().any(|call| call.id == called.id), "the call for help is gone");
        // There is room: the next note goes, and nothing of before is lost by it.
        assert!(phone.note(at + 1), "there is room, and it is still refused");
        phone.open_again().unwrap();
        phone.holds_everything();
        println!(
            "8 MB · {accepted} notes accepted, {told} times told that it is full · {theirs} bytes of somebody else's · opened while full: {while_full:?}"
        );
    });
}
