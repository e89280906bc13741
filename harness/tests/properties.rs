//! What a failing property leaves: the smallest values that fail, in the record, to be tried again.

#[path = "support/run.rs"]
mod run;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ropcheck::complaint::Source;
use ropcheck::library::Library;
use ropcheck::property::{Drawing, Effort};
use ropcheck::session::Subject;
use ropcheck::suite::Suite;
use ropcheck::target::{self, Target};
use ropcheck_reference_server::{Config, FAULTS, Fault, HashCost, LoginThrottle, Policy, app};
use ropcheck_reports::drawn::{Damage, How, Value};
use ropcheck_reports::format::{self, Tell};
use ropcheck_reports::record::{Drawn, Finding, Found};
use ropcheck_reports::run::Run;
use tokio::net::TcpListener;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::run::ropcheck;

/// Any password of the right length will do.
const FAULT: &str = "password-length-is-enough";
const CASE: &str = "properties/credentials/damaged-password";

fn suite(case: &str) -> Suite {
    let library = Library::load(None).expect("the project's own scenarios can be read");
    Suite::of(Arc::new(library)).only(case).expect("there is such a case")
}

async fn run(suite: Suite, fault: &str) -> Run {
    let policy = FAULTS.iter().find(|one| one.id == fault).map_or_else(Policy::strict, Fault::policy);
    suite.run(Subject::Embedded(Box::new(policy))).await.expect("the embedded server can be judged")
}

