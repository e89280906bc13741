//! A page for a terminal of 80 columns: lines, prose that is wrapped, and ink where a terminal shows it.

use ropcheck_reports::format::text::Style;
use ropcheck_reports::format::visible;

use super::outcome::{say, style};
use super::stop::Stop;

/// How wide a line may be, in characters.
const WIDTH: usize = 80;

/// What a piece of a line is printed in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ink {
    Plain,
    Strong,
    Good,
    Warn,
    Bad,
}

/// A text under way.
pub(crate) struct Page {
    style: Style,
    text: String,
}

impl Page {
    /// An empty page for stdout.
    pub(crate) fn new() -> Self {
        Self { style: style(), text: String::new() }
    }

    /// One line as it is.
    pub(crate) fn line(&mut self, indent: usize, ink: Ink, text: &str) {
        let line = format!("{}{}", " ".repeat(indent), self.inked(ink, &visible(text)));
        self.text += line.trim_end();
        self.text.push('\n');
    }

    /// A paragraph: a text of any length, broken between words.
    pub(crate) fn paragraph(&mut self, indent: usize, text: &str) {
        self.wrapped(indent, indent, text);
    }

    /// An entry of a list: further lines stand two columns further in.
    pub(crate) fn entry(&mut self, indent: usize, text: &str) {
        self.wrapped(indent, indent + 2, text);
    }

    fn wrapped(&mut self, indent: usize, hanging: usize, text: &str) {
        let mut line = String::new();
        let mut margin = indent;
        for word in visible(text).split(' ').filter(|word| !word.is_empty()) {
            if !line.is_empty() && margin + line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.text += &format!("{}{line}\n", " ".repeat(margin));
                line.clear();
                margin = hanging;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += word;
        }
        self.text += &format!("{}{line}\n", " ".repeat(margin));
    }

    /// A blank line, unless there is one already or the page is empty.
    pub(crate) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// The head of a section, behind a blank line.
    pub(crate) fn head(&mut self, ink: Ink, text: &str) {
        self.blank();
        self.line(0, ink, text);
    }

    /// Whether nothing stands on it.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Prints it.
    pub(crate) fn print(self) -> Result<(), Stop> {
        say(&self.text)
    }

    fn inked(&self, ink: Ink, text: &str) -> String {
        let code = match (self.style, ink) {
            (Style::Plain, _) | (Style::Colour, Ink::Plain) => return text.to_owned(),
            (Style::Colour, Ink::Strong) => "1",
            (Style::Colour, Ink::Good) => "32",
            (Style::Colour, Ink::Warn) => "33",
            (Style::Colour, Ink::Bad) => "1;31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// `1 case`, `2 cases`.
pub(crate) fn count(n: usize, of: &str) -> String {
    if n == 1 { format!("1 {of}") } else { format!("{n} {of}s") }
}

/// The first few of many: `a, b and 3 more`.
pub(crate) fn some<'a>(all: impl IntoIterator<Item = &'a str>, shown: usize) -> String {
    let mut all: Vec<&str> = all.into_iter().collect();
    // The place of one that is left out is better taken by it.
    let left = if all.len() <= shown + 1 { 0 } else { all.len() - shown };
    all.truncate(if left == 0 { shown + 1 } else { shown });
    let all = all.join(", ");
    if left == 0 { all } else { format!("{all} and {left} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Page {
        Page { style: Style::Plain, text: String::new() }
    }

    #[test]
    fn a_text_is_broken_between_words_and_an_entry_hangs() {
        let mut page = plain();
        page.entry(2, &"words ".repeat(20));
        let lines: Vec<&str> = page.text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.len() <= WIDTH), "{}", page.text);
        assert!(lines[0].starts_with("  words") && lines[1].starts_with("    words"));
        let mut page = plain();
        page.paragraph(2, &"words ".repeat(20));
        assert!(page.text.lines().all(|line| line.starts_with("  words")), "{}", page.text);
    }

    #[test]
    fn what_an_author_writes_does_not_steer_the_terminal() {
        let mut page = Page { style: Style::Colour, text: String::new() };
        page.line(1, Ink::Bad, "\u{1b}[2Jx");
        assert_eq!(page.text, " \u{1b}[1;31m\\u{1b}[2Jx\u{1b}[0m\n");
        let mut page = plain();
        page.entry(0, "a\nb");
        assert_eq!(page.text, "a\\nb\n");
    }

    #[test]
    fn only_two_or_more_are_left_out() {
        assert_eq!(some(["a"], 1), "a");
        assert_eq!(some(["a", "b"], 1), "a, b");
        assert_eq!(some(["a", "b", "c"], 1), "a and 2 more");
        assert_eq!((count(1, "case"), count(0, "case")), ("1 case".to_owned(), "0 cases".to_owned()));
    }
}
