//! The module edges: what stands on the left may be used by the right, never the reverse.

use std::path::{Path, PathBuf};

/// The reading order; a module may use those before it.
const ORDER: [&str; 13] =
    ["incident", "door", "assignment", "roads", "team", "note", "safety", "handoff", "fhir", "store", "acts", "sync", "api"];
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
        for file in files(&source.join(module)) {
            let code = code(&file);
            for later in &ORDER[place + 1..] {
                // store takes the Plan that acts make, and acts commit into a Ledger that store is: the one pair that
                // meets, in acts/plan.rs. The door hands 988 orders to fhir/order.rs.
                let meets = *module == "store"
                    && *later == "acts"
                    && !code
                        .replace("crate::acts::{Act, Ledger, Plan, Write}", "")
                        .replace("crate::acts::{Act, Plan}", "")
                        .replace("crate::acts::Act;", "")
                        .contains("crate::acts");
                if code.contains(&format!("crate::{later}")) && !meets {
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
    for module in ORDER.iter().take_while(|m| **m != "store") {
        for file in files(&source.join(module)) {
            let code = code(&file);
            for foreign in FOREIGN.iter().chain(&["std::fs", "std::net"]) {
                assert!(!code.contains(&format!("{foreign}::")), "{} touches {foreign}", file.display());
            }
        }
    }
}
