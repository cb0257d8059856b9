//! Status from stamps. The status machine runs over the graph that `after` makes: a stamp comes after those its phone
//! had seen. No clock is read, so the result depends neither on arrival order nor on two wrong clocks (P22).
//!
//! Concurrent branches merge by a fixed table: terminal beats progress, further beats nearer; cancelled against on
//! scene, and clear against cancelled, is a card that a person decides.

use std::collections::{BTreeMap, BTreeSet};

use super::{Stamp, StampKind};
use crate::base::ids::StampId;

crate::codes! {
    /// Where the work stands. The order of the values is the merge table: a later one wins over an earlier.
    State {
        /// Offered or assigned, nobody has said yes.
        Offered = "offered",
        /// The team was told.
        Dispatched = "dispatched",
        /// The team has it.
        Acknowledged = "acknowledged",
        /// On the way.
        EnRoute = "en-route",
        /// Waiting near by.
        Staging = "staging",
        /// At the scene.
        OnScene = "on-scene",
        /// With the person.
        Contact = "contact",
        /// Left the scene, or transporting.
        LeftScene = "left-scene",
        /// At the destination.
        AtDestination = "at-destination",
        /// Someone else has the person's care.
        CareTransferred = "care-transferred",
        /// Called off.
        Cancelled = "cancelled",
        /// Free again: the visit is over.
        Clear = "clear",
    }
}

impl State {
    /// Whether the work is over.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Cancelled | Self::Clear)
    }
}

/// Two phones of one crew said what cannot both be so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Card {
    /// One says cancelled, the other was on scene or further.
    CancelledAgainstOnScene(StampId, StampId),
    /// One says clear, the other cancelled.
    ClearAgainstCancelled(StampId, StampId),
}

/// What the stamps say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Where the work stands.
    pub state: State,
    /// What a person must decide.
    pub cards: Vec<Card>,
    /// Stamps that were no legal move where they stood: kept and shown, without effect.
    pub without_effect: Vec<StampId>,
    /// Withdrawn stamps: kept and shown.
    pub withdrawn: Vec<StampId>,
}

/// The state after a tap of `kind` in `state`; `None` where that is no legal move.
///
/// Forward moves may skip steps (a crew that forgets to tap still arrives). The only way back is from the scene to the
/// staging point. Nothing moves a finished assignment.
pub fn legal(state: State, kind: StampKind) -> Option<State> {
    let to = match kind {
        StampKind::Dispatched => State::Dispatched,
        StampKind::Acknowledged => State::Acknowledged,
        StampKind::EnRoute => State::EnRoute,
        StampKind::Staging => State::Staging,
        StampKind::OnScene => State::OnScene,
        StampKind::Contact => State::Contact,
        StampKind::LeftScene => State::LeftScene,
        StampKind::AtDestination => State::AtDestination,
        StampKind::CareTransferred => State::CareTransferred,
        StampKind::Clear => State::Clear,
        StampKind::Cancelled => State::Cancelled,
    };
    match (state, to) {
        (State::Cancelled | State::Clear, _) => None,
        (State::OnScene | State::Contact, State::Staging) => Some(to),
        (State::Contact | State::LeftScene | State::AtDestination | State::CareTransferred, State::Cancelled) => None,
        (State::Offered | State::Dispatched, State::Clear) => None,
        (from, to) if to > from => Some(to),
        _ => None,
    }
}

/// Derives the status. Order and repetition of `stamps` do not matter.
pub fn status(stamps: &[Stamp]) -> Status {
    let all: BTreeMap<&StampId, &Stamp> = stamps.iter().map(|stamp| (&stamp.id, stamp)).collect();
    let before = ancestors(&all);
    let withdrawn: BTreeSet<&StampId> = all.values().filter_map(|stamp| withdrawal(stamp, &all)).collect();
    let effective: Vec<&Stamp> =
        in_order(&all, &before).into_iter().filter(|s| s.withdraws.is_none() && !withdrawn.contains(&s.id)).collect();
    let mut reached: BTreeMap<&StampId, State> = BTreeMap::new();
    let mut without_effect = Vec::new();
    for stamp in &effective {
        let seen: Vec<&StampId> = before.get(&stamp.id).into_iter().flatten().copied().filter(|id| reached.contains_key(id)).collect();
        let from = merged(&seen, &before, &reached);
        let to = legal(from, stamp.kind);
        if to.is_none() {
            without_effect.push(stamp.id.clone());
        }
        reached.insert(&stamp.id, to.unwrap_or(from));
    }
    let everything: Vec<&StampId> = reached.keys().copied().collect();
    Status {
        state: merged(&everything, &before, &reached),
        cards: cards(&effective, &before, &without_effect),
        without_effect,
        withdrawn: withdrawn.into_iter().cloned().collect(),
    }
}

/// The stamp that `stamp` withdraws, where it may: the same author, or a lead.
fn withdrawal<'a>(stamp: &Stamp, all: &BTreeMap<&'a StampId, &'a Stamp>) -> Option<&'a StampId> {
    let (id, target) = all.get_key_value(stamp.withdraws.as_ref()?)?;
    (target.withdraws.is_none() && (stamp.by == target.by || stamp.by_lead)).then_some(*id)
}

