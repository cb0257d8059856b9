//! A shift played from its first call to its figures: real phones (the core, each with its own encrypted database),
//! two desks, a FHIR server. `script` is what happens, `books` compare both sides, `figures` are read from the
//! server.

mod books;
mod doors;
mod ending;
mod figures;
mod referrals;
mod script;
mod timeline;
mod visits;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anydoor_core::acts::receive::{Intake, News};
use anydoor_core::api::{Anydoor, AnydoorError, Config, Lifeline, LifelineConfig, ReachedRow, Scene, SyncRow};
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{self, TeamId};
use anydoor_core::door::DoorError;
use anydoor_core::http::{BadAddress, FixedToken, NoToken, Timeouts, Tokens, Transport};
use anydoor_core::incident::{Incident, Urgency};
use anydoor_core::team::{Candidate, Need, Needs, Ranking, Team};
use anydoor_gateway::Trouble;

use crate::clock::ShiftClock;
use crate::county::County;
use crate::desks::Call;
use crate::gateway::{ChangeError, Gateway, GatewayError, ReceiveError};
use crate::probe::{Probe, ProbeError};
use crate::roads::Pack;
use crate::server::{Options, Server, ServerError, Strictness};
pub(crate) use books::Crossing;
use timeline::Timeline;

/// How to play.
#[derive(Debug, Clone, Default)]
pub struct Play {
    /// The county's seed.
    pub seed: u64,
    /// How the embedded server behaves.
    pub strictness: Strictness,
    /// Any FHIR server instead of the embedded one.
    pub server: Option<String>,
    /// A command that prints an access token.
    pub token_command: Option<String>,
    /// Real calls, as CSV: latitude, longitude, type, time, township, crossing.
    pub calls: Option<PathBuf>,
    /// A real EIDO document.
    pub eido: Option<PathBuf>,
    /// A real road pack; the county is moved into its middle.
    pub roads: Option<PathBuf>,
    /// Hand every resource to the server's `$validate` at the end.
    pub validate: bool,
    /// Stay up for other clients afterwards.
    pub serve: bool,
    /// How long each line stands; `None`: as a terminal wants.
    pub pace: Option<Duration>,
}

