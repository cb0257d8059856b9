//! One street of the pack: its line, its name, its rows.

use super::flat::Point;
use super::format::{Class, FAN, Section};
use super::pack::{Roads, RoadsError, damaged};
use super::snap::Spot;

/// The most points that one line may have. OpenStreetMap allows 2,000 nodes in a way.
const MOST_POINTS: u64 = 100_000;

/// Reads LEB128 numbers.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn difference(&mut self) -> Option<i32> {
        let zigzag = u32::try_from(self.next()?).ok()?;
        Some((zigzag >> 1) as i32 ^ -((zigzag & 1) as i32))
    }
}

/// The lines of all streets, ready to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines<'a> {
    records: &'a [[u32; 4]],
    boxes: &'a [[i32; 4]],
    points: &'a [u8],
}

impl<'a> Lines<'a> {
    /// The points of a street, from its beginning to its end; ends early where the pack is damaged.
    pub fn of(&self, street: usize) -> Option<impl Iterator<Item = Point> + use<'a>> {
        let [_, offset, ..] = self.records.get(street)?;
        let [south, west, ..] = self.boxes.get(street / FAN)?;
        let mut numbers = Numbers(self.points.get(*offset as usize..)?);
        let mut here = Point { north: *south, east: *west };
        let count = numbers.next().filter(|count| *count <= MOST_POINTS)?;
        Some((0..count).map_while(move |_| {
            here = Point { north: here.north.wrapping_add(numbers.difference()?), east: here.east.wrapping_add(numbers.difference()?) };
            Some(here)
        }))
    }
}

impl Roads {
    pub(super) fn all_lines(&self) -> Lines<'_> {
        Lines { records: self.street_records(), boxes: self.boxes(), points: self.bytes_of(Section::Points) }
    }

    /// The line of a street, from its beginning to its end, into `line`.
    pub(super) fn line(&self, street: usize, line: &mut Vec<Point>) -> Result<(), RoadsError> {
        line.clear();
        line.extend(self.all_lines().of(street).ok_or(damaged("shapes"))?);
        if line.len() > 1 { Ok(()) } else { Err(damaged("shapes")) }
    }

    /// The name of the street on which a spot lies; `None` where it has none.
    pub fn street_of(&self, spot: &Spot) -> Option<&str> {
        self.name(spot.street as usize).filter(|name| !name.is_empty())
    }

    /// The name of a street; empty where it has none.
    pub(super) fn name(&self, street: usize) -> Option<&str> {
        let [_, _, offset, _] = self.street_records().get(street)?;
        let mut numbers = Numbers(self.bytes_of(Section::Names).get(*offset as usize..)?);
        let length = usize::try_from(numbers.next()?).ok()?;
        std::str::from_utf8(numbers.0.get(..length)?).ok()
    }

    /// How important a street is.
    pub(super) fn class(&self, street: usize) -> Class {
        Class::from_number(self.street_records().get(street).map_or(u32::MAX, |[.., class]| *class))
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