/// For each stamp, all that its phone had seen, directly or through others. Hostile circles end where they close.
fn ancestors<'a>(all: &BTreeMap<&'a StampId, &'a Stamp>) -> BTreeMap<&'a StampId, BTreeSet<&'a StampId>> {
    all.keys()
        .map(|id| {
            let mut seen = BTreeSet::new();
            let mut open = vec![*id];
            while let Some(next) = open.pop() {
                for earlier in all.get(next).into_iter().flat_map(|stamp| &stamp.after) {
                    if let Some((earlier, _)) = all.get_key_value(earlier)
                        && earlier != id
                        && seen.insert(*earlier)
                    {
                        open.push(earlier);
                    }
                }
            }
            (*id, seen)
        })
        .collect()
}

/// Ancestors first; among concurrent stamps by id, so that every phone walks the same way.
fn in_order<'a>(all: &BTreeMap<&'a StampId, &'a Stamp>, before: &BTreeMap<&'a StampId, BTreeSet<&'a StampId>>) -> Vec<&'a Stamp> {
    let mut stamps: Vec<&Stamp> = all.values().copied().collect();
    stamps.sort_by_key(|stamp| (before.get(&stamp.id).map_or(0, BTreeSet::len), &stamp.id));
    stamps
}

/// The merge of the states reached at the ends of the branches among `ids`.
fn merged(ids: &[&StampId], before: &BTreeMap<&StampId, BTreeSet<&StampId>>, reached: &BTreeMap<&StampId, State>) -> State {
    let overtaken = |id: &StampId| ids.iter().any(|other| before.get(*other).is_some_and(|seen| seen.contains(id)));
    ids.iter().filter(|id| !overtaken(id)).filter_map(|id| reached.get(*id)).copied().max().unwrap_or(State::Offered)
}

