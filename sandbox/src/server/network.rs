//! The line to the server, which a test or a demo can cut: while it is down, connections are closed without an answer,
//! new ones at once and open ones at their next byte, as in a dead zone. What was on its way may have been done.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Whether the server can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Requests are answered.
    Up,
    /// Every connection is closed without an answer.
    Down,
}

/// The switch of the line. Copies switch the same line.
#[derive(Debug, Clone, Default)]
pub struct Line(Arc<AtomicBool>);

impl Line {
    /// Cuts the line or mends it, from the next byte on.
    pub fn set(&self, network: Network) {
        self.0.store(network == Network::Down, Ordering::SeqCst);
    }

    /// How it is now.
    pub fn get(&self) -> Network {
        if self.0.load(Ordering::SeqCst) { Network::Down } else { Network::Up }
    }

    fn check(&self) -> io::Result<()> {
        if self.get() == Network::Down { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

/// Accepts connections while the line is up.
pub(super) struct Door {
    pub listener: TcpListener,
    pub line: Line,
}

impl axum::serve::Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, from)) if self.line.get() == Network::Up => {
                    // Answers are small: waiting to fill a packet costs 40 ms each.
                    let _ = stream.set_nodelay(true);
                    return (Wire { stream, line: self.line.clone() }, from);
                }
                Ok((closed, _)) => drop(closed),
                // Out of descriptors, or the peer is gone already.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection.
pub(super) struct Wire {
    stream: TcpStream,
    line: Line,
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        match (&read, self.line.check()) {
            (Poll::Ready(_), Err(cut)) => Poll::Ready(Err(cut)),
            _ => read,
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.line.check() {
            Ok(()) => Pin::new(&mut self.stream).poll_write(cx, bytes),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }
    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self.line.check() {
            Ok(()) => Pin::new(&mut self.stream).poll_write_vectored(cx, parts),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
