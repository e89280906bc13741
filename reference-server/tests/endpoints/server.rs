//! A server without a socket, and a client for each of its endpoints.

use axum::Router;
use axum::body::{Body, to_bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request};
use ropcheck_reference_server::{Clock, Config, HashCost, Policy, app};
use serde_json::Value;
use tower::ServiceExt as _;

pub(crate) const BASE: &str = "http://127.0.0.1:8080";
pub(crate) const TOKEN: &str = "/demo/demo/oauth2/token";
pub(crate) const INTROSPECT: &str = "/demo/demo/oauth2/introspect";
pub(crate) const REVOKE: &str = "/demo/demo/oauth2/revoke";
pub(crate) const USERINFO: &str = "/demo/demo/oauth2/userinfo";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
/// A good login, but for its client.
pub(crate) const ALICE: &str = "grant_type=password&username=alice&password=wonderland-7";

/// How a request is authorized.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    /// Not at all, or in the body.
    Nobody,
    /// HTTP Basic; both parts as they go into the header.
    Basic(&'a str, &'a str),
    /// The whole header.
    Header(&'a str),
}

pub(crate) const CLIENT: By<'static> = By::Basic("demo-basic", "basic-secret-1");
pub(crate) const SECOND: By<'static> = By::Basic("demo-second", "second-secret-1");
/// With a secret in which form encoding matters.
pub(crate) const SPECIAL: By<'static> = By::Basic("demo-special", "s3cr%2Bt%252F%3Ax+y%2F%26%3D%C3%BC");

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// `Null` where the body is empty or no JSON.
    pub(crate) body: Value,
    pub(crate) raw: Vec<u8>,
}

impl Answer {
    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or("none"))
    }

    pub(crate) fn text(&self, member: &str) -> &str {
        self.body[member].as_str().unwrap_or_else(|| panic!("no {member}: {}", self.body))
    }
}

pub(crate) struct Server {
    app: Router,
    pub(crate) clock: Clock,
}

impl Server {
    pub(crate) fn with(change: impl FnOnce(&mut Config), policy: Policy) -> Self {
        let mut config = Config { hash_cost: HashCost::LOWEST, ..Config::demo(BASE) };
        change(&mut config);
        let clock = config.workspaces[0].clock.clone();
        Self { app: app(config, policy).unwrap(), clock }
    }

    pub(crate) fn strict() -> Self {
        Self::with(|_| (), Policy::strict())
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.asked(request).await
    }

    /// The same, for a task of its own.
    pub(crate) fn asked(&self, request: Request<Body>) -> impl Future<Output = Answer> + Send + use<> {
        let app = self.app.clone();
        async {
            let (head, body) = app.oneshot(request).await.unwrap().into_parts();
            let raw = to_bytes(body, usize::MAX).await.unwrap().to_vec();
            let body = serde_json::from_slice(&raw).unwrap_or(Value::Null);
            Answer { status: head.status.as_u16(), headers: head.headers, body, raw }
        }
    }

    pub(crate) async fn get(&self, path: &str, by: By<'_>) -> Answer {
        self.send(authorized(Request::get(path), by).body(Body::empty()).unwrap()).await
    }

    /// Posts a form.
    pub(crate) async fn post(&self, path: &str, by: By<'_>, form: &str) -> Answer {
        self.send(posted(path, by, form)).await
    }

    /// The tokens of a login of alice's.
    pub(crate) async fn login(&self, scope: &str) -> Answer {
        let answer = self.post(TOKEN, CLIENT, &format!("{ALICE}&scope={scope}")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }
}

/// A form on its way to a path.
pub(crate) fn posted(path: &str, by: By<'_>, form: &str) -> Request<Body> {
    let request = Request::post(path).header(CONTENT_TYPE, FORM);
    authorized(request, by).body(Body::from(form.to_owned())).unwrap()
}

/// What a client sends to have its tokens renewed.
pub(crate) fn refresh(token: &str) -> String {
    format!("grant_type=refresh_token&refresh_token={token}")
}

fn authorized(request: http::request::Builder, by: By<'_>) -> http::request::Builder {
    match by {
        By::Nobody => request,
        By::Basic(id, secret) => {
            request.header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
        }
        By::Header(value) => request.header(AUTHORIZATION, value),
    }
}
