//! Several EIDOs of one incident: components by `$id`, the newest `lastUpdateTimeStamp` wins.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::sheet::list;
use crate::base::clock::Instant;
use crate::base::json;
use crate::door::DoorError;

/// Merges two documents of one incident, in whichever order they came. A component that only one of them has stays: other
/// senders know other things. Of two with the same `$id` the one that was changed last wins, whole; at the same time, the
/// same one on every machine.
///
/// # Errors
/// [`DoorError::OtherIncident`] where their `$id`s differ; [`DoorError::Missing`] where one lacks it.
pub fn merge(one: &Value, other: &Value) -> Result<Value, DoorError> {
    let (Some(a), Some(b)) = (one.as_object(), other.as_object()) else {
        return Err(DoorError::Missing { path: String::new(), needed: "an object" });
    };
    let id = |map: &Map<String, Value>| map.get("$id").and_then(Value::as_str).map(str::to_owned);
    let missing = || DoorError::Missing { path: json::child("", "$id"), needed: "the incident's identifier" };
    if id(a).ok_or_else(missing)? != id(b).ok_or_else(missing)? {
        return Err(DoorError::OtherIncident);
    }
    let newer_is_b = newer(other, one);
    let mut merged = a.clone();
    for (key, theirs) in b {
        match merged.get_mut(key) {
            None => drop(merged.insert(key.clone(), theirs.clone())),
            Some(ours) if key.ends_with("Component") => *ours = components(ours, theirs),
            Some(ours) if newer_is_b => *ours = theirs.clone(),
            Some(_) => {}
        }
    }
    Ok(Value::Object(merged))
}

/// Whether `a` was changed later than `b`. A tie goes by the text, so that the order of arrival does not matter.
fn newer(a: &Value, b: &Value) -> bool {
    let changed = |v: &Value| v.get("lastUpdateTimeStamp").and_then(|t| t.as_str()?.parse::<Instant>().ok());
    match changed(a).cmp(&changed(b)) {
        std::cmp::Ordering::Equal => {
            let (a, b) = (a.to_string(), b.to_string());
            a > b
        }
        order => order.is_gt(),
    }
}

fn components(ours: &Value, theirs: &Value) -> Value {
    let single = ours.is_object() && theirs.is_object();
    let mut merged: Vec<Value> = Vec::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for component in list(ours).chain(list(theirs)) {
        // What has no id is told apart by what it says.
        let id = component.get("$id").and_then(Value::as_str).map_or_else(|| component.to_string(), |id| format!("$id {id}"));
        match by_id.get(&id).and_then(|i| merged.get_mut(*i)) {
            Some(same) if newer(component, same) => *same = component.clone(),
            Some(_) => {}
            None => {
                by_id.insert(id, merged.len());
                merged.push(component.clone());
            }
        }
    }
    match (single, merged.len()) {
        (true, 1) => merged.pop().unwrap_or_default(),
        _ => Value::Array(merged),
    }
}
