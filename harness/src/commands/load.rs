//! `ropcheck load`: one scenario walked by many users.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use ropcheck::library::Library;
use ropcheck::load::{self, NotLoaded};
use ropcheck::session::{Session, Subject};
use ropcheck::target;
use ropcheck_reference_server::Policy;
use ropcheck_reports::record::Event;

use super::care;
use super::outcome::{self, Printed};
use super::stop::Stop;
use crate::cli::Load;

/// Runs the load and gives its exit code.
pub(crate) async fn run(args: &Load) -> Result<u8, Stop> {
    let library = Arc::new(Library::load(args.scenarios.scenarios.as_deref())?);
    let seconds = load::find(&library, &args.scenario)?.lasts.as_secs();
    let subject = subject(args)?;
    let mut recorder = outcome::recorder(args.outcome.record.as_deref(), &args.outcome.report)?;
    if let Subject::Target(target) = &subject {
        care::tell(target);
    }
    let session = Arc::new(Session::open(subject, library, std::slice::from_ref(&args.scenario), 0).await?);
    let progress = progress(seconds);
    load::run(&session, &args.scenario, &mut |event| {
        advance(&progress, &event);
        recorder.keep(event);
    })
    .await?;
    progress.finish_and_clear();
    let run = outcome::finish(recorder, &args.outcome.report, Printed::Text)?;
    Ok(run.exit_code(false))
}

fn subject(args: &Load) -> Result<Subject, Stop> {
    let Some(path) = &args.target else { return Ok(Subject::Embedded(Box::new(Policy::strict()))) };
    let target = target::load(path, &|name| std::env::var(name).ok())?;
    // Before the first login: what may not be loaded is not asked anything either.
    load::permit(&target)?;
    Ok(Subject::Target(Box::new(target)))
}

impl From<NotLoaded> for Stop {
    fn from(why: NotLoaded) -> Self {
        match why {
            NotLoaded::Unknown { .. } | NotLoaded::NoLoad(_) | NotLoaded::Draws(_) | NotLoaded::Remote(_) => {
                Self::bad_input(why.to_string())
            }
            NotLoaded::Skipped { .. } | NotLoaded::NotMet { .. } => Self::nothing_judged(why.to_string()),
            NotLoaded::Goose(_) => Self::harness(why.to_string()),
        }
    }
}

/// A progress line on stderr; indicatif hides it where stderr is no terminal.
fn progress(seconds: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{pos}/{len} s {wide_bar}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(seconds).with_style(style)
}

fn advance(progress: &ProgressBar, event: &Event) {
    if let Event::Window(window) = event {
        progress.set_position(window.second + 1);
    }
}
