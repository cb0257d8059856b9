//! Help from the other side of the door: an [`Escalation`] goes out through 911, a [`StepDown`] through 988.
//!
//! Rule: nothing is called delivered before the receiver says so (P8), and neither ends silently (P9). Opening the
//! phone's dialler is only "dialler opened".
//! Neighbours: `acts::escalate` makes them, `store::Escalations` keeps the 911 ones in a file of their own (P10).

use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, EscalationId, IncidentId, MemberId, OrganizationId, StepDownId, TeamId};
use crate::incident::Place;

crate::codes! {
    /// What is needed from 911.
    Need {
        /// Emergency medical services.
        Ems = "ems",
        /// Police, because the crew asked for them.
        Police = "police",
        /// Fire service.
        Fire = "fire",
        /// The crew is in danger.
        CrewInDanger = "crew-in-danger",
    }
    /// Where an escalation stands.
    EscalationState {
        /// On this phone.
        OnPhone = "on-phone",
        /// The server has it; nobody has answered yet.
        Sent = "sent",
        /// The receiver said that they have it.
        Acknowledged = "acknowledged",
        /// Cancelled by someone named.
        Cancelled = "cancelled",
        /// Nobody answered in time: loud.
        Exhausted = "exhausted",
    }
    /// Why an escalation has not left this phone.
    NotSent {
        /// No token is valid.
        SignIn = "sign-in",
        /// No network.
        Offline = "offline",
        /// The server does not take it, or something else answers in its place.
        Server = "server",
    }
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
    /// What a responder did with the phone's dialler. Only the responder's own word says that a call was made.
    VoiceCall {
        /// The dialler was opened.
        DiallerOpened = "dialler-opened",
        /// The responder says: I called.
        SaidCalled = "said-called",
    }
}

/// How long an escalation may stay unanswered before it is exhausted and loud. Agency data; this is the default.
pub const ESCALATION_PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

/// A call for help through the 911 door. It holds nothing but the need, the number to call back and the place.
#[derive(Debug, Clone, PartialEq)]
pub struct Escalation {
    /// Its id.
    pub id: EscalationId,
    /// The assignment.
    pub assignment: AssignmentId,
    /// The team that asks.
    pub team: TeamId,
    /// Who asked.
    pub by: MemberId,
    /// The scene's PSAP (the scene, not the caller, chooses it).
    pub psap: OrganizationId,
    /// What is needed.
    pub need: Need,
    /// Where.
    pub place: Place,
    /// The number on which the crew answers.
    pub callback: String,
    /// The short number that is read aloud: "a written report, number N, has been sent".
    pub number: String,
    /// When.
    pub at: Instant,
}

/// The receiver's word that it has an escalation (P8): who, when, by which channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Who said so.
    pub who: String,
    /// When.
    pub at: Instant,
    /// By which channel.
    pub channel: String,
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

/// The state of an escalation from what the server's Task says. An acknowledgement without a name and a time is none.
pub fn escalation_state(task_status: &str, acknowledged: Option<&Acknowledgement>, asked: Instant, now: Instant) -> EscalationState {
    match task_status {
        "cancelled" => EscalationState::Cancelled,
        "accepted" | "in-progress" | "completed" if acknowledged.is_some() => EscalationState::Acknowledged,
        _ if now.duration_since(asked) >= jiff::SignedDuration::from_secs(ESCALATION_PATIENCE.as_secs().cast_signed()) => {
            EscalationState::Exhausted
        }
        _ => EscalationState::Sent,
    }
}

/// The state of a step-down from what the server's Task says. Accepting is not having: only "completed" is.
pub fn step_down_state(task_status: &str) -> StepDownState {
    match task_status {
        "completed" => StepDownState::PersonOnLine,
        "accepted" | "in-progress" => StepDownState::Accepted,
        "rejected" | "failed" | "cancelled" | "on-hold" => StepDownState::CameBack,
        _ => StepDownState::Asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sent_is_not_delivered_and_an_answer_without_a_name_is_no_answer() {
        let t = |s: i64| Instant::from_second(s).unwrap();
        let said = Acknowledgement { who: "call-taker 5".into(), at: t(30), channel: "cad".into() };
        assert_eq!(escalation_state("requested", None, t(0), t(60)), EscalationState::Sent);
        assert_eq!(escalation_state("accepted", None, t(0), t(60)), EscalationState::Sent);
        assert_eq!(escalation_state("accepted", Some(&said), t(0), t(60)), EscalationState::Acknowledged);
        assert_eq!(escalation_state("requested", None, t(0), t(120)), EscalationState::Exhausted);
    }

    #[test]
    fn a_step_down_that_is_accepted_is_not_finished() {
        assert_eq!(step_down_state("accepted"), StepDownState::Accepted);
        assert_eq!(step_down_state("completed"), StepDownState::PersonOnLine);
        assert_eq!(step_down_state("rejected"), StepDownState::CameBack);
    }
}
