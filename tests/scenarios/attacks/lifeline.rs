//! A call for help is made in a process that has nothing else, whatever has become of the work database, and the process is killed
//! as soon as it says that the call is kept (P9, P10). `ANYDOOR_LIFELINES` sets how often (the soak runs thousands).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anydoor_core::api::{Anydoor, CallInput, Config, Lifeline, LifelineConfig, OnViewInput, PhonePositionInput};
use anydoor_core::base::clock::SystemClock;
use anydoor_core::fhir::escalation;
use anydoor_core::http::{NoToken, Timeouts};
use anydoor_core::store::{Escalations, Key, file_name};

const WORK_KEY: [u8; 32] = [7; 32];
const CALLS_KEY: [u8; 32] = [9; 32];

fn openings() -> usize {
    std::env::var("ANYDOOR_LIFELINES").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

fn config(folder: &Path) -> Config {
    Config {
        folder: folder.to_string_lossy().into_owned(),
        server: "http://127.0.0.1:9/fhir".into(),
        agency: "agency".into(),
        member: "ana".into(),
        lead: false,
        team: "harbor-1".into(),
    }
}

fn database(folder: &Path) -> PathBuf {
    let config = config(folder);
    folder.join(file_name(&config.server, &config.agency, &config.member))
}

fn lifeline(folder: &Path) -> Arc<Lifeline> {
    let calls = LifelineConfig::beside(&config(folder), "Ana Ruiz", "psap", "+12155550100");
    Lifeline::open_with(&calls, &CALLS_KEY, Arc::new(NoToken), Arc::new(SystemClock::default()), Timeouts::default()).unwrap()
}

/// The process that has nothing else: opens, calls, says what became of it, and waits to be killed.
#[test]
fn as_the_process_that_calls() {
    let Ok(folder) = std::env::var("ANYDOOR_LIFELINE_CALLS") else { return };
    let begun = Instant::now();
    let lifeline = lifeline(Path::new(&folder));
    let opened = begun.elapsed();
    let position = PhonePositionInput { latitude: 40.1, longitude: -75.4, age_s: 3, accuracy_m: Some(20.0) };
    let call = CallInput { assignment: None, need: "crew-in-danger".into(), silent: true, position: Some(position) };
    let item = lifeline.escalate(call).unwrap();
    println!("\nkept {} {} {} {}", item.id, item.copies, opened.as_micros(), begun.elapsed().as_micros());
    std::io::stdout().flush().unwrap();
    std::thread::sleep(Duration::from_secs(60));
}

/// Runs that process and kills it at once. The call's id, its copies, and how long opening and both took, in microseconds.
fn call_and_kill(folder: &Path) -> (String, u32, u64, u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "attacks::lifeline::as_the_process_that_calls", "--nocapture", "--test-threads=1"])
        .env("ANYDOOR_LIFELINE_CALLS", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.into_iter().find(|line| line.starts_with("kept "));
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    let said = said.expect("no call was made");
    let [_, id, copies, opened, both] = said.split(' ').collect::<Vec<_>>()[..] else { panic!("{said}") };
    (id.to_owned(), copies.parse().unwrap(), opened.parse().unwrap(), both.parse().unwrap())
}

/// A phone at work: an open assignment, from which calls are prepared.
fn at_work(folder: &Path) -> (Arc<Anydoor>, Arc<Lifeline>) {
    let client = Anydoor::open_with(config(folder), &WORK_KEY, Arc::new(NoToken), Arc::new(SystemClock::default())).unwrap();
    let said = OnViewInput {
        headline: "woman crying in the park".into(),
        urgency: "urgent".into(),
        address: Some("Orchard Park".into()),
        latitude: Some(40.1),
        longitude: Some(-75.36),
        description: None,
        crew: vec!["ana".into(), "ben".into()],
        alone: None,
    };
    client.respond_on_view(said).unwrap();
    let lifeline = lifeline(folder);
    client.set_lifeline(&lifeline).unwrap();
    (client, lifeline)
}

/// What keeps the work database in its state for as long as it lives.
type Hold = Box<dyn std::any::Any>;
/// Brings a phone that was at work into a state.
type Bring = fn(&Path) -> Hold;

const STATES: [(&str, Bring); 9] = [
    ("at rest", |_| Box::new(())),
    ("absent", |folder| {
        remove_work(folder);
        Box::new(())
    }),
    ("open and in use", |folder| Box::new(at_work(folder))),
    ("locked by somebody who writes", |folder| {
        let sql = rusqlite::Connection::open(database(folder)).unwrap();
        let hex: String = WORK_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        sql.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; BEGIN EXCLUSIVE;")).unwrap();
        Box::new(sql)
    }),
    ("damaged", |folder| {
        std::fs::write(database(folder), vec![0xA5; 300_000]).unwrap();
        Box::new(())
    }),
    ("of a later release", |folder| {
        let sql = rusqlite::Connection::open(database(folder)).unwrap();
        let hex: String = WORK_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        sql.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA user_version = 99;")).unwrap();
        Box::new(())
    }),
    ("under a record of a wipe that is none", |folder| {
        std::fs::write(database(folder).with_extension("wiping"), "garbage").unwrap();
        std::fs::write(database(folder).with_extension("wiped"), [0xFF; 64]).unwrap();
        Box::new(())
    }),
    ("beside calls that do not read", |folder| {
        for name in ["calls-1", "calls-1-copy", "escalations"] {
            std::fs::write(database(folder).with_extension(name), vec![0x5A; 150_000]).unwrap();
        }
        Box::new(())
    }),
    ("beside calls that another process holds", |folder| Box::new(lifeline(folder))),
];

fn remove_work(folder: &Path) {
    for name in ["db", "db-wal", "db-shm", "journal"] {
        let _ = std::fs::remove_file(database(folder).with_extension(name));
    }
}

#[test]
fn help_is_called_from_any_state_of_the_work_and_a_kill_takes_no_call_back() {
    let each = openings().div_ceil(STATES.len());
    let mut times: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (state, bring) in STATES {
        let folder = tempfile::tempdir().unwrap();
        drop(at_work(folder.path()));
        let hold = bring(folder.path());
        let mut calls = Vec::new();
        for _ in 0..each {
            let (id, copies, opened, _) = call_and_kill(folder.path());
            assert_eq!(copies, 2, "{state}: the call is not kept twice");
            times.entry(state).or_default().push(opened);
            calls.push(id);
        }
        drop(hold);
        let file = Escalations::open(&database(folder.path()), &Key::new(&CALLS_KEY).unwrap());
        let all = file.all();
        for id in &calls {
            let row = all.iter().find(|row| row.task.id() == id).unwrap_or_else(|| panic!("{state}: a call is gone"));
            let call = escalation::read(&row.task).unwrap();
            assert!(call.silent && call.phone.is_some_and(|at| at.accuracy_m == Some(20.0)), "{state}");
            // What was prepared is known to a process that has nothing else, unless its own file does not read.
            if state != "beside calls that do not read" {
                assert_eq!(call.place.address.as_deref(), Some("Orchard Park"), "{state}: the place is empty");
                assert!(call.assignment.is_some(), "{state}");
            }
        }
    }
    for (state, mut times) in times {
        times.sort_unstable();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{} openings · work {state}: median {:.1} ms, worst {:.1} ms", times.len(), median as f64 / 1e3, worst as f64 / 1e3);
    }
}
