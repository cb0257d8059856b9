//! Joining: two records of one incident become one to look at, and can be parted again.
//!
//! Rule (practice.md): only a person's word, the same incident identifier or an EIDO merge joins. RELATED, PARENT and
//! CHILD only show the other incident beside this one; UNLINK and SPLIT undo. A join says nothing about people, changes
//! no record, widens no label, and closes neither door's call.
//! Neighbour: [`super::propose()`] finds what a person may want to join.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fact, Identifier, Incident};
use crate::base::clock::Instant;
use crate::base::ids::{FactId, IncidentId, MemberId};

/// The naming system of EIDO incident identifiers (`urn:emergency:uid:incidentid:…`, NENA-STA-010).
pub const EIDO_INCIDENT: &str = "urn:emergency:uid:incidentid";

crate::codes! {
    /// Why incidents are joined. Nothing else joins.
    JoinReason {
        /// A person said so.
        PersonSaid = "person-said",
        /// Both carry the same incident identifier.
        SameIdentifier = "same-identifier",
        /// An EIDO merge component said so.
        EidoMerge = "eido-merge",
    }
    /// What another incident is to this one. None of these joins.
    Relation {
        /// The other is the larger one.
        Parent = "PARENT",
        /// The other is part of this one.
        Child = "CHILD",
        /// The other has to do with this one.
        Related = "RELATED",
        /// No longer linked.
        Unlink = "UNLINK",
    }
    /// What an EIDO merge component says of this incident.
    MergeDirection {
        /// This one replaces the other.
        Replacing = "REPLACING",
        /// The other replaces this one.
        Replaced = "REPLACED",
        /// The two are apart again.
        Split = "SPLIT",
    }
}

/// The id of a join: one Linkage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JoinId(String);

impl JoinId {
    /// A new id, made here and now.
    pub fn fresh() -> Self {
        Self(crate::base::ids::fresh())
    }
    /// The id that every machine gives the join of these two incidents, in either order.
    pub fn of(one: &IncidentId, other: &IncidentId) -> Self {
        let (first, second) = if one <= other { (one, other) } else { (other, one) };
        Self(crate::base::ids::derived("join", &format!("{first}\n{second}")))
    }
    /// An id from outside.
    ///
    /// # Errors
    /// [`crate::base::ids::BadId`] where it is not a legal FHIR id.
    pub fn parse(text: &str) -> Result<Self, crate::base::ids::BadId> {
        if crate::base::ids::is_legal(text) { Ok(Self(text.to_owned())) } else { Err(crate::base::ids::BadId) }
    }
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who joined or undid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinAuthor {
    /// A member of a crew or a lead.
    Member(MemberId),
    /// The agency that sent a document.
    Sender(Identifier),
}

/// Several records of one incident, joined to be seen as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Its id.
    pub id: JoinId,
    /// The incident that stands for all of them.
    pub kept: IncidentId,
    /// The others. Their records stay as they are.
    pub others: Vec<IncidentId>,
    /// Who joined; once undone, who undid.
    pub author: JoinAuthor,
    /// When they did.
    pub at: Instant,
    /// Why.
    pub reason: JoinReason,
    /// `false` once undone.
    pub active: bool,
}

impl Join {
    /// A person said that these are one.
    pub fn by_word(kept: &Incident, other: &Incident, author: MemberId, at: Instant) -> Self {
        Self::pair(&kept.id, &other.id, JoinAuthor::Member(author), at, JoinReason::PersonSaid)
    }

    /// Joins two records with the same incident identifier; `None` where they share none or are the same record. The one
    /// that was first contacted is kept, so that two gateways decide alike.
    pub fn by_identifier(one: &Incident, other: &Incident, sender: Identifier, at: Instant) -> Option<Self> {
        let shared = one.id != other.id && shares_identifier(one, other);
        let since = |incident: &Incident| (incident.first_contact.unwrap_or(incident.determined), incident.id.clone());
        let (kept, second) = if since(one) <= since(other) { (one, other) } else { (other, one) };
        shared.then(|| Self::pair(&kept.id, &second.id, JoinAuthor::Sender(sender), at, JoinReason::SameIdentifier))
    }

    fn pair(kept: &IncidentId, other: &IncidentId, author: JoinAuthor, at: Instant, reason: JoinReason) -> Self {
        Self { id: JoinId::of(kept, other), kept: kept.clone(), others: vec![other.clone()], author, at, reason, active: true }
    }

    /// The same join, undone. Both records are again what they were.
    #[must_use]
    pub fn undone(&self, author: JoinAuthor, at: Instant) -> Self {
        Self { author, at, active: false, ..self.clone() }
    }

