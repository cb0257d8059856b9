//! A call for help through the 911 door, and where it stands.
//!
//! Rule: it ends with the receiver's named word, with somebody named who cancels it, or loudly (P8, P9). How long it has
//! waited is told by the clock that counts sleep, never by the phone's calendar (P22). Neighbours: `acts::escalate` makes it,
//! `fhir::escalation` writes it, `views::escalations` shows it.

use std::time::Duration;

use crate::base::Position;
use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, EscalationId, MemberId, OrganizationId, TeamId};
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
        /// The server does not take it: loud. It is still sent again.
        Refused = "refused",
        /// The receiver said no, or somebody without a name ended it: loud.
        Rejected = "rejected",
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
}

impl EscalationState {
    /// Whether the phone rings when it comes to this: nobody is coming because of this call, and somebody must know.
    pub fn rings(self) -> bool {
        matches!(self, Self::Refused | Self::Rejected | Self::Cancelled | Self::Exhausted)
    }

    /// Whether nothing more is awaited.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Cancelled | Self::Rejected)
    }
}

/// How long an escalation may stay unanswered before it is exhausted and loud. Agency data; this is the default.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(120);

/// Where the phone is, as it knows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhonePosition {
    /// Where.
    pub position: Position,
    /// How old that is, when the call is made.
    pub age: Duration,
    /// How far off it may be, in metres; `None`: the phone does not say.
    pub accuracy_m: Option<f64>,
}

/// A call for help through the 911 door. It holds the need, the number to call back and where to come, and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Escalation {
    /// Its id.
    pub id: EscalationId,
    /// The assignment; `None` where there is none, or none is known on this phone.
    pub assignment: Option<AssignmentId>,
    /// The team that asks.
    pub team: TeamId,
    /// Who asked.
    pub by: MemberId,
    /// The scene's PSAP (the scene, not the caller, chooses it).
    pub psap: OrganizationId,
    /// What is needed.
    pub need: Need,
    /// Whether nobody is to call back, and no sirens are to be heard: somebody listens.
    pub silent: bool,
    /// Where the scene is.
    pub place: Place,
    /// Where the phone is.
    pub phone: Option<PhonePosition>,
    /// The number on which the crew answers.
    pub callback: String,
    /// The short number that is read aloud: "a written report, number N, has been sent".
    pub number: String,
    /// When.
    pub at: Instant,
}

/// What a call for help needs and nobody must look up in an emergency: kept beside the calls, readable after first unlock.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The assignment.
    pub assignment: AssignmentId,
    /// The PSAP of its scene; `None`: the agency's own.
    pub psap: Option<OrganizationId>,
    /// Where it is.
    pub place: Place,
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

/// Somebody's word that an escalation is over without help: who, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Who said so, by name.
    pub who: String,
    /// When.
    pub at: Instant,
}

/// What is known of an escalation.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Whether the server has given it a version.
    pub at_server: bool,
    /// The status with which the server refused it last.
    pub refused: Option<u16>,
    /// The Task's status.
    pub task_status: &'a str,
    /// The receiver's word, whole: with a name and a time.
    pub acknowledged: Option<&'a Acknowledgement>,
    /// Who cancelled it, by name.
    pub cancelled: Option<&'a Ending>,
    /// How long it has waited; `None`: nobody can tell, for the phone was started anew.
    pub waited: Option<Duration>,
    /// How long it may.
    pub patience: Duration,
}

/// The state of an escalation. An acknowledgement or a cancellation without a name is none, and what nobody can time has waited
/// too long.
pub fn escalation_state(known: Standing<'_>) -> EscalationState {
    match known.task_status {
        "cancelled" if known.cancelled.is_some() => return EscalationState::Cancelled,
        "cancelled" | "rejected" | "failed" | "entered-in-error" => return EscalationState::Rejected,
        "accepted" | "in-progress" | "completed" if known.at_server && known.acknowledged.is_some() => {
            return EscalationState::Acknowledged;
        }
        _ => {}
    }
    if known.refused.is_some() && !known.at_server {
        return EscalationState::Refused;
    }
    match (known.waited, known.at_server) {
        (Some(waited), true) if waited < known.patience => EscalationState::Sent,
        // Not sent for as long as an answer would be waited for is as loud as no answer.
        (Some(waited), false) if waited < known.patience => EscalationState::OnPhone,
        _ => EscalationState::Exhausted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Acknowledgement {
        Acknowledgement { who: "call-taker 5".into(), at: Instant::UNIX_EPOCH, channel: "cad".into() }
    }

    /// A second statement of the rule, over everything that can be known.
    #[test]
    fn no_call_is_quiet_that_nobody_named_has_answered_in_time() {
        let (word, ending) = (said(), Ending { who: "Ana".into(), at: Instant::UNIX_EPOCH });
        let statuses = [
            "draft",
            "requested",
            "received",
            "accepted",
            "rejected",
            "ready",
            "cancelled",
            "in-progress",
            "on-hold",
            "failed",
            "completed",
            "entered-in-error",
            "",
            "a later code",
        ];
        for task_status in statuses {
            for (at_server, refused) in [(true, None), (true, Some(403)), (false, None), (false, Some(422))] {
                for acknowledged in [None, Some(&word)] {
                    for cancelled in [None, Some(&ending)] {
                        for waited in [None, Some(Duration::ZERO), Some(Duration::from_secs(119)), Some(Duration::from_secs(120))] {
                            let patience = DEFAULT_PATIENCE;
                            let known = Standing { at_server, refused, task_status, acknowledged, cancelled, waited, patience };
                            let state = escalation_state(known);
                            let late = waited.is_none_or(|waited| waited >= patience);
                            match state {
                                EscalationState::Acknowledged => assert!(at_server && acknowledged.is_some(), "{known:?}"),
                                EscalationState::Cancelled => assert!(cancelled.is_some() && task_status == "cancelled", "{known:?}"),
                                EscalationState::Sent => assert!(at_server && !late, "{known:?}"),
                                EscalationState::OnPhone => assert!(!at_server && refused.is_none() && !late, "{known:?}"),
                                loud => assert!(loud.rings(), "{known:?}"),
                            }
                            if matches!(task_status, "rejected" | "failed") {
                                assert_eq!(state, EscalationState::Rejected, "a no is not waited on");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn one_that_is_unsent_for_a_second_more_than_patience_lasts_is_loud() {
        let known = |waited| Standing {
            at_server: false,
            refused: None,
            task_status: "requested",
            acknowledged: None,
            cancelled: None,
            waited: Some(Duration::from_secs(waited)),
            patience: DEFAULT_PATIENCE,
        };
        assert_eq!(escalation_state(known(119)), EscalationState::OnPhone);
        assert!(escalation_state(known(121)).rings());
    }
}
