//! How a load ends before its time, and that what it tells of that is true.

#[path = "support/loaded.rs"]
mod loaded;
#[path = "support/served.rs"]
mod served;
#[path = "support/small.rs"]
mod small;

use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request as Received;
use axum::middleware::{Next, from_fn};
use ropcheck::embedded::demo_target;
use ropcheck::session::{Session, Subject};
use ropcheck::suite::folded;
use ropcheck_reports::record::Ended;
use ropcheck_reports::record::load::CameTo;
use ropcheck_reports::run::{Run, Standing};
use ropcheck_reports::search::Answer;
use tokio::sync::Notify;

use crate::loaded::loaded;
use crate::served::{AS_IF_OF_ANOTHER, demo, port, read, scripted};
use crate::small::session;

/// A server that answers nothing from some request on.
struct Falling {
    session: Arc<Session>,
    /// Requests that it heard.
    heard: Arc<AtomicU64>,
    /// The request from which on it answers nothing.
    silent_at: Arc<AtomicU64>,
    /// The request at which it rings.
    rings_at: Arc<AtomicU64>,
    bell: Arc<Notify>,
}

impl Falling {
    async fn ready(host: &str, more: &str, id: &str) -> Self {
        let (listener, base) = port(host).await;
        let count = || Arc::new(AtomicU64::new(u64::MAX));
        let (heard, silent_at, rings_at, bell) = (Arc::new(AtomicU64::new(0)), count(), count(), Arc::default());
        let (all, silent, rings, ring) =
            (Arc::clone(&heard), Arc::clone(&silent_at), Arc::clone(&rings_at), Arc::<Notify>::clone(&bell));
        let layer = from_fn(move |request: Received, next: Next| {
            let number = all.fetch_add(1, Ordering::SeqCst) + 1;
            if number == rings.load(Ordering::SeqCst) {
                ring.notify_one();
            }
            let is_silent = number > silent.load(Ordering::SeqCst);
            async move {
                if is_silent {
                    pending::<()>().await;
                }
                next.run(request).await
            }
        });
        let app = demo(&base).layer(layer);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let target = read(&format!("{}{more}", demo_target(&base)));
        Self { session: session(Subject::Target(Box::new(target)), id).await, heard, silent_at, rings_at, bell }
    }

    /// Loads it: it falls silent behind so many more requests, and the run is stopped when it has heard some behind those. How
    /// many it heard in all since, and what the run came to.
    async fn load(&self, id: &str, answers: u64, then: u64) -> (u64, Run) {
        let before = self.heard.load(Ordering::SeqCst);
        let silent_at = before.saturating_add(answers);
        self.silent_at.store(silent_at, Ordering::SeqCst);
        self.rings_at.store(silent_at.saturating_add(then), Ordering::SeqCst);
        let run = folded(loaded(&self.session, id, self.bell.notified()).await.expect("it bears one walk"));
        (self.heard.load(Ordering::SeqCst) - before, run)
    }
}

fn cut_off(run: &Run) -> u64 {
    run.load.steps.iter().map(|step| step.cut_off).sum()
}

/// Four users with two requests each time: when it is stopped each of them waits for an answer.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_when_users_are_stopped_is_counted_and_no_error() {
    let falling = Falling::ready("127.0.0.1", "", "small/stay").await;
    let (heard, run) = falling.load("small/stay", 31, 4).await;
    assert_eq!((run.standing(), cut_off(&run), heard), (Standing::Interrupted, 4, 35));
    let [login, refresh] = &run.load.steps[..] else { panic!("two steps: {:?}", run.load.steps) };
    assert_eq!(login.count + refresh.count, 33, "all but the two requests of the walk before it");
    for step in [login, refresh] {
        assert_eq!((step.errors, step.service.count(), step.answers()), (0, step.count, step.count - step.cut_off));
    }
    assert_eq!(run.tally.unjudged, 0, "what was judged of the others stands");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_when_arrivals_are_stopped_is_counted_with_the_time_that_it_waited() {
    let falling = Falling::ready("127.0.0.1", "", "small/hour").await;
    let (heard, run) = falling.load("small/hour", 10, 30).await;
    let [login] = &run.load.steps[..] else { panic!("one step: {:?}", run.load.steps) };
    assert_eq!((run.standing(), login.errors, login.answers()), (Standing::Interrupted, 0, 9));
    assert!(login.cut_off >= 30 && login.count > heard - 2, "{} of {heard}: {login:?}", login.count);
    assert_eq!((login.response.count(), login.settled()), (login.count, 9));
    let finished = run.finished.as_ref().expect("it has an end");
    assert_eq!((&finished.ended, finished.gone_us), (&Ended::Interrupted, None));
    // The first of them waited while most others came.
    let waited = login.response.max_us();
    assert!((100_000..finished.took_us).contains(&waited), "{waited} us");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_stopped_before_its_first_walk_asks_nothing_and_tells_so() {
    let falling = Falling::ready("127.0.0.1", "", "small/hour").await;
    let before = falling.heard.load(Ordering::SeqCst);
    let run = folded(loaded(&falling.session, "small/hour", ready(())).await.expect("nothing is wrong"));
    assert_eq!((run.standing(), run.exit_code(false)), (Standing::Interrupted, 130));
    assert_eq!(falling.heard.load(Ordering::SeqCst), before);
}

/// Of half a second each login takes longer than all: no user has time to refresh.
#[tokio::test(flavor = "multi_thread")]
async fn users_send_nothing_more_when_their_time_is_over() {
    let target = scripted("{ do: { latency: { constant: 600ms } } }").await;
    let session = session(Subject::Target(Box::new(target)), "small/sessions").await;
    let run = folded(loaded(&session, "small/sessions", pending()).await.expect("it bears one walk"));
    let counts: Vec<_> = run.load.steps.iter().map(|step| (step.step.as_str(), step.count)).collect();
    assert_eq!(counts, [("login", 2)]);
}

/// The last of four arrivals in a second comes after 750 ms.
#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_over_no_earlier_than_it_says() {
    let falling = Falling::ready("127.0.0.1", "", "small/few").await;
    let (_, run) = falling.load("small/few", u64::MAX, 0).await;
    let finished = run.finished.as_ref().expect("it has an end");
    assert_eq!((run.load.steps[0].count, finished.asked_us), (4, Some(1_000_000)));
    assert!(finished.took_us >= 1_000_000, "{finished:?}");
}

