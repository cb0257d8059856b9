//! Writes the pack: nodes by rank, streets along a space-filling curve, boxes around them.

use std::collections::HashMap;

use anydoor_core::roads::About;
use anydoor_core::roads::format::{
    Block, CLASS_BITS, ENTRY, FAN, HEADER, MAGIC, NO_NODE, NOWHERE, RUN, SECTIONS, VERSION, arc, header_checksum, levels, row,
};

use crate::BuildError;
use crate::contract::Hierarchy;
use crate::map::{Map, Point, Street};
use crate::network::{Network, Row};

type Box4 = [i32; 4];

/// Half a turn around the Earth in 10⁻⁷ degrees.
const HALF_TURN: i32 = 1_800_000_000;

/// The longest name, in bytes. OpenStreetMap allows 255 characters.
const LONGEST_NAME: usize = 1020;

/// The bytes of a pack.
///
/// # Errors
/// [`BuildError::TooLarge`].
pub fn write(map: &Map, network: &Network, hierarchy: &Hierarchy) -> Result<Vec<u8>, BuildError> {
    let mut of_street: HashMap<u32, Vec<Row>> = HashMap::new();
    network.rows.iter().for_each(|row| of_street.entry(row.street).or_default().push(*row));
    let mut streets: Vec<(u64, u32, &Street)> = of_street
        .keys()
        .filter_map(|number| map.streets.get(*number as usize).map(|street| (curve(middle(around(&street.line))), *number, street)))
        .collect();
    streets.sort_unstable_by_key(|(curve, number, _)| (*curve, *number));
    let names = Names::of(map);
    let (mut rows, mut records, mut points) = (Vec::new(), Vec::new(), Vec::new());
    for (_, number, street) in &streets {
        let name = names.at(street.name);
        if name > u32::MAX >> CLASS_BITS {
            return Err(BuildError::TooLarge { what: "the names" });
        }
        records.extend([rows.len() as u32 / 3, offset(points.len(), "shapes")?, name << CLASS_BITS | street.class as u32]);
        points.extend(street.line.iter().enumerate().map(|(place, (north, east))| [north << 1 | i32::from(place == 0), *east]));
        for row in merged(of_street.get(number).map_or(&[], Vec::as_slice), &hierarchy.rank) {
            rows.extend(row);
        }
    }
    records.extend([rows.len() as u32 / 3, offset(points.len(), "shapes")?, 0]);
    let first = first(network.nodes, hierarchy);
    let arcs: Vec<u32> =
        hierarchy.arcs.iter().flat_map(|up| [up.head, up.millis | flag(up.up, arc::UP) | flag(up.down, arc::DOWN)]).collect();
    let about = About {
        attribution: map.attribution.clone(),
        source: map.source.clone(),
        profile: map.profile.clone(),
        nodes: network.nodes,
        split: network.split,
        turn_restrictions: map.restrictions.len() as u32,
        turn_restrictions_left_out: map.restrictions_left_out,
        streets: streets.len() as u32,
        islands_left_out: network.islands,
    };
    let about = serde_json::to_vec(&about).map_err(BuildError::Profile)?;
    let boxes: Vec<u32> = boxes(&points).iter().flatten().flatten().map(|side| side.cast_unsigned()).collect();
    let points: Vec<u32> = points.iter().flatten().map(|side| side.cast_unsigned()).collect();
    Ok(file([about, bytes(&first), bytes(&arcs), bytes(&rows), bytes(&boxes), bytes(&records), bytes(&points), names.bytes]))
}

fn flag(set: bool, bit: u32) -> u32 {
    if set { bit } else { 0 }
}

fn offset(at: usize, what: &'static str) -> Result<u32, BuildError> {
    u32::try_from(at).map_err(|_| BuildError::TooLarge { what })
}

