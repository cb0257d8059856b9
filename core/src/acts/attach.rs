//! Attaching a photo or a dictation to a person's record.

use super::{Actor, Plan};
use crate::base::ids::AssignmentId;
use crate::fhir;
use crate::note::Attachment;

/// The plan that names an attachment, whose content is on disk already.
pub fn attach(attachment: &Attachment, assignment: &AssignmentId, actor: &Actor) -> Plan {
    actor.plan("attach", assignment.as_str()).create_all(fhir::attachment::write(attachment))
}
