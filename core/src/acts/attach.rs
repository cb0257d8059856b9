//! Attaching a photo or a dictation to a person's record.

use super::{ActError, Actor, Plan};
use crate::base::ids::{AssignmentId, IncidentId, PersonId};
use crate::fhir;
use crate::note::{Attachment, AttachmentKind, AttachmentRefused};

/// What is attached, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture<'a> {
    /// What it is.
    pub kind: AttachmentKind,
    /// The type of its content.
    pub content_type: &'a str,
    /// The content.
    pub content: &'a [u8],
    /// The incident.
    pub incident: IncidentId,
    /// The person.
    pub person: PersonId,
}

/// The plan that names an attachment, and the attachment. Its content is to be on disk, under its
/// [`content_id`](Attachment::content_id), before the plan is committed.
///
/// # Errors
/// [`AttachmentRefused`]; nothing is written.
pub fn attach(taken: Capture<'_>, assignment: &AssignmentId, actor: &Actor) -> Result<(Plan, Attachment), ActError<AttachmentRefused>> {
    let Capture { kind, content_type, content, incident, person } = taken;
    let about = (incident, person, actor.member.clone());
    let made = Attachment::of(content, kind, content_type, about, actor.time()).map_err(ActError::Refused)?;
    let attachment = Attachment { id: actor.id("attachment"), ..made };
    let plan = actor.plan("attach", assignment.as_str()).create_all(fhir::attachment::write(&attachment));
    Ok((plan, attachment))
}
