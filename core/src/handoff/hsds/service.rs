//! One row of `services` → the services of the directory: one for each of its sites, so that the nearest counts.
//!
//! Rule: phones, hours and languages are taken from the service, the site, the location and the organisation, as HSDS lets
//! them stand at each. Neighbours: `tables` has the rows, `hours` reads schedules.

use super::hours::{self, Week};
use super::tables::{Lookup, Row};
use super::{Context, HsdsError, Remark, Service};
use crate::base::Position;
use crate::base::ids::{OrganizationId, ServiceId};

/// What is read with.
pub struct Reading<'t> {
    /// The rows.
    pub tables: &'t Lookup<'t>,
    /// The one file that all stand in; `None`: each table has its own.
    pub file: Option<&'t str>,
    /// The import's zone and day.
    pub context: &'t Context,
}

/// What does not understand a field says so.
pub struct Remarks<'r, 't> {
    reading: &'r Reading<'t>,
    all: &'r mut Vec<Remark>,
}

impl Remarks<'_, '_> {
    /// Remarks a field of a table's row; once, where several sites share it.
    pub fn add(&mut self, table: &str, row: &Row, field: &str) {
        let file = self.reading.file.map_or_else(|| format!("{table}.csv"), str::to_owned);
        let remark = Remark { file, line: row.line, field: field.to_owned() };
        if self.all.last() != Some(&remark) && !self.all.iter().rev().take(16).any(|other| *other == remark) {
            self.all.push(remark);
        }
    }
}

/// A site: the link to the location, and the location.
type Site<'t> = (&'t Row, &'t Row);

impl<'t> Reading<'t> {
    /// The services of a row: one for each site, one without a place where it has none.
    ///
    /// # Errors
    /// [`HsdsError::Field`].
    pub fn services(&self, row: &Row, remarks: &mut Vec<Remark>) -> Result<Vec<Service>, HsdsError> {
        let must = |field: &str| {
            let file = self.file.unwrap_or("services.csv").to_owned();
            row.text(field).ok_or_else(|| HsdsError::Field { file, line: row.line, field: field.to_owned() })
        };
        let (id, organization) = (must("id")?, must("organization_id")?);
        must("name")?;
        let sites: Vec<Site<'t>> = self
            .tables
            .with("service_at_location", "service_id", id)
            .filter_map(|at| Some((at, self.tables.with("locations", "id", at.text("location_id")?).next()?)))
            .collect();
        let first = self.service(row, (id, organization), None, sites.first().copied(), remarks);
        let further = sites.iter().skip(1).map(|site| self.service(row, (id, organization), site.1.text("id"), Some(*site), remarks));
        Ok(std::iter::once(first).chain(further.collect::<Vec<_>>()).collect())
    }

    fn service(
        &self,
        row: &Row,
        (id, organization): (&str, &str),
        further: Option<&str>,
        site: Option<Site<'t>>,
        all: &mut Vec<Remark>,
    ) -> Service {
        let mut remarks = Remarks { reading: self, all };
        let key = further.map_or_else(|| format!("hsds/{id}"), |location| format!("hsds/{id}/{location}"));
        let week = self.hours(id, site, &mut remarks);
        let (youngest, oldest, ages_unknown) = ages(row, &mut remarks);
        Service {
            id: ServiceId::derived(&key),
            organization: OrganizationId::derived(&format!("hsds/{organization}")),
            organization_name: short(
                self.tables.with("organizations", "id", organization).find_map(|o| o.text("name")).unwrap_or(organization),
            ),
            name: row.text("name").unwrap_or_default().to_owned(),
            description: row.text("description").map(str::to_owned),
            position: site.and_then(|(_, location)| position(location, &mut remarks)),
            address: site.and_then(|(_, location)| self.address(location)),
            phones: self.phones(id, organization, site),
            hours: week.openings,
            hours_in_part: week.in_part,
            zone: self.context.zone.clone(),
            languages: self.languages(id, site),
            youngest,
            oldest,
            ages_unknown,
            active: is_active(row, &mut remarks),
        }
    }

    /// The rows of a table at each level, the closest to the service first.
    fn levels(&self, table: &'static str, id: &str, site: Option<Site<'t>>) -> [Vec<&'t Row>; 3] {
        let of =
            |field: &'static str, value: Option<&str>| value.into_iter().flat_map(|value| self.tables.with(table, field, value)).collect();
        [
            of("service_at_location_id", site.and_then(|(at, _)| at.text("id"))),
            of("service_id", Some(id)),
            of("location_id", site.and_then(|(_, location)| location.text("id"))),
        ]
    }

