//! Every exchange of a visit fails once in turn, until the visit has fewer than that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anydoor_sandbox::server::Strictness;
use anydoor_tests::proxy::{Fault, Proxy};
use anydoor_tests::sides::{alike, claims_are_true, settle};
use anydoor_tests::{World, visit};

use super::{Tested, written_once};

/// Plays a visit in which this exchange fails like this; returns how many exchanges there were.
async fn visit_without(at: usize, fault: Fault) -> Result<usize, Box<dyn std::error::Error>> {
    let world = World::new(Strictness::Strict).await?;
    let passed = Arc::new(AtomicUsize::new(0));
    let count = passed.clone();
    let over = Arc::new(AtomicBool::new(false));
    let quiet = over.clone();
    let rule = move |_: usize, _: &str| {
        let strikes = count.fetch_add(1, Ordering::SeqCst) + 1 == at && !quiet.load(Ordering::SeqCst);
        if strikes { fault } else { Fault::None }
    };
    let proxy = Proxy::new(world.server.base_url(), rule).await?;
    let phone = world.phone_at(proxy.base_url(), 0, 0)?;
    // What fails is tried again, as an app does; here at once.
    for full in [true, true] {
        let _ = phone.client.sync(full).await;
    }
    let started = visit::begin(&world.county, &phone)?;
    let photo = vec![7; 50_000];
    phone.client.attach("photo", &started.incident, &started.person, &started.assignment, "image/png", photo)?;
    let _ = phone.client.sync(false).await;
    claims_are_true(&world, &phone, &started.assignment).await?;
    let asked = phone.escalate(&started.assignment)?;
    visit::end(&world.county, &phone, &started)?;
    for _ in 0..2 {
        let _ = phone.client.sync(false).await;
        claims_are_true(&world, &phone, &started.assignment).await?;
    }
    let passed = passed.load(Ordering::SeqCst);
    over.store(true, Ordering::SeqCst);
    settle(&[&phone]).await?;
    assert_eq!(phone.client.needs_you()?, vec![], "exchange {at}: {fault:?}");
    world.gateway.read(&format!("Task/{}", asked.id)).await?;
    alike(&world, &phone).await?;
    written_once(&world, &started.assignment).await?;
    Ok(passed)
}

/// Fails exchange `first`, the third after it, and so on.
async fn each_third(first: usize, fault: Fault) -> Tested {
    for at in (first..).step_by(3) {
        let passed = visit_without(at, fault).await.map_err(|error| format!("exchange {at}, {fault:?}: {error}"))?;
        if passed < at {
            println!("{fault:?}: of {passed} exchanges each third failed in turn");
            assert!(passed > 20, "too few for the test to mean anything");
            return Ok(());
        }
    }
    Ok(())
}

// Together they fail each exchange once; the simulation draws every fault at any exchange.
#[tokio::test(flavor = "multi_thread")]
async fn each_first_request_of_three_is_cut() -> Tested {
    each_third(1, Fault::ResetInRequest).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_second_answer_of_three_is_lost() -> Tested {
    each_third(2, Fault::LoseAnswer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_third_exchange_is_a_server_error() -> Tested {
    each_third(3, Fault::Status(500)).await
}
