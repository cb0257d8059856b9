//! Everything twice: what phones sent is sent again, in any order, after the shift and during it; what they were answered
//! comes again. What never changes is the same at once, the rest once the phones have synced (P18).

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anydoor_core::acts::{Actor, Ledger, respond};
use anydoor_core::api::StartedRow;
use anydoor_core::fhir::{Document, escalation};
use anydoor_core::http::{NoToken, Transport};
use anydoor_core::incident::{Place, Urgency};
use anydoor_core::safety::Acknowledgement;
use anydoor_core::store::{Key, Store};
use anydoor_core::sync::{Engine, Next, Scope};
use anydoor_sandbox::server::Strictness;
use anydoor_tests::proxy::{Exchange, Fault, Proxy, replay};
use anydoor_tests::sides::{alike, settle};
use anydoor_tests::twice::{self, There, differences, is_immutable, said, shuffled};
use anydoor_tests::{Phone, World, shift};

type Tested = Result<(), Box<dyn Error>>;

/// A shift of two phones of one crew behind a proxy that keeps a record.
struct Shift {
    world: World,
    proxy: Proxy,
    ana: Phone,
    ben: Phone,
    started: StartedRow,
}

impl Shift {
    async fn play(strictness: Strictness, rule: impl Fn(usize, &str) -> Fault + Send + Sync + 'static) -> Result<Self, Box<dyn Error>> {
        let world = World::new(strictness).await?;
        let proxy = Proxy::new(world.server.base_url(), rule).await?;
        let (ana, ben) = (world.phone_at(proxy.base_url(), 0, 0)?, world.phone_at(proxy.base_url(), 0, 1)?);
        let started = shift::play(&world.county, &world.gateway, &ana, &ben).await?;
        Ok(Self { world, proxy, ana, ben, started })
    }

    fn phones(&self) -> [&Phone; 2] {
        [&self.ana, &self.ben]
    }

    fn writes(&self) -> Vec<Exchange> {
        self.proxy.recorded().into_iter().filter(Exchange::writes).collect()
    }

    /// Every document of the visit at the server, by its reference.
    async fn there(&self) -> Result<There, Box<dyn Error>> {
        twice::there(&self.world.gateway).await
    }
}

#[track_caller]
fn same(before: &There, after: &There, which: impl Fn(&Document) -> bool) {
    assert_eq!(differences(before, after, which), Vec::<String>::new());
}

async fn replayed(shift: &Shift, writes: &[Exchange], seed: u64) -> Tested {
    for write in shuffled(writes, seed) {
        replay(shift.world.server.base_url(), write).await?;
    }
    Ok(())
}

/// After any replay the phones bring back what they know; nobody is asked anything.
async fn heals(shift: &Shift, before: &There) -> Tested {
    settle(&shift.phones()).await?;
    same(before, &shift.there().await?, |_| true);
    for phone in shift.phones() {
        assert_eq!(phone.client.needs_you()?, vec![]);
        assert_eq!(phone.client.assignment(&shift.started.assignment)?.row.state, "clear");
        alike(&shift.world, phone).await?;
    }
    Ok(())
}

