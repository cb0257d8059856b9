//! A note on the wrong person: one member marks it, another confirms; its author writes it anew under the right one; those
//! who may have had it are told (P14).

use super::{Actor, Plan};
use crate::base::ids::{AssignmentId, InErrorId, NoteId, PersonId};
use crate::fhir::{self, Document};
use crate::note::{InError, InErrorReason, InErrorRefused, Note, Standing};

/// Marks a signed note. It stands until somebody else confirms.
///
/// # Errors
/// [`InErrorRefused`]; nothing is written.
pub fn mark(
    note: &Document,
    reason: InErrorReason,
    right: Option<&PersonId>,
    assignment: &AssignmentId,
    actor: &Actor,
) -> Result<(Plan, InErrorId), InErrorRefused> {
    let id = NoteId::parse(note.id()).map_err(|_| InErrorRefused::NotStanding)?;
    if !fhir::note::is_signed(note) || fhir::in_error::is_in_error(note) {
        return Err(InErrorRefused::NotStanding);
    }
    let on = note.text("/subject/reference").unwrap_or_default();
    if reason == InErrorReason::WrongPerson && right.is_some_and(|right| on == format!("Patient/{right}")) {
        return Err(InErrorRefused::NoRightPerson);
    }
    let marked = InError {
        id: InErrorId::fresh(),
        note: id,
        assignment: assignment.clone(),
        team: actor.team.clone(),
        first: actor.member.clone(),
        reason,
        right: right.cloned(),
        at: actor.time(),
        second: None,
        anew: None,
    };
    let plan = Plan::new("mark in error", &actor.member, actor.now, assignment.as_str()).create(fhir::in_error::write(&marked));
    Ok((plan, marked.id))
}

/// Confirms: the note is entered in error, and each service that was handed this person after the note was signed is told.
/// `handoffs` are the referrals of the note's person.
///
/// # Errors
/// [`InErrorRefused`]; nothing is written.
pub fn confirm(marked: &InError, task: &Document, note: &Document, handoffs: &[Document], actor: &Actor) -> Result<Plan, InErrorRefused> {
    marked.may_confirm(&actor.member)?;
    let at = actor.time();
    let confirmed = InError { second: Some(actor.member.clone()), ..marked.clone() };
    let signed = note.instant("/date");
    let had_it = |handoff: &&Document| match (signed, handoff.instant("/authoredOn")) {
        (Some(signed), Some(handed_on)) => handed_on >= signed,
        _ => true,
    };
    let told = handoffs.iter().filter(had_it).filter_map(|handoff| {
        let id = crate::base::ids::derived("told-in-error", &format!("{}/{}", marked.id, handoff.id()));
        fhir::in_error::told(&id, note.id(), handoff, &actor.member, at)
    });
    let plan = Plan::new("confirm in error", &actor.member, actor.now, marked.assignment.as_str())
        .change(fhir::in_error::in_error(note))
        .change(onto(task, &confirmed))
        .create_all(told);
    Ok(plan)
}

/// Its author signs the same words anew, under the right person. Returns the new note's id.
///
/// # Errors
/// [`InErrorRefused`]; nothing is written.
pub fn write_anew(marked: &InError, task: &Document, note: &Note, actor: &Actor) -> Result<(Plan, NoteId), InErrorRefused> {
    if note.author != actor.member {
        return Err(InErrorRefused::NotTheAuthor);
    }
    if marked.anew.is_some() {
        return Err(InErrorRefused::Anew);
    }
    let right = marked.right.as_ref().filter(|right| **right != note.person).ok_or(InErrorRefused::NoRightPerson)?;
    let anew =
        Note { id: NoteId::fresh(), person: right.clone(), standing: Standing::Signed { draft: None }, at: actor.time(), ..note.clone() };
    let linked = InError { anew: Some(anew.id.clone()), ..marked.clone() };
    let plan = Plan::new("write anew", &actor.member, actor.now, marked.assignment.as_str())
        .create(fhir::note::write(&anew))
        .change(onto(task, &linked));
    Ok((plan, anew.id))
}

