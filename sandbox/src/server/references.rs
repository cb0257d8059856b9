//! References inside documents: every literal one with its place, and the rewriting of `urn:uuid:` within a transaction.

use std::collections::HashMap;

use serde_json::Value;

/// Calls `found` with place and target of every literal reference.
pub(super) fn each(value: &Value, place: &str, found: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner {
                    Value::String(target) if key == "reference" => found(&format!("{place}.reference"), target),
                    Value::Object(_) => each(inner, &format!("{place}.{key}"), found),
                    Value::Array(list) => {
                        for (index, item) in list.iter().enumerate() {
                            each(item, &format!("{place}.{key}[{index}]"), found);
                        }
                    }
                    _ => {}
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| each(inner, place, found)),
        _ => {}
    }
}

/// Replaces references to full addresses of the transaction by the `Type/id` that they became. An identifier's value
/// may look like such an address and stays as it is.
pub(super) fn rewrite(value: &mut Value, became: &HashMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match inner {
                    Value::String(target) if matches!(key.as_str(), "reference" | "valueUri" | "valueUrl" | "url") => {
                        if let Some(to) = became.get(target.as_str()) {
                            target.clone_from(to);
                        }
                    }
                    Value::Object(_) | Value::Array(_) => rewrite(inner, became),
                    _ => {}
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| rewrite(inner, became)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_identifier_that_looks_like_an_address_is_not_rewritten() {
        let became = HashMap::from([("urn:uuid:1".to_owned(), "Patient/p".to_owned())]);
        let mut task = json!({ "identifier": [{ "value": "urn:uuid:1" }], "for": { "reference": "urn:uuid:1" }, "input": [{ "valueUri": "urn:uuid:1" }] });
        rewrite(&mut task, &became);
        assert_eq!(
            task,
            json!({ "identifier": [{ "value": "urn:uuid:1" }], "for": { "reference": "Patient/p" }, "input": [{ "valueUri": "Patient/p" }] })
        );
    }

    #[test]
    fn every_reference_is_found_with_its_place() {
        let mut all = Vec::new();
        let doc = json!({ "for": { "reference": "Patient/p" }, "input": [{}, { "valueReference": { "reference": "#c" } }] });
        each(&doc, "Task", &mut |place, target| all.push(format!("{place} {target}")));
        assert_eq!(all, ["Task.for.reference Patient/p", "Task.input[1].valueReference.reference #c"]);
    }
}
