//! The server behind a script, on a socket: what goes over the wire, and what does not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say so at once")]

use std::future::pending;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Instant;

use ropcheck_reference_server::{Config, HashCost, Policy, Script, app, serve_scripted};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const FORM: &str = "grant_type=password&username=alice&password=wonderland-7";

/// Serves on a free port what these lines say.
async fn serve(lines: &[&str]) -> SocketAddr {
    let lines: String = lines.iter().map(|line| format!("{{ {line} }},")).collect();
    let script: Script = serde_yaml::from_str(&format!("script: [{lines}]")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = Config { hash_cost: HashCost::LOWEST, ..Config::demo(format!("http://{address}")) };
    let app = app(config, Policy::strict()).unwrap();
    tokio::spawn(serve_scripted(listener, app, script, pending()));
    address
}

/// What comes back over a connection, up to its head and `content-length` bytes more.
async fn exchange(stream: &mut TcpStream, request: &str) -> Result<String, ErrorKind> {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut held = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&held);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse().unwrap() {
                return Ok(text.into_owned());
            }
        }
        if stream.read_buf(&mut held).await.map_err(|why| why.kind())? == 0 {
            return Err(ErrorKind::UnexpectedEof);
        }
    }
}

fn login(path: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic ZGVtby1iYXNpYzpiYXNpYy1zZWNyZXQtMQ==\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{FORM}",
        FORM.len()
    )
}

const TOKEN: &str = "/demo/demo/oauth2/token";

#[tokio::test]
async fn an_empty_script_leaves_the_server_as_it_is() {
    let mut stream = TcpStream::connect(serve(&[]).await).await.unwrap();
    for _ in 0..2 {
        assert!(exchange(&mut stream, &login(TOKEN)).await.unwrap().contains("access_token"));
    }
}

#[tokio::test]
async fn an_answer_says_what_its_line_says_and_the_connection_goes_on() {
    let lines = ["do: { answer: { status: 429, retry_after: 1500ms } }"];
    let mut stream = TcpStream::connect(serve(&lines).await).await.unwrap();
    for _ in 0..2 {
        let answer = exchange(&mut stream, &login(TOKEN)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
        for part in ["retry-after: 2\r\n", "cache-control: no-store\r\n", "application/json", r#"{"error":"temp"#] {
            assert!(answer.contains(part), "{part}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_page_may_be_kept_where_the_script_says_so() {
    let lines = ["do: { answer: { status: 502, body: html, caching: allowed } }"];
    let mut stream = TcpStream::connect(serve(&lines).await).await.unwrap();
    let answer = exchange(&mut stream, &login(TOKEN)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("text/html"), "{answer}");
    assert!(!answer.contains("cache-control") && !answer.contains("retry-after"), "{answer}");
}

#[tokio::test]
async fn a_reset_connection_brings_no_byte() {
    let address = serve(&["do: reset"]).await;
    for path in [TOKEN, "/oauth/token"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        assert_eq!(exchange(&mut stream, &login(path)).await, Err(ErrorKind::ConnectionReset), "{path}");
    }
}

#[tokio::test]
async fn what_is_no_token_endpoint_is_left_alone() {
    let mut stream = TcpStream::connect(serve(&["do: reset"]).await).await.unwrap();
    for path in ["/demo/demo/.well-known/jwks.json", "/.well-known/oauth-authorization-server/demo/demo"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert!(exchange(&mut stream, &request).await.unwrap().starts_with("HTTP/1.1 200 "), "{path}");
    }
}

#[tokio::test]
async fn no_answer_comes_before_its_time() {
    let latency = std::time::Duration::from_micros(2_500);
    let mut stream = TcpStream::connect(serve(&["do: { latency: { constant: 2500us } }"]).await).await.unwrap();
    for _ in 0..5 {
        let asked = Instant::now();
        assert!(exchange(&mut stream, &login(TOKEN)).await.unwrap().contains("access_token"));
        assert!(asked.elapsed() >= latency);
    }
}
