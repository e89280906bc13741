//! Lines of so many columns, inked or plain.

use std::io::{self, Write};

use super::Style;
use crate::format::wording::{visible, visible_lines};

/// What a piece of a line is printed in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ink {
    Plain,
    Strong,
    Faint,
    Good,
    Warn,
    Bad,
}

/// A text under way. Whatever is written on it is made [`visible`] first: no server's answer steers the
/// terminal.
pub(super) struct Paper<'w> {
    style: Style,
    /// How wide the terminal is that reads it, in characters; `None` where none does.
    terminal: Option<usize>,
    out: &'w mut dyn Write,
    /// Whether the last line is blank, or there is none.
    fresh: bool,
}

impl<'w> Paper<'w> {
    pub(super) fn new(style: Style, terminal: Option<usize>, out: &'w mut dyn Write) -> Self {
        Self { style, terminal, out, fresh: true }
    }

    /// How wide prose and tables may be, in characters.
    pub(super) fn width(&self) -> usize {
        const WITHOUT_TERMINAL: usize = 100;
        self.terminal.unwrap_or(WITHOUT_TERMINAL)
    }

    /// How wide any line may be, in characters; `None` where no terminal would break it.
    pub(super) fn terminal(&self) -> Option<usize> {
        self.terminal
    }

    /// One line, pieces side by side.
    pub(super) fn line(&mut self, indent: usize, pieces: &[(Ink, &str)]) -> io::Result<()> {
        let mut line = " ".repeat(indent);
        for (ink, text) in pieces {
            line.push_str(&self.inked(*ink, &visible(text)));
        }
        self.put(&line)
    }

    /// A label and a text of any length, broken between words and continued below its beginning.
    pub(super) fn prose(&mut self, indent: usize, label: &str, text: &str) -> io::Result<()> {
        self.prose_in(Ink::Faint, indent, label, text)
    }

    /// The same with a label that weighs something.
    pub(super) fn prose_in(&mut self, ink: Ink, indent: usize, label: &str, text: &str) -> io::Result<()> {
        let hanging = indent + label.chars().count();
        let mut label = Some(label);
        for piece in wrap(&visible(text), self.width().saturating_sub(hanging).max(20)) {
            let line = match label.take() {
                Some(label) => format!("{}{}{piece}", " ".repeat(indent), self.inked(ink, &visible(label))),
                None => format!("{}{piece}", " ".repeat(hanging)),
            };
            self.put(&line)?;
        }
        Ok(())
    }

    /// The last line, which stays one for whoever cuts it off, unless a terminal would break it inside a word.
    pub(super) fn last(&mut self, ink: Ink, text: &str) -> io::Result<()> {
        for piece in wrap(&visible(text), self.terminal.unwrap_or(usize::MAX)) {
            let line = self.inked(ink, &piece);
            self.put(&line)?;
        }
        Ok(())
    }

    /// A text as it is, however wide.
    pub(super) fn verbatim(&mut self, indent: usize, text: &str) -> io::Result<()> {
        for line in visible_lines(text).lines() {
            self.put(&format!("{}{line}", " ".repeat(indent)))?;
        }
        Ok(())
    }

    /// A blank line, unless there is one already.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        if self.fresh { Ok(()) } else { self.put("") }
    }

    fn put(&mut self, line: &str) -> io::Result<()> {
        let line = line.trim_end();
        self.fresh = line.is_empty();
        writeln!(self.out, "{line}")
    }

    fn inked(&self, ink: Ink, text: &str) -> String {
        let code = match (self.style, ink) {
            (Style::Plain, _) | (Style::Colour, Ink::Plain) => return text.to_owned(),
            (Style::Colour, Ink::Strong) => "1",
            (Style::Colour, Ink::Faint) => "2",
            (Style::Colour, Ink::Good) => "32",
            (Style::Colour, Ink::Warn) => "33",
            (Style::Colour, Ink::Bad) => "1;31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Breaks a text between words, and inside a word only where it is wider than a line. At least one line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if used > 0 {
            line.push(' ');
            used += 1;
        }
        while word.len() > width {
            let rest = word.split_off(width);
            lines.push(word.into_iter().collect());
            word = rest;
        }
        used += word.len();
        line.extend(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_break_between_lines_and_long_ones_inside() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a 0123456789 b", 4), ["a", "0123", "4567", "89 b"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn what_a_server_says_does_not_steer_the_terminal() {
        let mut out = Vec::new();
        Paper::new(Style::Colour, Some(80), &mut out)
            .line(1, &[(Ink::Bad, "\u{1b}[2Jx\n")])
            .expect("a Vec takes every write");
        assert_eq!(String::from_utf8(out).expect("it is UTF-8"), " \u{1b}[1;31m\\u{1b}[2Jx\\n\u{1b}[0m\n");
    }
}
