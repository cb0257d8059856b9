//! The file of a road pack. All numbers are little-endian; sections begin at multiples of eight bytes.
//!
//! ```text
//! 0   8  "anyroads"
//! 8   4  version of the format
//! 12  4  number of sections
//! 16  8  length of the file
//! 24  4  CRC-32 of the bytes before and of the table
//! 28  4  zero
//! 32     the table: per section its kind (4), CRC-32 (4), offset (8), length (8)
//! ```
//!
//! Nodes are numbered by their rank in the contraction hierarchy, the least important first. A junction with a turn
//! restriction has further nodes, one for each way of having come that matters.

/// How the file begins.
pub const MAGIC: [u8; 8] = *b"anyroads";
/// The version that this code reads and writes.
pub const VERSION: u32 = 2;
/// The length of the header before the table.
pub const HEADER: usize = 32;
/// The length of one entry of the table.
pub const ENTRY: usize = 24;
/// Points that share one box of the lowest level: with so few, a snap measures some thirty pieces of street.
pub const RUN: usize = 8;
/// Boxes that share a block, and the box above.
pub const FAN: usize = 8;
/// Boxes side by side, so that a snap measures all of them at once: their souths, wests, norths and easts in 10⁻⁷ degrees.
/// Where there are fewer than [`FAN`], the last ones are [`NOWHERE`].
pub type Block = [[i32; FAN]; 4];
/// A box with nothing in it: its south is north of its north.
pub const NOWHERE: [i32; 4] = [i32::MAX, i32::MAX, i32::MIN, i32::MIN];
/// The lowest bits of a street's last number are its class; those above say where its name is.
pub const CLASS_BITS: u32 = 3;
/// What stands for "no node".
pub const NO_NODE: u32 = u32::MAX;

/// The sections, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Section {
    /// [`About`](super::About) as JSON.
    About = 1,
    /// For each node, and once more at the end, where its arcs begin: `u32`.
    First = 2,
    /// The arcs of the hierarchy, each from a node to one of higher rank: `[head, weight]`, see [`arc`]. Of a node's arcs
    /// those that may be driven upwards come first, the quickest first: a search may stop where they get too slow.
    Arcs = 3,
    /// The ways over streets, grouped by street: `[tail, head, weight]`, see [`row`].
    Rows = 4,
    /// Boxes around runs of [`RUN`] points, then around [`FAN`] boxes each, up to a single block: [`Block`]s. A run's box is
    /// around the pieces of street that begin in it.
    Boxes = 5,
    /// The streets along a space-filling curve: `[first row, first point, name and class]`, see
    /// [`CLASS_BITS`]; one more at the end closes the rows and points.
    Streets = 6,
    /// The lines of the streets, one after the other, in 10⁻⁷ degrees: `[latitude, longitude]`; the latitude is shifted left
    /// by one bit, which is set where a street begins.
    Points = 7,
    /// The names: the length in two bytes, then UTF-8. Offset 0 holds the empty name.
    Names = 8,
}

/// Every section.
pub const SECTIONS: [Section; 8] =
    [Section::About, Section::First, Section::Arcs, Section::Rows, Section::Boxes, Section::Streets, Section::Points, Section::Names];

/// The weight of an arc of the hierarchy: milliseconds, and in which direction it may be used.
pub mod arc {
    /// May be driven from the lower node to the higher.
    pub const UP: u32 = 1 << 31;
    /// May be driven from the higher node to the lower.
    pub const DOWN: u32 = 1 << 30;
    /// The milliseconds: up to 298 hours.
    pub const MILLIS: u32 = DOWN - 1;
}

/// The weight of a row: milliseconds over the whole street, and how it is meant.
pub mod row {
    /// The row holds in both directions.
    pub const BOTH: u32 = 1 << 31;
    /// The row goes from the end of the street's line to its beginning.
    pub const AGAINST: u32 = 1 << 30;
    /// Another node of the same junction stands for its beginning: one arrives by this row, and does not set out by it.
    pub const ARRIVES_ONLY: u32 = 1 << 29;
    /// The milliseconds: up to 149 hours.
    pub const MILLIS: u32 = ARRIVES_ONLY - 1;
}

/// How important a street is, as drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Class {
    /// Motorways and trunk roads.
    Motorway = 0,
    /// Primary roads.
    Primary = 1,
    /// Secondary roads.
    Secondary = 2,
    /// Tertiary roads.
    Tertiary = 3,
    /// Streets where people live.
    Residential = 4,
    /// Drives, alleys, car parks, tracks.
    Service = 5,
    /// Ferries.
    Ferry = 6,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 7] =
        [Self::Motorway, Self::Primary, Self::Secondary, Self::Tertiary, Self::Residential, Self::Service, Self::Ferry];

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Motorway => "motorway",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Tertiary => "tertiary",
            Self::Residential => "residential",
            Self::Service => "service",
            Self::Ferry => "ferry",
        }
    }

    /// The class of this number; a number that is not known is drawn like the smallest.
    pub fn from_number(number: u32) -> Self {
        Self::ALL.into_iter().find(|class| *class as u32 == number).unwrap_or(Self::Service)
    }
}

/// The checksum of the header and its table.
///
/// `table` is how many bytes follow the header. `None` where the bytes end before.
pub fn header_checksum(bytes: &[u8], table: usize) -> Option<u32> {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytes.get(..24)?);
    hasher.update(bytes.get(HEADER..HEADER.checked_add(table)?)?);
    Some(hasher.finalize())
}

/// How many blocks of boxes each level has, from the runs of points to the single block at the top.
pub fn levels(points: usize) -> Vec<usize> {
    let mut below = points.div_ceil(RUN);
    let mut all = Vec::new();
    while below > 1 || (all.is_empty() && below > 0) {
        below = below.div_ceil(FAN);
        all.push(below);
    }
    all
}
