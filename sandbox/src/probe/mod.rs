//! `anydoor-sandbox probe URL`: finds out how a FHIR server behaves, once, for the agency.
//!
//! Rule: it writes and deletes nothing but Basic resources of its own, tagged, under ids that it makes for this run; only
//! with `--agency` it also writes its result, as agency data, for the phones to read. Neighbours: `trouble` tries what a sync does.

mod trouble;

use std::collections::BTreeMap;

use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids;
use anydoor_core::fhir::behaviour::{ServerBehaviour, statement};
use anydoor_core::fhir::{Document, bundle};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const TAG: &str = "urn:anydoor:1:probe";

/// Why a server cannot be probed, or not be used.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Not an address.
    #[error("not a server address")]
    Address,
    /// No answer.
    #[error("no answer to {0}")]
    NoAnswer(&'static str),
    /// It is not a FHIR R4 server.
    #[error("not a FHIR R4 server: {0}")]
    NotR4(String),
    /// It refuses resources under ids of ours.
    #[error(
        "the server refuses a PUT under an id that the client chose ({0}). Allow update-as-create \
         (HAPI: client_id_strategy ANY and allow_external_references; others: \"updateCreate\")"
    )]
    NoUpdateAsCreate(StatusCode),
    /// The result could not be written.
    #[error("the result could not be written: {0}")]
    NotWritten(StatusCode),
}

/// A server being probed.
pub struct Probe {
    base: String,
    token: Option<String>,
    client: reqwest::Client,
    run: String,
    written: Vec<String>,
    trouble: Vec<String>,
}

struct Heard {
    status: StatusCode,
    etag: Option<String>,
    body: Value,
}

