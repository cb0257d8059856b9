//! The values of NENA's registries that we act on, with their official texts (registries of NENA-STA-021.1b).

/// What a behavioural type of incident is officially called; `None` for any other type. On these the person that a call
/// is about is the one in crisis.
pub fn official_type(code: &str) -> Option<&'static str> {
    Some(match code {
        "EDP" => "EDP, Emotional Disturbance, Abnormal Behavior",
        "MNTL" => "Mental Person Non-Violent",
        "MTLV" => "Mental Person Violent",
        "SUICIDE" => "Suicide",
        "SUICTHRT" => "Attempt Or Threatening Suicide",
        "WELFARE" => "Man Down Check, Welfare Check",
        "OD" => "Overdose - Accidental, Poisoning, Accidental Ingestion",
        "INTOX" => "Intoxicated",
        _ => return None,
    })
}

/// The type that goes out where nobody gave one: it asks for a check on somebody's welfare and calls nobody anything.
pub const DEFAULT_TYPE: &str = "WELFARE";
/// What our teams are (EIDO Emergency Resource Type registry).
pub const CRISIS_UNIT: &str = "CrisisInterventionUnit";

crate::codes! {
    /// How far a unit is (EIDO Secondary Unit Status registry): the values that our stamps have (wire.md, Clocks of a visit).
    UnitStatus {
        /// Dispatched.
        Dispatched = "Dispatched",
        /// The crew has acknowledged.
        Acknowledged = "AcknowledgedTransmission",
        /// On the way.
        EnRoute = "EnRoute",
        /// Waiting at the staging point.
        Staging = "Staging",
        /// At the scene.
        OnScene = "OnScene",
        /// With the person.
        PatientContact = "PatientContact",
        /// Bringing the person somewhere.
        Transporting = "Transporting",
        /// At the destination.
        Arrived = "Arrived",
        /// Back in service.
        InService = "InService",
        /// The assignment was cancelled.
        Cancelled = "AssignmentCancelled",
    }
}

impl UnitStatus {
    /// Whether the unit may be sent elsewhere (EIDO Primary Unit Status registry).
    pub fn primary(self) -> &'static str {
        match self {
            Self::InService | Self::Cancelled => "Available",
            _ => "NotAvailable",
        }
    }
}
