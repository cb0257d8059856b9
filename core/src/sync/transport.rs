//! Carries requests over HTTPS with reqwest, within limits, and drives the engine and the lane.

use std::sync::Arc;

use super::attachments::{AttachmentStep, Attachments};
use super::lane::{Lane, LaneStep};
use super::wire::{Answer, Failure, Method, Outcome, Request, http_date};
use super::{Engine, Next, Patience, Report, Scope, Stop};
use crate::clock::Clock;
use crate::fhir::bundle::MOST_BYTES;
use crate::store::{Escalations, Store, StoreError};

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
    tokens: std::sync::Mutex<(Option<String>, Option<String>)>,
}

impl SignedIn {
    /// Takes the tokens of a new sign-in; one for escalations that is not given leaves the one before.
    pub fn take(&self, token: Option<String>, for_escalations: Option<String>) {
        let mut held = self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *held = (token, for_escalations.or_else(|| held.1.take()));
    }

    /// Forgets the member's token. A shift's token for escalations stays until it ends by itself: it can send and read
    /// calls for help and nothing else.
    pub fn forget(&self) {
        self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0 = None;
    }
}

impl Tokens for SignedIn {
    fn token(&self) -> Option<String> {
        self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0.clone()
    }
    fn for_escalations(&self) -> Option<String> {
        let held = self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        held.1.clone().or_else(|| held.0.clone())
    }
}

/// A base URL that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a server address: https://… (or http:// on this machine)")]
pub struct BadAddress;

/// A connection of its own to one server.
#[derive(Clone)]
pub struct Transport {
    base: String,
    client: reqwest::Client,
    tokens: Arc<dyn Tokens>,
    escalations: bool,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl Transport {
    /// A connection to the FHIR server at `base`. Plain HTTP only to this machine.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn new(base: &str, tokens: Arc<dyn Tokens>) -> Result<Self, BadAddress> {
        Self::with_patience(base, tokens, Patience::default())
    }

    /// As [`Transport::new`], with limits of the caller's.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn with_patience(base: &str, tokens: Arc<dyn Tokens>, patience: Patience) -> Result<Self, BadAddress> {
        let url = reqwest::Url::parse(base).map_err(|_| BadAddress)?;
        let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && local) {
            return Err(BadAddress);
        }
        // A second install is refused and harmless: the provider is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(patience.connect)
            .read_timeout(patience.silence)
            .timeout(patience.whole)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| BadAddress)?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), client, tokens, escalations: false })
    }

    /// The same as a connection of its own for escalations, with their own token.
    #[must_use]
    pub fn for_escalations(self) -> Self {
        Self { escalations: true, ..self }
    }

    /// Sends one request and reads the answer, at most 64 MB of it.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn send(&self, request: &Request) -> Outcome {
        let url = self.url(&request.path).ok_or(Failure::Elsewhere)?;
        let mut builder = match request.method {
            Method::Get => self.client.get(url),
            Method::Put => self.client.put(url),
            Method::Post => self.client.post(url),
        };
        builder = builder.header("Accept", "application/fhir+json").header("Cache-Control", "no-cache");
        let token = if self.escalations { self.tokens.for_escalations() } else { self.tokens.token() };
        if let Some(token) = token {
            builder = builder.bearer_auth(token);
        }
        if let Some(version) = &request.if_match {
            builder = builder.header("If-Match", format!("W/\"{version}\""));
        }
        if let Some(body) = &request.body {
            builder = builder.header("Content-Type", "application/fhir+json").body(body.clone());
        }
        let response = builder.send().await.map_err(|error| failure(&error))?;
        read(response).await
    }

    /// The whole address: a path of ours, or a `next` link on the same host only.
    fn url(&self, path: &str) -> Option<reqwest::Url> {
        if !path.contains("://") {
            return reqwest::Url::parse(&if path.is_empty() { self.base.clone() } else { format!("{}/{path}", self.base) }).ok();
        }
        let (link, base) = (reqwest::Url::parse(path).ok()?, reqwest::Url::parse(&self.base).ok()?);
        (link.origin() == base.origin()).then_some(link)
    }
}

fn failure(error: &reqwest::Error) -> Failure {
    // The outermost error's words hold the address; only what lies beneath it tells of certificates.
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<rustls::Error>() || inner.to_string().contains("certificate") {
            return Failure::Untrusted;
        }
        source = inner.source();
    }
    if error.is_connect() || error.is_builder() { Failure::Unreachable } else { Failure::NoAnswer }
}

