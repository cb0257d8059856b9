//! A draft: what its one author has typed so far, bound to its case.

use super::{Note, Standing};
use crate::base::clock::Instant;
use crate::base::ids::{IncidentId, MemberId, NoteId, PersonId};

/// What is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftBody {
    /// A note in words.
    Text(String),
}

impl DraftBody {
    /// The words so far.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
        }
    }
}

/// A draft on this phone.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its id.
    pub id: NoteId,
    /// The incident.
    pub incident: IncidentId,
    /// The person.
    pub person: PersonId,
    /// The author.
    pub author: MemberId,
    /// What is written so far.
    pub body: DraftBody,
    /// When it last changed, by this phone's clock.
    pub changed: Instant,
}

impl Draft {
    /// A note in words, as the draft that its author types.
    pub fn of(note: Note) -> Self {
        let Note { id, incident, person, author, at, text, .. } = note;
        Self { id, incident, person, author, body: DraftBody::Text(text), changed: at }
    }

    /// The draft as a note.
    pub fn note(&self) -> Note {
        Note {
            id: self.id.clone(),
            incident: self.incident.clone(),
            person: self.person.clone(),
            author: self.author.clone(),
            standing: Standing::Draft,
            at: self.changed,
            text: self.body.text().to_owned(),
        }
    }
}
