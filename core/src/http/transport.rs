//! Carries requests over HTTPS with reqwest, within limits.

use std::sync::Arc;

use super::Timeouts;
use super::tokens::Tokens;
use super::wire::{Answer, Failure, Method, Outcome, Request, http_date};
use crate::fhir::bundle::MOST_BYTES;
use crate::fhir::reference::ServerBase;

/// A base URL that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a server address: https://… (or http:// on this machine)")]
pub struct BadAddress;

/// A connection of its own to one server.
#[derive(Clone)]
pub struct Transport {
    base: reqwest::Url,
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
        Ok(Self { base: url, client, tokens, escalations: false })
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
        let to = self.address(request).ok_or(Failure::Elsewhere)?;
        let url = to.url.clone();
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
        let answer = read(response).await?;
        Ok(Answer { url: Some(to.url.into()), base: ServerBase::new(self.base.as_str()), rewritten: to.rewritten, ..answer })
    }

    /// The whole address, always of this server's origin: a path of ours after the base, or a link resolved against the page
    /// that named it (RFC 3986, section 5). Of a link to another origin, as a gateway's server names itself by its internal
    /// name, path and query are asked for here. `None` for a link that is none of HTTP.
    fn address(&self, request: &Request) -> Option<Address> {
        let mut url = self.base.clone();
        let Some(page) = &request.page else {
            let (path, query) = request.path.split_once('?').map_or((request.path.as_str(), None), |(path, query)| (path, Some(query)));
            if !path.is_empty() {
                url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
            }
            url.set_query(query);
            return Some(Address { url, rewritten: false });
        };
        let link = reqwest::Url::parse(page).ok()?.join(&request.path).ok()?;
        if !matches!(link.scheme(), "http" | "https") {
            return None;
        }
        // Built on the base, so that no name, port or password of a link is ever used.
        url.set_path(link.path());
        url.set_query(link.query());
        Some(Address { url, rewritten: link.origin() != self.base.origin() })
    }
}

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    url: reqwest::Url,
    /// Whether its link named another origin.
    rewritten: bool,
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
        ..Answer::default()
    };
    // Put together once: a body that grows is copied each time, and each copy is wiped.
    let (mut chunks, mut length) = (Vec::new(), 0);
    while let Some(chunk) = response.chunk().await.map_err(|_| Failure::NoAnswer)? {
        length += chunk.len();
        if length > MOST_BYTES {
            return Err(Failure::TooLarge);
        }
        chunks.push(chunk);
    }
    answer.body.reserve_exact(length);
    // Each goes as it is copied.
    chunks.into_iter().for_each(|chunk| answer.body.extend_from_slice(&chunk));
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::NoToken;

    #[test]
    fn a_link_is_resolved_against_its_page_and_never_leaves_this_origin() {
        let transport = Transport::new("https://fhir.agency.example/r4/", Arc::new(NoToken)).unwrap();
        let page = "https://fhir.agency.example/r4/Task?owner=CareTeam/t";
        let here = "https://fhir.agency.example";
        for (link, path, rewritten) in [
            ("https://fhir.agency.example/r4?page=2", "/r4?page=2", false),
            ("HTTPS://FHIR.agency.example:443/r4?page=2", "/r4?page=2", false),
            ("https://somebody:secret@fhir.agency.example/r4?page=2", "/r4?page=2", false),
            ("/r4?page=2", "/r4?page=2", false),
            ("Task?page=2", "/r4/Task?page=2", false),
            ("?page=2", "/r4/Task?page=2", false),
            ("./Task?page=2", "/r4/Task?page=2", false),
            ("?from=https://elsewhere.example/x", "/r4/Task?from=https://elsewhere.example/x", false),
            ("/r4?code=urn://x|y", "/r4?code=urn://x|y", false),
            ("//fhir.agency.example/r4?page=2", "/r4?page=2", false),
            ("//elsewhere.example/r4?page=2", "/r4?page=2", true),
            ("http://hapi:8080/fhir?_getpages=1", "/fhir?_getpages=1", true),
            ("https://fhir.agency.example:8443/r4?page=2", "/r4?page=2", true),
            ("http://fhir.agency.example/r4?page=2", "/r4?page=2", true),
        ] {
            let request = Request::follow(link, Some(page.to_owned()));
            let address = transport.address(&request).unwrap();
            assert_eq!((address.url.as_str(), address.rewritten), (format!("{here}{path}").as_str(), rewritten), "{link}");
        }
        for link in ["file:///etc/passwd", "ftp://fhir.agency.example/x", "javascript:x", "https://"] {
            assert_eq!(transport.address(&Request::follow(link, Some(page.to_owned()))), None, "{link}");
        }
    }

    #[test]
    fn a_path_of_ours_stays_below_the_base_whatever_it_holds() {
        for base in ["https://fhir.agency.example/r4", "https://fhir.agency.example/r4/"] {
            let transport = Transport::new(base, Arc::new(NoToken)).unwrap();
            let to = |path: &str| transport.address(&Request::get(path)).unwrap().url.to_string();
            assert_eq!(
                to("Task?focus=https://elsewhere.example/fhir/x"),
                "https://fhir.agency.example/r4/Task?focus=https://elsewhere.example/fhir/x"
            );
            assert_eq!(to("https://elsewhere.example/x"), "https://fhir.agency.example/r4/https://elsewhere.example/x");
            assert_eq!(to("Task/a"), "https://fhir.agency.example/r4/Task/a");
            assert_eq!(to(""), base);
        }
    }

    #[test]
    fn plain_http_leaves_this_machine_for_nowhere() {
        assert_eq!(Transport::new("http://fhir.agency.example/r4", Arc::new(NoToken)).err(), Some(BadAddress));
        assert!(Transport::new("http://127.0.0.1:8080/fhir", Arc::new(NoToken)).is_ok());
    }
}
