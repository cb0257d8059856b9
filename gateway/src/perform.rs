//! One act from its first reading to its delivery: run on a snapshot, fetched for and run again, delivered.
//!
//! Rule: a state machine without I/O, over [`Fetch`] and [`Delivery`]. The act runs until its snapshot knows everything, at
//! most [`MOST_ROUNDS`] times; it derives its ids ([`Ids::Seeded`](anydoor_core::acts::Ids)) and takes its time once, outside.
//! An arrival is joined anew where somebody else wrote meanwhile: what it joins with is the sender's own last document, so
//! nobody's word is written over. Any other act that met a conflict ends with it: a person decides.

use std::sync::Arc;

use anydoor_core::acts::{ActError, Plan};
use anydoor_core::base::clock::Instant;
use anydoor_core::http::{Outcome, Request};
use anydoor_core::records::RecordsError;
use anydoor_core::records::lookup::LookupError;

use crate::delivery::{Author, Delivered, Delivery, NotDelivered, Step};
use crate::fetch::Fetch;
use crate::snapshot::Snapshot;
use crate::trouble::Trouble;

/// How often an act is run again because it asked for more.
pub const MOST_ROUNDS: usize = 12;
/// How often an arrival is joined anew because somebody else wrote meanwhile.
const MOST_JOINS: usize = 3;

/// Why something was not done. No personal data.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GatewayError<E: std::error::Error> {
    /// The act says no.
    #[error(transparent)]
    Act(ActError<E>),
    /// What the act needs could not be fetched.
    #[error("not fetched: {0}")]
    Fetch(Trouble),
    /// What it planned is not, or not whole, at the server.
    #[error(transparent)]
    NotDelivered(#[from] NotDelivered),
    /// The act asked for more in every round.
    #[error("the act asks for more than is fetched")]
    TooManyRounds,
}

/// An act that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Performed<T> {
    /// What the act gave beside its plan.
    pub done: T,
    /// What is at the server now.
    pub delivered: Delivered,
}

/// What came of an act.
pub type Outcomes<T, E> = Result<Performed<T>, GatewayError<E>>;

/// What it wants next.
#[derive(Debug)]
pub enum Next<T, E: std::error::Error> {
    /// Send this, and tell what came of it.
    Send(Request),
    /// Nothing until then.
    WaitUntil(Instant),
    /// It is over.
    Done(Box<Outcomes<T, E>>),
}

/// What is under way.
enum Doing<T> {
    Act,
    Fetch(Box<Fetch>),
    Delivery(Box<Delivery>, Option<T>),
}

/// An act under way.
pub struct Perform<A, T, E: std::error::Error> {
    act: A,
    author: Arc<Author>,
    snapshot: Snapshot,
    doing: Doing<T>,
    failed: Option<GatewayError<E>>,
    rounds: usize,
    /// How often it may be joined anew.
    joins: usize,
}

impl<A, T, E> Perform<A, T, E>
where
    A: Fn(&Snapshot) -> Result<(Plan, T), ActError<E>>,
    E: std::error::Error,
{
    /// An act to be performed.
    pub fn new(author: &Arc<Author>, act: A) -> Self {
        let (author, snapshot) = (author.clone(), Snapshot::default());
        Self { act, author, snapshot, doing: Doing::Act, failed: None, rounds: 0, joins: 0 }
    }

    /// An arrival to be taken.
    pub fn arrival(author: &Arc<Author>, act: A) -> Self {
        Self { joins: MOST_JOINS, ..Self::new(author, act) }
    }

    /// What to do next. After [`Next::Done`] it is used up.
    pub fn next(&mut self, now: Instant) -> Next<T, E> {
        loop {
            if let Some(error) = self.failed.take() {
                return Next::Done(Box::new(Err(error)));
            }
            match &mut self.doing {
                Doing::Act => self.act(),
                Doing::Fetch(fetch) => match fetch.request() {
                    Some(request) => return Next::Send(request),
                    None => self.doing = Doing::Act,
                },
                Doing::Delivery(delivery, done) => match delivery.next(now) {
                    Step::Send(request) => return Next::Send(request),
                    Step::WaitUntil(until) => return Next::WaitUntil(until),
                    Step::Done(result) if self.joins > 0 && somebody_else_wrote(&result) => {
                        self.joins -= 1;
                        (self.snapshot, self.doing, self.rounds) = (Snapshot::default(), Doing::Act, 0);
                    }
                    Step::Done(Err(error)) => self.failed = Some(error.into()),
                    Step::Done(Ok(delivered)) => match done.take() {
                        Some(done) => return Next::Done(Box::new(Ok(Performed { done, delivered }))),
                        None => self.failed = Some(GatewayError::TooManyRounds),
                    },
                },
            }
        }
    }

    /// Takes what came of the last request.
    pub fn hear(&mut self, outcome: Outcome, now: Instant) {
        match &mut self.doing {
            Doing::Act => {}
            Doing::Fetch(fetch) => {
                if let Err(trouble) = fetch.hear(outcome, now, &mut self.snapshot) {
                    self.failed = Some(GatewayError::Fetch(trouble));
                }
            }
            Doing::Delivery(delivery, _) => delivery.hear(outcome, now),
        }
    }

    fn act(&mut self) {
        self.rounds += 1;
        match (self.act)(&self.snapshot) {
            Ok((plan, done)) => {
                let delivery = Delivery::new(&plan, &self.author, &self.snapshot);
                self.doing = Doing::Delivery(Box::new(delivery), Some(done));
            }
            Err(ActError::Lookup(LookupError::Records(RecordsError::NotFetched(_)))) if self.rounds < MOST_ROUNDS => {
                self.doing = Doing::Fetch(Box::new(Fetch::new(self.snapshot.take_missing())));
            }
            Err(ActError::Lookup(LookupError::Records(RecordsError::NotFetched(_)))) => self.failed = Some(GatewayError::TooManyRounds),
            Err(error) => self.failed = Some(GatewayError::Act(error)),
        }
    }
}

