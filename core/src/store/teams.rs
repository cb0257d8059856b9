//! The agency's teams, read from their slim rows.
//!
//! Rule: a row says what [`views::teams`](crate::views::teams) says of the documents; what binds a team is the most urgent of its
//! open assignments, read with it.
//! Neighbours: `projections::teams` writes the rows.

use rusqlite::Row;

use super::database::Store;
use super::error::{StoreError, seen};
use super::projections::teams::MemberText;
use crate::base::ids::TeamId;
use crate::base::{Code, Position};
use crate::incident::Urgency;
use crate::records::RecordsError;
use crate::team::{Capability, Commitment, CrewRole, Fix, Member, Shift, Team};
use crate::views::teams::Teams;

/// A row as it was put; a value that cannot be read is one that this release did not write.
fn row(row: &Row<'_>) -> rusqlite::Result<Option<Team>> {
    let text = |index: usize| row.get::<_, String>(index);
    let time = |index: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(index)?.and_then(|text| text.parse().ok()));
    let fix = match (row.get::<_, Option<f64>>(9)?, row.get::<_, Option<f64>>(10)?, row.get::<_, Option<f64>>(11)?, time(12)?) {
        (Some(latitude), Some(longitude), Some(accuracy_m), Some(at)) => {
            Position::new(latitude, longitude).ok().map(|position| Fix { position, at, accuracy_m })
        }
        _ => None,
    };
    let Ok(id) = TeamId::parse(&text(0)?) else { return Ok(None) };
    let crew: Vec<MemberText> = serde_json::from_str(&text(3)?).unwrap_or_default();
    let capabilities: Vec<String> = serde_json::from_str(&text(4)?).unwrap_or_default();
    let member = |m: MemberText| Member {
        id: m.id,
        name: m.name,
        role: CrewRole::from_code(&m.role).unwrap_or(CrewRole::Peer),
        languages: m.languages,
    };
    let urgency = row.get::<_, Option<u8>>(13)?.and_then(|urgency| Urgency::ALL.get(usize::from(urgency)).copied());
    Ok(Some(Team {
        id,
        name: text(2)?,
        crew: crew.into_iter().map(member).collect(),
        capabilities: capabilities.iter().filter_map(|code| Capability::from_code(code)).collect(),
        areas: serde_json::from_str(&text(5)?).unwrap_or_default(),
        shift: time(6)?.zip(time(7)?).map(|(from, until)| Shift { from, until }),
        on_break: row.get(8)?,
        fix,
        commitment: urgency.map(|urgency| Commitment { urgency, until: None }),
    }))
}

impl Store {
    fn team_rows(&self) -> Result<Vec<Team>, StoreError> {
        self.fresh(|store| {
            let mut statement = store.connection.prepare_cached(
                "SELECT t.*, (SELECT min(urgency) FROM assignments a WHERE a.team = t.id AND a.open = 1)
                 FROM teams t JOIN documents d ON d.kind = 'CareTeam' AND d.id = t.id ORDER BY d.row",
            )?;
            let teams = statement.query_map([], row)?.collect::<Result<Vec<_>, _>>()?;
            Ok(teams.into_iter().flatten().collect())
        })
    }
}

impl Teams for Store {
    fn teams(&self) -> Result<Vec<Team>, RecordsError> {
        self.team_rows().map_err(seen("CareTeam"))
    }
}
