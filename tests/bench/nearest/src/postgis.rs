//! PostGIS as a peer: a PostgreSQL of its own in a temporary folder, reached by a Unix socket there, gone with the peer.
//!
//! It orders by `<->` of geography, which PostGIS measures on a sphere, not on the WGS84 ellipsoid (its manual, since 2.2):
//! of teams that are about equally far it may choose others than a geodesic does.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anydoor_core::base::Position;
use anydoor_core::team::fleet::{Features, Fleet};
use postgres::{Client, Config, NoTls, Statement};
use tempfile::TempDir;

use crate::fleet::{Dice, NEAREST, RARE};
use crate::programs::{Running, run, setpriv};
use crate::questions::{TIMES, percentile, timed, wall};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Where Debian keeps each release of PostgreSQL, and what PostGIS adds to it.
const PROGRAMS: &str = "/usr/lib/postgresql";
const EXTENSIONS: &str = "/usr/share/postgresql";
/// PostgreSQL refuses root: then it runs as the user whom its package made.
const AS_POSTGRES: [&str; 5] = ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"];
/// Given more memory than the table needs, no disk to wait for, and nothing going on beside the questions.
const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "shared_buffers=1GB",
    "maintenance_work_mem=512MB",
    "max_wal_size=4GB",
    "fsync=off",
    "synchronous_commit=off",
    "autovacuum=off",
];

/// The newest PostgreSQL here that has PostGIS.
fn programs() -> Result<PathBuf, String> {
    let releases = std::fs::read_dir(PROGRAMS).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let with = releases.filter(|release| Path::new(EXTENSIONS).join(release).join("extension/postgis.control").exists());
    let newest = with.filter_map(|release| release.to_str()?.parse::<u32>().ok()).max();
    newest
        .map(|release| Path::new(PROGRAMS).join(release.to_string()).join("bin"))
        .ok_or_else(|| "not installed (tools/need postgis)".into())
}

/// The running PostgreSQL.
struct Server {
    running: Running,
    folder: TempDir,
    programs: PathBuf,
    rights: &'static [&'static str],
}

