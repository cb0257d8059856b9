//! Roads that a lead has closed, as agency data: one Library each, so that two leads never write over each other. Open
//! again is `retired`. What cannot be read closes nothing and stays as it came.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Document;
use super::element::{concept, ours};
use crate::clock::Instant;
use crate::incident::Position;
use crate::json;

/// The name of these Libraries.
const ROAD_CLOSURE: &str = "road-closure";

/// A closed road.
#[derive(Debug, Clone, PartialEq)]
pub struct RoadClosure {
    /// The id.
    pub id: String,
    /// The line that nobody passes.
    pub line: Vec<Position>,
    /// Why.
    pub why: String,
    /// From when.
    pub from: Instant,
    /// Until when; `None`: until it is opened.
    pub until: Option<Instant>,
}

impl RoadClosure {
    /// Whether it holds at a time.
    pub fn holds_at(&self, now: Instant) -> bool {
        // A phone's clock may be behind the lead's: a closure holds from when it is known.
        self.until.is_none_or(|until| now < until)
    }
}

/// Writes a closure: `{"version": 1, "line": [[latitude, longitude], …], "why", "from", "until"}`.
pub fn write(closure: &RoadClosure, author: &str) -> Document {
    let line: Vec<[f64; 2]> = closure.line.iter().map(|at| [at.latitude(), at.longitude()]).collect();
    let until = closure.until.map(|at| at.to_string());
    let table = json!({ "version": 1, "line": line, "why": closure.why, "from": closure.from.to_string(), "until": until });
    let mut doc = Document::new("Library", &closure.id);
    doc.set("url", json!(format!("{}/{}", ours(ROAD_CLOSURE), closure.id))).set("name", json!(ROAD_CLOSURE)).set("status", json!("active"));
    doc.set("type", concept("agency-data", ROAD_CLOSURE)).set("date", json!(closure.from.to_string()));
    doc.set("author", json!([{ "name": author }]));
    doc.set("content", json!([{ "contentType": "application/json", "data": STANDARD.encode(table.to_string()) }]));
    doc
}

/// A closure that has ended; `None` where the document is none.
pub fn ended(mut closure: Document) -> Option<Document> {
    (closure.text("/name") == Some(ROAD_CLOSURE)).then(|| {
        closure.set("status", json!("retired"));
        closure
    })
}

/// The closures among the agency's Libraries.
pub fn read_all(libraries: &[Document]) -> Vec<RoadClosure> {
    let active = |one: &&Document| one.text("/name") == Some(ROAD_CLOSURE) && one.text("/status") == Some("active");
    libraries.iter().filter(active).filter_map(read).collect()
}

fn read(library: &Document) -> Option<RoadClosure> {
    let bytes = STANDARD.decode(library.text("/content/0/data")?).ok()?;
    let table = json::read(&bytes, json::Limits::RESOURCE).ok()?;
    if table.get("version").and_then(Value::as_u64) != Some(1) {
        return None;
    }
    let at = |pair: &Value| Position::new(pair.get(0)?.as_f64()?, pair.get(1)?.as_f64()?).ok();
    let line: Vec<Position> = table.get("line")?.as_array()?.iter().map(at).collect::<Option<_>>()?;
    let text = |key: &str| table.get(key).and_then(Value::as_str);
    let until = match text("until") {
        Some(text) => Some(text.parse().ok()?),
        None => None,
    };
    Some(RoadClosure {
        id: library.id().to_owned(),
        line,
        why: text("why").unwrap_or_default().to_owned(),
        from: text("from")?.parse().ok()?,
        until,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_comes_back_as_it_was_written_until_it_ends() {
        let at = |latitude, longitude| Position::new(latitude, longitude).unwrap();
        let closure = RoadClosure {
            id: "c1".into(),
            line: vec![at(40.1, -75.36), at(40.2, -75.36)],
            why: "bridge out".into(),
            from: "2026-11-23T05:00:00Z".parse().unwrap(),
            until: Some("2026-11-23T09:00:00Z".parse().unwrap()),
        };
        let doc = write(&closure, "m");
        assert_eq!(read_all(std::slice::from_ref(&doc)), std::slice::from_ref(&closure));
        assert!(closure.holds_at("2026-11-23T08:59:59Z".parse().unwrap()) && !closure.holds_at("2026-11-23T09:00:00Z".parse().unwrap()));
        assert!(read_all(&[ended(doc.clone()).unwrap()]).is_empty());
        for bad in [r#"{"version":2}"#, r#"{"version":1,"line":[[91,0],[0,0]],"from":"2026-11-23T05:00:00Z"}"#, "{"] {
            let mut doc = doc.clone();
            doc.set("content", json!([{ "data": STANDARD.encode(bad) }]));
            assert!(read_all(&[doc]).is_empty(), "{bad}");
        }
    }
}
