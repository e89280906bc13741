//! An answer sealed: tokens taken out of it, known secrets made into marks, before any other room sees it.

mod alike;
mod hider;
mod tokens;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use aho_corasick::AhoCorasick;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use regex::bytes::Regex;

pub use self::alike::Alike;
use self::hider::{Hider, Mark, Sought, beginning};
use self::tokens::without_tokens;
use crate::captures::Captures;
use crate::exchange::Answer;
use crate::secret::Secret;
use crate::target::Target;

/// A private member of a key (RFC 7517 section 9.2), with what leads to its value.
static PRIVATE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?-u)("(?:d|dp|dq|k|p|priv|q|qi)"\s*:\s*")[^"]*""#).expect("a fixed pattern"));

/// A key set with every private value made into a mark: a server that gives its keys away must not do so in our records.
pub(crate) fn without_private_keys(key_set: &Bytes) -> Bytes {
    match PRIVATE.replace_all(key_set, "${1}⟦private⟧\"".as_bytes()) {
        Cow::Borrowed(_) => key_set.clone(),
        Cow::Owned(hidden) => Bytes::from(hidden),
    }
}

/// Secrets shorter than this are not looked for: replacing a letter or two would make any answer unreadable.
const SHORTEST: usize = 4;

/// The secrets of a target with their marks.
#[derive(Clone)]
pub struct Known {
    secrets: Vec<(Secret, String)>,
    /// Finds where any of them may begin, as it stands, in one pass.
    beginnings: AhoCorasick,
}

impl Known {
    /// Every secret of a target.
    pub fn of(target: &Target) -> Self {
        let clients = target
            .clients
            .iter()
            .filter_map(|client| Some((client.secret.clone()?, format!("⟦{}.secret⟧", client.name))));
        let users = target.users.iter().map(|user| (user.password.clone(), format!("⟦{}.password⟧", user.name)));
        Self::new(clients.chain(users).collect())
    }

    pub(crate) fn new(mut secrets: Vec<(Secret, String)>) -> Self {
        secrets.retain(|(secret, _)| secret.expose().len() >= SHORTEST);
        let beginnings = AhoCorasick::new(secrets.iter().map(|(secret, _)| beginning(secret.expose())));
        Self { secrets, beginnings: beginnings.expect("a search for so few bytes fits") }
    }

    /// A text with every secret in it made into its mark.
    pub(crate) fn hide<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        Hider { known: self, own: vec![] }.hide(text, &mut Vec::new())
    }

    fn sought(&self) -> impl Iterator<Item = Sought<'_>> {
        self.secrets.iter().map(|(secret, mark)| Sought { secret: secret.expose(), mark: Mark::Told(mark), echo: true })
    }
}

impl Default for Known {
    fn default() -> Self {
        Self::new(vec![])
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({} secrets)", self.secrets.len())
    }
}

/// An answer as it came off the wire.
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) cut: Option<String>,
    /// Whether its body had not ended when the time was up: as good as no answer to a run that has more to ask.
    pub(crate) late: bool,
}

/// Seals an answer. `spoken` holds the values that its own request made from secrets, with their marks; `alike`, the texts in
/// which nothing that is known was found before.
pub(crate) fn seal(raw: Raw, known: &Known, alike: &Alike, kept: &Captures, spoken: &[(String, String)]) -> Answer {
    let Raw { status, mut headers, body: came, cut, .. } = raw;
    let (like, tokens) = alike.find(&came).unzip();
    let whole = like.as_ref().map_or(&came, |like| &like.body);
    let (text, tokens) = tokens.map_or_else(|| without_tokens(&came), |tokens| (Cow::Borrowed(&whole[..]), tokens));
    // A token may stand in its answer again, in a cookie for instance. That is no echo of what was sent.
    let own = tokens.iter();
    let own = own.map(|(member, token)| Sought { secret: token.expose(), mark: Mark::Member(member), echo: false });
    // What one walk knows besides: kept values, and values that its request made from secrets.
    let kept = kept.iter();
    let kept = kept.map(|(name, secret)| Sought { secret: secret.expose(), mark: Mark::Kept(name), echo: true });
    let spoken = spoken.iter().map(|(secret, mark)| Sought { secret, mark: Mark::Told(mark), echo: true });
    let own = own.chain(kept).chain(spoken).filter(|one| one.secret.len() >= SHORTEST).collect();
    let hider = Hider { known, own };

    let mut echoes = Vec::new();
    let like = like.as_ref().filter(|like| hider.holds_none_of_its_own(&like.body));
    let body = match like {
        Some(like) => like.body.clone(),
        None => match (hider.hide(&text, &mut echoes), &text) {
            (Cow::Borrowed(_), Cow::Borrowed(_)) => whole.clone(),
            (hidden, _) => Bytes::from(hidden.into_owned()),
        },
    };
    for (name, value) in &mut headers {
        if like.is_some_and(|like| like.has(name, value)) && hider.holds_none_of_its_own(value.as_bytes()) {
            continue;
        }
        let (text, _) = without_tokens(value.as_bytes());
        let shown = match (hider.hide(&text, &mut echoes), &text) {
            (Cow::Borrowed(_), Cow::Borrowed(_)) => continue,
            // What can't stand in a header any more is left out of it rather than shown.
            (hidden, _) => HeaderValue::from_bytes(&hidden).unwrap_or(HeaderValue::from_static("(not shown)")),
        };
        *value = shown;
    }
    let mut answer = Answer::new(status, headers, body, cut);
    if let Some(like) = like {
        answer.read = Arc::clone(&like.read);
    }
    answer.echoes = echoes;
    answer.unwitnessed = tokens;
    if like.is_none() && answer.echoes.is_empty() && answer.cut.is_none() {
        alike.keep(&came, &answer);
    }
    answer
}

