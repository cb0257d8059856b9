//! What a state, a tribal nation or an agency adds to the matrix: a cell made narrower, or a named duty.
//!
//! Rule: a row narrows and never widens; a duty never opens a Part 2 record. Danger to life and what is needed to approach
//! reach those who come at once, whatever a row says. A rule of an area holds where the scene's jurisdiction is that area, so
//! that a state's rule never falls through onto tribal land. Neighbours: `fhir::sharing` reads the agency's table; `part` applies.

use super::matrix::{Cell, Ground, Information, Origin, Receiving};
use super::{Receiver, Verdict, WithheldReason};
use crate::base::ids::OrganizationId;

/// A row that narrows. What is `None` covers everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowing {
    /// The jurisdiction's area; `None`: everywhere that the agency works.
    pub area: Option<String>,
    /// From where.
    pub origin: Option<Origin>,
    /// What kind.
    pub kind: Option<Information>,
    /// To whom.
    pub to: Option<Receiving>,
    /// On what basis.
    pub on: Option<Ground>,
    /// Who decides; `None`: withheld.
    pub decided_by: Option<super::DecidedBy>,
    /// The law or rule that says so.
    pub law: String,
}

/// A duty that a jurisdiction names: a report or a warning that must be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// The jurisdiction's area; `None`: everywhere that the agency works.
    pub area: Option<String>,
    /// To whom.
    pub to: Receiving,
    /// The law that says so.
    pub law: String,
}

/// What an agency's data says of sharing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The domain name under which the agency issues documents; `None`: nobody said.
    pub issuer: Option<String>,
    /// Whether police can read what a call-taker gets. Unknown is yes.
    pub police_read_psap: bool,
    /// What is narrower here.
    pub narrowings: Vec<Narrowing>,
    /// What must be reported.
    pub duties: Vec<Duty>,
    /// Organisations of the directory that are something else than a service that treats.
    pub receivers: Vec<(OrganizationId, Receiving)>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { issuer: None, police_read_psap: true, narrowings: Vec::new(), duties: Vec::new(), receivers: Vec::new() }
    }
}

fn in_area(rule: Option<&str>, area: Option<&str>) -> bool {
    rule.is_none_or(|rule| Some(rule) == area)
}

impl Rules {
    /// What kind of receiver the call-taker is.
    pub fn psap(&self) -> Receiving {
        if self.police_read_psap { Receiving::PsapPoliceRead } else { Receiving::Psap }
    }

    /// A service of the directory as a receiver: one that treats, unless the agency says otherwise.
    pub fn service(&self, organization: &OrganizationId) -> Receiver {
        let said = self.receivers.iter().find(|(one, _)| one == organization).map(|(_, kind)| *kind);
        Receiver { kind: said.unwrap_or(Receiving::Treating), organization: Some(organization.clone()) }
    }

    /// The domain name on documents that go out. Where the agency has not said, one that is none by its own word (RFC 2606).
    pub fn issuer_of(&self, agency: &str) -> String {
        self.issuer.clone().unwrap_or_else(|| format!("{}.invalid", agency.to_ascii_lowercase()))
    }

    /// A cell's verdict with what is narrower here.
    pub fn narrow(&self, verdict: Verdict, cell: Cell, area: Option<&str>) -> Verdict {
        let at_once = matches!(cell.kind, Information::DangerToLife | Information::Approach) && cell.to.is_emergency();
        if at_once {
            return verdict;
        }
        let fits = |row: &&Narrowing| {
            in_area(row.area.as_deref(), area)
                && row.origin.is_none_or(|origin| origin == cell.origin)
                && row.kind.is_none_or(|kind| kind == cell.kind)
                && row.to.is_none_or(|to| to == cell.to)
                && row.on.is_none_or(|on| on == cell.on)
        };
        self.narrowings.iter().filter(fits).fold(verdict, |verdict, row| {
            verdict.narrower(row.decided_by.map_or(Verdict::Withheld(WithheldReason::LocalRule), Verdict::Decide))
        })
    }

    /// The duties towards a receiver here. A duty opens no cell: what may be told is still the matrix's.
    pub fn duties_to(&self, to: Receiving, area: Option<&str>) -> impl Iterator<Item = &Duty> {
        self.duties.iter().filter(move |duty| duty.to == to && in_area(duty.area.as_deref(), area))
    }
}