impl Probe {
    /// A probe of the server at `base`.
    ///
    /// # Errors
    /// [`ProbeError::Address`].
    pub fn new(base: &str, token: Option<String>) -> Result<Self, ProbeError> {
        // The same rule as on a phone: plain HTTP to this machine only.
        anydoor_core::http::Transport::new(base, std::sync::Arc::new(anydoor_core::http::NoToken)).map_err(|_| ProbeError::Address)?;
        let client = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|_| ProbeError::Address)?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), token, client, run: ids::fresh(), written: Vec::new(), trouble: Vec::new() })
    }

    async fn ask(
        &self,
        what: &'static str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Heard, ProbeError> {
        let slash = if path.is_empty() { "" } else { "/" };
        self.fetch(what, method, &format!("{}{slash}{path}", self.base), headers, body).await
    }

    async fn fetch(
        &self,
        what: &'static str,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Heard, ProbeError> {
        let mut request = self.client.request(method, url).header("Accept", "application/fhir+json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/fhir+json").body(body.to_string());
        }
        let answer = request.send().await.map_err(|_| ProbeError::NoAnswer(what))?;
        let status = answer.status();
        let etag = answer.headers().get("etag").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let text = answer.bytes().await.map_err(|_| ProbeError::NoAnswer(what))?;
        Ok(Heard { status, etag, body: serde_json::from_slice(&text).unwrap_or(Value::Null) })
    }

    fn basic(&self, id: &str, words: &str) -> Value {
        json!({ "resourceType": "Basic", "id": id, "meta": { "tag": [{ "system": TAG, "code": self.run }] },
            "identifier": [{ "system": TAG, "value": id }], "code": { "text": words } })
    }

    fn fresh(&mut self) -> String {
        let id = ids::fresh();
        self.written.push(id.clone());
        id
    }

    async fn put(&self, id: &str, words: &str, headers: &[(&str, &str)]) -> Result<Heard, ProbeError> {
        self.ask("a PUT", Method::PUT, &format!("Basic/{id}"), headers, Some(&self.basic(id, words))).await
    }

    async fn words(&self, id: &str) -> Result<Option<String>, ProbeError> {
        let heard = self.ask("a read", Method::GET, &format!("Basic/{id}"), &[], None).await?;
        Ok(heard.body.pointer("/code/text").and_then(Value::as_str).filter(|_| heard.status.is_success()).map(str::to_owned))
    }

    /// Finds out, and removes everything that it wrote, also where it fails. Returns how the server behaves, and in words what of a
    /// sync will not work on it; empty where all does.
    ///
    /// # Errors
    /// [`ProbeError`].
    pub async fn run(mut self, now: Instant, agency: &str) -> Result<(ServerBehaviour, Vec<String>), ProbeError> {
        let found = self.find_out(now, agency).await;
        for id in &self.written {
            // What cannot be deleted stays tagged; the result does not depend on it.
            let _ = self.ask("a DELETE", Method::DELETE, &format!("Basic/{id}"), &[], None).await;
        }
        Ok((found?, self.trouble))
    }

    async fn find_out(&mut self, now: Instant, agency: &str) -> Result<ServerBehaviour, ProbeError> {
        let heard = self.ask("the CapabilityStatement", Method::GET, "metadata", &[], None).await?;
        let said = Document::from_value(heard.body).ok().as_ref().and_then(statement);
        let said = said.filter(|said| said.is_r4).ok_or_else(|| ProbeError::NotR4(heard.status.to_string()))?;
        let mut found = ServerBehaviour::unknown(now, &said.software);
        let id = self.fresh();
        let created = self.put(&id, "one", &[]).await?;
        if !created.status.is_success() {
            return Err(ProbeError::NoUpdateAsCreate(created.status));
        }
        found.creates_on_put = self.words(&id).await?.as_deref() == Some("one");
        self.versions(&id, created.etag.as_deref().unwrap_or("W/\"1\""), &mut found).await?;
        self.creations(&id, &mut found).await?;
        self.searches(&id, &mut found).await?;
        self.history(&mut found).await?;
        let (searches, pages, writes) = (self.every_search(agency).await?, self.pages(&id).await?, self.writes(&id).await?);
        self.trouble = [searches, pages, writes].concat();
        Ok(found)
    }

    /// If-Match, alone and in a transaction, with a version that is no longer the newest.
    async fn versions(&mut self, id: &str, stale: &str, found: &mut ServerBehaviour) -> Result<(), ProbeError> {
        let fits = self.put(id, "two", &[("If-Match", stale)]).await?.status.is_success();
        let refused = !self.put(id, "three", &[("If-Match", stale)]).await?.status.is_success();
        found.versioned_update = fits && refused && self.words(id).await?.as_deref() == Some("two");
        let beside = self.fresh();
        let entry = |id: &str, words: &str, if_match: Option<&str>| {
            let mut request = json!({ "method": "PUT", "url": format!("Basic/{id}") });
            if let (Some(version), Value::Object(map)) = (if_match, &mut request) {
                map.insert("ifMatch".into(), json!(version));
            }
            json!({ "resource": self.basic(id, words), "request": request })
        };
        let both = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry(&beside, "beside", None), entry(id, "four", Some(stale))] });
        let refused = !self.ask("a transaction", Method::POST, "", &[], Some(&both)).await?.status.is_success();
        let whole = self.words(&beside).await?.is_none() && self.words(id).await?.as_deref() == Some("two");
        let fresh = self.ask("a read", Method::GET, &format!("Basic/{id}"), &[], None).await?.etag;
        let fits = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry(&beside, "beside", None), entry(id, "five", fresh.as_deref())] });
        let taken = self.ask("a transaction", Method::POST, "", &[], Some(&fits)).await?.status.is_success();
        let taken = taken && self.words(id).await?.as_deref() == Some("five");
        found.versioned_update_in_transaction = refused && whole && taken && fresh.is_some();
        Ok(())
    }

    async fn creations(&mut self, id: &str, found: &mut ServerBehaviour) -> Result<(), ProbeError> {
        let missing = self.fresh();
        self.put(&missing, "made", &[("If-Match", "W/\"1\"")]).await?;
        found.creates_on_if_match = self.words(&missing).await?.is_some();
        self.put(id, "six", &[("If-None-Match", "*")]).await?;
        found.honours_if_none_match = self.words(id).await?.as_deref() != Some("six");
        let mut once = self.basic("x", "once");
        let token = ids::fresh();
        if let Value::Object(map) = &mut once {
            map.shift_remove("id");
            map.insert("identifier".into(), json!([{ "system": TAG, "value": token }]));
        }
        let condition = format!("identifier={TAG}|{token}");
        let mut made = Vec::new();
        for _ in 0..2 {
            let heard = self.ask("a conditional create", Method::POST, "Basic", &[("If-None-Exist", &condition)], Some(&once)).await?;
            made.extend(heard.body.get("id").and_then(Value::as_str).filter(|_| heard.status == StatusCode::CREATED).map(str::to_owned));
        }
        found.conditional_create = made.len() == 1;
        self.written.extend(made);
        Ok(())
    }

    /// Each parameter with a value that finds one, and one that finds none: what comes back all the same was not honoured.
    async fn searches(&mut self, id: &str, found: &mut ServerBehaviour) -> Result<(), ProbeError> {
        let nothing = ids::fresh();
        let tag = format!("{TAG}%7C{}", self.run);
        let tries: BTreeMap<&str, (String, String)> = BTreeMap::from([
            ("_id", (id.to_owned(), nothing.clone())),
            ("_tag", (tag.clone(), format!("{TAG}%7C{nothing}"))),
            ("identifier", (format!("{TAG}%7C{id}"), format!("{TAG}%7C{nothing}"))),
            ("_lastUpdated", ("ge2020-01-01".into(), "ge2999-01-01".into())),
        ]);
        for (name, (some, none)) in tries {
            let own = if name == "_tag" { String::new() } else { format!("&_tag={tag}") };
            let hit = self.count(&format!("Basic?{name}={some}{own}")).await?;
            let miss = self.count(&format!("Basic?{name}={none}{own}")).await?;
            found.search.insert(format!("Basic?{name}"), hit.is_some_and(|n| n > 0) && miss == Some(0));
        }
        found.refuses_unknown_search = self.count(&format!("Basic?anydoor-unknown=x&_tag={tag}")).await?.is_none();
        Ok(())
    }

    async fn count(&self, query: &str) -> Result<Option<usize>, ProbeError> {
        let heard = self.ask("a search", Method::GET, query, &[], None).await?;
        let page = bundle::read(heard.body.to_string().as_bytes());
        Ok(page.ok().filter(|_| heard.status.is_success()).map(|page| page.entries.iter().filter(|e| e.resource.is_some()).count()))
    }

    async fn history(&mut self, found: &mut ServerBehaviour) -> Result<(), ProbeError> {
        let id = self.fresh();
        let made = self.put(&id, "soon gone", &[]).await?;
        let since = made.body.pointer("/meta/lastUpdated").and_then(Value::as_str).unwrap_or("2020-01-01T00:00:00Z").replace('+', "%2B");
        self.ask("a DELETE", Method::DELETE, &format!("Basic/{id}"), &[], None).await?;
        let heard = self.ask("the history", Method::GET, &format!("Basic/_history?_since={since}&_count=100"), &[], None).await?;
        let Ok(page) = bundle::read(heard.body.to_string().as_bytes()) else { return Ok(()) };
        let about = |entry: &&bundle::Entry| {
            entry.url.as_deref().is_some_and(|url| url.contains(&id)) || entry.resource.as_ref().is_some_and(|r| r.id() == id)
        };
        found.history = page.entries.iter().any(|entry| about(&entry));
        found.deletions_in_history = page.entries.iter().filter(about).any(|entry| entry.method.as_deref() == Some("DELETE"));
        Ok(())
    }

    /// Writes the result as this agency's data, in place of the one before.
    ///
    /// # Errors
    /// [`ProbeError::NotWritten`].
    pub async fn publish(&self, found: &ServerBehaviour, agency: &str) -> Result<(), ProbeError> {
        let document = found.write(&ids::derived("server-manners", agency));
        let heard = self.ask("the result", Method::PUT, &document.reference(), &[], Some(document.value())).await?;
        if heard.status.is_success() { Ok(()) } else { Err(ProbeError::NotWritten(heard.status)) }
    }
}

