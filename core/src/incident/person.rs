//! A person of an incident. No screen demands a name.

use super::Label;
use crate::base::ids::{MemberId, OrganizationId, PersonId};

crate::codes! {
    /// A person's part in an incident.
    Role {
        /// In crisis: has an own visit, note, closing answers and follow-up.
        InCrisis = "in-crisis",
        /// Called.
        Caller = "caller",
        /// A child or another dependant.
        Dependant = "dependant",
        /// Was there.
        Bystander = "bystander",
        /// Staff of another agency.
        OtherStaff = "other-staff",
        /// Could be called for help.
        Support = "support",
        /// Somebody whom a record speaks of and who was matched to nobody here: what is said of them stays with them.
        Unmatched = "unmatched",
    }
    /// How it is known that somebody must not learn of the visit.
    HowKnown {
        /// The person said so.
        PersonSaid = "person-said",
        /// Somebody else said so.
        OtherSaid = "other-said",
        /// It stands in a record.
        Record = "record",
        /// The crew saw or heard it.
        CrewSaw = "crew-saw",
        /// Nobody said how.
        Unknown = "unknown",
    }
    /// What those who come must know to reach and approach a person without harm. It says what to do or what is there, never
    /// why: no origin and no diagnosis.
    ApproachNeed {
        /// Cannot hear.
        CannotHear = "cannot-hear",
        /// May not follow spoken orders.
        MayNotFollowOrders = "may-not-follow-orders",
        /// May run.
        MayRun = "may-run",
        /// Holds a toy or another harmless thing that may look like a weapon.
        HoldsToy = "holds-a-toy",
        /// Do not say who called.
        DoNotSayWhoCalled = "do-not-say-who-called",
        /// Someone who is there is a danger to them.
        SomeoneThereIsADanger = "someone-there-is-a-danger-to-them",
        /// Children or others who depend on them are there.
        DependantsThere = "children-or-dependants-there",
        /// A dog or another animal is there.
        AnimalThere = "animal-there",
        /// Oxygen is in use.
        OxygenInUse = "oxygen-in-use",
        /// The number is told, and is not to be called back.
        DoNotCallBack = "do-not-call-back",
        /// No weapons were seen. A negative is kept as one.
        NoWeaponsSeen = "no-weapons-seen",
    }
}

/// A name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonName {
    /// Family names.
    pub family: Option<String>,
    /// Given names.
    pub given: Vec<String>,
    /// The name the person goes by.
    pub goes_by: Option<String>,
}

/// How the person may be reached without harm. Shown before any call or visit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SafeContact {
    /// Which number.
    pub number: Option<String>,
    /// When.
    pub when: Option<String>,
    /// By voice; `None` where nobody asked.
    pub voice: Option<bool>,
    /// By text message.
    pub text: Option<bool>,
    /// May a message be left.
    pub message: Option<bool>,
    /// In whose name.
    pub message_in_name_of: Option<String>,
    /// Who must not learn of the visit.
    pub must_not_learn: Vec<MustNotLearn>,
    /// The language to use, BCP 47.
    pub language: Option<String>,
    /// Whether an interpreter is needed.
    pub interpreter: Option<bool>,
}

/// Somebody who must not learn of the visit: never proposed as a receiver, never told by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MustNotLearn {
    /// Who, in words.
    pub who: String,
    /// The organisation, where it is one or they work for one.
    pub organization: Option<OrganizationId>,
    /// The member of our own agency, where it is one.
    pub member: Option<MemberId>,
    /// How it is known.
    pub how: HowKnown,
}

impl MustNotLearn {
    /// Somebody who is known by words alone.
    pub fn named(who: &str) -> Self {
        Self { who: who.to_owned(), organization: None, member: None, how: HowKnown::Unknown }
    }

    /// Whether nothing but words is known.
    pub fn is_words_alone(&self) -> bool {
        self.organization.is_none() && self.member.is_none() && self.how == HowKnown::Unknown
    }
}

impl SafeContact {
    /// Who must not learn of the visit, in words; `None` where nobody was named.
    pub fn must_not_learn_words(&self) -> Option<String> {
        let who: Vec<&str> = self.must_not_learn.iter().map(|one| one.who.as_str()).collect();
        (!who.is_empty()).then(|| who.join("; "))
    }
}

/// Wishes in the person's own words. They stand above cautions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Name and pronouns.
    pub called: Option<String>,
    /// What helps.
    pub helps: Option<String>,
    /// What makes it worse.
    pub worsens: Option<String>,
    /// Whom to call.
    pub whom_to_call: Option<String>,
    /// Advance directive.
    pub advance_directive: Option<String>,
    /// Safety plan.
    pub safety_plan: Option<String>,
}

/// Someone or an animal who depends on the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependant {
    /// Who ("two children, 4 and 7"; "a dog").
    pub who: String,
    /// Who has them meanwhile, where known.
    pub with: Option<String>,
}

/// A person of an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The id, kept when the person is identified later (by `identified_as`).
    pub id: PersonId,
    /// Roles; a person may have several.
    pub roles: Vec<Role>,
    /// The name; `None` while unnamed.
    pub name: Option<PersonName>,
    /// "man, about 40, red coat".
    pub description: Option<String>,
    /// Date of birth as given (`YYYY`, `YYYY-MM` or `YYYY-MM-DD`).
    pub born: Option<String>,
    /// Administrative gender as FHIR codes it: male, female, other, unknown.
    pub gender: Option<String>,
    /// Preferred language, BCP 47.
    pub language: Option<String>,
    /// Numbers and addresses as given (`tel:`, `sip:`, `mailto:` or a plain number).
    pub contacts: Vec<String>,
    /// How the person may be reached without harm.
    pub safe_contact: SafeContact,
    /// Wishes in the person's own words.
    pub wishes: Wishes,
    /// Who depends on the person.
    pub dependants: Vec<Dependant>,
    /// The record of the same person, once identified: a link, never a merge.
    pub identified_as: Option<PersonId>,
    /// From where what is known about them came; their wishes are their own whatever it says.
    pub label: Label,
}

impl Person {
    /// An unnamed person with one role.
    pub fn unnamed(id: PersonId, role: Role) -> Self {
        Self {
            id,
            roles: vec![role],
            name: None,
            description: None,
            born: None,
            gender: None,
            language: None,
            contacts: Vec::new(),
            safe_contact: SafeContact::default(),
            wishes: Wishes::default(),
            dependants: Vec::new(),
            identified_as: None,
            label: Label::Call,
        }
    }

    /// The name to show: the one they go by, else given and family names, else the description.
    pub fn shown_as(&self) -> Option<String> {
        let name = self.name.as_ref().and_then(|name| {
            name.goes_by.clone().or_else(|| {
                let mut parts = name.given.clone();
                parts.extend(name.family.clone());
                (!parts.is_empty()).then(|| parts.join(" "))
            })
        });
        name.or_else(|| self.description.clone())
    }
}
