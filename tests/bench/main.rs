//! The figures: `make bench` prints one table, each figure beside its peer of the same run; `bench pull` measures that one alone.
//!
//! Ours and the peer alternate within one loop, and who goes first alternates too, so that a busy machine slows both.
//! The word in the last column is computed from the medians of this run; the exit code says only whether it ran.

mod fill;
mod plain;
mod teams;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anydoor_core::api::ClosingInput;
use anydoor_core::base::clock::SystemClock;
use anydoor_core::base::ids::{IncidentId, MemberId, NoteId, PersonId};
use anydoor_core::delivery::Act;
use anydoor_core::fhir::bundle;
use anydoor_core::http::{NoToken, Transport};
use anydoor_core::note::{Draft, DraftBody};
use anydoor_core::store::{Incoming, Key, Store, file_name};
use anydoor_core::sync::{Scope, driver};
use anydoor_sandbox::server::{Network, Strictness};
use anydoor_tests::World;
use anydoor_tests::proxy::{Fault, Proxy};
use fill::{AGENCY, KEY};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// People in the big database.
const PEOPLE: usize = 10_000;
/// Notes in the big database.
const NOTES: usize = 100_000;
/// Resources in the pull.
const PULLED: usize = 13_000;

/// One line of the table.
struct Line {
    figure: String,
    ours: String,
    peer: String,
    ratio: f64,
    goal: &'static str,
    met: bool,
}

/// Times of ours and of the peer, taken in turn.
struct Pair {
    ours: Vec<Duration>,
    peer: Vec<Duration>,
}

impl Pair {
    fn medians(&self) -> (Duration, Duration) {
        (percentile(&self.ours, 50), percentile(&self.peer, 50))
    }
    fn line(&self, figure: impl Into<String>, goal: &'static str, met: impl Fn(Duration, Duration) -> bool) -> Line {
        let (ours, peer) = self.medians();
        Line {
            figure: figure.into(),
            ours: shown(&self.ours),
            peer: shown(&self.peer),
            ratio: ours.as_secs_f64() / peer.as_secs_f64(),
            goal,
            met: met(ours, peer),
        }
    }
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn shown(times: &[Duration]) -> String {
    let ms = |percent| percentile(times, percent).as_secs_f64() * 1e3;
    if times.len() < 100 { format!("{:.1} ms", ms(50)) } else { format!("{:.3} / {:.3} ms", ms(50), ms(99)) }
}

/// Times `f`, leaving out the dropping of what it returns.
fn timed<T>(f: impl FnOnce() -> Outcome<T>) -> Outcome<Duration> {
    let began = Instant::now();
    let made = f()?;
    let took = began.elapsed();
    drop(black_box(made));
    Ok(took)
}

/// Runs both `times` times, in turn; the first tenth (at least one) warms up and is not counted.
fn paired(
    times: usize,
    mut ours: impl FnMut(usize) -> Outcome<Duration>,
    mut peer: impl FnMut(usize) -> Outcome<Duration>,
) -> Outcome<Pair> {
    let mut pair = Pair { ours: Vec::new(), peer: Vec::new() };
    let warm_up = (times / 10).max(1);
    for turn in 0..times + warm_up {
        let (a, b) = if turn % 2 == 0 {
            let a = ours(turn)?;
            (a, peer(turn)?)
        } else {
            let b = peer(turn)?;
            (ours(turn)?, b)
        };
        if turn >= warm_up {
            pair.ours.push(a);
            pair.peer.push(b);
        }
    }
    Ok(pair)
}

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    match std::env::args().nth(1).as_deref() {
        None => every_figure(folder.path()),
        Some("pull") => {
            let (line, remark) = pull(folder.path())?;
            print(&[line]);
            println!("\n{remark}");
            Ok(())
        }
        Some(other) => Err(format!("{other}: measures everything without an argument, or only \"pull\"").into()),
    }
}

