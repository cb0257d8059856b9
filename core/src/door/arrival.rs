//! What a door hands in: the incident, and everything that came with it.

use sha2::{Digest, Sha256};

use crate::base::clock::Instant;
use crate::base::ids::{FactId, PersonId, ReceivedId};
use crate::base::mend::Flaw;
use crate::incident::{Identifier, Incident, Linked, MergeDirection, Place, Urgency};

/// A call as it arrived through a door: the same value for an EIDO and for a 988 order.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// What happened, with everyone in it and every fact.
    pub incident: Incident,
    /// What we have no field for, each with its place in the document.
    pub also_sent: Vec<AlsoSent>,
    /// Other incidents to show beside this one. None of these joins.
    pub linked: Vec<Linked>,
    /// What the sender says was merged or split.
    pub merges: Vec<Merge>,
    /// Who else was sent, and how far they are.
    pub units: Vec<Unit>,
    /// Agencies that have a part in it.
    pub agencies: Vec<Agency>,
    /// How grave each caution is, and since when.
    pub cautions: Vec<CautionGiven>,
    /// Places beside the scene: staging, the caller's, a unit's.
    pub places: Vec<PlaceGiven>,
    /// What the sender asks for.
    pub offer: Offer,
    /// Facts that carry an id of ours: told by us or by another Anydoor, and come back. They are known already where the
    /// id is; never written over what is there.
    pub carried: Vec<FactId>,
    /// Who sent it, as the document names them: the same in every document of one sender (EIDO
    /// `issuingElementIdentification`; of an order, the naming system of its first identifier).
    pub sender: String,
    /// When the sender last changed it, where the document says so (EIDO `lastUpdateTimeStamp`).
    pub stated: Option<Instant>,
    /// The person in crisis who stands here because the document names nobody.
    pub stand_in: Option<PersonId>,
    /// The bytes as received.
    pub received: Received,
}

/// The bytes as received, with what they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// Derived from the bytes: the same document twice is one.
    pub id: ReceivedId,
    /// Its media type.
    pub media_type: String,
    /// Every byte.
    pub bytes: Vec<u8>,
}

impl Received {
    /// Keeps `bytes`.
    pub fn new(media_type: &str, bytes: &[u8]) -> Self {
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { id: ReceivedId::derived(&hash), media_type: media_type.to_owned(), bytes: bytes.to_vec() }
    }
}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Received({}, {}, {} bytes)", self.id, self.media_type, self.bytes.len())
    }
}

/// One thing that was sent and has no field here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoSent {
    /// Where it stands: a JSON Pointer (RFC 6901); inside XML, `#` and the way through its elements.
    pub path: String,
    /// The value as given.
    pub text: String,
    /// Only holds the document together (an id, a reference, a time of change): shown last.
    pub wiring: bool,
}

impl From<Flaw> for AlsoSent {
    fn from(flaw: Flaw) -> Self {
        Self { path: flaw.path, text: flaw.was, wiring: false }
    }
}

/// What a sender says was merged or split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The other incident.
    pub other: Identifier,
    /// Which replaces which.
    pub direction: MergeDirection,
    /// When it was said.
    pub said: Instant,
}

/// An agency that has a part in the incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Its identifier.
    pub id: Identifier,
    /// Its part (EIDO Agency Role registry: `CallReceiving`, `Dispatching`, …).
    pub roles: Vec<String>,
    /// What it is (`psap`, `police`, …).
    pub kinds: Vec<String>,
    /// Whether it owns the incident; `None` where nobody said.
    pub owns: Option<bool>,
}

/// A unit that was sent, in the words of the registries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its identifier.
    pub id: String,
    /// What it is called.
    pub name: Option<String>,
    /// What it is (EIDO Emergency Resource Type registry: `CrisisInterventionUnit`, `PatrolUnit`, …).
    pub kind: String,
    /// What it can do (EIDO Resource Attribute registry).
    pub attributes: Vec<String>,
    /// Whether it may be sent (EIDO Primary Unit Status registry).
    pub primary: String,
    /// How far it is (EIDO Secondary Unit Status registry).
    pub secondary: Vec<String>,
    /// The agency that says so.
    pub agency: Option<Identifier>,
    /// Who is in it, as the sender's agent identifiers.
    pub agents: Vec<String>,
    /// Whether a dispatch names it.
    pub dispatched: bool,
    /// When it should be there.
    pub eta: Option<Instant>,
    /// When this was said.
    pub said: Instant,
}

crate::codes! {
    /// How grave a sender says that a caution is; the order of the values is the order of gravity.
    Severity {
        /// The highest.
        Highest = "highest",
        /// High: acknowledged before en route.
        High = "high",
        /// Normal.
        Normal = "normal",
        /// Low.
        Low = "low",
        /// The lowest.
        Lowest = "lowest",
    }
}

/// What a sender says of a caution beside its words, which are a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CautionGiven {
    /// The fact that holds its words.
    pub fact: FactId,
    /// How grave; an unknown word counts as the highest.
    pub severity: Severity,
    /// Since when.
    pub since: Option<Instant>,
    /// Finer kinds, as given.
    pub kinds: Vec<String>,
}

/// A place beside the scene.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceGiven {
    /// What place (EIDO Location Type registry: `Staging`, `Caller`, …).
    pub kind: String,
    /// Where.
    pub place: Place,
}

/// What a sender asks for. Empty where it only tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// How soon, where the sender said it.
    pub urgency: Option<Urgency>,
    /// What is needed, as the sender's codes.
    pub needs: Vec<String>,
    /// The team that the sender chose.
    pub team: Option<Identifier>,
}
