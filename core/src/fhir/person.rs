//! Person ↔ Patient (someone in crisis) or RelatedPerson (anyone else).

use serde_json::{Value, json};

use super::document::id_of;
use super::element::{code_in, concept, extension, extension_of, extension_text, extensions, part, part_text, part_value, reference};
use super::{Document, ReadError, current};
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::{MemberId, OrganizationId, PersonId};
use crate::incident::{Dependant, HowKnown, Label, MustNotLearn, Person, PersonName, Role, SafeContact, Wishes};

/// The resource type that holds this person.
pub fn kind(person: &Person) -> &'static str {
    if person.roles.contains(&Role::InCrisis) { "Patient" } else { "RelatedPerson" }
}

/// Writes a person. `of` is the person in crisis whom a RelatedPerson stands beside (FHIR asks for one).
pub fn write(person: &Person, of: &PersonId) -> Document {
    let mut doc = Document::new(kind(person), person.id.as_str());
    write_onto(person, of, &mut doc);
    doc
}

/// Writes a person onto the document it was read from; what we do not know stays.
pub fn write_onto(person: &Person, of: &PersonId, doc: &mut Document) {
    let mut all: Vec<Value> = doc.list("/extension").iter().filter(|e| !is_ours(e)).cloned().collect();
    all.extend(person_extensions(person));
    doc.set("extension", if all.is_empty() { Value::Null } else { Value::Array(all) });
    if let Some(name) = &person.name {
        doc.set("name", Value::Array(human_names(name)));
    }
    let telecom: Vec<Value> = person.contacts.iter().map(|contact| contact_point(contact)).collect();
    if !telecom.is_empty() {
        doc.set("telecom", Value::Array(telecom));
    }
    doc.set_some("gender", person.gender.clone());
    doc.set_some("birthDate", person.born.clone());
    if let Some(language) = &person.language {
        doc.set(
            "communication",
            json!([{ "language": { "coding": [{ "system": "urn:ietf:bcp:47", "code": language }] }, "preferred": true }]),
        );
    }
    if doc.kind() == "Patient" {
        if let Some(same) = &person.identified_as {
            doc.set("link", json!([{ "other": reference("Patient", same.as_str()), "type": "seealso" }]));
        }
    } else {
        doc.set("patient", reference("Patient", of.as_str()));
        doc.set("relationship", json!(person.roles.iter().map(|role| concept("role", role.code())).collect::<Vec<_>>()));
    }
}

const OUR_EXTENSIONS: [&str; 6] = ["description", "safe-contact", "wishes", "dependant", "must-not-learn", "label"];

fn is_ours(extension: &Value) -> bool {
    let url = extension.get("url").and_then(Value::as_str).unwrap_or_default();
    OUR_EXTENSIONS.iter().any(|name| url == super::element::ours(name))
}

fn person_extensions(person: &Person) -> Vec<Value> {
    let mut all = Vec::new();
    all.extend(person.description.as_deref().map(|words| extension("description", "valueString", words)));
    let safe = safe_contact_parts(&person.safe_contact);
    if !safe.is_empty() {
        all.push(extension_of("safe-contact", safe));
    }
    let wishes: Vec<Value> =
        wish_fields(&person.wishes).into_iter().filter_map(|(name, words)| words.map(|w| part(name, "valueString", w))).collect();
    if !wishes.is_empty() {
        all.push(extension_of("wishes", wishes));
    }
    for dependant in &person.dependants {
        let mut parts = vec![part("who", "valueString", dependant.who.as_str())];
        parts.extend(dependant.with.as_deref().map(|with| part("with", "valueString", with)));
        all.push(extension_of("dependant", parts));
    }
    // In words they stand with the safe contact, as a release before this one reads them.
    let must_not_learn = &person.safe_contact.must_not_learn;
    if !must_not_learn.iter().all(MustNotLearn::is_words_alone) {
        all.extend(must_not_learn.iter().map(must_not_learn_extension));
    }
    if person.label != Label::Call {
        all.push(extension("label", "valueCode", person.label.code()));
    }
    all
}

fn must_not_learn_extension(one: &MustNotLearn) -> Value {
    let mut parts = vec![part("who", "valueString", one.who.as_str()), part("how", "valueCode", one.how.code())];
    parts.extend(one.organization.as_ref().map(|id| part("organization", "valueString", id.as_str())));
    parts.extend(one.member.as_ref().map(|id| part("member", "valueString", id.as_str())));
    extension_of("must-not-learn", parts)
}

