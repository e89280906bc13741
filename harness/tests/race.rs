//! Races on the embedded server: each fault is told under its sentence, and no liberty is taken for one.

#[path = "support/fault.rs"]
mod fault;
#[path = "support/loaded.rs"]
mod loaded;
#[path = "support/small.rs"]
mod small;

use std::fs;
use std::future::{pending, ready};
use std::time::Duration;

use ropcheck::load::{self, NotLoaded};
use ropcheck::recorder;
use ropcheck::session::Subject;
use ropcheck::suite::folded;
use ropcheck::target;
use ropcheck_reference_server::{FAULTS_IN_A_RACE, Policy, VARIANTS};
use ropcheck_reports::coverage::CameTo;
use ropcheck_reports::format;
use ropcheck_reports::opinion::Binding;
use ropcheck_reports::race::{Won, rounds};
use ropcheck_reports::read;
use ropcheck_reports::record::load::{Late, Lives, Mode, Replay};
use ropcheck_reports::record::{Event, Finding, Found, Origin, Race};
use ropcheck_reports::run::{Run, Standing};

use crate::fault::fault;
use crate::loaded::loaded;
use crate::small::{library, session};

/// The race of `small/race`.
const AT_ONCE: u32 = 6;
const ROUNDS: u64 = 4;

async fn events(id: &str, policy: Policy) -> Vec<Event> {
    let session = session(Subject::Embedded(Box::new(policy)), id).await;
    loaded(&session, id, pending()).await.expect("a use by itself is granted")
}

/// What a race came to, and its findings that broke a promise.
async fn raced(id: &str, policy: Policy) -> (Race, Vec<Found>, Run) {
    let run = folded(events(id, policy).await);
    let [race] = run.load.races.as_slice() else { panic!("one race, not {:?}", run.load.races) };
    let found = run.cases.iter().flat_map(|case| &case.judged).map(|one| one.found.clone());
    let broken = found.filter(|found| matches!(found.finding, Finding::Broken { .. })).collect();
    (race.clone(), broken, run)
}

fn variant(id: &str) -> Policy {
    VARIANTS.iter().find(|variant| variant.id == id).unwrap_or_else(|| panic!("no variant {id}")).policy()
}

