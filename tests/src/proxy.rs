//! A proxy between a phone and the server that can lose, spoil, delay, cut or refuse what passes, and that keeps a
//! record of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The request arrives; its answer is lost.
    LoseAnswer,
    /// A page of a captive portal comes instead; the request never arrives.
    Portal,
    /// Half of the answer comes, then the connection closes.
    HalfAnswer,
    /// This status comes instead; the request never arrives.
    Status(u16),
    /// Everything arrives, this much later.
    Late(Duration),
    /// Request and answer pass in pieces of so many bytes, with a pause after each.
    Narrow(usize, Duration),
    /// The connection is reset in the middle of the request; the server sees half of it.
    ResetInRequest,
    /// The request arrives; the connection is reset in the middle of the answer.
    ResetInAnswer,
    /// The answer comes one byte at a time.
    Bytewise,
    /// The answer comes whole; the connection stays open for so long after it.
    LateClose(Duration),
    /// The answer comes twice, on a connection that stays open.
    AnswerTwice,
    /// The first answer comes that this very request ever had.
    FirstAnswer,
    /// The request is taken and goes nowhere; no answer comes, and the connection stays open.
    Swallow,
    /// The request arrives; no answer comes, and the connection stays open.
    Silent,
    /// The head of the answer comes, and then nothing; the connection stays open.
    HeadOnly,
    /// Half of the answer comes, and then nothing; the connection stays open.
    StopsHalfway,
    /// The answer comes one byte at a time, with this pause after each.
    Drip(Duration),
    /// The head of the answer comes at once, its body one byte at a time, with this pause after each.
    DripBody(Duration),
}

/// One exchange as it passed.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The request, whole.
    pub request: Vec<u8>,
    /// The server's answer; empty where it was not asked.
    pub answer: Vec<u8>,
}

impl Exchange {
    /// The request's first line.
    pub fn line(&self) -> String {
        String::from_utf8_lossy(&self.request).lines().next().unwrap_or_default().to_owned()
    }
    /// Whether it writes: a PUT, or a transaction.
    pub fn writes(&self) -> bool {
        self.request.starts_with(b"PUT ") || (self.request.starts_with(b"POST ") && contains(&self.request, b"\"type\":\"transaction\""))
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    base: String,
    task: tokio::task::JoinHandle<()>,
    passed: Arc<AtomicUsize>,
    record: Record,
}

type Rule = Arc<dyn Fn(usize, &str) -> Fault + Send + Sync>;
type Record = Arc<Mutex<Vec<Exchange>>>;

/// What every connection shares.
#[derive(Clone)]
struct Way {
    upstream: String,
    rule: Rule,
    passed: Arc<AtomicUsize>,
    record: Record,
    theirs: String,
    own: String,
}

impl Proxy {
    /// Stands before the server at `base`. `rule` sees the number of the exchange, from 0, and its request's first line.
    ///
    /// # Errors
    /// Where this machine lends no port.
    pub async fn new(base: &str, rule: impl Fn(usize, &str) -> Fault + Send + Sync + 'static) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let way = Way {
            upstream: base.trim_start_matches("http://").trim_end_matches("/fhir").to_owned(),
            rule: Arc::new(rule),
            passed: Arc::default(),
            record: Record::default(),
            theirs: base.to_owned(),
            own: format!("http://{}/fhir", listener.local_addr()?),
        };
        let (base, passed, record) = (way.own.clone(), way.passed.clone(), way.record.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let way = way.clone();
                // A connection that breaks is what this proxy is for.
                tokio::spawn(async move { drop(exchange(client, &way).await) });
            }
        });
        Ok(Self { base, task, passed, record })
    }

    /// Its base address.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// How many exchanges there were.
    pub fn exchanges(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    /// Every exchange so far, in the order in which the server answered.
    pub fn recorded(&self) -> Vec<Exchange> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Sends a recorded request again, straight to the server at `base`, and returns its answer.
///
/// # Errors
/// Where the server does not answer.
pub async fn replay(base: &str, exchange: &Exchange) -> std::io::Result<Vec<u8>> {
    let upstream = base.trim_start_matches("http://").trim_end_matches("/fhir");
    ask(upstream, &exchange.request).await
}

async fn ask(upstream: &str, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let closing = String::from_utf8_lossy(request).replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let mut server = TcpStream::connect(upstream).await?;
    server.write_all(closing.as_bytes()).await?;
    let mut back = Vec::new();
    server.read_to_end(&mut back).await?;
    Ok(back)
}

/// One exchange a connection: what is simple is easily right.
async fn exchange(mut client: TcpStream, way: &Way) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let request = message(&mut client).await?;
    let head = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
    let answer = |status: &str, kind: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    };
    let fault = (way.rule)(way.passed.fetch_add(1, Ordering::SeqCst), &head);
    match fault {
        Fault::Portal => return client.write_all(answer("200 OK", "text/html", "<html>please sign in</html>").as_bytes()).await,
        Fault::Status(status) => {
            return client.write_all(answer(&format!("{status} Refused"), "application/fhir+json", "{}").as_bytes()).await;
        }
        Fault::ResetInRequest => {
            let mut server = TcpStream::connect(&way.upstream).await?;
            server.write_all(request.get(..request.len() / 2).unwrap_or_default()).await?;
            server.set_zero_linger()?;
            return client.set_zero_linger();
        }
        Fault::Swallow => return until_gone(&mut client).await,
        Fault::Late(time) => tokio::time::sleep(time).await,
        Fault::Narrow(bytes, pause) => tokio::time::sleep(pause * u32::try_from(request.len() / bytes.max(1)).unwrap_or(1)).await,
        _ => {}
    }
    let back = ask(&way.upstream, &request).await?;
    let first = {
        let mut record = way.record.lock().unwrap_or_else(PoisonError::into_inner);
        let first = record.iter().find(|earlier| earlier.line() == head && !earlier.answer.is_empty()).map(|e| e.answer.clone());
        record.push(Exchange { request, answer: back.clone() });
        first
    };
    let back = if fault == Fault::FirstAnswer { first.unwrap_or(back) } else { back };
    // The server's own address in next links would lead around the proxy. A body may be compressed: bytes, not text.
    let back = if way.theirs.len() == way.own.len() { replaced(back, way.theirs.as_bytes(), way.own.as_bytes()) } else { back };
    give(&mut client, fault, &back).await
}