fn read_must_not_learn(doc: &Document) -> Vec<MustNotLearn> {
    let typed = extensions(doc.value(), "must-not-learn").map(|one| {
        let text = |name| part_text(one, name, "valueString");
        MustNotLearn {
            who: text("who").unwrap_or_default(),
            organization: text("organization").and_then(|id| OrganizationId::parse(&id).ok()),
            member: text("member").and_then(|id| MemberId::parse(&id).ok()),
            how: part_text(one, "how", "valueCode").and_then(|how| HowKnown::from_code(&how)).unwrap_or(HowKnown::Unknown),
        }
    });
    typed.collect()
}

/// From where what is known came. A label that this release does not know counts as the narrowest.
fn read_label(doc: &Document) -> Label {
    extension_text(doc.value(), "label", "valueCode").map_or(Label::Call, |code| Label::from_code(code).unwrap_or(Label::Part2))
}

fn safe_contact_parts(safe: &SafeContact) -> Vec<Value> {
    let must_not_learn = safe.must_not_learn_words();
    let words = [
        ("number", &safe.number),
        ("when", &safe.when),
        ("message-in-name-of", &safe.message_in_name_of),
        ("must-not-learn", &must_not_learn),
        ("language", &safe.language),
    ];
    let flags = [("voice", safe.voice), ("text", safe.text), ("message", safe.message), ("interpreter", safe.interpreter)];
    let words = words.into_iter().filter_map(|(name, value)| value.as_deref().map(|v| part(name, "valueString", v)));
    words.chain(flags.into_iter().filter_map(|(name, value)| value.map(|v| part(name, "valueBoolean", v)))).collect()
}

