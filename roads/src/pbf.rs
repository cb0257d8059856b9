//! OpenStreetMap PBF: the ways that a crisis car may drive, where they lie, and the turns that are restricted.
//!
//! The file is read twice, so that only the nodes of those ways are kept. Its reader is a library; where a damaged file
//! makes it give up in the middle, that is caught here and told like any other damage.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use osmpbf::{BlobDecode, BlobReader, Element, PrimitiveBlock, RelMemberType};

use crate::map::{Map, Names, Point, Restriction, Street, Turn};
use crate::profile::{Driven, Profile, Tags};
use crate::{BuildError, Listener, Step, tell};

/// What is shown with every map and time that comes from this data (ODbL 1.0, 4.3).
pub const ATTRIBUTION: &str = "© OpenStreetMap contributors, ODbL 1.0";
/// The most streets that one restriction may go over: longer ones are not read.
const LONGEST: usize = 16;
/// Metres per 10⁻⁷ degree of latitude, on the mean sphere.
const METRES: f64 = 0.011_119_508;

/// A way that is driven.
struct Way {
    id: i64,
    nodes: Vec<i64>,
    driven: Driven,
    name: u32,
}

/// A restriction as it is tagged.
struct Tagged {
    only: bool,
    from: Vec<i64>,
    via_nodes: Vec<i64>,
    via_ways: Vec<i64>,
    to: Vec<i64>,
}

#[derive(Default)]
struct Found {
    ways: Vec<Way>,
    all_ways: u64,
    names: Names,
    restrictions: Vec<Tagged>,
    left_out: u32,
}

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
    Ok(map(found, &places, source, profile))
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
        let Some(kind) = ["restriction:motorcar", "restriction"].iter().find_map(|key| tags.get(key)) else {
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
        let mut tagged = Tagged { only, from: Vec::new(), via_nodes: Vec::new(), via_ways: Vec::new(), to: Vec::new() };
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

/// What bars a car at a node.
fn barred<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    let (mut barrier, mut access) = (false, None);
    for (key, value) in tags {
        match key {
            "barrier" => {
                barrier = matches!(
                    value,
                    "bollard"
                        | "block"
                        | "jersey_barrier"
                        | "chain"
                        | "cycle_barrier"
                        | "debris"
                        | "log"
                        | "rope"
                        | "stile"
                        | "sump_buster"
                        | "wall"
                );
            }
            "access" | "vehicle" | "motor_vehicle" | "motorcar" => {
                access = Some(matches!(value, "no" | "agricultural" | "forestry" | "emergency"))
            }
            _ => {}
        }
    }
    access.unwrap_or(barrier)
}

/// Where the nodes of the ways lie, and which bar the way.
struct Places {
    ids: Vec<i64>,
    at: Vec<Option<Point>>,
    barred: HashSet<i64>,
}

