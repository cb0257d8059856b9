//! The programs that peers need: run to their end, or kept running for as long as a peer lives.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn last_line(text: &[u8]) -> Option<String> {
    String::from_utf8_lossy(text).lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
}

fn name(command: &Command) -> String {
    Path::new(command.get_program()).file_name().unwrap_or_default().display().to_string()
}

/// Runs it to its end and returns what it printed; else why not, in its own last words.
pub fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let name = name(command);
    let ended = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    if ended.status.success() {
        return Ok(ended.stdout);
    }
    let said = last_line(&ended.stderr).or_else(|| last_line(&ended.stdout));
    Err(format!("{name}: {}", said.unwrap_or_else(|| ended.status.to_string())))
}

/// The program with other rights than ours, by `setpriv`.
pub fn setpriv(options: &[&str], program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(options).arg(program);
    command
}

/// A program that runs until this is dropped. Start it by `setpriv --pdeathsig`, and it ends with the benchmark itself too.
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts it; what it says goes into the file.
    pub fn start(mut command: Command, log: PathBuf) -> Result<Self, String> {
        let name = name(&command);
        let mut start = || {
            let file = File::create(&log)?;
            command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn()
        };
        let child = start().map_err(|error: io::Error| format!("{name}: {error}"))?;
        Ok(Self { child, log })
    }

    /// Asks until there is an answer, for half a minute or until it ended; then its last words.
    pub fn answers<T>(&mut self, mut ask: impl FnMut() -> Option<T>) -> Result<T, String> {
        for _ in 0..300 {
            if let Some(answer) = ask() {
                return Ok(answer);
            }
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let said = std::fs::read(&self.log).ok().and_then(|log| last_line(&log));
        Err(format!("does not answer: {}", said.unwrap_or_else(|| "and says nothing".to_owned())))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_before = self.child.kill();
        let _ = self.child.wait();
    }
}
