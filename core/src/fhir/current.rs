//! Which of several names, numbers, addresses or identifiers holds now: FHIR's `use`, `period` and `rank`.
//!
//! Rule: what is `old`, or has ended, is never shown as the one that holds (R4, HumanName, ContactPoint, Address). Without a
//! time to compare with, what says that it has an end gives way to what does not. Neighbours: `person` and `order` choose with it.

use serde_json::Value;

use crate::base::clock::Instant;

fn text<'v>(of: &'v Value, key: &str) -> Option<&'v str> {
    of.get(key).and_then(Value::as_str)
}

/// Whether an entry holds at a time: neither old, nor ended, nor still to come.
pub fn holds(entry: &Value, at: Option<Instant>) -> bool {
    let bound = |key: &str| entry.pointer("/period").and_then(|period| text(period, key));
    let Some(at) = at else { return text(entry, "use") != Some("old") && bound("end").is_none() };
    // A date without a time reaches to the end of that day, a month and a year likewise: compared by what both have.
    let now = at.to_string();
    let compared = |said: &str| match said.parse::<Instant>() {
        Ok(said) => said.cmp(&at),
        Err(_) => said.cmp(now.get(..said.len()).unwrap_or(&now)),
    };
    let ended = bound("end").is_some_and(|end| compared(end).is_lt());
    let to_come = bound("start").is_some_and(|start| compared(start).is_gt());
    text(entry, "use") != Some("old") && !ended && !to_come
}

/// The name that holds, as its element: official, then one without a use, then others. A nickname is none of these.
pub fn name(names: &[Value], at: Option<Instant>) -> Option<&Value> {
    let order = |name: &Value| match text(name, "use") {
        Some("official") => 0,
        None => 1,
        Some("usual") => 2,
        Some("temp" | "anonymous") => 3,
        _ => 4,
    };
    let says = |name: &&Value| ["family", "given", "text"].iter().any(|key| name.get(key).is_some());
    let meant = |name: &&Value| !matches!(text(name, "use"), Some("nickname" | "maiden" | "old"));
    let bare = |name: &&Value| text(name, "use") == Some("usual") && name.get("family").is_none();
    let holding = || names.iter().filter(|name| holds(name, at));
    // A usual name without a family is what somebody goes by, not their name, where there is no more.
    holding().filter(says).filter(meant).filter(|name| !bare(name)).min_by_key(|name| order(name))
}

/// The name that somebody goes by, as its element.
pub fn goes_by(names: &[Value], at: Option<Instant>) -> Option<&Value> {
    let of = |kind: &'static str| names.iter().find(move |name| text(name, "use") == Some(kind) && holds(name, at));
    of("nickname").or_else(|| of("usual"))
}

/// The ways to reach somebody that hold, the preferred first (`rank`, 1 is the highest). A fax or pager reaches nobody.
pub fn telecoms(telecoms: &[Value], at: Option<Instant>) -> Vec<&str> {
    let mut all: Vec<&Value> = telecoms.iter().filter(|one| holds(one, at)).collect();
    all.retain(|one| !matches!(text(one, "system"), Some("fax" | "pager")));
    all.sort_by_key(|one| one.get("rank").and_then(Value::as_u64).unwrap_or(u64::MAX));
    all.into_iter().filter_map(|one| text(one, "value")).collect()
}

/// Where somebody lives at a time: a temporary address that says since or until when, then the home, then others; where
/// bills or letters go comes last.
pub fn address(addresses: &[Value], at: Instant) -> Option<&Value> {
    let order = |address: &Value| match (text(address, "use"), text(address, "type")) {
        (Some("billing"), _) | (_, Some("postal")) => 5,
        (Some("temp"), _) if address.get("period").is_some() => 0,
        (Some("home"), _) => 1,
        (None, _) => 2,
        (Some("temp"), _) => 3,
        _ => 4,
    };
    addresses.iter().filter(|address| holds(address, Some(at))).min_by_key(|address| order(address))
}

/// An address in words: its text, else its lines.
pub fn address_words(address: &Value) -> Option<String> {
    let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let lines = || {
        let lines: Vec<&str> = address.get("line")?.as_array()?.iter().filter_map(Value::as_str).collect();
        said(&lines.join(", "))
    };
    text(address, "text").and_then(said).or_else(lines)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_ended_or_is_to_come_does_not_hold() {
        let at: Instant = "2026-11-23T05:00:00Z".parse().unwrap();
        for (period, expected) in [
            (json!({ "end": "2026" }), true),
            (json!({ "end": "2026-10" }), false),
            (json!({ "end": "2026-11-23" }), true),
            (json!({ "end": "2026-11-23T04:00:00Z" }), false),
            (json!({ "end": "2026-11-23T01:00:00-05:00" }), true),
            (json!({ "start": "2027" }), false),
            (json!({ "start": "2026-11-23" }), true),
            (json!({}), true),
        ] {
            assert_eq!(holds(&json!({ "period": period }), Some(at)), expected, "{period}");
        }
        assert!(!holds(&json!({ "use": "old" }), Some(at)) && !holds(&json!({ "period": { "end": "2999" } }), None));
    }

    #[test]
    fn the_address_that_holds_is_where_somebody_is() {
        let at = "2026-11-23T05:00:00Z".parse().unwrap();
        let all = json!([
            { "use": "old", "text": "old" }, { "use": "billing", "text": "bills" }, { "use": "work", "text": "work" }, { "use": "home", "text": "home" },
            { "use": "temp", "text": "over", "period": { "end": "2026-01" } }, { "use": "temp", "text": "shelter", "period": { "start": "2026-11" } },
        ]);
        let chosen = |list: &[Value]| address(list, at).and_then(address_words);
        let all = all.as_array().unwrap();
        assert_eq!(chosen(all).as_deref(), Some("shelter"));
        assert_eq!(chosen(&all[..5]).as_deref(), Some("home"));
        assert_eq!(chosen(&all[..2]).as_deref(), Some("bills"));
        assert_eq!(chosen(&all[..1]), None);
    }

    #[test]
    fn a_number_that_reaches_nobody_is_none() {
        let all = json!([
            { "system": "fax", "value": "1" }, { "system": "phone", "value": "2", "use": "old" }, { "system": "phone", "value": "3" },
            { "system": "phone", "value": "4", "rank": 1 }, { "system": "email", "value": "a@example.org" },
        ]);
        assert_eq!(telecoms(all.as_array().unwrap(), None), ["4", "3", "a@example.org"]);
    }
}
