//! Servers that misbehave: each run ends, says what is wrong, and lets no secret out.
//!
//! Exit code 3 stands for a server that can't be judged; one that answers badly is judged, and fails.

#[path = "support/run.rs"]
mod run;
#[path = "support/secrets.rs"]
mod secrets;
#[path = "support/tcp.rs"]
mod tcp;

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::secrets::{ACCESS_TOKEN, CLIENT_SECRET, PASSWORD, Place, REFRESH_TOKEN, base64};
use crate::tcp::Then::{Close, Repeat, Silence};

/// A server that answers every request as `answer` says, and its token endpoint.
async fn server(answer: impl Respond + 'static) -> (MockServer, String) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let endpoint = format!("{}/token", server.uri());
    (server, endpoint)
}

fn json(status: u16, body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header("cache-control", "no-store")
        .insert_header("pragma", "no-cache")
        .set_body_raw(body.into(), "application/json")
}

fn grant() -> ResponseTemplate {
    let tokens = format!(r#""access_token":"{ACCESS_TOKEN}","refresh_token":"{REFRESH_TOKEN}""#);
    json(200, format!(r#"{{{tokens},"token_type":"Bearer","expires_in":3600}}"#))
}

/// The value of a form parameter.
fn sent(request: &Request, name: &str) -> String {
    let mut form = url::form_urlencoded::parse(&request.body);
    form.find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn authorization(request: &Request) -> &str {
    request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whether a request is the good login of the target file.
fn is_good(request: &Request) -> bool {
    let basic = format!("Basic {}", base64(&format!("web-client:{}", percent(CLIENT_SECRET))));
    sent(request, "password") == PASSWORD && authorization(request).trim_end_matches('=') == basic
}

// Nothing that could be judged.

#[tokio::test(flavor = "multi_thread")]
async fn a_port_on_which_nobody_listens() {
    Place::new(&tcp::nobody().await).check().exits(3).says(&["does not answer", "could not connect"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing() {
    let endpoint = tcp::serve("", Silence).await;
    Place::new(&endpoint).check().exits(3).says(&["does not answer", "no answer within 300ms"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_up() {
    let endpoint = tcp::serve("", Close).await;
    Place::new(&endpoint).check().exits(3).says(&["does not answer", "the connection ended before an answer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_protocol() {
    let endpoint = tcp::serve("SSH-2.0-OpenSSH_9.6\r\n", Silence).await;
    Place::new(&endpoint).check().exits(3).says(&["does not answer", "the answer is not HTTP/1.1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_end() {
    let endpoint = tcp::serve("HTTP/1.1 200 OK\r\n", Repeat("x-more: and more\r\n")).await;
    Place::new(&endpoint).check().exits(3).says(&["does not answer", "message head is too large"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_refused() {
    let (_server, endpoint) = server(json(401, r#"{"error":"invalid_client"}"#)).await;
    Place::new(&endpoint).check().exits(3).says(&[
        "the good login of user `alice` by client `web`",
        "status 401, error `invalid_client`: check `id`, `secret` and `auth` of client `web`",
        // What was sent and heard, and how to send it again.
        &format!("> POST {endpoint}"),
        "password=⟦alice.password⟧",
        "< HTTP 401",
        "curl ",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_never_followed() {
    let (elsewhere, location) = server(grant()).await;
    for status in [302, 307] {
        let (here, endpoint) = server(ResponseTemplate::new(status).insert_header("location", location.as_str())).await;
        Place::new(&endpoint).check().exits(3).says(&[&format!("status {status}")]);
        assert!(!here.received_requests().await.expect("they are kept").is_empty());
    }
    let followed = elsewhere.received_requests().await.expect("they are kept");
    assert!(followed.is_empty(), "the credentials went to another server: {followed:?}");
}

// Answers, though bad ones.

#[tokio::test(flavor = "multi_thread")]
async fn a_page_instead_of_json() {
    let page = ResponseTemplate::new(200).set_body_raw("<h1>Please log in</h1>", "text/html; charset=utf-8");
    let (_server, endpoint) = server(page).await;
    Place::new(&endpoint)
        .check()
        .exits(1)
        .says(&["expected: status 200 and an access token", "text/html that is no JSON object"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_end() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let endpoint = tcp::serve(head, Repeat("8\r\n        \r\n")).await;
    Place::new(&endpoint).check().exits(1).says(&["the body is not whole"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stops_coming() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{";
    let endpoint = tcp::serve(head, Silence).await;
    Place::new(&endpoint).check().exits(1).says(&["the body is not whole: it did not end within 150ms"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_inside_a_token() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"access_token\":\"opaque-access-4f9d1c7be2";
    let endpoint = tcp::serve(cut, Close).await;
    Place::new(&endpoint).check().exits(1).says(&["the body is not whole: it broke off after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_of_json() {
    let filler = "x".repeat(10 << 20);
    let (_server, endpoint) =
        server(json(200, format!(r#"{{"access_token":"{ACCESS_TOKEN}","filler":"{filler}"}}"#))).await;
    Place::new(&endpoint).check().exits(1).says(&["the body is not whole: it is longer than 1048576 bytes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_of_a_hundred_thousand_levels() {
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let deep = format!(r#"{{"access_token":"{ACCESS_TOKEN}","deep":{open}{close}}}"#);
    let (_server, endpoint) = server(json(200, deep)).await;
    Place::new(&endpoint).check().exits(1).says(&["expected: no access token", "no `token_type`"]);
}

// Secrets in odd places.

#[tokio::test(flavor = "multi_thread")]
async fn a_password_echoed_in_the_refusal() {
    let (_server, endpoint) = server(|request: &Request| {
        if is_good(request) {
            return grant();
        }
        let why = format!("no user has the password {}", sent(request, "password"));
        json(400, serde_json::json!({ "error": "invalid_grant", "error_description": why }).to_string())
    })
    .await;
    let place = Place::new(&endpoint);
    place.check().exits(0).says(&["NOTED lint/no-echo", "the answer holds ⟦alice.password"]);
    let echo = "no user has the password ⟦alice.password, its middle character changed⟧";
    assert!(place.record().contains(echo), "{}", place.record());
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_and_tokens_in_every_spelling() {
    let (_server, endpoint) = server(|request: &Request| {
        let (mut tokens, mut secrets) = (String::new(), vec![PASSWORD, CLIENT_SECRET]);
        if is_good(request) {
            tokens = format!(r#""access_token":"{ACCESS_TOKEN}","refresh_token":"{REFRESH_TOKEN}","#);
            secrets.extend([ACCESS_TOKEN, REFRESH_TOKEN]);
        }
        let spelt: Vec<String> = secrets.iter().flat_map(|secret| spellings(secret)).collect();
        let (form, basic) = (String::from_utf8_lossy(&request.body), authorization(request));
        let page = format!("<pre>{form}</pre><p title='{0}'>{0}</p><b>{basic}</b>", spelt.join("'>"));
        let page = serde_json::Value::from(page);
        json(if tokens.is_empty() { 400 } else { 200 }, format!(r#"{{{tokens}"page":{page}}}"#))
            .insert_header("x-debug", spelt.join(" ").as_str())
            .insert_header("x-authorization", basic)
            .insert_header("set-cookie", format!("session={}", secrets[secrets.len() - 1]).as_str())
            .insert_header("location", format!("/login?password={}", percent(PASSWORD)).as_str())
    })
    .await;
    let place = Place::new(&endpoint);
    // The refusals have no `error`, the grants no `token_type`: it fails.
    place.check().exits(1).says(&["NOTED lint/no-echo"]);
    for mark in ["session=⟦refresh_token⟧", "x-authorization\",\"Basic base64(", "password=⟦alice.password⟧"] {
        assert!(place.record().contains(mark), "no {mark} in {}", place.record());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_where_no_client_looks_for_them() {
    let object = format!(r#"{{"access_token":"{ACCESS_TOKEN}","refresh_token":"{REFRESH_TOKEN}"}}"#);
    let form = format!("access_token={ACCESS_TOKEN}&refresh_token={REFRESH_TOKEN}&token_type=bearer");
    for body in [
        form.clone(),
        format!("<a href='/app?{form}'>Go on</a>"),
        format!("[{object}]"),
        format!(r#"{{"statusCode":200,"body":{}}}"#, serde_json::Value::from(object.as_str())),
        object.replace("access_token", "accessToken").replace("refresh_token", "token"),
        object.replace(':', " :\n  "),
    ] {
        let (_server, endpoint) = server(ResponseTemplate::new(200).set_body_raw(body, "text/plain")).await;
        Place::new(&endpoint).check().exits(1).says(&["text/plain"]);
    }
}

/// A text as it may stand in an answer: as it is, in JSON with few escapes and with many, in HTML, percent-encoded.
fn spellings(text: &str) -> Vec<String> {
    let json = serde_json::Value::from(text).to_string().trim_matches('"').to_owned();
    let escaped = json.replace('ü', r"\u00FC").replace('ß', r"\u00df").replace('<', r"\u003c").replace('/', r"\/");
    let html = text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let numbered = html.replace('ü', "&#252;").replace('ß', "&#xDF;");
    let form = percent(text).replace("%20", "+");
    vec![text.to_owned(), json, escaped, html, numbered, form, percent(text), percent(text).to_lowercase()]
}

fn percent(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
