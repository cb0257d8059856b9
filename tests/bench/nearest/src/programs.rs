//! The programs that peers need: run to their end, or kept running for as long as a peer lives.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn last_line(text: &[u8]) -> Option<String> {
    String::from_utf8_lossy(text).lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
}

/// Runs it to its end and returns what it printed; else why not, in its own last words.
pub fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().display().to_string();
    let ended = command.stdin(Stdio::null()).output().map_err(|error| format!("{program}: {error}"))?;
    if ended.status.success() {
        return Ok(ended.stdout);
    }
    let said = last_line(&ended.stderr).or_else(|| last_line(&ended.stdout));
    Err(format!("{program}: {}", said.unwrap_or_else(|| ended.status.to_string())))
}

/// A program that runs until this is dropped; the kernel sends it `signal` should the benchmark itself be killed.
pub struct Running(Child);

impl Running {
    /// Starts it, with what it says in a file; `user` is whom it runs as, where not as ourselves.
    pub fn start(command: &Command, user: Option<&str>, signal: &str, log: &Path) -> Result<Self, String> {
        let why = |error: std::io::Error| format!("{}: {error}", command.get_program().display());
        let file = File::create(log).map_err(why)?;
        let mut kept = run_as(user, command);
        kept.stdin(Stdio::null()).stdout(file.try_clone().map_err(why)?).stderr(file);
        todo!()
    }
}
