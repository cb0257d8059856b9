//! PIDF-LO (RFC 4119, 5139, 5491, 6848): the XML in which 911 writes places.
//!
//! Rule: each `location-info` is a place of its own, in the order of the document, and what stands in two of them is never
//! mixed (RFC 5491, section 3). What is not understood gives no position rather than a wrong one, and stays in the XML's
//! untaken text. Neighbours: `shape` reads positions, `civic` addresses, [`write()`] writes.

mod civic;
mod shape;
mod write;

use super::xml::{BadXml, Element, read as read_xml};
use crate::incident::Place;

pub use write::write;

/// The places read from PIDF-LO, and what of the XML has no field.
#[derive(Debug)]
pub struct Pidf {
    /// The places, the sender's most important first. One of which nothing is known is left out.
    pub places: Vec<Place>,
    /// The XML, which knows what was taken.
    pub xml: Element,
}

/// The most places that one document gives; what further ones say stays untaken.
const MOST_PLACES: usize = 32;

/// Reads a PIDF-LO document. A position that is not on Earth is left out, never moved.
///
/// # Errors
/// [`BadXml`].
pub fn read(text: &str) -> Result<Pidf, BadXml> {
    let xml = read_xml(text)?;
    let mut infos = Vec::new();
    location_infos(&xml, &mut infos);
    if infos.is_empty() {
        infos.push(&xml);
    }
    let places = infos.into_iter().take(MOST_PLACES).map(place).filter(|place| *place != Place::default()).collect();
    Ok(Pidf { places, xml })
}

fn location_infos<'x>(of: &'x Element, found: &mut Vec<&'x Element>) {
    if of.name == "location-info" {
        found.push(of);
    } else {
        of.children.iter().for_each(|child| location_infos(child, found));
    }
}

/// What one `location-info` says: its first shape and its first address. They complete each other (RFC 5491, section 3.4).
fn place(info: &Element) -> Place {
    let parts = || std::iter::once(info).chain(&info.children);
    let mut place = parts().find(|part| part.name == "civicAddress").map(civic::read).unwrap_or_default();
    if let Some(found) = parts().find_map(shape::read) {
        place.position = Some(found.position);
        place.accuracy_m = found.accuracy_m;
    }
    place
}

#[cfg(test)]
mod tests;
