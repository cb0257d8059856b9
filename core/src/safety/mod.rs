//! Help from the other side of the door: an [`Escalation`] goes out through 911, a [`StepDown`] through 988.
//!
//! Rule: nothing is called delivered before the receiver says so (P8), and neither ends silently (P9). Opening the
//! phone's dialler is only "dialler opened".
//! Neighbours: `acts::escalate` makes them, `store::Escalations` keeps the 911 ones in files of their own (P10).

mod escalation;
mod step_down;

pub use escalation::{
    Acknowledgement, DEFAULT_PATIENCE, Ending, Escalation, EscalationState, Need, NotSent, PhonePosition, Prepared, Standing,
    escalation_state,
};
pub use step_down::{StepDown, StepDownState, step_down_state};

crate::codes! {
    /// What a responder did with the phone's dialler. Only the responder's own word says that a call was made.
    VoiceCall {
        /// The dialler was opened.
        DiallerOpened = "dialler-opened",
        /// The responder says: I called.
        SaidCalled = "said-called",
    }
}
