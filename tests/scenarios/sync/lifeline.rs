//! A call for help goes before its visit, over whatever keeps the visit back, and ends by somebody named or loudly (P8, P9, P10).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use anydoor_core::api::{CallInput, EscalationItem, Lifeline, LifelineConfig, LifelineObserver, PhonePositionInput};
use anydoor_core::base::clock::{Clock, Instant};
use anydoor_core::fhir::{agency, escalation};
use anydoor_core::http::{NoToken, SignedIn, Timeouts};
use anydoor_core::safety::{Acknowledgement, Need};
use anydoor_sandbox::server::{Network, Strictness};
use anydoor_tests::hostile::{Hostile, Reply};
use anydoor_tests::{Phone, World};
use serde_json::json;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Rings into a channel.
struct Bell(Mutex<mpsc::Sender<EscalationItem>>);

impl LifelineObserver for Bell {
    fn changed(&self, _: Vec<EscalationItem>) {}
    fn rings(&self, call: EscalationItem) {
        let _ = self.0.lock().unwrap().send(call);
    }
}

fn bell() -> (Arc<Bell>, mpsc::Receiver<EscalationItem>) {
    let (ring, rung) = mpsc::channel();
    (Arc::new(Bell(Mutex::new(ring))), rung)
}

fn said() -> Acknowledgement {
    Acknowledgement { who: "call-taker 7".into(), at: Instant::now(), channel: "cad".into() }
}

/// A calendar that is years ahead, and a clock that counts sleep and goes on when it is told to.
#[derive(Default)]
struct Pocket(AtomicU64);

impl Clock for Pocket {
    fn now(&self) -> Instant {
        "2039-01-01T00:00:00Z".parse().unwrap()
    }
    fn since_boot(&self) -> Duration {
        Duration::from_secs(1_000 + self.0.load(Ordering::Relaxed))
    }
    fn boot(&self) -> Option<&str> {
        Some("a boot")
    }
}

