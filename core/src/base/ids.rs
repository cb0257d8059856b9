//! Identities. Each kind of thing has an own id type, so that a note's id can never be handed in where a person's
//! is wanted. Ids are made on the phone (UUIDv7) or derived from an incoming identifier (UUIDv5), so that two copies
//! of a gateway write the same resource. Every id is a legal FHIR id.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use sha2::Digest;

use super::random;

/// The namespace of all derived ids. Changing it would make every gateway write second copies.
pub const NAMESPACE: uuid::Uuid = uuid::Uuid::from_u128(0x6a0d_7f0e_51b5_5c0b_9e0c_a17d_0012_9881);

/// A text that is not a legal FHIR id (1 to 64 of `A-Z a-z 0-9 - .`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a legal id: 1 to 64 characters of A-Z a-z 0-9 - .")]
pub struct BadId;

/// Whether `text` is a legal FHIR id.
pub fn is_legal(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

/// A new UUIDv7 as text: the millisecond, a counter of this process, randomness. It never fails: an id must be unique,
/// not secret, so where the system gives no randomness a hash of time, process and counter stands in.
pub fn fresh() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 16];
    if random::is_simulated() && random::fill(&mut bytes).is_ok() {
        return uuid::Builder::from_random_bytes(bytes).into_uuid().to_string();
    }
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let mut rest = [0; 10];
    if random::fill(&mut rest).is_err() {
        let sum = sha2::Sha256::digest(format!("{} {} {count}", now.as_nanos(), std::process::id()));
        rest.iter_mut().zip(sum).for_each(|(to, from)| *to = from);
    }
    let [high, low, ..] = &mut rest;
    [*high, *low] = u16::try_from(count & 0x0fff).unwrap_or_default().to_be_bytes();
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(now.as_millis()).unwrap_or_default(), &rest).into_uuid().to_string()
}

/// The UUIDv5 of `kind` and `name`: the same on every machine.
pub fn derived(kind: &str, name: &str) -> String {
    uuid::Uuid::new_v5(&NAMESPACE, format!("{kind}\n{name}").as_bytes()).to_string()
}

/// An id that can be made here, or derived alike on every machine.
pub trait Id: Sized {
    /// A new id, made here and now.
    fn fresh() -> Self;
    /// The id that every machine derives from the same name.
    fn derived(name: &str) -> Self;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new id, made here and now.
            pub fn fresh() -> Self { Self(fresh()) }
            /// The id that every machine derives from the same incoming identifier.
            pub fn derived(name: &str) -> Self { Self(derived($kind, name)) }
            /// An id from outside.
            ///
            /// # Errors
            /// [`BadId`] where it is not a legal FHIR id.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                if is_legal(text) { Ok(Self(text.to_owned())) } else { Err(BadId) }
            }
            /// The id as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl Id for $name {
            fn fresh() -> Self { Self::fresh() }
            fn derived(name: &str) -> Self { Self::derived(name) }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> { Self::parse(&text) }
        }
        impl From<$name> for String { fn from(id: $name) -> String { id.0 } }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
    )*};
}

ids! {
    /// What happened: one ServiceRequest.
    IncidentId = "incident";
    /// A person of an incident: one Patient or RelatedPerson.
    PersonId = "person";
    /// One fact that someone said: one Observation.
    FactId = "fact";
    /// A team's work on an incident: one Task.
    AssignmentId = "assignment";
    /// One person's encounter: one Encounter.
    VisitId = "visit";
    /// One timed tap: one Provenance.
    StampId = "stamp";
    /// A team: one CareTeam.
    TeamId = "team";
    /// A member of a crew: one Practitioner.
    MemberId = "member";
    /// A note, draft, signed or addendum: one DocumentReference.
    NoteId = "note";
    /// A caution: one Flag.
    CautionId = "caution";
    /// A referral to the next carer: one ServiceRequest and one Task.
    HandoffId = "handoff";
    /// A service in the directory: one HealthcareService.
    ServiceId = "service";
    /// A follow-up: one Task.
    FollowUpId = "follow-up";
    /// Why a thing may be shared: one Consent.
    BasisId = "basis";
    /// A call for help through the 911 door: one Task.
    EscalationId = "escalation";
    /// A handing down through the 988 door: one Task.
    StepDownId = "step-down";
    /// An agency, PSAP, 988 centre or receiving organisation: one Organization.
    OrganizationId = "organization";
    /// A place: one Location.
    PlaceId = "place";
    /// A document as received: one DocumentReference.
    ReceivedId = "received";
    /// A photo or a dictation: the DocumentReference that names it.
    AttachmentId = "attachment";
    /// A note marked as entered in error.
    InErrorId = "in-error";
    /// An attempt at a follow-up: one Communication.
    AttemptId = "attempt";
    /// A closed road: one Library.
    ClosureId = "closure";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_apart_when_there_is_no_randomness() {
        random::on_this_thread(Some(Box::new(|_| Err(random::NoRandomness))));
        let made: std::collections::BTreeSet<String> = (0..10_000).map(|_| fresh()).collect();
        random::on_this_thread(None);
        assert_eq!(made.len(), 10_000);
        assert!(made.iter().all(|id| uuid::Uuid::parse_str(id).unwrap().get_version_num() == 7));
    }

    #[test]
    fn derived_ids_are_the_same_everywhere_and_differ_by_kind() {
        assert_eq!(IncidentId::derived("a"), IncidentId::derived("a"));
        assert_ne!(IncidentId::derived("a").as_str(), PersonId::derived("a").as_str());
    }

    #[test]
    fn an_id_from_outside_must_be_legal() {
        assert!(IncidentId::parse("urn:uuid:1").is_err());
        assert!(IncidentId::parse("").is_err());
        assert!(IncidentId::parse(&"a".repeat(65)).is_err());
        assert!(IncidentId::parse(IncidentId::fresh().as_str()).is_ok());
    }
}
