//! Agency data: one Library per table, a versioned JSON attachment. A version or shape that this release does not know is
//! refused whole, and the default (or the last good table) stands.

use base64::Engine as _;
use serde_json::{Value, json};

use super::Document;
use super::element::{concept, ours};
use crate::handoff::follow_up::Schedule;
use crate::json;

/// The name of the table of follow-up times: `{"version": 1, "hours": [24, 72]}`, hours after clear.
pub const FOLLOW_UP_HOURS: &str = "follow-up-hours";

/// Longest wait that is believed, in hours: thirty days.
const LONGEST_H: u64 = 720;

/// Writes the agency's follow-up times.
pub fn write_follow_up_hours(id: &str, schedule: &Schedule) -> Document {
    let table = json!({ "version": 1, "hours": schedule.hours }).to_string();
    let mut doc = Document::new("Library", id);
    doc.set("url", json!(ours(FOLLOW_UP_HOURS))).set("name", json!(FOLLOW_UP_HOURS)).set("status", json!("active"));
    doc.set("type", concept("agency-data", FOLLOW_UP_HOURS));
    let data = base64::engine::general_purpose::STANDARD.encode(table);
    doc.set("content", json!([{ "contentType": "application/json", "data": data }]));
    doc
}

/// The agency's follow-up times among its Libraries, the newest good one; the default of 24 and 72 hours where there is none.
pub fn follow_up_hours(libraries: &[Document]) -> Schedule {
    let mut tables: Vec<&Document> =
        libraries.iter().filter(|l| l.text("/name") == Some(FOLLOW_UP_HOURS) && l.text("/status") == Some("active")).collect();
    tables.sort_by_key(|table| table.last_updated());
    tables.iter().rev().find_map(|table| read(table)).unwrap_or_default()
}

fn read(library: &Document) -> Option<Schedule> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(library.text("/content/0/data")?).ok()?;
    let table = json::read(&bytes, json::Limits::RESOURCE).ok()?;
    if table.get("version").and_then(Value::as_u64) != Some(1) {
        return None;
    }
    let hours: Option<Vec<u32>> = table
        .get("hours")?
        .as_array()?
        .iter()
        .map(|hour| hour.as_u64().filter(|h| (1..=LONGEST_H).contains(h)).and_then(|h| u32::try_from(h).ok()))
        .collect();
    hours.filter(|hours| !hours.is_empty()).map(|hours| Schedule { hours })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agency_says_when_and_a_bad_table_leaves_the_last_good_one() {
        assert_eq!(follow_up_hours(&[]), Schedule { hours: vec![24, 72] });
        let mut good = write_follow_up_hours("a", &Schedule { hours: vec![12, 48, 168] });
        good.set("meta", json!({ "lastUpdated": "2026-11-23T05:00:00Z" }));
        assert_eq!(follow_up_hours(std::slice::from_ref(&good)), Schedule { hours: vec![12, 48, 168] });
        for table in [
            r#"{"version":2,"hours":[1]}"#,
            r#"{"version":1,"hours":[]}"#,
            r#"{"version":1,"hours":[0]}"#,
            r#"{"version":1,"hours":[9999]}"#,
            "{",
        ] {
            let mut bad = good.clone();
            let data = base64::engine::general_purpose::STANDARD.encode(table);
            bad.set("content", json!([{ "data": data }])).set("meta", json!({ "lastUpdated": "2026-11-24T05:00:00Z" }));
            assert_eq!(follow_up_hours(&[good.clone(), bad]), Schedule { hours: vec![12, 48, 168] }, "{table}");
        }
    }
}
