//! What the figures are measured on: documents as a server would send them, the same in every run.

use std::error::Error;
use std::path::Path;

use anydoor_core::assignment::{Assignment, Capture, Stamp, StampKind, State};
use anydoor_core::base::Position;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{AssignmentId, FactId, IncidentId, MemberId, NoteId, PersonId, StampId, TeamId};
use anydoor_core::fhir::{self, Document};
use anydoor_core::incident::{About, AskedBy, Channel, Door, Fact, FactKind, Incident, Label, Person, PersonName, Place};
use anydoor_core::incident::{Role, Source, Urgency};
use anydoor_core::note::{Note, Standing};
use anydoor_core::store::{Incoming, Key, Store};
use serde_json::json;

/// The agency of every database here.
pub const AGENCY: &str = "bench-agency";
/// The raw key of every encrypted database here.
pub const KEY: [u8; 32] = [7; 32];
/// Documents per page, as the big database is filled.
const PAGE: usize = 1000;
/// The first second of the bench's calendar.
const EPOCH_S: i64 = 1_790_000_000;

/// Numbers that are the same in every run (SplitMix64).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as this seed says.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn unit(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The words of the notes, the most frequent first; how often each comes falls with its rank (Zipf).
#[derive(Debug)]
pub struct Words(Vec<String>);

const FREQUENT: [&str; 24] = [
    "the",
    "person",
    "calm",
    "mother",
    "called",
    "voices",
    "sleep",
    "plan",
    "safe",
    "return",
    "medication",
    "police",
    "street",
    "red",
    "coat",
    "hospital",
    "school",
    "dog",
    "bridge",
    "cried",
    "tomorrow",
    "interpreter",
    "shelter",
    "insulin",
];
const SYLLABLES: [&str; 20] =
    ["ba", "ko", "ri", "ten", "lo", "mas", "du", "vel", "ha", "sin", "por", "ga", "ne", "tul", "fi", "wen", "cor", "ja", "pel", "mo"];

impl Words {
    /// Six thousand words.
    pub fn new() -> Self {
        let made = SYLLABLES.iter().flat_map(|a| SYLLABLES.iter().flat_map(move |b| SYLLABLES.map(|c| format!("{a}{b}{c}"))));
        Self(FREQUENT.iter().map(|word| (*word).to_owned()).chain(made).take(6000).collect())
    }
    fn text(&self, dice: &mut Dice, words: usize) -> String {
        let pick = |dice: &mut Dice| self.0.get((self.0.len() as f64).powf(dice.unit()) as usize - 1).map_or("the", String::as_str);
        (0..words).map(|_| pick(dice)).collect::<Vec<_>>().join(" ")
    }
}

fn at(second: i64) -> Result<Instant, Box<dyn Error>> {
    Ok(Instant::from_second(EPOCH_S + second)?)
}

/// The `n`-th incident, with one person in crisis and this many facts.
///
/// # Errors
/// None that a run could meet.
pub fn incident(n: usize, facts: usize) -> Result<Incident, Box<dyn Error>> {
    let mut person = Person::unnamed(PersonId::derived(&format!("bench-{n}")), Role::InCrisis);
    person.name = Some(PersonName { family: Some(format!("Family{}", n % 997)), given: vec![format!("Given{}", n % 89)], goes_by: None });
    person.description = Some("man, about 40, red coat".into());
    person.born = Some(format!("19{:02}-03-05", 40 + n % 60));
    person.language = Some("en".into());
    person.contacts = vec![format!("tel:+1215555{:04}", n % 10_000)];
    let urgency = [Urgency::Emergent, Urgency::Urgent, Urgency::Urgent, Urgency::Routine].get(n % 4).copied().unwrap_or(Urgency::Urgent);
    let fact = |k: usize| -> Result<Fact, Box<dyn Error>> {
        Ok(Fact {
            id: FactId::derived(&format!("bench-{n}-{k}")),
            about: About::Incident,
            kind: if k == 0 { FactKind::Complaint } else { FactKind::Remark },
            text: "caller says the man has been on the bridge for an hour and talks to nobody".into(),
            code: None,
            source: Source { who: "call-taker 5".into(), agency: None },
            door: Door::Line911,
            said: at(n as i64 * 60)?,
            label: Label::Call,
            life_saving: false,
        })
    };
    Ok(Incident {
        id: IncidentId::derived(&format!("bench-{n}")),
        identifiers: Vec::new(),
        door: Door::Line911,
        asked_by: AskedBy::Unknown,
        channel: Channel::Unknown,
        urgency,
        headline: format!("welfare check {n}"),
        first_contact: Some(at(n as i64 * 60)?),
        determined: at(n as i64 * 60 + 30)?,
        place: Place {
            address: Some(format!("{} Mill Road", n % 900 + 1)),
            locality: Some("Harbor Township".into()),
            access: None,
            position: Some(Position::new(40.0 + (n % 100) as f64 / 500.0, -75.4)?),
            accuracy_m: Some(12.0),
        },
        people: vec![person],
        facts: (0..facts).map(fact).collect::<Result<_, _>>()?,
        received: Vec::new(),
    })
}

