//! A note on the wrong person (P14): it takes two people, no word is lost, and those who may have had it are told.

use std::sync::Arc;

use anydoor_core::api::AnydoorError;
use anydoor_core::fhir::Document;
use anydoor_core::http::Request;
use anydoor_core::http::{NoToken, Transport};
use anydoor_sandbox::server::Strictness;
use anydoor_tests::{Phone, World};

type Tested = Result<(), Box<dyn std::error::Error>>;

async fn at_server(world: &World, reference: &str) -> Result<Document, Box<dyn std::error::Error>> {
    let transport = Transport::new(world.server.base_url(), Arc::new(NoToken))?;
    let answer = transport.send(&Request::get(reference.to_owned())).await.map_err(|failure| format!("{failure:?}"))?;
    Ok(Document::parse(&answer.body)?)
}

/// Ana and Ben of one crew, a note of Ana's on the person of a visit, and the person whom it is really about.
struct Written {
    world: World,
    ana: Phone,
    ben: Phone,
    assignment: String,
    incident: String,
    note: String,
    right: String,
}

async fn written() -> Result<Written, Box<dyn std::error::Error>> {
    let world = World::new(Strictness::Strict).await?;
    let (ana, ben) = (world.phone_at(world.server.base_url(), 0, 0)?, world.phone_at(world.server.base_url(), 0, 1)?);
    ana.client.sync(true).await?;
    let (started, other) = (ana.on_view(&world)?, ana.on_view(&world)?);
    let draft = ana.client.save_draft("", &started.incident, &started.person, "slept badly, wants her sister called".into())?;
    let note = ana.client.sign(&draft, &started.assignment)?;
    let service = world.county.services[0].id.to_string();
    ana.client.hand_off(&started.assignment, &started.person, &service, Some(anydoor_tests::visit::spoken()))?;
    ana.client.sync(false).await?;
    ben.client.sync(true).await?;
    Ok(Written { world, ana, ben, assignment: started.assignment, incident: started.incident, note, right: other.person })
}

fn listed(phone: &Phone, written: &Written) -> Result<bool, AnydoorError> {
    let on_screen = phone.client.assignment(&written.assignment)?.notes.iter().any(|note| note.id == written.note);
    let found = phone.client.search_notes("sister", 20)?.iter().any(|note| note.id == written.note);
    assert_eq!(on_screen, found);
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_on_the_wrong_person_leaves_their_views_when_a_second_member_confirms() -> Tested {
    let all = written().await?;
    let mark = all.ana.client.mark_in_error(&all.note, "wrong-person", Some(all.right.clone()), &all.assignment)?;
    assert!(matches!(all.ana.client.confirm_in_error(&mark), Err(AnydoorError::NotAllowed { why }) if why == "same-person"));
    all.ana.client.sync(false).await?;
    all.ben.client.sync(false).await?;
    assert!(listed(&all.ana, &all)? && listed(&all.ben, &all)?, "one member alone takes nothing away");
    let before = at_server(&all.world, &format!("DocumentReference/{}", all.note)).await?;

    all.ben.client.confirm_in_error(&mark)?;
    assert!(!listed(&all.ben, &all)?);
    assert_eq!(all.ben.client.sync(false).await?.unsent, 0, "{:?}", all.ben.client.needs_you()?);
    all.ana.client.sync(false).await?;
    assert!(!listed(&all.ana, &all)?);
    assert!(matches!(all.ana.client.addend(&all.note, "more", &all.assignment), Err(AnydoorError::Invalid { .. })));

    let after = at_server(&all.world, &format!("DocumentReference/{}", all.note)).await?;
    assert_eq!((after.text("/status"), after.at("/content")), (Some("entered-in-error"), before.at("/content")));
    let row = &all.ben.client.notes_in_error(&all.assignment)?[0];
    assert_eq!((row.told, row.second.as_deref()), (1, Some(all.ben.config.member.as_str())));

    assert!(matches!(all.ben.client.write_anew(&mark), Err(AnydoorError::NotAllowed { .. })));
    let anew = all.ana.client.write_anew(&mark)?;
    assert_eq!(all.ana.client.sync(false).await?.unsent, 0);
    let anew = at_server(&all.world, &format!("DocumentReference/{anew}")).await?;
    assert_eq!(anew.text("/subject/reference"), Some(format!("Patient/{}", all.right).as_str()));
    assert_eq!((anew.text("/status"), anew.at("/content")), (Some("current"), before.at("/content")));
    let texts: Vec<String> = all.ana.client.search_notes("sister", 20)?.into_iter().map(|note| note.person).collect();
    assert_eq!((texts, all.incident.is_empty()), (vec![all.right.clone()], false));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_set_back_does_not_bring_it_back() -> Tested {
    let all = written().await?;
    let standing = at_server(&all.world, &format!("DocumentReference/{}", all.note)).await?;
    let mark = all.ana.client.mark_in_error(&all.note, "signed-by-mistake", None, &all.assignment)?;
    all.ana.client.sync(false).await?;
    all.ben.client.sync(false).await?;
    all.ben.client.confirm_in_error(&mark)?;
    all.ben.client.sync(false).await?;
    // An old copy goes over it.
    let transport = Transport::new(all.world.server.base_url(), Arc::new(NoToken))?;
    transport.send(&Request::put(&standing, None)).await.map_err(|failure| format!("{failure:?}"))?;
    for phone in [&all.ben, &all.ana, &all.ben] {
        phone.client.sync(true).await?;
        phone.client.sync(false).await?;
        assert!(!listed(phone, &all)? || phone.config.member == all.ana.config.member);
    }
    all.ana.client.sync(true).await?;
    assert!(!listed(&all.ana, &all)?);
    let after = at_server(&all.world, &format!("DocumentReference/{}", all.note)).await?;
    assert_eq!((after.text("/status"), after.at("/content")), (Some("entered-in-error"), standing.at("/content")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_of_a_signed_note_can_change() -> Tested {
    let all = written().await?;
    let files = std::fs::read_dir(all.ana.folder())?.flatten().map(|entry| entry.path());
    let path = files.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "db")).ok_or("no database")?;
    all.ana.client.pause()?;
    let connection = rusqlite::Connection::open(path)?;
    let key: String = all.ana.key.iter().map(|byte| format!("{byte:02x}")).collect();
    connection.execute_batch(&format!("PRAGMA key = \"x'{key}'\";"))?;
    let set = |expression: &str| {
        connection.execute(&format!("UPDATE documents SET body = {expression} WHERE kind = 'DocumentReference' AND id = ?"), [&all.note])
    };
    for refused in [
        "json_set(body, '$.content[0].attachment.data', 'eA==')",
        "json_set(body, '$.status', 'entered-in-error', '$.content[0].attachment.data', 'eA==')",
        "json_set(body, '$.status', 'entered-in-error', '$.subject.reference', 'Patient/x')",
        "json_set(body, '$.status', 'superseded')",
        "'{}'",
    ] {
        assert!(set(refused).is_err(), "{refused}");
    }
    assert_eq!(set("json_set(body, '$.status', 'entered-in-error')")?, 1);
    assert!(set("json_set(body, '$.status', 'current')").is_err(), "nothing stands up again");
    Ok(())
}
