//! A short page of Markdown, for a GitHub step summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::{text, wording};
use crate::opinion::{self, Binding, Row};
use crate::run::{CaseOutcome, Run, Verdict, Weight};

mod load;

/// How long the page may be in bytes, whatever the run: GitHub drops a summary that is too long.
const MOST: usize = 60_000;

/// How many characters of a title, a reason or a name are shown.
const FIELD: usize = 300;

/// Writes the page, gravest first; what does not fit is named at its end.
pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(head(run));
    page.add("waivers that are out of date", &outdated(run));
    for (what, block) in load::blocks(run) {
        page.add(what, &block);
    }
    for case in run.cases.iter().filter(|case| case.verdict == Verdict::Failed) {
        page.add("a failed case", &failure(run, case));
    }
    page.add("reasons for not judging", &unjudged(run));
    page.add("reasons for skipping", &skipped(run));
    page.add("the second opinion", &second_opinion(run));
    page.add("the table of waivers", &waivers(run));
    for weight in [Weight::Fails, Weight::Waived, Weight::Warns, Weight::Notes] {
        let less = |case: &&CaseOutcome| case.verdict != Verdict::Failed && case.gravest() == Some(weight);
        for case in run.cases.iter().filter(less) {
            page.add("a waived, warned or noted case", &remark(run, case));
        }
    }
    out.write_all(page.finish().as_bytes())
}

/// A page that stays below [`MOST`].
struct Page {
    text: String,
    /// Blocks that did not fit, by what they are.
    cut: BTreeMap<&'static str, usize>,
}

impl Page {
    /// What is kept free for the line that says what was cut.
    const RESERVE: usize = 500;

    fn new(text: String) -> Self {
        Self { text, cut: BTreeMap::new() }
    }

    fn add(&mut self, what: &'static str, block: &str) {
        if block.is_empty() {
            return;
        }
        if self.text.len() + block.len() + 1 > MOST - Self::RESERVE {
            *self.cut.entry(what).or_default() += 1;
        } else {
            self.text.push('\n');
            self.text.push_str(block);
        }
    }

    fn finish(mut self) -> String {
        if !self.cut.is_empty() {
            let cut: Vec<String> = self.cut.iter().map(|(what, times)| format!("{what} (×{times})")).collect();
            self.text.push_str("\n_Cut to keep this page short: ");
            self.text.push_str(&cut.join(", "));
            self.text.push_str(". The text and HTML reports hold everything._\n");
        }
        self.text
    }
}

fn head(run: &Run) -> String {
    let target = &run.started.target;
    let mut text = format!("## ropcheck: {}\n\n", wording::headline(run));
    for told in wording::ending(run).into_iter().chain(wording::notices(run)) {
        let _ = writeln!(text, "**{}**\n", field(&told));
    }
    let _ = writeln!(
        text,
        "{}{} in {} against {} (`{}`), {}, seed {}.\n",
        wording::tally(run),
        wording::opinion(run).map_or_else(String::new, |told| format!(" (second opinion: {told})")),
        wording::seconds(run.took_us()),
        field(&target.name),
        code(&target.token_endpoint),
        wording::moment(run.started.started_ms),
        run.started.seed,
    );
    let names = Verdict::ALL.map(Verdict::name).join(" | ");
    let counts = Verdict::ALL.map(|verdict| run.tally.of(verdict).to_string()).join(" | ");
    let _ = writeln!(text, "| {names} |\n|{}\n| {counts} |", "---:|".repeat(Verdict::ALL.len()));
    text
}

fn failure(run: &Run, case: &CaseOutcome) -> String {
    let mut text = format!("### Failed: {}\n\n{}\n", field(&case.case.title), findings(case));
    text.push_str(&details("Request, answer and the way to send it again", &text::of_case(run, case)));
    text
}

fn remark(run: &Run, case: &CaseOutcome) -> String {
    let word = case.gravest().map_or("", wording::weight);
    details(&format!("{word}: {}", field(&case.case.title)), &text::of_case(run, case))
}

/// What the case broke, a line a promise.
fn findings(case: &CaseOutcome) -> String {
    let mut text = String::new();
    for judged in case.broken() {
        let _ = writeln!(
            text,
            "- **{}** `{}`: {}",
            judged.sentence.level.name(),
            code(&judged.found.requirement),
            field(&judged.sentence.says)
        );
        if let Some((expected, actual)) = wording::pair(judged) {
            let _ = writeln!(text, "  - expected: {}\n  - actual: {}", field(expected), field(actual));
        }
        for value in judged.found.drawn.iter().flat_map(wording::drawn_values) {
            let _ = writeln!(text, "  - with {}", field(&value));
        }
        if let Some(waiver) = &judged.waiver {
            let _ = writeln!(text, "  - waived {}", field(&wording::borne(waiver)));
        }
    }
    text
}

