//! Plays one visit through every way of misbehaving against a real FHIR server: `misbehaviours URL`.

use std::process::ExitCode;
use std::sync::Arc;

use anydoor_core::base::clock::Instant;
use anydoor_core::http::{NoToken, Transport};
use anydoor_sandbox::county::County;
use anydoor_sandbox::gateway::Gateway;
use anydoor_tests::misbehaviour::{play, ways};

async fn all(base: &str) -> Result<bool, Box<dyn std::error::Error>> {
    let county = County::generate(17, Instant::now());
    let gateway = Gateway::new(Transport::new(base, Arc::new(NoToken))?, &county.agency);
    gateway.write("the county", &county.documents()).await?;
    let (mut count, mut right) = (0, 0);
    for way in ways() {
        let name = way.name;
        let wrong = play(base, &county, &gateway, way).await?;
        wrong.iter().for_each(|line| println!("misbehaviours: {name}: {line}"));
        count += 1;
        right += usize::from(wrong.is_empty());
    }
    println!("misbehaviours: {count} ways · {right} with nothing lost, nothing false and all said");
    Ok(right == count)
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(base) = std::env::args().nth(1) else {
        eprintln!("misbehaviours URL");
        return ExitCode::FAILURE;
    };
    match all(&base).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("misbehaviours: {error}");
            ExitCode::FAILURE
        }
    }
}
