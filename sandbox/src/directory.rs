//! Imports a directory of services and prints what it made of it: what a county looks at before its teams rely on it.
//!
//! Rule: every service is shown with what is known of it, and everything that was not understood with its file, line and
//! field. Neighbours: `anydoor_core::handoff::hsds` imports, `main` hands in the arguments.

use std::io::Write;
use std::path::Path;

use anydoor_core::base::clock::Instant;
use anydoor_core::handoff::hsds::{Context, Imported, from_csv, from_json};
use anydoor_core::handoff::{Opening, Service};

/// Imports HSDS 3.0 from one JSON file or a folder of CSV tables, and prints it. `zone` is the IANA zone of the places.
///
/// # Errors
/// In words: what cannot be read, or an unknown zone.
pub fn print(from: &Path, zone: &str, now: Instant, out: &mut dyn Write) -> Result<(), String> {
    let today = now.in_tz(zone).map_err(|_| format!("'{zone}' is no IANA zone"))?.date();
    let imported = read(from, &Context { zone: zone.to_owned(), today })?;
    let mut said = String::new();
    for service in &imported.services {
        said.push_str(&in_words(service, now));
    }
    for remark in &imported.remarks {
        said.push_str(&format!("! {remark}\n"));
    }
    said.push_str(&format!("{} services, {} remarks\n", imported.services.len(), imported.remarks.len()));
    out.write_all(said.as_bytes()).map_err(|error| error.to_string())
}

fn read(from: &Path, context: &Context) -> Result<Imported, String> {
    let bytes = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !from.is_dir() {
        return from_json(&name(from), &bytes(from)?, context).map_err(|error| error.to_string());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            files.push((name(&path), bytes(&path)?));
        }
    }
    from_csv(&files, context).map_err(|error| error.to_string())
}

fn in_words(service: &Service, now: Instant) -> String {
    let unknown = || "unknown".to_owned();
    let open = match service.is_open(now) {
        Some(true) => "open now",
        Some(false) => "closed now",
        None => "unknown whether open now",
    };
    let hours: Vec<String> = service.hours.iter().map(opening).chain(service.hours_in_part.then(unknown)).collect();
    let ages = match (service.ages_unknown, service.youngest, service.oldest) {
        (true, ..) => "limits unknown".to_owned(),
        (false, None, None) => "any".to_owned(),
        (false, young, old) => {
            let age = |age: Option<u16>| age.map(|age| age.to_string()).unwrap_or_default();
            format!("{} to {}", age(young), age(old))
        }
    };
    let position = service.position.map_or_else(unknown, |at| format!("{}, {}", at.latitude(), at.longitude()));
    format!(
        "{}{} ({})\n  place: {} ({position})\n  numbers: {}\n  hours: {} ({open})\n  ages: {ages}\n  languages: {}\n",
        if service.active { "" } else { "[not active] " },
        service.name,
        service.organization_name,
        service.address.as_deref().unwrap_or("no address"),
        listed(&service.phones),
        listed(&hours),
        listed(&service.languages),
    )
}

fn listed(all: &[String]) -> String {
    if all.is_empty() { "none".to_owned() } else { all.join("; ") }
}

fn opening(opening: &Opening) -> String {
    let days = match &opening.dates {
        Some(dates) => {
            let first: Vec<String> = dates.iter().take(3).map(ToString::to_string).collect();
            format!("{} dates ({} …)", dates.len(), first.join(", "))
        }
        None => opening.days.join(","),
    };
    let times = match (opening.from, opening.until) {
        (Some(from), Some(until)) => format!(" {}–{}", from.strftime("%H:%M"), until.strftime("%H:%M")),
        _ => " all day".to_owned(),
    };
    let from = opening.valid_from.map(|from| format!(" from {from}")).unwrap_or_default();
    let to = opening.valid_to.map(|to| format!(" until {to}")).unwrap_or_default();
    format!("{days}{times}{from}{to}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_understood_is_printed_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        put("services.csv", "id,organization_id,name,status,minimum_age\ns1,o1,Respite,active,adults\n");
        put("schedules.csv", "id,service_id,freq,byday,opens_at,closes_at\nh,s1,WEEKLY,MO,9am,5pm\nh2,s1,WEEKLY,SA,early,late\n");
        let mut out = Vec::new();
        print(folder.path(), "America/New_York", "2026-11-23T15:00:00Z".parse().unwrap(), &mut out).unwrap();
        let said = String::from_utf8(out).unwrap();
        for words in [
            "hours: mon 09:00–17:00; unknown (open now)",
            "ages: limits unknown",
            "! services.csv: line 2: minimum_age: not understood",
            "! schedules.csv: line 3: opens_at: not understood",
            "1 services, 2 remarks",
        ] {
            assert!(said.contains(words), "{words} is not in\n{said}");
        }
    }
}
