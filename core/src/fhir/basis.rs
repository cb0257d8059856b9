//! Basis ↔ Consent.
//!
//! Rule: a kind or an end that cannot be read allows nothing; what a release before scopes wrote covers treatment only.
//! Neighbours: `sharing::basis`, `acts::consent`.

use serde_json::{Value, json};

use super::document::id_of;
use super::element::{extension, extension_of, extension_text, extensions, foreign_concept, part, part_text, reference};
use super::{Document, ReadError};
use crate::base::Code;
use crate::base::ids::{BasisId, FactId, MemberId, OrganizationId, PersonId};
use crate::sharing::{Basis, BasisKind, GivenBy, Purpose, Scope};

/// Writes a basis.
pub fn write(basis: &Basis) -> Document {
    let mut doc = Document::new("Consent", basis.id.as_str());
    write_onto(basis, &mut doc);
    doc
}

/// Writes a basis onto the document it was read from; what we do not know stays.
pub fn write_onto(basis: &Basis, doc: &mut Document) {
    let mut extra: Vec<Value> = doc.list("/extension").iter().filter(|e| !is_ours(e)).cloned().collect();
    extra.push(extension("basis", "valueCode", basis.kind.code()));
    extra.extend(basis.withdrawn.map(|at| extension("withdrawn", "valueInstant", at.to_string())));
    let terms = terms(basis);
    if !terms.is_empty() {
        extra.push(extension_of("basis-terms", terms));
    }
    doc.set("extension", Value::Array(extra));
    doc.set("status", json!(if basis.withdrawn.is_some() { "inactive" } else { "active" }));
    doc.set("scope", foreign_concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Privacy Consent"));
    doc.set("category", json!([foreign_concept("http://loinc.org", "59284-0", "Consent Document")]));
    doc.set("patient", reference("Patient", basis.person.as_str())).set("dateTime", json!(basis.from.to_string()));
    doc.set("policyRule", json!({ "text": basis.law.as_deref().unwrap_or(basis.kind.code()) }));
    let mut provision = json!({ "type": "permit" });
    if let Value::Object(map) = &mut provision {
        let mut period = json!({ "start": basis.from.to_string() });
        if let (Value::Object(period), Some(until)) = (&mut period, basis.until) {
            period.insert("end".into(), json!(until.to_string()));
        }
        map.insert("period".into(), period);
        if let Some(recipient) = &basis.recipient {
            let role = foreign_concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient");
            map.insert("actor".into(), json!([{ "role": role, "reference": reference("Organization", recipient.as_str()) }]));
        }
    }
    doc.set("provision", provision);
}

fn is_ours(extension: &Value) -> bool {
    let url = extension.get("url").and_then(Value::as_str).unwrap_or_default();
    ["basis", "withdrawn", "basis-terms"].iter().any(|name| url == super::element::ours(name))
}

/// What a basis says beyond its kind; nothing for one that says no more than a release before scopes.
fn terms(basis: &Basis) -> Vec<Value> {
    let mut parts: Vec<Value> = basis.scope.iter().map(|scope| part("scope", "valueCode", scope.code())).collect();
    parts.extend(basis.facts.iter().map(|fact| part("fact", "valueString", fact.as_str())));
    let words = [
        ("until-event", basis.until_event.as_deref()),
        ("words", basis.words.as_deref()),
        ("taken-by", basis.taken_by.as_ref().map(MemberId::as_str)),
        ("notice-language", basis.notice_language.as_deref()),
        ("law", basis.law.as_deref()),
    ];
    parts.extend(words.into_iter().filter_map(|(name, words)| words.map(|words| part(name, "valueString", words))));
    let said = !parts.is_empty() || basis.given_by != GivenBy::Person || basis.purpose != Purpose::Treatment;
    if said {
        parts.push(part("given-by", "valueCode", basis.given_by.code()));
        parts.push(part("purpose", "valueCode", basis.purpose.code()));
    }
    parts
}

/// Reads a basis.
///
/// # Errors
/// [`ReadError`]; a kind, a scope or a purpose that this release does not know is an error, and so is an end that cannot be
/// read: it allows nothing.
pub fn read(doc: &Document) -> Result<Basis, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let kind = extension_text(doc.value(), "basis", "valueCode").and_then(BasisKind::from_code);
    let person = doc.target("/patient").and_then(|r| id_of(r, "Patient")).and_then(|id| PersonId::parse(id).ok());
    let named = doc.target("/provision/actor/0/reference");
    let instant = |said: Option<&Value>, element| said.and_then(Value::as_str).and_then(|t| t.parse().ok()).ok_or_else(|| wrong(element));
    let withdrawn =
        extensions(doc.value(), "withdrawn").next().map(|e| instant(e.get("valueInstant"), "extension(withdrawn)")).transpose()?;
    if withdrawn.is_none() && doc.text("/status") != Some("active") {
        return Err(wrong("status"));
    }
    let terms = extensions(doc.value(), "basis-terms").next();
    let all = |name: &str, value: &str| -> Vec<String> {
        let parts = terms.and_then(|terms| terms.get("extension")).and_then(Value::as_array).into_iter().flatten();
        let named = parts.filter(|part| part.get("url").and_then(Value::as_str) == Some(name));
        named.map(|part| part.get(value).and_then(Value::as_str).unwrap_or_default().to_owned()).collect()
    };
    let one = |name: &str, value: &str| terms.and_then(|terms| part_text(terms, name, value));
    let known = || wrong("extension(basis-terms)");
    Ok(Basis {
        id: BasisId::parse(doc.id()).map_err(|_| wrong("id"))?,
        person: person.ok_or_else(|| wrong("patient"))?,
        kind: kind.ok_or_else(|| wrong("extension(basis)"))?,
        given_by: one("given-by", "valueCode").map_or(Some(GivenBy::Person), |by| GivenBy::from_code(&by)).ok_or_else(known)?,
        recipient: named
            .map(|r| id_of(r, "Organization").and_then(|id| OrganizationId::parse(id).ok()).ok_or_else(|| wrong("provision.actor")))
            .transpose()?,
        scope: all("scope", "valueCode").iter().map(|scope| Scope::from_code(scope)).collect::<Option<_>>().ok_or_else(known)?,
        purpose: one("purpose", "valueCode").map_or(Some(Purpose::Treatment), |what| Purpose::from_code(&what)).ok_or_else(known)?,
        from: doc.instant("/provision/period/start").ok_or_else(|| wrong("provision.period"))?,
        until: doc.at("/provision/period/end").map(|end| instant(Some(end), "provision.period.end")).transpose()?,
        until_event: one("until-event", "valueString"),
        words: one("words", "valueString"),
        taken_by: one("taken-by", "valueString").and_then(|id| MemberId::parse(&id).ok()),
        notice_language: one("notice-language", "valueString"),
        law: one("law", "valueString"),
        facts: all("fact", "valueString").iter().filter_map(|id| FactId::parse(id).ok()).collect(),
        withdrawn,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_goes_out_and_comes_back_the_same() {
        let at = |s: i64| crate::base::clock::Instant::from_second(s).unwrap();
        let plain = Basis::treatment(BasisId::fresh(), &PersonId::fresh(), Some(OrganizationId::fresh()), at(5), Some(at(9)));
        assert_eq!(read(&write(&plain)).unwrap(), plain);
        let full = Basis {
            kind: BasisKind::ConsentVerbal,
            given_by: GivenBy::Guardian,
            scope: vec![Scope::Identity, Scope::Health],
            purpose: Purpose::Coordination,
            until_event: Some("the bed is given up".into()),
            words: Some("yes, tell them".into()),
            taken_by: Some(MemberId::fresh()),
            notice_language: Some("es".into()),
            law: Some("a law".into()),
            facts: vec![FactId::fresh()],
            withdrawn: Some(at(7)),
            ..plain
        };
        assert_eq!(read(&write(&full)).unwrap(), full);
    }

    #[test]
    fn a_basis_of_an_unknown_kind_or_scope_allows_nothing() {
        let mut doc = Document::new("Consent", "a");
        doc.set("extension", json!([extension("basis", "valueCode", "a-new-law")]));
        assert!(read(&doc).is_err());
        let at = crate::base::clock::Instant::UNIX_EPOCH;
        let basis = Basis { scope: vec![Scope::Health], ..Basis::treatment(BasisId::fresh(), &PersonId::fresh(), None, at, None) };
        let newer = write(&basis).to_text().replace("\"health\"", "\"genome\"");
        assert!(read(&Document::parse(newer.as_bytes()).unwrap()).is_err());
    }
}
