//! Photos and dictations: two copies here until the agency has given them back, and behind everything else.

use anydoor_core::api::{AnydoorError, ItemTruth};
use anydoor_core::fhir::{Document, attachment};
use anydoor_core::http::{Answer, Failure};
use anydoor_core::store::{Key, Store};
use anydoor_core::sync::Run;
use anydoor_core::sync::attachments::AttachmentRun;
use anydoor_sandbox::server::Strictness;
use anydoor_tests::{Phone, World};

type Tested = Result<(), Box<dyn std::error::Error>>;

fn photo(size: usize) -> Vec<u8> {
    (0..size).map(|n| (n * 31 % 251) as u8).collect()
}

fn files(phone: &Phone, part: &str) -> usize {
    let names = std::fs::read_dir(phone.folder()).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter(|name| name.to_string_lossy().contains(part)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_made_with_no_signal_is_in_two_copies_here_and_then_whole_at_the_agency_and_with_the_crew() -> Tested {
    for behaviour in [Strictness::Strict, Strictness::Hapi, Strictness::Loose] {
        let world = World::new(behaviour).await?;
        let (ana, ben) = (world.phone_at(world.server.base_url(), 0, 0)?, world.phone_at(world.server.base_url(), 0, 1)?);
        let started = ana.on_view(&world)?;
        let content = photo(2_900_000);
        let attach = |kind: &str, content_type: &str, content: Vec<u8>| {
            ana.client.attach(kind, &started.incident, &started.person, &started.assignment, content_type, content)
        };
        let id = attach("photo", "image/jpeg", content.clone())?;
        assert!(matches!(attach("photo", "audio/mp4", photo(9)), Err(AnydoorError::Invalid { .. })));
        assert!(matches!(attach("dictation", "audio/mp4", photo(3_000_001)), Err(AnydoorError::Invalid { .. })));
        let shown = |phone: &Phone| phone.client.attachments(&started.incident);
        assert_eq!((shown(&ana)?[0].truth.clone(), files(&ana, "attachment")), (ItemTruth::OnThisPhone, 2));
        assert_eq!(ana.client.attachment_content(&id).await?, content);

        assert_eq!(ana.client.sync(false).await?.unsent, 0, "{behaviour:?}: {:?}", ana.client.needs_you()?);
        assert_eq!((shown(&ana)?[0].truth.clone(), files(&ana, "attachment")), (ItemTruth::AtTheAgency, 1));
        ben.client.sync(true).await?;
        let row = &shown(&ben)?[0];
        assert_eq!((row.size, row.here, row.truth.clone()), (2_900_000, false, ItemTruth::AtTheAgency));
        assert_eq!(ben.client.attachment_content(&id).await?, content);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_of_which_no_copy_reads_is_said_and_holds_up_nothing_else() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let started = phone.on_view(&world)?;
    let id = phone.client.attach("photo", &started.incident, &started.person, &started.assignment, "image/png", photo(100))?;
    for file in std::fs::read_dir(phone.folder())?.flatten().filter(|file| file.file_name().to_string_lossy().contains("attachment")) {
        let mut bytes = std::fs::read(file.path())?;
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(file.path(), bytes)?;
    }
    let draft = phone.client.save_draft("", &started.incident, &started.person, "calm".into())?;
    phone.client.sign(&draft, &started.assignment)?;
    let unsent = phone.client.sync(false).await?.unsent;
    let needs = phone.client.needs_you()?;
    assert_eq!((needs.len(), needs[0].reason.as_str()), (1, "unreadable"));
    // The content and what names it; everything else has gone.
    assert_eq!(unsent, 2);
    assert!(phone.client.attachment_content(&id).await.is_err());
    assert_eq!(files(&phone, "attachment"), 2, "what is left of it stays");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_goes_first_and_a_copy_goes_only_when_the_same_bytes_came_back() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let started = phone.on_view(&world)?;
    let content = photo(200_000);
    phone.client.attach("photo", &started.incident, &started.person, &started.assignment, "image/png", content.clone())?;
    phone.client.pause()?;
    let is_copied = || {
        let mut names = std::fs::read_dir(phone.folder()).unwrap().flatten().map(|file| file.file_name().to_string_lossy().into_owned());
        names.any(|name| name.contains(".attachment-") && name.ends_with("-copy"))
    };
    let path = std::fs::read_dir(phone.folder())?.flatten().map(|f| f.path()).find(|p| p.extension().is_some_and(|e| e == "db"));
    let mut store = Store::open(&path.ok_or("no database")?, &Key::new(&phone.key)?, &phone.config.agency)?;
    let now = "2026-11-25T02:00:00Z".parse()?;

    let mut run = AttachmentRun::new(&store)?;
    let Some(put) = run.next(&mut store, now)? else { return Err("nothing to send".into()) };
    let body = Document::parse(put.body.as_deref().unwrap_or_default().as_bytes())?;
    assert_eq!(attachment::data(&body), Some(content));
    // No answer came; meanwhile somebody saved something. It goes first.
    run.hear(&mut store, Err(Failure::NoAnswer), now)?;
    let mut run = AttachmentRun::new(&store)?;
    let Some(put) = run.next(&mut store, now)? else { return Err("nothing to send".into()) };
    let plan = anydoor_core::acts::Plan::new("test", &anydoor_core::base::ids::MemberId::fresh(), now, "v");
    anydoor_core::acts::Ledger::commit(&mut store, &plan.create(Document::new("Basic", "b")))?;
    let taken = Answer { status: 201, etag: Some("W/\"1\"".into()), ..Answer::default() };
    run.hear(&mut store, Ok(taken.clone()), now)?;
    let Some(back) = run.next(&mut store, now)? else { return Err("no read-back".into()) };
    assert_eq!(back.path, put.path);
    // Something else came back: both copies stay, and it goes again.
    let other = attachment::with_data(&body, b"other").to_text().into_bytes();
    run.hear(&mut store, Ok(Answer { status: 200, body: other, ..Answer::default() }), now)?;
    assert_eq!((run.next(&mut store, now)?, run.stop), (None, None), "something newer waits");
    assert!(is_copied() && store.unsent()?.iter().any(|intent| intent.kind == "Binary"));
    let mut run = AttachmentRun::new(&store)?;
    assert!(run.next(&mut store, now)?.is_some());
    run.hear(&mut store, Ok(taken), now)?;
    run.next(&mut store, now)?;
    run.hear(&mut store, Ok(Answer { status: 200, body: body.to_text().into_bytes(), ..Answer::default() }), now)?;
    assert!(!is_copied() && store.unsent()?.iter().all(|intent| intent.kind != "Binary"));
    Ok(())
}
