//! What the index holds of a resource: one row for each value that a search parameter looks at. Rows are made when a
//! resource is written, so that a search is SQL and never reads documents. The table of parameters is
//! [`super::parameters`].

use serde_json::Value;

use super::dates;
use super::parameters::{self, Kind};
use super::types;

/// One row of the index. Which columns are filled depends on the kind of the parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub param: &'static str,
    /// The naming system of a token.
    pub system: Option<String>,
    /// A code, a text as written, a URI, or a reference that is no `Type/id`.
    pub code: Option<String>,
    /// A text, case and accents aside.
    pub folded: Option<String>,
    pub ref_type: Option<String>,
    pub ref_id: Option<String>,
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// The rows of a resource. `base` is the server's own address: what begins with it is a reference to this server.
pub(super) fn rows(kind: &str, body: &Value, base: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for (param, how, paths) in parameters::of(kind) {
        for path in paths {
            let (path, only) = path.split_once('>').map_or((*path, None), |(path, only)| (path, Some(only)));
            for value in at(body, path) {
                push(&mut rows, Row { param, ..Row::default() }, how, value, base);
            }
            if let Some(only) = only {
                rows.retain(|row| row.param != param || row.ref_type.as_deref() == Some(only));
            }
        }
    }
    rows
}

/// Every value at a dotted path, through lists.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for step in path.split('.') {
        found = found.into_iter().filter_map(|v| v.get(step)).flat_map(each).collect();
    }
    found
}

/// The items of a list, or the one value.
pub(super) fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let (list, one) = match value {
        Value::Array(list) => (list.as_slice(), None),
        other => ([].as_slice(), Some(other)),
    };
    list.iter().chain(one)
}

fn push(rows: &mut Vec<Row>, row: Row, how: Kind, value: &Value, base: &str) {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    match how {
        Kind::Token => tokens(rows, &row, value),
        Kind::Text => {
            if let Some(written) = value.as_str() {
                rows.push(Row { code: Some(written.to_owned()), folded: Some(fold(written)), ..row });
            }
        }
        Kind::Uri => rows.extend(value.as_str().map(|uri| Row { code: Some(uri.to_owned()), ..row })),
        Kind::Reference => {
            // A canonical is a plain text.
            let target = value.as_str().map(str::to_owned).or_else(|| text("reference"));
            rows.extend(target.filter(|t| !t.is_empty() && !t.starts_with('#')).map(|target| match literal(&target, base) {
                Some((ref_type, ref_id)) => Row { ref_type: Some(ref_type.into()), ref_id: Some(ref_id.into()), ..row },
                None => Row { code: Some(target), ..row },
            }));
        }
        Kind::Date => {
            let span = match value {
                Value::String(text) => dates::span(text),
                _ => dates::period(text("start").as_deref(), text("end").as_deref()),
            };
            rows.extend(span.map(|(from, to)| Row { from: Some(from), to: Some(to), ..row }));
        }
    }
}

/// code, boolean, Coding, CodeableConcept, Identifier.
fn tokens(rows: &mut Vec<Row>, row: &Row, value: &Value) {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let one = |system, code: Option<String>| code.map(|code| Row { system, code: Some(code), ..row.clone() });
    match value {
        Value::String(code) => rows.extend(one(None, Some(code.clone()))),
        Value::Bool(flag) => rows.extend(one(None, Some(flag.to_string()))),
        Value::Object(map) => match map.get("coding") {
            Some(codings) => rows.extend(each(codings).filter_map(|coding| one(text(coding, "system"), text(coding, "code")))),
            None => rows.extend(one(text(value, "system"), text(value, "code").or_else(|| text(value, "value")))),
        },
        _ => {}
    }
}

/// Type and id of a literal reference to this server, its version aside.
pub(super) fn literal<'a>(target: &'a str, base: &str) -> Option<(&'a str, &'a str)> {
    let target = target.strip_prefix(base).map_or(target, |rest| rest.trim_start_matches('/'));
    let target = target.split_once("/_history/").map_or(target, |(before, _)| before);
    let (kind, id) = target.split_once('/')?;
    (types::is_type(kind) && anydoor_core::base::ids::is_legal(id)).then_some((kind, id))
}

/// A text as it is compared: lower case, without accents.
pub(super) fn fold(text: &str) -> String {
    let plain = |letter: char| match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'į' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ű' | 'ů' => 'u',
        'ý' | 'ÿ' => 'y',
        'ś' | 'š' | 'ş' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    };
    text.chars().flat_map(char::to_lowercase).filter(|c| !('\u{300}'..='\u{36f}').contains(c)).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patient_looks_only_at_patients() {
        let flag = json!({ "resourceType": "Flag", "subject": { "reference": "Location/l" } });
        let rows = rows("Flag", &flag, "http://s/fhir");
        assert_eq!(rows.iter().map(|row| (row.param, row.ref_type.as_deref())).collect::<Vec<_>>(), [("subject", Some("Location"))]);
    }

    #[test]
    fn a_reference_is_read_in_every_form() {
        let own = |target| literal(target, "http://s/fhir");
        assert_eq!(own("Patient/a"), Some(("Patient", "a")));
        assert_eq!(own("Patient/a/_history/3"), Some(("Patient", "a")));
        assert_eq!(own("http://s/fhir/Patient/a"), Some(("Patient", "a")));
        for other in ["http://else/fhir/Patient/a", "urn:uuid:1", "#a", "Patient", "Banana/a", "Patient/a/b", "Patient/"] {
            assert_eq!(own(other), None, "{other}");
        }
    }

    #[test]
    fn accents_and_case_do_not_count() {
        assert_eq!(fold("MUÑOZ Ibáñez"), "munoz ibanez");
        assert_eq!(fold("Iba\u{301}n\u{303}ez"), "ibanez");
    }
}
