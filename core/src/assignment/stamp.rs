//! A stamp: one timed tap. Immutable; a wrong one is withdrawn by another stamp, never changed.

use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, MemberId, StampId};

crate::codes! {
    /// What was tapped. The clocks that agencies report: NEMSIS eTimes and EIDO secondary unit status are named in
    /// [`StampKind::nemsis`] and [`StampKind::eido`].
    StampKind {
        /// The team was told.
        Dispatched = "dispatched",
        /// The team said it has it.
        Acknowledged = "acknowledged",
        /// On the way.
        EnRoute = "en-route",
        /// Waiting near by.
        Staging = "staging",
        /// At the scene.
        OnScene = "on-scene",
        /// With the person.
        Contact = "contact",
        /// Left the scene, or transporting.
        LeftScene = "left-scene",
        /// At the destination.
        AtDestination = "at-destination",
        /// Someone else has the person's care.
        CareTransferred = "care-transferred",
        /// Free again.
        Clear = "clear",
        /// Called off.
        Cancelled = "cancelled",
    }
    /// How the time was taken.
    Capture {
        /// A tap.
        Tap = "tap",
        /// The phone crossed a line on the map.
        Geofence = "geofence",
        /// CAD said so.
        Cad = "cad",
        /// Filled in later.
        FilledIn = "filled-in",
    }
}

impl StampKind {
    /// The NEMSIS 3.5 eTimes element.
    pub fn nemsis(self) -> &'static str {
        match self {
            Self::Dispatched => "eTimes.03",
            Self::Acknowledged => "eTimes.04",
            Self::EnRoute => "eTimes.05",
            Self::Staging => "eTimes.17",
            Self::OnScene => "eTimes.06",
            Self::Contact => "eTimes.07",
            Self::LeftScene => "eTimes.09",
            Self::AtDestination => "eTimes.11",
            Self::CareTransferred => "eTimes.12",
            Self::Clear => "eTimes.13",
            Self::Cancelled => "eTimes.14",
        }
    }

    /// The EIDO secondary unit status; `None` where the registry has none.
    pub fn eido(self) -> Option<&'static str> {
        match self {
            Self::Dispatched => Some("Dispatched"),
            Self::Acknowledged => Some("AcknowledgedTransmission"),
            Self::EnRoute => Some("EnRoute"),
            Self::Staging => Some("Staging"),
            Self::OnScene => Some("OnScene"),
            Self::Contact => Some("PatientContact"),
            Self::LeftScene => Some("Transporting"),
            Self::AtDestination | Self::CareTransferred => None,
            Self::Clear => Some("InService"),
            Self::Cancelled => Some("AssignmentCancelled"),
        }
    }
}

/// One timed tap.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    /// Its id.
    pub id: StampId,
    /// The assignment.
    pub assignment: AssignmentId,
    /// What was tapped; for a withdrawal, the kind of the stamp that is withdrawn.
    pub kind: StampKind,
    /// The tap by the phone's wall clock, which may be wrong.
    pub tapped: Instant,
    /// The same in server time; `None` where none was known, and then the tap is shown as uncorrected.
    pub server_time: Option<Instant>,
    /// Who tapped.
    pub by: MemberId,
    /// Whether `by` leads: a lead may withdraw another's stamp.
    pub by_lead: bool,
    /// The phone.
    pub device: String,
    /// The phone's own count, ever rising.
    pub counter: u64,
    /// The stamps of this assignment that the phone had seen.
    pub after: Vec<StampId>,
    /// How the time was taken.
    pub capture: Capture,
    /// The stamp that this one withdraws.
    pub withdraws: Option<StampId>,
    /// Why (a withdrawal, a crew of one).
    pub reason: Option<String>,
}

impl Stamp {
    /// The best time known: server time where there is one.
    pub fn at(&self) -> Instant {
        self.server_time.unwrap_or(self.tapped)
    }
}
