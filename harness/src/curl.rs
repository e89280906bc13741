//! The same request for a shell: secrets are variables, and a comment says what each stands for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::{Method, header};
use percent_encoding::percent_decode_str;

use crate::captures::Captures;
use crate::drawn::Drawn;
use crate::request::{Content, ENCODED, Ink, Template, fill, shown_url};

/// A curl command of a request. What can't be said by curl's own encoding is given as it goes on the wire.
pub fn curl(template: &Template, drawn: &Drawn) -> String {
    let Ok(request) = fill(template, drawn, &Captures::default(), Ink::Marks) else { return String::new() };
    let mut shell = Shell::default();
    let mut words = vec!["curl -i".to_owned()];
    let has_body = !request.body().is_empty();
    if *request.method() == Method::HEAD {
        words.push("--head".to_owned());
    } else if !(has_body && *request.method() == Method::POST) {
        words.push(format!("-X {}", request.method()));
    }
    words.push(shell.quoted(&shown_url(request.uri())));
    for (name, value) in request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        let is_form = name == header::CONTENT_TYPE && value == "application/x-www-form-urlencoded";
        if name == header::ACCEPT || (is_form && has_body) {
            continue;
        }
        match value.split_once(" base64(").and_then(|(scheme, pair)| Some((scheme, pair.strip_suffix(')')?))) {
            Some((scheme, pair)) => {
                let pair = shell.quoted(pair);
                // What breaks lines into short ones and what does not is not the same everywhere.
                words.push(format!("-H \"authorization: {scheme} $(printf %s {pair} | base64 | tr -d '\\n')\""));
            }
            None => words.push(format!("-H {}", shell.quoted(&format!("{name}: {value}")))),
        }
    }
    if has_body && !request.headers().contains_key(header::CONTENT_TYPE) {
        words.push("-H 'content-type:'".to_owned());
    }
    match (&template.body, std::str::from_utf8(request.body())) {
        (Content::Form(_), Ok(body)) => {
            for parameter in body.split('&').filter(|parameter| !parameter.is_empty()) {
                // A mark stands for text that is not encoded yet, but for one that says so; everything else is as it goes on
                // the wire.
                let is_left_to_curl = parameter.contains('⟦') && !parameter.contains(ENCODED);
                words.push(if is_left_to_curl {
                    format!("--data-urlencode {}", shell.quoted(&plain(parameter)))
                } else {
                    format!("-d {}", shell.quoted(parameter))
                });
            }
        }
        (_, Ok("")) => {}
        (_, Ok(body)) => words.push(format!("--data-binary {}", shell.quoted(body))),
        (_, Err(_)) => {
            let hex: String = request.body().iter().map(|byte| format!("\\x{byte:02x}")).collect();
            words.push(format!("--data-binary $'{hex}'"));
        }
    }
    shell.comments() + &words.join(" \\\n  ")
}

/// A parameter before it is encoded. One with a NUL in it, or that is no text, no shell word can hold: it stays as it is.
fn plain(parameter: &str) -> Cow<'_, str> {
    let spaced = parameter.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(text) if !text.contains('\0') => Cow::Owned(text.into_owned()),
        Ok(_) | Err(_) => Cow::Borrowed(parameter),
    }
}

/// The variables of one command, by name, with what each stands for.
#[derive(Default)]
struct Shell(BTreeMap<String, String>);

impl Shell {
    /// Text as one shell word: marks as variables in double quotes, anything else in single quotes.
    fn quoted(&mut self, text: &str) -> String {
        if !text.contains('⟦') {
            return format!("'{}'", text.replace('\'', "'\\''"));
        }
        let mut word = String::from("\"");
        let mut rest = text;
        while let Some((before, mark, after)) = rest
            .split_once('⟦')
            .and_then(|(before, from)| from.split_once('⟧').map(|(mark, after)| (before, mark, after)))
        {
            word.push_str(&escaped(before));
            word.push_str(&format!("${{{}}}", self.variable(mark)));
            rest = after;
        }
        word + &escaped(rest) + "\""
    }

    fn variable(&mut self, mark: &str) -> String {
        let name: String =
            mark.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        let name = name.replace("__", "_");
        self.0.insert(name.clone(), mark.to_owned());
        name
    }

    fn comments(&self) -> String {
        self.0.iter().map(|(name, mark)| format!("# {name}: {}\n", meaning(mark))).collect()
    }
}

/// What a mark stands for, so that its reader can make it: `alice.password, character 1 changed`.
fn meaning(mark: &str) -> String {
    let (mark, encoded) = mark.strip_suffix(ENCODED).map_or((mark, ""), |mark| (mark, ", in percent-encoding"));
    let Some((secret, done)) = mark.split_once(", ") else { return format!("{mark}{encoded}") };
    // As a value is damaged: a character becomes an x, and an x becomes a y.
    let into = if done.ends_with(" changed") { " to x (to y where it is an x)" } else { "" };
    let with = if done.starts_with("in ") { "" } else { "with " };
    format!("{secret} {with}{done}{into}{encoded}")
}

/// Text inside double quotes.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '"' | '\\' | '$' | '`').then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::request::{Filled, Pair, Part, Piece};
    use crate::secret::Secret;

    #[test]
    fn a_secret_and_what_was_done_to_it_are_told_in_words() {
        for (mark, told) in [
            ("alice.password", "alice.password"),
            ("alice.password, character 3 dropped", "alice.password with character 3 dropped"),
            (
                "web.secret, its middle character changed",
                "web.secret with its middle character changed to x (to y where it is an x)",
            ),
            ("alice.password, percent-encoded", "alice.password, in percent-encoding"),
            ("alice.password, in upper case", "alice.password in upper case"),
        ] {
            assert_eq!(meaning(mark), told);
        }
    }

    /// With GNU and with BSD tools alike.
    #[test]
    fn a_basic_header_is_one_line_however_long_it_is() {
        let secret = Secret::new("s".repeat(100));
        let whole = Box::new(Part::Text(vec![Piece::Secret("web.secret".to_owned(), secret)]));
        let basic = Part::Basic { scheme: "Basic".to_owned(), pair: Pair::Whole(whole), written: None };
        let template = Template {
            method: Method::POST,
            url: Url::parse("http://127.0.0.1/token").expect("a URL"),
            query: vec![],
            body: Content::Form(vec![]),
            headers: vec![(header::AUTHORIZATION, basic)],
            respelt: None,
            filled: Filled::default(),
        };
        let command = curl(&template, &Drawn::none());
        assert!(command.contains("| base64 | tr -d '\\n')"), "{command}");
    }

    #[test]
    fn what_stands_beside_a_secret_is_encoded_once() {
        let pieces = vec![
            Piece::Secret("alice.password".to_owned(), Secret::new("wonderland")),
            Piece::Plain("\n+ $x".to_owned()),
        ];
        let template = Template {
            method: Method::POST,
            url: Url::parse("http://127.0.0.1/token").expect("a URL"),
            query: vec![],
            body: Content::Form(vec![("password".to_owned(), Part::Text(pieces))]),
            headers: vec![],
            respelt: None,
            filled: Filled::default(),
        };
        let command = curl(&template, &Drawn::none());
        assert!(command.contains("--data-urlencode \"password=${ALICE_PASSWORD}\n+ \\$x\""), "{command}");
    }
}
