//! A box between a phone and a real server that understands HTTP and changes what it carries: what gateways, firewalls and
//! half-finished servers do.
//!
//! Rule: what a change leaves alone arrives as it came; one exchange a connection. Neighbours: `proxy` breaks connections and
//! knows no headers, `hostile` answers without a server.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::proxy::message;

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Its path and query, with the path of the base: `/fhir/Task?owner=…`.
    pub target: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// An answer on its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its status.
    pub status: u16,
    /// Its headers, by their names in lower case; the length is written anew.
    pub headers: Vec<(String, String)>,
    /// Its body, neither chunked nor compressed.
    pub body: Vec<u8>,
}

impl Answered {
    /// An answer that no server gave.
    pub fn made(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), "application/fhir+json".into())], body: body.into() }
    }

    /// Puts a header in place of those of its name.
    pub fn header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.into(), value.into()));
    }
}

/// What a box does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    /// Carries it to the server.
    On,
    /// Carries it there with another target.
    Instead(String),
    /// Answers itself; the server never hears of it.
    Answer(Answered),
}

/// What a box does.
pub trait Changes: Send + Sync {
    /// With a request. `own` is the base address that phones know.
    fn request(&self, own: &str, asked: &Asked) -> Passing {
        let _ = (own, asked);
        Passing::On
    }
    /// With an answer.
    fn answer(&self, own: &str, asked: &Asked, answered: &mut Answered) {
        let _ = (own, asked, answered);
    }
}

/// A box before the server at one base address.
#[derive(Debug)]
pub struct Middlebox {
    base: String,
    exchanges: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Middlebox {
    /// Stands before the server at `base`, which is plain HTTP.
    ///
    /// # Errors
    /// Where this machine lends no port, or `base` is no address of one.
    pub async fn new(base: &str, changes: Arc<dyn Changes>) -> std::io::Result<Self> {
        let rest = base.strip_prefix("http://").ok_or(ErrorKind::InvalidInput)?;
        let (upstream, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).ok_or(ErrorKind::InvalidInput)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own = format!("http://{}{path}", listener.local_addr()?);
        let (theirs, upstream, exchanges) = (base.to_owned(), upstream.to_owned(), Arc::new(AtomicUsize::new(0)));
        let (ours, counter) = (own.clone(), exchanges.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let (upstream, theirs, ours, changes) = (upstream.clone(), theirs.clone(), ours.clone(), changes.clone());
                // A phone that hangs up ends its exchange.
                tokio::spawn(async move { drop(exchange(client, &upstream, (&theirs, &ours), changes.as_ref()).await) });
            }
        });
        Ok(Self { base: own, exchanges, task })
    }

    /// Its base address.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// How many requests came so far.
    pub fn exchanges(&self) -> usize {
        self.exchanges.load(Ordering::SeqCst)
    }
}

impl Drop for Middlebox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn exchange(mut client: TcpStream, upstream: &str, (theirs, own): (&str, &str), changes: &dyn Changes) -> std::io::Result<()> {
    let request = message(&mut client).await?;
    let (head, body) = parted(&request)?;
    let mut first = head.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default().to_owned(), first.next().unwrap_or_default().to_owned());
    let asked = Asked { method, target, body: body.to_vec() };
    let target = match changes.request(own, &asked) {
        Passing::Answer(answer) => return give(&mut client, &answer).await,
        Passing::On => asked.target.clone(),
        Passing::Instead(target) => target,
    };
    // Compressed answers could not be changed; a connection carries one exchange.
    let kept = head.lines().skip(1).filter(|line| {
        let name = line.split(':').next().unwrap_or_default().to_lowercase();
        !matches!(name.as_str(), "accept-encoding" | "connection" | "host" | "content-length" | "transfer-encoding")
    });
    let mut out = format!("{} {target} HTTP/1.1\r\nHost: {upstream}\r\nConnection: close\r\n", asked.method);
    kept.for_each(|line| out.push_str(&format!("{line}\r\n")));
    out.push_str(&format!("Content-Length: {}\r\n\r\n", asked.body.len()));
    let mut server = TcpStream::connect(upstream).await?;
    server.write_all(out.as_bytes()).await?;
    server.write_all(&asked.body).await?;
    let mut back = Vec::new();
    server.read_to_end(&mut back).await?;
    let mut answer = read(&back)?;
    // The server's own address in links would lead around the box.
    answer.body = String::from_utf8_lossy(&answer.body).replace(theirs, own).into_bytes();
    changes.answer(own, &asked, &mut answer);
    give(&mut client, &answer).await
}

fn parted(bytes: &[u8]) -> std::io::Result<(String, &[u8])> {
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n").ok_or(ErrorKind::InvalidData)?;
    let (head, body) = bytes.split_at_checked(at).ok_or(ErrorKind::InvalidData)?;
    Ok((String::from_utf8_lossy(head).into_owned(), body.get(4..).unwrap_or_default()))
}

/// An answer that came whole.
fn read(bytes: &[u8]) -> std::io::Result<Answered> {
    let (head, body) = parted(bytes)?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or(ErrorKind::InvalidData)?;
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value.eq_ignore_ascii_case("chunked"));
    let body = if chunked { unchunked(body)? } else { body.to_vec() };
    let headers = headers
        .into_iter()
        .filter(|(name, _)| !matches!(name.as_str(), "transfer-encoding" | "content-length" | "connection" | "keep-alive"));
    Ok(Answered { status, headers: headers.collect(), body })
}

fn unchunked(mut rest: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let wrong = || Error::from(ErrorKind::InvalidData);
        let end = rest.windows(2).position(|window| window == b"\r\n").ok_or_else(wrong)?;
        let size = std::str::from_utf8(rest.get(..end).unwrap_or_default()).map_err(|_| wrong())?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16).map_err(|_| wrong())?;
        if size == 0 {
            return Ok(body);
        }
        let from = end + 2;
        body.extend_from_slice(rest.get(from..from + size).ok_or_else(wrong)?);
        rest = rest.get(from + size + 2..).ok_or_else(wrong)?;
    }
}

async fn give(client: &mut TcpStream, answer: &Answered) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} -\r\nConnection: close\r\nContent-Length: {}\r\n", answer.status, answer.body.len());
    answer.headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head.push_str("\r\n");
    client.write_all(head.as_bytes()).await?;
    client.write_all(&answer.body).await?;
    client.shutdown().await
}