fn every_figure(folder: &Path) -> Outcome<()> {
    let (locked, plain) = (folder.join("work.db"), folder.join("plain.db"));
    eprintln!("filling a database with {PEOPLE} people and {NOTES} notes …");
    fill::big(&locked, PEOPLE, NOTES)?;
    eprintln!("copying it into a plain one …");
    plain::copy(&locked, &KEY, &plain)?;
    eprintln!("measuring …");
    let mut lines = vec![opening(&locked, &plain)?, autosave(&locked, &plain)?, journal(&locked)?, queue(&locked, &plain)?];
    lines.extend(searches(&locked, &plain)?);
    lines.push(ranking(&locked)?);
    lines.push(upload()?);
    lines.push(escalation()?);
    let (pulled, remark) = pull(folder)?;
    lines.push(pulled);
    print(&lines);
    println!("\n{remark}");
    println!(
        "Times are median / p99 on this machine (pull: median). Peer: plain SQLite with the same schema, settings and statements,\n\
         alternating with ours; for the ranking the same view over documents; for the upload one request per document; for the pull the JSON read and kept, nothing more."
    );
    Ok(())
}

fn print(lines: &[Line]) {
    let ratio = |line: &Line| format!("{:.2}×", line.ratio);
    let verdict = |line: &Line| if line.met { "met" } else { "not met" }.to_owned();
    let mut table = vec![["figure", "measured", "peer", "ratio", "goal", ""].map(str::to_owned)];
    table.extend(lines.iter().map(|l| [l.figure.clone(), l.ours.clone(), l.peer.clone(), ratio(l), l.goal.to_owned(), verdict(l)]));
    let mut widths = [0; 6];
    for row in &table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in &table {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        println!("{}", cells.join("  ").trim_end());
    }
}

fn opening(locked: &Path, plain: &Path) -> Outcome<Line> {
    let key = Key::new(&KEY)?;
    let ours = |_| {
        timed(|| {
            let store = Store::open(locked, &key, AGENCY)?;
            let rows = store.queue(1)?;
            Ok((store, rows))
        })
    };
    let peer = |_| {
        timed(|| {
            let connection = plain::open(plain)?;
            let rows = plain::queue(&connection, 1)?;
            Ok((connection, rows))
        })
    };
    let pair = paired(200, ours, peer)?;
    Ok(pair.line("open with a raw key to the first queue row", "under 5 ms", |ours, _| ours < Duration::from_millis(5)))
}

fn draft() -> Draft {
    Draft {
        id: NoteId::derived("bench-draft"),
        incident: IncidentId::derived("bench-1"),
        person: PersonId::derived("bench-1"),
        author: MemberId::derived("bench-a"),
        body: DraftBody::Text("She was calm when we came and spoke of her mother. ".repeat(20)),
        changed: jiff::Timestamp::now(),
    }
}

fn longer(draft: &Draft) -> DraftBody {
    DraftBody::Text(format!("{} word", draft.body.text()))
}

/// Saves a draft again and again, one word longer each time, in turn with a peer that does the same.
fn autosaves(store: &mut Store, connection: &rusqlite::Connection) -> Outcome<Pair> {
    let (mut draft, mut other) = (draft(), draft());
    let ours = |turn| {
        draft.body = longer(&draft);
        draft.changed += jiff::SignedDuration::from_millis(turn as i64);
        timed(|| Ok(store.save_draft(&draft)?))
    };
    let peer = |turn| {
        other.body = longer(&other);
        other.changed += jiff::SignedDuration::from_millis(turn as i64);
        timed(|| Ok(plain::save_draft(connection, &other)?))
    };
    paired(400, ours, peer)
}

fn autosave(locked: &Path, plain: &Path) -> Outcome<Line> {
    let mut store = Store::open(locked, &Key::new(&KEY)?, AGENCY)?;
    let pair = autosaves(&mut store, &plain::open(plain)?)?;
    Ok(pair.line("autosave of a note (1–3 KB), journal and all", "at most 2× plain", |ours, peer| ours <= peer * 2))
}

/// What the second copy costs: the same save into the same encrypted database, with the journal and without it.
fn journal(locked: &Path) -> Outcome<Line> {
    let copy = locked.with_extension("copy");
    Store::open(locked, &Key::new(&KEY)?, AGENCY)?.close()?;
    std::fs::copy(locked, &copy)?;
    let mut store = Store::open(locked, &Key::new(&KEY)?, AGENCY)?;
    let pair = autosaves(&mut store, &plain::keyed(&copy, &KEY)?)?;
    Ok(pair.line("the journal's part of it", "at most 1.8× without", |ours, peer| ours.as_secs_f64() <= peer.as_secs_f64() * 1.8))
}

