//! Documents and bundles, changed in place: what planted bugs are made of.

use serde_json::Value;

/// The bundle in a body with each of its documents changed; a body that is no bundle stays as it is.
pub fn each(body: &[u8], change: impl FnMut(&mut Value)) -> Vec<u8> {
    let changed = || {
        let mut bundle: Value = serde_json::from_slice(body).ok()?;
        bundle.get_mut("entry")?.as_array_mut()?.iter_mut().filter_map(|entry| entry.get_mut("resource")).for_each(change);
        Some(bundle.to_string().into_bytes())
    };
    changed().unwrap_or_else(|| body.to_vec())
}

/// The document or the bundle of documents in a body, each changed.
pub fn all(body: &str, mut change: impl FnMut(&mut Value)) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    match value.get_mut("entry").and_then(Value::as_array_mut) {
        Some(entries) => entries.iter_mut().filter_map(|entry| entry.get_mut("resource")).for_each(change),
        None => change(&mut value),
    }
    value.to_string()
}

/// The bundle in a body.
pub fn bundle(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

/// The entries of a bundle.
pub fn entries(bundle: &mut Value) -> impl Iterator<Item = &mut Value> {
    bundle.get_mut("entry").and_then(Value::as_array_mut).into_iter().flatten()
}

pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub fn reference(document: &Value) -> String {
    format!("{}/{}", text(document, "/resourceType"), text(document, "/id"))
}

/// Whether a document is one of ours of this kind that was signed.
pub fn is_note(document: &Value) -> bool {
    text(document, "/resourceType") == "DocumentReference" && document.pointer("/content/0/attachment/data").is_some()
}