    /// Every incident of it.
    pub fn members(&self) -> impl Iterator<Item = &IncidentId> {
        std::iter::once(&self.kept).chain(&self.others)
    }
}

/// Whether both carry the same identifier of the same naming system.
pub fn shares_identifier(one: &Incident, other: &Incident) -> bool {
    one.identifiers.iter().any(|id| other.identifiers.contains(id))
}

/// What an EIDO merge component changes: a join, a join undone, or nothing. A SPLIT undoes what documents joined; what a
/// person joined, only a person parts.
pub fn merged(
    this: &IncidentId,
    direction: MergeDirection,
    other: &IncidentId,
    joins: &[Join],
    sender: Identifier,
    at: Instant,
) -> Option<Join> {
    let author = JoinAuthor::Sender(sender);
    match direction {
        _ if this == other => None,
        MergeDirection::Replacing => Some(Join::pair(this, other, author, at, JoinReason::EidoMerge)),
        MergeDirection::Replaced => Some(Join::pair(other, this, author, at, JoinReason::EidoMerge)),
        MergeDirection::Split => joins
            .iter()
            .find(|join| {
                join.active && join.reason != JoinReason::PersonSaid && [this, other].iter().all(|id| join.members().any(|m| m == *id))
            })
            .map(|join| join.undone(author, at)),
    }
}

