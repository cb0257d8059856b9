//! The search parameters that are served, as one table: type, name, kind, and the elements that it looks at, spelt as
//! FHIR R4 defines them. The CapabilityStatement and the index are made from this table, so nothing is searched that
//! is not listed and nothing is listed that is not searched. `_id` and `_lastUpdated` are in [`super::search`].

use super::types;

/// How a parameter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `system|code`
    Token,
    /// `Type/id`
    Reference,
    /// A time or a period.
    Date,
    /// The start of a text; case and accents aside.
    Text,
    /// A URI, whole.
    Uri,
}

impl Kind {
    /// FHIR's code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Reference => "reference",
            Self::Date => "date",
            Self::Text => "string",
            Self::Uri => "uri",
        }
    }
}

use Kind::{Date, Reference, Text, Token, Uri};

/// Type, name, kind, paths. A path `subject>Patient` looks only at references to that type.
pub(super) type Parameter = (&'static str, &'static str, Kind, &'static [&'static str]);

const NAMES: &[&str] = &["name.family", "name.given", "name.text", "name.prefix", "name.suffix"];

/// Every parameter that belongs to one type.
pub(super) const TABLE: &[Parameter] = &[
    ("Task", "owner", Reference, &["owner"]),
    ("Task", "requester", Reference, &["requester"]),
    ("Task", "status", Token, &["status"]),
    ("Task", "business-status", Token, &["businessStatus"]),
    ("Task", "focus", Reference, &["focus"]),
    ("Task", "based-on", Reference, &["basedOn"]),
    ("Task", "part-of", Reference, &["partOf"]),
    ("Task", "group-identifier", Token, &["groupIdentifier"]),
    ("Task", "patient", Reference, &["for>Patient"]),
    ("Task", "subject", Reference, &["for"]),
    ("Task", "code", Token, &["code"]),
    ("Task", "period", Date, &["executionPeriod"]),
    ("ServiceRequest", "subject", Reference, &["subject"]),
    ("ServiceRequest", "patient", Reference, &["subject>Patient"]),
    ("ServiceRequest", "requester", Reference, &["requester"]),
    ("ServiceRequest", "based-on", Reference, &["basedOn"]),
    ("ServiceRequest", "status", Token, &["status"]),
    ("ServiceRequest", "category", Token, &["category"]),
    ("ServiceRequest", "code", Token, &["code"]),
    ("ServiceRequest", "authored", Date, &["authoredOn"]),
    ("Patient", "name", Text, NAMES),
    ("Patient", "family", Text, &["name.family"]),
    ("Patient", "birthdate", Date, &["birthDate"]),
    ("Patient", "link", Reference, &["link.other"]),
    ("RelatedPerson", "patient", Reference, &["patient"]),
    ("Observation", "subject", Reference, &["subject"]),
    ("Observation", "patient", Reference, &["subject>Patient"]),
    ("Observation", "focus", Reference, &["focus"]),
    ("Observation", "status", Token, &["status"]),
    ("Observation", "code", Token, &["code"]),
    ("Observation", "date", Date, &["effectiveDateTime", "effectivePeriod", "effectiveInstant"]),
    ("Observation", "encounter", Reference, &["encounter"]),
    ("Observation", "derived-from", Reference, &["derivedFrom"]),
    ("DocumentReference", "subject", Reference, &["subject"]),
    ("DocumentReference", "patient", Reference, &["subject>Patient"]),
    ("DocumentReference", "related", Reference, &["context.related"]),
    ("DocumentReference", "relatesto", Reference, &["relatesTo.target"]),
    ("DocumentReference", "encounter", Reference, &["context.encounter"]),
    ("DocumentReference", "status", Token, &["status"]),
    ("DocumentReference", "type", Token, &["type"]),
    ("DocumentReference", "date", Date, &["date"]),
    ("Linkage", "item", Reference, &["item.resource"]),
    ("Linkage", "source", Reference, &["item.resource"]),
    ("Encounter", "subject", Reference, &["subject"]),
    ("Encounter", "patient", Reference, &["subject>Patient"]),
    ("Encounter", "based-on", Reference, &["basedOn"]),
    ("Encounter", "status", Token, &["status"]),
    ("Encounter", "date", Date, &["period"]),
    ("Provenance", "target", Reference, &["target"]),
    ("Provenance", "patient", Reference, &["target>Patient"]),
    ("Provenance", "recorded", Date, &["recorded"]),
    ("Provenance", "when", Date, &["occurredDateTime"]),
    ("Provenance", "agent", Reference, &["agent.who"]),
    ("CareTeam", "status", Token, &["status"]),
    ("CareTeam", "participant", Reference, &["participant.member"]),
    ("PractitionerRole", "practitioner", Reference, &["practitioner"]),
    ("PractitionerRole", "organization", Reference, &["organization"]),
    ("PractitionerRole", "role", Token, &["code"]),
    ("PractitionerRole", "specialty", Token, &["specialty"]),
    ("Practitioner", "name", Text, NAMES),
    ("Organization", "name", Text, &["name", "alias"]),
    ("Organization", "type", Token, &["type"]),
    ("Location", "name", Text, &["name", "alias"]),
    ("Location", "organization", Reference, &["managingOrganization"]),
    ("HealthcareService", "organization", Reference, &["providedBy"]),
    ("HealthcareService", "location", Reference, &["location"]),
    ("HealthcareService", "service-type", Token, &["type"]),
    ("HealthcareService", "name", Text, &["name"]),
    ("HealthcareService", "active", Token, &["active"]),
    ("Flag", "subject", Reference, &["subject"]),
    ("Flag", "patient", Reference, &["subject>Patient"]),
    ("Flag", "date", Date, &["period"]),
    ("Communication", "subject", Reference, &["subject"]),
    ("Communication", "patient", Reference, &["subject>Patient"]),
    ("Communication", "based-on", Reference, &["basedOn"]),
    ("Communication", "part-of", Reference, &["partOf"]),
    ("Communication", "sent", Date, &["sent"]),
    ("Consent", "patient", Reference, &["patient"]),
    ("Consent", "status", Token, &["status"]),
    ("Questionnaire", "url", Uri, &["url"]),
    ("QuestionnaireResponse", "subject", Reference, &["subject"]),
    ("QuestionnaireResponse", "patient", Reference, &["subject>Patient"]),
    ("QuestionnaireResponse", "questionnaire", Reference, &["questionnaire"]),
    ("QuestionnaireResponse", "encounter", Reference, &["encounter"]),
    ("Library", "url", Uri, &["url"]),
    ("Library", "name", Text, &["name"]),
    ("Library", "version", Token, &["version"]),
    ("AuditEvent", "date", Date, &["recorded"]),
    ("AuditEvent", "entity", Reference, &["entity.what"]),
    ("Basic", "code", Token, &["code"]),
    ("Basic", "subject", Reference, &["subject"]),
    ("Condition", "subject", Reference, &["subject"]),
    ("Condition", "patient", Reference, &["subject>Patient"]),
    ("CarePlan", "subject", Reference, &["subject"]),
    ("CarePlan", "patient", Reference, &["subject>Patient"]),
    ("Procedure", "subject", Reference, &["subject"]),
    ("Procedure", "patient", Reference, &["subject>Patient"]),
    ("Appointment", "patient", Reference, &["participant.actor>Patient"]),
    ("EpisodeOfCare", "patient", Reference, &["patient"]),
];

