//! What a terminal shows at the end of a run.

use std::io::{self, Write};

use self::paper::{Ink, Paper};
use super::message::Message;
use super::wording;
use crate::coverage::{CameTo, Counts, Document};
use crate::diff::Difference;
use crate::evidence::{self, Control, Evidence, Shown};
use crate::opinion::{self, Binding, Row};
use crate::run::{CaseOutcome, Judged, Run, Standing, Verdict, Weight};

mod load;
mod paper;

/// Whether the text carries colour; its caller knows whether a terminal reads it and what `NO_COLOR` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain characters.
    Plain,
    /// ANSI colours.
    Colour,
}

/// The narrowest and the widest that a text is set: beyond them a table breaks, or a line is too long to read.
const WIDTHS: (usize, usize) = (60, 120);

/// Writes the run for a terminal of so many columns.
///
/// What nobody has to act on first; then the gravest first; and at the end of the text, which a terminal shows, each failure
/// in a line and the tally. Only curl commands may be wider: they are there to be copied. Where no terminal reads it
/// (`width` is `None`), bodies and the tally are not broken either.
pub fn write(run: &Run, style: Style, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let mut paper = paper(style, width, out);
    load::invalid(&mut paper, run)?;
    if let Some(told) = wording::cut_short(run) {
        paper.prose(0, "", &told)?;
        paper.blank()?;
    }
    overview(&mut paper, &run.coverage)?;
    second_opinion(&mut paper, run)?;
    skipped(&mut paper, run)?;
    if run.started.only.is_some() {
        results(&mut paper, run)?;
    }
    for case in run.cases.iter().filter(|case| case.verdict == Verdict::Failed) {
        failure(&mut paper, run, case)?;
    }
    for weight in [Weight::Fails, Weight::Waived, Weight::Warns, Weight::Notes] {
        let less = |case: &&CaseOutcome| case.verdict != Verdict::Failed && case.gravest() == Some(weight);
        for case in run.cases.iter().filter(less) {
            remark(&mut paper, run, case)?;
        }
    }
    unjudged(&mut paper, run)?;
    load::all(&mut paper, run)?;
    outdated(&mut paper, run)?;
    failures(&mut paper, run)?;
    if run.is_unbegun() {
        every_exchange(&mut paper, run)?;
    }
    closing(&mut paper, run)
}

/// Writes every exchange of a run that ended before its first case.
pub fn exchanges(run: &Run, style: Style, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    every_exchange(&mut paper(style, width, out), run)
}

fn paper(style: Style, width: Option<usize>, out: &mut dyn Write) -> Paper<'_> {
    Paper::new(style, width.map(|width| width.clamp(WIDTHS.0, WIDTHS.1)), out)
}

fn every_exchange(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for one in run.exchanges.values() {
        exchange(paper, &Shown { exchange: one, control: None })?;
        paper.blank()?;
    }
    Ok(())
}

/// The entry of the roll call.
pub(super) fn plain(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    write(run, Style::Plain, None, out)
}

/// What one case broke, as the whole text tells it, for a format that quotes it.
pub(super) fn of_case(run: &Run, case: &CaseOutcome) -> String {
    let mut told = Vec::new();
    let mut paper = Paper::new(Style::Plain, None, &mut told);
    let written = match case.verdict {
        Verdict::Failed => failure(&mut paper, run, case),
        Verdict::Unjudged
        | Verdict::Waived
        | Verdict::Warned
        | Verdict::Noted
        | Verdict::Advised
        | Verdict::Passed
        | Verdict::Skipped => remark(&mut paper, run, case),
    };
    debug_assert!(written.is_ok(), "a Vec takes every write");
    String::from_utf8_lossy(&told).trim_end().to_owned()
}

