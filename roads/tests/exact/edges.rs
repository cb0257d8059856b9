//! Where longitudes end and where they meet: the antimeridian, and as near to the poles as streets are.

use anydoor_core::base::Position;
use anydoor_core::base::geo::distance_m;
use anydoor_core::roads::format::Class;
use anydoor_core::roads::{Closed, Closure, Roads};
use anydoor_roads::{Map, Street};
use proptest::prelude::*;

use crate::pack;

/// Junctions on a side of the town.
const SIDE: i32 = 6;
/// Between two of them, in 10⁻⁷ degrees of latitude: some 220 m.
const STEP: f64 = 20_000.0;
const MEAN_RADIUS_M: f64 = 6_371_008.8;

/// Taveuni in Fiji, Wrangel Island, Alert (no street is nearer to a pole), Longyearbyen, McMurdo; and the equator.
const MIDDLES: [(f64, f64); 6] = [(-16.8, 180.0), (71.2, -179.9995), (82.5, -62.35), (78.2, 15.6), (-77.85, 166.7), (0.0, 179.9999)];

fn around(east: f64) -> i32 {
    let turn = 3_600_000_000.0;
    (if east > turn / 2.0 { east - turn } else { east }).round() as i32
}

/// A grid whose streets bend; the line of none is longer than 400 m.
fn town((north, east): (f64, f64), bend: f64) -> Map {
    let wide = STEP / north.to_radians().cos();
    let east = if east < 0.0 { east + 360.0 } else { east };
    let at = |row: f64, column: f64| ((north * 1e7 + row * STEP).round() as i32, around(east * 1e7 + column * wide));
    let mut map = Map { junctions: (SIDE * SIDE) as u32, ..Map::default() };
    let half = f64::from(SIDE - 1) / 2.0;
    for (row, column) in (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column))) {
        for (up, right) in [(0, 1), (1, 0)] {
            if row + up == SIDE || column + right == SIDE {
                continue;
            }
            let (row_m, column_m) = (f64::from(row) - half, f64::from(column) - half);
            let middle =
                at(row_m + f64::from(up) / 2.0 + bend * f64::from(right), column_m + f64::from(right) / 2.0 + bend * f64::from(up));
            map.streets.push(Street {
                from: (row * SIDE + column) as u32,
                to: ((row + up) * SIDE + column + right) as u32,
                line: vec![at(row_m, column_m), middle, at(row_m + f64::from(up), column_m + f64::from(right))],
                there: Some(20_000),
                back: Some(20_000),
                class: Class::Residential,
                name: 0,
            });
        }
    }
    map
}

/// Metres east and north of a place, on the plane that touches a sphere there: no longitude is subtracted.
fn plane(at: Position, (north, east): (i32, i32)) -> (f64, f64) {
    let space = |north: f64, east: f64| [north.cos() * east.cos(), north.cos() * east.sin(), north.sin()];
    let (here_north, here_east) = (at.latitude().to_radians(), at.longitude().to_radians());
    let there = space((f64::from(north) * 1e-7).to_radians(), (f64::from(east) * 1e-7).to_radians());
    let dot = |axis: [f64; 3]| MEAN_RADIUS_M * axis.iter().zip(&there).map(|(a, b)| a * b).sum::<f64>();
    let up = [-here_north.sin() * here_east.cos(), -here_north.sin() * here_east.sin(), here_north.cos()];
    (dot([-here_east.sin(), here_east.cos(), 0.0]), dot(up))
}

fn nearest_m(map: &Map, at: Position) -> f64 {
    let pieces = map.streets.iter().flat_map(|street| street.line.windows(2));
    let metres = pieces.map(|pair| {
        let ((ax, ay), (bx, by)) = (plane(at, pair[0]), plane(at, pair[1]));
        let (dx, dy) = (bx - ax, by - ay);
        let along = (-(ax * dx + ay * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
        (ax + along * dx).hypot(ay + along * dy)
    });
    metres.fold(f64::INFINITY, f64::min)
}

fn beside((north, east): (f64, f64), up: f64, right: f64) -> Position {
    let east = east + right * STEP * 1e-7 / north.to_radians().cos();
    Position::new(north + up * STEP * 1e-7, (east + 540.0) % 360.0 - 180.0).unwrap()
}

proptest! {
    #[test]
    fn a_snap_is_the_nearest_across_the_antimeridian_and_near_the_poles(
        middle in prop::sample::select(MIDDLES.to_vec()), bend in -0.3..0.3_f64, up in -4.0..4.0_f64, right in -4.0..4.0_f64
    ) {
        let map = town(middle, bend);
        let roads = pack(&map);
        let at = beside(middle, up, right);
        let spot = roads.snap(at, 1e6).unwrap().unwrap();
        let nearest = nearest_m(&map, at);
        // Half a kilometre from the place the plane is off by a thousandth at most, as far north as Alert.
        prop_assert!((spot.off_road_m - nearest).abs() < 0.05 + nearest * 1e-3, "{} and {nearest}", spot.off_road_m);
        // The ellipsoid differs from the sphere by up to half a percent.
        let there = distance_m(at, spot.position);
        prop_assert!((there - spot.off_road_m).abs() < 0.05 + there * 8e-3, "{there} and {}", spot.off_road_m);
    }
}

#[test]
fn one_drives_over_the_antimeridian_and_a_closure_there_is_honoured() {
    let map = town((-16.8, 180.0), 0.0);
    let roads: Roads = pack(&map);
    let place = |up, right| roads.snap(beside((-16.8, 180.0), up, right), 100.0).unwrap().unwrap();
    let (team, scene) = (place(0.5, -1.5), place(0.5, 1.5));
    let closed = roads.close(&[Closure { line: vec![beside((-16.8, 180.0), 0.2, 0.1), beside((-16.8, 180.0), 0.8, 0.1)] }]).unwrap();
    assert_eq!(closed.streets(), 1);
    let time = |closed: &Closed| roads.times(&scene, &[team], closed).unwrap()[0].unwrap();
    assert_eq!((time(&Closed::default()), time(&closed)), (60_000, 100_000));
    let route = roads.route(&team, &scene, &Closed::default()).unwrap().unwrap();
    assert!((route.metres - distance_m(team.position, scene.position)).abs() < 5.0, "{route:?}");
    assert!(route.line.iter().all(|at| at.longitude().abs() > 179.9), "{route:?}");
}
