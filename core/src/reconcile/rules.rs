//! What becomes of an element that both partners of one crew changed, where a rule can say it.
//!
//! Rule: a card for a person is only for what a person must decide. Two phones of one crew both write, on a normal day: a visit's
//! `period` and `status` (both tap contact, or one taps it while the other closes), a follow-up's `status` (both tried), and the
//! position of their team. Stamps, notes, attempts and attachments are documents of their own and never meet; the crew is a set,
//! and an assignment's status follows from its stamps. Two closings that differ, and a closing "not met" against a contact,
//! contradict each other: those stay with a person. Neighbours: `reconcile` asks here before it names a conflict.

use serde_json::{Value, json};

use crate::base::clock::Instant;
use crate::fhir::{Document, element, handoff, safety};

/// Whose version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Ours,
    Theirs,
}

/// The rules that hold for one kind of document.
pub(super) enum Rules {
    /// A person's visit.
    Visit,
    /// A follow-up.
    FollowUp,
    /// A team's position; the side with the newer fix.
    Position(Side),
    /// None.
    Other,
}

impl Rules {
    /// The rules for a document, which all three versions are of.
    pub fn of(base: &Document, ours: &Document, theirs: &Document) -> Self {
        let all = [base, ours, theirs];
        if all.iter().all(|document| document.kind() == "Encounter") {
            return Self::Visit;
        }
        if [ours, theirs].iter().all(|document| safety::task_code(document) == Some(handoff::FOLLOW_UP)) {
            return Self::FollowUp;
        }
        let fix = |document: &Document| -> Option<Instant> {
            element::extension_text(document.value(), "fix-time", "valueInstant")?.parse().ok()
        };
        match (ours.kind(), fix(ours), fix(theirs)) {
            ("Location", Some(our), Some(their)) => Self::Position(if our > their { Side::Ours } else { Side::Theirs }),
            _ => Self::Other,
        }
    }

    /// The side with the newer fix, where these are fixes of one team: a fix is taken whole, its time and accuracy with it.
    pub fn newer_fix(&self) -> Option<Side> {
        if let Self::Position(side) = self { Some(*side) } else { None }
    }

    /// What an element becomes that both changed differently; `None` where a person decides.
    pub fn decide(&self, element: &str, our: Option<&Value>, their: Option<&Value>) -> Option<Value> {
        match (self, element) {
            (Self::Visit, "period") => visit_period(our?, their?),
            (Self::Visit, "status") => later_of(&["planned", "in-progress", "finished"], our?, their?),
            (Self::FollowUp, "status") => later_of(&["requested", "in-progress", "completed"], our?, their?),
            (Self::Position(Side::Ours), _) => our.cloned(),
            (Self::Position(Side::Theirs), _) => their.cloned(),
            _ => None,
        }
    }
}

/// The earliest start and the latest end: the visit lasted from the first partner's contact until the last one left.
/// `None` where a time cannot be read, or something else stands there too.
fn visit_period(our: &Value, their: &Value) -> Option<Value> {
    let known = |period: &Value| period.as_object().is_some_and(|map| map.keys().all(|key| key == "start" || key == "end"));
    let time = |period: &Value, key: &str| -> Option<Option<Instant>> {
        period.get(key).map(|value| value.as_str()?.parse::<Instant>().ok()).map_or(Some(None), |read| read.map(Some))
    };
    if !known(our) || !known(their) {
        return None;
    }
    let starts = [time(our, "start")?, time(their, "start")?];
    let ends = [time(our, "end")?, time(their, "end")?];
    let mut period = json!({ "start": starts.into_iter().flatten().min()?.to_string() });
    if let (Value::Object(period), Some(end)) = (&mut period, ends.into_iter().flatten().max()) {
        period.insert("end".into(), json!(end.to_string()));
    }
    Some(period)
}