/// Sentences by what they came to: a line a document, and one for each section of which something was not met.
fn overview(paper: &mut Paper, documents: &[Document]) -> io::Result<()> {
    if documents.is_empty() {
        return Ok(());
    }
    let used = |came_to: &CameTo| match came_to {
        CameTo::Met | CameTo::Broken | CameTo::Unjudged => true,
        CameTo::Warned | CameTo::Noted | CameTo::Waived | CameTo::Silent => {
            documents.iter().any(|one| one.counts.of(*came_to) > 0)
        }
    };
    let columns: Vec<CameTo> = CameTo::ALL.into_iter().filter(used).collect();
    let head: String = columns.iter().map(|one| format!("{:>1$}", one.name(), column(*one))).collect();
    paper.line(0, &[(Ink::Strong, &format!("{:<18}{head}", "REQUIREMENTS"))])?;
    let mut left_out = false;
    for document in documents {
        let name = wording::shorten(&wording::visible(&document.name), 18);
        counted(paper, Ink::Strong, &format!("{name:<18}"), &document.counts, &columns)?;
        for section in &document.sections {
            if section.counts.nothing_amiss() {
                left_out = true;
            } else {
                let name = wording::shorten(&wording::visible(&section.number), 16);
                counted(paper, Ink::Plain, &format!("  {name:<16}"), &section.counts, &columns)?;
            }
        }
    }
    if left_out {
        paper.line(0, &[(Ink::Faint, "In sections that are not listed nothing is amiss.")])?;
    }
    paper.blank()
}

/// How wide the column of numbers under a word is: all seven fit into 80.
fn column(came_to: CameTo) -> usize {
    came_to.name().len().max(4) + 2
}

fn counted(paper: &mut Paper, name_in: Ink, name: &str, counts: &Counts, columns: &[CameTo]) -> io::Result<()> {
    let cells: Vec<(Ink, String)> = columns
        .iter()
        .map(|came_to| (counts.of(*came_to), came_to, column(*came_to)))
        .map(|(count, came_to, column)| match (count, came_to) {
            (0, _) => (Ink::Faint, format!("{:>column$}", "-")),
            (count, CameTo::Broken) => (Ink::Bad, format!("{count:>column$}")),
            (count, CameTo::Warned | CameTo::Waived | CameTo::Unjudged) => (Ink::Warn, format!("{count:>column$}")),
            (count, CameTo::Met | CameTo::Noted | CameTo::Silent) => (Ink::Plain, format!("{count:>column$}")),
        })
        .collect();
    let mut pieces = vec![(name_in, name)];
    pieces.extend(cells.iter().map(|(ink, cell)| (*ink, cell.as_str())));
    paper.line(0, &pieces)
}

/// A case that broke a MUST, with all that is needed to understand it.
fn failure(paper: &mut Paper, run: &Run, case: &CaseOutcome) -> io::Result<()> {
    title(paper, case, Weight::Fails)?;
    for evidence in evidence::of(run, case, Weight::is_broken) {
        for judged in &evidence.judged {
            finding(paper, run, judged, None)?;
        }
        shown(paper, &evidence)?;
    }
    Ok(())
}

