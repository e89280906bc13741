//! An answer sealed: tokens taken out of it, known secrets made into marks, before any other room sees it.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use memchr::memmem::{self, Finder};
use memchr::{memchr, memchr3};
use regex::bytes::Regex;

use crate::captures::Captures;
use crate::exchange::Answer;
use crate::secret::Secret;
use crate::target::Target;

/// What stands before a token: the name of its member, and what leads to the value. Found in the raw text, so that a body
/// which is no JSON object gives its tokens away just as little. The text in front says at once where a spelling is not.
static TOKENS: LazyLock<[(Spelt, Finder<'_>, Regex); 3]> = LazyLock::new(|| {
    // Bytes, not characters: a body need not be UTF-8, and the search is the faster for it.
    let lead = |pattern: &str| Regex::new(&format!("(?-u){pattern}")).expect("a fixed pattern");
    [
        (Spelt::Json, Finder::new(r#"oken""#), lead(r#""[A-Za-z0-9_-]*[Tt]oken"\s*:\s*""#)),
        // JSON within a JSON text, as gateways like to wrap it.
        (Spelt::Within, Finder::new(r"oken\"), lead(r#"\\+"[A-Za-z0-9_-]*[Tt]oken\\+"\s*:\s*\\+""#)),
        (Spelt::Form, Finder::new("oken="), lead(r"\b[A-Za-z0-9_-]*[Tt]oken=")),
    ]
});

/// What stands in every spelling.
static TOKEN: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("oken"));

/// How the answer spells a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelt {
    /// As a member of a JSON object (RFC 6749 section 5.1): the only one that is right.
    Json,
    /// As the same inside of a text.
    Within,
    /// As a form parameter.
    Form,
}

/// A JWT wherever it stands.
static JWT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*").expect("a fixed pattern")
});

/// How a JWT begins.
static JWT_BEGINS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("eyJ"));

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

    fn new(mut secrets: Vec<(Secret, String)>) -> Self {
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

/// Seals an answer. `spoken` holds the values that its own request made from secrets, with their marks.
pub(crate) fn seal(raw: Raw, known: &Known, kept: &Captures, spoken: &[(String, String)]) -> Answer {
    let (body, tokens) = without_tokens(&raw.body);
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
    let body = match (hider.hide(&body, &mut echoes), &body) {
        (Cow::Borrowed(_), Cow::Borrowed(_)) => raw.body.clone(),
        (hidden, _) => Bytes::from(hidden.into_owned()),
    };
    let mut headers = raw.headers;
    for value in headers.values_mut() {
        let (text, _) = without_tokens(value.as_bytes());
        let shown = match (hider.hide(&text, &mut echoes), &text) {
            (Cow::Borrowed(_), Cow::Borrowed(_)) => continue,
            // What can't stand in a header any more is left out of it rather than shown.
            (hidden, _) => HeaderValue::from_bytes(&hidden).unwrap_or(HeaderValue::from_static("(not shown)")),
        };
        *value = shown;
    }
    let mut answer = Answer::new(raw.status, headers, body, raw.cut);
    answer.echoes = echoes;
    answer.unwitnessed = tokens;
    answer
}

/// The text with every token made into its member's mark, and the tokens that an answer of that body carries.
fn without_tokens(text: &[u8]) -> (Cow<'_, [u8]>, Vec<(String, Secret)>) {
    if TOKEN.find(text).is_none() {
        return (Cow::Borrowed(text), vec![]);
    }
    let is_form = text.first().is_some_and(u8::is_ascii_alphabetic);
    let mut text = Cow::Borrowed(text);
    let mut tokens = Vec::new();
    for (spelt, hint, lead) in &*TOKENS {
        if hint.find(&text).is_none() {
            continue;
        }
        let mut out = Vec::with_capacity(text.len());
        let mut rest = &text[..];
        while let Some(found) = lead.find(rest) {
            let (before, from) = rest.split_at(found.end());
            let (value, after) = from.split_at(spelt.length(from));
            out.extend_from_slice(before);
            rest = after;
            let value = as_text(value);
            if value.is_empty() || value.starts_with('⟦') {
                out.extend_from_slice(value.as_bytes());
                continue;
            }
            let member: String = String::from_utf8_lossy(found.as_bytes())
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                .collect();
            out.extend_from_slice(format!("⟦{member}⟧").as_bytes());
            match spelt {
                Spelt::Json => {
                    let token = match memchr(b'\\', value.as_bytes()) {
                        None => value.into_owned(),
                        Some(_) => serde_json::from_str(&format!("\"{value}\"")).unwrap_or_else(|_| value.into_owned()),
                    };
                    tokens.push((member, Secret::new(token)));
                }
                Spelt::Form if is_form => tokens.push((member, Secret::new(&*value))),
                Spelt::Form | Spelt::Within => {}
            }
        }
        out.extend_from_slice(rest);
        text = Cow::Owned(out);
    }
    (text, tokens)
}

impl Spelt {
    /// How long the value is that a text begins with; one that is cut off ends with the text.
    fn length(self, text: &[u8]) -> usize {
        let end = match self {
            Self::Json => {
                let mut escaped = false;
                text.iter().position(|byte| {
                    let ends = *byte == b'"' && !escaped;
                    escaped = *byte == b'\\' && !escaped;
                    ends
                })
            }
            Self::Within => text.iter().position(|byte| matches!(byte, b'"' | b'\\')),
            Self::Form => text.iter().position(|byte| byte.is_ascii_whitespace() || b"&;\"'<>".contains(byte)),
        };
        end.unwrap_or(text.len())
    }
}

/// A secret that is looked for.
struct Sought<'a> {
    secret: &'a str,
    mark: Mark<'a>,
    /// Whether finding it means that the server sent back what it was told.
    echo: bool,
}

