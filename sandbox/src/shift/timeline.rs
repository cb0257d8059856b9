//! The readable timeline: coloured in a terminal, plain elsewhere.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anydoor_core::base::clock::Instant;

/// Prints what happens, with the county's time.
#[derive(Debug)]
pub struct Timeline {
    colour: bool,
    pace: Duration,
}

impl Timeline {
    /// To standard output; `pace` is how long each line stands before the next.
    pub fn new(pace: Option<Duration>) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let pace = pace.unwrap_or(if terminal { Duration::from_millis(900) } else { Duration::ZERO });
        Self { colour: terminal && std::env::var_os("NO_COLOR").is_none(), pace }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// One line.
    pub async fn say(&self, at: Instant, who: &str, words: &str) {
        let time = at.in_tz(crate::county::ZONE).map(|z| z.strftime("%H:%M").to_string()).unwrap_or_default();
        let code = match who {
            "911" => "31",
            "988" => "36",
            "server" | "network" => "35",
            _ if who.ends_with("service") => "33",
            _ => "32",
        };
        print(&format!("{time}  {}  {words}", self.paint(code, &format!("{who:<10}"))));
        tokio::time::sleep(self.pace).await;
    }

    /// A line that belongs to the one before it.
    pub fn more(&self, words: &str) {
        print(&format!("{:19}{words}", ""));
    }

    /// A heading.
    pub fn heading(&self, words: &str) {
        print(&format!("\n{}", self.paint("1", words)));
    }

    /// A line of a table.
    pub fn plain(&self, words: &str) {
        print(&format!("  {words}"));
    }
}

/// A line to standard output. That its reader has gone is no reason to end a shift.
pub fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
