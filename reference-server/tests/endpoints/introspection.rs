//! Introspection, asked as a resource server would ask it.

use std::time::Duration;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use ropcheck_reference_server::{Policy, VARIANTS};
use serde_json::json;

use crate::server::{Answer, BASE, By, CLIENT, INTROSPECT, SECOND, Server, TOKEN};

async fn introspect(server: &Server, token: &str) -> Answer {
    let answer = server.post(INTROSPECT, SECOND, &format!("token={token}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    answer
}

#[tokio::test]
async fn an_access_token_is_told_as_it_is() {
    let server = Server::strict();
    let token = server.login("read+openid").await.text("access_token").to_owned();
    let claims = jsonwebtoken::dangerous::insecure_decode::<serde_json::Value>(&token).unwrap().claims;
    let expected = json!({
        "active": true,
        "scope": "openid read",
        "client_id": "demo-basic",
        "username": "alice",
        "token_type": "Bearer",
        "exp": claims["exp"],
        "iat": claims["iat"],
        "sub": "user-alice",
        "aud": claims["aud"],
        "iss": format!("{BASE}/demo/demo"),
        "jti": claims["jti"],
    });
    assert_eq!(introspect(&server, &token).await.body, expected);
}

#[tokio::test]
async fn a_client_that_speaks_for_itself_is_no_user() {
    let server = Server::strict();
    let issued = server.post(TOKEN, CLIENT, "grant_type=client_credentials&scope=read").await;
    let told = introspect(&server, issued.text("access_token")).await;
    assert_eq!(told.text("sub"), "demo-basic");
    assert!(told.body.get("username").is_none());
}

#[tokio::test]
async fn a_refresh_token_is_told_as_it_is() {
    let server = Server::strict();
    let token = server.login("read").await.text("refresh_token").to_owned();
    let told = introspect(&server, &token).await;
    let lifetime = told.body["exp"].as_u64().unwrap() - told.body["iat"].as_u64().unwrap();
    assert_eq!(lifetime, 30 * 24 * 60 * 60);
    let mut rest = told.body.clone();
    rest.as_object_mut().unwrap().retain(|name, _| name != "exp" && name != "iat");
    let expected = json!({
        "active": true,
        "scope": "read",
        "client_id": "demo-basic",
        "username": "alice",
        "sub": "user-alice",
        "aud": format!("{BASE}/demo/demo"),
        "iss": format!("{BASE}/demo/demo"),
    });
    assert_eq!(rest, expected);
}

#[tokio::test]
async fn whatever_is_not_active_is_told_in_the_same_word() {
    let server = Server::strict();
    let issued = server.login("read+openid").await;
    let access = issued.text("access_token").to_owned();
    let replaced = issued.text("refresh_token").to_owned();
    server.post(TOKEN, CLIENT, &format!("grant_type=refresh_token&refresh_token={replaced}")).await;
    let at = access.rfind('.').unwrap() + 1;
    let other = if access[at..].starts_with('A') { "B" } else { "A" };
    let forged = format!("{}{other}{}", &access[..at], &access[at + 1..]);
    for token in ["x", "a.b.c", "%F0%9F%99%82", &forged, &access[..at], issued.text("id_token"), &replaced] {
        assert_eq!(introspect(&server, token).await.body, json!({ "active": false }), "{token}");
    }
    assert_eq!(introspect(&server, &access).await.body["active"], true, "to ask about a token does it no harm");
}

#[tokio::test]
async fn tokens_are_active_until_the_second_they_expire() {
    let server = Server::strict();
    let issued = server.login("read").await;
    server.clock.advance(Duration::from_secs(3590));
    assert_eq!(introspect(&server, issued.text("access_token")).await.body["active"], true);
    server.clock.advance(Duration::from_secs(10));
    assert_eq!(introspect(&server, issued.text("access_token")).await.body, json!({ "active": false }));
    assert_eq!(introspect(&server, issued.text("refresh_token")).await.body["active"], true);
    server.clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
    assert_eq!(introspect(&server, issued.text("refresh_token")).await.body, json!({ "active": false }));
}

#[tokio::test]
async fn a_replay_ends_the_access_tokens_too() {
    let server = Server::strict();
    let issued = server.login("read").await;
    let refresh = format!("grant_type=refresh_token&refresh_token={}", issued.text("refresh_token"));
    let renewed = server.post(TOKEN, CLIENT, &refresh).await;
    assert_eq!(introspect(&server, renewed.text("access_token")).await.body["active"], true);
    assert_eq!(server.post(TOKEN, CLIENT, &refresh).await.error(), (400, "invalid_grant"));
    for token in [issued.text("access_token"), renewed.text("access_token"), renewed.text("refresh_token")] {
        assert_eq!(introspect(&server, token).await.body, json!({ "active": false }));
    }
}

#[tokio::test]
async fn the_hint_changes_nothing() {
    let server = Server::strict();
    let issued = server.login("read").await;
    for token in [issued.text("access_token"), issued.text("refresh_token")] {
        for hint in ["access_token", "refresh_token", "nonsense", ""] {
            let form = format!("token={token}&token_type_hint={hint}");
            assert_eq!(server.post(INTROSPECT, SECOND, &form).await.body["active"], true, "{hint}");
        }
    }
}

#[tokio::test]
async fn only_confidential_clients_may_ask() {
    let server = Server::strict();
    let token = server.login("read").await.text("access_token").to_owned();
    let bearer = format!("Bearer {token}");
    let plain = format!("token={token}");
    let public = format!("{plain}&client_id=demo-public");
    let wrong = format!("{plain}&client_id=demo-post&client_secret=x");
    for (by, form) in [
        (By::Nobody, &plain),
        (By::Nobody, &public),
        (By::Nobody, &wrong),
        (By::Basic("demo-basic", "wrong"), &plain),
        (By::Basic("nobody", "x"), &plain),
        (By::Header(&bearer), &plain),
    ] {
        let answer = server.post(INTROSPECT, by, form).await;
        assert_eq!(answer.error(), (401, "invalid_client"), "{form}");
        assert_eq!(answer.headers[WWW_AUTHENTICATE], r#"Basic realm="demo/demo", charset="UTF-8""#);
        assert!(answer.body.get("active").is_none());
    }
    let by_post = format!("{plain}&client_id=demo-post&client_secret=post-secret-1");
    assert_eq!(server.post(INTROSPECT, By::Nobody, &by_post).await.body["active"], true);
}

#[tokio::test]
async fn a_request_is_a_posted_form_with_a_token() {
    let server = Server::strict();
    for form in ["", "token=", "token_type_hint=access_token", "token=a&token=b", "token=%zz"] {
        assert_eq!(server.post(INTROSPECT, SECOND, form).await.error(), (400, "invalid_request"), "{form}");
    }
    let get = server.get(&format!("{INTROSPECT}?token=x"), SECOND).await;
    assert_eq!(get.error(), (405, "invalid_request"));
    assert_eq!(get.headers[ALLOW], "POST");
    let in_query = server.post(&format!("{INTROSPECT}?token=x"), SECOND, "").await;
    assert_eq!(in_query.error(), (400, "invalid_request"));
    let nowhere = server.post("/demo/nowhere/oauth2/introspect", SECOND, "token=x").await;
    assert_eq!(nowhere.status, 404);
}

#[tokio::test]
async fn an_opaque_token_is_told_like_any_other() {
    let Some(opaque) = VARIANTS.iter().find(|it| it.id == "opaque-access-tokens") else {
        panic!("no such variant");
    };
    let server = Server::with(|_| (), opaque.policy());
    let token = server.login("read").await.text("access_token").to_owned();
    assert!(!token.contains('.'));
    let told = introspect(&server, &token).await;
    assert_eq!((told.text("username"), told.text("scope")), ("alice", "read"));
    server.clock.advance(Duration::from_secs(3600));
    assert_eq!(introspect(&server, &token).await.body, json!({ "active": false }));
    let strict = Server::with(|_| (), Policy::strict());
    assert_eq!(introspect(&strict, &token).await.body, json!({ "active": false }));
}
