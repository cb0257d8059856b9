//! The books of a shift: for every crossing of a door, what was sent, and what the other side holds. Lost facts are
//! counted by comparing the two, never assumed.

use anydoor_core::api::{AlsoSentRow, AssignmentScreen};

/// One crossing.
#[derive(Debug, Clone, Default)]
pub struct Crossing {
    /// Which way ("911 in", "988 out", …).
    pub way: &'static str,
    /// Texts sent.
    pub sent: usize,
    /// Of these, found on the other side.
    pub arrived: usize,
    /// Held back with a reason; not among `sent`.
    pub withheld: usize,
    /// Those not found.
    pub lost: Vec<String>,
}

impl Crossing {
    /// Compares what was sent with everything that the other side shows.
    pub fn compare(way: &'static str, sent: &[String], shown: &str, withheld: usize) -> Self {
        let lost: Vec<String> = sent.iter().filter(|text| !shown.contains(text.as_str())).cloned().collect();
        Self { way, sent: sent.len(), arrived: sent.len() - lost.len(), withheld, lost }
    }
}

/// Every text on an assignment's screen.
pub fn shown(screen: &AssignmentScreen) -> String {
    let mut all = vec![screen.row.headline.clone()];
    all.extend(screen.row.place.clone());
    all.extend(screen.access.clone());
    for person in &screen.people {
        all.extend(person.shown.clone());
        all.extend(person.contacts.clone());
        all.extend(person.dependants.iter().map(|dependant| dependant.who.clone()));
        let (wishes, safe) = (person.wishes.clone(), person.safe_contact.clone());
        let wishes = [wishes.called, wishes.helps, wishes.worsens, wishes.whom_to_call, wishes.advance_directive, wishes.safety_plan];
        all.extend(wishes.into_iter().flatten());
        all.extend([safe.must_not_learn, safe.number, safe.when, safe.message_in_name_of].into_iter().flatten());
    }
    all.extend(screen.facts.iter().map(|fact| fact.text.clone()));
    all.extend(screen.also_sent.iter().map(|also| match also {
        AlsoSentRow::Value { path, text } => format!("{path}: {text}"),
        AlsoSentRow::Document { reference } => reference.clone(),
    }));
    all.join("\n")
}
