//! The directory: services that suit.

use super::{Anydoor, Result};
use crate::base::ids::AssignmentId;
use crate::views::services::{self as view, ServiceView};

/// A service.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ServiceRow {
    /// The id.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Who runs it: the id.
    pub organization: String,
    /// Who runs it: the name.
    pub by: String,
    /// Whether it is open now; none where nobody says.
    pub open: Option<bool>,
    /// Metres; none where its position is unknown.
    pub distance_m: Option<f64>,
    /// Numbers.
    pub phones: Vec<String>,
}

impl From<ServiceView> for ServiceRow {
    fn from(ServiceView { service, open, distance_m }: ServiceView) -> Self {
        Self {
            service: service.id.into(),
            name: service.name,
            organization: service.organization.into(),
            by: service.organization_name,
            open,
            distance_m,
            phones: service.phones,
        }
    }
}

#[uniffi::export]
impl Anydoor {
    /// The services that suit, best first: open before closed, near before far, those without a position last.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn services(&self, assignment: &str, age: Option<u16>) -> Result<Vec<ServiceRow>> {
        let (id, now) = (AssignmentId::parse(assignment)?, self.inner.clock.now());
        self.inner.store(|store| Ok(view::services(store, &id, age, now)?.into_iter().map(Into::into).collect()))
    }
}
