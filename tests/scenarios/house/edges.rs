//! The edges of the house: what stands on the left may be used by the right, never the reverse.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The core's modules in order; a module may use those before it.
const ORDER: [&str; 23] = [
    "base",
    "incident",
    "sharing",
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
    "words",
    "api",
];
/// Modules of the values and rules: what `api` may take from them is listed in [`API_TAKES`].
const DOMAIN: [&str; 11] = ["incident", "sharing", "door", "assignment", "roads", "team", "planning", "note", "safety", "handoff", "fhir"];
/// The bridge, the database, the network, the runtime and the disk, and the modules that may touch each.
const FOREIGN: [(&str, &[&str]); 6] = [
    ("uniffi", &["api"]),
    ("rusqlite", &["store"]),
    ("reqwest", &["http"]),
    ("tokio", &["api"]),
    ("std::fs", &["store", "api"]),
    ("std::net", &[]),
];
/// The crates, each with the crates of this workspace that its production code may use.
const CRATES: [(&str, &[&str]); 4] = [
    ("core", &[]),
    ("gateway", &["anydoor_core"]),
    ("roads", &["anydoor_core"]),
    ("sandbox", &["anydoor_core", "anydoor_gateway", "anydoor_roads"]),
];
/// The only types and constants of the domain that `api` takes: codes, what it converts into rows, what it hands on.
const API_TAKES: [&str; 56] = [
    // codes and inputs
    "assignment::Capture",
    "assignment::Closing",
    "assignment::StampKind",
    "incident::Place",
    "note::AttachmentKind",
    "note::DraftBody",
    "note::InErrorReason",
    "planning::rounds::PlannedVisit",
    "planning::rounds::RoundPlan",
    "roads::View",
    "safety::Need",
    "safety::PhonePosition",
    "team::Capability",
    "team::Need",
    "team::Needs",
    // values that become rows
    "fhir::closures::RoadClosure",
    "incident::Dependant",
    "incident::Fact",
    "incident::Likeness",
    "incident::Person",
    "incident::SafeContact",
    "incident::Wishes",
    "note::Draft",
    "note::Standing",
    "planning::coverage::IfGone",
    "planning::coverage::Reached",
    "planning::coverage::WITHIN_MIN",
    "planning::offer::OpenOffer",
    "planning::rounds::Stop",
    "roads::Route",
    "safety::NotSent",
    "team::Candidate",
    "team::Fallback",
    "team::Jurisdiction",
    "team::Measure",
    "team::Ranking",
    "team::Reason",
    "team::Team",
    // what is held and handed on
    "fhir::Document",
    "roads::Closed",
    "roads::Roads",
    "safety::Ending",
    "safety::Escalation",
    "safety::Prepared",
    "team::ByRoad",
    // errors
    "assignment::ReasonMissing",
    "fhir::ReadError",
    "handoff::follow_up::Unsafe",
    "note::AttachmentRefused",
    "note::InErrorRefused",
    "note::NoteError",
    "roads::RoadsError",
    "sharing::NotABasis",
    "sharing::Duty",
    "handoff::Accounted",
    "handoff::ToldKinds",
];
/// Errors of planning, taken like those above.
const API_TAKES_TOO: [&str; 2] = ["planning::coverage::CoverageError", "planning::rounds::RoundError"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    let tests = |name: &str| name == "tests" || name == "tests.rs" || name.ends_with("_tests.rs") || name == "fixture.rs";
    let production = |path: &PathBuf| {
        path.extension().is_some_and(|kind| kind == "rs") && !path.components().any(|part| tests(&part.as_os_str().to_string_lossy()))
    };
    all.into_iter().filter(production).collect()
}

/// The files of a module of the core, which is a folder or one file.
fn files_of(module: &str) -> Vec<PathBuf> {
    let folder = root().join("core/src").join(module);
    if folder.is_dir() { files(&folder) } else { vec![folder.with_extension("rs")] }
}

/// The code of a file without its tests and comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let production = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    production.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every path below `root::` that a file names, in `use` lists and in place: `store::key::Key`.
fn paths(code: &str, root: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(&format!("{root}::")) {
        let before = code[..at].chars().next_back();
        if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':') {
            spread("", &code[at + root.len() + 2..], &mut found);
        }
    }
    found
}

