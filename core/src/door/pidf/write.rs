//! Writes a place as PIDF-LO: a point or a circle, and an address in one line.
//!
//! Rule: what is written comes back the same from [`super::read`]. Neighbours: `eido::write_parts` puts it into a document.

use crate::door::xml::escaped;
use crate::incident::Place;

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
