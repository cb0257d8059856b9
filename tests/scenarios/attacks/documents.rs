//! Documents that come by other ways than the server: an EIDO, an order, a directory.

use anydoor_core::base::json::Refusal;
use anydoor_core::door::{DoorError, eido};
use anydoor_core::fhir::{bundle, order};
use anydoor_core::handoff::hsds::{Context, HsdsError, from_csv, from_json};

use super::*;

const MB: usize = 1 << 20;

fn context() -> Context {
    Context { zone: "America/New_York".into(), today: jiff::civil::date(2026, 11, 23) }
}

fn refusal<T>(read: Result<T, DoorError>) -> Refusal {
    match read {
        Err(DoorError::Json(error)) => error.what,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("read"),
    }
}

#[test]
fn an_eido_of_200_mb_is_refused_before_it_is_read() {
    attack(|| async {
        let huge = vec![b' '; 200 * MB];
        assert_eq!(refusal(eido::read(&huge)), Refusal::TooLarge);
        assert_eq!(refusal(order::read(&huge)), Refusal::TooLarge);
        assert_eq!(bundle::read(&huge), Err(bundle::BundleError::TooLarge { what: "64 MB" }));
        Ok(())
    });
}

#[test]
fn an_eido_that_is_as_large_as_is_read_is_read() {
    attack(|| async {
        let leaves = "0,".repeat(999_900);
        let text = format!(r#"{{"$id":"urn:x","lastUpdateTimeStamp":"2026-11-23T01:00:00Z","x":[{leaves}0]}}"#);
        let _ = eido::read(text.as_bytes())?;
        Ok(())
    });
}

#[test]
fn an_eido_of_long_texts_is_read() {
    attack(|| async {
        let text = format!(
            r#"{{"$id":"urn:x","lastUpdateTimeStamp":"2026-11-23T01:00:00Z","notesComponent":[{{"$id":"n","notesActionComments":"{}"}}]}}"#,
            "<p>k</p>".repeat(MB)
        );
        let _ = eido::read(text.as_bytes())?;
        Ok(())
    });
}

#[test]
fn an_order_that_is_as_large_as_is_read_is_read() {
    attack(|| async {
        let leaves = "0,".repeat(199_900);
        let text = format!(
            r#"{{"resourceType":"Bundle","entry":[{{"resource":{{"resourceType":"ServiceRequest","id":"r","authoredOn":"2026-11-23T05:00:00Z",
            "identifier":[{{"system":"s","value":"v"}}],"x":[{leaves}0]}}}}]}}"#
        );
        let _ = order::read(text.as_bytes())?;
        Ok(())
    });
}

#[test]
fn depth_is_refused_wherever_a_document_comes_from() {
    attack(|| async {
        let deep = "[".repeat(100_000);
        assert_eq!(refusal(eido::read(deep.as_bytes())), Refusal::TooDeep);
        assert_eq!(refusal(order::read(deep.as_bytes())), Refusal::TooDeep);
        let xml = "<a>".repeat(1_000_000);
        let text = format!(
            r#"{{"$id":"urn:x","lastUpdateTimeStamp":"2026-11-23T01:00:00Z","locationComponent":[{{"$id":"l","locationByValue":"{xml}"}}]}}"#
        );
        assert!(eido::read(text.as_bytes())?.incident.place.position.is_none());
        Ok(())
    });
}

#[test]
fn a_directory_repeats_nothing_for_each_service() {
    attack(|| async {
        let services = (0..20_000).map(|n| format!(r#"{{"id":"s{n}","name":"x"}}"#)).collect::<Vec<_>>().join(",");
        let text = format!(r#"{{"id":"o","name":"house","description":"{}","services":[{services}]}}"#, "k".repeat(MB));
        let imported = from_json("hsds.json", text.as_bytes(), &context())?;
        assert_eq!(imported.services.len(), 20_000);
        Ok(())
    });
}

#[test]
fn a_table_of_millions_of_rows_is_refused_by_its_name() {
    attack(|| async {
        let mut rows = b"id,organization_id,name\n".to_vec();
        rows.extend(b"s,o,n\n".repeat(5_000_000));
        let refused = from_csv(&[("services.csv".into(), rows)], &context());
        assert_eq!(refused, Err(HsdsError::TooLarge { file: "services.csv".into() }));
        let header = format!("id,organization_id,name,{}\n", "k".repeat(MB));
        let rows = [header.into_bytes(), b"s,o,n,x\n".repeat(10_000)].concat();
        assert_eq!(from_csv(&[("services.csv".into(), rows)], &context())?.services.len(), 1);
        Ok(())
    });
}

#[test]
fn many_services_in_many_places_take_no_more_than_their_number() {
    attack(|| async {
        let many = 20_000;
        let table = |header: &str, row: &dyn Fn(usize) -> String| {
            let rows: String = (0..many).map(row).collect();
            format!("{header}\n{rows}").into_bytes()
        };
        let files = vec![
            ("services.csv".to_owned(), table("id,organization_id,name", &|n| format!("s{n},o{n},x\n"))),
            ("organizations.csv".to_owned(), table("id,name", &|n| format!("o{n},x\n"))),
            ("service_at_location.csv".to_owned(), table("id,service_id,location_id", &|n| format!("a{n},s{n},l{n}\n"))),
            ("locations.csv".to_owned(), table("id,latitude,longitude", &|n| format!("l{n},40,-75\n"))),
            ("phones.csv".to_owned(), table("id,service_id,number", &|n| format!("p{n},s{n},1\n"))),
        ];
        let started = std::time::Instant::now();
        assert_eq!(from_csv(&files, &context())?.services.len(), many);
        println!("{many} services: {:?}", started.elapsed());
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
        Ok(())
    });
}
