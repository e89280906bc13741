//! What is asked for: grants that may be switched off, users with their passwords, scopes.

use std::time::Duration;

use http::header::RETRY_AFTER;
use ropcheck_reference_server::{Grant, LoginThrottle, Policy};

use super::{ask, scopes};
use crate::server::{ALICE, By, CLIENT, SPECIAL, Server};

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
