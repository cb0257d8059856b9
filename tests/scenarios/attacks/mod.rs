//! Attacks: answers and documents made to exhaust, to confuse or to lead astray. Each runs in a process of its own, and
//! its peak memory is measured there. The phone says so, keeps what it had, and stores nothing of it.

use std::future::Future;
use std::time::Duration;

use anydoor_core::api::{Anydoor, AnydoorError, Config, ItemTruth, OnViewInput, SyncRow};
use anydoor_tests::alone::alone;
use anydoor_tests::hostile::{Bystander, Framing, Hostile, Reply};

mod answers;
mod documents;
mod holders;
mod lifeline;
mod links;
mod memory;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// The most memory that a process may ever have had.
const MOST_MB: u64 = 300;
/// Generous: only a hang takes so long.
const WATCHDOG: Duration = Duration::from_secs(60);

/// Runs an attack alone and holds its peak memory to the limit.
#[track_caller]
fn attack<F: Future<Output = Tested>>(run: impl FnOnce() -> F) {
    let peak = alone(WATCHDOG, || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(run()).unwrap();
    });
    assert!(peak <= MOST_MB, "peak memory {peak} MB");
}

/// A phone with one visit that nobody has seen yet.
struct Victim {
    client: std::sync::Arc<Anydoor>,
    assignment: String,
    before: Vec<String>,
    _folder: tempfile::TempDir,
}

impl Victim {
    fn new(base: &str, with_work: bool) -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let config = Config {
            folder: folder.path().to_string_lossy().into_owned(),
            server: base.to_owned(),
            agency: "agency".into(),
            member: "member".into(),
            lead: false,
            team: "team".into(),
        };
        let client = Anydoor::open(config, vec![7; 32], None)?;
        let mut assignment = String::new();
        if with_work {
            let said = OnViewInput {
                headline: "crying man".into(),
                urgency: "urgent".into(),
                address: None,
                latitude: None,
                longitude: None,
                description: None,
                crew: vec!["member".into(), "other".into()],
                alone: None,
            };
            assignment = client.respond_on_view(said)?.assignment;
        }
        let before = client.everything()?;
        Ok(Self { client, assignment, before, _folder: folder })
    }

    async fn sync(&self) -> Result<SyncRow, AnydoorError> {
        self.client.sync(true).await
    }

    /// Nothing of the answer is here, nothing that was here is gone, nothing counts as sent.
    fn is_untouched(&self) -> Tested {
        assert_eq!(self.client.everything()?, self.before);
        if !self.assignment.is_empty() {
            assert_ne!(self.client.assignment(&self.assignment)?.row.truth, ItemTruth::AtTheAgency);
        }
        Ok(())
    }
}

/// A phone without work meets `answer` at the first page that it asks for.
async fn pulls(answer: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Result<(Hostile, Victim), Box<dyn std::error::Error>> {
    let server =
        Hostile::new(move |number, line| if line.contains("/metadata") { Reply::fhir("{}") } else { answer(number, line) }).await?;
    let victim = Victim::new(server.base_url(), false)?;
    Ok((server, victim))
}
