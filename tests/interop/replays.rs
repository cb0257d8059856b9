//! Records what a phone writes in a small visit on any FHIR server, and writes it there again: everything one to three
//! times, in any order. What never changes is the same at once, the rest once the phone has synced, and nothing is there
//! that was not (P18).
//!
//! `replays URL`; the visit stays on that server.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anydoor_core::fhir::{Document, handoff, safety};
use anydoor_core::handoff::HandoffState;
use anydoor_core::safety::Acknowledgement;
use anydoor_core::sync::Patience;
use anydoor_core::sync::transport::{NoToken, Transport};
use anydoor_sandbox::county::County;
use anydoor_sandbox::gateway::Gateway;
use anydoor_tests::proxy::{Exchange, Fault, Proxy, replay};
use anydoor_tests::sides::settle;
use anydoor_tests::twice::{There, differences, is_immutable, shuffled, there};
use anydoor_tests::{Phone, Who, visit};

type Tested<T> = Result<T, Box<dyn std::error::Error>>;

/// One visit with its phone, and everything that the phone wrote.
struct Played {
    gateway: Gateway,
    phone: Phone,
    writes: Vec<Exchange>,
    _proxy: Proxy,
}

/// A visit with a note, an addendum, a call for help, a referral and follow-ups; the receivers answer.
async fn play(base: &str) -> Tested<Played> {
    let county = County::generate(13, anydoor_core::clock::Instant::now());
    let gateway = Gateway::new(Transport::new(base, Arc::new(NoToken))?, county.agency.as_str());
    gateway.write("the county", &county.documents()).await?;
    let proxy = Proxy::new(base, |_, _| Fault::None).await?;
    let phone = Phone::new(&county, proxy.base_url(), Who::default(), Arc::new(NoToken), Patience::default())?;
    phone.client.sync(true).await?;
    let started = visit::begin(&county, &phone)?;
    settle(&[&phone]).await?;
    let asked = phone.client.escalate(&started.assignment, county.psap.as_str(), "ems", "+12155550100")?;
    visit::end(&county, &phone, &started)?;
    settle(&[&phone]).await?;
    let said = Acknowledgement { who: "call-taker 7".into(), at: anydoor_core::clock::Instant::now(), channel: "cad".into() };
    gateway.change(&format!("Task/{}", asked.id), |task| safety::acknowledge(task, &said, "accepted")).await?;
    for referral in phone.client.handoffs(&started.assignment)? {
        let says_yes = |task: &mut Document| handoff::answer(task, "accepted", Some(HandoffState::Accepted), None);
        gateway.change(&format!("Task/{}", referral.task), says_yes).await?;
    }
    settle(&[&phone]).await?;
    let writes = proxy.recorded().into_iter().filter(Exchange::writes).collect();
    Ok(Played { gateway, phone, writes, _proxy: proxy })
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
    settle(&[&played.phone]).await?;
    let healed = there(&played.gateway).await?;
    wrong.extend(differences(before, &healed, |_| true));
    wrong.extend(played.phone.client.needs_you()?.into_iter().map(|row| format!("{} needs a person: {}", row.document, row.reason)));
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
    let mut right = played.writes.len() >= 5;
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
