//! The team's queue.

use super::{Anydoor, ItemTruth, Result};
use crate::base::Code;
use crate::base::ids::AssignmentId;
use crate::planning::offer::OpenOffer;
use crate::team::Need;
use crate::views::offer;
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

/// What every team may know of an open offer: nobody is named in it, and nothing that was said.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct OfferScreen {
    /// The code of how soon.
    pub urgency: String,
    /// The code of the door.
    pub door: String,
    /// Codes of capabilities that are needed.
    pub capabilities: Vec<String>,
    /// Languages, BCP 47.
    pub languages: Vec<String>,
    /// Codes of dangers, by type.
    pub dangers: Vec<String>,
    /// The middle of the grid's cell; none where nobody knows where it is.
    pub latitude: Option<f64>,
    /// The same.
    pub longitude: Option<f64>,
    /// How wide and high the cell is, in metres.
    pub width_m: Option<f64>,
}

impl From<OpenOffer> for OfferScreen {
    fn from(offer: OpenOffer) -> Self {
        let capability = |need: &Need| if let Need::Can(capability) = need { Some(capability.code().to_owned()) } else { None };
        let language = |need: &Need| if let Need::Language(tag) = need { Some(tag.clone()) } else { None };
        Self {
            urgency: offer.urgency.code().into(),
            door: offer.door.code().into(),
            capabilities: offer.needs.iter().filter_map(capability).collect(),
            languages: offer.needs.iter().filter_map(language).collect(),
            dangers: offer.dangers.iter().map(|danger| danger.code().to_owned()).collect(),
            latitude: offer.cell.map(|cell| cell.middle.latitude()),
            longitude: offer.cell.map(|cell| cell.middle.longitude()),
            width_m: offer.cell.map(|cell| cell.width_m),
        }
    }
}

#[uniffi::export]
impl Anydoor {
    /// What every team may know of an open offer. The rest comes to the team that has it.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn open_offer(&self, assignment: &str) -> Result<OfferScreen> {
        let id = AssignmentId::parse(assignment)?;
        self.inner.store(|store| Ok(offer::offer(store, &id)?.into()))
    }

    /// The first `most` rows of the queue: open ones first, the most urgent first, the longest waiting first.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn queue(&self, most: u32) -> Result<Vec<QueueItem>> {
        self.inner.store(|store| Ok(store.queue(most)?.into_iter().map(QueueItem::from).collect()))
    }
}
