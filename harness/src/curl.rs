//! The same request for a shell: secrets are variables, and a comment says what each stands for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::{Method, header};
use percent_encoding::percent_decode_str;

use crate::captures::Captures;
use crate::drawn::Drawn;
use crate::request::template::{Content, Template};
use crate::request::{ENCODED, Ink, fill, shown_url};

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
        match basic(&value) {
            Some(Basic { scheme, pair, end }) => {
                let pair = shell.quoted(pair);
                // What breaks lines into short ones and what does not is not the same everywhere.
                let base64 = |dropped: &str| format!("$(printf %s {pair} | base64 | tr -d '{dropped}')");
                let right = base64(r"\n");
                let value = match end {
                    End::Right => format!("\"authorization: {scheme}{right}\""),
                    // A shell that someone types at reads an exclamation mark in double quotes as history.
                    End::Mark => format!("\"authorization: {scheme}{right}\"'!'"),
                    // Nothing fills up the last four characters where another one follows.
                    End::LeftOver => format!("\"authorization: {scheme}{}A\"", base64(r"\n=")),
                    End::Twice => format!("\"authorization: {scheme}{right}, {} {right}\"", scheme.trim_end()),
                };
                words.push(format!("-H {value}"));
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

/// Basic credentials with a secret in them, as they are shown: `Basic base64(web:⟦web.secret⟧)`.
struct Basic<'v> {
    /// The scheme with the spaces behind it.
    scheme: &'v str,
    pair: &'v str,
    end: End,
}

/// What stands behind the base64 text.
enum End {
    /// Nothing.
    Right,
    /// A character that base64 has not.
    Mark,
    /// A character more than makes whole bytes.
    LeftOver,
    /// The same credentials again.
    Twice,
}

fn basic(value: &str) -> Option<Basic<'_>> {
    let (scheme, rest) = value.split_once("base64(")?;
    let again = rest.split_once(&format!("), {} base64(", scheme.trim_end()));
    if let Some((pair, again)) = again
        && again.strip_suffix(')') == Some(pair)
    {
        return Some(Basic { scheme, pair, end: End::Twice });
    }
    let ends = [(")", End::Right), (")!", End::Mark), (")A", End::LeftOver)];
    ends.into_iter().find_map(|(text, end)| Some(Basic { scheme, pair: rest.strip_suffix(text)?, end }))
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

/// Text inside double quotes. An exclamation mark stands outside of them: typed at a shell it would be its history.
fn escaped(text: &str) -> String {
    let quoted = |c: char| match c {
        '"' | '\\' | '$' | '`' => format!("\\{c}"),
        '!' => "\"'!'\"".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(quoted).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use ropcheck_reports::drawn::{Slip, Value, Writing};

    use super::*;
    use crate::request::template::{Pair, Part, Piece};
    use crate::scenario::given::Given;
    use crate::scenario::send::Encoding;
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

    /// What a shell makes of the command is what goes on the wire, whatever is wrong with the credentials.
    #[test]
    fn a_shell_writes_the_credentials_as_they_were_sent() {
        let part = |text: &str| Box::new(Part::Text(vec![Piece::Plain(text.to_owned())]));
        let secret = || Box::new(Part::Text(vec![Piece::Secret("web.secret".to_owned(), Secret::new("tu$l!p"))]));
        for (spaces, slip) in [
            (1, None),
            (3, None),
            (1, Some(Slip::Alphabet)),
            (1, Some(Slip::LeftOver)),
            (1, Some(Slip::Twice)),
            (2, Some(Slip::Twice)),
            (1, Some(Slip::Plain)),
            (1, Some(Slip::NoColon)),
        ] {
            let pair = Pair::Joined(part("lab-(conf)!"), secret(), Encoding::Raw);
            let basic = Part::Basic { scheme: "Basic".to_owned(), pair, written: Some(Given("how".to_owned())) };
            let template = Template::to_token(Content::Form(vec![]), vec![(header::AUTHORIZATION, basic)]);
            let writing = Writing { scheme: "Basic".to_owned(), spaces, ways: vec![], slip };
            let drawn = Drawn::of(1, BTreeMap::from([("how".to_owned(), Value::Writing(writing))]));
            let sent = fill(&template, &drawn, &Captures::default(), Ink::Secrets).expect("nothing is kept");
            let printed = "curl() { for word; do case $word in authorization:*) printf %s \"$word\";; esac; done; }";
            let script = format!("{printed}\nWEB_SECRET='tu$l!p'\n{}", curl(&template, &drawn));
            let ran = Command::new("sh").args(["-c", &script]).output().expect("a shell");
            let wanted = format!("authorization: {}", sent.headers()["authorization"].to_str().expect("text"));
            assert_eq!(String::from_utf8_lossy(&ran.stdout), wanted, "{slip:?}: {script}");
        }
    }

    /// With GNU and with BSD tools alike.
    #[test]
    fn a_basic_header_is_one_line_however_long_it_is() {
        let secret = Secret::new("s".repeat(100));
        let whole = Box::new(Part::Text(vec![Piece::Secret("web.secret".to_owned(), secret)]));
        let basic = Part::Basic { scheme: "Basic".to_owned(), pair: Pair::Whole(whole), written: None };
        let template = Template::to_token(Content::Form(vec![]), vec![(header::AUTHORIZATION, basic)]);
        let command = curl(&template, &Drawn::none());
        assert!(command.contains("| base64 | tr -d '\\n')"), "{command}");
    }

    #[test]
    fn what_stands_beside_a_secret_is_encoded_once() {
        let pieces = vec![
            Piece::Secret("alice.password".to_owned(), Secret::new("wonderland")),
            Piece::Plain("\n+ $x".to_owned()),
        ];
        let form = vec![("password".to_owned(), Part::Text(pieces))];
        let template = Template::to_token(Content::Form(form), vec![]);
        let command = curl(&template, &Drawn::none());
        assert!(command.contains("--data-urlencode \"password=${ALICE_PASSWORD}\n+ \\$x\""), "{command}");
    }
}
