//! Civic addresses: RFC 4776 and 5139, the street parts of RFC 6848, and NENA's CLDXF (STA-004).
//!
//! Rule: the parts are said in the order in which an address is said in North America (CLDXF, "Thoroughfare Address").
//! A part without a place in it is not taken. Neighbours: `pidf` finds the element.

use crate::door::xml::Element;
use crate::incident::Place;

/// The parts of a street's name in their order.
const STREET: [&str; 12] = ["PRM", "PRD", "STP", "STPS", "RD", "STS", "POD", "POM", "RDSEC", "RDBR", "RDSUBBR", "PN"];
/// The parts inside a building, each said with its name.
const INSIDE: [&str; 5] = ["BLD", "UNIT", "FLR", "ROOM", "SEAT"];
/// What is beside an address, or stands for one: a name, a landmark, words.
const BESIDE: [&str; 4] = ["NAM", "LMKP", "LMK", "LOC"];

/// Reads a `civicAddress`.
pub fn read(civic: &Element) -> Place {
    let words = |names: &[&str]| -> Vec<String> { names.iter().flat_map(|name| civic.take_all(name)).map(str::to_owned).collect() };
    let mut street = number(civic);
    let mut name = words(&STREET);
    if civic.count("RD") == 0 {
        // RFC 4119 had the street in A6, until RFC 5139 gave it RD; with RD, A6 is a level below the neighbourhood.
        let at: usize = STREET.iter().take_while(|part| **part != "RD").map(|part| civic.count(part)).sum();
        let old = words(&["A6"]);
        name.splice(at..at, old);
    }
    street.extend(name);
    street.extend(
        words(&["MP"])
            .into_iter()
            .map(|mark| if mark.starts_with(|c: char| c.is_ascii_digit()) { format!("milepost {mark}") } else { mark }),
    );
    let beside = Some(words(&BESIDE).join(" ")).filter(|words| !words.is_empty());
    let locality = ["A3", "A4", "A2"].iter().find_map(|name| civic.take(name)).map(str::to_owned);
    let (head, access) = if street.is_empty() { (beside, None) } else { (Some(street.join(" ")), beside) };
    let inside = INSIDE.iter().flat_map(|part| civic.take_all(part).map(move |value| format!("{part} {value}")));
    let address: Vec<String> = head.into_iter().chain(inside).collect();
    Place { address: (!address.is_empty()).then(|| address.join(", ")), locality, access, position: None, accuracy_m: None }
}

/// The house number. Its prefix is said without a space ("N6W2" and "3001" are N6W23001; FGDC 2.2.1), its suffix with one.
fn number(civic: &Element) -> Vec<String> {
    let text = |name| civic.take(name).unwrap_or_default();
    let number = format!("{}{}", text("HNP"), text("HNO"));
    [number, text("HNS").to_owned()].into_iter().filter(|part| !part.is_empty()).collect()
}