/// The Task as it came, with what was decided on it: what this release does not know stays.
fn onto(task: &Document, marked: &InError) -> Document {
    let (mut changed, ours) = (task.clone(), fhir::in_error::write(marked));
    for element in ["status", "output"] {
        if let Some(value) = ours.value().get(element) {
            changed.set(element, value.clone());
        }
    }
    if let Some(second) = &marked.second {
        let mut all = changed.list("/extension").to_vec();
        let url = fhir::element::ours("confirmed-by");
        all.retain(|extension| extension.get("url").and_then(serde_json::Value::as_str) != Some(&url));
        let who = fhir::element::reference("Practitioner", second.as_str());
        all.push(fhir::element::extension("confirmed-by", "valueReference", who));
        changed.set("extension", serde_json::Value::Array(all));
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{IncidentId, MemberId, OrganizationId, TeamId};

    fn actor(member: &MemberId) -> Actor {
        Actor {
            member: member.clone(),
            lead: false,
            team: TeamId::derived("t"),
            agency: OrganizationId::derived("a"),
            device: "d".into(),
            now: "2026-11-25T02:00:00Z".parse().unwrap(),
            server_now: None,
            ids: crate::acts::Ids::Fresh,
        }
    }

    fn note(author: &MemberId) -> Note {
        Note {
            id: NoteId::fresh(),
            incident: IncidentId::fresh(),
            person: PersonId::fresh(),
            author: author.clone(),
            standing: Standing::Signed { draft: None },
            at: "2026-11-25T01:00:00Z".parse().unwrap(),
            text: "calm".into(),
        }
    }

    #[test]
    fn it_takes_two_people_and_the_words_stay() {
        let (ana, ben) = (MemberId::fresh(), MemberId::fresh());
        let (note, right) = (note(&ana), PersonId::fresh());
        let document = fhir::note::write(&note);
        let (plan, _) = mark(&document, InErrorReason::WrongPerson, Some(&right), &AssignmentId::fresh(), &actor(&ana)).unwrap();
        let task = plan.writes[0].document.clone();
        let marked = fhir::in_error::read(&task).unwrap();
        assert_eq!(confirm(&marked, &task, &document, &[], &actor(&ana)).unwrap_err(), InErrorRefused::SamePerson);
        let confirmed = confirm(&marked, &task, &document, &[], &actor(&ben)).unwrap();
        let (after, done) = (&confirmed.writes[0].document, &confirmed.writes[1].document);
        assert_eq!((after.text("/status"), after.at("/content")), (Some("entered-in-error"), document.at("/content")));
        let done = fhir::in_error::read(done).unwrap();
        assert_eq!((done.second.as_ref(), done.right.as_ref()), (Some(&ben), Some(&right)));
        assert_eq!(confirm(&done, &task, &document, &[], &actor(&MemberId::fresh())).unwrap_err(), InErrorRefused::Confirmed);
    }

    #[test]
    fn only_its_author_writes_it_anew_once_and_under_the_right_person() {
        let (ana, ben) = (MemberId::fresh(), MemberId::fresh());
        let (note, right) = (note(&ana), PersonId::fresh());
        let document = fhir::note::write(&note);
        let same = mark(&document, InErrorReason::WrongPerson, Some(&note.person), &AssignmentId::fresh(), &actor(&ana));
        assert_eq!(same.unwrap_err(), InErrorRefused::NoRightPerson);
        let (plan, _) = mark(&document, InErrorReason::WrongPerson, Some(&right), &AssignmentId::fresh(), &actor(&ben)).unwrap();
        let task = plan.writes[0].document.clone();
        let marked = fhir::in_error::read(&task).unwrap();
        assert_eq!(write_anew(&marked, &task, &note, &actor(&ben)).unwrap_err(), InErrorRefused::NotTheAuthor);
        let (plan, id) = write_anew(&marked, &task, &note, &actor(&ana)).unwrap();
        let anew = fhir::note::read(&plan.writes[0].document).unwrap();
        assert_eq!((anew.person, anew.text, anew.author), (right, note.text.clone(), ana.clone()));
        let linked = fhir::in_error::read(&plan.writes[1].document).unwrap();
        assert_eq!(linked.anew, Some(id));
        assert_eq!(write_anew(&linked, &task, &note, &actor(&ana)).unwrap_err(), InErrorRefused::Anew);
    }
}