/// What is shown in place of a secret.
enum Mark<'a> {
    /// This.
    Told(&'a str),
    /// The name of the answer's member that it was.
    Member(&'a str),
    /// The name under which an earlier step kept it.
    Kept(&'a str),
}

impl fmt::Display for Mark<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told(mark) => f.write_str(mark),
            Self::Member(name) => write!(f, "⟦{name}⟧"),
            Self::Kept(name) => write!(f, "⟦kept {name}⟧"),
        }
    }
}

/// Secrets made into marks, all in one pass so that no mark is searched itself.
struct Hider<'a> {
    known: &'a Known,
    /// What is looked for in this answer besides.
    own: Vec<Sought<'a>>,
}

impl Hider<'_> {
    /// The text with every secret made into its mark; the marks of those that are echoes are added to `echoes`.
    fn hide<'t>(&self, text: &'t [u8], echoes: &mut Vec<String>) -> Cow<'t, [u8]> {
        let text = match JWT_BEGINS.find(text) {
            Some(_) => JWT.replace_all(text, "⟦jwt⟧".as_bytes()),
            None => Cow::Borrowed(text),
        };
        if self.holds_none(&text) {
            return text;
        }
        let known: Vec<Sought<'_>> = self.known.sought().collect();
        // The longest first: one that holds another is replaced whole.
        let mut sought: Vec<&Sought<'_>> = self.own.iter().chain(&known).collect();
        sought.sort_by_key(|one| std::cmp::Reverse(one.secret.len()));
        let mut out = Vec::with_capacity(text.len());
        let mut rest = &text[..];
        while let Some(first) = rest.first() {
            if let Some((length, found)) = at(rest, &sought) {
                let mark = found.mark.to_string();
                out.extend_from_slice(mark.as_bytes());
                rest = &rest[length..];
                if found.echo && !echoes.contains(&mark) {
                    echoes.push(mark);
                }
            } else {
                out.push(*first);
                rest = &rest[1..];
            }
        }
        Cow::Owned(out)
    }

    /// Whether a text holds no secret for sure: nothing in it is escaped, and none stands there as it is. That is told fast,
    /// and true of nearly every text.
    fn holds_none(&self, text: &[u8]) -> bool {
        if memchr3(b'%', b'&', b'\\', text).is_some() {
            return false;
        }
        let text = spaced(text);
        let is_absent =
            |one: &Sought<'_>| one.secret.len() > text.len() || memmem::find(&text, &beginning(one.secret)).is_none();
        !self.known.beginnings.is_match(&*text) && self.own.iter().all(is_absent)
    }
}

/// How a secret begins: a search is as large as what it looks for, and the first bytes of a long one tell enough.
fn beginning(secret: &str) -> Cow<'_, [u8]> {
    spaced(&secret.as_bytes()[..secret.len().min(16)])
}