    /// The hours of the closest level that has any: a house may be open when the service in it is not.
    fn hours(&self, id: &str, site: Option<Site<'t>>, remarks: &mut Remarks<'_, '_>) -> Week {
        let rows = self.levels("schedules", id, site).into_iter().find(|rows| !rows.is_empty()).unwrap_or_default();
        hours::read(&rows, self.context, remarks)
    }

    /// Every number that a person can call, the closest first, each once.
    fn phones(&self, id: &str, organization: &str, site: Option<Site<'t>>) -> Vec<String> {
        let of_organization: Vec<&Row> = self.tables.with("phones", "organization_id", organization).collect();
        let mut all: Vec<String> = Vec::new();
        for row in self.levels("phones", id, site).into_iter().chain([of_organization]).flatten() {
            let kind = row.text("type").unwrap_or_default().to_ascii_lowercase();
            let number = row.text("number").map(|number| number.trim_matches('"').trim()).filter(|number| !number.is_empty());
            if let Some(number) = number.filter(|_| !matches!(kind.as_str(), "fax" | "pager")) {
                // RFC 3966 writes an extension so; what dials understands it.
                let number = row.text("extension").map_or_else(|| number.to_owned(), |ext| format!("{number};ext={ext}"));
                if !all.contains(&number) && all.len() < MOST_OF_ONE {
                    all.push(number);
                }
            }
        }
        all
    }

    fn languages(&self, id: &str, site: Option<Site<'t>>) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let location = site.and_then(|(_, location)| location.text("id"));
        let of_location = location.into_iter().flat_map(|location| self.tables.with("languages", "location_id", location));
        for code in self.tables.with("languages", "service_id", id).chain(of_location).filter_map(|row| row.text("code")) {
            if !all.iter().any(|known| known == code) && all.len() < MOST_OF_ONE {
                all.push(code.to_owned());
            }
        }
        all
    }

    fn address(&self, location: &Row) -> Option<String> {
        let row = self.tables.with("addresses", "location_id", location.text("id")?).next()?;
        let parts: Vec<&str> =
            ["address_1", "address_2", "city", "state_province", "postal_code"].iter().filter_map(|field| row.text(field)).collect();
        Some(short(&parts.join(", "))).filter(|address| !address.is_empty())
    }
}

/// The most numbers or languages of one service.
const MOST_OF_ONE: usize = 64;

/// What many services share is kept with each: never more than a screen of it.
fn short(text: &str) -> String {
    text.chars().take(500).collect()
}

fn position(location: &Row, remarks: &mut Remarks<'_, '_>) -> Option<Position> {
    let (latitude, longitude) = (location.text("latitude")?, location.text("longitude")?);
    let position = latitude.parse().ok().zip(longitude.parse().ok()).and_then(|(lat, lon)| Position::new(lat, lon).ok());
    if position.is_none() {
        remarks.add("locations", location, "latitude, longitude");
    }
    position
}

/// From which age to which, and whether a limit is there that is not understood.
fn ages(row: &Row, remarks: &mut Remarks<'_, '_>) -> (Option<u16>, Option<u16>, bool) {
    let mut unknown = false;
    let mut limit = |field: &str, round: fn(f64) -> f64| {
        let text = row.text(field)?;
        // HSDS has a number; 0.5 is half a year.
        let years = text.parse::<f64>().ok().filter(|years| (0.0..=150.0).contains(years)).map(|years| round(years) as u16);
        if years.is_none() {
            unknown = true;
            remarks.add("services", row, field);
        }
        years
    };
    let (mut youngest, mut oldest) = (limit("minimum_age", f64::floor), limit("maximum_age", f64::ceil));
    if let (Some(young), Some(old)) = (youngest, oldest)
        && young > old
    {
        (youngest, oldest, unknown) = (None, None, true);
        remarks.add("services", row, "minimum_age, maximum_age");
    }
    (youngest, oldest, unknown)
}

/// HSDS has `active`, `inactive`, `defunct` and `temporarily closed`. A service whose status nobody understands is not sent to.
fn is_active(row: &Row, remarks: &mut Remarks<'_, '_>) -> bool {
    match row.text("status").map(str::to_lowercase).as_deref() {
        Some("active") => true,
        Some("inactive" | "defunct" | "temporarily closed" | "temporarily_closed") => false,
        _ => {
            remarks.add("services", row, "status");
            false
        }
    }
}