/// The shift could not be played on.
#[derive(Debug, thiserror::Error)]
pub enum ShiftError {
    /// The embedded server did not start.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server refused a seed.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// What a desk sent was not taken.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// A receiver's answer was not taken.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The server did not tell something.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// A phone said no.
    #[error("a phone: {0}")]
    Phone(#[from] AnydoorError),
    /// A document was refused at its door.
    #[error("{0}")]
    Door(#[from] DoorError),
    /// A file could not be read.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// A row of the calls is not one.
    #[error("{file}: line {line}: {what}")]
    Row {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The road pack cannot be used.
    #[error("roads: {0}")]
    Roads(String),
    /// The server's address.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// The server cannot be used.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The token command failed.
    #[error("the token command failed")]
    Token,
    /// Something that the script waits for did not come.
    #[error("waited in vain for: {0}")]
    InVain(&'static str),
    /// The figures show a loss.
    #[error("the shift ended with losses: {0}")]
    Loss(String),
}

type Result<T> = std::result::Result<T, ShiftError>;

/// A team's phone.
struct Phone {
    name: String,
    team: Team,
    client: Arc<Anydoor>,
    lifeline: Arc<Lifeline>,
    _folder: tempfile::TempDir,
}

/// The shift under way.
struct Shift {
    play: Play,
    clock: Arc<ShiftClock>,
    county: County,
    server: Option<Server>,
    gateway: Gateway,
    phones: Vec<Phone>,
    timeline: Timeline,
    pack: Pack,
    crossings: Vec<Crossing>,
    /// Assignment and incident of every call.
    assignments: Vec<(String, String)>,
}

/// Runs a command that prints an access token.
///
/// # Errors
/// [`ShiftError::Token`].
pub fn token(command: &str) -> Result<String> {
    let output = std::process::Command::new("sh").args(["-c", command]).output().map_err(|_| ShiftError::Token)?;
    let token = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !token.is_empty() { Ok(token) } else { Err(ShiftError::Token) }
}

fn tokens(play: &Play) -> Result<Arc<dyn Tokens>> {
    Ok(match &play.token_command {
        Some(command) => Arc::new(FixedToken(token(command)?)),
        None => Arc::new(NoToken),
    })
}

/// Plays a shift. Prints the timeline and the figures.
///
/// # Errors
/// [`ShiftError`]; [`ShiftError::Loss`] where the two sides differ at the end.
pub async fn play(play: Play) -> Result<()> {
    timeline::print("Anydoor sandbox: a fictional county on this machine, for trying and testing. Never for production.");
    let mut shift = Shift::begin(play).await?;
    shift.calls().await?;
    let losses = shift.end().await?;
    if shift.play.serve {
        shift.serve().await;
    }
    if losses.is_empty() { Ok(()) } else { Err(ShiftError::Loss(losses.join("; "))) }
}

impl Shift {
    async fn begin(play: Play) -> Result<Self> {
        // A Monday, 09:00 in the county.
        let began: Instant = Instant::from_second(1_795_442_400).unwrap_or(Instant::UNIX_EPOCH);
        let real = Instant::now();
        // A foreign server stamps real times, so there the shift begins now.
        let clock = Arc::new(ShiftClock::new(if play.server.is_some() { real } else { began }));
        let county = County::generate(play.seed, clock.shows());
        let (county, pack) = Pack::around(county, play.roads.as_deref()).map_err(ShiftError::Roads)?;
        let tokens = tokens(&play)?;
        let server = match &play.server {
            Some(_) => None,
            None => {
                let shown = clock.clone();
                Some(
                    Server::start(Options { strictness: play.strictness, clock: Arc::new(move || shown.shows()), ..Options::default() })
                        .await?,
                )
            }
        };
        let base = play.server.clone().or_else(|| server.as_ref().map(|s| s.base_url().to_owned())).unwrap_or_default();
        let gateway = Gateway::with_clock(Transport::new(&base, tokens.clone())?, &county.agency, clock.clone());
        let timeline = Timeline::new(play.pace);
        let mut shift = Self {
            play,
            clock,
            county,
            server,
            gateway,
            phones: Vec::new(),
            timeline,
            pack,
            crossings: Vec::new(),
            assignments: Vec::new(),
        };
        let documents = shift.county.documents();
        shift.gateway.write("the county", &documents).await?;
        let teams: Vec<Team> = shift.county.teams.iter().take(3).cloned().collect();
        for team in teams {
            shift.phones.push(shift.phone(team, &base, tokens.clone())?);
        }
        shift.say("server", &format!("{base} holds {} documents of Alder County (seed {})", documents.len(), shift.play.seed)).await;
        shift.probe(&base).await?;
        if let Some(roads) = shift.phone_of(0)?.client.roads() {
            shift.say("roads", &format!("{} streets on each phone, no signal needed · {}", roads.streets, roads.attribution)).await;
        }
        for index in 0..shift.phones.len() {
            shift.sync(index, true).await?;
        }
        Ok(shift)
    }

    /// Finds out how the server behaves, and leaves the result for the phones.
    async fn probe(&self, base: &str) -> Result<()> {
        let token = self.play.token_command.as_deref().map(token).transpose()?;
        let (found, trouble) = Probe::new(base, token)?.run(self.clock.shows(), self.county.agency.as_str()).await?;
        self.gateway.write("how the server behaves", &[found.write(&ids::derived("server-manners", self.county.agency.as_str()))]).await?;
        let travel = if found.versioned_update_in_transaction { "travel with their act" } else { "go one by one" };
        self.say("probe", &format!("{}: changes {travel}", found.software)).await;
        for line in trouble {
            self.say("probe", &line).await;
        }
        Ok(())
    }

    fn phone(&self, team: Team, base: &str, tokens: Arc<dyn Tokens>) -> Result<Phone> {
        let folder = tempfile::tempdir().map_err(|error| ShiftError::File("a folder for a phone".into(), error))?;
        let member = team.crew.first().map(|m| m.id.to_string()).unwrap_or_default();
        let config = Config {
            folder: folder.path().to_string_lossy().into_owned(),
            server: base.to_owned(),
            agency: self.county.agency.to_string(),
            member,
            lead: false,
            team: team.id.to_string(),
        };
        // In a phone these come out of its key store; here they are the seed's.
        let mut seeded = crate::county::Seeded::new(self.play.seed ^ team.name.len() as u64);
        let mut key = || (0..4).flat_map(|_| seeded.number().to_le_bytes()).collect::<Vec<u8>>();
        let name = team.crew.first().map_or("crew", |member| member.name.as_str());
        let calls = LifelineConfig::beside(&config, name, self.county.psap.as_str(), "+12155550142");
        let client = Anydoor::open_with(config, &key(), tokens.clone(), self.clock.clone())?;
        let lifeline = Lifeline::open_with(&calls, &key(), tokens, self.clock.clone(), Timeouts::default())?;
        client.set_lifeline(&lifeline)?;
        client.open_roads(self.pack.path.to_string_lossy().into_owned())?;
        Ok(Phone { name: team.name.clone(), team, client, lifeline, _folder: folder })
    }

    async fn say(&self, who: &str, words: &str) {
        self.timeline.say(self.clock.shows(), who, words).await;
    }

    fn pass(&self, minutes: i64) {
        self.clock.pass(minutes * 60);
    }

    fn phone_of(&self, index: usize) -> Result<&Phone> {
        self.phones.get(index).ok_or(ShiftError::InVain("a phone"))
    }

    /// Syncs one phone; a dead zone is no error.
    async fn sync(&self, index: usize, full: bool) -> Result<Option<SyncRow>> {
        match self.phone_of(index)?.client.sync(full).await {
            Ok(row) => Ok(Some(row)),
            Err(AnydoorError::Offline) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A call comes in by CAD.
    async fn receive_911(&mut self, call: &Call, team: Option<usize>) -> Result<Intake> {
        let team = self.team_id(team)?;
        let taken = self.gateway.receive_911(call.eido().to_string().as_bytes(), team.as_ref()).await?;
        self.take("911", call, taken).await
    }

    /// A call comes in from the 988 centre.
    async fn receive_988(&mut self, call: &Call, team: Option<usize>) -> Result<Intake> {
        let team = self.team_id(team)?;
        let taken = self.gateway.receive_988(call.order().to_string().as_bytes(), team.as_ref()).await?;
        self.take("988", call, taken).await
    }

    fn team_id(&self, team: Option<usize>) -> Result<Option<TeamId>> {
        team.map(|index| Ok(self.phone_of(index)?.team.id.clone())).transpose()
    }

    async fn take(&mut self, desk: &str, call: &Call, taken: Intake) -> Result<Intake> {
        if taken.news == News::First {
            self.assignments.push((taken.assignment.to_string(), taken.incident.id.to_string()));
        }
        let place = call.place.address.clone().unwrap_or_default();
        let facts = taken.incident.facts.len();
        self.say(
            desk,
            &format!(
                "{} · {place} · {facts} facts, {} also sent",
                call.headline,
                taken.arrival.also_sent.iter().filter(|a| !a.wiring).count()
            ),
        )
        .await;
        Ok(taken)
    }

    /// Ranks the teams for an incident and says why. Returns the phone of the best one that has a phone here.
    async fn choose(&self, incident: &Incident, urgency: Urgency, language: Option<&str>) -> Result<Option<usize>> {
        let Some(position) = incident.place.position else {
            self.say("dispatch", "no position: the lead chooses").await;
            return Ok(Some(0));
        };
        self.sync(0, true).await?;
        let prefer = language.map(|l| Need::Language(l.to_owned())).into_iter().collect();
        let needs = Needs { prefer, urgency: Some(urgency), ..Needs::default() };
        let scene = Scene { position, accuracy_m: incident.place.accuracy_m.unwrap_or_default() };
        let ranking = self.phone_of(0)?.client.rank_teams(scene, &needs, 3, Some(&self.county.neighbour), &self.county.centre)?;
        let name = |id: &TeamId| self.county.teams.iter().find(|t| &t.id == id).map(|t| t.name.clone()).unwrap_or_default();
        let line = |id: &TeamId, reasons| format!("{}: {}", name(id), script::reasons(reasons));
        let best = ranking
            .candidates
            .first()
            .map_or("nobody near: see who comes later".to_owned(), |c| format!("nearest is {}", line(&c.team, &c.reasons)));
        self.say("dispatch", &best).await;
        if let Some((straight, minutes)) = wrong_bank(&ranking) {
            self.timeline.more(&format!("a straight line would have sent {}: {minutes} min later by road", name(&straight)));
        }
        ranking.candidates.iter().skip(1).for_each(|c| self.timeline.more(&format!("then {}", line(&c.team, &c.reasons))));
        ranking.left_out.iter().for_each(|l| self.timeline.more(&format!("left out {}", line(&l.team, &l.reasons))));
        Ok(ranking.candidates.iter().find_map(|c| self.phones.iter().position(|p| p.team.id == c.team)))
    }

    /// Says what is left of the county's coverage when this phone's team goes.
    fn coverage(&self, index: usize) -> Result<()> {
        let phone = self.phone_of(index)?;
        let found = phone.client.coverage_if_gone(vec![phone.team.id.to_string()], "en")?;
        let percent = |reached: &ReachedRow| {
            let shares = reached.within.iter().map(|within| format!("{:.0}", within.share * 100.0));
            shares.collect::<Vec<_>>().join(" · ")
        };
        let after = found.if_gone.first().map(|one| percent(&one.reached)).unwrap_or_default();
        let people = found.people;
        self.timeline.more(&format!(
            "when {} goes: {} % → {after} % of {people} people within 15 · 30 · 60 min",
            phone.name,
            percent(&found.now)
        ));
        Ok(())
    }

    async fn serve(&self) {
        self.timeline.heading("serving");
        self.timeline.plain(&format!("{} stays up; end it with Ctrl-C", self.server.as_ref().map_or("the server", |s| s.base_url())));
        // Ctrl-C, or nothing more to wait for: both end it.
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// The team that a straight line would have sent, and how many minutes later it would be there.
fn wrong_bank(ranking: &Ranking) -> Option<(TeamId, u64)> {
    let best = ranking.candidates.first()?;
    let alike = ranking.candidates.iter().filter(|candidate| candidate.met == best.met);
    let straight = alike.min_by(|a, b| {
        let metres = |candidate: &Candidate| candidate.distance_m.unwrap_or(f64::INFINITY);
        metres(a).total_cmp(&metres(b))
    })?;
    let later_s = straight.eta?.s().checked_sub(best.eta?.s())?;
    (straight.team != best.team && later_s >= 60).then(|| (straight.team.clone(), later_s / 60))
}
