//! `anydoor-roads build COUNTY.osm.pbf COUNTY.roads [--profile FILE]`: builds a road pack, showing how far it is.
//! `anydoor-roads about COUNTY.roads`: what a pack says of itself.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anydoor_core::roads::Roads;
use anydoor_roads::profile::Profile;
use anydoor_roads::{BuildError, Progress, Step, build, pbf};

const USAGE: &str = "anydoor-roads build COUNTY.osm.pbf COUNTY.roads [--profile FILE]\nanydoor-roads about COUNTY.roads";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["build", from, to] => run(from, to, None),
        ["build", from, to, "--profile", profile] => run(from, to, Some(profile)),
        ["about", pack] => about(pack),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("anydoor-roads: {error}");
            ExitCode::FAILURE
        }
    }
}

fn file(what: &str) -> impl Fn(std::io::Error) -> BuildError + '_ {
    move |error| BuildError::File { what: what.to_owned(), error }
}

fn run(from: &str, to: &str, profile: Option<&str>) -> Result<(), Box<dyn std::error::Error>> {
    let profile = match profile {
        Some(path) => Profile::parse(&std::fs::read_to_string(path).map_err(file(path))?)?,
        None => Profile::default(),
    };
    let begun = Instant::now();
    let length = std::fs::metadata(from).map_err(file(from))?.len();
    let source = Path::new(from).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let shown = std::io::stderr().is_terminal();
    let mut last = (Step::Ways, u32::MAX);
    let mut listener = |Progress { step, share }: Progress| {
        let now = (step, (share * 100.0) as u32 / if shown { 1 } else { 25 });
        if now != last {
            let line = format!("{step}: {:.0} %", share * 100.0);
            if shown {
                eprint!("\r{line:<60}")
            } else {
                eprintln!("{line}")
            }
            last = now;
        }
        true
    };
    let map = pbf::read(&|| File::open(from), length, &source, &profile, &mut listener)?;
    let pack = build(&map, &mut listener)?;
    write(to, &pack)?;
    if shown {
        eprint!("\r{:<60}\r", "");
    }
    about(to)?;
    println!("built in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Writes beside the file and then puts it in its place, so that no half pack is ever found there.
fn write(to: &str, pack: &[u8]) -> Result<(), BuildError> {
    let beside = format!("{to}.part");
    let written = File::create(&beside).and_then(|mut out| out.write_all(pack).and_then(|()| out.sync_all()));
    written.and_then(|()| std::fs::rename(&beside, to)).map_err(|error| {
        // What is left of it is of no use; where even that cannot be taken away, the error already says enough.
        std::fs::remove_file(&beside).ok();
        file(to)(error)
    })
}

fn about(path: &str) -> Result<(), Box<dyn std::error::Error>> {
    let roads = Roads::open(std::fs::read(path).map_err(file(path))?)?;
    let (about, (all, query)) = (roads.about(), roads.size());
    println!("{path}: {} streets, {} junctions ({} for turns)", about.streets, about.nodes, about.split);
    println!("  from {}; {}", about.source, about.attribution);
    println!("  turn restrictions kept {}, left out {}", about.turn_restrictions, about.turn_restrictions_left_out);
    println!("  streets left out because no car gets there and back: {}", about.islands_left_out);
    println!("  {:.1} MB, of which {:.1} MB without shapes and names", all as f64 / 1e6, query as f64 / 1e6);
    Ok(())
}