fn replaced(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let found: Vec<usize> = bytes.windows(from.len()).enumerate().filter(|(_, window)| *window == from).map(|(at, _)| at).collect();
    for at in found {
        if let Some(place) = bytes.get_mut(at..at + from.len()) {
            place.copy_from_slice(to);
        }
    }
    bytes
}

/// Gives the answer as the fault has it.
async fn give(client: &mut TcpStream, fault: Fault, answer: &[u8]) -> std::io::Result<()> {
    let half = answer.get(..answer.len() / 2).unwrap_or_default();
    let body = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    let head = answer.get(..body).unwrap_or_default();
    match fault {
        Fault::LoseAnswer => Ok(()),
        Fault::HalfAnswer => client.write_all(half).await,
        Fault::ResetInAnswer => {
            client.write_all(half).await?;
            // What was written last must have left before the reset.
            tokio::time::sleep(Duration::from_millis(5)).await;
            client.set_zero_linger()
        }
        Fault::Bytewise => {
            for byte in answer.chunks(1) {
                client.write_all(byte).await?;
            }
            Ok(())
        }
        Fault::Narrow(bytes, pause) => {
            for piece in answer.chunks(bytes.max(1)) {
                client.write_all(piece).await?;
                tokio::time::sleep(pause).await;
            }
            Ok(())
        }
        Fault::Drip(pause) => drip(client, answer, pause).await,
        Fault::DripBody(pause) => {
            client.write_all(head).await?;
            drip(client, answer.get(head.len()..).unwrap_or_default(), pause).await
        }
        Fault::Silent => until_gone(client).await,
        Fault::HeadOnly => {
            client.write_all(head).await?;
            until_gone(client).await
        }
        Fault::StopsHalfway => {
            client.write_all(half).await?;
            until_gone(client).await
        }
        Fault::LateClose(time) => {
            client.write_all(answer).await?;
            tokio::time::sleep(time).await;
            Ok(())
        }
        Fault::AnswerTwice => {
            let open = String::from_utf8_lossy(answer).replacen("connection: close", "connection: keep-alive", 1);
            client.write_all(format!("{open}{open}").as_bytes()).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(())
        }
        _ => client.write_all(answer).await,
    }
}

async fn drip(client: &mut TcpStream, bytes: &[u8], pause: Duration) -> std::io::Result<()> {
    for byte in bytes.chunks(1) {
        client.write_all(byte).await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// Says nothing more until the client hangs up.
async fn until_gone(client: &mut TcpStream) -> std::io::Result<()> {
    client.read(&mut [0; 1]).await.map(drop)
}

/// One HTTP request, whole.
pub(crate) async fn message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut buffer = [0_u8; 16_384];
    loop {
        let read = stream.read(&mut buffer).await?;
        all.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let text = String::from_utf8_lossy(&all);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length:").and_then(|v| v.trim().parse::<usize>().ok()));
            if body.len() >= length.unwrap_or(0) {
                return Ok(all);
            }
        }
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
