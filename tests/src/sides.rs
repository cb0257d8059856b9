//! Both sides compared: what a phone says is there must be there, with that content; what is quiet is the same on both.

use std::error::Error;

use anydoor_core::api::ItemTruth;
use anydoor_core::fhir::Document;

use crate::{Phone, World};

type Compared<T> = Result<T, Box<dyn Error>>;

/// A document as the phone has it.
///
/// # Errors
/// Where it is not there or cannot be read.
pub fn ours(phone: &Phone, reference: &str) -> Compared<Document> {
    Ok(Document::parse(phone.client.export(reference)?.as_bytes())?)
}

/// Every item of this assignment that the phone says is at the agency is there, with that content.
///
/// # Errors
/// Where a claim is false.
pub async fn claims_are_true(world: &World, phone: &Phone, assignment: &str) -> Compared<()> {
    let screen = phone.client.assignment(assignment)?;
    let mut claimed: Vec<String> = Vec::new();
    let there = |truth: &ItemTruth| *truth == ItemTruth::AtTheAgency;
    if there(&screen.row.truth) {
        claimed.push(format!("Task/{assignment}"));
        claimed.push(format!("ServiceRequest/{}", screen.row.incident));
        claimed.extend(screen.stamps.iter().map(|stamp| format!("Provenance/{}", stamp.id)));
        claimed.extend(screen.visits.iter().map(|visit| format!("Encounter/{}", visit.visit)));
        claimed.extend(screen.people.iter().map(|person| format!("Patient/{}", person.id)));
    }
    claimed.extend(screen.notes.iter().filter(|note| there(&note.truth)).map(|note| format!("DocumentReference/{}", note.id)));
    let (handed, stepped, due) =
        (phone.client.handoffs(assignment)?, phone.client.step_downs(assignment)?, phone.client.follow_ups(assignment)?);
    claimed.extend(handed.iter().filter(|item| there(&item.truth)).map(|item| format!("Task/{}", item.task)));
    claimed.extend(stepped.iter().filter(|item| there(&item.truth)).map(|item| format!("Task/{}", item.id)));
    claimed.extend(due.iter().filter(|item| there(&item.truth)).map(|item| format!("Task/{}", item.id)));
    claimed.extend(phone.lifeline.escalations().iter().filter(|item| item.state == "sent").map(|item| format!("Task/{}", item.id)));
    for reference in claimed {
        let theirs = world.gateway.read(&reference).await.map_err(|error| format!("{reference} was claimed: {error}"))?;
        // An escalation rests in a file of its own, which is not exported.
        if let Ok(ours) = ours(phone, &reference)
            && let Some(place) = ours.first_difference(&theirs)
        {
            return Err(format!("{reference} was claimed and differs at {place}").into());
        }
    }
    Ok(())
}

/// Syncs these phones until none has anything to send and none hears anything new.
///
/// # Errors
/// Where they do not come to rest.
pub async fn settle(phones: &[&Phone]) -> Compared<()> {
    for round in 0..12 {
        let mut quiet = true;
        for phone in phones {
            let done = phone.client.sync(round % 2 == 1).await?;
            quiet &= done.sent == 0 && done.unsent == 0 && done.received == 0;
        }
        if quiet && round > 1 {
            return Ok(());
        }
    }
    let left: Vec<_> = phones.iter().map(|phone| phone.client.needs_you()).collect::<Result<_, _>>()?;
    Err(format!("the phones do not come to rest: {left:?}").into())
}

/// Every document on the phone is at the server, and says the same there.
///
/// # Errors
/// Where one is missing or differs.
pub async fn alike(world: &World, phone: &Phone) -> Compared<()> {
    for reference in phone.client.everything()? {
        let theirs = world.gateway.read(&reference).await.map_err(|error| format!("{reference}: {error}"))?;
        if let Some(place) = ours(phone, &reference)?.first_difference(&theirs) {
            return Err(format!("{reference} differs at {place}").into());
        }
    }
    Ok(())
}
