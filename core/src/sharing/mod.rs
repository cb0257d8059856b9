//! What is told about a person, to whom, and on what basis: origin × kind × about whom × receiver × basis.
//!
//! Rule: everything about a person goes through [`part()`], and a writer of a document that goes out takes a [`Packet`],
//! which holds nothing else. What is withheld, its reason and its count stay with the one who sends. Neighbours: `matrix` is
//! the table with its sources; `incident` is what is known; `door`, `handoff` and `fhir` write packets, `acts::disclose`
//! makes them when they leave.
//!
//! ```
//! use anydoor_core::base::ids::IncidentId;
//! use anydoor_core::incident::{AskedBy, Channel, Door, Incident, Label, Person, Place, Role, Urgency};
//! use anydoor_core::sharing::{Question, Receiver, Receiving, Rules, part};
//! # use anydoor_core::base::ids::PersonId;
//! # let mut person = Person::unnamed(PersonId::fresh(), Role::InCrisis);
//! # person.label = Label::Said988;
//! person.wishes.safety_plan = Some("calls her aunt".into());
//! person.description = Some("about 40, red coat".into());
//! # let at = "2026-11-23T05:00:00Z".parse()?;
//! # let incident = Incident { id: IncidentId::fresh(), identifiers: vec![], door: Door::Line988, asked_by: AskedBy::Person,
//! #     channel: Channel::Voice, urgency: Urgency::Urgent, headline: "wants to talk".into(), first_contact: None, determined: at,
//! #     place: Place::default(), people: vec![person], facts: vec![], received: vec![] };
//! let to = Receiver { kind: Receiving::PsapPoliceRead, organization: None };
//! let question = Question { incident: &incident, person: None, to: &to, bases: &[], rules: &Rules::default(), area: None, at };
//! let parted = part(&question);
//! let told = &parted.packet.incident().people[0];
//! assert_eq!(told.description.as_deref(), Some("about 40, red coat"));
//! assert_eq!(told.wishes.safety_plan, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod basis;
mod field;
#[cfg(test)]
mod law;
mod matrix;
mod narrowing;
mod packet;
mod part;
#[cfg(test)]
mod tests;

pub use basis::{Basis, BasisKind, GivenBy, NotABasis, Purpose, Scope};
pub use field::{Field, information};
pub use matrix::{AboutWhom, Cell, DecidedBy, Ground, Information, Origin, Receiving, Row, row};
pub use narrowing::{Duty, Narrowing, Rules};
pub use packet::{NOTICE_2_32, Packet};
pub use part::{Item, Parted, Question, ToldItem, Withheld, part};

use crate::base::ids::OrganizationId;

crate::codes! {
    /// Why a thing is withheld. It is shown to the one who sends, and written on nothing that goes out.
    WithheldReason {
        /// Nothing allows it.
        NoBasis = "no-basis",
        /// What allowed it has ended.
        BasisEnded = "basis-ended",
        /// From a 42 CFR Part 2 record: needs a consent that names this receiver, or a medical emergency.
        Part2 = "part2",
        /// From a 42 CFR Part 2 record: never to law enforcement, nor where they can read it.
        Part2Police = "part2-police",
        /// From a law-enforcement record: only as that agency allows.
        PoliceRecord = "police-record",
        /// From a health record: not for this receiver.
        HealthRecord = "health-record",
        /// About somebody else than the person handed on.
        OtherPerson = "other-person",
        /// More than this receiver needs.
        NotNeeded = "not-needed",
        /// Only a signed authorisation allows it.
        NeedsSigned = "needs-signed",
        /// The consent does not cover it.
        OutsideScope = "outside-scope",
        /// This receiver hears, and holds nothing.
        HearsOnly = "hears-only",
        /// This receiver must not learn of the visit.
        MustNotLearn = "must-not-learn",
        /// A rule of the state, of a tribal nation or of the agency.
        LocalRule = "local-rule",
        /// A named person decides, and has not.
        Undecided = "undecided",
    }
    /// Who asks for records and is never a receiver: what they ask for waits for the privacy officer.
    Demand {
        /// Police ask.
        PoliceRequest = "police-request",
        /// A subpoena.
        Subpoena = "subpoena",
        /// A court's order.
        CourtOrder = "court-order",
        /// Military command.
        MilitaryCommand = "military-command",
        /// An immigration authority.
        Immigration = "immigration",
        /// Probation or parole.
        Probation = "probation",
        /// An employer.
        Employer = "employer",
        /// The press.
        Press = "press",
    }
}

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Told.
    Told,
    /// A named person decides.
    Decide(DecidedBy),
    /// Withheld, and why.
    Withheld(WithheldReason),
}

impl Verdict {
    /// The narrower of the two. Two who must decide, and are not the same, decide together.
    #[must_use]
    pub fn narrower(self, other: Self) -> Self {
        match (self, other) {
            (Self::Withheld(_), _) | (_, Self::Told) => self,
            (_, Self::Withheld(_)) | (Self::Told, _) => other,
            (Self::Decide(one), Self::Decide(two)) => Self::Decide(if one == two { one } else { DecidedBy::Both }),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Told => 0,
            Self::Decide(DecidedBy::Clinician | DecidedBy::Lead) => 1,
            Self::Decide(DecidedBy::Both) => 2,
            Self::Withheld(_) => 3,
        }
    }
}

/// Who receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// What kind of receiver.
    pub kind: Receiving,
    /// Which organisation, where it is one.
    pub organization: Option<OrganizationId>,
}
