//! Why the server did not do, or did not tell, what was asked. No personal data, and nothing that the server said in words.

use std::time::Duration;

use anydoor_core::base::clock::Instant;
use anydoor_core::http::{Answer, Failure, retry_after};

/// Why something failed at the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It cannot be reached: nothing was sent.
    #[error("the server cannot be reached")]
    Unreachable,
    /// No answer came, and whether it was done could not be read back.
    #[error("no answer came")]
    NoAnswer,
    /// Something that is not the server answered (a captive portal, another host).
    #[error("what answered is not the server")]
    NotTheServer,
    /// The server's certificate is not trusted.
    #[error("the server's certificate is not trusted")]
    Untrusted,
    /// 401: the token is no longer good.
    #[error("the token is not accepted")]
    SignInAgain,
    /// 403.
    #[error("not allowed")]
    NotAllowed,
    /// 404: it is not there.
    #[error("not there")]
    NotFound,
    /// 410: it was there and is deleted.
    #[error("deleted")]
    Gone,
    /// 413, or an answer that is larger than is read.
    #[error("too large")]
    TooLarge,
    /// 429 or 503: later, and where the server said when, after so long.
    #[error("the server asks to wait")]
    Later(Option<Duration>),
    /// Refused with this status: 400 and 422 for what the server finds wrong, any other that has no name here.
    #[error("refused with status {0}")]
    Refused(u16),
    /// The server failed with this status (5xx).
    #[error("the server failed with status {0}")]
    Failed(u16),
    /// The answer is no FHIR that can be read, or another document than was asked for.
    #[error("the answer cannot be read")]
    Unreadable,
    /// The server gives no version ids: nothing can be changed safely there.
    #[error("the server names no version")]
    Unversioned,
    /// More rounds, pages or bytes than a gateway goes through.
    #[error("more than is read")]
    TooMuch,
}

impl Trouble {
    /// What a status means; `None` for success.
    pub fn of_status(status: u16) -> Option<Self> {
        Some(match status {
            200..=299 => return None,
            300..=399 => Self::NotTheServer,
            401 => Self::SignInAgain,
            403 => Self::NotAllowed,
            404 => Self::NotFound,
            410 => Self::Gone,
            413 => Self::TooLarge,
            429 | 503 => Self::Later(None),
            500.. => Self::Failed(status),
            _ => Self::Refused(status),
        })
    }

    /// What an answer means; `None` for one that did what was asked and is FHIR.
    pub fn of(answer: &Answer, now: Instant) -> Option<Self> {
        match Self::of_status(answer.status) {
            None => (!answer.is_fhir()).then_some(Self::NotTheServer),
            Some(Self::Later(_)) => Some(Self::Later(answer.retry_after.as_deref().and_then(|text| retry_after(text, now)))),
            trouble => trouble,
        }
    }

    /// Whether nothing else that is sent now would fare better.
    pub fn concerns_everything(self) -> bool {
        matches!(self, Self::SignInAgain | Self::Later(_) | Self::NotTheServer | Self::Untrusted)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable => Self::Unreachable,
            Failure::NoAnswer => Self::NoAnswer,
            Failure::TooLarge => Self::TooLarge,
            Failure::Elsewhere => Self::NotTheServer,
            Failure::Untrusted => Self::Untrusted,
        }
    }
}
