//! A note on the wrong person: one member marks it, another confirms; its author writes it anew under the right one; those
//! who may have had it are told (P14).

use super::{ActError, Actor, Plan};
use crate::base::ids::{AssignmentId, InErrorId, NoteId, PersonId};
use crate::fhir::{self, Document};
use crate::note::{InError, InErrorReason, InErrorRefused, Note, Standing};
use crate::records::lookup::LookupError;
use crate::records::{Records, RecordsError, lookup};

type Refused = ActError<InErrorRefused>;

/// A mark and its Task.
fn marked<R: Records + ?Sized>(records: &R, id: &InErrorId) -> Result<(InError, Document), LookupError> {
    let task = records.document("Task", id.as_str())?.filter(fhir::in_error::is_mark);
    let task = task.ok_or(LookupError::NotHere { what: "mark" })?;
    Ok((fhir::in_error::read(&task)?, task))
}

fn note<R: Records + ?Sized>(records: &R, id: &NoteId) -> Result<Document, LookupError> {
    lookup::required(records, "DocumentReference", id.as_str(), "note")
}

/// The referrals of the person that a note is on.
fn handoffs<R: Records + ?Sized>(records: &R, note: &Document) -> Result<Vec<Document>, RecordsError> {
    let Some(person) = note.target("/subject") else { return Ok(Vec::new()) };
    let tasks = records.pointing_at("Task", "for", person)?;
    Ok(tasks.into_iter().filter(|task| fhir::safety::task_code(task) == Some(fhir::handoff::HANDOFF)).collect())
}

/// Marks a signed note. It stands until somebody else confirms. Returns the mark's id.
///
/// # Errors
/// [`InErrorRefused`], and others of [`ActError`]; nothing is written.
pub fn mark<R: Records + ?Sized>(
    records: &R,
    id: &NoteId,
    reason: InErrorReason,
    right: Option<&PersonId>,
    assignment: &AssignmentId,
    actor: &Actor,
) -> Result<(Plan, InErrorId), Refused> {
    let note = note(records, id)?;
    if !fhir::note::is_signed(&note) || fhir::in_error::is_in_error(&note) {
        return Err(ActError::Refused(InErrorRefused::NotStanding));
    }
    let on = note.target("/subject").unwrap_or_default();
    if reason == InErrorReason::WrongPerson && right.is_some_and(|right| on == format!("Patient/{right}")) {
        return Err(ActError::Refused(InErrorRefused::NoRightPerson));
    }
    let marked = InError {
        id: actor.id("mark"),
        note: id.clone(),
        assignment: assignment.clone(),
        team: actor.team.clone(),
        first: actor.member.clone(),
        reason,
        right: right.cloned(),
        at: actor.time(),
        second: None,
        anew: None,
    };
    Ok((actor.plan("mark in error", assignment.as_str()).create(fhir::in_error::write(&marked)), marked.id))
}

/// The id of what a service is told that had this person by a referral: the same for every writer.
pub fn told_id(mark: &InErrorId, handoff: &Document) -> String {
    crate::base::ids::derived("told-in-error", &format!("{mark}/{}", handoff.id()))
}

/// Confirms: the note is entered in error, and each service that was handed this person after the note was signed is told.
///
/// # Errors
/// [`InErrorRefused`], and others of [`ActError`]; nothing is written.
pub fn confirm<R: Records + ?Sized>(records: &R, mark: &InErrorId, actor: &Actor) -> Result<Plan, Refused> {
    let (marked, task) = marked(records, mark)?;
    marked.may_confirm(&actor.member).map_err(ActError::Refused)?;
    let note = note(records, &marked.note)?;
    let confirmed = InError { second: Some(actor.member.clone()), ..marked.clone() };
    let signed = note.instant("/date");
    let had_it = |handoff: &&Document| match (signed, handoff.instant("/authoredOn")) {
        (Some(signed), Some(handed_on)) => handed_on >= signed,
        _ => true,
    };
    let handoffs = handoffs(records, &note)?;
    let told = handoffs
        .iter()
        .filter(had_it)
        .filter_map(|handoff| fhir::in_error::told(&told_id(mark, handoff), note.id(), handoff, &actor.member, actor.time()));
    Ok(actor
        .plan("confirm in error", marked.assignment.as_str())
        .change(fhir::in_error::in_error(&note))
        .change(onto(&task, &confirmed))
        .create_all(told))
}

