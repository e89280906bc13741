//! A load run on the embedded server: what it measures, what it finds, and that it measures HTTP/1.1.

#[path = "support/accounts.rs"]
mod accounts;
#[path = "support/fault.rs"]
mod fault;
#[path = "support/loaded.rs"]
mod loaded;
#[path = "support/run.rs"]
mod run;
#[path = "support/served.rs"]
mod served;
#[path = "support/small.rs"]
mod small;

use std::fs;
use std::future::pending;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request as Received;
use axum::middleware::{Next, from_fn};
use axum::serve::ListenerExt;
use ropcheck::embedded::demo_target;
use ropcheck::load::{self, NotLoaded, Peak};
use ropcheck::session::Subject;
use ropcheck::suite::folded;
use ropcheck::target::Target;
use ropcheck_reference_server::{FAULTS_UNDER_LOAD, Policy};
use ropcheck_reports::record::{Event, Finding, Found, Level, Origin};
use ropcheck_reports::run::{CaseOutcome, Judged, Run, Standing, Weight};
use tokio::sync::Notify;

use crate::accounts::{grant, refusal};
use crate::fault::fault;
use crate::loaded::loaded;
use crate::run::ropcheck;
use crate::served::{AS_IF_OF_ANOTHER, demo, port, read, scripted};
use crate::small::{library, session};

async fn load(id: &str, policy: Policy) -> Result<Vec<Event>, NotLoaded> {
    load_on(Subject::Embedded(Box::new(policy)), id).await
}

async fn load_on(subject: Subject, id: &str) -> Result<Vec<Event>, NotLoaded> {
    loaded(&session(subject, id).await, id, pending()).await
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
    let promises = run.cases.iter().flat_map(|case| &case.judged).filter(|one| one.found.origin == Origin::Line);
    let promises: Vec<&Judged> = promises.collect();
    let share = |judged: &Judged| judged.found.share.expect("how many were looked at");
    let judged: Vec<_> = promises.iter().map(|one| (&one.found.finding, share(one).of)).collect();
    assert_eq!(judged, [(&Finding::Met, login.count), (&Finding::Met, refresh.count)], "what is judged is counted");
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
    assert!(run.load.steps.iter().all(|step| step.musts == Some(step.broken)), "{:?}", run.load.steps);
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
    let finished = run.finished.as_ref().expect("it has an end");
    assert!(finished.asked_us.expect("it is told") <= finished.took_us, "{finished:?}");
    // It was half of a second, and how the generator fared in it is told.
    assert!(run.load.pulses.last().is_some_and(|last| last.lasted_us.is_some()), "{:?}", run.load.pulses);
    assert!(run.load.health.under_way >= 1 && run.load.health.cpu.is_some(), "{:?}", run.load.health);
}

