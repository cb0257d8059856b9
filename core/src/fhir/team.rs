//! Team ↔ CareTeam, its members (Practitioner, PractitionerRole) and its position (Location).

use serde_json::{Value, json};

use super::current;
use super::document::id_of;
use super::element::{code_in, concept, extension, extension_text, extensions, reference};
use super::{Document, ReadError, incident};
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::{MemberId, PlaceId, TeamId};
use crate::incident::Place;
use crate::team::{Capability, CrewRole, Fix, Member, Shift, Team};

/// The id of a team's position.
pub fn position_id(team: &TeamId) -> PlaceId {
    PlaceId::derived(&format!("{team}/position"))
}

/// Writes a team: members, position, team.
pub fn write(team: &Team, agency: &str) -> Vec<Document> {
    let mut all = Vec::new();
    for member in &team.crew {
        all.push(practitioner(member));
        let mut role = Document::new("PractitionerRole", &crate::base::ids::derived("role", member.id.as_str()));
        role.set("active", json!(true)).set("practitioner", reference("Practitioner", member.id.as_str()));
        role.set("organization", reference("Organization", agency)).set("code", json!([concept("crew-role", member.role.code())]));
        all.push(role);
    }
    all.extend(write_position(team, agency));
    let mut doc = Document::new("CareTeam", team.id.as_str());
    let mut extra: Vec<Value> = team.capabilities.iter().map(|c| extension("capability", "valueCode", c.code())).collect();
    extra.extend(team.areas.iter().map(|area| extension("area", "valueString", area.as_str())));
    if team.on_break {
        extra.push(extension("on-break", "valueBoolean", true));
    }
    doc.set("extension", if extra.is_empty() { Value::Null } else { Value::Array(extra) });
    doc.set("status", json!("active")).set("name", json!(team.name));
    if let Some(shift) = team.shift {
        doc.set("period", json!({ "start": shift.from.to_string(), "end": shift.until.to_string() }));
    }
    let participant =
        |m: &Member| json!({ "role": [concept("crew-role", m.role.code())], "member": reference("Practitioner", m.id.as_str()) });
    if !team.crew.is_empty() {
        doc.set("participant", team.crew.iter().map(participant).collect());
    }
    doc.set("managingOrganization", json!([reference("Organization", agency)]));
    all.push(doc);
    all
}

fn practitioner(member: &Member) -> Document {
    let mut doc = Document::new("Practitioner", member.id.as_str());
    doc.set("active", json!(true)).set("name", json!([{ "text": member.name }]));
    let language = |l: &String| json!({ "coding": [{ "system": "urn:ietf:bcp:47", "code": l }] });
    if !member.languages.is_empty() {
        doc.set("communication", member.languages.iter().map(language).collect());
    }
    doc
}

/// Writes that a member leads: a role of its own, beside the one in a crew.
pub fn write_lead(member: &MemberId, agency: &str) -> Document {
    let mut role = Document::new("PractitionerRole", &crate::base::ids::derived("lead-role", member.as_str()));
    role.set("active", json!(true)).set("practitioner", reference("Practitioner", member.as_str()));
    role.set("organization", reference("Organization", agency)).set("code", json!([concept("crew-role", CrewRole::Lead.code())]));
    role
}

/// Whether a role makes its member a lead of this agency at a time.
pub fn leads(role: &Document, agency: &str, at: Instant) -> bool {
    let is_lead = |code: &Value| code_in(code, "crew-role") == Some(CrewRole::Lead.code());
    let theirs = role.target("/organization").is_some_and(|organization| id_of(organization, "Organization") == Some(agency));
    theirs
        && role.at("/active") != Some(&Value::Bool(false))
        && current::holds(role.value(), Some(at))
        && role.list("/code").iter().any(is_lead)
}

