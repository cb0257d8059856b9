//! Times that a run keeps: what a server that asks for a while is given, and when a claim is looked at again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anydoor_core::acts::{Actor, Ledger, Plan, respond};
use anydoor_core::api::AnydoorError;
use anydoor_core::assignment::AloneReason;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{AssignmentId, MemberId, OrganizationId, TeamId};
use anydoor_core::delivery::{IntentState, Outbox as _, Truth};
use anydoor_core::fhir::Document;
use anydoor_core::http::{Answer, Method, NoToken, Timeouts};
use anydoor_core::store::{Incoming, Store};
use anydoor_core::sync::{Engine, Next, Scope, StopReason};
use anydoor_sandbox::county::County;
use anydoor_tests::hostile::{Hostile, Reply};
use anydoor_tests::{Phone, Who};
use serde_json::json;

use super::town::{Town, document, now, offer, run, said, status, store, task};

fn plan() -> Plan {
    Plan::new("test", &MemberId::derived("ana"), now(), "v")
}

fn take(store: &mut Store, body: serde_json::Value) {
    let documents = vec![Document::from_value(body).unwrap()];
    store.take(&Incoming { documents, read_upto: None }).unwrap();
}

/// What a server is asked when it says: not now.
#[derive(Debug, Clone, Copy)]
enum Asks {
    /// A transaction of two new documents.
    Transaction,
    /// One change.
    Change,
    /// What was sent and not answered.
    ReadBack,
    /// A search of the pull.
    Search,
}

fn asking(asks: Asks) -> (tempfile::TempDir, Store, Engine) {
    let (folder, mut store) = store();
    match asks {
        Asks::Transaction => store.commit(&plan().create(Document::new("Basic", "a")).create(Document::new("Basic", "b"))).unwrap(),
        Asks::Change => {
            take(&mut store, document("Basic", "a", json!({})));
            store.commit(&plan().change(Document::new("Basic", "a"))).unwrap();
        }
        Asks::ReadBack => {
            store.commit(&plan().create(Document::new("Basic", "a"))).unwrap();
            let seq = store.unsent().unwrap()[0].seq;
            store.mark_unknown(&[seq]).unwrap();
        }
        Asks::Search => {}
    }
    (folder, store, run(false))
}

/// Every status that asks for a while, by every way in which it can say how long, whatever was asked.
#[test]
fn a_server_that_asks_for_a_while_gets_it_and_nothing_is_given_up_for_it() {
    for asks in [Asks::Transaction, Asks::Change, Asks::ReadBack, Asks::Search] {
        for code in [408, 425, 429, 503] {
            for (said, seconds) in [
                (Some("90"), 90),
                (Some("0"), 0),
                (Some("Mon, 23 Nov 2026 05:00:45 GMT"), 45),
                (Some("Mon, 23 Nov 2026 04:59:00 GMT"), 0),
                (Some("999999"), 3_600),
                (Some("soon"), 30),
                (None, 30),
            ] {
                let (_folder, mut store, mut engine) = asking(asks);
                let before = store.unsent().unwrap().len();
                let Next::Send(_) = engine.next(&mut store, now()).unwrap() else { panic!("{asks:?} asks nothing") };
                engine.hear(&mut store, Ok(Answer { retry_after: said.map(str::to_owned), ..status(code) }), now()).unwrap();
                let case = format!("{asks:?}: {code}, {said:?}");
                let Next::Done(report) = engine.next(&mut store, now()).unwrap() else { panic!("{case}: it is asked for more") };
                assert_eq!(report.stop, Some(StopReason::Later(Duration::from_secs(seconds))), "{case}");
                assert_eq!((store.unsent().unwrap().len(), store.parked().unwrap().len()), (before, 0), "{case}");
            }
        }
    }
}

/// A server says 503 when it is overloaded, and gateways say it for a server that has done what was asked.
#[test]
fn what_was_sent_when_a_server_was_busy_is_looked_for_before_it_goes_again() {
    for (code, state) in
        [(408, IntentState::Unknown), (503, IntentState::Unknown), (425, IntentState::Waiting), (429, IntentState::Waiting)]
    {
        for asks in [Asks::Transaction, Asks::Change] {
            let (_folder, mut store, mut engine) = asking(asks);
            let Next::Send(_) = engine.next(&mut store, now()).unwrap() else { panic!("{asks:?} asks nothing") };
            engine.hear(&mut store, Ok(status(code)), now()).unwrap();
            assert!(store.unsent().unwrap().iter().all(|intent| intent.state == state), "{asks:?}: {code}");
        }
    }
}