/// Every incident that active joins make one with `id`, itself included.
pub fn joined_with(id: &IncidentId, joins: &[Join]) -> BTreeSet<IncidentId> {
    let mut all = BTreeSet::from([id.clone()]);
    loop {
        let before = all.len();
        for join in joins.iter().filter(|join| join.active) {
            if join.members().any(|member| all.contains(member)) {
                all.extend(join.members().cloned());
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

/// Every fact of joined incidents, each with its own source, door, time and label. A fact that stands in two of them
/// with different labels keeps the narrower one.
pub fn facts_together(incidents: &[&Incident]) -> Vec<Fact> {
    let mut at: BTreeMap<&FactId, usize> = BTreeMap::new();
    let mut all: Vec<Fact> = Vec::new();
    for fact in incidents.iter().flat_map(|incident| &incident.facts) {
        match at.get(&fact.id).and_then(|i| all.get_mut(*i)) {
            Some(same) => same.label = same.label.narrower(fact.label),
            None => {
                at.insert(&fact.id, all.len());
                all.push(fact.clone());
            }
        }
    }
    all
}

/// Another incident that is shown beside this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The other one, as its sender names it.
    pub other: Identifier,
    /// What it is to this one.
    pub relation: Relation,
    /// Why, in the sender's words.
    pub why: Option<String>,
    /// When it was said.
    pub said: Instant,
}

/// The links to show: of each other incident the last word, and nothing where that was UNLINK.
pub fn shown_beside(links: &[Linked]) -> Vec<&Linked> {
    let mut last: BTreeMap<&Identifier, &Linked> = BTreeMap::new();
    for link in links {
        let newest = last.entry(&link.other).or_insert(link);
        if link.said >= newest.said {
            *newest = link;
        }
    }
    last.into_values().filter(|link| link.relation != Relation::Unlink).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{at, incident};
    use super::super::{About, Door, FactKind, Label, Source};
    use super::*;

    fn sender() -> Identifier {
        Identifier { system: "agency".into(), value: "cad.example".into() }
    }

    fn fact(id: &FactId, label: Label) -> Fact {
        Fact {
            id: id.clone(),
            about: About::Incident,
            kind: FactKind::Remark,
            text: "x".into(),
            code: None,
            source: Source { who: "a".into(), agency: None },
            door: Door::Line911,
            said: at(0),
            label,
            life_saving: false,
        }
    }

    #[test]
    fn the_same_identifier_joins_and_two_gateways_make_the_same_join() {
        let (mut one, mut two) = (incident("one", 0), incident("two", 60));
        assert_eq!(Join::by_identifier(&one, &two, sender(), at(9)), None);
        let same = Identifier { system: EIDO_INCIDENT.into(), value: "urn:emergency:uid:incidentid:1:a".into() };
        one.identifiers.push(same.clone());
        two.identifiers.push(Identifier { system: "other system".into(), ..same.clone() });
        assert_eq!(Join::by_identifier(&one, &two, sender(), at(9)), None);
        two.identifiers.push(same);
        let join = Join::by_identifier(&one, &two, sender(), at(9)).unwrap();
        assert_eq!(Some(&join), Join::by_identifier(&two, &one, sender(), at(9)).as_ref());
        assert_eq!((&join.kept, join.active), (&one.id, true));
        assert_eq!(Join::by_identifier(&one, &one, sender(), at(9)), None);
    }

    #[test]
    fn a_join_can_be_undone_and_leaves_each_alone_again() {
        let (one, two, three) = (incident("one", 0), incident("two", 60), incident("three", 61));
        let first = Join::by_word(&one, &two, MemberId::derived("lead"), at(1));
        let second = Join::by_word(&two, &three, MemberId::derived("lead"), at(1));
        let joins = [first.clone(), second.clone()];
        assert_eq!(joined_with(&one.id, &joins).len(), 3);
        let undone = first.undone(JoinAuthor::Member(MemberId::derived("other")), at(2));
        assert_eq!(undone.id, first.id);
        assert_eq!(joined_with(&one.id, &[undone, second]), BTreeSet::from([one.id]));
    }

    #[test]
    fn a_merge_joins_and_a_split_parts_what_documents_joined_but_not_what_a_person_joined() {
        let (one, two) = (incident("one", 0), incident("two", 60));
        let replaced = merged(&one.id, MergeDirection::Replaced, &two.id, &[], sender(), at(1)).unwrap();
        assert_eq!(replaced.kept, two.id);
        let replacing = merged(&two.id, MergeDirection::Replacing, &one.id, &[], sender(), at(1)).unwrap();
        assert_eq!(replacing, replaced);
        let split = merged(&one.id, MergeDirection::Split, &two.id, &[replaced], sender(), at(2)).unwrap();
        assert!(!split.active);
        let word = Join::by_word(&one, &two, MemberId::derived("lead"), at(1));
        assert_eq!(merged(&one.id, MergeDirection::Split, &two.id, &[word], sender(), at(2)), None);
        assert_eq!(merged(&one.id, MergeDirection::Replacing, &one.id, &[], sender(), at(2)), None);
    }

    #[test]
    fn joining_widens_no_label_and_joins_no_people() {
        let (mut one, mut two) = (incident("one", 0), incident("two", 60));
        let id = FactId::derived("said twice");
        one.facts = vec![fact(&id, Label::Part2), fact(&FactId::derived("own"), Label::Health)];
        two.facts = vec![fact(&id, Label::Call)];
        let people = (one.people.clone(), two.people.clone());
        for order in [[&one, &two], [&two, &one]] {
            let together = facts_together(&order);
            assert_eq!(together.len(), 2);
            assert_eq!(together.iter().find(|f| f.id == id).unwrap().label, Label::Part2);
        }
        assert_eq!(people, (one.people, two.people));
    }

    /// Said a second time: of two labels the one that fewer may be told stays, whichever record is named first and however
    /// many others there are; and a police record joined with a Part 2 record is a Part 2 record.
    #[test]
    fn of_two_labels_the_narrower_stays_in_every_order() {
        use crate::base::Code;
        // From what most may be told to what fewest may; what earlier releases called a call may be a counsellor's.
        let order: [&[Label]; 9] = [
            &[Label::Call911],
            &[Label::Scene],
            &[Label::SaidTeam],
            &[Label::Said988, Label::Call],
            &[Label::Agency],
            &[Label::Wishes],
            &[Label::Health],
            &[Label::Police],
            &[Label::Part2],
        ];
        let place = |label: &Label| order.iter().position(|same| same.contains(label)).unwrap();
        let id = FactId::derived("said twice");
        let of = |name: &str, label| super::super::Incident { facts: vec![fact(&id, label)], ..incident(name, 0) };
        for first in Label::ALL {
            for second in Label::ALL {
                for third in Label::ALL {
                    let (one, two, three) = (of("one", *first), of("two", *second), of("three", *third));
                    let together = facts_together(&[&one, &two, &three]);
                    let said = [*first, *second, *third];
                    let [kept] = &together[..] else { panic!("{said:?}: {together:?}") };
                    assert!(said.contains(&kept.label), "{said:?}: {:?}", kept.label);
                    assert_eq!(Some(place(&kept.label)), said.iter().map(place).max(), "{said:?}: {:?}", kept.label);
                }
            }
        }
    }

    #[test]
    fn a_link_is_shown_beside_until_it_is_unlinked() {
        let link = |relation, said| Linked { other: sender(), relation, why: None, said: at(said) };
        let (related, unlinked, again) = (link(Relation::Related, 1), link(Relation::Unlink, 2), link(Relation::Child, 3));
        assert_eq!(shown_beside(&[unlinked.clone(), related.clone()]), Vec::<&Linked>::new());
        assert_eq!(shown_beside(&[again.clone(), unlinked, related]), vec![&again]);
    }
}
