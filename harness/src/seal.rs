//! An answer sealed: tokens taken out of it, known secrets made into marks, before any other room sees it.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use regex::bytes::{Captures as Groups, Regex};

use crate::captures::Captures;
use crate::exchange::Answer;
use crate::request::form_encoded;
use crate::secret::Secret;
use crate::target::Target;

/// The members that carry a token (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3), found in the raw text so
/// that a body which is no JSON gives its tokens away just as little.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"("(access_token|refresh_token|id_token)"\s*:\s*)("(?:[^"\\]|\\.)*"?)"#).expect("a fixed pattern")
});

/// A JWT wherever it stands.
static JWT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*").expect("a fixed pattern"));

/// Secrets shorter than this are not looked for: replacing a letter or two would make any answer unreadable.
const SHORTEST: usize = 4;

/// The secrets of a target with their marks, the longest first.
#[derive(Debug, Clone, Default)]
pub struct Known(Vec<(Secret, String)>);

impl Known {
    /// Every secret of a target.
    pub fn of(target: &Target) -> Self {
        let clients = target
            .clients
            .iter()
            .filter_map(|client| Some((client.secret.clone()?, format!("⟦{}.secret⟧", client.name))));
        let users = target.users.iter().map(|user| (user.password.clone(), format!("⟦{}.password⟧", user.name)));
        Self(clients.chain(users).collect())
    }

    /// The same with what one walk knows besides: kept values, and values that its request made from secrets.
    fn with(&self, kept: &Captures, spoken: &[(String, String)]) -> Vec<(String, String)> {
        let own = self.0.iter().map(|(secret, mark)| (secret.expose().to_owned(), mark.clone()));
        let kept = kept.iter().map(|(name, secret)| (secret.expose().to_owned(), format!("⟦kept {name}⟧")));
        let mut all: Vec<(String, String)> =
            own.chain(kept).chain(spoken.iter().cloned()).filter(|(text, _)| text.len() >= SHORTEST).collect();
        // The longest first, so that a secret which holds another is replaced whole.
        all.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        all
    }
}

/// An answer as it came off the wire.
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) cut: Option<String>,
}

/// Seals an answer. `spoken` holds the values that its own request made from secrets, with their marks.
pub(crate) fn seal(raw: Raw, known: &Known, kept: &Captures, spoken: &[(String, String)]) -> Answer {
    let mut tokens = Vec::new();
    let body = TOKEN.replace_all(&raw.body, |groups: &Groups<'_>| {
        let member = String::from_utf8_lossy(&groups[2]).into_owned();
        let text: String =
            serde_json::from_slice(&groups[3]).unwrap_or_else(|_| String::from_utf8_lossy(&groups[3]).into_owned());
        let empty = text.is_empty();
        let mark = if empty { "\"\"".to_owned() } else { format!("\"⟦{member}⟧\"") };
        if !empty {
            tokens.push((member, Secret::new(text)));
        }
        [&groups[1], mark.as_bytes()].concat()
    });
    let known = known.with(kept, spoken);
    let mut echoes = Vec::new();
    let body = without_secrets(&body, &known, &mut echoes);
    let mut headers = HeaderMap::with_capacity(raw.headers.len());
    for (name, value) in &raw.headers {
        let value = without_secrets(value.as_bytes(), &known, &mut echoes);
        // What can't stand in a header any more is left out of it rather than shown.
        headers.append(name, HeaderValue::from_bytes(&value).unwrap_or(HeaderValue::from_static("(not shown)")));
    }
    let mut answer = Answer::new(raw.status, headers, Bytes::from(body), raw.cut);
    answer.echoes = echoes;
    answer.unwitnessed = tokens;
    answer
}

/// The text with every known secret made into its mark, in one pass so that no mark is searched itself.
fn without_secrets(text: &[u8], known: &[(String, String)], echoes: &mut Vec<String>) -> Vec<u8> {
    let text = JWT.replace_all(text, "⟦jwt⟧".as_bytes());
    let forms: Vec<(Vec<u8>, &String)> =
        known.iter().flat_map(|(secret, mark)| spellings(secret).into_iter().map(move |form| (form, mark))).collect();
    let mut out = Vec::with_capacity(text.len());
    let mut rest = &text[..];
    while let Some(first) = rest.first() {
        if let Some((form, mark)) = forms.iter().find(|(form, _)| rest.starts_with(form)) {
            out.extend(mark.bytes());
            rest = &rest[form.len()..];
            if !echoes.contains(mark) {
                echoes.push((*mark).clone());
            }
        } else {
            out.push(*first);
            rest = &rest[1..];
        }
    }
    out
}

/// The ways in which an answer may spell a secret: as it is, in JSON, form-encoded, percent-encoded.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let json = serde_json::Value::from(secret).to_string();
    let form = form_encoded(secret.as_bytes());
    let percent = form.replace('+', "%20");
    let mut all = vec![secret.to_owned(), json[1..json.len() - 1].to_owned(), form, percent];
    all.dedup();
    all.into_iter().map(String::into_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(body: &str, known: &[(&str, &str)]) -> Answer {
        let raw = Raw { status: 200, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()), cut: None };
        let known = Known(known.iter().map(|(secret, mark)| (Secret::new(*secret), (*mark).to_owned())).collect());
        seal(raw, &known, &Captures::default(), &[])
    }

    fn text(answer: &Answer) -> &str {
        std::str::from_utf8(&answer.body).expect("text")
    }

    #[test]
    fn tokens_are_taken_out_of_whole_and_of_broken_json() {
        for body in [r#"{"access_token" : "abc\"def", "n": 1}"#, r#"{"n": 1, "access_token" : "abc\"def"#] {
            let answer = sealed(body, &[]);
            assert!(answer.grants());
            assert!(!text(&answer).contains("abc"), "{}", text(&answer));
            assert_eq!(answer.unwitnessed.len(), 1);
        }
        assert!(!sealed(r#"{"access_token":""}"#, &[]).grants(), "an empty token grants nothing");
        assert!(!sealed(r#"{"access_token":null}"#, &[]).grants());
    }

    #[test]
    fn a_known_secret_is_a_mark_in_every_spelling() {
        let known = [("wörd \"7\"", "⟦alice.password⟧"), ("wörd", "⟦bob.password⟧")];
        let answer = sealed("plain wörd \"7\"; json wörd \\\"7\\\"; form w%C3%B6rd+%227%22; other wörd", &known);
        assert_eq!(
            text(&answer),
            "plain ⟦alice.password⟧; json ⟦alice.password⟧; form ⟦alice.password⟧; other ⟦bob.password⟧"
        );
        assert_eq!(answer.echoes, ["⟦alice.password⟧", "⟦bob.password⟧"]);
    }

    #[test]
    fn a_secret_that_is_a_word_of_the_marks_does_no_harm() {
        let answer = sealed("password and password", &[("password", "⟦alice.password⟧")]);
        assert_eq!(text(&answer), "⟦alice.password⟧ and ⟦alice.password⟧");
    }

    #[test]
    fn a_jwt_is_never_kept_wherever_it_stands() {
        let answer = sealed("<p>eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl</p>", &[]);
        assert_eq!(text(&answer), "<p>⟦jwt⟧</p>");
    }
}
