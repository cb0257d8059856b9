//! Open Referral HSDS 3.0 → the directory, from JSON (`service_full`, `organization_full`) or from the CSV tables.
//!
//! Rule: an impossible coordinate keeps the service, without a position, and is remarked with its file and line. What
//! cannot be read names file, line and field, and nothing of it is taken.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::{Opening, Service};
use crate::base::Position;
use crate::base::ids::{OrganizationId, ServiceId};
use crate::base::json;

/// Where the times of day and the calendar of an import stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The IANA zone of the services' places (HSDS gives only an offset).
    pub zone: String,
    /// Today there: a schedule that has ended says nothing any more.
    pub today: jiff::civil::Date,
}

/// Why an import was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HsdsError {
    /// Not JSON.
    #[error("{file}: {error}")]
    Json {
        /// The file.
        file: String,
        /// What and where.
        error: json::JsonError,
    },
    /// A row or member is not what HSDS says.
    #[error("{file}: line {line}: {field}: missing or not what HSDS says")]
    Field {
        /// The file.
        file: String,
        /// Line, from 1; 0 in JSON.
        line: u64,
        /// The field, or its path.
        field: String,
    },
    /// A table is missing.
    #[error("{file}: missing")]
    Missing {
        /// The file.
        file: String,
    },
    /// More than is read.
    #[error("{file}: too large")]
    TooLarge {
        /// The file.
        file: String,
    },
}

/// Something that was read and is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The file.
    pub file: String,
    /// Line, from 1; 0 in JSON.
    pub line: u64,
    /// The field.
    pub field: String,
}

/// What an import brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// The services.
    pub services: Vec<Service>,
    /// What is not right in them.
    pub remarks: Vec<Remark>,
}

/// The most rows of one table.
const MOST_ROWS: usize = 200_000;

/// The fields that are read: what else a table holds is not kept.
const FIELDS: [&str; 23] = [
    "id",
    "organization_id",
    "service_id",
    "location_id",
    "name",
    "description",
    "status",
    "minimum_age",
    "maximum_age",
    "latitude",
    "longitude",
    "address_1",
    "address_2",
    "city",
    "state_province",
    "postal_code",
    "number",
    "code",
    "freq",
    "byday",
    "opens_at",
    "closes_at",
    "valid_to",
];

/// The fields by which one table is looked up from another.
const LOOKED_UP: [(&str, &str); 7] = [
    ("organizations", "id"),
    ("service_at_location", "service_id"),
    ("locations", "id"),
    ("addresses", "location_id"),
    ("phones", "service_id"),
    ("schedules", "service_id"),
    ("languages", "service_id"),
];

fn known(field: &str) -> Option<&'static str> {
    FIELDS.into_iter().find(|known| *known == field)
}

/// A row of a table: its line and its fields.
#[derive(Debug, Clone, Default)]
struct Row {
    line: u64,
    fields: Vec<(&'static str, String)>,
}

impl Row {
    fn text(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, text)| text.trim()).filter(|text| !text.is_empty())
    }
    fn set(&mut self, field: &str, text: String) {
        if let Some(field) = known(field) {
            self.fields.retain(|(name, _)| *name != field);
            self.fields.push((field, text));
        }
    }
}

#[derive(Debug, Default)]
struct Tables(BTreeMap<String, Vec<Row>>);

impl Tables {
    fn rows(&self, table: &str) -> &[Row] {
        self.0.get(table).map(Vec::as_slice).unwrap_or_default()
    }
    fn add(&mut self, table: &str, value: &Value, links: &[(&str, &str)]) {
        let mut row = Row::default();
        for (key, value) in value.as_object().into_iter().flatten() {
            match value {
                Value::String(text) => row.set(key, text.clone()),
                Value::Number(number) => row.set(key, number.to_string()),
                _ => {}
            }
        }
        for (key, id) in links {
            row.set(key, (*id).to_owned());
        }
        self.0.entry(table.to_owned()).or_default().push(row);
    }
}

