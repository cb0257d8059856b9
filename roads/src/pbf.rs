//! OpenStreetMap PBF: the ways that a crisis car may drive, where they lie, and the turns that are restricted.
//!
//! The file is read twice, so that only the nodes of those ways are kept. Its reader is a library; where a damaged file
//! makes it give up in the middle, that is caught here and told like any other damage.

use std::collections::BTreeMap;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use osmpbf::{BlobDecode, BlobReader, Element, PrimitiveBlock, RelMemberType};

use crate::map::Map;
use crate::profile::{Access, MODES, Profile, Tags, meaning};
use crate::streets::{Found, Places, Tagged, Way, map};
use crate::{BuildError, Listener, Step, tell};

/// What is shown with every map and time that comes from this data (ODbL 1.0, 4.3).
pub const ATTRIBUTION: &str = "© OpenStreetMap contributors, ODbL 1.0";

/// Reads a map from PBF. `open` opens the file from its beginning, each time it is called; `length` is how many bytes
/// it has, for the progress.
///
/// # Errors
/// [`BuildError`]; a file that is cut or mangled is [`BuildError::Pbf`] with a byte near the trouble.
pub fn read<R: Read + Send>(
    open: &dyn Fn() -> std::io::Result<R>,
    length: u64,
    source: &str,
    profile: &Profile,
    listener: Listener<'_>,
) -> Result<Map, BuildError> {
    let mut found = Found::default();
    blocks(open, length, source, Step::Ways, listener, &mut |block| {
        for element in block.elements() {
            match element {
                Element::Way(way) => found.way(&way, profile),
                Element::Relation(relation) => found.relation(&relation),
                _ => {}
            }
        }
    })?;
    if found.ways.is_empty() {
        return Err(BuildError::NoStreets { ways: found.all_ways });
    }
    let mut places = Places::of(&found);
    blocks(open, length, source, Step::Places, listener, &mut |block| {
        for element in block.elements() {
            match element {
                Element::Node(node) => places.put(node.id(), (node.decimicro_lat(), node.decimicro_lon()), barred(node.tags())),
                Element::DenseNode(node) => places.put(node.id(), (node.decimicro_lat(), node.decimicro_lon()), barred(node.tags())),
                _ => {}
            }
        }
    })?;
    let mut map = map(found, &places);
    map.attribution = ATTRIBUTION.to_owned();
    map.source = source.to_owned();
    map.profile = serde_json::to_value(profile).unwrap_or_default();
    Ok(map)
}

