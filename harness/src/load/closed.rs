//! The closed loop: goose users that walk a journey as soon as they have walked one.
//!
//! goose starts the users, ends them, and is told every time. The requests are the walk's own, by the run's own client: what
//! goose's client does with redirects, compression and cookies would be measured otherwise. When a user is asked for is read
//! from the ramp itself, which goose would follow in steps of half a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction, TransactionResult};
use goose::metrics::GooseCoordinatedOmissionMitigation;
use goose::{GooseAttack, GooseError};
use tokio::sync::Mutex;

use super::Running;
use super::measure::Begun;
use crate::exchange::Sent;
use crate::halt::Woken;
use crate::scenario::load::{Ramp, Users};
use crate::walk::Manner;

/// Lets the users of a ramp walk until its time is over.
pub(super) async fn attack(running: &Arc<Running>, ramp: &Ramp<Users>, dashboard: bool) -> Result<(), GooseError> {
    // goose's switch that ends a run is one for the whole process.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let _alone = ONE_AT_A_TIME.lock().await;
    mute();
    let fault = Arc::new(AtomicBool::new(false));
    let users = Arc::new(Walkers { running: Arc::clone(running), ramp: ramp.clone(), fault: Arc::clone(&fault) });
    let scenario = Scenario::new(&running.id).register_transaction(Transaction::new(function(users)));
    let goose = GooseAttack::initialize_with_config(configuration(running, ramp, dashboard))?
        // One client that sends nothing, in place of one for each user.
        .set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())?
        .register_scenario(scenario);
    let mut attack = Box::pin(goose.execute());
    let ended = tokio::select! {
        ended = &mut attack => Some(ended),
        () = running.halt().comes() => None,
    };
    match ended {
        Some(ended) => drop(ended?),
        None => {
            goose::trigger_killswitch("the run is over");
            // Users end at once; goose looks for that twice a second.
            drop(tokio::time::timeout(GRACE, attack).await);
        }
    }
    assert!(!fault.load(Ordering::Relaxed), "a walk panicked, and its user was missing from then on");
    Ok(())
}

/// Where goose's live page is.
pub const DASHBOARD: (&str, u16) = ("127.0.0.1", 5118);

/// How long users may take to end when the run is interrupted.
const GRACE: Duration = Duration::from_secs(1);

/// What users have in common.
struct Walkers {
    running: Arc<Running>,
    ramp: Ramp<Users>,
    /// A walk panicked.
    fault: Arc<AtomicBool>,
}

/// What goose does: users, a length, and nothing of its own on any port, file or terminal.
fn configuration(running: &Running, ramp: &Ramp<Users>, dashboard: bool) -> GooseConfiguration {
    let target = running.session.target();
    let users = peak(ramp);
    let mut goose = GooseConfiguration::default();
    // It insists on a host; no request is made from it.
    goose.host = target.endpoints.token.as_ref().map(ToString::to_string);
    goose.users = Some(users);
    // All of them within a millisecond.
    goose.increase_rate = Some((users * 1000).to_string());
    // Its own metrics begin anew when all are there; to keep them would print a line on stdout. Nobody reads them.
    goose.no_reset_metrics = false;
    // It knows whole seconds only: the ramp itself ends the walks in between.
    goose.run_time = Some(whole_seconds(ramp.lasts()).to_string());
    goose.timeout = Some(target.timeout.as_secs_f64().to_string());
    goose.co_mitigation = Some(GooseCoordinatedOmissionMitigation::Disabled);
    // A telnet port is open unless it is closed here, and takes commands from anyone.
    goose.no_telnet = true;
    goose.websocket = false;
    goose.dashboard = dashboard;
    goose.dashboard_host = Some(DASHBOARD.0.to_owned());
    goose.dashboard_port = Some(DASHBOARD.1);
    goose.no_print_metrics = true;
    goose.quiet = 1;
    // What would grow with the length of the run, or with the variety of its errors.
    goose.no_percentiles_over_time = true;
    goose.no_error_summary = true;
    goose.no_transaction_metrics = true;
    goose.no_scenario_metrics = true;
    goose
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a ramp has whole users, of which there are few"
)]
fn peak(ramp: &Ramp<Users>) -> usize {
    ramp.peak() as usize
}

fn whole_seconds(lasts: Duration) -> u64 {
    lasts.as_secs() + u64::from(lasts.subsec_nanos() > 0)
}