/// Whether what this arrival would have written was written by somebody else meanwhile.
fn somebody_else_wrote(result: &Result<Delivered, NotDelivered>) -> bool {
    match result {
        Ok(delivered) => delivered.left.iter().any(|reference| reference.starts_with("ServiceRequest/")),
        Err(error) => matches!(error, NotDelivered::Conflict { .. }),
    }
}

#[cfg(test)]
mod tests {
    use anydoor_core::acts::Never;
    use anydoor_core::base::ids::MemberId;
    use anydoor_core::fhir::Document;
    use anydoor_core::http::Answer;
    use anydoor_core::records::Records;
    use serde_json::{Value, json};

    use super::*;

    fn answer(body: &Value) -> Outcome {
        Ok(Answer { status: 200, body: body.to_string().into_bytes(), ..Answer::default() })
    }

    fn plan() -> Plan {
        Plan::new("test", &MemberId::derived("gateway"), Instant::UNIX_EPOCH, "lane")
    }

    /// The answer to a batch: each document there with this body, or not there.
    fn batch(request: &Request, there: &dyn Fn(&str) -> Option<Value>) -> Outcome {
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        let entry = |entry: &Value| match there(entry["request"]["url"].as_str().unwrap()) {
            Some(body) => json!({ "resource": body, "response": { "status": "200" } }),
            None => json!({ "response": { "status": "404" } }),
        };
        let entries: Vec<Value> = body["entry"].as_array().unwrap().iter().map(entry).collect();
        answer(&json!({ "resourceType": "Bundle", "entry": entries }))
    }

    #[test]
    fn an_act_runs_again_until_its_snapshot_knows_everything() {
        let act = |snapshot: &Snapshot| {
            let all: Vec<_> = ["a", "b"].into_iter().map(|id| snapshot.document("Task", id)).collect();
            let first = all.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().next();
            let next = first.and_then(|task| task.text("/description").map(str::to_owned)).unwrap_or_default();
            Ok::<_, ActError<Never>>((plan(), snapshot.document("Task", &next)?.is_some()))
        };
        let mut perform = Perform::new(&Arc::new(Author::new("agency")), act);
        let mut requests = Vec::new();
        let done = loop {
            match perform.next(Instant::UNIX_EPOCH) {
                Next::Send(request) => {
                    let there = |url: &str| {
                        (url != "Task/b")
                            .then(|| json!({ "resourceType": "Task", "id": url.trim_start_matches("Task/"), "description": "c" }))
                    };
                    perform.hear(batch(&request, &there), Instant::UNIX_EPOCH);
                    requests.push(request.body.unwrap());
                }
                Next::WaitUntil(_) => {}
                Next::Done(done) => break done,
            }
        };
        assert!(done.unwrap().done);
        assert_eq!(requests.len(), 2, "what is asked at once is fetched at once");
        assert!(requests[0].contains("Task/a") && requests[0].contains("Task/b") && requests[1].contains("Task/c"));
    }

    #[test]
    fn an_act_that_always_asks_for_more_ends() {
        let asked = std::cell::Cell::new(0);
        let act = |snapshot: &Snapshot| {
            asked.set(asked.get() + 1);
            snapshot.document("Task", &format!("t{}", asked.get()))?;
            Ok::<_, ActError<Never>>((plan(), ()))
        };
        let mut perform = Perform::new(&Arc::new(Author::new("agency")), act);
        let done = loop {
            match perform.next(Instant::UNIX_EPOCH) {
                Next::Send(request) => perform.hear(batch(&request, &|_| None), Instant::UNIX_EPOCH),
                Next::WaitUntil(_) => {}
                Next::Done(done) => break done,
            }
        };
        assert_eq!(*done, Err(GatewayError::TooManyRounds));
        assert_eq!(asked.get(), MOST_ROUNDS);
    }

    #[test]
    fn an_arrival_is_joined_anew_after_a_conflict_and_any_other_act_ends_with_it() {
        let act = |snapshot: &Snapshot| {
            let mut document = snapshot.document("Location", "l")?.unwrap_or_else(|| Document::new("Location", "l"));
            document.set("name", json!("ours"));
            Ok::<_, ActError<Never>>((plan().change(document), ()))
        };
        let author = Arc::new(Author::new("agency"));
        for (mut perform, runs) in [(Perform::new(&author, act), 1), (Perform::arrival(&author, act), 1 + MOST_JOINS)] {
            let (mut reads, mut version) = (0, 0);
            let done = loop {
                match perform.next(Instant::UNIX_EPOCH) {
                    // Each time it is read somebody has written another name.
                    Next::Send(request) if request.path.is_empty() => {
                        (reads, version) = (reads + 1, version + 1);
                        let there = |_: &str| {
                            Some(
                                json!({ "resourceType": "Location", "id": "l", "meta": { "versionId": version.to_string() }, "name": version.to_string() }),
                            )
                        };
                        perform.hear(batch(&request, &there), Instant::UNIX_EPOCH);
                    }
                    Next::Send(_) => perform.hear(Ok(Answer { status: 412, ..Answer::default() }), Instant::UNIX_EPOCH),
                    Next::WaitUntil(_) => {}
                    Next::Done(done) => break done,
                }
            };
            assert!(matches!(*done, Err(GatewayError::NotDelivered(NotDelivered::Conflict { .. }))));
            assert_eq!(reads, 2 * runs, "once for the act and once for what stands there");
        }
    }
}
