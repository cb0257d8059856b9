//! Join → Linkage: source is the incident kept, alternates are the others.

use serde_json::{Value, json};

use super::Document;
use super::document::id_of;
use super::element::{extension, reference};
use crate::base::Code;
use crate::base::ids::IncidentId;
use crate::incident::{Join, JoinAuthor};

/// Writes a join.
pub fn write(join: &Join) -> Document {
    let mut doc = Document::new("Linkage", join.id.as_str());
    doc.set(
        "extension",
        json!([extension("join-reason", "valueCode", join.reason.code()), extension("at", "valueInstant", join.at.to_string())]),
    );
    doc.set("active", json!(join.active));
    if let JoinAuthor::Member(member) = &join.author {
        doc.set("author", reference("Practitioner", member.as_str()));
    }
    let item = |kind: &str, id: &IncidentId| json!({ "type": kind, "resource": reference("ServiceRequest", id.as_str()) });
    let mut items = vec![item("source", &join.kept)];
    items.extend(join.others.iter().map(|other| item("alternate", other)));
    doc.set("item", Value::Array(items));
    doc
}

/// The incidents of an active join, the kept one first; empty where it is undone.
pub fn members(linkage: &Document) -> Vec<IncidentId> {
    if linkage.at("/active") != Some(&Value::Bool(true)) {
        return Vec::new();
    }
    let of = |kind: &'static str| {
        let items = linkage.list("/item").iter().filter(move |i| i.get("type").and_then(Value::as_str) == Some(kind));
        items.filter_map(|i| IncidentId::parse(id_of(i.pointer("/resource/reference")?.as_str()?, "ServiceRequest")?).ok())
    };
    of("source").chain(of("alternate")).collect()
}
