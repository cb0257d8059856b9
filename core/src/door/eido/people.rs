//! People of an EIDO: roles by NENA's Person Role registry, names by NIEM, numbers by call-back components.

use std::collections::BTreeMap;

use serde_json::Value;

use super::reading::{Reading, Telling};
use super::sheet::{SHORT, Sheet, list};
use super::{PERSON_ROLE, calls, carried};
use crate::base::ids::{IncidentId, PersonId};
use crate::incident::{About, FactKind, Label, Person, PersonName, Role};

/// Reads everyone. On a behavioural type of incident the one person whom the call is about is the one in crisis; where
/// nobody in crisis is named, an unnamed one is made, so that the visit has its person.
pub fn read<'a>(reading: &mut Reading<'a>, behavioural: bool) {
    let sheet = reading.sheet;
    let mut concerned = Vec::new();
    for component in sheet.components("personComponent").filter(|c| c.is_object()) {
        let ours = carried::person(sheet, component).filter(|person| reading.uses(person.id.as_str()) == 1);
        let person = ours.unwrap_or_else(|| {
            let (person, is_concerned) = foreign(reading, component);
            if is_concerned {
                concerned.push(person.id.clone());
            }
            person
        });
        let about = About::Person(person.id.clone());
        reading.points_at_notes(component, &about);
        reading.people.push(person);
    }
    let someone = reading.people.iter().any(|p| p.roles.contains(&Role::InCrisis));
    if let ([only], true, false) = (concerned.as_slice(), behavioural, someone)
        && let Some(person) = reading.people.iter_mut().find(|p| &p.id == only)
    {
        person.roles.insert(0, Role::InCrisis);
    }
    if !reading.people.iter().any(|p| p.roles.contains(&Role::InCrisis)) {
        reading.people.push(Person { label: Label::Call911, ..Person::unnamed(stand_in(&reading.incident), Role::InCrisis) });
    }
}

/// The id of the person who stands in where a document names nobody in crisis.
pub fn stand_in(incident: &IncidentId) -> PersonId {
    PersonId::derived(&format!("{incident}\nin crisis"))
}

/// The people in crisis first, the others in the order of the document.
pub fn sort(people: &mut [Person]) {
    people.sort_by_key(|person| !person.roles.contains(&Role::InCrisis));
}

/// A person of another sender, and whether the call may be about them.
fn foreign<'a>(reading: &mut Reading<'a>, component: &'a Value) -> (Person, bool) {
    let sheet = reading.sheet;
    let key = sheet.peek(component, "$id").filter(|id| id.len() <= SHORT).unwrap_or("person");
    let name = reading.unique(format!("{}\n{key}", reading.incident));
    let mut person = Person::unnamed(PersonId::derived(&name), Role::Bystander);
    person.roles.clear();
    let mut concerned = false;
    for (leaf, role) in sheet.leaves(component, "personIncidentRoleRegistryText") {
        let (ours, exact) = role_of(role);
        concerned |= matches!(folded(role).as_str(), "involvedperson" | "personofinterest" | "suspect");
        if let Some(ours) = ours
            && !person.roles.contains(&ours)
        {
            person.roles.push(ours);
        }
        sheet.mark(leaf);
        if !exact {
            let about = About::Person(person.id.clone());
            let telling = Telling { part: role, about, kind: FactKind::Other, text: role.to_owned(), code: Some((PERSON_ROLE, role)) };
            reading.tell(component, telling);
        }
    }
    if let Some(niem) = component.get("ncPersonComponent") {
        read_niem(sheet, niem, &mut person);
    }
    person.contacts = contacts(reading, component, &person.id);
    person.label = reading.label_of(component);
    (person, concerned)
}

