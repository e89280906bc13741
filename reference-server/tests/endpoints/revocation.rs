//! Revocation, asked as a client that is done with its tokens would ask it.

use std::time::Duration;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};

use crate::server::{By, CLIENT, INTROSPECT, REVOKE, SECOND, Server, TOKEN, refresh};

async fn is_active(server: &Server, token: &str) -> bool {
    let answer = server.post(INTROSPECT, CLIENT, &format!("token={token}")).await;
    answer.body["active"].as_bool().unwrap()
}

async fn revoke(server: &Server, token: &str) {
    let answer = server.post(REVOKE, CLIENT, &format!("token={token}")).await;
    assert_eq!((answer.status, answer.raw.as_slice()), (200, &b""[..]));
    assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    assert!(answer.headers.get(CONTENT_TYPE).is_none());
}

#[tokio::test]
async fn a_revoked_access_token_is_over_and_its_refresh_token_is_not() {
    let server = Server::strict();
    let issued = server.login("read").await;
    let other = server.login("read").await;
    revoke(&server, issued.text("access_token")).await;
    assert!(!is_active(&server, issued.text("access_token")).await);
    assert!(is_active(&server, other.text("access_token")).await);
    assert_eq!(server.post(TOKEN, CLIENT, &refresh(issued.text("refresh_token"))).await.status, 200);
}

#[tokio::test]
async fn a_revoked_refresh_token_takes_every_access_token_of_its_grant_along() {
    let server = Server::strict();
    let issued = server.login("read").await;
    let renewed = server.post(TOKEN, CLIENT, &refresh(issued.text("refresh_token"))).await;
    let other = server.login("read").await;
    revoke(&server, renewed.text("refresh_token")).await;
    let again = server.post(TOKEN, CLIENT, &refresh(renewed.text("refresh_token"))).await;
    assert_eq!(again.error(), (400, "invalid_grant"));
    for token in [issued.text("access_token"), renewed.text("access_token"), renewed.text("refresh_token")] {
        assert!(!is_active(&server, token).await);
    }
    assert!(is_active(&server, other.text("access_token")).await, "another login of the same user");
    assert!(is_active(&server, other.text("refresh_token")).await);
}

#[tokio::test]
async fn a_token_that_was_replaced_ends_its_grant_all_the_same() {
    let server = Server::strict();
    let issued = server.login("read").await;
    let renewed = server.post(TOKEN, CLIENT, &refresh(issued.text("refresh_token"))).await;
    revoke(&server, issued.text("refresh_token")).await;
    assert!(!is_active(&server, renewed.text("refresh_token")).await);
}

#[tokio::test]
async fn a_revoked_token_stays_revoked() {
    let server = Server::strict();
    let token = server.login("read").await.text("access_token").to_owned();
    revoke(&server, &token).await;
    // More than the memory of ended tokens holds before it looks for what can go.
    for _ in 0..1100 {
        let other = server.login("read").await.text("access_token").to_owned();
        revoke(&server, &other).await;
    }
    assert!(!is_active(&server, &token).await);
}

#[tokio::test]
async fn unknown_tokens_and_twice_revoked_ones_are_no_error() {
    let server = Server::strict();
    let issued = server.login("read").await;
    for token in ["x", "a.b.c", issued.text("access_token"), issued.text("refresh_token")] {
        revoke(&server, token).await;
        revoke(&server, token).await;
    }
    let expired = server.login("read").await;
    server.clock.advance(Duration::from_secs(40 * 24 * 60 * 60));
    revoke(&server, expired.text("access_token")).await;
    revoke(&server, expired.text("refresh_token")).await;
}

#[tokio::test]
async fn the_hint_changes_nothing() {
    let server = Server::strict();
    for hint in ["access_token", "refresh_token", "nonsense", ""] {
        for kind in ["access_token", "refresh_token"] {
            let issued = server.login("read").await;
            let form = format!("token={}&token_type_hint={hint}", issued.text(kind));
            assert_eq!(server.post(REVOKE, CLIENT, &form).await.status, 200);
            assert!(!is_active(&server, issued.text(kind)).await, "{hint} {kind}");
        }
    }
}

#[tokio::test]
async fn nobody_revokes_the_tokens_of_another_client() {
    let server = Server::strict();
    let issued = server.login("read").await;
    for token in [issued.text("access_token"), issued.text("refresh_token")] {
        let stranger = server.post(REVOKE, SECOND, &format!("token={token}")).await;
        assert_eq!(stranger.error(), (400, "invalid_grant"));
        let public = server.post(REVOKE, By::Nobody, &format!("token={token}&client_id=demo-public")).await;
        assert_eq!(public.error(), (400, "invalid_grant"));
        assert!(is_active(&server, token).await);
    }
}

#[tokio::test]
async fn a_client_authenticates_as_at_the_token_endpoint() {
    let server = Server::strict();
    let issued = server.login("read").await;
    let token = issued.text("refresh_token");
    for (by, more) in [
        (By::Nobody, ""),
        (By::Nobody, "&client_id=demo-basic"),
        (By::Nobody, "&client_id=nobody"),
        (By::Basic("demo-basic", "wrong"), ""),
    ] {
        let answer = server.post(REVOKE, by, &format!("token={token}{more}")).await;
        assert_eq!(answer.error(), (401, "invalid_client"), "{more}");
        assert!(answer.headers.contains_key(WWW_AUTHENTICATE));
    }
    assert!(is_active(&server, token).await);

    let login = "grant_type=password&username=alice&password=wonderland-7&client_id=demo-public";
    let public = server.post(TOKEN, By::Nobody, login).await;
    let form = format!("client_id=demo-public&token={}", public.text("refresh_token"));
    assert_eq!(server.post(REVOKE, By::Nobody, &form).await.status, 200);
    assert!(!is_active(&server, public.text("refresh_token")).await);
    assert!(!is_active(&server, public.text("access_token")).await);
}

#[tokio::test]
async fn a_request_is_a_posted_form_with_a_token_that_can_be_revoked() {
    let server = Server::strict();
    for form in ["", "token=", "token_type_hint=access_token", "token=a&token=b"] {
        assert_eq!(server.post(REVOKE, CLIENT, form).await.error(), (400, "invalid_request"), "{form}");
    }
    let id_token = server.login("openid").await.text("id_token").to_owned();
    let answer = server.post(REVOKE, CLIENT, &format!("token={id_token}")).await;
    assert_eq!(answer.error(), (400, "unsupported_token_type"));
    let get = server.get(&format!("{REVOKE}?token=x"), CLIENT).await;
    assert_eq!(get.error(), (405, "invalid_request"));
    assert_eq!(get.headers[ALLOW], "POST");
}
