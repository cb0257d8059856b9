//! The county's side: a CAD and a 988 centre that say new things, more and the same again, a dispatcher and a PSAP that write
//! on Tasks, and two copies of the gateway between them and the server, over the same bad network as the phones.
//!
//! A sender waits for the answer before it says the next word of the same incident, and says again what was not taken.

use std::collections::VecDeque;
use std::sync::Arc;

use anydoor_core::acts::receive::{Intake, News, Receiver, receive};
use anydoor_core::acts::{ActError, Plan};
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
use anydoor_core::door::{DoorError, eido};
use anydoor_core::fhir::{Document, Revision, escalation, order, safety};
use anydoor_core::http::{Outcome, Request};
use anydoor_core::records::lookup::required;
use anydoor_core::safety::Acknowledgement;
use anydoor_gateway::perform::Next;
use anydoor_gateway::{Author, GatewayError, Perform, Performed, Snapshot};
use anydoor_tests::chance::Chance;
use serde_json::{Value, json};

use crate::report::Report;
use crate::server::Server;

/// The server's name for the copies of the gateway, as a client.
pub const CLIENT: usize = 1_000;

/// An extension of another maker's.
const OF_THE_CAD: &str = "urn:example:cad:said";

/// What somebody at the county says.
#[derive(Debug, Clone)]
enum Said {
    /// A CAD's document of one incident, and how many of its notes it holds.
    Cad { incident: usize, bytes: Vec<u8>, notes: usize },
    /// A 988 centre's order.
    Centre(Vec<u8>),
    /// A dispatcher's words on a Task.
    Note { task: String, text: String },
    /// A PSAP has a call for help.
    Acknowledge { task: String },
}

/// An incident as a CAD knows it.
#[derive(Debug)]
pub struct Incident {
    number: String,
    team: Option<TeamId>,
    minute: u8,
    headline: String,
    urgent: bool,
    notes: Vec<Value>,
    /// Every document of it, and how many notes it holds.
    documents: Vec<(Vec<u8>, usize)>,
    /// How many notes the agency has said that it has.
    taken: usize,
}

type Act = Box<dyn Fn(&Snapshot) -> Result<(Plan, Option<Intake>), ActError<DoorError>>>;

type Doing = Perform<Act, Option<Intake>, DoorError>;

/// One copy of the gateway, with what it does just now.
struct Copy {
    author: Arc<Author>,
    doing: Option<(Said, Doing)>,
    pending: bool,
}

pub struct County {
    chance: Chance,
    seed: u64,
    /// Whether a CAD speaks in this seed: two of three stay with what phones do among themselves.
    busy: bool,
    copies: [Copy; 2],
    turn: usize,
    waiting: VecDeque<Said>,
    incidents: Vec<Incident>,
    orders: u64,
    /// What a dispatcher was told is on a Task: the Task and the words.
    noted: Vec<(String, String)>,
    /// Updates that were taken, for a bug that is planted on them.
    pub updates: Vec<(Intake, Arc<Author>)>,
}

fn agency() -> OrganizationId {
    OrganizationId::derived("agency")
}

impl Copy {
    fn fresh() -> Self {
        Self { author: Arc::new(Author::new(agency().as_str())), doing: None, pending: false }
    }
}

