//! A client in sixty lines: a visit offline, sent to an agency's server, and read back.
//! `cargo run -p anydoor-sandbox --example client` plays it against the sandbox's own server.

use std::sync::Arc;

use anydoor_core::api::{Anydoor, AnydoorError, ClosingInput, Config, ItemTruth, OnViewInput};
use anydoor_core::base::clock::SystemClock;
use anydoor_core::http::{NoToken, Transport};
use anydoor_sandbox::county::County;
use anydoor_sandbox::gateway::Gateway;
use anydoor_sandbox::server::{Options, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::start(Options::default()).await?;
    let county = County::generate(1, jiff::Timestamp::now());
    let transport = Transport::new(server.base_url(), Arc::new(NoToken))?;
    Gateway::new(transport, &county.agency).write("the county", &county.documents()).await?;
    let team = county.teams.first().ok_or("the county has no team")?;
    let crew: Vec<String> = team.crew.iter().map(|member| member.id.to_string()).collect();
    let folder = tempfile::tempdir()?;
    let config = Config {
        folder: folder.path().to_string_lossy().into_owned(),
        server: server.base_url().to_owned(),
        agency: county.agency.to_string(),
        member: crew.first().cloned().unwrap_or_default(),
        lead: false,
        team: team.id.to_string(),
    };
    // On a phone the key comes out of the key store.
    let client = Anydoor::open_with(config, &[7; 32], Arc::new(NoToken), Arc::new(SystemClock::default()))?;

    let started = client.respond_on_view(OnViewInput {
        headline: "woman crying in the park".into(),
        urgency: "urgent".into(),
        address: Some("Orchard Park".into()),
        latitude: Some(40.1),
        longitude: Some(-75.3),
        description: Some("woman, about 30".into()),
        crew,
        alone: None,
    })?;
    for tap in ["on-scene", "contact"] {
        client.tap(&started.assignment, tap, "")?;
    }
    let draft = client.save_draft("", &started.incident, &started.person, "Talked for an hour; walks home.".into())?;
    client.sign(&draft, &started.assignment)?;
    let visit = client.assignment(&started.assignment)?.visits.first().map(|row| row.visit.clone()).unwrap_or_default();
    let answer = |code: &str| code.to_owned();
    let closing =
        ClosingInput::Met { whereabouts: answer("stayed"), travel: answer("none"), legal: answer("voluntary"), how: answer("stabilised") };
    client.close_visit(&started.assignment, &visit, closing)?;
    client.tap(&started.assignment, "clear", "")?;
    println!("on this phone: {:?}", client.assignment(&started.assignment)?.row.truth);

    let synced = client.sync(false).await?;
    println!("sent {} documents in {} requests, {} left", synced.sent, synced.round_trips, synced.unsent);
    match client.assignment(&started.assignment)?.row.truth {
        ItemTruth::AtTheAgency => println!("at the agency"),
        other => return Err(AnydoorError::Unexpected { reference: format!("{other:?}") }.into()),
    }
    Ok(())
}
