//! Days on which something is refused, damaged or locked: what the person sees, and what they can do.

use std::sync::Arc;

use anydoor_core::api::{self, Anydoor, AnydoorError, ItemTruth};
use anydoor_core::base::clock::{Instant, SystemClock};
use anydoor_core::fhir::behaviour::ServerBehaviour;
use anydoor_core::http::{NoToken, Tokens};
use anydoor_core::store::{Key, Store, file_name};
use anydoor_sandbox::probe::Probe;
use anydoor_sandbox::server::Strictness;
use anydoor_tests::visit::met;
use anydoor_tests::{Phone, World};

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Two phones of one crew that closed one visit differently; the second one's is held.
async fn conflict(world: &World) -> Result<(Phone, String, String, i64), Box<dyn std::error::Error>> {
    let (ana, ben) = (world.phone_at(world.server.base_url(), 0, 0)?, world.phone_at(world.server.base_url(), 0, 1)?);
    let started = ana.on_view(world)?;
    let visit = ana.client.assignment(&started.assignment)?.visits[0].visit.clone();
    ana.client.sync(false).await?;
    ben.client.sync(true).await?;
    ana.client.close_visit(&started.assignment, &visit, met("stabilised"))?;
    ben.client.close_visit(&started.assignment, &visit, met("declined"))?;
    ana.client.sync(false).await?;
    ben.client.sync(false).await?;
    let item = ben.client.needs_you()?[0].item;
    Ok((ben, started.incident, started.person, item))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_of_a_conflict_says_who_and_when_and_both_can_be_kept() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let (ben, incident, person, item) = conflict(&world).await?;
    let card = ben.client.conflict(item)?;
    assert_eq!(card.theirs_by.as_deref(), Some(world.county.teams[0].crew[0].name.as_str()));
    assert!(card.theirs_at.is_some());
    let draft = ben.client.keep_both(item, &incident, &person)?;
    assert!(ben.client.needs_you()?.is_empty());
    let kept = ben.client.drafts()?.into_iter().find(|d| d.id == draft).ok_or("no draft")?;
    assert!(kept.text.contains("declined"), "{}", kept.text);
    assert_eq!(ben.client.sync(false).await?.unsent, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_item_can_be_edited_and_goes() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let started = phone.on_view(&world)?;
    let nobody = anydoor_core::base::ids::MemberId::fresh().to_string();
    phone.client.set_crew(&started.assignment, vec![nobody.clone(), world.county.teams[0].crew[0].id.to_string()], None)?;
    phone.client.sync(false).await?;
    let held = phone.client.needs_you()?.into_iter().find(|h| h.document.starts_with("Task/")).ok_or("nothing is held")?;
    let text = phone.client.export(&held.document)?;
    assert!(matches!(phone.client.edit_parked(held.item, "{"), Err(AnydoorError::Invalid { .. })));
    assert!(matches!(phone.client.edit_parked(held.item, r#"{"resourceType":"Task","id":"other"}"#), Err(AnydoorError::Invalid { .. })));
    phone.client.edit_parked(held.item, &text.replace(&nobody, world.county.teams[0].crew[1].id.as_str()))?;
    assert_eq!(phone.client.sync(false).await?.unsent, 0, "{:?}", phone.client.needs_you()?);
    assert_eq!(phone.client.assignment(&started.assignment)?.row.truth, ItemTruth::AtTheAgency);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_keeps_what_is_unsent_and_only_a_wipe_that_names_it_removes_it() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let started = phone.on_view(&world)?;
    phone.client.save_draft("", &started.incident, &started.person, "half a sentence".into())?;
    let unsent = phone.client.sign_out()?;
    assert!(unsent > 1, "{unsent}");
    assert!(matches!(phone.client.sync(false).await, Err(AnydoorError::SignInAgain)));
    assert_eq!((phone.client.unsent_and_drafts()?, phone.client.drafts()?.len()), (unsent, 1));
    phone.client.sign_in("again".into(), None);
    assert_eq!(phone.client.sync(false).await?.unsent, 0);
    // The draft alone is left, and a wipe that does not know of it wipes nothing.
    assert!(matches!(phone.client.wipe(0, "phone-handed-on"), Err(AnydoorError::Changed)));
    assert!(matches!(phone.client.wipe(1, "because"), Err(AnydoorError::Invalid { .. })));
    assert_eq!(phone.client.drafts()?.len(), 1);
    phone.client.wipe(1, "phone-handed-on")?;
    assert!(matches!(phone.client.drafts(), Err(AnydoorError::StorageLocked)));
    phone.client.resume(vec![1; 32])?;
    assert_eq!((phone.client.drafts()?.len(), phone.client.everything()?.len()), (0, 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_mended_in_use_and_what_was_unsent_still_goes() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let started = phone.on_view(&world)?;
    let draft = phone.client.save_draft("", &started.incident, &started.person, "half a sen".into())?;
    phone.client.pause()?;
    let path = phone.folder().join(file_name(&phone.config.server, &phone.config.agency, &phone.config.member));
    let mut bytes = std::fs::read(&path)?;
    let pages = bytes.len() / 4096;
    // Every page but the first few: whatever is read next meets damage.
    (4..pages).for_each(|page| bytes[page * 4096 + 100] ^= 1);
    std::fs::write(&path, bytes)?;
    phone.client.resume(phone.key.clone())?;
    let stands = phone.client.storage()?;
    assert!(stands.moved_aside[0].ends_with(".db.damaged-1"), "{stands:?}");
    assert!(stands.salvaged > 0 && stands.second_copy, "{stands:?}");
    assert_eq!(phone.client.drafts()?[0].id, draft);
    assert_eq!(phone.client.sync(false).await?.unsent, 0, "{:?}", phone.client.needs_you()?);
    let there = world.gateway.read(&format!("Task/{}", started.assignment)).await?;
    assert!(there.version().is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_members_unsent_work_stays_and_is_counted_and_not_readable() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    phone.on_view(&world)?;
    phone.client.pause()?;
    let mut other = phone.config.clone();
    other.member = world.county.teams[0].crew[1].id.to_string();
    let second = Anydoor::open_with(other.clone(), &[8; 32], Arc::new(NoToken), Arc::new(SystemClock::default()))?;
    let counted = api::unsent_of_other_members(other)?;
    assert!(counted > 0);
    assert!(second.queue(50)?.is_empty());
    assert_eq!(api::unsent_of_other_members(phone.config.clone())?, 0);
    let theirs = phone.folder().join(file_name(&phone.config.server, &phone.config.agency, &phone.config.member));
    assert!(Store::open(&theirs, &Key::new(&[8; 32])?, &phone.config.agency).is_err());
    phone.client.resume(phone.key.clone())?;
    for _ in 0..2 {
        assert_eq!(phone.client.sync(false).await?.unsent, 0);
    }
    phone.client.pause()?;
    // Acknowledged and given back: nothing is left to count.
    assert_eq!(api::unsent_of_other_members(phone_of(&phone, &world))?, 0);
    Ok(())
}

fn phone_of(phone: &Phone, world: &World) -> api::Config {
    api::Config { member: world.county.teams[0].crew[1].id.to_string(), ..phone.config.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_is_never_written_over_with_another_key() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let phone = world.phone(0)?;
    let (_, agency) = anydoor_core::store::keys::recovery_key_pair()?;
    api::keep_key(phone.config.clone(), phone.key.clone(), b"wrapped".to_vec(), agency.clone())?;
    let kept = api::kept_key(phone.config.clone())?.ok_or("no key file")?;
    assert_eq!(kept.wrapped, b"wrapped");
    let other = api::new_work_key()?;
    let refused = api::keep_key(phone.config.clone(), other, b"x".to_vec(), agency.clone());
    assert_eq!(refused, Err(AnydoorError::NotAllowed { why: "other-key".into() }));
    // After a recovery the same key comes back, wrapped anew.
    api::keep_key(phone.config.clone(), phone.key.clone(), b"wrapped anew".to_vec(), agency)?;
    assert_eq!(api::kept_key(phone.config.clone())?.ok_or("no key file")?.wrapped, b"wrapped anew");
    Ok(())
}

/// Good for escalations only: everything else gets no token.
struct OnlyForEscalations;

impl Tokens for OnlyForEscalations {
    fn token(&self) -> Option<String> {
        None
    }
    fn for_escalations(&self) -> Option<String> {
        Some("for-escalations".into())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_help_goes_with_its_own_token_when_the_sign_in_has_ended() -> Tested {
    let world = World::new(Strictness::Strict).await?;
    let own_token = world.phone_with(0, Arc::new(OnlyForEscalations))?;
    let no_token = world.phone_with(1, Arc::new(NoToken))?;
    let (helped, stuck) = (own_token.on_view(&world)?, no_token.on_view(&world)?);
    for phone in [&own_token, &no_token] {
        phone.client.sync(false).await?;
    }
    world.server.want_token(Some("for-escalations".into()));
    let asked = own_token.escalate(&helped.assignment)?;
    no_token.escalate(&stuck.assignment)?;
    assert_eq!(own_token.client.sync(false).await.unwrap_err(), AnydoorError::SignInAgain);
    let _ = no_token.client.sync(false).await;
    assert_eq!(own_token.lifeline.escalations()[0].state, "sent");
    let told = no_token.lifeline.escalations().remove(0);
    assert_eq!((told.state.as_str(), told.why_not_sent.as_deref()), ("on-phone", Some("sign-in")));
    world.server.want_token(None);
    assert_eq!(world.gateway.read(&format!("Task/{}", asked.id)).await?.text("/status"), Some("requested"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_travel_with_their_act_only_where_the_probe_met_this_software() -> Tested {
    for (behaviour, together) in [(Strictness::Strict, true), (Strictness::Loose, false)] {
        let world = World::new(behaviour).await?;
        let (found, trouble) = Probe::new(world.server.base_url(), None)?.run(Instant::now(), world.county.agency.as_str()).await?;
        assert_eq!(trouble, Vec::<String>::new(), "{behaviour:?}");
        assert_eq!(found.versioned_update_in_transaction, together, "{behaviour:?}");
        let phone = world.phone(0)?;
        phone.client.sync(true).await?;
        let started = phone.on_view(&world)?;
        phone.client.sync(false).await?;
        let round_trips = async |tap: &str, probed: Option<ServerBehaviour>| -> Result<u32, Box<dyn std::error::Error>> {
            if let Some(found) = probed {
                world.gateway.write("a probe", &[found.write("probe")]).await?;
                phone.client.sync(true).await?;
            }
            phone.client.tap(&started.assignment, tap, "")?;
            let busy = phone.client.sync(false).await?.round_trips;
            Ok(busy - phone.client.sync(false).await?.round_trips)
        };
        let before = round_trips("en-route", None).await?;
        let (mut other, mut now) = (found.clone(), found);
        (other.software, now.probed) = ("another 1.0".into(), Instant::now());
        assert_eq!(round_trips("on-scene", Some(other)).await?, before, "{behaviour:?}: believed a probe of other software");
        let after = round_trips("contact", Some(now)).await?;
        assert_eq!(after < before, together, "{behaviour:?}: {before} round trips before the probe, {after} after");
    }
    Ok(())
}
