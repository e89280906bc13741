//! The suite as tests: each case a trial of its own, to be filtered, listed and counted by any test runner.

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use ropcheck_reference_server::Policy;
use ropcheck_reports::format::text;
use ropcheck_reports::record::{Ended, Event, Kind, RunFinished};
use ropcheck_reports::run::{Run, Verdict};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::lint::Tally;
use crate::plan::Skip;
use crate::session::{Session, Subject};
use crate::suite::{Suite, folded};
use crate::target::{self, Target};

/// Runs the suite as the tests of a test target with `harness = false`: on the server of a target file, or on the embedded
/// reference server where `target` is `None`.
///
/// Any other crate can do the same for its own server:
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     ropcheck::trials::run(Some("target.yaml".as_ref()))
/// }
/// ```
///
/// A case that was skipped or could not be judged is `ignored`, with its reason; it never counts as passed.
pub fn run(target: Option<&Path>) -> ExitCode {
    let target = target.map(|path| target::load(path, &|name| std::env::var(name).ok())).transpose();
    match target.and_then(|target| Ok((target, Suite::own()?))) {
        Ok((target, suite)) => run_on(target, suite),
        Err(why) => stopped(&why.to_string(), 2),
    }
}

#[expect(clippy::print_stderr, reason = "a test runner tells on stderr why it did not start")]
fn stopped(why: &str, code: u8) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(code)
}

/// The same for a target that was made otherwise, and for any suite.
pub fn run_on(target: Option<Target>, suite: Suite) -> ExitCode {
    let mut arguments = Arguments::from_args();
    if target.is_some() {
        // One request at a time: the cases share the accounts of one server.
        arguments.test_threads = Some(1);
    }
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(why) => return stopped(&format!("could not start the runtime: {why}"), 101),
    };
    let bench = Arc::new(Bench { target, suite, runtime, session: OnceCell::new(), tally: Mutex::default() });
    let cases = bench.suite.cases().to_vec().into_iter().map(|id| {
        let bench = Arc::clone(&bench);
        Trial::ignorable_test(id.clone(), move || bench.case(&id))
    });
    let lints = Arc::clone(&bench);
    let lints = Trial::ignorable_test("lints", move || lints.lints());
    libtest_mimic::run(&arguments, cases.chain([lints]).collect()).exit_code()
}

/// What the trials share.
struct Bench {
    target: Option<Target>,
    suite: Suite,
    runtime: Runtime,
    session: OnceCell<Arc<Session>>,
    tally: Mutex<Tally>,
}

impl Bench {
    fn case(&self, id: &str) -> Result<Completion, Failed> {
        self.runtime.block_on(async {
                let session = self.session().await?;
                // Each process of such a runner would start with a budget of its own and spend it on the same account.
                let apart = std::env::var_os("NEXTEST").is_some() && self.target.as_ref().is_some_and(|target| !target.is_loopback());
                match session.plan(id) {
                    Err(Skip(why)) => return Ok(Completion::ignored_with(why)),
                    Ok((plan, _)) if apart && plan.spends_logins() => {
                        return Ok(Completion::ignored_with("it spends failed logins, and a process a test has no budget to share: run it by `cargo test` or `ropcheck check`"));
                    }
                    Ok(_) => {}
                }
                let (events, tally) = session.run(id).await;
                self.tally.lock().unwrap_or_else(PoisonError::into_inner).add(tally);
                told(&alone(&session, &[id.to_owned()], events))
        })
    }

    /// The checks that run on every answer. The embedded server is asked everything again, side by side with the other
    /// trials; a target is not, and its answers so far are what is looked at.
    fn lints(&self) -> Result<Completion, Failed> {
        self.runtime.block_on(async {
            if self.target.is_none() {
                let run = self.suite.run(Subject::Embedded(Box::new(Policy::strict()))).await;
                return told(&run.map_err(|why| why.to_string())?);
            }
            let session = self.session().await?;
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
            tally.add(session.learned().tally.clone());
            told(&alone(&session, &[], tally.found().into_iter().map(Event::Found).collect()))
        })
    }

    async fn session(&self) -> Result<Arc<Session>, Failed> {
        let open = || async {
            let subject = match &self.target {
                None => Subject::Embedded(Box::new(Policy::strict())),
                Some(target) => Subject::Target(Box::new(target.clone())),
            };
            self.suite.open(subject).await.map(Arc::new)
        };
        self.session.get_or_try_init(open).await.cloned().map_err(|why| why.to_string().into())
    }
}

/// The events of a few cases as a run of their own.
fn alone(session: &Session, cases: &[String], events: Vec<Event>) -> Run {
    let head = Event::RunStarted(session.head(Kind::Check, cases, 0));
    let end = Event::RunFinished(RunFinished::after(0, Ended::Complete));
    folded([head].into_iter().chain(events).chain([end]).collect())
}

/// A run as a trial's end: failed with the whole text, ignored where something was not judged, else passed.
fn told(run: &Run) -> Result<Completion, Failed> {
    if run.tally.failed > 0 {
        let mut out = Vec::new();
        text::write(run, text::Style::Plain, None, &mut out).map_err(|why| why.to_string())?;
        return Err(String::from_utf8_lossy(&out).into_owned().into());
    }
    let unjudged = run.cases.iter().find(|case| matches!(case.verdict, Verdict::Unjudged | Verdict::Skipped));
    Ok(match unjudged {
        None => Completion::Completed,
        Some(case) => Completion::ignored_with(case.skipped.clone().unwrap_or_else(|| {
            let reasons = run.unjudged_by_reason();
            reasons.keys().map(|because| because.name()).collect::<Vec<_>>().join(", ")
        })),
    })
}
