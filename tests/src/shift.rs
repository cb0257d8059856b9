//! A shift of two phones of one crew: what the scenarios and HAPI record, replay and compare.

use std::error::Error;

use anydoor_core::api::StartedRow;
use anydoor_core::fhir::{Document, handoff};
use anydoor_core::handoff::HandoffState;
use anydoor_sandbox::county::County;
use anydoor_sandbox::gateway::Gateway;

use crate::sides::settle;
use crate::{Phone, visit};

/// Ana starts a visit; both change one Task; Ben writes a note and takes it back, which Ana confirms; Ana takes a photo, hands
/// the person on and closes; the service says yes. Returns the visit.
///
/// # Errors
/// Where a phone or the server says no.
pub async fn play(county: &County, gateway: &Gateway, ana: &Phone, ben: &Phone) -> Result<StartedRow, Box<dyn Error>> {
    for phone in [ana, ben] {
        phone.client.sync(true).await?;
    }
    let started = visit::begin(county, ana)?;
    settle(&[ana, ben]).await?;
    let crew = county.teams.first().map(|team| team.crew.iter().rev().map(|member| member.id.to_string()).collect());
    ben.client.set_crew(&started.assignment, crew.unwrap_or_default(), None)?;
    let draft = ben.client.save_draft("", &started.incident, &started.person, "the dog was fed".into())?;
    let note = ben.client.sign(&draft, &started.assignment)?;
    ben.client.sync(false).await?;
    ana.client.sync(false).await?;
    let photo: Vec<u8> = (0..150_000_u32).map(|n| (n * 31 % 251) as u8).collect();
    ana.client.attach("photo", &started.incident, &started.person, &started.assignment, "image/jpeg", photo)?;
    let mark = ben.client.mark_in_error(&note, "signed-by-mistake", None, &started.assignment)?;
    settle(&[ana, ben]).await?;
    ana.client.confirm_in_error(&mark)?;
    visit::end(county, ana, &started)?;
    settle(&[ana, ben]).await?;
    // The service says yes: another's change, which the phones have seen.
    for referral in ana.client.handoffs(&started.assignment)? {
        let says_yes = |task: &mut Document| handoff::answer(task, "accepted", Some(HandoffState::Accepted), None);
        gateway.change(&format!("Task/{}", referral.task), says_yes).await?;
    }
    settle(&[ana, ben]).await?;
    Ok(started)
}
