//! Time. Stored times are UTC instants; the wall clock is a hint, never an order (P22). Where order matters, stamps
//! carry what their phone had seen (`assignment::Stamp::after`) and server time is reckoned from the last answer.

use std::time::Duration;

/// A UTC instant.
pub type Instant = jiff::Timestamp;

/// What the machine lends: the wall clock, and a clock that only goes forward and counts sleep.
pub trait Clock: Send + Sync {
    /// The wall clock, which may be wrong by years.
    fn now(&self) -> Instant;
    /// Time since boot, sleep included (`CLOCK_BOOTTIME`, `elapsedRealtime`, `mach_continuous_time`).
    fn since_boot(&self) -> Duration;
    /// What a server's Date means on this clock. A clock that plays a shift fast against a real server says its own.
    fn server_date(&self, said: Instant) -> Instant {
        said
    }
}

/// The machine's own clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { started: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
    fn since_boot(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Server time, reckoned: the Date of the last answer in this boot plus the time since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerTime {
    date: Instant,
    at: Duration,
}

impl ServerTime {
    /// The server said `date` when this phone had been up for `at`.
    pub fn heard(date: Instant, at: Duration) -> Self {
        Self { date, at }
    }
    /// What the server's clock shows at `since_boot`; `None` where that lies outside what can be told.
    pub fn reckon(&self, since_boot: Duration) -> Option<Instant> {
        let passed = since_boot.checked_sub(self.at)?;
        self.date.checked_add(jiff::SignedDuration::try_from(passed).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_time_ignores_the_wall_clock_and_never_runs_backwards() -> Result<(), jiff::Error> {
        let heard = ServerTime::heard("2026-11-23T05:00:00Z".parse()?, Duration::from_secs(100));
        assert_eq!(heard.reckon(Duration::from_secs(160)), Some("2026-11-23T05:01:00Z".parse()?));
        assert_eq!(heard.reckon(Duration::from_secs(99)), None);
        Ok(())
    }
}
