//! Every fault and variant of tokens and of the endpoints beside the token endpoint shows in some answer, and the strict
//! server is never so.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use ropcheck_reference_server::{FAULTS, LoginThrottle, Policy, VARIANTS, Workspace};

use crate::inputs;
use crate::server::{ALICE, Answer, By, CLIENT, INTROSPECT, REVOKE, SECOND, SPECIAL, Server, TOKEN, USERINFO};

const CAROL: &str = "grant_type=password&username=carol&password=crystal-palace-5&scope=openid";

/// What a walk through every endpoint brings to light, without what differs from one walk to the next.
struct Seen {
    facts: Vec<String>,
    /// Access tokens, which have to be another one each time.
    drawn: Vec<String>,
}

impl Seen {
    fn answer(&mut self, what: &str, answer: &Answer) {
        let header = |name| answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let body = String::from_utf8_lossy(&answer.raw);
        let body = if answer.body.get("access_token").is_some() { "tokens" } else { &body };
        let fact =
            format!("{what}: {} {:?} {:?} {body}", answer.status, header(CONTENT_TYPE), header(WWW_AUTHENTICATE));
        self.facts.push(plain(&fact));
    }

    fn tokens(&mut self, what: &str, answer: &Answer) {
        for name in ["access_token", "id_token"] {
            let token = of(answer, name);
            let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part));
            let mut part = || match parts.next() {
                Some(Ok(bytes)) => plain(&bytes.escape_ascii().to_string()),
                Some(Err(_)) => "no base64url".to_owned(),
                None => "none".to_owned(),
            };
            self.facts.push(format!("{what} {name}: {} {}", part(), part()));
            let signature = token.rsplit('.').next().unwrap().len();
            self.facts.push(format!("{what} {name} signature: {}", if signature == 0 { "none" } else { "some" }));
        }
        self.drawn.push(of(answer, "access_token").to_owned());
    }
}

/// A time is told from now, in steps of a hundred seconds, and what is drawn is not told.
fn plain(text: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut shown = String::new();
    let mut run = String::new();
    for character in text.chars().chain([' ']) {
        if character.is_ascii_alphanumeric() || "-_".contains(character) {
            run.push(character);
            continue;
        }
        let is_drawn = (22..=43).contains(&run.len()) && run.bytes().any(|byte| byte.is_ascii_uppercase());
        match run.parse::<i128>() {
            Ok(time) if run.len() >= 10 => {
                shown.push_str(&format!("{:+}", (time - i128::from(now) + 50).div_euclid(100)));
            }
            Ok(_) | Err(_) => shown.push_str(if is_drawn { "drawn" } else { &run }),
        }
        shown.push(character);
        run.clear();
    }
    shown
}

fn server(policy: Policy) -> Server {
    Server::with(
        |config| {
            config.login_throttle = LoginThrottle { failures: 30, ..LoginThrottle::default() };
            config.workspaces.push(Workspace::neighbour());
        },
        policy,
    )
}

/// A walk that shows everything there is to see.
async fn walk(policy: Policy) -> Seen {
    let server = server(policy);
    let mut seen = Seen { facts: Vec::new(), drawn: Vec::new() };
    documents(&server, &mut seen).await;
    tokens(&server, &mut seen).await;
    back(&server, &mut seen).await;
    next_door(&server, &mut seen).await;
    over(&server, &mut seen).await;
    seen
}

async fn documents(server: &Server, seen: &mut Seen) {
    for path in [
        "/.well-known/oauth-authorization-server/demo/demo",
        "/demo/demo/.well-known/openid-configuration",
        "/demo/demo/.well-known/jwks.json",
    ] {
        seen.answer(path, &server.get(path, By::Nobody).await);
    }
}

async fn tokens(server: &Server, seen: &mut Seen) {
    let first = server.login("read+openid").await;
    let again = server.login("read+openid").await;
    let own = server.post(TOKEN, CLIENT, "grant_type=client_credentials&scope=read").await;
    let bob = "grant_type=password&username=bob&password=builder-42&scope=openid&client_id=demo-public";
    let bob = server.post(TOKEN, By::Nobody, bob).await;
    for (what, answer) in [("first", &first), ("again", &again), ("own", &own), ("public", &bob)] {
        seen.tokens(what, answer);
        for (what, repeated) in [("lifetime", "expires_in"), ("type", "token_type")] {
            seen.facts.push(format!("{what} {}", answer.body[repeated]));
        }
    }
    let text = of(&again, "refresh_token").to_owned();
    let renewed = server.post(TOKEN, CLIENT, &format!("grant_type=refresh_token&refresh_token={text}")).await;
    seen.tokens("renewed", &renewed);
    for token in [of(&first, "refresh_token"), &text, of(&renewed, "refresh_token")] {
        seen.facts.push(format!("refresh token of {}, {}", token.len(), token.starts_with("AAAAAAAAAAAAAAAA")));
    }
}

