//! Signing a draft, adding to a signed note, and sending a draft on when its author leaves it.

use super::{Actor, Plan};
use crate::base::ids::NoteId;
use crate::fhir;
use crate::note::{Note, NoteError, Standing, check_text};

/// Signs a draft: a new immutable document; the draft on this phone ends. `sent` tells whether the draft itself went
/// to the server before (then the signed note replaces it there).
///
/// # Errors
/// [`NoteError`].
pub fn sign(draft: &Note, sent: bool, lane: &str, actor: &Actor) -> Result<(Plan, NoteId), NoteError> {
    let mut signed = draft.signed(NoteId::fresh(), &actor.member, actor.time())?;
    if !sent {
        signed.standing = Standing::Signed { draft: None };
    }
    let mut plan = Plan::new("sign", &actor.member, actor.now, lane).create(fhir::note::write(&signed));
    plan.ends_draft = Some(draft.id.clone());
    Ok((plan, signed.id))
}

/// Adds to a signed note.
///
/// # Errors
/// [`NoteError`].
pub fn addend(to: &Note, text: &str, lane: &str, actor: &Actor) -> Result<(Plan, NoteId), NoteError> {
    check_text(text)?;
    let first = match &to.standing {
        Standing::Draft => return Err(NoteError::Signed),
        Standing::Signed { .. } => to.id.clone(),
        Standing::Addendum { to } => to.clone(),
    };
    let note = Note {
        id: NoteId::fresh(),
        author: actor.member.clone(),
        standing: Standing::Addendum { to: first },
        at: actor.time(),
        text: text.to_owned(),
        ..to.clone()
    };
    let plan = Plan::new("addend", &actor.member, actor.now, lane).create(fhir::note::write(&note));
    Ok((plan, note.id))
}

/// Sends a draft as it stands, because its author leaves it. `before` is the draft as the server has it.
pub fn leave_draft(draft: &Note, before: Option<&fhir::Document>, lane: &str, actor: &Actor) -> Plan {
    let document = fhir::note::write(draft);
    let plan = Plan::new("leave draft", &actor.member, actor.now, lane);
    if before.is_some() { plan.change(document) } else { plan.create(document) }
}