/// Our role for a registry value, and whether it says all that the value says.
fn role_of(role: &str) -> (Option<Role>, bool) {
    match folded(role).as_str() {
        "caller" => (Some(Role::Caller), true),
        "reportingparty" => (Some(Role::Caller), false),
        "patient" => (Some(Role::InCrisis), true),
        "edp" | "subject" | "subjectinneed" | "personincrisis" | "personinneed" | "consumer" => (Some(Role::InCrisis), false),
        "witness" | "patientacquaintance" | "patientrelative" | "victimacquaintance" | "victimrelative" | "bystander" => {
            (Some(Role::Bystander), false)
        }
        "dependant" | "dependent" | "child" => (Some(Role::Dependant), false),
        _ => (None, false),
    }
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// The numbers that a person's call-back component gives; each is a fact too.
fn contacts<'a>(reading: &mut Reading<'a>, component: &'a Value, person: &PersonId) -> Vec<String> {
    let sheet = reading.sheet;
    let mut all = Vec::new();
    for target in calls::of_person(sheet, component) {
        all.extend(calls::callback(reading, target, &About::Person(person.clone())));
    }
    all
}

/// NIEM's person, whichever way its names are written (`nc:PersonGivenName`, `ncPersonGivenName`, `personGivenName`).
fn read_niem<'a>(sheet: &Sheet<'a>, niem: &'a Value, person: &mut Person) {
    let parts = members(niem);
    let part = |name: &str| parts.get(name).copied();
    if let Some(name) = part("personname") {
        let name = list(name).next().map(members).unwrap_or_default();
        let texts = |key: &str| name.get(key).map(|value| take_texts(sheet, value)).unwrap_or_default();
        let mut given = texts("persongivenname");
        given.extend(texts("personmiddlename"));
        let family = joined(texts("personsurname"));
        let goes_by = joined(texts("personfullname"));
        let read = PersonName { family, given, goes_by };
        person.name = (read != PersonName::default()).then_some(read);
    }
    person.description =
        ["persondescriptiontext", "personphysicaldescriptiontext"].iter().find_map(|key| take_one(sheet, part(key)?, Some));
    person.born = part("personbirthdate").and_then(|value| take_one(sheet, value, |text| is_date(&text).then_some(text)));
    let gender = ["personsextext", "personsexcode", "persongendertext"].iter().find_map(|key| part(key));
    person.gender = gender.and_then(|value| take_one(sheet, value, |text| gender_of(&text).map(str::to_owned)));
    let language = part("personprimarylanguage").and_then(|l| members(l).get("languagecode").copied());
    person.language = language.and_then(|value| take_one(sheet, value, Some));
}

fn members(value: &Value) -> BTreeMap<String, &Value> {
    let plain = |key: &str| {
        let key = folded(key.rsplit(':').next().unwrap_or_default());
        key.strip_prefix("nc").map(str::to_owned).unwrap_or(key)
    };
    value.as_object().into_iter().flatten().map(|(key, value)| (plain(key), value)).collect()
}

/// Takes every text of a member: a text, a list of texts, or objects with one text each.
fn take_texts<'a>(sheet: &Sheet<'a>, value: &'a Value) -> Vec<String> {
    let leaves = list(value).filter_map(one_text);
    leaves
        .map(|(leaf, text)| {
            sheet.mark(leaf);
            text.to_owned()
        })
        .collect()
}

fn take_one<'a>(sheet: &Sheet<'a>, value: &'a Value, meant: impl Fn(String) -> Option<String>) -> Option<String> {
    let (leaf, text) = list(value).next().and_then(one_text)?;
    let said = meant(text.to_owned())?;
    sheet.mark(leaf);
    Some(said)
}

fn one_text(value: &Value) -> Option<(&Value, &str)> {
    match value {
        Value::String(text) => Some((value, text)),
        Value::Object(map) if map.len() == 1 => map.values().next().and_then(|leaf| Some((leaf, leaf.as_str()?))),
        _ => None,
    }
}

fn joined(texts: Vec<String>) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(" "))
}

fn gender_of(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "m" | "male" => Some("male"),
        "f" | "female" => Some("female"),
        _ => None,
    }
}

fn is_date(text: &str) -> bool {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [year] => digits(year, 4),
        [year, month] => digits(year, 4) && digits(month, 2),
        [year, month, day] => digits(year, 4) && digits(month, 2) && digits(day, 2) && text.parse::<jiff::civil::Date>().is_ok(),
        _ => false,
    }
}
