//! Opening a pack: its header, its checksums, its sections as slices.

use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, OnceLock};

use serde::{Deserialize, Serialize};

use super::format::{Block, ENTRY, FAN, HEADER, MAGIC, SECTIONS, Section, VERSION, header_checksum, levels};
use super::hierarchy::Scratch;
use super::network::Beside;
use crate::base::Position;

/// Why a pack cannot be used. No error names a person or a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoadsError {
    /// The bytes do not begin as a road pack does.
    #[error("not a road pack")]
    NotAPack,
    /// Made for another version of this software.
    #[error("the road pack has format {found}; this software reads {VERSION}: build it again")]
    Version {
        /// The version found.
        found: u32,
    },
    /// The file is shorter or longer than it says.
    #[error("the road pack says it has {says} bytes and has {has}")]
    Length {
        /// What its header says.
        says: u64,
        /// What there is.
        has: u64,
    },
    /// The bytes are not what was written.
    #[error("the road pack is damaged: {part}")]
    Damaged {
        /// Which part.
        part: &'static str,
    },
}

pub(super) fn damaged(part: &'static str) -> RoadsError {
    RoadsError::Damaged { part }
}

/// What a pack says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// Whose data it is; shown wherever a map or a time by road is shown (ODbL 1.0, 4.3).
    pub attribution: String,
    /// What it was built from.
    pub source: String,
    /// The profile of the car, as the builder was given it.
    pub profile: serde_json::Value,
    /// Nodes of the hierarchy.
    pub nodes: u32,
    /// Nodes that stand for a way of having come to a junction with a turn restriction.
    pub split: u32,
    /// Turn restrictions that are kept.
    pub turn_restrictions: u32,
    /// Turn restrictions that could not be read, or that name ways which are not there.
    pub turn_restrictions_left_out: u32,
    /// Streets.
    pub streets: u32,
    /// Streets left out because a car there cannot reach the rest and come back.
    pub islands_left_out: u32,
}

/// An opened road pack.
pub struct Roads {
    bytes: Box<dyn AsRef<[u8]> + Send + Sync>,
    sections: [Range<usize>; 8],
    about: About,
    pub(super) nodes: usize,
    pub(super) streets: usize,
    /// Where each level of boxes begins, from the runs of points to the root.
    pub(super) levels: Vec<Range<usize>>,
    pub(super) scratch: Mutex<Vec<Scratch>>,
    pub(super) ending: OnceLock<Beside>,
    pub(super) beginning: OnceLock<Beside>,
}

impl fmt::Debug for Roads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roads").field("about", &self.about).finish_non_exhaustive()
    }
}

/// Bytes that begin where eight-byte numbers may.
struct Aligned(Vec<u64>);