/// Tokens that come back, good and bad.
async fn back(server: &Server, seen: &mut Seen) {
    let issued = server.login("read+openid").await;
    let access = of(&issued, "access_token").to_owned();
    let refresh = of(&issued, "refresh_token").to_owned();
    let id = of(&issued, "id_token").to_owned();
    let (signed, _) = access.rsplit_once('.').unwrap_or((&access, ""));
    let forged = format!("{signed}.AAAA");
    let poor = of(&server.login("read").await, "access_token").to_owned();
    let revoked = of(&server.login("openid").await, "access_token").to_owned();
    for (what, token) in [("revoked", &revoked), ("revoked again", &revoked), ("unknown", &"x".to_owned())] {
        let answer = server.post(REVOKE, CLIENT, &format!("token={token}")).await;
        seen.answer(&format!("revoke {what}"), &answer);
    }
    let tokens = [
        ("access", &access),
        ("refresh", &refresh),
        ("id", &id),
        ("forged", &forged),
        ("poor", &poor),
        ("revoked", &revoked),
    ];
    for (what, token) in tokens {
        for hint in ["", "access_token", "refresh_token", "nonsense"] {
            let form = format!("token={token}&token_type_hint={hint}");
            let answer = server.post(INTROSPECT, SECOND, &form).await;
            seen.answer(&format!("introspect {what} {hint}"), &answer);
        }
        let bearer = format!("Bearer {token}");
        seen.answer(&format!("userinfo {what}"), &server.get(USERINFO, By::Header(&bearer)).await);
    }
    let form = format!("token={access}");
    let public = format!("{form}&client_id=demo-public");
    let bearer = format!("Bearer {access}");
    let query = format!("{USERINFO}?access_token={access}");
    for (what, answer) in [
        ("introspect by nobody", server.post(INTROSPECT, By::Nobody, &form).await),
        ("introspect by public", server.post(INTROSPECT, By::Nobody, &public).await),
        ("introspect nothing", server.post(INTROSPECT, CLIENT, "").await),
        ("userinfo without", server.get(USERINFO, By::Nobody).await),
        ("userinfo by query", server.get(&query, By::Nobody).await),
        ("userinfo by post", server.post(USERINFO, By::Header(&bearer), "").await),
        ("userinfo two", server.post(USERINFO, By::Header(&bearer), &format!("access_{form}")).await),
        ("revoke nothing", server.post(REVOKE, CLIENT, "").await),
        ("revoke by nobody", server.post(REVOKE, By::Nobody, &form).await),
        ("revoke by stranger", server.post(REVOKE, SECOND, &form).await),
        ("revoke by hint", server.post(REVOKE, CLIENT, &format!("{form}&token_type_hint=refresh_token")).await),
        ("introspect after", server.post(INTROSPECT, CLIENT, &form).await),
        ("revoke with nonsense", server.post(REVOKE, CLIENT, "token=x&token_type_hint=nonsense").await),
        ("revoke refresh", server.post(REVOKE, CLIENT, &format!("token={refresh}")).await),
        ("introspect refresh after", server.post(INTROSPECT, CLIENT, &format!("token={refresh}")).await),
    ] {
        seen.answer(what, &answer);
    }
    let issued = server.login("read").await;
    server.post(REVOKE, CLIENT, &format!("token={}", of(&issued, "refresh_token"))).await;
    let form = format!("token={}", of(&issued, "access_token"));
    seen.answer("introspect access after refresh", &server.post(INTROSPECT, CLIENT, &form).await);
}

async fn next_door(server: &Server, seen: &mut Seen) {
    let issued = server.login("openid").await;
    let there = |endpoint: &str| format!("/demo/neighbour/oauth2/{endpoint}");
    let form = format!("token={}", of(&issued, "access_token"));
    let bearer = format!("Bearer {}", of(&issued, "access_token"));
    let refresh = format!("grant_type=refresh_token&refresh_token={}", of(&issued, "refresh_token"));
    for (what, answer) in [
        ("introspect", server.post(&there("introspect"), CLIENT, &form).await),
        ("userinfo", server.get(&there("userinfo"), By::Header(&bearer)).await),
        ("refresh", server.post(&there("token"), CLIENT, &refresh).await),
        ("alice", server.post(&there("token"), CLIENT, ALICE).await),
        ("special", server.post(&there("token"), SPECIAL, CAROL).await),
    ] {
        seen.answer(&format!("next door: {what}"), &answer);
    }
}

