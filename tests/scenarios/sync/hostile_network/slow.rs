//! Servers that do not end: they drip, fall silent, or stop in the middle. A request ends within the phone's timeouts, with
//! an error that says "offline"; nothing is lost by it, and the next run sends what did not arrive, and only that (P19).

use std::time::Instant;

use anydoor_core::http::{Failure, Request, Timeouts};
use anydoor_core::http::{NoToken, Transport};

use super::*;

/// Short, so that a test is; a phone's own is in the defaults.
const TIMEOUTS: Timeouts =
    Timeouts { connect: Duration::from_millis(1000), silence: Duration::from_millis(600), whole: Duration::from_millis(1500) };
/// What the machine may add to a limit while other tests run beside it.
const SLACK: Duration = Duration::from_secs(4);

/// Every exchange has this fault while the network is bad.
async fn slow(fault: Fault) -> Result<Bad, Box<dyn std::error::Error>> {
    let world = World::new(Strictness::Strict).await?;
    let bad = Arc::new(AtomicBool::new(false));
    let now = bad.clone();
    let rule = move |_: usize, _: &str| if now.load(Ordering::SeqCst) { fault } else { Fault::None };
    let proxy = Proxy::new(world.server.base_url(), rule).await?;
    let phone = world.phone_that_waits(proxy.base_url(), 0, TIMEOUTS)?;
    good_again(&phone).await?;
    Ok(Bad { world, phone, proxy, bad })
}

/// A machine under load may be slower than this timeouts: then the next run goes on.
async fn good_again(phone: &Phone) -> Tested {
    for _ in 0..5 {
        if settle(&[phone]).await.is_ok() {
            return Ok(());
        }
    }
    settle(&[phone]).await
}

async fn a_slow_server_costs_patience_and_nothing_else(fault: Fault) -> Tested {
    let Bad { world, phone, proxy, bad } = slow(fault).await?;
    bad.store(true, Ordering::SeqCst);
    let started = visit::begin(&world.county, &phone)?;
    let asked = phone.escalate(&started.assignment)?;
    visit::end(&world.county, &phone, &started)?;
    for _ in 0..2 {
        let (before, began) = (proxy.exchanges(), Instant::now());
        assert_eq!(phone.client.sync(false).await.unwrap_err(), AnydoorError::Offline, "{fault:?}");
        // A sync runs the escalations and then the rest; both stop at their first request without an answer.
        assert!(began.elapsed() < TIMEOUTS.whole * 2 + SLACK, "{fault:?}: it took {:?}", began.elapsed());
        assert!(proxy.exchanges() - before <= 3, "{fault:?}: it went on asking");
        claims_are_true(&world, &phone, &started.assignment).await?;
        assert_ne!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::AtTheAgency, "{fault:?}");
        assert_ne!(phone.lifeline.escalations()[0].state, "sent", "{fault:?}");
    }
    bad.store(false, Ordering::SeqCst);
    good_again(&phone).await?;
    assert_eq!(phone.client.needs_you()?, vec![], "{fault:?}");
    assert_eq!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::AtTheAgency, "{fault:?}");
    assert_eq!(phone.lifeline.escalations()[0].state, "sent", "{fault:?}");
    assert_eq!(world.gateway.read(&format!("Task/{}", asked.id)).await?.version(), Some("1"), "{fault:?}");
    alike(&world, &phone).await?;
    written_once(&world, &started.assignment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_drips_one_byte_at_a_time() -> Tested {
    a_slow_server_costs_patience_and_nothing_else(Fault::Drip(Duration::from_millis(50))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_one_byte_at_a_time() -> Tested {
    a_slow_server_costs_patience_and_nothing_else(Fault::DripBody(Duration::from_millis(50))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_the_request_and_never_answers() -> Tested {
    a_slow_server_costs_patience_and_nothing_else(Fault::Silent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_takes_the_request_nowhere() -> Tested {
    a_slow_server_costs_patience_and_nothing_else(Fault::Swallow).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_a_head_and_stops() -> Tested {
    a_slow_server_costs_patience_and_nothing_else(Fault::HeadOnly).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_in_the_middle_of_a_body() -> Tested {
    a_slow_server_costs_patience_and_nothing_else(Fault::StopsHalfway).await
}

/// Which limit ends what: silence ends what gives no head and what stops, the whole ends a body that drips.
#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_sooner_than_a_drip() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let drip = Duration::from_millis(50);
    let cases = [
        (Fault::Silent, TIMEOUTS.silence),
        (Fault::Drip(drip), TIMEOUTS.silence),
        (Fault::StopsHalfway, TIMEOUTS.silence),
        (Fault::DripBody(drip), TIMEOUTS.whole),
    ];
    for (fault, least) in cases {
        let proxy = Proxy::new(world.server.base_url(), move |_, _| fault).await?;
        let transport = Transport::with_timeouts(proxy.base_url(), Arc::new(NoToken), TIMEOUTS)?;
        let began = Instant::now();
        assert_eq!(transport.send(&Request::get("metadata")).await, Err(Failure::NoAnswer), "{fault:?}");
        let took = began.elapsed();
        assert!(took >= least && took < TIMEOUTS.whole + SLACK, "{fault:?}: {took:?}");
    }
    Ok(())
}
