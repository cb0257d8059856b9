//! An embedded FHIR R4 server, for trying and testing, never for production. Honest about what it does: whatever it
//! lists in its CapabilityStatement it does as R4 says, and what it does not know it refuses.
//!
//! Its manners can be those of real servers: `strict` refuses what R4 forbids, `hapi` behaves as HAPI was measured,
//! `loose` accepts and keeps everything. Neighbours: `county` fills it, `shift` plays on it.

mod bundle;
mod capability;
mod http;
mod manners;
mod outcome;
pub mod parameters;
mod rows;
mod search;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

pub use outcome::Refusal;

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manners {
    /// As R4 says; what it forbids is refused by name.
    #[default]
    Strict,
    /// As HAPI FHIR 8.8.0 was measured.
    Hapi,
    /// Accepts and keeps everything; ignores what it does not know.
    Loose,
}

/// What the server's clock shows.
pub type ServerClock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// How to start.
#[derive(Clone)]
pub struct Options {
    /// How it behaves.
    pub manners: Manners,
    /// Where it keeps its data; `None`: in memory.
    pub path: Option<PathBuf>,
    /// Its port on 127.0.0.1; 0: a free one.
    pub port: u16,
    /// Its clock.
    pub clock: ServerClock,
}

impl Default for Options {
    fn default() -> Self {
        Self { manners: Manners::Strict, path: None, port: 0, clock: Arc::new(jiff::Timestamp::now) }
    }
}

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The port is taken, or this machine lends none.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[from] std::io::Error),
    /// Its database cannot be opened.
    #[error("cannot open its database: {0}")]
    Database(#[from] rusqlite::Error),
}

pub(crate) struct State {
    db: Mutex<Connection>,
    manners: Manners,
    clock: ServerClock,
    base: String,
    /// The newest results, for their next pages.
    results: Mutex<VecDeque<(String, search::Found)>>,
    up: AtomicBool,
    requests: AtomicU64,
}

impl State {
    fn db(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn now(&self) -> i64 {
        (self.clock)().as_microsecond()
    }
}

/// A running server. Dropping it stops it.
pub struct Server {
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({})", self.state.base)
    }
}

impl Server {
    /// Starts on 127.0.0.1.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn start(options: Options) -> Result<Self, ServerError> {
        let db = match &options.path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
        db.execute_batch(rows::SCHEMA)?;
        db.set_prepared_statement_cache_capacity(256);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await?;
        let base = format!("http://{}/fhir", listener.local_addr()?);
        let state = Arc::new(State {
            db: Mutex::new(db),
            manners: options.manners,
            clock: options.clock,
            base,
            results: Mutex::new(VecDeque::new()),
            up: AtomicBool::new(true),
            requests: AtomicU64::new(0),
        });
        let router = http::router(state.clone());
        let task = tokio::spawn(async move {
            // The listener was bound above; what ends this is the task's end.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { state, task })
    }

    /// Its base address.
    pub fn base_url(&self) -> &str {
        &self.state.base
    }

    /// Whether requests are answered: `false` closes every connection without a word, like a dead zone.
    pub fn set_up(&self, up: bool) {
        self.state.up.store(up, Ordering::SeqCst);
    }

    /// How many requests were answered so far.
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The decoded pairs of a query.
fn decode(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| (percent(k), percent(v)))
        .collect()
}

fn percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let code = std::str::from_utf8(&digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok());
                bytes.push(code.unwrap_or(b'?'));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One page of a result as text; bodies are put in as stored.
fn page(db: &Connection, found: &search::Found, offset: usize, next: &str) -> Result<String, Refusal> {
    let mut text = format!("{{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":{}", found.matches);
    if !next.is_empty() {
        text.push_str(&format!(",\"link\":[{{\"relation\":\"next\",\"url\":{}}}]", serde_json::Value::from(next)));
    }
    let rows = found.rows.iter().enumerate().skip(offset).take(if found.total_only { 0 } else { found.count });
    let mut first = true;
    for (index, (kind, id, version)) in rows {
        let body: Option<String> = db
            .prepare_cached("SELECT body FROM versions WHERE kind = ? AND id = ? AND version = ?")?
            .query_row(rusqlite::params![kind, id, version], |row| row.get(0))?;
        text.push_str(if first { ",\"entry\":[" } else { "," });
        first = false;
        let mode = if index < found.matches { "match" } else { "include" };
        text.push_str(&format!("{{\"resource\":{},\"search\":{{\"mode\":\"{mode}\"}}}}", body.unwrap_or_else(|| "null".into())));
    }
    text.push_str(if first { "}" } else { "]}" });
    Ok(text)
}
