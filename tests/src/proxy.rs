//! A proxy between a phone and the server that can lose, spoil or refuse what passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
}

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    base: String,
    task: tokio::task::JoinHandle<()>,
    passed: Arc<AtomicUsize>,
}

type Rule = Arc<dyn Fn(usize, &str) -> Fault + Send + Sync>;

impl Proxy {
    /// Stands before the server at `base`. `rule` sees the number of the exchange, from 0, and its request's first line.
    ///
    /// # Errors
    /// Where this machine lends no port.
    pub async fn new(base: &str, rule: impl Fn(usize, &str) -> Fault + Send + Sync + 'static) -> std::io::Result<Self> {
        let upstream = base.trim_start_matches("http://").trim_end_matches("/fhir").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own = format!("http://{}/fhir", listener.local_addr()?);
        let (rule, passed): (Rule, _) = (Arc::new(rule), Arc::new(AtomicUsize::new(0)));
        let (counter, mine) = (passed.clone(), own.clone());
        let theirs = base.to_owned();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (rule, counter, upstream) = (rule.clone(), counter.clone(), upstream.clone());
                let names = (theirs.clone(), mine.clone());
                tokio::spawn(async move {
                    // A connection that breaks is what this proxy is for.
                    let _ = exchange(client, &upstream, &rule, &counter, &names).await;
                });
            }
        });
        Ok(Self { base: own, task, passed })
    }

    /// Its base address.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// How many exchanges there were.
    pub fn exchanges(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One exchange a connection: what is simple is easily right.
async fn exchange(
    mut client: TcpStream,
    upstream: &str,
    rule: &Rule,
    counter: &AtomicUsize,
    names: &(String, String),
) -> std::io::Result<()> {
    let request = message(&mut client).await?;
    let head = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
    let answer = |status: &str, kind: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    };
    match rule(counter.fetch_add(1, Ordering::SeqCst), &head) {
        Fault::Portal => client.write_all(answer("200 OK", "text/html", "<html>please sign in</html>").as_bytes()).await,
        Fault::Status(status) => client.write_all(answer(&format!("{status} Refused"), "application/fhir+json", "{}").as_bytes()).await,
        fault => {
            let text = String::from_utf8_lossy(&request).into_owned();
            let closing = text.replacen("\r\n", "\r\nConnection: close\r\n", 1);
            let mut server = TcpStream::connect(upstream).await?;
            server.write_all(closing.as_bytes()).await?;
            let mut back = Vec::new();
            server.read_to_end(&mut back).await?;
            match fault {
                Fault::LoseAnswer => Ok(()),
                Fault::HalfAnswer => client.write_all(back.get(..back.len() / 2).unwrap_or_default()).await,
                _ => {
                    let text = String::from_utf8_lossy(&back).into_owned();
                    // The server's own address in next links would lead around the proxy.
                    let text = if names.0.len() == names.1.len() { text.replace(&names.0, &names.1) } else { text };
                    client.write_all(text.as_bytes()).await
                }
            }
        }
    }
}

/// One HTTP request, whole.
async fn message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
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
