//! What goes out to somebody about a person: a document that is planned with ids alone, and its account.
//!
//! Rule: what it holds is decided when it leaves; what was withheld, and why, stands in the account, which is the sender's.
//! Neighbours: `acts::disclose` builds it, `fhir::disclosure` writes it, `views::disclosures` lists accounts.

use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, MemberId, OrganizationId, PersonId};
use crate::sharing::{DecidedBy, Information, Receiver, Receiving, WithheldReason};

crate::codes! {
    /// Why what was planned does not leave.
    Stopped {
        /// The basis that it was planned on has ended, or was withdrawn.
        BasisEnded = "basis-ended",
        /// Nobody can say on what basis it was planned, or it was frozen by an earlier release and cannot be built anew.
        BasisUnclear = "basis-unclear",
    }
}

/// What is planned to go out: ids, and nothing that is known of anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// The assignment that it comes from.
    pub assignment: AssignmentId,
    /// The person whom it is about; `None`: everyone in crisis, in an emergency.
    pub person: Option<PersonId>,
    /// Who receives it.
    pub to: Receiver,
    /// Who sends it.
    pub by: MemberId,
    /// Who keeps the account.
    pub agency: OrganizationId,
    /// When it was planned.
    pub at: Instant,
}

/// How many things of a kind were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToldKinds {
    /// The kind.
    pub kind: Information,
    /// How many.
    pub count: u32,
}

/// A thing that was withheld, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithheldThing {
    /// What it is: a code of a person's part, "fact", "headline" or "place".
    pub what: String,
    /// The fact's or the person's id.
    pub of: Option<String>,
    /// Why.
    pub reason: WithheldReason,
    /// Who may decide to tell it.
    pub decided_by: Option<DecidedBy>,
}

/// The account of one disclosure (45 CFR 164.528): to whom, what kinds, on what basis, when. The sender's withheld list
/// stands beside it and is shown to the sender alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Accounted {
    /// The account's id.
    pub id: String,
    /// `Type/id` of what went out.
    pub document: String,
    /// What kind of receiver.
    pub to: Receiving,
    /// Which organisation.
    pub organization: Option<OrganizationId>,
    /// Whom it tells of.
    pub people: Vec<PersonId>,
    /// Who sent it.
    pub by: MemberId,
    /// When it was built for sending; `None`: not yet.
    pub at: Option<Instant>,
    /// What kinds, and how many.
    pub told: Vec<ToldKinds>,
    /// `Consent/id` of each basis that was used.
    pub bases: Vec<String>,
    /// Whether a Part 2 record went in a medical emergency, so that the source program must be told (42 CFR 2.51(c)).
    pub medical_emergency: bool,
    /// What was withheld.
    pub withheld: Vec<WithheldThing>,
}
