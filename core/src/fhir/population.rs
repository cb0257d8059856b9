//! The county's people as agency data: one Library with weighted points, as a census gives them for its small areas. A table
//! that this release cannot read whole is left, and the newest that it can read stands.

use serde_json::{Value, json};

use super::{Document, agency};
use crate::planning::coverage::{PeoplePoint, Population};

/// The name of the table.
const POPULATION: &str = "population";
/// The longest word on whose figures they are, in characters.
const LONGEST_SOURCE: usize = 200;

/// Writes the table: `{"version": 1, "source", "points": [latitude, longitude, people, latitude, …]}`, one flat list, so that
/// five thousand points stay within what one resource may hold.
pub fn write(id: &str, population: &Population) -> Document {
    let flat = |point: &PeoplePoint| [json!(point.position.latitude()), json!(point.position.longitude()), json!(point.people)];
    let points: Value = population.points().iter().flat_map(flat).collect();
    agency::library(POPULATION, id, &json!({ "version": agency::VERSION, "source": population.source, "points": points }))
}

/// The agency's people: the newest table that can be read whole; `None` where there is none.
pub fn read(libraries: &[Document]) -> Option<Population> {
    agency::tables(libraries, POPULATION).find_map(|(_, table)| population(&table))
}

fn population(table: &Value) -> Option<Population> {
    let source = table.get("source")?.as_str().filter(|source| source.chars().count() <= LONGEST_SOURCE)?;
    let point = |triple: &[Value]| match triple {
        [latitude, longitude, people] => PeoplePoint::new(latitude.as_f64()?, longitude.as_f64()?, people.as_i64()?).ok(),
        _ => None,
    };
    let points = table.get("points")?.as_array()?.chunks(3).map(point).collect::<Option<Vec<_>>>()?;
    Population::new(source, points).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planning::coverage::MOST_POINTS;

    fn at(number: i64) -> PeoplePoint {
        PeoplePoint::new(40.0 + number as f64 * 1e-6, -75.0, 1 + number % 900).unwrap()
    }

    #[test]
    fn the_most_points_that_are_allowed_come_back_as_they_were_written() {
        let most = Population::new("a census", (0..MOST_POINTS as i64).map(at).collect()).unwrap();
        assert_eq!(read(&[write("p", &most)]), Some(most));
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn a_bad_table_leaves_the_last_good_one() {
        let kept = Population::new("a census", vec![at(1), at(2)]).unwrap();
        let mut good = write("p", &kept);
        good.set("meta", json!({ "lastUpdated": "2026-11-23T05:00:00Z" }));
        let points = |points: Value| json!({ "version": 1, "source": "s", "points": points });
        for table in [
            json!({ "version": 2, "source": "s", "points": [40, -75, 1] }),
            json!({ "version": 1, "points": [40, -75, 1] }),
            json!({ "version": 1, "source": "s".repeat(LONGEST_SOURCE + 1), "points": [40, -75, 1] }),
            points(json!([])),
            points(json!([40, -75])),
            points(json!([40, -75, 0])),
            points(json!([40, -75, -1])),
            points(json!([40, -75, 1.5])),
            points(json!([40, -75, u64::MAX])),
            points(json!([91, -75, 1])),
            points(json!([40, "NaN", 1])),
            points(json!([[40, -75, 1]])),
        ] {
            let mut bad = agency::library(POPULATION, "q", &table);
            bad.set("meta", json!({ "lastUpdated": "2026-11-24T05:00:00Z" }));
            assert_eq!(read(&[good.clone(), bad.clone()]), Some(kept.clone()), "{table}");
            assert_eq!(read(&[bad]), None);
        }
    }
}
