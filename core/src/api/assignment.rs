//! One assignment's screen.

use super::{Anydoor, NoteItem, PersonRow, QueueItem, Result};
use crate::base::ids::AssignmentId;
use crate::base::{Code, Position};
use crate::incident::Fact;
use crate::views::assignment as view;
use crate::views::assignment::{AlsoSent, AssignmentView, StampView, VisitView};

/// Everything of one assignment, for one screen.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct AssignmentScreen {
    /// Its row.
    pub row: QueueItem,
    /// The people.
    pub people: Vec<PersonRow>,
    /// The facts.
    pub facts: Vec<FactRow>,
    /// What was sent and has no field here.
    pub also_sent: Vec<AlsoSentRow>,
    /// The scene, degrees north; `None` where nobody knows.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// How to get in.
    pub access: Option<String>,
    /// The stamps.
    pub stamps: Vec<StampRow>,
    /// The visits, one for each person in crisis.
    pub visits: Vec<VisitRow>,
    /// The notes, drafts first.
    pub notes: Vec<NoteItem>,
}

/// One fact, with who said it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FactRow {
    /// Its id.
    pub id: String,
    /// The code of its kind.
    pub kind: String,
    /// The words as given.
    pub text: String,
    /// Who said it.
    pub who: String,
    /// The code of the door.
    pub door: String,
    /// When, RFC 3339.
    pub said: String,
    /// The code of the sharing label.
    pub label: String,
}

/// One stamp.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StampRow {
    /// The id.
    pub id: String,
    /// The code of its kind.
    pub kind: String,
    /// The best time known, RFC 3339.
    pub at: String,
    /// Whether the time is only this phone's clock.
    pub uncorrected: bool,
    /// Who tapped.
    pub by: String,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// One person's visit.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VisitRow {
    /// The visit.
    pub visit: String,
    /// The person.
    pub person: String,
    /// Whether the crew is, or was, with the person.
    pub began: bool,
    /// The code of how it closed; none while open.
    pub closed: Option<String>,
}

/// Something that was sent and has no field here.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum AlsoSentRow {
    /// A value in its place in the document.
    Value {
        /// Where it stood.
        path: String,
        /// What it said.
        text: String,
    },
    /// A whole document that this release cannot read; it is kept as received.
    Document {
        /// `Type/id` of what keeps it.
        reference: String,
    },
}

impl From<AssignmentView> for AssignmentScreen {
    fn from(view: AssignmentView) -> Self {
        Self {
            row: view.row.into(),
            people: view.people.into_iter().map(Into::into).collect(),
            facts: view.facts.into_iter().map(Into::into).collect(),
            also_sent: view.also_sent.into_iter().map(Into::into).collect(),
            latitude: view.place.position.map(Position::latitude),
            longitude: view.place.position.map(Position::longitude),
            access: view.place.access,
            stamps: view.stamps.into_iter().map(Into::into).collect(),
            visits: view.visits.into_iter().map(Into::into).collect(),
            notes: view.notes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Fact> for FactRow {
    fn from(fact: Fact) -> Self {
        Self {
            id: fact.id.into(),
            kind: fact.kind.code().into(),
            text: fact.text,
            who: fact.source.who,
            door: fact.door.code().into(),
            said: fact.said.to_string(),
            label: fact.label.code().into(),
        }
    }
}

impl From<StampView> for StampRow {
    fn from(view: StampView) -> Self {
        match view {
            StampView::Known { stamp, withdrawn } => Self {
                at: stamp.at().to_string(),
                uncorrected: stamp.server_time.is_none(),
                id: stamp.id.into(),
                kind: stamp.kind.code().into(),
                by: stamp.by.into(),
                withdrawn,
            },
            StampView::Newer { id, kind, at, by } => Self { id, kind, at, uncorrected: false, by, withdrawn: false },
        }
    }
}

impl From<VisitView> for VisitRow {
    fn from(view: VisitView) -> Self {
        Self {
            visit: view.visit.into(),
            person: view.person.into(),
            began: view.began,
            closed: view.closing.map(|closing| closing.how().code().into()),
        }
    }
}

impl From<AlsoSent> for AlsoSentRow {
    fn from(also: AlsoSent) -> Self {
        match also {
            AlsoSent::Value { path, text } => Self::Value { path, text },
            AlsoSent::Document { reference } => Self::Document { reference },
        }
    }
}

#[uniffi::export]
impl Anydoor {
    /// Everything of one assignment.
    ///
    /// # Errors
    /// `NotFound`, and `Invalid` where a document holds what this release cannot read.
    pub fn assignment(&self, assignment: &str) -> Result<AssignmentScreen> {
        let id = AssignmentId::parse(assignment)?;
        self.inner.store(|store| Ok(view::assignment(store, &id)?.into()))
    }
}
