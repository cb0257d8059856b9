//! Photos and dictations.

use super::input::code;
use super::{Anydoor, AnydoorError, Inner, ItemTruth, Result};
use crate::acts::attach::{self, Capture};
use crate::base::Code;
use crate::base::ids::{AssignmentId, AttachmentId, IncidentId, PersonId};
use crate::http::Request;
use crate::note::AttachmentKind;
use crate::sync::{StopReason, driver};
use crate::views::attachments::{self as view, AttachmentView};

/// A photo or a dictation.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AttachmentRow {
    /// The id.
    pub id: String,
    /// The code of what it is, of the set `attachment-kind`.
    pub kind: String,
    /// The type of its content.
    pub content_type: String,
    /// Bytes.
    pub size: u32,
    /// The person.
    pub person: String,
    /// Who made it, as a member's id.
    pub author: String,
    /// When.
    pub at: String,
    /// Whether its content was made on this phone.
    pub here: bool,
    /// Where it is: at the agency only when its content is.
    pub truth: ItemTruth,
}

impl From<AttachmentView> for AttachmentRow {
    fn from(AttachmentView { attachment, here, truth }: AttachmentView) -> Self {
        Self {
            id: attachment.id.into(),
            kind: attachment.kind.code().into(),
            content_type: attachment.content_type,
            size: attachment.size,
            person: attachment.person.into(),
            author: attachment.author.into(),
            at: attachment.at.to_string(),
            here,
            truth: truth.into(),
        }
    }
}

impl Inner {
    /// One run of attachments, beside whatever else syncs; nothing where one runs already. Returns how many the
    /// server now has, and why it stopped early.
    pub(super) async fn send_attachments(&self) -> Result<(u32, Option<StopReason>)> {
        let Ok(_one) = self.attaching.try_lock() else { return Ok((0, None)) };
        let (lane, stop) = driver::run_attachments(&self.transport, &self.store, self.clock.as_ref()).await?;
        if !lane.changed.is_empty() {
            self.tell();
        }
        Ok((lane.sent, stop))
    }
}

#[uniffi::export]
impl Anydoor {
    /// Attaches a photo or a dictation (`kind`, of the set `attachment-kind`) to a person's record. On return two encrypted
    /// copies of it are on this phone. It goes out when nothing else waits, and the document that names it after it. Returns
    /// its id.
    ///
    /// # Errors
    /// `Invalid` where it is empty, larger than 3 MB, or of a type that its kind does not have; `StorageFull`.
    pub fn attach(
        &self,
        kind: &str,
        incident: &str,
        person: &str,
        assignment: &str,
        content_type: &str,
        content: Vec<u8>,
    ) -> Result<String> {
        let (kind, assignment) = (code::<AttachmentKind>(kind, "kind")?, AssignmentId::parse(assignment)?);
        let (incident, person) = (IncidentId::parse(incident)?, PersonId::parse(person)?);
        let id = self.inner.act(|store, actor| {
            let taken = Capture { kind, content_type, content: &content, incident, person };
            let (plan, attachment) = attach::attach(taken, &assignment, actor)?;
            store.keep_attachment(&attachment.content_id(), &content)?;
            Ok::<_, AnydoorError>((plan, attachment.id))
        })?;
        Ok(id.into())
    }

    /// The photos and dictations of an incident, oldest first.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn attachments(&self, incident: &str) -> Result<Vec<AttachmentRow>> {
        let incident = IncidentId::parse(incident)?;
        self.inner.store(|store| Ok(view::attachments(store, &incident)?.into_iter().map(Into::into).collect()))
    }

    /// The content of an attachment: from this phone, else from the agency. What does not have its SHA-256 is not shown.
    ///
    /// # Errors
    /// `NotFound`; `StorageDamaged` where it was made here and neither copy reads; `Offline` and others where it is asked for
    /// at the agency.
    pub async fn attachment_content(&self, id: &str) -> Result<Vec<u8>> {
        let (inner, id) = (self.inner.clone(), AttachmentId::parse(id)?);
        let runtime = self.runtime.as_ref().ok_or(AnydoorError::StorageLocked)?;
        let handle = runtime.spawn(async move {
            let (named, held) = inner.store(|store| {
                let named = view::attachment(store, &id)?;
                let held = view::content_held(store, &named)?.then(|| store.attachment(&named.content_id())).transpose()?;
                Ok((named, held))
            })?;
            if let Some(content) = held.clone().flatten().and_then(|content| view::whole(&named, content)) {
                return Ok(content);
            }
            let request = Request::get(view::content_reference(&named));
            let answer = inner.transport.send(&request).await.map_err(|_| AnydoorError::Offline)?;
            match answer.status {
                200 => view::whole_from_server(&named, &answer.body).ok_or(AnydoorError::ServerTrouble),
                401 => Err(AnydoorError::SignInAgain),
                403 => Err(AnydoorError::NotAllowed { why: "content".into() }),
                500.. => Err(AnydoorError::ServerTrouble),
                // It was made here, and neither copy reads.
                _ if held.is_some() => Err(AnydoorError::StorageDamaged),
                _ => Err(AnydoorError::NotFound { what: "content".into() }),
            }
        });
        handle.await.unwrap_or_else(|_| Err(AnydoorError::Unexpected { reference: "attachment".into() }))
    }
}
