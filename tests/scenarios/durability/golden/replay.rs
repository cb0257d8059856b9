//! The outboxes that earlier releases left, sent by today's: everything arrives with its content, once; what is parked
//! stays parked until a person decides, and then it arrives too (P5, P7, P18).

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::Arc;

use anydoor_core::api::{Anydoor, Config};
use anydoor_core::base::clock::Instant;
use anydoor_core::http::{NoToken, Transport};
use anydoor_core::store::file_name;
use anydoor_sandbox::clock::ShiftClock;
use anydoor_sandbox::gateway::Gateway;
use anydoor_sandbox::server::{Options, Server, Strictness};
use anydoor_tests::proxy::{Fault, Proxy};

use super::*;

type Tested = Result<(), Box<dyn Error>>;

/// A server as the golden phone last saw it, and that phone in today's release.
struct Upgraded {
    gateway: Gateway,
    phone: Arc<Anydoor>,
    clock: Arc<ShiftClock>,
    /// What was unsent in the golden database, by reference.
    unsent: BTreeMap<String, Document>,
    _server: Server,
    _proxy: Proxy,
    _folder: tempfile::TempDir,
}

impl Upgraded {
    async fn new(schema: i64, rule: impl Fn(usize, &str) -> Fault + Send + Sync + 'static) -> Result<Self, Box<dyn Error>> {
        let server = Server::start(Options { strictness: Strictness::Hapi, ..Options::default() }).await?;
        let gateway = Gateway::new(Transport::new(server.base_url(), Arc::new(NoToken))?, &actor().agency);
        let unsent = unsent(schema)?;
        gateway.write_as_is(&as_the_phone_last_saw_it(&unsent)).await?;
        let proxy = Proxy::new(server.base_url(), rule).await?;
        let folder = tempfile::tempdir()?;
        let config = Config {
            folder: folder.path().to_string_lossy().into_owned(),
            server: proxy.base_url().to_owned(),
            agency: actor().agency.to_string(),
            member: actor().member.to_string(),
            lead: false,
            team: actor().team.to_string(),
        };
        let name = file_name(&config.server, &config.agency, &config.member);
        std::fs::copy(super::folder().join(format!("schema-{schema}.db")), folder.path().join(name))?;
        let clock = Arc::new(ShiftClock::new(Instant::now()));
        let phone = Anydoor::open_with(config, &KEY, Arc::new(NoToken), clock.clone())?;
        Ok(Self { gateway, phone, clock, unsent, _server: server, _proxy: proxy, _folder: folder })
    }

    /// Syncs until only what a person must decide is left; a claim has its second look after five seconds.
    async fn settle(&self) -> Tested {
        let mut last = None;
        for _ in 0..60 {
            self.clock.pass(6);
            let done = self.phone.sync(true).await;
            if done.as_ref().is_ok_and(|done| done.sent == 0 && self.phone.needs_you().is_ok_and(|rows| rows.len() == done.unsent as usize))
            {
                return Ok(());
            }
            last = Some(done);
        }
        Err(format!("the phone does not come to rest: {last:?}, {:?}", self.phone.needs_you()?).into())
    }

    /// Which of the unsent documents the server holds as the phone does, and in which version.
    async fn arrived(&self) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
        let mut there = BTreeMap::new();
        for reference in self.unsent.keys() {
            let Ok(theirs) = self.gateway.read(reference).await else { continue };
            let ours = Document::parse(self.phone.export(reference)?.as_bytes())?;
            if ours.first_difference(&theirs).is_none() {
                there.insert(reference.clone(), theirs.version().unwrap_or_default().to_owned());
            }
        }
        Ok(there)
    }

    /// The phone still holds, word for word, what the earlier release had accepted; only a claim's and a conflict's Task
    /// may have grown.
    fn still_says_what_was_accepted(&self) -> Tested {
        for (reference, was) in self.unsent.iter().filter(|(_, was)| was.kind() != "Task") {
            let is = Document::parse(self.phone.export(reference)?.as_bytes())?;
            assert_eq!(was.first_difference(&is), None, "{reference}");
        }
        Ok(())
    }
}

