//! A server that a later release has written to: what this one does not know is kept, shown by its own text, never counted
//! as something known, and never written over (P17, P30).

use std::collections::BTreeMap;
use std::error::Error;

use anydoor_core::api::AnydoorError;
use anydoor_core::base::ids::fresh;
use anydoor_core::fhir::{Document, element};
use anydoor_sandbox::server::Strictness;
use anydoor_tests::sides::{alike, ours, settle};
use anydoor_tests::{Phone, World};
use serde_json::{Value, json};

type Tested = Result<(), Box<dyn Error>>;

/// An assignment of the phone's team, as this release writes it, on server and phone.
struct Shared {
    world: World,
    phone: Phone,
    assignment: String,
    incident: String,
}

impl Shared {
    async fn new(team: bool) -> Result<Self, Box<dyn Error>> {
        let world = World::new(Strictness::Strict).await?;
        let now = anydoor_core::base::clock::Instant::now();
        let order = json!({ "resourceType": "Bundle", "type": "collection", "entry": [{ "resource": { "resourceType": "ServiceRequest",
            "id": "r", "status": "active", "intent": "order", "identifier": [{ "system": "urn:988", "value": fresh() }],
            "code": { "text": "wants to talk" }, "authoredOn": now.to_string(), "subject": { "display": "unnamed" } } }] });
        let team = world.county.teams.first().filter(|_| team).map(|team| team.id.clone());
        let taken = world.gateway.receive_988(order.to_string().as_bytes(), team.as_ref()).await?;
        let phone = world.phone(0)?;
        phone.client.sync(true).await?;
        Ok(Self { world, phone, assignment: taken.assignment.to_string(), incident: taken.incident.id.to_string() })
    }

    fn task(&self) -> String {
        format!("Task/{}", self.assignment)
    }

    async fn server_says(&self, change: impl Fn(&mut Document)) -> Tested {
        self.world.gateway.change(&self.task(), change).await?;
        Ok(())
    }

    /// A stamp, a fact and an extension of a later release.
    async fn newer_documents(&self) -> Result<[String; 3], Box<dyn Error>> {
        let member = &self.world.county.teams[0].crew[0].id;
        let mut stamp = Document::new("Provenance", &fresh());
        stamp.set(
            "extension",
            json!([of_ours("device", json!([{ "url": "id", "valueString": "theirs" }, { "url": "counter", "valueString": "1" }]))]),
        );
        stamp.set("target", json!([{ "reference": self.task() }])).set("recorded", json!("2026-11-23T05:00:00Z"));
        stamp.set("occurredDateTime", json!("2026-11-23T05:00:00Z")).set("activity", element::concept("stamp", "drone-on-scene"));
        stamp.set("agent", json!([{ "who": { "reference": format!("Practitioner/{member}") } }]));
        let subject = self.world.gateway.read(&format!("ServiceRequest/{}", self.incident)).await?;
        let mut fact = Document::new("Observation", &fresh());
        fact.set("status", json!("preliminary")).set("code", element::concept("fact", "aura"));
        fact.set("subject", subject.at("/subject").cloned().unwrap_or(Value::Null));
        fact.set("focus", json!([{ "reference": format!("ServiceRequest/{}", self.incident) }]));
        fact.set("effectiveDateTime", json!("2026-11-23T05:00:00Z")).set("valueString", json!("sees lights"));
        fact.set(
            "extension",
            json!([element::extension("door", "valueCode", "988"), { "url": "urn:anydoor:2:certainty", "valueDecimal": 0.50 }]),
        );
        let request = format!("ServiceRequest/{}", self.incident);
        let later = json!({ "url": "urn:anydoor:2:weather", "extension": [{ "url": "wind", "valueString": "north" }] });
        self.world
            .gateway
            .change(&request, |request| {
                let mut all = request.list("/extension").to_vec();
                all.push(later.clone());
                request.set("extension", all.into());
            })
            .await?;
        let all = [stamp.reference(), fact.reference(), request];
        self.world.gateway.write("a later release", &[stamp, fact]).await?;
        Ok(all)
    }

    async fn versions(&self, references: &[String]) -> Result<BTreeMap<String, Option<String>>, Box<dyn Error>> {
        let mut all = BTreeMap::new();
        for reference in references {
            all.insert(reference.clone(), self.world.gateway.read(reference).await?.version().map(str::to_owned));
        }
        Ok(all)
    }
}

fn of_ours(name: &str, parts: Value) -> Value {
    json!({ "url": element::ours(name), "extension": parts })
}

fn is_in(status: &'static str) -> impl Fn(&mut Document) {
    move |task| {
        task.set("status", json!(status));
    }
}

