//! Every way in which other servers and gateways were seen to misbehave, between two partners' phones and the sandbox's server.

use anydoor_core::base::clock::Instant;
use anydoor_sandbox::probe::Probe;
use anydoor_sandbox::server::Strictness;
use anydoor_tests::World;
use anydoor_tests::misbehaviour::{play, ways};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_server_does_nothing_is_lost_nothing_false_and_what_fails_is_said() -> Result<(), Box<dyn std::error::Error>> {
    let mut wrong = Vec::new();
    for way in ways() {
        let world = World::new(Strictness::Strict).await?;
        let name = way.name;
        match play(world.server.base_url(), &world.county, &world.gateway, way).await {
            Ok(found) => wrong.extend(found.into_iter().map(|line| format!("{name}: {line}"))),
            Err(error) => wrong.push(format!("{name}: the play ended with {error}")),
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_says_in_words_what_of_a_sync_will_not_work() -> Result<(), Box<dyn std::error::Error>> {
    let world = World::new(Strictness::Strict).await?;
    let agency = world.county.agency.as_str();
    for (way, says) in [
        ("another search refused", "search Provenance by target: refused (403"),
        ("the search for the team's work refused", "search open offers: refused (403"),
        ("search parameters ignored", "search Location by _id: not honoured"),
        ("next links with a server's internal name", "next links name another address"),
        ("references that cannot be followed", ""),
    ] {
        let middlebox = ways().into_iter().find(|one| one.name == way).unwrap().stand_before(world.server.base_url()).await?;
        let (_, trouble) = Probe::new(middlebox.base_url(), None)?.run(Instant::now(), agency).await?;
        assert_eq!(trouble.is_empty(), says.is_empty(), "{way}: {trouble:?}");
        assert!(says.is_empty() || trouble.iter().any(|line| line.starts_with(says)), "{way}: {trouble:?}");
    }
    Ok(())
}
