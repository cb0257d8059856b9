//! HSDS: the directory from JSON and from CSV tables.

use anydoor_core::base::clock::Instant;
use anydoor_core::fhir::{Document, directory};
use anydoor_core::handoff::Service;
use anydoor_core::handoff::hsds::{Context, from_csv, from_json};

use crate::mangle::{json_bytes, mangles, text_bytes};
use crate::{fuzz, seeds};

fn context() -> Context {
    Context { zone: "America/New_York".into(), today: jiff::civil::date(2026, 11, 23) }
}

/// A service that was read has its own id, and says the same as FHIR.
fn sound(services: &[Service]) {
    for (index, service) in services.iter().enumerate() {
        assert!(services.iter().skip(index + 1).all(|other| other.id != service.id));
        let documents = directory::write(service);
        let find = |reference: &str| documents.iter().find(|d| d.reference() == reference).cloned();
        let main: &Document = documents.last().unwrap();
        let back = directory::read(main, &find);
        assert_eq!(back.map(|b| (b.id, b.position, b.youngest)), Ok((service.id.clone(), service.position, service.youngest)));
        for at in [Instant::MIN, Instant::UNIX_EPOCH, Instant::MAX] {
            let _ = service.is_open(at);
        }
    }
}

#[test]
fn a_nested_directory_is_read_or_refused_by_its_place() {
    let seed = seeds::json(seeds::HSDS);
    fuzz!(mangles(), |(_, mangles)| {
        if let Ok(imported) = from_json("hsds.json", &json_bytes(&seed, mangles), &context()) {
            sound(&imported.services);
        }
    });
}

#[test]
fn tables_are_read_or_refused_by_file_and_line() {
    fuzz!(mangles(), |(table, mangles)| {
        let mut files: Vec<(String, Vec<u8>)> =
            seeds::TABLES.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        let index = usize::from(*table) % files.len();
        files[index].1 = text_bytes(seeds::TABLES[index].1, mangles);
        if let Ok(imported) = from_csv(&files, &context()) {
            sound(&imported.services);
        }
    });
}
