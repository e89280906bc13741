//! What is wrong with a file that an author wrote: file, line, the line itself with a caret, and the remedy.

pub(crate) mod mask;
pub mod path;

use std::fmt;

use mask::{masked, shows};
use serde_yaml::Location;

/// Why a file of the author's can't be used. Its text names file, line and column, draws the line with a caret under the
/// place, and ends with the remedy where one is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint(String);

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Complaint {}

/// A file of the author's with its text, so that a complaint can draw the line that it speaks of.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file, as its author would name it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Whether it may hold secrets: then a complaint shows its keys, and no values but such as are harmless.
    pub private: bool,
}

/// A place in a file: line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

impl From<Location> for At {
    fn from(location: Location) -> Self {
        Self { line: location.line(), column: location.column() }
    }
}

impl Source {
    /// A complaint about a place in this file.
    pub fn complain(&self, at: impl Into<At>, message: impl fmt::Display) -> Complaint {
        let At { line, column } = at.into();
        let text = if self.private { masked(self.line(line)) } else { self.line(line).to_owned() };
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let caret = " ".repeat(usize::try_from(column).unwrap_or(1).saturating_sub(1));
        let file = &self.file;
        Complaint(format!(
            "error: {message}\n {margin}--> {file}:{line}:{column}\n {margin} |\n {number} | {text}\n {margin} | {caret}^"
        ))
    }

    /// A complaint about the file as a whole.
    pub fn complain_whole(&self, message: impl fmt::Display) -> Complaint {
        Complaint(format!("error: {message}\n --> {}", self.file))
    }

    /// Where a text stands first at or after a place; that place where it stands nowhere.
    pub fn find(&self, text: &str, from: impl Into<At>) -> At {
        let from = from.into();
        (1..)
            .zip(self.text.lines())
            .skip_while(|(line, _)| *line < from.line)
            .find_map(|(line, whole)| Some(At { line, column: 1 + whole[..whole.find(text)?].chars().count() as u64 }))
            .unwrap_or(from)
    }

    /// Where a key stands first behind a place; that place where it stands nowhere.
    pub fn find_key(&self, key: &str, from: impl Into<At>) -> At {
        let from = from.into();
        let is_word = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        let within = |line: u64, whole: &str| {
            let behind = if line == from.line { usize::try_from(from.column).unwrap_or(usize::MAX) } else { 0 };
            let mut found = whole.match_indices(key).filter(|(at, _)| {
                !whole[..*at].ends_with(is_word)
                    && whole[at + key.len()..].trim_start_matches(['"', '\'']).starts_with(':')
            });
            found.find_map(|(at, _)| Some(whole[..at].chars().count()).filter(|before| *before >= behind))
        };
        (1..)
            .zip(self.text.lines())
            .skip_while(|(line, _)| *line < from.line)
            .find_map(|(line, whole)| Some(At { line, column: 1 + within(line, whole)? as u64 }))
            .unwrap_or(from)
    }

    /// The form of the map that is wanted at a place: of the key that stands there, or else of the last one before it.
    fn map_at(&self, at: Option<Location>) -> &'static str {
        let At { line, column } = at.map_or(At { line: 0, column: 1 }, At::from);
        let (line, before) = (self.line(line), usize::try_from(column).unwrap_or(1).saturating_sub(1));
        let at = line.char_indices().nth(before).map_or(line.len(), |(at, _)| at);
        // Where nothing stands under a key, the place is the colon behind it.
        let at = if line[at..].starts_with(':') { at + 1 } else { at };
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let here =
            line[at..].split_once(':').map(|(key, _)| key).filter(|key| !key.is_empty() && key.chars().all(is_word));
        let last = || line[..at].rsplit_once(':').and_then(|(before, _)| before.rsplit(|c: char| !is_word(c)).next());
        let known = here.or_else(last).and_then(|key| MAPS.iter().find(|(known, _)| *known == key));
        known.map_or("{ key: value }", |(_, form)| *form)
    }

    /// The text of a line, counted from 1.
    pub fn line(&self, line: u64) -> &str {
        let index = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        self.text.lines().nth(index).unwrap_or_default()
    }

    /// Reads the YAML text as a `T`.
    pub fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, Complaint> {
        serde_yaml::from_str(&self.text).map_err(|error| {
            // In what is no YAML, no key is wrong before that is mended.
            let error = serde_yaml::from_str::<serde::de::IgnoredAny>(&self.text).err().unwrap_or(error);
            let whole = error.to_string();
            let message = whole.lines().next().unwrap_or_default();
            // The parser's own head repeats line and column, which the arrow line below gives too.
            let message = message.split_once(": ").filter(|(head, _)| head.starts_with("error"));
            let message = message.map_or(whole.as_str(), |(_, rest)| strip_position(rest));
            let map = format!("a map is wanted here: `{}`", self.map_at(error.location()));
            // Where the whole file should be one.
            let message = match error.location() {
                Some(at) if at.column() == 1 => message.replace("expected sequence start", LIST_OF_A_FILE),
                Some(_) | None => message.to_owned(),
            };
            let in_our_words = |message: String, (theirs, ours): &(&str, &str)| message.replace(theirs, ours);
            let message = OUR_WORDS.iter().fold(message.replace("expected mapping start", &map), in_our_words);
            let mut message = format!("{message}{}", remedy(&message));
            let is_open = |at: At| shows(self.line(at.line), usize::try_from(at.column).unwrap_or(0));
            if self.private && !error.location().is_some_and(|at| is_open(at.into())) {
                message = without_text(&message);
            }
            match error.location() {
                Some(at) => self.complain(at, message),
                None => self.complain_whole(message),
            }
        })
    }
}

