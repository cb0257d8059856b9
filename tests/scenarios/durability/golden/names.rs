//! The names on disk and on the wire are what they were: one list a kind, in `golden/names`. What the code calls a thing may
//! change; what stands in a file or in a document may not, for a phone or a server somewhere still has it.

use std::collections::BTreeSet;
use std::path::Path;

use anydoor_core::store::{Key, Store};
use rusqlite::Connection;

use super::sources::{NAMING, Sources, blanks};
use super::{KEY, folder, golden};

type Names = BTreeSet<String>;

const FLUENT: &str = include_str!("../../../../core/words/en.ftl");

/// Every list, by its file.
fn lists() -> Vec<(&'static str, Names)> {
    let sources = Sources::read();
    vec![
        ("audit.txt", audit(&sources)),
        ("byte-strings.txt", sources.byte_strings()),
        ("codes.txt", sources.codes()),
        ("constants.txt", sources.constant_names()),
        ("extensions.txt", extensions(&sources)),
        ("files.txt", files(&sources)),
        ("fluent-keys.txt", fluent_keys()),
        ("id-kinds.txt", sources.id_kinds().into_values().collect()),
        ("id-seeds.txt", sources.seeds()),
        ("settings.txt", settings(&sources)),
        ("tables-work.txt", tables_of_a_new_database()),
        ("uris.txt", uris(&sources)),
        ("watermarks.txt", watermarks(&sources)),
    ]
}

/// What an act is called goes into the audit's hash chain.
fn audit(sources: &Sources) -> Names {
    let planned = [("Plan::new", 0), (".plan", 0), ("plan", 0)].map(|(call, argument)| sources.arguments(call, argument));
    planned.into_iter().flatten().filter(|name| !name.contains('{')).chain(sources.fields("name")).collect()
}

/// Our extensions, their parts, our naming systems, and the codes that are written as they stand.
fn extensions(sources: &Sources) -> Names {
    let mut found = Names::new();
    for (function, argument, what) in NAMING {
        found.extend(sources.arguments(function, argument).into_iter().map(|name| format!("{what} {name}")));
    }
    for call in ["concept", "coding"].iter().flat_map(|function| sources.arguments_apart(function, &[0, 1])) {
        let (systems, codes) = (&call[0], &call[1]);
        found.extend(systems.iter().flat_map(|system| codes.iter().map(move |code| format!("code {system} {code}"))));
    }
    found
}

/// The files beside a database, and of a database.
fn files(sources: &Sources) -> Names {
    let mut found: Names = sources.arguments(".with_extension", 0).iter().map(|name| blanks(name)).collect();
    found.extend(sources.texts().filter(|text| text.starts_with(".damaged-") || text.ends_with(".db")).map(|text| blanks(&text)));
    found
}

fn fluent_keys() -> Names {
    let keys = FLUENT.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())).filter_map(|line| line.split_once('='));
    keys.map(|(key, _)| key.trim().to_owned()).collect()
}

/// By their own functions, and in SQL.
fn settings(sources: &Sources) -> Names {
    let mut found = sources.arguments(".setting", 0);
    found.extend(sources.arguments(".set_setting", 0));
    for text in sources.texts() {
        for before in ["settings VALUES ('", "settings WHERE name = '"] {
            found.extend(text.split(before).skip(1).filter_map(|rest| rest.split('\'').next()).map(str::to_owned));
        }
    }
    found
}

/// Everything that begins like a URI, to where it ends.
fn uris(sources: &Sources) -> Names {
    let mut found = Names::new();
    for text in sources.texts() {
        for scheme in ["urn:", "http:", "https:"] {
            for (at, _) in text.match_indices(scheme) {
                let uri = text[at..].split(|c: char| c.is_whitespace() || "\"'<>\\`,".contains(c)).next().unwrap_or_default();
                // A scheme alone is asked for, never written.
                found.extend(uri.trim_end_matches(['…', '/']).strip_prefix(scheme).filter(|rest| !rest.is_empty()).map(|_| blanks(uri)));
            }
        }
    }
    found
}

/// Under what a search's progress is kept, and what it asks for.
fn watermarks(sources: &Sources) -> Names {
    let asks = |text: &String| {
        text.split_once('?').is_some_and(|(kind, _)| !kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphabetic() || "{}".contains(c)))
    };
    sources.texts().filter(asks).map(|text| blanks(&text)).collect()
}

