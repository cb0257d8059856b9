//! The search parameters that are served, as one table: type, name, kind, and the elements it looks at (FHIR R4).

use serde_json::Value;

/// How a parameter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// system|code
    Token,
    /// Type/id
    Reference,
    /// A point or range of time.
    Date,
    /// The start of a text, case aside.
    Text,
    /// A URI, whole.
    Uri,
}

use Kind::{Date, Reference, Text, Token, Uri};

/// Every served parameter besides `_id` and `_lastUpdated`.
pub const TABLE: &[(&str, &str, Kind, &[&str])] = &[
    ("Task", "owner", Reference, &["owner"]),
    ("Task", "status", Token, &["status"]),
    ("Task", "business-status", Token, &["businessStatus"]),
    ("Task", "focus", Reference, &["focus"]),
    ("Task", "based-on", Reference, &["basedOn"]),
    ("Task", "part-of", Reference, &["partOf"]),
    ("Task", "patient", Reference, &["for"]),
    ("Task", "subject", Reference, &["for"]),
    ("Task", "code", Token, &["code"]),
    ("Task", "period", Date, &["executionPeriod"]),
    ("Task", "requester", Reference, &["requester"]),
    ("ServiceRequest", "subject", Reference, &["subject"]),
    ("ServiceRequest", "patient", Reference, &["subject"]),
    ("ServiceRequest", "based-on", Reference, &["basedOn"]),
    ("ServiceRequest", "status", Token, &["status"]),
    ("ServiceRequest", "category", Token, &["category"]),
    ("ServiceRequest", "code", Token, &["code"]),
    ("ServiceRequest", "authored", Date, &["authoredOn"]),
    ("Patient", "name", Text, &["name.family", "name.given", "name.text"]),
    ("Patient", "family", Text, &["name.family"]),
    ("Patient", "birthdate", Date, &["birthDate"]),
    ("Patient", "link", Reference, &["link.other"]),
    ("RelatedPerson", "patient", Reference, &["patient"]),
    ("Observation", "subject", Reference, &["subject"]),
    ("Observation", "patient", Reference, &["subject"]),
    ("Observation", "focus", Reference, &["focus"]),
    ("Observation", "code", Token, &["code"]),
    ("Observation", "date", Date, &["effectiveDateTime", "effectivePeriod"]),
    ("Observation", "encounter", Reference, &["encounter"]),
    ("Observation", "derived-from", Reference, &["derivedFrom"]),
    ("DocumentReference", "subject", Reference, &["subject"]),
    ("DocumentReference", "patient", Reference, &["subject"]),
    ("DocumentReference", "related", Reference, &["context.related"]),
    ("DocumentReference", "relatesto", Reference, &["relatesTo.target"]),
    ("DocumentReference", "encounter", Reference, &["context.encounter"]),
    ("DocumentReference", "status", Token, &["status"]),
    ("DocumentReference", "type", Token, &["type"]),
    ("DocumentReference", "date", Date, &["date"]),
    ("Linkage", "item", Reference, &["item.resource"]),
    ("Linkage", "source", Reference, &["item.resource"]),
    ("Encounter", "subject", Reference, &["subject"]),
    ("Encounter", "patient", Reference, &["subject"]),
    ("Encounter", "based-on", Reference, &["basedOn"]),
    ("Encounter", "status", Token, &["status"]),
    ("Encounter", "date", Date, &["period"]),
    ("Provenance", "target", Reference, &["target"]),
    ("Provenance", "recorded", Date, &["recorded"]),
    ("Provenance", "agent", Reference, &["agent.who"]),
    ("CareTeam", "status", Token, &["status"]),
    ("CareTeam", "participant", Reference, &["participant.member"]),
    ("PractitionerRole", "practitioner", Reference, &["practitioner"]),
    ("PractitionerRole", "organization", Reference, &["organization"]),
    ("PractitionerRole", "role", Token, &["code"]),
    ("PractitionerRole", "specialty", Token, &["specialty"]),
    ("Practitioner", "name", Text, &["name.family", "name.given", "name.text"]),
    ("Organization", "name", Text, &["name"]),
    ("Organization", "type", Token, &["type"]),
    ("Location", "name", Text, &["name"]),
    ("Location", "organization", Reference, &["managingOrganization"]),
    ("HealthcareService", "organization", Reference, &["providedBy"]),
    ("HealthcareService", "location", Reference, &["location"]),
    ("HealthcareService", "name", Text, &["name"]),
    ("HealthcareService", "active", Token, &["active"]),
    ("Flag", "subject", Reference, &["subject"]),
    ("Flag", "patient", Reference, &["subject"]),
    ("Communication", "part-of", Reference, &["partOf"]),
    ("Communication", "based-on", Reference, &["basedOn"]),
    ("Communication", "subject", Reference, &["subject"]),
    ("Communication", "sent", Date, &["sent"]),
    ("Consent", "patient", Reference, &["patient"]),
    ("Consent", "status", Token, &["status"]),
    ("Questionnaire", "url", Uri, &["url"]),
    ("QuestionnaireResponse", "patient", Reference, &["subject"]),
    ("QuestionnaireResponse", "subject", Reference, &["subject"]),
    ("Library", "url", Uri, &["url"]),
    ("Library", "name", Text, &["name"]),
    ("AuditEvent", "date", Date, &["recorded"]),
    ("Basic", "code", Token, &["code"]),
    ("Basic", "subject", Reference, &["subject"]),
];