/// Reads one path, or a tree of them in braces, from the beginning of `text`.
fn spread(prefix: &str, text: &str, into: &mut BTreeSet<String>) -> usize {
    let mut at = 0;
    let mut path = prefix.to_owned();
    loop {
        let rest = &text[at..];
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        at += name.len();
        if !name.is_empty() {
            path = if path.is_empty() { name } else { format!("{path}::{name}") };
            if text[at..].starts_with("::") {
                at += 2;
                continue;
            }
            into.insert(path);
            return at;
        }
        if !rest.starts_with('{') {
            into.insert(path);
            return at;
        }
        at += 1;
        loop {
            at += text[at..].len() - text[at..].trim_start_matches([' ', '\n', ',']).len();
            if text[at..].starts_with('}') || text[at..].is_empty() {
                return at + 1;
            }
            let taken = spread(&path, &text[at..], into);
            let renamed = text[at + taken..].strip_prefix(" as ").map_or(0, |rest| 4 + rest.find([',', '}']).unwrap_or(0));
            assert!(taken + renamed > 0, "a use list that this test cannot read: {}", &text[at..text.len().min(at + 60)]);
            at += taken + renamed;
        }
    }
}

#[test]
fn every_module_of_the_core_has_its_place_and_uses_no_later_one() {
    let source = root().join("core/src");
    let there: BTreeSet<String> = std::fs::read_dir(&source)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "lib" && !name.ends_with("_tests"))
        .collect();
    assert_eq!(there, ORDER.map(str::to_owned).into(), "every module stands in the order once");
    let mut wrong = Vec::new();
    for (place, module) in ORDER.iter().enumerate() {
        for file in files_of(module) {
            for path in paths(&code(&file), "crate") {
                let first = path.split("::").next().unwrap();
                if ORDER[place + 1..].contains(&first) {
                    wrong.push(format!("{} uses {path}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn bridge_database_network_runtime_and_disk_are_each_touched_in_their_own_place() {
    let mut wrong = Vec::new();
    for module in ORDER {
        for file in files_of(module) {
            let code = code(&file);
            for (foreign, places) in FOREIGN {
                if !places.contains(&module) && code.contains(&format!("{foreign}::")) {
                    wrong.push(format!("{} touches {foreign}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn api_takes_ids_codes_and_values_that_become_rows_from_the_domain_and_nothing_else() {
    let allowed: BTreeSet<&str> = API_TAKES.into_iter().chain(API_TAKES_TOO).collect();
    let mut taken = BTreeMap::new();
    for file in files_of("api") {
        for path in paths(&code(&file), "crate") {
            if DOMAIN.contains(&path.split("::").next().unwrap()) {
                taken.entry(path).or_insert_with(|| file.clone());
            }
        }
    }
    let known = |path: &str| allowed.iter().any(|allowed| path == *allowed || path.starts_with(&format!("{allowed}::")));
    let more: Vec<_> = taken.iter().filter(|(path, _)| !known(path)).collect();
    assert!(more.is_empty(), "{more:#?}");
    let unused: Vec<_> = allowed.iter().filter(|allowed| !taken.keys().any(|path| path.starts_with(**allowed))).collect();
    assert!(unused.is_empty(), "the list is longer than what is taken: {unused:#?}");
}

#[test]
fn every_crate_uses_only_the_crates_to_its_left() {
    for (name, allowed) in CRATES {
        for file in files(&root().join(name).join("src")) {
            let code = code(&file);
            for other in ["anydoor_core", "anydoor_roads", "anydoor_gateway", "anydoor_sandbox", "anydoor_tests"] {
                let used = code.contains(&format!("{other}::"));
                let own = other.strip_prefix("anydoor_") == Some(name);
                assert!(!used || own || allowed.contains(&other), "{} uses {other}", file.display());
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
                let mut found = BTreeSet::new();
                spread("", rest, &mut found);
                let inside = found.into_iter().map(|path| path.replace("::", "/"));
                named.extend(inside.map(|path| if from.is_empty() { path } else { format!("{from}/{path}") }));
            }
        }
        all.push((inside.to_string_lossy().into_owned(), named));
    }
    all
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
fn a_gateway_links_no_database_and_no_bridge() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = std::process::Command::new(cargo)
        .args(["tree", "-p", "anydoor-gateway", "-e", "normal", "--prefix", "none"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let linked = String::from_utf8(tree.stdout).unwrap();
    let names: Vec<&str> = linked.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"anydoor-core") && names.contains(&"reqwest"), "{names:?}");
    for foreign in ["libsqlite3-sys", "rusqlite", "rusqlite_migration", "uniffi"] {
        assert!(!names.contains(&foreign), "the gateway links {foreign}");
    }
}

#[test]
fn the_reader_of_paths_reads_lists_trees_and_names_in_place() {
    let code = "use crate::a::{self, B, c::{D, e::F}};\nlet x = crate::g::h(1); use crate::i::J as K; notcrate::z();";
    let expected = ["a::B", "a::c::D", "a::c::e::F", "a::self", "g::h", "i::J"];
    assert_eq!(paths(code, "crate").into_iter().collect::<Vec<_>>(), expected);
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
