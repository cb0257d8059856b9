//! `anydoor-sandbox`: plays a shift on a fictional county, or serves it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anydoor_core::http::{NoToken, Transport};
use anydoor_core::store::disk::RealDisk;
use anydoor_core::store::keys;
use anydoor_sandbox::county::County;
use anydoor_sandbox::directory;
use anydoor_sandbox::gateway::Gateway;
use anydoor_sandbox::probe::{self, Probe};
use anydoor_sandbox::roads::Pack;
use anydoor_sandbox::server::{Options, Server, Strictness};
use anydoor_sandbox::shift::{Play, play};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const USAGE: &str = "anydoor-sandbox: a fictional county on this machine, for trying and testing

  --seed N              another county
  --strictness M           the embedded server behaves: strict (default), hapi, loose
  --server URL          plays on any FHIR R4 server instead
  --token-command CMD   a command that prints an access token for it
  --calls FILE          real calls: latitude,longitude,type,time,township,crossing
  --eido FILE           a real EIDO document
  --roads FILE          a real road pack (anydoor-roads build); the county is played in its middle
  --validate            hands every resource to the server's $validate
  --pace MS             how long each line stands
  --serve               stays up for other clients afterwards
  probe URL             finds out how a FHIR server behaves, writing and deleting only Basic resources of its own;
                        with --token-command; with --agency ID the result is written for the agency's phones
  directory PATH ZONE   imports HSDS (a JSON file, or a folder of CSV tables) whose places are in this IANA zone, and
                        prints what it made of it and what it did not understand
  recovery-key          makes the agency's recovery key pair: the private half to keep safe, the public half for phones
  recover FILE          opens a phone's key file with the private recovery key on standard input
  --only-server         starts the embedded server with the county on it, prints one line of JSON (address, ids, road
                        pack), and stays up until its standard input ends";

enum Job {
    Play(Box<Play>),
    Server(Strictness, u64, Option<PathBuf>),
    Probe { url: String, token_command: Option<String>, agency: Option<String> },
    Directory { path: PathBuf, zone: String },
    RecoveryKey,
    Recover(PathBuf),
    Usage,
}