/// What every type is searched by, `identifier` only where the type has one.
pub(super) const COMMON: &[(&str, Kind, &[&str])] =
    &[("identifier", Token, &["identifier", "masterIdentifier"]), ("_tag", Token, &["meta.tag"]), ("_security", Token, &["meta.security"])];

/// The parameters of a type besides `_id` and `_lastUpdated`.
pub(super) fn of(kind: &str) -> impl Iterator<Item = (&'static str, Kind, &'static [&'static str])> {
    let identified = types::has_identifier(kind);
    let common = COMMON.iter().copied().filter(move |(name, ..)| identified || *name != "identifier");
    let own: Vec<_> = TABLE.iter().filter(|(k, ..)| *k == kind).map(|(_, name, how, paths)| (*name, *how, *paths)).collect();
    common.chain(own)
}

/// The kind of a parameter; `None` where it is not served.
pub(super) fn find(kind: &str, name: &str) -> Option<(&'static str, Kind)> {
    of(kind).find(|(n, ..)| *n == name).map(|(name, how, _)| (name, how))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_only_types_of_r4() {
        assert!(TABLE.iter().all(|(kind, ..)| types::is_type(kind)));
    }

    #[test]
    fn no_parameter_stands_twice() {
        for (index, (kind, name, ..)) in TABLE.iter().enumerate() {
            assert!(!TABLE[index + 1..].iter().any(|(k, n, ..)| k == kind && n == name), "{kind}.{name}");
        }
    }

    #[test]
    fn every_path_begins_with_an_element_of_its_type() {
        for (kind, name, _, paths) in TABLE {
            for path in *paths {
                let plain = path.split('>').next().unwrap_or_default();
                assert!(crate::server::structure::knows(kind, plain), "{kind}.{name}: {path}");
            }
        }
    }
}
