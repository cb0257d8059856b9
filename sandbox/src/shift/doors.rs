//! Both doors: one incident through both, 911 for help, 988 to go on talking.

use anydoor_core::api::{CallInput, ClosingInput, DisclosureItem};
use anydoor_core::fhir;
use anydoor_core::fhir::disclosure::{BRIEF_911, BRIEF_EMS};
use anydoor_core::incident::{FactKind, Urgency};
use anydoor_core::safety::Acknowledgement;

use super::books::Crossing;
use super::script::met;
use super::{Result, Shift, ShiftError};
use crate::desks::Told;
use crate::foreign;

impl Shift {
    /// One incident through both doors: proposed as one, joined by a person's word.
    pub(super) async fn both_doors(&mut self) -> Result<()> {
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

    /// A visit turns dangerous: 911 in one gesture, "sent" until someone there says that they have it.
    pub(super) async fn danger(&mut self) -> Result<()> {
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
        let asked = self.phone_of(index)?.lifeline.escalate(CallInput::from(&assignment, "ems"))?;
        self.say(&name, &format!("asks 911 for EMS, report number {}: {}", asked.number, asked.state)).await;
        let sent = self.escalation(index, &asked.id, "sent").await?;
        self.say(&name, &format!("escalation is {sent}: nobody has answered yet")).await;
        self.sync(index, false).await?;
        self.book_report(index, &assignment).await?;
        self.clock.pass(40);
        let said = Acknowledgement { who: "call-taker 7".into(), at: self.clock.shows(), channel: "cad".into() };
        self.gateway.change(&format!("Task/{}", asked.id), |task| fhir::escalation::acknowledge(task, &said, "accepted")).await?;
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

    pub(super) async fn escalation(&self, index: usize, id: &str, wanted: &'static str) -> Result<String> {
        for _ in 0..500 {
            let state = self.phone_of(index)?.lifeline.escalations().into_iter().find(|e| e.id == id).map(|e| e.state).unwrap_or_default();
            if state == wanted {
                return Ok(state);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Err(ShiftError::InVain("an escalation's state"))
    }

    /// What the call-taker's copy of the report holds, against what the phone told.
    pub(super) async fn book_report(&mut self, index: usize, assignment: &str) -> Result<()> {
        let found = self.gateway.search(&format!("DocumentReference?related=Task/{assignment}")).await?;
        let accounts = self.phone_of(index)?.client.disclosures(assignment)?;
        let screen = self.phone_of(index)?.client.assignment(assignment)?;
        for (to, kind, way) in [("psap-police-read", BRIEF_911, "911 out"), ("ems", BRIEF_EMS, "EMS out")] {
            let Some(account) = accounts.iter().find(|account| account.to == to) else { continue };
            let report = found.iter().find(|report| report.at("/type").and_then(|t| fhir::element::code_in(t, "document")) == Some(kind));
            let bytes = fhir::incident::received_bytes(report.ok_or(ShiftError::InVain("the written report"))?).unwrap_or_default();
            // What the receiver's own reader sees, which knows nothing of the members that only we read.
            let said = foreign::read(&serde_json::from_slice(&bytes).map_err(|_| ShiftError::InVain("a report in JSON"))?);
            let withheld: Vec<&str> = account.withheld.iter().filter_map(|one| one.of.as_deref()).collect();
            let mut told: Vec<String> =
                screen.facts.iter().filter(|fact| !withheld.contains(&fact.id.as_str())).map(|fact| fact.text.clone()).collect();
            for person in screen.people.iter().filter(|person| person.roles.iter().any(|role| role == "in-crisis")) {
                told.extend(person.contacts.iter().cloned());
                let named = !account.withheld.iter().any(|one| one.what == "name" && one.of.as_deref() == Some(&person.id));
                told.extend(person.shown.iter().filter(|_| named).flat_map(|shown| shown.split(' ')).map(str::to_owned));
            }
            self.crossings.push(Crossing::compare(way, &told, &said.join("\n"), account.withheld.len()));
            self.show_document(to, &said, account).await;
        }
        Ok(())
    }

    /// A document as its receiver reads it, and beside it what the sender alone sees.
    async fn show_document(&self, to: &str, said: &[String], account: &DisclosureItem) {
        let who = if to == "ems" { "EMS reads" } else { "911 reads" };
        self.say(who, &said.join(" · ")).await;
        let mut reasons: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        account.withheld.iter().for_each(|one| *reasons.entry(one.reason.as_str()).or_default() += 1);
        let withheld: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        self.say(
            "the sender sees",
            &format!("withheld from {to}: {}", if withheld.is_empty() { "nothing".to_owned() } else { withheld.join(", ") }),
        )
        .await;
    }

    /// It turns out not to need the visit to go on: down to 988, finished only when the counsellor has the person.
    pub(super) async fn down_to_988(&mut self) -> Result<()> {
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
        let withheld = client.disclosures(&assignment)?.iter().filter(|one| one.to == "counsellor").map(|one| one.withheld.len()).sum();
        self.crossings.push(Crossing::compare("988 out", &facts, &task.to_text(), withheld));
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

    pub(super) fn step_state(&self, index: usize, assignment: &str) -> Result<String> {
        Ok(self.phone_of(index)?.client.step_downs(assignment)?.pop().map(|s| s.state).unwrap_or_default())
    }
}
