//! Made-up towns: a bent grid with one-ways, gaps, loops, parallel streets and restricted turns.

use anydoor_core::roads::format::Class;
use anydoor_roads::{Map, Restriction, Street, Turn};
use proptest::prelude::*;

/// Degrees between two junctions of the grid: some 300 m.
const STEP: f64 = 0.003;
const SOUTH: f64 = 40.0;
const WEST: f64 = -75.0;

#[derive(Debug, Clone)]
pub struct Sketch {
    from: usize,
    to: usize,
    seconds: u32,
    /// 0 both, 1 there, 2 back, 3 closed to cars.
    direction: u8,
    /// A different time on the way back.
    back_seconds: Option<u32>,
    bend: (i32, i32),
}

/// From, to, line, seconds, and whether it may be driven back.
type Drawn = (u32, u32, Vec<(f64, f64)>, u32, bool);

#[derive(Debug, Clone)]
pub struct Town {
    side: usize,
    sketches: Vec<Sketch>,
    turns: Vec<(usize, usize, usize, bool)>,
    fixed: Option<Map>,
}

pub fn towns() -> impl Strategy<Value = Town> {
    (2_usize..7).prop_flat_map(|side| {
        let places = side * side;
        let grid: Vec<(usize, usize)> = (0..places)
            .flat_map(|here| {
                let right = (here % side + 1 < side).then_some((here, here + 1));
                let up = (here + side < places).then_some((here, here + side));
                [right, up]
            })
            .flatten()
            .collect();
        let grid = grid.into_iter().map(|(from, to)| sketch(from, to)).collect::<Vec<_>>();
        let odd = prop::collection::vec((0..places, 0..places).prop_flat_map(|(from, to)| sketch(from, to)), 0..4);
        let turns = prop::collection::vec((any::<usize>(), any::<usize>(), any::<usize>(), any::<bool>()), 0..12);
        (grid, odd, turns).prop_map(move |(mut sketches, odd, turns)| {
            sketches.extend(odd);
            Town { side, sketches, turns, fixed: None }
        })
    })
}

fn sketch(from: usize, to: usize) -> impl Strategy<Value = Sketch> {
    let direction = prop_oneof![6 => Just(0_u8), 2 => Just(1), 2 => Just(2), 1 => Just(3)];
    let bend = prop_oneof![Just((0, 0)), (-6000..6000_i32, -6000..6000_i32)];
    (1_u32..120, direction, prop::option::of(1_u32..120), bend).prop_map(move |(seconds, direction, back_seconds, bend)| Sketch {
        from,
        to,
        seconds,
        direction,
        back_seconds,
        bend,
    })
}

impl Town {
    /// A place in the town: 0 … 1 from south to north and from west to east.
    pub fn degrees(&self, (north, east): (f64, f64)) -> (f64, f64) {
        let size = STEP * (self.side - 1) as f64;
        (SOUTH + north * size, WEST + east * size)
    }

    fn point(&self, junction: usize) -> (i32, i32) {
        let at = |index: usize, begin: f64| ((begin + STEP * index as f64) * 1e7).round() as i32;
        (at(junction / self.side, SOUTH), at(junction % self.side, WEST))
    }

    pub fn map(&self) -> Map {
        if let Some(map) = &self.fixed {
            return map.clone();
        }
        let mut map = Map { junctions: (self.side * self.side) as u32, ..Map::default() };
        for (number, sketch) in self.sketches.iter().enumerate() {
            let (a, b) = (self.point(sketch.from), self.point(sketch.to));
            let middle = ((a.0 + b.0) / 2 + sketch.bend.0, (a.1 + b.1) / 2 + sketch.bend.1);
            let line = if sketch.bend == (0, 0) && a != b { vec![a, b] } else { vec![a, middle, b] };
            let (there, back) = (sketch.seconds * 1000 + 7, sketch.back_seconds.unwrap_or(sketch.seconds) * 1000 + 7);
            map.streets.push(Street {
                from: sketch.from as u32,
                to: sketch.to as u32,
                line,
                there: matches!(sketch.direction, 0 | 1).then_some(there),
                back: matches!(sketch.direction, 0 | 2).then_some(back),
                class: Class::Residential,
                name: map.names.place(&number.to_string()),
            });
        }
        map.restrictions = self.turns.iter().filter_map(|turn| restriction(&map, *turn)).collect();
        map
    }

