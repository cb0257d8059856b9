//! An embedded FHIR R4 server, for trying and testing, never for production. It is honest about what it does: what its
//! CapabilityStatement lists it does as R4 says, and what it does not know it refuses.
//!
//! A request comes in through `http`, a bundle through `bundle` and `entries`; what it does with one resource is in
//! `interactions`, what it may contain in `strictness` and `structure`. `store` keeps every version in SQLite, `index`
//! what is searched; `search`, `pages` and `history` read. `network` is the line, which can be cut.

mod bundle;
mod capability;
mod dates;
mod entries;
mod history;
mod http;
mod index;
mod interactions;
mod network;
mod outcome;
mod pages;
mod parameters;
mod query;
mod references;
mod search;
mod store;
mod strictness;
mod structure;
mod types;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use network::{Line, Network};
pub use strictness::Strictness;

/// What the server's clock shows.
pub type ServerClock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// How to start.
#[derive(Clone)]
pub struct Options {
    /// How it behaves.
    pub strictness: Strictness,
    /// The file that it keeps its data in; `None`: in memory.
    pub path: Option<PathBuf>,
    /// Its port on 127.0.0.1; 0: a free one.
    pub port: u16,
    /// Its clock: for `meta.lastUpdated` and the Date of answers.
    pub clock: ServerClock,
}

impl Default for Options {
    fn default() -> Self {
        Self { strictness: Strictness::default(), path: None, port: 0, clock: Arc::new(jiff::Timestamp::now) }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { strictness, path, port, clock: _ } = self;
        f.debug_struct("Options").field("strictness", strictness).field("path", path).field("port", port).finish_non_exhaustive()
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

struct State {
    db: Mutex<Connection>,
    strictness: Strictness,
    clock: ServerClock,
    base: String,
    searches: pages::Searches,
    requests: AtomicU64,
    token: Mutex<Option<String>>,
}

impl State {
    fn db(&self) -> MutexGuard<'_, Connection> {
        // A transaction that was left half done is rolled back when it is dropped.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        (self.clock)().as_microsecond()
    }
}

/// A running server. Dropping it stops it.
pub struct Server {
    state: Arc<State>,
    line: Line,
    task: Option<JoinHandle<()>>,
    end: Option<oneshot::Sender<()>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({}, {:?})", self.state.base, self.state.strictness)
    }
}

impl Server {
    /// From now on answers 401 to whoever does not bring this bearer token; `None`: to nobody.
    pub fn want_token(&self, token: Option<String>) {
        *self.state.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// Starts on 127.0.0.1. What was in its file is served again.
    ///
    /// # Errors
    /// [`ServerError`] where the port or the file cannot be had.
    pub async fn start(options: Options) -> Result<Self, ServerError> {
        let db = match &options.path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
        db.execute_batch(store::SCHEMA)?;
        db.set_prepared_statement_cache_capacity(256);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await?;
        let state = Arc::new(State {
            db: Mutex::new(db),
            strictness: options.strictness,
            clock: options.clock,
            base: format!("http://{}/fhir", listener.local_addr()?),
            searches: pages::Searches::default(),
            requests: AtomicU64::new(0),
            token: Mutex::new(None),
        });
        let line = Line::default();
        let (end, ended) = oneshot::channel::<()>();
        let served = axum::serve(network::Door { listener, line: line.clone() }, http::router(state.clone()));
        // Resolves when it is told to end, and also when the server is dropped.
        let served = served.with_graceful_shutdown(async move { drop(ended.await) });
        let task = tokio::spawn(async move {
            // The listener was bound above: nothing is left that could fail.
            let _ = served.await;
        });
        Ok(Self { state, line, task: Some(task), end: Some(end) })
    }

    /// Its base address, such as `http://127.0.0.1:8080/fhir`.
    pub fn base_url(&self) -> &str {
        &self.state.base
    }

    /// The line to it, which can be cut.
    pub fn network(&self) -> &Line {
        &self.line
    }

    /// How many requests were answered so far.
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// Stops: running requests are finished within five seconds, the port is free when this returns.
    pub async fn stop(mut self) {
        drop(self.end.take());
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(Duration::from_secs(5), &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.end.take());
    }
}
