//! A sender tells more of an incident that a team already has: what is new arrives, and what the team did stays.

use std::collections::BTreeMap;
use std::error::Error;

use anydoor_core::api::AlsoSentRow;
use anydoor_core::base::Position;
use anydoor_core::fhir::{self, Document};
use anydoor_core::incident::{FactKind, Place, Urgency};
use anydoor_sandbox::desks::{Call, Told};
use anydoor_sandbox::server::Strictness;
use anydoor_tests::twice::{self, There};
use anydoor_tests::visit::met;
use anydoor_tests::{Phone, World};
use serde_json::json;

type Tested<T = ()> = Result<T, Box<dyn Error>>;

const STRICTNESSES: [Strictness; 3] = [Strictness::Strict, Strictness::Hapi, Strictness::Loose];

fn call() -> Call {
    Call {
        number: "4711".into(),
        first_contact: "2026-11-23T05:00:00Z".parse().unwrap(),
        determined: "2026-11-23T05:04:00Z".parse().unwrap(),
        headline: "welfare check".into(),
        urgency: Urgency::Urgent,
        place: Place { address: Some("88 Quarry Rd".into()), position: Position::new(40.1, -75.3).ok(), ..Place::default() },
        people: vec![Told { name: Some(("Grace".into(), "Whitaker".into())), language: Some("en".into()), ..Told::default() }],
        callback: Some("tel:+12155550177".into()),
        said: vec![(FactKind::Complaint, "neighbour hears crying".into())],
        part2: None,
    }
}

/// The same call four minutes later: more urgent, at the back of the house, and one more fact.
fn later() -> Call {
    let mut call = call();
    call.determined = "2026-11-23T05:08:00Z".parse().unwrap();
    call.headline = "person in crisis, shouting".into();
    call.urgency = Urgency::Emergent;
    call.place.address = Some("88 Quarry Rd, rear entrance".into());
    call.said.push((FactKind::Weapon, "a kitchen knife on the table".into()));
    call
}

struct Told911 {
    assignment: String,
    incident: String,
}

async fn cad_says(world: &World, call: &Call, team: Option<usize>) -> Tested<Told911> {
    let team = team.map(|index| world.county.teams[index].id.clone());
    let taken = world.gateway.receive_911(call.eido().to_string().as_bytes(), team.as_ref()).await?;
    Ok(Told911 { assignment: taken.assignment.to_string(), incident: taken.incident.id.to_string() })
}

fn crew(world: &World) -> Vec<String> {
    world.county.teams[0].crew.iter().map(|member| member.id.to_string()).collect()
}

fn versions(there: &There) -> BTreeMap<String, Option<String>> {
    there.iter().map(|(reference, document)| (reference.clone(), document.version().map(str::to_owned))).collect()
}

fn of_kind<'a>(there: &'a There, kind: &str) -> Vec<&'a Document> {
    there.values().filter(|document| document.kind() == kind).collect()
}

/// The team is with the person.
async fn with_the_person(world: &World, told: &Told911) -> Tested<Phone> {
    let phone = world.phone(0)?;
    phone.client.sync(true).await?;
    phone.client.set_crew(&told.assignment, crew(world), None)?;
    for tap in ["acknowledged", "en-route", "on-scene", "contact"] {
        phone.client.tap(&told.assignment, tap, "")?;
    }
    assert_eq!(phone.client.sync(false).await?.unsent, 0);
    Ok(phone)
}

