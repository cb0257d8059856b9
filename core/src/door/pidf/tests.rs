//! What PIDF-LO says, and what of it is not understood.

use proptest::prelude::*;

use super::*;
use crate::base::Position;

fn shaped(inner: &str) -> Place {
    read(&format!("<presence><tuple><status><geopriv><location-info>{inner}</location-info></geopriv></status></tuple></presence>"))
        .unwrap()
        .places
        .pop()
        .unwrap_or_default()
}

#[test]
fn points_circles_and_ellipses_are_read() {
    let point = shaped("<g:Point><g:pos>40.5 -75.25</g:pos></g:Point>");
    assert_eq!((point.position, point.accuracy_m), (Position::new(40.5, -75.25).ok(), None));
    let circle = shaped("<s:Circle><g:pos>40.5 -75.25 12</g:pos><s:radius uom='m'>30.5</s:radius></s:Circle>");
    assert_eq!((circle.position, circle.accuracy_m), (point.position, Some(30.5)));
    let ellipse = shaped("<Ellipse><pos>40.5 -75.25</pos><semiMajorAxis>50</semiMajorAxis><semiMinorAxis>9</semiMinorAxis></Ellipse>");
    assert_eq!(ellipse.accuracy_m, Some(50.0));
}

#[test]
fn a_polygon_becomes_its_middle_also_across_the_antimeridian() {
    let place = shaped(
        "<Polygon><exterior><LinearRing><pos>-1 179</pos><pos>1 179</pos><pos>1 -179</pos><pos>-1 -179</pos><pos>-1 179</pos></LinearRing></exterior></Polygon>",
    );
    let middle = place.position.unwrap();
    assert!(middle.latitude().abs() < 1e-9 && (middle.longitude().abs() - 180.0).abs() < 1e-9, "{middle:?}");
    assert!((place.accuracy_m.unwrap() - 156_900.0).abs() < 500.0, "{:?}", place.accuracy_m);
}

#[test]
fn a_position_that_is_not_on_earth_is_left_out_and_still_told() {
    let pidf = read("<p><Point><pos>140.5 -75.25</pos></Point></p>").unwrap();
    assert_eq!(pidf.places, []);
    let mut left = Vec::new();
    pidf.xml.left("", &mut |way, text| {
        left.push((way, text));
        Some(())
    });
    assert_eq!(left, [("/p/Point/pos".to_owned(), "140.5 -75.25".to_owned())]);
    for bad in ["NaN 1", "1", "", "x y", "inf 0"] {
        assert_eq!(shaped(&format!("<Point><pos>{bad}</pos></Point>")).position, None, "{bad}");
    }
}

#[test]
fn a_civic_address_reads_as_people_say_it() {
    let place = shaped(
        "<civicAddress><country>US</country><A3>Wilmington</A3><HNO>42</HNO><PRD>W</PRD><RD>Cellular</RD><STS>Street</STS><FLR>3</FLR><LOC>rear door</LOC></civicAddress>",
    );
    assert_eq!(place.address.as_deref(), Some("42 W Cellular Street, FLR 3"));
    assert_eq!(place.locality.as_deref(), Some("Wilmington"));
    assert_eq!(place.access.as_deref(), Some("rear door"));
}

proptest! {
    #[test]
    fn a_place_goes_out_and_comes_back(
        latitude in -90.0..=90.0_f64, longitude in -180.0..=180.0_f64, accuracy in prop::option::of(0.0..1e5_f64),
        address in prop::option::of("[!-~]{1}[ -~é&<>]{0,20}[!-~]"), locality in prop::option::of("[A-Za-z<&]{1,9}"),
    ) {
        let place = Place { address, locality, access: None, position: Position::new(latitude, longitude).ok(), accuracy_m: accuracy };
        prop_assert_eq!(read(&write(&place).unwrap()).unwrap().places, [place]);
    }
}

#[test]
fn what_stands_in_two_tuples_is_never_mixed() {
    let tuple = |inner: &str| format!("<tuple><status><geopriv><location-info>{inner}</location-info></geopriv></status></tuple>");
    let both = format!(
        "<presence>{}{}{}</presence>",
        tuple("<civicAddress><A3>Pottstown</A3></civicAddress>"),
        tuple("<LineString><pos>1 2</pos></LineString>"),
        tuple("<Circle><pos>40 -75</pos><radius>9</radius></Circle>")
    );
    let places = read(&both).unwrap().places;
    assert_eq!(places.len(), 2);
    assert_eq!((places[0].locality.as_deref(), places[0].position), (Some("Pottstown"), None));
    assert_eq!((places[1].locality.as_deref(), places[1].accuracy_m), (None, Some(9.0)));
}

