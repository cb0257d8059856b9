//! Service ↔ HealthcareService and its Location.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::document::id_of;
use super::element::{extension, extension_text, reference};
use super::{Document, ReadError, incident};
use crate::base::ids::{OrganizationId, PlaceId, ServiceId};
use crate::handoff::{Opening, Service};
use crate::incident::Place;

fn place_id(service: &ServiceId) -> PlaceId {
    PlaceId::derived(&format!("{service}/place"))
}

/// Writes a service: organisation, place, service.
pub fn write(service: &Service) -> Vec<Document> {
    let mut organization = Document::new("Organization", service.organization.as_str());
    organization.set("active", json!(true)).set("name", json!(service.organization_name));
    let place = Place { address: service.address.clone(), position: service.position, ..Place::default() };
    let mut location = incident::write_place(place_id(&service.id).as_str(), &place);
    location.set("managingOrganization", reference("Organization", service.organization.as_str()));
    let mut doc = Document::new("HealthcareService", service.id.as_str());
    let mut extra = vec![extension("zone", "valueString", service.zone.as_str())];
    extra.extend(service.youngest.map(|age| extension("youngest", "valueUnsignedInt", age)));
    extra.extend(service.oldest.map(|age| extension("oldest", "valueUnsignedInt", age)));
    extra.extend(service.ages_unknown.then(|| extension("ages-unknown", "valueBoolean", true)));
    extra.extend(service.hours_in_part.then(|| extension("hours-in-part", "valueBoolean", true)));
    doc.set("extension", Value::Array(extra)).set("active", json!(service.active));
    doc.set("providedBy", reference("Organization", service.organization.as_str()));
    doc.set("location", json!([reference("Location", location.id())]));
    doc.set("name", json!(service.name)).set_some("comment", service.description.clone());
    if !service.phones.is_empty() {
        doc.set("telecom", service.phones.iter().map(|p| json!({ "system": "phone", "value": p })).collect());
    }
    if !service.languages.is_empty() {
        let language = |l: &String| json!({ "coding": [{ "system": "urn:ietf:bcp:47", "code": l }] });
        doc.set("communication", service.languages.iter().map(language).collect());
    }
    if !service.hours.is_empty() {
        doc.set("availableTime", service.hours.iter().map(write_opening).collect());
    }
    vec![organization, location, doc]
}

/// An opening. What R4 has no element for, dates and validity, stands in extensions.
fn write_opening(opening: &Opening) -> Value {
    let mut value = match (opening.from, opening.until) {
        (Some(from), Some(until)) => {
            json!({ "availableStartTime": from.strftime("%H:%M:%S").to_string(), "availableEndTime": until.strftime("%H:%M:%S").to_string() })
        }
        _ => json!({ "allDay": true }),
    };
    let date = |name: &str, date: &Date| extension(name, "valueDate", date.to_string());
    let mut extra: Vec<Value> = opening.valid_from.iter().map(|from| date("valid-from", from)).collect();
    extra.extend(opening.valid_to.iter().map(|to| date("valid-to", to)));
    if let Some(dates) = &opening.dates {
        extra.push(extension("on-dates", "valueString", dates.iter().map(Date::to_string).collect::<Vec<_>>().join(" ")));
    }
    if let Value::Object(map) = &mut value {
        if opening.dates.is_none() {
            map.insert("daysOfWeek".into(), json!(opening.days));
        }
        if !extra.is_empty() {
            map.insert("extension".into(), Value::Array(extra));
        }
    }
    value
}

