//! Keeps the largest part in which every street reaches every other, so that nobody is sent to an island.
//!
//! A car that has stopped on a street may turn round, where it may not at a junction. So streets count as places here
//! beside the nodes: one arrives on a street over each of its rows, and sets out from it over each that is not only for
//! arriving.

use crate::network::{Network, Row};

const NONE: u32 = u32::MAX;

/// For each node, and behind the nodes for each street, what is reached from it.
struct Heads {
    first: Vec<u32>,
    heads: Vec<u32>,
}

impl Heads {
    fn of(network: &Network) -> Self {
        let streets = network.rows.iter().map(|row| row.street + 1).max().unwrap_or_default();
        let mut arcs: Vec<(u32, u32)> = Vec::with_capacity(network.rows.len() * 3);
        for row in &network.rows {
            let street = network.nodes + row.street;
            arcs.extend(row.tail.zip(row.head));
            arcs.extend(row.tail.map(|tail| (tail, street)));
            arcs.extend(row.head.filter(|_| !row.arrives_only).map(|head| (street, head)));
        }
        arcs.sort_unstable();
        let mut first = vec![0_u32; (network.nodes + streets) as usize + 1];
        arcs.iter().for_each(|(tail, _)| first.get_mut(*tail as usize + 1).into_iter().for_each(|count| *count += 1));
        let mut sum = 0;
        for count in &mut first {
            sum += *count;
            *count = sum;
        }
        Self { first, heads: arcs.into_iter().map(|(_, head)| head).collect() }
    }

    fn len(&self) -> usize {
        self.first.len() - 1
    }

    fn range(&self, node: u32) -> (u32, u32) {
        let at = |node: usize| self.first.get(node).copied().unwrap_or_default();
        (at(node as usize), at(node as usize + 1))
    }
}

/// For each node and street its part (Tarjan 1972, without recursion).
fn parts(network: &Network) -> Vec<u32> {
    let heads = Heads::of(network);
    let nodes = heads.len();
    let (mut order, mut low, mut part) = (vec![NONE; nodes], vec![NONE; nodes], vec![NONE; nodes]);
    let (mut counter, mut parts) = (0, 0);
    let mut path: Vec<u32> = Vec::new();
    let mut stack: Vec<(u32, u32)> = Vec::new();
    let get = |all: &[u32], node: u32| all.get(node as usize).copied().unwrap_or(NONE);
    let set = |all: &mut [u32], node: u32, value: u32| all.get_mut(node as usize).into_iter().for_each(|slot| *slot = value);
    for root in 0..nodes as u32 {
        if get(&order, root) != NONE {
            continue;
        }
        stack.push((root, heads.range(root).0));
        while let Some((node, next)) = stack.pop() {
            let (from, until) = heads.range(node);
            if next == from && get(&order, node) == NONE {
                set(&mut order, node, counter);
                set(&mut low, node, counter);
                counter += 1;
                path.push(node);
            }
            if next < until {
                stack.push((node, next + 1));
                let head = heads.heads.get(next as usize).copied().unwrap_or(node);
                if get(&order, head) == NONE {
                    stack.push((head, heads.range(head).0));
                } else if get(&part, head) == NONE {
                    let least = get(&low, node).min(get(&order, head));
                    set(&mut low, node, least);
                }
                continue;
            }
            if get(&low, node) == get(&order, node) {
                while let Some(member) = path.pop() {
                    set(&mut part, member, parts);
                    if member == node {
                        break;
                    }
                }
                parts += 1;
            }
            if let Some((above, _)) = stack.last() {
                let least = get(&low, *above).min(get(&low, node));
                set(&mut low, *above, least);
            }
        }
    }
    part
}

/// The network without what cannot be reached or left.
pub fn keep(network: Network) -> Network {
    let part = parts(&network);
    let (of_nodes, of_streets) = part.split_at_checked(network.nodes as usize).unwrap_or_default();
    let mut sizes = std::collections::HashMap::<u32, u32>::new();
    of_streets.iter().for_each(|number| *sizes.entry(*number).or_default() += 1);
    let largest = sizes.into_iter().max_by_key(|(number, size)| (*size, std::cmp::Reverse(*number))).map_or(NONE, |(number, _)| number);
    let junctions = network.nodes - network.split;
    let mut numbers = vec![None; network.nodes as usize];
    let (mut nodes, mut split) = (0, 0);
    for ((node, slot), part) in (0_u32..).zip(&mut numbers).zip(of_nodes) {
        if *part == largest {
            *slot = Some(nodes);
            nodes += 1;
            split += u32::from(node >= junctions);
        }
    }
    let number = |node: Option<u32>| node.and_then(|node| numbers.get(node as usize).copied().flatten());
    let kept = |street: u32| of_streets.get(street as usize) == Some(&largest);
    let rows: Vec<Row> = network
        .rows
        .iter()
        .filter(|row| kept(row.street))
        .map(|row| Row { tail: number(row.tail), head: number(row.head), ..*row })
        .filter(|row| row.tail.is_some() || !row.arrives_only)
        .collect();
    let mut before: Vec<u32> = network.rows.iter().map(|row| row.street).collect();
    before.sort_unstable();
    before.dedup();
    let islands = before.iter().filter(|street| !kept(**street)).count() as u32;
    Network { nodes, split, rows, islands }
}
