//! The store itself: what the database holds, whatever the code does.

use anydoor_core::acts::{Actor, Ledger};
use anydoor_core::base::ids::{IncidentId, MemberId, NoteId, OrganizationId, PersonId, TeamId};
use anydoor_core::fhir::{self, Document};
use anydoor_core::note::{Note, Standing};
use anydoor_core::store::{Key, Store, StoreError};
use anydoor_tests::fixtures::sign;

fn actor() -> Actor {
    let now = "2026-11-23T05:00:00Z".parse().unwrap();
    Actor::new(MemberId::fresh(), TeamId::fresh(), OrganizationId::fresh(), "phone", now)
}

fn draft(actor: &Actor, text: &str) -> Note {
    Note {
        id: NoteId::fresh(),
        incident: IncidentId::fresh(),
        person: PersonId::fresh(),
        author: actor.member.clone(),
        standing: Standing::Draft,
        at: actor.now,
        text: text.into(),
    }
}

fn open(folder: &tempfile::TempDir) -> Store {
    Store::open(&folder.path().join("work.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap()
}

#[test]
fn signed_note_never_changes() {
    let (folder, actor) = (tempfile::tempdir().unwrap(), actor());
    let mut store = open(&folder);
    let (plan, id) = sign(draft(&actor, "calm now"), &actor).unwrap();
    store.commit(&plan).unwrap();
    let signed = store.document("DocumentReference", id.as_str()).unwrap().unwrap();
    let mut forged = signed.clone();
    forged.set("date", serde_json::json!("2020-01-01T00:00:00Z"));
    let plan = anydoor_core::acts::Plan::new("forge", &actor.member, actor.now, "lane").change(forged.clone());
    assert!(matches!(store.commit(&plan), Err(StoreError::Signed)));
    let item = store.unsent().unwrap()[0].seq;
    let ours = anydoor_core::acts::Decision::KeepOurs { merged: forged.clone(), theirs: forged };
    let plan = anydoor_core::acts::Plan::new("forge", &actor.member, actor.now, "lane").deciding(item, ours);
    assert!(matches!(store.commit(&plan), Err(StoreError::Signed)));
    assert_eq!(store.document("DocumentReference", id.as_str()).unwrap().unwrap(), signed);
    assert_eq!(store.first_break_in_audit().unwrap(), None);
}

#[test]
fn the_newest_notes_are_found_first_with_accents_or_without() {
    let (folder, mut actor) = (tempfile::tempdir().unwrap(), actor());
    let mut store = open(&folder);
    for text in ["tranquila, habló con su tía", "se fue a casa", "Habló otra vez"] {
        actor.now += jiff::SignedDuration::from_mins(1);
        let (plan, _) = sign(draft(&actor, text), &actor).unwrap();
        store.commit(&plan).unwrap();
    }
    let found: Vec<String> = store.search_notes("hablo", 20).unwrap().into_iter().map(|n| n.text).collect();
    assert_eq!(found, ["Habló otra vez", "tranquila, habló con su tía"]);
    assert_eq!(store.search_notes("hablo OR casa", 20).unwrap().len(), 0);
}

#[test]
fn a_draft_ends_with_its_signature_and_not_before() {
    let (folder, actor) = (tempfile::tempdir().unwrap(), actor());
    let mut store = open(&folder);
    let note = draft(&actor, "half");
    let row = anydoor_core::note::Draft {
        body: anydoor_core::note::DraftBody::Text("half".into()),
        ..anydoor_core::note::Draft::of(note.clone())
    };
    store.save_draft(&row).unwrap();
    assert_eq!(sign(draft(&actor, "  "), &actor).unwrap_err(), anydoor_core::acts::ActError::Refused(anydoor_core::note::NoteError::Empty));
    assert_eq!(store.drafts().unwrap(), vec![row.clone()]);
    let (plan, _) = sign(row.note(), &actor).unwrap();
    store.commit(&plan).unwrap();
    assert_eq!(store.drafts().unwrap(), vec![]);
}

#[test]
fn what_leaves_scope_is_removed_and_what_is_unsent_stays() {
    let (folder, actor) = (tempfile::tempdir().unwrap(), actor());
    let mut store = open(&folder);
    let (plan, unsent) = sign(draft(&actor, "unsent"), &actor).unwrap();
    store.commit(&plan).unwrap();
    let mut theirs = Document::new("Basic", "theirs");
    theirs.set("meta", serde_json::json!({ "versionId": "3" }));
    store.take(&anydoor_core::store::Incoming { documents: vec![theirs], read_upto: None }).unwrap();
    let gone = store.leave_scope(&["Basic/theirs".into(), format!("DocumentReference/{unsent}")]).unwrap();
    assert_eq!(gone, 1);
    assert!(store.document("DocumentReference", unsent.as_str()).unwrap().is_some());
    assert!(fhir::note::is_signed(&store.document("DocumentReference", unsent.as_str()).unwrap().unwrap()));
}

#[test]
fn what_left_scope_and_comes_back_is_read_whole_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&folder);
    let mut theirs = Document::new("ServiceRequest", "x");
    theirs.set("meta", serde_json::json!({ "versionId": "3" }));
    let mark = "Observation?focus=ServiceRequest/x".to_owned();
    let upto = "2026-11-23T05:00:00Z".parse().unwrap();
    store.take(&anydoor_core::store::Incoming { documents: vec![theirs], read_upto: Some((vec![mark.clone()], upto)) }).unwrap();
    assert!(store.watermark(&mark).unwrap().is_some());
    store.leave_scope(&["ServiceRequest/x".into()]).unwrap();
    assert_eq!(store.watermark(&mark).unwrap(), None);
}

#[test]
fn a_task_that_our_view_cannot_read_is_shown_and_marked() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&folder);
    let task = serde_json::json!({ "resourceType": "Task", "id": "strange", "meta": { "versionId": "1" }, "status": "requested", "intent": "order",
        "description": "from a newer gateway", "code": { "coding": [{ "system": "urn:anydoor:1:task", "code": "assignment" }] } });
    let task = Document::from_value(task).unwrap();
    store.take(&anydoor_core::store::Incoming { documents: vec![task], read_upto: None }).unwrap();
    let rows = store.queue(10).unwrap();
    assert_eq!((rows[0].row.headline.as_str(), rows[0].row.readable), ("from a newer gateway", false));
}

#[test]
fn an_audit_row_that_is_taken_out_shows() {
    let (folder, actor) = (tempfile::tempdir().unwrap(), actor());
    let path = folder.path().join("work.db");
    let mut store = open(&folder);
    for text in ["one", "two", "three"] {
        let (plan, _) = sign(draft(&actor, text), &actor).unwrap();
        store.commit(&plan).unwrap();
    }
    drop(store);
    let raw = rusqlite::Connection::open(&path).unwrap();
    let key: String = [1_u8; 32].iter().map(|b| format!("{b:02x}")).collect();
    raw.execute_batch(&format!("PRAGMA key = \"x'{key}'\"")).unwrap();
    assert!(raw.execute("DELETE FROM audit WHERE seq = 2", []).is_err(), "the database itself refuses");
    raw.execute_batch("DROP TRIGGER audit_never_shrinks; DELETE FROM audit WHERE seq = 2;").unwrap();
    drop(raw);
    assert_eq!(open(&folder).first_break_in_audit().unwrap(), Some(3));
}
