//! Road packs and OpenStreetMap files that are cut, changed and resealed: every question gets an answer or an error.

use anydoor_core::base::Position;
use anydoor_core::roads::{Closed, Closure, Roads, View, format};
use anydoor_roads::profile::Profile;
use anydoor_roads::{build, pbf};
use anydoor_sandbox::county::County;
use bolero::{TypeGenerator, produce};

use crate::fuzz;

/// One number put somewhere.
#[derive(Debug, Clone, TypeGenerator)]
struct Change {
    at: u32,
    value: u32,
    small: bool,
}

fn changed(mut bytes: Vec<u8>, changes: &[Change], cut: Option<u32>) -> Vec<u8> {
    for change in changes {
        let value = if change.small { change.value % 300 } else { change.value };
        let at = change.at as usize % bytes.len().max(1) / 4 * 4;
        bytes.iter_mut().skip(at).zip(value.to_le_bytes()).for_each(|(slot, byte)| *slot = byte);
    }
    if let Some(cut) = cut {
        bytes.truncate(cut as usize % (bytes.len() + 1));
    }
    bytes
}

/// Makes the checksums right again, as one who means harm would.
fn resealed(mut pack: Vec<u8>) -> Vec<u8> {
    let number = |bytes: &[u8], at: usize| bytes.get(at..at + 8).map(|b| u64::from_le_bytes(b.try_into().unwrap()) as usize);
    for section in 0..format::SECTIONS.len() {
        let entry = format::HEADER + section * format::ENTRY;
        let range = number(&pack, entry + 8).zip(number(&pack, entry + 16));
        let hash = range.and_then(|(from, length)| pack.get(from..from.checked_add(length)?)).map(crc32fast::hash);
        if let (Some(hash), Some(slot)) = (hash, pack.get_mut(entry + 4..entry + 8)) {
            slot.copy_from_slice(&hash.to_le_bytes());
        }
    }
    if let (Some(sum), Some(slot)) = (format::header_checksum(&pack, format::SECTIONS.len() * format::ENTRY), pack.get_mut(24..28)) {
        slot.copy_from_slice(&sum.to_le_bytes());
    }
    pack
}

fn ask(roads: &Roads) {
    let at = |north: f64, east: f64| Position::new(north, east).unwrap();
    let view = View { south: 40.0, west: -75.5, north: 40.3, east: -75.2, metres_per_pixel: 10.0 };
    roads.lines(view).ok();
    let line = vec![at(40.0, -75.36), at(40.3, -75.35)];
    let closed = roads.close(&[Closure { line }]).unwrap_or_default();
    let spots: Vec<_> =
        [at(40.12, -75.36), at(40.15, -75.4), at(40.05, -75.3)].iter().filter_map(|place| roads.snap(*place, 1e7).ok()?.ok()).collect();
    let Some((scene, teams)) = spots.split_first() else { return };
    for closed in [&Closed::default(), &closed] {
        roads.times(scene, teams, closed).ok();
        teams.iter().for_each(|team| drop(roads.route(team, scene, closed)));
    }
}

