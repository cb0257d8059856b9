//! What HSDS says, and what of it is not understood.

use proptest::prelude::*;

use super::*;
use crate::base::Position;
use crate::base::clock::Instant;

fn context() -> Context {
    Context { zone: "America/New_York".into(), today: jiff::civil::date(2026, 11, 23) }
}

fn csv(latitude: &str) -> Vec<(String, Vec<u8>)> {
    vec![
        ("services.csv".into(), b"id,organization_id,name,status\ns1,o1,Respite,active\n".to_vec()),
        ("locations.csv".into(), format!("id,latitude,longitude\nl1,{latitude},-75\n").into_bytes()),
        ("service_at_location.csv".into(), b"id,service_id,location_id\nx,s1,l1\n".to_vec()),
        ("schedules.csv".into(), b"id,service_id,freq,byday,opens_at,closes_at\nh,s1,WEEKLY,\"TH,FR\",10:00:00,18:00:00\n".to_vec()),
    ]
}

#[test]
fn an_impossible_coordinate_keeps_the_service_and_is_remarked_with_its_line() {
    let imported = from_csv(&csv("100"), &context()).unwrap();
    assert_eq!((imported.services.len(), imported.services[0].position), (1, None));
    assert_eq!(imported.remarks, vec![Remark { file: "locations.csv".into(), line: 2, field: "latitude, longitude".into() }]);
    assert!(from_csv(&csv("40"), &context()).unwrap().services[0].position.is_some());
}

#[test]
fn hours_are_read_by_day_and_time() {
    let service = from_csv(&csv("40"), &context()).unwrap().services.remove(0);
    assert_eq!(service.is_open("2026-11-26T16:00:00Z".parse().unwrap()), Some(true));
    assert_eq!(service.is_open("2026-11-25T16:00:00Z".parse().unwrap()), Some(false));
}

#[test]
fn a_missing_field_is_named_with_file_and_line() {
    let files = vec![("services.csv".to_owned(), b"id,organization_id,name\ns1,o1,\n".to_vec())];
    assert_eq!(from_csv(&files, &context()), Err(HsdsError::Field { file: "services.csv".into(), line: 2, field: "name".into() }));
}

#[test]
fn the_examples_of_the_specification_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/hsds");
    if !folder.is_dir() {
        eprintln!("SKIPPED: the HSDS examples are not beside the repository");
        return;
    }
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder.join("csv"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&p).unwrap()))
        .collect();
    files.sort();
    let tables = from_csv(&files, &context()).unwrap();
    assert_eq!((tables.services.len(), tables.services[0].position, tables.remarks.len()), (1, None, 1));
    for name in ["service_full.json", "organization_full.json"] {
        let nested = from_json(name, &std::fs::read(folder.join(name)).unwrap(), &context()).unwrap();
        assert_eq!(nested.services[0].name, tables.services[0].name, "{name}");
        assert_eq!(nested.services[0].organization_name, "Example Organization Inc.", "{name}");
    }
}

proptest! {
    #[test]
    fn nonsense_is_an_answer_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = from_json("x.json", &bytes, &context());
        let _ = from_csv(&[("services.csv".into(), bytes.clone()), ("locations.csv".into(), bytes)], &context());
    }
}

/// The tables of one of the shared directories that went wrong, where the shared data is.
fn trouble(name: &str) -> Option<Imported> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/trouble/hsds").join(name);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: {name} is not in the shared data");
        return None;
    };
    let files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    Some(from_csv(&files, &context()).unwrap())
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A service with this schedule; its header and its row.
fn scheduled(fields: &str, row: &str) -> Imported {
    let mut files = csv("40");
    files[3].1 = format!("id,service_id,{fields}\nh,s1,{row}\n").into_bytes();
    from_csv(&files, &context()).unwrap()
}

fn open(imported: &Imported, when: &str) -> Option<bool> {
    imported.services[0].is_open(at(when))
}

