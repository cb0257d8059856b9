//! One street of the pack: its line, its name, its rows.

use super::flat::Point;
use super::format::{CLASS_BITS, Class, Section};
use super::pack::{Roads, RoadsError, damaged};
use super::snap::Spot;

/// A point of a pack as it is stored, and whether a street begins there.
pub(super) fn point([north, east]: [i32; 2]) -> (Point, bool) {
    (Point { north: north >> 1, east }, north & 1 != 0)
}

impl Roads {
    /// The line of a street, from its beginning to its end, into `line`.
    pub(super) fn line(&self, street: usize, line: &mut Vec<Point>) -> Result<(), RoadsError> {
        let points = self.points().get(self.points_of(street)?).filter(|points| points.len() > 1).ok_or(damaged("shapes"))?;
        line.clear();
        line.extend(points.iter().map(|stored| point(*stored).0));
        Ok(())
    }

    /// Where the points of a street begin and end.
    pub(super) fn points_of(&self, street: usize) -> Result<std::ops::Range<usize>, RoadsError> {
        let begin = |street: usize| self.street_records().get(street).map(|[_, point, ..]| *point as usize);
        Ok(begin(street).ok_or(damaged("streets"))?..begin(street + 1).ok_or(damaged("streets"))?)
    }

    /// The street to which a point belongs; the last one beyond all points.
    pub(super) fn street_at(&self, point: usize) -> usize {
        let streets = self.street_records().get(..self.streets).unwrap_or_default();
        streets.partition_point(|[_, first, ..]| *first as usize <= point).saturating_sub(1)
    }

    /// The name of the street on which a spot lies; `None` where it has none.
    pub fn street_of(&self, spot: &Spot) -> Option<&str> {
        self.name(spot.street as usize).filter(|name| !name.is_empty())
    }

    /// The name of a street; empty where it has none.
    pub(super) fn name(&self, street: usize) -> Option<&str> {
        let [.., name] = self.street_records().get(street)?;
        let (length, name) = self.bytes_of(Section::Names).get((name >> CLASS_BITS) as usize..)?.split_first_chunk()?;
        std::str::from_utf8(name.get(..usize::from(u16::from_le_bytes(*length)))?).ok()
    }

    /// How important a street is.
    pub(super) fn class(&self, street: usize) -> Class {
        Class::from_number(self.street_records().get(street).map_or(u32::MAX, |[.., class]| class & ((1 << CLASS_BITS) - 1)))
    }

    /// Where the rows of a street begin and end.
    pub(super) fn rows_of(&self, street: usize) -> Result<std::ops::Range<usize>, RoadsError> {
        let records = self.street_records();
        let begin = |street: usize| records.get(street).map(|[row, ..]| *row as usize);
        match (begin(street), begin(street + 1)) {
            (Some(from), Some(until)) if from <= until && until <= self.rows().len() => Ok(from..until),
            _ => Err(damaged("streets")),
        }
    }
}
