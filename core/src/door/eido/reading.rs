//! What is gathered while a document is read, and how a fact is made from a component.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::Value;

use super::AGENCY;
use super::sheet::{SHORT, Sheet};
use crate::base::clock::Instant;
use crate::base::ids::{FactId, IncidentId};
use crate::door::{CautionGiven, Merge, Offer, PlaceGiven, Unit};
use crate::incident::{About, Door, Fact, FactKind, Identifier, Label, Linked, Person, Source};

/// A reading under way.
pub struct Reading<'a> {
    /// The document.
    pub sheet: &'a Sheet<'a>,
    /// The incident that it speaks of.
    pub incident: IncidentId,
    /// Who issued it.
    pub issuer: String,
    /// When it was last changed: the time of what bears none itself.
    pub at: Instant,
    /// Facts so far.
    pub facts: Vec<Fact>,
    /// People so far.
    pub people: Vec<Person>,
    /// Places beside the scene.
    pub places: Vec<PlaceGiven>,
    /// Cautions.
    pub cautions: Vec<CautionGiven>,
    /// Links.
    pub linked: Vec<Linked>,
    /// Merges.
    pub merges: Vec<Merge>,
    /// Units.
    pub units: Vec<Unit>,
    /// What is asked for.
    pub offer: Offer,
    /// Facts that came back.
    pub carried: Vec<FactId>,
    /// What a note or caution is about, by its `$id`, where a person or a place points at it.
    pub about: HashMap<&'a str, About>,
    /// How often each name was used.
    used: HashMap<String, usize>,
}

/// A fact before it has its source.
pub struct Telling<'t> {
    /// Which part of the component it is: part of the fact's id.
    pub part: &'t str,
    /// What it is about.
    pub about: About,
    /// Its kind.
    pub kind: FactKind,
    /// Its words.
    pub text: String,
    /// Its code, as naming system and value.
    pub code: Option<(&'t str, &'t str)>,
}

impl<'a> Reading<'a> {
    /// Starts to read.
    pub fn new(sheet: &'a Sheet<'a>, incident: IncidentId, issuer: String, at: Instant) -> Self {
        Self {
            sheet,
            incident,
            issuer,
            at,
            facts: Vec::new(),
            people: Vec::new(),
            places: Vec::new(),
            cautions: Vec::new(),
            linked: Vec::new(),
            merges: Vec::new(),
            units: Vec::new(),
            offer: Offer::default(),
            carried: Vec::new(),
            about: HashMap::new(),
            used: HashMap::new(),
        }
    }

    /// Adds a fact that a component tells, with the component's source and time.
    pub fn tell(&mut self, of: &'a Value, telling: Telling<'_>) -> FactId {
        self.tell_by(of, telling, None)
    }

    /// The same, said by someone whom the component names otherwise.
    pub fn tell_by(&mut self, of: &'a Value, telling: Telling<'_>, who: Option<&'a str>) -> FactId {
        let id = self.fact_id(of, telling.part);
        let source = self.source(of, who);
        let label = self.label(&source);
        let code = telling.code.map(|(system, value)| Identifier { system: system.to_owned(), value: value.to_owned() });
        self.facts.push(Fact {
            id: id.clone(),
            about: telling.about,
            kind: telling.kind,
            text: telling.text,
            code,
            source,
            door: Door::Line911,
            said: self.said(of),
            label,
            life_saving: false,
        });
        id
    }

    fn fact_id(&mut self, of: &'a Value, part: &str) -> FactId {
        let component = self.sheet.peek(of, "$id").filter(|id| id.len() <= SHORT).unwrap_or("-");
        FactId::derived(&self.unique(format!("{}\n{component}\n{part}", self.incident)))
    }

    /// The name, numbered from its second use on: two components may share an id, and neither may be lost.
    pub fn unique(&mut self, name: String) -> String {
        let times = self.uses(&name);
        if times == 1 { name } else { format!("{name}\n{times}") }
    }

