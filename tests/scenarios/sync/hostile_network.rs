//! The real client on a hostile network: a visit goes through latency, narrow lines, resets, halves and lost answers, and
//! arrives once; servers that do not end cost timeouts and nothing else. Servers whose certificate is not trusted get nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anydoor_core::api::{AnydoorError, ItemTruth};
use anydoor_core::fhir::Document;
use anydoor_sandbox::server::Strictness;
use anydoor_tests::proxy::{Fault, Proxy};
use anydoor_tests::sides::{alike, claims_are_true, settle};
use anydoor_tests::{Phone, World, visit};

mod each_once;
mod slow;
mod trust;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// A world, and a phone behind a proxy that does `fault` to every other exchange while the network is bad.
struct Bad {
    world: World,
    phone: Phone,
    proxy: Proxy,
    bad: Arc<AtomicBool>,
}

impl Bad {
    async fn new(fault: Fault) -> Result<Self, Box<dyn std::error::Error>> {
        let world = World::new(Strictness::Strict).await?;
        let bad = Arc::new(AtomicBool::new(false));
        let now = bad.clone();
        let rule = move |n: usize, _: &str| if now.load(Ordering::SeqCst) && n.is_multiple_of(2) { fault } else { Fault::None };
        let proxy = Proxy::new(world.server.base_url(), rule).await?;
        let phone = world.phone_at(proxy.base_url(), 0, 0)?;
        phone.client.sync(true).await?;
        Ok(Self { world, phone, proxy, bad })
    }
}

/// Plays a visit through a network with this fault, then through a good one.
async fn a_visit_arrives_once(fault: Fault) -> Tested {
    let Bad { world, phone, proxy, bad } = Bad::new(fault).await?;
    bad.store(true, Ordering::SeqCst);
    let started = visit::begin(&world.county, &phone)?;
    let mut failed = 0;
    for _ in 0..3 {
        failed += usize::from(phone.client.sync(false).await.is_err());
        claims_are_true(&world, &phone, &started.assignment).await?;
    }
    let asked = phone.escalate(&started.assignment)?;
    visit::end(&world.county, &phone, &started)?;
    for _ in 0..4 {
        failed += usize::from(phone.client.sync(false).await.is_err());
        claims_are_true(&world, &phone, &started.assignment).await?;
    }
    let breaks = matches!(fault, Fault::LoseAnswer | Fault::HalfAnswer | Fault::ResetInRequest | Fault::ResetInAnswer);
    assert_eq!((proxy.exchanges() > 10, failed > 0), (true, breaks), "{fault:?}: {failed} runs failed");
    bad.store(false, Ordering::SeqCst);
    settle(&[&phone]).await?;
    assert_eq!(phone.client.needs_you()?, vec![], "{fault:?}");
    assert_eq!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::AtTheAgency);
    assert_eq!(phone.lifeline.escalations()[0].state, "sent");
    world.gateway.read(&format!("Task/{}", asked.id)).await?;
    alike(&world, &phone).await?;
    written_once(&world, &started.assignment).await
}

/// What never changes was written once, whatever became of the answers.
async fn written_once(world: &World, assignment: &str) -> Tested {
    let stamps = world.gateway.search(&format!("Provenance?target=Task/{assignment}")).await?;
    assert_eq!(stamps.len(), 3, "on scene, contact, clear");
    let notes = world.gateway.search("DocumentReference?_count=500").await?;
    let signed: Vec<&Document> = notes.iter().filter(|d| anydoor_core::fhir::note::is_signed(d)).collect();
    assert_eq!(signed.len(), 2, "a note and its addendum");
    for document in stamps.iter().chain(signed) {
        assert_eq!(document.version(), Some("1"), "{}", document.reference());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn through_latency() -> Tested {
    a_visit_arrives_once(Fault::Late(Duration::from_millis(40))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_narrow_line() -> Tested {
    a_visit_arrives_once(Fault::Narrow(512, Duration::from_millis(1))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn through_resets_in_the_middle_of_requests() -> Tested {
    a_visit_arrives_once(Fault::ResetInRequest).await
}

#[tokio::test(flavor = "multi_thread")]
async fn through_resets_in_the_middle_of_answers() -> Tested {
    a_visit_arrives_once(Fault::ResetInAnswer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn through_answers_in_single_bytes() -> Tested {
    a_visit_arrives_once(Fault::Bytewise).await
}

#[tokio::test(flavor = "multi_thread")]
async fn through_half_answers() -> Tested {
    a_visit_arrives_once(Fault::HalfAnswer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn through_connections_that_close_late() -> Tested {
    a_visit_arrives_once(Fault::LateClose(Duration::from_millis(150))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn through_answers_that_are_lost_after_the_server_committed() -> Tested {
    a_visit_arrives_once(Fault::LoseAnswer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn through_answers_that_come_twice() -> Tested {
    a_visit_arrives_once(Fault::AnswerTwice).await
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_at_all_comes_back_nothing_is_claimed() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let proxy = Proxy::new(world.server.base_url(), |_, _| Fault::LoseAnswer).await?;
    let phone = world.phone_at(proxy.base_url(), 0, 0)?;
    let started = visit::begin(&world.county, &phone)?;
    for _ in 0..5 {
        assert_eq!(phone.client.sync(false).await.unwrap_err(), AnydoorError::Offline);
        assert_eq!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::Sending);
        for note in phone.client.assignment(&started.assignment)?.notes {
            assert_ne!(note.truth, ItemTruth::AtTheAgency);
        }
    }
    // The server has it all the same; the phone says only what it knows.
    world.gateway.read(&format!("Task/{}", started.assignment)).await?;
    Ok(())
}
