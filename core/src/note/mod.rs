//! The case record: a [`Note`] is a draft while its one author writes it, then signed and immutable, then only
//! answered by addenda.
//!
//! Rule: signing makes a *new* document with a new id; the draft is left as it was. The text's SHA-256 goes with it.
//! Neighbours: `acts::sign`, `fhir::note` (DocumentReference), `store` (which holds immutability itself, P13).

mod attachment;
mod draft;
mod in_error;

use sha2::{Digest, Sha256};

pub use attachment::{Attachment, AttachmentKind, AttachmentRefused};
pub use draft::{Draft, DraftBody};
pub use in_error::{InError, InErrorReason, InErrorRefused};

use crate::base::clock::Instant;
use crate::base::ids::{IncidentId, MemberId, NoteId, PersonId};

/// What a note is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Still being written, on one phone, by one author.
    Draft,
    /// Signed; replaces its draft.
    Signed {
        /// The draft.
        draft: Option<NoteId>,
    },
    /// Adds to a signed note.
    Addendum {
        /// The signed note.
        to: NoteId,
    },
}

/// One note on one person of one incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// The incident; never changes once signed (P14).
    pub incident: IncidentId,
    /// The person; never changes once signed (P14).
    pub person: PersonId,
    /// Each author signs their own note.
    pub author: MemberId,
    /// Draft, signed or addendum.
    pub standing: Standing,
    /// When it was last written or signed.
    pub at: Instant,
    /// The text.
    pub text: String,
}

/// The longest text of one note, in bytes: beyond it servers refuse, and nobody reads it.
pub const LONGEST_TEXT: usize = 256 * 1024;

/// The largest attachment, in bytes: the phone scales a photo to less.
pub const MOST_ATTACHMENT: usize = 3_000_000;

/// Why a note cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Nothing was written.
    #[error("the note is empty")]
    Empty,
    /// Longer than [`LONGEST_TEXT`].
    #[error("the note is longer than {LONGEST_TEXT} bytes")]
    TooLong,
    /// Signed already.
    #[error("the note is signed: write an addendum")]
    Signed,
    /// It was entered in error.
    #[error("the note was entered in error")]
    InError,
    /// Somebody else's.
    #[error("only its author signs a note")]
    NotTheAuthor,
}

impl Note {
    /// The note that signing `self` makes: new id, same text, `self` as its draft.
    ///
    /// # Errors
    /// [`NoteError`] where there is nothing to sign, or not by this member.
    pub fn signed(&self, id: NoteId, by: &MemberId, at: Instant) -> Result<Self, NoteError> {
        if self.standing != Standing::Draft {
            return Err(NoteError::Signed);
        }
        if &self.author != by {
            return Err(NoteError::NotTheAuthor);
        }
        check_text(&self.text)?;
        Ok(Self { id, standing: Standing::Signed { draft: Some(self.id.clone()) }, at, ..self.clone() })
    }

    /// SHA-256 over the UTF-8 text, in hexadecimal.
    pub fn digest(&self) -> String {
        digest(&self.text)
    }
}

/// Holds what a text must be to be signed.
///
/// # Errors
/// [`NoteError::Empty`], [`NoteError::TooLong`].
pub fn check_text(text: &str) -> Result<(), NoteError> {
    if text.trim().is_empty() {
        return Err(NoteError::Empty);
    }
    if text.len() > LONGEST_TEXT { Err(NoteError::TooLong) } else { Ok(()) }
}

/// SHA-256 over bytes, in hexadecimal.
pub fn digest_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 over the UTF-8 text, in hexadecimal.
pub fn digest(text: &str) -> String {
    digest_of(text.as_bytes())
}