/// What the team has stays as it is at the server: Task, stamps and visits are the same versions.
fn the_team_has_it(before: &There, after: &There) {
    for kind in ["Task", "Provenance", "Encounter"] {
        let of = |there| of_kind(there, kind).into_iter().map(|d| (d.reference(), d.version().map(str::to_owned))).collect::<Vec<_>>();
        assert_eq!(of(before), of(after), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_an_incident_that_a_team_has_leaves_it_with_the_team() -> Tested {
    for strictness in STRICTNESSES {
        let world = World::new(strictness).await?;
        let told = cad_says(&world, &call(), Some(0)).await?;
        let phone = with_the_person(&world, &told).await?;
        let before = twice::there(&world.gateway).await?;
        cad_says(&world, &later(), Some(0)).await?;
        let after = twice::there(&world.gateway).await?;
        the_team_has_it(&before, &after);
        let request = &after[&format!("ServiceRequest/{}", told.incident)];
        assert_eq!(request.text("/code/text"), Some("person in crisis, shouting"));
        assert_eq!(request.text("/priority"), Some("stat"));
        assert_eq!(request.list("/supportingInfo").len(), 2, "both documents as received are linked");
        assert_eq!(request.at("/authoredOn"), before[&request.reference()].at("/authoredOn"), "the need was determined once");
        let place = request.text("/locationReference/0/reference").unwrap();
        assert_eq!(after[place].text("/address/text"), Some("88 Quarry Rd, rear entrance"));
        assert_eq!(of_kind(&after, "Observation").len(), of_kind(&before, "Observation").len() + 1);
        assert_eq!(of_kind(&after, "Patient").len(), of_kind(&before, "Patient").len());
        phone.client.sync(false).await?;
        let screen = phone.client.assignment(&told.assignment)?;
        assert_eq!(screen.row.state, "contact");
        assert_eq!(screen.facts.iter().filter(|fact| fact.text.contains("knife")).count(), 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_an_offer_that_a_team_has_claimed_leaves_it_claimed_and_closed() -> Tested {
    for strictness in STRICTNESSES {
        let world = World::new(strictness).await?;
        let told = cad_says(&world, &call(), None).await?;
        let phone = world.phone(0)?;
        phone.client.sync(true).await?;
        phone.client.claim(&told.assignment, crew(&world), None)?;
        phone.client.sync(false).await?;
        for tap in ["en-route", "on-scene", "contact"] {
            phone.client.tap(&told.assignment, tap, "")?;
        }
        let visit = phone.client.assignment(&told.assignment)?.visits[0].visit.clone();
        phone.client.close_visit(&told.assignment, &visit, met("stabilised"))?;
        phone.client.tap(&told.assignment, "clear", "")?;
        tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
        assert_eq!(phone.client.sync(false).await?.unsent, 0, "{:?}", phone.client.needs_you()?);
        let before = twice::there(&world.gateway).await?;
        cad_says(&world, &later(), None).await?;
        let after = twice::there(&world.gateway).await?;
        the_team_has_it(&before, &after);
        assert_eq!(after[&format!("Encounter/{visit}")].text("/status"), Some("finished"));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_document_again_and_an_older_one_change_nothing() -> Tested {
    for strictness in STRICTNESSES {
        let world = World::new(strictness).await?;
        let told = cad_says(&world, &call(), Some(0)).await?;
        with_the_person(&world, &told).await?;
        let once = twice::there(&world.gateway).await?;
        cad_says(&world, &call(), Some(0)).await?;
        assert_eq!(versions(&once), versions(&twice::there(&world.gateway).await?));
        cad_says(&world, &later(), Some(0)).await?;
        let updated = twice::there(&world.gateway).await?;
        let mut older = call();
        older.determined = "2026-11-23T05:06:00Z".parse()?;
        older.headline = "noise complaint".into();
        for again in [call(), later(), older] {
            cad_says(&world, &again, Some(0)).await?;
            assert_eq!(versions(&updated), versions(&twice::there(&world.gateway).await?));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_team_changed_meanwhile_stays_and_the_rest_of_the_update_arrives() -> Tested {
    for strictness in STRICTNESSES {
        let world = World::new(strictness).await?;
        let told = cad_says(&world, &call(), Some(0)).await?;
        with_the_person(&world, &told).await?;
        let request = format!("ServiceRequest/{}", told.incident);
        let patient = world.gateway.read(&request).await?.text("/subject/reference").unwrap().to_owned();
        world
            .gateway
            .change(&request, |request| {
                request.set("code", json!({ "text": "grief, wants to talk" })).push("note", json!({ "text": "door code 11" }));
            })
            .await?;
        world
            .gateway
            .change(&patient, |person| {
                person.set("birthDate", json!("1979-03-02"));
                person.push("telecom", json!({ "system": "phone", "value": "+12155550999" }));
            })
            .await?;
        let mut update = later();
        update.people[0].language = Some("es".into());
        cad_says(&world, &update, Some(0)).await?;
        let (request, patient) = (world.gateway.read(&request).await?, world.gateway.read(&patient).await?);
        assert_eq!(request.text("/code/text"), Some("grief, wants to talk"), "both changed it: the team's stays");
        assert_eq!((request.text("/note/0/text"), request.text("/priority")), (Some("door code 11"), Some("stat")));
        assert_eq!((patient.text("/birthDate"), patient.text("/name/0/family")), (Some("1979-03-02"), Some("Whitaker")));
        assert!(patient.to_text().contains("+12155550999"));
        assert_eq!(patient.text("/communication/0/language/coding/0/code"), Some("es"), "nobody else changed it: it arrives");
        let received: Vec<Document> = {
            let mut all = Vec::new();
            for linked in request.list("/supportingInfo") {
                all.push(world.gateway.read(linked["reference"].as_str().unwrap()).await?);
            }
            all
        };
        let kept = received.iter().filter_map(fhir::incident::received_bytes).any(|b| String::from_utf8_lossy(&b).contains("shouting"));
        assert!(kept, "the sender's words are kept as received");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_field_here_and_is_sent_again_is_shown_once() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let team = world.county.teams[0].id.clone();
    let says = async |call: &Call, gate: &str| -> Tested<String> {
        let mut document = call.eido();
        document["somethingOfTheirs"] = json!({ "gate": gate });
        Ok(world.gateway.receive_911(document.to_string().as_bytes(), Some(&team)).await?.assignment.to_string())
    };
    let assignment = says(&call(), "opens at dusk").await?;
    says(&later(), "opens at dusk").await?;
    let mut latest = later();
    latest.determined = "2026-11-23T05:12:00Z".parse()?;
    says(&latest, "stays shut").await?;
    let phone = world.phone(0)?;
    phone.client.sync(true).await?;
    let shown = phone.client.assignment(&assignment)?.also_sent;
    let gates: Vec<&str> = shown
        .iter()
        .filter_map(|also| match also {
            AlsoSentRow::Value { path, text } if path == "/somethingOfTheirs/gate" => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(gates, ["opens at dusk", "stays shut"]);
    assert!(shown.iter().enumerate().all(|(at, also)| !shown[..at].contains(also)), "{shown:?}");
    Ok(())
}