/// What is left when time has passed, or somebody has guessed too often.
async fn over(server: &Server, seen: &mut Seen) {
    let access = of(&server.login("openid").await, "access_token").to_owned();
    server.clock.advance(Duration::from_secs(3600));
    seen.answer("introspect expired", &server.post(INTROSPECT, CLIENT, &format!("token={access}")).await);
    seen.answer("userinfo expired", &server.get(USERINFO, By::Header(&format!("Bearer {access}"))).await);
    for _ in 0..30 {
        server.post(TOKEN, By::Basic("demo-second", "guess"), "grant_type=x").await;
    }
    seen.answer("guessing", &server.post(TOKEN, By::Basic("demo-second", "guess"), "grant_type=x").await);
}

/// The documents whose faults show here; those of the token endpoint's own requests and answers show elsewhere.
fn shows_here(requirement: &str) -> bool {
    let documents = ["rfc6750/", "rfc7009/", "rfc7515/", "rfc7517/", "rfc7518/", "rfc7519/", "rfc7662/", "rfc8414/"];
    let more = ["rfc8725/", "rfc9068/", "oidc-core/", "oidc-discovery/", "practice/tenants/"];
    let tokens = ["rfc6749/10.3/", "rfc6749/10.4/", "rfc6749/10.10/"];
    documents.iter().chain(&more).chain(&tokens).any(|document| requirement.starts_with(document))
}

/// Signatures are too long to compare and hold or do not; how many of them hold is a fact of its own.
async fn signatures_hold(policy: Policy) -> Vec<bool> {
    let server = server(policy);
    let jwks = server.get("/demo/demo/.well-known/jwks.json", By::Nobody).await;
    let Ok(keys) = serde_json::from_value::<jsonwebtoken::jwk::JwkSet>(jwks.body) else { return Vec::new() };
    let Some(key) = keys.keys.last().and_then(|key| jsonwebtoken::DecodingKey::from_jwk(key).ok()) else {
        return Vec::new();
    };
    let first = server.login("openid").await;
    let refresh = format!("grant_type=refresh_token&refresh_token={}", of(&first, "refresh_token"));
    let public = "grant_type=password&username=bob&password=builder-42&scope=openid&client_id=demo-public";
    let answers = [server.post(TOKEN, CLIENT, &refresh).await, server.post(TOKEN, By::Nobody, public).await, first];
    let mut hold = Vec::new();
    for answer in &answers {
        for name in ["access_token", "id_token"] {
            let held = answer.body[name].as_str().and_then(|token| {
                let (signed, signature) = token.rsplit_once('.')?;
                let algorithm = jsonwebtoken::decode_header(token).ok()?.alg;
                jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key, algorithm).ok()
            });
            hold.push(held.unwrap_or_default());
        }
    }
    hold
}

#[tokio::test]
async fn each_of_them_shows() {
    let strict = walk(Policy::strict()).await;
    assert_eq!(strict.facts, walk(Policy::strict()).await.facts, "the strict server is the same each time");
    assert!(is_distinct(&strict.drawn));
    let held = signatures_hold(Policy::strict()).await;
    assert_eq!(held, [true; 6]);

    let faults = FAULTS.iter().map(|fault| (fault.id, fault.breaks, fault.policy()));
    let variants = VARIANTS.iter().map(|variant| (variant.id, variant.permitted_by, variant.policy()));
    let mut idle = Vec::new();
    let elsewhere = inputs::shown();
    let here = faults.chain(variants).filter(|(_, requirement, _)| shows_here(requirement));
    for (id, requirement, policy) in here.filter(|(id, ..)| !elsewhere.contains(id)) {
        let seen = walk(policy.clone()).await;
        let same = seen.facts == strict.facts && is_distinct(&seen.drawn);
        if same && signatures_hold(policy).await == held {
            idle.push((id, requirement));
        }
    }
    assert!(idle.is_empty(), "{idle:?}");
}

/// A member that a fault may have taken away.
fn of<'a>(answer: &'a Answer, member: &str) -> &'a str {
    answer.body[member].as_str().unwrap_or("none")
}

fn is_distinct(drawn: &[String]) -> bool {
    drawn.iter().collect::<BTreeSet<_>>().len() == drawn.len()
}
