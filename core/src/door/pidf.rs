//! PIDF-LO (RFC 4119, 5139, 5491): the XML in which 911 writes places. Reads points, circles, ellipses, arc bands,
//! polygons and civic addresses; writes a point or a circle and an address.

use geo::{Distance, Geodesic, Point};

use super::xml::{BadXml, Element, escaped, read as read_xml};
use crate::base::Position;
use crate::incident::Place;

/// A place read from PIDF-LO, and what of the XML has no field.
#[derive(Debug)]
pub struct Pidf {
    /// The place.
    pub place: Place,
    /// The XML, which knows what was taken.
    pub xml: Element,
}

/// Reads a PIDF-LO document. A position that is not on Earth is left out, never moved.
///
/// # Errors
/// [`BadXml`].
pub fn read(text: &str) -> Result<Pidf, BadXml> {
    let xml = read_xml(text)?;
    let mut place = xml.find("civicAddress").map(civic).unwrap_or_default();
    if let Some((position, accuracy_m)) = shape(&xml) {
        place.position = Some(position);
        place.accuracy_m = accuracy_m;
    }
    Ok(Pidf { place, xml })
}

fn civic(civic: &Element) -> Place {
    let words = |names: &[&str]| {
        let found: Vec<&str> = names.iter().filter_map(|name| civic.take(name)).collect();
        (!found.is_empty()).then(|| found.join(" "))
    };
    let mut street = words(&["HNO", "HNS", "PRM", "PRD", "RD", "RDSEC", "RDBR", "RDSUBBR", "STS", "POD", "POM"]);
    for part in ["BLD", "UNIT", "FLR", "ROOM"] {
        if let (Some(street), Some(value)) = (street.as_mut(), civic.child_text(part)) {
            civic.take(part);
            street.push_str(&format!(", {part} {value}"));
        }
    }
    let beside = words(&["NAM", "LMK", "LOC"]);
    let locality = ["A3", "A4", "A2"].iter().find_map(|name| civic.take(name)).map(str::to_owned);
    let (address, access) = if street.is_some() { (street, beside) } else { (beside, None) };
    Place { address, locality, access, position: None, accuracy_m: None }
}

fn shape(xml: &Element) -> Option<(Position, Option<f64>)> {
    if let Some(ring) = xml.find("Polygon") {
        return polygon(ring);
    }
    let found = ["Circle", "Ellipse", "ArcBand", "Point"].iter().find_map(|name| xml.find(name))?;
    let position = position(found)?;
    let accuracy = ["radius", "outerRadius", "semiMajorAxis"].iter().find_map(|name| {
        let metres: f64 = found.child_text(name)?.parse().ok()?;
        (metres.is_finite() && metres >= 0.0).then(|| {
            found.take(name);
            metres
        })
    });
    Some((position, accuracy))
}

fn position(of: &Element) -> Option<Position> {
    let pos = of.find("pos")?;
    let position = numbers(&pos.text).and_then(|n| Position::new(*n.first()?, *n.get(1)?).ok())?;
    pos.take_text();
    Some(position)
}

fn numbers(text: &str) -> Option<Vec<f64>> {
    text.split_whitespace().map(|word| word.parse().ok()).collect()
}

/// The middle of a polygon's corners, and the way to its farthest corner as accuracy. The corners stay in "also sent".
fn polygon(ring: &Element) -> Option<(Position, Option<f64>)> {
    let mut corners = Vec::new();
    if let Some(list) = ring.find("posList") {
        corners = numbers(&list.text)?.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect();
    } else {
        all_pos(ring, &mut corners);
    }
    if corners.first() == corners.last() {
        corners.pop();
    }
    let east_of = corners.first()?.1;
    let count = f64::from(u32::try_from(corners.len()).ok()?);
    let turned = |longitude: f64| (longitude - east_of + 540.0).rem_euclid(360.0) - 180.0;
    let latitude = corners.iter().map(|c| c.0).sum::<f64>() / count;
    let longitude = east_of + corners.iter().map(|c| turned(c.1)).sum::<f64>() / count;
    let middle = Position::new(latitude, (longitude + 540.0).rem_euclid(360.0) - 180.0).ok()?;
    let to = |c: &(f64, f64)| Geodesic.distance(Point::new(middle.longitude(), middle.latitude()), Point::new(c.1, c.0));
    let on_earth = corners.iter().all(|c| Position::new(c.0, c.1).is_ok());
    on_earth.then(|| (middle, corners.iter().map(to).reduce(f64::max)))
}

fn all_pos(of: &Element, corners: &mut Vec<(f64, f64)>) {
    for child in &of.children {
        match numbers(&child.text) {
            Some(n) if child.name == "pos" => corners.extend(n.first().copied().zip(n.get(1).copied())),
            _ => all_pos(child, corners),
        }
    }
}

/// Writes a place; `None` where nothing is known of it. How to get in travels outside the XML.
pub fn write(place: &Place) -> Option<String> {
    let mut inside = String::new();
    if let Some(position) = place.position {
        let at = format!("<gml:pos>{} {}</gml:pos>", position.latitude(), position.longitude());
        inside.push_str(&match place.accuracy_m {
            Some(m) => format!(
                "<gs:Circle srsName=\"urn:ogc:def:crs:EPSG::4326\">{at}<gs:radius uom=\"urn:ogc:def:uom:EPSG::9001\">{m}</gs:radius></gs:Circle>"
            ),
            None => format!("<gml:Point srsName=\"urn:ogc:def:crs:EPSG::4326\">{at}</gml:Point>"),
        });
    }
    if place.address.is_some() || place.locality.is_some() {
        let part = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| format!("<ca:{name}>{}</ca:{name}>", escaped(text))).unwrap_or_default()
        };
        inside.push_str(&format!("<ca:civicAddress>{}{}</ca:civicAddress>", part("A3", &place.locality), part("LOC", &place.address)));
    }
    (!inside.is_empty()).then(|| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
             xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\" xmlns:ca=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr\" \
             xmlns:gml=\"http://www.opengis.net/gml\" xmlns:gs=\"http://www.opengis.net/pidflo/1.0\" entity=\"pres:scene@invalid\">\
             <tuple id=\"scene\"><status><gp:geopriv><gp:location-info>{inside}</gp:location-info><gp:usage-rules/></gp:geopriv></status></tuple></presence>"
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shaped(inner: &str) -> Place {
        read(&format!("<presence><tuple><status><geopriv><location-info>{inner}</location-info></geopriv></status></tuple></presence>"))
            .unwrap()
            .place
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
        assert_eq!(pidf.place.position, None);
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
            prop_assert_eq!(read(&write(&place).unwrap()).unwrap().place, place);
        }
    }
}
