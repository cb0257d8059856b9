//! The documentation says what is so: links lead somewhere, promises and sections that code cites are there, and so is every
//! file and test that a page names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The project's own files of these kinds.
fn files(kinds: &[&str]) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && !["target", "golden", "generated", "__pycache__"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if kinds.iter().any(|kind| name.ends_with(kind)) {
                all.push(path);
            }
        }
    }
    all.sort();
    assert!(all.len() > 5, "{kinds:?}: {all:?}");
    all
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// A heading as the part of a link behind `#`, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn headings(text: &str) -> BTreeSet<String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for page in files(&[".md"]) {
        let text = read(&page);
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            if target.contains("://") || target.is_empty() {
                continue;
            }
            let (file, part) = target.split_once('#').map_or((target, None), |(file, part)| (file, Some(part)));
            let to = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let there = to.exists() && part.is_none_or(|part| headings(&read(&to)).contains(part));
            if !there {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Words like `P13` in a text.
fn promises(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| word.strip_prefix('P').is_some_and(|n| (1..=2).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit())))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_promise_has_one_row_and_every_one_that_is_cited_is_there() {
    let page = read(&root().join("docs/promises.md"));
    let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| P")).filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(rows, (1..=30).map(|n: u32| n.to_string()).collect::<Vec<_>>());
    let there: BTreeSet<String> = rows.iter().map(|n| format!("P{n}")).collect();
    for file in files(&[".rs", ".sql", ".kt", ".swift"]) {
        let cited = promises(&read(&file));
        assert!(cited.is_subset(&there), "{}: {:?}", file.display(), cited.difference(&there).collect::<Vec<_>>());
    }
}

#[test]
fn every_section_of_practice_and_wire_that_code_cites_is_there() {
    for (name, page) in [("practice.md", "docs/practice.md"), ("wire.md", "docs/wire.md")] {
        let sections = headings(&read(&root().join(page)));
        let mut cited = 0;
        for file in files(&[".rs"]) {
            if file.ends_with("docs.rs") {
                continue;
            }
            let text = read(&file);
            for (at, _) in text.match_indices(name) {
                cited += 1;
                let after = &text[at + name.len()..];
                if let Some(section) = after.strip_prefix(", ").and_then(|rest| rest.split([')', ']']).next()) {
                    assert!(sections.contains(&anchor(section)), "{}: {name} has no section {section:?}", file.display());
                }
            }
        }
        assert!(cited > 1, "nothing cites {name}");
    }
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let (root, mut missing) = (root(), Vec::new());
    let sources = files(&[".rs", ".sql", ".ftl", ".md", ".py", ".kt", ".swift", ".toml"]);
    let known = |name: &str| root.join(name).exists() || sources.iter().any(|source| source.ends_with(name));
    for page in files(&[".md"]) {
        for name in quoted(&read(&page)) {
            let file = [".rs", ".sql", ".ftl", ".md", ".py", ".kt", ".swift"].iter().any(|kind| name.ends_with(kind));
            let plain = name.chars().all(|c| c.is_alphanumeric() || "._-/".contains(c));
            if file && plain && !known(name) {
                missing.push(format!("{}: {name}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_test_that_holds_a_promise_is_there() {
    let functions: String = files(&[".rs"]).iter().map(|file| read(file)).collect();
    let mut missing = Vec::new();
    for page in ["docs/promises.md", "docs/reliability.md"] {
        for name in quoted(&read(&root().join(page))) {
            let Some((_, test)) = name.rsplit_once("::") else { continue };
            let beginning = test.trim_end_matches('…');
            let end = if beginning == test { "(" } else { "" };
            if test.contains('_') && !functions.contains(&format!("fn {beginning}{end}")) {
                missing.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
