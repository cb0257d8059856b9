//! Visits: the team's own, a welfare check, two people, nobody there, cancelled, still waiting.

use anydoor_core::acts::receive::News;
use anydoor_core::api::{ClosingInput, OnViewInput};
use anydoor_core::incident::{FactKind, Urgency};

use super::script::{met, truth};
use super::{Result, Shift, ShiftError};
use crate::desks::{Call, Told};
use crate::server::Network;

impl Shift {
    /// The team starts an incident itself, in a dead zone.
    pub(super) async fn on_view(&mut self) -> Result<()> {
        let name = self.name(0).await;
        self.network(false).await;
        let phone = self.phone_of(0)?;
        let said = OnViewInput {
            headline: "crying man at the bus stop".into(),
            urgency: "urgent".into(),
            address: Some("bus stop, Quay St".into()),
            latitude: Some(40.118),
            longitude: Some(-75.355),
            description: Some("man, about 40, red coat".into()),
            crew: phone.team.crew.iter().map(|m| m.id.to_string()).collect(),
            alone: None,
        };
        let started = phone.client.respond_on_view(said)?;
        self.assignments.push((started.assignment.clone(), started.incident.clone()));
        self.say(&name, "starts an incident itself, no signal: man, about 40, red coat (no name is asked for)").await;
        self.taps(0, &started.assignment, &[("on-scene", 0), ("contact", 1)]).await?;
        self.pass(18);
        self.sign(0, &started.assignment, &started.incident, "Sat with the man at the bus stop. His brother died by suicide in spring. Talking and water helped. Walks home with his sister.")?;
        let (visit, _) = self.first_person(0, &started.assignment)?;
        self.phone_of(0)?.client.close_visit(&started.assignment, &visit, met("with-family", "with-family", "stabilised"))?;
        self.taps(0, &started.assignment, &[("clear", 2)]).await?;
        let row = self.phone_of(0)?.client.queue(1)?.pop();
        self.say(&name, &format!("visit, note and closing answers: {}", truth(row.map(|r| r.truth)))).await;
        self.network(true).await;
        if let Some(row) = self.sync(0, false).await? {
            self.say(&name, &format!("network is back: {} documents in {} round trips, {} unsent", row.sent, row.round_trips, row.unsent))
                .await;
        }
        Ok(())
    }

    pub(super) async fn network(&self, up: bool) {
        match &self.server {
            Some(server) => {
                server.network().set(if up { Network::Up } else { Network::Down });
                self.say("network", if up { "back" } else { "gone" }).await;
            }
            None => self.say("network", "the server is not ours to cut off: the phone does not sync meanwhile").await,
        }
    }

    /// 911, EIDO: a welfare check; note, addendum.
    pub(super) async fn bridge(&mut self) -> Result<()> {
        self.pass(6);
        let said = [
            (FactKind::Complaint, "man standing on the railing side of the bridge"),
            (FactKind::SelfHarm, "says he wants to be left alone"),
            (FactKind::Access, "reach by the west stairs"),
        ];
        let told = Told {
            name: Some(("Marcus".into(), "Okafor".into())),
            description: Some("man, grey hoodie".into()),
            language: Some("en".into()),
            ..Told::default()
        };
        let call = self.call(("cad", "welfare check"), Urgency::Emergent, ("Mill Bridge, west side", (40.133, -75.371)), &said, vec![told]);
        let preview = anydoor_core::door::eido::read(call.eido().to_string().as_bytes())?.incident;
        let index = self.choose(&preview, Urgency::Emergent, None).await?.ok_or(ShiftError::InVain("a team"))?;
        self.coverage(index)?;
        let taken = self.receive_911(&call, Some(index)).await?;
        let (assignment, incident) = (taken.assignment.to_string(), taken.incident.id.to_string());
        self.assigned("911 in", index, &call, &assignment).await?;
        self.taps(index, &assignment, &[("acknowledged", 1), ("en-route", 1), ("on-scene", 8), ("contact", 2)]).await?;
        let name = self.name(index).await;
        self.say(&name, "with the person: 8 minutes' drive").await;
        self.more_of(&call, index, &assignment).await?;
        self.pass(35);
        let note = self.sign(
            index,
            &assignment,
            &incident,
            "Marcus came back over the railing after twenty minutes. Safety plan made together; brother called.",
        )?;
        let (visit, _) = self.first_person(index, &assignment)?;
        let client = self.phone_of(index)?.client.clone();
        client.close_visit(&assignment, &visit, met("with-family", "with-team", "stabilised"))?;
        self.taps(index, &assignment, &[("left-scene", 3), ("clear", 12)]).await?;
        client.addend(&note, "Correction: the brother was reached at the second number, not the first.", &assignment)?;
        self.sync(index, false).await?;
        let found = client.search_notes("railing brother", 5)?.len();
        self.say(&name, &format!("note signed, addendum added; search finds it ({found})")).await;
        Ok(())
    }

