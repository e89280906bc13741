//! What a run leaves behind: its record, its report files, the text on the terminal.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ropcheck::complaint::path;
use ropcheck::recorder::{self, Follower, Recorder};
use ropcheck::session::{NotReady, Session};
use ropcheck_reports::format::{self, Format, Tell, text, waivers};
use ropcheck_reports::record::{Ended, Event, RunFinished, RunStarted};
use ropcheck_reports::run::Run;

use super::stop::Stop;

/// A recorder that writes the record, where one is wanted, and the reports that are written as things happen. Every file is
/// opened here, before the first request: a path that can't be written costs nobody a login.
pub(crate) fn recorder(record: Option<&Path>, reports: &[(String, PathBuf)]) -> Result<Recorder, Stop> {
    apart(record.into_iter().chain(reports.iter().map(|(_, path)| path.as_path())))?;
    let mut followers = Vec::new();
    if let Some(path) = record {
        followers.push(Follower { what: "the record".to_owned(), tell: recorder::line, out: create(path)? });
    }
    for (name, path) in reports {
        match named(name)?.tell {
            Tell::Each(tell) => followers.push(Follower { what: path.display().to_string(), tell, out: create(path)? }),
            Tell::Run(_) => may_write(path)?,
        }
    }
    Ok(Recorder::new(followers))
}

/// Refuses two things that would be written to one file, of which only a mixture would be left.
pub(crate) fn apart<'p>(paths: impl Iterator<Item = &'p Path>) -> Result<(), Stop> {
    let mut known = Vec::new();
    // What is no file of its own, as /dev/null, takes any number of them.
    for path in paths.filter(|path| path.is_file() || !path.exists()) {
        let whole = whole(path);
        if known.contains(&whole) {
            let told =
                format!("{} is named twice: give each report, and the record, a file of its own", path.display());
            return Err(Stop::bad_input(told));
        }
        known.push(whole);
    }
    Ok(())
}

/// A path as it is the same for every way to write it: the file itself may not be there yet.
fn whole(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    path.canonicalize().unwrap_or_else(|_| path.file_name().map_or(folder.clone(), |name| folder.join(name)))
}

/// What a run prints when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Printed {
    /// The text report.
    Text,
    /// A waiver file for what fails.
    Waivers,
    /// Nothing: the files are all that was asked for.
    Nothing,
}

/// Adds up what was recorded, writes the reports and prints the result.
pub(crate) fn finish(recorder: Recorder, reports: &[(String, PathBuf)], printed: Printed) -> Result<Run, Stop> {
    let (run, failed) = recorder.finish();
    write_reports(&run, reports)?;
    match printed {
        Printed::Text => print(&run)?,
        Printed::Waivers => print_waivers(&run)?,
        Printed::Nothing => {}
    }
    match failed {
        None => Ok(run),
        Some((what, why)) => Err(Stop::harness(format!("could not write {what} to its end: {why}"))),
    }
}

/// Why there is no session, and what was said and heard till then.
pub(crate) struct Unopened {
    exchanges: Vec<Event>,
    ended: Ended,
    stop: Stop,
}

impl From<NotReady> for Unopened {
    fn from(why: NotReady) -> Self {
        let (exchanges, ended) = (why.exchanges().to_vec(), Ended::Stopped(why.to_string()));
        Self { exchanges, ended, stop: why.into() }
    }
}

/// A session that is open, unless whoever runs it wants an end before.
pub(crate) async fn opened(
    opening: impl Future<Output = Result<Session, NotReady>>,
    interrupted: impl Future<Output = ()>,
) -> Result<Arc<Session>, Unopened> {
    tokio::select! {
        opened = opening => opened.map(Arc::new).map_err(Unopened::from),
        () = interrupted => Err(Unopened { exchanges: vec![], ended: Ended::Interrupted, stop: Stop::interrupted() }),
    }
}

/// Writes the record and the reports of a run in which nothing could be judged, and prints what was said and heard till
/// then: CI finds its files, and the reason in them. Tells what the program stops with.
pub(crate) fn nothing(
    mut recorder: Recorder,
    reports: &[(String, PathBuf)],
    head: RunStarted,
    Unopened { exchanges, ended, stop }: Unopened,
) -> Stop {
    recorder.keep(Event::RunStarted(head));
    for exchange in exchanges {
        recorder.keep(exchange);
    }
    recorder.keep(Event::RunFinished(RunFinished::after(0, ended)));
    let (run, _) = recorder.finish();
    let told = write_reports(&run, reports).and_then(|()| {
        let mut out = std::io::stdout().lock();
        heard(text::exchanges(&run, style(), width(), &mut out).and_then(|()| out.flush()))
    });
    told.err().unwrap_or(stop)
}

/// Writes the reports of what a run adds up to; the others are written already.
fn write_reports(run: &Run, reports: &[(String, PathBuf)]) -> Result<(), Stop> {
    for (name, path) in reports {
        let Tell::Run(tell) = named(name)?.tell else { continue };
        let mut file = create(path)?;
        let written = tell(run, &mut file).and_then(|()| file.flush());
        written.map_err(|why| Stop::harness(format!("could not write {}: {why}", path.display())))?;
    }
    Ok(())
}

fn named(name: &str) -> Result<&'static Format, Stop> {
    format::find(name).ok_or_else(|| Stop::bad_input(format!("no format is named `{name}`")))
}

/// A record of an earlier run.
pub(crate) fn open_record(path: &Path) -> Result<File, Stop> {
    File::open(path).map_err(|why| {
        let why = path::told(path, &why, "`ropcheck check --record FILE` writes one");
        Stop::bad_input(format!("could not open {}: {why}", path.display()))
    })
}

/// A file to write; `-` is stdout, as everywhere.
pub(crate) fn create(path: &Path) -> Result<Box<dyn Write + Send>, Stop> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdout()));
    }
    let file = File::create(path).map_err(|why| not_written(path, &why))?;
    Ok(Box::new(BufWriter::new(file)))
}

/// Sees whether a file can be written, and leaves what is in it: a report of an earlier run stays until there is another one.
fn may_write(path: &Path) -> Result<(), Stop> {
    if path == Path::new("-") {
        return Ok(());
    }
    File::options().append(true).create(true).open(path).map(drop).map_err(|why| not_written(path, &why))
}

fn not_written(path: &Path, why: &std::io::Error) -> Stop {
    let remedy = if why.kind() == ErrorKind::NotFound { ": make its folder first" } else { "" };
    Stop::bad_input(format!("could not write {}: {why}{remedy}", path.display()))
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
