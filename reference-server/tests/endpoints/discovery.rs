//! Metadata and keys, held against what the server does.

use http::header::CONTENT_TYPE;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use ropcheck_reference_server::{Policy, Signing};
use serde_json::{Value, json};

use crate::server::{ALICE, BASE, By, CLIENT, REVOKE, Server, USERINFO};

const METADATA: &[&str] = &[
    "/.well-known/oauth-authorization-server/demo/demo",
    "/demo/demo/.well-known/oauth-authorization-server",
    "/demo/demo/.well-known/openid-configuration",
];

async fn metadata(server: &Server) -> Value {
    let mut told = Vec::new();
    for path in METADATA {
        let answer = server.get(path, By::Nobody).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
        told.push(answer.body);
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]));
    told.remove(0)
}

async fn key_set(server: &Server) -> JwkSet {
    let answer = server.get("/demo/demo/.well-known/jwks.json", By::Nobody).await;
    for key in answer.body["keys"].as_array().unwrap() {
        assert_eq!(key["use"], "sig");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none());
        }
    }
    serde_json::from_value(answer.body).unwrap()
}

/// The claims of a token that the key set verifies, and how it is signed.
fn verified(keys: &JwkSet, jwt: &str) -> (Value, Algorithm) {
    let header = decode_header(jwt).unwrap();
    let key = keys.find(header.kid.as_deref().unwrap()).unwrap();
    assert_eq!(key.common.key_algorithm.unwrap().to_string(), format!("{:?}", header.alg));
    let mut validation = Validation::new(header.alg);
    validation.validate_aud = false;
    (decode(jwt, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims, header.alg)
}

#[tokio::test]
async fn every_endpoint_is_where_the_metadata_say() {
    let server = Server::strict();
    let told = metadata(&server).await;
    assert_eq!(told["issuer"], format!("{BASE}/demo/demo"));
    let path = |member: &str| told[member].as_str().unwrap().strip_prefix(BASE).unwrap().to_owned();
    let issued = server.post(&path("token_endpoint"), CLIENT, "grant_type=client_credentials&scope=read").await;
    let form = format!("token={}", issued.text("access_token"));
    assert_eq!(server.post(&path("introspection_endpoint"), CLIENT, &form).await.body["active"], true);
    assert_eq!(server.post(&path("revocation_endpoint"), CLIENT, &form).await.status, 200);
    assert_eq!(server.get(&path("userinfo_endpoint"), By::Nobody).await.status, 401);
    assert_eq!(server.get(&path("jwks_uri"), By::Nobody).await.status, 200);
}

#[tokio::test]
async fn the_metadata_tell_the_methods_that_work() {
    let server = Server::strict();
    let told = metadata(&server).await;
    let token = server.login("read").await.text("access_token").to_owned();
    let ways = [
        ("none", By::Nobody, "&client_id=demo-public"),
        ("client_secret_basic", CLIENT, ""),
        ("client_secret_post", By::Nobody, "&client_id=demo-post&client_secret=post-secret-1"),
    ];
    for (endpoint, form) in
        [("token", ALICE.to_owned()), ("introspection", format!("token={token}")), ("revocation", "token=x".to_owned())]
    {
        let path = told[format!("{endpoint}_endpoint")].as_str().unwrap().strip_prefix(BASE).unwrap().to_owned();
        let listed = told[format!("{endpoint}_endpoint_auth_methods_supported")].as_array().unwrap();
        for (method, by, more) in ways {
            let works = server.post(&path, by, &format!("{form}{more}")).await.status == 200;
            assert_eq!(listed.contains(&json!(method)), works, "{endpoint} {method}");
        }
    }
}

#[tokio::test]
async fn the_metadata_tell_scopes_and_grants_that_can_be_had() {
    let server = Server::strict();
    let told = metadata(&server).await;
    assert_eq!(told["scopes_supported"], json!(["openid", "read", "write"]));
    assert_eq!(told["grant_types_supported"], json!(["password", "refresh_token", "client_credentials"]));
    assert_eq!(told["subject_types_supported"], json!(["public"]));
    let answer = server.login("openid+read+write").await;
    let id = verified(&key_set(&server).await, answer.text("id_token")).0;
    let claims: Vec<&String> = id.as_object().unwrap().keys().collect();
    assert_eq!(json!(claims), told["claims_supported"]);
}

#[tokio::test]
async fn each_workspace_signs_in_its_own_way() {
    for (signing, algorithm, kty) in [
        (Signing::EdDsa, Algorithm::EdDSA, "OKP"),
        (Signing::Es256, Algorithm::ES256, "EC"),
        (Signing::Rs256, Algorithm::RS256, "RSA"),
    ] {
        let server = Server::with(|config| config.workspaces[0].signing = signing, Policy::strict());
        let keys = key_set(&server).await;
        assert_eq!(keys.keys.len(), 1);
        assert_eq!(serde_json::to_value(&keys.keys[0]).unwrap()["kty"], kty);
        let issued = server.login("openid").await;
        for token in ["access_token", "id_token"] {
            let (claims, alg) = verified(&keys, issued.text(token));
            assert_eq!((alg, &claims["sub"]), (algorithm, &json!("user-alice")));
        }
        let userinfo = server.get(USERINFO, By::Header(&format!("Bearer {}", issued.text("access_token")))).await;
        assert_eq!(userinfo.status, 200, "{signing:?}");
        let told = metadata(&server).await;
        let listed = told["id_token_signing_alg_values_supported"].as_array().unwrap();
        assert!(listed.contains(&json!(format!("{algorithm:?}"))));
    }
}

#[tokio::test]
async fn a_client_may_have_its_id_tokens_signed_in_another_way() {
    let server = Server::with(
        |config| config.workspaces[0].clients[0].id_token_signed_response_alg = Some(Signing::Es256),
        Policy::strict(),
    );
    let keys = key_set(&server).await;
    assert_eq!(keys.keys.len(), 2);
    let issued = server.login("openid").await;
    assert_eq!(verified(&keys, issued.text("access_token")).1, Algorithm::EdDSA);
    assert_eq!(verified(&keys, issued.text("id_token")).1, Algorithm::ES256);
    let revoked = server.post(REVOKE, CLIENT, &format!("token={}", issued.text("id_token"))).await;
    assert_eq!(revoked.error(), (400, "unsupported_token_type"), "it is known for an ID token");
}
