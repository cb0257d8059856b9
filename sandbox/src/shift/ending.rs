//! The end of a shift: both sides compared, the figures, and where asked `$validate` for everything.

use std::collections::BTreeSet;
use std::path::Path;

use anydoor_core::base::Position;
use anydoor_core::fhir::Document;
use anydoor_core::incident::{FactKind, Place, Urgency};

use super::{Result, Shift, ShiftError, figures};
use crate::desks::Call;

impl Shift {
    /// Prints the figures. Returns what was lost or cannot be; empty where nothing was.
    pub(super) async fn end(&self) -> Result<Vec<String>> {
        for index in 0..self.phones.len() {
            self.sync(index, true).await?;
        }
        let ids: Vec<String> = self.assignments.iter().map(|(assignment, _)| assignment.clone()).collect();
        let outcomes = figures::outcomes(&self.gateway, &ids).await?;
        self.timeline.heading(&format!("The shift: {} calls", outcomes.len()));
        figures::table(&outcomes).iter().for_each(|line| self.timeline.plain(line));
        let mut losses = figures::impossible(&outcomes);
        losses.extend(self.crossings());
        losses.extend(self.both_sides().await?);
        if self.play.validate {
            losses.extend(self.validated().await?);
        }
        Ok(losses)
    }

    fn crossings(&self) -> Vec<String> {
        self.timeline.heading("Facts across each door (both sides compared)");
        let ways: BTreeSet<&str> = self.crossings.iter().map(|c| c.way).collect();
        for way in ways {
            let of: Vec<_> = self.crossings.iter().filter(|c| c.way == way).collect();
            let sum = |f: &dyn Fn(&super::Crossing) -> usize| of.iter().map(|c| f(c)).sum::<usize>();
            let (sent, arrived, withheld, lost) = (sum(&|c| c.sent), sum(&|c| c.arrived), sum(&|c| c.withheld), sum(&|c| c.lost.len()));
            self.timeline
                .plain(&format!("{way:<14} {sent:>4} sent · {arrived:>4} arrived · {withheld:>3} withheld with reason · {lost} lost"));
        }
        let lost: Vec<String> = self.crossings.iter().flat_map(|c| c.lost.iter().map(move |text| format!("{}: {text}", c.way))).collect();
        self.timeline.plain(&format!("facts lost: {}", lost.len()));
        let odd = self.crossings.iter().filter(|c| c.sent != c.arrived + c.lost.len());
        let odd = odd.map(|c| format!("{}: {} sent, {} arrived, {} lost", c.way, c.sent, c.arrived, c.lost.len()));
        lost.iter().cloned().chain(odd).collect()
    }

    /// Every document on every phone against the server's.
    async fn both_sides(&self) -> Result<Vec<String>> {
        let (mut losses, mut compared, mut dropped, mut unsent) = (Vec::new(), 0_usize, BTreeSet::new(), 0_usize);
        for phone in &self.phones {
            for reference in phone.client.everything()? {
                let ours =
                    Document::parse(phone.client.export(&reference)?.as_bytes()).map_err(|_| ShiftError::InVain("a document of ours"))?;
                let Ok(theirs) = self.gateway.read(&reference).await else {
                    unsent += 1;
                    losses.push(format!("{reference} is not at the agency"));
                    continue;
                };
                compared += 1;
                if let Some(path) = ours.first_difference(&theirs) {
                    if ours.at(&path).is_some() && theirs.at(&path).is_none() {
                        dropped.insert(format!("{} {path}", ours.kind()));
                    } else {
                        losses.push(format!("{reference} differs at {path}"));
                    }
                }
            }
            unsent += phone.client.needs_you()?.len();
        }
        self.timeline.heading("Phones against the agency's server");
        self.timeline.plain(&format!("{compared} documents compared · {} differ · items not at the agency: {unsent}", losses.len()));
        for what in &dropped {
            self.timeline.plain(&format!("dropped by the server, still on the phone: {what}"));
        }
        Ok(losses)
    }

