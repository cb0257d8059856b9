//! What the server accepts: strict refuses what FHIR R4 forbids and names the element.

use rusqlite::Connection;
use serde_json::Value;

use super::Manners;
use super::outcome::Refusal;
use super::rows;

/// Required elements (1..) of the types that are used; a dotted name means in every item of the first.
const REQUIRED: &[(&str, &[&str])] = &[
    ("ServiceRequest", &["status", "intent", "subject"]),
    ("Task", &["status", "intent", "input.type"]),
    ("Observation", &["status", "code"]),
    ("Encounter", &["status", "class"]),
    ("DocumentReference", &["status", "content", "content.attachment", "relatesTo.code", "relatesTo.target"]),
    ("Provenance", &["target", "recorded", "agent", "agent.who"]),
    ("RelatedPerson", &["patient"]),
    ("Flag", &["status", "code", "subject"]),
    ("Communication", &["status"]),
    ("Consent", &["status", "scope", "category"]),
    ("Linkage", &["item", "item.type", "item.resource"]),
    ("Questionnaire", &["status"]),
    ("QuestionnaireResponse", &["status"]),
    ("Library", &["status", "type"]),
    ("AuditEvent", &["type", "recorded", "agent", "source"]),
    ("Basic", &["code"]),
    ("Patient", &["link.other", "link.type"]),
    ("CarePlan", &["status", "intent", "subject"]),
    ("Procedure", &["status", "subject"]),
    ("Appointment", &["status", "participant"]),
    ("EpisodeOfCare", &["status", "patient"]),
];

