//! `ropcheck coverage`: which sentences of the catalogue are tested, and why others are not.

use ropcheck::coverage::{Count, Coverage};
use ropcheck::library::Library;

use super::page::{Ink, Page};
use super::stop::Stop;
use crate::cli;

/// Prints the table; its exit code says whether anything is untested, where that is asked.
pub(crate) fn run(args: &cli::Coverage) -> Result<u8, Stop> {
    let library = Library::load(args.scenarios.scenarios.as_deref())?;
    let coverage = Coverage::of(&library);
    let mut page = Page::new();
    table(&mut page, &coverage);
    if args.reasons {
        reasons(&mut page, &coverage);
    }
    if args.untested {
        untested(&mut page, &coverage);
    }
    page.blank();
    let left = coverage.total().untested;
    page.line(0, if left == 0 { Ink::Good } else { Ink::Warn }, &coverage.summary());
    page.print()?;
    Ok(u8::from(args.strict && left > 0))
}

fn table(page: &mut Page, coverage: &Coverage<'_>) {
    page.line(
        0,
        Ink::Plain,
        &format!("{:<24}{:>11}{:>9}{:>12}{:>10}", "", "sentences", "tested", "untestable", "untested"),
    );
    for (document, (whole, levels)) in coverage.documents() {
        page.line(0, Ink::Strong, &row(document, whole));
        for (level, count) in levels {
            page.line(0, Ink::Plain, &row(&format!("  {}", level.name()), count));
        }
    }
}

fn row(name: &str, count: Count) -> String {
    let Count { sentences, tested, untestable, untested } = count;
    format!("{name:<24}{sentences:>11}{tested:>9}{untestable:>12}{untested:>10}")
}

fn reasons(page: &mut Page, coverage: &Coverage<'_>) {
    page.head(Ink::Strong, "Untestable from outside");
    for (id, because) in coverage.untestable() {
        page.line(2, Ink::Plain, id);
        page.paragraph(6, because);
    }
}

fn untested(page: &mut Page, coverage: &Coverage<'_>) {
    if coverage.untested().next().is_some() {
        page.head(Ink::Strong, "Untested");
    }
    for (id, level) in coverage.untested() {
        page.line(2, Ink::Plain, &format!("{:<11}{id}", level.name()));
    }
}
