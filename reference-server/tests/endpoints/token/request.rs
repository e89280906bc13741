//! How it is asked: method, media type, parameters, size; and how a refusal is worded.

use axum::body::Body;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{Method, Request};
use ropcheck_reference_server::{HashCost, Policy};

use super::{ask, send};
use crate::server::{ALICE, CLIENT, FORM, Server, TOKEN, refresh};

#[tokio::test]
async fn only_posted_forms_are_token_requests() {
    let server = Server::strict();
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        let answer = send(&server, Request::builder().method(method).uri(TOKEN).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.error(), (405, "invalid_request"));
        assert_eq!(answer.headers[ALLOW], "POST");
    }
    let body = format!("{ALICE}&client_id=demo-public");
    for (media_type, status) in [
        (Some("application/json"), 400),
        (Some("text/plain"), 400),
        (None, 400),
        (Some("Application/X-WWW-Form-URLencoded; charset=UTF-8"), 200),
    ] {
        let mut request = Request::post(TOKEN);
        if let Some(media_type) = media_type {
            request = request.header(CONTENT_TYPE, media_type);
        }
        let answer = send(&server, request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status, status, "{media_type:?}");
    }
}

#[tokio::test]
async fn what_leads_nowhere_is_told_in_json() {
    let server = Server::strict();
    for path in ["/", "/demo/nowhere/oauth2/token", "/demo/%FF/oauth2/token", "/demo/demo/oauth2/token/"] {
        let answer =
            send(&server, Request::post(path).header(CONTENT_TYPE, FORM).body(Body::from(ALICE)).unwrap()).await;
        assert_eq!(answer.error(), (404, "invalid_request"), "{path}");
    }
    let answer = send(&server, Request::post("/demo/demo/.well-known/jwks.json").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.headers.get_all(ALLOW).iter().count(), 1);
}

#[tokio::test]
async fn parameters_come_once_and_well_encoded() {
    let server = Server::strict();
    #[rustfmt::skip]
    let rows = [
        ("&username=alice",              400),
        ("&scope=&scope=read",           400),
        ("&code=a&code=b",               400),
        ("&scope=%",                     400),
        ("&scope=%FF",                   400),
        ("&unknown=1&unknown=2&x=%zz",   200),
        ("&&&scope",                     200),
    ];
    for (more, expected) in rows {
        let answer = ask(&server, CLIENT, &format!("{ALICE}{more}")).await;
        assert_eq!(answer.status, expected, "{more}");
        if expected == 400 {
            assert_eq!(answer.error().1, "invalid_request", "{more}");
        }
    }
}

#[tokio::test]
async fn the_uri_is_no_place_for_parameters() {
    let server = Server::strict();
    let ask = |query: &str, body: &str| {
        let uri = format!("{TOKEN}?{query}");
        Request::post(uri).header(CONTENT_TYPE, FORM).body(Body::from(body.to_owned())).unwrap()
    };
    let whole = format!("{ALICE}&client_id=demo-public");
    assert_eq!(send(&server, ask("scope=admin&x=1", &whole)).await.status, 200, "not read");
    for credential in ["client_secret=x", "password=x", "username=x", "refresh_token=x"] {
        let answer = send(&server, ask(credential, &whole)).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{credential}");
    }
    let elsewhere = send(&server, ask("client_id=demo-public", ALICE)).await;
    assert_eq!(elsewhere.error(), (401, "invalid_client"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let server = Server::with(|config| config.body_limit = 1000, Policy::strict());
    let answer = ask(&server, CLIENT, &format!("{ALICE}&x={}", "y".repeat(1000))).await;
    assert_eq!(answer.error(), (413, "invalid_request"));
    assert_eq!(ask(&server, CLIENT, &format!("{ALICE}&x={}", "y".repeat(800))).await.status, 200);
}

#[tokio::test]
async fn descriptions_are_plain_and_echo_nothing() {
    let server = Server::strict();
    let mark = "m4rk";
    for body in [
        format!("grant_type={mark}"),
        format!("grant_type=password&username={mark}&password={mark}"),
        format!("{ALICE}&scope={mark}"),
        refresh(mark),
        format!("scope={mark}%zz"),
    ] {
        let answer = ask(&server, CLIENT, &body).await;
        assert!(answer.status >= 400 && !answer.body.to_string().contains(mark));
        let plain = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        assert!(answer.text("error_description").bytes().all(plain));
    }
}

#[tokio::test]
async fn a_costly_hash_runs_on_the_pool() {
    let server =
        Server::with(|config| config.hash_cost = HashCost { memory_kib: 256, ..HashCost::LOWEST }, Policy::strict());
    assert_eq!(ask(&server, CLIENT, ALICE).await.status, 200);
    let wrong = ask(&server, CLIENT, "grant_type=password&username=nobody&password=x").await;
    assert_eq!(wrong.error(), (400, "invalid_grant"));
}