fn function(users: Arc<Walkers>) -> TransactionFunction {
    Arc::new(move |user| {
        let users = Arc::clone(&users);
        Box::pin(async move {
            let _alarm = Alarm(&users.fault);
            users.turn(user).await
        })
    })
}

/// How long a user rests that has nothing to send: goose sees between two turns that the run is over.
const REST: Duration = Duration::from_millis(200);

impl Walkers {
    /// One turn of a user: a walk when the ramp asks for it, told to goose.
    async fn turn(&self, user: &mut GooseUser) -> TransactionResult {
        let running = &self.running;
        let (wire, halt) = (running.session.wire(), running.halt());
        if user.get_session_data::<Own>().is_none() {
            user.set_session_data(Own { _woken: halt.wakes().await, has_asked: false });
        }
        let number = u32::try_from(user.weighted_users_index).unwrap_or(u32::MAX);
        let began = running.sheet.stretch().begin(wire.now());
        let now = wire.now().saturating_sub(began);
        match self.ramp.turn(number, now) {
            Some(turn) if turn <= now && !halt.is_raised() => {}
            Some(turn) if !halt.is_raised() => {
                wire.until(began + turn.min(now + REST)).await;
                return Ok(());
            }
            Some(_) | None => {
                wire.until(began + now + REST).await;
                return Ok(());
            }
        }
        if let Some(own) = user.get_session_data_mut::<Own>()
            && !std::mem::replace(&mut own.has_asked, true)
        {
            running.users.fetch_add(1, Ordering::Relaxed);
        }
        let walk = running.number();
        let position = running.mix.pick(walk);
        let journey = &running.mix.journeys[position];
        let row = journey.row(number);
        let begun = Begun::ByUser { until: running.sheet.stretch().ends() };
        let (walked, broken) = running.turn(position, row, walk, begun).await;
        for (exchange, broken) in walked.exchanges.iter().zip(&broken) {
            let Sent::Step(step) = exchange.sent else { continue };
            let label = &running.mix.labels[journey.first_label + step];
            let status = exchange.heard.as_ref().ok().map(|answer| answer.status);
            let well = status.is_some() && !broken;
            let method = row.plan.steps[step].template.method.as_str();
            user.record_custom_request_duration(method, label, exchange.took, well, status, None).await?;
        }
        if walked.exchanges.is_empty() {
            wire.until(wire.now() + REST).await;
        } else if let Manner::Load(Some(think)) = running.ground.manner() {
            halt.unless(wire.until(wire.now() + think.draw())).await;
        }
        Ok(())
    }
}

/// What goose keeps for each user.
#[derive(Debug, Clone)]
struct Own {
    _woken: Woken,
    has_asked: bool,
}

/// Tells how many users asked, where not all did before their time was over: this machine had not come to them.
pub(super) fn absent(ramp: &Ramp<Users>, asked: usize) -> Option<String> {
    let wanted = peak(ramp);
    let told =
        || format!("{asked} of {wanted} users asked: the run was over before the generator had begun the others");
    (asked < wanted).then(told)
}

/// Raised by a walk that panics: goose joins its users without a look at how they ended.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Takes the place of goose's logger, which would print warnings on stdout, where the result belongs.
fn mute() {
    struct Mute;
    impl log::Log for Mute {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            false
        }
        fn log(&self, _: &log::Record<'_>) {}
        fn flush(&self) {}
    }
    // Where a logger is in place already, goose's can't take it.
    let _in_place = log::set_logger(&Mute);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_walk_that_panics_raises_the_alarm_and_one_that_ends_does_not() {
        for fault in [true, false] {
            let raised = Arc::new(AtomicBool::new(false));
            let sign = Arc::clone(&raised);
            let user = tokio::spawn(async move {
                let _alarm = Alarm(&sign);
                tokio::task::yield_now().await;
                assert!(!fault, "a fault in a walk");
            });
            assert_eq!((user.await.is_err(), raised.load(Ordering::Relaxed)), (fault, fault));
        }
    }

    #[test]
    fn users_that_never_asked_are_told() {
        let ramp = Ramp::parse("20 in 10s, 5 for 1s").expect("a ramp");
        let told = "19 of 20 users asked: the run was over before the generator had begun the others";
        assert_eq!([19, 20].map(|asked| absent(&ramp, asked)), [Some(told.to_owned()), None]);
    }

    #[test]
    fn goose_is_given_time_enough_for_the_walks() {
        let millis = [1, 999, 1000, 1001, 3000].map(Duration::from_millis);
        assert_eq!(millis.map(whole_seconds), [1, 1, 1, 2, 3]);
    }
}