/// What an encrypted file holds: tables with their columns, indexes and triggers. What a trigger or an index says stands here
/// too, without what says nothing.
fn tables(path: &Path) -> Names {
    let file = Connection::open(path).unwrap();
    let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    file.execute_batch(&format!("PRAGMA key = \"x'{key}'\";")).unwrap();
    let rows = |sql: &str| -> Vec<Vec<String>> {
        let mut statement = file.prepare(sql).unwrap();
        let width = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..width).map(|at| Ok(row.get::<_, Option<String>>(at)?.unwrap_or_default())).collect();
        statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut found = Names::new();
    for row in rows("SELECT type, name, tbl_name, sql FROM sqlite_master") {
        let [kind, name, of, sql] = row.as_slice() else { unreachable!() };
        let says = sql.replace("IF NOT EXISTS ", "").split_whitespace().collect::<Vec<_>>().join(" ");
        found.insert(match kind.as_str() {
            "table" if sql.starts_with("CREATE VIRTUAL") => format!("table {name}: {says}"),
            "table" => format!("table {name}"),
            _ => format!("{kind} {name} on {of}: {says}"),
        });
    }
    let columns = "SELECT m.name, c.name, c.type, CAST(c.\"notnull\" AS TEXT), c.dflt_value, CAST(c.pk AS TEXT)
                   FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table'";
    for row in rows(columns) {
        let [table, column, kind, not_null, default, key] = row.as_slice() else { unreachable!() };
        let mut line = format!("column {table}.{column} {kind}");
        line.push_str(if not_null == "1" { " NOT NULL" } else { "" });
        line.push_str(&if default.is_empty() { String::new() } else { format!(" DEFAULT {default}") });
        line.push_str(&if key == "0" { String::new() } else { format!(" KEY {key}") });
        found.insert(line.trim_end().to_owned());
    }
    found
}

fn tables_of_a_new_database() -> Names {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.db");
    Store::open(&path, &Key::new(&KEY).unwrap(), "agency").unwrap().close().unwrap();
    tables(&path)
}

fn kept(file: &str) -> Names {
    let text = std::fs::read_to_string(folder().join("names").join(file)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// What is no more, and what is new, in words.
fn differences(file: &str, kept: &Names, found: &Names) -> Vec<String> {
    let lost = kept.difference(found).map(|name| format!("{file}: lost or renamed, and somewhere it is still in use: {name}"));
    let new = found.difference(kept).map(|name| format!("{file}: new: if this is meant, add it to tests/golden/names/{file}: {name}"));
    lost.chain(new).collect()
}

#[test]
fn every_name_on_disk_and_on_the_wire_is_what_it_was() {
    let mut wrong = Vec::new();
    for (file, found) in lists() {
        assert!(!found.is_empty(), "{file}: nothing is found any more; names.rs looks for the wrong thing");
        wrong.extend(differences(file, &kept(file), &found));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_renamed_name_is_both_lost_and_new() {
    let [old, new] = ["writer", "author"].map(|name| Names::from([name.to_owned()]));
    let said = differences("settings.txt", &old, &new);
    assert!(said.len() == 2 && said[0].ends_with("in use: writer") && said[1].contains("new: if this is meant"), "{said:?}");
    assert_eq!(differences("settings.txt", &old, &old), Vec::<String>::new());
}

#[test]
fn a_database_of_any_release_has_the_tables_of_a_new_one_after_its_opening() {
    for (schema, _folder, path) in golden() {
        Store::open(&path, &Key::new(&KEY).unwrap(), "agency").unwrap().close().unwrap();
        assert_eq!(differences("tables-work.txt", &kept("tables-work.txt"), &tables(&path)), Vec::<String>::new(), "schema {schema}");
    }
}

#[test]
#[ignore = "adds what is new to golden/names and takes nothing out; run by hand where a new name is meant"]
fn add_new_names() {
    for (file, found) in lists() {
        let all: Vec<String> = found.union(&kept(file)).cloned().collect();
        std::fs::create_dir_all(folder().join("names")).unwrap();
        std::fs::write(folder().join("names").join(file), all.join("\n") + "\n").unwrap();
    }
}
