//! Valhalla as a peer: the programs of its Python wheel, tiles of the city, its service on this machine's loopback.
//!
//! The wheel and the tiles stay in the user's cache folder between runs. It is asked as its own documentation says for many
//! to one, `/sources_to_targets`, by the quicker of its two matrices here (`timedistancematrix`; it chooses `costmatrix`).

use std::error::Error;
use std::fs::{Permissions, create_dir_all, metadata, rename, set_permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anydoor_core::base::Position;
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

use crate::candidates::COUNTS;
use crate::graphs::Graph;
use crate::plots::Plot;
use crate::programs::{Running, run, setpriv};
use crate::questions::{Places, TEAMS, TIMES, answer, percentile, timed, wall};
use crate::table::Table;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The wheels for both kinds of processor, by their digests.
const WHEELS: &str = "pyvalhalla==3.9.1 \
    --hash=sha256:7b49c5e5f86cefd555b473aaaf34df3305889d30aa889b8abd3b4c2acc622271 \
    --hash=sha256:6ebe5f9dd6ce3b16413f939a271d68e64a4addd44df8a802a8eda0b9ca0bf16f\n";
const CACHE: &str = "anydoor/valhalla-3.9.1";
const BUILD: &str = "valhalla/bin/valhalla_build_tiles";
const SERVE: &str = "valhalla/bin/valhalla_service";
const QUESTIONS: usize = 20;

/// Valhalla's service, with one city.
pub struct Peer {
    agent: Agent,
    address: String,
    _running: Running,
    _folder: TempDir,
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The folder of its programs, fetched where it is not there yet.
fn programs() -> Result<PathBuf, String> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache"))).ok_or("no cache folder: HOME is not set")?;
    let home = cache.join(CACHE);
    if home.join(SERVE).exists() {
        return Ok(home);
    }
    println!("Valhalla: fetching its wheel (37 MB) …");
    let parent = home.parent().unwrap_or(&cache);
    create_dir_all(parent).map_err(said)?;
    let folder = TempDir::new_in(parent).map_err(said)?;
    std::fs::write(folder.path().join("wheels.txt"), WHEELS).map_err(said)?;
    let platform = format!("manylinux_2_28_{}", std::env::consts::ARCH);
    let mut fetch = Command::new("python3");
    fetch.args(["-m", "pip", "--disable-pip-version-check", "--timeout=20", "--retries=1", "download", "--no-deps"]);
    fetch.args(["--only-binary=:all:", "--python-version=312", "--require-hashes", "--requirement=wheels.txt", "--platform", &platform]);
    run(fetch.current_dir(&folder))?;
    let files = std::fs::read_dir(&folder).map_err(said)?.flatten().map(|entry| entry.path());
    let wheel = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "whl")).ok_or("pip brought no wheel")?;
    let new = folder.path().join("new");
    run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&new))?;
    for program in [BUILD, SERVE] {
        set_permissions(new.join(program), Permissions::from_mode(0o755)).map_err(said)?;
    }
    rename(&new, &home).map_err(said)?;
    Ok(home)
}

/// Writes the settings that Valhalla comes with into the folder, but for where its files and sockets are.
fn configure(home: &Path, folder: &Path, tiles: &Path, address: &str) -> Result<PathBuf, String> {
    let mut write = Command::new("python3");
    write.arg(home.join("valhalla/valhalla_build_config.py")).arg("--mjolnir-tile-dir").arg(tiles);
    for without in ["tile-extract", "traffic-extract", "admin", "timezone", "landmarks", "transit-dir", "transit-feeds-dir"] {
        write.args([&format!("--mjolnir-{without}"), ""]);
    }
    write.args(["--additional-data-elevation", "", "--httpd-service-listen", address]);
    for socket in ["httpd-service-loopback", "httpd-service-interrupt", "loki-service-proxy", "thor-service-proxy", "odin-service-proxy"] {
        write.arg(format!("--{socket}")).arg(format!("ipc://{}", folder.join(socket).display()));
    }
    write.args(["--thor-source-to-target-algorithm", "timedistancematrix"]);
    let config = folder.join("config.json");
    std::fs::write(&config, run(&mut write)?).map_err(said)?;
    Ok(config)
}

/// The city's tiles, built where they are not there yet.
fn tiles(home: &Path, pbf: &Path, name: &str) -> Result<PathBuf, String> {
    let all = home.join("tiles");
    let tiles = all.join(format!("{name}-{}", metadata(pbf).map_err(said)?.len()));
    if tiles.exists() {
        return Ok(tiles);
    }
    println!("Valhalla: building tiles of {name} …");
    create_dir_all(&all).map_err(said)?;
    let folder = TempDir::new_in(&all).map_err(said)?;
    let new = folder.path().join("new");
    let config = configure(home, folder.path(), &new, "tcp://127.0.0.1:0")?;
    // Valhalla refuses files that are not in the order of their numbers, as that of Columbus.
    let ordered = folder.path().join("ordered.osm.pbf");
    let sorting = run(Command::new("osmium").args(["sort", "--no-progress", "-o"]).arg(&ordered).arg(pbf));
    let input = if sorting.is_ok() { &ordered } else { pbf };
    let built = run(Command::new(home.join(BUILD)).arg("-c").arg(config).arg(input));
    built.map_err(|why| sorting.err().map_or_else(|| why.clone(), |unsorted| format!("{why} ({unsorted})")))?;
    rename(&new, &tiles).map_err(said)?;
    Ok(tiles)
}

