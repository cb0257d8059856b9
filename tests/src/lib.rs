//! What the scenarios share: a county's server, phones on it, and a network that does to answers what a test wants.

use std::sync::Arc;

use anydoor_core::api::{Anydoor, AnydoorError, CallInput, Config, EscalationItem, Lifeline, LifelineConfig, OnViewInput, StartedRow};
use anydoor_core::base::clock::SystemClock;
use anydoor_core::http::Timeouts;
use anydoor_core::http::{NoToken, Tokens, Transport};
use anydoor_sandbox::county::County;
use anydoor_sandbox::gateway::Gateway;
use anydoor_sandbox::server::{Options, Server, Strictness};

/// A server with the county on it.
#[derive(Debug)]
pub struct World {
    /// The county.
    pub county: County,
    /// Its server.
    pub server: Server,
    /// The county's side.
    pub gateway: Gateway,
}

/// In whose hands a phone is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Who {
    /// Which team of the county, from 0.
    pub team: usize,
    /// Which member of it, from 0.
    pub member: usize,
    /// Whether this member leads.
    pub lead: bool,
}

/// A phone with its folder.
#[derive(Debug)]
pub struct Phone {
    /// The client.
    pub client: Arc<Anydoor>,
    /// Its calls for help.
    pub lifeline: Arc<Lifeline>,
    /// Its configuration.
    pub config: Config,
    /// The key of its database.
    pub key: Vec<u8>,
    folder: tempfile::TempDir,
}

impl World {
    /// A county's server with this strictness.
    ///
    /// # Errors
    /// Where this machine lends no port, or the server refuses the county.
    pub async fn new(strictness: Strictness) -> Result<Self, Box<dyn std::error::Error>> {
        let server = Server::start(Options { strictness, ..Options::default() }).await?;
        let county = County::generate(7, anydoor_core::base::clock::Instant::now());
        let gateway = Gateway::new(Transport::new(server.base_url(), Arc::new(NoToken))?, &county.agency);
        gateway.write("the county", &county.documents()).await?;
        Ok(Self { county, server, gateway })
    }

    /// A phone of the `index`-th team, in the hands of its `member`-th member, talking to `base`.
    ///
    /// # Errors
    /// Where the folder or the database cannot be made.
    pub fn phone_at(&self, base: &str, index: usize, member: usize) -> Result<Phone, Box<dyn std::error::Error>> {
        self.phone_of(base, Who { team: index, member, lead: false }, Arc::new(NoToken), Timeouts::default())
    }

    /// A phone of the `index`-th team with tokens of its own.
    ///
    /// # Errors
    /// As [`World::phone_at`].
    pub fn phone_with(&self, index: usize, tokens: Arc<dyn Tokens>) -> Result<Phone, Box<dyn std::error::Error>> {
        self.phone_of(self.server.base_url(), Who { team: index, ..Who::default() }, tokens, Timeouts::default())
    }

    /// A phone of the `index`-th team, talking to `base` with other limits than a phone has.
    ///
    /// # Errors
    /// As [`World::phone_at`].
    pub fn phone_that_waits(&self, base: &str, index: usize, timeouts: Timeouts) -> Result<Phone, Box<dyn std::error::Error>> {
        self.phone_of(base, Who { team: index, ..Who::default() }, Arc::new(NoToken), timeouts)
    }

    fn phone_of(&self, base: &str, who: Who, tokens: Arc<dyn Tokens>, timeouts: Timeouts) -> Result<Phone, Box<dyn std::error::Error>> {
        Phone::new(&self.county, base, who, tokens, timeouts)
    }

    /// A phone of the `index`-th team.
    ///
    /// # Errors
    /// As [`World::phone_at`].
    pub fn phone(&self, index: usize) -> Result<Phone, Box<dyn std::error::Error>> {
        self.phone_at(self.server.base_url(), index, 0)
    }
}

impl Phone {
    /// A phone of this county, in somebody's hands, talking to `base`.
    ///
    /// # Errors
    /// Where the folder or the database cannot be made.
    pub fn new(
        county: &County,
        base: &str,
        who: Who,
        tokens: Arc<dyn Tokens>,
        timeouts: Timeouts,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let team = county.teams.get(who.team).ok_or("no such team")?;
        let folder = tempfile::tempdir()?;
        let config = Config {
            folder: folder.path().to_string_lossy().into_owned(),
            server: base.to_owned(),
            agency: county.agency.to_string(),
            member: team.crew.get(who.member).ok_or("no such member")?.id.to_string(),
            lead: who.lead,
            team: team.id.to_string(),
        };
        let key = vec![7; 32];
        let clock = Arc::new(SystemClock::default());
        let client = Anydoor::open_with_timeouts(config.clone(), &key, tokens.clone(), clock.clone(), timeouts)?;
        let calls = LifelineConfig::beside(&config, "Ana Ruiz", county.psap.as_str(), "+12155550100");
        let lifeline = Lifeline::open_with(&calls, &[9; 32], tokens, clock, timeouts)?;
        client.set_lifeline(&lifeline)?;
        Ok(Self { client, lifeline, config, key, folder })
    }

    /// The folder with its databases.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Asks 911 for EMS from this assignment.
    ///
    /// # Errors
    /// As [`Lifeline::escalate`].
    pub fn escalate(&self, assignment: &str) -> Result<EscalationItem, AnydoorError> {
        self.lifeline.escalate(CallInput::from(assignment, "ems"))
    }

    /// Starts an incident on view with a full crew.
    ///
    /// # Errors
    /// As [`Anydoor::respond_on_view`].
    pub fn on_view(&self, world: &World) -> Result<StartedRow, AnydoorError> {
        self.on_view_in(&world.county)
    }

    /// The same in this county.
    ///
    /// # Errors
    /// As [`Anydoor::respond_on_view`].
    pub fn on_view_in(&self, county: &County) -> Result<StartedRow, AnydoorError> {
        let team = county.teams.iter().find(|t| t.id.as_str() == self.config.team);
        self.client.respond_on_view(OnViewInput {
            headline: "woman crying in the park".into(),
            urgency: "urgent".into(),
            address: Some("Orchard Park".into()),
            latitude: Some(40.1),
            longitude: Some(-75.36),
            description: Some("woman, about 30".into()),
            crew: team.iter().flat_map(|t| &t.crew).map(|m| m.id.to_string()).collect(),
            alone: None,
        })
    }
}

pub mod alone;
pub mod chance;
pub mod disk;
pub mod fixtures;
pub mod hostile;
pub mod middlebox;
pub mod misbehaviour;
pub mod proxy;
pub mod shift;
pub mod sides;
pub mod twice;
pub mod visit;
