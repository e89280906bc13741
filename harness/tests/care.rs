//! Real accounts and busy servers: budgets, rests, lock-outs, and a run that sends nothing.

#[path = "support/accounts.rs"]
mod accounts;
#[path = "support/run.rs"]
mod run;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::body::{Body, to_bytes};
use axum::extract::Request as Received;
use axum::middleware::{Next, from_fn};
use ropcheck::drawn::Drawn;
use ropcheck::embedded::demo_target;
use ropcheck::forecast::Forecast;
use ropcheck::judge::judge;
use ropcheck::library::Library;
use ropcheck::pace::Pace;
use ropcheck::plan::{Offers, plan};
use ropcheck::session::Subject;
use ropcheck::suite::Suite;
use ropcheck::walk::{Ground, Start, walk};
use ropcheck::wire::{Time, Wire};
use ropcheck_reference_server::{Clock, Config, HashCost, LoginThrottle, Policy, app};
use ropcheck_reports::record::{Because, Finding};
use ropcheck_reports::run::Run;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::{MockServer, ResponseTemplate};

use crate::accounts::{grant, refusal, sent, server, target, text};
use crate::run::ropcheck;

/// Cases that log in well, that do not, and that do not twice.
const CASES: &str = r"
- id: a-good
  title: A right password is granted
  steps: [{ send: { like: good-login }, expect: { rfc6749/4.3.3/granted: [granted] } }]
- id: b-wrong
  title: A wrong password is refused
  steps:
    - send: { like: good-login, change: { set: { password: { damaged: flip } } } }
      expect: { rfc6749/4.3.2/validate-credentials: [not_granted] }
- id: c-wrong-twice
  title: A wrong password is refused twice
  steps:
    - times: 2
      send: { like: good-login, change: { set: { password: { damaged: drop } } } }
      expect: { rfc6749/4.3.2/validate-credentials: [not_granted] }
- id: d-good
  title: A right password is granted again
  steps: [{ send: { like: good-login }, expect: { rfc6749/4.3.3/granted: [granted] } }]
";

/// A folder with those cases as `care/…`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("care.yaml"), CASES).expect("a scenario file");
    folder
}

fn suite(only: &str) -> Suite {
    let library = Library::load(Some(folder().path())).unwrap_or_else(|complaint| panic!("{complaint}"));
    Suite::of(Arc::new(library)).only(only).expect("there are cases")
}

/// What a promise of a case came to: nothing where it was met.
fn left_open(run: &Run, case: &str) -> Option<(Because, String)> {
    let case = run.cases.iter().find(|one| one.case.id == case).unwrap_or_else(|| panic!("{case} was run"));
    match &case.judged.first().expect("it was judged").found.finding {
        Finding::Unjudged { because, detail } => Some((*because, detail.clone())),
        Finding::Met => None,
        broken @ Finding::Broken { .. } => panic!("{}: {broken:?}", case.case.id),
    }
}

// Rests.

/// One case walked on a clock that is moved: what was found, what was sent, and how far the clock went.
async fn walked(case: &str, (server, endpoint): (MockServer, String), more: &str) -> (Finding, Vec<String>, Duration) {
    let (target, suite) = (target(text(&endpoint, 0, more)), suite("care/*"));
    let plan = plan(case, &suite.library().scenarios[case], suite.library(), &target, &Offers::new()).expect("a plan");
    let (clock, wire) = (Clock::system(), Wire::new(&target).expect("a client"));
    let pace = Arc::new(Pace::of(&target.limits()));
    let ground = Ground::new(wire, &target, pace, Time::Moved(clock.clone()));
    let walked = walk(&plan, &Drawn::none(), Start::Now, &ground).await;
    let mut found = Vec::new();
    judge(&plan, &walked, &mut |one| found.push(one.finding));
    let moved = clock.now().duration_since(SystemTime::now()).unwrap_or_default();
    (found.remove(0), sent(&server).await, Duration::from_secs((moved + Duration::from_millis(500)).as_secs()))
}

