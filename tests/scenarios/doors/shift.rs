//! The whole shift, as `make demo` plays it, against each of the server's strictness. It fails where the figures show a loss.

use anydoor_sandbox::server::Strictness;
use anydoor_sandbox::shift::{Play, play};

#[tokio::test(flavor = "multi_thread")]
async fn the_shift_plays_to_its_end_and_loses_nothing_whatever_the_servers_behaviour() {
    for strictness in [Strictness::Strict, Strictness::Hapi, Strictness::Loose] {
        play(Play { seed: 7, strictness, ..Play::default() }).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_counties_lose_nothing_either() {
    for seed in [1, 2, 3] {
        play(Play { seed, ..Play::default() }).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_calls_and_a_real_eido_go_through_the_same_door() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let (calls, eido) = (data.join("calls/montgomery-911.csv"), data.join("eido/call-transfer.eido.json"));
    if !calls.is_file() || !eido.is_file() {
        eprintln!("SKIPPED: the real calls and the official EIDO sample are not beside the repository");
        return;
    }
    play(Play { seed: 7, calls: Some(calls), eido: Some(eido), ..Play::default() }).await.unwrap();
}
