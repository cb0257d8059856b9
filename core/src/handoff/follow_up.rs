//! Asking afterwards: when it is due, what an attempt may do, and when it stops.

use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, FollowUpId, IncidentId, MemberId, PersonId, TeamId};
use crate::incident::SafeContact;

crate::codes! {
    /// What came of an attempt.
    Attempted {
        /// Reached the person.
        Reached = "reached",
        /// Reached a support person.
        ReachedSupport = "reached-support",
        /// No answer.
        NoAnswer = "no-answer",
        /// Left a message.
        MessageLeft = "message-left",
        /// The details are wrong.
        WrongDetails = "wrong-details",
        /// The person declined.
        Declined = "declined",
        /// Unable to try.
        Unable = "unable",
    }
    /// By what an attempt was made.
    By {
        /// A call.
        Voice = "voice",
        /// A text message.
        Text = "text",
        /// A visit.
        Visit = "visit",
    }
}

/// When follow-ups are due after clear. Agency data; the default is 24 and 72 hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Hours after clear.
    pub hours: Vec<u32>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { hours: vec![24, 72] }
    }
}

impl Schedule {
    /// When they are due.
    pub fn due(&self, clear: Instant) -> Vec<Instant> {
        self.hours.iter().filter_map(|h| clear.checked_add(jiff::SignedDuration::from_hours(i64::from(*h))).ok()).collect()
    }
}

/// A follow-up that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowUp {
    /// The id.
    pub id: FollowUpId,
    /// The assignment it follows.
    pub assignment: AssignmentId,
    /// The incident.
    pub incident: IncidentId,
    /// The person.
    pub person: PersonId,
    /// Who owns it.
    pub team: TeamId,
    /// When it is due.
    pub due: Instant,
    /// When it was made.
    pub made: Instant,
}

/// One attempt, recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Who tried.
    pub member: MemberId,
    /// When.
    pub at: Instant,
    /// By what.
    pub by: By,
    /// What came of it.
    pub outcome: Attempted,
    /// Whether there is a concern for safety.
    pub safety_concern: bool,
    /// Anything else.
    pub remark: Option<String>,
}

/// Why an attempt may not be made, or not like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    /// The person's safe contact says: no call.
    #[error("safe contact: no call")]
    NoVoice,
    /// It says: no text message.
    #[error("safe contact: no text message")]
    NoText,
    /// It says: no message may be left, or nobody asked whether one may.
    #[error("safe contact: no message may be left")]
    NoMessage,
}

/// Holds an attempt against the person's safe contact: "message left" is impossible where it says no, and where nobody
/// asked (practice.md, Safe contact).
///
/// # Errors
/// [`Unsafe`].
pub fn allowed(attempt: &Attempt, safe: &SafeContact) -> Result<(), Unsafe> {
    if attempt.by == By::Voice && safe.voice == Some(false) {
        return Err(Unsafe::NoVoice);
    }
    if attempt.by == By::Text && safe.text == Some(false) {
        return Err(Unsafe::NoText);
    }
    if attempt.outcome == Attempted::MessageLeft && safe.message != Some(true) {
        return Err(Unsafe::NoMessage);
    }
    Ok(())
}

/// Whether an outcome ends the follow-up, and whether it ends all that are still due (the person says stop).
pub fn ends(outcome: Attempted) -> (bool, bool) {
    match outcome {
        Attempted::Reached => (true, false),
        Attempted::Declined => (true, true),
        _ => (false, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_never_left_where_it_was_not_allowed() {
        let attempt = Attempt {
            member: MemberId::fresh(),
            at: Instant::UNIX_EPOCH,
            by: By::Voice,
            outcome: Attempted::MessageLeft,
            safety_concern: false,
            remark: None,
        };
        for (message, ok) in [(Some(true), true), (Some(false), false), (None, false)] {
            assert_eq!(allowed(&attempt, &SafeContact { message, ..SafeContact::default() }).is_ok(), ok);
        }
        assert_eq!(
            allowed(&attempt, &SafeContact { voice: Some(false), message: Some(true), ..SafeContact::default() }),
            Err(Unsafe::NoVoice)
        );
    }

    #[test]
    fn by_default_it_is_due_after_a_day_and_after_three() {
        let due = Schedule::default().due(Instant::UNIX_EPOCH);
        assert_eq!(due.iter().map(|d| d.as_second()).collect::<Vec<_>>(), [86_400, 259_200]);
    }
}