/// What every round came to.
fn always<T: Ord>(what: T) -> std::collections::BTreeMap<T, u64> {
    [(what, ROUNDS)].into()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_strict_server_one_wins_and_the_others_end_the_family() {
    let (race, broken, run) = raced("small/race", Policy::strict()).await;
    assert_eq!((broken, run.standing()), (vec![], Standing::Passed));
    let wanted = Race {
        case: "small/race".into(),
        step: "refresh".into(),
        at_once: AT_ONCE,
        replay: Some(Replay::EndsFamily),
        winners: always(1),
        late: always(Late::Refused),
        lives: always(Lives::Nothing),
        shared: 0,
        failed: 0,
        lost: [("400 invalid_grant".to_owned(), u64::from(AT_ONCE - 1) * ROUNDS)].into(),
    };
    assert_eq!(race, wanted);
    let head = run.started.load.as_ref().expect("a load");
    assert_eq!((head.mode, head.shape.as_str(), head.at_once), (Mode::Race, "4 rounds of 6 uses", None));
    let of = |id: &str| {
        let judged = run.cases.iter().flat_map(|case| &case.judged);
        let mut of = judged.filter(|one| one.found.requirement == id).map(|one| (one.found.origin, one.found.share));
        of.find(|(origin, _)| *origin == Origin::Line).and_then(|(_, share)| share).map(|share| share.of)
    };
    // One of them in the round that asks what a second use comes to.
    assert_eq!((of("rfc6749/4.3.3/granted"), of("rfc6749/6/granted")), (Some(ROUNDS + 1), Some(1)));
    let revoked = run.opinions.rows.iter().find(|row| row.advice.id == "rfc9700/4.14.2/replay-revokes-active");
    let beside = revoked.and_then(|row| row.binding.as_ref());
    assert!(
        matches!(beside, Some(Binding::Kept(cited)) if cited.id == "rfc6749/6/revoke-old" && cited.came_to == CameTo::Met),
        "the race has shown it: {beside:?}"
    );
    assert!(run.exchanges.is_empty(), "nothing went wrong: {:?}", run.exchanges.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_told_under_its_sentence_and_nothing_else_is() {
    for fault in FAULTS_IN_A_RACE {
        let (race, mut broken, run) = raced("small/race", fault.policy()).await;
        // A lint notes every 5xx beside.
        broken.retain(|found| found.origin == Origin::Across);
        let told: Vec<&str> = broken.iter().map(|found| found.requirement.as_str()).collect();
        assert_eq!(told, [fault.breaks], "{}: {race:?} {broken:?}", fault.id);
        assert!(broken[0].share.is_some_and(|share| share.broken > 0), "{broken:?}");
        // The record holds what shows it; of tokens the facts stand in the finding.
        let is_of_tokens = broken[0].case == "across/jti-of-one";
        assert!(is_of_tokens || !broken[0].evidence.is_empty(), "{broken:?}");
        for id in &broken[0].evidence {
            assert!(run.exchanges.contains_key(id), "{id} is not among {:?}", run.exchanges.keys());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_race_comes_to_is_told_of_faults_too() {
    let (race, ..) = raced("small/race", fault("simultaneous-refresh-none-wins")).await;
    assert_eq!((Won::of(&race), &race.lives), (Won::None, &always(Lives::Nothing)));
    let (race, ..) = raced("small/race", fault("simultaneous-refresh-wins-all")).await;
    assert_eq!((Won::of(&race), &race.lives, race.shared), (Won::SeveralForGood, &always(Lives::Several), 0));
    let (race, ..) = raced("small/race", fault("simultaneous-refresh-twins")).await;
    assert_eq!((Won::of(&race), race.shared), (Won::Several, ROUNDS));
    let (race, ..) = raced("small/race", fault("simultaneous-refresh-crashes")).await;
    assert_eq!((Won::of(&race), race.failed), (Won::One, u64::from(AT_ONCE - 1) * ROUNDS));
    assert_eq!(race.lost.keys().collect::<Vec<_>>(), ["500 server_error"]);
    let (race, ..) = raced("small/race", fault("simultaneous-refresh-ends-all")).await;
    assert_eq!((Won::of(&race), race.replay, &race.lives), (Won::One, Some(Replay::Refused), &always(Lives::Nothing)));
}

/// A liberty of RFC 6749 section 6 · what a second use comes to alone · how many win · the late use · what lives.
const LEGAL: [(&str, Replay, Won, Late, Lives); 4] = [
    ("grace-for-replaced-token", Replay::Granted, Won::SeveralInGrace, Late::Grace, Lives::Several),
    ("no-rotation", Replay::NotReplaced, Won::NotReplaced, Late::Granted, Lives::Old),
    ("replaced-token-stays-good", Replay::Granted, Won::SeveralForGood, Late::Granted, Lives::Several),
    // A fault to RFC 9700 alone, and one that shows without a race.
    ("replay-ends-nothing", Replay::Refused, Won::One, Late::Refused, Lives::Winner),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_liberty_is_told_and_is_no_fault() {
    for (id, replay, won, late, lives) in LEGAL {
        let policy = if id == "replay-ends-nothing" { fault(id) } else { variant(id) };
        let (race, broken, run) = raced("small/race", policy).await;
        assert_eq!((broken, run.standing()), (vec![], Standing::Passed), "{id}");
        let came = (race.replay, Won::of(&race), &race.late, &race.lives);
        assert_eq!(came, (Some(replay), won, &always(late), &always(lives)), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_raced_may_come_of_its_base_or_have_another_name() {
    for (id, rounds) in [("small/short", 1), ("small/public", 2)] {
        let (race, broken, _) = raced(id, Policy::strict()).await;
        assert_eq!((Won::of(&race), broken), (Won::One, vec![]), "{id}");
        assert_eq!((race.lives, race.late), ([(Lives::Nothing, rounds)].into(), [(Late::Refused, rounds)].into()));
    }
}

/// What the record of a run adds up to.
fn read_back(events: &[Event]) -> Run {
    let mut record = Vec::new();
    for event in events {
        recorder::line(event, &mut record).expect("it can be written");
    }
    folded(read::events(record.as_slice()).expect("it can be read"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_reads_back_and_every_report_tells_the_verdict() {
    let run = read_back(&events("small/race", fault("simultaneous-refresh-wins-all")).await);
    assert_eq!(rounds(&run.load.races[0]), ROUNDS);
    for name in ["html", "junit", "markdown", "text"] {
        let mut told = Vec::new();
        let format = format::find(name).expect("a format");
        match format.tell {
            format::Tell::Run(tell) => tell(&run, &mut told).expect("it can be told"),
            format::Tell::Each(_) => panic!("{name} is made of the whole run"),
        }
        let told = String::from_utf8(told).expect("text").split_whitespace().collect::<Vec<_>>().join(" ");
        for words in ["refresh: of 6 uses at once several won for good", "several winners", "new tokens (4)"] {
            assert!(told.contains(words), "{name} does not say `{words}`: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_race_that_is_interrupted_before_its_first_round_leaves_a_record_that_can_be_read() {
    let session = session(Subject::Embedded(Box::new(Policy::strict())), "small/race").await;
    let events = loaded(&session, "small/race", ready(())).await.expect("it can be run");
    let run = read_back(&events);
    assert_eq!((run.standing(), run.load.races.len()), (Standing::Interrupted, 0));
}

#[test]
fn another_machine_takes_a_race_by_leave_and_no_more_at_once_than_a_second_may_see() {
    let library = library();
    let race = load::find(&library, "small/race").expect("it is there");
    let target = |leave: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("target.yaml");
        let text = "token_endpoint: https://as.example/token\n\
                    clients: { app: { id: app, auth: none } }\n\
                    users: { alice: { username: alice, password: wonderland } }\n";
        fs::write(&file, format!("{text}{leave}")).expect("a file");
        target::load(&file, &|_| None).unwrap_or_else(|complaint| panic!("{complaint}"))
    };
    assert!(matches!(load::permit(&library, "small/race", race, &target("")), Err(NotLoaded::NotAuthorized { .. })));
    let leave = |rate: u32| target(&format!("load: {{ authorized_by: \"Jo, OPS-12\", max_rate: {rate} }}\n"));
    let refused =
        load::permit(&library, "small/race", race, &leave(5)).expect_err("six are more than five").to_string();
    let told =
        "the load would reach 6 requests a second (all of them at once), and the target file allows `max_rate: 5`";
    assert_eq!(refused, format!("{told}: let `at_once` be 5 at the most"));
    load::permit(&library, "small/race", race, &leave(6)).expect("six at once are six a second");
    assert_eq!(load::lasts(race), None::<Duration>);
}
