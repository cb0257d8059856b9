//! The driver over a connection: sends what an act wants, and waits where it waits.
//!
//! Rule: nothing is decided here. CAD and the centre are answered only after the server's answer.

use std::sync::Arc;
use std::time::Duration;

use anydoor_core::acts::receive::{Intake, Receiver, receive};
use anydoor_core::acts::{ActError, Never, Plan};
use anydoor_core::base::clock::{Clock, Instant};
use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
use anydoor_core::door::{Arrival, DoorError, eido};
use anydoor_core::fhir::{Document, order};
use anydoor_core::http::{Request, Transport};
use anydoor_core::records::lookup::required;

use crate::delivery::{Author, Delivered};
use crate::perform::{GatewayError, Next, Outcomes, Perform};
use crate::snapshot::Snapshot;
use crate::trouble::Trouble;

/// How many pages one search is followed.
const MOST_PAGES: usize = 200;

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
    pub async fn perform<T, E>(&self, act: impl Fn(&Snapshot) -> Result<(Plan, T), ActError<E>>) -> Outcomes<T, E>
    where
        E: std::error::Error,
    {
        self.drive(Perform::new(&self.author, act)).await
    }

    /// Takes an EIDO document. `team` is the one chosen for a new incident; `None` makes an open offer.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn receive_911(&self, bytes: &[u8], team: Option<&TeamId>) -> Outcomes<Intake, DoorError> {
        self.receive(eido::read(bytes).map_err(refused)?, team).await
    }

    /// Takes a 988 centre's order, as [`Gateway::receive_911`].
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn receive_988(&self, bytes: &[u8], team: Option<&TeamId>) -> Outcomes<Intake, DoorError> {
        self.receive(order::read(bytes).map_err(refused)?, team).await
    }

    /// An arrival is read once, however often its act runs.
    async fn receive(&self, arrival: Arrival, team: Option<&TeamId>) -> Outcomes<Intake, DoorError> {
        let to = Receiver { member: self.member.clone(), agency: self.agency.clone(), now: self.clock.now() };
        let act = |snapshot: &Snapshot| {
            let taken = receive(snapshot, arrival.clone(), team, &to).map_err(ActError::among)?;
            Ok((taken.plan.clone(), taken))
        };
        self.drive(Perform::arrival(&self.author, act)).await
    }

    /// Changes one document as its receiver does. What somebody else changes meanwhile stays.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn change(&self, reference: &str, change: impl Fn(&mut Document)) -> Result<Delivered, GatewayError<Never>> {
        let now = self.clock.now();
        let (kind, id) = reference.split_once('/').unwrap_or((reference, ""));
        let act = |snapshot: &Snapshot| {
            let mut document = required(snapshot, kind, id, "document")?;
            change(&mut document);
            Ok((Plan::new("change", &self.member, now, "").change(document), ()))
        };
        Ok(self.perform(act).await?.delivered)
    }

    /// Reads one document.
    ///
    /// # Errors
    /// [`Trouble`]; [`Trouble::NotFound`] where it is not there.
    pub async fn read(&self, reference: &str) -> Result<Document, Trouble> {
        let answer = self.transport.send(&Request::get(reference)).await?;
        match Trouble::of(&answer, Instant::now()) {
            Some(trouble) => Err(trouble),
            None => answer.document().ok().filter(|there| there.reference() == reference).ok_or(Trouble::Unreadable),
        }
    }

    /// Everything that a search finds, page by page, as the server gives it.
    ///
    /// # Errors
    /// [`Trouble`]; a refused search is never an empty one.
    pub async fn search(&self, path: &str) -> Result<Vec<Document>, Trouble> {
        let (mut found, mut next) = (Vec::new(), Request::get(path));
        for _ in 0..MOST_PAGES {
            let answer = self.transport.send(&next).await?;
            if let Some(trouble) = Trouble::of(&answer, Instant::now()) {
                return Err(trouble);
            }
            let page = answer.bundle().map_err(|_| Trouble::Unreadable)?;
            found.extend(page.entries.into_iter().filter_map(|entry| entry.resource));
            match page.next {
                Some(link) => next = Request::follow(link, answer.url),
                None => return Ok(found),
            }
        }
        Err(Trouble::TooMuch)
    }

    async fn drive<A, T, E>(&self, mut perform: Perform<A, T, E>) -> Outcomes<T, E>
    where
        A: Fn(&Snapshot) -> Result<(Plan, T), ActError<E>>,
        E: std::error::Error,
    {
        loop {
            match perform.next(Instant::now()) {
                Next::Send(request) => {
                    let outcome = self.transport.send(&request).await;
                    perform.hear(outcome, Instant::now());
                }
                Next::WaitUntil(until) => {
                    let wait = Duration::try_from(until.duration_since(Instant::now())).unwrap_or_default();
                    tokio::time::sleep(wait).await;
                }
                Next::Done(outcome) => return *outcome,
            }
        }
    }
}

fn refused(error: DoorError) -> GatewayError<DoorError> {
    GatewayError::Act(ActError::Refused(error))
}
