//! `make bench`, its part about the nearest team: ours beside its peers, taken in turn within one run.

mod graphs;
mod roads;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut graphs = vec![graphs::grid("grid 60k", 245)?];
    for (name, file) in [("Columbus", "columbus.osm.pbf"), ("Porto", "porto_portugal.osm.pbf")] {
        match graphs::city(name, file, true)? {
            Some(graph) => graphs.push(graph),
            None => println!("{name}: skipped, {file} is not here"),
        }
    }
    match graphs::new_york()? {
        Some(graph) => graphs.push(graph),
        None => println!("New York: skipped, its files are not here"),
    }
    for graph in &graphs {
        roads::measure(graph)?;
    }
    Ok(())
}