    /// CAD says more of an incident that a team already has: the fact arrives, and the team keeps it as it is.
    async fn more_of(&mut self, call: &Call, index: usize, assignment: &str) -> Result<()> {
        self.pass(2);
        let state = |shift: &Self| Ok::<_, ShiftError>(shift.phone_of(index)?.client.assignment(assignment)?.row.state);
        let before = state(self)?;
        let mut more = call.clone();
        more.determined = self.clock.shows();
        more.said.push((FactKind::Complaint, "his brother calls: he lost his job today".into()));
        let team = self.phone_of(index)?.team.id.clone();
        let taken = self.gateway.receive_911(more.eido().to_string().as_bytes(), None).await?;
        self.sync(index, false).await?;
        self.book_arrival("911 in", index, &more, assignment)?;
        let task = self.gateway.read(&format!("Task/{assignment}")).await?;
        let kept = task.text("/owner/reference") == Some(&format!("CareTeam/{team}")) && state(self)? == before;
        if taken.news != News::Update || !kept {
            return Err(ShiftError::InVain("an update that leaves the visit with its team"));
        }
        let name = self.name(index).await;
        self.say("911", &format!("says more of it: 1 new fact arrives, and {name} keeps the visit as it is ({before})")).await;
        Ok(())
    }

    /// Two people in crisis: each has a visit, a note, closing answers of their own.
    pub(super) async fn two_people(&mut self) -> Result<()> {
        self.pass(10);
        let people = vec![
            Told { name: Some(("Tomas".into(), "Silva".into())), language: Some("en".into()), ..Told::default() },
            Told {
                name: Some(("Ruth".into(), "Silva".into())),
                language: Some("en".into()),
                description: Some("woman in a green dress".into()),
                ..Told::default()
            },
        ];
        let call = self.call(
            ("cad", "couple in crisis after a loss"),
            Urgency::Urgent,
            ("3 Lantern Ct", (40.126, -75.391)),
            &[(FactKind::Complaint, "both say they cannot go on")],
            people,
        );
        let preview = anydoor_core::door::eido::read(call.eido().to_string().as_bytes())?.incident;
        let index = self.choose(&preview, Urgency::Urgent, None).await?.ok_or(ShiftError::InVain("a team"))?;
        let taken = self.receive_911(&call, Some(index)).await?;
        let (assignment, incident) = (taken.assignment.to_string(), taken.incident.id.to_string());
        self.assigned("911 in", index, &call, &assignment).await?;
        self.taps(index, &assignment, &[("acknowledged", 1), ("en-route", 1), ("on-scene", 12), ("contact", 1)]).await?;
        self.pass(50);
        let client = self.phone_of(index)?.client.clone();
        let visits = client.assignment(&assignment)?.visits;
        for (visit, (text, closing)) in visits.iter().zip([
            ("Tomas wants to stay; a friend comes for the night.", met("stayed", "none", "stabilised")),
            ("Ruth asks for a bed; goes with us.", met("crisis-centre", "with-team", "referred")),
        ]) {
            let draft = client.save_draft("", &incident, &visit.person, text.into())?;
            client.sign(&draft, &assignment)?;
            client.close_visit(&assignment, &visit.visit, closing)?;
        }
        self.taps(index, &assignment, &[("left-scene", 5), ("at-destination", 14), ("clear", 6)]).await?;
        self.sync(index, false).await?;
        let name = self.name(index).await;
        self.say(&name, &format!("{} people in crisis: {} visits, notes and closings of their own", 2, visits.len())).await;
        Ok(())
    }

