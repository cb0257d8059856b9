//! What happens in the shift, in order, and the steps that every call shares. The calls themselves are in [`super::visits`],
//! [`super::referrals`] and [`super::doors`].

use anydoor_core::api::{BasisInput, ClosingInput};
use anydoor_core::base::Position;
use anydoor_core::incident::{FactKind, Place, Urgency};
use anydoor_core::team::Reason;
use anydoor_core::words::{self, Locale, Units};

use super::books::{Crossing, shown};
use super::{Result, Shift, ShiftError};
use crate::desks::{Call, Told};

/// Reasons in the catalogue's words.
pub(super) fn reasons(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| words::say_reason(reason, Locale::English, Units::Metric)).collect::<Vec<_>>().join(", ")
}

pub(super) fn met(whereabouts: &str, travel: &str, how: &str) -> ClosingInput {
    ClosingInput::Met { whereabouts: whereabouts.into(), travel: travel.into(), legal: "voluntary".into(), how: how.into() }
}

/// A person's spoken agreement, in their words, to everything but a Part 2 record.
pub(super) fn spoken(words: &str) -> BasisInput {
    BasisInput {
        kind: "consent-verbal".into(),
        scope: ["identity", "situation", "health", "wishes"].map(str::to_owned).to_vec(),
        words: Some(words.into()),
        notice_language: Some("es".into()),
        ..BasisInput::default()
    }
}

impl Shift {
    pub(super) fn call(
        &self,
        (desk, headline): (&str, &str),
        urgency: Urgency,
        (address, at): (&str, (f64, f64)),
        said: &[(FactKind, &str)],
        people: Vec<Told>,
    ) -> Call {
        let now = self.clock.shows();
        Call {
            number: format!("{desk}-{}-{}", self.play.seed, self.clock.moment()),
            first_contact: now.checked_sub(jiff::SignedDuration::from_mins(4)).unwrap_or(now),
            determined: now,
            headline: headline.into(),
            urgency,
            place: Place {
                address: Some(address.into()),
                position: Position::new(at.0, at.1).ok().map(|at| self.county.place(at)),
                ..Place::default()
            },
            people,
            callback: Some(format!("tel:+1215555{:04}", 200 + self.assignments.len())),
            said: said.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect(),
            part2: None,
        }
    }

    /// The whole script.
    pub(super) async fn calls(&mut self) -> Result<()> {
        if let Some(path) = self.play.eido.clone() {
            self.real_eido(&path).await?;
        }
        if let Some(path) = self.play.calls.clone() {
            self.real_calls(&path).await?;
        }
        self.on_view().await?;
        self.bridge().await?;
        self.offer_in_a_dead_zone().await?;
        self.both_doors().await?;
        self.two_people().await?;
        self.danger().await?;
        self.down_to_988().await?;
        self.nobody_there().await?;
        self.cancelled_on_the_way().await?;
        self.still_waiting().await
    }

    pub(super) async fn taps(&self, index: usize, assignment: &str, taps: &[(&str, i64)]) -> Result<()> {
        for (kind, minutes) in taps {
            self.pass(*minutes);
            let client = &self.phone_of(index)?.client;
            client.tap(assignment, kind, "")?;
            if *kind == "on-scene"
                && let Some(scene) = self.scene(index, assignment)?
            {
                client.report_position(scene.latitude(), scene.longitude(), 8.0)?;
            }
        }
        Ok(())
    }

    pub(super) fn scene(&self, index: usize, assignment: &str) -> Result<Option<Position>> {
        let screen = self.phone_of(index)?.client.assignment(assignment)?;
        Ok(screen.latitude.zip(screen.longitude).and_then(|(latitude, longitude)| Position::new(latitude, longitude).ok()))
    }

    pub(super) async fn man(&self, index: usize, assignment: &str) -> Result<()> {
        let phone = self.phone_of(index)?;
        phone.client.set_crew(assignment, phone.team.crew.iter().map(|m| m.id.to_string()).collect(), None)?;
        Ok(())
    }

    pub(super) fn first_person(&self, index: usize, assignment: &str) -> Result<(String, String)> {
        let screen = self.phone_of(index)?.client.assignment(assignment)?;
        let visit = screen.visits.first().ok_or(ShiftError::InVain("a visit"))?;
        Ok((visit.visit.clone(), visit.person.clone()))
    }

    /// Signs a note on the first person; returns its id.
    pub(super) fn sign(&self, index: usize, assignment: &str, incident: &str, text: &str) -> Result<String> {
        let (_, person) = self.first_person(index, assignment)?;
        let client = &self.phone_of(index)?.client;
        let half: String = text.chars().take(text.chars().count() / 2).collect();
        let draft = client.save_draft("", incident, &person, half)?;
        client.save_draft(&draft, incident, &person, text.to_owned())?;
        Ok(client.sign(&draft, assignment)?)
    }

    /// Compares what a desk sent with what the phone shows.
    pub(super) fn book_arrival(&mut self, way: &'static str, index: usize, call: &Call, assignment: &str) -> Result<()> {
        let screen = self.phone_of(index)?.client.assignment(assignment)?;
        self.crossings.push(Crossing::compare(way, &call.texts(), &shown(&screen), 0));
        Ok(())
    }

    pub(super) async fn assigned(&mut self, way: &'static str, index: usize, call: &Call, assignment: &str) -> Result<()> {
        self.sync(index, false).await?;
        self.book_arrival(way, index, call, assignment)?;
        self.man(index, assignment).await
    }

    pub(super) async fn name(&self, index: usize) -> String {
        self.phones.get(index).map(|p| p.name.clone()).unwrap_or_default()
    }
}

pub(super) fn truth(truth: Option<anydoor_core::api::ItemTruth>) -> String {
    use anydoor_core::api::ItemTruth;
    let code = match truth {
        Some(ItemTruth::OnThisPhone) => "on-this-phone",
        Some(ItemTruth::Sending) => "sending",
        Some(ItemTruth::AtTheAgency) => "at-the-agency",
        Some(ItemTruth::AskedFor) => "asked-for",
        Some(ItemTruth::NeedsYou { .. }) => "needs-you",
        None => "nothing there",
    };
    words::say_text("truth", code, Locale::English).unwrap_or_else(|| code.to_owned())
}
