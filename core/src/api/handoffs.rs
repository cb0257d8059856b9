//! Referrals, and the bases on which a person's things are shared.

use super::input::{code, time};
use super::{Anydoor, ItemTruth, Result};
use crate::acts::consent::{self, NewBasis};
use crate::acts::hand_off;
use crate::base::Code;
use crate::base::ids::{AssignmentId, BasisId, FactId, OrganizationId, PersonId, ServiceId};
use crate::views::bases::{self, BasisView};
use crate::views::handoffs::{self as view, HandoffView};

/// A referral, as far as known.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HandoffItem {
    /// The referral.
    pub id: String,
    /// Its Task.
    pub task: String,
    /// The code of its state.
    pub state: String,
    /// Why it was declined.
    pub why: Option<String>,
    /// How many things were withheld.
    pub withheld: u32,
    /// Where it is.
    pub truth: ItemTruth,
}

impl From<HandoffView> for HandoffItem {
    fn from(view: HandoffView) -> Self {
        Self {
            id: view.id,
            task: view.task,
            state: view.state.code().into(),
            why: view.why,
            withheld: u32::try_from(view.withheld).unwrap_or(u32::MAX),
            truth: view.truth.into(),
        }
    }
}

/// A basis as it is given. Everything but `kind` may be left empty where the kind does not ask for it: treatment asks for
/// nothing, a consent for what it covers and, where it was spoken, the words, "law" for the law and its facts.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct BasisInput {
    /// The code of its kind ("basis-kind").
    pub kind: String,
    /// The code of who gives it ("given-by"); empty: the person.
    pub given_by: String,
    /// Codes of what it covers ("scope").
    pub scope: Vec<String>,
    /// The code of what it is for ("purpose"); empty: treatment.
    pub purpose: String,
    /// Until when, RFC 3339; none: three days.
    pub until: Option<String>,
    /// Until which event, in words.
    pub until_event: Option<String>,
    /// The words in which it was given, where it was spoken.
    pub words: Option<String>,
    /// The language in which the person was told what it means, BCP 47.
    pub notice_language: Option<String>,
    /// The law that requires it.
    pub law: Option<String>,
    /// The facts that the law covers.
    pub facts: Vec<String>,
}

impl BasisInput {
    fn read(self) -> Result<NewBasis> {
        let or = |text: &str, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text.to_owned() };
        Ok(NewBasis {
            kind: code(&self.kind, "basis")?,
            given_by: code(&or(&self.given_by, "person"), "given-by")?,
            scope: self.scope.iter().map(|scope| code(scope, "scope")).collect::<Result<_>>()?,
            purpose: code(&or(&self.purpose, "treatment"), "purpose")?,
            until: self.until.as_deref().map(time).transpose()?,
            until_event: self.until_event,
            words: self.words,
            notice_language: self.notice_language,
            law: self.law,
            facts: self.facts.iter().map(|fact| Ok(FactId::parse(fact)?)).collect::<Result<_>>()?,
        })
    }
}

/// A basis, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct BasisItem {
    /// Its id.
    pub id: String,
    /// The code of its kind.
    pub kind: String,
    /// The receiver that it names.
    pub recipient: Option<String>,
    /// Codes of what it covers.
    pub scope: Vec<String>,
    /// The code of what it is for.
    pub purpose: String,
    /// Until when.
    pub until: Option<String>,
    /// When it was withdrawn.
    pub withdrawn: Option<String>,
    /// Whether it holds now.
    pub holds: bool,
    /// Where it is.
    pub truth: ItemTruth,
    /// Who has what went out on it and is told of the withdrawal: where each word to them is.
    pub told_of_withdrawal: Vec<ItemTruth>,
}

impl From<BasisView> for BasisItem {
    fn from(view: BasisView) -> Self {
        let basis = view.basis;
        Self {
            id: basis.id.into(),
            kind: basis.kind.code().into(),
            recipient: basis.recipient.map(Into::into),
            scope: basis.scope.iter().map(|scope| scope.code().to_owned()).collect(),
            purpose: basis.purpose.code().into(),
            until: basis.until.map(|until| until.to_string()),
            withdrawn: basis.withdrawn.map(|at| at.to_string()),
            holds: view.holds,
            truth: view.truth.into(),
            told_of_withdrawal: view.told.into_iter().map(Into::into).collect(),
        }
    }
}

#[uniffi::export]
impl Anydoor {
    /// Refers a person to a service, with a new basis that names it (none: only bases that are here). Returns the referral's
    /// id; on return basis and referral are on disk. What goes with the person is decided when it leaves.
    ///
    /// # Errors
    /// `NotAllowed` with `no-basis`, or with what the new basis lacks, or with `must-not-learn`: nothing is sent.
    pub fn hand_off(&self, assignment: &str, person: &str, service: &str, basis: Option<BasisInput>) -> Result<String> {
        let (id, person, service) = (AssignmentId::parse(assignment)?, PersonId::parse(person)?, ServiceId::parse(service)?);
        let new = basis.map(BasisInput::read).transpose()?;
        Ok(self.inner.act(|store, actor| hand_off::hand_off(store, &id, &person, &service, new, actor))?.into())
    }

    /// The referrals of an assignment.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn handoffs(&self, assignment: &str) -> Result<Vec<HandoffItem>> {
        let id = AssignmentId::parse(assignment)?;
        self.inner.store(|store| Ok(view::handoffs(store, &id)?.into_iter().map(Into::into).collect()))
    }

    /// Records a basis of a person for one receiver; with none for the class that its purpose names. Returns its id.
    ///
    /// # Errors
    /// `NotAllowed` with what it lacks; nothing is written.
    pub fn give_basis(&self, person: &str, recipient: Option<String>, basis: BasisInput) -> Result<String> {
        let (person, new) = (PersonId::parse(person)?, basis.read()?);
        let recipient = recipient.as_deref().map(OrganizationId::parse).transpose()?;
        Ok(self.inner.act(|store, actor| consent::give(store, &person, recipient.as_ref(), new, actor))?.into())
    }

    /// Withdraws a basis: what has not left stays, and who may have it is told.
    ///
    /// # Errors
    /// `NotAllowed` where it was withdrawn before; `NotFound`.
    pub fn withdraw_basis(&self, basis: &str) -> Result<()> {
        let id = BasisId::parse(basis)?;
        self.inner.plan(|store, actor| consent::withdraw(store, &id, actor))
    }

    /// Every basis of a person, ended and withdrawn ones too.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn bases(&self, person: &str) -> Result<Vec<BasisItem>> {
        let person = PersonId::parse(person)?;
        let at = self.inner.actor("").time();
        self.inner.store(|store| Ok(bases::bases(store, &person, at)?.into_iter().map(Into::into).collect()))
    }
}
