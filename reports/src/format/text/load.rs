//! What a load run adds up to, for a terminal.

use std::io;

use super::paper::{Ink, Paper};
use super::wording;
use super::wording::load as words;
use crate::latency::{QUANTILE_NAMES, Times};
use crate::record::load::{CameTo, Mode};
use crate::run::Run;
use crate::steps::StepLoad;

/// How wide the name of a step may be in its table: all of it fits into 80.
const STEP: usize = 14;

/// Why the figures say nothing of the server, before all that might be read from them.
pub(super) fn invalid(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for (why, remedy) in words::invalid(&run.load) {
        paper.prose_in(Ink::Bad, 0, "INVALID  ", &why)?;
        paper.prose(9, "", &format!("{remedy}."))?;
    }
    paper.blank()
}

/// What was missed, and why the run is INVALID, in a line each.
pub(super) fn failures(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for told in words::missed(&run.load) {
        paper.prose_in(Ink::Bad, 0, "MISSED   ", &told)?;
    }
    for (why, _) in words::invalid(&run.load) {
        paper.prose_in(Ink::Bad, 0, "INVALID  ", &why)?;
    }
    Ok(())
}

/// The conditions, what was measured under them, and what that comes to.
pub(super) fn all(paper: &mut Paper, run: &Run) -> io::Result<()> {
    let load = &run.load;
    if let Some(head) = &run.started.load {
        paper.line(0, &[(Ink::Strong, "LOAD")])?;
        for (name, text) in words::conditions(load, head) {
            paper.prose(2, &format!("{name:<15}"), &text)?;
        }
        paper.prose(2, &format!("{:<15}", "in the run"), &words::generator(load, head))?;
        paper.blank()?;
    }
    steps(paper, run)?;
    if run.started.load.as_ref().is_some_and(|head| head.mode == Mode::Users) {
        paper.prose(0, "", words::CLOSED)?;
        paper.blank()?;
    }
    thresholds(paper, run)?;
    trials(paper, run)?;
    for race in &load.races {
        paper.prose_in(Ink::Strong, 0, "RACE  ", &words::race(race))?;
        paper.prose(2, "", &race.case)?;
        paper.prose(2, "", &words::race_facts(race))?;
        paper.blank()?;
    }
    Ok(())
}

fn steps(paper: &mut Paper, run: &Run) -> io::Result<()> {
    let load = &run.load;
    if load.steps.is_empty() {
        return Ok(());
    }
    paper.line(0, &[(Ink::Strong, "STEPS  "), (Ink::Plain, words::measured(load)), (Ink::Plain, " in ms")])?;
    let names: String = QUANTILE_NAMES.iter().map(|name| format!("{name:>8}")).collect();
    let head = format!("{:STEP$}{:>9}{:>10}{:>7}{names}", "", "requests", "answers/s", "errors");
    paper.line(0, &[(Ink::Strong, &head)])?;
    for step in &load.steps {
        row(paper, step)?;
        for (name, times) in words::below(step) {
            let name = format!("  {name}");
            let all: String = cells(times);
            paper.line(0, &[(Ink::Faint, &format!("{name:<STEP$}{:>9}{:17}{all}", times.count(), ""))])?;
        }
    }
    paper.blank()?;
    for step in &load.steps {
        paper.prose(0, &format!("{}: ", wording::visible(&step.step)), &words::answers(step))?;
    }
    paper.blank()
}

/// The name of a step stands above its figures where it is too long to stand before them.
fn row(paper: &mut Paper, step: &StepLoad) -> io::Result<()> {
    let mut name = wording::visible(&step.step);
    if name.chars().count() >= STEP {
        paper.prose(0, "", &name)?;
        name.clear();
    }
    let figures = format!("{name:<STEP$}{:>9}{:>10.1}", step.count, step.rate);
    let errors = format!("{:>7}", step.errors);
    let ink = if step.errors > 0 { Ink::Warn } else { Ink::Plain };
    paper.line(0, &[(Ink::Plain, &figures), (ink, &errors), (Ink::Plain, &cells(step.latency()))])
}

/// A column of eight each.
fn cells(times: &Times) -> String {
    let shown = times.shown_us().into_iter();
    shown.map(|us| format!("{:>8}", us.map_or_else(|| "-".to_owned(), compact))).collect()
}

/// In seven characters as long as it is less than three hours; the other formats have all digits.
fn compact(us: u64) -> String {
    match us {
        0..1_000_000 => wording::millis(us),
        1_000_000..10_000_000 => format!("{}.{}", us / 1000, us % 1000 / 100),
        _ => (us / 1000).to_string(),
    }
}

fn thresholds(paper: &mut Paper, run: &Run) -> io::Result<()> {
    let thresholds = &run.load.thresholds;
    if thresholds.is_empty() {
        return Ok(());
    }
    paper.line(0, &[(Ink::Strong, "THRESHOLDS")])?;
    let wrote = |held: &crate::load::Held| wording::visible(&held.threshold.text);
    let widest = thresholds.iter().map(|held| wrote(held).chars().count()).max().unwrap_or(0).min(40);
    for held in thresholds {
        let word = format!("{:<7}  ", words::word(held.came_to));
        let told = format!("{:<widest$}  {}", wrote(held), wording::visible(&held.outcome.actual));
        paper.prose_in(ink(held.came_to), 2, &word, &told)?;
        if held.came_to != CameTo::Kept
            && let Some(place) = wording::place(&held.threshold.at)
        {
            paper.prose(11, "", &place)?;
        }
    }
    paper.blank()
}

fn trials(paper: &mut Paper, run: &Run) -> io::Result<()> {
    let Some(search) = &run.load.search else { return Ok(()) };
    let found = if run.load.is_inconclusive() { Ink::Warn } else { Ink::Good };
    paper.prose_in(found, 0, "SEARCH  ", &words::found(search))?;
    for trial in &search.trials {
        let (rate, word) = (words::rate(trial.rate), words::word(trial.came_to));
        let label = format!("{rate:>17}  {:<12}  {word:<7}  ", words::kind(trial));
        paper.prose_in(ink(trial.came_to), 2, &label, &trial.why.join("; "))?;
    }
    if search.held().is_some() {
        paper.prose(2, "", "The figures above are those of the last confirmation.")?;
    }
    paper.blank()
}

fn ink(came_to: CameTo) -> Ink {
    match came_to {
        CameTo::Kept => Ink::Good,
        CameTo::Missed => Ink::Bad,
        CameTo::Invalid | CameTo::Interrupted => Ink::Warn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_keeps_to_its_column() {
        for (us, told) in [
            (0, "0.00"),
            (1265, "1.27"),
            (999_994, "999.99"),
            (1_234_560, "1234.5"),
            (12_345_678, "12345"),
            (9_999_999_999, "9999999"),
        ] {
            assert_eq!(compact(us), told);
        }
    }
}
