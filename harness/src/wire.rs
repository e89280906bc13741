//! The wire: the one room that opens a socket and reads a clock. `http::Request` in, an answer as it came out.

mod connections;
mod trust;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Request, header};
use http_body_util::BodyExt as _;
use ropcheck_reference_server::Clock;
use url::Url;

use self::connections::{Answered, Connections, chain};
use self::trust::Trust;
use crate::exchange::Silence;
use crate::halt::Halt;
use crate::seal::Raw;
use crate::target::Target;

/// How much of a body is read; no token endpoint has that much to say.
pub const BODY_LIMIT: usize = 1 << 20;

/// A client for one target, and the run's clock.
#[derive(Debug, Clone)]
pub struct Wire {
    connections: Arc<Connections>,
    timeout: Duration,
    began: Instant,
    /// Whether a connection is used again.
    keeps: bool,
    halt: Arc<Halt>,
}

/// The clock that the server goes by, and how time passes for a `wait`.
#[derive(Debug, Clone)]
pub enum Time {
    /// This machine's; it passes by waiting.
    Real,
    /// The embedded server's own, which is moved.
    Moved(Clock),
}

impl Time {
    /// The time since the Unix epoch by this clock.
    pub(crate) fn now(&self) -> Duration {
        let now = match self {
            Self::Real => SystemTime::now(),
            Self::Moved(clock) => clock.now(),
        };
        now.duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The CA file holds no certificate.
    #[error("the CA file holds no PEM certificate that can be used: {0}")]
    Ca(String),
    /// TLS could not be set up.
    #[error("could not set up TLS: {0}")]
    Tls(String),
}

/// An answer as it came, and when.
pub(crate) struct Heard {
    pub(crate) raw: Result<Raw, Silence>,
    pub(crate) sent_at: Duration,
    pub(crate) took: Duration,
    /// How much of that went into opening a connection, where that was tried.
    pub(crate) opened: Option<Duration>,
}

impl Wire {
    /// A client for a target: HTTP/1.1, no redirect followed, nothing retried, no cookie kept.
    pub fn new(target: &Target) -> Result<Self, WireError> {
        let trust = Trust::new(target.ca.as_deref())?;
        let connections = Arc::new(Connections::new(trust, target.is_loopback()));
        Ok(Self { connections, timeout: target.timeout, began: Instant::now(), keeps: true, halt: Arc::default() })
    }

    /// The same client, with a connection for each request.
    #[must_use]
    pub fn unkept(self) -> Self {
        Self { keeps: false, ..self }
    }

    /// The same client, to be halted by itself.
    #[must_use]
    pub fn apart(self) -> Self {
        Self { halt: Arc::default(), ..self }
    }

    /// What ends the wait for answers that are under way.
    pub(crate) fn halt(&self) -> &Arc<Halt> {
        &self.halt
    }

    /// Whether connections are kept and used again.
    pub fn keeps(&self) -> bool {
        self.keeps
    }

    /// The version of TLS that is spoken, once a connection was opened.
    pub fn tls(&self) -> Option<&str> {
        self.connections.tls()
    }

    /// The time since the run began.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits until a time of the run, or for no time at all.
    pub async fn until(&self, at: Duration) {
        tokio::time::sleep_until((self.began + at).into()).await;
    }

    /// Opens so many connections, each for a request that is about to be sent.
    pub(crate) async fn prepare(&self, many: u32, to: &Url) {
        let opening = self.connections.prepare(many, to);
        let _in_time = tokio::time::timeout(self.timeout, opening).await;
    }

    /// Sends a request and reads its answer to the end, the limit, the timeout or the halt, whichever comes first.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Heard {
        let sent_at = self.now();
        let mut opened = None;
        let raw = {
            // Where it stands: it is too large to be moved for every request.
            let exchange = std::pin::pin!(self.exchange(request, &mut opened));
            match tokio::time::timeout(self.timeout, self.halt.unless(exchange)).await {
                Ok(Some(came)) => came,
                Ok(None) => Err(Silence::Unawaited),
                Err(_) => Err(Silence::TimedOut(self.timeout)),
            }
        };
        Heard { raw, sent_at, took: self.now().saturating_sub(sent_at), opened }
    }

    async fn exchange(&self, mut request: Request<Bytes>, opened: &mut Option<Duration>) -> Result<Raw, Silence> {
        for (name, value) in USUAL {
            request.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
        }
        let Answered { response, connection } = self.connections.send(request, self.keeps, opened).await?;
        let (head, mut incoming) = response.into_parts();
        let mut body = BytesMut::new();
        // Half of the time is for the answer's head, so that an endless body still leaves its head to be judged.
        let deadline = tokio::time::Instant::now() + self.timeout / 2;
        let mut late = false;
        let cut = loop {
            match tokio::time::timeout_at(deadline, incoming.frame()).await {
                Ok(None) => break None,
                // Trailers say nothing about tokens.
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(chunk) if body.len() + chunk.len() > BODY_LIMIT => {
                        body.extend_from_slice(&chunk[..BODY_LIMIT - body.len()]);
                        break Some(format!("it is longer than {BODY_LIMIT} bytes"));
                    }
                    Ok(chunk) => body.extend_from_slice(&chunk),
                    Err(_) => {}
                },
                Ok(Some(Err(why))) => break Some(format!("it broke off after {} bytes: {}", body.len(), chain(&why))),
                Err(_) => {
                    late = true;
                    break Some(format!("it did not end within {}", humantime::format_duration(self.timeout / 2)));
                }
            }
        };
        if cut.is_none() && self.keeps {
            self.connections.keep(connection);
        }
        Ok(Raw { status: head.status.as_u16(), headers: head.headers, body: body.freeze(), cut, late })
    }
}

/// Headers that any client sends, where the request has none of its own.
const USUAL: [(header::HeaderName, &str); 2] =
    [(header::USER_AGENT, concat!("ropcheck/", env!("CARGO_PKG_VERSION"))), (header::ACCEPT, "*/*")];
