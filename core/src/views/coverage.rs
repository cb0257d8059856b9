//! Whom the agency's teams reach, now and if each of some teams goes.

use crate::base::clock::Instant;
use crate::base::ids::TeamId;
use crate::fhir;
use crate::planning::coverage::{Coverage, CoverageError, coverage};
use crate::records::{AgencyKind, RecordsError};
use crate::team::ByRoad;

use super::teams::Teams;

/// Coverage, and whose figures it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverageView {
    /// How many people were counted.
    pub people: u64,
    /// Whose figures they are.
    pub source: String,
    /// What was found.
    pub coverage: Coverage,
}

/// Why there is no coverage to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCoverage {
    /// The agency gives no population.
    #[error("no population")]
    NoPopulation,
    /// It cannot be counted.
    #[error(transparent)]
    Coverage(#[from] CoverageError),
    /// The records gave an error.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// Whom the teams reach within 15, 30 and 60 minutes, now and if each of `leaving` goes.
///
/// # Errors
/// [`NoCoverage`].
pub fn if_gone<T: Teams + ?Sized>(
    records: &T,
    leaving: &[TeamId],
    now: Instant,
    by_road: Option<ByRoad<'_>>,
) -> Result<CoverageView, NoCoverage> {
    let population = fhir::population::read(&records.of_kind(AgencyKind::Library)?).ok_or(NoCoverage::NoPopulation)?;
    let found = coverage(&population, &records.teams()?, leaving, now, by_road)?;
    Ok(CoverageView { people: population.people(), source: population.source, coverage: found })
}