/// The one that stands later in the order; `None` where one is not in it.
fn later_of(order: &[&str], our: &Value, their: &Value) -> Option<Value> {
    let place = |value: &Value| order.iter().position(|code| value.as_str() == Some(code));
    Some(if place(our)? > place(their)? { our.clone() } else { their.clone() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Reconciled, reconcile};
    use super::*;

    const TIMES: [&str; 3] = ["2026-11-23T05:00:00Z", "2026-11-23T05:04:00Z", "2026-11-23T05:09:30Z"];

    fn visit(status: &str, start: Option<&str>, end: Option<&str>) -> Document {
        let mut doc = Document::new("Encounter", "v");
        doc.set("status", json!(status));
        let mut period = serde_json::Map::new();
        start.into_iter().for_each(|at| drop(period.insert("start".into(), json!(at))));
        end.into_iter().for_each(|at| drop(period.insert("end".into(), json!(at))));
        doc.set("period", Value::Object(period));
        doc
    }

    fn closed(with: &str, mut doc: Document) -> Document {
        doc.set("extension", json!([{ "url": element::ours("closing"), "valueCode": with }]));
        doc
    }

    #[test]
    fn two_partners_who_tap_contact_offline_get_the_earlier_start_and_no_card() {
        let planned = visit("planned", None, None);
        for (our, their) in [(TIMES[0], TIMES[1]), (TIMES[1], TIMES[0])] {
            let joined = reconcile(&planned, &visit("in-progress", Some(our), None), &visit("in-progress", Some(their), None));
            assert_eq!(joined, Reconciled { merged: visit("in-progress", Some(TIMES[0]), None), conflicts: vec![] });
        }
    }

    #[test]
    fn one_who_closes_and_one_who_taps_contact_make_one_closed_visit() {
        let planned = visit("planned", None, None);
        let ours = closed("met", visit("finished", Some(TIMES[1]), Some(TIMES[2])));
        let joined = reconcile(&planned, &ours, &visit("in-progress", Some(TIMES[0]), None));
        assert_eq!(joined.conflicts, Vec::<String>::new());
        let mut whole = closed("met", visit("finished", Some(TIMES[0]), Some(TIMES[2])));
        whole.set("extension", ours.value()["extension"].clone());
        assert!(joined.merged.same_meaning(&whole), "{}", joined.merged.to_text());
    }

    #[test]
    fn two_who_close_alike_agree_and_two_who_close_differently_ask_a_person() {
        let begun = visit("in-progress", Some(TIMES[0]), None);
        let met = |with, end| closed(with, visit("finished", Some(TIMES[0]), Some(end)));
        assert_eq!(reconcile(&begun, &met("a", TIMES[1]), &met("a", TIMES[2])).conflicts, Vec::<String>::new());
        let url = element::ours("closing");
        assert_eq!(reconcile(&begun, &met("a", TIMES[1]), &met("b", TIMES[2])).conflicts, [format!("extension({url})")]);
        let not_met = closed("no-contact", visit("cancelled", None, None));
        let planned = visit("planned", None, None);
        assert_eq!(reconcile(&planned, &not_met, &visit("in-progress", Some(TIMES[1]), None)).conflicts, ["status"]);
    }

    #[test]
    fn a_time_that_cannot_be_read_asks_a_person() {
        let planned = visit("planned", None, None);
        for odd in [json!({ "start": "soon" }), json!({ "start": TIMES[0], "note": "x" }), json!({ "start": 5 }), json!("x")] {
            let mut theirs = visit("in-progress", None, None);
            theirs.set("period", odd);
            assert_eq!(reconcile(&planned, &visit("in-progress", Some(TIMES[0]), None), &theirs).conflicts, ["period"]);
        }
    }

    #[test]
    fn a_follow_up_that_one_ended_and_one_tried_has_ended() {
        let task = |status: &str, code: &str| {
            let mut doc = Document::new("Task", "f");
            doc.set("code", json!({ "coding": [element::coding("task", code)] })).set("status", json!(status));
            doc
        };
        let asked = |code| task("requested", code);
        for (our, their) in [("in-progress", "completed"), ("completed", "in-progress")] {
            let joined = reconcile(&asked(handoff::FOLLOW_UP), &task(our, handoff::FOLLOW_UP), &task(their, handoff::FOLLOW_UP));
            assert_eq!(joined, Reconciled { merged: task("completed", handoff::FOLLOW_UP), conflicts: vec![] });
            assert_eq!(
                reconcile(&asked(handoff::HANDOFF), &task(our, handoff::HANDOFF), &task(their, handoff::HANDOFF)).conflicts,
                ["status"]
            );
        }
        let later = task("on-hold", handoff::FOLLOW_UP);
        assert_eq!(reconcile(&asked(handoff::FOLLOW_UP), &task("completed", handoff::FOLLOW_UP), &later).conflicts, ["status"]);
    }

    fn position(at: usize, latitude: f64) -> Document {
        let mut doc = Document::new("Location", "p");
        doc.set("position", json!({ "latitude": latitude, "longitude": -75.0 }));
        doc.set(
            "extension",
            json!([
                { "url": element::ours("accuracy-m"), "valueDecimal": latitude },
                { "url": element::ours("fix-time"), "valueInstant": TIMES[at] },
            ]),
        );
        doc
    }

    #[test]
    fn of_two_fixes_of_one_team_the_newer_is_taken_whole() {
        let (first, second, third) = (position(0, 40.0), position(1, 40.1), position(2, 40.2));
        for (ours, theirs) in [(&second, &third), (&third, &second)] {
            let joined = reconcile(&first, ours, theirs);
            assert_eq!(joined.conflicts, Vec::<String>::new());
            assert!(joined.merged.same_meaning(&third), "{}", joined.merged.to_text());
        }
    }

    proptest! {
        /// Said a second time: whoever merges, and in whichever order, both phones end with the same visit.
        #[test]
        fn both_phones_of_a_crew_end_with_the_same_visit(
            ours in (0..3_usize, prop::option::of(0..3_usize)), theirs in (0..3_usize, prop::option::of(0..3_usize))
        ) {
            let of = |(start, end): (usize, Option<usize>)| {
                let status = if end.is_some() { "finished" } else { "in-progress" };
                visit(status, Some(TIMES[start]), end.map(|end| TIMES[end]))
            };
            let planned = visit("planned", None, None);
            let there = reconcile(&planned, &of(ours), &of(theirs)).merged;
            let here = reconcile(&planned, &of(theirs), &of(ours)).merged;
            prop_assert!(there.same_meaning(&here));
            let (starts, ends) = ([ours.0, theirs.0], [ours.1, theirs.1]);
            prop_assert_eq!(there.text("/period/start"), starts.iter().min().map(|at| TIMES[*at]));
            prop_assert_eq!(there.text("/period/end"), ends.iter().flatten().max().map(|at| TIMES[*at]));
        }
    }
}