/// The result in lines that a person reads.
pub fn in_words(found: &ServerBehaviour, trouble: &[String]) -> String {
    let said = |yes: bool| if yes { "yes" } else { "no " };
    let mut lines = vec![format!("{} · probed {}", found.software, found.probed)];
    for (what, yes, means) in [
        ("creates on PUT", found.creates_on_put, "phones choose their ids"),
        ("conditional create", found.conditional_create, "no second copy of an order"),
        ("refuses a stale If-Match", found.versioned_update, "one holder, no lost update"),
        ("the same in a transaction", found.versioned_update_in_transaction, "yes: changes travel with their act; no: each alone"),
        ("creates on If-Match", found.creates_on_if_match, "yes: phones read before they write"),
        ("honours If-None-Match: *", found.honours_if_none_match, "phones do not rely on it"),
        ("history since a time", found.history, ""),
        ("deletions in history", found.deletions_in_history, "no: deletions are seen at the full re-check"),
        ("refuses unknown search", found.refuses_unknown_search, "no: phones check what comes back"),
    ] {
        lines.push(format!("  {}  {what:<28}{means}", said(yes)));
    }
    lines.extend(found.search.iter().map(|(name, yes)| format!("  {}  honours {name}", said(*yes))));
    lines.push(if trouble.is_empty() {
        "every search, page, batch and write of a sync works".to_owned()
    } else {
        format!("of what a sync does, {} will not work as it should:", trouble.len())
    });
    lines.extend(trouble.iter().map(|line| format!("  {line}")));
    lines.join("\n")
}