fn in_a_pocket(phone: &Phone, base: &str, clock: Arc<Pocket>) -> Arc<Lifeline> {
    let mut config = LifelineConfig::beside(&phone.config, "Ana Ruiz", "psap", "+12155550100");
    base.clone_into(&mut config.server);
    Lifeline::open_with(&config, &[9; 32], Arc::new(NoToken), clock, Timeouts::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_help_is_at_its_server_before_its_visit_is() -> Tested {
    // A server that checks references: it has never heard of the visit.
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    phone.client.sync(true).await?;
    let started = phone.on_view(&world)?;
    let asked = phone.escalate(&started.assignment)?;
    phone.lifeline.send().await?;
    assert_eq!(phone.lifeline.escalations()[0].state, "sent");
    assert!(world.gateway.read(&format!("Task/{}", started.assignment)).await.is_err(), "the visit went first");
    let there = escalation::read(&world.gateway.read(&format!("Task/{}", asked.id)).await?)?;
    assert_eq!(there.assignment.as_ref().map(ToString::to_string), Some(started.assignment.clone()));
    assert_eq!((there.place.address, there.need), (None, Need::Ems), "nothing was prepared of a visit that began after the last sync");
    // A mate's phone finds it once the visit is there.
    phone.client.sync(false).await?;
    let mate = world.phone_at(world.server.base_url(), 0, 1)?;
    mate.client.sync(true).await?;
    assert!(mate.client.everything()?.iter().any(|document| document.contains(&asked.id)), "the mate's phone knows nothing of the call");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_needs_is_laid_beside_it_by_every_sync() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    world.gateway.write("patience", &[agency::write_escalation_patience("patience", Duration::from_secs(45))]).await?;
    let phone = world.phone(0)?;
    phone.on_view(&world)?;
    phone.client.sync(true).await?;
    // From here on the work is closed, and nobody names the assignment.
    phone.client.pause()?;
    let here = PhonePositionInput { latitude: 40.2, longitude: -75.4, age_s: 61, accuracy_m: Some(15.0) };
    let made = phone.lifeline.escalate(CallInput { assignment: None, need: "police".into(), silent: true, position: Some(here) })?;
    assert!(made.loud_in_s.is_some_and(|left| (30..=45).contains(&left)), "the agency says 45 s: {:?}", made.loud_in_s);
    phone.lifeline.send().await?;
    let there = escalation::read(&world.gateway.read(&format!("Task/{}", made.id)).await?)?;
    assert_eq!((there.place.address.as_deref(), there.silent), (Some("Orchard Park"), true));
    let at = there.phone.unwrap();
    assert_eq!((at.position.latitude(), at.age, at.accuracy_m), (40.2, Duration::from_secs(61), Some(15.0)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_rings_by_itself_and_a_word_without_a_name_is_none() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let started = phone.on_view(&world)?;
    let (bell, rung) = bell();
    let _watch = phone.lifeline.watch(bell)?;
    let asked = phone.escalate(&started.assignment)?;
    phone.lifeline.send().await?;
    let task = format!("Task/{}", asked.id);
    world
        .gateway
        .change(&task, |task| {
            task.set("status", json!("accepted"));
        })
        .await?;
    phone.lifeline.send().await?;
    assert_eq!(phone.lifeline.escalations()[0].state, "sent", "somebody who gives no name has not taken it");
    world
        .gateway
        .change(&task, |task| {
            task.set("status", json!("rejected")).set("statusReason", json!({ "text": "wrong county" }));
        })
        .await?;
    // Nobody looks: it is heard and rung.
    let call = tokio::task::spawn_blocking(move || rung.recv_timeout(Duration::from_secs(20))).await??;
    assert_eq!((call.state.as_str(), call.why_rejected.as_deref()), ("rejected", Some("wrong county")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_cancelled_by_name_over_whatever_the_receiver_said() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let started = phone.on_view(&world)?;
    let asked = phone.escalate(&started.assignment)?;
    phone.lifeline.send().await?;
    let task = format!("Task/{}", asked.id);
    // The receiver takes it, and it is cancelled without network.
    world.gateway.change(&task, |task| escalation::acknowledge(task, &said(), "accepted")).await?;
    world.server.network().set(Network::Down);
    let waiting = phone.lifeline.cancel(&asked.id)?;
    assert_eq!(waiting.cancelled_by.as_deref(), Some("Ana Ruiz"));
    assert_ne!(waiting.state, "cancelled", "the receiver has not heard of it");
    world.server.network().set(Network::Up);
    phone.lifeline.send().await?;
    let there = world.gateway.read(&task).await?;
    assert_eq!(
        (there.text("/status"), escalation::cancellation(&there).map(|ending| ending.who)),
        (Some("cancelled"), Some("Ana Ruiz".into()))
    );
    assert_eq!(escalation::acknowledgement(&there).map(|said| said.who), Some("call-taker 7".into()), "the receiver's word is gone");
    let ended = phone.lifeline.escalations().remove(0);
    assert_eq!((ended.state.as_str(), ended.rings), ("cancelled", true));
    // One that never left is over without anybody's answer, as soon as it is known that it did not leave.
    let nowhere = in_a_pocket(&phone, "http://127.0.0.1:9/fhir", Arc::default());
    let never = nowhere.escalate(CallInput::from(&started.assignment, "ems"))?;
    nowhere.cancel(&never.id)?;
    let begun = std::time::Instant::now();
    while nowhere.escalations()[0].state != "cancelled" {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", nowhere.escalations());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(phone.lifeline.cancel("another").is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_made_under_a_clock_that_is_years_ahead_becomes_loud_by_itself_when_its_time_is_up() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(1)?;
    let clock = Arc::new(Pocket::default());
    let lifeline = in_a_pocket(&phone, "http://127.0.0.1:9/fhir", clock.clone());
    let (bell, rung) = bell();
    let _watch = lifeline.watch(bell)?;
    let made = lifeline.escalate(CallInput { assignment: None, need: "ems".into(), silent: false, position: None })?;
    clock.0.store(119, Ordering::Relaxed);
    assert_eq!(lifeline.escalations()[0].state, "on-phone");
    assert!(rung.try_recv().is_err());
    clock.0.store(121, Ordering::Relaxed);
    let call = tokio::task::spawn_blocking(move || rung.recv_timeout(Duration::from_secs(60))).await??;
    assert_eq!((call.id, call.state.as_str()), (made.id, "exhausted"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_a_call_is_said_at_once_and_asked_again() -> Tested {
    let refuse = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let refuses = refuse.clone();
    let server = Hostile::new(move |_, line| {
        let there = !refuses.load(Ordering::Relaxed);
        match line {
            line if line.starts_with("PUT") && there => {
                let id = line.split(['/', ' ']).rev().nth(2).unwrap_or_default().to_owned();
                Reply::fhir(json!({ "resourceType": "Task", "id": id, "meta": { "versionId": "1" } }).to_string())
                    .with_status("201 Created")
                    .header("ETag: W/\"1\"")
            }
            line if line.starts_with("PUT") => Reply::status("422 Unprocessable Entity", ""),
            _ => Reply::status("404 Not Found", ""),
        }
    })
    .await?;
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(1)?;
    let lifeline = in_a_pocket(&phone, server.base_url(), Arc::default());
    let (bell, rung) = bell();
    let _watch = lifeline.watch(bell)?;
    lifeline.escalate(CallInput { assignment: None, need: "ems".into(), silent: false, position: None })?;
    let call = tokio::task::spawn_blocking(move || rung.recv_timeout(Duration::from_secs(20))).await??;
    assert_eq!(call.state, "refused");
    refuse.store(false, Ordering::Relaxed);
    let _ = lifeline.send().await;
    assert_eq!(lifeline.escalations()[0].state, "sent");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calls_file_that_is_lost_is_said_aloud_and_for_good() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let started = phone.on_view(&world)?;
    phone.client.sync(true).await?;
    phone.escalate(&started.assignment)?;
    phone.client.set_lifeline(&phone.lifeline)?;
    assert_eq!(phone.client.storage()?.calls_lost, Vec::<u32>::new());
    let database = std::fs::read_dir(phone.folder())?.map(|entry| entry.unwrap().path());
    let calls = database.filter(|path| path.to_string_lossy().contains(".calls-1"));
    calls.for_each(|path| std::fs::remove_file(path).unwrap());
    for opened in 0..2 {
        let lifeline = in_a_pocket(&phone, &phone.config.server, Arc::default());
        phone.client.set_lifeline(&lifeline)?;
        assert_eq!(phone.client.storage()?.calls_lost, [1], "opened {opened} times before");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_keeps_the_shifts_token_for_the_calls_that_wait() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let tokens = Arc::new(SignedIn::default());
    let phone = world.phone_with(0, tokens.clone())?;
    let started = phone.on_view(&world)?;
    phone.client.sync(false).await?;
    tokens.take(Some("member".into()), Some("shift".into()));
    world.server.want_token(Some("shift".into()));
    world.server.network().set(Network::Down);
    phone.escalate(&started.assignment)?;
    phone.client.sign_out()?;
    tokens.forget();
    world.server.network().set(Network::Up);
    phone.lifeline.send().await?;
    assert_eq!(phone.lifeline.escalations()[0].state, "sent");
    Ok(())
}
