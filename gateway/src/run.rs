//! The driver over a connection: runs an act on a snapshot, fetches what it asks for, and delivers what it plans.
//!
//! Rule: an act runs again with the same ids and the same time until its snapshot knows everything, at most
//! [`MOST_ROUNDS`] times. CAD and the centre are answered only after the server's answer. What arrives is joined anew where
//! somebody else wrote meanwhile: what it joins with is the sender's own last document, so nobody's word is written over.

use std::sync::Arc;
use std::time::Duration;

use anydoor_core::acts::receive::{Receiver, Taken, receive_eido, receive_order};
use anydoor_core::acts::{ActError, Never, Plan};
use anydoor_core::base::clock::{Clock, Instant};
use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
use anydoor_core::door::DoorError;
use anydoor_core::fhir::{Document, bundle};
use anydoor_core::http::{Outcome, Request, Transport};
use anydoor_core::records::lookup::{LookupError, required};
use anydoor_core::records::{Records, RecordsError};

use crate::delivery::{Author, Delivered, Delivery, NotDelivered, Step};
use crate::fetch::Fetch;
use crate::snapshot::Snapshot;
use crate::trouble::Trouble;

/// How often an act is run again because it asked for more.
pub const MOST_ROUNDS: usize = 12;
/// How often an arrival is joined anew because somebody else wrote meanwhile.
const MOST_JOINS: usize = 3;
/// How many pages one search is followed.
const MOST_PAGES: usize = 200;

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
#[derive(Debug, Clone)]
pub struct Performed<T> {
    /// What the act gave beside its plan.
    pub done: T,
    /// What is at the server now.
    pub delivered: Delivered,
}

/// One running copy of a gateway, for one agency over one connection.
pub struct Gateway {
    transport: Transport,
    author: Arc<Author>,
    agency: OrganizationId,
    member: MemberId,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("author", &self.author).finish_non_exhaustive()
    }
}

impl Gateway {
    /// A copy that starts now. `clock` gives the time at which things arrive.
    pub fn new(transport: Transport, agency: &OrganizationId, clock: Arc<dyn Clock>) -> Self {
        let author = Arc::new(Author::new(agency.as_str()));
        Self { transport, author, agency: agency.clone(), member: MemberId::derived("gateway"), clock }
    }

    /// Runs an act and delivers its plan. The act may run several times: it derives its ids
    /// ([`Ids::Seeded`](anydoor_core::acts::Ids)) and takes its time once, outside.
    ///
    /// # Errors
    /// [`GatewayError`]; [`GatewayError::NotDelivered`] where a part may be at the server.
    pub async fn perform<T, E>(&self, act: impl Fn(&Snapshot) -> Result<(Plan, T), ActError<E>>) -> Result<Performed<T>, GatewayError<E>>
    where
        E: std::error::Error,
    {
        let mut snapshot = Snapshot::default();
        for _ in 0..MOST_ROUNDS {
            match act(&snapshot) {
                Ok((plan, done)) => return Ok(Performed { done, delivered: self.deliver(&plan, &snapshot).await? }),
                Err(ActError::Lookup(LookupError::Records(RecordsError::NotFetched(_)))) => {
                    self.fetch(&mut snapshot).await.map_err(GatewayError::Fetch)?;
                }
                Err(error) => return Err(GatewayError::Act(error)),
            }
        }
        Err(GatewayError::TooManyRounds)
    }