impl Peer {
    /// Starts it with this city; else why it is absent.
    pub fn start(pbf: &Path, name: &str) -> Result<Self, String> {
        let home = programs()?;
        let tiles = tiles(&home, pbf, name)?;
        let folder = TempDir::new().map_err(said)?;
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(said)?;
        let config = configure(&home, folder.path(), &tiles, &format!("tcp://{free}"))?;
        let mut serve = setpriv(&["--pdeathsig", "KILL"], &home.join(SERVE));
        serve.arg(config).arg("1");
        let mut running = Running::start(serve, folder.path().join("log"))?;
        let agent: Agent = Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(60))).build().into();
        let address = format!("http://{free}");
        let status = format!("{address}/status");
        running.answers(|| agent.get(&status).call().ok()?.body_mut().read_to_vec().ok())?;
        Ok(Self { agent, address, _running: running, _folder: folder })
    }

    /// Each team's seconds to the scene, where it finds a way, and its milliseconds by the clock on the wall.
    pub fn matrix(&self, teams: &[Position], scene: Position) -> Outcome<(Vec<Option<f64>>, f64)> {
        let place = |at: &Position| json!({ "lat": at.latitude(), "lon": at.longitude() });
        let sources: Vec<Value> = teams.iter().map(place).collect();
        let question = json!({ "sources": sources, "targets": [place(&scene)], "costing": "auto", "verbose": false }).to_string();
        let address = format!("{}/sources_to_targets", self.address);
        let (text, took) = wall(|| {
            let mut answer = self.agent.post(&address).content_type("application/json").send(&question)?;
            answer.body_mut().read_to_string()
        });
        let answer: Value = serde_json::from_str(&text?)?;
        let rows = answer.pointer("/sources_to_targets/durations").and_then(Value::as_array).ok_or("no durations")?;
        Ok((rows.iter().map(|row| row.pointer("/0").and_then(Value::as_f64)).collect(), took))
    }

    /// The milliseconds of a question about nothing: what asking alone takes.
    pub fn floor(&self) -> Outcome<f64> {
        let address = format!("{}/status", self.address);
        let (answer, took) = wall(|| self.agent.get(&address).call()?.body_mut().read_to_vec());
        answer?;
        Ok(took)
    }
}

/// What more candidates cost it.
fn more(peer: &Peer, places: &mut Places<'_>, table: &mut Table) -> Outcome<()> {
    for count in COUNTS.into_iter().filter(|count| *count <= 200) {
        let mut times = Vec::new();
        for _ in 0..5 {
            let asked = (0..=count).map(|_| places.next()).collect::<Outcome<Vec<_>>>()?;
            let (scene, teams) = asked.split_first().ok_or("no places")?;
            let (mut best, mut floor) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..2 {
                best = best.min(peer.matrix(teams, *scene)?.1);
                floor = floor.min(peer.floor()?);
            }
            times.push(best - floor);
        }
        table.point(Plot::Candidates, "Valhalla's matrix", count as f64, percentile(&times, 50));
    }
    Ok(())
}

/// The same questions, asked of ours and of Valhalla in turn; nothing but a line saying why where it is not here.
pub fn measure(graph: &Graph, pbf: &Path, table: &mut Table) -> Outcome<()> {
    let name = graph.name;
    let peer = match Peer::start(pbf, name) {
        Ok(peer) => peer,
        Err(why) => {
            println!("peer not measured: Valhalla, {name}: {why}");
            return Ok(());
        }
    };
    let mut places = Places::of(&graph.roads)?;
    let (mut ours, mut theirs, mut floors, mut longer) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..QUESTIONS {
        let asked = (0..=TEAMS).map(|_| places.next()).collect::<Outcome<Vec<_>>>()?;
        let (scene, teams) = asked.split_first().ok_or("no places")?;
        let [mut our, mut their, mut floor] = [f64::INFINITY; 3];
        let (mut given, mut seconds) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let (got, took) = timed(|| answer(&graph.roads, &asked));
            (given, our) = (got?.millis, our.min(took));
            let (got, took) = peer.matrix(teams, *scene)?;
            (seconds, their) = (got, their.min(took));
            floor = floor.min(peer.floor()?);
        }
        ours.push(our);
        theirs.push(their);
        floors.push(floor);
        let both = given.iter().zip(&seconds).filter_map(|(ours, theirs)| Some((f64::from((*ours)?), (*theirs)? * 1e3)));
        longer.extend(both.filter(|(ours, _)| *ours > 0.0).map(|(ours, theirs)| theirs / ours));
    }
    if name == "Porto" {
        more(&peer, &mut places, table)?;
    }
    let [our, their, floor] = [&ours, &theirs, &floors].map(|times| percentile(times, 50));
    let what = format!("{name}, scene × {TEAMS}, Valhalla's matrix less its floor");
    table.ratio(&what, our, their - floor, "≤ 0.01×", |ratio| ratio <= 0.01);
    table.figure(&format!("{name}, Valhalla's floor: HTTP to /status and back"), floor, "ms", "", true);
    println!(
        "Valhalla, {name}: {their:.1} ms raw, by the clock on the wall, over HTTP and JSON; ours by CPU time. It has its own \
         speeds and costs of turns: its times are {:.2} of ours (median of {} that both know of {})",
        percentile(&longer, 50),
        longer.len(),
        QUESTIONS * TEAMS
    );
    Ok(())
}
