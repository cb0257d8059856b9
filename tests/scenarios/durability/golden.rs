//! Databases of every schema that was ever in use, opened by today's release (P7). `make_the_newest` writes the one of the
//! current schema; it is run by hand when a schema is new, and the file is kept for ever. `files` holds every other kind of
//! file a phone has, `names` every name on disk and on the wire, `wire` the documents as they are sent.

use std::path::{Path, PathBuf};

use anydoor_core::acts::{Actor, Ledger, Plan, respond};
use anydoor_core::assignment::AloneReason;
use anydoor_core::base::ids::{IncidentId, MemberId, NoteId, OrganizationId, PersonId, TeamId};
use anydoor_core::delivery::ParkReason;
use anydoor_core::fhir::Document;
use anydoor_core::incident::{Place, Urgency};
use anydoor_core::note::Draft;
use anydoor_core::note::{Note, Standing};
use anydoor_core::store::{Incoming, Key, Store};
use anydoor_tests::fixtures::sign;
use serde_json::json;

mod files;
mod names;
mod replay;
mod sources;
mod wire;

const KEY: [u8; 32] = [7; 32];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn actor() -> Actor {
    Actor::new(
        MemberId::derived("golden"),
        TeamId::derived("golden"),
        OrganizationId::derived("golden"),
        "golden",
        "2026-11-23T05:00:00Z".parse().unwrap(),
    )
}

/// An own incident unsent, a signed note parked, a draft, a claim, and a change that met another one.
fn fill(store: &mut Store) {
    let actor = actor();
    let said = respond::OnView {
        headline: "man on the bridge".into(),
        urgency: Urgency::Emergent,
        place: Place::default(),
        description: Some("red coat".into()),
        crew: vec![actor.member.clone()],
        alone: Some(AloneReason::NobodyElse),
    };
    store.commit(&respond::on_view(said, &actor).unwrap().plan).unwrap();
    let note = |name: &str, text: &str| Note {
        id: NoteId::derived(name),
        incident: IncidentId::derived("golden"),
        person: PersonId::derived("golden"),
        author: actor.member.clone(),
        standing: Standing::Draft,
        at: actor.now,
        text: text.into(),
    };
    let (plan, _) = sign(note("signed", "calm now"), &actor).unwrap();
    store.commit(&plan).unwrap();
    let last = store.unsent().unwrap().last().unwrap().seq;
    store.park(last, ParkReason::Refused, Some("no")).unwrap();
    let half = note("draft", "half a sen");
    store.save_draft(&Draft::of(half)).unwrap();
    for (id, version) in [("offer", "1"), ("changed", "1")] {
        let mut theirs = Document::new("Task", id);
        theirs.set("meta", json!({ "versionId": version })).set("status", json!("requested"));
        store.take(&Incoming { documents: vec![theirs], read_upto: None }).unwrap();
    }
    let mut ours = store.document("Task", "offer").unwrap().unwrap();
    ours.set("owner", json!({ "reference": "CareTeam/t" }));
    store.commit(&Plan::new("claim", &actor.member, actor.now, "lane").claim(ours)).unwrap();
    let mut ours = store.document("Task", "changed").unwrap().unwrap();
    ours.set("description", json!("ours"));
    store.commit(&Plan::new("edit", &actor.member, actor.now, "lane").change(ours)).unwrap();
    let mut theirs = Document::new("Task", "changed");
    theirs.set("meta", json!({ "versionId": "2" })).set("status", json!("requested")).set("description", json!("theirs"));
    store.take(&Incoming { documents: vec![theirs], read_upto: None }).unwrap();
    let last = store.unsent().unwrap().last().unwrap().seq;
    store.park(last, ParkReason::ChangedElsewhere, Some("description")).unwrap();
}

#[test]
#[ignore = "writes a golden file; run by hand when the schema is new"]
fn make_the_newest() {
    let path = folder().join(format!("schema-{}.db", Store::SCHEMA));
    assert!(!path.exists(), "a golden file is never written again");
    let mut store = Store::open(&path, &Key::new(&KEY).unwrap(), "agency").unwrap();
    fill(&mut store);
    store.close().unwrap();
    ["journal", "lock"].iter().for_each(|beside| std::fs::remove_file(path.with_extension(beside)).unwrap());
}

/// The golden files, each copied to a folder of its own.
fn golden() -> Vec<(i64, tempfile::TempDir, PathBuf)> {
    let mut all = Vec::new();
    for schema in 1..=Store::SCHEMA {
        let (folder, from) = (tempfile::tempdir().unwrap(), folder().join(format!("schema-{schema}.db")));
        let path = folder.path().join("work.db");
        std::fs::copy(&from, &path).unwrap_or_else(|e| panic!("no golden file of schema {schema}: {e}"));
        all.push((schema, folder, path));
    }
    all
}

fn everything_is_there(store: &Store, schema: i64) {
    let unsent = store.unsent().unwrap();
    assert!(unsent.len() >= 7, "schema {schema}: {} unsent", unsent.len());
    for intent in &unsent {
        assert!(store.document(&intent.kind, &intent.id).unwrap().is_some(), "schema {schema}: {}/{}", intent.kind, intent.id);
    }
    let parked: Vec<ParkReason> = store.parked().unwrap().into_iter().map(|held| held.reason).collect();
    assert_eq!(parked, [ParkReason::Refused, ParkReason::ChangedElsewhere], "schema {schema}");
    assert_eq!(
        store.drafts().unwrap().into_iter().map(|d| d.body.text().to_owned()).collect::<Vec<_>>(),
        ["half a sen"],
        "schema {schema}"
    );
    let conflict = store.stored("Task", "changed").unwrap().unwrap();
    let said = |document: &Document| document.text("/description").map(str::to_owned);
    assert_eq!((said(&conflict.document), conflict.theirs.as_ref().and_then(said)), (Some("ours".into()), Some("theirs".into())));
    assert_eq!(store.search_notes("calm", 5).unwrap().len(), 1, "schema {schema}");
    assert_eq!(store.first_break_in_audit().unwrap(), None, "schema {schema}");
}

#[test]
fn every_schema_is_migrated_with_its_outbox_drafts_and_conflicts() {
    for (schema, _folder, path) in golden() {
        let store = Store::open(&path, &Key::new(&KEY).unwrap(), "agency").unwrap();
        everything_is_there(&store, schema);
        store.close().unwrap();
        everything_is_there(&Store::open(&path, &Key::new(&KEY).unwrap(), "agency").unwrap(), schema);
    }
}

/// From the first save on, the work of an older schema has its second copy too.
#[test]
fn what_an_older_release_left_unsent_is_in_the_journal_after_the_first_save() {
    for (schema, _folder, path) in golden() {
        let mut store = Store::open(&path, &Key::new(&KEY).unwrap(), "agency").unwrap();
        let draft = store.drafts().unwrap().remove(0);
        store.save_draft(&draft).unwrap();
        drop(store);
        std::fs::remove_file(&path).unwrap();
        let store = Store::open(&path, &Key::new(&KEY).unwrap(), "agency").unwrap();
        assert!(store.opening().rolled_forward > 0, "schema {schema}");
        let unsent = store.unsent().unwrap();
        assert!(unsent.len() >= 7, "schema {schema}: {} unsent", unsent.len());
        assert_eq!(store.drafts().unwrap(), [draft], "schema {schema}");
    }
}