/// Bytes as text; what is no UTF-8 in them is replaced. Nearly all of it is, which the standard library tells much faster than
/// it replaces.
pub(crate) fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_values_of_a_key_set_become_marks() {
        let shown =
            without_private_keys(&Bytes::from_static(br#"{"keys":[{"kid":"d","x":"open","d" : "very-private"}]}"#));
        assert_eq!(shown, r#"{"keys":[{"kid":"d","x":"open","d" : "⟦private⟧"}]}"#);
    }

    fn sealed(body: &str, known: &[(&str, &str)]) -> Answer {
        let raw =
            Raw { status: 200, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()), cut: None, late: false };
        let known = Known::new(known.iter().map(|(secret, mark)| (Secret::new(*secret), (*mark).to_owned())).collect());
        seal(raw, &known, &Alike::default(), &Captures::default(), &[])
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
    fn a_token_in_a_form_is_a_token_and_one_in_a_text_is_only_hidden() {
        let form = sealed("access_token=abcdef&token_type=bearer", &[]);
        assert!(form.grants());
        assert_eq!(text(&form), "access_token=⟦access_token⟧&token_type=bearer");
        let within = sealed(r#"{"body":"{\"access_token\":\"abcdef\"}"}"#, &[]);
        assert!(!within.grants());
        assert_eq!(text(&within), r#"{"body":"{\"access_token\":\"⟦access_token⟧\"}"}"#);
    }

    #[test]
    fn a_token_that_stands_twice_in_its_answer_is_hidden_and_no_echo() {
        let answer = sealed(r#"{"access_token":"abcdef","session":"abcdef"}"#, &[]);
        assert_eq!(text(&answer), r#"{"access_token":"⟦access_token⟧","session":"⟦access_token⟧"}"#);
        assert!(answer.echoes.is_empty());
    }

    #[test]
    fn a_secret_of_backslashes_alone_is_found_without_overflow() {
        let long = "\\".repeat(1 << 16);
        assert_eq!(text(&sealed(&long, &[(&long, "⟦long⟧")])), "⟦long⟧");
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
    fn a_secret_is_found_whichever_of_its_characters_is_escaped() {
        for spelling in ["wonder", "%77onder", "w%6fnder", "\\u0077onder", "wo&#110;der", "&#x77;onder"] {
            let answer = sealed(&format!("<{spelling}>"), &[("wonder", "⟦alice.password⟧")]);
            assert_eq!(text(&answer), "<⟦alice.password⟧>", "{spelling}");
        }
    }

    #[test]
    fn a_claim_is_hidden_like_any_text() {
        let known = Known::new(vec![(Secret::new("wonderland"), "⟦alice.password⟧".to_owned())]);
        assert_eq!(&*known.hide(b"it is wonderland"), "it is ⟦alice.password⟧".as_bytes());
    }

    #[test]
    fn a_jwt_is_never_kept_wherever_it_stands() {
        let answer = sealed("<p>eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl</p>", &[]);
        assert_eq!(text(&answer), "<p>⟦jwt⟧</p>");
    }
}