impl County {
    pub fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x00c0_0117);
        Self {
            busy: chance.one_in(3),
            chance,
            seed,
            copies: [Copy::fresh(), Copy::fresh()],
            turn: 0,
            waiting: VecDeque::new(),
            incidents: Vec::new(),
            orders: 0,
            noted: Vec::new(),
            updates: Vec::new(),
        }
    }

    /// A 988 centre's order: an open offer.
    pub fn order(&mut self, now: Instant) {
        self.orders += 1;
        let order = json!({ "resourceType": "Bundle", "type": "collection", "entry": [{ "resource": { "resourceType": "ServiceRequest",
            "id": "r", "status": "active", "intent": "order", "identifier": [{ "system": "urn:988", "value": format!("{} {}", self.seed, self.orders) }],
            "code": { "text": "wants to talk" }, "authoredOn": now.to_string(), "subject": { "display": "unnamed" } } }] });
        self.waiting.push_back(Said::Centre(order.to_string().into_bytes()));
    }

    /// A dispatcher writes on a Task.
    pub fn note(&mut self, task: String, text: String) {
        self.waiting.push_back(Said::Note { task, text });
    }

    /// Somebody at the county says something, or nobody does.
    pub fn say_something(&mut self, teams: &[TeamId], server: &Server) {
        if !self.busy {
            return;
        }
        match self.chance.below(60) {
            0 if self.incidents.len() < 2 => self.call(teams),
            1..=4 => self.more(),
            5 => self.again(),
            6 => self.acknowledge(server),
            _ => {}
        }
    }

    fn call(&mut self, teams: &[TeamId]) {
        let team = if self.chance.one_in(2) { self.chance.pick(teams).cloned() } else { None };
        let number = format!("{}-{}", self.seed, self.incidents.len());
        let headline = "welfare check".to_owned();
        let incident = Incident { number, team, minute: 0, headline, urgent: false, notes: Vec::new(), documents: Vec::new(), taken: 0 };
        self.incidents.push(incident);
        self.tell(self.incidents.len() - 1);
    }

    fn more(&mut self) {
        if self.incidents.is_empty() {
            return;
        }
        let at = self.chance.below(self.incidents.len());
        let incident = &mut self.incidents[at];
        if self.chance.one_in(3) {
            incident.headline = format!("person in crisis {}", incident.minute);
        }
        incident.urgent |= self.chance.one_in(4);
        self.tell(at);
    }

    /// The CAD sends everything that it knows of an incident, with one more note.
    fn tell(&mut self, at: usize) {
        let incident = &mut self.incidents[at];
        incident.minute += 1;
        let time = format!("2026-11-23T04:{:02}:00Z", incident.minute);
        let text = format!("said {} of {}", incident.minute, incident.number);
        incident.notes.push(json!({ "$id": format!("n{}", incident.minute), "lastUpdateTimeStamp": time, "notesActionComments": text }));
        let mut component = json!({ "$id": "inc", "lastUpdateTimeStamp": time, "incidentTypeInternalText": incident.headline });
        if incident.urgent {
            component["incidentCommonPriorityNumber"] = json!(9);
        }
        let document = json!({ "$id": format!("urn:emergency:uid:incidentid:{}:psap.example", incident.number), "eidoVersion": "1.0",
            "issuingElementIdentification": "cad.psap.example", "lastUpdateTimeStamp": time, "incidentComponent": [component],
            "notesComponent": incident.notes, "personComponent": [{ "$id": "p", "lastUpdateTimeStamp": time,
                "personIncidentRoleRegistryText": ["Patient"], "ncPersonComponent": { "ncPersonName": { "ncPersonSurName": "Ruiz" } } }] });
        let (bytes, notes) = (document.to_string().into_bytes(), incident.notes.len());
        incident.documents.push((bytes.clone(), notes));
        self.waiting.push_back(Said::Cad { incident: at, bytes, notes });
    }

    /// A document of an incident comes once more: the last one, or an older one that was long on its way.
    fn again(&mut self) {
        if self.incidents.is_empty() {
            return;
        }
        let at = self.chance.below(self.incidents.len());
        let Some((mut bytes, notes)) = self.chance.pick(&self.incidents[at].documents).cloned() else { return };
        let is_last = self.incidents[at].documents.last().is_some_and(|(last, _)| *last == bytes);
        if !is_last && self.chance.one_in(2) {
            // It never came, and comes now.
            bytes.push(b' ');
        }
        self.waiting.push_back(Said::Cad { incident: at, bytes, notes });
    }

    fn acknowledge(&mut self, server: &Server) {
        let asks = |body: &&Value| {
            Document::from_value((*body).clone()).is_ok_and(|task| safety::task_code(&task) == Some(escalation::ESCALATION))
        };
        let calls: Vec<String> =
            server.all("Task").filter(asks).filter_map(|body| Some(format!("Task/{}", body["id"].as_str()?))).collect();
        if let Some(task) = self.chance.pick(&calls).cloned() {
            self.waiting.push_back(Said::Acknowledge { task });
        }
    }

    /// Every sender says its last word once more.
    pub fn say_everything_again(&mut self) {
        for at in 0..self.incidents.len() {
            if let Some((bytes, notes)) = self.incidents[at].documents.last().cloned() {
                self.waiting.push_back(Said::Cad { incident: at, bytes, notes });
            }
        }
    }

    /// A copy of the gateway is gone, with everything that it had in memory. Who waits for its answer says it again.
    pub fn a_copy_is_gone(&mut self, report: &mut Report) {
        let at = self.chance.below(self.copies.len());
        let copy = std::mem::replace(&mut self.copies[at], Copy::fresh());
        if let Some((said, _)) = copy.doing {
            report.path("a gateway was gone");
            self.waiting.push_front(said);
        }
    }

    /// How many requests this step carries, and whether a copy goes down in it.
    pub fn pace(&mut self) -> (usize, bool) {
        (self.chance.below(4), self.chance.one_in(60))
    }

    pub fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }

    /// What a copy sends next; the copies take turns.
    pub fn next(&mut self, now: Instant, report: &mut Report) -> Option<Request> {
        for _ in 0..self.copies.len() {
            self.turn = (self.turn + 1) % self.copies.len();
            if let Some(request) = self.next_of(self.turn, now, report) {
                return Some(request);
            }
        }
        None
    }

    fn next_of(&mut self, at: usize, now: Instant, report: &mut Report) -> Option<Request> {
        if self.copies[at].doing.is_none() {
            let said = self.take_waiting()?;
            let act = self.act(&said, now);
            let arrives = matches!(said, Said::Cad { .. } | Said::Centre(_));
            let copy = &mut self.copies[at];
            let perform = if arrives { Perform::arrival(&copy.author, act) } else { Perform::new(&copy.author, act) };
            copy.doing = Some((said, perform));
        }
        let copy = &mut self.copies[at];
        let (said, perform) = copy.doing.as_mut()?;
        match perform.next(now) {
            Next::Send(request) => {
                copy.pending = true;
                Some(request)
            }
            Next::WaitUntil(_) => None,
            Next::Done(outcome) => {
                let said = said.clone();
                copy.doing = None;
                self.settle(at, said, *outcome, report);
                None
            }
        }
    }

    /// The first that waits and is not about an incident of which something is on its way.
    fn take_waiting(&mut self) -> Option<Said> {
        let about = |said: &Said| match said {
            Said::Cad { incident, .. } => Some(*incident),
            _ => None,
        };
        let busy: Vec<usize> = self.copies.iter().filter_map(|copy| about(&copy.doing.as_ref()?.0)).collect();
        let at = self.waiting.iter().position(|said| about(said).is_none_or(|incident| !busy.contains(&incident)))?;
        self.waiting.remove(at)
    }

    fn act(&self, said: &Said, now: Instant) -> Act {
        let to = Receiver { member: MemberId::derived("gateway"), agency: agency(), now };
        let taken = |taken: Intake| (taken.plan.clone(), Some(taken));
        let change = move |task: String, change: Box<dyn Fn(&mut Document)>| -> Act {
            Box::new(move |snapshot| {
                let mut document = required(snapshot, "Task", task.trim_start_matches("Task/"), "task")?;
                change(&mut document);
                Ok((Plan::new("change", &MemberId::derived("gateway"), now, "").change(document), None))
            })
        };
        match said.clone() {
            Said::Cad { incident, bytes, .. } => {
                let team = self.incidents[incident].team.clone();
                let arrival = eido::read(&bytes).unwrap();
                Box::new(move |snapshot| receive(snapshot, arrival.clone(), team.as_ref(), &to).map(taken).map_err(ActError::among))
            }
            Said::Centre(bytes) => {
                let arrival = order::read(&bytes).unwrap();
                Box::new(move |snapshot| receive(snapshot, arrival.clone(), None, &to).map(taken).map_err(ActError::among))
            }
            Said::Note { task, text } => {
                let note = json!({ "text": text });
                let says = move |task: &mut Document| {
                    if !task.list("/note").contains(&note) {
                        task.push("note", note.clone());
                        // And something that no phone knows.
                        task.push("extension", json!({ "url": OF_THE_CAD, "valueString": note["text"] }));
                    }
                };
                change(task, Box::new(says))
            }
            Said::Acknowledge { task } => {
                let said = Acknowledgement { who: "call-taker 7".into(), at: now, channel: "cad".into() };
                change(task, Box::new(move |task| escalation::acknowledge(task, &said, "accepted")))
            }
        }
    }

    fn settle(&mut self, at: usize, said: Said, outcome: Result<Performed<Option<Intake>>, GatewayError<DoorError>>, report: &mut Report) {
        match outcome {
            Ok(performed) => {
                if let Said::Note { task, text } = &said {
                    self.noted.push((task.clone(), text.clone()));
                }
                if let (Said::Cad { incident, notes, .. }, Some(taken)) = (said, performed.done) {
                    let incident = &mut self.incidents[incident];
                    incident.taken = incident.taken.max(notes);
                    match taken.news {
                        News::First => report.path("a call was taken"),
                        News::Update => {
                            report.path("an update was taken");
                            self.updates.push((taken, self.copies[at].author.clone()));
                        }
                        News::Repeated => report.path("a repeated word changed nothing"),
                        News::Stale => report.path("a stale word changed nothing"),
                    }
                }
            }
            // What was not taken is said again; a Task that is not there any more is nobody's.
            Err(GatewayError::Fetch(_) | GatewayError::NotDelivered(_) | GatewayError::TooManyRounds) => {
                report.path("the county said it again");
                self.waiting.push_front(said);
            }
            Err(GatewayError::Act(ActError::Lookup(_))) => {}
            Err(GatewayError::Act(error)) => panic!("the county's act says no: {error}"),
        }
    }

    pub fn hear(&mut self, outcome: Outcome, now: Instant) {
        let copy = &mut self.copies[self.turn];
        if let (Some((_, perform)), true) = (&mut copy.doing, std::mem::take(&mut copy.pending)) {
            perform.hear(outcome, now);
        }
    }

    /// Whether everything that was said has been taken.
    pub fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.copies.iter().all(|copy| copy.doing.is_none())
    }

    /// What must hold when everything was taken: each word that a CAD was told is there is there once, and the last headline
    /// stands, for nobody else changed it. A request that the network put back may have lost it: a gateway keeps nothing, and
    /// knows a late copy only where it was about to write on what came after.
    pub fn at_rest(&self, server: &Server) {
        self.what_others_wrote_stands(server);
        let facts: Vec<&str> = server.all("Observation").filter_map(|body| body["valueString"].as_str()).collect();
        for incident in &self.incidents {
            for note in &incident.notes[..incident.taken] {
                let text = note["notesActionComments"].as_str().unwrap();
                assert_eq!(facts.iter().filter(|fact| **fact == text).count(), 1, "the county: {text}");
            }
            let id =
                anydoor_core::base::ids::IncidentId::derived(&format!("urn:emergency:uid:incidentid:{}:psap.example", incident.number));
            let request = server.current(&format!("ServiceRequest/{id}")).unwrap();
            if !set_back(server, &request.reference()) {
                assert_eq!(request.text("/code/text"), Some(incident.headline.as_str()), "the county: the headline of {}", incident.number);
                assert_eq!(request.text("/priority") == Some("stat"), incident.urgent, "the county: the urgency of {}", incident.number);
            }
            let linked: Vec<String> = request.list("/supportingInfo").iter().map(ToString::to_string).collect();
            let once: std::collections::BTreeSet<&String> = linked.iter().collect();
            assert_eq!(once.len(), linked.len(), "the county: a document is linked twice");
        }
    }

    /// A dispatcher's words, and what no phone understands, go through every change of a phone (P17). A server that lets two
    /// writers through at once loses what it loses.
    fn what_others_wrote_stands(&self, server: &Server) {
        for (task, text) in self.noted.iter().filter(|(task, _)| !server.lets_two_through() && !set_back(server, task)) {
            let there = server.current(task).unwrap();
            let noted = there.list("/note").iter().any(|note| note["text"] == **text);
            let known = there.list("/extension").iter().any(|item| item["url"] == OF_THE_CAD && item["valueString"] == **text);
            assert!(noted && known, "the county: '{text}' is lost from {task}: noted {noted}, known {known}");
        }
    }
}

/// Whether a version came once more after a later one.
fn set_back(server: &Server, reference: &str) -> bool {
    let mut names = Vec::new();
    for version in server.history(reference) {
        let revision = Document::from_value(version.clone()).ok().as_ref().and_then(Revision::of);
        let name = revision.map(|revision| revision.name()).unwrap_or_default();
        if names.contains(&name) && names.last() != Some(&name) {
            return true;
        }
        names.push(name);
    }
    false
}
