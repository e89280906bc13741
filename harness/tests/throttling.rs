//! Cases about many failed attempts: a limit that shows itself, the accounts that it costs, and what is told before the fact.

#[path = "support/accounts.rs"]
mod accounts;
#[path = "support/run.rs"]
mod run;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use ropcheck::drawn::Drawn;
use ropcheck::forecast::Forecast;
use ropcheck::judge::judge;
use ropcheck::library::Library;
use ropcheck::pace::Pace;
use ropcheck::plan::{Offers, plan};
use ropcheck::session::Subject;
use ropcheck::suite::Suite;
use ropcheck::target::Target;
use ropcheck::walk::{Ground, Start, walk};
use ropcheck::wire::{Time, Wire};
use ropcheck_reference_server::Clock;
use ropcheck_reports::record::{Because, Finding};
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::accounts::{grant, refusal, sent, server, target, text};
use crate::run::{Ran, ropcheck};

/// The cases about many failed logins of a user.
const ABOUT_MANY: [&str; 2] = ["practice/enumeration/same-limit", "practice/throttling/wrong-passwords"];

fn suite(only: &str) -> Suite {
    Suite::own().expect("the project's own").only(only).expect("there are cases")
}

async fn check(text: String, args: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("target.yaml");
    fs::write(&file, text).expect("a target file");
    let file = file.display().to_string();
    let args: Vec<String> = ["check", "--target", &file].iter().chain(args).map(ToString::to_string).collect();
    tokio::task::spawn_blocking(move || ropcheck(args)).await.expect("it ends")
}

/// A server that lets nobody in any more after so many wrong passwords for one name, and says how long.
async fn limited(after: u32, told: ResponseTemplate) -> (MockServer, String) {
    let wrong = Mutex::new(BTreeMap::<String, u32>::new());
    server(move |user, right, _| {
        let mut wrong = wrong.lock().expect("no test panics with it");
        let wrong = wrong.entry(user.to_owned()).or_default();
        match (*wrong >= after, right) {
            (true, _) => told.clone(),
            (false, true) => grant(),
            (false, false) => {
                *wrong += 1;
                refusal(400)
            }
        }
    })
    .await
}

fn wait(seconds: &str) -> ResponseTemplate {
    refusal(429).insert_header("retry-after", seconds)
}

// Observing.

/// How the server says that it has had enough · what is told of it · the exit code: no sentence knows 423.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_told_with_the_attempt_at_which_it_showed() {
    let by_the_wrong = "user `decoy-1` is locked out since";
    for (told, shows, code) in [
        (wait("900"), "failed login 4 in a row was answered with status 429", 0),
        (ResponseTemplate::new(423), "failed login 4 in a row was answered with status 423", 1),
    ] {
        for most in ["4", "5", "9", "40"] {
            let (server, endpoint) = limited(3, told.clone()).await;
            let args = ["--only", ABOUT_MANY[1], "--observe-throttling", most];
            check(text(&endpoint, 1, ""), &args).await.exits(code).says(&[by_the_wrong, shows, " 0 not judged"]);
            let sent = sent(&server).await;
            let from = sent.iter().position(|login| login == "decoy-1").expect("its control comes first");
            let wrong = sent[from + 1..].iter().take_while(|login| *login == "decoy-1!").count();
            assert_eq!(wrong, 4, "{most}: {sent:?}");
            assert_eq!(sent[from + 5..], ["decoy-1"], "{most}: the right one alone comes behind the limit");
        }
    }
}

