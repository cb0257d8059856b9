//! How often each fault and each path was reached: a path that no seed reaches proves nothing.

use std::collections::BTreeMap;

use crate::faults::FAULTS;

/// Paths of the sync that every full run must have taken.
pub const PATHS: [&str; 28] = [
    "crash",
    "power cut",
    "disk full",
    "clock jump",
    "rolled forward",
    "parked refused",
    "parked gone",
    "parked not-allowed",
    "parked too-large",
    "parked changed-elsewhere",
    "parked taken-by-other",
    "person kept ours",
    "person took theirs",
    "read back",
    "late commit",
    "late commit beyond the overlap",
    "stale search",
    "half-done transaction",
    "refused search",
    "an old copy on top",
    "attachment sent",
    "attachment read back",
    "a call was taken",
    "an update was taken",
    "a repeated word changed nothing",
    "a stale word changed nothing",
    "the county said it again",
    "a gateway was gone",
];

#[derive(Debug, Default, Clone)]
pub struct Report {
    counts: BTreeMap<&'static str, u64>,
    pub seeds: u64,
    pub requests: u64,
    pub steps: u64,
    /// The hash of everything that happened, for comparing two runs of one seed.
    pub trace: u64,
}

impl Report {
    pub fn fault(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }
    pub fn path(&mut self, name: &str) {
        if let Some(known) = PATHS.iter().find(|path| **path == name) {
            *self.counts.entry(known).or_default() += 1;
        }
    }
    pub fn add(&mut self, other: &Self) {
        other.counts.iter().for_each(|(name, count)| *self.counts.entry(name).or_default() += count);
        self.seeds += other.seeds;
        self.requests += other.requests;
        self.steps += other.steps;
    }
    /// What was never reached.
    pub fn missing(&self) -> Vec<&'static str> {
        FAULTS.iter().chain(&PATHS).filter(|name| !self.counts.contains_key(*name)).copied().collect()
    }
    pub fn print(&self) {
        println!("{} seeds · {} steps · {} requests", self.seeds, self.steps, self.requests);
        for (name, count) in &self.counts {
            println!("  {count:>8}  {name}");
        }
    }
}