#[expect(clippy::cast_precision_loss, reason = "few answers in few seconds")]
fn rates(run: &Run, asked_us: u64) -> Vec<f64> {
    run.load.steps.iter().map(|step| step.answers() as f64 * 1e6 / asked_us as f64).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_over_the_time_in_which_somebody_asked_however_long_it_took_to_end() {
    let run = folded(load("small/sessions", Policy::strict()).await.expect("it bears one walk"));
    let finished = run.finished.as_ref().expect("it has an end");
    assert!(finished.asked_us == Some(500_000) && finished.took_us >= 500_000, "{finished:?}");
    assert_eq!(run.load.steps.iter().map(|step| step.rate).collect::<Vec<_>>(), rates(&run, 500_000));

    // The server itself has the run ended: at its fortieth request.
    let (listener, base) = port("127.0.0.1").await;
    let (stop, count) = (Arc::new(Notify::new()), AtomicU64::new(0));
    let (raise, count) = (Arc::clone(&stop), Arc::new(count));
    let layer = from_fn(move |request: Received, next: Next| {
        if count.fetch_add(1, Ordering::Relaxed) == 40 {
            raise.notify_one();
        }
        next.run(request)
    });
    let app = demo(&base).layer(layer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let session = session(Subject::Target(Box::new(read(&demo_target(&base)))), "small/hour").await;
    let run = folded(loaded(&session, "small/hour", stop.notified()).await.expect("it bears one walk"));
    let finished = run.finished.as_ref().expect("it has an end");
    let asked_us = finished.asked_us.expect("it is told");
    assert_eq!(run.standing(), Standing::Interrupted);
    assert!((1..finished.took_us).contains(&asked_us), "{asked_us} of {finished:?}");
    assert_eq!(run.load.steps.iter().map(|step| step.rate).collect::<Vec<_>>(), rates(&run, asked_us));
}

fn broken(run: &Run) -> impl Iterator<Item = &Found> {
    let found = run.cases.iter().flat_map(|case| &case.judged).map(|one| &one.found);
    found.filter(|one| matches!(one.finding, Finding::Broken { .. }))
}

/// What few of many answers show, or several of them together: each fault is told under the sentence that it breaks.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_shows_at_times_is_told_under_its_sentence() {
    let mut missed = Vec::new();
    for fault in FAULTS_UNDER_LOAD {
        let run = folded(load("small/many", fault.policy()).await.expect("one walk alone is right"));
        let told: Vec<_> = broken(&run).map(|one| one.requirement.clone()).collect();
        if !told.iter().any(|one| one == fault.breaks) {
            missed.push((fault.id, fault.breaks, told));
        }
    }
    assert!(missed.is_empty(), "of {} faults these are missed: {missed:#?}", FAULTS_UNDER_LOAD.len());
}

/// What a server says that has enough to do · the checks of every answer that it breaks.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_keeps_to_what_it_promises_or_is_told() {
    for (says, breaks) in [
        ("{ capacity: { rate: 50/s, queue: 1 } }", &[][..]),
        ("{ answer: { status: 429, retry_after: 2s } }", &[]),
        ("{ answer: { status: 503, retry_after: 2s } }", &[]),
        ("{ answer: { status: 429 } }", &["lint/throttled-retry-after"]),
        ("{ answer: { status: 503 } }", &["lint/unavailable-retry-after"]),
        ("{ answer: { status: 503, retry_after: 2s, caching: allowed } }", &["lint/error-no-store"]),
        ("{ answer: { status: 429, retry_after: 2s, caching: allowed } }", &["lint/error-no-store"]),
        (
            "{ answer: { status: 502, body: html, caching: allowed } }",
            &["lint/failure-as-error", "lint/no-server-error"],
        ),
    ] {
        let target = scripted(&format!("{{ beyond: 20/s, do: {says} }}")).await;
        let run =
            folded(load_on(Subject::Target(Box::new(target)), "small/arrivals").await.expect("it bears one walk"));
        let told: Vec<&str> = broken(&run).filter(|one| one.origin == Origin::Lint).map(|one| &*one.case).collect();
        assert_eq!(told, breaks, "{says}");
        let musts: u64 = run.load.steps.iter().filter_map(|step| step.musts).sum();
        let lesser = run.load.steps.iter().map(|step| step.broken).sum::<u64>() - musts;
        let weighs =
            |any: &[Weight]| run.cases.iter().flat_map(|case| &case.judged).any(|one| any.contains(&one.weight));
        let told = (weighs(&[Weight::Fails]), weighs(&[Weight::Warns, Weight::Notes, Weight::Advises]));
        assert_eq!((musts > 0, lesser > 0), told, "{says}: {musts} MUSTs, {lesser} others");
        let statuses = run.load.steps.iter().flat_map(|step| step.statuses.keys());
        assert!(statuses.into_iter().any(|status| *status >= 429), "{says} was never heard");
    }
}