/// The headers of a 429 or 503 that comes to the first wrong password · the time that passes before it is sent again.
#[tokio::test]
async fn a_short_rest_is_taken_and_the_control_is_sent_again_after_it() {
    let date = "Wed, 21 Oct 2015 07:28:00 GMT";
    for (status, headers, rest) in [
        (429, vec![("retry-after", "3")], 3),
        (503, vec![("retry-after", "2")], 2),
        (503, vec![("retry-after", "Wed, 21 Oct 2015 07:28:04 GMT"), ("date", date)], 4),
        (429, vec![], 1),
    ] {
        let server = server(move |_, right, before| match (right, before) {
            (true, _) => grant(),
            (false, 0 | 1) => {
                headers.iter().fold(refusal(status), |answer, (name, value)| answer.insert_header(*name, *value))
            }
            (false, _) => refusal(400),
        })
        .await;
        let (finding, sent, moved) = walked("care/b-wrong", server, "").await;
        assert_eq!((finding, moved), (Finding::Met, Duration::from_secs(rest)), "{status}");
        assert_eq!(sent, ["alice", "alice!", "alice", "alice!"], "{status}: the control, the case, and both again");
    }
}

#[tokio::test]
async fn a_server_without_words_for_now_is_no_server_that_asks_for_a_rest() {
    let server = server(|_, right, _| if right { grant() } else { ResponseTemplate::new(503) }).await;
    let (finding, sent, moved) = walked("care/b-wrong", server, "").await;
    assert_eq!((finding, sent.len(), moved), (Finding::Met, 2, Duration::ZERO), "a 503 grants nothing");
}

#[tokio::test]
async fn a_long_rest_leaves_the_rest_of_the_run_unjudged() {
    let (server, endpoint) = server(|_, _, before| match before {
        0 => grant(),
        _ => ResponseTemplate::new(503).insert_header("retry-after", "600"),
    })
    .await;
    let run = suite("care/*").run(Subject::Target(Box::new(target(text(&endpoint, 0, ""))))).await.expect("it begins");
    for case in ["care/b-wrong", "care/c-wrong-twice", "care/d-good"] {
        let (because, detail) = left_open(&run, case).expect("nothing is known of it");
        assert_eq!(because, Because::Throttled, "{case}: {detail}");
        assert!(detail.contains("asked for a rest of 10m") && detail.contains("`patience` is 5s"), "{detail}");
    }
    let requests = server.received_requests().await.expect("they are kept");
    assert_eq!(requests.len(), 2, "the login that teaches, and the request that was told to wait");
}

/// What was asked for could not be judged, however many checks of every answer were.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_which_no_case_was_judged_exits_3() {
    for (only, code) in [("care/[bc]*", 3), ("care/[ab]*", 0)] {
        let (_server, endpoint) = server(|user, right, _| match (user, right) {
            ("", _) => refusal(400),
            (_, true) => grant(),
            (_, false) => ResponseTemplate::new(503).insert_header("retry-after", "600"),
        })
        .await;
        let (cases, file) = (folder(), tempfile::tempdir().expect("a folder"));
        let (scenarios, target) = (cases.path().display().to_string(), written(&file, &text(&endpoint, 0, "")));
        let args = ["check", "--scenarios", &scenarios, "--only", only, "--target", &target].map(str::to_owned);
        let ran = tokio::task::spawn_blocking(move || ropcheck(args)).await.expect("it ends");
        ran.exits(code).says(&["not judged", "checks of every answer"]);
    }
}

// Accounts.

/// How a server answers for an account that is shut, a right password or a wrong one.
type Shut = fn(bool) -> ResponseTemplate;

/// A server that shuts an account at its second wrong password, and says so in one way or another.
async fn locking(how: Shut) -> (MockServer, String) {
    let wrong = Mutex::new(BTreeMap::<String, u32>::new());
    server(move |user, right, _| {
        let mut wrong = wrong.lock().expect("no test panics with it");
        let wrong = wrong.entry(user.to_owned()).or_default();
        *wrong += u32::from(!right);
        match (*wrong, right) {
            (2.., _) => how(right),
            (_, true) => grant(),
            (_, false) => refusal(400),
        }
    })
    .await
}

#[tokio::test]
async fn a_lock_out_is_told_and_its_account_left_alone() {
    let wrong = ["alice", "alice", "alice!", "alice!"].as_slice();
    let (by_a_wrong, by_a_good) = ("failed login 2 in a row", "a good login after 2 that failed");
    // How the server says it · how that is told · what showed it · every login that was sent.
    let ways: [(Shut, &str, &str, &[&str]); 3] = [
        (|_| ResponseTemplate::new(423), "status 423, an empty body", by_a_wrong, wrong),
        (|_| refusal(429).insert_header("retry-after", "900"), "status 429", by_a_wrong, wrong),
        (
            |_| refusal(400),
            "status 400, error `invalid_grant`",
            by_a_good,
            &["alice", "alice", "alice!", "alice!", "alice"],
        ),
    ];
    for (how, told, by, wanted) in ways {
        let (server, endpoint) = locking(how).await;
        let suite = suite("care/[bcd]*");
        let run = suite.run(Subject::Target(Box::new(target(text(&endpoint, 0, ""))))).await.expect("it begins");
        let (because, detail) =
            left_open(&run, "care/d-good").expect("a good login would be refused for our own doing");
        assert_eq!(because, Because::LockedOut, "{detail}");
        assert!(detail.contains("user `alice` is locked out since 20") && detail.contains(told), "{detail}");
        assert_eq!(run.notices().len(), 1, "{:?}", run.notices());
        assert!(run.notices()[0].contains(by), "{:?}", run.notices());
        let sent = sent(&server).await;
        assert_eq!(sent, wanted, "{told}: nothing is tried on the account any more");
    }
}