#[test]
fn times_are_read_where_they_are_clear() {
    for name in ["20_07_0000_2400", "20_08_0000_0000"] {
        let Some(imported) = trouble(name) else { return };
        assert_eq!((open(&imported, "2026-11-23T08:00:00Z"), imported.remarks.len()), (Some(true), 0), "{name}");
    }
    let Some(imported) = trouble("20_05_9am_5pm") else { return };
    assert_eq!(open(&imported, "2026-11-23T15:00:00Z"), Some(true));
    assert_eq!(open(&imported, "2026-11-23T23:00:00Z"), Some(false));
    for (opens, closes, noon, night) in [
        ("0900", "1700", Some(true), Some(false)),
        ("9:00 a.m.", "5 PM", Some(true), Some(false)),
        ("9:00:00Z", "17:00:00-05:00", Some(true), Some(false)),
        ("midnight", "noon", Some(false), Some(true)),
        ("18:00", "24:00", Some(false), Some(false)),
        ("9", "17", None, None),
        ("09:00", "09:00", None, None),
        ("", "17:00", None, None),
        ("25:00", "26:00", None, None),
        ("by appointment", "", None, None),
    ] {
        let imported = scheduled("freq,byday,opens_at,closes_at", &format!("WEEKLY,MO-SU,{opens},{closes}"));
        assert_eq!((open(&imported, "2026-11-23T18:00:00Z"), open(&imported, "2026-11-24T07:00:00Z")), (noon, night), "{opens} {closes}");
        assert_eq!(imported.remarks.len(), usize::from(noon.is_none()), "{opens} {closes}: {:?}", imported.remarks);
        assert!(imported.remarks.iter().all(|remark| remark.file == "schedules.csv" && remark.line == 2 && remark.field.ends_with("s_at")));
    }
}

#[test]
fn days_are_read_where_they_are_clear() {
    let Some(imported) = trouble("40_05_byday_MO-FR") else { return };
    assert_eq!((open(&imported, "2026-11-23T15:00:00Z"), open(&imported, "2026-11-28T15:00:00Z")), (Some(true), Some(false)));
    for (days, monday, saturday) in [
        ("MO;WE", Some(true), Some(false)),
        ("Mon - Fri", Some(true), Some(false)),
        ("\"monday, Saturdays\"", Some(true), Some(true)),
        ("Sat to Mon", Some(true), Some(true)),
        ("weekdays", Some(true), Some(false)),
        ("M-F", None, None),
        ("\"MO,XX\"", None, None),
        ("", None, None),
    ] {
        let imported = scheduled("freq,byday,opens_at,closes_at", &format!("WEEKLY,{days},09:00,17:00"));
        assert_eq!((open(&imported, "2026-11-23T15:00:00Z"), open(&imported, "2026-11-28T15:00:00Z")), (monday, saturday), "{days}");
    }
}

#[test]
fn a_schedule_that_is_not_understood_leaves_the_rest_unknown() {
    let mut files = csv("40");
    files[3].1.extend(b"h2,s1,WEEKLY,SA,morning,noon\n");
    let imported = from_csv(&files, &context()).unwrap();
    assert_eq!(open(&imported, "2026-11-26T16:00:00Z"), Some(true), "Thursday is known");
    assert_eq!(open(&imported, "2026-11-25T16:00:00Z"), None, "Wednesday is not");
    assert_eq!(imported.remarks, [Remark { file: "schedules.csv".into(), line: 3, field: "opens_at".into() }]);
}