/// The reference server as a target, with a count of its connections and one of its requests.
async fn counted(host: &str, more: &str) -> (Target, [Arc<AtomicU64>; 2]) {
    let (listener, base) = port(host).await;
    let counts = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
    let [connections, requests] = counts.clone();
    let listener = listener.tap_io(move |_| {
        connections.fetch_add(1, Ordering::Relaxed);
    });
    let layer = from_fn(move |request: Received, next: Next| {
        requests.fetch_add(1, Ordering::Relaxed);
        next.run(request)
    });
    let app = demo(&base).layer(layer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (read(&format!("{}{more}", demo_target(&base))), counts)
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_kept_or_each_request_has_one_of_its_own() {
    for (id, kept) in [("small/sessions", true), ("small/strangers", false)] {
        let (target, counts) = counted("127.0.0.1", "").await;
        let count = || counts.each_ref().map(|count| count.load(Ordering::Relaxed));
        let session = session(Subject::Target(Box::new(target)), id).await;
        let before = count();
        let run = folded(loaded(&session, id, pending()).await.expect("it bears one walk"));
        let [connections, requests] = [0, 1].map(|at| count()[at] - before[at]);
        let measured: u64 = run.load.steps.iter().map(|step| step.count).sum();
        assert!(measured > 10, "{measured} measured");
        assert_eq!(requests, measured + 2, "all but the two of the walk before it are measured");
        // None that the rehearsal opened is left to anybody.
        let opened: u64 = run.load.steps.iter().map(|step| step.connect.count()).sum();
        if kept {
            assert_eq!((opened, connections), (2, 2), "two users, for {requests} requests");
        } else {
            assert_eq!((opened, connections), (measured, requests));
        }
        assert_eq!(run.started.load.map(|head| head.conditions.keep_alive), Some(kept));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_arrives_finds_a_connection_open() {
    let (target, [connections, _]) = counted("127.0.0.1", "").await;
    let session = session(Subject::Target(Box::new(target)), "small/crowd").await;
    let before = connections.load(Ordering::Relaxed);
    let run = folded(loaded(&session, "small/crowd", pending()).await.expect("it bears one walk"));
    let of_arrivals: u64 = run.load.steps.iter().map(|step| step.connect.count()).sum();
    assert_eq!(of_arrivals, 0, "as many as may be under way at once were opened before");
    let opened = connections.load(Ordering::Relaxed) - before;
    assert!((4..=5).contains(&opened), "those, and one for the rehearsal: {opened}");
}

/// Forty arrivals, two at once, each with two answers of 20 ms: the last is begun after 760 ms, whatever the schedule says.
#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_no_higher_than_the_server_lets_it_be() {
    let target = scripted("{ do: { latency: { constant: 20ms } } }").await;
    let run = folded(load_on(Subject::Target(Box::new(target)), "small/queue").await.expect("it bears one walk"));
    let login = run.load.steps.iter().find(|step| step.step == "login").expect("a step");
    assert_eq!(login.count, 40);
    assert!(login.rate <= 40.0 / 0.76 && login.asked_us >= 760_000, "{} in {} µs", login.rate, login.asked_us);
}

/// Of a server on another machine, its leave and what it comes to. Nobody listens there: a request would be told as silence.
#[test]
fn another_machine_takes_a_load_by_leave_alone_and_no_more_than_that() {
    let folder = small::folder();
    let elsewhere = tempfile::tempdir().expect("another folder");
    let file = elsewhere.path().join("target.yaml");
    let of_another = format!("{}allow_http: true\n", demo_target("http://192.0.2.1:9"));
    let asked = |scenario: &str, leave: &str| {
        fs::write(&file, format!("{of_another}{leave}\n")).expect("a target file");
        let [scenarios, file] = [folder.path(), &file].map(|path| path.display().to_string());
        ropcheck(["load", scenario, "--target", &file, "--scenarios", &scenarios])
    };
    let leave = |most: &str| format!("load: {{ authorized_by: 'Jo, OPS-12', max_rate: {most} }}");
    for (scenario, leave, words) in [
        ("small/arrivals", String::new(), "is on another machine: who answers for it has to allow a load"),
        ("small/sessions", String::new(), "by `load: { authorized_by: \"name and ticket\", max_rate: 50 }`"),
        (
            "small/arrivals",
            leave("99.5"),
            "the load would reach 175 requests a second (100 arrivals, each with 1.75 requests on average), and the target file \
             allows `max_rate: 99.5`: ask for 56.85/s at the most",
        ),
        ("load/mix/highest-rate", leave("3199"), "the load would reach 3200 requests a second (3200 arrivals of 1)"),
    ] {
        let ran = asked(scenario, &leave).exits(2).says(&[words]);
        assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 1), "{}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_not_asked_more_than_its_leave() {
    let leave = |most: &str| format!("allow_http: true\nload: {{ authorized_by: Jo, max_rate: {most} }}\n");
    for host in [AS_IF_OF_ANOTHER, "127.0.0.1"] {
        let (target, [_, requests]) = counted(host, &leave("99")).await;
        assert_eq!(target.is_loopback(), host != AS_IF_OF_ANOTHER);
        let library = library();
        let arrivals = load::find(&library, "small/arrivals").expect("a load block");
        let refused = load::permit(&library, "small/arrivals", arrivals, &target);
        assert!(matches!(refused, Err(NotLoaded::TooMuch { peak: Peak::Arrivals(100.0, 1.75), .. })), "{refused:?}");
        assert_eq!(requests.load(Ordering::Relaxed), 0);

        let (target, [_, requests]) = counted(host, &leave("20")).await;
        let run = load_on(Subject::Target(Box::new(target)), "small/sessions").await.expect("it bears one walk");
        let asked: u64 = folded(run).load.steps.iter().map(|step| step.count).sum();
        // Two users would ask hundreds of times in that half of a second.
        assert!((1..=11).contains(&asked) && requests.load(Ordering::Relaxed) < 40, "{asked} at 20 a second in 500 ms");
    }
}

#[test]
fn limits_that_a_load_does_not_keep_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("target.yaml");
    // Nobody listens there.
    let text = |limits: &str| format!("{}{limits}\n", demo_target("http://127.0.0.1:9"));
    let told = |limits: &str| {
        fs::write(&file, text(limits)).expect("a target file");
        ropcheck(["load", "load/steady/logins", "--target", &file.display().to_string()]).exits(3).stderr
    };
    let words = "`limits.requests_per_second` and `limits.concurrency` of the target file: for checks; a load keeps to";
    let both = told("limits: { requests_per_second: 3, concurrency: 1 }");
    assert!(both.contains(words), "{both}");
    let neither = told("limits: { failed_logins: 3 }");
    assert!(!neither.contains("for checks"), "{neither}");
}

/// Just as much is asked as is allowed, and a moment that nobody took is lost: sooner or later an arrival waits.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_what_is_allowed_is_told_and_not_timed() {
    let leave = "allow_http: true\nload: { authorized_by: Jo, max_rate: 175 }\n";
    let (target, _) = counted(AS_IF_OF_ANOTHER, leave).await;
    let run = folded(load_on(Subject::Target(Box::new(target)), "small/arrivals").await.expect("it bears one walk"));
    let notices = run.finished.as_ref().map(|last| last.notices.clone()).unwrap_or_default();
    assert!(notices.iter().any(|told| told.starts_with("to keep to `max_rate: 175` ")), "{notices:?}");
    assert_eq!(run.started.load.and_then(|head| head.max_rate), Some(175.0));
    let requests: u64 = run.load.steps.iter().map(|step| step.count).sum();
    let asked_us = run.finished.and_then(|last| last.asked_us).expect("it asked");
    // The first takes no time, and each of the others its turn.
    assert!((requests - 1) * 1_000_000 <= 175 * asked_us, "{requests} in {asked_us} µs");
}

/// A user marked sacrificial bears all wrong passwords of a load, and only as many as a target file says where it does.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_of_a_load_are_sent_as_asked_within_what_the_target_file_says() {
    for (limits, sent) in [("", 21), ("limits: { failed_logins: 8 }\n", 8)] {
        let (server, endpoint) = accounts::server(|_, right, _| if right { grant() } else { refusal(400) }).await;
        let target = accounts::target(accounts::text(&endpoint, 1, limits));
        load_on(Subject::Target(Box::new(target)), "small/mistypes").await.expect("it bears one walk");
        let all = accounts::sent(&server).await;
        let (wrong, right): (Vec<_>, Vec<_>) = all.iter().partition(|login| login.ends_with('!'));
        assert!(wrong.iter().all(|login| *login == "decoy-1!"), "{wrong:?}");
        // The first look at the server, and the control of all walks.
        assert_eq!((wrong.len(), right.len()), (sent, 2), "{all:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_bear_one_walk_is_not_loaded() {
    let refused = load("small/impossible", Policy::strict()).await;
    let Err(NotLoaded::NotMet { wrong, .. }) = refused else { panic!("it is not loaded: {refused:?}") };
    assert!(wrong.contains("rfc6749/5.2/status-400: expected status 400; actual: status 200"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_journeys_the_one_that_it_does_not_bear_is_named_and_what_can_be_run_of_the_others() {
    let refused = load("small/partly-impossible", Policy::strict()).await.expect_err("one of them is impossible");
    let told = refused.to_string();
    let (first, last) =
        ("one walk of `small/impossible` without load did not come out well", "and can be run by themselves: ");
    assert!(told.starts_with(first), "{told}");
    assert!(told.ends_with(&format!("{last}`ropcheck load small/sessions`, `ropcheck load small/race`")), "{told}");
}

#[test]
fn the_live_page_is_of_users_alone() {
    let words = ["`load/mix/arrivals` has no users, and the live page is of users that walk"];
    ropcheck(["load", "load/mix/arrivals", "--dashboard"]).exits(2).says(&words);
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