/// What the screen that syncs is told: not before the server wants it, and as ever once it has answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_not_due_again_before_a_busy_server_wants_it() {
    for (code, head, due) in [("503 Service Unavailable", "Retry-After: 300\r\n", 300), ("429 Too Many Requests", "Retry-After: 5\r\n", 60)]
    {
        let busy = Arc::new(AtomicBool::new(true));
        let is_busy = busy.clone();
        let server = Hostile::new(move |_, _| match is_busy.load(Ordering::Relaxed) {
            true => Reply::status(code, head),
            false => Reply::page(""),
        });
        let server = server.await.unwrap();
        let county = County::generate(7, Instant::now());
        let phone = Phone::new(&county, server.base_url(), Who::default(), Arc::new(NoToken), Timeouts::default()).unwrap();
        assert_eq!(phone.client.next_sync_in_s(true, false).unwrap(), Some(60));
        assert_eq!(phone.client.sync(false).await.unwrap_err(), AnydoorError::ServerTrouble);
        assert_eq!(phone.client.next_sync_in_s(true, false).unwrap(), Some(due), "{code}");
        busy.store(false, Ordering::Relaxed);
        phone.client.sync(false).await.unwrap();
        assert_eq!(phone.client.next_sync_in_s(true, false).unwrap(), Some(60), "{code}");
    }
}

/// A phone that has asked for an offer, was taken at its word, and was shown as its owner at once.
fn asked_for() -> (tempfile::TempDir, Store) {
    let (folder, mut store) = store();
    take(&mut store, offer("w"));
    let actor = Actor::new(MemberId::derived("ana"), TeamId::parse("mine").unwrap(), OrganizationId::derived("agency"), "phone", now());
    let going = respond::Going { crew: vec![], alone: Some(AloneReason::Known) };
    let claim = respond::claim(&store, &AssignmentId::parse("w").unwrap(), going, &actor).unwrap();
    store.commit(&claim).unwrap();
    let looked = looks(&mut store, now(), "CareTeam/mine");
    assert_eq!(looked, 1, "it is looked at as soon as it was taken");
    (folder, store)
}

/// Plays a run without a pull at this time, in which the Task has this owner. How often it is looked at.
fn looks(store: &mut Store, at: Instant, owner: &str) -> usize {
    let (mut engine, mut looks) = (Engine::new(Scope { team: None, full: false }), 0);
    loop {
        let Next::Send(request) = engine.next(store, at).unwrap() else { return looks };
        let answer = match request.method {
            Method::Put => Answer { status: 200, etag: Some("W/\"2\"".into()), ..Answer::default() },
            Method::Get => {
                looks += 1;
                let mut there = task("w");
                there["owner"] = json!({ "reference": owner });
                there["meta"]["versionId"] = json!("2");
                said(&there)
            }
            Method::Post => Town(Vec::new()).answer(&request),
        };
        engine.hear(store, Ok(answer), at).unwrap();
    }
}

#[test]
fn a_claim_is_asked_for_until_it_was_looked_at_again_after_five_seconds_and_not_before() {
    for (owner, truth) in [("CareTeam/mine", Some(Truth::AtTheAgency)), ("CareTeam/other", None)] {
        let (_folder, mut store) = asked_for();
        for millis in [0, 1, 1_000, 4_999] {
            let looked = looks(&mut store, now() + Duration::from_millis(millis), owner);
            assert_eq!((looked, store.truth_of("Task", "w").unwrap()), (0, Truth::AskedFor), "after {millis} ms");
        }
        assert_eq!(looks(&mut store, now() + Duration::from_secs(5), owner), 1);
        let now_is = store.truth_of("Task", "w").unwrap();
        assert!(truth.map_or(matches!(now_is, Truth::NeedsYou(_)), |truth| now_is == truth), "{owner}: {now_is:?}");
    }
}

/// A clock that was set back by years holds up no look for years.
#[test]
fn a_clock_that_was_set_back_holds_up_no_look() {
    for hours in [1, 24, 24 * 365 * 4] {
        let (_folder, mut store) = asked_for();
        assert_eq!(looks(&mut store, now() - jiff::SignedDuration::from_hours(hours), "CareTeam/mine"), 1, "{hours} hours");
    }
}