async fn everything_again(strictness: Strictness) -> Tested {
    let mut undone = 0;
    for seed in 1..=2 {
        let shift = Shift::play(strictness, |_, _| Fault::None).await?;
        let (before, writes) = (shift.there().await?, shift.writes());
        assert!(writes.len() >= 5, "there is something to replay");
        replayed(&shift, &writes, seed).await?;
        let after = shift.there().await?;
        same(&before, &after, is_immutable);
        undone += before.iter().filter(|(reference, was)| !said(was).same_meaning(&said(&after[*reference]))).count();
        heals(&shift, &before).await?;
        // And once more, while the phones sync.
        let syncing = async {
            for _ in 0..6 {
                let _ = shift.ana.client.sync(false).await;
                let _ = shift.ben.client.sync(true).await;
            }
        };
        let (again, ()) = tokio::join!(replayed(&shift, &writes, seed + 100), syncing);
        again?;
        same(&before, &shift.there().await?, is_immutable);
        heals(&shift, &before).await?;
    }
    assert!(undone > 0, "the replay undid nothing, so that nothing was healed");
    println!("{strictness:?}: {undone} documents were set back and brought forward again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_again_in_any_order_on_a_strict_server() -> Tested {
    everything_again(Strictness::Strict).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_again_in_any_order_on_a_server_like_hapi() -> Tested {
    everything_again(Strictness::Hapi).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_again_in_any_order_on_a_loose_server() -> Tested {
    everything_again(Strictness::Loose).await
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_come_twice_are_heard_once() -> Tested {
    for seed in 0..3 {
        let rule = move |n: usize, _: &str| if (n as u64 + seed).is_multiple_of(2) { Fault::AnswerTwice } else { Fault::None };
        let shift = Shift::play(Strictness::Strict, rule).await?;
        let before = shift.there().await?;
        heals(&shift, &before).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_engine_hears_twice_counts_once() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let folder = tempfile::tempdir()?;
    let mut store = Store::open(&folder.path().join("work.db"), &Key::new(&[1; 32])?, world.county.agency.as_str())?;
    let (team, now) = (&world.county.teams[0], anydoor_core::base::clock::Instant::now());
    let (member, crew) = (team.crew[0].id.clone(), team.crew.iter().map(|m| m.id.clone()).collect());
    let actor = Actor::new(member, team.id.clone(), world.county.agency.clone(), store.writer(), now);
    let (place, urgency) = (Place::default(), Urgency::Urgent);
    let said = respond::OnView { headline: "x".into(), urgency, place, description: Some("man".into()), crew, alone: None };
    let plan = respond::on_view(said, &actor)?.plan;
    store.commit(&plan)?;
    let transport = Transport::new(world.server.base_url(), Arc::new(NoToken))?;
    let mut engine = Engine::new(Scope { team: Some(team.id.clone()), full: true });
    let report = loop {
        match engine.next(&mut store, now)? {
            Next::Done(report) => break report,
            Next::Send(request) => {
                let outcome = transport.send(&request).await;
                engine.hear(&mut store, outcome.clone(), now)?;
                engine.hear(&mut store, outcome, now)?;
            }
        }
    };
    assert_eq!((report.stop, report.sent as usize, report.parked), (None, plan.writes.len(), 0));
    assert_eq!(store.unsent()?, vec![]);
    for write in &plan.writes {
        let there = world.gateway.read(&write.document.reference()).await?;
        assert_eq!(store.stored(there.kind(), there.id())?.and_then(|s| s.version), there.version().map(str::to_owned));
    }
    Ok(())
}

/// After a shift, for a while, these reads are answered with the first answer that they ever had. Nothing that a phone
/// shows goes back in time, and afterwards all is as it was.
async fn answered_with_yesterdays(stale: impl Fn(&str) -> bool + Send + Sync + 'static) -> Tested {
    let yesterday = Arc::new(AtomicBool::new(false));
    let now = yesterday.clone();
    let rule = move |_: usize, line: &str| {
        if now.load(Ordering::SeqCst) && line.starts_with("GET") && stale(line) { Fault::FirstAnswer } else { Fault::None }
    };
    let shift = Shift::play(Strictness::Strict, rule).await?;
    let before = shift.there().await?;
    yesterday.store(true, Ordering::SeqCst);
    for round in 0..3 {
        for phone in shift.phones() {
            let _ = phone.client.sync(round > 0).await;
            let screen = phone.client.assignment(&shift.started.assignment)?;
            assert_eq!((screen.row.state.as_str(), screen.notes.len()), ("clear", 2), "it never goes back in time");
        }
    }
    yesterday.store(false, Ordering::SeqCst);
    heals(&shift, &before).await
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_yesterday_take_nothing_back() -> Tested {
    answered_with_yesterdays(|line| !line.contains("/Task?")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_census_of_yesterday_takes_no_visit_off_the_phone() -> Tested {
    answered_with_yesterdays(|_| true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receivers_word_on_an_escalation_outlives_the_escalation_sent_again() -> Tested {
    let shift = Shift::play(Strictness::Strict, |_, _| Fault::None).await?;
    let asked = shift.ana.escalate(&shift.started.assignment)?;
    settle(&shift.phones()).await?;
    let said = Acknowledgement { who: "call-taker 7".into(), at: anydoor_core::base::clock::Instant::now(), channel: "cad".into() };
    let task = format!("Task/{}", asked.id);
    shift.world.gateway.change(&task, |task| escalation::acknowledge(task, &said, "accepted")).await?;
    settle(&shift.phones()).await?;
    assert_eq!(shift.ana.lifeline.escalations()[0].state, "acknowledged");
    let before = shift.there().await?;
    let writes: Vec<Exchange> = shift.writes().into_iter().filter(|write| write.line().contains(&asked.id)).collect();
    assert_eq!(writes.len(), 1);
    replayed(&shift, &writes, 1).await?;
    settle(&shift.phones()).await?;
    assert_eq!(shift.ana.lifeline.escalations()[0].state, "acknowledged", "the phone takes nothing back");
    same(&before, &shift.there().await?, |_| true);
    Ok(())
}