fn queue(locked: &Path, plain: &Path) -> Outcome<Line> {
    let store = Store::open(locked, &Key::new(&KEY)?, AGENCY)?;
    let connection = plain::open(plain)?;
    if store.queue(50)? != plain::queue(&connection, 50)? {
        return Err("the peer does not return the same queue".into());
    }
    let pair = paired(2000, |_| timed(|| Ok(store.queue(50)?)), |_| timed(|| Ok(plain::queue(&connection, 50)?)))?;
    Ok(pair.line("queue of 50 rows, warm", "at most 2× plain", |ours, peer| ours <= peer * 2))
}

fn ranking(locked: &Path) -> Outcome<Line> {
    let mut store = Store::open(locked, &Key::new(&KEY)?, AGENCY)?;
    teams::put(&mut store)?;
    if teams::ranked(&store)? != teams::ranked(&teams::Computed(&store))? {
        return Err("the slim rows do not rank as the documents do".into());
    }
    let pair = paired(300, |_| timed(|| teams::ranked(&store)), |_| timed(|| teams::ranked(&teams::Computed(&store))))?;
    let figure = format!("{} teams ranked, over slim rows (peer: over documents)", teams::TEAMS);
    Ok(pair.line(figure, "at most 2 ms", |ours, _| ours <= Duration::from_millis(2)))
}

fn searches(locked: &Path, plain: &Path) -> Outcome<Vec<Line>> {
    let store = Store::open(locked, &Key::new(&KEY)?, AGENCY)?;
    let connection = plain::open(plain)?;
    let mut lines = Vec::new();
    for words in ["person", "calm mother", "med", "insulin", "shelter insulin tomorrow"] {
        let whole = words.split(' ').map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ");
        // The same two steps: whole words, and only where they are few the last one as a beginning.
        let few = plain::search(&connection, &whole, 20)?.len() < 20;
        let query = if few { format!("{whole}*") } else { whole };
        if store.search_notes(words, 20)? != plain::search(&connection, &query, 20)? {
            return Err("the peer does not find the same notes".into());
        }
        let found = plain::found(&connection, &query)?;
        let pair =
            paired(300, |_| timed(|| Ok(store.search_notes(words, 20)?)), |_| timed(|| Ok(plain::search(&connection, &query, 20)?)))?;
        let figure = format!("search newest 20: “{words}” (in {found} notes)");
        lines.push(pair.line(figure, "under 1 ms", |ours, _| ours < Duration::from_millis(1)));
    }
    Ok(lines)
}

/// Two visits without a network, one begun at the agency before and one on view; then what the upload takes.
fn upload() -> Outcome<Line> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let world = World::new(Strictness::Strict).await?;
        let phone = world.phone(0)?;
        let known = phone.on_view(&world)?;
        phone.client.sync(true).await?;
        let fresh = phone.on_view(&world)?;
        for started in [&known, &fresh] {
            for tap in ["en-route", "on-scene", "contact"] {
                phone.client.tap(&started.assignment, tap, "")?;
            }
            let draft = phone.client.save_draft("", &started.incident, &started.person, "calm, wants to go home".into())?;
            phone.client.sign(&draft, &started.assignment)?;
            let visit = phone.client.assignment(&started.assignment)?.visits.first().map(|v| v.visit.clone()).ok_or("no visit")?;
            let closing = ClosingInput::Met {
                whereabouts: "stayed".into(),
                travel: "none".into(),
                legal: "voluntary".into(),
                how: "stabilised".into(),
            };
            phone.client.close_visit(&started.assignment, &visit, closing)?;
            phone.client.tap(&started.assignment, "clear", "")?;
        }
        phone.client.pause()?;
        let config = &phone.config;
        let path = phone.folder().join(file_name(&config.server, &config.agency, &config.member));
        let store = Store::open(&path, &Key::new(&phone.key)?, &config.agency)?;
        let unsent = store.unsent()?;
        let creates = unsent.iter().filter(|intent| intent.act == Act::Create).count();
        let changed: std::collections::BTreeSet<_> =
            unsent.iter().filter(|i| i.act != Act::Create).map(|i| (i.kind.clone(), i.id.clone())).collect();
        let steps = usize::from(creates > 0) + changed.len();
        let store = std::sync::Mutex::new(Some(store));
        let proxy = Proxy::new(world.server.base_url(), |_, _| Fault::None).await?;
        let carrier = Transport::new(proxy.base_url(), std::sync::Arc::new(NoToken))?;
        // Nobody on shift: what is unsent goes out, and no pull follows.
        let scope = Scope { team: None, full: false };
        let report = driver::run(&carrier, &store, scope, &SystemClock::default(), |_| {}).await?;
        if report.stop.is_some() || report.parked > 0 || report.sent as usize != unsent.len() {
            return Err(format!("the upload did not arrive whole: {report:?}").into());
        }
        let trips = report.round_trips as usize;
        let (up, down) = proxy.recorded().iter().fold((0, 0), |(up, down), one| (up + one.request.len(), down + one.answer.len()));
        Ok(Line {
            figure: format!("a shift's upload, {} documents ({creates} new, {} changed)", unsent.len(), changed.len()),
            ours: format!("{trips} round trips, {steps} steps, {:.1} KB up, {:.1} KB down", up as f64 / 1e3, down as f64 / 1e3),
            peer: format!("{} requests", unsent.len()),
            ratio: trips as f64 / unsent.len() as f64,
            goal: "as many as steps",
            met: trips <= steps,
        })
    })
}

