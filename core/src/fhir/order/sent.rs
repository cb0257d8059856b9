//! The resources of an order, and what a reference in it means.
//!
//! Rule: FHIR R4, "Resolving references in Bundles" (bundle.html#references): `#id` is contained in the same resource;
//! otherwise the entry of that `fullUrl`, else the one of that type and id. Versions are left aside. Neighbours: `order`
//! asks for resources.

use std::collections::HashMap;

use serde_json::Value;

use super::Document;
use crate::incident::Label;

/// A resource of the bundle, of its own entry or contained in one.
pub struct Resource {
    /// The resource.
    pub document: Document,
    /// The entry that it stands in.
    entry: usize,
    /// The entry's `fullUrl`, without a version; of a contained resource `#` and its id.
    url: Option<String>,
}

impl Resource {
    /// Whether it is contained in another resource, and so has no address of its own.
    pub fn is_contained(&self) -> bool {
        self.url.as_deref().is_some_and(|url| url.starts_with('#'))
    }

    /// What tells it apart: its id, else its `fullUrl`, else its place.
    pub fn name(&self) -> String {
        match (self.document.id(), &self.url) {
            ("", Some(url)) => url.clone(),
            ("", None) => format!("entry/{}", self.entry),
            (id, _) => id.to_owned(),
        }
    }
}

/// Every resource that was sent.
pub struct Sent {
    /// The bundle's own label, which holds for all of it.
    pub label: Label,
    all: Vec<Resource>,
    by_url: HashMap<String, usize>,
    by_reference: HashMap<String, usize>,
    by_identifier: HashMap<String, usize>,
}

impl Sent {
    /// Lays out the entries. Of two resources with the same name the first is the one that is meant.
    pub fn new(entries: &[Value], label: Label) -> Self {
        let mut sent = Self { label, all: Vec::new(), by_url: HashMap::new(), by_reference: HashMap::new(), by_identifier: HashMap::new() };
        for (entry, value) in entries.iter().enumerate() {
            let Some(resource) = value.get("resource") else { continue };
            let url = value.get("fullUrl").and_then(Value::as_str).map(|url| unversioned(url).to_owned());
            sent.add(resource, entry, url);
            for inner in resource.get("contained").and_then(Value::as_array).into_iter().flatten() {
                let id = inner.get("id").and_then(Value::as_str).map(|id| format!("#{id}"));
                sent.add(inner, entry, id);
            }
        }
        sent
    }

    /// Adds one; where its id or version is none, without those; where it is no resource, not at all.
    fn add(&mut self, value: &Value, entry: usize, url: Option<String>) {
        let document = Document::from_value(value.clone()).or_else(|_| {
            let mut value = value.clone();
            value.as_object_mut().into_iter().for_each(|map| {
                map.shift_remove("id");
                map.shift_remove("meta");
            });
            Document::from_value(value)
        });
        let Ok(document) = document else { return };
        let index = self.all.len();
        let contained = url.as_deref().is_some_and(|url| url.starts_with('#'));
        if let Some(url) = &url {
            let key = if contained { format!("{entry}{url}") } else { url.clone() };
            self.by_url.entry(key).or_insert(index);
        }
        if !contained && !document.id().is_empty() {
            self.by_reference.entry(document.reference()).or_insert(index);
        }
        for identifier in document.list("/identifier") {
            self.by_identifier.entry(identifier_key(document.kind(), identifier)).or_insert(index);
        }
        self.all.push(Resource { document, entry, url });
    }

    /// The resource at a place.
    pub fn at(&self, index: usize) -> Option<&Resource> {
        self.all.get(index)
    }

    /// The resources of one kind, each with its place.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = (usize, &Resource)> {
        self.all.iter().enumerate().filter(move |(_, resource)| resource.document.kind() == kind)
    }

    /// The place of the resource that a `Reference` in `from` means.
    pub fn target(&self, from: &Resource, reference: &Value) -> Option<usize> {
        let Some(text) = reference.get("reference").and_then(Value::as_str) else {
            let kind = reference.get("type").and_then(Value::as_str).unwrap_or("Patient");
            return self.by_identifier.get(&identifier_key(kind, reference.get("identifier")?)).copied();
        };
        if text.starts_with('#') {
            return self.by_url.get(&format!("{}{text}", from.entry)).copied();
        }
        let text = unversioned(text);
        let relative = tail(text)?;
        let beside = || {
            // A relative reference stands beside the entry that it is in.
            let base = from.url.as_deref()?.strip_suffix(tail(from.url.as_deref()?)?)?;
            self.by_url.get(&format!("{base}{relative}")).copied()
        };
        self.by_url.get(text).copied().or_else(beside).or_else(|| self.by_reference.get(relative).copied())
    }

    /// The kind of resource that a reference means, where it says so or is found; `None` where there is no reference.
    pub fn kind_meant(&self, from: &Resource, reference: &Value) -> Option<String> {
        let found = self.target(from, reference).and_then(|index| self.at(index)).map(|found| found.document.kind().to_owned());
        let said = || reference.get("type").and_then(Value::as_str).map(str::to_owned);
        let text = reference.get("reference").and_then(Value::as_str);
        let written = || Some(tail(unversioned(text?))?.split_once('/')?.0.to_owned());
        found.or_else(said).or_else(written).or_else(|| (text.is_some() || reference.get("identifier").is_some()).then(String::new))
    }

    /// The request that is the order: the one that the message is about, else that a task asks to do, else one that can be
    /// an order at all, else the first.
    pub fn request(&self) -> Option<&Resource> {
        let about = |kind: &'static str, element: &'static str| {
            self.of(kind).flat_map(move |(_, from)| {
                let focus = from.document.at(element);
                let list = focus.map(|focus| focus.as_array().map_or(std::slice::from_ref(focus), Vec::as_slice)).unwrap_or_default();
                list.iter().filter_map(move |reference| self.target(from, reference)).filter_map(|index| self.at(index))
            })
        };
        let meant = about("MessageHeader", "/focus").chain(about("Task", "/focus")).chain(about("Task", "/basedOn"));
        let mut meant = meant.flat_map(|found| self.behind(found)).filter(|found| found.document.kind() == "ServiceRequest");
        let usable =
            |resource: &&Resource| resource.document.at("/identifier").is_some() && resource.document.instant("/authoredOn").is_some();
        meant
            .next()
            .or_else(|| self.of("ServiceRequest").map(|(_, request)| request).find(usable))
            .or_else(|| self.of("ServiceRequest").map(|(_, request)| request).next())
    }

    /// A resource, and of a task what it is for.
    fn behind<'s>(&'s self, found: &'s Resource) -> impl Iterator<Item = &'s Resource> {
        let focus = (found.document.kind() == "Task").then(|| found.document.at("/focus")).flatten();
        let further = focus.and_then(|focus| self.target(found, focus)).and_then(|index| self.at(index));
        std::iter::once(found).chain(further)
    }
}

fn identifier_key(kind: &str, identifier: &Value) -> String {
    let text = |key: &str| identifier.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    format!("{kind}\n{}\n{}", text("system"), text("value"))
}

fn unversioned(reference: &str) -> &str {
    reference.split_once("/_history/").map_or(reference, |(before, _)| before)
}

/// `Type/id` at the end of a reference; the whole of one that is not made so.
fn tail(reference: &str) -> Option<&str> {
    let mut cuts = reference.rmatch_indices('/').map(|(at, _)| at);
    cuts.next();
    match cuts.next() {
        Some(at) => reference.get(at + 1..),
        None => Some(reference),
    }
}
