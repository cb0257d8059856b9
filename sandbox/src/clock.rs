//! A clock that the shift moves on: server, desks and phones read the same one, so that a shift of ten hours plays in
//! a minute and its times are what they would have been.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anydoor_core::base::clock::{Clock, Instant};

/// The shift's clock: it stands still until it is moved.
#[derive(Debug)]
pub struct ShiftClock {
    began_us: i64,
    now_us: AtomicI64,
}

impl ShiftClock {
    /// Set to `began`.
    pub fn new(began: Instant) -> Self {
        Self { began_us: began.as_microsecond(), now_us: AtomicI64::new(began.as_microsecond()) }
    }
    /// A name for this moment that no other shift gives: a second one on the same server, begun a minute later, comes through
    /// the same times of day with other calls.
    pub fn moment(&self) -> String {
        format!("{}-{}", self.began_us, (self.now_us.load(Ordering::SeqCst) - self.began_us) / 1_000_000)
    }
    /// Moves it on.
    pub fn pass(&self, seconds: i64) {
        self.now_us.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
    /// What it shows.
    pub fn shows(&self) -> Instant {
        Instant::from_microsecond(self.now_us.load(Ordering::SeqCst)).unwrap_or(Instant::UNIX_EPOCH)
    }
}

impl Clock for ShiftClock {
    fn now(&self) -> Instant {
        self.shows()
    }
    fn since_boot(&self) -> Duration {
        let passed = self.now_us.load(Ordering::SeqCst) - self.began_us;
        Duration::from_micros(passed.max(0).unsigned_abs())
    }
    /// The sandbox's own server shows this clock; another one shows the real time, which says nothing here.
    fn server_date(&self, _: Instant) -> Instant {
        self.shows()
    }
}