/// From the network's coming back to "sent", with a dead zone's work in the outbox before it.
fn escalation() -> Outcome<Line> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let world = World::new(Strictness::Strict).await?;
        let phone = world.phone(0)?;
        let started = phone.on_view(&world)?;
        phone.client.sync(true).await?;
        world.server.network().set(Network::Down);
        let mut queued = 0;
        while queued < 500 {
            phone.on_view(&world)?;
            phone.client.pause()?;
            phone.client.resume(phone.key.clone())?;
            queued = phone.client.everything()?.len();
        }
        phone.escalate(&started.assignment)?;
        let _ = phone.client.sync(false).await;
        world.server.network().set(Network::Up);
        let (before, began) = (world.server.requests(), Instant::now());
        let client = phone.client.clone();
        let syncing = tokio::spawn(async move { client.sync(false).await });
        let requests = loop {
            if phone.lifeline.escalations().first().is_some_and(|item| item.state == "sent") {
                break world.server.requests() - before;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        };
        let took = began.elapsed();
        let _ = syncing.await;
        let began = Instant::now();
        world.gateway.read(&format!("Task/{}", started.assignment)).await?;
        let trip = began.elapsed();
        Ok(Line {
            figure: format!("network back to an escalation “sent”, {queued} documents here"),
            ours: format!("{:.1} ms, {requests} requests at the server by then", took.as_secs_f64() * 1e3),
            peer: format!("one round trip {:.1} ms", trip.as_secs_f64() * 1e3),
            ratio: took.as_secs_f64() / trip.as_secs_f64(),
            goal: "within the first requests",
            met: requests <= 2,
        })
    })
}

/// Reads and takes a first pull into a new database; also says where the time went.
fn pull(folder: &Path) -> Outcome<(Line, String)> {
    let pages = fill::pages(PULLED, 500)?;
    let bytes: usize = pages.iter().map(Vec::len).sum();
    let key = Key::new(&KEY)?;
    let (mut reading, mut taking) = (Vec::new(), Vec::new());
    let ours = |turn| {
        let mut store = Store::open(&folder.join(format!("pull-{turn}.db")), &key, AGENCY)?;
        let (mut read, mut taken, mut seen) = (Duration::ZERO, Duration::ZERO, 0);
        for page in &pages {
            let began = Instant::now();
            let documents: Vec<_> = bundle::read(page)?.entries.into_iter().filter_map(|entry| entry.resource).collect();
            read += began.elapsed();
            seen += documents.len();
            let began = Instant::now();
            black_box(store.take_found(&Incoming { documents, read_upto: None })?);
            taken += began.elapsed();
        }
        // Rows that the pull made stale are recomputed before the first read: that belongs to it.
        let began = Instant::now();
        black_box(store.queue(50)?);
        taken += began.elapsed();
        reading.push(read);
        taking.push(taken);
        if seen == PULLED { Ok(read + taken) } else { Err(format!("{seen} resources in the pages").into()) }
    };
    let peer = |turn| {
        let mut connection = plain::make(&folder.join(format!("pull-{turn}.plain.db")))?;
        let mut took = Duration::ZERO;
        for page in &pages {
            took += timed(|| plain::take(&mut connection, page))?;
        }
        Ok(took)
    };
    let pair = paired(5, ours, peer)?;
    let line = pair.line(format!("a pull of {PULLED} resources, no network"), "under 500 ms", |ours, _| ours < Duration::from_millis(500));
    let remark =
        format!("The pull: {} pages, {:.1} MB; reading {}, keeping {}.", pages.len(), bytes as f64 / 1e6, shown(&reading), shown(&taking));
    Ok((line, remark))
}
