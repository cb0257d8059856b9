//! What the journal's frames say: one act as it was committed, one draft as typed, or that an entry was not kept.
//!
//! Rule: frames outlive releases. A field is added with a default and never changes its meaning; a frame that is not known
//! stops the opening, and none is dropped. Neighbours: `journal` is the file, `roll_forward` reads them back.

use serde::{Deserialize, Serialize};

use crate::note::{Draft, DraftBody};

/// One frame. The number is the journal's order, and the database's proof that it has it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub number: u64,
    pub what: What,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum What {
    /// One act, as it was committed.
    Work(Work),
    /// A draft as typed.
    Draft(DraftText),
    /// The entry of this number was not kept, and the person was told so.
    Abort,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Work {
    pub name: String,
    pub who: String,
    pub at: String,
    pub lane: String,
    pub unit: String,
    pub ends_draft: Option<String>,
    /// A draft that the act saves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<DraftText>,
    pub writes: Vec<Copied>,
}

/// One document with what a database that does not have it must know.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Copied {
    pub act: String,
    pub body: String,
    pub base: Option<String>,
    pub version: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DraftText {
    pub id: String,
    pub incident: String,
    pub person: String,
    pub author: String,
    pub text: String,
    pub changed: String,
    /// What is being written; frames of schema 3 and before hold texts alone and do not say so.
    #[serde(default = "text_body")]
    pub body: String,
}

fn text_body() -> String {
    TEXT.to_owned()
}

/// The body of a draft that is a note in words.
pub(super) const TEXT: &str = "text";

impl From<&Draft> for DraftText {
    fn from(draft: &Draft) -> Self {
        Self {
            id: draft.id.to_string(),
            incident: draft.incident.to_string(),
            person: draft.person.to_string(),
            author: draft.author.to_string(),
            text: draft.body.text().to_owned(),
            changed: draft.changed.to_string(),
            body: match &draft.body {
                DraftBody::Text(_) => TEXT.to_owned(),
            },
        }
    }
}

impl What {
    /// About how many bytes its frame takes.
    pub fn size(&self) -> usize {
        match self {
            Self::Work(work) => {
                let writes: usize = work.writes.iter().map(|w| w.body.len() + w.base.as_ref().map_or(0, String::len)).sum();
                writes + work.draft.as_ref().map_or(0, |draft| draft.text.len())
            }
            Self::Draft(draft) => draft.text.len(),
            Self::Abort => 0,
        }
    }
}