fn read_probe(mut arguments: impl Iterator<Item = String>) -> Result<Job, String> {
    let url = arguments.next().ok_or("probe needs the server's address")?;
    let (mut token_command, mut agency) = (None, None);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or(format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--token-command" => token_command = Some(value),
            "--agency" => agency = Some(value),
            _ => return Err(format!("probe does not know '{argument}'")),
        }
    }
    Ok(Job::Probe { url, token_command, agency })
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Job, String> {
    let (mut play, mut only_server) = (Play { seed: 7, ..Play::default() }, false);
    let mut arguments = arguments.by_ref().peekable();
    match arguments.peek().map(String::as_str) {
        Some("probe") => return read_probe(arguments.skip(1)),
        Some("directory") => {
            let words: Vec<String> = arguments.skip(1).collect();
            let [path, zone] = words.as_slice() else { return Err("directory needs a file or folder, and a zone".into()) };
            return Ok(Job::Directory { path: path.into(), zone: zone.clone() });
        }
        Some("recovery-key") => return Ok(Job::RecoveryKey),
        Some("recover") => return arguments.nth(1).map(|file| Job::Recover(file.into())).ok_or("recover needs a key file".into()),
        _ => {}
    }
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--seed" => play.seed = value()?.parse().map_err(|_| "--seed needs a number")?,
            "--strictness" => {
                play.strictness = match value()?.as_str() {
                    "strict" => Strictness::Strict,
                    "hapi" => Strictness::Hapi,
                    "loose" => Strictness::Loose,
                    _ => return Err("--strictness: strict, hapi or loose".into()),
                }
            }
            "--server" => play.server = Some(value()?),
            "--token-command" => play.token_command = Some(value()?),
            "--calls" => play.calls = Some(value()?.into()),
            "--roads" => play.roads = Some(value()?.into()),
            "--eido" => play.eido = Some(value()?.into()),
            "--validate" => play.validate = true,
            "--pace" => play.pace = Some(Duration::from_millis(value()?.parse().map_err(|_| "--pace needs milliseconds")?)),
            "--serve" => play.serve = true,
            "--only-server" => only_server = true,
            "--help" | "-h" => return Ok(Job::Usage),
            _ => return Err(format!("do not know '{argument}' (--help lists what there is)")),
        }
    }
    Ok(if only_server { Job::Server(play.strictness, play.seed, play.roads) } else { Job::Play(Box::new(play)) })
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match read(std::env::args().skip(1)) {
        Ok(Job::Play(what)) => play(*what).await.map_err(|error| error.to_string()),
        Ok(Job::Server(strictness, seed, roads)) => serve(strictness, seed, roads.as_deref()).await,
        Ok(Job::Probe { url, token_command, agency }) => probe(&url, token_command.as_deref(), agency.as_deref()).await,
        Ok(Job::Directory { path, zone }) => directory::print(&path, &zone, jiff::Timestamp::now(), &mut std::io::stdout()),
        Ok(Job::RecoveryKey) => recovery_key(),
        Ok(Job::Recover(file)) => recover(&file),
        Ok(Job::Usage) => {
            println!("{USAGE}");
            Ok(())
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("anydoor-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn probe(url: &str, token_command: Option<&str>, agency: Option<&str>) -> Result<(), String> {
    let token = token_command.map(anydoor_sandbox::shift::token).transpose().map_err(|e| e.to_string())?;
    let probing = Probe::new(url, token.clone()).map_err(|e| e.to_string())?;
    let (found, trouble) = probing.run(jiff::Timestamp::now(), agency.unwrap_or("probe")).await.map_err(|e| e.to_string())?;
    println!("{}", probe::in_words(&found, &trouble));
    match agency {
        Some(agency) => {
            Probe::new(url, token).map_err(|e| e.to_string())?.publish(&found, agency).await.map_err(|e| e.to_string())?;
            println!("written as data of Organization/{agency}: its phones read it at their next full re-check");
        }
        None => println!("{}", found.write(&anydoor_core::base::ids::fresh()).to_text()),
    }
    Ok(())
}

fn recovery_key() -> Result<(), String> {
    let (private, public) = keys::recovery_key_pair().map_err(|e| e.to_string())?;
    println!("private  {}\npublic   {}", STANDARD.encode(private.as_slice()), STANDARD.encode(public));
    Ok(())
}

/// Prints the work key that a phone has lost, for its owner to enter there: after the agency knows who asks.
fn recover(file: &std::path::Path) -> Result<(), String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|e| e.to_string())?;
    let private = STANDARD.decode(line.trim()).map_err(|_| "standard input: not a private recovery key")?;
    let database = file.with_extension("db");
    let found = keys::KeyFile::read(&RealDisk, &database).map_err(|e| e.to_string())?.ok_or("no such key file")?;
    let key = found.recover(&private).map_err(|e| e.to_string())?;
    println!("{}", STANDARD.encode(key.revealed()));
    Ok(())
}

/// The server with the county on it, for other clients.
async fn serve(strictness: Strictness, seed: u64, roads: Option<&Path>) -> Result<(), String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let server = Server::start(Options { strictness, ..Options::default() }).await.map_err(|e| words(&e))?;
    let (county, pack) = Pack::around(County::generate(seed, jiff::Timestamp::now()), roads)?;
    let transport = Transport::new(server.base_url(), Arc::new(NoToken)).map_err(|e| words(&e))?;
    Gateway::new(transport, &county.agency).write("the county", &county.documents()).await.map_err(|e| words(&e))?;
    let team = |team: &anydoor_core::team::Team| serde_json::json!({ "id": team.id.as_str(), "members": team.crew.iter().map(|m| m.id.as_str()).collect::<Vec<_>>() });
    let teams: Vec<_> = county.teams.iter().map(team).collect();
    let middle = county.middle().map(|at| [at.latitude(), at.longitude()]);
    let ids = serde_json::json!({ "base": server.base_url(), "agency": county.agency.as_str(), "psap": county.psap.as_str(),
        "centre": county.centre.as_str(), "teams": teams, "roads": pack.path, "middle": middle });
    println!("{ids}");
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
        .await
        .map_err(|e| words(&e))?
        .map_err(|e| words(&e))?;
    Ok(())
}
