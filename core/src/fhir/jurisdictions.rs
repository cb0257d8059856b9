//! Jurisdictions as agency data: one Library with the table of all of them. A table that this release cannot read whole is
//! left, and the newest that it can read stands.

use serde_json::{Value, json};

use super::{Document, agency};
use crate::base::ids::OrganizationId;
use crate::base::{Code, Position};
use crate::team::Jurisdiction;
use crate::team::jurisdiction::LocalRule;

/// The name of the table.
const JURISDICTIONS: &str = "jurisdictions";

/// Writes the table: `{"version": 1, "jurisdictions": [{"area", "name", "tribal", "outlines": [[[[latitude, longitude], …]]],
/// "twoInPerson", "psap", "centre", "neighbour", "rules": {code: words}}]}`. An outline is a ring and the rings of its holes.
pub fn write(id: &str, all: &[Jurisdiction]) -> Document {
    let ring = |ring: &Vec<Position>| ring.iter().map(|at| json!([at.latitude(), at.longitude()])).collect::<Value>();
    let one = |of: &Jurisdiction| {
        let outlines: Value = of.outlines.iter().map(|rings| rings.iter().map(ring).collect::<Value>()).collect();
        let rules: serde_json::Map<String, Value> = of.rules.iter().map(|(rule, words)| (rule.code().to_owned(), json!(words))).collect();
        let id = |id: &Option<OrganizationId>| id.as_ref().map(OrganizationId::as_str).map(str::to_owned);
        json!({ "area": of.area, "name": of.name, "tribal": of.tribal, "outlines": outlines, "twoInPerson": of.two_in_person,
            "psap": id(&of.psap), "centre": id(&of.centre), "neighbour": id(&of.neighbour), "rules": rules })
    };
    let table = json!({ "version": agency::VERSION, "jurisdictions": all.iter().map(one).collect::<Value>() });
    agency::library(JURISDICTIONS, id, &table)
}

/// The agency's jurisdictions: the newest table that can be read whole; none where there is none.
pub fn read_all(libraries: &[Document]) -> Vec<Jurisdiction> {
    let read = |table: &Value| table.get("jurisdictions")?.as_array()?.iter().map(one).collect::<Option<Vec<_>>>();
    agency::tables(libraries, JURISDICTIONS).find_map(|(_, table)| read(&table)).unwrap_or_default()
}

fn one(of: &Value) -> Option<Jurisdiction> {
    let text = |key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
    let flag = |key: &str| of.get(key).and_then(Value::as_bool).unwrap_or_default();
    // An id that is there and cannot be read is no missing one: whom to call must not be guessed.
    let id = |key: &str| match text(key) {
        Some(text) => OrganizationId::parse(&text).ok().map(Some),
        None => Some(None),
    };
    let at = |pair: &Value| Position::new(pair.get(0)?.as_f64()?, pair.get(1)?.as_f64()?).ok();
    let ring = |ring: &Value| ring.as_array()?.iter().map(at).collect::<Option<Vec<Position>>>();
    let rings = |rings: &Value| rings.as_array()?.iter().map(ring).collect::<Option<Vec<_>>>();
    let rules = of.get("rules").and_then(Value::as_object).into_iter().flatten();
    Some(Jurisdiction {
        area: text("area")?,
        name: text("name")?,
        tribal: flag("tribal"),
        outlines: of.get("outlines")?.as_array()?.iter().map(rings).collect::<Option<Vec<_>>>()?,
        two_in_person: flag("twoInPerson"),
        psap: id("psap")?,
        centre: id("centre")?,
        neighbour: id("neighbour")?,
        // A rule of a later release is left out: it has no words here.
        rules: rules.filter_map(|(code, words)| Some((LocalRule::from_code(code)?, words.as_str()?.to_owned()))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_comes_back_as_it_was_written_and_a_bad_one_leaves_the_last_good_one() {
        let at = |latitude, longitude| Position::new(latitude, longitude).unwrap();
        let nation = Jurisdiction {
            area: "nation".into(),
            name: "A nation".into(),
            tribal: true,
            outlines: vec![vec![vec![at(40.0, -75.0), at(40.0, -74.0), at(41.0, -74.0)]]],
            two_in_person: true,
            psap: Some(OrganizationId::parse("psap-2").unwrap()),
            centre: None,
            neighbour: None,
            rules: vec![(LocalRule::Hold, "an officer of the nation".into())],
        };
        let mut good = write("j", std::slice::from_ref(&nation));
        good.set("meta", json!({ "lastUpdated": "2026-11-23T05:00:00Z" }));
        assert_eq!(read_all(std::slice::from_ref(&good)), std::slice::from_ref(&nation));
        for table in [json!({ "version": 2, "jurisdictions": [] }), json!({ "version": 1, "jurisdictions": [{ "area": "x" }] }), json!([])]
        {
            let mut bad = agency::library(JURISDICTIONS, "k", &table);
            bad.set("meta", json!({ "lastUpdated": "2026-11-24T05:00:00Z" }));
            assert_eq!(read_all(&[good.clone(), bad]), std::slice::from_ref(&nation), "{table}");
        }
    }
}