/// Bytes as text; what is no UTF-8 in them is replaced. Nearly all of it is, which the standard library tells much faster than
/// it replaces.
pub(crate) fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// A text with a space for every plus sign, which may stand for one: two that are the same but for that are taken for the same.
fn spaced(text: &[u8]) -> Cow<'_, [u8]> {
    match memchr(b'+', text) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()),
    }
}

/// The secret that a text begins with, and how much of the text spells it.
fn at<'s>(text: &[u8], sought: &[&'s Sought<'s>]) -> Option<(usize, &'s Sought<'s>)> {
    let near = sought.iter().filter(|one| may_begin(text, one.secret));
    near.into_iter().find_map(|one| Some((spelt(text, one.secret)?, *one)))
}

/// The bytes that begin an escape: any other stands for itself.
const ESCAPES: [u8; 4] = [b'%', b'+', b'&', b'\\'];

/// Whether a text may begin with a secret: they are the same up to the first escape.
fn may_begin(text: &[u8], secret: &str) -> bool {
    let differs = text.iter().zip(secret.bytes()).find(|(byte, own)| ESCAPES.contains(byte) || **byte != *own);
    differs.is_none_or(|(byte, _)| ESCAPES.contains(byte))
}

/// How much of a text's beginning spells a secret, each character in whichever way. A backslash is told from those that escape
/// by their number, which is the same all through: one as it is, two in JSON, four in JSON within JSON.
fn spelt(text: &[u8], secret: &str) -> Option<usize> {
    let backslashes: &[&str] = if secret.contains('\\') { &[r"\\\\", r"\\", r"\"] } else { &[r"\"] };
    backslashes.iter().find_map(|backslash| {
        let from = |at: usize, c: char| {
            let spellings = spellings(&text[at..], c, backslash);
            spellings.into_iter().flatten().map(move |length| at + length)
        };
        let mut chars = secret.chars();
        let mut ends: Vec<usize> = from(0, chars.next()?).collect();
        for c in chars {
            if ends.is_empty() {
                return None;
            }
            ends = ends.into_iter().flat_map(|at| from(at, c)).collect();
            ends.sort_unstable();
            ends.dedup();
        }
        ends.into_iter().max()
    })
}

/// The lengths at which a text's beginning spells a character: as it is, and percent- or form-encoded, escaped in JSON or in
/// JSON within JSON, or as an HTML reference.
fn spellings(text: &[u8], c: char, backslash: &str) -> [Option<usize>; 2] {
    if c == '\\' && text.first() == Some(&b'\\') {
        return [text.starts_with(backslash.as_bytes()).then_some(backslash.len()), None];
    }
    let mut utf8 = [0; 4];
    let utf8 = c.encode_utf8(&mut utf8).as_bytes();
    let begins = |form: &str| {
        let beginning = text.get(..form.len())?;
        beginning.eq_ignore_ascii_case(form.as_bytes()).then_some(form.len())
    };
    let encoded = match text.first() {
        Some(b'%') => begins(&utf8.iter().map(|byte| format!("%{byte:02x}")).collect::<String>()),
        Some(b'+') => (c == ' ').then_some(1),
        Some(b'&') => references(c).iter().find_map(|form| begins(form)),
        Some(b'\\') => {
            // Seven escape a quote three levels deep; a server that sends a megabyte of them is not followed further.
            let escapes = text.iter().take(7).take_while(|byte| **byte == b'\\').count();
            let after = |form: &String| {
                let beginning = text.get(escapes..escapes + form.len())?;
                beginning.eq_ignore_ascii_case(form.as_bytes()).then_some(escapes + form.len())
            };
            json_escapes(c).iter().find_map(after)
        }
        Some(_) | None => None,
    };
    [text.starts_with(utf8).then_some(utf8.len()), encoded]
}

/// What follows the backslash where JSON escapes a character (RFC 8259 section 7).
fn json_escapes(c: char) -> Vec<String> {
    let mut units = [0; 2];
    let units: Vec<String> = c.encode_utf16(&mut units).iter().map(|unit| format!("u{unit:04x}")).collect();
    let short = match c {
        '"' | '/' => Some(c),
        '\t' => Some('t'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        _ => None,
    };
    [units.join("\\")].into_iter().chain(short.map(String::from)).collect()
}

/// A character as HTML may refer to it.
fn references(c: char) -> Vec<String> {
    let code = u32::from(c);
    let named = match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&apos;"),
        _ => None,
    };
    [format!("&#{code};"), format!("&#x{code:x};")].into_iter().chain(named.map(str::to_owned)).collect()
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
