//! Refresh tokens: one use each, by their own client, in their own workspace and time.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http::header::CONTENT_TYPE;
use ropcheck_reference_server::Policy;

use super::{ask, scopes, send};
use crate::server::{ALICE, CLIENT, FORM, SECOND, Server, refresh};

#[tokio::test]
async fn refresh_tokens_rotate_and_a_replay_ends_the_line() {
    let server = Server::strict();
    let first = ask(&server, CLIENT, ALICE).await.text("refresh_token").to_owned();
    let second = ask(&server, CLIENT, &refresh(&first)).await.text("refresh_token").to_owned();
    assert_ne!(first, second);
    let third = ask(&server, CLIENT, &refresh(&second)).await.text("refresh_token").to_owned();
    assert_eq!(ask(&server, CLIENT, &refresh(&first)).await.error(), (400, "invalid_grant"));
    assert_eq!(ask(&server, CLIENT, &refresh(&third)).await.error(), (400, "invalid_grant"), "the family is over");
    assert_eq!(ask(&server, CLIENT, &refresh("made-up")).await.error(), (400, "invalid_grant"));
    assert_eq!(ask(&server, CLIENT, &refresh("")).await.error(), (400, "invalid_request"));
}

#[tokio::test]
async fn of_two_requests_with_one_refresh_token_one_wins() {
    let server = Server::strict();
    let token = ask(&server, CLIENT, ALICE).await.text("refresh_token").to_owned();
    let request = refresh(&token);
    let (a, b) = tokio::join!(ask(&server, CLIENT, &request), ask(&server, CLIENT, &request));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn a_narrower_scope_does_not_narrow_the_next() {
    let server = Server::strict();
    let asked = format!("{ALICE}&scope=read+write+transfer.42");
    let token = ask(&server, CLIENT, &asked).await.text("refresh_token").to_owned();
    for wider in ["openid", "read+transfer.43", "transfer.*"] {
        let answer = ask(&server, CLIENT, &format!("{}&scope={wider}", refresh(&token))).await;
        assert_eq!(answer.error(), (400, "invalid_scope"), "{wider}; and the token is still good");
    }
    let narrow = ask(&server, CLIENT, &format!("{}&scope=read", refresh(&token))).await;
    assert_eq!(scopes(&narrow), ["read"]);
    let full = ask(&server, CLIENT, &refresh(narrow.text("refresh_token"))).await;
    assert_eq!(scopes(&full), ["read", "transfer.42", "write"]);
}

#[tokio::test]
async fn a_refresh_token_belongs_to_its_client() {
    let server = Server::strict();
    let token = ask(&server, CLIENT, ALICE).await.text("refresh_token").to_owned();
    assert_eq!(ask(&server, SECOND, &refresh(&token)).await.error(), (400, "invalid_grant"));
    assert_eq!(ask(&server, CLIENT, &refresh(&token)).await.status, 200, "its owner is not logged out");
}

#[tokio::test]
async fn refresh_tokens_expire_by_the_clock_of_their_workspace() {
    let server = Server::with(|config| config.workspaces[0].refresh_token_lifetime_s = 600, Policy::strict());
    let token = ask(&server, CLIENT, ALICE).await.text("refresh_token").to_owned();
    server.clock.advance(Duration::from_secs(590));
    let token = ask(&server, CLIENT, &refresh(&token)).await.text("refresh_token").to_owned();
    server.clock.advance(Duration::from_secs(20));
    assert_eq!(ask(&server, CLIENT, &refresh(&token)).await.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn workspaces_share_nothing_that_a_client_could_use() {
    let server =
        Server::with(|config| config.workspaces.push(config.workspaces[0].renamed("demo", "other")), Policy::strict());
    let token = ask(&server, CLIENT, ALICE).await.text("refresh_token").to_owned();
    let body = format!("{}&client_id=demo-public", refresh(&token));
    let request = Request::post("/demo/other/oauth2/token").header(CONTENT_TYPE, FORM).body(Body::from(body)).unwrap();
    assert_eq!(send(&server, request).await.error(), (400, "invalid_grant"));
}
