//! What a terminal shows at the end of a run.

use std::io::{self, Write};

use self::paper::{Ink, Paper};
use super::message::Message;
use super::wording;
use crate::diff::Difference;
use crate::evidence::{self, Control, Evidence, Shown};
use crate::latency::{QUANTILE_NAMES, StepLoad};
use crate::run::{CaseOutcome, Judged, Run, Verdict, Weight};

mod paper;

/// Whether the text carries colour; its caller knows whether a terminal reads it and what `NO_COLOR` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain characters.
    Plain,
    /// ANSI colours.
    Colour,
}

/// Writes the run for a terminal of 100 columns.
///
/// Gravest first, so that the end of the text, which a terminal shows, is what to do next and the tally.
/// Only the curl commands may be wider: they are there to be copied.
pub fn write(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut paper = Paper::new(style, out);
    let (failed, others): (Vec<_>, Vec<_>) =
        run.cases.iter().filter(|case| case.gravest().is_some()).partition(|case| case.verdict == Verdict::Failed);
    for case in failed {
        failure(&mut paper, run, case)?;
    }
    for case in others {
        remark(&mut paper, case)?;
    }
    unjudged(&mut paper, run)?;
    skipped(&mut paper, run)?;
    load(&mut paper, &run.load)?;
    closing(&mut paper, run)
}

/// The entry of the roll call.
pub(super) fn plain(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    write(run, Style::Plain, out)
}

/// What one case broke, as the whole text tells it, for a format that quotes it.
pub(super) fn of_case(run: &Run, case: &CaseOutcome) -> String {
    let mut told = Vec::new();
    let mut paper = Paper::new(Style::Plain, &mut told);
    let written = match case.verdict {
        Verdict::Failed => failure(&mut paper, run, case),
        Verdict::Unjudged | Verdict::Warned | Verdict::Noted | Verdict::Passed | Verdict::Skipped => {
            remark(&mut paper, case)
        }
    };
    debug_assert!(written.is_ok(), "a Vec takes every write");
    String::from_utf8_lossy(&told).trim_end().to_owned()
}

/// A case that broke a MUST, with all that is needed to understand it.
fn failure(paper: &mut Paper, run: &Run, case: &CaseOutcome) -> io::Result<()> {
    title(paper, case, Weight::Fails)?;
    for evidence in evidence::of(run, case, Weight::is_broken) {
        for judged in &evidence.judged {
            finding(paper, judged)?;
        }
        shown(paper, &evidence)?;
    }
    Ok(())
}

/// A case that broke less than a MUST: what, and where it is asked for.
fn remark(paper: &mut Paper, case: &CaseOutcome) -> io::Result<()> {
    title(paper, case, case.gravest().unwrap_or(Weight::Notes))?;
    for judged in case.broken() {
        finding(paper, judged)?;
    }
    paper.blank()
}

fn title(paper: &mut Paper, case: &CaseOutcome, weight: Weight) -> io::Result<()> {
    let word = wording::weight(weight).to_uppercase();
    paper.line(0, &[(ink(weight), &word), (Ink::Plain, "  "), (Ink::Strong, &case.case.id)])?;
    // The title of a lint is its sentence, which its finding tells.
    if case.judged.iter().all(|one| one.sentence.says != case.case.title) {
        paper.prose(2, "", &case.case.title)?;
    }
    Ok(())
}

fn finding(paper: &mut Paper, judged: &Judged) -> io::Result<()> {
    let section = wording::section(judged).map_or_else(String::new, |section| format!(", {section}"));
    paper.blank()?;
    paper.line(
        2,
        &[
            (ink(judged.weight), judged.sentence.level.name()),
            (Ink::Plain, "  "),
            (Ink::Strong, &judged.found.requirement),
            (Ink::Faint, &section),
        ],
    )?;
    paper.prose(2, "", &judged.sentence.says)?;
    if let Some((expected, actual)) = wording::pair(judged) {
        paper.prose(4, "expected: ", expected)?;
        paper.prose(4, "actual:   ", actual)?;
    }
    if let Some(share) = wording::share(judged) {
        paper.prose(4, "share:    ", &share)?;
    }
    if let Some(drawn) = &judged.found.drawn {
        paper.prose(4, "drawn:    ", &wording::drawn(drawn))?;
        for (name, value) in &drawn.values {
            paper.prose(14, &format!("{name} = "), value)?;
        }
    }
    if let Some(at) = &judged.found.at
        && let Some(place) = wording::place(at)
    {
        paper.prose(4, "asked at: ", &place)?;
        if !at.text.is_empty() {
            paper.prose(14, "", &at.text)?;
        }
    }
    paper.prose(4, "explain:  ", &format!("ropcheck explain {}", judged.found.requirement))
}

/// The first exchange in full, further ones by name.
fn shown(paper: &mut Paper, evidence: &Evidence) -> io::Result<()> {
    paper.blank()?;
    if let Some((first, further)) = evidence.shown.split_first() {
        exchange(paper, first)?;
        for other in further {
            paper.prose(2, "also shown by ", &format!("{} (step {})", other.exchange.id, other.exchange.step))?;
        }
    }
    for id in &evidence.missing {
        paper.prose(2, "also named, and not in the record: ", id)?;
    }
    paper.blank()
}

