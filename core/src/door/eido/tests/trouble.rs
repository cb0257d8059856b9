//! Small documents that went wrong somewhere, and neighbours of them.

use super::*;

/// One of the shared documents that went wrong, where the shared data is.
fn trouble(name: &str) -> Option<Arrival> {
    let path = format!("{}/../../shared/data/trouble/eido/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("SKIPPED: {name} is not in the shared data");
        return None;
    };
    let arrival = read(&bytes).unwrap();
    assert_eq!(arrival.received.bytes, bytes, "the bytes as received are kept");
    Some(arrival)
}

fn near(place: &Place, latitude: f64, longitude: f64) -> bool {
    let middle = Position::new(latitude, longitude).unwrap();
    place.position.is_some_and(|at| crate::base::geo::distance_m(at, middle) < 100.0)
}

fn said(arrival: &Arrival, words: &str) -> bool {
    arrival.incident.facts.iter().any(|fact| fact.text.contains(words))
}

#[test]
fn every_shape_gives_its_footprint() {
    for (name, accuracy) in [("pidf_prism_poslist3d", None), ("pidf_sphere", Some(25.0)), ("pidf_circle_feet", Some(91.44))] {
        let Some(arrival) = trouble(name) else { return };
        let place = &arrival.incident.place;
        assert!(near(place, 40.1, -75.3), "{name}: {place:?}");
        assert!(accuracy.is_none_or(|m: f64| (place.accuracy_m.unwrap() - m).abs() < 0.01), "{name}: {place:?}");
    }
    let Some(arrival) = trouble("pidf_polygon_hole") else { return };
    assert!(near(&arrival.incident.place, 40.105, -75.295), "a hole moves no middle: {:?}", arrival.incident.place);
}

#[test]
fn two_tuples_are_two_places() {
    let Some(arrival) = trouble("pidf_two_tuples_gps_then_cell") else { return };
    assert_eq!((arrival.incident.place.position, arrival.incident.place.accuracy_m), (Position::new(40.1, -75.3).ok(), None));
    assert!(arrival.places.iter().any(|given| near(&given.place, 40.25, -75.4)), "{:?}", arrival.places);
    assert_eq!(arrival.incident.facts.iter().filter(|fact| fact.text.starts_with("40.")).count(), 2, "both are told");

    let Some(arrival) = trouble("pidf_gps_then_registered_address") else { return };
    let scene = &arrival.incident.place;
    assert_eq!((scene.position, scene.accuracy_m), (Position::new(40.1, -75.3).ok(), Some(12.0)));
    assert_eq!((&scene.address, &scene.locality), (&None, &None), "the address is of another place");
    let beside = &arrival.places.iter().find(|given| given.place.address.is_some()).unwrap().place;
    assert_eq!((beside.address.as_deref(), beside.locality.as_deref()), (Some("900 Registered Road"), Some("Pottstown")));
    assert_eq!(beside.position, None);
    assert!(said(&arrival, "900 Registered Road"));
}

#[test]
fn the_whole_address_is_read() {
    let Some(arrival) = trouble("pidf_civic_hnp_stp") else { return };
    assert_eq!(arrival.incident.place.address.as_deref(), Some("N6W23001 W County Road JJ, UNIT 4B"));
    assert_eq!(arrival.incident.place.locality.as_deref(), Some("Pewaukee"));
    let Some(arrival) = trouble("pidf_civic_old_A6") else { return };
    assert_eq!(arrival.incident.place.address.as_deref(), Some("123 Broadway"));
    assert_eq!(arrival.incident.place.access.as_deref(), Some("Suite 75"));
}

#[test]
fn what_stands_in_angle_brackets_is_seen() {
    let Some(arrival) = trouble("note_angle_placeholders") else { return };
    assert!(said(&arrival, "RP <unknown male> has a <knife> in hand"), "{:?}", arrival.incident.facts);
}

#[test]
fn half_a_character_costs_that_character() {
    let Some(arrival) = trouble("lone_surrogate") else { return };
    assert!(said(&arrival, "patient said \u{fffd}"));
    let told = ("/notesComponent/0/notesActionComments", r"\ud83d");
    assert!(arrival.also_sent.iter().any(|also| (also.path.as_str(), also.text.as_str()) == told));
    let Some(arrival) = trouble("bom_file") else { return };
    assert!(said(&arrival, "Says she took pills & water at noon."));
}
