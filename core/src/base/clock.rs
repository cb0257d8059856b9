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
    /// Names this boot, where the machine does: time since boot means nothing across two of them.
    fn boot(&self) -> Option<&str> {
        None
    }
    /// What a server's Date means on this clock. A clock that plays a shift fast against a real server says its own.
    fn server_date(&self, said: Instant) -> Instant {
        said
    }
}

/// The machine's own clocks.
#[derive(Debug, Default)]
pub struct SystemClock {
    boot: Option<String>,
}

impl SystemClock {
    /// The same, in a boot of this name.
    pub fn in_boot(boot: Option<String>) -> Self {
        Self { boot }
    }
}

/// The clock that goes on while the machine sleeps. `std::time::Instant` stands still in a pocket, on both systems.
#[cfg(any(target_os = "linux", target_os = "android"))]
const COUNTS_SLEEP: rustix::time::ClockId = rustix::time::ClockId::Boottime;
/// On Apple's systems this one does: `mach_continuous_time`, as clock_gettime(3) says there.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const COUNTS_SLEEP: rustix::time::ClockId = rustix::time::ClockId::Monotonic;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
    fn since_boot(&self) -> Duration {
        let since = rustix::time::clock_gettime(COUNTS_SLEEP);
        Duration::new(u64::try_from(since.tv_sec).unwrap_or(0), u32::try_from(since.tv_nsec).unwrap_or(0))
    }
    fn boot(&self) -> Option<&str> {
        self.boot.as_deref()
    }
}

/// A moment on this machine, to tell later how long ago it was.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Moment {
    /// The boot's name, where the machine gives one.
    pub boot: Option<String>,
    /// Time since that boot, sleep included, in milliseconds.
    pub since_boot_ms: u64,
}

impl Moment {
    /// Now.
    pub fn of(clock: &dyn Clock) -> Self {
        let since_boot_ms = u64::try_from(clock.since_boot().as_millis()).unwrap_or(u64::MAX);
        Self { boot: clock.boot().map(str::to_owned), since_boot_ms }
    }

    /// How long before `now` it was, whatever the calendar shows; `None` where the machine was started anew in between.
    pub fn until(&self, now: &Self) -> Option<Duration> {
        let same = match (&self.boot, &now.boot) {
            (Some(then), Some(now)) => then == now,
            _ => true,
        };
        now.since_boot_ms.checked_sub(self.since_boot_ms).filter(|_| same).map(Duration::from_millis)
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
    fn the_machines_clock_counts_from_its_boot_and_only_goes_forward() {
        let clock = SystemClock::default();
        let first = clock.since_boot();
        assert!(first > Duration::ZERO && clock.since_boot() >= first);
        // A second clock of the same machine agrees: one that counts from its own making would not.
        assert!(SystemClock::default().since_boot() >= first);
    }

    #[test]
    fn how_long_ago_is_told_within_a_boot_and_by_nobody_across_two() {
        let moment = |boot: Option<&str>, since_boot_ms| Moment { boot: boot.map(str::to_owned), since_boot_ms };
        let made = moment(Some("a"), 5_000);
        assert_eq!(made.until(&moment(Some("a"), 125_000)), Some(Duration::from_secs(120)));
        assert_eq!(made.until(&moment(Some("b"), 125_000)), None);
        assert_eq!(made.until(&moment(Some("a"), 4_000)), None);
        assert_eq!(moment(None, 5_000).until(&moment(None, 4_000)), None, "started anew");
    }

    #[test]
    fn server_time_ignores_the_wall_clock_and_never_runs_backwards() -> Result<(), jiff::Error> {
        let heard = ServerTime::heard("2026-11-23T05:00:00Z".parse()?, Duration::from_secs(100));
        assert_eq!(heard.reckon(Duration::from_secs(160)), Some("2026-11-23T05:01:00Z".parse()?));
        assert_eq!(heard.reckon(Duration::from_secs(99)), None);
        Ok(())
    }
}
