//! Carries requests over HTTPS with reqwest, within limits.

use std::sync::Arc;

use super::Timeouts;
use super::tokens::Tokens;
use super::wire::{Answer, Failure, Method, Outcome, Request, http_date};
use crate::fhir::bundle::MOST_BYTES;

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
        Self::with_timeouts(base, tokens, Timeouts::default())
    }

    /// As [`Transport::new`], with limits of the caller's.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn with_timeouts(base: &str, tokens: Arc<dyn Tokens>, timeouts: Timeouts) -> Result<Self, BadAddress> {
        let url = reqwest::Url::parse(base).map_err(|_| BadAddress)?;
        let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && local) {
            return Err(BadAddress);
        }
        // A second install is refused and harmless: the provider is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(timeouts.connect)
            .read_timeout(timeouts.silence)
            .timeout(timeouts.whole)
            .redirect(reqwest::redirect::Policy::none())
            // A proxy that the environment names would be given the token.
            .no_proxy()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::NoToken;

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