    fn of(junctions: u32, streets: &[Drawn]) -> Self {
        let mut map = Map { junctions, ..Map::default() };
        for (number, (from, to, line, seconds, back)) in streets.iter().enumerate() {
            let degrees = |at: f64| (at * 1e7).round() as i32;
            map.streets.push(Street {
                from: *from,
                to: *to,
                line: line.iter().map(|(north, east)| (degrees(*north), degrees(*east))).collect(),
                there: Some(seconds * 1000),
                back: back.then_some(seconds * 1000),
                class: Class::Residential,
                name: map.names.place(&number.to_string()),
            });
        }
        Self { side: 2, sketches: Vec::new(), turns: Vec::new(), fixed: Some(map) }
    }

    /// A cross with a way round from its north to its west; the turn from south to west, or only that from south to
    /// east, may be restricted.
    pub fn cross(only: Option<bool>) -> Self {
        let (middle, south, west, north, east) = ((40.0, -75.0), (39.99, -75.0), (40.0, -75.01), (40.01, -75.0), (40.0, -74.99));
        let mut town = Self::of(
            5,
            &[
                (1, 0, vec![south, middle], 60, true),
                (0, 2, vec![middle, west], 60, true),
                (0, 3, vec![middle, north], 60, true),
                (0, 4, vec![middle, east], 60, true),
                (3, 2, vec![north, (40.01, -75.01), west], 300, true),
                (4, 3, vec![east, (40.01, -74.99), north], 500, false),
            ],
        );
        let turn = |street| Turn { street, back: false };
        if let (Some(only), Some(map)) = (only, town.fixed.as_mut()) {
            // Turning round in a street is a turn too; it is forbidden here so that the way round is the only one.
            map.restrictions.push(Restriction { over: vec![turn(0), turn(if only { 3 } else { 1 })], only });
            for street in [2, 3] {
                map.restrictions.push(Restriction { over: vec![turn(street), Turn { street, back: true }], only: false });
            }
        }
        town
    }

    /// A square, one street on an island, and one that leads out of the square and not back.
    pub fn with_island() -> Self {
        let (a, b, c, d) = ((40.0, -75.0), (40.0, -75.01), (40.01, -75.01), (40.01, -75.0));
        Self::of(
            7,
            &[
                (0, 1, vec![a, b], 60, true),
                (1, 2, vec![b, c], 60, true),
                (2, 3, vec![c, d], 60, true),
                (3, 0, vec![d, a], 60, true),
                (4, 5, vec![(40.03, -75.0), (40.03, -75.01)], 60, true),
                (3, 6, vec![d, (40.03, -75.001)], 60, false),
            ],
        )
    }
}

/// A restriction over two or three streets that follow each other.
fn restriction(map: &Map, (first, second, third, only): (usize, usize, usize, bool)) -> Option<Restriction> {
    let turns: Vec<Turn> = (0..map.streets.len() as u32)
        .flat_map(|street| [Turn { street, back: false }, Turn { street, back: true }])
        .filter(|turn| ends(map, *turn).is_some())
        .collect();
    let after = |turn: Turn| {
        let at = ends(map, turn).map(|(_, to)| to);
        turns.iter().copied().filter(move |next| ends(map, *next).map(|(from, _)| from) == at).collect::<Vec<_>>()
    };
    let pick = |all: &[Turn], number: usize| (!all.is_empty()).then(|| all[number % all.len()]);
    let one = pick(&turns, first)?;
    let two = pick(&after(one), second)?;
    let mut over = vec![one, two];
    if third % 3 == 0 {
        over.push(pick(&after(two), third)?);
    }
    Some(Restriction { over, only })
}

pub fn ends(map: &Map, turn: Turn) -> Option<(u32, u32)> {
    let street = &map.streets[turn.street as usize];
    if turn.back { street.back.map(|_| (street.to, street.from)) } else { street.there.map(|_| (street.from, street.to)) }
}
