//! Service ↔ HealthcareService and its Location.

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

fn write_opening(opening: &Opening) -> Value {
    match (opening.from, opening.until) {
        (Some(from), Some(until)) => {
            json!({ "daysOfWeek": opening.days, "availableStartTime": from.strftime("%H:%M:%S").to_string(), "availableEndTime": until.strftime("%H:%M:%S").to_string() })
        }
        _ => json!({ "daysOfWeek": opening.days, "allDay": true }),
    }
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
        hours: doc.list("/availableTime").iter().map(read_opening).collect(),
        zone: extension_text(doc.value(), "zone", "valueString").unwrap_or("UTC").to_owned(),
        languages: codes("/communication"),
        youngest: age("youngest"),
        oldest: age("oldest"),
        active: doc.at("/active") != Some(&Value::Bool(false)),
    })
}

fn read_opening(value: &Value) -> Opening {
    let time = |key: &str| value.get(key).and_then(Value::as_str).and_then(|t| t.parse().ok());
    Opening {
        days: value
            .get("daysOfWeek")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|d| d.as_str().map(str::to_owned))
            .collect(),
        from: time("availableStartTime"),
        until: time("availableEndTime"),
    }
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
            hours: vec![Opening { days: vec!["mon".into()], from: "20:00".parse().ok(), until: "06:00".parse().ok() }],
        };
        let docs = write(&service);
        let find = |reference: &str| docs.iter().find(|d| d.reference() == reference).cloned();
        assert_eq!(read(&docs[2], &find).unwrap(), service);
    }
}