impl Places {
    fn of(found: &Found) -> Self {
        let mut ids: Vec<i64> = found.ways.iter().flat_map(|way| way.nodes.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        let at = vec![None; ids.len()];
        Self { ids, at, barred: HashSet::new() }
    }

    fn put(&mut self, id: i64, (north, east): Point, barred: bool) {
        let Ok(place) = self.ids.binary_search(&id) else { return };
        if north.unsigned_abs() <= 900_000_000 && east.unsigned_abs() <= 1_800_000_000 {
            self.at.get_mut(place).into_iter().for_each(|slot| *slot = Some((north, east)));
        }
        if barred {
            self.barred.insert(id);
        }
    }

    fn get(&self, id: i64) -> Option<Point> {
        self.ids.binary_search(&id).ok().and_then(|place| self.at.get(place).copied().flatten())
    }
}

/// The streets between junctions, and the restrictions over them.
fn map(found: Found, places: &Places, source: &str, profile: &Profile) -> Map {
    let mut streets = Streets { junctions: junctions(&found), ..Streets::default() };
    for way in &found.ways {
        streets.way(way, places);
    }
    let mut map = Map {
        names: found.names,
        attribution: ATTRIBUTION.to_owned(),
        source: source.to_owned(),
        profile: serde_json::to_value(profile).unwrap_or_default(),
        restrictions_left_out: found.left_out,
        ..Map::default()
    };
    for tagged in &found.restrictions {
        let read = streets.restrictions(tagged);
        map.restrictions_left_out += u32::from(read.is_empty());
        map.restrictions.extend(read);
    }
    map.junctions = streets.numbers;
    map.streets = streets.all;
    map
}

/// The nodes where streets begin and end: ends of ways, nodes of two ways or twice in one, and those in restrictions.
fn junctions(found: &Found) -> HashSet<i64> {
    let mut seen = HashSet::new();
    let mut junctions: HashSet<i64> = found.restrictions.iter().flat_map(|tagged| tagged.via_nodes.iter().copied()).collect();
    for way in &found.ways {
        junctions.extend(way.nodes.first().into_iter().chain(way.nodes.last()));
        junctions.extend(way.nodes.iter().filter(|node| !seen.insert(**node)));
    }
    junctions
}

#[derive(Default)]
struct Streets {
    junctions: HashSet<i64>,
    /// Nodes of OpenStreetMap to junctions.
    number_of: HashMap<i64, u32>,
    numbers: u32,
    all: Vec<Street>,
    /// The streets of each way, in its order.
    of_way: HashMap<i64, Vec<u32>>,
}

impl Streets {
    /// The junction at a node. Where something bars the way, each end that comes there is a junction of its own.
    fn number(&mut self, node: i64, barred: bool) -> u32 {
        let next = self.numbers;
        let number = if barred { next } else { *self.number_of.entry(node).or_insert(next) };
        self.numbers += u32::from(number == next);
        number
    }

    /// Cuts a way into streets. Where a node is not in the file, the way ends and begins anew after it.
    fn way(&mut self, way: &Way, places: &Places) {
        let mut whole = 0.0;
        let mut pieces: Vec<(Vec<Point>, i64, i64)> = Vec::new();
        let mut line: Vec<Point> = Vec::new();
        let mut begin = None;
        for node in &way.nodes {
            let Some(point) = places.get(*node) else {
                line.clear();
                begin = None;
                continue;
            };
            if let Some(before) = line.last() {
                whole += metres(*before, point);
            }
            line.push(point);
            let from = *begin.get_or_insert(*node);
            if line.len() > 1 && (self.junctions.contains(node) || places.barred.contains(node)) {
                pieces.push((std::mem::replace(&mut line, vec![point]), from, *node));
                begin = Some(*node);
            }
        }
        let last = pieces.len().saturating_sub(1);
        for (place, (line, from, to)) in pieces.into_iter().enumerate() {
            let metres: f64 = line.iter().zip(line.iter().skip(1)).map(|(a, b)| self::metres(*a, *b)).sum();
            let wait = way.driven.wait_s * f64::from(u8::from(place == 0) + u8::from(place == last));
            let millis = |kmh: f64| {
                let driving = way.driven.takes_s.filter(|_| whole > 0.0).map_or(metres * 3.6 / kmh, |takes| takes * metres / whole);
                // Never nothing: a way of no time would be taken round and round.
                ((driving + wait) * 1000.0).round().clamp(1.0, f64::from(u32::MAX)) as u32
            };
            let street = Street {
                from: self.number(from, places.barred.contains(&from)),
                to: self.number(to, places.barred.contains(&to)),
                line,
                there: way.driven.there.map(millis),
                back: way.driven.back.map(millis),
                class: way.driven.class,
                name: way.name,
            };
            self.of_way.entry(way.id).or_default().push(self.all.len() as u32);
            self.all.push(street);
        }
    }

    /// The turns over a way that end at a junction.
    fn ending(&self, way: i64, at: u32) -> Vec<Turn> {
        self.turns(way).filter(|turn| self.ends(*turn).is_some_and(|(_, to)| to == at)).collect()
    }

