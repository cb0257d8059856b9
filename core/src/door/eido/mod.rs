//! EIDO (NENA-STA-021): what 911 systems tell each other of an incident. [`read()`], [`write()`], [`merge()`].
//!
//! An EIDO is everything that its sender knows now: components, each with its `$id` and the time of its last change,
//! that point at each other. Reading looks at each leaf once: it gets a field, becomes a fact, or is also sent. Writing
//! puts each fact into a note that any CAD can show and, beside it, one member of ours (`urn:anydoor:1`) with what a
//! note cannot hold: the fact's id, kind, label and door. Receivers keep members that they do not know. [`write()`] takes a
//! [`Packet`](crate::sharing::Packet) and sees nothing but what its receiver may have.

mod calls;
mod carried;
mod html;
mod merge;
mod narrative;
mod people;
mod places;
mod read;
mod reading;
mod registry;
mod sheet;
mod units;
mod write;
mod write_parts;

pub use merge::merge;
pub use read::{read, read_value};
pub use registry::{UnitStatus, official_type};
pub use write::{Agent, Disposition, Sender, incident_urn, write};
#[cfg(any(test, feature = "desk"))]
pub use write::{Outgoing, write_around};

/// The media type of an EIDO (NENA-STA-024).
pub const MEDIA_TYPE: &str = "application/json";
/// The naming system of agencies in EIDO (a domain name each).
pub const AGENCY: &str = "urn:anydoor:1:eido-agency";
/// The naming system of units in EIDO.
pub const UNIT: &str = "urn:anydoor:1:eido-unit";
/// EIDO Incident Type registry (APCO 2.103.2).
pub const INCIDENT_TYPE: &str = "urn:anydoor:1:EIDO-IncidentType-Common";
/// EIDO Incident Status registry.
pub const INCIDENT_STATUS: &str = "urn:anydoor:1:EIDO-IncidentStatus-Common";
/// EIDO Common Disposition Code registry (APCO 1.111.2).
pub const DISPOSITION: &str = "urn:anydoor:1:EIDO-CommonDispositionCode";
/// EIDO Person Role registry.
pub const PERSON_ROLE: &str = "urn:anydoor:1:EIDO-PersonRole";
/// EIDO Location Type registry.
pub const LOCATION_TYPE: &str = "urn:anydoor:1:EIDO-LocationType";
/// EIDO Emergency Resource Type registry.
pub const RESOURCE_TYPE: &str = "urn:anydoor:1:EIDO-EmergencyResourceType-Common";
/// The type of a caution, as the sender gives it.
pub const CAUTION_TYPE: &str = "urn:anydoor:1:EIDO-CautionType";
/// Priorities as given: EIDO's 0 to 10, a call's word, or a local text.
pub const PRIORITY: &str = "urn:anydoor:1:EIDO-Priority";
/// Our own member of a component; its number changes with its meaning.
pub(crate) const OURS: &str = "urn:anydoor:1";

/// The naming system of what only one sender numbers: a CAD number, a local type, a report.
pub fn local(kind: &str, issuer: &str) -> String {
    format!("urn:anydoor:1:eido-{kind}:{issuer}")
}

#[cfg(test)]
mod tests;