fn bytes(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Puts the sections behind a header.
fn file(sections: [Vec<u8>; 8]) -> Vec<u8> {
    let table = SECTIONS.len() * ENTRY;
    let mut entries = Vec::new();
    let mut at = HEADER + table;
    for (section, bytes) in SECTIONS.iter().zip(&sections) {
        entries.extend((*section as u32).to_le_bytes());
        entries.extend(crc32fast::hash(bytes).to_le_bytes());
        entries.extend((at as u64).to_le_bytes());
        entries.extend((bytes.len() as u64).to_le_bytes());
        at += bytes.len().next_multiple_of(8);
    }
    let mut whole = Vec::with_capacity(at);
    whole.extend(MAGIC);
    whole.extend(VERSION.to_le_bytes());
    whole.extend((SECTIONS.len() as u32).to_le_bytes());
    whole.extend((at as u64).to_le_bytes());
    whole.extend([0; 8]);
    whole.extend(entries);
    let checksum = header_checksum(&whole, table).unwrap_or_default().to_le_bytes();
    whole.iter_mut().skip(24).zip(checksum).for_each(|(slot, byte)| *slot = byte);
    for bytes in sections {
        whole.extend(&bytes);
        whole.resize(whole.len().next_multiple_of(8), 0);
    }
    whole
}

fn first(nodes: u32, hierarchy: &Hierarchy) -> Vec<u32> {
    let mut first = vec![0_u32; nodes as usize + 1];
    hierarchy.arcs.iter().for_each(|up| first.get_mut(up.tail as usize + 1).into_iter().for_each(|count| *count += 1));
    let mut sum = 0;
    for count in &mut first {
        sum += *count;
        *count = sum;
    }
    first
}

/// The rows of a street; two directions between the same nodes in the same time are one.
fn merged(rows: &[Row], rank: &[u32]) -> Vec<[u32; 3]> {
    let rank = |node: Option<u32>| node.and_then(|node| rank.get(node as usize).copied()).unwrap_or(NO_NODE);
    let plain = |row: &Row| !row.arrives_only && row.tail.is_some() && row.head.is_some();
    let turned = |row: &Row| {
        let same = |other: &Row| other.back != row.back && other.tail == row.head && other.head == row.tail && other.millis == row.millis;
        plain(row) && rows.iter().any(|other| plain(other) && same(other))
    };
    let kept = rows.iter().filter(|row| !(row.back && turned(row)));
    kept.map(|row| {
        let flags = flag(turned(row), row::BOTH) | flag(row.back, row::AGAINST) | flag(row.arrives_only, row::ARRIVES_ONLY);
        [rank(row.tail), rank(row.head), row.millis | flags]
    })
    .collect()
}

fn around(line: &[Point]) -> Box4 {
    line.iter().fold(NOWHERE, |[s, w, n, e], (north, east)| [s.min(*north), w.min(*east), n.max(*north), e.max(*east)])
}

fn both(a: Box4, b: Box4) -> Box4 {
    let ([s, w, n, e], [t, x, o, f]) = (a, b);
    [s.min(t), w.min(x), n.max(o), e.max(f)]
}

fn middle([south, west, north, east]: Box4) -> (u32, u32) {
    let half = |a: i32, b: i32| ((i64::from(a) + i64::from(b)) / 2 + (1 << 31)) as u32;
    (half(south, north), half(west, east))
}

/// A place on Hilbert's curve over the whole Earth.
fn curve((mut y, mut x): (u32, u32)) -> u64 {
    let mut place = 0_u64;
    for bit in (0..32).rev() {
        let (right, up) = (x >> bit & 1, y >> bit & 1);
        place = place << 2 | u64::from((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                (x, y) = (!x, !y);
            }
            (x, y) = (y, x);
        }
    }
    place
}

/// The boxes of every level, from the runs of points to the top.
fn boxes(points: &[[i32; 2]]) -> Vec<Block> {
    let runs = (0..points.len()).step_by(RUN).map(|begin| {
        let run = points.get(begin..(begin + RUN + 1).min(points.len())).unwrap_or_default();
        let pieces = run.iter().zip(run.iter().skip(1)).filter(|(_, [north, _])| north & 1 == 0);
        let boxes = pieces.map(|(from, to)| {
            let bounds @ [south, west, north, east] = around(&[from, to].map(|[north, east]| (north >> 1, *east)));
            // A piece goes the short way. Over the antimeridian its least and greatest longitude lie around all others.
            if i64::from(east) - i64::from(west) > i64::from(HALF_TURN) { [south, -HALF_TURN, north, HALF_TURN] } else { bounds }
        });
        boxes.reduce(both).unwrap_or(NOWHERE)
    });
    let mut below: Vec<Box4> = runs.collect();
    let mut all = Vec::new();
    for _ in levels(points.len()) {
        all.extend(below.chunks(FAN).map(block));
        below = below.chunks(FAN).filter_map(|few| few.iter().copied().reduce(both)).collect();
    }
    all
}

fn block(boxes: &[Box4]) -> Block {
    let mut block: Block = NOWHERE.map(|side| [side; FAN]);
    for (side, sides) in block.iter_mut().enumerate() {
        sides.iter_mut().zip(boxes).for_each(|(slot, bounds)| bounds.get(side).into_iter().for_each(|side| *slot = *side));
    }
    block
}

/// The names and where each begins.
struct Names {
    bytes: Vec<u8>,
    begin: Vec<u32>,
}

impl Names {
    fn of(map: &Map) -> Self {
        let mut names = Self { bytes: Vec::new(), begin: Vec::new() };
        for name in map.names.all() {
            let name = name.get(..name.floor_char_boundary(LONGEST_NAME)).unwrap_or_default();
            names.begin.push(names.bytes.len() as u32);
            names.bytes.extend((name.len() as u16).to_le_bytes());
            names.bytes.extend(name.as_bytes());
        }
        names
    }

    fn at(&self, place: u32) -> u32 {
        self.begin.get(place as usize).copied().unwrap_or_default()
    }
}
