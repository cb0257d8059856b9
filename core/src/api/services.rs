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
    /// The youngest age that it takes, in years; none where it says none, or nobody can tell.
    pub youngest: Option<u16>,
    /// The oldest age that it takes, in years; none where it says none, or nobody can tell.
    pub oldest: Option<u16>,
    /// Whether its directory says something of ages that cannot be read: a screen says that its limits are unknown, never that
    /// it has none.
    pub ages_unknown: bool,
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
            youngest: service.youngest,
            oldest: service.oldest,
            ages_unknown: service.ages_unknown,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{OrganizationId, ServiceId};
    use crate::handoff::Service;

    #[test]
    fn limits_that_nobody_can_read_are_shown_as_unknown() {
        let row = |service| ServiceRow::from(ServiceView { service, open: None, distance_m: None });
        let service = Service {
            id: ServiceId::derived("s"),
            organization: OrganizationId::derived("o"),
            organization_name: "o".into(),
            name: "s".into(),
            description: None,
            position: None,
            address: None,
            phones: vec![],
            hours: vec![],
            hours_in_part: false,
            zone: "America/New_York".into(),
            languages: vec![],
            youngest: Some(18),
            oldest: None,
            ages_unknown: false,
            active: true,
        };
        assert_eq!((row(service.clone()).youngest, row(service.clone()).ages_unknown), (Some(18), false));
        assert!(row(Service { youngest: None, ages_unknown: true, ..service }).ages_unknown);
    }
}
