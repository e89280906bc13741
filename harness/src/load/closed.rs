//! The closed loop: goose users that walk the journey again as soon as they have walked it.
//!
//! goose starts the users, ends them, and is told every time. The requests are the walk's own, by the run's own client: what
//! goose's client does with redirects, compression and cookies would be measured otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction, TransactionResult};
use goose::metrics::GooseCoordinatedOmissionMitigation;
use goose::{GooseAttack, GooseError};
use ropcheck_reports::record::Ended;
use tokio::sync::{Mutex, mpsc};

use super::{Journey, Sample};
use crate::breaker::SILENCES;
use crate::exchange::Sent;

/// Lets the journey's users walk it until its time is over, and hands every walk on.
pub(super) async fn attack(journey: &Arc<Journey>, samples: mpsc::Sender<Sample>) -> Result<Ended, GooseError> {
    // goose's switch that ends a run is one for the whole process.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let _alone = ONE_AT_A_TIME.lock().await;
    mute();
    let signs = Arc::new(Signs::default());
    let scenario = Scenario::new(&journey.plan.case.id).register_transaction(Transaction::new(function(
        Arc::clone(journey),
        samples,
        Arc::clone(&signs),
    )));
    let goose = GooseAttack::initialize_with_config(configuration(journey))?
        // One client that sends nothing, in place of one for each user.
        .set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())?
        .register_scenario(scenario);
    Box::pin(goose.execute()).await?;
    assert!(!signs.fault.load(Ordering::Relaxed), "a walk panicked, and its user was missing from then on");
    Ok(if signs.silence.load(Ordering::Relaxed) {
        Ended::Stopped(format!("{SILENCES} requests in a row got no answer"))
    } else if goose::is_killswitch_triggered() {
        Ended::Interrupted
    } else {
        Ended::Complete
    })
}

/// What users saw that goose does not tell.
#[derive(Debug, Default)]
struct Signs {
    /// A walk panicked.
    fault: AtomicBool,
    /// The server fell silent; a late answer does not take that back.
    silence: AtomicBool,
}

/// What goose does: users, a length, and nothing of its own on any port, file or terminal.
fn configuration(journey: &Journey) -> GooseConfiguration {
    let (users, target) = (journey.load.users, journey.session.target());
    let mut goose = GooseConfiguration::default();
    // It insists on a host; no request is made from it.
    goose.host = target.endpoints.token.as_ref().map(ToString::to_string);
    goose.users = Some(users);
    // All of them within a millisecond.
    goose.increase_rate = Some((users * 1000).to_string());
    // Its own metrics begin anew when all are there; to keep them would print a line on stdout. Nobody reads them.
    goose.no_reset_metrics = false;
    // It knows whole seconds only: the journey's own stretch ends the walks in between.
    goose.run_time = Some(whole_seconds(journey.load.lasts).to_string());
    goose.timeout = Some(target.timeout.as_secs_f64().to_string());
    goose.co_mitigation = Some(GooseCoordinatedOmissionMitigation::Disabled);
    // A telnet port is open unless it is closed here, and takes commands from anyone.
    goose.no_telnet = true;
    goose.websocket = false;
    goose.no_print_metrics = true;
    goose.quiet = 1;
    // What would grow with the length of the run, or with the variety of its errors.
    goose.no_percentiles_over_time = true;
    goose.no_error_summary = true;
    goose.no_transaction_metrics = true;
    goose.no_scenario_metrics = true;
    goose
}

fn whole_seconds(lasts: Duration) -> u64 {
    lasts.as_secs() + u64::from(lasts.subsec_nanos() > 0)
}

fn function(journey: Arc<Journey>, samples: mpsc::Sender<Sample>, signs: Arc<Signs>) -> TransactionFunction {
    Arc::new(move |user| {
        let (journey, samples, signs) = (Arc::clone(&journey), samples.clone(), Arc::clone(&signs));
        Box::pin(async move {
            let _alarm = Alarm(&signs.fault);
            turn(user, &journey, &samples, &signs.silence).await
        })
    })
}

/// How long a user rests that has nothing to send: goose sees between two turns that the run is over.
const REST: Duration = Duration::from_millis(20);

/// One turn of a user: a walk, told to goose and handed on.
async fn turn(
    user: &mut GooseUser,
    journey: &Journey,
    samples: &mpsc::Sender<Sample>,
    silence: &AtomicBool,
) -> TransactionResult {
    if journey.ground.breaker.is_broken() {
        silence.store(true, Ordering::Relaxed);
        goose::trigger_killswitch("the server is silent");
    }
    if silence.load(Ordering::Relaxed) || journey.is_over() {
        tokio::time::sleep(REST).await;
        return Ok(());
    }
    let sample = journey.walk().await;
    if sample.walked.exchanges.is_empty() {
        tokio::time::sleep(REST).await;
    }
    for (exchange, broken) in sample.walked.exchanges.iter().zip(&sample.broken) {
        let Sent::Step(position) = exchange.sent else { continue };
        let step = &journey.plan.steps[position];
        let status = exchange.heard.as_ref().ok().map(|answer| answer.status);
        let well = status.is_some() && *broken == 0;
        let method = step.template.method.as_str();
        user.record_custom_request_duration(method, &step.name, exchange.took, well, status, None).await?;
    }
    // Nobody takes samples any more only where the run itself was given up.
    let _given_up = samples.send(sample).await;
    Ok(())
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
    fn goose_is_given_time_enough_for_the_walks() {
        let millis = [1, 999, 1000, 1001, 3000].map(Duration::from_millis);
        assert_eq!(millis.map(whole_seconds), [1, 1, 1, 2, 3]);
    }
}