/// The waivers that fail the run.
fn outdated(run: &Run) -> String {
    let mut text = String::new();
    for applied in run.outdated() {
        let waiver = &applied.waiver;
        let _ = writeln!(
            text,
            "- **Waiver {}**: `{}` under `{}`: {}",
            applied.state.name(),
            code(&waiver.requirement),
            code(&waiver.case),
            field(&wording::outdated(applied).unwrap_or_default()),
        );
    }
    text
}

fn waivers(run: &Run) -> String {
    if run.waivers.is_empty() {
        return String::new();
    }
    let mut text = "### Waivers\n\n| case | requirement | state | reason | owner | expires |\n".to_owned();
    let _ = writeln!(text, "|---|---|---|---|---|---|");
    for applied in &run.waivers {
        let waiver = &applied.waiver;
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {} | {} | {} |",
            code(&waiver.case),
            code(&waiver.requirement),
            applied.state.name(),
            field(&waiver.reason),
            field(&waiver.owner),
            waiver.expires,
        );
    }
    text
}

/// Today's advice on the right of the sentence that binds in the same matter.
fn second_opinion(run: &Run) -> String {
    let Some(told) = wording::opinion(run) else { return String::new() };
    let mut text = format!("### Second opinion: {told}\n\n{}\n\n", wording::OPINION);
    let _ = writeln!(text, "| what binds | came to | today's advice | came to |\n|---|---|---|---|");
    for Row { binding, document, advice } in &run.opinions.rows {
        let (binds, came_to) = match binding {
            Some(Binding::Kept(cited)) => (
                format!("**{}** {} (`{}`)", cited.sentence.level.name(), field(&cited.sentence.says), code(&cited.id)),
                cited.came_to.name(),
            ),
            Some(Binding::Lost(id)) => (format!("`{}`", code(id)), "not in the record"),
            None => ("nothing".to_owned(), "-"),
        };
        let _ = writeln!(
            text,
            "| {binds} | {came_to} | **{}** of {document}: {} (`{}`) | {} |",
            advice.sentence.level.name(),
            field(&advice.sentence.says),
            code(&advice.id),
            opinion::came_to(advice),
        );
    }
    text
}

fn unjudged(run: &Run) -> String {
    let groups = run.unjudged().into_iter();
    let mut rows: Vec<(String, Vec<&CaseOutcome>)> =
        groups.map(|((because, detail), cases)| (format!("{}: {detail}", because.name()), cases)).collect();
    let unreached = run.unreached();
    if !unreached.is_empty() {
        rows.push(("not reached by the run".to_owned(), unreached));
    }
    table("Not judged", &rows)
}

fn skipped(run: &Run) -> String {
    let rows: Vec<(String, Vec<&CaseOutcome>)> =
        run.skipped().into_iter().map(|(why, cases)| (why.to_owned(), cases)).collect();
    table("Skipped", &rows)
}

/// Cases by what they have in common: how many, and the first of them by name.
fn table(title: &str, rows: &[(String, Vec<&CaseOutcome>)]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("### {title}\n\n| reason | number | cases |\n|---|---:|---|\n");
    for (why, cases) in rows {
        let ids = cases.iter().map(|case| case.case.id.as_str()).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "| {} | {} | {} |", field(why), cases.len(), field(&ids));
    }
    text
}

/// A block that opens at a click; its fence is longer than any run of backticks in it.
fn details(summary: &str, body: &str) -> String {
    let mut fence = "```".to_owned();
    while body.contains(&fence) {
        fence.push('`');
    }
    format!("<details><summary>{summary}</summary>\n\n{fence}text\n{body}\n{fence}\n\n</details>\n")
}

/// A text of the record as prose: on one line, short, and no Markdown or HTML.
fn field(text: &str) -> String {
    sentence(&wording::shorten(&wording::visible(text), FIELD))
}

/// A sentence of our own, whole however long it is, with what it tells of the record.
fn sentence(text: &str) -> String {
    let mut escaped = String::new();
    for character in wording::visible(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '|' | '*' | '_' | '[' | ']' | '~' | '#' | '!' => {
                escaped.push('\\');
                escaped.push(character);
            }
            // A mention would notify a stranger: GitHub reads `@name` in any prose.
            '@' => escaped.push_str("&#64;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A text of the record inside backticks.
fn code(text: &str) -> String {
    wording::shorten(&wording::visible(text), FIELD).replace('`', "'").replace('|', "¦")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_server_becomes_markup() {
        assert_eq!(field("a|b`c`<img src=x> *d* @octocat"), r"a\|b\`c\`&lt;img src=x&gt; \*d\* &#64;octocat");
        assert_eq!(
            details("s", "```\n````"),
            "<details><summary>s</summary>\n\n`````text\n```\n````\n`````\n\n</details>\n"
        );
    }

    #[test]
    fn a_page_that_is_full_says_what_it_left_out() {
        let mut page = Page::new("head\n".into());
        page.add("a block", &"x".repeat(MOST));
        page.add("a block", &"x".repeat(MOST));
        page.add("a small block", "y\n");
        let text = page.finish();
        assert!(text.starts_with("head\n\ny\n\n_Cut to keep this page short: a block (×2)."), "{text}");
    }
}