#[tokio::test]
async fn wrong_passwords_are_tried_on_users_that_may_be_locked_out() {
    let (server, endpoint) = locking(|_| ResponseTemplate::new(423)).await;
    let run = suite("care/*").run(Subject::Target(Box::new(target(text(&endpoint, 2, ""))))).await.expect("it begins");
    for case in ["care/a-good", "care/b-wrong", "care/d-good"] {
        assert_eq!(left_open(&run, case), None, "{case}");
    }
    let sent = sent(&server).await;
    assert!(sent.contains(&"decoy-1!".to_owned()) && !sent.contains(&"alice!".to_owned()), "{sent:?}");
    assert!(run.notices()[0].contains("user `decoy-1` is locked out"), "{:?}", run.notices());

    // The next case takes the next one.
    let (server, endpoint) = locking(|_| ResponseTemplate::new(423)).await;
    let library = suite("care/*");
    let target = target(text(&endpoint, 2, ""));
    let session = Arc::new(library.open(Subject::Target(Box::new(target))).await.expect("it begins"));
    for (case, user) in [("care/c-wrong-twice", "decoy-1!"), ("care/b-wrong", "decoy-2!")] {
        session.run(case).await;
        assert_eq!(self::sent(&server).await.last().map(String::as_str), Some(user), "{case}");
    }
}

#[tokio::test]
async fn what_the_budget_of_the_run_does_not_bear_is_told() {
    let (server, endpoint) = server(|_, right, _| if right { grant() } else { refusal(400) }).await;
    let limits = "limits: { failed_logins_in_all: 2 }\n";
    let run =
        suite("care/*").run(Subject::Target(Box::new(target(text(&endpoint, 0, limits))))).await.expect("it begins");
    let (because, detail) = left_open(&run, "care/c-wrong-twice").expect("it is one too many");
    assert_eq!(because, Because::Budget);
    assert!(detail.contains("failed-login budget of the whole run spent"), "{detail}");
    assert!(detail.contains("raise `limits.failed_logins_in_all`"), "{detail}");
    assert_eq!(sent(&server).await.iter().filter(|login| login.ends_with('!')).count(), 2);
    assert_eq!((left_open(&run, "care/b-wrong"), left_open(&run, "care/d-good")), (None, None));
}

// Pace.

/// When three users send one request each, and when it was answered, within limits and at a server that takes its time.
async fn three_at_once(limits: &str, takes: Duration) -> Vec<(Duration, Duration)> {
    let (_server, endpoint) = server(move |_, _, _| grant().set_delay(takes)).await;
    let target = target(text(&endpoint, 0, &format!("limits: {{ {limits} }}\n")));
    let suite = suite("care/a-good");
    let plan = plan("care/a-good", &suite.library().scenarios["care/a-good"], suite.library(), &target, &Offers::new());
    let plan = plan.expect("a plan");
    let ground =
        Ground::new(Wire::new(&target).expect("a client"), &target, Arc::new(Pace::of(&target.limits())), Time::Real);
    let drawn = Drawn::none();
    let one = || Box::pin(walk(&plan, &drawn, Start::Now, &ground));
    let (a, b, c) = tokio::join!(one(), one(), one());
    let exchanges = [a, b, c].into_iter().flat_map(|walked| walked.exchanges);
    let mut times: Vec<_> = exchanges.map(|one| (one.sent_at, one.sent_at + one.took)).collect();
    times.sort_unstable();
    times
}