/// Its author signs the same words anew, under the right person. Returns the new note's id.
///
/// # Errors
/// [`InErrorRefused`], and others of [`ActError`]; nothing is written.
pub fn write_anew<R: Records + ?Sized>(records: &R, mark: &InErrorId, actor: &Actor) -> Result<(Plan, NoteId), Refused> {
    let (marked, task) = marked(records, mark)?;
    let note = fhir::note::read(&note(records, &marked.note)?)?;
    if note.author != actor.member {
        return Err(ActError::Refused(InErrorRefused::NotTheAuthor));
    }
    if marked.anew.is_some() {
        return Err(ActError::Refused(InErrorRefused::Anew));
    }
    let right = marked.right.clone().filter(|right| *right != note.person).ok_or(ActError::Refused(InErrorRefused::NoRightPerson))?;
    let id: NoteId = actor.id("note");
    let anew = Note { id: id.clone(), person: right, standing: Standing::Signed { draft: None }, at: actor.time(), ..note };
    let linked = InError { anew: Some(id.clone()), ..marked.clone() };
    let plan = actor.plan("write anew", marked.assignment.as_str()).create(fhir::note::write(&anew)).change(onto(&task, &linked));
    Ok((plan, id))
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
    use crate::acts::Ledger;
    use crate::base::ids::{IncidentId, MemberId, OrganizationId, TeamId};
    use crate::records::Memory;

    fn actor(member: &MemberId) -> Actor {
        let now = "2026-11-25T02:00:00Z".parse().unwrap();
        Actor::new(member.clone(), TeamId::derived("t"), OrganizationId::derived("a"), "d", now)
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

    fn refused<T>(result: Result<T, Refused>) -> InErrorRefused {
        match result.map(|_| ()).unwrap_err() {
            ActError::Refused(refused) => refused,
            other => panic!("{other}"),
        }
    }

    /// Marks as `member`; the records then hold the mark.
    fn marked(records: &mut Memory, note: &Note, right: &PersonId, member: &MemberId) -> InErrorId {
        let reason = InErrorReason::WrongPerson;
        let (plan, id) = mark(records, &note.id, reason, Some(right), &AssignmentId::fresh(), &actor(member)).unwrap();
        records.commit(&plan).unwrap();
        id
    }

    #[test]
    fn it_takes_two_people_and_the_words_stay() {
        let (ana, ben) = (MemberId::fresh(), MemberId::fresh());
        let (note, right) = (note(&ana), PersonId::fresh());
        let document = fhir::note::write(&note);
        let mut records = Memory::of([document.clone()]);
        let id = marked(&mut records, &note, &right, &ana);
        assert_eq!(refused(confirm(&records, &id, &actor(&ana))), InErrorRefused::SamePerson);
        let confirmed = confirm(&records, &id, &actor(&ben)).unwrap();
        records.commit(&confirmed).unwrap();
        let (after, done) = (&confirmed.writes[0].document, &confirmed.writes[1].document);
        assert_eq!((after.text("/status"), after.at("/content")), (Some("entered-in-error"), document.at("/content")));
        let done = fhir::in_error::read(done).unwrap();
        assert_eq!((done.second.as_ref(), done.right.as_ref()), (Some(&ben), Some(&right)));
        assert_eq!(refused(confirm(&records, &id, &actor(&MemberId::fresh()))), InErrorRefused::Confirmed);
    }

    /// Whoever may have had the note is told: whom the person was handed to after it was signed, and whom when nobody knows.
    #[test]
    fn every_receiver_that_may_have_had_the_note_is_told() {
        let (ana, ben) = (MemberId::fresh(), MemberId::fresh());
        let times = [None, Some("soon"), Some("2026-11-25T00:00:00Z"), Some("2026-11-25T01:00:00Z"), Some("2026-11-25T01:30:00Z")];
        for signed in times {
            for handed_on in times {
                let note = note(&ana);
                let mut document = fhir::note::write(&note);
                document.set("date", signed.map_or(serde_json::Value::Null, serde_json::Value::from));
                let mut task = Document::new("Task", "handoff");
                let code = fhir::element::concept("task", fhir::handoff::HANDOFF);
                task.set("code", code).set("for", fhir::element::reference("Patient", note.person.as_str()));
                task.set("owner", fhir::element::reference("Organization", "clinic"));
                task.set("authoredOn", handed_on.map_or(serde_json::Value::Null, serde_json::Value::from));
                let mut records = Memory::of([document, task]);
                let id = marked(&mut records, &note, &PersonId::fresh(), &ana);
                let plan = confirm(&records, &id, &actor(&ben)).unwrap();
                let told = plan.writes.iter().filter(|write| write.document.kind() == "Communication").count();
                // These are of one length, so that their order as texts is their order in time.
                let dated = |text: Option<&'static str>| text.filter(|text| text.starts_with("2026"));
                let surely_before = dated(signed).zip(dated(handed_on)).is_some_and(|(signed, handed_on)| handed_on < signed);
                assert_eq!(told, usize::from(!surely_before), "signed {signed:?}, handed on {handed_on:?}");
            }
        }
    }

    #[test]
    fn only_its_author_writes_it_anew_once_and_under_the_right_person() {
        let (ana, ben) = (MemberId::fresh(), MemberId::fresh());
        let (note, right) = (note(&ana), PersonId::fresh());
        let mut records = Memory::of([fhir::note::write(&note)]);
        let (reason, assignment) = (InErrorReason::WrongPerson, AssignmentId::fresh());
        let same = mark(&records, &note.id, reason, Some(&note.person), &assignment, &actor(&ana));
        assert_eq!(refused(same), InErrorRefused::NoRightPerson);
        let id = marked(&mut records, &note, &right, &ben);
        assert_eq!(refused(write_anew(&records, &id, &actor(&ben))), InErrorRefused::NotTheAuthor);
        let (plan, anew_id) = write_anew(&records, &id, &actor(&ana)).unwrap();
        records.commit(&plan).unwrap();
        let anew = fhir::note::read(&plan.writes[0].document).unwrap();
        assert_eq!((anew.person, anew.text, anew.author), (right, note.text.clone(), ana.clone()));
        assert_eq!(fhir::in_error::read(&plan.writes[1].document).unwrap().anew, Some(anew_id));
        assert_eq!(refused(write_anew(&records, &id, &actor(&ana))), InErrorRefused::Anew);
    }
}
