//! What went out about people, what was withheld, and what the crew sees now.

use super::input::code;
use super::{Anydoor, ItemTruth, Result};
use crate::acts::demand;
use crate::acts::observe::{self, Observed};
use crate::base::Code;
use crate::base::ids::{AssignmentId, OrganizationId, PersonId};
use crate::handoff::ToldKinds;
use crate::views::disclosures::{self as view, DisclosureView};

/// How many things of a kind were told.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ToldRow {
    /// The code of the kind ("information").
    pub kind: String,
    /// How many.
    pub count: u32,
}

impl From<&ToldKinds> for ToldRow {
    fn from(told: &ToldKinds) -> Self {
        Self { kind: told.kind.code().into(), count: told.count }
    }
}

/// A thing that was withheld. For the one who sends: it is never shown to a receiver.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WithheldRow {
    /// What it is: "fact", "headline", "place" or the code of a person's part ("field").
    pub what: String,
    /// The fact or the person.
    pub of: Option<String>,
    /// The code of why ("withheld-reason").
    pub reason: String,
    /// The code of who may decide to tell it ("decided-by").
    pub decided_by: Option<String>,
}

/// One disclosure, with its account.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DisclosureItem {
    /// `Type/id` of what went out, or will.
    pub document: String,
    /// The code of what kind of receiver ("receiving").
    pub to: String,
    /// The receiver's organisation.
    pub organization: Option<String>,
    /// When it was built for sending; none: not yet.
    pub at: Option<String>,
    /// What kinds were told.
    pub told: Vec<ToldRow>,
    /// On which bases.
    pub bases: Vec<String>,
    /// Whether a Part 2 record went in a medical emergency: its program must be told.
    pub medical_emergency: bool,
    /// What was withheld.
    pub withheld: Vec<WithheldRow>,
    /// Where it is.
    pub truth: ItemTruth,
    /// Whether the receiver has answered; none where nobody is asked to.
    pub acknowledged: Option<bool>,
}

/// One line of a person's accounting.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AccountingRow {
    /// The code of what kind of receiver ("receiving").
    pub to: String,
    /// The receiver's organisation.
    pub organization: Option<String>,
    /// When.
    pub at: String,
    /// What kinds were told.
    pub told: Vec<ToldRow>,
    /// On which bases.
    pub bases: Vec<String>,
}

/// A report or a warning that the law of the scene asks for.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DutyRow {
    /// The code of to whom ("receiving").
    pub to: String,
    /// The law.
    pub law: String,
}

impl From<DisclosureView> for DisclosureItem {
    fn from(view: DisclosureView) -> Self {
        let account = view.account;
        Self {
            document: account.document,
            to: account.to.code().into(),
            organization: account.organization.map(Into::into),
            at: account.at.map(|at| at.to_string()),
            told: account.told.iter().map(Into::into).collect(),
            bases: account.bases,
            medical_emergency: account.medical_emergency,
            withheld: account
                .withheld
                .into_iter()
                .map(|one| WithheldRow {
                    what: one.what,
                    of: one.of,
                    reason: one.reason.code().into(),
                    decided_by: one.decided_by.map(|by| by.code().to_owned()),
                })
                .collect(),
            truth: view.truth.into(),
            acknowledged: view.acknowledged,
        }
    }
}

/// What a service would get of a person, in the words that would leave, and what would be withheld.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PreviewScreen {
    /// What would leave, line by line.
    pub lines: Vec<String>,
    /// What would be withheld.
    pub withheld: Vec<WithheldRow>,
}

/// What the crew sees, hears or is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct ObservedInput {
    /// Whom it is about; none: the incident.
    pub person: Option<String>,
    /// The code of its kind ("fact-kind").
    pub kind: String,
    /// In words.
    pub text: String,
    /// The code of what is needed to approach ("approach-need"); empty: none.
    pub need: String,
    /// Whether it is a danger to life now.
    pub danger_to_life: bool,
    /// The code of where it came from ("label"); empty: seen or heard on scene now.
    pub label: String,
}

#[uniffi::export]
impl Anydoor {
    /// Everything that went out about the people of an assignment, planned things too: the accounting, and the sender's own
    /// list of what was withheld.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn disclosures(&self, assignment: &str) -> Result<Vec<DisclosureItem>> {
        let id = AssignmentId::parse(assignment)?;
        self.inner.store(|store| Ok(view::disclosures(store, &id)?.into_iter().map(Into::into).collect()))
    }

    /// The accounting of a person's disclosures, to be shown to them on request.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn accounting(&self, person: &str) -> Result<Vec<AccountingRow>> {
        let person = PersonId::parse(person)?;
        let row = |account: crate::handoff::Accounted| AccountingRow {
            to: account.to.code().into(),
            organization: account.organization.map(Into::into),
            at: account.at.map(|at| at.to_string()).unwrap_or_default(),
            told: account.told.iter().map(Into::into).collect(),
            bases: account.bases,
        };
        self.inner.store(|store| Ok(view::accounting(store, &person)?.into_iter().map(row).collect()))
    }

    /// The reports and warnings that the law of the scene asks for, by the agency's table.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn duties(&self, assignment: &str) -> Result<Vec<DutyRow>> {
        let id = AssignmentId::parse(assignment)?;
        let row = |duty: crate::sharing::Duty| DutyRow { to: duty.to.code().into(), law: duty.law };
        self.inner.store(|store| Ok(view::duties(store, &id)?.into_iter().map(row).collect()))
    }

    /// Somebody asks for records who is never a receiver ("demand"): it waits for the privacy officer. Returns its id.
    ///
    /// # Errors
    /// `Invalid` for an unknown code.
    pub fn park_demand(&self, demand: &str) -> Result<String> {
        let demand = code(demand, "demand")?;
        self.inner.act(|store, actor| demand::park(store, demand, actor))
    }

    /// What an organisation of the directory would get of a person now, to be shown to the person before it goes. It delays
    /// nothing, and is not offered where the crew says that someone unsafe sees the screen.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn preview_referral(&self, assignment: &str, person: &str, organization: &str) -> Result<PreviewScreen> {
        let (id, person, to) = (AssignmentId::parse(assignment)?, PersonId::parse(person)?, OrganizationId::parse(organization)?);
        let at = self.inner.actor("").time();
        self.inner.store(|store| {
            let parted = view::preview(store, &id, &person, &to, at)?;
            let withheld = parted.withheld.iter().map(|one| WithheldRow {
                what: one.item.code().into(),
                of: one.item.of().map(str::to_owned),
                reason: one.reason.code().into(),
                decided_by: one.decided_by.map(|by| by.code().to_owned()),
            });
            Ok(PreviewScreen { lines: parted.packet.lines(), withheld: withheld.collect() })
        })
    }

    /// Records what the crew sees, hears or is told. Returns the fact's id.
    ///
    /// # Errors
    /// `Invalid` for an unknown code; `NotAllowed` for a label that is not a crew's to give.
    pub fn observe(&self, assignment: &str, observed: ObservedInput) -> Result<String> {
        let id = AssignmentId::parse(assignment)?;
        let from = if observed.label.is_empty() { "scene" } else { &observed.label };
        let said = Observed {
            person: observed.person.as_deref().map(PersonId::parse).transpose()?,
            kind: code(&observed.kind, "fact-kind")?,
            text: observed.text,
            need: if observed.need.is_empty() { None } else { Some(code(&observed.need, "approach-need")?) },
            danger_to_life: observed.danger_to_life,
            from: code(from, "label")?,
        };
        Ok(self.inner.act(|store, actor| observe::observe(store, &id, said, actor))?.into())
    }
}
