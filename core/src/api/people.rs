//! People, as the phones see them.

use crate::base::Code;
use crate::incident::{Dependant, Person, SafeContact, Wishes};

/// One person of an incident.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PersonRow {
    /// The id.
    pub id: String,
    /// Codes of the roles.
    pub roles: Vec<String>,
    /// As shown; none where nobody named or described them.
    pub shown: Option<String>,
    /// The language.
    pub language: Option<String>,
    /// Numbers and addresses.
    pub contacts: Vec<String>,
    /// What must be read before any call or visit.
    pub safe_contact: SafeContactRow,
    /// Wishes in the person's own words.
    pub wishes: WishesRow,
    /// Who depends on the person.
    pub dependants: Vec<DependantRow>,
}

/// How a person may be reached; nothing where nobody said.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct SafeContactRow {
    /// Who must not learn of the visit.
    pub must_not_learn: Option<String>,
    /// The number to use.
    pub number: Option<String>,
    /// When.
    pub when: Option<String>,
    /// Whether a voice call is safe.
    pub voice: Option<bool>,
    /// Whether a text message is safe.
    pub text: Option<bool>,
    /// Whether a message may be left.
    pub message: Option<bool>,
    /// In whose name a message may be left.
    pub message_in_name_of: Option<String>,
    /// The language, BCP 47.
    pub language: Option<String>,
    /// Whether an interpreter is needed.
    pub interpreter: Option<bool>,
}

/// Wishes in the person's own words; nothing where nobody said.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct WishesRow {
    /// Name and pronouns.
    pub called: Option<String>,
    /// What helps.
    pub helps: Option<String>,
    /// What makes it worse.
    pub worsens: Option<String>,
    /// Whom to call.
    pub whom_to_call: Option<String>,
    /// An advance directive.
    pub advance_directive: Option<String>,
    /// A safety plan.
    pub safety_plan: Option<String>,
}

/// Somebody who depends on the person.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DependantRow {
    /// Who.
    pub who: String,
    /// Who has them now; nothing where nobody said.
    pub with: Option<String>,
}

impl From<Person> for PersonRow {
    fn from(person: Person) -> Self {
        Self {
            shown: person.shown_as(),
            id: person.id.into(),
            roles: person.roles.iter().map(|role| role.code().to_owned()).collect(),
            language: person.language,
            contacts: person.contacts,
            safe_contact: person.safe_contact.into(),
            wishes: person.wishes.into(),
            dependants: person.dependants.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<SafeContact> for SafeContactRow {
    fn from(safe: SafeContact) -> Self {
        let must_not_learn = safe.must_not_learn_words();
        let SafeContact { must_not_learn: _, number, when, voice, text, message, message_in_name_of, language, interpreter } = safe;
        Self { must_not_learn, number, when, voice, text, message, message_in_name_of, language, interpreter }
    }
}

impl From<Wishes> for WishesRow {
    fn from(wishes: Wishes) -> Self {
        let Wishes { called, helps, worsens, whom_to_call, advance_directive, safety_plan } = wishes;
        Self { called, helps, worsens, whom_to_call, advance_directive, safety_plan }
    }
}

impl From<Dependant> for DependantRow {
    fn from(Dependant { who, with }: Dependant) -> Self {
        Self { who, with }
    }
}