/// The broken promises of a case, with what was drawn.
fn broken(run: &Run, case: &str) -> Vec<(Found, Drawn)> {
    let all = run.cases.iter().filter(|one| one.case.id == case).flat_map(|one| &one.judged);
    let broken = all.filter(|judged| matches!(judged.found.finding, Finding::Broken { .. }));
    broken.filter_map(|judged| Some((judged.found.clone(), judged.found.drawn.clone()?))).collect()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_shrinks_to_the_simplest_damage_and_comes_again() {
    let run = run(suite(CASE), FAULT).await;
    let (found, drawn) = broken(&run, CASE).into_iter().next().expect("it fails");
    assert_eq!(drawn.values, BTreeMap::from([("damage".to_owned(), Value::Damage(Damage { how: How::Flip, at: 0 }))]));
    assert!(drawn.minimal && drawn.again == Some(true) && drawn.seed.len() == 64, "{drawn:?}");
    let exchange = run.exchanges.get(&found.evidence[0]).expect("its exchange is kept");
    let body = format!("{:?}", exchange.request.body);
    assert!(body.contains("⟦decoy.password, character 1 changed⟧"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequence_shrinks_to_the_moves_that_it_takes() {
    let case = "properties/refresh/any-sequence";
    let run = run(suite(case), "revocation-leaves-refresh-token").await;
    let (found, drawn) = broken(&run, case).into_iter().next().expect("it fails");
    let moves = ["revoke", "refresh after the revocation"].map(str::to_owned).to_vec();
    assert_eq!(drawn.values, BTreeMap::from([("moves".to_owned(), Value::Moves(moves))]));
    assert_eq!(found.requirement, "rfc7009/2.1/token-invalidated");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_move_is_judged_in_some_sequence_of_a_right_server() {
    let case = "properties/refresh/any-sequence";
    let run = run(suite(case), "").await;
    let judged = &run.cases.iter().find(|one| one.case.id == case).expect("it ran").judged;
    let met: Vec<&str> = judged.iter().map(|one| one.found.requirement.as_str()).collect();
    assert!(judged.iter().all(|one| one.found.finding == Finding::Met));
    for requirement in
        ["rfc6749/6/granted", "rfc6749/6/scope-not-wider", "rfc7662/2.2/active", "rfc7009/2.1/token-invalidated"]
    {
        assert!(met.contains(&requirement), "{requirement} is not among {met:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_draws_the_same_again_and_another_seed_something_else() {
    let drawn = |seed| async move {
        let run = run(suite(CASE).drawing(Drawing::from(seed)), FAULT).await;
        broken(&run, CASE).into_iter().next().expect("it fails").1
    };
    let (first, again, other) = (drawn(5).await, drawn(5).await, drawn(6).await);
    assert_eq!(first, again);
    assert_ne!(first.seed, other.seed);
}

/// Told in every format that a person reads: of letters that look alike the bytes tell which it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_of_what_was_drawn_are_told() {
    let case = "properties/password-grant/any-wrong-password";
    let run = run(suite(case), "combining-mark-in-password-crashes").await;
    for format in ["text", "html", "junit", "markdown"] {
        assert!(told(&run, format).contains("cc 80"), "{format}: {}", told(&run, format));
    }
}

fn told(run: &Run, format: &str) -> String {
    let Some(Tell::Run(tell)) = format::find(format).map(|format| format.tell) else { panic!("{format} tells a run") };
    let mut told = Vec::new();
    tell(run, &mut told).expect("it can be written");
    String::from_utf8(told).expect("text").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn shrinking_that_ends_before_its_end_is_told_so() {
    let case = "properties/scopes/many-scopes";
    let all = run(suite(case), "long-scope-crashes").await;
    let (_, drawn) = broken(&all, case).into_iter().next().expect("it fails");
    assert_eq!((drawn.minimal, drawn.shrinks), (false, Effort::USUAL.shrinks), "{drawn:?}");
    assert!(told(&all, "text").contains("512 walks to shrink it, not minimal: the smallest so far"));

    // The budget of failed logins is spent in the middle of it: each walk costs two of them.
    let server = reference_server("combining-mark-in-password-crashes").await;
    let case = "properties/password-grant/any-wrong-password";
    let spend = |most: u32| {
        let target = target(&server, &format!("limits: {{ failed_logins: 99, failed_logins_in_all: {most} }}"));
        async move { suite(case).run(Subject::Target(Box::new(target))).await.expect("it answers") }
    };
    let most = 21;
    let all = spend(most).await;
    let (found, drawn) = broken(&all, case).into_iter().next().expect("it fails");
    assert!(!drawn.minimal && drawn.again.is_none(), "{drawn:?}");
    assert!(drawn.tried + drawn.shrinks > 2 && 2 * (drawn.tried + drawn.shrinks - 1) <= most, "{drawn:?}");
    assert!(matches!(found.finding, Finding::Broken { .. }), "what failed stays failed: {found:?}");
    assert!(told(&all, "text").contains("not minimal: the smallest so far"));
}

/// A lint looks at the answers of every set of values, kept or not.
#[tokio::test(flavor = "multi_thread")]
async fn lints_see_every_attempt() {
    let of = |run: &Run| {
        let found =
            run.cases.iter().find(|one| one.case.id == "lint/error-no-store").expect("it ran").judged[0].found.clone();
        found.share.expect("it is counted")
    };
    // Each set is refused once; its control is granted.
    let all = run(suite(CASE), "cache-control-missing-on-errors").await;
    let sets = u64::from(Effort::USUAL.cases);
    assert_eq!((of(&all).broken, of(&all).of), (sets, sets));

    // So are those on the way to the smallest, and the one that tries it once more.
    let case = "properties/password-grant/any-wrong-password";
    let all = run(suite(case), "combining-mark-in-password-crashes").await;
    let (_, drawn) = broken(&all, case).into_iter().next().expect("it fails");
    let walks = u64::from(drawn.tried + drawn.shrinks + 1);
    assert!(of(&all).of >= walks, "each walk has a refusal that is not the crash: {:?} in {walks}", of(&all));
}

/// The reference server with a fault in this process, on a port as any other server.
async fn reference_server(fault: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("a port"));
    let login_throttle = LoginThrottle { failures: 1000, ..LoginThrottle::default() };
    let config = Config { hash_cost: HashCost::LOWEST, login_throttle, ..Config::demo(&base) };
    let policy = FAULTS.iter().find(|one| one.id == fault).expect("there is such a fault").policy();
    let app = app(config, policy).expect("the demo workspace");
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

/// That server as a target.
fn target(base: &str, more: &str) -> Target {
    let text = format!(
        "token_endpoint: {base}/demo/demo/oauth2/token\n{more}\n\
         clients: {{ basic: {{ id: demo-basic, secret: basic-secret-1 }} }}\n\
         users: {{ alice: {{ username: alice, password: wonderland-7 }} }}\n"
    );
    let source = Source { file: "target.yaml".to_owned(), text, private: true };
    target::read(&source, Path::new("."), &|_| None).unwrap_or_else(|complaint| panic!("{complaint}"))
}

/// What it comes to on another server: nothing is wrong any more, the same is, something else is.
#[test]
fn a_recorded_failure_is_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = shown(&folder.path().join("run.ndjson"));
    ropcheck(["check", "--only", CASE, "--fault", FAULT, "--record", &record]).exits(1);
    let replay = |more: &[&str]| ropcheck(["replay", &record, CASE].into_iter().chain(more.iter().copied()));
    let other = replay(&[]).exits(1).says(&["CHANGED", "damage = character 1 changed", "expected: no access token"]);
    other.says(&["every promise of the case is kept, by another server than the one that failed"]);
    let still = replay(&["--fault", FAULT]).exits(1).says(&["STILL FAILS", "actual: status 200, an access token"]);
    assert!(!still.stdout.contains("wonderland"), "{}", still.stdout);
    replay(&["--fault", "wrong-password-crashes"]).exits(1).says(&["CHANGED", "status 500"]);

    let told = |case: &str| ropcheck(["replay", &record, case]).exits(2);
    told("properties/credentials/damaged-passwort").says(&["has no case", &format!("did you mean `{CASE}`?")]);
    let strict = shown(&folder.path().join("strict.ndjson"));
    ropcheck(["check", "--only", CASE, "--record", &strict]).exits(0);
    ropcheck(["replay", &strict, CASE]).exits(2).says(&["no drawn values", "no property failed in it"]);
}

/// A server that the record names is not replaced by the embedded one, which was never wrong.
#[test]
fn a_failure_of_a_target_is_tried_at_a_target() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("run.ndjson");
    ropcheck(["check", "--only", CASE, "--fault", FAULT, "--record", &shown(&record)]).exits(1);
    let text = fs::read_to_string(&record).expect("a record");
    let text = text.replace(&format!("embedded reference server with the fault {FAULT}"), "staging");
    fs::write(&record, text).expect("a record");
    for more in [&[][..], &["--fault", FAULT]] {
        ropcheck(["replay", &shown(&record), CASE].iter().chain(more))
            .exits(2)
            .says(&["the record was made at staging (http://127.0.0.1:", "add `--target FILE`"]);
    }
}

/// What may have changed the verdict besides the server is told with it.
#[test]
fn a_replay_tells_what_is_otherwise_than_in_the_record() {
    const MINE: &str = "\
- id: any-password
  title: No wrong password logs in
  given:
    password: { text: { from: ascii, length: [1, 9] } }
  steps:
    - send: { like: good-login, change: { set: { password: \"x${given.password}\" } } }
      expect:
        rfc6749/5.2/invalid-grant: [{ refused: invalid_grant }]
";
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("own");
    fs::create_dir_all(own.join("deeper")).expect("a folder");
    let write = |text: &str| fs::write(own.join("deeper/mine.yaml"), text).expect("a scenario file");
    let (record, own_shown) = (shown(&folder.path().join("run.ndjson")), shown(&own));
    let (case, fault) = ("deeper/mine/any-password", "wrong-password-crashes");
    write(MINE);
    ropcheck(["check", "--scenarios", &own_shown, "--only", case, "--fault", fault, "--record", &record])
        .exits(1)
        .says(&["against embedded reference server with the fault wrong-password-crashes"]);
    let replay = |more: &[&str]| ropcheck(["replay", &record, case].into_iter().chain(more.iter().copied()));
    let own = ["--scenarios", &own_shown];
    let file = folder.path().join("own/deeper/mine.yaml");
    replay(&[]).exits(2).says(&[
        "no scenario is named `deeper/mine/any-password`",
        &format!("the record has it from {}:1: add `--scenarios {own_shown}`", shown(&file)),
    ]);

    let still = replay(&[own[0], own[1], "--fault", fault]).exits(1).says(&["STILL FAILS"]);
    assert!(!still.stdout.contains(" but "), "{}", still.stdout);
    let (was, is) = ("embedded reference server with the fault wrong-password-crashes", "embedded reference server");
    let other = replay(&own)
        .exits(1)
        .says(&["CHANGED", &format!("but it was recorded at {was}, and is tried at {is} with password = ")]);
    assert!(!other.stdout.contains("something else"), "{}", other.stdout);

    let otherwise = "but the scenario draws, sends or expects something else than when it was recorded";
    write(&format!("# A comment.\n\n{}", MINE.replace("No wrong", "Again no wrong")));
    let same = replay(&[own[0], own[1], "--fault", fault]).exits(1);
    assert!(!same.stdout.contains(" but "), "{}", same.stdout);
    write(&MINE.replace("[1, 9]", "[1, 8]"));
    replay(&[own[0], own[1], "--fault", fault]).exits(1).says(&[otherwise]);
    write(&MINE.replace("refused: invalid_grant", "status: 500"));
    replay(&[own[0], own[1], "--fault", fault]).exits(0).says(&["FIXED", otherwise]);
    write(&MINE.replace("    password: {", "    secret: {").replace("given.password", "given.secret"));
    replay(&own)
        .exits(2)
        .says(&["the record has a value of `password`, and the scenario draws `secret` now", "check again"]);
}

#[test]
fn a_regression_is_kept_without_a_secret_and_tried_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let regressions = shown(&folder.path().join("regressions"));
    let case = "properties/password-grant/any-wrong-password";
    let check = |more: &[&str]| {
        let args = [
            "check",
            "--only",
            "{properties/credentials/damaged-password,properties/password-grant/any-wrong-password}",
            "--regressions",
            &regressions,
        ];
        ropcheck(args.into_iter().chain(more.iter().copied()))
    };
    check(&["--fault", FAULT]).exits(1);
    let file = folder.path().join("regressions").join(format!("{case}.txt"));
    let text = fs::read_to_string(&file).expect("a file of regressions");
    let line = text.lines().find(|line| line.starts_with("cc ")).expect("a line");
    assert!(line.contains(" # shrinks to password = \""), "{line}");
    let damaged = fs::read_to_string(folder.path().join("regressions").join(format!("{CASE}.txt"))).expect("a file");
    assert!(
        damaged.contains("# shrinks to damage = character 1 changed") && !damaged.contains("onderland"),
        "{damaged}"
    );

    // One case is enough now, whatever the seed: what failed is tried first, and is not written twice.
    check(&["--fault", FAULT, "--cases", "1", "--seed", "99"]).exits(1).says(&["set 1 drawn"]);
    assert_eq!(fs::read_to_string(&file).expect("a file of regressions"), text);
    check(&["--cases", "1"]).exits(0);
    fs::write(&file, "cc 12\n").expect("the file is ours");
    check(&[]).exits(2).says(&["line 1 is no `cc` with 64 hex digits"]);
}

/// A server that lets a wrong password in once.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_does_not_come_again_is_told_so() {
    let server = MockServer::start().await;
    let was_open = AtomicBool::new(false);
    let answer = move |request: &Request| {
        let body = String::from_utf8_lossy(&request.body);
        let is_wrong = body.contains("password=") && !body.contains("password=open-sesame&");
        let is_open = !is_wrong || !was_open.swap(true, Ordering::SeqCst);
        let token = format!("{:p}-{}-token", request, body.len());
        if is_open {
            let body = serde_json::json!({ "access_token": token, "token_type": "Bearer", "expires_in": 60 });
            ResponseTemplate::new(200).insert_header("cache-control", "no-store").set_body_json(body)
        } else {
            let body = serde_json::json!({ "error": "invalid_grant" });
            ResponseTemplate::new(400).insert_header("cache-control", "no-store").set_body_json(body)
        }
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let text = format!(
        "token_endpoint: {}/token\nclients:\n  web: {{ id: web }}\nusers:\n  alice: {{ username: alice, password: open-sesame }}\n",
        server.uri()
    );
    let source = Source { file: "target.yaml".to_owned(), text, private: true };
    let target = target::read(&source, Path::new("."), &|_| None).unwrap_or_else(|complaint| panic!("{complaint}"));
    let run = suite(CASE).run(Subject::Target(Box::new(target))).await.expect("it answers");
    let all = broken(&run, CASE);
    let (_, drawn) = all.first().expect("it fails once");
    assert_eq!(drawn.again, Some(false), "{drawn:?}");
    let told = told(&run, "text");
    assert!(told.contains("it did NOT fail again: the server does not always answer alike"), "{told}");
}
