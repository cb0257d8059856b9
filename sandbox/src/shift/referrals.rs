//! An open offer that two teams ask for, a stretch without network, a referral declined and then accepted.

use anydoor_core::fhir;
use anydoor_core::handoff::HandoffState;
use anydoor_core::incident::{FactKind, Urgency};

use super::books::Crossing;
use super::script::{met, spoken, truth};
use super::{Result, Shift, ShiftError};
use crate::desks::Told;

impl Shift {
    /// 988: an open offer that two teams ask for; a stretch without network; a referral declined, then accepted.
    pub(super) async fn offer_in_a_dead_zone(&mut self) -> Result<()> {
        self.pass(9);
        let said = [
            (FactKind::SelfHarm, "thoughts of suicide, a plan, no means at hand"),
            (FactKind::Medicine, "takes sertraline"),
            (FactKind::Caution, "dog in the yard"),
        ];
        let told = Told { name: Some(("Lena".into(), "Castillo".into())), language: Some("es".into()), ..Told::default() };
        let mut call = self.call(("c988", "suicidal thoughts"), Urgency::Urgent, ("14 Orchard Ln", (40.141, -75.342)), &said, vec![told]);
        call.part2 = Some("in treatment at a Part 2 programme since May".into());
        let taken = self.receive_988(&call, None).await?;
        let (assignment, incident) = (taken.assignment.to_string(), taken.incident.id.to_string());
        self.choose(&taken.incident, Urgency::Urgent, Some("es")).await?;
        for index in [0, 1] {
            self.sync(index, false).await?;
            let phone = self.phone_of(index)?;
            phone.client.claim(&assignment, phone.team.crew.iter().map(|m| m.id.to_string()).collect(), None)?;
        }
        self.sync(0, false).await?;
        let asked = self.row(0, &assignment)?;
        let name = self.name(0).await;
        self.say(&name, &format!("claims the offer: {}", truth(Some(asked)))).await;
        self.sync(1, false).await?;
        let other = self.name(1).await;
        let lost = self.phone_of(1)?.client.needs_you()?;
        self.say(
            &other,
            &format!(
                "asked for it too: {}",
                lost.first().map_or("nothing to see", |l| if l.reason == "taken-by-other" { "another team has it" } else { "needs you" })
            ),
        )
        .await;
        for row in lost {
            self.phone_of(1)?.client.seen_lost_claim(row.item)?;
        }
        self.clock.pass(6);
        self.sync(0, false).await?;
        self.book_arrival("988 in", 0, &call, &assignment)?;
        self.taps(0, &assignment, &[("acknowledged", 0), ("en-route", 2)]).await?;
        self.network(false).await;
        self.taps(0, &assignment, &[("on-scene", 11), ("contact", 1)]).await?;
        self.pass(40);
        self.sign(
            0,
            &assignment,
            &incident,
            "Lena habla de su plan con calma; quiere una cama por unas noches. Sin medios en casa. Hermana informada con su permiso.",
        )?;
        let (visit, person) = self.first_person(0, &assignment)?;
        let client = self.phone_of(0)?.client.clone();
        let refused = client.hand_off(&assignment, &person, &self.service("Peer respite house")?, None);
        self.say(&name, &format!("referral without a basis: {}", refused.err().map_or_else(|| "sent?".to_owned(), |e| e.to_string())))
            .await;
        client.hand_off(&assignment, &person, &self.service("Peer respite house")?, Some(spoken("sí, díganles lo que haga falta")))?;
        self.say(&name, &format!("with Lena's spoken consent, offline: {}", truth(Some(self.row(0, &assignment)?)))).await;
        self.network(true).await;
        self.sync(0, false).await?;
        self.answer_referral(0, &assignment, false).await?;
        client.hand_off(
            &assignment,
            &person,
            &self.service("Crisis stabilisation unit")?,
            Some(spoken("sí, díganles lo que haga falta")),
        )?;
        self.sync(0, false).await?;
        self.answer_referral(0, &assignment, true).await?;
        client.close_visit(&assignment, &visit, met("crisis-centre", "with-team", "referred"))?;
        self.taps(0, &assignment, &[("left-scene", 4), ("at-destination", 15), ("care-transferred", 9), ("clear", 3)]).await?;
        client.plan_follow_ups(&assignment, &person, Vec::new())?;
        self.sync(0, false).await?;
        Ok(())
    }

    pub(super) fn row(&self, index: usize, assignment: &str) -> Result<anydoor_core::api::ItemTruth> {
        Ok(self.phone_of(index)?.client.assignment(assignment)?.row.truth)
    }

    pub(super) fn service(&self, name: &str) -> Result<String> {
        self.county.services.iter().find(|s| s.name == name).map(|s| s.id.to_string()).ok_or(ShiftError::InVain("a service"))
    }

    /// The service answers the newest open referral.
    pub(super) async fn answer_referral(&mut self, index: usize, assignment: &str, yes: bool) -> Result<()> {
        let client = self.phone_of(index)?.client.clone();
        let open = client
            .handoffs(assignment)?
            .into_iter()
            .rfind(|h| h.state == "requested")
            .ok_or(ShiftError::InVain("a referral at its service"))?;
        self.book_referral(index, assignment, &open.id).await?;
        self.pass(7);
        let task = format!("Task/{}", open.task);
        if yes {
            self.gateway.change(&task, |t| fhir::handoff::answer(t, "accepted", Some(HandoffState::Scheduled), None)).await?;
            self.sync(index, false).await?;
            self.say("a service", &format!("says yes, expects Lena: referral is {}", self.handoff_state(index, assignment, &open.id)?))
                .await;
            self.pass(30);
            self.gateway.change(&task, |t| fhir::handoff::answer(t, "completed", Some(HandoffState::Completed), None)).await?;
            self.sync(index, false).await?;
            self.say("a service", &format!("Lena is there: referral is {}", self.handoff_state(index, assignment, &open.id)?)).await;
        } else {
            self.gateway.change(&task, |t| fhir::handoff::answer(t, "rejected", None, Some("no bed tonight"))).await?;
            self.sync(index, false).await?;
            self.say("a service", &format!("no bed tonight: referral is {}", self.handoff_state(index, assignment, &open.id)?)).await;
        }
        Ok(())
    }

    pub(super) fn handoff_state(&self, index: usize, assignment: &str, id: &str) -> Result<String> {
        Ok(self.phone_of(index)?.client.handoffs(assignment)?.into_iter().find(|h| h.id == id).map(|h| h.state).unwrap_or_default())
    }

    /// What the service got, against what the phone has and may tell.
    pub(super) async fn book_referral(&mut self, index: usize, assignment: &str, referral: &str) -> Result<()> {
        let request = self.gateway.read(&format!("ServiceRequest/{referral}")).await?;
        let facts = self.phone_of(index)?.client.assignment(assignment)?.facts;
        let accounts = self.phone_of(index)?.client.disclosures(assignment)?;
        let withheld =
            accounts.iter().filter(|one| one.document == format!("ServiceRequest/{referral}")).map(|one| one.withheld.len()).sum();
        let told: Vec<String> = facts.iter().filter(|f| f.label != "part2").map(|f| f.text.clone()).collect();
        let packet = request.text("/note/0/text").unwrap_or_default().to_owned();
        self.crossings.push(Crossing::compare("referral out", &told, &packet, withheld));
        Ok(())
    }
}
