//! Several uses of one refresh token at once, and what goes wrong once in many answers.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ropcheck_reference_server::{FAULTS_IN_A_RACE, Policy, VARIANTS, every_fault};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::server::{Answer, CLIENT, INTROSPECT, Server, TOKEN, posted, refresh};

const AT_ONCE: usize = 6;

/// What came of uses of one refresh token at once, and of a use of it afterwards.
struct Raced {
    server: Server,
    won: Vec<Answer>,
    lost: Vec<Answer>,
}

impl Raced {
    async fn on(policy: Policy) -> Self {
        let server = Server::with(|_| (), policy);
        let token = server.login("read").await.text("refresh_token").to_owned();
        let mut uses = JoinSet::new();
        for _ in 0..AT_ONCE {
            let asked = server.asked(posted(TOKEN, CLIENT, &refresh(&token)));
            uses.spawn(asked);
        }
        let (won, lost) = uses.join_all().await.into_iter().partition(|answer| answer.status == 200);
        Self { server, won, lost }
    }

    fn errors(&self) -> Vec<(u16, &str)> {
        self.lost.iter().map(Answer::error).collect()
    }

    /// The distinct texts of a member of the answers that won.
    fn distinct(&self, member: &str) -> usize {
        self.won.iter().map(|answer| answer.text(member)).collect::<BTreeSet<_>>().len()
    }

    /// How many of the access tokens that were won are active.
    async fn active(&self) -> usize {
        let mut active = 0;
        for answer in &self.won {
            let form = format!("token={}", answer.text("access_token"));
            active += usize::from(self.server.post(INTROSPECT, CLIENT, &form).await.body["active"] == true);
        }
        active
    }

    /// How many of the refresh tokens that were won can be used, one after the other.
    async fn renewable(&self) -> usize {
        let mut good = 0;
        for answer in &self.won {
            let form = refresh(answer.text("refresh_token"));
            good += usize::from(self.server.post(TOKEN, CLIENT, &form).await.status == 200);
        }
        good
    }
}

fn fault(id: &str) -> Policy {
    every_fault().find(|fault| fault.id == id).unwrap_or_else(|| panic!("no fault {id}")).policy()
}

fn variant(id: &str) -> Policy {
    VARIANTS.iter().find(|variant| variant.id == id).unwrap_or_else(|| panic!("no variant {id}")).policy()
}