#[test]
fn a_pack_is_read_or_refused_and_never_answers_with_a_panic() {
    let county = County::generate(7, "2026-11-23T05:00:00Z".parse().unwrap());
    let pack = build(&anydoor_sandbox::roads::map(&county), &mut |_| true).unwrap();
    fuzz!((produce::<Vec<Change>>().with().len(0_usize..6), produce::<Option<u32>>(), produce::<bool>()), |(changes, cut, seal)| {
        let bytes = changed(pack.clone(), changes, cut.filter(|cut| cut % 4 == 0));
        let bytes = if *seal { resealed(bytes) } else { bytes };
        if let Ok(roads) = Roads::open(bytes) {
            ask(&roads);
        }
    });
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A field of a protocol buffer: bytes.
fn bytes_field(number: u64, bytes: &[u8], out: &mut Vec<u8>) {
    varint(number << 3 | 2, out);
    varint(bytes.len() as u64, out);
    out.extend(bytes);
}

fn number_field(number: u64, value: u64, out: &mut Vec<u8>) {
    varint(number << 3, out);
    varint(value, out);
}

fn packed(number: u64, values: &[u64], out: &mut Vec<u8>) {
    let mut inner = Vec::new();
    values.iter().for_each(|value| varint(*value, &mut inner));
    bytes_field(number, &inner, out);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn blob(kind: &str, data: &[u8], out: &mut Vec<u8>) {
    let (mut blob, mut header) = (Vec::new(), Vec::new());
    bytes_field(1, data, &mut blob);
    bytes_field(1, kind.as_bytes(), &mut header);
    number_field(3, blob.len() as u64, &mut header);
    out.extend((header.len() as u32).to_be_bytes());
    out.extend(header);
    out.extend(blob);
}

/// A town of three streets and one forbidden turn, as OpenStreetMap would have it.
fn town() -> Vec<u8> {
    const STRINGS: [&str; 15] = [
        "",
        "highway",
        "residential",
        "name",
        "Elm Street",
        "type",
        "restriction",
        "no_left_turn",
        "from",
        "via",
        "to",
        "oneway",
        "no",
        "maxspeed",
        "30",
    ];
    let mut table = Vec::new();
    STRINGS.iter().for_each(|text| bytes_field(1, text.as_bytes(), &mut table));
    let mut group = Vec::new();
    for (id, north, east) in [(1_i64, 401_000_000_i64, -753_600_000_i64), (2, 401_010_000, -753_600_000), (3, 401_010_000, -753_590_000)] {
        let mut node = Vec::new();
        number_field(1, zigzag(id), &mut node);
        number_field(8, zigzag(north), &mut node);
        number_field(9, zigzag(east), &mut node);
        bytes_field(1, &node, &mut group);
    }
    for (id, refs) in [(10_u64, [1_i64, 1]), (11, [2, 1]), (12, [3, -2])] {
        let mut way = Vec::new();
        number_field(1, id, &mut way);
        packed(2, &[1, 3, 11, 13], &mut way);
        packed(3, &[2, 4, 12, 14], &mut way);
        packed(8, &refs.map(zigzag), &mut way);
        bytes_field(3, &way, &mut group);
    }
    let mut relation = Vec::new();
    number_field(1, 20, &mut relation);
    packed(2, &[5, 6], &mut relation);
    packed(3, &[6, 7], &mut relation);
    packed(8, &[8, 9, 10], &mut relation);
    packed(9, &[10, -8, 9].map(zigzag), &mut relation);
    packed(10, &[1, 0, 1], &mut relation);
    bytes_field(4, &relation, &mut group);
    let mut block = Vec::new();
    bytes_field(1, &table, &mut block);
    bytes_field(2, &group, &mut block);
    let mut header = Vec::new();
    bytes_field(4, b"OsmSchema-V0.6", &mut header);
    let mut file = Vec::new();
    blob("OSMHeader", &header, &mut file);
    blob("OSMData", &block, &mut file);
    file
}

fn read(file: &[u8]) -> Result<anydoor_roads::Map, anydoor_roads::BuildError> {
    let open = || Ok(std::io::Cursor::new(file.to_vec()));
    pbf::read(&open, file.len() as u64, "town.osm.pbf", &Profile::default(), &mut |_| true)
}

#[test]
fn an_openstreetmap_file_is_read_with_its_streets_and_turns() {
    let map = read(&town()).unwrap();
    assert_eq!((map.junctions, map.streets.len(), map.restrictions.len(), map.restrictions_left_out), (3, 3, 1, 0));
    assert_eq!(map.names.all(), ["", "Elm Street"]);
    let metres = 0.001 * 111_195.08;
    let expected = (metres * 3.6 / 27.0 * 1000.0_f64).round() as i64;
    let north_south = map.streets.iter().find(|street| street.line[0].1 == street.line[1].1).unwrap();
    assert!((i64::from(north_south.there.unwrap()) - expected).abs() <= 1, "{north_south:?}");
    let roads = Roads::open(build(&map, &mut |_| true).unwrap()).unwrap();
    assert_eq!((roads.about().streets, roads.about().turn_restrictions), (3, 1));
    assert_eq!(roads.about().attribution, pbf::ATTRIBUTION);
}

#[test]
fn an_openstreetmap_file_is_read_or_refused_with_a_byte() {
    let town = town();
    fuzz!((produce::<Vec<(u32, u8)>>().with().len(0_usize..4), produce::<Option<u32>>()), |(changes, cut)| {
        let mut file = town.clone();
        for (at, byte) in changes {
            let at = *at as usize % file.len();
            file[at] = *byte;
        }
        if let Some(cut) = cut.filter(|cut| cut % 4 == 0) {
            file.truncate(cut as usize % (file.len() + 1));
        }
        if let Ok(map) = read(&file)
            && let Ok(pack) = build(&map, &mut |_| true)
        {
            ask(&Roads::open(pack).unwrap());
        }
    });
}
