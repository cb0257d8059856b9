//! A lead closes a road for the agency, and opens it again.

use super::lead::{self, NotALead};
use super::{ActError, Actor, Plan};
use crate::base::Position;
use crate::base::clock::Instant;
use crate::base::ids::ClosureId;
use crate::fhir::closures::{self, MOST_POINTS, RoadClosure};
use crate::records::{Records, lookup};

/// The longest reason, in characters.
const LONGEST_WHY: usize = 500;

/// Why a road is not closed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClosureError {
    /// Only a lead closes and opens roads, and this member is none.
    #[error("only a lead")]
    NotALead(NotALead),
    /// Fewer than two points, or more than anybody draws.
    #[error("not a line")]
    NotALine,
    /// No reason, or a novel.
    #[error("no reason")]
    NoReason,
}

/// Plans a closure; returns it with its id.
///
/// # Errors
/// [`ClosureError`], and others of [`ActError`].
pub fn close<R: Records + ?Sized>(
    records: &R,
    line: Vec<Position>,
    why: &str,
    until: Option<Instant>,
    actor: &Actor,
) -> Result<(Plan, String), ActError<ClosureError>> {
    must_lead(records, actor)?;
    if line.len() < 2 || line.len() > MOST_POINTS {
        return Err(ActError::Refused(ClosureError::NotALine));
    }
    let why = why.trim();
    if why.is_empty() || why.chars().count() > LONGEST_WHY {
        return Err(ActError::Refused(ClosureError::NoReason));
    }
    let id = actor.id::<ClosureId>("closure").to_string();
    let closure = RoadClosure { id: id.clone(), line, why: why.to_owned(), from: actor.now, until };
    Ok((actor.plan("close road", "roads").create(closures::write(&closure, actor.member.as_str())), id))
}

/// Plans that a closure ends.
///
/// # Errors
/// [`ClosureError`]; [`LookupError::NotHere`](crate::records::lookup::LookupError::NotHere) where it is no closure.
pub fn reopen<R: Records + ?Sized>(records: &R, closure: &str, actor: &Actor) -> Result<Plan, ActError<ClosureError>> {
    must_lead(records, actor)?;
    let closure = lookup::required(records, "Library", closure, "closure")?;
    let ended = closures::ended(closure).ok_or(lookup::LookupError::NotHere { what: "closure" })?;
    Ok(actor.plan("open road", "roads").change(ended))
}

fn must_lead<R: Records + ?Sized>(records: &R, actor: &Actor) -> Result<(), ActError<ClosureError>> {
    lead::why_not(records, actor)?.map_or(Ok(()), |why| Err(ActError::Refused(ClosureError::NotALead(why))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::Ledger;
    use crate::base::ids::{MemberId, OrganizationId, TeamId};
    use crate::fhir::team;
    use crate::records::Memory;

    #[test]
    fn a_road_is_closed_and_opened_by_whom_the_agency_names_as_a_lead() {
        let now = "2026-11-25T02:00:00Z".parse().unwrap();
        let ana = Actor::new(MemberId::derived("ana"), TeamId::derived("team"), OrganizationId::derived("agency"), "phone", now);
        let line = || [(40.0, -75.0), (40.1, -75.0)].map(|(latitude, longitude)| Position::new(latitude, longitude).unwrap()).to_vec();
        let (mut records, leading) = (Memory::default(), Actor { lead: true, ..ana.clone() });
        let refused = |why| Err(ActError::Refused(ClosureError::NotALead(why)));
        let close = |records: &Memory, actor| close(records, line(), "flood", None, actor);
        assert_eq!(close(&records, &ana), refused(NotALead::NotOpened));
        assert_eq!(close(&records, &leading), refused(NotALead::Unknown));
        records.put(team::write_lead(&ana.member, ana.agency.as_str()));
        assert_eq!(close(&records, &ana), refused(NotALead::NotOpened));
        let (plan, id) = close(&records, &leading).unwrap();
        records.commit(&plan).unwrap();
        assert_eq!(reopen(&records, &id, &ana), Err(ActError::Refused(ClosureError::NotALead(NotALead::NotOpened))));
        assert!(reopen(&records, &id, &leading).is_ok());
    }
}
