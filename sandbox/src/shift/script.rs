//! What happens in the shift, call by call.

use anydoor_core::api::{ClosingInput, OnViewInput};
use anydoor_core::fhir;
use anydoor_core::handoff::HandoffState;
use anydoor_core::incident::{FactKind, Place, Position, Urgency};
use anydoor_core::safety::Acknowledgement;
use anydoor_core::team::Reason;
use anydoor_core::words::{self, Locale, Units};

use super::books::{Crossing, shown};
use super::{Result, Shift, ShiftError};
use crate::desks::{Call, Told};

/// Reasons in the catalogue's words.
pub(super) fn reasons(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| words::say_reason(reason, Locale::English, Units::Metric)).collect::<Vec<_>>().join(", ")
}

fn met(whereabouts: &str, travel: &str, how: &str) -> ClosingInput {
    ClosingInput::Met { whereabouts: whereabouts.into(), travel: travel.into(), legal: "voluntary".into(), how: how.into() }
}

impl Shift {
    fn call(
        &self,
        (desk, headline): (&str, &str),
        urgency: Urgency,
        (address, at): (&str, (f64, f64)),
        said: &[(FactKind, &str)],
        people: Vec<Told>,
    ) -> Call {
        let now = self.clock.shows();
        Call {
            number: format!("{desk}-{}-{}", self.play.seed, now.as_second()),
            first_contact: now.checked_sub(jiff::SignedDuration::from_mins(4)).unwrap_or(now),
            determined: now,
            headline: headline.into(),
            urgency,
            place: Place { address: Some(address.into()), position: Position::new(at.0, at.1).ok(), ..Place::default() },
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

    async fn taps(&self, index: usize, assignment: &str, taps: &[(&str, i64)]) -> Result<()> {
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

    fn scene(&self, index: usize, assignment: &str) -> Result<Option<Position>> {
        Ok(self.phone_of(index)?.client.place_of(assignment)?.position)
    }

    async fn man(&self, index: usize, assignment: &str) -> Result<()> {
        let phone = self.phone_of(index)?;
        phone.client.set_crew(assignment, phone.team.crew.iter().map(|m| m.id.to_string()).collect(), None)?;
        Ok(())
    }

    fn first_person(&self, index: usize, assignment: &str) -> Result<(String, String)> {
        let screen = self.phone_of(index)?.client.assignment(assignment)?;
        let visit = screen.visits.first().ok_or(ShiftError::InVain("a visit"))?;
        Ok((visit.visit.clone(), visit.person.clone()))
    }

    /// Signs a note on the first person; returns its id.
    fn sign(&self, index: usize, assignment: &str, incident: &str, text: &str) -> Result<String> {
        let (_, person) = self.first_person(index, assignment)?;
        let client = &self.phone_of(index)?.client;
        let half: String = text.chars().take(text.chars().count() / 2).collect();
        let draft = client.save_draft("", incident, &person, half)?;
        client.save_draft(&draft, incident, &person, text.to_owned())?;
        Ok(client.sign(&draft, assignment)?)
    }

    /// Compares what a desk sent with what the phone shows.
    fn book_arrival(&mut self, way: &'static str, index: usize, call: &Call, assignment: &str) -> Result<()> {
        let screen = self.phone_of(index)?.client.assignment(assignment)?;
        self.crossings.push(Crossing::compare(way, &call.texts(), &shown(&screen), 0));
        Ok(())
    }

    async fn assigned(&mut self, way: &'static str, index: usize, call: &Call, assignment: &str) -> Result<()> {
        self.sync(index, false).await?;
        self.book_arrival(way, index, call, assignment)?;
        self.man(index, assignment).await
    }

    async fn name(&self, index: usize) -> String {
        self.phones.get(index).map(|p| p.name.clone()).unwrap_or_default()
    }

    /// The team starts an incident itself, in a dead zone.
    async fn on_view(&mut self) -> Result<()> {
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

    async fn network(&self, up: bool) {
        match &self.server {
            Some(server) => {
                server.set_up(up);
                self.say("network", if up { "back" } else { "gone" }).await;
            }
            None => self.say("network", "the server is not ours to cut off: the phone does not sync meanwhile").await,
        }
    }

    /// 911, EIDO: a welfare check; note, addendum.
    async fn bridge(&mut self) -> Result<()> {
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
        let taken = self.receive_911(&call, Some(index)).await?;
        let (assignment, incident) = (taken.assignment.to_string(), taken.incident.id.to_string());
        self.assigned("911 in", index, &call, &assignment).await?;
        self.taps(index, &assignment, &[("acknowledged", 1), ("en-route", 1), ("on-scene", 8), ("contact", 2)]).await?;
        let name = self.name(index).await;
        self.say(&name, "with the person: 8 minutes' drive").await;
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

    /// 988: an open offer that two teams ask for; a stretch without network; a referral declined, then accepted.
    async fn offer_in_a_dead_zone(&mut self) -> Result<()> {
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
        let refused = client.hand_off(&assignment, &person, &self.service("Peer respite house")?, "");
        self.say(&name, &format!("referral without a basis: {}", refused.err().map_or_else(|| "sent?".to_owned(), |e| e.to_string())))
            .await;
        client.hand_off(&assignment, &person, &self.service("Peer respite house")?, "consent-verbal")?;
        self.say(&name, &format!("with Lena's spoken consent, offline: {}", truth(Some(self.row(0, &assignment)?)))).await;
        self.network(true).await;
        self.sync(0, false).await?;
        self.answer_referral(0, &assignment, false).await?;
        client.hand_off(&assignment, &person, &self.service("Crisis stabilisation unit")?, "consent-verbal")?;
        self.sync(0, false).await?;
        self.answer_referral(0, &assignment, true).await?;
        client.close_visit(&assignment, &visit, met("crisis-centre", "with-team", "referred"))?;
        self.taps(0, &assignment, &[("left-scene", 4), ("at-destination", 15), ("care-transferred", 9), ("clear", 3)]).await?;
        client.plan_follow_ups(&assignment, &person, Vec::new())?;
        self.sync(0, false).await?;
        Ok(())
    }

    fn row(&self, index: usize, assignment: &str) -> Result<anydoor_core::api::ItemTruth> {
        Ok(self.phone_of(index)?.client.assignment(assignment)?.row.truth)
    }

    fn service(&self, name: &str) -> Result<String> {
        self.county.services.iter().find(|s| s.name == name).map(|s| s.id.to_string()).ok_or(ShiftError::InVain("a service"))
    }

    /// The service answers the newest open referral.
    async fn answer_referral(&mut self, index: usize, assignment: &str, yes: bool) -> Result<()> {
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

    fn handoff_state(&self, index: usize, assignment: &str, id: &str) -> Result<String> {
        Ok(self.phone_of(index)?.client.handoffs(assignment)?.into_iter().find(|h| h.id == id).map(|h| h.state).unwrap_or_default())
    }

    /// What the service got, against what the phone has and may tell.
    async fn book_referral(&mut self, index: usize, assignment: &str, referral: &str) -> Result<()> {
        let request = self.gateway.read(&format!("ServiceRequest/{referral}")).await?;
        let facts = self.phone_of(index)?.client.assignment(assignment)?.facts;
        let withheld = fhir::element::extensions(request.value(), "withheld").count();
        let told: Vec<String> = facts.iter().filter(|f| f.label != "part2").map(|f| f.text.clone()).collect();
        let packet = request.text("/note/0/text").unwrap_or_default().to_owned();
        self.crossings.push(Crossing::compare("referral out", &told, &packet, withheld));
        Ok(())
    }

    /// One incident through both doors: proposed as one, joined by a person's word.
    async fn both_doors(&mut self) -> Result<()> {
        self.pass(12);
        let told = || {
            vec![Told {
                name: Some(("Grace".into(), "Whitaker".into())),
                dependant: Some("two children, 4 and 7".into()),
                language: Some("en".into()),
                ..Told::default()
            }]
        };
        let at = (40.109, -75.349);
        let cad = self.call(
            ("cad", "person shouting in the yard"),
            Urgency::Urgent,
            ("88 Quarry Rd", at),
            &[(FactKind::Complaint, "neighbour hears shouting and crying")],
            told(),
        );
        let index = 1;
        let first = self.receive_911(&cad, Some(index)).await?;
        self.pass(3);
        let mut c988 = self.call(
            ("c988", "panic, cannot calm down"),
            Urgency::Urgent,
            ("88 Quarry Rd", at),
            &[(FactKind::Complaint, "caller says she cannot breathe for fear")],
            told(),
        );
        c988.callback.clone_from(&cad.callback);
        let second = self.receive_988(&c988, Some(index)).await?;
        self.sync(index, false).await?;
        self.book_arrival("911 in", index, &cad, first.assignment.as_str())?;
        self.book_arrival("988 in", index, &c988, second.assignment.as_str())?;
        let name = self.name(index).await;
        let client = self.phone_of(index)?.client.clone();
        let proposals = client.same_incident(first.incident.id.as_str(), "en")?;
        let proposal = proposals
            .iter()
            .find(|p| p.other == second.incident.id.as_str())
            .ok_or(ShiftError::InVain("the proposal that both calls are one"))?;
        self.say(
            &name,
            &format!("may be one incident: {}", proposal.reasons.iter().map(|r| r.words.clone()).collect::<Vec<_>>().join(", ")),
        )
        .await;
        let (assignment, duplicate) = (first.assignment.to_string(), second.assignment.to_string());
        client.join(first.incident.id.as_str(), second.incident.id.as_str(), &assignment)?;
        self.say(&name, "joins them by the crew's word; neither door's call is closed by that").await;
        self.man(index, &assignment).await?;
        self.man(index, &duplicate).await?;
        self.taps(index, &assignment, &[("acknowledged", 1), ("en-route", 1), ("on-scene", 9), ("contact", 2)]).await?;
        self.pass(30);
        self.sign(
            index,
            &assignment,
            first.incident.id.as_str(),
            "Grace in the yard, breathing together helped. Children were with the neighbour throughout.",
        )?;
        let (visit, _) = self.first_person(index, &assignment)?;
        client.close_visit(&assignment, &visit, met("stayed", "none", "stabilised"))?;
        self.taps(index, &assignment, &[("clear", 2)]).await?;
        self.sync(index, false).await?;
        self.say("988", "told that the crew is with Grace; answers: close it there").await;
        self.taps(index, &duplicate, &[("cancelled", 1)]).await?;
        let (visit, _) = self.first_person(index, &duplicate)?;
        client.close_visit(&duplicate, &visit, ClosingInput::NotMet { reason: "cancelled".into(), next: "lead".into() })?;
        self.sync(index, false).await?;
        Ok(())
    }

    /// Two people in crisis: each has a visit, a note, closing answers of their own.
    async fn two_people(&mut self) -> Result<()> {
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

    /// A visit turns dangerous: 911 in one gesture, "sent" until someone there says that they have it.
    async fn danger(&mut self) -> Result<()> {
        self.pass(8);
        let said = [
            (FactKind::Complaint, "son has not slept for days, agitated"),
            (FactKind::Substance, "took something an hour ago, not known what"),
        ];
        let told = Told { name: Some(("Devon".into(), "Byrne".into())), language: Some("en".into()), ..Told::default() };
        let mut call = self.call(("c988", "agitated young man"), Urgency::Urgent, ("40 Meadow Way", (40.097, -75.377)), &said, vec![told]);
        call.part2 = Some("left a Part 2 programme last week".into());
        let preview = anydoor_core::fhir::order::read(call.order().to_string().as_bytes())?.incident;
        let index = self.choose(&preview, Urgency::Urgent, None).await?.ok_or(ShiftError::InVain("a team"))?;
        let taken = self.receive_988(&call, Some(index)).await?;
        let (assignment, incident) = (taken.assignment.to_string(), taken.incident.id.to_string());
        self.assigned("988 in", index, &call, &assignment).await?;
        self.taps(index, &assignment, &[("acknowledged", 1), ("en-route", 1), ("on-scene", 10), ("contact", 1)]).await?;
        self.pass(6);
        let (client, name) = (self.phone_of(index)?.client.clone(), self.name(index).await);
        let asked = client.escalate(&assignment, self.county.psap.as_str(), "ems", "+12155550142")?;
        self.say(&name, &format!("asks 911 for EMS, report number {}: {}", asked.number, asked.state)).await;
        let sent = self.escalation(index, &asked.id, "sent").await?;
        self.say(&name, &format!("escalation is {sent}: nobody has answered yet")).await;
        self.sync(index, false).await?;
        self.book_report(index, &assignment).await?;
        self.clock.pass(40);
        let said = Acknowledgement { who: "call-taker 7".into(), at: self.clock.shows(), channel: "cad".into() };
        self.gateway.change(&format!("Task/{}", asked.id), |task| fhir::safety::acknowledge(task, &said, "accepted")).await?;
        self.say("911", "call-taker 7 has it: ambulance on its way").await;
        self.sync(index, false).await?;
        let answered = self.escalation(index, &asked.id, "acknowledged").await?;
        self.say(&name, &format!("escalation is {answered}, by call-taker 7")).await;
        self.pass(12);
        self.sign(
            index,
            &assignment,
            &incident,
            "Devon became faint. EMS called and arrived after 11 minutes; took over. Mother stays with him.",
        )?;
        let (visit, _) = self.first_person(index, &assignment)?;
        client.close_visit(&assignment, &visit, met("emergency-department", "ambulance", "passed-to-911"))?;
        self.taps(index, &assignment, &[("care-transferred", 3), ("clear", 4)]).await?;
        self.sync(index, false).await?;
        Ok(())
    }

    async fn escalation(&self, index: usize, id: &str, wanted: &'static str) -> Result<String> {
        for _ in 0..500 {
            let state = self.phone_of(index)?.client.escalations()?.into_iter().find(|e| e.id == id).map(|e| e.state).unwrap_or_default();
            if state == wanted {
                return Ok(state);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Err(ShiftError::InVain("an escalation's state"))
    }

    /// What the call-taker's copy of the report holds, against what the phone told.
    async fn book_report(&mut self, index: usize, assignment: &str) -> Result<()> {
        let found = self.gateway.search(&format!("DocumentReference?related=Task/{assignment}")).await?;
        let report = found.first().ok_or(ShiftError::InVain("the written report"))?;
        let bytes = fhir::incident::received_bytes(report).unwrap_or_default();
        let theirs = anydoor_core::door::eido::read(&bytes)?.incident;
        let facts = self.phone_of(index)?.client.assignment(assignment)?.facts;
        let withheld = fhir::element::extensions(report.value(), "withheld").count();
        let held: Vec<String> = theirs.facts.iter().map(|f| f.text.clone()).collect();
        let told: Vec<String> = facts.iter().filter(|f| f.label != "part2" && f.label != "health").map(|f| f.text.clone()).collect();
        self.crossings.push(Crossing::compare("911 out", &told, &held.join("\n"), withheld));
        Ok(())
    }

    /// It turns out not to need the visit to go on: down to 988, finished only when the counsellor has the person.
    async fn down_to_988(&mut self) -> Result<()> {
        self.pass(11);
        let told = Told { name: Some(("Mei".into(), "Tanaka".into())), language: Some("en".into()), ..Told::default() };
        let call = self.call(
            ("c988", "lonely, wants to talk"),
            Urgency::Routine,
            ("7 Harbor St", (40.123, -75.351)),
            &[(FactKind::Complaint, "no plan, would like company")],
            vec![told],
        );
        let index = 0;
        let taken = self.receive_988(&call, Some(index)).await?;
        let (assignment, incident) = (taken.assignment.to_string(), taken.incident.id.to_string());
        self.assigned("988 in", index, &call, &assignment).await?;
        self.taps(index, &assignment, &[("acknowledged", 1), ("en-route", 2), ("on-scene", 7), ("contact", 1)]).await?;
        self.pass(15);
        let (client, name) = (self.phone_of(index)?.client.clone(), self.name(index).await);
        let step = client.step_down(&assignment, self.county.centre.as_str(), "Mei would like to go on talking by phone.")?;
        self.sync(index, false).await?;
        let task = self.gateway.read(&format!("Task/{step}")).await?;
        let facts = client.assignment(&assignment)?.facts.iter().map(|f| f.text.clone()).collect::<Vec<_>>();
        self.crossings.push(Crossing::compare("988 out", &facts, &task.to_text(), 0));
        self.say(&name, &format!("hands down to 988: {}", self.step_state(index, &assignment)?)).await;
        self.gateway
            .change(&format!("Task/{step}"), |t| {
                t.set("status", serde_json::json!("accepted"));
            })
            .await?;
        self.sync(index, false).await?;
        self.say("988", &format!("says yes; the crew stays: {}", self.step_state(index, &assignment)?)).await;
        self.pass(4);
        self.gateway
            .change(&format!("Task/{step}"), |t| {
                t.set("status", serde_json::json!("completed"));
            })
            .await?;
        self.sync(index, false).await?;
        self.say("988", &format!("the counsellor has Mei on the line: {}", self.step_state(index, &assignment)?)).await;
        self.sign(index, &assignment, &incident, "Mei stays home, on the line with counsellor 12.")?;
        let (visit, _) = self.first_person(index, &assignment)?;
        client.close_visit(&assignment, &visit, met("stayed", "none", "passed-to-988"))?;
        self.taps(index, &assignment, &[("clear", 1)]).await?;
        self.sync(index, false).await?;
        Ok(())
    }

    fn step_state(&self, index: usize, assignment: &str) -> Result<String> {
        Ok(self.phone_of(index)?.client.step_downs(assignment)?.pop().map(|s| s.state).unwrap_or_default())
    }

    /// Nobody opens: the outcome of an attempt, with a follow-up that respects safe contact.
    async fn nobody_there(&mut self) -> Result<()> {
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

    async fn cancelled_on_the_way(&mut self) -> Result<()> {
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

    async fn still_waiting(&mut self) -> Result<()> {
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

fn truth(truth: Option<anydoor_core::api::ItemTruth>) -> String {
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
