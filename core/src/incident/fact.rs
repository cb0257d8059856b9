//! A fact: one thing that somebody said, with who, through which door, when, and who may be told.

use super::{Door, Identifier};
use crate::base::clock::Instant;
use crate::base::ids::{FactId, PersonId};

/// What a fact is about. A caution on a place does not follow a person, nor the reverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The incident as a whole.
    Incident,
    /// One of its people.
    Person(PersonId),
    /// The place.
    Place,
}

crate::codes! {
    /// What kind of fact it is: what a receiver would act on.
    FactKind {
        /// What is the matter.
        Complaint = "complaint",
        /// A remark in free text.
        Remark = "remark",
        /// A weapon in hand, in reach or at home.
        Weapon = "weapon",
        /// Violence, done or threatened.
        Violence = "violence",
        /// Thoughts, plan, means or act of self-harm.
        SelfHarm = "self-harm",
        /// What was taken, and when.
        Substance = "substance",
        /// Breathing or consciousness.
        Breathing = "breathing",
        /// An injury.
        Injury = "injury",
        /// A medicine.
        Medicine = "medicine",
        /// Pregnancy.
        Pregnancy = "pregnancy",
        /// A child or another dependant.
        Dependant = "dependant",
        /// An animal.
        Animal = "animal",
        /// How to get in.
        Access = "access",
        /// An observed danger of a person or a place.
        Caution = "caution",
        /// A status that the sender gave the incident.
        Status = "status",
        /// Who else is responding.
        Responder = "responder",
        /// A link to another incident.
        Link = "link",
        /// A number to call back.
        Callback = "callback",
        /// What helped, or what the person wishes.
        Wish = "wish",
        /// What is needed to reach and approach the person without harm ([`ApproachNeed`](super::ApproachNeed) as its code).
        Approach = "approach",
        /// Anything else.
        Other = "other",
    }
    /// From where a thing came, never its topic: with it the matrix says who may be told ([`sharing`](crate::sharing)).
    Label {
        /// Said in a call, as releases before the matrix wrote it. It counts as the narrowest that its door allows.
        Call = "call",
        /// Said in a 911 call, or written by those who took it.
        Call911 = "call-911",
        /// Said to a 988 counsellor.
        Said988 = "said-988",
        /// Said to the team.
        SaidTeam = "said-team",
        /// Seen or heard on scene now, by the crew or the caller.
        Scene = "scene",
        /// From a health record or a clinician: treatment, or a basis.
        Health = "health",
        /// From a 42 CFR Part 2 record: 42 CFR 2.51 only to medical personnel who treat; never to law enforcement.
        Part2 = "part2",
        /// From a law-enforcement record: only as that agency allows.
        Police = "police",
        /// From another agency: fire, public works, a shelter.
        Agency = "agency",
        /// The person's own wishes and plan.
        Wishes = "wishes",
    }
}

impl Label {
    /// How few may be told; more is fewer. Of two labels of one thing the narrower one holds. A police record and a Part 2
    /// record exclude each other's readers, and of the two the federal rule (42 CFR 2.12) is the stricter.
    pub fn narrowness(self) -> u8 {
        match self {
            Self::Call911 => 0,
            Self::Scene => 1,
            Self::SaidTeam => 2,
            Self::Call | Self::Said988 => 3,
            Self::Agency => 4,
            Self::Wishes => 5,
            Self::Health => 6,
            Self::Police => 7,
            Self::Part2 => 8,
        }
    }

    /// The narrower of the two.
    #[must_use]
    pub fn narrower(self, other: Self) -> Self {
        if other.narrowness() > self.narrowness() { other } else { self }
    }
}

/// Who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// A name or role as given ("call-taker 5", "the caller").
    pub who: String,
    /// The agency, as its own identifier, where one was named.
    pub agency: Option<Identifier>,
}

/// One thing that somebody said.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// What it is about.
    pub about: About,
    /// Its kind.
    pub kind: FactKind,
    /// The words as given.
    pub text: String,
    /// A code as given (an incident type, a disposition), with its naming system.
    pub code: Option<Identifier>,
    /// Who said it.
    pub source: Source,
    /// Through which door.
    pub door: Door,
    /// When it was said.
    pub said: Instant,
    /// From where it came.
    pub label: Label,
    /// Keeps someone alive or unhurt now: goes at once to EMS and the call-taker.
    pub life_saving: bool,
}
