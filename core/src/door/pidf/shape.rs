//! Shapes of GML and of RFC 5491: where their middle is, and how far the farthest point that they cover lies from it.
//!
//! Rule: an unknown shape, coordinate system, dimension or unit gives nothing rather than something wrong. Only what a
//! field holds as it was written is taken: heights, corners and converted lengths stay in the XML's untaken text.
//! Neighbours: `pidf` finds the element.

use geo::{Centroid, Destination, Distance, Geodesic, LineString, Point, Polygon};

use crate::base::Position;
use crate::door::xml::Element;

/// What a shape says.
pub struct Found {
    /// The middle.
    pub position: Position,
    /// The way to its farthest point in metres; `None` for a point, or where its size is not understood.
    pub accuracy_m: Option<f64>,
}

/// How coordinates are written, as far as the elements above say it.
#[derive(Clone, Copy, Default)]
struct Crs<'x> {
    name: Option<&'x str>,
    dimension: Option<&'x str>,
}

impl<'x> Crs<'x> {
    /// What holds inside `of`: its own attributes before those around it.
    fn within(self, of: &'x Element) -> Self {
        Self { name: of.attribute("srsName").or(self.name), dimension: of.attribute("srsDimension").or(self.dimension) }
    }

    /// Whether longitude comes first, and how many numbers the system itself has; `None` for a system that is not read.
    /// RFC 5491 has the URNs of EPSG 4326 and 4979; the short `EPSG:4326` is written in both orders, so it is not read.
    fn system(self) -> Option<(bool, usize)> {
        let Some(name) = self.name.map(str::trim) else { return Some((false, 2)) };
        let code = name.rsplit([':', '/']).next()?;
        let epsg = name.starts_with("urn:ogc:def:crs:EPSG:") || name.contains("/def/crs/EPSG/");
        match code {
            "4326" if epsg => Some((false, 2)),
            "4979" if epsg => Some((false, 3)),
            "CRS84" if name.starts_with("urn:ogc:def:crs:OGC:") || name.contains("/def/crs/OGC/") => Some((true, 2)),
            _ => None,
        }
    }

    /// The dimension that is stated. One that is not a number, or neither 2 nor 3, is not read.
    fn stated(self) -> Option<Option<usize>> {
        match self.dimension.map(str::trim) {
            None => Some(None),
            Some("2") => Some(Some(2)),
            Some("3") => Some(Some(3)),
            Some(_) => None,
        }
    }

    fn pair(self, numbers: &[f64]) -> Option<(f64, f64)> {
        let (longitude_first, _) = self.system()?;
        let (a, b) = (*numbers.first()?, *numbers.get(1)?);
        let (latitude, longitude) = if longitude_first { (b, a) } else { (a, b) };
        Position::new(latitude, longitude).is_ok().then_some((latitude, longitude))
    }
}

/// Reads a shape; `None` where the element is none, or is not understood.
pub fn read(shape: &Element) -> Option<Found> {
    read_in(shape, Crs::default())
}

fn read_in(shape: &Element, around: Crs<'_>) -> Option<Found> {
    let crs = around.within(shape);
    match shape.name.as_str() {
        "Point" => Some(Found { position: centre(shape, crs)?, accuracy_m: None }),
        "Circle" | "Sphere" => Some(Found { position: centre(shape, crs)?, accuracy_m: length_m(shape, "radius") }),
        "Ellipse" | "Ellipsoid" => Some(Found { position: centre(shape, crs)?, accuracy_m: length_m(shape, "semiMajorAxis") }),
        "ArcBand" => arc_band(shape, crs),
        "Polygon" => polygon(shape, crs),
        "Prism" => {
            let base = shape.child("base")?;
            let crs = crs.within(base);
            base.children.iter().find_map(|surface| (surface.name == "Polygon").then(|| read_in(surface, crs)).flatten())
        }
        _ => None,
    }
}

/// The position that a shape stands around.
fn centre(shape: &Element, crs: Crs<'_>) -> Option<Position> {
    let pos = shape.child("pos")?;
    let (latitude, longitude) = one(pos, crs)?;
    let position = Position::new(latitude, longitude).ok()?;
    if numbers(&pos.text)?.len() == 2 {
        pos.take_text();
    }
    Some(position)
}

/// The pair in a `pos`.
fn one(pos: &Element, around: Crs<'_>) -> Option<(f64, f64)> {
    let (crs, numbers) = (around.within(pos), numbers(&pos.text)?);
    let right = crs.stated()?.map_or((2..=3).contains(&numbers.len()), |stated| stated == numbers.len());
    if right { crs.pair(&numbers) } else { None }
}

fn numbers(text: &str) -> Option<Vec<f64>> {
    text.split_whitespace().map(|word| word.parse().ok().filter(|number: &f64| number.is_finite())).collect()
}