fn wish_fields(wishes: &Wishes) -> [(&'static str, Option<&str>); 6] {
    [
        ("called", wishes.called.as_deref()),
        ("helps", wishes.helps.as_deref()),
        ("worsens", wishes.worsens.as_deref()),
        ("whom-to-call", wishes.whom_to_call.as_deref()),
        ("advance-directive", wishes.advance_directive.as_deref()),
        ("safety-plan", wishes.safety_plan.as_deref()),
    ]
}

fn human_names(name: &PersonName) -> Vec<Value> {
    let mut all = Vec::new();
    if name.family.is_some() || !name.given.is_empty() {
        let mut official = json!({ "use": "official" });
        if let Value::Object(map) = &mut official {
            name.family.iter().for_each(|family| drop(map.insert("family".into(), json!(family))));
            if !name.given.is_empty() {
                map.insert("given".into(), json!(name.given));
            }
        }
        all.push(official);
    }
    all.extend(name.goes_by.as_ref().map(|goes_by| json!({ "use": "usual", "text": goes_by })));
    all
}

/// A number or address as given; the system is told from its form.
fn contact_point(contact: &str) -> Value {
    let system = if contact.starts_with("mailto:") {
        "email"
    } else if contact.starts_with("sip:") || contact.contains("://") {
        "url"
    } else {
        "phone"
    };
    json!({ "system": system, "value": contact })
}

/// Reads a person. `roles` come from the incident's list.
///
/// # Errors
/// [`ReadError`] where the id is not one.
pub fn read(doc: &Document, roles: Vec<Role>) -> Result<Person, ReadError> {
    let id = PersonId::parse(doc.id()).map_err(|_| ReadError::new(doc, "id"))?;
    Ok(Person { id, ..read_at(doc, roles, None) })
}

/// Reads a person as they are at a time; `None`: as far as the document alone says. The id is none of the document's.
pub fn read_at(doc: &Document, roles: Vec<Role>, at: Option<Instant>) -> Person {
    let roles = if roles.is_empty() { own_roles(doc) } else { roles };
    let mut safe_contact = extensions(doc.value(), "safe-contact").next().map(read_safe_contact).unwrap_or_default();
    let must_not_learn = read_must_not_learn(doc);
    if !must_not_learn.is_empty() {
        safe_contact.must_not_learn = must_not_learn;
    }
    let wishes = extensions(doc.value(), "wishes").next();
    Person {
        id: PersonId::derived(""),
        roles,
        name: read_name(doc, at),
        description: extension_text(doc.value(), "description", "valueString").map(str::to_owned),
        born: doc.text("/birthDate").map(str::to_owned),
        gender: doc.text("/gender").map(str::to_owned),
        language: read_language(doc).map(str::to_owned),
        contacts: current::telecoms(doc.list("/telecom"), at).into_iter().map(str::to_owned).collect(),
        safe_contact,
        wishes: wishes.map(read_wishes).unwrap_or_default(),
        dependants: extensions(doc.value(), "dependant").filter_map(read_dependant).collect(),
        identified_as: doc.target("/link/0/other").and_then(|r| id_of(r, "Patient")).and_then(|id| PersonId::parse(id).ok()),
        label: read_label(doc),
    }
}

fn own_roles(doc: &Document) -> Vec<Role> {
    if doc.kind() == "Patient" {
        return vec![Role::InCrisis];
    }
    doc.list("/relationship").iter().filter_map(|concept| Role::from_code(code_in(concept, "role")?)).collect()
}

/// The name that holds, and what they go by.
fn read_name(doc: &Document, at: Option<Instant>) -> Option<PersonName> {
    let names = doc.list("/name");
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
    let given = |of: &Value| -> Vec<String> {
        of.get("given").and_then(Value::as_array).into_iter().flatten().filter_map(|g| g.as_str().map(str::to_owned)).collect()
    };
    let (main, usual) = (current::name(names, at), current::goes_by(names, at));
    let goes_by = usual.filter(|usual| !main.is_some_and(|main| std::ptr::eq(main, *usual)));
    let name = PersonName {
        family: main.and_then(|main| text(main, "family").or_else(|| text(main, "text").filter(|_| main.get("given").is_none()))),
        given: main.map(given).unwrap_or_default(),
        goes_by: goes_by.and_then(|usual| text(usual, "text").or_else(|| given(usual).into_iter().next())),
    };
    (name != PersonName::default()).then_some(name)
}

/// The language that they prefer, else the first.
fn read_language(doc: &Document) -> Option<&str> {
    let languages = doc.list("/communication");
    let preferred = languages.iter().find(|one| one.get("preferred").and_then(Value::as_bool) == Some(true));
    let language = preferred.or_else(|| languages.first())?.get("language")?;
    language.pointer("/coding/0/code").or_else(|| language.get("text")).and_then(Value::as_str)
}

fn read_safe_contact(extension: &Value) -> SafeContact {
    let flag = |name| part_value(extension, name, "valueBoolean").and_then(Value::as_bool);
    let words = |name| part_text(extension, name, "valueString");
    SafeContact {
        number: words("number"),
        when: words("when"),
        voice: flag("voice"),
        text: flag("text"),
        message: flag("message"),
        message_in_name_of: words("message-in-name-of"),
        must_not_learn: words("must-not-learn").iter().map(|who| MustNotLearn::named(who)).collect(),
        language: words("language"),
        interpreter: flag("interpreter"),
    }
}

fn read_wishes(extension: &Value) -> Wishes {
    let words = |name| part_text(extension, name, "valueString");
    Wishes {
        called: words("called"),
        helps: words("helps"),
        worsens: words("worsens"),
        whom_to_call: words("whom-to-call"),
        advance_directive: words("advance-directive"),
        safety_plan: words("safety-plan"),
    }
}

fn read_dependant(extension: &Value) -> Option<Dependant> {
    Some(Dependant { who: part_text(extension, "who", "valueString")?, with: part_text(extension, "with", "valueString") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_goes_out_and_comes_back_the_same() {
        let mut person = Person::unnamed(PersonId::fresh(), Role::InCrisis);
        person.description = Some("man, about 40, red coat".into());
        person.name = Some(PersonName { family: Some("Ruiz".into()), given: vec!["Ana".into()], goes_by: Some("Annie".into()) });
        person.contacts = vec!["tel:+12155550100".into()];
        person.safe_contact =
            SafeContact { number: Some("+12155550100".into()), message: Some(false), voice: Some(true), ..Default::default() };
        person.wishes.helps = Some("speak slowly".into());
        person.dependants = vec![Dependant { who: "a dog".into(), with: None }];
        person.language = Some("es".into());
        person.born = Some("1984-05".into());
        assert_eq!(read(&write(&person, &person.id), vec![Role::InCrisis]).unwrap(), person);
    }

    #[test]
    fn a_caller_goes_out_and_comes_back_the_same() {
        let patient = PersonId::fresh();
        let mut caller = Person::unnamed(PersonId::fresh(), Role::Caller);
        caller.roles.push(Role::Support);
        assert_eq!(read(&write(&caller, &patient), Vec::new()).unwrap(), caller);
    }
}