fn ponders(task: &mut Document) {
    task.set("businessStatus", element::concept("state", "pondering"));
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_a_later_release_are_kept_shown_and_never_written_over() -> Tested {
    let shared = Shared::new(true).await?;
    let [stamp, fact, request] = shared.newer_documents().await?;
    shared.server_says(ponders).await?;
    settle(&[&shared.phone]).await?;
    let theirs = [shared.task(), stamp.clone(), fact.clone(), request];
    let before = shared.versions(&theirs).await?;
    // Shown, by their own text, and counted for nothing.
    let screen = shared.phone.client.assignment(&shared.assignment)?;
    assert_eq!((screen.row.readable, screen.row.headline.as_str(), screen.row.state.as_str()), (false, "wants to talk", "offered"));
    assert!(screen.facts.iter().any(|fact| fact.text == "sees lights" && fact.kind == "other"), "{:?}", screen.facts);
    assert!(screen.stamps.iter().any(|row| row.kind == "drone-on-scene"), "{:?}", screen.stamps);
    // The work goes on: taps, notes and a call for help are documents of their own.
    shared.phone.client.tap(&shared.assignment, "on-scene", "")?;
    let person = screen.people[0].id.clone();
    let draft = shared.phone.client.save_draft("", &shared.incident, &person, "sat with her".into())?;
    shared.phone.client.sign(&draft, &shared.assignment)?;
    shared.phone.escalate(&shared.assignment)?;
    settle(&[&shared.phone]).await?;
    assert_eq!(shared.phone.client.needs_you()?, vec![]);
    assert_eq!(shared.versions(&theirs).await?, before, "nothing of theirs was written again");
    for reference in &theirs {
        assert_eq!(ours(&shared.phone, reference)?.first_difference(&shared.world.gateway.read(reference).await?), None, "{reference}");
    }
    let stamps = shared.world.gateway.search(&format!("Provenance?target={}", shared.task())).await?;
    assert_eq!(stamps.len(), 2, "theirs, and our tap");
    // Who goes is written on the Task itself: that waits for a release that can read it.
    let refused = AnydoorError::NotAllowed { why: "newer-release".into() };
    let crew = vec![shared.phone.config.member.clone(), fresh()];
    assert_eq!(shared.phone.client.set_crew(&shared.assignment, crew, None), Err(refused));
    alike(&shared.world, &shared.phone).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamp_of_a_later_release_holds_the_projection_too() -> Tested {
    let shared = Shared::new(true).await?;
    shared.newer_documents().await?;
    settle(&[&shared.phone]).await?;
    let before = shared.versions(&[shared.task()]).await?;
    shared.phone.client.tap(&shared.assignment, "on-scene", "")?;
    shared.phone.client.tap(&shared.assignment, "contact", "")?;
    settle(&[&shared.phone]).await?;
    assert_eq!(shared.versions(&[shared.task()]).await?, before);
    assert!(!shared.phone.client.assignment(&shared.assignment)?.row.readable);
    Ok(())
}

/// The phone had changed the Task before it heard of the later release's word.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_waiting_does_not_write_a_later_releases_status_over() -> Tested {
    for status in [Some("on-hold"), None] {
        let shared = Shared::new(true).await?;
        shared.phone.client.tap(&shared.assignment, "on-scene", "")?;
        shared
            .server_says(|task| match status {
                Some(status) => is_in(status)(task),
                None => ponders(task),
            })
            .await?;
        let said = shared.world.gateway.read(&shared.task()).await?;
        settle(&[&shared.phone]).await?;
        let is = shared.world.gateway.read(&shared.task()).await?;
        for element in ["/status", "/businessStatus"] {
            assert_eq!(is.at(element), said.at(element), "{element}");
        }
        assert_eq!(shared.phone.client.needs_you()?, vec![]);
        assert_eq!(shared.world.gateway.search(&format!("Provenance?target={}", shared.task())).await?.len(), 1, "the tap is there");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_in_a_status_of_a_later_release_is_not_claimed() -> Tested {
    let shared = Shared::new(false).await?;
    let crew: Vec<String> = shared.world.county.teams[0].crew.iter().map(|member| member.id.to_string()).collect();
    shared.server_says(is_in("on-hold")).await?;
    shared.phone.client.sync(true).await?;
    let refused = AnydoorError::NotAllowed { why: "newer-release".into() };
    assert_eq!(shared.phone.client.claim(&shared.assignment, crew.clone(), None), Err(refused));
    shared.server_says(is_in("requested")).await?;
    shared.phone.client.sync(true).await?;
    shared.phone.client.claim(&shared.assignment, crew, None)?;
    Ok(())
}