/// The rehearsal is 2 requests, the uses without a race 5, and the first round begins with 1.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_of_a_race_that_is_stopped_tells_nothing() {
    let falling = Falling::ready("127.0.0.1", "", "small/race").await;
    let (_, run) = falling.load("small/race", 8, 6).await;
    assert_eq!(run.standing(), Standing::Interrupted);
    let [race] = &run.load.races[..] else { panic!("one race: {:?}", run.load.races) };
    assert!(race.winners.is_empty() && race.lost.is_empty() && race.replay.is_some(), "{race:?}");
    assert_eq!(run.load.health.under_way, 6, "how the generator fared is known: {:?}", run.load.health);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_that_was_interrupted_has_missed_nothing() {
    let falling = Falling::ready("127.0.0.1", "", "small/climb").await;
    let (_, run) = falling.load("small/climb", 4, 1).await;
    let trials: Vec<_> = run.load.search.iter().flat_map(|search| &search.trials).collect();
    let [trial] = trials[..] else { panic!("one trial: {trials:?}") };
    assert_eq!((trial.came_to, trial.why.len(), run.standing()), (CameTo::Interrupted, 0, Standing::Interrupted));
    assert!(run.load.health.under_way >= 1, "how the generator fared is known: {:?}", run.load.health);
}

/// A server on another machine is not asked on for a quarter of a minute when it answers nothing. That is its own doing: the
/// thresholds say so, and the generator was no limit.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_told_so_and_on_another_machine_not_asked_for_long() {
    let leave = "allow_http: true\nload: { authorized_by: Jo, max_rate: 99 }\ntimeout: 1s\n";
    let falling = Falling::ready(AS_IF_OF_ANOTHER, leave, "small/minutes").await;
    let (_, run) = falling.load("small/minutes", 20, u64::MAX).await;
    let stopped = run.stopped().expect("it was stopped");
    assert!(stopped.starts_with("the server was gone: from ") && stopped.ends_with("(no answer in time)"), "{stopped}");
    let gone = run.finished.as_ref().and_then(|last| last.gone_us).expect("it is told since when");
    assert!(gone < run.took_us() && !run.load.is_invalid(), "{gone}: {:?}", run.load.health);
    // That it speaks no TLS fails it beside that.
    assert_eq!((run.exit_code(false), run.load.missed().count()), (1, 1), "{:?}", run.load.thresholds);
}

/// The search asks more than the server bears, and is turned away: that is how it finds out.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_found_its_rate_left_nothing_open() {
    let target = scripted("{ do: { capacity: { rate: 60/s, queue: 2 } } }").await;
    let session = session(Subject::Target(Box::new(target)), "small/climb").await;
    let run = folded(loaded(&session, "small/climb", pending()).await.expect("it bears one walk"));
    let turned_away = run.load.over_time.iter().flat_map(|step| &step.seconds).map(|second| second.errors);
    assert!(turned_away.sum::<u64>() > 0, "it asked for no more than the server bears");
    // This machine may be too busy to find it.
    if let Some(Answer::Rate { .. }) = run.load.search.as_ref().map(|search| search.answer()) {
        assert_eq!((run.standing(), run.exit_code(true)), (Standing::Passed, 0), "{:?}", run.cases);
    }
}
