//! The team's queue.

use super::{Anydoor, ItemTruth, Result};
use crate::base::Code;
use crate::views::queue::QueueRow;

/// One row of the queue.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct QueueItem {
    /// The assignment.
    pub assignment: String,
    /// The incident.
    pub incident: String,
    /// The team; none while it is an open offer.
    pub team: Option<String>,
    /// The code of its state.
    pub state: String,
    /// 0 emergent, 1 urgent, 2 routine.
    pub urgency: u8,
    /// When a response was determined to be needed, RFC 3339.
    pub determined: String,
    /// What it is.
    pub headline: String,
    /// The person as shown.
    pub person: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// The code of the door.
    pub door: String,
    /// How many cards a person must decide.
    pub cards: u32,
    /// Whether this release knows every code in it.
    pub readable: bool,
    /// Where its least safe item is.
    pub truth: ItemTruth,
}

impl From<QueueRow> for QueueItem {
    fn from(QueueRow { row, truth }: QueueRow) -> Self {
        Self {
            assignment: row.assignment.into(),
            incident: row.incident.map(Into::into).unwrap_or_default(),
            team: row.team.map(Into::into),
            state: row.state.code().to_owned(),
            urgency: row.urgency as u8,
            determined: row.determined.map(|at| at.to_string()).unwrap_or_default(),
            headline: row.headline,
            person: row.person,
            place: row.place,
            door: row.door.map_or("", Code::code).to_owned(),
            cards: row.cards,
            readable: row.readable,
            truth: truth.into(),
        }
    }
}

#[uniffi::export]
impl Anydoor {
    /// The first `most` rows of the queue: open ones first, the most urgent first, the longest waiting first.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn queue(&self, most: u32) -> Result<Vec<QueueItem>> {
        self.inner.store(|store| Ok(store.queue(most)?.into_iter().map(QueueItem::from).collect()))
    }
}
