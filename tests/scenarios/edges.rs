//! The module edges: what stands on the left may be used by the right, never the reverse.

use std::path::{Path, PathBuf};

/// The reading order; a module may use those before it.
const ORDER: [&str; 21] = [
    "base",
    "incident",
    "door",
    "assignment",
    "roads",
    "team",
    "planning",
    "note",
    "safety",
    "handoff",
    "fhir",
    "records",
    "delivery",
    "reconcile",
    "arrive",
    "acts",
    "views",
    "http",
    "store",
    "sync",
    "api",
];
/// What the domain and fhir never touch.
const FOREIGN: [&str; 4] = ["uniffi", "rusqlite", "reqwest", "tokio"];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    let code = |p: &PathBuf| {
        p.extension().is_some_and(|e| e == "rs") && !p.components().any(|c| c.as_os_str() == "tests") && !p.ends_with("fixture.rs")
    };
    all.into_iter().filter(code).collect()
}

/// The files of a module, which is a folder or one file.
fn files_of(source: &Path, module: &str) -> Vec<PathBuf> {
    let folder = source.join(module);
    if folder.is_dir() { files(&folder) } else { vec![source.join(format!("{module}.rs"))] }
}

/// The code of a file without its tests and comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let production = text.split("#[cfg(test)]").next().unwrap();
    production.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_module_uses_a_later_one() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src").canonicalize().unwrap();
    let mut wrong = Vec::new();
    for (place, module) in ORDER.iter().enumerate() {
        for file in files_of(&source, module) {
            let code = code(&file);
            for later in &ORDER[place + 1..] {
                if code.contains(&format!("crate::{later}::")) {
                    wrong.push(format!("{} uses {later}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_domain_and_fhir_touch_no_bridge_no_database_and_no_network() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src").canonicalize().unwrap();
    for module in ORDER.iter().take_while(|m| **m != "http") {
        for file in files_of(&source, module) {
            let code = code(&file);
            for foreign in FOREIGN.iter().chain(&["std::fs", "std::net"]) {
                assert!(!code.contains(&format!("{foreign}::")), "{} touches {foreign}", file.display());
            }
        }
    }
}
