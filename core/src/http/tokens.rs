//! Access tokens: whose they are, and which of them escalations use.

use std::sync::{Mutex, PoisonError};

/// Gives the access token of the moment.
pub trait Tokens: Send + Sync {
    /// The token; `None` where the server wants none.
    fn token(&self) -> Option<String>;
    /// The shift's token for escalations, which is issued at sign-in, good for one shift, and allowed only to write and
    /// read this team's escalations; where there is none, the token of the moment.
    fn for_escalations(&self) -> Option<String> {
        self.token()
    }
}

/// No token.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoToken;

impl Tokens for NoToken {
    fn token(&self) -> Option<String> {
        None
    }
}

/// One token for everything.
pub struct FixedToken(pub String);

impl Tokens for FixedToken {
    fn token(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

/// The tokens of the last sign-in.
#[derive(Default)]
pub struct SignedIn {
    tokens: Mutex<(Option<String>, Option<String>)>,
}

impl SignedIn {
    /// Takes the tokens of a new sign-in; one for escalations that is not given leaves the one before.
    pub fn take(&self, token: Option<String>, for_escalations: Option<String>) {
        let mut held = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        *held = (token, for_escalations.or_else(|| held.1.take()));
    }

    /// Forgets the member's token. A shift's token for escalations stays until it ends by itself: it can send and read
    /// calls for help and nothing else.
    pub fn forget(&self) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).0 = None;
    }
}

impl Tokens for SignedIn {
    fn token(&self) -> Option<String> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }
    fn for_escalations(&self) -> Option<String> {
        let held = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        held.1.clone().or_else(|| held.0.clone())
    }
}
