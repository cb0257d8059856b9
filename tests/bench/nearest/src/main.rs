//! `make bench`, its part about the nearest team by road: ours beside its peer, taken in turn within one run, in CPU time
//! of this thread. A word in the last column is computed from this run; the exit code says only whether it ran.

mod candidates;
mod fleet;
mod graphs;
mod plots;
mod postgis;
mod programs;
mod questions;
mod table;
mod valhalla;

use std::error::Error;

use table::Table;

fn main() -> Result<(), Box<dyn Error>> {
    let mut table = Table::default();
    fleet::measure(&mut table)?;
    if std::env::args().any(|part| part == "fleet") {
        table.print();
        return Ok(());
    }
    let made_up = graphs::grid("grid", 245)?;
    questions::measure(&made_up, &mut table)?;
    for (name, file) in [("Columbus", "columbus.osm.pbf"), ("Porto", "porto_portugal.osm.pbf")] {
        let Some(city) = graphs::city(name, file, true)? else {
            println!("skipped: {name}, {file} is not here");
            continue;
        };
        let fast = questions::measure(&city, &mut table)?;
        if name == "Porto" {
            candidates::measure(&city, &fast, &mut table)?;
        }
        valhalla::measure(&city, &graphs::path(file), &mut table)?;
        if city.roads.about().split > 0
            && let Some(free) = graphs::city("without turns", file, false)?
        {
            let [turns, without] = questions::in_turn([&city, &free], 200)?;
            table.ratio(&format!("{name}, scene × 50 with turn restrictions, beside without"), turns, without, "≤ 1.2×", |ratio| {
                ratio <= 1.2
            });
        }
    }
    match graphs::new_york()? {
        Some(graph) => drop(questions::measure(&graph, &mut table)?),
        None => println!("skipped: New York, its files are not here"),
    }
    table.print();
    if std::env::args().any(|part| part == "plots") {
        plots::write(&table.points)?;
    }
    Ok(())
}
