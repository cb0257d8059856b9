//! The nine fictional people load, show and go back equal. Each file is an object of lists whose items may wrap the
//! resource; the missing Patient and what else is referred to are made as placeholders. `riskAlerts` are not FHIR: they
//! are shown as cautions of unknown source and never written back.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anydoor_core::fhir::{Document, document};
use anydoor_core::ids;
use anydoor_core::store::{Incoming, Key, Store};
use anydoor_sandbox::fhir_server::Manners;
use anydoor_tests::World;
use serde_json::{Value, json};

struct Loaded {
    documents: Vec<Document>,
    placeholders: Vec<Document>,
    cautions: Vec<String>,
}

fn load(text: &[u8]) -> Loaded {
    let root = anydoor_core::json::read(text, anydoor_core::json::Limits::MESSAGE).unwrap();
    let (mut documents, mut cautions) = (Vec::new(), Vec::new());
    for (list, items) in root.as_object().unwrap() {
        for item in items.as_array().unwrap() {
            if list == "riskAlerts" {
                cautions.push(item["summary"].as_str().unwrap_or_default().to_owned());
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
    let world = World::new(Manners::Loose).await.unwrap();
    for file in files {
        let loaded = load(&std::fs::read(&file).unwrap());
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
        // Cautions of unknown source: shown, and nothing of them is on the server.
        for caution in loaded.cautions.iter().filter(|c| !c.is_empty()) {
            let everything: Vec<Value> =
                store.everything().unwrap().into_iter().map(|(r, _)| store.referenced(&r).unwrap().unwrap().into_value()).collect();
            assert!(!everything.iter().any(|v| v["resourceType"] == "Flag" && v.to_string().contains(caution)));
        }
    }
}
