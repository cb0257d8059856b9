//! The agency's rules of sharing as agency data: one Library with the domain name on its documents, whether police read what
//! a call-taker gets, what is narrower here, which reports are duties, and which organisations are no services that treat.
//!
//! Rule: a table that this release cannot read whole is left, and the newest that it can read stands; without one, police
//! read. Neighbours: `sharing::narrowing` applies it.

use serde_json::{Value, json};

use super::{Document, agency};
use crate::base::Code;
use crate::base::ids::OrganizationId;
use crate::sharing::{DecidedBy, Duty, Narrowing, Receiving, Rules};

/// The name of the table.
const SHARING: &str = "sharing";

/// Writes the table.
pub fn write(id: &str, rules: &Rules) -> Document {
    let narrowing = |row: &Narrowing| {
        json!({ "area": row.area, "origin": row.origin.map(Code::code), "kind": row.kind.map(Code::code), "to": row.to.map(Code::code),
            "on": row.on.map(Code::code), "decidedBy": row.decided_by.map(Code::code), "law": row.law })
    };
    let duty = |duty: &Duty| json!({ "area": duty.area, "to": duty.to.code(), "law": duty.law });
    let receiver =
        |(organization, kind): &(OrganizationId, Receiving)| json!({ "organization": organization.as_str(), "kind": kind.code() });
    let table = json!({
        "version": agency::VERSION,
        "issuer": rules.issuer,
        "policeReadPsap": rules.police_read_psap,
        "narrower": rules.narrowings.iter().map(narrowing).collect::<Vec<_>>(),
        "duties": rules.duties.iter().map(duty).collect::<Vec<_>>(),
        "receivers": rules.receivers.iter().map(receiver).collect::<Vec<_>>(),
    });
    agency::library(SHARING, id, &table)
}

/// The agency's rules among its Libraries; those that hold without any where there are none.
pub fn read(libraries: &[Document]) -> Rules {
    agency::tables(libraries, SHARING).find_map(|(_, table)| rules(&table)).unwrap_or_default()
}

fn rules(table: &Value) -> Option<Rules> {
    let list = |key: &str| table.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let issuer = match text(table, "issuer")? {
        Some(issuer) if !is_domain(&issuer) => return None,
        issuer => issuer,
    };
    Some(Rules {
        issuer,
        police_read_psap: table.get("policeReadPsap").is_none_or(|read| read.as_bool() != Some(false)),
        narrowings: list("narrower").iter().map(narrowing).collect::<Option<_>>()?,
        duties: list("duties").iter().map(duty).collect::<Option<_>>()?,
        receivers: list("receivers").iter().map(receiver).collect::<Option<_>>()?,
    })
}

/// A text that may be missing; `None` where something else stands there.
fn text(of: &Value, key: &str) -> Option<Option<String>> {
    match of.get(key) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(text.clone())),
        Some(_) => None,
    }
}

/// A code that may be missing; `None` where it is one that this release does not know.
fn code<C: Code>(of: &Value, key: &str) -> Option<Option<C>> {
    text(of, key)?.map(|text| C::from_code(&text)).map_or(Some(None), |code| code.map(Some))
}

fn narrowing(row: &Value) -> Option<Narrowing> {
    Some(Narrowing {
        area: text(row, "area")?,
        origin: code(row, "origin")?,
        kind: code(row, "kind")?,
        to: code(row, "to")?,
        on: code(row, "on")?,
        decided_by: code::<DecidedBy>(row, "decidedBy")?,
        law: text(row, "law")??,
    })
}

fn duty(row: &Value) -> Option<Duty> {
    Some(Duty { area: text(row, "area")?, to: code(row, "to")??, law: text(row, "law")?? })
}

fn receiver(row: &Value) -> Option<(OrganizationId, Receiving)> {
    Some((OrganizationId::parse(&text(row, "organization")??).ok()?, code(row, "kind")??))
}

/// Whether it can be a domain name.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.len() <= 63 && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sharing::{Ground, Information, Origin};

    fn full() -> Rules {
        Rules {
            issuer: Some("crisis.alder.example".into()),
            police_read_psap: false,
            narrowings: vec![Narrowing {
                area: Some("nation".into()),
                origin: Some(Origin::Health),
                kind: Some(Information::Rest),
                to: Some(Receiving::Treating),
                on: Some(Ground::Treatment),
                decided_by: Some(DecidedBy::Lead),
                law: "a law of the nation".into(),
            }],
            duties: vec![Duty { area: None, to: Receiving::Cps, law: "a law of the state".into() }],
            receivers: vec![(OrganizationId::parse("school").unwrap(), Receiving::School)],
        }
    }

    #[test]
    fn the_rules_come_back_as_they_were_written() {
        assert_eq!(read(&[write("s", &full())]), full());
        assert_eq!(read(&[]), Rules::default());
    }

    #[test]
    fn a_table_with_anything_unknown_leaves_the_last_good_one() {
        let mut good = write("s", &full());
        good.set("meta", json!({ "lastUpdated": "2026-11-23T05:00:00Z" }));
        for table in [
            json!({ "version": 1, "issuer": "no domain" }),
            json!({ "version": 1, "narrower": [{ "origin": "hearsay", "law": "x" }] }),
            json!({ "version": 1, "narrower": [{ "origin": "health" }] }),
            json!({ "version": 1, "duties": [{ "to": "press", "law": "x" }] }),
        ] {
            let mut bad = agency::library(SHARING, "t", &table);
            bad.set("meta", json!({ "lastUpdated": "2026-11-24T05:00:00Z" }));
            assert_eq!(read(&[good.clone(), bad]), full(), "{table}");
        }
        let unsaid = agency::library(SHARING, "u", &json!({ "version": 1 }));
        assert!(read(&[unsaid]).police_read_psap, "unknown is yes");
    }
}
