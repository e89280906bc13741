//! The token endpoint, asked as a client would ask it.

mod client;
mod grant;
mod refresh;
mod request;

use axum::body::Body;
use http::Request;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use ropcheck_reference_server::{FAULTS, VARIANTS};
use serde_json::{Value, json};

use crate::server::{ALICE, Answer, BASE, By, CLIENT, FORM, Server, TOKEN, posted};

/// Sends a token request and checks what holds for every answer of the endpoint.
async fn send(server: &Server, request: Request<Body>) -> Answer {
    let answer = server.send(request).await;
    assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers[PRAGMA], "no-cache");
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    answer
}

/// Posts a form to the endpoint.
async fn ask(server: &Server, by: By<'_>, form: &str) -> Answer {
    send(server, posted(TOKEN, by, form)).await
}

fn scopes(answer: &Answer) -> Vec<&str> {
    answer.text("scope").split(' ').collect()
}

#[tokio::test]
async fn a_password_brings_tokens_that_verify() {
    let server = Server::strict();
    let answer = ask(&server, CLIENT, &format!("{ALICE}&scope=openid+read")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 3600);
    assert_eq!(scopes(&answer), ["openid", "read"], "told although it was asked for");

    let jwks = server.send(Request::get("/demo/demo/.well-known/jwks.json").body(Body::empty()).unwrap()).await;
    let key = &jwks.body["keys"][0];
    let verify = |jwt: &str, audience: &str, typ: &str| {
        let header = decode_header(jwt).unwrap();
        assert_eq!(header.typ.as_deref(), Some(typ));
        assert_eq!(header.kid.as_deref(), key["kid"].as_str());
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[audience]);
        validation.set_issuer(&["http://127.0.0.1:8080/demo/demo"]);
        let key = DecodingKey::from_ed_components(key["x"].as_str().unwrap()).unwrap();
        decode::<Value>(jwt, &key, &validation).unwrap().claims
    };
    let access = verify(answer.text("access_token"), "http://127.0.0.1:8080/demo/demo", "at+jwt");
    assert_eq!(access["sub"], "user-alice");
    assert_eq!(access["client_id"], "demo-basic");
    assert_eq!(access["scope"], "openid read");
    assert_eq!(access["exp"].as_u64().unwrap() - access["iat"].as_u64().unwrap(), 3600);
    assert!(access["jti"].as_str().unwrap().len() >= 22);
    let id = verify(answer.text("id_token"), "demo-basic", "JWT");
    assert_eq!(id["sub"], "user-alice");
}

#[tokio::test]
async fn without_openid_there_is_no_id_token() {
    let answer = ask(&Server::strict(), CLIENT, ALICE).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.get("id_token").is_none());
}

#[tokio::test]
async fn client_credentials_speak_for_the_client_alone() {
    let answer = ask(&Server::strict(), CLIENT, "grant_type=client_credentials&scope=read").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.get("refresh_token").is_none());
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(answer.text("access_token")).unwrap().claims;
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("demo-basic"), &json!("demo-basic")));
}

#[tokio::test]
async fn the_default_workspace_answers_at_the_short_path() {
    let request = Request::post("/oauth/token").header(CONTENT_TYPE, FORM);
    let body = format!("{ALICE}&client_id=demo-public");
    assert_eq!(send(&Server::strict(), request.body(Body::from(body)).unwrap()).await.status, 200);
}

#[tokio::test]
async fn metadata_names_the_issuer_at_both_places() {
    let server = Server::strict();
    for path in
        ["/.well-known/oauth-authorization-server/demo/demo", "/demo/demo/.well-known/oauth-authorization-server"]
    {
        let answer = server.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.body["issuer"], format!("{BASE}/demo/demo"));
        assert_eq!(answer.body["token_endpoint"], format!("{BASE}{TOKEN}"));
    }
}

#[tokio::test]
async fn every_policy_of_the_tables_still_serves() {
    let faults = FAULTS.iter().map(|fault| (fault.id, fault.policy()));
    let variants = VARIANTS.iter().map(|variant| (variant.id, variant.policy()));
    for (id, policy) in faults.chain(variants) {
        let server = Server::with(|_| (), policy);
        let answer = server.post(TOKEN, CLIENT, &format!("{ALICE}&scope=read")).await;
        assert!(matches!(answer.status, 200 | 201), "{id}: {}", answer.status);
    }
}