    /// How often a name was used, this time included.
    pub fn uses(&mut self, name: &str) -> usize {
        let times = self.used.entry(name.to_owned()).or_insert(0);
        *times += 1;
        *times
    }

    /// When a component was last changed.
    pub fn said(&self, of: &'a Value) -> Instant {
        self.sheet.time(of, "lastUpdateTimeStamp").unwrap_or(self.at)
    }

    /// Who changed a component last: the agent who wrote it, else the one who updated it, else the agency.
    fn source(&self, of: &'a Value, who: Option<&'a str>) -> Source {
        let take = |key: &str| {
            let (leaf, id) = self.sheet.only_pointer(of, key)?;
            self.sheet.mark(leaf);
            Some(id)
        };
        let agency = take("updatedByAgencyReference");
        let who = who.or_else(|| take("agentReference")).or_else(|| take("updatedByAgentReference"));
        let who = who.or(agency).unwrap_or(&self.issuer).to_owned();
        Source { who, agency: agency.map(|id| Identifier { system: AGENCY.to_owned(), value: id.to_owned() }) }
    }

    /// From where it came, by the kinds and roles of the agency that wrote it; of several the narrowest counts. What nobody
    /// signed is the issuer's own, and so the call's; an agency that the document does not describe is another agency.
    fn label(&self, source: &Source) -> Label {
        let Some(named) = &source.agency else { return Label::Call911 };
        let Some(agency) = self.sheet.target(&named.value) else { return Label::Agency };
        let kinds = self.sheet.leaves(agency, "agencyType").into_iter().filter_map(|(_, kind)| of_kind(kind));
        let took_the_call = |(_, role): &(&Value, &str)| matches!(*role, "CallReceiving" | "Dispatching");
        let roles = self.sheet.leaves(agency, "agencyRoleDescriptionRegistryText");
        let by_role = roles.iter().find(|role| took_the_call(role)).map(|_| Label::Call911);
        kinds.reduce(Label::narrower).or(by_role).unwrap_or(Label::Agency)
    }

    /// From where what a component says of a person came.
    pub fn label_of(&self, component: &'a Value) -> Label {
        let agency = self.sheet.only_pointer(component, "updatedByAgencyReference").map(|(_, id)| id);
        let agency = agency.map(|id| Identifier { system: AGENCY.to_owned(), value: id.to_owned() });
        self.label(&Source { who: String::new(), agency })
    }

    /// What a note or caution is about.
    pub fn about(&self, of: &'a Value) -> About {
        self.sheet.peek(of, "$id").and_then(|id| self.about.get(id)).cloned().unwrap_or(About::Incident)
    }

    /// Remembers that `of` points at notes and cautions that are `about` it. Who points first counts.
    pub fn points_at_notes(&mut self, of: &'a Value, about: &About) {
        for key in ["notesReference", "cautionReference"] {
            for (leaf, target) in self.sheet.targets(of, key, &["notesComponent", "cautionComponent"]) {
                if let Some(id) = self.sheet.peek(target, "$id")
                    && let Entry::Vacant(vacant) = self.about.entry(id)
                {
                    vacant.insert(about.clone());
                    self.sheet.mark(leaf);
                }
            }
        }
    }
}

/// The label of what an agency of this kind wrote (IANA urn:emergency:service:responder, and the words in use beside it).
fn of_kind(kind: &str) -> Option<Label> {
    let folded = kind.to_ascii_lowercase();
    let one_of = |words: &[&str]| folded.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| words.contains(&part));
    if one_of(&["police", "sheriff", "marshal", "lawenforcement", "enforcement", "corrections", "jail", "probation"]) {
        Some(Label::Police)
    } else if one_of(&["hospital", "health", "clinic", "ems", "ambulance", "medical", "paramedic", "mental", "medic"]) {
        Some(Label::Health)
    } else if one_of(&["988", "lifeline", "counselling", "counseling"]) {
        Some(Label::Said988)
    } else if one_of(&["psap", "ecc", "911", "dispatch", "dispatching", "communications"]) {
        Some(Label::Call911)
    } else {
        None
    }
}
