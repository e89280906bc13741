//! The load's clock on real sockets, held against a server that behaves over time as a script says.
//!
//! What is asserted here holds on a machine that is busy elsewhere, too. What can be reckoned to the millisecond is held
//! against the same rooms without a socket, in `load/proof.rs`.

#[path = "support/loaded.rs"]
mod loaded;

use std::future::pending;
use std::path::Path;
use std::sync::mpsc;
use std::{fs, thread};

use ropcheck::complaint::Source;
use ropcheck::embedded::demo_target;
use ropcheck::session::Subject;
use ropcheck::suite::folded;
use ropcheck::target;
use ropcheck_reference_server::{Config, HashCost, Policy, Script, Workspace, app, serve_scripted};
use ropcheck_reports::record::load::{CameTo, Kind};
use ropcheck_reports::run::Run;
use ropcheck_reports::search::Answer;
use ropcheck_reports::steps::StepLoad;

use crate::loaded::{library, loaded, session};

/// A stall in the middle of each run: time counts from the walk before it.
const STALL: &str = "{ from: 1500ms, for: 1s, do: stall }, { do: { latency: { constant: 2ms } } }";

const SCENARIOS: &str = r"
- id: login
  title: A user logs in
  steps:
    - name: login
      send: { like: good-login }
      expect:
        rfc6749/4.3.3/granted: [granted]

- id: arrivals
  title: A hundred users arrive a second
  load: { rate: 100/s for 3s, arrivals: even, journeys: [{ walk: clock/login }] }

- id: users
  title: Two users log in over and over
  load: { users: 2 for 3s, journeys: [{ walk: clock/login }] }

- id: narrow
  title: More arrive than may be under way at once
  load: { rate: 50/s for 1s, arrivals: even, at_once: 2, journeys: [{ walk: clock/login }] }

- id: capacity
  title: The highest rate at which half of the answers come soon enough
  load:
    search: { from: 50/s, up_to: 75/s, hold: 2s, confirm: 3s }
    arrivals: even
    journeys: [{ walk: clock/login }]
    thresholds: [p50 < 450 ms, errors = 0]
";

/// Serves what these lines say on a free port, from a thread and a runtime of its own, and gives its base URL.
fn serve(lines: &str) -> String {
    let script: Script = serde_yaml::from_str(&format!("script: [{lines}]")).expect("it can be read");
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let base = format!("http://{}", listener.local_addr().expect("a port"));
            let mut config = Config { hash_cost: HashCost::LOWEST, ..Config::demo(&base) };
            config.workspaces.push(Workspace::neighbour());
            let app = app(config, Policy::strict()).expect("the demo is right");
            tell.send(base).expect("the test waits for it");
            serve_scripted(listener, app, script, pending()).await
        })
    });
    told.recv().expect("the server is up")
}

/// Puts a load on a server that behaves as these lines say.
async fn load(id: &str, lines: &str) -> Run {
    let source = Source { file: "target.yaml".to_owned(), text: demo_target(&serve(lines)), private: true };
    let target = target::read(&source, Path::new("."), &|_| None).unwrap_or_else(|complaint| panic!("{complaint}"));
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("clock.yaml"), SCENARIOS).expect("a file in it");
    let session = session(Subject::Target(Box::new(target)), library(folder.path()), id).await;
    folded(loaded(&session, id, pending()).await.expect("it is loaded"))
}

fn login(run: &Run) -> &StepLoad {
    let [login] = run.load.steps.as_slice() else { panic!("one step, not {:?}", run.load.steps) };
    login
}

/// Of 300 arrivals in 3 s a third fall into a stall of 1 s: a tenth of all waits 700 ms or longer, 500 ms where half of the
/// stall has gone by before the load begins. Users are held up twice, in hundreds of answers.
#[tokio::test(flavor = "multi_thread")]
async fn arrivals_tell_of_a_stall_that_users_hide() {
    let (open, closed) = (load("clock/arrivals", STALL).await, load("clock/users", STALL).await);
    let at_us = |run: &Run, quantile| login(run).latency().at_us(quantile);
    assert_eq!(login(&open).count, 300, "who is late is not left out");
    let (arrivals, users) = (at_us(&open, 0.9), at_us(&closed, 0.9));
    assert!(arrivals >= 500_000, "p90 of arrivals is {arrivals} us");
    assert!(users <= 250_000, "p90 of users is {users} us");
}

/// 50 arrivals in a second at a server that is done with 20: the last waits at least 1.5 s, and the generator has no part in it.
#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_place_among_those_under_way_is_no_lag() {
    let run = load("clock/narrow", "{ do: { capacity: { rate: 20/s } } }").await;
    assert!(!run.load.is_invalid(), "{:?}", run.load.health);
    let login = login(&run);
    assert_eq!((login.count, login.lag.count()), (50, 50));
    assert!(login.held.count() >= 40 && login.held.max_us() >= 1_000_000, "{:?}", login.held.shown_us());
    assert!(login.response.max_us() >= 1_500_000, "the response time counts it: {:?}", login.response.shown_us());
    assert!(login.service.at_us(0.5) < login.response.at_us(0.5), "the server has but two at once");
}

/// A server with one worker for 60 requests a second. What it bears is told apart from what it does not by half of all answers,
/// which no hiccup of a busy machine holds up; a trial that this machine was too busy for says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_the_capacity_of_a_server() {
    let lines = "{ do: { capacity: { rate: 60/s } } }, { do: { latency: { constant: 400ms } } }";
    let run = load("clock/capacity", lines).await;
    let search = run.load.search.as_ref().expect("it is a search");
    let told: Vec<_> = search.trials.iter().map(|one| (one.rate, one.kind, one.came_to)).collect();
    assert!((3..=12).contains(&told.len()), "{told:?}");
    for (rate, _, came_to) in &told {
        match came_to {
            CameTo::Kept => assert!(*rate < 66.0, "{rate}/s is more than it is done with: {told:?}"),
            CameTo::Missed => assert!(*rate > 48.0, "{rate}/s is less than it is done with: {told:?}"),
            CameTo::Invalid | CameTo::Interrupted => {}
        }
    }
    if told.iter().all(|(_, _, came_to)| *came_to != CameTo::Invalid) {
        let Answer::Rate { held, .. } = search.answer() else { panic!("{told:?}") };
        assert!(held.rate > 48.0 && held.kind == Kind::Confirmation, "{told:?}");
    }
}