async fn read(mut response: reqwest::Response) -> Outcome {
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let mut answer = Answer {
        status: response.status().as_u16(),
        etag: header("etag"),
        location: header("location"),
        retry_after: header("retry-after"),
        date: header("date").and_then(|text| http_date(&text)),
        content_type: header("content-type"),
        body: Vec::new(),
    };
    while let Some(chunk) = response.chunk().await.map_err(|_| Failure::NoAnswer)? {
        if answer.body.len() + chunk.len() > MOST_BYTES {
            return Err(Failure::TooLarge);
        }
        answer.body.extend_from_slice(&chunk);
    }
    Ok(answer)
}

/// Where the driver finds a store: locked only between requests, never across one.
pub trait Locked<T> {
    /// Runs `f` on the store; `None` where it is closed.
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R>;
}

impl<T> Locked<T> for std::sync::Mutex<Option<T>> {
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut guard = self.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        guard.as_mut().map(f)
    }
}

/// Runs one sync to its end. `heard` gets the server's time of each answer.
///
/// # Errors
/// [`StoreError`].
pub async fn run(
    transport: &Transport,
    store: &impl Locked<Store>,
    scope: Scope,
    clock: &dyn Clock,
    heard: impl Fn(crate::clock::Instant),
) -> Result<Report, StoreError> {
    let mut engine = Engine::new(scope);
    loop {
        let closed = || Err(StoreError::Missing { kind: "open database" });
        let next = store.with(|store| engine.next(store, clock.now())).unwrap_or_else(closed)?;
        let request = match next {
            Next::Send(request) => request,
            Next::Done(report) => return Ok(report),
        };
        let outcome = transport.send(&request).await;
        outcome.as_ref().ok().and_then(|answer| answer.date).into_iter().for_each(&heard);
        let closed = || Err(StoreError::Missing { kind: "open database" });
        store.with(|store| engine.hear(store, outcome, clock.now())).unwrap_or_else(closed)?;
    }
}

/// Runs the escalation lane to its end. Returns what changed and why it stopped early.
///
/// # Errors
/// [`StoreError`].
pub async fn run_lane(
    transport: &Transport,
    store: &impl Locked<Escalations>,
    clock: &dyn Clock,
) -> Result<(Vec<String>, Option<Stop>), StoreError> {
    let closed = || StoreError::Missing { kind: "open database" };
    let mut lane = store.with(|store| Lane::new(store)).ok_or_else(closed)??;
    loop {
        match store.with(|store| lane.next(store)).ok_or_else(closed)?? {
            LaneStep::Send(request) => {
                let outcome = transport.send(&request).await;
                store.with(|store| lane.hear(store, outcome, clock.now())).ok_or_else(closed)??;
            }
            LaneStep::Done(stop) => return Ok((lane.changed, stop)),
        }
    }
}

/// Runs the lane of attachments to its end. Returns it, and why it stopped early.
///
/// # Errors
/// [`StoreError`].
pub async fn run_attachments(
    transport: &Transport,
    store: &impl Locked<Store>,
    clock: &dyn Clock,
) -> Result<(Attachments, Option<Stop>), StoreError> {
    let closed = || StoreError::Missing { kind: "open database" };
    let mut lane = store.with(|store| Attachments::new(store)).ok_or_else(closed)??;
    loop {
        match store.with(|store| lane.next(store)).ok_or_else(closed)?? {
            AttachmentStep::Send(request) => {
                let outcome = transport.send(&request).await;
                store.with(|store| lane.hear(store, outcome, clock.now())).ok_or_else(closed)??;
            }
            AttachmentStep::Done(stop) => return Ok((lane, stop)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_link_to_another_host_is_not_followed() {
        let transport = Transport::new("https://fhir.agency.example/r4", Arc::new(NoToken)).unwrap();
        assert!(transport.url("https://fhir.agency.example/r4?page=2").is_some());
        assert!(transport.url("https://elsewhere.example/r4?page=2").is_none());
        assert!(transport.url("http://fhir.agency.example/r4?page=2").is_none());
    }

    #[test]
    fn plain_http_leaves_this_machine_for_nowhere() {
        assert_eq!(Transport::new("http://fhir.agency.example/r4", Arc::new(NoToken)).err(), Some(BadAddress));
        assert!(Transport::new("http://127.0.0.1:8080/fhir", Arc::new(NoToken)).is_ok());
    }
}
