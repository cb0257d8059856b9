//! A photo or a dictation that belongs to the record of one person of one incident. It never changes.

use crate::base::clock::Instant;
use crate::base::ids::{AttachmentId, IncidentId, MemberId, PersonId};

crate::codes! {
    /// What an attachment is.
    AttachmentKind {
        /// A picture.
        Photo = "photo",
        /// Spoken words.
        Dictation = "dictation",
    }
}

impl AttachmentKind {
    /// The types of content that it may have, as IANA names them.
    pub fn content_types(self) -> &'static [&'static str] {
        match self {
            Self::Photo => &["image/jpeg", "image/png", "image/heic", "image/webp"],
            Self::Dictation => &["audio/mp4", "audio/aac", "audio/ogg", "audio/wav"],
        }
    }
}

/// What is known of an attachment without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The incident.
    pub incident: IncidentId,
    /// The person.
    pub person: PersonId,
    /// Who made it.
    pub author: MemberId,
    /// What it is.
    pub kind: AttachmentKind,
    /// The type of its content.
    pub content_type: String,
    /// Bytes of the content.
    pub size: u32,
    /// SHA-256 over the content, in hexadecimal.
    pub sha256: String,
    /// When it was made.
    pub at: Instant,
}

/// Why a content is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentRefused {
    /// Nothing in it.
    #[error("the attachment is empty")]
    Empty,
    /// More than is sent over a phone's line.
    #[error("the attachment is larger than {most} bytes", most = crate::note::MOST_ATTACHMENT)]
    TooLarge,
    /// A type that this kind does not have.
    #[error("not a type of this kind of attachment")]
    ContentType,
}

impl Attachment {
    /// A new attachment with this content, about a person of an incident, by its author.
    ///
    /// # Errors
    /// [`AttachmentRefused`].
    pub fn of(
        content: &[u8],
        kind: AttachmentKind,
        content_type: &str,
        (incident, person, author): (IncidentId, PersonId, MemberId),
        at: Instant,
    ) -> Result<Self, AttachmentRefused> {
        if content.is_empty() {
            return Err(AttachmentRefused::Empty);
        }
        let size = u32::try_from(content.len()).ok().filter(|_| content.len() <= crate::note::MOST_ATTACHMENT);
        if !kind.content_types().contains(&content_type) {
            return Err(AttachmentRefused::ContentType);
        }
        Ok(Self {
            id: AttachmentId::fresh(),
            incident,
            person,
            author,
            kind,
            content_type: content_type.to_owned(),
            size: size.ok_or(AttachmentRefused::TooLarge)?,
            sha256: super::digest_of(content),
            at,
        })
    }

    /// The id of its content.
    pub fn content_id(&self) -> String {
        crate::base::ids::derived("content", self.id.as_str())
    }
}
