use serde_json::{Value, json};

use super::*;

fn issues(body: &Value) -> Vec<(&'static str, String)> {
    let kind = body["resourceType"].as_str().unwrap();
    check(kind, body.as_object().unwrap()).into_iter().map(|issue| (issue.code, issue.place.unwrap())).collect()
}

fn one(code: &'static str, place: &str) -> Vec<(&'static str, String)> {
    vec![(code, place.to_owned())]
}

#[test]
fn a_whole_task_passes() {
    let task = json!({ "resourceType": "Task", "id": "t", "meta": { "tag": [{ "code": "x" }] }, "text": { "status": "empty", "div": "<div/>" },
        "extension": [{ "url": "urn:x", "valueDecimal": 1.50 }], "status": "requested", "intent": "order", "_description": { "extension": [] },
        "for": { "reference": "Patient/p" }, "executionPeriod": { "end": "2026-11-23T10:00:00Z" },
        "input": [{ "type": { "text": "t" }, "valueQuantity": { "value": 1.50 } }, { "type": { "text": "t" }, "valueBase64Binary": "AA==" }] });
    assert_eq!(issues(&task), []);
}

#[test]
fn each_fault_is_named_by_its_element() {
    let task = |key: &str, value: Value| {
        let mut task = json!({ "resourceType": "Task", "status": "requested", "intent": "order" });
        task[key] = value;
        issues(&task)
    };
    assert_eq!(task("status", json!("begun")), one("code-invalid", "Task.status"));
    assert_eq!(task("intent", Value::Null), vec![("required", "Task.intent".into()), ("value", "Task.intent".into())]);
    assert_eq!(task("banana", json!(1)), one("structure", "Task.banana"));
    assert_eq!(task("basedOn", json!({ "reference": "ServiceRequest/s" })), one("structure", "Task.basedOn"));
    assert_eq!(task("owner", json!({ "reference": "Observation/o" })), one("value", "Task.owner"));
    assert_eq!(task("authoredOn", json!("yesterday")), one("value", "Task.authoredOn"));
    assert_eq!(task("authoredOn", json!("2026-11-23T10:00:00")), one("value", "Task.authoredOn"));
    assert_eq!(task("identifier", json!([{ "use": "mine" }])), one("code-invalid", "Task.identifier[0].use"));
    assert_eq!(task("input", json!([{ "type": { "text": "t" }, "valueBanana": 1 }])).len(), 2);
    assert_eq!(task("extension", json!([{ "valueString": "x" }])), one("required", "Task.extension[0].url"));
}

#[test]
fn a_questionnaire_is_checked_at_every_depth() {
    let item = json!({ "linkId": "1", "type": "group", "item": [{ "linkId": "1.1", "type": "group", "item": [{ "linkId": "1.1.1", "type": "riddle" }] }] });
    let form = json!({ "resourceType": "Questionnaire", "status": "active", "item": [item] });
    assert_eq!(issues(&form), one("code-invalid", "Questionnaire.item[0].item[0].item[0].type"));
}

#[test]
fn contained_resources_are_checked_too() {
    let task = json!({ "resourceType": "Task", "status": "draft", "intent": "order", "contained": [{ "resourceType": "Patient", "gender": "x" }] });
    assert_eq!(issues(&task), one("code-invalid", "Task.contained[0].gender"));
}

#[test]
fn only_the_top_is_dropped_and_extensions_stay() {
    let mut task =
        json!({ "resourceType": "Task", "status": "draft", "banana": 1, "_banana": {}, "extension": [], "for": { "banana": 1 } });
    drop_unknown("Task", task.as_object_mut().unwrap());
    assert_eq!(task, json!({ "resourceType": "Task", "status": "draft", "extension": [], "for": { "banana": 1 } }));
}
