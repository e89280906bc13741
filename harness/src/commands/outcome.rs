//! What a run leaves behind: its record, its report files, the text on the terminal.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use ropcheck::recorder::Recorder;
use ropcheck::suite::folded;
use ropcheck_reports::format::{self, text, waivers};
use ropcheck_reports::record::{Ended, Event, RunFinished, RunStarted};
use ropcheck_reports::run::Run;

use super::stop::Stop;
use crate::cli::Outcome;

/// A recorder that writes the record file, where one is wanted. Made before the first request, so that a path that can't
/// be written costs nobody a login.
pub(crate) fn recorder(outcome: &Outcome) -> Result<Recorder, Stop> {
    for (_, path) in &outcome.report {
        create(path)?;
    }
    let file = outcome.record.as_deref().map(create).transpose()?;
    Ok(Recorder::new(file.map(|file| Box::new(BufWriter::new(file)) as Box<dyn Write + Send>)))
}

/// What a run prints when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Printed {
    /// The text report.
    Text,
    /// A waiver file for what fails.
    Waivers,
}

/// Adds up what was recorded, writes the reports and prints the result.
pub(crate) fn finish(recorder: Recorder, reports: &[(String, PathBuf)], printed: Printed) -> Result<Run, Stop> {
    let (events, failed) = match recorder.into_events() {
        Ok(events) => (events, None),
        Err((events, why)) => (events, Some(why)),
    };
    let run = folded(events);
    write_reports(&run, reports)?;
    match printed {
        Printed::Text => print(&run)?,
        Printed::Waivers => print_waivers(&run)?,
    }
    match failed {
        None => Ok(run),
        Some(why) => Err(Stop::harness(format!("could not write the record to its end: {why}"))),
    }
}

/// Writes the record and the reports of a run in which nothing could be judged, and prints what was said and heard till
/// then: CI finds its files, and the reason in them.
pub(crate) fn nothing(
    mut recorder: Recorder,
    reports: &[(String, PathBuf)],
    head: RunStarted,
    exchanges: &[Event],
    ended: Ended,
) -> Result<(), Stop> {
    recorder.keep(Event::RunStarted(head));
    exchanges.iter().cloned().for_each(|exchange| recorder.keep(exchange));
    recorder.keep(Event::RunFinished(RunFinished { ended, took_us: 0, notices: vec![] }));
    let (Ok(events) | Err((events, _))) = recorder.into_events();
    let run = folded(events);
    write_reports(&run, reports)?;
    let mut out = std::io::stdout().lock();
    heard(text::exchanges(&run, style(), width(), &mut out).and_then(|()| out.flush()))
}

/// Writes report files.
pub(crate) fn write_reports(run: &Run, reports: &[(String, PathBuf)]) -> Result<(), Stop> {
    for (name, path) in reports {
        let Some(format) = format::find(name) else {
            return Err(Stop::bad_input(format!("no format is named `{name}`")));
        };
        let mut file = BufWriter::new(create(path)?);
        let written = (format.write)(run, &mut file).and_then(|()| file.flush());
        written.map_err(|why| Stop::harness(format!("could not write {}: {why}", path.display())))?;
    }
    Ok(())
}

fn create(path: &Path) -> Result<File, Stop> {
    File::create(path).map_err(|why| Stop::bad_input(format!("could not write {}: {why}", path.display())))
}

/// Prints a result that is text already.
pub(crate) fn say(text: &str) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    heard(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Whoever reads may stop reading: `ropcheck check | head`.
fn heard(done: std::io::Result<()>) -> Result<(), Stop> {
    match done {
        Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(|why| Stop::harness(format!("could not print the result: {why}"))),
    }
}

/// Colour where a terminal reads it and `NO_COLOR` does not forbid it.
pub(crate) fn style() -> text::Style {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if colour { text::Style::Colour } else { text::Style::Plain }
}

/// How many columns the terminal has, where one reads the result.
fn width() -> Option<usize> {
    let out = std::io::stdout();
    let size = if out.is_terminal() { terminal_size::terminal_size_of(&out) } else { None };
    size.map(|(width, _)| usize::from(width.0))
}

fn print(run: &Run) -> Result<(), Stop> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    heard(text::write(run, style(), width(), &mut out).and_then(|()| out.flush()))
}

fn print_waivers(run: &Run) -> Result<(), Stop> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    heard(waivers::write(run, &mut out).and_then(|()| out.flush()))
}
