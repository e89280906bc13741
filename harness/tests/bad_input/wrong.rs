//! A file that is wrong in one place, and what its complaint must tell of that place.

use std::fs;
use std::path::Path;

use crate::run::{Ran, ropcheck};

/// A text with the place that its complaint must point at, where a `«` stood before it.
pub(crate) struct Wrong {
    pub(crate) text: String,
    pub(crate) place: Option<Place>,
}

pub(crate) struct Place {
    line: usize,
    column: usize,
    drawn: String,
}

impl Wrong {
    pub(crate) fn of(marked: &str) -> Self {
        let text = marked.replace('«', "");
        let place = marked.split_once('«').map(|(before, _)| {
            let line = before.matches('\n').count() + 1;
            let column =
                before.lines().last().filter(|_| !before.ends_with('\n')).map_or(0, |last| last.chars().count()) + 1;
            Place { line, column, drawn: text.lines().nth(line - 1).unwrap_or_default().to_owned() }
        });
        Self { text, place }
    }
}

impl Place {
    /// File, line and column stand in the complaint, and a caret under the column.
    #[track_caller]
    pub(crate) fn is_pointed_at(&self, file: &Path, ran: &Ran) {
        let Self { line, column, .. } = self;
        let head = format!("  --> {}:{line}:{column}\n", file.display());
        let caret = format!("\n   | {}^\n", " ".repeat(column - 1));
        assert!(ran.stderr.contains(&head) && ran.stderr.contains(&caret), "expected {head}{}", ran.stderr);
    }

    /// The author's own line stands above the caret.
    #[track_caller]
    fn is_drawn(&self, ran: &Ran) {
        let drawn = format!("\n {} | {}\n", self.line, self.drawn);
        assert!(ran.stderr.contains(&drawn), "expected {drawn}{}", ran.stderr);
    }
}

#[track_caller]
pub(crate) fn wrong_scenario(what: &str, text: &str, words: &[&str]) {
    wrong_file("cases.yaml", what, text, words);
}

#[track_caller]
#[expect(clippy::print_stderr, reason = "a failure shows which line of the table it was at")]
pub(crate) fn wrong_file(name: &str, what: &str, text: &str, words: &[&str]) {
    eprintln!("{what}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    let wrong = Wrong::of(text);
    fs::write(&file, &wrong.text).expect("a scenario file");
    let ran = ropcheck(["check", "--scenarios", &folder.path().display().to_string()]).exits(2).says(words);
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    let place = wrong.place.expect("the table says where");
    place.is_pointed_at(&file, &ran);
    place.is_drawn(&ran);
}
