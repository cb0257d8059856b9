//! Who acts as a lead.
//!
//! Rule: a lead is whom the agency's own data names: a PractitionerRole of theirs that holds now, with the code for a lead. The
//! phone's configuration can say less and never more, and what is not known here is refused. Neighbours: `fhir::team` reads a
//! role; `stamp`, `close` and `close_road` ask.

use super::Actor;
use crate::fhir::team;
use crate::records::{AgencyKind, Records, RecordsError};

crate::codes! {
    /// Why a member does not act as a lead.
    NotALead {
        /// This phone was not opened for one.
        NotOpened = "not-opened",
        /// The agency's data has this member's roles, and none of them leads now.
        NotNamed = "not-named",
        /// Nothing that the agency says of this member's roles is here.
        Unknown = "unknown",
    }
}

/// Why the actor does not act as a lead; `None` where they do.
///
/// # Errors
/// [`RecordsError`].
pub fn why_not<R: Records + ?Sized>(records: &R, actor: &Actor) -> Result<Option<NotALead>, RecordsError> {
    if !actor.lead {
        return Ok(Some(NotALead::NotOpened));
    }
    let mut roles = records.of_kind(AgencyKind::PractitionerRole)?;
    let member = format!("Practitioner/{}", actor.member);
    roles.retain(|role| role.target("/practitioner") == Some(member.as_str()));
    if roles.iter().any(|role| team::leads(role, actor.agency.as_str(), actor.time())) {
        return Ok(None);
    }
    Ok(Some(if roles.is_empty() { NotALead::Unknown } else { NotALead::NotNamed }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::ids::{MemberId, OrganizationId, TeamId};
    use crate::fhir::Document;
    use crate::records::Memory;

    fn actor() -> Actor {
        let now = "2026-11-25T02:00:00Z".parse().unwrap();
        let (member, agency) = (MemberId::derived("ana"), OrganizationId::derived("agency"));
        Actor { lead: true, ..Actor::new(member, TeamId::derived("team"), agency, "phone", now) }
    }

    fn role() -> Document {
        team::write_lead(&actor().member, actor().agency.as_str())
    }

    fn with(element: &str, value: serde_json::Value) -> Document {
        let mut changed = role();
        changed.set(element, value);
        changed
    }

    #[test]
    fn a_lead_is_whom_the_agency_names_and_the_phones_word_alone_is_none() {
        let crew = json!([{ "coding": [{ "system": "urn:anydoor:1:crew-role", "code": "clinician" }] }]);
        let theirs = json!([{ "coding": [{ "system": "urn:example:roles", "code": "lead" }] }]);
        let both = json!([crew[0], role().list("/code")[0]]);
        let of = |who: &str| json!({ "reference": who });
        for (case, role, expected) in [
            ("named", Some(role()), None),
            ("named among other roles", Some(with("code", both)), None),
            ("named for this year", Some(with("period", json!({ "start": "2026", "end": "2026-12-31" }))), None),
            ("nothing is here", None, Some(NotALead::Unknown)),
            ("another member's role", Some(with("practitioner", of("Practitioner/ben"))), Some(NotALead::Unknown)),
            ("a crew's role", Some(with("code", crew)), Some(NotALead::NotNamed)),
            ("somebody else's code of that name", Some(with("code", theirs)), Some(NotALead::NotNamed)),
            ("no code", Some(with("code", json!(null))), Some(NotALead::NotNamed)),
            ("no longer active", Some(with("active", json!(false))), Some(NotALead::NotNamed)),
            ("another agency's", Some(with("organization", of("Organization/other"))), Some(NotALead::NotNamed)),
            ("of no agency", Some(with("organization", json!(null))), Some(NotALead::NotNamed)),
            ("over", Some(with("period", json!({ "end": "2026-11-24" }))), Some(NotALead::NotNamed)),
            ("to come", Some(with("period", json!({ "start": "2026-11-25T02:00:01Z" }))), Some(NotALead::NotNamed)),
        ] {
            let records = Memory::of(role);
            assert_eq!(why_not(&records, &actor()), Ok(expected), "{case}");
            assert_eq!(why_not(&records, &Actor { lead: false, ..actor() }), Ok(Some(NotALead::NotOpened)), "{case}");
        }
    }

    #[test]
    fn a_role_holds_by_the_servers_time_where_that_is_known() {
        let records = Memory::of([with("period", json!({ "end": "2026-11-25T01:00:00Z" }))]);
        assert_eq!(why_not(&records, &actor()), Ok(Some(NotALead::NotNamed)));
        let heard = Actor { server_now: Some("2026-11-25T00:30:00Z".parse().unwrap()), ..actor() };
        assert_eq!(why_not(&records, &heard), Ok(None));
    }
}