    /// The turns over a way that begin at a junction.
    fn beginning(&self, way: i64, at: u32) -> Vec<Turn> {
        self.turns(way).filter(|turn| self.ends(*turn).is_some_and(|(from, _)| from == at)).collect()
    }

    fn turns(&self, way: i64) -> impl Iterator<Item = Turn> + '_ {
        let streets = self.of_way.get(&way).into_iter().flatten();
        streets.flat_map(|street| [false, true].map(|back| Turn { street: *street, back }))
    }

    /// Where a turn begins and ends, if it may be driven.
    fn ends(&self, turn: Turn) -> Option<(u32, u32)> {
        let street = self.all.get(turn.street as usize)?;
        if turn.back { street.back.map(|_| (street.to, street.from)) } else { street.there.map(|_| (street.from, street.to)) }
    }

    /// What a tagged restriction says of our streets; empty where it names what is not there.
    fn restrictions(&self, tagged: &Tagged) -> Vec<Restriction> {
        let chains = if tagged.via_ways.is_empty() { self.over_nodes(tagged) } else { self.over_ways(tagged) };
        chains.into_iter().map(|over| Restriction { over, only: tagged.only }).collect()
    }

    fn over_nodes(&self, tagged: &Tagged) -> Vec<Vec<Turn>> {
        let [via] = tagged.via_nodes.as_slice() else { return Vec::new() };
        let Some(at) = self.number_of.get(via).copied() else { return Vec::new() };
        let from: Vec<Turn> = tagged.from.iter().flat_map(|way| self.ending(*way, at)).collect();
        let to: Vec<Turn> = tagged.to.iter().flat_map(|way| self.beginning(*way, at)).collect();
        from.iter().flat_map(|first| to.iter().map(|last| vec![*first, *last])).collect()
    }

    /// From the end of the first way over the ways between to the beginning of the last, the shortest chain.
    fn over_ways(&self, tagged: &Tagged) -> Vec<Vec<Turn>> {
        let between: Vec<Turn> = tagged.via_ways.iter().flat_map(|way| self.turns(*way)).collect();
        let touched: HashSet<u32> = between.iter().filter_map(|turn| self.ends(*turn)).flat_map(|(a, b)| [a, b]).collect();
        let of = |ways: &[i64]| ways.iter().flat_map(|way| self.turns(*way)).collect::<Vec<_>>();
        let mut all = Vec::new();
        for first in of(&tagged.from) {
            let Some((_, start)) = self.ends(first).filter(|(_, to)| touched.contains(to)) else { continue };
            for last in of(&tagged.to) {
                let Some((goal, _)) = self.ends(last).filter(|(from, _)| touched.contains(from)) else { continue };
                if let Some(chain) = self.chain(&between, start, goal) {
                    all.push(std::iter::once(first).chain(chain).chain([last]).collect());
                }
            }
        }
        all
    }

    fn chain(&self, between: &[Turn], start: u32, goal: u32) -> Option<Vec<Turn>> {
        let mut open: Vec<(u32, Vec<Turn>)> = vec![(start, Vec::new())];
        let mut seen = HashSet::from([start]);
        for _ in 0..LONGEST {
            let mut next = Vec::new();
            for (at, so_far) in open {
                for turn in between {
                    let Some((_, to)) = self.ends(*turn).filter(|(from, _)| *from == at) else { continue };
                    let mut chain = so_far.clone();
                    chain.push(*turn);
                    if to == goal {
                        return Some(chain);
                    }
                    if seen.insert(to) {
                        next.push((to, chain));
                    }
                }
            }
            open = next;
        }
        None
    }
}

fn metres((north, east): Point, (north_b, east_b): Point) -> f64 {
    let across = METRES * (f64::from(north) * 1e-7).to_radians().cos();
    let (dy, dx) = ((f64::from(north_b) - f64::from(north)) * METRES, (f64::from(east_b) - f64::from(east)) * across);
    dy.hypot(dx)
}
