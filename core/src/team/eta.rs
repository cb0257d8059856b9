//! When a team could be there, as a range: free-flow time by road, and what is not known of where it is.
//!
//! Rule: metres of uncertainty count at 30 km/h, the pace of a town; an old position counts as if the team had driven
//! away from there, or towards the scene, ever since, but for half an hour at most: what is older says no more than that it
//! is old, which stands beside it. Traffic is not in it: the pack knows free flow only.

use crate::roads::Millis;

/// The pace at which metres of uncertainty become seconds: 30 km/h, in metres a second.
const PACE_M_S: f64 = 30.0 / 3.6;
/// A position this fresh is taken as where the team is, in seconds.
const STANDS_S: u64 = 30;
/// The most that age widens the range, in seconds.
const MOST_AGED_S: u64 = 1_800;

/// What is not known of a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uncertain {
    /// Metres, of the team and of the scene together.
    pub accuracy_m: f64,
    /// How old the team's position is, in seconds.
    pub age_s: u64,
}

/// A time of travel with its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eta {
    /// Milliseconds at free flow from where the team was last known; teams are ranked by it.
    pub millis: Millis,
    /// At least so many seconds.
    pub least_s: u64,
    /// At most so many seconds.
    pub most_s: u64,
}

impl Eta {
    /// The range around a time by road.
    pub fn new(millis: Millis, uncertain: Uncertain) -> Self {
        let metres = if uncertain.accuracy_m.is_finite() { uncertain.accuracy_m.clamp(0.0, 1e6) } else { 1e6 };
        let aged_s = if uncertain.age_s > STANDS_S { uncertain.age_s.min(MOST_AGED_S) } else { 0 };
        let spread_s = ((metres / PACE_M_S).round() as u64).saturating_add(aged_s);
        let s = u64::from(millis).div_ceil(1000);
        Self { millis, least_s: s.saturating_sub(spread_s), most_s: s.saturating_add(spread_s) }
    }

    /// Seconds, rounded up.
    pub fn s(&self) -> u64 {
        u64::from(self.millis).div_ceil(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_widens_the_range_and_never_below_nothing() {
        let eta = |accuracy_m, age_s| Eta::new(600_000, Uncertain { accuracy_m, age_s });
        assert_eq!((eta(0.0, 5).least_s, eta(0.0, 5).most_s), (600, 600));
        assert_eq!((eta(250.0, 0).least_s, eta(250.0, 0).most_s), (570, 630));
        assert_eq!((eta(0.0, 300).least_s, eta(0.0, 300).most_s), (300, 900));
        assert_eq!((eta(0.0, 86_400).least_s, eta(0.0, 86_400).most_s), (0, 2_400));
        assert!(eta(f64::NAN, u64::MAX).most_s > 86_400 && eta(f64::NAN, 0).least_s == 0);
    }
}
