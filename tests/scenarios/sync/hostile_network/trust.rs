//! Whom the client trusts. The trusted authority is the test's own: on Linux the system's list is a file that
//! `SSL_CERT_FILE` names, so each test runs in a process of its own that has another.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anydoor_core::acts::{Actor, Ledger, respond};
use anydoor_core::base::clock::SystemClock;
use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
use anydoor_core::delivery::IntentState;
use anydoor_core::http::{Failure, Request};
use anydoor_core::http::{NoToken, Transport};
use anydoor_core::store::{Key, Store};
use anydoor_core::sync::driver::run;
use anydoor_core::sync::{Scope, StopReason};
use anydoor_tests::alone::alone_with;
use anydoor_tests::fixtures::seen;

use super::*;

#[path = "certificates.rs"]
mod certificates;

const FOLDER: &str = "ANYDOOR_TEST_CERTIFICATES";

/// Runs `test` where only the test's own authority is trusted.
#[track_caller]
fn trusting<F: Future<Output = Tested>>(test: impl FnOnce(PathBuf) -> F) {
    let made = tempfile::tempdir().unwrap();
    if std::env::var(FOLDER).is_err() {
        certificates::write(made.path()).unwrap();
    }
    let (folder, authority) = (made.path().to_string_lossy().into_owned(), made.path().join(certificates::AUTHORITY));
    let variables = [(FOLDER, folder.as_str()), ("SSL_CERT_FILE", &authority.to_string_lossy())];
    alone_with(Duration::from_secs(60), &variables, || {
        let folder = PathBuf::from(std::env::var(FOLDER).unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(test(folder)).unwrap();
    });
}

/// A store with one visit that has not been sent.
fn with_work(folder: &Path) -> Result<Mutex<Option<Store>>, Box<dyn std::error::Error>> {
    let mut store = Store::open(&folder.join("work.db"), &Key::new(&[1; 32])?, "agency")?;
    let actor = Actor::new(MemberId::fresh(), TeamId::fresh(), OrganizationId::fresh(), store.writer(), "2026-11-23T05:00:00Z".parse()?);
    store.commit(&respond::on_view(seen(), &actor)?.plan)?;
    Ok(Mutex::new(Some(store)))
}

#[test]
#[cfg(target_os = "linux")]
fn a_certificate_that_is_not_trusted_ends_the_run_before_anything_is_sent() {
    trusting(|folder| async move {
        let world = World::new(Strictness::Strict).await?;
        for wrong in certificates::WRONG {
            let base = certificates::front(&folder, wrong, world.server.base_url()).await?;
            let before = world.server.requests();
            let transport = Transport::new(&base, Arc::new(NoToken))?;
            assert_eq!(transport.send(&Request::get("Task")).await, Err(Failure::Untrusted), "{wrong}");
            let own = tempfile::tempdir()?;
            let store = with_work(own.path())?;
            let scope = Scope { team: Some(TeamId::fresh()), full: true };
            let report = run(&transport, &store, scope, &SystemClock::default(), |_| {}).await?;
            assert_eq!((report.stop, report.sent), (Some(StopReason::Untrusted), 0), "{wrong}");
            let unsent = store.lock().unwrap().as_ref().unwrap().unsent()?;
            assert!(unsent.iter().all(|intent| intent.state == IntentState::Waiting), "nothing has left: {unsent:?}");
            assert!(!unsent.is_empty());
            assert_eq!(world.server.requests(), before, "{wrong}: the server was asked nothing");
        }
        Ok(())
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_phone_says_server_trouble_and_keeps_its_work_where_a_certificate_is_not_trusted() {
    trusting(|folder| async move {
        let world = World::new(Strictness::Strict).await?;
        for wrong in certificates::WRONG {
            let base = certificates::front(&folder, wrong, world.server.base_url()).await?;
            let before = world.server.requests();
            let phone = world.phone_at(&base, 0, 0)?;
            let started = visit::begin(&world.county, &phone)?;
            let held = phone.client.everything()?;
            phone.escalate(&started.assignment)?;
            assert_eq!(phone.client.sync(true).await.unwrap_err(), AnydoorError::ServerTrouble, "{wrong}");
            assert_eq!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::OnThisPhone);
            assert_eq!(phone.lifeline.escalations()[0].state, "on-phone");
            assert!(held.iter().all(|reference| phone.client.export(reference).is_ok()));
            assert_eq!(world.server.requests(), before, "{wrong}: the server was asked nothing");
        }
        Ok(())
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_certificate_of_a_trusted_authority_is_accepted() {
    trusting(|folder| async move {
        let world = World::new(Strictness::Strict).await?;
        let base = certificates::front(&folder, certificates::GOOD, world.server.base_url()).await?;
        let phone = world.phone_at(&base, 0, 0)?;
        let started = visit::begin(&world.county, &phone)?;
        settle(&[&phone]).await?;
        assert_eq!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::AtTheAgency);
        alike(&world, &phone).await
    });
}

/// The bearer token of a phone went to whatever `HTTP_PROXY` named.
#[test]
fn a_proxy_that_the_environment_names_is_asked_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let variables: Vec<(&str, &str)> =
        names.iter().map(|name| (*name, proxy.as_str())).chain([("NO_PROXY", ""), ("no_proxy", "")]).collect();
    alone_with(Duration::from_secs(60), &variables, || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new(Strictness::Strict).await.unwrap();
            let transport = Transport::new(world.server.base_url(), Arc::new(NoToken)).unwrap();
            assert_eq!(transport.send(&Request::get("metadata")).await.map(|answer| answer.status), Ok(200));
        });
    });
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "the proxy was connected to");
}