#[test]
fn validity_recurrence_and_its_end_are_honoured() {
    let Some(imported) = trouble("53_valid_from_future") else { return };
    assert_eq!(open(&imported, "2026-11-23T15:00:00Z"), None, "not valid yet");
    assert_eq!(open(&imported, "2027-06-02T15:00:00Z"), Some(true));
    let fields = "freq,interval,byday,dtstart,until,valid_to,bymonthday,opens_at,closes_at";
    for (row, days) in [
        // 2026-12-07 is the first Monday of December.
        ("MONTHLY,1,1MO,,,,,09:00,17:00", [("2026-12-07", Some(true)), ("2026-12-14", Some(false)), ("2027-01-04", Some(true))]),
        ("MONTHLY,,-1FR,,,,,09:00,17:00", [("2026-11-27", Some(true)), ("2026-12-18", Some(false)), ("2026-12-25", Some(true))]),
        ("MONTHLY,,,,,,15,09:00,17:00", [("2026-12-15", Some(true)), ("2026-12-16", Some(false)), ("2027-01-15", Some(true))]),
        ("WEEKLY,2,MO,2026-11-02,,,,09:00,17:00", [("2026-11-23", Some(false)), ("2026-11-30", Some(true)), ("2026-12-07", Some(false))]),
        ("WEEKLY,2,MO,,,,,09:00,17:00", [("2026-11-23", None), ("2026-11-30", None), ("2026-12-07", None)]),
        ("WEEKLY,1,MO,,2026-12-01,,,09:00,17:00", [("2026-11-23", Some(true)), ("2026-11-30", Some(true)), ("2026-12-07", None)]),
        ("WEEKLY,1,MO,,,2026-11-25,,09:00,17:00", [("2026-11-23", Some(true)), ("2026-11-24", Some(false)), ("2026-11-30", None)]),
        ("WEEKLY,1,MO,2026-12-07,,,,09:00,17:00", [("2026-11-23", None), ("2026-12-07", Some(true)), ("2026-12-08", Some(false))]),
        ("DAILY,1,,,,,,09:00,17:00", [("2026-11-23", Some(true)), ("2026-11-28", Some(true)), ("2028-11-29", Some(true))]),
        ("WEEKLY,0,MO,,,,,09:00,17:00", [("2026-11-23", None), ("2026-11-30", None), ("2026-12-07", None)]),
        ("HOURLY,1,,,,,,09:00,17:00", [("2026-11-23", None), ("2026-11-30", None), ("2026-12-07", None)]),
    ] {
        let imported = scheduled(fields, row);
        for (date, expected) in days {
            assert_eq!(open(&imported, &format!("{date}T17:00:00Z")), expected, "{row} on {date}: {:?}", imported.services[0].hours);
        }
    }
}

#[test]
fn ages_and_status_are_read_or_unknown() {
    let Some(imported) = trouble("09_age_float") else { return };
    let service = &imported.services[0];
    assert_eq!((service.youngest, service.oldest, service.ages_unknown), (Some(18), Some(64), false));
    for (minimum, maximum, status, expected) in [
        ("0.5", "17.5", "Active", (Some(0), Some(18), false, true)),
        ("18", "", " ACTIVE ", (Some(18), None, false, true)),
        ("adults", "", "active", (None, None, true, true)),
        ("65", "18", "active", (None, None, true, true)),
        ("-1", "", "inactive", (None, None, true, false)),
        ("", "", "actve", (None, None, false, false)),
        ("", "", "", (None, None, false, false)),
    ] {
        let mut files = csv("40");
        let row = format!("id,organization_id,name,status,minimum_age,maximum_age\ns1,o1,Respite,{status},{minimum},{maximum}\n");
        files[0].1 = row.into_bytes();
        let imported = from_csv(&files, &context()).unwrap();
        let found = &imported.services[0];
        assert_eq!((found.youngest, found.oldest, found.ages_unknown, found.active), expected, "{minimum} {maximum} {status}");
        let understood = !expected.2 && (expected.3 || status == "inactive");
        assert_eq!(imported.remarks.is_empty(), understood, "{:?}", imported.remarks);
    }
}

#[test]
fn numbers_and_sites_are_found_wherever_they_stand() {
    let Some(imported) = trouble("60_phone_on_location") else { return };
    assert_eq!(imported.services[0].phones, ["555-0100"]);
    let Some(imported) = trouble("64_two_sites") else { return };
    let here = Position::new(40.1, -75.3).unwrap();
    let found = crate::handoff::suitable(&imported.services, Some(here), None, at("2026-11-23T15:00:00Z"));
    assert_eq!((found.len(), found[0].1.map(|m| m < 1.0)), (2, Some(true)), "the nearest site counts");
    assert_ne!(found[0].0.id, found[1].0.id);

    let mut files = csv("40");
    let phones = "id,service_id,service_at_location_id,location_id,organization_id,number,extension,type\n\
                  1,,,,o1,555-0104,,voice\n2,,,l1,,555-0103,,\n3,,x,,,555-0101,12,\n4,s1,,,,555-0102,,\n5,s1,,,,555-0109,,Fax\n6,s1,,,,555-0102,,\n";
    files.push(("phones.csv".into(), phones.into()));
    files[3].1 = b"id,location_id,freq,byday,opens_at,closes_at\nh,l1,WEEKLY,TH,10:00,18:00\n".to_vec();
    let imported = from_csv(&files, &context()).unwrap();
    assert_eq!(imported.services[0].phones, ["555-0101;ext=12", "555-0102", "555-0103", "555-0104"]);
    assert_eq!(open(&imported, "2026-11-26T16:00:00Z"), Some(true));
}