/// Codes of required bindings.
const CODES: &[(&str, &str, &[&str])] = &[
    ("ServiceRequest", "status", &["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"]),
    (
        "ServiceRequest",
        "intent",
        &["proposal", "plan", "directive", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option"],
    ),
    ("ServiceRequest", "priority", &["routine", "urgent", "asap", "stat"]),
    (
        "Task",
        "status",
        &[
            "draft",
            "requested",
            "received",
            "accepted",
            "rejected",
            "ready",
            "cancelled",
            "in-progress",
            "on-hold",
            "failed",
            "completed",
            "entered-in-error",
        ],
    ),
    (
        "Task",
        "intent",
        &["unknown", "proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option"],
    ),
    ("Task", "priority", &["routine", "urgent", "asap", "stat"]),
    ("Observation", "status", &["registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"]),
    (
        "Encounter",
        "status",
        &["planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown"],
    ),
    ("DocumentReference", "status", &["current", "superseded", "entered-in-error"]),
    ("DocumentReference", "docStatus", &["preliminary", "final", "amended", "entered-in-error"]),
    ("DocumentReference", "relatesTo.code", &["replaces", "transforms", "signs", "appends"]),
    ("Linkage", "item.type", &["source", "alternate", "historical"]),
    ("Flag", "status", &["active", "inactive", "entered-in-error"]),
    (
        "Communication",
        "status",
        &["preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"],
    ),
    ("Consent", "status", &["draft", "proposed", "active", "rejected", "inactive", "entered-in-error"]),
    ("Location", "status", &["active", "suspended", "inactive"]),
    ("Location", "mode", &["instance", "kind"]),
    ("CareTeam", "status", &["proposed", "active", "suspended", "inactive", "entered-in-error"]),
    ("Patient", "gender", GENDERS),
    ("RelatedPerson", "gender", GENDERS),
    ("Practitioner", "gender", GENDERS),
    ("Patient", "link.type", &["replaced-by", "replaces", "refer", "seealso"]),
    ("Patient", "name.use", NAME_USES),
    ("Patient", "telecom.system", CONTACTS),
    ("RelatedPerson", "telecom.system", CONTACTS),
    ("HealthcareService", "availableTime.daysOfWeek", &["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
    ("Library", "status", &["draft", "active", "retired", "unknown"]),
    ("Questionnaire", "status", &["draft", "active", "retired", "unknown"]),
    ("QuestionnaireResponse", "status", &["in-progress", "completed", "amended", "entered-in-error", "stopped"]),
];
/// What some references may point at; where a real server refused ours, it stands here.
const TARGETS: &[(&str, &str, &[&str])] = &[
    ("Task", "requester", &["Device", "Organization", "Patient", "Practitioner", "PractitionerRole", "RelatedPerson"]),
    (
        "Task",
        "owner",
        &["Practitioner", "PractitionerRole", "Organization", "CareTeam", "HealthcareService", "Patient", "Device", "RelatedPerson"],
    ),
    ("ServiceRequest", "subject", &["Patient", "Group", "Location", "Device"]),
    ("ServiceRequest", "requester", &["Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson", "Device"]),
    ("ServiceRequest", "locationReference", &["Location"]),
    ("Observation", "subject", &["Patient", "Group", "Device", "Location"]),
    ("Encounter", "subject", &["Patient", "Group"]),
    ("Encounter", "basedOn", &["ServiceRequest"]),
    ("RelatedPerson", "patient", &["Patient"]),
    ("Consent", "patient", &["Patient"]),
    (
        "Communication",
        "sender",
        &["Device", "Organization", "Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "HealthcareService"],
    ),
];
/// The elements of R4 beside `COMMON`, for the types that are used. HAPI drops any other at the top of a resource.
const ELEMENTS: &[(&str, &str)] = &[
    (
        "Patient",
        "active name telecom gender birthDate deceasedBoolean deceasedDateTime address maritalStatus multipleBirthBoolean multipleBirthInteger photo contact communication generalPractitioner managingOrganization link",
    ),
    ("RelatedPerson", "active patient relationship name telecom gender birthDate address photo period communication"),
    (
        "ServiceRequest",
        "instantiatesCanonical instantiatesUri basedOn replaces requisition status intent category priority doNotPerform code orderDetail quantityQuantity quantityRatio quantityRange subject encounter occurrenceDateTime occurrencePeriod occurrenceTiming asNeededBoolean asNeededCodeableConcept authoredOn requester performerType performer locationCode locationReference reasonCode reasonReference insurance supportingInfo specimen bodySite note patientInstruction relevantHistory",
    ),
    (
        "Task",
        "instantiatesCanonical instantiatesUri basedOn groupIdentifier partOf status statusReason businessStatus intent priority code description focus for encounter executionPeriod authoredOn lastModified requester performerType owner location reasonCode reasonReference insurance note relevantHistory restriction input output",
    ),
    (
        "Observation",
        "basedOn partOf status category code subject focus encounter effectiveDateTime effectivePeriod effectiveTiming effectiveInstant issued performer valueQuantity valueCodeableConcept valueString valueBoolean valueInteger valueRange valueRatio valueSampledData valueTime valueDateTime valuePeriod dataAbsentReason interpretation note bodySite method specimen device referenceRange hasMember derivedFrom component",
    ),
    (
        "Encounter",
        "status statusHistory class classHistory type serviceType priority subject episodeOfCare basedOn participant appointment period length reasonCode reasonReference diagnosis account hospitalization location serviceProvider partOf",
    ),
    (
        "DocumentReference",
        "masterIdentifier status docStatus type category subject date author authenticator custodian relatesTo description securityLabel content context",
    ),
    ("Provenance", "target occurredPeriod occurredDateTime recorded policy location reason activity agent entity signature"),
    ("Flag", "status category code subject period encounter author"),
    ("Basic", "code subject created author"),
];
/// What every resource may have.
const COMMON: &str = "resourceType id meta implicitRules language text contained extension modifierExtension identifier";
const GENDERS: &[&str] = &["male", "female", "other", "unknown"];
const NAME_USES: &[&str] = &["usual", "official", "temp", "nickname", "anonymous", "old", "maiden"];
const CONTACTS: &[&str] = &["phone", "fax", "email", "pager", "url", "sms", "other"];

/// Checks a resource before it is written. `inside` tells whether a reference is in the same transaction. Returns the
/// resource as it is kept.
pub(super) fn check(db: &Connection, manners: Manners, kind: &str, body: &Value, inside: &dyn Fn(&str) -> bool) -> Result<Value, Refusal> {
    if body.get("resourceType").and_then(Value::as_str) != Some(kind) {
        return Err(Refusal::at(400, "invalid", format!("the body is no {kind}"), "resourceType"));
    }
    if manners == Manners::Loose {
        return Ok(body.clone());
    }
    if manners == Manners::Strict {
        required(kind, body)?;
        codes(kind, body)?;
        targets(kind, body)?;
    }
    let mut dangling = None;
    references(body, kind, &mut |place, target| {
        let stored = |(k, id): (&str, &str)| rows::newest(db, k, id).is_ok_and(|n| n.is_some_and(|n| n.body.is_some()));
        let here = inside(target) || target.split_once('/').is_some_and(stored);
        if !here && dangling.is_none() {
            dangling = Some((place.to_owned(), target.to_owned()));
        }
    });
    match dangling {
        Some((place, target)) => Err(Refusal::at(400, "not-found", format!("{target} is not here"), place)),
        None if manners == Manners::Hapi => Ok(without_unknown(kind, body)),
        None => Ok(body.clone()),
    }
}

/// As measured: HAPI drops an unknown element without a word.
fn without_unknown(kind: &str, body: &Value) -> Value {
    let Some((_, own)) = ELEMENTS.iter().find(|(k, _)| *k == kind) else { return body.clone() };
    let known = |key: &str| COMMON.split(' ').chain(own.split(' ')).any(|element| element == key.trim_start_matches('_'));
    let kept = body.as_object().into_iter().flatten().filter(|(key, _)| known(key)).map(|(key, value)| (key.clone(), value.clone()));
    Value::Object(kept.collect())
}

fn required(kind: &str, body: &Value) -> Result<(), Refusal> {
    for path in REQUIRED.iter().filter(|(k, _)| *k == kind).flat_map(|(_, paths)| *paths) {
        let missing = match path.split_once('.') {
            None => empty(body.get(*path)),
            Some((list, element)) => items(body.get(list)).iter().any(|item| empty(item.get(element))),
        };
        if missing {
            return Err(Refusal::at(422, "required", format!("{kind}.{path} is required"), format!("{kind}.{path}")));
        }
    }
    Ok(())
}

fn empty(value: Option<&Value>) -> bool {
    value.is_none_or(|v| v.is_null() || v.as_array().is_some_and(Vec::is_empty) || v.as_str().is_some_and(str::is_empty))
}

fn items(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(other) => vec![other],
        None => Vec::new(),
    }
}

fn codes(kind: &str, body: &Value) -> Result<(), Refusal> {
    for (_, path, allowed) in CODES.iter().filter(|(k, ..)| *k == kind) {
        let values = match path.split_once('.') {
            None => items(body.get(*path)),
            Some((list, element)) => items(body.get(list)).into_iter().flat_map(|item| items(item.get(element))).collect(),
        };
        if values.iter().any(|v| !v.as_str().is_some_and(|code| allowed.contains(&code))) {
            return Err(Refusal::at(
                422,
                "code-invalid",
                format!("{kind}.{path}: not a code of its required binding"),
                format!("{kind}.{path}"),
            ));
        }
    }
    Ok(())
}

fn targets(kind: &str, body: &Value) -> Result<(), Refusal> {
    for (_, element, allowed) in TARGETS.iter().filter(|(k, ..)| *k == kind) {
        for target in items(body.get(*element)).into_iter().filter_map(|v| v.get("reference")?.as_str()) {
            let to = target.split_once('/').map_or(target, |(to, _)| to);
            if !allowed.contains(&to) && !target.contains("://") && !target.starts_with('#') {
                return Err(Refusal::at(422, "invalid", format!("{kind}.{element} may not point at a {to}"), format!("{kind}.{element}")));
            }
        }
    }
    Ok(())
}

/// Calls `found` with place and target of every literal reference `Type/id` or unresolved `urn:`.
pub(super) fn references(value: &Value, place: &str, found: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner {
                    Value::String(target) if key == "reference" => {
                        let target = target.split_once("/_history/").map_or(target.as_str(), |(before, _)| before);
                        if !target.starts_with('#') && !target.contains("://") {
                            found(place, target);
                        }
                    }
                    _ => references(inner, &format!("{place}.{key}"), found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, place, found)),
        _ => {}
    }
}