/// The rows of the tables by the fields that others name them by.
struct Lookup<'t>(HashMap<(&'static str, &'static str), HashMap<&'t str, Vec<&'t Row>>>);

impl<'t> Lookup<'t> {
    fn new(tables: &'t Tables) -> Self {
        let mut all: HashMap<_, HashMap<&str, Vec<&Row>>> = HashMap::new();
        for (table, field) in LOOKED_UP {
            let rows = all.entry((table, field)).or_default();
            for row in tables.rows(table) {
                if let Some(value) = row.text(field) {
                    rows.entry(value).or_default().push(row);
                }
            }
        }
        Self(all)
    }
    fn with(&self, table: &'static str, field: &'static str, value: &str) -> impl Iterator<Item = &'t Row> {
        self.0.get(&(table, field)).and_then(|rows| rows.get(value)).into_iter().flatten().copied()
    }
}

/// Reads `service_full` or `organization_full` JSON.
///
/// # Errors
/// [`HsdsError`]; then nothing was taken.
pub fn from_json(file: &str, bytes: &[u8], context: &Context) -> Result<Imported, HsdsError> {
    let value = json::read(bytes, json::Limits::DIRECTORY).map_err(|error| HsdsError::Json { file: file.to_owned(), error })?;
    let mut tables = Tables::default();
    let services: Vec<&Value> = match value.get("services").and_then(Value::as_array) {
        Some(services) => {
            tables.add("organizations", &value, &[]);
            services.iter().collect()
        }
        None => vec![&value],
    };
    for service in services {
        flatten(service, &value, &mut tables, file)?;
    }
    read(&tables, file, context)
}

/// One nested service as rows of the CSV's tables.
fn flatten(service: &Value, whole: &Value, tables: &mut Tables, file: &str) -> Result<(), HsdsError> {
    let missing = |field: &str| HsdsError::Field { file: file.to_owned(), line: 0, field: field.to_owned() };
    let id = service.get("id").and_then(Value::as_str).ok_or_else(|| missing("id"))?;
    let own = service.get("organization");
    let organization = own.unwrap_or(whole);
    let organization_id = organization.get("id").and_then(Value::as_str).ok_or_else(|| missing("organization.id"))?;
    tables.add("services", service, &[("organization_id", organization_id)]);
    // The organisation around all its services stands there once already.
    if own.is_some() || std::ptr::eq(service, whole) {
        tables.add("organizations", organization, &[]);
    }
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    for (table, key) in [("phones", "phones"), ("schedules", "schedules"), ("languages", "languages")] {
        list(service, key).iter().for_each(|row| tables.add(table, row, &[("service_id", id)]));
    }
    for at in list(service, "service_at_locations") {
        let Some(location) = at.get("location") else { continue };
        let location_id = location.get("id").and_then(Value::as_str).ok_or_else(|| missing("service_at_locations.location.id"))?;
        tables.add("locations", location, &[]);
        tables.add("service_at_location", &at, &[("service_id", id), ("location_id", location_id)]);
        list(location, "addresses").iter().for_each(|row| tables.add("addresses", row, &[("location_id", location_id)]));
    }
    Ok(())
}

/// Reads the CSV tables, given as file name and bytes. `services.csv` must be among them.
///
/// # Errors
/// [`HsdsError`]; then nothing was taken.
pub fn from_csv(files: &[(String, Vec<u8>)], context: &Context) -> Result<Imported, HsdsError> {
    let mut tables = Tables::default();
    for (file, bytes) in files.iter().filter(|(file, _)| file.ends_with(".csv")) {
        tables.0.insert(file.trim_end_matches(".csv").to_owned(), csv_rows(file, bytes)?);
    }
    if !tables.0.contains_key("services") {
        return Err(HsdsError::Missing { file: "services.csv".into() });
    }
    read(&tables, "csv", context)
}