fn cards(effective: &[&Stamp], before: &BTreeMap<&StampId, BTreeSet<&StampId>>, without_effect: &[StampId]) -> Vec<Card> {
    let saw = |a: &Stamp, b: &Stamp| before.get(&a.id).is_some_and(|seen| seen.contains(&b.id));
    let mut found = BTreeSet::new();
    let counted: Vec<&&Stamp> = effective.iter().filter(|s| !without_effect.contains(&s.id)).collect();
    for a in counted.iter().filter(|stamp| stamp.kind == StampKind::Cancelled) {
        for b in counted.iter().filter(|b| !saw(a, b) && !saw(b, a)) {
            match b.kind {
                StampKind::Clear => {
                    found.insert(Card::ClearAgainstCancelled(b.id.clone(), a.id.clone()));
                }
                StampKind::OnScene | StampKind::Contact | StampKind::LeftScene | StampKind::AtDestination | StampKind::CareTransferred => {
                    found.insert(Card::CancelledAgainstOnScene(a.id.clone(), b.id.clone()));
                }
                _ => {}
            }
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Capture;
    use super::*;
    use crate::base::Code;
    use crate::base::ids::{AssignmentId, MemberId};

    fn stamp(id: &str, kind: StampKind, after: &[&str]) -> Stamp {
        Stamp {
            id: StampId::parse(id).unwrap(),
            assignment: AssignmentId::parse("a").unwrap(),
            kind,
            tapped: jiff::Timestamp::UNIX_EPOCH,
            server_time: None,
            by: MemberId::parse("ana").unwrap(),
            by_lead: false,
            device: "phone".into(),
            counter: 1,
            after: after.iter().map(|id| StampId::parse(id).unwrap()).collect(),
            capture: Capture::Tap,
            withdraws: None,
            reason: None,
        }
    }

    #[test]
    fn an_assignment_without_stamps_is_an_offer() {
        assert_eq!(status(&[]).state, State::Offered);
    }

    #[test]
    fn a_chain_ends_where_its_last_legal_move_led() {
        let stamps = [
            stamp("s1", StampKind::Acknowledged, &[]),
            stamp("s2", StampKind::OnScene, &["s1"]),
            stamp("s3", StampKind::Staging, &["s2"]),
            stamp("s4", StampKind::Acknowledged, &["s3"]),
        ];
        let status = status(&stamps);
        assert_eq!(status.state, State::Staging);
        assert_eq!(status.without_effect, vec![StampId::parse("s4").unwrap()]);
    }

    #[test]
    fn of_two_phones_that_did_not_see_each_other_the_further_one_wins() {
        let stamps =
            [stamp("s1", StampKind::Acknowledged, &[]), stamp("s2", StampKind::EnRoute, &["s1"]), stamp("s3", StampKind::OnScene, &["s1"])];
        assert_eq!(status(&stamps).state, State::OnScene);
    }

    #[test]
    fn cancelled_against_on_scene_is_a_card_and_not_a_guess() {
        let stamps = [
            stamp("s1", StampKind::Acknowledged, &[]),
            stamp("s2", StampKind::Cancelled, &["s1"]),
            stamp("s3", StampKind::OnScene, &["s1"]),
        ];
        let status = status(&stamps);
        assert_eq!(status.state, State::Cancelled);
        assert_eq!(status.cards, vec![Card::CancelledAgainstOnScene(StampId::parse("s2").unwrap(), StampId::parse("s3").unwrap())]);
    }

    #[test]
    fn a_withdrawn_stamp_has_no_effect_and_stays_visible() {
        let mut withdraw = stamp("s3", StampKind::Clear, &["s2"]);
        withdraw.withdraws = Some(StampId::parse("s2").unwrap());
        let stamps = [stamp("s1", StampKind::OnScene, &[]), stamp("s2", StampKind::Clear, &["s1"]), withdraw];
        let status = status(&stamps);
        assert_eq!((status.state, status.withdrawn.len()), (State::OnScene, 1));
    }

    #[test]
    fn nobody_but_the_author_or_a_lead_withdraws() {
        let mut withdraw = stamp("s2", StampKind::OnScene, &["s1"]);
        withdraw.withdraws = Some(StampId::parse("s1").unwrap());
        withdraw.by = MemberId::parse("ben").unwrap();
        let first = stamp("s1", StampKind::OnScene, &[]);
        assert_eq!(status(&[first.clone(), withdraw.clone()]).state, State::OnScene);
        withdraw.by_lead = true;
        assert_eq!(status(&[first, withdraw]).state, State::Offered);
    }

    /// A stamp that names a withdrawal as what it withdraws, whoever made it, changes nothing of what was withdrawn.
    #[test]
    fn a_withdrawal_that_is_withdrawn_holds_all_the_same() {
        let of = |id: &str, withdraws: Option<&str>, by_lead| {
            let mut stamp = stamp(id, StampKind::OnScene, &[]);
            (stamp.withdraws, stamp.by_lead) = (withdraws.map(|id| StampId::parse(id).unwrap()), by_lead);
            stamp
        };
        for by_lead in [false, true] {
            for last in ["s2", "s3"] {
                let all =
                    [of("s1", None, false), of("s2", Some("s1"), false), of("s3", Some("s2"), by_lead), of("s4", Some(last), by_lead)];
                let status = status(&all);
                assert_eq!((status.state, status.withdrawn), (State::Offered, vec![StampId::parse("s1").unwrap()]), "{last} {by_lead}");
            }
        }
    }

    /// Up to three phones tapping anything, each seeing some of what came before, with clocks anywhere.
    fn histories() -> impl Strategy<Value = Vec<Stamp>> {
        let tap = (0..StampKind::ALL.len(), any::<u16>(), any::<i32>(), any::<Option<u8>>());
        prop::collection::vec(tap, 0..12).prop_map(|taps| {
            let mut made: Vec<Stamp> = Vec::new();
            for (index, (kind, seen, clock, withdraws)) in taps.into_iter().enumerate() {
                let mut next = stamp(&format!("s{index}"), StampKind::ALL[kind], &[]);
                next.after = made.iter().enumerate().filter(|(i, _)| seen >> i & 1 == 1).map(|(_, s)| s.id.clone()).collect();
                next.tapped = jiff::Timestamp::from_second(i64::from(clock)).unwrap();
                next.withdraws = withdraws.filter(|w| w % 5 == 0).and_then(|w| made.get(usize::from(w) % 12)).map(|s| s.id.clone());
                made.push(next);
            }
            made
        })
    }

    proptest! {
        #[test]
        fn status_is_the_same_in_any_order_however_often_a_stamp_arrives_and_whatever_the_clocks(
            (history, shuffled) in histories().prop_flat_map(|h| (Just(h.clone()), Just(h).prop_shuffle())), shift in any::<i32>()
        ) {
            let first = status(&history);
            let mut again: Vec<Stamp> = shuffled.iter().chain(&history).cloned().collect();
            for stamp in &mut again {
                stamp.tapped = jiff::Timestamp::from_second(i64::from(shift)).unwrap();
            }
            prop_assert_eq!(first, status(&again));
        }

        #[test]
        fn hearing_of_a_finished_visit_never_unfinishes_it(history in histories()) {
            let mut history = history;
            let seen: Vec<StampId> = history.iter().map(|s| s.id.clone()).collect();
            let mut clear = stamp("z-clear", StampKind::Clear, &[]);
            clear.after = seen.clone();
            let mut later = stamp("z-later", StampKind::OnScene, &[]);
            later.after = seen.into_iter().chain([clear.id.clone()]).collect();
            let before = status(&history).state;
            history.push(clear);
            history.push(later);
            let expected = if legal(before, StampKind::Clear).is_some() { State::Clear } else { legal(before, StampKind::OnScene).unwrap_or(before) };
            prop_assert_eq!(status(&history).state, expected);
        }
    }

    #[test]
    fn stamps_that_claim_to_have_seen_each_other_end_in_an_answer() {
        let stamps = [stamp("s1", StampKind::OnScene, &["s2"]), stamp("s2", StampKind::EnRoute, &["s1"])];
        assert_eq!(status(&stamps), status(&[stamps[1].clone(), stamps[0].clone()]));
    }
}
