//! Agency data: Libraries, each with a JSON table of version 1 as its attachment. Here is how such a Library is written
//! and read, and the shortest of the tables; [`super::behaviour`], [`super::closures`], [`super::jurisdictions`] and
//! [`super::population`] are others.
//!
//! Rule: a table of another version or shape is left whole, and the last good one (or the default) stands.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Document;
use super::element::{concept, ours};
use crate::base::json;
use crate::handoff::follow_up::Schedule;
use crate::safety::DEFAULT_PATIENCE;

/// The version of the tables.
pub(super) const VERSION: u32 = 1;

/// A Library with this table.
pub(super) fn library(name: &str, id: &str, table: &Value) -> Document {
    let mut doc = Document::new("Library", id);
    doc.set("url", json!(ours(name))).set("name", json!(name)).set("status", json!("active"));
    doc.set("type", concept("agency-data", name));
    doc.set("content", json!([{ "contentType": "application/json", "data": STANDARD.encode(table.to_string()) }]));
    doc
}

/// The tables of this name that are in force, each with its Library, the newest at the server first.
pub(super) fn tables<'a>(libraries: &'a [Document], name: &str) -> impl Iterator<Item = (&'a Document, Value)> + use<'a> {
    let mut all: Vec<&Document> =
        libraries.iter().filter(|one| one.text("/name") == Some(name) && one.text("/status") == Some("active")).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.last_updated()));
    all.into_iter().filter_map(|one| Some((one, table(one)?)))
}

fn table(library: &Document) -> Option<Value> {
    let bytes = STANDARD.decode(library.text("/content/0/data")?).ok()?;
    let table = json::read(&bytes, json::Limits::RESOURCE).ok()?;
    (table.get("version").and_then(Value::as_u64) == Some(VERSION.into())).then_some(table)
}

/// The name of the table of follow-up times: `{"version": 1, "hours": [24, 72]}`, hours after clear.
const FOLLOW_UP_HOURS: &str = "follow-up-hours";

/// Longest wait that is believed, in hours: thirty days.
const LONGEST_H: u64 = 720;

/// Writes the agency's follow-up times.
pub fn write_follow_up_hours(id: &str, schedule: &Schedule) -> Document {
    library(FOLLOW_UP_HOURS, id, &json!({ "version": VERSION, "hours": schedule.hours }))
}

/// The agency's follow-up times among its Libraries, the newest good one; the default of 24 and 72 hours where there is none.
pub fn follow_up_hours(libraries: &[Document]) -> Schedule {
    tables(libraries, FOLLOW_UP_HOURS).find_map(|(_, table)| hours(&table)).unwrap_or_default()
}

/// The name of the table of how long an escalation may stay unanswered: `{"version": 1, "seconds": 120}`.
const ESCALATION_PATIENCE: &str = "escalation-patience";
/// How long that may be, in seconds: half a minute to ten minutes.
const PATIENCE_S: std::ops::RangeInclusive<u64> = 30..=600;

/// Writes how long an escalation may stay unanswered.
pub fn write_escalation_patience(id: &str, patience: Duration) -> Document {
    library(ESCALATION_PATIENCE, id, &json!({ "version": VERSION, "seconds": patience.as_secs() }))
}

/// How long an escalation may stay unanswered, as the newest good table among the agency's Libraries says; the default of two
/// minutes where there is none.
pub fn escalation_patience(libraries: &[Document]) -> Duration {
    let seconds = |table: Value| table.get("seconds").and_then(Value::as_u64).filter(|seconds| PATIENCE_S.contains(seconds));
    tables(libraries, ESCALATION_PATIENCE).find_map(|(_, table)| seconds(table)).map_or(DEFAULT_PATIENCE, Duration::from_secs)
}

fn hours(table: &Value) -> Option<Schedule> {
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
    fn the_agency_says_how_long_a_call_for_help_waits_within_bounds() {
        let says = |seconds| escalation_patience(&[write_escalation_patience("a", Duration::from_secs(seconds))]);
        assert_eq!(escalation_patience(&[]), DEFAULT_PATIENCE);
        assert_eq!(says(60), Duration::from_secs(60));
        // One that never rings, or rings before anybody can answer, is no table.
        assert_eq!([says(0), says(29), says(601), says(u64::MAX)], [DEFAULT_PATIENCE; 4]);
    }

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
            let data = STANDARD.encode(table);
            bad.set("content", json!([{ "data": data }])).set("meta", json!({ "lastUpdated": "2026-11-24T05:00:00Z" }));
            assert_eq!(follow_up_hours(&[good.clone(), bad]), Schedule { hours: vec![12, 48, 168] }, "{table}");
        }
    }
}