fn csv_rows(file: &str, bytes: &[u8]) -> Result<Vec<Row>, HsdsError> {
    if bytes.len() > json::Limits::DIRECTORY.bytes {
        return Err(HsdsError::TooLarge { file: file.to_owned() });
    }
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let at = |line: u64, field: &str| HsdsError::Field { file: file.to_owned(), line, field: field.to_owned() };
    let headers: Vec<String> = reader.headers().map_err(|_| at(1, "header"))?.iter().map(str::to_owned).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| at(error.position().map_or(0, csv::Position::line), "record"))?;
        let line = record.position().map_or(0, csv::Position::line);
        if rows.len() >= MOST_ROWS {
            return Err(HsdsError::TooLarge { file: file.to_owned() });
        }
        let mut row = Row { line, fields: Vec::new() };
        headers.iter().zip(record.iter()).for_each(|(key, value)| row.set(key, value.to_owned()));
        rows.push(row);
    }
    Ok(rows)
}

fn read(tables: &Tables, file: &str, context: &Context) -> Result<Imported, HsdsError> {
    let (mut imported, mut seen, tables_by) = (Imported::default(), HashSet::new(), Lookup::new(tables));
    for row in tables.rows("services") {
        let service = service(row, &tables_by, file, context, &mut imported.remarks)?;
        if seen.insert(service.id.clone()) {
            imported.services.push(service);
        }
    }
    Ok(imported)
}

fn service(row: &Row, tables: &Lookup<'_>, file: &str, context: &Context, remarks: &mut Vec<Remark>) -> Result<Service, HsdsError> {
    let file = if file == "csv" { "services.csv" } else { file };
    let must =
        |field: &str| row.text(field).ok_or_else(|| HsdsError::Field { file: file.to_owned(), line: row.line, field: field.to_owned() });
    let (id, organization) = (must("id")?, must("organization_id")?);
    let age = |field: &str| row.text(field).and_then(|text| text.parse().ok());
    let place = tables.with("service_at_location", "service_id", id).find_map(|at| {
        let location = at.text("location_id")?;
        tables.with("locations", "id", location).next()
    });
    let address = place.and_then(|p| tables.with("addresses", "location_id", p.text("id")?).next()).map(|a| {
        let parts: Vec<&str> =
            ["address_1", "address_2", "city", "state_province", "postal_code"].iter().filter_map(|f| a.text(f)).collect();
        short(&parts.join(", "))
    });
    Ok(Service {
        id: ServiceId::derived(&format!("hsds/{id}")),
        organization: OrganizationId::derived(&format!("hsds/{organization}")),
        organization_name: short(tables.with("organizations", "id", organization).find_map(|o| o.text("name")).unwrap_or(organization)),
        name: must("name")?.to_owned(),
        description: row.text("description").map(str::to_owned),
        position: place.and_then(|p| position(p, file, remarks)),
        address,
        phones: tables.with("phones", "service_id", id).filter_map(|p| p.text("number")).map(|n| n.trim_matches('"').to_owned()).collect(),
        hours: tables.with("schedules", "service_id", id).filter_map(|s| opening(s, context)).collect(),
        zone: context.zone.clone(),
        languages: tables.with("languages", "service_id", id).filter_map(|l| l.text("code")).map(str::to_owned).collect(),
        youngest: age("minimum_age"),
        oldest: age("maximum_age"),
        active: row.text("status").is_none_or(|status| status == "active"),
    })
}

/// What many services share is kept with each: never more than a screen of it.
fn short(text: &str) -> String {
    text.chars().take(500).collect()
}

fn position(place: &Row, file: &str, remarks: &mut Vec<Remark>) -> Option<Position> {
    let (latitude, longitude) = (place.text("latitude")?, place.text("longitude")?);
    let position = latitude.parse().ok().zip(longitude.parse().ok()).and_then(|(lat, lon)| Position::new(lat, lon).ok());
    if position.is_none() {
        let file = if file == "services.csv" { "locations.csv" } else { file };
        remarks.push(Remark { file: file.to_owned(), line: place.line, field: "latitude, longitude".into() });
    }
    position
}

