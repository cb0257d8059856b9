//! Open Referral HSDS 3.0 → the directory, from JSON (`service_full`, `organization_full`) or from the CSV tables.
//!
//! Rule: what is not understood makes nothing open, closed, unlimited or active: it is unknown, and remarked with its file,
//! line and field. An impossible coordinate keeps the service, without a position. What cannot be read at all names file,
//! line and field, and nothing of it is taken. Neighbours: `tables` are the rows, `service` reads one, `hours` a
//! schedule.

mod hours;
mod service;
mod tables;

use std::collections::HashSet;

use serde_json::Value;

use self::tables::{Lookup, Tables};
use super::Service;
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

impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: line {}: {}: not understood", self.file, self.line, self.field)
    }
}

/// What an import brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// The services.
    pub services: Vec<Service>,
    /// What is not right in them.
    pub remarks: Vec<Remark>,
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
        tables::flatten(service, &value, &mut tables, file)?;
    }
    read(&tables, Some(file), context)
}

/// Reads the CSV tables, given as file name and bytes. `services.csv` must be among them.
///
/// # Errors
/// [`HsdsError`]; then nothing was taken.
pub fn from_csv(files: &[(String, Vec<u8>)], context: &Context) -> Result<Imported, HsdsError> {
    let mut tables = Tables::default();
    for (file, bytes) in files.iter().filter(|(file, _)| file.ends_with(".csv")) {
        tables.0.insert(file.trim_end_matches(".csv").to_owned(), tables::csv_rows(file, bytes)?);
    }
    if !tables.0.contains_key("services") {
        return Err(HsdsError::Missing { file: "services.csv".into() });
    }
    read(&tables, None, context)
}

fn read(tables: &Tables, file: Option<&str>, context: &Context) -> Result<Imported, HsdsError> {
    let (mut imported, mut seen) = (Imported::default(), HashSet::new());
    let reading = service::Reading { tables: &Lookup::new(tables), file, context };
    for row in tables.rows("services") {
        for service in reading.services(row, &mut imported.remarks)? {
            if seen.insert(service.id.clone()) {
                imported.services.push(service);
            }
        }
    }
    Ok(imported)
}

#[cfg(test)]
mod tests;
