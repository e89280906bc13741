//! `ropcheck load`: journeys walked by many users, at a rate, or in a race.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use ropcheck::library::Library;
use ropcheck::limits::Told;
use ropcheck::load::{self, DASHBOARD, NotLoaded, Options, Peak};
use ropcheck::session::{Session, Subject, head};
use ropcheck::suite::now_ms;
use ropcheck::target::{self, Target};
use ropcheck::waiver;
use ropcheck_reports::record::{Event, Kind, RunStarted};
use tokio::sync::watch;

use super::embedded::{self, Shown};
use super::outcome::{self, Printed};
use super::stop::{self, Stop};
use crate::cli::Load;

/// Runs the load and gives its exit code.
pub(crate) async fn run(args: &Load) -> Result<u8, Stop> {
    let library = Arc::new(Library::load(args.scenarios.scenarios.as_deref())?);
    let wanted = load::find(&library, &args.scenario)?.clone();
    let waivers = args.waivers.as_deref().map(|path| waiver::load(path, &library)).transpose()?;
    let subject = subject(args, &library, &wanted)?;
    if args.dashboard {
        tell_dashboard(&args.scenario, &wanted)?;
    }
    let said = |mut head: RunStarted| {
        head.target.name += &embedded::altered(&args.seeded);
        head.waivers = waivers.clone().unwrap_or_default();
        head
    };
    let named = embedded::named(&subject);
    let mut recorder = outcome::recorder(args.outcome.record.as_deref(), &args.outcome.report)?;
    let interrupted = interrupted()?;
    let mut interrupted = std::pin::pin!(interrupted);
    let cases = std::slice::from_ref(&args.scenario);
    let opening = Session::open(subject, Arc::clone(&library), cases, args.seed);
    let session = match Box::pin(outcome::opened(opening, &mut interrupted)).await {
        Ok(session) => session,
        Err(why) => {
            let head = head(&library, named, Kind::Load, cases, args.seed, now_ms());
            return Err(outcome::nothing(recorder, &args.outcome.report, said(head), why));
        }
    };
    let progress = progress(load::lasts(&wanted));
    let options = Options { seed: args.seed, dashboard: args.dashboard };
    let mut begun = false;
    let loaded = load::run(&session, &args.scenario, options, interrupted, &mut |event| {
        if let Event::Pulse(pulse) = &event {
            progress.set_position(pulse.second + 1);
        }
        recorder.keep(match event {
            Event::RunStarted(head) => {
                begun = true;
                Event::RunStarted(said(head))
            }
            later => later,
        });
    })
    .await;
    progress.finish_and_clear();
    match loaded {
        Ok(()) => Ok(outcome::finish(recorder, &args.outcome.report, Printed::Text)?.exit_code(args.strict)),
        Err(why) => {
            // A load that did not come about leaves its reports, with the reason in them.
            if begun {
                outcome::finish(recorder, &args.outcome.report, Printed::Nothing)?;
            }
            Err(why.into())
        }
    }
}

/// Tells where the live page will be, if it can be there.
fn tell_dashboard(id: &str, wanted: &ropcheck::scenario::Load) -> Result<(), Stop> {
    if wanted.users.is_none() {
        return Err(Stop::bad_input(format!(
            "`{id}` has no users, and the live page is of users that walk: leave `--dashboard` out, or give it `users`"
        )));
    }
    let (host, port) = DASHBOARD;
    // Tried before the first login; goose would end the run with words of its own.
    TcpListener::bind(DASHBOARD).map_err(|why| {
        Stop::bad_input(format!(
            "the live page can't be at {host}:{port}: {why}; end what is there, or leave `--dashboard` out"
        ))
    })?;
    stop::tell(&format!("live page until the run ends: http://{host}:{port}/"));
    Ok(())
}

fn subject(args: &Load, library: &Library, wanted: &ropcheck::scenario::Load) -> Result<Subject, Stop> {
    let Some(path) = &args.target else { return embedded::subject(&args.seeded, Shown::UnderLoad) };
    let target = target::load(path, &|name| std::env::var(name).ok())?;
    tell_limits(&target);
    // Before the first login: what may not be loaded is not asked anything either.
    load::permit(library, &args.scenario, wanted, &target)?;
    if let Some(leave) = target.load.as_ref().filter(|_| !target.is_loopback()) {
        let peak = Peak::of(library, &args.scenario, wanted, &target)?;
        let peak = peak.map_or("as fast as it answers".to_owned(), |peak| peak.to_string());
        stop::tell(&format!(
            "load on {}, another machine, by leave of {}: {peak}, at most {} a second",
            target.name, leave.authorized_by, leave.max_rate
        ));
    }
    Ok(Subject::Target(Box::new(target)))
}

/// Tells which limits of a target file a load does not keep.
fn tell_limits(target: &Target) {
    let Told { requests_per_second, concurrency, .. } = target.limits;
    let set = [("requests_per_second", requests_per_second.is_some()), ("concurrency", concurrency.is_some())];
    let names: Vec<String> =
        set.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| format!("`limits.{name}`")).collect();
    if !names.is_empty() {
        let names = names.join(" and ");
        stop::tell(&format!(
            "{names} of the target file: for checks; a load keeps to `load: {{ …, max_rate: … }}` there and to `at_once` of its \
             scenario"
        ));
    }
}

/// Comes with the first Ctrl-C; the second ends the process. goose would end it with a code of its own: the first who asks for
/// the signal gets it, and that is this.
fn interrupted() -> Result<impl Future<Output = ()>, Stop> {
    let (raise, mut raised) = watch::channel(false);
    ctrlc::set_handler(move || {
        if raise.send_replace(true) {
            std::process::exit(130);
        }
    })
    .map_err(|why| Stop::harness(format!("could not listen for Ctrl-C: {why}")))?;
    Ok(async move {
        if raised.wait_for(|raised| *raised).await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

impl From<NotLoaded> for Stop {
    fn from(why: NotLoaded) -> Self {
        match why {
            NotLoaded::Unknown { .. }
            | NotLoaded::NoLoad(_)
            | NotLoaded::NotAuthorized { .. }
            | NotLoaded::TooMuch { .. }
            | NotLoaded::NotSacrificial { .. }
            | NotLoaded::NoStep { .. } => Self::bad_input(why.to_string()),
            NotLoaded::Skipped { .. } | NotLoaded::NotMet { .. } => Self::nothing_judged(why.to_string()),
            NotLoaded::Goose(_) | NotLoaded::Machine(_) => Self::harness(why.to_string()),
        }
    }
}

/// A progress line on stderr; indicatif hides it where stderr is no terminal.
fn progress(lasts: Option<Duration>) -> ProgressBar {
    let template = if lasts.is_some() { "{pos}/{len} s {wide_bar}" } else { "{pos} s {spinner}" };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(lasts.map_or(0, |lasts| lasts.as_secs())).with_style(style)
}
