//! A load run on the embedded server: what it measures, what it finds, and that it measures HTTP/1.1.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use ropcheck::library::Library;
use ropcheck::load::{self, NotLoaded, Options};
use ropcheck::session::{Session, Subject};
use ropcheck::suite::folded;
use ropcheck_reference_server::{FAULTS, FAULTS_UNDER_LOAD, Fault, Policy};
use ropcheck_reports::record::{Event, Finding, Level, Origin};
use ropcheck_reports::run::{CaseOutcome, Judged, Run, Standing};

/// A user's own scenarios: a load that is over soon, one that a good server does not bear even once, one without `load`.
const SCENARIOS: &str = r"
- id: sessions
  title: Two users log in and refresh
  load: { users: 2 for 500ms }
  steps:
    - name: login
      send: { like: good-login }
      keep: { refresh_token: refresh_token }
      expect:
        rfc6749/4.3.3/granted: [granted]
    - name: refresh
      send: { like: good-refresh }
      expect:
        rfc6749/6/granted: [granted]

- id: many
  title: Three hundred users arrive, log in and refresh, however long that takes
  load: { rate: 300/s for 1s, journeys: [{ walk: small/sessions }] }

- id: arrivals
  title: Users arrive, and log in or mistype
  load:
    rate: 100/s for 500ms
    arrivals: even
    journeys:
      - { walk: small/sessions, weight: 3 }
      - { walk: load/steady/wrong-passwords, weight: 1 }
    thresholds: [rate(sessions/login) > 1/s, findings = 0]

- id: impossible
  title: A good login is refused
  load: { users: 2 for 500ms }
  steps:
    - name: login
      send: { like: good-login }
      expect:
        rfc6749/5.2/status-400: [{ status: 400 }]

- id: alone
  title: A user logs in
  steps:
    - send: { like: good-login }
";

fn library() -> Arc<Library> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("small.yaml"), SCENARIOS).expect("a file in it");
    Arc::new(Library::load(Some(folder.path())).expect("the scenarios can be read"))
}

async fn load(id: &str, policy: Policy) -> Result<Vec<Event>, NotLoaded> {
    let subject = Subject::Embedded(Box::new(policy));
    let session = Session::open(subject, library(), &[id.to_owned()], 0).await.expect("the embedded server is ready");
    let mut events = Vec::new();
    let never = std::future::pending();
    load::run(&Arc::new(session), id, Options::default(), never, &mut |event| events.push(event)).await?;
    Ok(events)
}

fn fault(id: &str) -> Policy {
    FAULTS.iter().find(|fault| fault.id == id).expect("a fault of that name").policy()
}

