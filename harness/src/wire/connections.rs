//! Connections to servers: opened when they are needed, kept while idle, and used again.

use std::error::Error;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use ropcheck_reports::drawn::HeaderCase;
use rustls::pki_types::ServerName;
use tower_service::Service;
use url::Url;

use super::WireError;
use super::trust::Trust;
use crate::exchange::Silence;

type Sender = SendRequest<Full<Bytes>>;

/// The connections of one run.
#[derive(Debug)]
pub(super) struct Connections {
    tcp: HttpConnector,
    trust: Trust,
    /// The proxies of the environment; none stands before this machine itself.
    proxies: Option<Matcher>,
    idle: Mutex<Vec<Connection>>,
    /// The version of TLS that the first connection agreed on.
    tls: OnceLock<String>,
}

/// One connection, over which one request at a time is sent.
pub(super) struct Connection {
    scheme: Scheme,
    authority: Authority,
    proxy: Option<Proxy>,
    host: HeaderValue,
    /// How the names of headers are written on it.
    case: HeaderCase,
    sender: Sender,
}

/// A proxy that requests are sent to as they are: the whole URL stands in them (RFC 9112 section 3.2.2).
struct Proxy {
    credentials: Option<HeaderValue>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({}://{})", self.scheme, self.authority)
    }
}

/// The head of an answer with what is still to come, and the connection that brings it.
pub(super) struct Answered {
    pub(super) response: Response<Incoming>,
    pub(super) connection: Connection,
}

/// The opening of a connection, TCP and TLS together. How long it took is told however it ends: that it came off, that it did not, or
/// that nobody waited for it any longer.
struct Opening<'t> {
    began: Instant,
    told: &'t mut Option<Duration>,
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        *self.told = Some(self.began.elapsed());
    }
}

impl Connections {
    /// None is opened yet.
    pub(super) fn new(trust: Trust, is_loopback: bool) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let proxies = (!is_loopback).then(Matcher::from_env);
        Self { tcp, trust, proxies, idle: Mutex::default(), tls: OnceLock::new() }
    }

    /// The version of TLS that is spoken, once it is known.
    pub(super) fn tls(&self) -> Option<&str> {
        self.tls.get().map(String::as_str)
    }

    /// Keeps a connection whose answer was read to its end.
    pub(super) fn keep(&self, connection: Connection) {
        if !connection.sender.is_closed() {
            self.idle().push(connection);
        }
    }

    /// Sends a request over an idle connection, or over a new one where none is left or none is to be used again: then it tells how
    /// long that took to open, whatever became of it.
    pub(super) async fn send(
        &self,
        request: Request<Bytes>,
        again: bool,
        opened: &mut Option<Duration>,
    ) -> Result<Answered, Silence> {
        let (mut parts, body) = request.into_parts();
        let url = std::mem::take(&mut parts.uri).into_parts();
        let (Some(scheme), Some(authority)) = (url.scheme, url.authority) else {
            return Err(Silence::Unreachable("the URL names no server".to_owned()));
        };
        let path = url.path_and_query.unwrap_or(PathAndQuery::from_static("/"));
        let case = parts.extensions.get().copied().unwrap_or_default();
        let mut request = Request::from_parts(parts, Full::new(body));
        while again && let Some(mut connection) = self.idle_one(&scheme, &authority, case) {
            connection.address(&mut request, &path);
            if connection.sender.ready().await.is_err() {
                continue;
            }
            match connection.sender.try_send_request(request).await {
                Ok(response) => return Ok(Answered { response, connection }),
                // The server had closed it before anything was sent: that is no answer, and no reason to give up.
                Err(mut why) => match why.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(silence(&why.into_error())),
                },
            }
        }
        let opening = Opening { began: Instant::now(), told: opened };
        // It is the larger part of all that sending may take, and seldom needed.
        let mut connection = Box::pin(self.open(scheme, authority, case)).await?;
        drop(opening);
        connection.address(&mut request, &path);
        let response = connection.sender.send_request(request).await.map_err(|why| silence(&why))?;
        Ok(Answered { response, connection })
    }

    /// Opens so many connections to a server in place of those that are idle: one that was used before may be closed by the
    /// server just as it is used again, and that would look like a request that was failed.
    pub(super) async fn prepare(&self, many: u32, to: &Url) {
        let Ok(parts) = to.as_str().parse::<Uri>().map(Uri::into_parts) else { return };
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else { return };
        let case = HeaderCase::default();
        self.idle().retain(|one| !one.fits(&scheme, &authority, case));
        for _ in 0..many {
            // Whoever needs it opens its own, or is told why that can't be.
            let Ok(connection) = self.open(scheme.clone(), authority.clone(), case).await else { return };
            self.keep(connection);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The idle connection that was used last: the others may close meanwhile.
    fn idle_one(&self, scheme: &Scheme, authority: &Authority, case: HeaderCase) -> Option<Connection> {
        let mut idle = self.idle();
        let at = idle.iter().rposition(|one| one.fits(scheme, authority, case))?;
        Some(idle.swap_remove(at))
    }

    async fn open(&self, scheme: Scheme, authority: Authority, case: HeaderCase) -> Result<Connection, Silence> {
        let uri = Uri::builder().scheme(scheme.clone()).authority(authority.clone()).path_and_query("/").build();
        let uri = uri.map_err(|why| Silence::Unreachable(chain(&why)))?;
        let host = host(&authority).ok_or_else(|| Silence::Unreachable("the host can't be named".to_owned()))?;
        let is_tls = scheme == Scheme::HTTPS;
        let mut proxy = None;
        let tcp = match self.proxies.as_ref().and_then(|proxies| proxies.intercept(&uri)) {
            Some(by) if is_tls => self.tunnel(&by, uri).await?,
            Some(by) => {
                proxy = Some(Proxy { credentials: by.basic_auth().cloned() });
                self.reach(by.uri().clone()).await?
            }
            None => self.reach(uri).await?,
        };
        let sender = if is_tls {
            let name = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
            let name = ServerName::try_from(name).map_err(|why| Silence::Tls(chain(&why)))?;
            let connector = self.trust.connector().map_err(|why: WireError| Silence::Tls(why.to_string()))?;
            let tls = connector.connect(name, tcp.into_inner()).await.map_err(|why| Silence::Tls(chain(&why)))?;
            if let Some(version) = tls.get_ref().1.protocol_version() {
                self.tls.get_or_init(|| format!("{version:?}").replace("v1_", " 1."));
            }
            shake_hands(TokioIo::new(tls), case).await?
        } else {
            shake_hands(tcp, case).await?
        };
        Ok(Connection { scheme, authority, proxy, host, case, sender })
    }

    async fn reach(&self, uri: Uri) -> Result<TokioIo<tokio::net::TcpStream>, Silence> {
        self.tcp.clone().call(uri).await.map_err(|why| unreachable(&why))
    }

    async fn tunnel(&self, by: &Intercept, uri: Uri) -> Result<TokioIo<tokio::net::TcpStream>, Silence> {
        let mut tunnel = Tunnel::new(by.uri().clone(), self.tcp.clone());
        if let Some(credentials) = by.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        tunnel.call(uri).await.map_err(|why| Silence::Unreachable(chain(&why)))
    }
}

impl Connection {
    fn fits(&self, scheme: &Scheme, authority: &Authority, case: HeaderCase) -> bool {
        self.scheme == *scheme && self.authority == *authority && self.case == case
    }

    /// Gives a request the form that this connection takes it in (RFC 9112 section 3.2).
    fn address(&self, request: &mut Request<Full<Bytes>>, path: &PathAndQuery) {
        request.headers_mut().entry(header::HOST).or_insert_with(|| self.host.clone());
        let Some(proxy) = &self.proxy else {
            *request.uri_mut() = Uri::from(path.clone());
            return;
        };
        let whole = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        if let Ok(whole) = whole.path_and_query(path.clone()).build() {
            *request.uri_mut() = whole;
        }
        if let Some(credentials) = &proxy.credentials {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, credentials.clone());
        }
    }
}

