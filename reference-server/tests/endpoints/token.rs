//! The token endpoint, asked as a client would ask it.

use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, Request};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use ropcheck_reference_server::{FAULTS, Grant, HashCost, LoginThrottle, Policy, VARIANTS};
use serde_json::{Value, json};

use crate::server::{ALICE, Answer, BASE, By, CLIENT, FORM, SECOND, SPECIAL, Server, TOKEN, posted, refresh};

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

// Tokens.

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

// Client authentication.

#[tokio::test]
async fn each_client_has_one_way_to_authenticate() {
    let server = Server::strict();
    let secret = "&client_secret=";
    let otherwise_escaped = By::Basic("demo-special", "s3cr%2Bt%252F:x%20y%2F%26%3D%C3%BC");
    #[rustfmt::skip]
    let rows: &[(By<'_>, String, u16)] = &[
        (CLIENT,                                    String::new(),                                        200),
        (CLIENT,                                    "&client_id=demo-basic".to_owned(),                   200),
        (SPECIAL,                                   String::new(),                                        200),
        (otherwise_escaped,                         String::new(),                                        200),
        (By::Nobody,                                "&client_id=demo-public".to_owned(),                  200),
        (By::Nobody,                                "&client_id=demo-public&client_secret=".to_owned(),   200),
        (By::Nobody,                                format!("&client_id=demo-post{secret}post-secret-1"), 200),
        (By::Basic("demo-basic", "basic-secret-2"), String::new(),                                        401),
        (By::Basic("demo-post", "post-secret-1"),   String::new(),                                        401),
        (By::Basic("demo-public", ""),              String::new(),                                        401),
        (By::Basic("nobody", "x"),                  String::new(),                                        401),
        (By::Nobody,                                format!("&client_id=demo-basic{secret}basic-secret-1"), 401),
        (By::Nobody,                                format!("&client_id=demo-public{secret}x"),           401),
        (By::Nobody,                                "&client_id=demo-post".to_owned(),                    401),
        (By::Nobody,                                "&client_id=nobody".to_owned(),                       401),
        (By::Nobody,                                String::new(),                                        401),
        (By::Nobody,                                format!("{secret}post-secret-1"),                     401),
    ];
    for (by, more, expected) in rows {
        let answer = ask(&server, *by, &format!("{ALICE}{more}")).await;
        assert_eq!(answer.status, *expected, "{more} {}", answer.body);
        if *expected == 401 {
            assert_eq!(answer.error(), (401, "invalid_client"));
            assert_eq!(answer.headers[WWW_AUTHENTICATE], r#"Basic realm="demo/demo", charset="UTF-8""#);
        }
    }
}

#[tokio::test]
async fn a_malformed_header_is_failed_authentication() {
    let server = Server::strict();
    let encoded = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
    for header in [
        "Basic".to_owned(),
        "Basic ***".to_owned(),
        "Bearer abc".to_owned(),
        "Digest username=\"demo-basic\"".to_owned(),
        encoded(b"demo-basic"),
        encoded(b"demo-basic:%zz"),
        encoded(b"demo-basic:\xFF"),
    ] {
        assert_eq!(ask(&server, By::Header(&header), ALICE).await.error(), (401, "invalid_client"), "{header}");
    }
    let lower = encoded(b"demo-basic:basic-secret-1").replacen("Basic", "bASIC", 1);
    assert_eq!(ask(&server, By::Header(&lower), ALICE).await.status, 200);
}

#[tokio::test]
async fn two_authentications_or_two_clients_are_malformed() {
    let server = Server::strict();
    for more in ["&client_secret=basic-secret-1", "&client_id=demo-post&client_secret=x", "&client_id=demo-post"] {
        let answer = ask(&server, CLIENT, &format!("{ALICE}{more}")).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{more}");
    }
}

#[tokio::test]
async fn the_client_comes_before_the_grant_and_the_shape_before_the_client() {
    let server = Server::strict();
    let stranger = By::Basic("demo-basic", "wrong");
    assert_eq!(ask(&server, stranger, "grant_type=nonsense").await.error(), (401, "invalid_client"));
    assert_eq!(ask(&server, stranger, "scope=a&scope=b").await.error(), (400, "invalid_request"));
}

// Grants.

#[tokio::test]
async fn three_switches_turn_a_grant_off() {
    let server = Server::strict();
    #[rustfmt::skip]
    let rows = [
        (CLIENT,                                                "grant_type=implicit",                       "unsupported_grant_type"),
        (CLIENT,                                                "grant_type=Password&username=a&password=b", "unsupported_grant_type"),
        (CLIENT,                                                "username=alice&password=wonderland-7",      "invalid_request"),
        (CLIENT,                                                "grant_type=&username=a&password=b",         "invalid_request"),
        (By::Basic("demo-no-password", "no-password-secret-1"), ALICE,                                       "unauthorized_client"),
        (SPECIAL,                                               "grant_type=client_credentials",             "unauthorized_client"),
    ];
    for (client, body, expected) in rows {
        assert_eq!(ask(&server, client, body).await.error(), (400, expected), "{body}");
    }
    let public = ask(&server, By::Nobody, "grant_type=client_credentials&client_id=demo-public").await;
    assert_eq!(public.error(), (400, "unauthorized_client"));

    let off = Server::with(|config| config.workspaces[0].grants.retain(|&it| it != Grant::Password), Policy::strict());
    assert_eq!(ask(&off, CLIENT, ALICE).await.error(), (400, "unsupported_grant_type"));
}

#[tokio::test]
async fn users_and_passwords_are_compared_exactly() {
    let server = Server::strict();
    #[rustfmt::skip]
    let rows = [
        ("alice",           "wonderland-7",                      200),
        ("zo%C3%AB",        "p%C3%A4ssw%C3%B6rd%E2%9C%93",       200),
        ("spacey",          "+lead%20and+trail+",                200),
        ("plus%2Buser",     "a%2Bb+c%26d%3De%25f%3Ag",           200),
        ("bob",             "builder-42",                        200),
        ("Alice",           "wonderland-7",                      400),
        ("+alice",          "wonderland-7",                      400),
        ("alice",           "Wonderland-7",                      400),
        ("alice",           "wonderland-7+",                     400),
        ("alice",           "wonderland-8",                      400),
        ("zoe%CC%88",       "p%C3%A4ssw%C3%B6rd%E2%9C%93",       400),
        ("spacey",          "lead+and+trail",                    400),
        ("alice",           "%F0%9F%99%82",                      400),
        ("dormant",         "asleep-9",                          400),
        ("nobody",          "wonderland-7",                      400),
    ];
    for (username, password, expected) in rows {
        let answer =
            ask(&server, CLIENT, &format!("grant_type=password&username={username}&password={password}")).await;
        assert_eq!(answer.status, expected, "{username} {password}");
        if expected == 400 {
            assert_eq!(answer.error().1, "invalid_grant");
        }
    }
}

#[tokio::test]
async fn the_unknown_the_mistaken_and_the_disabled_look_alike() {
    let server = Server::strict();
    let mut answers = Vec::new();
    for who in ["username=nobody&password=x", "username=alice&password=x", "username=dormant&password=asleep-9"] {
        let answer = ask(&server, CLIENT, &format!("grant_type=password&{who}")).await;
        answers.push((answer.status, answer.headers, answer.body));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test]
async fn control_characters_are_no_user_name() {
    let server = Server::strict();
    for username in ["a%00", "a%0A", "a%0D", "a%1F", "a%7F"] {
        let answer = ask(&server, CLIENT, &format!("grant_type=password&username={username}&password=x")).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{username}");
    }
    let tab = ask(&server, CLIENT, "grant_type=password&username=a%09b&password=x").await;
    assert_eq!(tab.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn guessing_is_slowed_down_for_everybody_alike() {
    for username in ["alice", "nobody", "dormant"] {
        let server = Server::with(
            |config| config.login_throttle = LoginThrottle { failures: 3, window_s: 60, ..LoginThrottle::default() },
            Policy::strict(),
        );
        let guess = format!("grant_type=password&username={username}&password=guess");
        for _ in 0..3 {
            assert_eq!(ask(&server, CLIENT, &guess).await.error(), (400, "invalid_grant"));
        }
        let answer = ask(&server, CLIENT, &guess).await;
        assert_eq!(answer.error(), (429, "invalid_grant"), "{username}");
        let wait: u64 = answer.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait));
        assert_eq!(ask(&server, CLIENT, "grant_type=password&username=bob&password=builder-42").await.status, 200);
        server.clock.advance(Duration::from_secs(wait));
        assert_eq!(ask(&server, CLIENT, &guess).await.status, 400);
    }
}

// Scopes.

#[tokio::test]
async fn a_scope_is_granted_as_asked_or_not_at_all() {
    let server = Server::strict();
    #[rustfmt::skip]
    let rows: &[(&str, Option<&[&str]>)] = &[
        ("",                               Some(&["read"])),
        ("&scope=",                        Some(&["read"])),
        ("&scope=write+read",              Some(&["read", "write"])),
        ("&scope=read+read",               Some(&["read"])),
        ("&scope=transfer.42",             Some(&["transfer.42"])),
        ("&scope=transfer.",               None),
        ("&scope=transfer.*",              None),
        ("&scope=admin",                   None),
        ("&scope=read+admin",              None),
        ("&scope=READ",                    None),
        ("&scope=read++write",             None),
        ("&scope=+read",                   None),
        ("&scope=re%22ad",                 None),
        ("&scope=r%C3%A9ad",               None),
    ];
    for (more, expected) in rows {
        let answer = ask(&server, CLIENT, &format!("{ALICE}{more}")).await;
        match *expected {
            None => assert_eq!(answer.error(), (400, "invalid_scope"), "{more}"),
            Some(told) => assert_eq!(scopes(&answer), told, "{more}"),
        }
    }
    let none = By::Basic("demo-no-default", "no-default-secret-1");
    assert_eq!(ask(&server, none, ALICE).await.error(), (400, "invalid_scope"));
    let answer = ask(&server, none, &format!("{ALICE}&scope=read")).await;
    assert!(answer.status == 200 && answer.body.get("refresh_token").is_none());
}

// Refresh tokens.

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

// The request.

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

// Faults and variants.

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
