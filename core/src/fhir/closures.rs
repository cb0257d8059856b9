//! Roads that a lead has closed, as agency data: one Library each, so that two leads never write over each other. Open
//! again is `retired`. What cannot be read closes nothing and stays as it came.

use serde_json::{Value, json};

use super::element::ours;
use super::{Document, agency};
use crate::base::Position;
use crate::base::clock::Instant;

/// The name of these Libraries.
const ROAD_CLOSURE: &str = "road-closure";
/// The most points that a closure's line has: nobody draws more, and each costs a search.
pub const MOST_POINTS: usize = 500;

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
    let table = json!({ "version": agency::VERSION, "line": line, "why": closure.why, "from": closure.from.to_string(), "until": until });
    let mut doc = agency::library(ROAD_CLOSURE, &closure.id, &table);
    doc.set("url", json!(format!("{}/{}", ours(ROAD_CLOSURE), closure.id)));
    doc.set("date", json!(closure.from.to_string())).set("author", json!([{ "name": author }]));
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
    agency::tables(libraries, ROAD_CLOSURE).filter_map(|(library, table)| read(library.id(), &table)).collect()
}

fn read(id: &str, table: &Value) -> Option<RoadClosure> {
    let at = |pair: &Value| Position::new(pair.get(0)?.as_f64()?, pair.get(1)?.as_f64()?).ok();
    let line = table.get("line")?.as_array().filter(|line| (2..=MOST_POINTS).contains(&line.len()))?;
    let line: Vec<Position> = line.iter().map(at).collect::<Option<_>>()?;
    let text = |key: &str| table.get(key).and_then(Value::as_str);
    let until = match text("until") {
        Some(text) => Some(text.parse().ok()?),
        None => None,
    };
    Some(RoadClosure { id: id.to_owned(), line, why: text("why").unwrap_or_default().to_owned(), from: text("from")?.parse().ok()?, until })
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
        let line = |points: usize| vec![json!([40, -75]); points];
        for bad in [
            json!({ "version": 2 }),
            json!({ "version": 1, "line": [[91, 0], [0, 0]], "from": "2026-11-23T05:00:00Z" }),
            json!({ "version": 1, "line": line(1), "from": "2026-11-23T05:00:00Z" }),
            json!({ "version": 1, "line": line(MOST_POINTS + 1), "from": "2026-11-23T05:00:00Z" }),
        ] {
            let doc = agency::library(ROAD_CLOSURE, "c2", &bad);
            assert!(read_all(&[doc]).is_empty(), "{bad}");
        }
    }
}