    async fn validated(&self) -> Result<Vec<String>> {
        let mut all: BTreeSet<String> = self.gateway.written().into_iter().collect();
        for phone in &self.phones {
            all.extend(phone.client.everything()?);
        }
        let mut errors = Vec::new();
        // A validator that finds nothing wrong with this one would prove nothing about the others.
        let mut broken = Document::new("Task", "broken");
        broken.set("status", serde_json::json!("teleported"));
        if self.gateway.validate(&broken).await?.is_empty() {
            errors.push("$validate found nothing wrong with a broken Task: it does not validate".to_owned());
        }
        for reference in &all {
            let document = self.gateway.read(reference).await?;
            errors.extend(self.gateway.validate(&document).await?.into_iter().map(|e| format!("{reference}: {e}")));
        }
        self.timeline.heading("$validate");
        self.timeline.plain(&format!("{} resources · {} errors", all.len(), errors.len()));
        errors.iter().take(20).for_each(|e| self.timeline.plain(e));
        Ok(errors)
    }

    /// A real EIDO document through the 911 door.
    pub(super) async fn real_eido(&mut self, path: &Path) -> Result<()> {
        let bytes = std::fs::read(path).map_err(|error| ShiftError::File(path.display().to_string(), error))?;
        let taken = self.gateway.receive_911(&bytes, None).await?;
        self.assignments.push((taken.assignment.to_string(), taken.incident.id.to_string()));
        let shown = taken.arrival.also_sent.iter().filter(|a| !a.wiring).count();
        self.say(
            "911",
            &format!(
                "{}: {} people, {} facts, {shown} shown as also sent",
                path.display(),
                taken.incident.people.len(),
                taken.incident.facts.len()
            ),
        )
        .await;
        Ok(())
    }

    /// Real calls: each is told to CAD, comes as an EIDO, and is offered.
    pub(super) async fn real_calls(&mut self, path: &Path) -> Result<()> {
        const MOST: usize = 40;
        let file = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| ShiftError::File(file.clone(), error))?;
        let behavioural = |kind: &str| ["ALTERED MENTAL", "OVERDOSE", "SUBJECT IN PAIN", "UNCONSCIOUS"].iter().any(|w| kind.contains(w));
        let mut counts = (0_usize, 0_usize);
        let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes.as_slice());
        for (index, record) in rows.records().enumerate() {
            let row = |what| ShiftError::Row { file: file.clone(), line: index + 1, what };
            let record = record.map_err(|_| row("not CSV"))?;
            let fields: Vec<&str> = record.iter().collect();
            let [latitude, longitude, kind, time, township, crossing] = fields.as_slice() else { return Err(row("six fields are needed")) };
            let degrees = |text: &str, what| text.trim().parse::<f64>().map_err(|_| row(what));
            let position = Position::new(degrees(latitude, "latitude: not a number")?, degrees(longitude, "longitude: not a number")?)
                .map_err(|_| row("not a position on Earth"))?;
            counts.0 += 1;
            if !behavioural(kind) || counts.1 >= MOST {
                continue;
            }
            counts.1 += 1;
            let now = self.clock.shows();
            let call = Call {
                number: format!("real-{index}-{}", self.clock.moment()),
                first_contact: now,
                determined: now,
                headline: (*kind).to_owned(),
                urgency: Urgency::Urgent,
                place: Place {
                    address: Some((*crossing).to_owned()),
                    locality: Some((*township).to_owned()),
                    position: Some(position),
                    ..Place::default()
                },
                people: Vec::new(),
                callback: None,
                said: vec![(FactKind::Remark, format!("called {time}"))],
                part2: None,
            };
            let taken = self.gateway.receive_911(call.eido().to_string().as_bytes(), None).await?;
            self.assignments.push((taken.assignment.to_string(), taken.incident.id.to_string()));
            if counts.1 <= 3 {
                self.choose(&taken.incident, Urgency::Urgent, None).await?;
                // At the agency it is whole; on a phone, before a team has it, nothing of it is said.
                self.crossings.push(super::Crossing::compare("911 in", &call.texts(), &format!("{:?}", taken.incident), 0));
                self.sync(0, false).await?;
                let screen = super::books::shown(&self.phone_of(0)?.client.assignment(taken.assignment.as_str())?);
                let said = call.texts().into_iter().filter(|text| screen.contains(text.as_str())).count();
                if said > 0 {
                    return Err(ShiftError::InVain("an offer that says nothing"));
                }
            }
        }
        self.say("911", &format!("{file}: {} real calls read, {} of them for a crisis team, offered", counts.0, counts.1)).await;
        Ok(())
    }
}