    /// Takes an EIDO document. `team` is the one chosen for a new incident; `None` makes an open offer.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn receive_911(&self, bytes: &[u8], team: Option<&TeamId>) -> Result<Performed<Taken>, GatewayError<DoorError>> {
        self.receive(|snapshot, to| receive_eido(snapshot, bytes, team, to)).await
    }

    /// Takes a 988 centre's order, as [`Gateway::receive_911`].
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn receive_988(&self, bytes: &[u8], team: Option<&TeamId>) -> Result<Performed<Taken>, GatewayError<DoorError>> {
        self.receive(|snapshot, to| receive_order(snapshot, bytes, team, to)).await
    }

    async fn receive(
        &self,
        act: impl Fn(&Snapshot, &Receiver) -> Result<Taken, ActError<DoorError>>,
    ) -> Result<Performed<Taken>, GatewayError<DoorError>> {
        let to = Receiver { member: self.member.clone(), agency: self.agency.clone(), now: self.clock.now() };
        let mut joins = 0;
        loop {
            let performed = self.perform(|snapshot| act(snapshot, &to).map(|taken| (taken.plan.clone(), taken))).await;
            joins += 1;
            match performed {
                Err(GatewayError::NotDelivered(NotDelivered::Conflict { .. })) if joins < MOST_JOINS => {}
                // Another copy wrote the same request first: what this document adds is joined with it.
                Ok(performed) if joins < MOST_JOINS && left_request(&performed) => {}
                performed => return performed,
            }
        }
    }

    /// Reads one document.
    ///
    /// # Errors
    /// [`Trouble`]; [`Trouble::NotFound`] where it is not there.
    pub async fn read(&self, reference: &str) -> Result<Document, Trouble> {
        let answer = self.transport.send(&Request::get(reference)).await?;
        match Trouble::of(&answer, Instant::now()) {
            Some(trouble) => Err(trouble),
            None => Document::parse(&answer.body).ok().filter(|there| there.reference() == reference).ok_or(Trouble::Unreadable),
        }
    }

    /// Changes one document as its receiver does. What somebody else changes meanwhile stays.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn change(&self, reference: &str, change: impl Fn(&mut Document)) -> Result<Delivered, GatewayError<Never>> {
        let now = self.clock.now();
        let (kind, id) = reference.split_once('/').unwrap_or((reference, ""));
        let act = |snapshot: &Snapshot| {
            let mut document = required(snapshot as &dyn Records, kind, id, "document")?;
            change(&mut document);
            Ok((Plan::new("change", &self.member, now, "").change(document), ()))
        };
        Ok(self.perform(act).await?.delivered)
    }

    /// Everything that a search finds, page by page, as the server gives it.
    ///
    /// # Errors
    /// [`Trouble`]; a refused search is never an empty one.
    pub async fn search(&self, path: &str) -> Result<Vec<Document>, Trouble> {
        let (mut found, mut next) = (Vec::new(), path.to_owned());
        for _ in 0..MOST_PAGES {
            let answer = self.transport.send(&Request::get(next)).await?;
            if let Some(trouble) = Trouble::of(&answer, Instant::now()) {
                return Err(trouble);
            }
            let page = bundle::read(&answer.body).map_err(|_| Trouble::Unreadable)?;
            found.extend(page.entries.into_iter().filter_map(|entry| entry.resource));
            match page.next {
                Some(link) => next = link,
                None => return Ok(found),
            }
        }
        Err(Trouble::TooMuch)
    }

    async fn fetch(&self, snapshot: &mut Snapshot) -> Result<(), Trouble> {
        let mut fetch = Fetch::new(snapshot.take_missing());
        while let Some(request) = fetch.request() {
            let outcome = self.transport.send(&request).await;
            fetch.hear(outcome, Instant::now(), snapshot)?;
        }
        Ok(())
    }

    async fn deliver(&self, plan: &Plan, snapshot: &Snapshot) -> Result<Delivered, NotDelivered> {
        let mut delivery = Delivery::new(plan, &self.author, snapshot);
        loop {
            match delivery.next(Instant::now()) {
                Step::Send(request) => {
                    let outcome: Outcome = self.transport.send(&request).await;
                    delivery.hear(outcome, Instant::now());
                }
                Step::WaitUntil(until) => {
                    let wait = Duration::try_from(until.duration_since(Instant::now())).unwrap_or_default();
                    tokio::time::sleep(wait).await;
                }
                Step::Done(result) => return result,
            }
        }
    }
}

/// Whether a request that this arrival would have made was made by somebody else meanwhile.
fn left_request(performed: &Performed<Taken>) -> bool {
    performed.delivered.left.iter().any(|reference| reference.starts_with("ServiceRequest/"))
}
