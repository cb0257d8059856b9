//! What went out about the people of an assignment: the accounting, and beside it what the sender withheld.
//!
//! Rule: the withheld list is for the one who sends. Neighbours: `acts::disclose` fills accounts.

use super::{LookupError, Phone};
use crate::acts::disclose;
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, OrganizationId, PersonId};
use crate::delivery::Truth;
use crate::fhir::{self, disclosure as form};
use crate::handoff::{Accounted, Disclosure};
use crate::records::lookup;
use crate::sharing::{Duty, Parted, Receiver, Receiving};

/// One disclosure with its account.
#[derive(Debug, Clone, PartialEq)]
pub struct DisclosureView {
    /// The account.
    pub account: Accounted,
    /// Where the document is.
    pub truth: Truth,
    /// Whether the receiver has said that it has it; `None` where nobody is asked to say so.
    pub acknowledged: Option<bool>,
}

/// Every disclosure of an assignment, planned ones too, oldest first.
///
/// # Errors
/// [`LookupError`].
pub fn disclosures<P: Phone + ?Sized>(phone: &P, assignment: &AssignmentId) -> Result<Vec<DisclosureView>, LookupError> {
    let task = format!("Task/{assignment}");
    let mut documents = phone.pointing_at("DocumentReference", "context", &task)?;
    documents.retain(|document| form::form(document).is_some());
    for (code, is_referral) in [(fhir::handoff::HANDOFF, true), (fhir::safety::STEP_DOWN, false)] {
        for task in lookup::tasks_of(phone, assignment, code)? {
            documents.extend(if is_referral { lookup::request(phone, &task)? } else { Some(task) });
        }
    }
    let mut all = Vec::new();
    for document in documents {
        let account = phone.document("AuditEvent", &form::account_id(&document.reference()))?;
        let Some(account) = account.as_ref().and_then(form::read_account) else { continue };
        let truth = phone.truth_of(document.kind(), document.id())?;
        let said = match form::form(&document) {
            Some(form::Form::Referral) => {
                let id = crate::base::ids::HandoffId::parse(document.id()).ok().map(|id| fhir::handoff::task_id(&id));
                let task = id.map(|id| phone.document("Task", &id)).transpose()?.flatten();
                task.as_ref().map(answered)
            }
            Some(form::Form::StepDown) => Some(answered(&document)),
            _ => None,
        };
        all.push(DisclosureView { account, truth, acknowledged: said });
    }
    Ok(all)
}

/// The accounting of a person's disclosures that have left, oldest first: what is shown to them on request (45 CFR 164.528). What was
/// withheld is not in it.
///
/// # Errors
/// [`LookupError`].
pub fn accounting<P: Phone + ?Sized>(phone: &P, person: &PersonId) -> Result<Vec<Accounted>, LookupError> {
    let all = phone.pointing_at("AuditEvent", "entity", &format!("Patient/{person}"))?;
    let left = all.iter().filter_map(form::read_account).filter(|account| account.at.is_some());
    Ok(left.map(|account| Accounted { withheld: Vec::new(), ..account }).collect())
}

/// The reports and warnings that the law of the scene asks for. A duty opens nothing: what may be told is the matrix's.
///
/// # Errors
/// [`LookupError`].
pub fn duties<P: Phone + ?Sized>(phone: &P, assignment: &AssignmentId) -> Result<Vec<Duty>, LookupError> {
    let incident = lookup::incident_of(phone, assignment)?;
    let (rules, area) = (lookup::sharing_rules(phone)?, lookup::area_of(phone, &incident)?);
    Ok(Receiving::ALL.iter().flat_map(|to| rules.duties_to(*to, area.as_deref())).cloned().collect())
}

/// Whether whoever a Task asks has answered at all.
fn answered(task: &fhir::Document) -> bool {
    !matches!(task.text("/status"), None | Some("draft" | "requested"))
}

/// What of a person a service would get now, and what would be withheld, before anything is planned.
///
/// # Errors
/// [`LookupError`].
pub fn preview<P: Phone + ?Sized>(
    phone: &P,
    assignment: &AssignmentId,
    person: &PersonId,
    organization: &OrganizationId,
    at: Instant,
) -> Result<Parted, LookupError> {
    let to: Receiver = lookup::sharing_rules(phone)?.service(organization);
    let planned = Disclosure {
        assignment: assignment.clone(),
        person: Some(person.clone()),
        to,
        by: crate::base::ids::MemberId::derived("nobody yet"),
        agency: organization.clone(),
        at,
    };
    disclose::preview(phone, &planned, &[], at)
}
