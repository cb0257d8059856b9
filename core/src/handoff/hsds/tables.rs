//! The rows of HSDS: from CSV, or from nested JSON laid out as the CSV's tables.
//!
//! Rule: bounded by rows and bytes; only fields that are read are kept. Neighbours: `service` reads the rows.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::HsdsError;
use crate::base::json;

/// The most rows of one table.
const MOST_ROWS: usize = 200_000;

/// The fields that are read: what else a table holds is not kept.
const FIELDS: [&str; 35] = [
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
    "valid_from",
    "dtstart",
    "until",
    "count",
    "interval",
    "bymonthday",
    "byweekno",
    "byyearday",
    "type",
    "extension",
    "service_at_location_id",
    "wkst",
];

/// The fields by which one table is looked up from another.
const LOOKED_UP: [(&str, &str); 13] = [
    ("organizations", "id"),
    ("service_at_location", "service_id"),
    ("locations", "id"),
    ("addresses", "location_id"),
    ("phones", "service_id"),
    ("phones", "service_at_location_id"),
    ("phones", "location_id"),
    ("phones", "organization_id"),
    ("schedules", "service_id"),
    ("schedules", "service_at_location_id"),
    ("schedules", "location_id"),
    ("languages", "service_id"),
    ("languages", "location_id"),
];

fn known(field: &str) -> Option<&'static str> {
    FIELDS.into_iter().find(|known| *known == field)
}

/// A row of a table: its line and its fields.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its line, from 1; 0 in JSON.
    pub line: u64,
    fields: Vec<(&'static str, String)>,
}

impl Row {
    /// A field that says something.
    pub fn text(&self, field: &str) -> Option<&str> {
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
pub struct Tables(pub BTreeMap<String, Vec<Row>>);

impl Tables {
    /// The rows of a table.
    pub fn rows(&self, table: &str) -> &[Row] {
        self.0.get(table).map(Vec::as_slice).unwrap_or_default()
    }
    /// Adds a row from JSON, with what links it to others.
    pub fn add(&mut self, table: &str, value: &Value, links: &[(&str, &str)]) {
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
pub struct Lookup<'t>(HashMap<(&'static str, &'static str), HashMap<&'t str, Vec<&'t Row>>>);

impl<'t> Lookup<'t> {
    /// Looks all up once.
    pub fn new(tables: &'t Tables) -> Self {
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
    /// The rows of a table with this value in a field.
    pub fn with(&self, table: &'static str, field: &'static str, value: &str) -> impl Iterator<Item = &'t Row> {
        self.0.get(&(table, field)).and_then(|rows| rows.get(value)).into_iter().flatten().copied()
    }
}

/// One nested service as rows of the CSV's tables.
pub fn flatten(service: &Value, whole: &Value, tables: &mut Tables, file: &str) -> Result<(), HsdsError> {
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
    if seen_first(tables, organization_id) {
        let phones = organization.get("phones").and_then(Value::as_array);
        phones.into_iter().flatten().for_each(|row| tables.add("phones", row, &[("organization_id", organization_id)]));
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
        let at_id = at.get("id").and_then(Value::as_str);
        for table in ["phones", "schedules", "languages"] {
            list(location, table).iter().for_each(|row| tables.add(table, row, &[("location_id", location_id)]));
            if let Some(at_id) = at_id {
                list(&at, table).iter().for_each(|row| tables.add(table, row, &[("service_at_location_id", at_id)]));
            }
        }
    }
    Ok(())
}

/// Whether an organisation's numbers are not there yet: it stands in each of its services.
fn seen_first(tables: &Tables, organization_id: &str) -> bool {
    !tables.rows("phones").iter().any(|row| row.text("organization_id") == Some(organization_id))
}

pub fn csv_rows(file: &str, bytes: &[u8]) -> Result<Vec<Row>, HsdsError> {
    if bytes.len() > json::Limits::DIRECTORY.bytes {
        return Err(HsdsError::TooLarge { file: file.to_owned() });
    }
    let mut reader = csv::ReaderBuilder::new().from_reader(json::without_mark(bytes));
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
