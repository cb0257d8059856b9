//! Records what two phones write in a shift on any FHIR server, and writes it there again: everything one to three
//! times, in any order. What never changes is the same at once, the rest once the phones have synced, and nothing is there
//! that was not (P18).
//!
//! `replays URL`; the shift stays on that server.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anydoor_core::fhir::escalation;
use anydoor_core::http::Timeouts;
use anydoor_core::http::{NoToken, Transport};
use anydoor_core::safety::Acknowledgement;
use anydoor_sandbox::county::County;
use anydoor_sandbox::gateway::Gateway;
use anydoor_tests::proxy::{Exchange, Fault, Proxy, replay};
use anydoor_tests::sides::settle;
use anydoor_tests::twice::{There, differences, is_immutable, shuffled, there};
use anydoor_tests::{Phone, Who, shift};
use serde_json::json;

type Tested<T> = Result<T, Box<dyn std::error::Error>>;

/// A shift with its phones, and everything that they wrote.
struct Played {
    gateway: Gateway,
    phones: [Phone; 2],
    writes: Vec<Exchange>,
    _proxy: Proxy,
}

/// A shift of two phones, a call for help, and an offer that one of them claims; the receivers answer.
async fn play(base: &str) -> Tested<Played> {
    let county = County::generate(13, anydoor_core::base::clock::Instant::now());
    let gateway = Gateway::new(Transport::new(base, Arc::new(NoToken))?, &county.agency);
    gateway.write("the county", &county.documents()).await?;
    let proxy = Proxy::new(base, |_, _| Fault::None).await?;
    let phone = |member| Phone::new(&county, proxy.base_url(), Who { member, ..Who::default() }, Arc::new(NoToken), Timeouts::default());
    let (ana, ben) = (phone(0)?, phone(1)?);
    let offer = offer(&gateway).await?;
    let started = shift::play(&county, &gateway, &ana, &ben).await?;
    let asked = ana.escalate(&started.assignment)?;
    let crew = county.teams.first().map(|team| team.crew.iter().map(|member| member.id.to_string()).collect());
    ben.client.claim(&offer, crew.unwrap_or_default(), None)?;
    ben.client.sync(false).await?;
    // The second look comes after five seconds.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    settle(&[&ana, &ben]).await?;
    ben.client.tap(&offer, "en-route", "")?;
    settle(&[&ana, &ben]).await?;
    let said = Acknowledgement { who: "call-taker 7".into(), at: anydoor_core::base::clock::Instant::now(), channel: "cad".into() };
    gateway.change(&format!("Task/{}", asked.id), |task| escalation::acknowledge(task, &said, "accepted")).await?;
    settle(&[&ana, &ben]).await?;
    let writes = proxy.recorded().into_iter().filter(Exchange::writes).collect();
    Ok(Played { gateway, phones: [ana, ben], writes, _proxy: proxy })
}

/// A 988 centre's order, open to any team. Returns its assignment.
async fn offer(gateway: &Gateway) -> Tested<String> {
    let now = anydoor_core::base::clock::Instant::now();
    let order = json!({ "resourceType": "Bundle", "type": "collection", "entry": [{ "resource": { "resourceType": "ServiceRequest",
        "id": "r", "status": "active", "intent": "order", "identifier": [{ "system": "urn:988", "value": anydoor_core::base::ids::fresh() }],
        "code": { "text": "wants to talk" }, "authoredOn": now.to_string(), "subject": { "display": "unnamed" } } }] });
    Ok(gateway.receive_988(order.to_string().as_bytes(), None).await?.assignment.to_string())
}

/// How many versions the server has made of these.
fn versions(there: &There) -> u64 {
    there.values().filter_map(|document| document.version()?.parse::<u64>().ok()).sum()
}

/// Replays in the order of this seed; returns what is wrong.
async fn again(base: &str, played: &Played, before: &There, seed: u64) -> Tested<Vec<String>> {
    let all = shuffled(&played.writes, seed);
    let made = versions(&there(&played.gateway).await?);
    for write in &all {
        replay(base, write).await?;
    }
    let after = there(&played.gateway).await?;
    let mut wrong = differences(before, &after, is_immutable);
    let set_back = differences(before, &after, |document| !is_immutable(document)).len();
    settle(&played.phones.each_ref()).await?;
    let healed = there(&played.gateway).await?;
    wrong.extend(differences(before, &healed, |_| true));
    for phone in &played.phones {
        wrong.extend(phone.client.needs_you()?.into_iter().map(|row| format!("{} needs a person: {}", row.document, row.reason)));
    }
    println!(
        "replays: seed {seed} · {} writes sent {} times · {} documents · set back {set_back} · versions {} more by the replay, {} by the phone · wrong {}",
        played.writes.len(),
        all.len(),
        before.len(),
        versions(&after).saturating_sub(made),
        versions(&healed).saturating_sub(versions(&after)),
        wrong.len()
    );
    Ok(wrong)
}

async fn replays(base: &str) -> Tested<bool> {
    let began = Instant::now();
    let played = play(base).await?;
    let before = there(&played.gateway).await?;
    let mut right = played.writes.len() >= 15;
    for seed in 1..=2 {
        let wrong = again(base, &played, &before, seed).await?;
        wrong.iter().for_each(|line| println!("replays: {line}"));
        right &= wrong.is_empty();
    }
    println!("replays: {:.0} s", began.elapsed().as_secs_f64());
    Ok(right)
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(base) = std::env::args().nth(1) else {
        eprintln!("replays URL");
        return ExitCode::FAILURE;
    };
    match replays(&base).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("replays: {error}");
            ExitCode::FAILURE
        }
    }
}
