//! Ranking fifty teams over a phone's slim rows, beside the same view over documents.

use std::error::Error;

use anydoor_core::base::Position;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
use anydoor_core::fhir::{self, Document};
use anydoor_core::records::{AgencyKind, Records, RecordsError};
use anydoor_core::store::{Incoming, Store};
use anydoor_core::team::{Capability, CrewRole, Fix, Member, Needs, Shift, Team};
use anydoor_core::views::nearest::{Asked, NearestView, Scene, nearest_teams};
use anydoor_core::views::teams::Teams;
use serde_json::json;

use crate::fill::AGENCY;

/// How many teams.
pub const TEAMS: usize = 50;

/// The store's documents, without its tables.
pub struct Computed<'a>(pub &'a Store);

impl Records for Computed<'_> {
    fn document(&self, kind: &str, id: &str) -> Result<Option<Document>, RecordsError> {
        Records::document(self.0, kind, id)
    }
    fn pointing_at(&self, kind: &str, element: &str, target: &str) -> Result<Vec<Document>, RecordsError> {
        Records::pointing_at(self.0, kind, element, target)
    }
    fn of_kind(&self, kind: AgencyKind) -> Result<Vec<Document>, RecordsError> {
        Records::of_kind(self.0, kind)
    }
}

impl Teams for Computed<'_> {}

fn now() -> Instant {
    Instant::from_second(1_795_442_400).unwrap_or(Instant::UNIX_EPOCH)
}

/// Puts the agency's teams into a store, each with a crew of two and a position.
///
/// # Errors
/// The store's.
pub fn put(store: &mut Store) -> Result<(), Box<dyn Error>> {
    let mut documents = Vec::new();
    for n in 0..TEAMS {
        let member = |k: usize| Member {
            id: MemberId::derived(&format!("bench-team-{n}-{k}")),
            name: format!("Member {k} of {n}"),
            role: if k == 0 { CrewRole::Clinician } else { CrewRole::Peer },
            languages: vec!["en".into(), "es".into()],
        };
        let hour = jiff::SignedDuration::from_hours(4);
        let team = Team {
            id: TeamId::derived(&format!("bench-team-{n}")),
            name: format!("Team {n}"),
            crew: vec![member(0), member(1)],
            capabilities: vec![Capability::Crisis],
            shift: Some(Shift { from: now() - hour, until: now() + hour }),
            on_break: false,
            commitment: None,
            areas: vec![],
            fix: Some(Fix { position: Position::new(40.0 + n as f64 / 500.0, -75.0)?, at: now(), accuracy_m: 10.0 }),
        };
        documents.extend(fhir::team::write(&team, AGENCY));
    }
    for document in &mut documents {
        document.set("meta", json!({ "versionId": "1" }));
    }
    store.take(&Incoming { documents, read_upto: None })?;
    Ok(())
}

/// The five nearest.
///
/// # Errors
/// The records'.
pub fn ranked(records: &impl Teams) -> Result<NearestView, Box<dyn Error>> {
    let (needs, centre) = (Needs::default(), OrganizationId::derived("bench-centre"));
    let scene = Scene { position: Position::new(40.05, -75.01)?, accuracy_m: 0.0 };
    let asked = Asked { scene, needs: &needs, most: 5, now: now(), neighbour: None, centre: &centre, by_road: None };
    Ok(nearest_teams(records, &asked)?)
}
