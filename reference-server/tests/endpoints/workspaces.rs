//! Workspaces side by side: what is issued in one is worth nothing in another.

use http::header::RETRY_AFTER;
use ropcheck_reference_server::{Clock, LoginThrottle, Policy, Workspace};
use serde_json::json;

use crate::server::{ALICE, Answer, By, CLIENT, INTROSPECT, SECOND, SPECIAL, Server, TOKEN};

const CAROL: &str = "grant_type=password&username=carol&password=crystal-palace-5&scope=openid";

fn two() -> Server {
    Server::with(|config| config.workspaces.push(Workspace::neighbour()), Policy::strict())
}

async fn next_door(server: &Server, endpoint: &str, form: &str) -> Answer {
    server.post(&format!("/demo/neighbour/oauth2/{endpoint}"), CLIENT, form).await
}

#[tokio::test]
async fn a_neighbour_has_the_same_clients_and_other_users() {
    let server = two();
    let carol = next_door(&server, "token", CAROL).await;
    assert_eq!(carol.status, 200, "{}", carol.body);
    let alice = next_door(&server, "token", ALICE).await;
    assert_eq!(alice.error(), (400, "invalid_grant"));
    assert_eq!(server.post(TOKEN, CLIENT, CAROL).await.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn tokens_of_one_workspace_are_nothing_in_another() {
    let server = two();
    let issued = server.login("openid").await;
    let refresh = format!("grant_type=refresh_token&refresh_token={}", issued.text("refresh_token"));
    assert_eq!(next_door(&server, "token", &refresh).await.error(), (400, "invalid_grant"));
    for token in [issued.text("access_token"), issued.text("refresh_token"), issued.text("id_token")] {
        let form = format!("token={token}");
        assert_eq!(next_door(&server, "introspect", &form).await.body, json!({ "active": false }));
        assert_eq!(next_door(&server, "revoke", &form).await.status, 200, "as unknown as any");
        let bearer = format!("Bearer {token}");
        let userinfo = server.get("/demo/neighbour/oauth2/userinfo", By::Header(&bearer)).await;
        assert_eq!(userinfo.error(), (401, "invalid_token"));
    }
    for token in [issued.text("access_token"), issued.text("refresh_token")] {
        let here = server.post(INTROSPECT, CLIENT, &format!("token={token}")).await;
        assert_eq!(here.body["active"], true, "what happened next door is no matter here");
    }
    assert_eq!(server.post(TOKEN, CLIENT, &refresh).await.status, 200);
}

#[tokio::test]
async fn a_workspace_may_have_a_throttle_of_its_own() {
    let server = Server::with(
        |config| {
            config.login_throttle = LoginThrottle { failures: 5, ..LoginThrottle::default() };
            let own = LoginThrottle { failures: 2, window_s: 7, ..LoginThrottle::default() };
            config.workspaces.push(Workspace { login_throttle: Some(own), ..Workspace::neighbour() });
        },
        Policy::strict(),
    );
    let guess = "grant_type=password&username=somebody&password=guess";
    for (workspace, limit) in [("neighbour", 2), ("demo", 5)] {
        let path = format!("/demo/{workspace}/oauth2/token");
        for _ in 0..limit {
            assert_eq!(server.post(&path, CLIENT, guess).await.status, 400);
        }
        let answer = server.post(&path, CLIENT, guess).await;
        assert_eq!(answer.status, 429, "{workspace}");
        let wait: u64 = answer.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert_eq!(wait <= 7, workspace == "neighbour");
    }
}

#[tokio::test]
async fn a_workspace_lives_in_its_own_time() {
    let clock = Clock::system();
    let server = Server::with(
        |config| config.workspaces.push(Workspace { clock: clock.clone(), ..Workspace::neighbour() }),
        Policy::strict(),
    );
    let there = next_door(&server, "token", CAROL).await;
    server.clock.advance(std::time::Duration::from_secs(3600));
    let told = next_door(&server, "introspect", &format!("token={}", there.text("access_token"))).await;
    assert_eq!(told.body["active"], true);
    clock.advance(std::time::Duration::from_secs(3600));
    let told = next_door(&server, "introspect", &format!("token={}", there.text("access_token"))).await;
    assert_eq!(told.body["active"], false);
}

#[tokio::test]
async fn a_client_is_known_where_it_is_registered() {
    let server = two();
    assert_eq!(server.post(TOKEN, SPECIAL, ALICE).await.status, 200);
    let there = server.post("/demo/neighbour/oauth2/token", SPECIAL, CAROL).await;
    assert_eq!(there.error(), (401, "invalid_client"));
}

#[tokio::test]
async fn guessing_a_client_secret_is_slowed_down_wherever_it_is_tried() {
    let server = Server::with(
        |config| config.login_throttle = LoginThrottle { failures: 3, window_s: 60, ..LoginThrottle::default() },
        Policy::strict(),
    );
    for client in ["demo-basic", "nobody"] {
        for (endpoint, form) in [("token", "grant_type=x"), ("introspect", "token=x"), ("revoke", "token=x")] {
            let path = format!("/demo/demo/oauth2/{endpoint}");
            let answer = server.post(&path, By::Basic(client, "guess"), form).await;
            assert_eq!(answer.error(), (401, "invalid_client"), "{client} {endpoint}");
        }
        let answer = server.post(TOKEN, By::Basic(client, "guess"), "grant_type=x").await;
        assert_eq!(answer.error(), (429, "invalid_client"), "{client}");
        assert!(answer.headers.contains_key(RETRY_AFTER));
    }
    let client_credentials = "grant_type=client_credentials&scope=read";
    assert_eq!(server.post(TOKEN, SECOND, client_credentials).await.status, 200);
    server.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(server.post(TOKEN, CLIENT, client_credentials).await.status, 200);
}

#[tokio::test]
async fn a_client_that_knows_its_secret_starts_afresh() {
    let server = Server::with(
        |config| config.login_throttle = LoginThrottle { failures: 2, ..LoginThrottle::default() },
        Policy::strict(),
    );
    for _ in 0..3 {
        let guess = By::Basic("demo-basic", "guess");
        assert_eq!(server.post(TOKEN, guess, "grant_type=x").await.status, 401);
        assert_eq!(server.login("read").await.status, 200);
    }
}