/// A sector of a ring around a mast: its middle is the sector's, not the mast's (RFC 5491, section 5.2.5).
fn arc_band(shape: &Element, crs: Crs<'_>) -> Option<Found> {
    let mast = centre(shape, crs)?;
    let (inner, outer) = (length(shape, "innerRadius")?, length(shape, "outerRadius")?);
    let (start, opening) = (angle(shape, "startAngle")?, angle(shape, "openingAngle")?);
    if !(inner <= outer && opening > 0.0 && opening <= 360.0) {
        return None;
    }
    let half = (opening / 2.0).to_radians();
    let mean = if outer - inner > 1e-6 { 2.0 / 3.0 * (outer.powi(3) - inner.powi(3)) / (outer.powi(2) - inner.powi(2)) } else { outer };
    let away = mean * half.sin().max(0.0) / half;
    let middle = Geodesic.destination(Point::new(mast.longitude(), mast.latitude()), start + opening / 2.0, away);
    let farthest = |radius: f64| (radius.powi(2) + away.powi(2) - 2.0 * radius * away * half.cos()).max(0.0).sqrt();
    Some(Found { position: Position::new(middle.y(), turned(middle.x())).ok()?, accuracy_m: Some(farthest(outer).max(farthest(inner))) })
}

/// The middle of a polygon's outer ring, and the way to its farthest corner. What is cut out of it moves nothing.
fn polygon(polygon: &Element, crs: Crs<'_>) -> Option<Found> {
    let outer = polygon.child("exterior").or_else(|| polygon.child("outerBoundaryIs"));
    let crs = outer.map_or(crs, |outer| crs.within(outer));
    let ring = outer.unwrap_or(polygon).child("LinearRing")?;
    let corners = ring_of(ring, crs.within(ring))?;
    let east_of = corners.first()?.1;
    let flat: Vec<(f64, f64)> = corners.iter().map(|c| (turned(c.1 - east_of), c.0)).collect();
    let middle = Polygon::new(LineString::from(flat), vec![]).centroid()?;
    let middle = Position::new(middle.y(), turned(east_of + middle.x())).ok()?;
    let to = |c: &(f64, f64)| Geodesic.distance(Point::new(middle.longitude(), middle.latitude()), Point::new(c.1, c.0));
    Some(Found { position: middle, accuracy_m: corners.iter().map(to).reduce(f64::max) })
}

/// A longitude within -180 and 180.
fn turned(longitude: f64) -> f64 {
    (longitude + 540.0).rem_euclid(360.0) - 180.0
}

fn ring_of(ring: &Element, crs: Crs<'_>) -> Option<Vec<(f64, f64)>> {
    let corners = match ring.child("posList") {
        Some(list) => listed(list, crs.within(list))?,
        None => {
            let point = |child: &Element| match child.name.as_str() {
                "pos" => Some(one(child, crs)),
                "pointProperty" => child.child("Point").map(|point| one(point.child("pos")?, crs.within(child).within(point))),
                _ => None,
            };
            ring.children.iter().filter_map(point).collect::<Option<Vec<_>>>()?
        }
    };
    (corners.len() >= 3).then_some(corners)
}

/// The corners of a list. Where it does not say how many numbers a corner has, that count holds by which the ring is
/// closed, as GML asks; the count of the coordinate system is tried first.
fn listed(list: &Element, crs: Crs<'_>) -> Option<Vec<(f64, f64)>> {
    let numbers = numbers(&list.text)?;
    let (_, usual) = crs.system()?;
    let stated = crs.stated()?;
    let counts = stated.map_or_else(|| vec![usual, 5 - usual], |stated| vec![stated]);
    counts.into_iter().filter(|count| numbers.len().is_multiple_of(*count)).find_map(|count| {
        let corners: Vec<&[f64]> = numbers.chunks_exact(count).collect();
        let closed = corners.first() == corners.last();
        if closed || stated.is_some() { corners.into_iter().map(|corner| crs.pair(corner)).collect() } else { None }
    })
}

/// A length in metres. It is taken where it was written in metres.
fn length_m(of: &Element, name: &str) -> Option<f64> {
    let metres = length(of, name)?;
    if metre(of.child(name)?.attribute("uom")) == Some(1.0) {
        of.take(name);
    }
    Some(metres)
}

fn length(of: &Element, name: &str) -> Option<f64> {
    let child = of.child(name)?;
    let metres = child.text.parse::<f64>().ok()? * metre(child.attribute("uom"))?;
    (metres.is_finite() && metres >= 0.0).then_some(metres)
}

/// How many metres a unit is (EPSG's registry of units); RFC 5491 uses metres.
fn metre(uom: Option<&str>) -> Option<f64> {
    let Some(uom) = uom else { return Some(1.0) };
    Some(match epsg(uom) {
        "9001" | "m" | "metre" | "metres" | "meter" | "meters" => 1.0,
        "9002" | "ft" | "foot" | "feet" => 0.3048,
        "9003" => 1200.0 / 3937.0,
        "9036" | "km" => 1000.0,
        "9093" => 1609.344,
        "9030" => 1852.0,
        _ => return None,
    })
}

/// An angle in degrees, clockwise from north.
fn angle(of: &Element, name: &str) -> Option<f64> {
    let child = of.child(name)?;
    let number: f64 = child.text.parse().ok()?;
    let degrees = match child.attribute("uom").map(epsg) {
        None | Some("9102" | "9122" | "deg" | "degree" | "degrees") => number,
        Some("9101" | "rad" | "radian" | "radians") => number.to_degrees(),
        _ => return None,
    };
    degrees.is_finite().then_some(degrees)
}

/// The code of a unit: the last part of its URN, or its short name.
fn epsg(uom: &str) -> &str {
    uom.trim().rsplit([':', '#', '/']).next().unwrap_or_default()
}
