//! The slim rows of teams, kept so that ranking fifty teams does not read two hundred documents.
//!
//! Rule: [`views::teams::team`](crate::views::teams::team) says what stands in one. Neighbours: `changed` calls, `store::teams`
//! reads.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::base::Code;
use crate::base::ids::MemberId;
use crate::fhir::{self, Document};
use crate::store::error::StoreError;
use crate::store::records::Rows;
use crate::store::references::pointing;
use crate::team::{Member, Team};
use crate::views::teams::team;

/// A member, as the row keeps it.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct MemberText {
    pub id: MemberId,
    pub name: String,
    pub role: String,
    pub languages: Vec<String>,
}

/// The teams whose row a document changes: its own, that of a member, that of a position. As `CareTeam/id`.
pub(super) fn touched_by(tx: &Connection, document: &Document) -> Result<Vec<String>, StoreError> {
    match document.kind() {
        "CareTeam" => Ok(vec![document.reference()]),
        "Practitioner" => pointing(tx, "CareTeam", "participant", &document.reference()),
        "Location" => {
            let mut statement = tx.prepare_cached("SELECT 'CareTeam/' || id FROM teams WHERE position = ?")?;
            Ok(statement.query_map([document.id()], |row| row.get(0))?.collect::<Result<_, _>>()?)
        }
        _ => Ok(Vec::new()),
    }
}

/// Writes the row of one team anew; a CareTeam that cannot be read has none.
pub(super) fn write(tx: &Connection, document: &Document) -> Result<(), StoreError> {
    match team(&Rows(tx), document)? {
        Some(team) => put(tx, &team),
        None => forget(tx, document.id()),
    }
}

/// Removes the row of a team that is gone.
pub(super) fn forget(tx: &Connection, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM teams WHERE id = ?")?.execute([id])?;
    Ok(())
}

fn put(tx: &Connection, team: &Team) -> Result<(), StoreError> {
    let member =
        |m: &Member| MemberText { id: m.id.clone(), name: m.name.clone(), role: m.role.code().to_owned(), languages: m.languages.clone() };
    let text = |value: serde_json::Result<String>| value.map_err(|_| StoreError::Cipher);
    let crew = text(serde_json::to_string(&team.crew.iter().map(member).collect::<Vec<_>>()))?;
    let capabilities = text(serde_json::to_string(&team.capabilities.iter().map(|c| c.code()).collect::<Vec<_>>()))?;
    let areas = text(serde_json::to_string(&team.areas))?;
    tx.prepare_cached("INSERT OR REPLACE INTO teams VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        team.id.as_str(),
        fhir::team::position_id(&team.id).as_str(),
        team.name,
        crew,
        capabilities,
        areas,
        team.shift.map(|shift| shift.from.to_string()),
        team.shift.map(|shift| shift.until.to_string()),
        team.on_break,
        team.fix.map(|fix| fix.position.latitude()),
        team.fix.map(|fix| fix.position.longitude()),
        team.fix.map(|fix| fix.accuracy_m),
        team.fix.map(|fix| fix.at.to_string()),
    ])?;
    Ok(())
}
