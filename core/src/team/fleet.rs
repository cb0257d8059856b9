//! Many teams and where they are: the nearest that have what is asked, by WGS84 geodesic, while their positions change.
//!
//! Positions become points in space (metres from the Earth's middle), where no pole and no antimeridian stands in the
//! way. The straight line through the Earth narrows: it grows with the geodesic but for the Earth's flattening, and what
//! that could have put in the wrong order is measured by geodesic. Space is halved again and again, by its three axes in
//! turn, wherever more than `FULL` teams share a cell; halves never have to be balanced again, however teams move.

use super::shortlist::{RADIUS_M, Shortlist, Space, space, square};
use crate::base::Position;
use crate::base::geo::distance_m;

/// The most teams in a cell before it is halved.
const FULL: usize = 32;
/// Two halves with so few teams become one cell again.
const FEW: usize = FULL / 4;
/// So often space is halved at most: cells of a metre, in which any number of teams may stand.
const DEEPEST: u32 = 72;
/// What a team has or is, one bit each; the caller says which bit means what.
pub type Features = u64;

/// A team that is near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Its number.
    pub team: u32,
    /// Metres by WGS84 geodesic.
    pub m: f64,
}

/// A team in its cell.
#[derive(Debug, Clone, Copy)]
struct Entry {
    at: Space,
    features: Features,
    team: u32,
}

#[derive(Debug)]
enum Inside {
    /// Halved at `middle`: the cells before it and from it on.
    Halves {
        middle: f64,
        cells: [u32; 2],
    },
    Teams(Vec<Entry>),
}

#[derive(Debug)]
struct Cell {
    inside: Inside,
    /// What any team in it has.
    any: Features,
    above: u32,
    /// Its middle, and half its width.
    middle: Space,
    half: Space,
}

impl Cell {
    fn around(&self, at: Space) -> bool {
        let sides = self.middle.iter().zip(&self.half).zip(&at);
        sides.into_iter().all(|((middle, half), at)| *at >= middle - half && *at < middle + half)
    }
}

/// Where a team stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    position: Position,
    cell: u32,
    seat: u32,
}

/// Many teams, numbered by their caller, with their features and positions.
#[derive(Debug)]
pub struct Fleet {
    cells: Vec<Cell>,
    unused: Vec<u32>,
    places: Vec<Option<Place>>,
}

/// The cell that is the whole Earth.
const EARTH: u32 = 0;

impl Default for Fleet {
    fn default() -> Self {
        let Descent { middle, half, .. } = Descent::from_earth();
        let earth = Cell { inside: Inside::Teams(Vec::new()), any: 0, above: EARTH, middle, half };
        Self { cells: vec![earth], unused: Vec::new(), places: Vec::new() }
    }
}

/// A cell on the way down from the Earth: its number, how often space was halved, its middle and half its width.
struct Descent {
    cell: u32,
    depth: u32,
    middle: Space,
    half: Space,
}

impl Descent {
    fn from_earth() -> Self {
        Self { cell: EARTH, depth: 0, middle: [0.0; 3], half: [RADIUS_M + 1.0; 3] }
    }

    fn axis(&self) -> usize {
        self.depth as usize % 3
    }

    /// On to the half in which the point lies; which one that is.
    fn step(&mut self, at: Space, cells: [u32; 2]) {
        let axis = self.axis();
        let (Some(middle), Some(half), Some(at)) = (self.middle.get_mut(axis), self.half.get_mut(axis), at.get(axis)) else { return };
        let [before, from] = cells;
        let beyond = *at >= *middle;
        *half /= 2.0;
        *middle += if beyond { *half } else { -*half };
        self.cell = if beyond { from } else { before };
        self.depth += 1;
    }
}

