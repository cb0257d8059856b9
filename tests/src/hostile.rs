//! A server on this machine that answers whatever a test wants, however wrong: bodies of any size at no cost in memory,
//! any head, none at all.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Content-Length.
    Length,
    /// Chunks.
    Chunked,
    /// The connection closes.
    Close,
}

/// An answer: the head's own lines, and a body of pieces, each so many times.
#[derive(Debug, Clone)]
pub struct Reply {
    status: String,
    headers: String,
    framing: Framing,
    pieces: Vec<(Vec<u8>, usize)>,
    raw: bool,
}

impl Reply {
    /// 200 with a FHIR body of these pieces.
    pub fn pieces<T: Into<Vec<u8>>>(framing: Framing, pieces: impl IntoIterator<Item = (T, usize)>) -> Self {
        let pieces = pieces.into_iter().map(|(piece, times)| (piece.into(), times)).collect();
        Self { status: "200 OK".into(), headers: "Content-Type: application/fhir+json\r\n".into(), framing, pieces, raw: false }
    }
    /// 200 with a FHIR body.
    pub fn fhir(body: impl Into<Vec<u8>>) -> Self {
        Self::pieces(Framing::Length, [(body.into(), 1)])
    }
    /// A searchset without entries; an empty `next` is the last page.
    pub fn page(next: &str) -> Self {
        let link = if next.is_empty() { String::new() } else { format!(r#"{{"relation":"next","url":"{next}"}}"#) };
        Self::fhir(format!(r#"{{"resourceType":"Bundle","type":"searchset","link":[{link}],"entry":[]}}"#))
    }
    /// Another status, with these lines in the head.
    pub fn status(status: &str, headers: &str) -> Self {
        Self { status: status.into(), headers: headers.into(), ..Self::pieces(Framing::Length, [(Vec::new(), 1)]) }
    }
    /// These bytes instead of any HTTP.
    pub fn raw(pieces: Vec<(Vec<u8>, usize)>) -> Self {
        Self { raw: true, pieces, ..Self::status("", "") }
    }
    /// The same with another status.
    #[must_use]
    pub fn with_status(self, status: &str) -> Self {
        Self { status: status.into(), ..self }
    }
    /// One more line in the head.
    #[must_use]
    pub fn header(mut self, line: &str) -> Self {
        self.headers.push_str(line);
        self.headers.push_str("\r\n");
        self
    }

    fn length(&self) -> usize {
        self.pieces.iter().map(|(piece, times)| piece.len() * times).sum()
    }

    async fn write(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        if !self.raw {
            let framing = match self.framing {
                Framing::Length => format!("Content-Length: {}\r\n", self.length()),
                Framing::Chunked => "Transfer-Encoding: chunked\r\n".to_owned(),
                Framing::Close => "Connection: close\r\n".to_owned(),
            };
            stream.write_all(format!("HTTP/1.1 {}\r\n{}{framing}\r\n", self.status, self.headers).as_bytes()).await?;
        }
        let chunked = self.framing == Framing::Chunked && !self.raw;
        for (piece, times) in self.pieces.iter().filter(|(piece, _)| !piece.is_empty()) {
            // Short pieces go together: a write each would be the slowest thing here.
            let together = (65_536 / piece.len()).clamp(1, *times);
            let many = piece.repeat(together);
            let mut left = *times;
            while left > 0 {
                let now = left.min(together);
                let bytes = many.get(..now * piece.len()).unwrap_or_default();
                if chunked {
                    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
                }
                stream.write_all(bytes).await?;
                if chunked {
                    stream.write_all(b"\r\n").await?;
                }
                left -= now;
            }
        }
        if chunked { stream.write_all(b"0\r\n\r\n").await } else { Ok(()) }
    }
}

/// The running server.
#[derive(Debug)]
pub struct Hostile {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

type Answers = Arc<dyn Fn(usize, &str) -> Reply + Send + Sync>;

impl Hostile {
    /// Starts. `answer` sees the number of the request, from 0, and its first line.
    ///
    /// # Errors
    /// Where this machine lends no port.
    pub async fn new(answer: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}/fhir", listener.local_addr()?);
        let (answer, asked): (Answers, _) = (Arc::new(answer), Arc::new(Mutex::new(Vec::new())));
        let heard = asked.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, heard) = (answer.clone(), heard.clone());
                // A client that hangs up in the middle of an answer is what most of these tests want.
                tokio::spawn(async move { drop(serve(stream, &answer, &heard).await) });
            }
        });
        Ok(Self { base, asked, task })
    }

    /// Its base address.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// The first lines of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: &Answers, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let request = crate::proxy::message(&mut stream).await?;
        let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
        let number = {
            let mut all = heard.lock().unwrap_or_else(PoisonError::into_inner);
            all.push(line.clone());
            all.len() - 1
        };
        let reply = answer(number, &line);
        reply.write(&mut stream).await?;
        if reply.framing == Framing::Close || reply.raw {
            return stream.shutdown().await;
        }
    }
}

/// A listener that only counts who comes.
#[derive(Debug)]
pub struct Bystander {
    base: String,
    came: Arc<Mutex<usize>>,
    task: tokio::task::JoinHandle<()>,
}

impl Bystander {
    /// Starts.
    ///
    /// # Errors
    /// Where this machine lends no port.
    pub async fn new() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let came = Arc::new(Mutex::new(0));
        let count = came.clone();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                *count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                drop(stream.read(&mut [0; 1]).await);
            }
        });
        Ok(Self { base, came, task })
    }

    /// Its address.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// How many came.
    pub fn came(&self) -> usize {
        *self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        self.task.abort();
    }
}
