//! Everything whose id a glob matches, with what it says, a line or two each.

use globset::GlobMatcher;
use ropcheck::library::Library;
use ropcheck::lint::LINTS;
use ropcheck::load;
use ropcheck_reference_server::{VARIANTS, every_fault};

use super::super::page::{Ink, Page};

/// Puts what matches on the page, kind by kind.
pub(super) fn listing(page: &mut Page, glob: &GlobMatcher, library: &Library) {
    let says = |id: &str| library.catalogue.get(id).map(|known| known.sentence.says.clone()).unwrap_or_default();
    let sentences = library.catalogue.iter().map(|(id, known)| (id.to_owned(), known.sentence.says.clone()));
    let cases = library.scenarios.iter().map(|(id, scenario)| (id.clone(), scenario.wrote.title.clone()));
    let lints = LINTS.iter().map(|lint| (format!("lint/{}", lint.name), says(lint.requirement)));
    let truths = load::truths().map(|truth| (format!("across/{}", truth.name), says(truth.requirement)));
    let faults = every_fault().map(|fault| (fault.id.to_owned(), fault.says.to_owned()));
    let variants = VARIANTS.iter().map(|variant| (variant.id.to_owned(), variant.says.to_owned()));
    section(page, glob, "Sentences", sentences);
    section(page, glob, "Cases", cases);
    section(page, glob, "Checks of every answer", lints);
    section(page, glob, "Truths across the answers of a load run", truths);
    section(page, glob, "Seeded faults", faults);
    section(page, glob, "Legal variants", variants);
}

fn section(page: &mut Page, glob: &GlobMatcher, head: &str, all: impl Iterator<Item = (String, String)>) {
    let mut matching = all.filter(|(id, _)| glob.is_match(id)).peekable();
    if matching.peek().is_some() {
        page.head(Ink::Strong, head);
    }
    for (id, says) in matching {
        page.entry(2, &format!("{id}: {says}"));
    }
}
