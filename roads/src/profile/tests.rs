//! What tags mean for a crisis car.

use super::*;

fn driven(tags: &[(&'static str, &'static str)]) -> Option<Driven> {
    Profile::default().driven(&tags.iter().copied().collect())
}

#[test]
fn a_limit_is_driven_by_nine_tenths_in_miles_too() {
    let there = |limit| driven(&[("highway", "primary"), ("maxspeed", limit)]).unwrap().there.unwrap();
    assert!((there("50") - 45.0).abs() < 1e-9);
    assert!((there("30 mph") - 43.452_288).abs() < 1e-9);
    assert!((there("none") - 60.0).abs() < 1e-9);
    assert!((there("1e9") - 60.0).abs() < 1e-9);
}

#[test]
fn one_ways_roundabouts_and_motorways_go_one_way() {
    let ways = |tags: &[(&'static str, &'static str)]| driven(tags).map(|d| (d.there.is_some(), d.back.is_some()));
    assert_eq!(ways(&[("highway", "residential")]), Some((true, true)));
    assert_eq!(ways(&[("highway", "residential"), ("oneway", "yes")]), Some((true, false)));
    assert_eq!(ways(&[("highway", "residential"), ("oneway", "-1")]), Some((false, true)));
    assert_eq!(ways(&[("highway", "tertiary"), ("junction", "roundabout")]), Some((true, false)));
    assert_eq!(ways(&[("highway", "motorway")]), Some((true, false)));
    assert_eq!(ways(&[("highway", "motorway"), ("oneway", "no")]), Some((true, true)));
    assert_eq!(ways(&[("highway", "residential"), ("oneway", "reversible")]), None);
}

#[test]
fn the_narrowest_word_about_access_counts() {
    assert!(driven(&[("highway", "service"), ("access", "no")]).is_none());
    assert!(driven(&[("highway", "service"), ("access", "no"), ("motorcar", "yes")]).is_some());
    assert!(driven(&[("highway", "footway")]).is_none());
    let private = driven(&[("highway", "residential"), ("access", "private")]).unwrap();
    assert_eq!(private.there, Some(8.0));
}

#[test]
fn the_more_specific_key_counts_in_each_direction() {
    let ways = |tags: &[(&'static str, &'static str)]| {
        let tags = [&[("highway", "residential")], tags].concat();
        driven(&tags).map(|d| (d.there.is_some(), d.back.is_some()))
    };
    assert_eq!(ways(&[("motor_vehicle:backward", "no")]), Some((true, false)));
    assert_eq!(ways(&[("vehicle:forward", "no")]), Some((false, true)));
    assert_eq!(ways(&[("access:backward", "no"), ("motorcar", "yes")]), Some((true, true)));
    assert_eq!(ways(&[("motor_vehicle", "no"), ("motorcar:forward", "yes")]), Some((true, false)));
    assert_eq!(ways(&[("access", "no"), ("emergency", "yes")]), None);
    assert_eq!(ways(&[("access", "no"), ("access:conditional", "yes @ (06:00-22:00)")]), None);
    assert_eq!(ways(&[("motor_vehicle:conditional", "no @ (22:00-06:00)")]), Some((true, true)));
    assert_eq!(ways(&[("oneway", "yes"), ("oneway:motor_vehicle", "no")]), Some((true, true)));
}

#[test]
fn of_a_list_the_word_that_lets_in_most_counts() {
    let there = |value| driven(&[("highway", "residential"), ("motor_vehicle", value)]).and_then(|d| d.there);
    assert_eq!(there("agricultural;forestry"), None);
    assert_eq!(there("private;customers"), Some(8.0));
    assert_eq!(there("no; destination"), Some(28.0));
    assert_eq!(there(";"), Some(28.0));
}

#[test]
fn a_way_for_others_is_driven_where_a_key_of_its_own_lets_cars_in() {
    for highway in ["pedestrian", "footway", "busway"] {
        assert!(driven(&[("highway", highway)]).is_none() && driven(&[("highway", highway), ("access", "yes")]).is_none());
        assert_eq!(driven(&[("highway", highway), ("motor_vehicle", "yes")]).unwrap().there, Some(10.0), "{highway}");
    }
    assert!(driven(&[("highway", "construction"), ("motor_vehicle", "yes")]).is_none());
    for (key, value) in [("winter_road", "yes"), ("disused", "yes"), ("service", "emergency_access")] {
        assert!(driven(&[("highway", "service"), (key, value)]).is_none(), "{key}");
    }
}

#[test]
fn limits_and_durations_are_read_as_they_are_written() {
    for (limit, expected) in [
        ("55 mph", Some(88.5)),
        ("55mph", Some(88.5)),
        ("55 MPH", Some(88.5)),
        ("50;30", Some(30.0)),
        ("20.5", Some(20.5)),
        ("walk", Some(5.0)),
        ("none", None),
        ("signals", None),
        ("RO:urban", None),
        ("0", None),
    ] {
        assert_eq!(kmh(limit).map(|kmh| (kmh * 10.0).round() / 10.0), expected, "{limit}");
    }
    for (duration, expected) in [
        ("20", Some(1200.0)),
        ("00:20", Some(1200.0)),
        ("PT20M", Some(1200.0)),
        ("PT1H30M", Some(5400.0)),
        ("P1DT0H", Some(86_400.0)),
        ("soon", None),
        ("P2D", None),
        ("-20", None),
    ] {
        assert_eq!(duration_s(duration), expected, "{duration}");
    }
}

#[test]
fn a_ferry_carries_cars_where_it_says_so_and_takes_what_it_says() {
    assert!(driven(&[("route", "ferry")]).is_none());
    let ferry = driven(&[("route", "ferry"), ("motor_vehicle", "yes"), ("duration", "00:20")]).unwrap();
    assert_eq!((ferry.takes_s, ferry.class), (Some(1200.0), Class::Ferry));
    let one_way = driven(&[("route", "ferry"), ("motorcar", "yes"), ("oneway", "yes")]).unwrap();
    assert!(one_way.there.is_some() && one_way.back.is_none());
}

#[test]
fn a_profile_that_cannot_be_is_refused() {
    assert!(Profile::parse(r#"{"share_of_limit": 0.8}"#).is_ok());
    assert!(Profile::parse(r#"{"ferry_kmh": -3}"#).is_err());
    assert!(Profile::parse(r#"{"speed": 3}"#).is_err());
    assert!(Profile::parse(r#"{"private_kmh": null}"#).unwrap().private_kmh.is_none());
}
