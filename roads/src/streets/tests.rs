//! Ways as they are drawn: with gaps, over themselves, with restrictions over several of them.

use anydoor_core::roads::format::Class;

use super::*;

fn way(id: i64, nodes: &[i64]) -> Way {
    let driven = Driven { there: Some(36.0), back: Some(36.0), class: Class::Residential, wait_s: 0.0, takes_s: None };
    Way { id, nodes: nodes.to_vec(), driven, name: 0 }
}

/// A map of ways; nodes lie 100 m apart in the order of their ids, those in `missing` are not in the file.
fn drawn(ways: Vec<Way>, restrictions: Vec<Tagged>, missing: &[i64]) -> Map {
    let found = Found { ways, restrictions, ..Found::default() };
    let mut places = Places::of(&found);
    for node in 0..100_i64 {
        if !missing.contains(&node) {
            places.put(node, (400_000_000 + 9_000 * i32::try_from(node).unwrap(), -750_000_000), false);
        }
    }
    map(found, &places)
}

fn over(kind: (bool, bool), from: i64, via_nodes: &[i64], via_ways: &[i64], to: i64) -> Tagged {
    let (only, u_turn) = kind;
    Tagged { only, u_turn, from: vec![from], via_nodes: via_nodes.to_vec(), via_ways: via_ways.to_vec(), to: vec![to] }
}

#[test]
fn a_way_ends_where_its_nodes_are_missing_and_begins_anew() {
    let whole = drawn(vec![way(1, &[1, 2, 3, 4, 5, 6]), way(2, &[2, 50])], Vec::new(), &[]);
    assert_eq!(whole.streets.len(), 3);
    let gap = drawn(vec![way(1, &[1, 2, 3, 4, 5, 6]), way(2, &[2, 50])], Vec::new(), &[4]);
    let ends: Vec<usize> = gap.streets.iter().map(|street| street.line.len()).collect();
    assert_eq!(ends, [2, 2, 2], "1 to 2 and 5 to 6 of the one, and the other");
    assert!(drawn(vec![way(1, &[1, 2])], Vec::new(), &[1]).streets.is_empty());
}

#[test]
fn a_way_that_crosses_itself_is_cut_where_it_does() {
    let map = drawn(vec![way(1, &[1, 2, 3, 4, 2, 5])], Vec::new(), &[]);
    let lines: Vec<(u32, u32, usize)> = map.streets.iter().map(|street| (street.from, street.to, street.line.len())).collect();
    assert_eq!(lines, [(0, 1, 2), (1, 1, 4), (1, 2, 2)], "to the crossing, the loop, and on");
}

#[test]
fn a_restriction_goes_over_several_ways_in_whatever_order_they_are_named() {
    let ways = || vec![way(1, &[1, 2]), way(2, &[2, 3]), way(3, &[4, 3]), way(4, &[4, 5]), way(5, &[2, 9])];
    for via in [[2, 3], [3, 2]] {
        let map = drawn(ways(), vec![over((false, false), 1, &[], &via, 4)], &[]);
        let [restriction] = map.restrictions.as_slice() else { panic!("{:?}", map.restrictions) };
        let streets: Vec<(u32, bool)> = restriction.over.iter().map(|turn| (turn.street, turn.back)).collect();
        assert_eq!(streets, [(0, false), (1, false), (2, true), (3, false)]);
    }
    let torn = drawn(ways(), vec![over((false, false), 1, &[], &[3], 4)], &[]);
    assert_eq!((torn.restrictions.len(), torn.restrictions_left_out), (0, 1), "the ways between do not meet the first");
}

#[test]
fn a_forbidden_turn_back_forbids_nobody_to_drive_on() {
    let map = drawn(vec![way(1, &[1, 2, 3])], vec![over((false, true), 1, &[2], &[], 1)], &[]);
    assert_eq!(map.restrictions.len(), 2);
    assert!(map.restrictions.iter().all(|restriction| restriction.over[0].street == restriction.over[1].street));
}