/// What the outbox refers to and does not hold, the offer in its first version, and the Task that somebody else has changed
/// meanwhile.
fn as_the_phone_last_saw_it(unsent: &BTreeMap<String, Document>) -> Vec<Document> {
    let task = |id: &str| {
        let mut task = Document::new("Task", id);
        task.set("status", json!("requested")).set("intent", json!("order"));
        task
    };
    let mut changed = task("changed");
    changed.set("description", json!("theirs"));
    let named: BTreeSet<String> =
        unsent.values().flat_map(|document| document.references().into_iter().map(|(_, target)| target)).collect();
    let bare = named.iter().filter(|target| !unsent.contains_key(*target)).filter_map(|target| target.split_once('/'));
    let mut all: Vec<Document> = bare.map(|(kind, id)| Document::new(kind, id)).collect();
    all.extend([task("offer"), task("changed"), changed]);
    all
}

fn unsent(schema: i64) -> Result<BTreeMap<String, Document>, Box<dyn Error>> {
    let (_, _folder, path) = golden().remove(usize::try_from(schema - 1)?);
    let store = Store::open(&path, &Key::new(&KEY)?, "agency")?;
    let mut all = BTreeMap::new();
    for intent in store.unsent()? {
        let document = store.document(&intent.kind, &intent.id)?.ok_or("an intent without its document")?;
        all.insert(document.reference(), document);
    }
    Ok(all)
}

async fn is_sent_once(schema: i64, rule: impl Fn(usize, &str) -> Fault + Send + Sync + 'static) -> Tested {
    let upgraded = Upgraded::new(schema, rule).await?;
    let signed = format!("DocumentReference/{}", upgraded.unsent.values().find(|d| d.kind() == "DocumentReference").unwrap().id());
    upgraded.settle().await?;
    let waiting: Vec<(String, String)> = upgraded.phone.needs_you()?.into_iter().map(|row| (row.document, row.reason)).collect();
    let expected = [(signed.clone(), "refused".to_owned()), ("Task/changed".to_owned(), "changed-elsewhere".to_owned())];
    assert_eq!(waiting, expected, "schema {schema}: what was parked is parked, and nothing else");
    assert!(!upgraded.gateway.holds(&signed).await?, "schema {schema}: nobody let it go");
    // A person lets the note go, and decides for ours.
    for row in upgraded.phone.needs_you()? {
        if row.reason == "refused" { upgraded.phone.retry(row.item)? } else { upgraded.phone.keep_ours(row.item)? }
    }
    upgraded.settle().await?;
    assert_eq!(upgraded.phone.needs_you()?, vec![], "schema {schema}");
    let arrived = upgraded.arrived().await?;
    assert_eq!(arrived.keys().collect::<Vec<_>>(), upgraded.unsent.keys().collect::<Vec<_>>(), "schema {schema}: all is there");
    for (reference, version) in &arrived {
        let expected = match reference.as_str() {
            "Task/offer" => "2",
            "Task/changed" => "3",
            _ => "1",
        };
        assert_eq!(version, expected, "schema {schema}: {reference} was written once");
    }
    upgraded.still_says_what_was_accepted()?;
    let (offer, changed) = (upgraded.gateway.read("Task/offer").await?, upgraded.gateway.read("Task/changed").await?);
    assert_eq!((offer.text("/owner/reference"), changed.text("/description")), (Some("CareTeam/t"), Some("ours")), "schema {schema}");
    // The half sentence was nobody's to send.
    assert_eq!(upgraded.phone.drafts()?.into_iter().map(|draft| draft.text).collect::<Vec<_>>(), ["half a sen"]);
    let there = upgraded.gateway.search("DocumentReference?_count=100").await?;
    assert_eq!(there.len(), 1, "schema {schema}: the note and nothing beside it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_golden_outbox_arrives_whole_and_once() -> Tested {
    for schema in 1..=Store::SCHEMA {
        is_sent_once(schema, |_, _| Fault::None).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_golden_outbox_arrives_whole_and_once_where_every_other_answer_is_lost() -> Tested {
    for schema in 1..=Store::SCHEMA {
        is_sent_once(schema, |n, _| if n < 60 && n % 2 == 0 { Fault::LoseAnswer } else { Fault::None }).await?;
    }
    Ok(())
}
