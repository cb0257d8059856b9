//! Which facts of an arrival are news. A fact never changes, so a sender who changes the words of one says a new one.

use super::{Kept, There, WhyKept};
use crate::base::ids::FactId;
use crate::door::Arrival;
use crate::fhir::{self, Document};
use crate::incident::{Fact, Incident};
use crate::records::{Records, RecordsError};

fn reference(id: &FactId) -> String {
    format!("Observation/{id}")
}

/// The facts to write, each under the id that it gets, and those that stand against what is there. `before` is what the
/// sender told last.
///
/// # Errors
/// [`RecordsError`].
pub fn to_tell<R: Records + ?Sized>(
    records: &R,
    there: &mut There,
    arrival: &Arrival,
    incident: &Incident,
    before: Option<&Incident>,
) -> Result<(Vec<Fact>, Vec<Kept>), RecordsError> {
    let earlier = |fact: &Fact| {
        let told = before.into_iter().flat_map(|before| &before.facts);
        // In another place of the document it is the same only where it was also said at the same time.
        told.into_iter().find(|other| same_words(other, fact) && (other.id == fact.id || other.said == fact.said))
    };
    let renamed = |fact: &Fact, there: &There| {
        let told_otherwise = before.is_some_and(|before| before.facts.iter().any(|other| other.id == fact.id && !same_words(other, fact)));
        let there_otherwise = there.get(&reference(&fact.id)).is_some_and(|document| !says(document, fact, incident));
        told_otherwise || there_otherwise
    };
    let carried = |fact: &Fact| arrival.carried.contains(&fact.id);
    let mut asked = Vec::new();
    for fact in incident.facts.iter().filter(|fact| !carried(fact)) {
        asked.extend(earlier(fact).map(|other| reference(&other.id)));
        if renamed(fact, there) {
            asked.push(reference(&anew(fact).id));
        }
    }
    there.look(records, asked)?;
    let (mut news, mut kept) = (Vec::new(), Vec::new());
    for fact in &incident.facts {
        let is_there = |id: &FactId| there.get(&reference(id)).is_some();
        if carried(fact) {
            match there.get(&reference(&fact.id)) {
                None => news.push(fact.clone()),
                Some(document) if says(document, fact, incident) => {}
                Some(_) => {
                    let element = "valueString".to_owned();
                    kept.push(Kept { document: reference(&fact.id), element, why: WhyKept::NotTheirs });
                }
            }
        } else if earlier(fact).is_none_or(|other| !is_there(&other.id)) {
            let fact = if renamed(fact, there) { anew(fact) } else { fact.clone() };
            if !is_there(&fact.id) {
                news.push(fact);
            }
        }
    }
    Ok((news, kept))
}

fn same_words(one: &Fact, other: &Fact) -> bool {
    one.text.trim() == other.text.trim() && (one.kind, &one.code, &one.about) == (other.kind, &other.code, &other.about)
}

/// Whether the document there says this. One that cannot be read is left as it is.
fn says(document: &Document, fact: &Fact, incident: &Incident) -> bool {
    fhir::incident::read_fact(document, &incident.id).map_or(true, |there| same_words(&there, fact))
}

/// The same part of the sender's document with other words, said now: a fact of its own, under an id that every copy of a
/// gateway derives alike.
fn anew(fact: &Fact) -> Fact {
    Fact { id: FactId::derived(&format!("{}\n{}\n{}", fact.id, fact.said, fact.text.trim())), ..fact.clone() }
}
