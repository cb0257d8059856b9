//! Who there is: the agency's teams, with what binds them as far as it is known here.
//!
//! Rule: [`team`] says what stands in a team's slim row; [`Teams::teams`] is computed from documents, and a phone overrides
//! it with its table. A test holds both equal.

use crate::base::ids::TeamId;
use crate::fhir;
use crate::records::{AgencyKind, Records, RecordsError, reading};
use crate::team::{Commitment, Team};

use super::queue;

/// A team from its CareTeam, members and position, without what binds it to work; `None` where it cannot be read.
///
/// # Errors
/// [`RecordsError`].
pub fn team<R: Records + ?Sized>(records: &R, document: &fhir::Document) -> Result<Option<Team>, RecordsError> {
    Ok(reading(records, |find| fhir::team::read(document, find))?.ok())
}

/// What binds a team: the most urgent of its open assignments.
pub fn commitment<'a>(rows: impl IntoIterator<Item = &'a queue::Row>) -> Option<Commitment> {
    let open = rows.into_iter().filter(|row| !row.state.is_terminal());
    open.map(|row| row.urgency).min().map(|urgency| Commitment { urgency, until: None })
}

/// Records that know their teams.
pub trait Teams: Records {
    /// Every team of the agency that can be read, with what binds it as far as it is known here.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn teams(&self) -> Result<Vec<Team>, RecordsError> {
        computed(self)
    }
}

/// The teams, computed from documents.
///
/// # Errors
/// [`RecordsError`].
pub fn computed<R: Records + ?Sized>(records: &R) -> Result<Vec<Team>, RecordsError> {
    let mut teams = Vec::new();
    for document in records.of_kind(AgencyKind::CareTeam)? {
        let Some(mut team) = team(records, &document)? else { continue };
        team.commitment = commitment(&assignments(records, &team.id)?);
        teams.push(team);
    }
    Ok(teams)
}

fn assignments<R: Records + ?Sized>(records: &R, team: &TeamId) -> Result<Vec<queue::Row>, RecordsError> {
    let owned = records.pointing_at("Task", "owner", &format!("CareTeam/{team}"))?;
    owned.iter().filter(|task| fhir::assignment::is_assignment(task)).map(|task| queue::row(records, task)).collect()
}
