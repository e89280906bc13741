//! The wire: the one room that opens a socket and reads a clock. `http::Request` in, an answer as it came out.

use std::error::Error;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use http::Request;
use reqwest::redirect::Policy;
use ropcheck_reference_server::Clock;

use crate::exchange::Silence;
use crate::seal::Raw;
use crate::target::Target;

/// How much of a body is read; no token endpoint has that much to say.
pub const BODY_LIMIT: usize = 1 << 20;

/// A client for one target, and the run's clock.
#[derive(Debug, Clone)]
pub struct Wire {
    client: reqwest::Client,
    timeout: Duration,
    began: Instant,
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
    #[error("could not set up the client: {0}")]
    Client(String),
}

/// An answer as it came, and when.
pub(crate) struct Heard {
    pub(crate) raw: Result<Raw, Silence>,
    pub(crate) sent_at: Duration,
    pub(crate) took: Duration,
}

impl Wire {
    /// A client for a target: HTTP/1.1, no redirect followed, nothing retried, no cookie kept.
    pub fn new(target: &Target) -> Result<Self, WireError> {
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_gzip()
            .http1_only()
            .tcp_nodelay(true)
            .user_agent(concat!("ropcheck/", env!("CARGO_PKG_VERSION")));
        if target.is_loopback() {
            builder = builder.no_proxy();
        }
        if let Some(pem) = &target.ca {
            let certificates =
                reqwest::Certificate::from_pem_bundle(pem).map_err(|why| WireError::Ca(why.to_string()))?;
            if certificates.is_empty() {
                return Err(WireError::Ca("no certificate in it".to_owned()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(|why| WireError::Client(chain(&why)))?;
        Ok(Self { client, timeout: target.timeout, began: Instant::now() })
    }

    /// The time since the run began.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits until a time of the run, or for no time at all.
    pub async fn until(&self, at: Duration) {
        tokio::time::sleep_until((self.began + at).into()).await;
    }

    /// Sends a request and reads its answer to the end, the limit or the timeout, whichever comes first.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Heard {
        let sent_at = self.now();
        let raw = match tokio::time::timeout(self.timeout, self.exchange(request)).await {
            Ok(raw) => raw,
            Err(_) => Err(Silence::TimedOut(self.timeout)),
        };
        Heard { raw, sent_at, took: self.now().saturating_sub(sent_at) }
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Raw, Silence> {
        let request = reqwest::Request::try_from(request).map_err(|why| Silence::Closed(chain(&why)))?;
        let mut response = self.client.execute(request).await.map_err(|why| silence(&why, self.timeout))?;
        let mut body = BytesMut::new();
        // Half of the time is for the answer's head, so that an endless body still leaves its head to be judged.
        let deadline = tokio::time::Instant::now() + self.timeout / 2;
        let mut late = false;
        let cut = loop {
            match tokio::time::timeout_at(deadline, response.chunk()).await {
                Ok(Ok(None)) => break None,
                Ok(Ok(Some(chunk))) if body.len() + chunk.len() > BODY_LIMIT => {
                    body.extend_from_slice(&chunk[..BODY_LIMIT - body.len()]);
                    break Some(format!("it is longer than {BODY_LIMIT} bytes"));
                }
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
                Ok(Err(why)) => break Some(format!("it broke off after {} bytes: {}", body.len(), chain(&why))),
                Err(_) => {
                    late = true;
                    break Some(format!("it did not end within {}", humantime::format_duration(self.timeout / 2)));
                }
            }
        };
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        Ok(Raw { status, headers, body: body.freeze(), cut, late })
    }
}

/// The kind of failure, read from the chain of errors below reqwest's own.
fn silence(error: &reqwest::Error, timeout: Duration) -> Silence {
    let whole = chain(error);
    let lower = whole.to_ascii_lowercase();
    if error.is_timeout() {
        Silence::TimedOut(timeout)
    } else if ["certificate", "tls", "handshake", "alert", "corrupt message"].iter().any(|word| lower.contains(word)) {
        Silence::Tls(whole)
    } else if error.is_connect() {
        Silence::Unreachable(whole)
    } else if lower.contains("invalid http") || lower.contains("parse") {
        Silence::NotHttp(whole)
    } else {
        Silence::Closed(whole)
    }
}

/// An error with its causes, the URL left out: it may carry what a scenario put there.
fn chain(error: &reqwest::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if causes.last().is_none_or(|last| !last.contains(&text)) {
            causes.push(text);
        }
        cause = error.source();
    }
    if causes.is_empty() { "the request failed".to_owned() } else { causes.join(": ") }
}
