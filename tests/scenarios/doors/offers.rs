//! An open offer names nobody: what a phone holds before and after its team has it, and what is taken from it when another
//! team has it.

use anydoor_core::base::Position;
use anydoor_core::base::clock::Instant;
use anydoor_core::incident::{FactKind, Place, Urgency};
use anydoor_sandbox::desks::{Call, Told};
use anydoor_sandbox::server::Strictness;
use anydoor_tests::{Phone, World};

type Tested = Result<(), Box<dyn std::error::Error>>;

fn call() -> Call {
    let now = Instant::now();
    Call {
        number: "offer-1".into(),
        first_contact: now,
        determined: now,
        headline: "canary headline".into(),
        urgency: Urgency::Emergent,
        place: Place { address: Some("1 Canary Row".into()), position: Position::new(40.1234, -75.3456).ok(), ..Place::default() },
        people: vec![Told { name: Some(("Canary".into(), "Person".into())), language: Some("es".into()), ..Told::default() }],
        callback: Some("tel:+12155550177".into()),
        said: vec![(FactKind::Weapon, "canary weapon".into()), (FactKind::Caution, "canary caution".into())],
        part2: Some("canary programme".into()),
    }
}

fn holds(phone: &Phone, kind: &str) -> Result<usize, Box<dyn std::error::Error>> {
    Ok(phone.client.everything()?.iter().filter(|reference| reference.starts_with(&format!("{kind}/"))).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_holds_nothing_of_an_offer_but_the_offer_until_its_team_has_it() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let taken = world.gateway.receive_988(call().order().to_string().as_bytes(), None).await?;
    let assignment = taken.assignment.to_string();
    let task = world.gateway.read(&format!("Task/{assignment}")).await?;
    let said = task.to_text().to_lowercase();
    assert!(!said.contains("canary") && !said.contains("patient/") && !said.contains("40.1234") && task.at("/for").is_none(), "{said}");
    assert!(task.at("/focus").is_some());

    let (ours, theirs) = (world.phone(0)?, world.phone(1)?);
    for phone in [&ours, &theirs] {
        phone.client.sync(true).await?;
        for kind in ["Patient", "RelatedPerson", "ServiceRequest", "Observation", "Encounter", "DocumentReference", "Flag", "Consent"] {
            assert_eq!(holds(phone, kind)?, 0, "{kind}");
        }
        let offer = phone.client.open_offer(&assignment)?;
        assert_eq!((offer.urgency.as_str(), offer.door.as_str(), offer.dangers), ("emergent", "988", vec!["weapon".to_owned()]));
        assert!(offer.width_m.is_some_and(|width_m| width_m >= 500.0) && offer.languages == ["es"]);
        let row = phone.client.queue(20)?.into_iter().find(|row| row.assignment == assignment).ok_or("in the queue")?;
        assert_eq!((row.urgency, row.person, row.place), (0, None, None));
    }

    ours.client.claim(&assignment, world.county.teams[0].crew.iter().map(|member| member.id.to_string()).collect(), None)?;
    assert_eq!(holds(&ours, "Patient")?, 0, "asked for is not having");
    // The claim is taken, and a read by the id shows the team as the owner.
    ours.client.sync(false).await?;
    let screen = ours.client.assignment(&assignment)?;
    assert_eq!(screen.people[0].shown.as_deref(), Some("Canary Person"));
    assert!(screen.facts.iter().any(|fact| fact.text == "canary programme"));

    theirs.client.sync(true).await?;
    assert!(!theirs.client.everything()?.iter().any(|reference| reference.ends_with(&assignment)), "another team has it");
    for kind in ["Patient", "ServiceRequest", "Observation"] {
        assert_eq!(holds(&theirs, kind)?, 0, "{kind}");
    }
    Ok(())
}
