//! The protected resource, asked as an application with a bearer token would ask it.

use std::time::Duration;

use axum::body::Body;
use http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{Method, Request};
use serde_json::{Value, json};

use crate::server::{Answer, By, CLIENT, REVOKE, Server, TOKEN, USERINFO};

const CHALLENGE: &str = r#"Bearer realm="demo/demo""#;

fn challenge(answer: &Answer) -> &str {
    assert_eq!(answer.headers.get_all(WWW_AUTHENTICATE).iter().count(), 1);
    answer.headers[WWW_AUTHENTICATE].to_str().unwrap()
}

/// Refused with that code, in the challenge as in the body.
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.error(), (status, code));
    assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    assert!(challenge(answer).starts_with(&format!(r#"{CHALLENGE}, error="{code}", error_description=""#)));
}

async fn ask(server: &Server, token: &str) -> Answer {
    server.get(USERINFO, By::Header(&format!("Bearer {token}"))).await
}

#[tokio::test]
async fn it_tells_the_sub_of_the_id_token() {
    let server = Server::strict();
    let issued = server.login("openid+read").await;
    let id = jsonwebtoken::dangerous::insecure_decode::<Value>(issued.text("id_token")).unwrap().claims;
    let token = issued.text("access_token");
    let expected = json!({ "sub": id["sub"] });
    for answer in [
        ask(&server, token).await,
        server.get(USERINFO, By::Header(&format!("bEARER  {token}"))).await,
        server.post(USERINFO, By::Header(&format!("Bearer {token}")), "").await,
        server.post(USERINFO, By::Nobody, &format!("access_token={token}")).await,
    ] {
        assert_eq!((answer.status, &answer.body), (200, &expected));
        assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    }
    let bodiless = Request::post(USERINFO).header(AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(server.send(bodiless.body(Body::empty()).unwrap()).await.body, expected);
}

#[tokio::test]
async fn without_a_token_it_says_how_and_not_why() {
    let server = Server::strict();
    let token = server.login("openid").await.text("access_token").to_owned();
    for answer in [
        server.get(USERINFO, By::Nobody).await,
        server.get(USERINFO, CLIENT).await,
        server.post(USERINFO, By::Nobody, "").await,
        // A form counts in a POST, and the URI never.
        server.get(&format!("{USERINFO}?access_token={token}"), By::Nobody).await,
    ] {
        assert_eq!((answer.status, answer.raw.as_slice()), (401, &b""[..]));
        assert_eq!(challenge(&answer), CHALLENGE);
    }
}

#[tokio::test]
async fn what_is_no_good_access_token_is_an_invalid_token() {
    let server = Server::strict();
    let issued = server.login("openid").await;
    let token = issued.text("access_token").to_owned();
    let (signed, _) = token.rsplit_once('.').unwrap();
    for other in ["x", "a.b.c", "***", &format!("{signed}."), issued.text("id_token"), issued.text("refresh_token")] {
        refused(&ask(&server, other).await, 401, "invalid_token");
    }
    assert_eq!(ask(&server, &token).await.status, 200);
    server.post(REVOKE, CLIENT, &format!("token={token}")).await;
    refused(&ask(&server, &token).await, 401, "invalid_token");

    let token = server.login("openid").await.text("access_token").to_owned();
    server.clock.advance(Duration::from_secs(3600));
    refused(&ask(&server, &token).await, 401, "invalid_token");
}

#[tokio::test]
async fn a_token_that_tells_no_user_is_not_enough() {
    let server = Server::strict();
    let client_credentials = "grant_type=client_credentials&scope=openid";
    for issued in [server.login("read").await, server.post(TOKEN, CLIENT, client_credentials).await] {
        let answer = ask(&server, issued.text("access_token")).await;
        refused(&answer, 403, "insufficient_scope");
        assert!(challenge(&answer).ends_with(r#", scope="openid""#));
    }
}

#[tokio::test]
async fn one_request_presents_one_token_in_one_way() {
    let server = Server::strict();
    let token = server.login("openid").await.text("access_token").to_owned();
    let bearer = format!("Bearer {token}");
    let form = format!("access_token={token}");
    let with_query = format!("{USERINFO}?{form}");
    for answer in [
        server.post(USERINFO, By::Header(&bearer), &form).await,
        server.get(&with_query, By::Header(&bearer)).await,
        server.post(&with_query, By::Nobody, &form).await,
        server.post(USERINFO, By::Nobody, &format!("{form}&{form}")).await,
        server.get(USERINFO, By::Header("Bearer")).await,
        server.get(USERINFO, By::Header(&format!("{bearer} {token}"))).await,
    ] {
        refused(&answer, 400, "invalid_request");
    }
    let twice = Request::get(USERINFO).header(AUTHORIZATION, &bearer).header(AUTHORIZATION, &bearer);
    refused(&server.send(twice.body(Body::empty()).unwrap()).await, 400, "invalid_request");
}

#[tokio::test]
async fn it_is_read_and_not_changed() {
    let server = Server::strict();
    let token = server.login("openid").await.text("access_token").to_owned();
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let request = Request::builder().method(method).uri(USERINFO).header(AUTHORIZATION, format!("Bearer {token}"));
        let answer = server.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.error(), (405, "invalid_request"));
        assert_eq!(answer.headers[ALLOW], "GET, HEAD, POST");
    }
    let head = Request::head(USERINFO).header(AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(server.send(head.body(Body::empty()).unwrap()).await.status, 200);
}