/// Reads a service with what `find` returns for `Type/id`.
///
/// # Errors
/// [`ReadError`] naming the element.
pub fn read(doc: &Document, find: &dyn Fn(&str) -> Option<Document>) -> Result<Service, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let provided_by = doc.text("/providedBy/reference").ok_or_else(|| wrong("providedBy"))?;
    let organization =
        id_of(provided_by, "Organization").and_then(|id| OrganizationId::parse(id).ok()).ok_or_else(|| wrong("providedBy"))?;
    let place = doc.text("/location/0/reference").and_then(find).map(|l| incident::read_place(&l)).unwrap_or_default();
    let age = |name: &str| {
        super::element::extensions(doc.value(), name).find_map(|e| e.get("valueUnsignedInt")?.as_u64()).and_then(|a| u16::try_from(a).ok())
    };
    let flag =
        |name: &str| super::element::extensions(doc.value(), name).any(|e| e.get("valueBoolean").and_then(Value::as_bool) == Some(true));
    let codes = |pointer: &str| doc.list(pointer).iter().filter_map(|c| c.pointer("/coding/0/code")?.as_str()).map(str::to_owned).collect();
    Ok(Service {
        id: ServiceId::parse(doc.id()).map_err(|_| wrong("id"))?,
        organization_name: find(provided_by).and_then(|o| o.text("/name").map(str::to_owned)).unwrap_or_default(),
        organization,
        name: doc.text("/name").ok_or_else(|| wrong("name"))?.to_owned(),
        description: doc.text("/comment").map(str::to_owned),
        position: place.position,
        address: place.address,
        phones: doc.list("/telecom").iter().filter_map(|t| t.get("value")?.as_str()).map(str::to_owned).collect(),
        hours: doc.list("/availableTime").iter().filter_map(read_opening).collect(),
        hours_in_part: flag("hours-in-part") || doc.list("/availableTime").iter().any(|one| read_opening(one).is_none()),
        ages_unknown: flag("ages-unknown"),
        zone: extension_text(doc.value(), "zone", "valueString").unwrap_or("UTC").to_owned(),
        languages: codes("/communication"),
        youngest: age("youngest"),
        oldest: age("oldest"),
        active: doc.at("/active") != Some(&Value::Bool(false)),
    })
}

/// An opening; `None` where it does not say from when until when: that is not all day.
fn read_opening(value: &Value) -> Option<Opening> {
    let time = |key: &str| value.get(key).and_then(Value::as_str).and_then(|t| t.parse().ok());
    let all_day = value.get("allDay").and_then(Value::as_bool) == Some(true);
    let (from, until) = if all_day { (None, None) } else { (Some(time("availableStartTime")?), Some(time("availableEndTime")?)) };
    let date = |name: &str| extension_text(value, name, "valueDate").and_then(|date| date.parse().ok());
    let days = value.get("daysOfWeek").and_then(Value::as_array);
    let dates =
        extension_text(value, "on-dates", "valueString").map(|dates| dates.split(' ').filter_map(|date| date.parse().ok()).collect());
    Some(Opening {
        days: days.into_iter().flatten().filter_map(|d| d.as_str().map(str::to_owned)).collect(),
        dates: dates.or_else(|| days.is_none().then(Vec::new)),
        valid_from: date("valid-from"),
        valid_to: date("valid-to"),
        from,
        until,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Position;

    #[test]
    fn a_service_goes_out_and_comes_back_the_same() {
        let service = Service {
            id: ServiceId::fresh(),
            organization: OrganizationId::fresh(),
            organization_name: "Harbor House".into(),
            name: "Respite".into(),
            description: Some("beds for a few nights".into()),
            position: Position::new(40.1, -75.2).ok(),
            address: Some("1 Quay St".into()),
            phones: vec!["+12155550123".into()],
            zone: "America/New_York".into(),
            languages: vec!["en".into(), "es".into()],
            youngest: Some(18),
            oldest: None,
            active: true,
            ages_unknown: true,
            hours_in_part: true,
            hours: vec![
                Opening { days: vec!["mon".into()], from: "20:00".parse().ok(), until: "06:00".parse().ok(), ..Opening::default() },
                Opening { days: vec!["tue".into()], valid_from: "2026-12-01".parse().ok(), ..Opening::default() },
                Opening { dates: Some(vec!["2026-12-07".parse().unwrap()]), valid_to: "2027-01-01".parse().ok(), ..Opening::default() },
            ],
        };
        let docs = write(&service);
        let find = |reference: &str| docs.iter().find(|d| d.reference() == reference).cloned();
        assert_eq!(read(&docs[2], &find).unwrap(), service);
    }

    #[test]
    fn an_opening_without_times_is_not_all_day() {
        let mut doc = Document::new("HealthcareService", "a");
        doc.set("providedBy", reference("Organization", "o")).set("name", json!("n"));
        doc.set("availableTime", json!([{ "daysOfWeek": ["mon"], "availableStartTime": "nine" }]));
        let service = read(&doc, &|_| None).unwrap();
        assert_eq!((service.hours, service.hours_in_part), (vec![], true));
    }
}