/// A weekly schedule that still holds; others say nothing about an ordinary day.
fn opening(row: &Row, context: &Context) -> Option<Opening> {
    let ended = row.text("valid_to").and_then(|d| d.parse::<jiff::civil::Date>().ok()).is_some_and(|until| until < context.today);
    if ended || row.text("freq") != Some("WEEKLY") {
        return None;
    }
    let day = |code: &str| match code.trim() {
        "MO" => Some("mon"),
        "TU" => Some("tue"),
        "WE" => Some("wed"),
        "TH" => Some("thu"),
        "FR" => Some("fri"),
        "SA" => Some("sat"),
        "SU" => Some("sun"),
        _ => None,
    };
    let days = row.text("byday")?.split(',').filter_map(day).map(str::to_owned).collect();
    let time = |field: &str| row.text(field).and_then(|t| t.trim_end_matches('Z').parse().ok());
    Some(Opening { days, from: time("opens_at"), until: time("closes_at") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn context() -> Context {
        Context { zone: "America/New_York".into(), today: jiff::civil::date(2026, 11, 23) }
    }

    fn csv(latitude: &str) -> Vec<(String, Vec<u8>)> {
        vec![
            ("services.csv".into(), b"id,organization_id,name,status\ns1,o1,Respite,active\n".to_vec()),
            ("locations.csv".into(), format!("id,latitude,longitude\nl1,{latitude},-75\n").into_bytes()),
            ("service_at_location.csv".into(), b"id,service_id,location_id\nx,s1,l1\n".to_vec()),
            ("schedules.csv".into(), b"id,service_id,freq,byday,opens_at,closes_at\nh,s1,WEEKLY,\"TH,FR\",10:00:00,18:00:00\n".to_vec()),
        ]
    }

    #[test]
    fn an_impossible_coordinate_keeps_the_service_and_is_remarked_with_its_line() {
        let imported = from_csv(&csv("100"), &context()).unwrap();
        assert_eq!((imported.services.len(), imported.services[0].position), (1, None));
        assert_eq!(imported.remarks, vec![Remark { file: "locations.csv".into(), line: 2, field: "latitude, longitude".into() }]);
        assert!(from_csv(&csv("40"), &context()).unwrap().services[0].position.is_some());
    }

    #[test]
    fn hours_are_read_by_day_and_time() {
        let service = from_csv(&csv("40"), &context()).unwrap().services.remove(0);
        assert_eq!(service.is_open("2026-11-26T16:00:00Z".parse().unwrap()), Some(true));
        assert_eq!(service.is_open("2026-11-25T16:00:00Z".parse().unwrap()), Some(false));
    }

    #[test]
    fn a_missing_field_is_named_with_file_and_line() {
        let files = vec![("services.csv".to_owned(), b"id,organization_id,name\ns1,o1,\n".to_vec())];
        assert_eq!(from_csv(&files, &context()), Err(HsdsError::Field { file: "services.csv".into(), line: 2, field: "name".into() }));
    }

    #[test]
    fn the_examples_of_the_specification_are_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/hsds");
        if !folder.is_dir() {
            eprintln!("SKIPPED: the HSDS examples are not beside the repository");
            return;
        }
        let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder.join("csv"))
            .unwrap()
            .map(|e| e.unwrap().path())
            .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&p).unwrap()))
            .collect();
        files.sort();
        let tables = from_csv(&files, &context()).unwrap();
        assert_eq!((tables.services.len(), tables.services[0].position, tables.remarks.len()), (1, None, 1));
        for name in ["service_full.json", "organization_full.json"] {
            let nested = from_json(name, &std::fs::read(folder.join(name)).unwrap(), &context()).unwrap();
            assert_eq!(nested.services[0].name, tables.services[0].name, "{name}");
            assert_eq!(nested.services[0].organization_name, "Example Organization Inc.", "{name}");
        }
    }

    proptest! {
        #[test]
        fn nonsense_is_an_answer_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = from_json("x.json", &bytes, &context());
            let _ = from_csv(&[("services.csv".into(), bytes.clone()), ("locations.csv".into(), bytes)], &context());
        }
    }
}
