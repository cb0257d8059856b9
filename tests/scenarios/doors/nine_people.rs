//! The nine fictional people load, show and go back equal. Each file is an object of lists whose items may wrap the
//! resource; the missing Patient and what else is referred to are made as placeholders. `riskAlerts` are not FHIR: they
//! are shown as cautions of unknown source and never written back.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anydoor_core::base::ids::{self, FactId, PersonId};
use anydoor_core::fhir::{Document, document};
use anydoor_core::incident::{About, Door, Fact, FactKind, Label, Source};
use anydoor_core::store::{Incoming, Key, Store};
use anydoor_sandbox::server::Strictness;
use anydoor_tests::World;
use serde_json::{Value, json};

struct Loaded {
    documents: Vec<Document>,
    placeholders: Vec<Document>,
    cautions: Vec<Fact>,
}

/// A risk alert is no FHIR and names nobody: a caution of unknown source, shown and never written back.
fn caution(alert: &Value, patient: &str) -> Fact {
    let text = [&alert["level"], &alert["summary"], &alert["detail"]].iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(": ");
    Fact {
        id: FactId::fresh(),
        about: About::Person(PersonId::parse(patient).unwrap()),
        kind: FactKind::Caution,
        text,
        code: None,
        source: Source { who: "source unknown".into(), agency: None },
        door: Door::AgencyLine,
        said: anydoor_core::base::clock::Instant::now(),
        label: Label::Health,
        life_saving: false,
    }
}

fn load(text: &[u8], patient: &str) -> Loaded {
    let root = anydoor_core::base::json::read(text, anydoor_core::base::json::Limits::MESSAGE).unwrap();
    let (mut documents, mut cautions) = (Vec::new(), Vec::new());
    for (list, items) in root.as_object().unwrap() {
        for item in items.as_array().unwrap() {
            if list == "riskAlerts" {
                cautions.push(caution(item, patient));
                continue;
            }
            let resource = item.get("resource").unwrap_or(item);
            documents.push(Document::from_value(resource.clone()).unwrap());
        }
    }
    let here: BTreeSet<String> = documents.iter().map(Document::reference).collect();
    let mut wanted = BTreeSet::new();
    for document in &documents {
        wanted.extend(document.references().into_iter().map(|(_, target)| target).filter(|t| !here.contains(t)));
    }
    let placeholder = |reference: &String| {
        let (kind, id) = reference.split_once('/').unwrap();
        let mut doc = Document::new(kind, id);
        if kind == "Organization" {
            doc.set("name", json!("placeholder"));
        }
        doc
    };
    Loaded { placeholders: wanted.iter().map(placeholder).collect(), documents, cautions }
}

fn files() -> Option<Vec<PathBuf>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/fhir/scenarios");
    if !folder.is_dir() {
        eprintln!("SKIPPED: the nine people are not beside the repository");
        return None;
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    Some(files)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nine_people_load_show_and_go_back_equal() {
    let Some(files) = files() else { return };
    assert_eq!(files.len(), 9);
    // They are real guides' examples, not all of them whole: what a strict server refuses in them is not ours to mend.
    let world = World::new(Strictness::Loose).await.unwrap();
    for file in files {
        let loaded = load(&std::fs::read(&file).unwrap(), file.file_stem().unwrap().to_str().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("work.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        world.gateway.write_as_is(&loaded.placeholders).await.unwrap();
        world.gateway.write_as_is(&loaded.documents).await.unwrap();
        let mut back = Vec::new();
        for document in &loaded.documents {
            back.push(world.gateway.read(&document.reference()).await.unwrap());
        }
        store.take(&Incoming { documents: back, read_upto: None }).unwrap();
        for document in &loaded.documents {
            let held = store.document(document.kind(), document.id()).unwrap().unwrap();
            assert_eq!(document.first_difference(&held), None, "{}: {}", file.display(), document.reference());
            assert!(document::literal(&held.reference()).is_some() && ids::is_legal(held.id()));
        }
        let shown = store.of_kind("Observation").unwrap().len();
        assert_eq!(shown, loaded.documents.iter().filter(|d| d.kind() == "Observation").count(), "{}", file.display());
        // Cautions are shown with what is known of them, and nothing of them is on the server or in the store.
        for caution in &loaded.cautions {
            assert_eq!((caution.kind, caution.source.who.as_str()), (FactKind::Caution, "source unknown"));
            assert_eq!(anydoor_core::words::say(caution.kind, anydoor_core::words::Locale::English), "Caution");
            assert!(!caution.text.is_empty());
        }
        let held: Vec<String> = store.everything().unwrap().into_iter().map(|(reference, _)| reference).collect();
        let sent: Vec<String> = loaded.documents.iter().map(Document::reference).collect();
        assert_eq!(held, sent, "{}", file.display());
    }
}
