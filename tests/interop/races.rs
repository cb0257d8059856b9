//! Eight phones of eight teams ask for one open offer, again and again, on any FHIR server: each time exactly one team has
//! it, the server and every phone agree on which, and the others are told (P15).
//!
//! `races URL [ROUNDS]`; the offers, teams and claims stay on that server.

use std::process::ExitCode;
use std::sync::Arc;

use anydoor_core::api::{Anydoor, AnydoorError, Config};
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{TeamId, fresh};
use anydoor_core::http::{NoToken, Transport};
use anydoor_core::team::Team;
use anydoor_sandbox::clock::ShiftClock;
use anydoor_sandbox::county::County;
use anydoor_sandbox::gateway::Gateway;
use serde_json::json;

type Tested<T> = Result<T, Box<dyn std::error::Error>>;

const PHONES: usize = 8;

struct Racer {
    team: Team,
    client: Arc<Anydoor>,
    _folder: tempfile::TempDir,
}

impl Racer {
    fn crew(&self) -> Vec<String> {
        self.team.crew.iter().map(|member| member.id.to_string()).collect()
    }
}

async fn all_sync(racers: &[Racer], full: bool) -> Tested<()> {
    let syncs: Vec<_> = racers
        .iter()
        .map(|racer| {
            let client = racer.client.clone();
            tokio::spawn(async move { client.sync(full).await })
        })
        .collect();
    for sync in syncs {
        match sync.await? {
            // A server that cannot take eight at once says so, and the next sync goes on.
            Ok(_) | Err(AnydoorError::ServerTrouble) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn offer(gateway: &Gateway, now: Instant) -> Tested<String> {
    let order = json!({ "resourceType": "Bundle", "type": "collection", "entry": [{ "resource": { "resourceType": "ServiceRequest",
        "id": "r", "status": "active", "intent": "order", "identifier": [{ "system": "urn:988", "value": fresh() }],
        "code": { "text": "wants to talk" }, "authoredOn": now.to_string(), "subject": { "display": "unnamed" } } }] });
    Ok(gateway.receive_988(order.to_string().as_bytes(), None).await?.assignment.to_string())
}

/// What one round shows: whether one team and only one has the offer, and how many of the others were told.
async fn round(gateway: &Gateway, racers: &[Racer], clock: &ShiftClock) -> Tested<(bool, usize)> {
    let offer = offer(gateway, clock.shows()).await?;
    all_sync(racers, false).await?;
    for racer in racers {
        racer.client.claim(&offer, racer.crew(), None)?;
    }
    // Together, then the second look after five seconds, then what the others need to be told.
    for _ in 0..3 {
        all_sync(racers, false).await?;
        clock.pass(6);
    }
    let task = gateway.read(&format!("Task/{offer}")).await?;
    let owner = task.text("/owner/reference").unwrap_or_default().to_owned();
    let (mut holders, mut told, mut agreed) = (0, 0, 0);
    for racer in racers {
        let row = racer.client.assignment(&offer)?.row;
        agreed += usize::from(row.team.as_deref().is_some_and(|team| owner == format!("CareTeam/{team}")));
        holders += usize::from(owner == format!("CareTeam/{}", racer.team.id));
        for lost in racer.client.needs_you()?.iter().filter(|held| held.reason == "taken-by-other") {
            told += usize::from(lost.document == format!("Task/{offer}"));
            // A stamp or visit that rode on the claim stays in sight; the claim is what is seen.
            let _ = racer.client.seen_lost_claim(lost.item);
        }
    }
    Ok((holders == 1 && agreed == racers.len(), told))
}

async fn race(base: &str, rounds: usize) -> Tested<bool> {
    // Real time: a server stamps its own, and the watermarks are its.
    let clock = Arc::new(ShiftClock::new(Instant::now()));
    let county = County::generate(11, clock.shows());
    let gateway = Gateway::new(Transport::new(base, Arc::new(NoToken))?, &county.agency);
    gateway.write("the county", &county.documents()).await?;
    let mut racers = Vec::new();
    for index in 0..PHONES {
        let mut team = county.teams[index % county.teams.len()].clone();
        team.id = TeamId::derived(&format!("racer {index}"));
        gateway.write("a team", &anydoor_core::fhir::team::write(&team, county.agency.as_str())).await?;
        let folder = tempfile::tempdir()?;
        let config = Config {
            folder: folder.path().to_string_lossy().into_owned(),
            server: base.to_owned(),
            agency: county.agency.to_string(),
            member: team.crew[0].id.to_string(),
            lead: false,
            team: team.id.to_string(),
        };
        let client = Anydoor::open_with(config, &[7; 32], Arc::new(NoToken), clock.clone())?;
        racers.push(Racer { team, client, _folder: folder });
    }
    all_sync(&racers, true).await?;
    let (mut one_owner, mut told) = (0, 0);
    for at in 0..rounds {
        let (one, others) = round(&gateway, &racers, &clock).await?;
        one_owner += usize::from(one);
        told += others;
        if !one || others != PHONES - 1 {
            println!("round {at}: one owner: {one}, others told: {others}");
        }
    }
    println!(
        "races: {PHONES} phones asked for one offer {rounds} times · one owner that all agree on: {one_owner} · told: {told} of {}",
        rounds * (PHONES - 1)
    );
    Ok(one_owner == rounds && told == rounds * (PHONES - 1))
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(base) = arguments.next() else {
        eprintln!("races URL [ROUNDS]");
        return ExitCode::FAILURE;
    };
    let rounds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(100);
    match race(&base, rounds).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("races: {error}");
            ExitCode::FAILURE
        }
    }
}
