//! A handing down through the 988 door: finished only when the counsellor has the person.
//!
//! Rule: accepting is not having, and what the centre sends back comes back loudly. Neighbours: `acts::step_down` makes it,
//! `fhir::safety` writes it.

use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, IncidentId, MemberId, OrganizationId, StepDownId, TeamId};

crate::codes! {
    /// Where a step-down stands.
    StepDownState {
        /// On this phone.
        OnPhone = "on-phone",
        /// Asked; the centre has not answered.
        Asked = "asked",
        /// The centre said yes; the person is not on the line yet.
        Accepted = "accepted",
        /// The counsellor says the person is on the line: finished.
        PersonOnLine = "person-on-line",
        /// It came back, loudly.
        CameBack = "came-back",
    }
}

/// A handing down through the 988 door: finished only when the counsellor has the person.
#[derive(Debug, Clone, PartialEq)]
pub struct StepDown {
    /// Its id.
    pub id: StepDownId,
    /// The assignment.
    pub assignment: AssignmentId,
    /// The incident.
    pub incident: IncidentId,
    /// The centre.
    pub centre: OrganizationId,
    /// The team that hands down.
    pub team: TeamId,
    /// Who did.
    pub by: MemberId,
    /// The crew's own words to the counsellor. What else goes is decided when it leaves.
    pub own_words: String,
    /// When.
    pub at: Instant,
}

/// The state of a step-down from what the server's Task says. Accepting is not having: only "completed" is.
pub fn step_down_state(task_status: &str) -> StepDownState {
    match task_status {
        "completed" => StepDownState::PersonOnLine,
        "accepted" | "in-progress" => StepDownState::Accepted,
        "rejected" | "failed" | "cancelled" | "on-hold" | "entered-in-error" => StepDownState::CameBack,
        _ => StepDownState::Asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every status of a Task (R4), said a second time: who has the person, who has said yes, who has not answered yet; and
    /// whatever else the centre says, nobody there is going to.
    #[test]
    fn every_status_of_a_step_down_says_who_has_the_person() {
        for (state, statuses) in [
            (StepDownState::Asked, &["draft", "requested", "received", "ready"][..]),
            (StepDownState::Accepted, &["accepted", "in-progress"]),
            (StepDownState::PersonOnLine, &["completed"]),
            (StepDownState::CameBack, &["rejected", "cancelled", "failed", "on-hold", "entered-in-error"]),
        ] {
            for status in statuses {
                assert_eq!(step_down_state(status), state, "{status}");
            }
        }
    }
}
