//! A server whose accounts a test looks at, the target file for it, and the logins that it saw.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use ropcheck::complaint::Source;
use ropcheck::target::{self, Target};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// A target of one user, and of a sacrificial one where `decoys` says so.
pub(crate) fn text(endpoint: &str, decoys: u32, more: &str) -> String {
    let decoys: String = (1..=decoys)
        .map(|n| format!("  decoy-{n}: {{ username: decoy-{n}, password: ducks-in-row-{n}, sacrificial: true }}\n"))
        .collect();
    format!(
        "token_endpoint: {endpoint}\n{more}clients: {{ web: {{ id: web, secret: tulip-tulip }} }}\n\
         users:\n  alice: {{ username: alice, password: wonderland }}\n{decoys}"
    )
}

pub(crate) fn target(text: String) -> Target {
    let source = Source { file: "target.yaml".to_owned(), text, private: true };
    target::read(&source, Path::new("."), &|_| None).unwrap_or_else(|complaint| panic!("{complaint}"))
}

pub(crate) fn refusal(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(r#"{"error":"invalid_grant"}"#, "application/json")
}

pub(crate) fn grant() -> ResponseTemplate {
    let body = r#"{"access_token":"opaque-access-4f9d1c7be2","token_type":"Bearer","expires_in":60}"#;
    let headers = [("cache-control", "no-store"), ("pragma", "no-cache")];
    ResponseTemplate::new(200).append_headers(headers).set_body_raw(body, "application/json")
}

/// The user that a request names, and whether its password is right.
pub(crate) fn login(body: &[u8]) -> (String, bool) {
    let value = |name: &str| {
        let mut form = url::form_urlencoded::parse(body);
        form.find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let (user, password) = (value("username"), value("password"));
    let own = match user.strip_prefix("decoy-") {
        Some(number) => format!("ducks-in-row-{number}"),
        None if user == "alice" => "wonderland".to_owned(),
        None => return (user, false),
    };
    let right = password == own;
    (user, right)
}

/// A server that answers a login by its user, by whether the password is right, and by how many came before.
pub(crate) async fn server(
    answer: impl Fn(&str, bool, u32) -> ResponseTemplate + Send + Sync + 'static,
) -> (MockServer, String) {
    let server = MockServer::start().await;
    let count = AtomicU32::new(0);
    let respond = move |request: &Request| {
        let (user, right) = login(&request.body);
        answer(&user, right, count.fetch_add(1, Ordering::Relaxed))
    };
    Mock::given(any()).respond_with(respond).mount(&server).await;
    let endpoint = format!("{}/token", server.uri());
    (server, endpoint)
}

/// Each login that was sent by its user, with a mark where its password was wrong.
pub(crate) async fn sent(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.expect("they are kept");
    let logins = requests.iter().map(|request| login(&request.body)).filter(|(user, _)| !user.is_empty());
    logins.map(|(user, right)| if right { user } else { format!("{user}!") }).collect()
}