impl Fleet {
    /// How many teams have a position.
    pub fn len(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Whether no team has a position.
    pub fn is_empty(&self) -> bool {
        self.places.iter().all(Option::is_none)
    }

    /// Puts a team where it is now, with what it has now.
    pub fn place(&mut self, team: u32, position: Position, features: Features) {
        let at = space(position);
        if self.moved_within(team, position, at, features) {
            return;
        }
        self.remove(team);
        let mut way = Descent::from_earth();
        loop {
            let Some(cell) = self.cells.get_mut(way.cell as usize) else { return };
            cell.any |= features;
            match &mut cell.inside {
                Inside::Halves { cells, .. } => {
                    let cells = *cells;
                    way.step(at, cells);
                }
                Inside::Teams(teams) if teams.len() < FULL || way.depth >= DEEPEST => {
                    let seat = teams.len() as u32;
                    teams.push(Entry { at, features, team });
                    let number = team as usize;
                    if self.places.len() <= number {
                        self.places.resize(number + 1, None);
                    }
                    if let Some(place) = self.places.get_mut(number) {
                        *place = Some(Place { position, cell: way.cell, seat });
                    }
                    return;
                }
                Inside::Teams(_) => self.halve(&way),
            }
        }
    }

    /// Moves a team that has what it had and stays in its cell, as nearly all do that drive on; whether it is such a one.
    fn moved_within(&mut self, team: u32, position: Position, at: Space, features: Features) -> bool {
        let Some(Some(place)) = self.places.get_mut(team as usize) else { return false };
        let Some(cell) = self.cells.get_mut(place.cell as usize).filter(|cell| cell.around(at)) else { return false };
        let Inside::Teams(teams) = &mut cell.inside else { return false };
        let Some(entry) = teams.get_mut(place.seat as usize).filter(|entry| entry.features == features) else { return false };
        (entry.at, place.position) = (at, position);
        true
    }

    /// Takes a team away: its position is no longer known, or it has gone home. Whether it was there.
    pub fn remove(&mut self, team: u32) -> bool {
        let Some(Place { cell: number, seat, .. }) = self.places.get_mut(team as usize).and_then(Option::take) else { return false };
        let Some(cell) = self.cells.get_mut(number as usize) else { return false };
        let Inside::Teams(teams) = &mut cell.inside else { return false };
        if (seat as usize) < teams.len() {
            teams.swap_remove(seat as usize);
        }
        let any = teams.iter().fold(0, |any, entry| any | entry.features);
        let changed = std::mem::replace(&mut cell.any, any) != any;
        if let Some(Entry { team: moved, .. }) = teams.get(seat as usize)
            && let Some(Some(place)) = self.places.get_mut(*moved as usize)
        {
            place.seat = seat;
        }
        let few = teams.len() <= FEW;
        let mut above = cell.above;
        if few {
            above = self.join(above);
        }
        if changed {
            self.tell_above(above);
        }
        true
    }

    /// The `k` nearest teams that have every feature of `must`, nearest first, by WGS84 geodesic.
    pub fn nearest(&self, scene: Position, must: Features, k: usize) -> Vec<Near> {
        let mut shortlist = Shortlist::new(scene, k);
        let at = shortlist.scene;
        let mut waiting: Vec<(u32, usize, Space)> = Vec::with_capacity(96);
        waiting.push((EARTH, 0, [0.0; 3]));
        while let Some((cell, axis, off)) = waiting.pop() {
            let Some(cell) = self.cells.get(cell as usize) else { continue };
            if cell.any & must != must || square(off, [0.0; 3]) > shortlist.reach {
                continue;
            }
            match &cell.inside {
                Inside::Teams(teams) => {
                    for entry in teams.iter().filter(|entry| entry.features & must == must) {
                        shortlist.offer_space(entry.team, entry.at);
                    }
                }
                Inside::Halves { middle, cells: [before, from] } => {
                    let across = at.get(axis).copied().unwrap_or_default() - middle;
                    let mut beyond = off;
                    beyond.get_mut(axis).into_iter().for_each(|off| *off = across);
                    let (near, far) = if across >= 0.0 { (from, before) } else { (before, from) };
                    let next = (axis + 1) % 3;
                    waiting.push((*far, next, beyond));
                    waiting.push((*near, next, off));
                }
            }
        }
        let mut near: Vec<Near> = shortlist
            .teams()
            .filter_map(|team| Some(Near { team, m: distance_m(self.places.get(team as usize)?.as_ref()?.position, scene) }))
            .collect();
        near.sort_by(|a, b| a.m.total_cmp(&b.m).then(a.team.cmp(&b.team)));
        near.truncate(k);
        near
    }

    /// Halves a full cell.
    fn halve(&mut self, way: &Descent) {
        let middle = way.middle.get(way.axis()).copied().unwrap_or_default();
        let cells = [-1.0, 1.0].map(|side| self.fresh(way, side));
        let Some(cell) = self.cells.get_mut(way.cell as usize) else { return };
        let Inside::Teams(teams) = std::mem::replace(&mut cell.inside, Inside::Halves { middle, cells }) else { return };
        for entry in teams {
            let beyond = entry.at.get(way.axis()).is_some_and(|at| *at >= middle);
            let [before, from] = cells;
            self.seat(if beyond { from } else { before }, entry);
        }
    }

    /// Makes one cell of two halves with few teams, and so on upwards. Returns the cell that now holds them, or is above.
    fn join(&mut self, mut above: u32) -> u32 {
        while let Some(Inside::Halves { cells, .. }) = self.cells.get(above as usize).map(|cell| &cell.inside) {
            let cells = *cells;
            let few = |cell: u32| match self.cells.get(cell as usize).map(|cell| &cell.inside) {
                Some(Inside::Teams(teams)) => Some(teams.len()),
                _ => None,
            };
            let [Some(before), Some(from)] = cells.map(few) else { break };
            if before + from > FEW {
                break;
            }
            let mut all = Vec::new();
            for number in cells {
                if let Some(cell) = self.cells.get_mut(number as usize)
                    && let Inside::Teams(teams) = &mut cell.inside
                {
                    all.append(teams);
                    self.unused.push(number);
                }
            }
            let Some(cell) = self.cells.get_mut(above as usize) else { break };
            (cell.inside, cell.any) = (Inside::Teams(Vec::new()), 0);
            let higher = cell.above;
            all.into_iter().for_each(|entry| self.seat(above, entry));
            if higher == above {
                break;
            }
            above = higher;
        }
        above
    }

    /// Puts a team that is known into a cell.
    fn seat(&mut self, number: u32, entry: Entry) {
        let Some(cell) = self.cells.get_mut(number as usize) else { return };
        let Inside::Teams(teams) = &mut cell.inside else { return };
        if let Some(Some(place)) = self.places.get_mut(entry.team as usize) {
            (place.cell, place.seat) = (number, teams.len() as u32);
        }
        cell.any |= entry.features;
        teams.push(entry);
    }

    /// Says again, from this cell up, what any team below has.
    fn tell_above(&mut self, mut number: u32) {
        loop {
            let any = |cell: &u32| self.cells.get(*cell as usize).map_or(0, |cell| cell.any);
            let Some(cell) = self.cells.get(number as usize) else { return };
            let now = match &cell.inside {
                Inside::Halves { cells, .. } => cells.iter().map(any).fold(0, |all, any| all | any),
                Inside::Teams(teams) => teams.iter().fold(0, |all, entry| all | entry.features),
            };
            let (same, above) = (now == cell.any, cell.above);
            if same && number != EARTH {
                return;
            }
            if let Some(cell) = self.cells.get_mut(number as usize) {
                cell.any = now;
            }
            if number == EARTH {
                return;
            }
            number = above;
        }
    }

    /// A cell without teams: that half of another which lies to this side of its middle.
    fn fresh(&mut self, way: &Descent, side: f64) -> u32 {
        let (mut middle, mut half) = (way.middle, way.half);
        for (middle, half) in middle.iter_mut().zip(&mut half).skip(way.axis()).take(1) {
            *half /= 2.0;
            *middle += side * *half;
        }
        let cell = Cell { inside: Inside::Teams(Vec::new()), any: 0, above: way.cell, middle, half };
        match self.unused.pop() {
            Some(number) => {
                if let Some(old) = self.cells.get_mut(number as usize) {
                    *old = cell;
                }
                number
            }
            None => {
                self.cells.push(cell);
                self.cells.len() as u32 - 1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(latitude: f64, longitude: f64) -> Position {
        Position::new(latitude, longitude).unwrap()
    }

    /// What a plain look at every team says.
    fn brute(teams: &[Option<(Position, Features)>], scene: Position, must: Features, k: usize) -> Vec<Near> {
        let able = teams.iter().enumerate().filter_map(|(team, there)| Some((team as u32, (*there)?)));
        let able = able.filter(|(_, (_, features))| features & must == must);
        let mut all: Vec<Near> = able.map(|(team, (position, _))| Near { team, m: distance_m(position, scene) }).collect();
        all.sort_by(|a, b| a.m.total_cmp(&b.m).then(a.team.cmp(&b.team)));
        all.truncate(k);
        all
    }

    /// Anywhere, near a pole, near the antimeridian, in one town, in one yard.
    fn anywhere() -> impl Strategy<Value = Position> {
        prop_oneof![
            (-90.0..=90.0_f64, -180.0..=180.0_f64),
            (89.9..=90.0_f64, -180.0..=180.0_f64),
            (-1.0..=1.0_f64, prop_oneof![179.5..=180.0_f64, -180.0..=-179.5_f64]),
            (41.1..=41.2_f64, -8.7..=-8.5_f64),
            (41.15..=41.150_000_1_f64, -8.6..=-8.599_999_9_f64),
        ]
        .prop_map(|(latitude, longitude)| at(latitude, longitude))
    }

    /// A team comes to a place or is taken away.
    fn happenings() -> impl Strategy<Value = Vec<(u32, Option<(Position, Features)>)>> {
        prop::collection::vec((0_u32..120, prop::option::weighted(0.85, (anywhere(), 0_u64..8))), 1..500)
    }

    proptest! {
        #[test]
        fn whatever_happens_the_order_is_that_of_brute_force(
            happenings in happenings(), scenes in prop::collection::vec((anywhere(), 0_u64..8, 0_usize..9), 1..8)
        ) {
            let mut fleet = Fleet::default();
            let mut teams = vec![None; 120];
            for (team, there) in happenings {
                match there {
                    Some((position, features)) => fleet.place(team, position, features),
                    None => prop_assert_eq!(fleet.remove(team), teams[team as usize].is_some()),
                }
                teams[team as usize] = there;
            }
            prop_assert_eq!(fleet.len(), teams.iter().flatten().count());
            for (scene, must, k) in scenes {
                prop_assert_eq!(fleet.nearest(scene, must, k), brute(&teams, scene, must, k));
            }
        }

        #[test]
        fn no_geodesic_is_shorter_than_the_flattening_allows(
            scene in (-90.0..=90.0_f64, -180.0..=180.0_f64), a in (-90.0..=90.0_f64, -180.0..=180.0_f64),
            step in (-5.0..=5.0_f64, -5.0..=5.0_f64), far in any::<bool>()
        ) {
            let scene = at(scene.0, scene.1);
            let a = if far { (-scene.latitude(), (scene.longitude() + 360.0) % 360.0 - 180.0) } else { a };
            let b = ((a.0 + step.0).clamp(-90.0, 90.0), (a.1 + step.1 + 540.0) % 360.0 - 180.0);
            let (a, b) = (at(a.0, a.1.clamp(-180.0, 180.0)), at(b.0, b.1));
            let (nearer, farther) = if distance_m(a, scene) <= distance_m(b, scene) { (a, b) } else { (b, a) };
            let mut shortlist = Shortlist::new(scene, 1);
            shortlist.offer(0, farther);
            shortlist.offer(1, nearer);
            prop_assert!(shortlist.teams().any(|team| team == 1));
        }
    }

    #[test]
    fn a_thousand_teams_in_one_yard_are_held_and_leave_no_trace() {
        let mut fleet = Fleet::default();
        (0..1000).for_each(|team| fleet.place(team, at(41.15, -8.6), 1));
        assert_eq!(fleet.nearest(at(41.0, -8.0), 1, 3).len(), 3);
        (0..1000).for_each(|team| assert!(fleet.remove(team)));
        assert!(fleet.is_empty());
        assert_eq!(fleet.cells.len() - fleet.unused.len(), 1, "one cell is left: the Earth");
        assert_eq!(fleet.cells[0].any, 0);
    }

    #[test]
    fn what_nobody_has_is_not_looked_for() {
        let mut fleet = Fleet::default();
        (0..500).for_each(|team| fleet.place(team, at(f64::from(team) / 10.0, 0.0), 0b01));
        fleet.place(7, at(0.7, 0.0), 0b11);
        assert_eq!(fleet.nearest(at(0.0, 0.0), 0b10, 5).iter().map(|near| near.team).collect::<Vec<_>>(), [7]);
        fleet.place(7, at(0.7, 0.0), 0b01);
        assert_eq!(fleet.cells[0].any, 0b01);
        assert_eq!(fleet.nearest(at(0.0, 0.0), 0b10, 5), []);
    }
}