/// Some servers go on saying that the password is wrong: what shows their limit is the right one.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_only_the_right_password_shows_is_told_too() {
    let (_server, endpoint) = limited(3, refusal(400)).await;
    let shows = "user `decoy-1` is locked out since";
    let args = ["--only", ABOUT_MANY[1], "--observe-throttling", "9"];
    let ran = check(text(&endpoint, 1, ""), &args).await.exits(0);
    ran.says(&[shows, "a good login after 9 that failed was answered with status 400"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_limit_within_the_attempts_is_a_note() {
    let (server, endpoint) = limited(1000, wait("900")).await;
    let args = ["--only", ABOUT_MANY[1], "--observe-throttling", "6"];
    let ran = check(text(&endpoint, 1, ""), &args).await.exits(0).says(&["NOTED practice/throttling/wrong-passwords"]);
    assert!(!ran.stdout.contains("locked out"), "{}", ran.stdout);
    assert_eq!(sent(&server).await.iter().filter(|login| *login == "decoy-1!").count(), 6);
}

// A sacrificial user for each case.

fn many(endpoint: &str, decoys: u32, more: &str) -> Target {
    let text = text(endpoint, decoys, &format!("throttled_after: 3\n{more}"));
    Target { throttled_after: NonZeroU32::new(3), ..target(text) }
}

fn both() -> Suite {
    suite("practice/{enumeration/same-limit,throttling/wrong-passwords}")
}

#[tokio::test]
async fn each_case_about_many_has_a_sacrificial_user_of_its_own_where_there_are_enough() {
    for (decoys, told) in [(2, None), (1, Some(Because::LockedOut))] {
        let (server, endpoint) = limited(3, wait("900")).await;
        let target = many(&endpoint, decoys, "");
        let forecast = Forecast::of(&both(), &target);
        let run = both().run(Subject::Target(Box::new(target))).await.expect("it begins");
        let [first, second] = ABOUT_MANY.map(|id| run.cases.iter().find(|one| one.case.id == id).expect("it was run"));
        let left_open = |finding: &Finding| match finding {
            Finding::Unjudged { because, detail } => Some((*because, detail.clone())),
            Finding::Met | Finding::Broken { .. } => None,
        };
        assert!(first.judged.iter().all(|one| one.found.finding == Finding::Met), "{:?}", first.judged);
        let open: Vec<_> = second.judged.iter().filter_map(|one| left_open(&one.found.finding)).collect();
        assert_eq!(open.first().map(|(because, _)| *because), told, "{open:?}");
        for (_, detail) in &open {
            let remedy = "user `decoy-1` is locked out since";
            assert!(
                detail.contains(remedy) && detail.ends_with("give it a second user with `sacrificial: true`"),
                "{detail}"
            );
        }
        // The dry run says the same.
        let told_before: Vec<_> = forecast.unjudged.iter().map(|(why, cases)| (why.as_str(), cases.clone())).collect();
        match (told, told_before.as_slice()) {
            (None, []) => {}
            (Some(_), [(why, cases)]) => {
                assert_eq!(*cases, [ABOUT_MANY[1]]);
                assert!(why.contains("practice/enumeration/same-limit has user `decoy-1` locked out by then"), "{why}");
                assert!(why.contains("give it a second user with `sacrificial: true`"), "{why}");
            }
            (_, other) => panic!("{other:?}"),
        }
        let sent = sent(&server).await;
        for account in &forecast.accounts {
            let failing = sent.iter().filter(|login| **login == format!("{}!", account.user)).count() as u64;
            assert!(failing <= account.failing, "{account:?}: {sent:?}");
            assert_eq!(failing > 0, account.failing > 0, "{account:?}: {sent:?}");
        }
    }
}

/// A server that lets an account in again after one refusal of the right password: for a clock that is moved.
async fn forgiving(seconds: &'static str) -> (MockServer, String) {
    let wrong = Mutex::new(BTreeMap::<String, u32>::new());
    server(move |user, right, _| {
        let mut wrong = wrong.lock().expect("no test panics with it");
        let wrong = wrong.entry(user.to_owned()).or_default();
        match (*wrong >= 3, right) {
            (true, true) => {
                *wrong = 0;
                wait(seconds)
            }
            (true, false) => wait(seconds),
            (false, true) => grant(),
            (false, false) => {
                *wrong += 1;
                refusal(400)
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_short_lock_out_of_the_only_sacrificial_user_is_waited_for() {
    for (seconds, waited) in [("4", 4), ("6", 0)] {
        let (_server, endpoint) = forgiving(seconds).await;
        let (target, suite) = (many(&endpoint, 1, ""), both());
        let (clock, wire) = (Clock::system(), Wire::new(&target).expect("a client"));
        let ground = Ground::new(wire, &target, Arc::new(Pace::of(&target.limits())), Time::Moved(clock.clone()));
        let mut last = Vec::new();
        // The case that lets the right password be refused comes first: the server forgives behind it.
        for id in [ABOUT_MANY[1], ABOUT_MANY[0]] {
            let plan =
                plan(id, &suite.library().scenarios[id], suite.library(), &target, &Offers::new()).expect("a plan");
            let walked = walk(&plan, &Drawn::none(), Start::Now, &ground).await;
            last.clear();
            judge(&plan, &walked, &mut |one| last.push(one.finding));
        }
        let moved = clock.now().duration_since(SystemTime::now()).unwrap_or_default();
        assert_eq!((moved + Duration::from_millis(500)).as_secs(), waited, "{last:?}");
        let is_met = last.iter().all(|finding| *finding == Finding::Met);
        let is_open = |finding: &Finding| matches!(finding, Finding::Unjudged { because: Because::LockedOut, .. });
        assert!(if waited > 0 { is_met } else { last.iter().all(is_open) }, "{last:?}");
    }
}

// Clients.

/// A case that guesses at a client's secret, and two that ask for what it is good for.
const GUESSES: &str = r"
- id: a-guesses
  title: A wrong client secret is refused twice
  steps:
    - times: 2
      send: { like: good-login, change: { auth: { own: { secret: { damaged: flip } } } } }
      expect: { rfc6749/4.4.2/authenticate-client: [not_granted] }
- id: b-good
  title: A right client secret is taken
  steps: [{ send: { like: good-login }, expect: { rfc6749/4.3.3/granted: [granted] } }]
- id: c-good
  title: A right client secret is taken again
  steps: [{ send: { like: good-login }, expect: { rfc6749/4.3.3/granted: [granted] } }]
";

/// How the server refuses a client that it has shut · how that is told.
#[tokio::test]
async fn a_client_that_is_shut_is_told_and_left_alone() {
    for (shut, told) in [
        (ResponseTemplate::new(401).set_body_raw(r#"{"error":"invalid_client"}"#, "application/json"), "status 401"),
        (ResponseTemplate::new(429).insert_header("retry-after", "900"), "status 429, an empty body"),
    ] {
        let server = MockServer::start().await;
        let (right, guesses) = (Mutex::new(None), AtomicU32::new(0));
        let respond = move |request: &Request| {
            let given = request.headers.get("authorization").map(|value| value.as_bytes().to_vec());
            // The first one is the right one.
            let is_right = *right.lock().expect("no test panics with it").get_or_insert(given.clone()) == given;
            match (is_right, guesses.load(Ordering::Relaxed)) {
                (true, 0 | 1) => grant(),
                (true, _) => shut.clone(),
                (false, _) => {
                    guesses.fetch_add(1, Ordering::Relaxed);
                    ResponseTemplate::new(401).set_body_raw(r#"{"error":"invalid_client"}"#, "application/json")
                }
            }
        };
        Mock::given(any()).respond_with(respond).mount(&server).await;
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("clients.yaml"), GUESSES).expect("a scenario file");
        let library = Library::load(Some(folder.path())).unwrap_or_else(|complaint| panic!("{complaint}"));
        let suite = Suite::of(Arc::new(library)).only("clients/*").expect("there are cases");
        let target = target(text(&format!("{}/token", server.uri()), 0, ""));
        let run = suite.run(Subject::Target(Box::new(target))).await.expect("it begins");

        let (who, how) = ("client `web` is locked out since", "a good client authentication after 2 that failed");
        assert_eq!(run.notices().len(), 1, "{:?}", run.notices());
        assert!([who, how, told].iter().all(|words| run.notices()[0].contains(words)), "{:?}", run.notices());
        for id in ["clients/b-good", "clients/c-good"] {
            let case = run.cases.iter().find(|one| one.case.id == id).expect("it was run");
            let finding = &case.judged[0].found.finding;
            assert!(matches!(finding, Finding::Unjudged { because: Because::LockedOut, .. }), "{id}: {finding:?}");
        }
        let last = run.exchanges.values().filter(|one| one.case == "clients/c-good").count();
        assert_eq!(last, 0, "nothing more is sent as that client");
    }
}

// What is told before the fact.

/// What the target file says more, and how many users it lends · what is typed · what is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_why_leave_is_of_no_use_and_what_it_exceeds() {
    let cases: [(&str, u32, &[&str], &[&str]); 6] = [
        (
            "",
            0,
            &["--observe-throttling", "11"],
            &[
                "Skipped in spite of `--observe-throttling 11`:",
                "practice/throttling/wrong-passwords: the target file lacks a user with `sacrificial: true`",
            ],
        ),
        (
            "throttled_after: 10\n",
            1,
            &["--allow-failed-logins", "10"],
            &[
                "Skipped in spite of `--allow-failed-logins 10`:",
                "practice/throttling/wrong-passwords: it would spend 11 failed logins on user `decoy-1` of another machine: \
                 allow them by `--allow-failed-logins 11`",
            ],
        ),
        (
            "",
            1,
            &["--allow-failed-logins", "10"],
            &["practice/throttling/wrong-passwords: the target file tells no `throttled_after`"],
        ),
        (
            "",
            1,
            &["--observe-throttling", "11"],
            &[
                "User `decoy-1` sees 11 failed logins in a row where `limits.failed_logins` is 2: by \
                 `--observe-throttling 11`.",
                "1 case left unjudged (practice/throttling/wrong-passwords): practice/enumeration/same-limit has user \
                 `decoy-1` locked out by then: give it a second user with `sacrificial: true`",
            ],
        ),
        ("throttled_after: 10\n", 2, &["--allow-failed-logins", "11"], &["is 2: by `--allow-failed-logins 11`."]),
        (
            "limits: { failed_logins: 100000, requests_per_second: 50, concurrency: 4 }\n",
            1,
            &[],
            &[
                "less careful failed_logins 100000 (careful: 2)",
                "(other names)",
                "nobody's",
                "none that is drawn sees more",
            ],
        ),
    ];
    for (more, decoys, args, told) in cases {
        let text = text("https://as.example/token", decoys, more);
        let args: Vec<&str> = ["--dry-run"].iter().chain(args).copied().collect();
        let ran = check(text, &args).await.exits(0).says(told);
        assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
        if decoys == 2 {
            assert!(!ran.stdout.contains("left unjudged"), "each has a user of its own: {}", ran.stdout);
        }
    }
}

/// A server on this machine whose metadata name an endpoint on another one is treated with care, and so it is told.
#[tokio::test(flavor = "multi_thread")]
async fn limits_are_told_again_where_the_metadata_name_another_machine() {
    for (elsewhere, told) in
        [(true, "limits at 127.0.0.1, another machine"), (false, "limits at 127.0.0.1, this machine")]
    {
        let (server, endpoint) = server(|_, right, _| if right { grant() } else { refusal(400) }).await;
        let revocation = if elsewhere { "https://as.invalid/revoke" } else { &endpoint };
        let metadata = format!(
            r#"{{"issuer":"{}","token_endpoint":"{endpoint}","revocation_endpoint":"{revocation}"}}"#,
            server.uri()
        );
        let answer = ResponseTemplate::new(200).set_body_raw(metadata, "application/json");
        let place = path("/.well-known/oauth-authorization-server");
        Mock::given(place).respond_with(answer).with_priority(1).mount(&server).await;
        let text = text(&endpoint, 0, &format!("issuer: {}\n", server.uri()));
        let ran = check(text, &["--only", "rfc6749/4.3/good-login"]).await;
        assert!(ran.stderr.starts_with("limits at 127.0.0.1, this machine"), "{}", ran.stderr);
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
        let times = ran.stderr.matches("limits at 127.0.0.1").count();
        assert_eq!(times, if elsewhere { 2 } else { 1 }, "{}", ran.stderr);
    }
}