const REFUSED: (u16, &str) = (400, "invalid_grant");

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_use_wins_and_the_others_are_replays_that_end_the_family() {
    for _ in 0..20 {
        let raced = Raced::on(Policy::strict()).await;
        assert_eq!(raced.won.len(), 1);
        assert_eq!(raced.errors(), [REFUSED; AT_ONCE - 1]);
        assert_eq!((raced.active().await, raced.renewable().await), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn where_replays_end_nothing_those_at_once_end_nothing() {
    for _ in 0..20 {
        let raced = Raced::on(fault("replay-ends-nothing")).await;
        assert_eq!(raced.won.len(), 1);
        assert_eq!(raced.errors(), [REFUSED; AT_ONCE - 1]);
        assert_eq!((raced.active().await, raced.renewable().await), (1, 1));
    }
}

#[tokio::test]
async fn several_win_for_good() {
    let raced = Raced::on(fault("simultaneous-refresh-wins-all")).await;
    assert_eq!(raced.won.len(), AT_ONCE);
    assert_eq!((raced.distinct("access_token"), raced.distinct("refresh_token")), (AT_ONCE, AT_ONCE));
    assert_eq!((raced.active().await, raced.renewable().await), (AT_ONCE, AT_ONCE));
}

#[tokio::test]
async fn several_win_one_refresh_token_and_one_jti() {
    let raced = Raced::on(fault("simultaneous-refresh-twins")).await;
    assert_eq!(raced.won.len(), AT_ONCE);
    assert_eq!((raced.distinct("access_token"), raced.distinct("refresh_token")), (AT_ONCE, 1));
    let jti = |answer: &Answer| claims(answer.text("access_token"))["jti"].to_string();
    assert_eq!(raced.won.iter().map(jti).collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(raced.active().await, AT_ONCE);
}

#[tokio::test]
async fn none_wins() {
    let raced = Raced::on(fault("simultaneous-refresh-none-wins")).await;
    assert_eq!(raced.errors(), [REFUSED; AT_ONCE]);
}

#[tokio::test]
async fn the_others_bring_a_500() {
    let raced = Raced::on(fault("simultaneous-refresh-crashes")).await;
    assert_eq!(raced.errors(), [(500, "server_error"); AT_ONCE - 1]);
    assert_eq!((raced.active().await, raced.renewable().await), (1, 1));
}

#[tokio::test]
async fn the_others_end_what_was_won_though_a_replay_does_not() {
    let raced = Raced::on(fault("simultaneous-refresh-ends-all")).await;
    assert_eq!(raced.errors(), [REFUSED; AT_ONCE - 1]);
    assert_eq!((raced.active().await, raced.renewable().await), (0, 0));
    let first = raced.server.login("read").await;
    let second = raced.server.post(TOKEN, CLIENT, &refresh(first.text("refresh_token"))).await;
    let replay = raced.server.post(TOKEN, CLIENT, &refresh(first.text("refresh_token"))).await;
    assert_eq!(replay.error(), REFUSED);
    let third = raced.server.post(TOKEN, CLIENT, &refresh(second.text("refresh_token"))).await;
    assert_eq!(third.status, 200, "{}", third.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_win_within_a_grace_window_and_none_after_it() {
    let raced = Raced::on(variant("grace-for-replaced-token")).await;
    assert_eq!((raced.won.len(), raced.distinct("refresh_token")), (AT_ONCE, AT_ONCE));
    assert_eq!((raced.active().await, raced.renewable().await), (AT_ONCE, AT_ONCE));
    let token = raced.server.login("read").await.text("refresh_token").to_owned();
    let mut uses = Vec::new();
    for seconds in [0, 8, 3] {
        raced.server.clock.advance(std::time::Duration::from_secs(seconds));
        uses.push(raced.server.post(TOKEN, CLIENT, &refresh(&token)).await.status);
    }
    assert_eq!(uses, [200, 200, 400]);
}

#[tokio::test]
async fn a_race_of_one_is_won() {
    for fault in FAULTS_IN_A_RACE {
        let server = Server::with(|_| (), fault.policy());
        let first = server.login("read").await;
        let second = server.post(TOKEN, CLIENT, &refresh(first.text("refresh_token"))).await;
        let third = server.post(TOKEN, CLIENT, &refresh(second.text("refresh_token"))).await;
        assert_eq!((second.status, third.status), (200, 200), "{}", fault.id);
    }
}

/// What many good logins brought that was not a grant of alice's, or had been brought before.
async fn odd(policy: Policy) -> Vec<String> {
    let server = Server::with(|_| (), policy);
    let mut seen = BTreeSet::new();
    let mut odd = Vec::new();
    for _ in 0..600 {
        let answer = server.post(TOKEN, CLIENT, &format!("{}&scope=read", crate::server::ALICE)).await;
        if answer.body.get("access_token").is_none() {
            let headers = ["retry-after", "cache-control"].map(|name| answer.headers.contains_key(name));
            odd.push(format!("{} {} {headers:?}", answer.status, answer.error().1));
            continue;
        }
        for member in ["access_token", "refresh_token"] {
            if !seen.insert(answer.text(member).to_owned()) {
                odd.push(format!("{member} again"));
            }
        }
        let claims = claims(answer.text("access_token"));
        if let Some(jti) = claims["jti"].as_str().filter(|jti| !seen.insert((*jti).to_owned())) {
            odd.push(format!("jti {jti} again"));
        }
        if let Some(sub) = claims["sub"].as_str().filter(|sub| *sub != "user-alice") {
            odd.push(sub.to_owned());
        }
    }
    odd
}

/// `Null` where the token is none.
fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    claims.map_or(Value::Null, |claims| serde_json::from_slice(&claims).unwrap())
}

#[tokio::test]
async fn what_goes_wrong_at_times_does_so() {
    assert_eq!(odd(Policy::strict()).await, [""; 0]);
    for (id, wanted, times) in [
        ("access-token-twice-at-times", "access_token again", 5),
        ("busy-answer-cacheable", "503 temporarily_unavailable [true, false]", 6),
        ("busy-answer-without-retry-after", "429 temporarily_unavailable [false, true]", 6),
        ("error-with-status-200-at-times", "200 temporarily_unavailable [true, true]", 6),
        ("page-with-status-502-at-times", "502 none [false, true]", 6),
        ("refresh-token-twice-at-times", "refresh_token again", 5),
        ("token-of-another-at-times", "user-mallory", 6),
    ] {
        assert_eq!(odd(fault(id)).await, vec![wanted; times], "{id}");
    }
    // Where that happens within a second the whole token comes again.
    let wrapped = odd(fault("jti-counter-wraps")).await;
    assert_eq!(wrapped.iter().filter(|odd| odd.starts_with("jti")).count(), 600 - 512);
}