/// The ids of the exchanges that a run kept.
fn kept(run: &Run) -> Vec<&str> {
    run.exchanges.keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_a_good_server_is_measured_and_meets_its_promises() {
    let run = folded(load("small/sessions", Policy::strict()).await.expect("it bears one walk"));
    assert_eq!(run.standing(), Standing::Passed);
    assert!(kept(&run).is_empty(), "a run in which nothing is wrong keeps no exchange: {:?}", kept(&run));
    let [login, refresh] = run.load.steps.as_slice() else { panic!("two steps, not {:?}", run.load.steps) };
    assert_eq!((login.step.as_str(), refresh.step.as_str()), ("login", "refresh"));
    for step in &run.load.steps {
        assert!(step.count > 0 && step.service.max_us() > 0, "{step:?}");
        assert_eq!((step.broken, step.errors, step.unreadable), (0, 0, 0), "{step:?}");
        assert_eq!(step.statuses.keys().collect::<Vec<_>>(), [&200], "{step:?}");
    }
    let mut promises = run.cases.iter().flat_map(|case| &case.judged).filter(|one| one.found.origin == Origin::Line);
    let share = |judged: &Judged| judged.found.share.expect("how many were looked at");
    // A walk that is on its way at the end is judged to its end, though no longer measured.
    assert!(promises.all(|one| one.found.finding == Finding::Met && share(one).of >= login.count.min(refresh.count)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_told_once_with_its_share_and_a_few_examples() {
    let run = folded(load("small/sessions", fault("expires-in-as-string")).await.expect("it bears one walk"));
    assert_eq!(run.standing(), Standing::Failed);
    let broken: Vec<_> = run.cases.iter().flat_map(CaseOutcome::broken).collect();
    let [number] = broken.as_slice() else { panic!("one lint, not {broken:?}") };
    assert_eq!(
        (number.found.requirement.as_str(), number.found.origin),
        ("rfc6749/5.1/expires-in-number", Origin::Lint)
    );
    assert_eq!(number.sentence.level, Level::Must);
    let share = number.found.share.expect("how many were looked at");
    let measured: u64 = run.load.steps.iter().map(|step| step.count).sum();
    assert!(share.broken == share.of && share.of >= measured, "{share:?} of {measured}");
    assert_eq!(run.load.steps.iter().map(|step| step.broken).sum::<u64>(), measured);
    let mut examples: Vec<&str> = number.found.evidence.iter().map(String::as_str).collect();
    examples.sort_unstable();
    assert_eq!((kept(&run), examples.len()), (examples, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_arrival_of_a_schedule_is_answered_and_timed_from_its_intended_start() {
    let run = folded(load("small/arrivals", Policy::strict()).await.expect("it bears one walk of each"));
    let counts: Vec<_> = run.load.steps.iter().map(|step| (step.step.as_str(), step.count)).collect();
    let [("sessions/login", logins), ("sessions/refresh", _), ("wrong-passwords/wrong password", mistypes)] =
        counts[..]
    else {
        panic!("three steps, each with its journey: {counts:?}")
    };
    assert_eq!(logins + mistypes, 50, "every arrival was answered");
    assert!((12..=13).contains(&mistypes), "one of four mistypes: {counts:?}");
    for step in &run.load.steps {
        let arrivals = if step.step.ends_with("refresh") { 0 } else { step.count };
        assert_eq!((step.response.count(), step.lag.count()), (step.count, arrivals), "{}", step.step);
    }
    assert_eq!(run.tally.failed, 0, "{:?}", run.cases);
}

/// What no single exchange shows: each fault is told under the sentence that it breaks.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_shows_in_many_tokens_alone_is_told_under_its_sentence() {
    let of_tokens = ["access-token-twice", "jti-counter", "refresh-token-twice", "token-of-another"];
    let is_one = |fault: &&Fault| of_tokens.iter().any(|start| fault.id.starts_with(start));
    for fault in FAULTS_UNDER_LOAD.iter().filter(is_one) {
        let run = folded(load("small/many", fault.policy()).await.expect("one walk alone is right"));
        let found = run.cases.iter().flat_map(|case| &case.judged).map(|one| &one.found);
        let seen: Vec<_> =
            found.filter(|one| matches!(one.finding, Finding::Broken { .. })).map(|one| &one.requirement).collect();
        assert!(
            seen.contains(&&fault.breaks.to_owned()),
            "{} breaks {}, and what was told is {seen:?}",
            fault.id,
            fault.breaks
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_bear_one_walk_is_not_loaded() {
    let refused = load("small/impossible", Policy::strict()).await;
    let Err(NotLoaded::NotMet { wrong, .. }) = refused else { panic!("it is not loaded: {refused:?}") };
    assert!(wrong.contains("rfc6749/5.2/status-400: expected status 400; actual: status 200"), "{wrong}");
}

#[test]
fn only_a_scenario_with_a_load_is_found() {
    let library = library();
    let found = load::find(&library, "small/sessions").expect("it has a load block");
    assert_eq!(found.users.as_ref().map(|users| users.text.as_str()), Some("2 for 500ms"));
    let says = |id: &str| load::find(&library, id).expect_err("it can't be loaded").to_string();
    assert_eq!(says("small/sesions"), "no scenario is named `small/sesions`; did you mean `small/sessions`?");
    assert!(says("small/alone").contains("give it `load: { users: 4 for 10s }`"));
}

/// Over HTTP/2 all users would share one connection, and the figures would be of another thing.
#[test]
fn no_feature_brings_http_2() {
    let tree = ["tree", "--offline", "--locked", "-p", "ropcheck", "-e", "features,no-dev", "-i", "h2"];
    let output = Command::new(env!("CARGO")).args(tree).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.expect("cargo can be run");
    let (told, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() || said.contains("did not match any packages"), "{said}");
    assert_eq!(told, "", "something asks for HTTP/2:\n{told}");
}