#[tokio::test]
async fn requests_keep_their_distance_however_many_walk() {
    let times = three_at_once("requests_per_second: 200", Duration::ZERO).await;
    let apart = |pair: &[(Duration, Duration)]| pair[1].0 >= pair[0].0 + Duration::from_millis(5);
    assert!(times.len() == 3 && times.windows(2).all(apart), "five milliseconds apart: {times:?}");
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_the_limit_however_many_walk() {
    let times = three_at_once("concurrency: 1", Duration::from_millis(15)).await;
    let alone = |pair: &[(Duration, Duration)]| pair[1].0 >= pair[0].1;
    assert!(times.len() == 3 && times.windows(2).all(alone), "one at a time: {times:?}");
}

// Silence.

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_ends_the_run_with_one_message() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = format!("http://{}/token", listener.local_addr().expect("a port"));
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let asked = count.fetch_add(1, Ordering::Relaxed);
            let _read = connection.read(&mut [0; 16 * 1024]).await;
            // The first one is granted, and every later one finds the connection closed.
            if asked == 0 {
                let body = r#"{"access_token":"opaque-access-4f9d1c7be2","token_type":"Bearer","expires_in":60}"#;
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\npragma: no-cache\r\n\
                     date: Mon, 23 Nov 2026 06:00:00 GMT\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _sent = connection.write_all(format!("{head}{body}").as_bytes()).await;
            }
            let _closed = connection.shutdown().await;
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(&folder, &text(&endpoint, 0, ""));
    let ran = tokio::task::spawn_blocking(move || ropcheck(["check", "--only", "rfc6749/*", "--target", &file])).await;
    let ran = ran.expect("it ends").exits(3);
    let message = "5 requests in a row got no whole answer: the run was ended";
    assert_eq!(ran.stdout.matches(message).count(), 1, "{}", ran.stdout);
    assert_eq!(asked.load(Ordering::Relaxed), 6, "one that was granted and five that were not");
}

fn written(folder: &TempDir, text: &str) -> String {
    let file: PathBuf = folder.path().join("target.yaml");
    fs::write(&file, text).expect("a target file");
    file.display().to_string()
}

// A run that sends nothing.

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_connects_to_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = format!("http://{}/token", listener.local_addr().expect("a port"));
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = format!("issuer: {}\n", endpoint.trim_end_matches("/token"));
    let file = written(&folder, &text(&endpoint, 1, &issuer));
    let ran = tokio::select! {
        _ = listener.accept() => panic!("a dry run connects"),
        ran = tokio::task::spawn_blocking(move || ropcheck(["check", "--dry-run", "--target", &file])) => ran.expect("it ends"),
    };
    let ran = ran.exits(0).says(&["nothing was sent", "to run", "requests", "decoy-1", "sacrificial"]);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("wonderland"), "{}", ran.stdout);
}

/// What the dry run tells is what the accounts of a right server see.
#[tokio::test]
async fn a_dry_run_tells_what_will_be_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("a port"));
    let login_throttle = LoginThrottle { failures: 1000, ..LoginThrottle::default() };
    let config = Config { hash_cost: HashCost::LOWEST, login_throttle, ..Config::demo(&base) };
    let seen = Arc::new(Mutex::new((0_u64, BTreeMap::<String, u64>::new())));
    let sees = Arc::clone(&seen);
    let layer = from_fn(move |request: Received, next: Next| {
        let sees = Arc::clone(&sees);
        async move {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
            {
                let mut sees = sees.lock().expect("no test panics with it");
                sees.0 += 1;
                let mut form = url::form_urlencoded::parse(&body);
                if let Some((_, user)) = form.find(|(name, _)| name == "username") {
                    *sees.1.entry(user.into_owned()).or_default() += 1;
                }
            }
            next.run(Received::from_parts(head, Body::from(body))).await
        }
    });
    let app = app(config, Policy::strict()).expect("the demo can be served").layer(layer);
    tokio::spawn(async move { axum::serve(listener, app).await });

    let target = target(format!("{}patience: 0s\n", demo_target(&base)));
    let suite = suite("rfc6749/*");
    let forecast = Forecast::of(&suite, &target);
    let run = suite.run(Subject::Target(Box::new(target))).await.expect("it begins");
    assert_eq!((run.tally.failed, run.tally.unjudged), (0, 0));
    let seen = seen.lock().expect("no test panics with it");
    assert_eq!(forecast.requests, seen.0);
    // The usual user's name stands in requests that are no logins, too.
    for (user, name) in [("bob", "bob"), ("decoy", "decoy-1")] {
        let account = forecast.accounts.iter().find(|account| account.user == user).expect("it is in the file");
        assert_eq!(account.good + account.failing, seen.1[name], "{user}");
    }
    let spared = forecast.accounts.iter().find(|account| account.user == "alice").expect("it is in the file");
    assert_eq!((spared.failing, spared.in_a_row), (0, 0), "another user may be locked out");
    assert!(forecast.accounts.iter().all(|account| account.in_a_row <= 2), "{:?}", forecast.accounts);
}
