//! A test in a process of its own, so that the most memory it ever had can be read, and a hang can be ended.

use std::process::Command;
use std::time::{Duration, Instant};

const INSIDE: &str = "ANYDOOR_ALONE";

/// Runs `test` in a process of its own, for at most `most`, and returns the most memory that process ever had, in MB.
/// Call it first thing in a `#[test]`: the process is this very test, started again.
///
/// Inside that process the call does not return: it runs `test` and exits.
///
/// # Panics
/// Where the test fails, or is not done in time.
#[track_caller]
#[allow(clippy::panic, clippy::expect_used)]
pub fn alone(most: Duration, test: impl FnOnce()) -> u64 {
    alone_with(most, &[], test)
}

/// The same, with these variables in its environment.
///
/// # Panics
/// As [`alone`].
#[track_caller]
#[allow(clippy::panic, clippy::expect_used)]
pub fn alone_with(most: Duration, variables: &[(&str, &str)], test: impl FnOnce()) -> u64 {
    let thread = std::thread::current();
    let name = thread.name().expect("a test runs in a thread that bears its name");
    if std::env::var(INSIDE).is_ok_and(|inside| inside == name) {
        test();
        println!("\npeak {} kB", peak_kb());
        std::process::exit(0);
    }
    let binary = std::env::current_exe().expect("the test knows its own file");
    // A bomb that goes off hurts its own process only.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 4000000; exec \"$0\" \"$@\""]).arg(binary);
    command.args(["--exact", name, "--nocapture", "--include-ignored"]).env(INSIDE, name).envs(variables.iter().copied());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn().expect("the test can start itself");
    while child.try_wait().expect("a child can be waited for").is_none() {
        if started.elapsed() > most {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{name}: not done after {most:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("a child's output can be read");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {}\n{said}\n{errors}", output.status);
    let kb: Option<u64> = said.lines().find_map(|line| line.strip_prefix("peak ")?.strip_suffix(" kB")?.parse().ok());
    let mb = kb.unwrap_or_else(|| panic!("{name} did not say its peak:\n{said}\n{errors}")) / 1024;
    println!("{name}: peak {mb} MB, {:.1} s", started.elapsed().as_secs_f64());
    mb
}

/// The most memory that this process ever had; 0 where the system does not say.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