#[test]
fn what_is_not_understood_gives_no_position() {
    for unknown in [
        "<MultiPoint><pointMember><Point><pos>40 -75</pos></Point></pointMember></MultiPoint>",
        "<Point srsName='urn:ogc:def:crs:EPSG::26918'><pos>40 -75</pos></Point>",
        "<Point srsName='EPSG:4326'><pos>40 -75</pos></Point>",
        "<Point><pos>40 -75 3 4</pos></Point>",
        "<Point><pos srsDimension='3'>40 -75</pos></Point>",
        "<Polygon><exterior><LinearRing><posList>40 -75 41 -75 41 -74 40 -74</posList></LinearRing></exterior></Polygon>",
        "<Polygon><exterior><LinearRing><pos>40 -75</pos><pos>95 -75</pos><pos>40 -74</pos></LinearRing></exterior></Polygon>",
        "<ArcBand><pos>40 -75</pos><innerRadius>9</innerRadius><outerRadius>3</outerRadius><startAngle>0</startAngle><openingAngle>9</openingAngle></ArcBand>",
    ] {
        assert_eq!(shaped(unknown).position, None, "{unknown}");
    }
    let unit = shaped("<Circle><pos>40 -75</pos><radius uom='urn:ogc:def:uom:EPSG::9999'>3</radius></Circle>");
    assert_eq!((unit.position.is_some(), unit.accuracy_m), (true, None));
}

#[test]
fn longitude_comes_first_where_the_system_says_so() {
    let place = shaped("<Point srsName='urn:ogc:def:crs:OGC:1.3:CRS84'><pos>-75 40</pos></Point>");
    assert_eq!(place.position, Position::new(40.0, -75.0).ok());
}

#[test]
fn an_arc_band_is_where_its_sector_is_and_not_at_the_mast() {
    let arc = |opening: &str| {
        shaped(&format!(
            "<ArcBand><pos>40 -75</pos><innerRadius uom='m'>1000</innerRadius><outerRadius uom='m'>3000</outerRadius>\
             <startAngle uom='urn:ogc:def:uom:EPSG::9102'>80</startAngle><openingAngle uom='urn:ogc:def:uom:EPSG::9102'>{opening}</openingAngle></ArcBand>"
        ))
    };
    let sector = arc("20");
    let at = sector.position.unwrap();
    assert!(at.longitude() > -74.98 && (at.latitude() - 40.0).abs() < 0.001, "{sector:?}");
    assert!((900.0..1400.0).contains(&sector.accuracy_m.unwrap()), "{sector:?}");
    let ring = arc("360");
    assert!((ring.position.unwrap().longitude() + 75.0).abs() < 1e-6 && (ring.accuracy_m.unwrap() - 3000.0).abs() < 1.0, "{ring:?}");
}

#[test]
fn heights_are_told_and_never_taken_for_a_corner() {
    for (attributes, corner) in [("srsDimension='3'", "40 -75 9"), ("", "40 -75 9"), ("srsDimension='2'", "40 -75"), ("", "40 -75")] {
        let height = if corner.ends_with('9') { " 9" } else { "" };
        let ring = format!("{corner} 40.01 -75{height} 40.01 -74.99{height} 40 -74.99{height} {corner}");
        let place =
            shaped(&format!("<Polygon {attributes}><exterior><LinearRing><posList>{ring}</posList></LinearRing></exterior></Polygon>"));
        let middle = place.position.unwrap();
        assert!((middle.latitude() - 40.005).abs() < 1e-6 && (middle.longitude() + 74.995).abs() < 1e-6, "{ring}: {middle:?}");
    }
    let pidf = read("<p><Ellipsoid><pos>40 -75 26.3</pos><semiMajorAxis>8</semiMajorAxis></Ellipsoid></p>").unwrap();
    assert_eq!(pidf.places[0].accuracy_m, Some(8.0));
    let mut left = String::new();
    pidf.xml.left("", &mut |_, text| {
        left.push_str(&text);
        Some(())
    });
    assert_eq!(left, "40 -75 26.3", "a height has no field");
}

#[test]
fn every_part_of_a_street_has_its_place() {
    for (parts, address) in [
        (
            "<HNO>42</HNO><HNS>1/2</HNS><PRM>Old</PRM><PRD>N</PRD><RD>Main</RD><STS>St</STS><POD>E</POD><POM>Ext</POM>",
            "42 1/2 Old N Main St E Ext",
        ),
        ("<STP>Avenue</STP><STPS>of the</STPS><RD>Americas</RD><HNO>1</HNO>", "1 Avenue of the Americas"),
        ("<RD>I 95</RD><POD>NB</POD><MP>12.4</MP>", "I 95 NB milepost 12.4"),
        ("<HNO>9</HNO><PRD>W</PRD><A6>Elm</A6><STS>Ave</STS>", "9 W Elm Ave"),
        ("<HNO>9</HNO><A6>Block C</A6><RD>Elm</RD>", "9 Elm"),
        ("<LMK>Harbor Hospital</LMK><BLD>4</BLD><ROOM>212</ROOM>", "Harbor Hospital, BLD 4, ROOM 212"),
        ("<UNIT>4B</UNIT><UNIT>rear</UNIT>", "UNIT 4B, UNIT rear"),
    ] {
        assert_eq!(shaped(&format!("<civicAddress>{parts}</civicAddress>")).address.as_deref(), Some(address));
    }
}