impl AsRef<[u8]> for Aligned {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

fn number4(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn number8(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

impl Roads {
    /// Opens a pack and checks every byte of it against its checksums. Nothing is written.
    ///
    /// # Errors
    /// [`RoadsError`] where the bytes are no pack, are of another version, are cut, or are not what was written.
    pub fn open(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Result<Self, RoadsError> {
        let given = bytes.as_ref();
        if given.get(..MAGIC.len()) != Some(&MAGIC) {
            return Err(RoadsError::NotAPack);
        }
        let found = number4(given, 8).ok_or(RoadsError::NotAPack)?;
        if found != VERSION {
            return Err(RoadsError::Version { found });
        }
        let says = number8(given, 16).ok_or(RoadsError::NotAPack)?;
        let has = given.len() as u64;
        // Numbers are read in place; a machine that is not little-endian would read them wrong.
        if says != has || cfg!(target_endian = "big") {
            return Err(RoadsError::Length { says, has });
        }
        if !given.as_ptr().cast::<u64>().is_aligned() {
            let mut aligned = Aligned(vec![0; given.len().div_ceil(8)]);
            let whole: &mut [u8] = bytemuck::cast_slice_mut(&mut aligned.0);
            whole.get_mut(..given.len()).ok_or(damaged("header"))?.copy_from_slice(given);
            return Self::read(Box::new(aligned), has);
        }
        Self::read(Box::new(bytes), has)
    }

    fn read(bytes: Box<dyn AsRef<[u8]> + Send + Sync>, length: u64) -> Result<Self, RoadsError> {
        let whole: &[u8] = (*bytes).as_ref();
        let length = usize::try_from(length).map_err(|_| damaged("header"))?;
        let sections = sections(whole.get(..length).ok_or(damaged("header"))?)?;
        let part = |section: Section| sections.get(section as usize - 1).and_then(|range| whole.get(range.clone())).unwrap_or_default();
        let about: About = serde_json::from_slice(part(Section::About)).map_err(|_| damaged("what it says of itself"))?;
        let nodes = (part(Section::First).len() / 4).checked_sub(1).ok_or(damaged("nodes"))?;
        let streets = (part(Section::Streets).len() / size_of::<[u32; 3]>()).checked_sub(1).ok_or(damaged("streets"))?;
        let mut begin = 0;
        let levels: Vec<Range<usize>> = levels(part(Section::Points).len() / 8)
            .into_iter()
            .map(|count| {
                let level = begin..begin + count;
                begin = level.end;
                level
            })
            .collect();
        if begin != part(Section::Boxes).len() / size_of::<Block>() || nodes >= u32::MAX as usize / 2 {
            return Err(damaged("boxes"));
        }
        Ok(Self {
            bytes,
            sections,
            about,
            nodes,
            streets,
            levels,
            scratch: Mutex::default(),
            ending: OnceLock::new(),
            beginning: OnceLock::new(),
        })
    }

    /// What the pack says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// How many bytes it has, and how many of them are not shapes and names.
    pub fn size(&self) -> (usize, usize) {
        let shapes = [Section::Streets, Section::Points, Section::Names].iter().map(|s| self.bytes_of(*s).len()).sum::<usize>();
        let all = (*self.bytes).as_ref().len();
        (all, all - shapes)
    }

    /// The middle of what the pack covers; `None` where it covers nothing.
    pub fn middle(&self) -> Option<Position> {
        let [souths, wests, norths, easts] = self.boxes().last()?;
        let half = |low: &[i32; FAN], high: &[i32; FAN]| Some((f64::from(*low.iter().min()?) + f64::from(*high.iter().max()?)) / 2e7);
        Position::new(half(souths, norths)?, half(wests, easts)?).ok()
    }

    pub(super) fn bytes_of(&self, section: Section) -> &[u8] {
        let range = self.sections.get(section as usize - 1).cloned().unwrap_or_default();
        (*self.bytes).as_ref().get(range).unwrap_or_default()
    }

    fn slice<T: bytemuck::Pod>(&self, section: Section) -> &[T] {
        bytemuck::try_cast_slice(self.bytes_of(section)).unwrap_or_default()
    }

    pub(super) fn first(&self) -> &[u32] {
        self.slice(Section::First)
    }
    pub(super) fn arcs(&self) -> &[[u32; 2]] {
        self.slice(Section::Arcs)
    }
    pub(super) fn rows(&self) -> &[[u32; 3]] {
        self.slice(Section::Rows)
    }
    pub(super) fn points(&self) -> &[[i32; 2]] {
        self.slice(Section::Points)
    }
    pub(super) fn boxes(&self) -> &[Block] {
        self.slice(Section::Boxes)
    }
    pub(super) fn street_records(&self) -> &[[u32; 3]] {
        self.slice(Section::Streets)
    }
}

/// The place of each section, in the order of [`SECTIONS`], each checked.
fn sections(whole: &[u8]) -> Result<[Range<usize>; 8], RoadsError> {
    let count = number4(whole, 12).ok_or(RoadsError::NotAPack)? as usize;
    if count != SECTIONS.len() || number4(whole, 24) != header_checksum(whole, count * ENTRY) {
        return Err(damaged("header"));
    }
    let mut all: [Range<usize>; 8] = Default::default();
    for ((number, section), range) in SECTIONS.iter().enumerate().zip(&mut all) {
        let at = HEADER + number * ENTRY;
        let read = || {
            let (kind, checksum) = (number4(whole, at)?, number4(whole, at + 4)?);
            let (offset, length) = (number8(whole, at + 8)?, number8(whole, at + 16)?);
            let from = usize::try_from(offset).ok()?;
            let until = from.checked_add(usize::try_from(length).ok()?)?;
            let bytes = whole.get(from..until)?;
            let right = kind == *section as u32 && from.is_multiple_of(8) && crc32fast::hash(bytes) == checksum;
            right.then_some(from..until)
        };
        *range = read().ok_or(damaged(name(*section)))?;
    }
    Ok(all)
}

fn name(section: Section) -> &'static str {
    match section {
        Section::About => "what it says of itself",
        Section::First => "nodes",
        Section::Arcs => "hierarchy",
        Section::Rows => "ways",
        Section::Boxes => "boxes",
        Section::Streets => "streets",
        Section::Points => "shapes",
        Section::Names => "names",
    }
}
