//! `ropcheck check`: every case over one server.

use std::num::NonZeroU32;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use ropcheck::library::Library;
use ropcheck::property::Drawing;
use ropcheck::property::regressions::{Regressions, Seed};
use ropcheck::session::{Subject, head};
use ropcheck::suite::{Suite, now_ms};
use ropcheck::{target, waiver};
use ropcheck_reports::record::{Event, Finding, Found, Kind, RunStarted};

use super::care::{self, Leave};
use super::embedded::{self, Shown};
use super::outcome::{self, Printed};
use super::stop::Stop;
use crate::cli::{Check, one_glob};

/// Runs the suite and gives its exit code.
pub(crate) async fn run(args: &Check) -> Result<u8, Stop> {
    let library = Arc::new(Library::load(args.scenarios.scenarios.as_deref())?);
    let mut suite = Suite::of(library);
    let only = one_glob(&args.only).map_err(Stop::bad_input)?;
    if let Some(glob) = only {
        suite = suite.only(glob).map_err(Stop::bad_input)?;
    }
    let mut regressions = match &args.regressions {
        Some(folder) => Regressions::read(folder, suite.cases())?,
        None => Regressions::default(),
    };
    let cases = args.cases.map(NonZeroU32::get);
    let suite = suite.drawing(Drawing { seed: args.seed, cases, regressions: Arc::new(regressions.clone()) });
    let waivers = args.waivers.as_deref().map(|path| waiver::load(path, suite.library())).transpose()?;
    let altered = embedded::altered(&args.seeded);
    let said = |mut head: RunStarted| {
        head.target.name += &altered;
        head.only = only.map(str::to_owned);
        head.waivers = waivers.clone().unwrap_or_default();
        head
    };
    let subject = subject(args)?;
    if let (Subject::Target(target), true) = (&subject, args.dry_run) {
        care::dry_run(&suite, target, leave(args))?;
        return Ok(0);
    }
    let named = embedded::named(&subject);
    let mut recorder = outcome::recorder(args.outcome.record.as_deref(), &args.outcome.report)?;
    let told = match &subject {
        Subject::Target(target) => {
            care::tell(target);
            Some(target.is_loopback())
        }
        Subject::Embedded(_) => None,
    };
    let mut interrupted = std::pin::pin!(interrupted());
    let session = match Box::pin(outcome::opened(suite.open(subject), &mut interrupted)).await {
        Ok(session) => session,
        Err(why) => {
            let head = head(suite.library(), named, Kind::Check, suite.cases(), args.seed, now_ms());
            return Err(outcome::nothing(recorder, &args.outcome.report, said(head), why));
        }
    };
    // Its metadata may have told of another machine than the target file, or of none but this one.
    if told.is_some_and(|loopback| loopback != session.target().is_loopback()) {
        care::tell(session.target());
    }
    let progress = progress(suite.cases().len());
    let mut kept = Ok(());
    suite
        .walk(&session, interrupted, &mut |event| {
            advance(&progress, &event);
            if args.regressions.is_some()
                && let Err(why) = keep(&mut regressions, &event)
            {
                kept = Err(why);
            }
            recorder.keep(match event {
                Event::RunStarted(head) => Event::RunStarted(said(head)),
                later => later,
            });
        })
        .await;
    progress.finish_and_clear();
    let printed = if args.emit_waivers { Printed::Waivers } else { Printed::Text };
    let run = outcome::finish(recorder, &args.outcome.report, printed)?;
    kept.map_err(|why| Stop::harness(format!("could not keep a regression: {why}")))?;
    Ok(run.exit_code(args.strict))
}

/// Keeps what a failure was drawn from.
fn keep(regressions: &mut Regressions, event: &Event) -> std::io::Result<()> {
    match event {
        Event::Found(Found { case, finding: Finding::Broken { .. }, drawn: Some(drawn), .. }) => {
            Seed::parse(&drawn.seed).map_or(Ok(()), |seed| regressions.keep(case, seed, &drawn.values))
        }
        _ => Ok(()),
    }
}

/// Comes when the run is interrupted. Without a handler an interrupt ends the process at once, which is what is left then.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn subject(args: &Check) -> Result<Subject, Stop> {
    if let Some(path) = &args.target {
        let mut target = target::load(path, &|name| std::env::var(name).ok())?;
        target.allowed_failed_logins = args.allow_failed_logins.unwrap_or_default();
        if let Some(most) = args.observe_throttling {
            // The last one is the one that should be told to wait.
            target.throttled_after = NonZeroU32::new(most - 1);
            target.allowed_failed_logins = target.allowed_failed_logins.max(most);
        }
        return Ok(Subject::Target(Box::new(target)));
    }
    embedded::subject(&args.seeded, Shown::InAnAnswer)
}

/// The leave that is given: who observes names how many, whatever else is allowed.
fn leave(args: &Check) -> Option<Leave> {
    args.observe_throttling.map(Leave::Observing).or(args.allow_failed_logins.map(Leave::Allowed))
}

/// A progress line on stderr; indicatif hides it where stderr is no terminal.
fn progress(cases: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{pos}/{len} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(cases as u64).with_style(style)
}

fn advance(progress: &ProgressBar, event: &Event) {
    match event {
        Event::Exchange(exchange) if progress.message() != exchange.case => {
            progress.set_message(exchange.case.clone());
            progress.inc(1);
        }
        Event::Skipped(_) => progress.inc(1),
        _ => {}
    }
}
