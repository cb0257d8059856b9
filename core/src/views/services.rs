//! The services that suit, best first: open before closed, near before far, those without a position last.

use crate::acts::hand_off::must_not_learn;
use crate::base::clock::Instant;
use crate::base::ids::AssignmentId;
use crate::handoff::{Service, suitable};
use crate::records::{Records, lookup};
use crate::sharing::{Receiver, Receiving};

use super::LookupError;

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceView {
    /// The service.
    pub service: Service,
    /// Whether it is open now; `None` where nobody says.
    pub open: Option<bool>,
    /// Metres from the scene; `None` where a position is unknown.
    pub distance_m: Option<f64>,
}

/// The services that suit a person of this age, from where the assignment is. One that somebody in crisis named as one that must not
/// learn of the visit is never proposed.
///
/// # Errors
/// [`LookupError`].
pub fn services<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    age: Option<u16>,
    now: Instant,
) -> Result<Vec<ServiceView>, LookupError> {
    let incident = lookup::incident_of(records, assignment)?;
    let from = incident.place.position;
    let mut all = lookup::services(records)?;
    all.retain(|service| {
        let receiver = Receiver { kind: Receiving::Treating, organization: Some(service.organization.clone()) };
        !incident.people_in_crisis().any(|person| must_not_learn(person, &receiver))
    });
    let view =
        |(service, distance_m): (&Service, Option<f64>)| ServiceView { service: service.clone(), open: service.is_open(now), distance_m };
    Ok(suitable(&all, from, age, now).into_iter().map(view).collect())
}