/// The types whose parameters are served; others can be read and written, not searched by content.
pub fn types() -> Vec<&'static str> {
    let mut all: Vec<&str> = TABLE.iter().map(|(kind, ..)| *kind).collect();
    all.dedup();
    all
}

/// The parameter `name` of `kind`.
pub fn find(kind: &str, name: &str) -> Option<(Kind, Vec<&'static str>)> {
    match name {
        "identifier" => Some((Token, vec!["identifier"])),
        "_tag" => Some((Token, vec!["meta.tag"])),
        "_security" => Some((Token, vec!["meta.security"])),
        _ => TABLE.iter().find(|(k, n, ..)| *k == kind && *n == name).map(|(_, _, how, paths)| (*how, paths.to_vec())),
    }
}

/// One row of the index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Indexed {
    /// The parameter.
    pub param: &'static str,
    /// The naming system of a token.
    pub system: String,
    /// The code, `Type/id`, text in lower case, or URI.
    pub value: String,
    /// The start of a time, µs since 1970.
    pub from: Option<i64>,
    /// Its end.
    pub until: Option<i64>,
}

/// What the index holds of a resource.
pub fn index(kind: &str, body: &Value) -> Vec<Indexed> {
    let mut rows = Vec::new();
    let common: [(&'static str, Kind, &[&str]); 3] =
        [("identifier", Token, &["identifier"]), ("_tag", Token, &["meta.tag"]), ("_security", Token, &["meta.security"])];
    let own = TABLE.iter().filter(|(k, ..)| *k == kind).map(|(_, name, how, paths)| (*name, *how, *paths));
    for (param, how, paths) in common.into_iter().chain(own) {
        for path in paths {
            for value in at(body, path) {
                rows.extend(rows_of(param, how, value));
            }
        }
    }
    rows
}

/// Every value at a dotted path, through lists.
fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for step in path.split('.') {
        found = found
            .into_iter()
            .filter_map(|v| v.get(step))
            .flat_map(|v| v.as_array().map_or_else(|| vec![v], |list| list.iter().collect()))
            .collect();
    }
    found
}

fn rows_of(param: &'static str, how: Kind, value: &Value) -> Vec<Indexed> {
    let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let plain = Indexed { param, ..Indexed::default() };
    match how {
        Token => match value {
            Value::String(code) => vec![Indexed { value: code.clone(), ..plain }],
            Value::Bool(flag) => vec![Indexed { value: flag.to_string(), ..plain }],
            Value::Object(map) if map.contains_key("coding") => at(value, "coding")
                .into_iter()
                .map(|c| Indexed { system: text(c, "system"), value: text(c, "code"), ..plain.clone() })
                .collect(),
            Value::Object(map) if map.contains_key("code") => {
                vec![Indexed { system: text(value, "system"), value: text(value, "code"), ..plain }]
            }
            Value::Object(_) => vec![Indexed { system: text(value, "system"), value: text(value, "value"), ..plain }],
            _ => Vec::new(),
        },
        Reference => {
            let target = text(value, "reference");
            let target = target.split_once("/_history/").map_or(target.as_str(), |(before, _)| before).to_owned();
            if target.is_empty() { Vec::new() } else { vec![Indexed { value: target, ..plain }] }
        }
        Text => value.as_str().map(|t| Indexed { value: t.to_lowercase(), ..plain }).into_iter().collect(),
        Uri => value.as_str().map(|t| Indexed { value: t.to_owned(), ..plain }).into_iter().collect(),
        Date => {
            let span = match value {
                Value::String(text) => span(text),
                _ => {
                    let (start, end) = (span(&text(value, "start")), span(&text(value, "end")));
                    Some((start.map_or(i64::MIN, |s| s.0), end.map_or(i64::MAX, |e| e.1)))
                }
            };
            span.map(|(from, until)| Indexed { from: Some(from), until: Some(until), ..plain }).into_iter().collect()
        }
    }
}

/// The span of time that a FHIR date, dateTime or instant covers, in µs since 1970; `None` where it is none.
pub fn span(text: &str) -> Option<(i64, i64)> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        let start = at.as_microsecond();
        return Some((start, start + if text.contains('.') { 999 } else { 999_999 }));
    }
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        10 => text.to_owned(),
        _ => return None,
    };
    let first: jiff::civil::Date = full.parse().ok()?;
    let length = match text.len() {
        4 => jiff::Span::new().years(1),
        7 => jiff::Span::new().months(1),
        _ => jiff::Span::new().days(1),
    };
    let micro = |date: jiff::civil::Date| date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp().as_microsecond());
    Some((micro(first)?, micro(first.checked_add(length).ok()?)? - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_covers_its_day_and_an_instant_its_second() {
        let (from, until) = span("2026-11-23").unwrap();
        assert_eq!(until - from + 1, 86_400_000_000);
        assert_eq!(span("2026-11-23T00:00:00Z").unwrap().0, from);
        assert_eq!(span("yesterday"), None);
    }
}