/// A case that fails no run: what it broke or went against, where that is asked for, and which exchange shows it.
fn remark(paper: &mut Paper, run: &Run, case: &CaseOutcome) -> io::Result<()> {
    let told = |one: &&Judged| one.weight.is_broken() || (case.gravest().is_none() && one.weight == Weight::Advises);
    title(paper, case, case.gravest().unwrap_or(Weight::Advises))?;
    for judged in case.judged.iter().filter(told) {
        finding(paper, run, judged, wording::evidence(run, judged))?;
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

fn finding(paper: &mut Paper, run: &Run, judged: &Judged, shown_by: Option<String>) -> io::Result<()> {
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
    if let Some(waiver) = &judged.waiver {
        paper.prose(4, "waived:   ", &wording::borne(waiver))?;
    }
    if let Some(share) = wording::share(judged) {
        paper.prose(4, "share:    ", &share)?;
    }
    if let Some(shown_by) = shown_by {
        paper.prose(4, "shown by: ", &shown_by)?;
    }
    if let Some(drawn) = &judged.found.drawn {
        paper.prose(4, "drawn:    ", &wording::drawn(drawn))?;
        for (name, value) in &drawn.values {
            paper.prose(14, &format!("{name} = "), &value.to_string())?;
            for line in value.dump() {
                paper.prose(16, "bytes ", &line)?;
            }
        }
        paper.prose(4, "again:    ", &wording::again(run, judged))?;
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
            paper.prose(2, "also shown by ", &format!("{} (step `{}`)", other.exchange.id, other.exchange.step))?;
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
    paper.prose(2, "step ", &format!("`{}`, {took} ms, exchange {}", exchange.step, exchange.id))?;
    quoted(paper, ">", &Message::request(&exchange.request))?;
    quoted(paper, "<", &Message::answer(&exchange.answer))?;
    match control {
        Some(Control::Kept { exchange: twin, differences }) => {
            let heard = Message::answer(&twin.answer).first;
            paper.prose(
                2,
                "against its control ",
                &format!("{} (step `{}`), which got {heard}", twin.id, twin.step),
            )?;
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
    for line in message.short(paper.terminal().map(|width| width - 6)) {
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

/// Advice that is not followed, beside the sentence that binds in the same matter, with the case that shows it. The rest is
/// counted.
fn second_opinion(paper: &mut Paper, run: &Run) -> io::Result<()> {
    let Some(told) = wording::opinion(run) else { return Ok(()) };
    paper.line(0, &[(Ink::Strong, "SECOND OPINION"), (Ink::Plain, "  "), (Ink::Plain, &told)])?;
    paper.prose(2, "", wording::OPINION)?;
    for Row { binding, document, advice } in &run.opinions.rows {
        let against = run.against(&advice.id);
        if against.is_empty() {
            continue;
        }
        paper.blank()?;
        let head = format!("{}: {} of {document}", opinion::came_to(advice), advice.sentence.level.name());
        paper.line(2, &[(Ink::Strong, &head), (Ink::Plain, "  "), (Ink::Plain, &advice.id)])?;
        paper.prose(2, "", &advice.sentence.says)?;
        match binding {
            Some(Binding::Kept(cited)) => {
                let binds = format!("{}, {}, {}", cited.id, cited.sentence.level.name(), cited.came_to.name());
                paper.prose(4, "binding:  ", &binds)?;
            }
            Some(Binding::Lost(id)) => paper.prose(4, "binding:  ", &format!("{id} (not in the record)"))?,
            None => {}
        }
        for (case, judged) in against {
            paper.prose(4, "case:     ", &case.case.id)?;
            if let Some((expected, actual)) = wording::pair(judged) {
                paper.prose(4, "expected: ", expected)?;
                paper.prose(4, "actual:   ", actual)?;
            }
        }
    }
    paper.blank()
}

fn unjudged(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for ((because, detail), cases) in run.unjudged() {
        paper.line(0, &[(Ink::Warn, "NOT JUDGED"), (Ink::Plain, "  "), (Ink::Strong, because.name())])?;
        paper.prose(2, "", detail)?;
        paper.prose(4, "", &ids(&cases))?;
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

/// Waivers that fail the run, each with its place.
fn outdated(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for applied in run.outdated() {
        let word = format!("WAIVER {}", applied.state.name().to_uppercase());
        let waiver = &applied.waiver;
        paper.line(0, &[(Ink::Bad, &word), (Ink::Plain, "  "), (Ink::Strong, &waiver.case)])?;
        paper.prose(2, "", &waiver.requirement)?;
        paper.prose(4, "", &wording::outdated(applied).unwrap_or_default())?;
        paper.blank()?;
    }
    Ok(())
}

/// What each case of a choice came to.
fn results(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for case in run.scenarios() {
        paper.prose(0, &format!("{:<11}", case.verdict.name()), &case.case.id)?;
    }
    paper.blank()
}

/// Each failed case and each missed threshold in a line, for whoever reads the end alone.
fn failures(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for case in run.cases.iter().filter(|case| case.verdict == Verdict::Failed) {
        paper.line(0, &[(Ink::Bad, "FAILED"), (Ink::Plain, "  "), (Ink::Strong, &case.case.id)])?;
    }
    load::failures(paper, run)?;
    paper.blank()
}

fn closing(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for told in wording::notices(run).into_iter().chain(wording::ending(run)) {
        paper.prose(0, "", &told)?;
    }
    let ink = match run.standing() {
        Standing::Failed | Standing::Outdated | Standing::Missed => Ink::Bad,
        Standing::Interrupted | Standing::Invalid | Standing::Inconclusive | Standing::Partial => Ink::Warn,
        Standing::Passed => Ink::Good,
    };
    paper.last(ink, &wording::summary(run))
}

fn ink(weight: Weight) -> Ink {
    match weight {
        Weight::Fails => Ink::Bad,
        Weight::Waived | Weight::Warns | Weight::Unjudged => Ink::Warn,
        Weight::Notes | Weight::Advises => Ink::Strong,
        Weight::Met => Ink::Good,
    }
}
