//! Attaching a photo or a dictation to a person's record.

use super::{Actor, Plan};
use crate::fhir;
use crate::note::Attachment;

/// The plan that names an attachment, whose content is on disk already.
pub fn attach(attachment: &Attachment, lane: &str, actor: &Actor) -> Plan {
    Plan::new("attach", &actor.member, actor.now, lane).create_all(fhir::attachment::write(attachment))
}
