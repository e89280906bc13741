//! What a terminal shows at the end of a run.

use std::io::{self, Write};

use self::paper::{Ink, Paper};
use super::message::Message;
use super::wording;
use crate::coverage::{CameTo, Cited, Counts, Document};
use crate::diff::Difference;
use crate::evidence::{self, Control, Evidence, Shown};
use crate::latency::{QUANTILE_NAMES, StepLoad};
use crate::opinion::{self, Binding, Row};
use crate::run::{CaseOutcome, Judged, Run, Standing, Verdict, Weight};

mod paper;

/// Whether the text carries colour; its caller knows whether a terminal reads it and what `NO_COLOR` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain characters.
    Plain,
    /// ANSI colours.
    Colour,
}

/// How wide a text is that no terminal reads, in characters.
pub const WIDTH: usize = 100;

/// The narrowest and the widest that a text is set: beyond them a table breaks, or a line is too long to read.
const WIDTHS: (usize, usize) = (60, 120);

/// Writes the run for a terminal of so many columns.
///
/// An overview first; then the gravest first, so that the end of the text, which a terminal shows, is what to do next
/// and the tally. Only curl commands and the load table may be wider: the one is there to be copied, the other is a row of
/// numbers.
pub fn write(run: &Run, style: Style, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut paper = Paper::new(style, width.clamp(WIDTHS.0, WIDTHS.1), out);
    overview(&mut paper, &run.coverage)?;
    for case in run.cases.iter().filter(|case| case.verdict == Verdict::Failed) {
        failure(&mut paper, run, case)?;
    }
    for weight in [Weight::Fails, Weight::Waived, Weight::Warns, Weight::Notes] {
        let less = |case: &&CaseOutcome| case.verdict != Verdict::Failed && case.gravest() == Some(weight);
        for case in run.cases.iter().filter(less) {
            remark(&mut paper, run, case)?;
        }
    }
    second_opinion(&mut paper, run)?;
    unjudged(&mut paper, run)?;
    skipped(&mut paper, run)?;
    load(&mut paper, &run.load)?;
    outdated(&mut paper, run)?;
    closing(&mut paper, run)
}

/// The entry of the roll call.
pub(super) fn plain(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    write(run, Style::Plain, WIDTH, out)
}

/// What one case broke, as the whole text tells it, for a format that quotes it.
pub(super) fn of_case(run: &Run, case: &CaseOutcome) -> String {
    let mut told = Vec::new();
    let mut paper = Paper::new(Style::Plain, WIDTH, &mut told);
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
        CameTo::Waived | CameTo::Silent => documents.iter().any(|one| one.counts.of(*came_to) > 0),
    };
    let columns: Vec<CameTo> = CameTo::ALL.into_iter().filter(used).collect();
    let head: String = columns.iter().map(|one| format!("{:>13}", one.name())).collect();
    paper.line(0, &[(Ink::Strong, &format!("{:<20}{head}", "REQUIREMENTS"))])?;
    let mut left_out = false;
    for document in documents {
        let name = wording::shorten(&wording::visible(&document.name), 20);
        counted(paper, Ink::Strong, &format!("{name:<20}"), &document.counts, &columns)?;
        for section in &document.sections {
            if section.counts.nothing_amiss() {
                left_out = true;
            } else {
                let name = wording::shorten(&wording::visible(&section.number), 16);
                counted(paper, Ink::Plain, &format!("  {name:<18}"), &section.counts, &columns)?;
            }
        }
    }
    if left_out {
        paper.line(0, &[(Ink::Faint, "In sections that are not listed nothing is amiss.")])?;
    }
    paper.blank()
}

fn counted(paper: &mut Paper, name_in: Ink, name: &str, counts: &Counts, columns: &[CameTo]) -> io::Result<()> {
    let cells: Vec<(Ink, String)> = columns
        .iter()
        .map(|came_to| match (counts.of(*came_to), came_to) {
            (0, _) => (Ink::Faint, format!("{:>13}", "-")),
            (count, CameTo::Broken) => (Ink::Bad, format!("{count:>13}")),
            (count, CameTo::Waived | CameTo::Unjudged) => (Ink::Warn, format!("{count:>13}")),
            (count, CameTo::Met | CameTo::Silent) => (Ink::Plain, format!("{count:>13}")),
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
            finding(paper, judged, None)?;
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
        finding(paper, judged, wording::evidence(run, judged))?;
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

fn finding(paper: &mut Paper, judged: &Judged, shown_by: Option<String>) -> io::Result<()> {
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
    for line in message.short(paper.width() - 6) {
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

/// Today's advice on the right of the sentence that binds in the same matter.
fn second_opinion(paper: &mut Paper, run: &Run) -> io::Result<()> {
    let Some(told) = wording::opinion(run) else { return Ok(()) };
    paper.line(0, &[(Ink::Strong, "SECOND OPINION"), (Ink::Plain, "  "), (Ink::Plain, &told)])?;
    paper.prose(2, "", wording::OPINION)?;
    paper.blank()?;
    let head = |text: &str| [(Ink::Faint, text.to_owned())];
    paper.beside(2, &head("what binds, and what it came to"), &head("today's advice, and what it came to"))?;
    for Row { binding, document, advice } in &run.opinions.rows {
        let left = match binding {
            Some(Binding::Kept(cited)) => cell(cited, cited.came_to.name(), ""),
            Some(Binding::Lost(id)) => vec![(Ink::Faint, format!("{id} (not in the record)"))],
            None => vec![(Ink::Faint, "nothing".to_owned())],
        };
        paper.blank()?;
        paper.beside(2, &left, &cell(advice, opinion::came_to(advice), &format!(" of {document}")))?;
    }
    paper.blank()
}

fn cell(cited: &Cited, came_to: &str, of: &str) -> Vec<(Ink, String)> {
    let head = format!("{came_to}: a {}{of}", cited.sentence.level.name());
    vec![(Ink::Strong, head), (Ink::Plain, cited.sentence.says.clone()), (Ink::Faint, cited.id.clone())]
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

fn closing(paper: &mut Paper, run: &Run) -> io::Result<()> {
    for told in wording::notices(run).into_iter().chain(wording::ending(run)) {
        paper.prose(0, "", &told)?;
    }
    let ink = match run.standing() {
        Standing::Failed | Standing::Outdated => Ink::Bad,
        Standing::Interrupted | Standing::Inconclusive | Standing::Partial => Ink::Warn,
        Standing::Passed => Ink::Good,
    };
    paper.line(0, &[(ink, &wording::summary(run))])
}

fn ink(weight: Weight) -> Ink {
    match weight {
        Weight::Fails => Ink::Bad,
        Weight::Waived | Weight::Warns | Weight::Unjudged => Ink::Warn,
        Weight::Notes | Weight::Advises => Ink::Strong,
        Weight::Met => Ink::Good,
    }
}
