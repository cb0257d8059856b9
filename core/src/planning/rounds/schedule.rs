//! What an order of visits comes to: when one is where, and when it ends.

use super::NotVisited;
use super::legs::Legs;

/// Milliseconds since the round began.
pub type Millis64 = i64;

/// No time that is asked about comes later: about three thousand years.
pub const ALWAYS: Millis64 = 100_000_000_000_000;

/// When a visit may begin, and how long it takes.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub opens: Millis64,
    pub closes: Millis64,
    pub takes: Millis64,
}

/// The round to be ordered. Visits are numbered from 0; their places in `legs` follow that of the start.
#[derive(Debug, Clone)]
pub struct Problem {
    pub legs: Legs,
    pub windows: Vec<Window>,
    pub has_end: bool,
    pub until: Millis64,
}

/// What an order comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    pub ends: Millis64,
    pub driven: Millis64,
}

/// One visit of an order.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub visit: usize,
    pub drive: Millis64,
    pub arrives: Millis64,
    pub begins: Millis64,
    pub leaves: Millis64,
}

impl Problem {
    pub fn visits(&self) -> usize {
        self.windows.len()
    }

    /// From a place (0: the start), left at a time, to a visit; `None` where there is no way or it is too late.
    pub fn step(&self, place: usize, left: Millis64, visit: usize) -> Option<Step> {
        let window = self.windows.get(visit)?;
        let drive = Millis64::from(self.legs.time(place, visit + 1)?);
        let arrives = left + drive;
        let begins = arrives.max(window.opens);
        (begins <= window.closes).then_some(Step { visit, drive, arrives, begins, leaves: begins + window.takes })
    }

    /// The end of a round whose last place was left at a time; `None` where it is not reached, or too late.
    pub fn end(&self, place: usize, left: Run) -> Option<Run> {
        let drive = if self.has_end { Millis64::from(self.legs.time(place, self.legs.last())?) } else { 0 };
        let run = Run { ends: left.ends + drive, driven: left.driven + drive };
        (run.ends <= self.until).then_some(run)
    }

    /// The steps of an order, as far as it can be driven.
    pub fn steps<'a>(&'a self, order: &'a [usize]) -> impl Iterator<Item = Step> + 'a {
        let (mut place, mut left) = (0, 0);
        order.iter().map_while(move |visit| {
            let step = self.step(place, left, *visit)?;
            (place, left) = (visit + 1, step.leaves);
            Some(step)
        })
    }

    /// What an order comes to; `None` where one of its visits is too late, or the end.
    pub fn run(&self, order: &[usize]) -> Option<Run> {
        let (mut place, mut run) = (0, Run::default());
        for visit in order {
            let step = self.step(place, run.ends, *visit)?;
            place = visit + 1;
            run = Run { ends: step.leaves, driven: run.driven + step.drive };
        }
        self.end(place, run)
    }

    /// Why a visit is not in a round.
    pub fn why_not(&self, visit: usize) -> NotVisited {
        if !self.legs.is_on_map(visit + 1) {
            NotVisited::OffTheMap
        } else if self.legs.time(0, visit + 1).is_none() || self.has_end && self.legs.time(visit + 1, self.legs.last()).is_none() {
            NotVisited::NoWay
        } else if self.step(0, 0, visit).is_none() {
            NotVisited::TooLate
        } else if self.run(&[visit]).is_none() {
            NotVisited::PastTheEnd
        } else {
            NotVisited::CrowdedOut
        }
    }
}