/// What the parser says by its own names, and the same in an author's.
#[rustfmt::skip]
const OUR_WORDS: [(&str, &str); 11] = [
    ("expected sequence start",                            "a list is wanted here: `[one, two]`"),
    ("expected string scalar",                             "a single value is wanted here, and no list or map"),
    ("externally tagged enum expected scalar or mapping",  "a single word is wanted here, and no list"),
    ("unexpected value for unit enum variant",             "nothing stands under that word: write it alone"),
    ("cannot deserialize null into string; use Option<String>", "nothing stands here: give it a value"),
    ("invalid type: unit value",                           "nothing stands here"),
    ("invalid u32",                                        "a whole number, 0 or more, is wanted here"),
    ("invalid boolean",                                    "`true` or `false` is wanted here"),
    ("invalid floating point",                             "a number is wanted here"),
    ("expected a nonzero u32",                             "a whole number, 1 or more, is wanted here"),
    (", set DuplicateKeyPolicy in Options if acceptable",  ""),
];

const LIST_OF_A_FILE: &str =
    "a list is wanted here, each entry behind a `-`: let a file of another kind lie in another folder";

/// Maps by the key under which authors write something else, each in its own form.
const MAPS: [(&str, &str); 6] = [
    ("journeys", "{ walk: load/steady/logins, weight: 1 }"),
    ("load", "{ users: 20 in 10s, hold 60s }"),
    ("race", "{ at_once: 8, rounds: 25, grace: 30s }"),
    ("search", "{ from: 50/s, up_to: 2000/s, hold: 5s, confirm: 10s }"),
    ("send", "{ like: good-login }"),
    ("text", "{ from: ascii, length: [1, 40] }"),
];

/// `line 3 column 5: unknown field …` without its position.
fn strip_position(message: &str) -> &str {
    match message.split_once(": ") {
        Some((head, rest)) if head.starts_with("line ") => rest,
        _ => message,
    }
}

/// A parser's message without the text that it found: `invalid type: string "…"`.
fn without_text(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => format!("{}…{}", &message[..=first], &message[last..]),
        _ => message.to_owned(),
    }
}

/// The nearest right name, where the message lists the right ones.
fn remedy(message: &str) -> String {
    let Some((wrong, right)) = message.split_once(", expected ") else { return String::new() };
    let Some(wrong) = wrong.split('`').nth(1) else { return String::new() };
    let names = right.trim_start_matches("one of ").split([',', ' ']);
    nearest(wrong, names.map(|name| name.trim_matches('`')).filter(|name| !name.is_empty()))
        .map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// The name nearest to a wrong one, if any is near enough to be meant.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A word of a longer name is that name cut short: `basic` for `client_secret_basic`.
    let is_part = |name: &str| wrong.len() > 2 && name.split(['_', '-']).any(|part| part == wrong);
    let likeness =
        |name: &str| strsim::normalized_damerau_levenshtein(wrong, name).max(if is_part(name) { 0.5 } else { 0.0 });
    names
        .into_iter()
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness > 0.4)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

/// `; did you mean …?` for a dangling name, or nothing.
pub fn did_you_mean<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wrong, names).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Small {
        #[expect(dead_code, reason = "only its name matters here")]
        title: String,
    }

    #[test]
    fn an_unknown_key_is_drawn_with_a_caret_and_the_nearest_name() {
        let source = Source { file: "cases.yaml".into(), text: "# a comment\ntitel: x\n".into(), private: false };
        let complaint = source.parse::<Small>().expect_err("titel is no key").to_string();
        assert_eq!(
            complaint,
            "error: unknown field `titel`, expected one of title; did you mean `title`?\n  --> cases.yaml:2:1\n   |\n 2 | titel: x\n   | ^"
        );
    }

    #[test]
    fn a_private_file_shows_no_value_of_an_unknown_key() {
        for text in [
            "titel: hunter2, yes # why",
            "{ title: [hunter2], titel: \"hunter2\" }",
            "title: { a: hunter2 }",
            "- hunter2",
        ] {
            let source = Source { file: "target.yaml".into(), text: text.into(), private: true };
            let complaint = source.parse::<Small>().expect_err("no such key or type").to_string();
            assert!(!complaint.contains("hunter2"), "{complaint}");
        }
    }

    #[test]
    fn nothing_near_is_not_guessed() {
        assert_eq!(nearest("grant", ["granted", "status"]), Some("granted"));
        assert_eq!(nearest("zzz", ["granted", "status"]), None);
        assert_eq!(
            nearest("basic", ["none", "client_secret_basic", "client_secret_post"]),
            Some("client_secret_basic")
        );
    }
}