impl Server {
    fn start() -> Result<Self, String> {
        let programs = programs()?;
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        let root = folder.path().metadata().map_err(|error| error.to_string())?.uid() == 0;
        let rights: &[&str] = if root { &AS_POSTGRES } else { &[] };
        if root {
            run(Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        let mut create = setpriv(rights, &programs.join("initdb"));
        let options = ["--username=bench", "--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8"];
        run(create.current_dir(&folder).args(options).arg("--pgdata").arg(&data))?;
        // SIGINT is a PostgreSQL's "disconnect everybody and stop".
        let mut serve = setpriv(&[&["--pdeathsig", "INT"], rights].concat(), &programs.join("postgres"));
        serve.current_dir(&folder).arg("-D").arg(&data);
        serve.arg("-c").arg(format!("unix_socket_directories={}", folder.path().display()));
        serve.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        let running = Running::start(serve, folder.path().join("log"))?;
        Ok(Self { running, folder, programs, rights })
    }

    fn connect(&mut self) -> Result<Client, String> {
        let mut config = Config::new();
        config.host_path(self.folder.path()).user("bench").dbname("postgres");
        self.running.answers(|| config.connect(NoTls).ok())
    }
}

impl Drop for Server {
    /// In its own way, so that it leaves no shared memory behind.
    fn drop(&mut self) {
        let mut stop = setpriv(self.rights, &self.programs.join("pg_ctl"));
        stop.current_dir(&self.folder).args(["stop", "--mode=immediate", "--pgdata"]).arg(self.folder.path().join("data"));
        let _killed_instead = run(&mut stop);
    }
}

/// PostGIS with its teams.
pub struct Peer {
    client: Client,
    nothing: Statement,
    /// The question for so many teams.
    question: Option<(usize, Statement)>,
    _server: Server,
}

fn question(k: usize) -> String {
    format!("select id from teams where matches order by at <-> ST_MakePoint($1, $2)::geography limit {k}")
}

impl Peer {
    /// Starts it without teams; else why it is absent.
    pub fn start() -> Result<Self, String> {
        let mut server = Server::start()?;
        let mut client = server.connect()?;
        client.batch_execute("create extension postgis").map_err(|error| error.to_string())?;
        let nothing = client.prepare("select 1").map_err(|error| error.to_string())?;
        Ok(Self { client, nothing, question: None, _server: server })
    }

    /// Replaces the teams: latitude, longitude, and whether each matches. Their numbers are those of the slice. Only those
    /// that match are in the index.
    pub fn load(&mut self, teams: &[(f64, f64, bool)]) -> Outcome<()> {
        self.question = None;
        self.client.batch_execute("drop table if exists teams; create table teams (id int, at geography(Point, 4326), matches bool)")?;
        let mut rows = self.client.copy_in("copy teams from stdin")?;
        let mut text = String::new();
        for (id, (latitude, longitude, matches)) in teams.iter().enumerate() {
            writeln!(text, "{id}\tSRID=4326;POINT({longitude} {latitude})\t{matches}")?;
            if text.len() > 1 << 16 {
                rows.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        rows.write_all(text.as_bytes())?;
        rows.finish()?;
        self.client.batch_execute("create index on teams using gist (at) where matches")?;
        Ok(self.client.batch_execute("vacuum analyze teams")?)
    }

    /// The numbers of the `k` nearest that match, and its milliseconds by the clock on the wall.
    pub fn nearest(&mut self, scene: Position, k: usize) -> Outcome<(Vec<u32>, f64)> {
        let prepared = match self.question.take() {
            Some((of, prepared)) if of == k => prepared,
            _ => self.client.prepare(&question(k))?,
        };
        let (rows, took) = wall(|| self.client.query(&prepared, &[&scene.longitude(), &scene.latitude()]));
        self.question = Some((k, prepared));
        let numbers = rows?.iter().map(|row| Ok(u32::try_from(row.try_get::<_, i32>(0)?)?)).collect::<Outcome<_>>()?;
        Ok((numbers, took))
    }

    /// The milliseconds of a question about nothing: what asking alone takes.
    pub fn floor(&mut self) -> Outcome<f64> {
        let (rows, took) = wall(|| self.client.query(&self.nothing, &[]));
        rows?;
        Ok(took)
    }

    /// Whether the question goes over the index.
    pub fn uses_index(&mut self) -> Outcome<bool> {
        let plan = self.client.query(&format!("explain {}", question(5)), &[&0.0, &0.0])?;
        let lines = plan.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
        Ok(lines.iter().any(|line| line.contains("Index Scan using teams_at_idx")))
    }
}

/// What the same scenes cost, and how many answers name the same teams in the same order.
pub struct Beside {
    /// Median milliseconds of ours, of PostGIS by the clock on the wall, and of asking it about nothing.
    pub ours: f64,
    pub theirs: f64,
    pub floor: f64,
    pub same: usize,
    pub indexed: bool,
}

impl Peer {
    /// Asks so many scenes of ours, of PostGIS and about nothing, in turn; each scene's best counts.
    pub fn beside(&mut self, teams: &[(Position, Features)], fleet: &Fleet, questions: u64) -> Outcome<Beside> {
        self.load(&teams.iter().map(|(at, features)| (at.latitude(), at.longitude(), features & RARE != 0)).collect::<Vec<_>>())?;
        let (mut ours, mut theirs, mut floors, mut same) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for question in 0..questions {
            let scene = Dice::new(2_000_000 + question).position()?;
            let [mut our, mut their, mut floor] = [f64::INFINITY; 3];
            let (mut near, mut numbers) = (Vec::new(), Vec::new());
            for _ in 0..TIMES {
                let (got, took) = timed(|| fleet.nearest(scene, RARE, NEAREST));
                (near, our) = (got, our.min(took));
                let (got, took) = self.nearest(scene, NEAREST)?;
                (numbers, their) = (got, their.min(took));
                floor = floor.min(self.floor()?);
            }
            ours.push(our);
            theirs.push(their);
            floors.push(floor);
            same += usize::from(near.iter().map(|near| near.team).eq(numbers));
        }
        let [ours, theirs, floor] = [ours, theirs, floors].map(|times| percentile(&times, 50));
        Ok(Beside { ours, theirs, floor, same, indexed: self.uses_index()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_that_match_over_the_index_and_the_antimeridian() {
        let Ok(mut peer) = Peer::start().inspect_err(|why| println!("skipped: PostGIS {why}")) else { return };
        let mut teams = vec![(0.0, 179.8, true), (0.0, 179.9, false), (0.0, -179.9, true), (0.0, 0.0, true)];
        teams.extend((0..10_000).map(|number| (60.0, f64::from(number) / 100.0, number % 2 == 0)));
        peer.load(&teams).unwrap();
        let at = |longitude| Position::new(0.0, longitude).unwrap();
        assert!(peer.uses_index().unwrap());
        assert_eq!(peer.nearest(at(180.0), 2).unwrap().0, [2, 0]);
        assert_eq!(peer.nearest(at(1.0), 1).unwrap().0, [3]);
        assert!(peer.floor().unwrap() > 0.0);
    }
}
