//! What of a sync will not work on a server: every search, next link, batch and write of it, tried.
//!
//! Rule: the searches are the sync's own list, so that none is forgotten; what is said is for whoever runs the server.
//! Neighbours: the probe above asks and cleans up.

use anydoor_core::base::ids;
use anydoor_core::fhir::bundle;
use anydoor_core::sync::pull::every_search;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Probe, ProbeError};

impl Probe {
    /// Every search that a phone makes; what is refused or not honoured, in words. All but the agency's own are for ids that are
    /// nowhere: whatever comes back was not asked for.
    pub(super) async fn every_search(&self, agency: &str) -> Result<Vec<String>, ProbeError> {
        let mut trouble = Vec::new();
        for (name, path) in every_search(agency) {
            let heard = self.ask("a search", Method::GET, &path, &[], None).await?;
            let of_agency = !name.contains(" by ") || name.ends_with("by organization");
            let page = bundle::read(heard.body.to_string().as_bytes()).ok().filter(|_| heard.status.is_success());
            let said = match page {
                None => format!("refused ({}): phones do not see what hangs on it", heard.status),
                Some(page) if !of_agency && page.entries.iter().any(|entry| entry.resource.is_some()) => {
                    "not honoured: phones read all of it and leave out what they did not ask for".to_owned()
                }
                Some(_) => continue,
            };
            trouble.push(format!("search {name}: {said}"));
        }
        Ok(trouble)
    }

    /// Whether a list of three goes on at a next link that leads back here, in whichever form.
    pub(super) async fn pages(&mut self, id: &str) -> Result<Vec<String>, ProbeError> {
        let (second, third) = (self.fresh(), self.fresh());
        self.put(&second, "second", &[]).await?;
        self.put(&third, "third", &[]).await?;
        let path = format!("Basic?_id={id},{second},{third}&_sort=_lastUpdated&_count=2");
        let first = self.ask("a page", Method::GET, &path, &[], None).await?;
        let links = first.body.get("link").and_then(Value::as_array).cloned().unwrap_or_default();
        let next = links.iter().find(|link| link.get("relation").and_then(Value::as_str) == Some("next"));
        let Some(next) = next.and_then(|link| link.get("url")?.as_str()) else {
            let whole = bundle::read(first.body.to_string().as_bytes()).is_ok_and(|page| page.entries.len() > 2);
            let said = "a page of two of three names no next page: phones see the first page only";
            return Ok(if whole { Vec::new() } else { vec![said.to_owned()] });
        };
        let own = reqwest::Url::parse(&self.base).map_err(|_| ProbeError::Address)?;
        let page = own.join(&format!("{}/{path}", own.path().trim_end_matches('/'))).map_err(|_| ProbeError::Address)?;
        let Ok(mut target) = page.join(next) else { return Ok(vec!["a next link that is no address".to_owned()]) };
        let mut trouble = Vec::new();
        if target.origin() != own.origin() {
            trouble.push("next links name another address: phones ask for the same path and query at this one".to_owned());
            let (path, query) = (target.path().to_owned(), target.query().map(str::to_owned));
            target = own.clone();
            target.set_path(&path);
            target.set_query(query.as_deref());
        }
        let heard = self.fetch("a next page", Method::GET, target.as_str(), &[], None).await?;
        let seen = [&first, &heard].iter().filter_map(|heard| bundle::read(heard.body.to_string().as_bytes()).ok()).collect::<Vec<_>>();
        let ids: Vec<&str> = seen.iter().flat_map(|page| &page.entries).filter_map(|e| Some(e.resource.as_ref()?.id())).collect();
        if !heard.status.is_success() || ![id, &second, &third].iter().all(|id| ids.contains(id)) {
            trouble.push(format!("a next page does not bring the rest ({}): long lists end early on phones", heard.status));
        }
        Ok(trouble)
    }

    /// The forms of write and of read by id that a sync makes and that are not tried above.
    pub(super) async fn writes(&mut self, id: &str) -> Result<Vec<String>, ProbeError> {
        let mut trouble = Vec::new();
        let gone = ids::fresh();
        let entry = |id: &str| json!({ "request": { "method": "GET", "url": format!("Basic/{id}") } });
        let batch = json!({ "resourceType": "Bundle", "type": "batch", "entry": [entry(id), entry(&gone)] });
        let heard = self.ask("a batch", Method::POST, "", &[], Some(&batch)).await?;
        let status = |index: usize| heard.body.pointer(&format!("/entry/{index}/response/status")).and_then(Value::as_str);
        if !status(0).is_some_and(|s| s.starts_with("200")) || !status(1).is_some_and(|s| s.starts_with("404") || s.starts_with("410")) {
            trouble.push(format!("a batch of reads ({}): phones cannot prove that their work arrived", heard.status));
        }
        let (one, two) = (self.fresh(), self.fresh());
        let entry = |id: &str| json!({ "resource": self.basic(id, "new"), "request": { "method": "PUT", "url": format!("Basic/{id}") } });
        let new = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry(&one), entry(&two)] });
        let heard = self.ask("a transaction", Method::POST, "", &[], Some(&new)).await?;
        if !heard.status.is_success() || self.words(&one).await?.is_none() || self.words(&two).await?.is_none() {
            trouble.push(format!("a transaction of new resources ({}): phones send each alone", heard.status));
        }
        let shown = self.ask("a read", Method::GET, &format!("Basic/{id}"), &[], None).await?;
        let version = shown.body.pointer("/meta/versionId").and_then(Value::as_str);
        if shown.etag.is_none() && version.is_none() {
            trouble.push("resources carry no version: nothing can be changed safely".to_owned());
        }
        if shown.body.pointer("/meta/lastUpdated").is_none() {
            trouble.push("resources carry no lastUpdated: phones read everything again each time".to_owned());
        }
        Ok(trouble)
    }
}