    /// Nobody opens: the outcome of an attempt, with a follow-up that respects safe contact.
    pub(super) async fn nobody_there(&mut self) -> Result<()> {
        self.pass(9);
        let told =
            Told { name: Some(("Noor".into(), "Haddad".into())), message: Some(false), language: Some("en".into()), ..Told::default() };
        let call = self.call(
            ("cad", "worried friend, no answer on the phone"),
            Urgency::Urgent,
            ("51 River Walk", (40.135, -75.383)),
            &[(FactKind::Complaint, "friend has not heard from her for two days")],
            vec![told],
        );
        let index = 2;
        let taken = self.receive_911(&call, Some(index)).await?;
        let assignment = taken.assignment.to_string();
        self.assigned("911 in", index, &call, &assignment).await?;
        self.taps(index, &assignment, &[("acknowledged", 1), ("en-route", 1), ("on-scene", 13)]).await?;
        self.pass(10);
        let (client, name) = (self.phone_of(index)?.client.clone(), self.name(index).await);
        let (visit, person) = self.first_person(index, &assignment)?;
        client.close_visit(&assignment, &visit, ClosingInput::NotMet { reason: "nobody-there".into(), next: "follow-up-call".into() })?;
        self.taps(index, &assignment, &[("clear", 1)]).await?;
        client.plan_follow_ups(&assignment, &person, Vec::new())?;
        self.sync(index, false).await?;
        let due = client.follow_ups(&assignment)?;
        self.say(
            &name,
            &format!(
                "did not reach Noor; follow-ups due {}",
                due.iter().map(|f| f.due.get(..16).unwrap_or_default().to_owned()).collect::<Vec<_>>().join(" and ")
            ),
        )
        .await;
        let first = due.first().ok_or(ShiftError::InVain("a follow-up"))?;
        let refused = client.record_attempt(&first.id, "voice", "message-left", false, None);
        self.say(
            &name,
            &format!("message left? {}", refused.err().map_or_else(|| "recorded?".to_owned(), |e| format!("{e} (Noor said: no messages)"))),
        )
        .await;
        client.record_attempt(&first.id, "voice", "no-answer", false, None)?;
        self.sync(index, false).await?;
        Ok(())
    }

    pub(super) async fn cancelled_on_the_way(&mut self) -> Result<()> {
        self.pass(10);
        let call = self.call(
            ("cad", "man lying in the park"),
            Urgency::Routine,
            ("Orchard Park", (40.111, -75.37)),
            &[(FactKind::Complaint, "jogger saw a man lying under a tree")],
            Vec::new(),
        );
        let index = 1;
        let taken = self.receive_911(&call, Some(index)).await?;
        let assignment = taken.assignment.to_string();
        self.assigned("911 in", index, &call, &assignment).await?;
        self.taps(index, &assignment, &[("acknowledged", 1), ("en-route", 1), ("cancelled", 5)]).await?;
        let (visit, _) = self.first_person(index, &assignment)?;
        self.phone_of(index)?.client.close_visit(
            &assignment,
            &visit,
            ClosingInput::NotMet { reason: "cancelled".into(), next: "lead".into() },
        )?;
        self.sync(index, false).await?;
        self.say("911", "cancelled on the way: the man had been asleep and went home").await;
        Ok(())
    }

    pub(super) async fn still_waiting(&mut self) -> Result<()> {
        self.pass(7);
        let told = Told { description: Some("caller, anonymous".into()), ..Told::default() };
        let call = self.call(
            ("c988", "wants somebody to come, not now"),
            Urgency::Routine,
            ("Birch Ave", (40.15, -75.33)),
            &[(FactKind::Remark, "asks for a visit in the evening")],
            vec![told],
        );
        self.receive_988(&call, None).await?;
        for index in 0..self.phones.len() {
            self.sync(index, true).await?;
        }
        self.say("dispatch", "an open offer: nobody has it when the shift ends; it goes to the lead").await;
        Ok(())
    }
}