/// Writes where a team was, with its time and accuracy; nothing where it is off shift or on a break (P29).
pub fn write_position(team: &Team, agency: &str) -> Option<Document> {
    let fix = team.fix.filter(|_| !team.on_break && team.shift.is_some())?;
    let place = Place { position: Some(fix.position), accuracy_m: Some(fix.accuracy_m), ..Place::default() };
    let mut doc = incident::write_place(position_id(&team.id).as_str(), &place);
    doc.push("extension", extension("fix-time", "valueInstant", fix.at.to_string()));
    doc.set("name", json!(format!("position of {}", team.name))).set("managingOrganization", reference("Organization", agency));
    Some(doc)
}

/// The agency of the team whose position a Location is, as an Organization's id; `None` where it is no position.
pub fn agency_of_position(location: &Document) -> Option<&str> {
    extensions(location.value(), "fix-time").next()?;
    location.target("/managingOrganization")?.strip_prefix("Organization/")
}

/// Reads a team with what `find` returns for `Type/id`. What binds it to other work is not in these documents.
///
/// # Errors
/// [`ReadError`] naming the element.
pub fn read(doc: &Document, find: &dyn Fn(&str) -> Option<Document>) -> Result<Team, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let id = TeamId::parse(doc.id()).map_err(|_| wrong("id"))?;
    let shift = doc.instant("/period/start").zip(doc.instant("/period/end")).map(|(from, until)| Shift { from, until });
    let fix = find(&format!("Location/{}", position_id(&id))).and_then(|location| {
        let place = incident::read_place(&location);
        let at = extension_text(location.value(), "fix-time", "valueInstant")?.parse().ok()?;
        Some(Fix { position: place.position?, at, accuracy_m: place.accuracy_m? })
    });
    let mut crew = Vec::new();
    for participant in doc.list("/participant") {
        let member = participant.pointer("/member/reference").and_then(Value::as_str).unwrap_or_default();
        let Some(member_id) = id_of(member, "Practitioner").and_then(|id| MemberId::parse(id).ok()) else { continue };
        let person = find(member);
        let role = participant.pointer("/role/0").and_then(|r| CrewRole::from_code(code_in(r, "crew-role")?)).unwrap_or(CrewRole::Peer);
        crew.push(Member {
            id: member_id,
            name: person.as_ref().and_then(|p| p.text("/name/0/text")).unwrap_or_default().to_owned(),
            role,
            languages: person
                .iter()
                .flat_map(|p| p.list("/communication").to_vec())
                .filter_map(|c| c.pointer("/coding/0/code")?.as_str().map(str::to_owned))
                .collect(),
        });
    }
    Ok(Team {
        id,
        name: doc.text("/name").unwrap_or_default().to_owned(),
        crew,
        capabilities: extensions(doc.value(), "capability").filter_map(|e| Capability::from_code(e.get("valueCode")?.as_str()?)).collect(),
        shift,
        on_break: extensions(doc.value(), "on-break").any(|e| e.get("valueBoolean") == Some(&Value::Bool(true))),
        fix,
        commitment: None,
        areas: extensions(doc.value(), "area").filter_map(|e| e.get("valueString")?.as_str().map(str::to_owned)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Position;

    #[test]
    fn a_team_goes_out_and_comes_back_the_same() {
        let at = |s: i64| crate::base::clock::Instant::from_second(s).unwrap();
        let mut team = Team {
            id: TeamId::fresh(),
            name: "Harbor 1".into(),
            capabilities: vec![Capability::Crisis, Capability::Youth],
            crew: vec![Member {
                id: MemberId::fresh(),
                name: "Ana Ruiz".into(),
                role: CrewRole::Clinician,
                languages: vec!["en".into(), "es".into()],
            }],
            shift: Some(Shift { from: at(0), until: at(9) }),
            on_break: false,
            commitment: None,
            areas: vec!["north".into()],
            fix: Some(Fix { position: Position::new(40.0, -75.0).unwrap(), at: at(5), accuracy_m: 12.5 }),
        };
        let docs = write(&team, "agency");
        let find = |reference: &str| docs.iter().find(|d| d.reference() == reference).cloned();
        assert_eq!(read(docs.last().unwrap(), &find).unwrap(), team);
        team.on_break = true;
        assert_eq!(write_position(&team, "agency"), None);
    }
}
