//! A basis withdrawn at every step of a packet's way: planned, sending, its answer lost, sent, accepted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anydoor_core::fhir;
use anydoor_sandbox::server::Strictness;
use anydoor_tests::proxy::{Fault, Proxy};
use anydoor_tests::visit::spoken;
use anydoor_tests::{Phone, World};

type Tested = Result<(), Box<dyn std::error::Error>>;

struct Referred {
    world: World,
    phone: Phone,
    bad: Arc<AtomicBool>,
    assignment: String,
    person: String,
    referral: String,
}

/// A referral on a spoken consent, planned while the network loses answers or not.
async fn referred(fault: Fault) -> Result<Referred, Box<dyn std::error::Error>> {
    let world = World::new(Strictness::Strict).await?;
    let bad = Arc::new(AtomicBool::new(false));
    let now = bad.clone();
    let rule = move |_: usize, line: &str| if now.load(Ordering::SeqCst) && !line.starts_with("GET") { fault } else { Fault::None };
    let proxy = Proxy::new(world.server.base_url(), rule).await?;
    let phone = world.phone_at(proxy.base_url(), 0, 0)?;
    // The proxy lives as long as the test's process.
    std::mem::forget(proxy);
    phone.client.sync(true).await?;
    let started = phone.on_view(&world)?;
    phone.client.sync(false).await?;
    let service = world.county.services[0].id.to_string();
    let referral = phone.client.hand_off(&started.assignment, &started.person, &service, Some(spoken()))?;
    Ok(Referred { world, phone, bad, assignment: started.assignment, person: started.person, referral })
}

impl Referred {
    fn withdraw(&self) -> Tested {
        let basis = self.phone.client.bases(&self.person)?.into_iter().find(|basis| basis.kind == "consent-verbal").ok_or("a basis")?;
        Ok(self.phone.client.withdraw_basis(&basis.id)?)
    }

    async fn left(&self) -> bool {
        self.world.gateway.read(&format!("ServiceRequest/{}", self.referral)).await.is_ok()
    }

    async fn words_to_the_service(&self) -> Result<Vec<fhir::Document>, Box<dyn std::error::Error>> {
        Ok(self.world.gateway.search("Communication?_count=20").await?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_does_not_leave_after_its_basis_was_withdrawn() -> Tested {
    let case = referred(Fault::None).await?;
    case.withdraw()?;
    case.phone.client.sync(false).await?;
    assert!(!case.left().await);
    assert!(case.words_to_the_service().await?.is_empty(), "who has nothing is told nothing");
    let parked = case.phone.client.needs_you()?;
    assert_eq!(parked.iter().map(|one| one.reason.as_str()).collect::<Vec<_>>(), ["basis-ended"]);
    let [referral] = <[_; 1]>::try_from(case.phone.client.handoffs(&case.assignment)?).map_err(|_| "one")?;
    assert!(referral.truth != anydoor_core::api::ItemTruth::AtTheAgency);
    let basis = case.phone.client.bases(&case.person)?.remove(0);
    assert!(!basis.holds && basis.withdrawn.is_some(), "it stays visible");
    // Trying again changes nothing: it is looked at anew for each sending.
    case.phone.client.retry(parked[0].item)?;
    case.phone.client.sync(false).await?;
    assert!(!case.left().await);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrived_does_not_leave_again_after_its_basis_was_withdrawn() -> Tested {
    // The request is swallowed on its way: for the phone it may have arrived.
    let case = referred(Fault::ResetInRequest).await?;
    case.bad.store(true, Ordering::SeqCst);
    let _ = case.phone.client.sync(false).await;
    case.bad.store(false, Ordering::SeqCst);
    assert!(!case.left().await);
    case.withdraw()?;
    case.phone.client.sync(false).await?;
    case.phone.client.sync(false).await?;
    assert!(!case.left().await, "read back, not there, and not sent again");
    assert!(case.phone.client.needs_you()?.iter().any(|one| one.reason == "basis-ended"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_it_is_told_of_a_withdrawal_also_where_the_answer_was_lost() -> Tested {
    let case = referred(Fault::LoseAnswer).await?;
    case.bad.store(true, Ordering::SeqCst);
    let _ = case.phone.client.sync(false).await;
    case.bad.store(false, Ordering::SeqCst);
    assert!(case.left().await, "it arrived, and the phone does not know");
    case.withdraw()?;
    for _ in 0..3 {
        case.phone.client.sync(false).await?;
    }
    let words = case.words_to_the_service().await?;
    assert_eq!(words.len(), 1);
    let said = words[0].to_text();
    assert!(said.contains(case.world.county.services[0].organization.as_str()) && !said.contains(&case.person), "{said}");
    let consent = case.phone.client.bases(&case.person)?.remove(0);
    assert_eq!(case.world.gateway.read(&format!("Consent/{}", consent.id)).await?.text("/status"), Some("inactive"));
    assert_eq!(consent.told_of_withdrawal.len(), 1);
    assert!(case.phone.client.needs_you()?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_accepted_is_told_of_a_withdrawal_and_the_account_stays() -> Tested {
    let case = referred(Fault::None).await?;
    case.phone.client.sync(false).await?;
    let task = case.phone.client.handoffs(&case.assignment)?[0].task.clone();
    case.world.gateway.change(&format!("Task/{task}"), |task| fhir::handoff::answer(task, "accepted", None, None)).await?;
    case.phone.client.sync(false).await?;
    case.withdraw()?;
    case.phone.client.sync(false).await?;
    assert_eq!(case.words_to_the_service().await?.len(), 1);
    let account = case.phone.client.disclosures(&case.assignment)?.remove(0);
    assert_eq!((account.to.as_str(), account.acknowledged), ("treating", Some(true)));
    assert!(!account.bases.is_empty() && account.at.is_some());
    let [row] = <[_; 1]>::try_from(case.phone.client.accounting(&case.person)?).map_err(|_| "one line")?;
    assert_eq!((row.to.as_str(), row.bases), ("treating", account.bases));
    let demand = case.phone.client.park_demand("subpoena")?;
    case.phone.client.sync(false).await?;
    let parked = case.world.gateway.read(&format!("Task/{demand}")).await?;
    assert!(!parked.to_text().contains(&case.person) && parked.text("/status") == Some("requested"));
    assert!(case.withdraw().is_err(), "once");
    // Nothing more goes on it.
    let service = case.world.county.services[0].id.to_string();
    let again = case.phone.client.hand_off(&case.assignment, &case.person, &service, None);
    assert_eq!(again.unwrap_err().to_string(), "not allowed: no-basis");
    Ok(())
}