/// Begins to speak HTTP/1.1. The connection lives on a task of its own until either side ends it.
async fn shake_hands(io: impl Read + Write + Unpin + Send + 'static, case: HeaderCase) -> Result<Sender, Silence> {
    let mut builder = http1::Builder::new();
    builder.title_case_headers(case == HeaderCase::Title);
    let (sender, connection) = builder.handshake(io).await.map_err(|why| silence(&why))?;
    // How it ends is told by the exchange that it cuts off.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

/// The authority without what may stand before its host (RFC 9110 section 4.2.4).
fn host(authority: &Authority) -> Option<HeaderValue> {
    let host = authority.as_str().rsplit('@').next()?;
    HeaderValue::from_str(host).ok()
}

/// Why no connection could be made: the other side, or this machine that has no more of what it takes.
fn unreachable(why: &(dyn Error + 'static)) -> Silence {
    const TOO_MANY: [i32; 2] = [23, 24]; // ENFILE, EMFILE
    let causes = std::iter::successors(Some(why), |cause| (*cause).source());
    let io = causes.filter_map(|cause| cause.downcast_ref::<std::io::Error>()).last();
    match io {
        Some(io) if io.kind() == std::io::ErrorKind::AddrNotAvailable => Silence::NoPort,
        Some(io) if io.raw_os_error().is_some_and(|code| TOO_MANY.contains(&code)) => Silence::NoFile,
        Some(_) | None => Silence::Unreachable(chain(why)),
    }
}

/// Why an exchange brought no answer.
fn silence(why: &hyper::Error) -> Silence {
    let whole = chain(why);
    let is_tls = std::iter::successors(why.source(), |cause| (*cause).source())
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>()?.get_ref())
        .any(<dyn Error + Send + Sync>::is::<rustls::Error>);
    if is_tls {
        Silence::Tls(whole)
    } else if why.is_parse() {
        Silence::NotHttp(whole)
    } else {
        Silence::Closed(whole)
    }
}

/// An error with its causes.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error), |cause| (*cause).source()) {
        let text = cause.to_string();
        if causes.last().is_none_or(|last| !last.contains(&text)) {
            causes.push(text);
        }
    }
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http_body_util::BodyExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// A server that closes each connection after so many answers without saying so, and tells in its answers what it was
    /// asked. The count is of its connections.
    async fn serve(answers: usize) -> (Authority, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let authority = listener.local_addr().expect("an address").to_string().parse().expect("an authority");
        let count = Arc::new(AtomicUsize::new(0));
        let connections = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer(stream, answers));
            }
        });
        (authority, count)
    }

    /// Says to each request how it begins, or how it writes `x-case`.
    async fn answer(mut stream: TcpStream, answers: usize) {
        let mut heard = vec![0; 4096];
        for _ in 0..answers {
            let Ok(length @ 1..) = stream.read(&mut heard).await else { break };
            let head = String::from_utf8_lossy(&heard[..length]);
            let cased = head.split("\r\n").find(|line| line.to_ascii_lowercase().starts_with("x-case"));
            let body = cased.unwrap_or(head.split("\r\n").next().unwrap_or_default());
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.expect("it can be written");
        }
    }

    async fn ask(connections: &Connections, authority: &str) -> String {
        tell(connections, Request::get(format!("http://{authority}/a?b=c")).body(Bytes::new()).expect("a request"))
            .await
    }

    async fn tell(connections: &Connections, request: Request<Bytes>) -> String {
        let Answered { response, connection, .. } =
            connections.send(request, true, &mut None).await.expect("an answer");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        connections.keep(connection);
        String::from_utf8(body.to_vec()).expect("text")
    }

    fn connections() -> Connections {
        Connections::new(Trust::new(None).expect("no CA file"), true)
    }

    #[tokio::test]
    async fn a_connection_is_used_again() {
        let (server, count) = serve(usize::MAX).await;
        let connections = connections();
        for _ in 0..3 {
            assert_eq!(ask(&connections, server.as_str()).await, "GET /a?b=c HTTP/1.1");
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn one_that_the_server_has_closed_is_replaced() {
        let (server, count) = serve(1).await;
        let connections = connections();
        for _ in 0..3 {
            ask(&connections, server.as_str()).await;
            // The server's end is seen when the connection's own task runs.
            while connections.idle().iter().any(|one| !one.sender.is_closed()) {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn connections_are_opened_ahead_in_place_of_idle_ones() {
        let ((server, count), (other, _)) = (serve(usize::MAX).await, serve(usize::MAX).await);
        let connections = connections();
        ask(&connections, server.as_str()).await;
        ask(&connections, other.as_str()).await;
        connections.prepare(3, &format!("http://{server}/token").parse().expect("a URL")).await;
        assert_eq!(connections.idle().len(), 3 + 1, "that of the other server is left alone");
        ask(&connections, server.as_str()).await;
        assert_eq!(connections.idle().len(), 3 + 1, "one of them was used");
        while count.load(Ordering::Relaxed) < 1 + 3 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn servers_do_not_share_connections() {
        let ((one, _), (other, count)) = (serve(usize::MAX).await, serve(usize::MAX).await);
        let connections = connections();
        ask(&connections, one.as_str()).await;
        ask(&connections, other.as_str()).await;
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_connection_that_was_tried_is_told_whatever_became_of_it() {
        let connections = connections();
        let (closing, _) = serve(0).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let nobody = listener.local_addr().expect("an address").to_string();
        drop(listener);
        for at in [closing.as_str(), &nobody] {
            let mut opened = None;
            let request = Request::get(format!("http://{at}/")).body(Bytes::new()).expect("a request");
            assert!(
                connections.send(request, true, &mut opened).await.is_err() && opened.is_some(),
                "{at}: {opened:?}"
            );
        }
    }

    #[tokio::test]
    async fn names_of_headers_are_written_as_the_request_asks() {
        let (server, count) = serve(usize::MAX).await;
        let connections = connections();
        for (case, told) in
            [(HeaderCase::Title, "X-Case: a"), (HeaderCase::Lower, "x-case: a"), (HeaderCase::Title, "X-Case: a")]
        {
            let request = Request::get(format!("http://{server}/")).header("x-case", "a").extension(case);
            assert_eq!(tell(&connections, request.body(Bytes::new()).expect("a request")).await, told);
        }
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_proxy_is_asked_for_the_whole_url() {
        let (proxy, _) = serve(usize::MAX).await;
        let proxies = Some(Matcher::builder().http(format!("http://{proxy}")).build());
        let connections = Connections { proxies, ..connections() };
        assert_eq!(ask(&connections, "as.example").await, "GET http://as.example/a?b=c HTTP/1.1");
    }
}
