//! The map: lines for a part of the Earth at a scale, without a tile or a server.

use geo::{Coord, LineString, Simplify};

use super::flat::Point;
use super::format::Class;
use super::pack::{Roads, RoadsError};

/// What is to be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Degrees.
    pub south: f64,
    /// Degrees.
    pub west: f64,
    /// Degrees.
    pub north: f64,
    /// Degrees.
    pub east: f64,
    /// How many metres a pixel of the screen covers.
    pub metres_per_pixel: f64,
}

/// One street as a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// How important it is.
    pub class: Class,
    /// Degrees: latitude, longitude, latitude, longitude, …
    pub points: Vec<f64>,
    /// Its name; empty where it has none.
    pub name: String,
}

/// The least important class that is still seen at a scale: smaller streets would be a grey cloud.
fn smallest(metres_per_pixel: f64) -> Class {
    match metres_per_pixel {
        m if m <= 12.0 => Class::Ferry,
        m if m <= 25.0 => Class::Residential,
        m if m <= 60.0 => Class::Tertiary,
        m if m <= 150.0 => Class::Secondary,
        _ => Class::Primary,
    }
}

impl Roads {
    /// The streets in a view, the least important first, each simplified to half a pixel. Names are given where a
    /// pixel covers three metres or less.
    ///
    /// # Errors
    /// [`RoadsError`] where the pack is not what it says.
    pub fn lines(&self, view: View) -> Result<Vec<Line>, RoadsError> {
        let within = |degrees: f64| (degrees * 1e7).clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i32;
        let around = [within(view.south), within(view.west), within(view.north), within(view.east)];
        let least = smallest(view.metres_per_pixel);
        // Half a pixel, in degrees of latitude.
        let half = (view.metres_per_pixel * 0.5 / 111_195.0).max(0.0);
        let mut points = Vec::new();
        let mut lines = Vec::new();
        for street in self.streets_in(around) {
            let class = self.class(street);
            if class > least && class != Class::Ferry {
                continue;
            }
            self.line(street, &mut points)?;
            if !touches(&points, around) {
                continue;
            }
            let name = if view.metres_per_pixel <= 3.0 { self.name(street).unwrap_or_default() } else { "" };
            lines.push(Line { class, points: simplified(&points, half), name: name.to_owned() });
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.class));
        Ok(lines)
    }
}

/// Whether a line's own box touches a box.
fn touches(line: &[Point], [south, west, north, east]: [i32; 4]) -> bool {
    let side = |of: fn(&Point) -> i32| (line.iter().map(of).min().unwrap_or(i32::MAX), line.iter().map(of).max().unwrap_or(i32::MIN));
    let ((low, high), (left, right)) = (side(|p| p.north), side(|p| p.east));
    // A line over the antimeridian has its least and greatest longitude around all others.
    let over = i64::from(right) - i64::from(left) > 1_800_000_000;
    low <= north && south <= high && (over || left <= east && west <= right)
}

fn simplified(line: &[Point], half: f64) -> Vec<f64> {
    let degrees = |p: &Point| Coord { x: f64::from(p.east) * 1e-7, y: f64::from(p.north) * 1e-7 };
    let line: LineString = line.iter().map(degrees).collect();
    let line = if line.0.len() > 2 && half > 0.0 { line.simplify(half) } else { line };
    line.0.iter().flat_map(|at| [at.y, at.x]).collect()
}