/// Gives every block of data to `each`.
fn blocks<R: Read + Send>(
    open: &dyn Fn() -> std::io::Result<R>,
    length: u64,
    source: &str,
    step: Step,
    listener: Listener<'_>,
    each: &mut dyn FnMut(&PrimitiveBlock),
) -> Result<(), BuildError> {
    let file = open().map_err(|error| BuildError::File { what: source.to_owned(), error })?;
    let read = Arc::new(AtomicU64::new(0));
    let mut blobs = BlobReader::new(Counted { inner: std::io::BufReader::new(file), read: Arc::clone(&read) });
    loop {
        let done = catch_unwind(AssertUnwindSafe(|| {
            let Some(blob) = blobs.next() else { return Ok(false) };
            let blob = blob.map_err(|error| error.to_string())?;
            if let BlobDecode::OsmData(block) = blob.decode().map_err(|error| error.to_string())? {
                each(&block);
            }
            Ok(true)
        }));
        let near = read.load(Ordering::Relaxed);
        match done {
            Ok(Ok(true)) => {
                tell(listener, step, if length == 0 { 0.0 } else { (near as f64 / length as f64).min(1.0) })?;
            }
            Ok(Ok(false)) => return Ok(()),
            Ok(Err(why)) => return Err(BuildError::Pbf { near, why }),
            Err(_) => return Err(BuildError::Pbf { near, why: "a value that cannot be".to_owned() }),
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(bytes)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Found {
    fn way(&mut self, way: &osmpbf::Way<'_>, profile: &Profile) {
        self.all_ways += 1;
        let tags: Tags<'_> = way.tags().collect();
        let Some(driven) = profile.driven(&tags) else { return };
        let mut nodes: Vec<i64> = way.refs().collect();
        nodes.dedup();
        if nodes.len() > 1 {
            let name = tags.get("name").or_else(|| tags.get("ref")).copied().unwrap_or_default();
            let name = self.names.place(name);
            self.ways.push(Way { id: way.id(), nodes, driven, name });
        }
    }

    fn relation(&mut self, relation: &osmpbf::Relation<'_>) {
        let tags: BTreeMap<&str, &str> = relation.tags().collect();
        if tags.get("type") != Some(&"restriction") {
            return;
        }
        let Some(kind) = ["restriction:motorcar", "restriction:motor_vehicle", "restriction:vehicle", "restriction"]
            .iter()
            .find_map(|key| tags.get(key))
        else {
            // Only for some hours or some vehicles: not known here.
            self.left_out += 1;
            return;
        };
        if tags.get("except").is_some_and(|except| except.split(';').any(|one| matches!(one.trim(), "motorcar" | "motor_vehicle"))) {
            return;
        }
        let only = kind.starts_with("only_");
        if !only && !kind.starts_with("no_") {
            self.left_out += 1;
            return;
        }
        let u_turn = kind.ends_with("_u_turn");
        let mut tagged = Tagged { only, u_turn, from: Vec::new(), via_nodes: Vec::new(), via_ways: Vec::new(), to: Vec::new() };
        for member in relation.members() {
            match (member.role().unwrap_or_default(), member.member_type) {
                ("from", RelMemberType::Way) => tagged.from.push(member.member_id),
                ("via", RelMemberType::Node) => tagged.via_nodes.push(member.member_id),
                ("via", RelMemberType::Way) => tagged.via_ways.push(member.member_id),
                ("to", RelMemberType::Way) => tagged.to.push(member.member_id),
                _ => {}
            }
        }
        self.restrictions.push(tagged);
    }
}

/// Whether a node bars a car. The most specific key about access counts, whatever stands first in the file; without one
/// it is the kind of barrier that says so. Access at a node that is no barrier (a crossing, a door) is not the street's.
fn barred<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    let tags: Tags<'a> = tags.collect();
    let tag = |key: &str| tags.get(key).copied();
    let Some(barrier) = tag("barrier").filter(|barrier| !matches!(*barrier, "no" | "entrance")) else { return false };
    if let Some(access) = MODES.into_iter().find_map(tag) {
        return meaning(access) == Access::No;
    }
    let low =
        || tag("maxheight").and_then(|height| height.trim_end_matches('m').trim().parse::<f64>().ok()).is_some_and(|m| m < CAR_HEIGHT_M);
    match barrier {
        "gate" | "lift_gate" | "swing_gate" | "sliding_gate" => tag("locked") == Some("yes"),
        "height_restrictor" => low(),
        "kerb" => tag("kerb") == Some("raised"),
        "bollard" | "block" | "jersey_barrier" | "chain" | "cycle_barrier" | "debris" | "log" | "rope" | "stile" | "sump_buster"
        | "wall" | "fence" | "planter" | "bus_trap" | "guard_rail" | "ditch" | "hedge" | "turnstile" | "kissing_gate"
        | "motorcycle_barrier" => true,
        _ => false,
    }
}

/// How high a crisis car is, in metres: a van with its antenna.
const CAR_HEIGHT_M: f64 = 2.1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_a_barrier_the_more_specific_key_counts_whatever_stands_first() {
        for (tags, expected) in [
            (&[("barrier", "bollard")][..], true),
            (&[("barrier", "gate")], false),
            (&[("barrier", "gate"), ("locked", "yes")], true),
            (&[("barrier", "gate"), ("access", "no")], true),
            (&[("barrier", "gate"), ("access", "private")], false),
            (&[("barrier", "bollard"), ("motor_vehicle", "yes")], false),
            (&[("access", "no"), ("barrier", "gate"), ("motor_vehicle", "yes")], false),
            (&[("barrier", "gate"), ("motor_vehicle", "yes"), ("vehicle", "no")], false),
            (&[("barrier", "bollard"), ("access", "no"), ("foot", "yes"), ("motorcar", "yes"), ("motor_vehicle", "no")], false),
            (&[("barrier", "height_restrictor"), ("maxheight", "1.8")], true),
            (&[("barrier", "height_restrictor"), ("maxheight", "3 m")], false),
            (&[("barrier", "planter")], true),
            (&[("barrier", "no"), ("access", "no")], false),
            (&[("highway", "crossing"), ("access", "no")], false),
            (&[("entrance", "yes"), ("access", "no")], false),
        ] {
            assert_eq!(barred(tags.iter().copied()), expected, "{tags:?}");
        }
    }

    /// The shared file of taggings: each street is named by its tags.
    #[test]
    fn every_tagging_of_the_shared_file_is_read_as_the_wiki_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/trouble/tags.osm.pbf");
        let Ok(bytes) = std::fs::read(path) else {
            eprintln!("SKIPPED: tags.osm.pbf is not in the shared data");
            return;
        };
        let map = read(&|| Ok(bytes.as_slice()), bytes.len() as u64, "tags", &Profile::default(), &mut |_| true).unwrap();
        let ways = |name: &str| {
            let streets = map.streets.iter().filter(|street| map.names.all()[street.name as usize] == name);
            streets.fold((false, false), |(there, back), street| (there | street.there.is_some(), back | street.back.is_some()))
        };
        let (both, there, back, closed) = ((true, true), (true, false), (false, true), (false, false));
        for (name, expected) in [
            ("maxspeed 55 MPH", both),
            ("oneway=-1", back),
            ("oneway=reversible", closed),
            ("oneway=alternating", both),
            ("oneway=yes oneway:motor_vehicle=no", both),
            ("motor_vehicle:backward=no", there),
            ("vehicle:forward=no", back),
            ("access:backward=no", there),
            ("access=no motor_vehicle=permissive", both),
            ("access=no emergency=yes", closed),
            ("motor_vehicle=no motorcar=yes", both),
            ("motor_vehicle=agricultural;forestry", closed),
            ("access=private;customers", both),
            ("motor_vehicle=private", both),
            ("highway=construction construction=residential", closed),
            ("highway=busway", closed),
            ("highway=pedestrian motor_vehicle=yes", both),
            ("highway=footway motor_vehicle=yes", both),
            ("highway=service service=emergency_access", closed),
            ("highway=unclassified winter_road=yes", closed),
            ("highway=residential disused=yes", closed),
            ("highway=motorway oneway=no", both),
            ("route=ferry motor_vehicle=yes duration=PT20M", both),
            ("route=ferry motorcar=yes oneway=yes", there),
        ] {
            assert_eq!(ways(name), expected, "{name}");
        }
        let millis = |name: &str| map.streets.iter().find(|s| map.names.all()[s.name as usize] == name).and_then(|s| s.there).unwrap();
        let (upper, lower) = (millis("maxspeed 55 MPH"), millis("maxspeed 55 mph"));
        assert!(upper.abs_diff(lower) < lower / 100, "as long and as fast: {upper} and {lower} ms");
    }
}
