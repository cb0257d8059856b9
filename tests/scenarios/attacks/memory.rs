//! The memory of a process that holds keys is read from outside: after pause, sign-out and drop no key and no token is in it (P25).
//! Linux alone lends a process's memory as a file.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anydoor_core::api::{Anydoor, CallInput, Config, Lifeline, LifelineConfig, OnViewInput};
use anydoor_core::store::file_name;
use ring::hmac;

/// What hides a secret in the test's own memory and on the way to the process.
const MASK: u8 = 0xA5;
/// The keys and the token, each byte masked: made up, and nowhere else in any process.
const WORK_KEY: &[u8; 32] =
    b"\x11\x92\x03\xf4\x05\xe6\x17\x98\x09\xda\x1b\xac\x0d\x7e\x0f\x60\x31\xc2\x43\xb4\x55\xa6\x67\x58\x79\x4a\x8b\x3c\x9d\x2e\xbf\x70";
const CALLS_KEY: &[u8; 32] =
    b"\x71\x2e\xb3\x34\xc5\x46\xd7\x58\xe9\x6a\xfb\x7c\x0d\x8e\x1f\x90\x21\xa2\x33\xb4\x45\xc6\x57\xd8\x69\xea\x7b\xfc\x8d\x0e\x9f\x10";
const TOKEN: &[u8] =
    b"\xd1\xca\xce\xc0\xcb\x88\x92\x94\x97\xc3\xc4\xc6\xc0\x95\x94\x92\x91\xc2\xc1\xc4\x88\xcb\xca\xd1\xcc\xcb\x88\xc8\xc0";

fn unmasked(hidden: &[u8]) -> Vec<u8> {
    hidden.iter().map(|byte| byte ^ MASK).collect()
}

fn config(folder: &str, server: &str) -> Config {
    Config {
        folder: folder.into(),
        server: server.into(),
        agency: "agency".into(),
        member: "ana".into(),
        lead: false,
        team: "harbor-1".into(),
    }
}

/// The process that is looked into: it works, then lets go of one thing after the other, each time it is told to.
#[test]
fn as_the_process_that_is_looked_into() {
    let Ok(folder) = std::env::var("ANYDOOR_LOOKED_INTO") else { return };
    let server = std::env::var("ANYDOOR_LOOKED_INTO_SERVER").unwrap();
    let config = config(&folder, &server);
    let token = || String::from_utf8(unmasked(TOKEN)).unwrap();
    let client = Anydoor::open(config.clone(), unmasked(WORK_KEY), Some(token())).unwrap();
    let calls = LifelineConfig::beside(&config, "Ana Ruiz", "psap", "+12155550100");
    let lifeline = Lifeline::open(calls, unmasked(CALLS_KEY), Some(token())).unwrap();
    client.set_lifeline(&lifeline).unwrap();
    let said = OnViewInput {
        headline: "crying man".into(),
        urgency: "urgent".into(),
        address: None,
        latitude: None,
        longitude: None,
        description: None,
        crew: vec!["ana".into(), "ben".into()],
        alone: None,
    };
    let started = client.respond_on_view(said).unwrap();
    let draft = client.save_draft("", &started.incident, &started.person, "Breathing together helped.".into()).unwrap();
    client.sign(&draft, &started.assignment).unwrap();
    client.attach("photo", &started.incident, &started.person, &started.assignment, "image/png", vec![7; 100_000]).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _ = runtime.block_on(client.sync(false));
    let mut told = BufReader::new(std::io::stdin()).lines().map_while(Result::ok);
    let mut done = |what: &str| {
        println!("\n{what}");
        std::io::stdout().flush().unwrap();
        told.next()
    };
    done("at work");
    client.pause().unwrap();
    done("paused");
    client.resume(unmasked(WORK_KEY)).unwrap();
    client.sign_out().ok();
    lifeline.escalate(CallInput::from(&started.assignment, "ems")).unwrap();
    client.pause().unwrap();
    drop((client, lifeline));
    std::thread::sleep(std::time::Duration::from_millis(300));
    done("dropped");
}

struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Process {
    fn until(&mut self, what: &str) {
        assert!(self.lines.by_ref().map_while(Result::ok).any(|line| line == what), "the process never came to: {what}");
    }

    fn go_on(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// How often each of these secrets, given masked, is in its memory.
    fn holds(&self, secrets: &[Vec<u8>]) -> Vec<usize> {
        let memory = File::open(format!("/proc/{}/mem", self.child.id())).unwrap();
        let mut maps = String::new();
        File::open(format!("/proc/{}/maps", self.child.id())).unwrap().read_to_string(&mut maps).unwrap();
        let mut found = vec![0; secrets.len()];
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
            // What can be written to: the program's own text holds the masked words alone.
            if !rights.starts_with("rw") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let [from, to] = [from, to].map(|hex| u64::from_str_radix(hex, 16).unwrap());
            let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
            if memory.read_exact_at(&mut bytes, from).is_err() {
                continue;
            }
            for (secret, found) in secrets.iter().zip(&mut found) {
                let (first, rest) = secret.split_first().unwrap();
                let first = first ^ MASK;
                for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == first) {
                    let there = bytes.get(at + 1..at + 1 + rest.len());
                    *found += usize::from(there.is_some_and(|there| there.iter().zip(rest).all(|(byte, hidden)| byte ^ MASK == *hidden)));
                }
            }
        }
        found
    }
}

/// A key of a file's own, as HKDF derives it (RFC 5869): worked out here a second time, and masked.
fn derived(key: &[u8], salt: &[u8], purpose: &[u8]) -> Vec<u8> {
    let mac = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec();
    let extracted = mac(salt, key);
    mac(&extracted, &[purpose, &[1]].concat()).iter().map(|byte| byte ^ MASK).collect()
}

fn hex(masked: &[u8]) -> Vec<u8> {
    let hex: String = masked.iter().map(|byte| format!("{:02x}", byte ^ MASK)).collect();
    hex.bytes().map(|byte| byte ^ MASK).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_and_no_token_is_in_memory_after_pause_sign_out_and_drop() {
    let server = anydoor_sandbox::server::Server::start(anydoor_sandbox::server::Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let base = server.base_url().to_owned();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "attacks::memory::as_the_process_that_is_looked_into", "--nocapture", "--test-threads=1"])
        .env("ANYDOOR_LOOKED_INTO", folder.path())
        .env("ANYDOOR_LOOKED_INTO_SERVER", &base)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut process = Process { child, lines };
    process.until("at work");
    let config = config(&folder.path().to_string_lossy(), &base);
    let database = folder.path().join(file_name(&config.server, &config.agency, &config.member));
    let salt = |path: &Path| std::fs::read(path).unwrap()[8..40].to_vec();
    let (work, calls) = (unmasked(WORK_KEY), unmasked(CALLS_KEY));
    let journal = derived(&work, &salt(&database.with_extension("journal")), b"anydoor journal 1");
    let lifeline = derived(&calls, &salt(&database.with_extension("calls-1")), b"anydoor escalations 1");
    let photo = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let photo = photo
        .filter(|path| path.to_string_lossy().contains(".attachment-"))
        .map(|path| derived(&work, &salt(&path), b"anydoor attachment 1"));
    let mut secrets = vec![WORK_KEY.to_vec(), hex(WORK_KEY), journal];
    let of_work = secrets.len();
    secrets.extend(photo);
    secrets.extend([CALLS_KEY.to_vec(), lifeline, TOKEN.to_vec()]);
    let names =
        |found: &[usize]| format!("work key {}, in hex {}, journal's {}, others {:?}", found[0], found[1], found[2], &found[of_work..]);
    let before = process.holds(&secrets);
    println!("at work: {}", names(&before));
    assert!(before[0] > 0 && before[2] > 0 && before[secrets.len() - 1] > 0, "the test looks for the wrong thing: {}", names(&before));
    process.go_on();
    process.until("paused");
    let paused = process.holds(&secrets);
    println!("paused: {}", names(&paused));
    // The calls for help stay open, with their key and the tokens.
    assert!(paused[..secrets.len() - 3].iter().all(|found| *found == 0), "after pause: {}", names(&paused));
    process.go_on();
    process.until("dropped");
    let dropped = process.holds(&secrets);
    println!("signed out and dropped: {}", names(&dropped));
    assert!(dropped.iter().all(|found| *found == 0), "after sign-out and drop: {}", names(&dropped));
    process.go_on();
    process.child.wait().unwrap();
    drop(Arc::new(server));
}
