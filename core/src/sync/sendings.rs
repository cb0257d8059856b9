//! How each item has left in this run, so that nothing is sent twice without news.
//!
//! Rule: an item leaves once together with others, once with its own act alone, and once by itself; again only on top of
//! another version of the server's. A server that says yes and keeps nothing, or no and the same again, so ends a run after
//! a few requests. Neighbours: `outbox` chooses, `engine` sends, `answers` asks whether an item may go again.

use std::collections::HashSet;

/// With what an item left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Manner {
    /// In a transaction of several acts.
    Together,
    /// In a transaction of its own act.
    ByUnit,
    /// By itself.
    Alone,
}

/// What has left in this run: each item, with what, and on top of which version.
#[derive(Debug, Default)]
pub(super) struct Sendings(HashSet<(i64, Manner, Option<String>)>);

impl Sendings {
    /// Notes that it leaves.
    pub fn note(&mut self, seq: i64, manner: Manner, version: Option<&str>) {
        self.0.insert((seq, manner, version.map(str::to_owned)));
    }

    /// Whether it left so.
    pub fn has(&self, seq: i64, manner: Manner, version: Option<&str>) -> bool {
        self.0.contains(&(seq, manner, version.map(str::to_owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_manner_or_another_version_is_news() {
        let mut sendings = Sendings::default();
        sendings.note(1, Manner::Alone, Some("1"));
        assert!(sendings.has(1, Manner::Alone, Some("1")));
        assert!(!sendings.has(1, Manner::Alone, Some("2")) && !sendings.has(1, Manner::ByUnit, Some("1")));
        assert!(!sendings.has(2, Manner::Alone, Some("1")));
    }
}