fn crew() -> [MemberId; 2] {
    [MemberId::derived("bench-a"), MemberId::derived("bench-b")]
}

fn task(n: usize, incident: &Incident, state: State) -> Document {
    let assignment = Assignment {
        id: AssignmentId::derived(&format!("bench-{n}")),
        incident: incident.id.clone(),
        team: Some(TeamId::derived("bench")),
        made: incident.determined,
        crew: crew().to_vec(),
        alone: None,
    };
    fhir::assignment::write(&assignment, state, &fhir::incident::subject(incident), AGENCY)
}

fn note(k: usize, incident: &Incident, text: String) -> Result<Document, Box<dyn Error>> {
    let [author, _] = crew();
    Ok(fhir::note::write(&Note {
        id: NoteId::derived(&format!("bench-{k}")),
        incident: incident.id.clone(),
        person: fhir::incident::subject(incident),
        author,
        standing: Standing::Signed { draft: None },
        at: at(k as i64 * 7 + 1)?,
        text,
    }))
}

fn at_the_agency(mut document: Document) -> Document {
    document.set("meta", json!({ "versionId": "1", "lastUpdated": "2026-11-23T05:00:00.000Z" }));
    document
}

/// Fills an encrypted database page by page, as a pull does; says how far it is.
///
/// # Errors
/// Those of the store.
pub fn big(path: &Path, people: usize, notes: usize) -> Result<(), Box<dyn Error>> {
    let mut store = Store::open(path, &Key::new(&KEY)?, AGENCY)?;
    let (words, mut dice, mut page, mut filled) = (Words::new(), Dice::new(1), Vec::new(), 0_usize);
    let mut take = |page: &mut Vec<Document>, least: usize| -> Result<(), Box<dyn Error>> {
        if page.len() >= least {
            filled += page.len();
            store.take(&Incoming { documents: std::mem::take(page), read_upto: None })?;
            if filled % 10_000 < PAGE {
                eprintln!("  {filled} documents in");
            }
        }
        Ok(())
    };
    let mut incidents = Vec::new();
    for n in 0..people {
        let incident = incident(n, 0)?;
        page.extend(fhir::incident::write(&incident).into_iter().map(at_the_agency));
        page.push(at_the_agency(task(n, &incident, State::Offered)));
        incidents.push(incident);
        take(&mut page, PAGE)?;
    }
    for (k, incident) in (0..notes).zip(incidents.iter().cycle()) {
        page.push(at_the_agency(note(k, incident, words.text(&mut dice, 40))?));
        take(&mut page, PAGE)?;
    }
    take(&mut page, 1)?;
    // The rows for the queue are computed at the first read: here, before the copy is made.
    store.queue(1)?;
    Ok(store.close()?)
}

/// A server's answers to a first pull, as bytes: ten resources for each incident (Task, ServiceRequest, two facts, three
/// stamps, note, person, place), kind after kind as the pull asks for them, in pages of `page`.
///
/// # Errors
/// None that a run could meet.
pub fn pages(resources: usize, page: usize) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let (words, mut dice) = (Words::new(), Dice::new(2));
    let mut all = Vec::new();
    for n in 0..resources.div_ceil(10) {
        let incident = incident(n, 2)?;
        all.push(task(n, &incident, State::EnRoute));
        all.extend(fhir::incident::write(&incident));
        let mut seen = Vec::new();
        for (counter, kind) in [StampKind::Dispatched, StampKind::Acknowledged, StampKind::EnRoute].into_iter().enumerate() {
            let stamp = stamp(n, counter, kind, &seen, incident.determined);
            seen = vec![stamp.id.clone()];
            all.push(fhir::assignment::write_stamp(&stamp));
        }
        all.push(note(n, &incident, words.text(&mut dice, 40))?);
    }
    let order = ["Task", "ServiceRequest", "Observation", "DocumentReference", "Provenance", "Patient", "Location"];
    all.sort_by_key(|document| order.iter().position(|kind| *kind == document.kind()));
    let entry = |document: &Document| {
        let document = at_the_agency(document.clone());
        json!({ "fullUrl": format!("https://fhir.example/{}", document.reference()), "resource": document.value(), "search": { "mode": "match" } })
    };
    let bundle = |chunk: &[Document]| {
        let entries: Vec<_> = chunk.iter().map(entry).collect();
        json!({ "resourceType": "Bundle", "type": "searchset", "total": all.len(), "entry": entries }).to_string().into_bytes()
    };
    Ok(all.chunks(page).map(bundle).collect())
}

fn stamp(n: usize, counter: usize, kind: StampKind, seen: &[StampId], tapped: Instant) -> Stamp {
    let [by, _] = crew();
    Stamp {
        id: StampId::derived(&format!("bench-{n}-{counter}")),
        assignment: AssignmentId::derived(&format!("bench-{n}")),
        kind,
        tapped,
        server_time: Some(tapped),
        by,
        by_lead: false,
        device: "phone-1".into(),
        counter: counter as u64 + 1,
        after: seen.to_vec(),
        capture: Capture::Tap,
        withdraws: None,
        reason: None,
    }
}
