//! The module edges: what stands on the left may be used by the right, never the reverse.

use std::collections::{BTreeMap, BTreeSet};
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

/// The files of a module by their names inside it (`escalations/chain`), each with the names that it imports from the module:
/// `use super::database::Store` is `database/Store`.
fn imports(source: &Path, module: &str) -> Vec<(String, BTreeSet<String>)> {
    let folder = source.join(module);
    let mut all = Vec::new();
    for file in files(&folder).into_iter().filter(|file| !file.ends_with("mod.rs")) {
        let inside = file.strip_prefix(&folder).unwrap().with_extension("");
        let here = inside.parent().unwrap().to_string_lossy().into_owned();
        let code = code(&file);
        let mut named = BTreeSet::new();
        for (prefix, from) in [(format!("crate::{module}::"), String::new()), ("super::".into(), here)] {
            for (at, _) in code.match_indices(&prefix) {
                // `super::super::x` is read once, from its beginning.
                if code[..at].ends_with("super::") {
                    continue;
                }
                let (mut rest, mut from) = (&code[at + prefix.len()..], from.clone());
                while let Some(further) = rest.strip_prefix("super::") {
                    from = from.rsplit_once('/').map(|(above, _)| above.to_owned()).unwrap_or_default();
                    rest = further;
                }
                named.extend(paths(rest).into_iter().map(|path| if from.is_empty() { path } else { format!("{from}/{path}") }));
            }
        }
        all.push((inside.to_string_lossy().into_owned(), named));
    }
    all
}

/// What a path names: `a::b` is `a/b`, and a list in braces each of its items.
fn paths(text: &str) -> Vec<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = &text[name.len()..];
    if let Some(rest) = rest.strip_prefix("::") {
        return paths(rest).into_iter().map(|below| format!("{name}/{below}")).collect();
    }
    let Some(list) = rest.strip_prefix('{').filter(|_| name.is_empty()) else { return vec![name] };
    let (mut items, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                items.push(list[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
        if c == '}' && begin > at {
            break;
        }
    }
    items.into_iter().filter(|item| !item.is_empty()).flat_map(paths).collect()
}

/// The file that defines what a path names: the longest beginning of it that is a file of the module.
fn defining<'a>(path: &str, files: &'a BTreeSet<String>) -> Option<&'a String> {
    let mut path = path;
    loop {
        if let Some(file) = files.get(path) {
            return Some(file);
        }
        path = path.rsplit_once('/')?.0;
    }
}

#[test]
fn inside_store_and_sync_files_import_from_the_file_that_defines_a_name_and_never_in_a_circle() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src").canonicalize().unwrap();
    for module in ["store", "sync"] {
        let imports = imports(&source, module);
        let files: BTreeSet<String> = imports.iter().map(|(file, _)| file.clone()).collect();
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (file, named) in &imports {
            for path in named {
                let defined = defining(path, &files).unwrap_or_else(|| panic!("{module}/{file} imports {path} through mod.rs"));
                uses.entry(file.clone()).or_default().insert(defined.clone());
            }
        }
        assert!(uses.values().map(BTreeSet::len).sum::<usize>() > files.len(), "{module}: the imports were not found");
        // What uses nothing that is left is taken away, until nothing is left or every file is in a circle or behind one.
        let mut left = files;
        loop {
            let free: Vec<String> = left.iter().filter(|file| uses.get(*file).is_none_or(|all| all.is_disjoint(&left))).cloned().collect();
            if free.is_empty() {
                break;
            }
            left.retain(|file| !free.contains(file));
        }
        let circles: BTreeMap<&String, Vec<&String>> =
            left.iter().map(|file| (file, uses.get(file).into_iter().flatten().filter(|used| left.contains(*used)).collect())).collect();
        assert!(circles.is_empty(), "{module}: {circles:#?}");
    }
}
