//! How much at a time, and how often: page sizes by bytes and time, polling by what is at stake.
//!
//! Rule: values only; a server that asks to wait is never hurried. Neighbours: the pull sizes its pages, `api` sets the clock.

use std::time::Duration;

/// Documents asked for in one page of the pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u32);

impl PageSize {
    const FIRST: u32 = 500;
    const MOST: u32 = 1_000;
    /// A page above this is too much for a weak signal to bring whole, in bytes.
    const HEAVY: usize = 4 << 20;
    /// A page below this may grow, in bytes.
    const LIGHT: usize = 1 << 20;
    const SLOW: Duration = Duration::from_secs(8);
    const FAST: Duration = Duration::from_secs(2);

    /// The size that the last run ended with; the first one where there was none.
    pub fn remembered(text: Option<&str>) -> Self {
        Self(text.and_then(|text| text.parse().ok()).filter(|n| (1..=Self::MOST).contains(n)).unwrap_or(Self::FIRST))
    }

    /// The size after a page of so many bytes took so long.
    #[must_use]
    pub fn after(self, bytes: usize, took: Duration) -> Self {
        if bytes > Self::HEAVY || took > Self::SLOW {
            self.halved().unwrap_or(self)
        } else if bytes < Self::LIGHT && took < Self::FAST {
            Self(self.0.saturating_mul(2).min(Self::MOST))
        } else {
            self
        }
    }

    /// Half of it, after a time-out or a page over the limit; `None` where it cannot be smaller.
    pub fn halved(self) -> Option<Self> {
        (self.0 > 1).then_some(Self(self.0 / 2))
    }

    /// For `_count`.
    pub fn count(self) -> u32 {
        self.0
    }
}

/// What is at stake while the app is in the foreground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PollContext {
    /// Somebody is on shift here.
    pub on_shift: bool,
    /// An assignment is live: offered to this team or not yet clear.
    pub live_assignment: bool,
    /// The lead's board is on screen.
    pub board_on_screen: bool,
}

/// How long until the next sync; `None`: only when there is something to send. The server's own wish goes before.
pub fn next_sync(context: PollContext, asked_to_wait: Option<Duration>) -> Option<Duration> {
    let own = match context {
        PollContext { on_shift: false, .. } => return None,
        PollContext { live_assignment: true, .. } | PollContext { board_on_screen: true, .. } => Duration::from_secs(10),
        PollContext { .. } => Duration::from_secs(60),
    };
    Some(asked_to_wait.map_or(own, |wait| wait.max(own)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_shrink_when_heavy_or_slow_and_grow_back() {
        let first = PageSize::remembered(None);
        let heavy = first.after(5 << 20, Duration::from_secs(1));
        assert_eq!(heavy.count(), 250);
        assert_eq!(heavy.after(100, Duration::from_secs(20)).count(), 125);
        assert_eq!(heavy.after(100, Duration::from_millis(100)).count(), 500);
        assert_eq!(heavy.after(2 << 20, Duration::from_millis(100)), heavy);
        let mut size = first;
        while let Some(half) = size.halved() {
            size = half;
        }
        assert_eq!(size.count(), 1);
        assert_eq!(PageSize::remembered(Some("0")), first);
        assert_eq!(PageSize::remembered(Some("999999")), first);
    }

    #[test]
    fn polling_follows_what_is_at_stake_and_never_hurries_a_server_that_asked_to_wait() {
        let on = PollContext { on_shift: true, ..PollContext::default() };
        let secs = |context, wait: Option<u64>| next_sync(context, wait.map(Duration::from_secs)).map(|d| d.as_secs());
        assert_eq!(secs(PollContext { live_assignment: true, ..PollContext::default() }, None), None);
        assert_eq!(secs(on, None), Some(60));
        assert_eq!(secs(PollContext { live_assignment: true, ..on }, None), Some(10));
        assert_eq!(secs(PollContext { board_on_screen: true, ..on }, Some(3)), Some(10));
        assert_eq!(secs(PollContext { board_on_screen: true, ..on }, Some(120)), Some(120));
    }
}
