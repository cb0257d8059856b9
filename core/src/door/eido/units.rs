//! Who else is on it: dispatched units, agencies, and what is linked or merged.

use std::collections::HashSet;

use serde_json::Value;

use super::reading::{Reading, Telling};
use super::registry::CRISIS_UNIT;
use super::{AGENCY, RESOURCE_TYPE, UNIT, carried};
use crate::base::Code;
use crate::door::{Agency, Merge, Unit};
use crate::incident::{About, EIDO_INCIDENT, FactKind, Identifier, Linked, MergeDirection, Relation};

/// Reads dispatches and emergency resources. The one crisis unit that a dispatch names is the team that the sender chose.
pub fn units(reading: &mut Reading<'_>) {
    let sheet = reading.sheet;
    let mut dispatched: HashSet<*const Value> = HashSet::new();
    for dispatch in sheet.components("dispatchComponent") {
        for (leaf, resource) in sheet.targets(dispatch, "emergencyResourceReference", &["emergencyResourceComponent"]) {
            sheet.mark(leaf);
            dispatched.insert(std::ptr::from_ref(resource));
        }
    }
    for resource in sheet.components("emergencyResourceComponent").filter(|r| r.is_object()) {
        let unit = unit(reading, resource, dispatched.contains(&std::ptr::from_ref(resource)));
        if !carried::is_ours(resource) {
            let words = [unit.name.as_ref(), Some(&unit.id), Some(&unit.kind)].into_iter().flatten().find(|words| !words.trim().is_empty());
            let text = words.cloned().unwrap_or_else(|| "unit".to_owned());
            let code = (!unit.kind.is_empty()).then_some((RESOURCE_TYPE, unit.kind.as_str()));
            reading.tell(resource, Telling { part: "unit", about: About::Incident, kind: FactKind::Responder, text, code });
        }
        reading.units.push(unit);
    }
    let mut ours = reading.units.iter().filter(|unit| unit.dispatched && unit.kind == CRISIS_UNIT);
    if let (Some(unit), None) = (ours.next(), ours.next()) {
        reading.offer.team = Some(Identifier { system: UNIT.to_owned(), value: unit.id.clone() });
    }
}

fn unit<'a>(reading: &Reading<'a>, of: &'a Value, dispatched: bool) -> Unit {
    let sheet = reading.sheet;
    let agents = sheet.pointers(of, "agentReference");
    agents.iter().for_each(|(leaf, _)| sheet.mark(leaf));
    let agency = sheet.only_pointer(of, "updatedByAgencyReference").map(|(leaf, id)| {
        sheet.mark(leaf);
        agency_id(id)
    });
    Unit {
        id: sheet.text(of, "$id").unwrap_or_default().to_owned(),
        name: sheet.text(of, "emergencyResourceName").map(str::to_owned),
        kind: sheet.text(of, "emergencyResourceTypeCommonRegistryText").unwrap_or_default().to_owned(),
        attributes: sheet.texts(of, "resourceAttributeRegistryText"),
        primary: sheet.text(of, "primaryUnitStatusRegistryText").unwrap_or_default().to_owned(),
        secondary: sheet.texts(of, "secondaryUnitStatusRegistryText"),
        agency,
        agents: agents.into_iter().map(|(_, id)| id.to_owned()).collect(),
        dispatched,
        eta: sheet.time(of, "eta"),
        said: reading.said(of),
    }
}

fn agency_id(id: &str) -> Identifier {
    Identifier { system: AGENCY.to_owned(), value: id.to_owned() }
}

/// Reads the agencies. How to reach them and whom they act for is also sent.
pub fn agencies(reading: &Reading<'_>) -> Vec<Agency> {
    let sheet = reading.sheet;
    let components = sheet.components("agencyComponent");
    let read = components.filter_map(|of| {
        Some(Agency {
            id: agency_id(sheet.text(of, "$id")?),
            roles: sheet.texts(of, "agencyRoleDescriptionRegistryText"),
            kinds: sheet.texts(of, "agencyType"),
            owns: sheet.flag(of, "incidentOwningAgencyIndicator"),
        })
    });
    read.collect()
}

/// Reads links and merges. Each is a fact too, so that it rests where facts rest; none of them joins by itself.
pub fn others(reading: &mut Reading<'_>) {
    let sheet = reading.sheet;
    for link in sheet.components("linkComponent") {
        let Some(relation) = sheet.known(link, "linkDirectionCode", Relation::from_code) else { continue };
        let Some(other) = sheet.text(link, "incidentTrackingIdentifier") else { continue };
        let why = sheet.text(link, "transactionReasonText").map(str::to_owned);
        let text = why.clone().unwrap_or_else(|| relation.code().to_owned());
        told(reading, link, relation.code(), text, other);
        reading.linked.push(Linked { other: eido_incident(other), relation, why, said: reading.said(link) });
    }
    for merge in sheet.components("mergeComponent") {
        let Some(direction) = sheet.known(merge, "incidentMergeDirectionCode", MergeDirection::from_code) else { continue };
        let Some(other) = sheet.text(merge, "incidentTrackingIdentifier") else { continue };
        told(reading, merge, direction.code(), direction.code().to_owned(), other);
        reading.merges.push(Merge { other: eido_incident(other), direction, said: reading.said(merge) });
    }
}

fn told<'a>(reading: &mut Reading<'a>, of: &'a Value, part: &str, text: String, other: &str) {
    if !carried::is_ours(of) {
        let code = Some((EIDO_INCIDENT, other));
        reading.tell(of, Telling { part, about: About::Incident, kind: FactKind::Link, text, code });
    }
}

fn eido_incident(id: &str) -> Identifier {
    Identifier { system: EIDO_INCIDENT.to_owned(), value: id.to_owned() }
}