fn exchange(paper: &mut Paper, shown: &Shown) -> io::Result<()> {
    let Shown { exchange, control } = shown;
    let took = wording::millis(exchange.took_us);
    paper.prose(2, "step ", &format!("{}, {took} ms, exchange {}", exchange.step, exchange.id))?;
    quoted(paper, ">", &Message::request(&exchange.request))?;
    quoted(paper, "<", &Message::answer(&exchange.answer))?;
    match control {
        Some(Control::Kept { exchange: twin, differences }) => {
            let heard = Message::answer(&twin.answer).first;
            paper.prose(2, "against its control ", &format!("{} (step {}), which got {heard}", twin.id, twin.step))?;
            for difference in differences {
                self::difference(paper, difference)?;
            }
            if differences.is_empty() {
                paper.line(4, &[(Ink::Plain, "the two requests are the same")])?;
            }
        }
        Some(Control::Lost(id)) => paper.prose(2, "its control is not in the record: ", id)?,
        None => {}
    }
    paper.line(2, &[(Ink::Faint, "to send it again")])?;
    paper.verbatim(4, &exchange.curl)
}

/// A message in short, each line behind a mark.
fn quoted(paper: &mut Paper, mark: &str, message: &Message) -> io::Result<()> {
    for line in message.short(94) {
        let gap = if line.is_empty() { "" } else { " " };
        paper.line(4, &[(Ink::Faint, mark), (Ink::Plain, gap), (Ink::Plain, &line)])?;
    }
    Ok(())
}

fn difference(paper: &mut Paper, difference: &Difference) -> io::Result<()> {
    paper.prose(4, "", &difference.part.name())?;
    paper.prose(6, "control: ", &wording::values(&difference.control))?;
    paper.prose(6, "here:    ", &wording::values(&difference.request))
}

fn unjudged(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for (because, cases) in run.unjudged() {
        paper.line(0, &[(Ink::Warn, "NOT JUDGED"), (Ink::Plain, "  "), (Ink::Strong, because.name())])?;
        for (case, detail) in cases {
            paper.prose(2, "", &case.case.id)?;
            paper.prose(4, "", detail)?;
        }
        paper.blank()?;
    }
    let unreached = run.unreached();
    if !unreached.is_empty() {
        paper.line(0, &[(Ink::Warn, "NOT JUDGED"), (Ink::Plain, "  "), (Ink::Strong, "not reached by the run")])?;
        paper.prose(2, "", &ids(&unreached))?;
        paper.blank()?;
    }
    Ok(())
}

fn skipped(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for (why, cases) in run.skipped() {
        paper.prose(0, "SKIPPED  ", why)?;
        paper.prose(2, "", &ids(&cases))?;
        paper.blank()?;
    }
    Ok(())
}

fn ids(cases: &[&CaseOutcome]) -> String {
    cases.iter().map(|case| case.case.id.as_str()).collect::<Vec<_>>().join(", ")
}

fn load(paper: &mut Paper, steps: &[StepLoad]) -> io::Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    let [p50, p90, p99, p999, max] = QUANTILE_NAMES;
    let head = format!(
        "{:<18}{:>9}{:>9}{p50:>9}{p90:>9}{p99:>9}{p999:>9}{max:>9}{:>8}{:>10}",
        "step, ms", "count", "rate/s", "errors", "findings",
    );
    paper.line(0, &[(Ink::Strong, &head)])?;
    for one in steps {
        let [p50, p90, p99, p999, max] = wording::latencies(one);
        let step = wording::shorten(&wording::visible(&one.step), 17);
        let row = format!(
            "{step:<18}{:>9}{:>9.1}{p50:>9}{p90:>9}{p99:>9}{p999:>9}{max:>9}{:>8}{:>10}",
            one.count, one.rate, one.errors, one.broken,
        );
        paper.line(0, &[(Ink::Plain, &row)])?;
    }
    paper.blank()?;
    for one in steps {
        paper.prose(0, &format!("{}: ", wording::visible(&one.step)), &wording::statuses(one))?;
        if let Some(missing) = wording::unreadable(one) {
            paper.prose(2, "", &missing)?;
        }
    }
    paper.blank()
}

fn closing(paper: &mut Paper, run: &Run) -> io::Result<()> {
    if let Some(ending) = wording::ending(run) {
        paper.prose(0, "", &ending)?;
    }
    let ink = match run.tally.failed {
        0 if run.tally.unjudged == 0 => Ink::Good,
        0 => Ink::Warn,
        _ => Ink::Bad,
    };
    paper.line(0, &[(ink, &wording::summary(run))])
}

fn ink(weight: Weight) -> Ink {
    match weight {
        Weight::Fails => Ink::Bad,
        Weight::Warns | Weight::Unjudged => Ink::Warn,
        Weight::Notes => Ink::Strong,
        Weight::Met => Ink::Good,
    }
}
