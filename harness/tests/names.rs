//! User names that are drawn: nobody bears them, and a server may count what fails by them all the same.

#[path = "support/accounts.rs"]
mod accounts;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ropcheck::embedded::demo_target;
use ropcheck::library::Library;
use ropcheck::session::Subject;
use ropcheck::suite::Suite;
use ropcheck_reference_server::{Config, HashCost, Policy, Workspace, app};
use ropcheck_reports::record::{Because, Finding};
use ropcheck_reports::run::Run;
use tokio::net::TcpListener;

use crate::accounts::{grant, refusal, sent, server, target, text};

/// Three names, each by itself or with many passwords; then a good login.
const CASES: &str = r#"
- id: a-few
  title: No name with something behind it logs in
  given: { mark: { one_of: ["-x", "-y", "-z"] } }
  steps:
    - send: { like: good-login, change: { set: { username: "${user.username}${given.mark}" } } }
      expect: { practice/credentials/username-exact: [not_granted] }
- id: b-again
  title: No name with something behind it logs in by any password
  given: { mark: { one_of: ["-u", "-v"] }, password: { text: { from: name, length: [9, 9] } } }
  steps:
    - send: { like: good-login, change: { set: { username: "${user.username}${given.mark}", password: "${given.password}" } } }
      expect: { practice/credentials/username-exact: [not_granted] }
- id: c-good
  title: A right password is granted
  steps: [{ send: { like: good-login }, expect: { rfc6749/4.3.3/granted: [granted] } }]
"#;

fn suite(only: &str) -> Suite {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("names.yaml"), CASES).expect("a scenario file");
    let library = Library::load(Some(folder.path())).unwrap_or_else(|complaint| panic!("{complaint}"));
    Suite::of(Arc::new(library)).only(only).expect("there are cases")
}

/// What a case was left open for: nothing where it was judged.
fn left_open(run: &Run, case: &str) -> Option<(Because, String)> {
    let case = run.cases.iter().find(|one| one.case.id == case).unwrap_or_else(|| panic!("{case} was run"));
    case.judged.iter().find_map(|one| match &one.found.finding {
        Finding::Unjudged { because, detail } => Some((*because, detail.clone())),
        Finding::Met | Finding::Broken { .. } => None,
    })
}

fn counted(sent: &[String]) -> BTreeMap<&str, usize> {
    let mut counted = BTreeMap::new();
    for login in sent {
        *counted.entry(login.as_str()).or_default() += 1;
    }
    counted
}

#[tokio::test]
async fn a_few_values_are_tried_once_each() {
    let (server, endpoint) = server(|_, right, _| if right { grant() } else { refusal(400) }).await;
    let run =
        suite("names/a-few").run(Subject::Target(Box::new(target(text(&endpoint, 0, ""))))).await.expect("it begins");
    assert_eq!(left_open(&run, "names/a-few"), None);
    let sent = sent(&server).await;
    let drawn: Vec<(&str, usize)> = counted(&sent).into_iter().filter(|(login, _)| login.ends_with('!')).collect();
    assert_eq!(drawn, [("alice-x!", 1), ("alice-y!", 1), ("alice-z!", 1)]);
}

#[tokio::test]
async fn a_drawn_name_fails_no_oftener_than_a_user_may() {
    let (server, endpoint) = server(|_, right, _| if right { grant() } else { refusal(400) }).await;
    let limits = "limits: { failed_logins: 3, failed_logins_in_all: 0 }\n";
    let run =
        suite("names/*").run(Subject::Target(Box::new(target(text(&endpoint, 0, limits))))).await.expect("it begins");
    let (because, detail) = left_open(&run, "names/b-again").expect("there are more passwords than the names bear");
    assert_eq!(because, Because::Budget, "{detail}");
    assert!(detail.contains("failed-login budget spent for user `\"alice-"), "{detail}");
    let sent = sent(&server).await;
    let most = counted(&sent).into_iter().filter(|(login, _)| login.ends_with('!')).map(|(_, times)| times).max();
    assert_eq!(most, Some(3), "{sent:?}");
    assert_eq!(left_open(&run, "names/a-few"), None, "it costs none of the users");
}

/// Whether the server's limit is that name's own · what becomes of a good login behind it.
#[tokio::test]
async fn a_limit_on_a_drawn_name_ends_its_case_and_a_limit_on_all_ends_the_run() {
    for (own, good) in [(true, None), (false, Some(Because::Throttled))] {
        let has_had_enough = AtomicBool::new(false);
        let (_server, endpoint) = server(move |user, right, _| {
            has_had_enough.fetch_or(user == "alice-y", Ordering::Relaxed);
            match (user == "alice-y" || has_had_enough.load(Ordering::Relaxed) && !own, right) {
                (true, _) => refusal(429).insert_header("retry-after", "600"),
                (false, true) => grant(),
                (false, false) => refusal(400),
            }
        })
        .await;
        let suite = suite("names/[ac]*");
        let run = suite.run(Subject::Target(Box::new(target(text(&endpoint, 0, ""))))).await.expect("it begins");
        let (because, detail) = left_open(&run, "names/a-few").expect("it was told to wait");
        assert_eq!(because, Because::LockedOut, "{detail}");
        assert!(detail.contains("user `\"alice-y\"` is locked out since"), "{detail}");
        assert_eq!(left_open(&run, "names/c-good").map(|(because, _)| because), good);
    }
}

/// The server of `ropcheck serve`, throttling in earnest, but for its hash: the whole suite keeps clear of its limits.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_throttles_is_judged_to_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("a port"));
    let mut config = Config { hash_cost: HashCost::LOWEST, ..Config::demo(&base) };
    config.workspaces.push(Workspace::neighbour());
    let app = app(config, Policy::strict()).expect("the demo can be served");
    tokio::spawn(async move { axum::serve(listener, app).await });
    let target = target(format!("{}patience: 0s\n", demo_target(&base)));
    let run = Suite::own().expect("the project's own").run(Subject::Target(Box::new(target))).await.expect("it begins");
    let open: Vec<_> = run.cases.iter().filter_map(|case| left_open(&run, &case.case.id)).collect();
    assert_eq!((run.tally.failed, run.tally.unjudged), (0, 0), "{open:#?}");
}
