//! Secrets made into marks, whichever way a text spells them.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memchr3};
use regex::bytes::Regex;

use super::Known;
use super::tokens::mark;

/// A JWT wherever it stands.
static JWT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*").expect("a fixed pattern")
});

/// How a JWT begins.
static JWT_BEGINS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("eyJ"));

/// A secret that is looked for.
pub(super) struct Sought<'a> {
    pub(super) secret: &'a str,
    pub(super) mark: Mark<'a>,
    /// Whether finding it means that the server sent back what it was told.
    pub(super) echo: bool,
}

/// What is shown in place of a secret.
pub(super) enum Mark<'a> {
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
            Self::Member(name) => f.write_str(&mark(name)),
            Self::Kept(name) => write!(f, "⟦kept {name}⟧"),
        }
    }
}

/// Secrets made into marks, all in one pass so that no mark is searched itself.
pub(super) struct Hider<'a> {
    pub(super) known: &'a Known,
    /// What is looked for in this answer besides.
    pub(super) own: Vec<Sought<'a>>,
}

impl Hider<'_> {
    /// The text with every secret made into its mark; the marks of those that are echoes are added to `echoes`.
    pub(super) fn hide<'t>(&self, text: &'t [u8], echoes: &mut Vec<String>) -> Cow<'t, [u8]> {
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
        !self.known.beginnings.is_match(&*spaced(text)) && self.holds_none_of_its_own(text)
    }

    /// The same of what is looked for in this answer besides, in a text in which nothing is escaped.
    pub(super) fn holds_none_of_its_own(&self, text: &[u8]) -> bool {
        let text = spaced(text);
        let is_absent = |one: &Sought<'_>| one.secret.len() > text.len() || !holds(&text, &beginning(one.secret));
        self.own.iter().all(is_absent)
    }
}

/// Whether a text holds a few bytes. To make ready a search that is faster takes longer than this one.
fn holds(text: &[u8], few: &[u8]) -> bool {
    let Some((last, before)) = few.split_last() else { return true };
    memchr_iter(*last, text).any(|at| text[..at].ends_with(before))
}

/// How a secret begins: a search is as large as what it looks for, and the first bytes of a long one tell enough.
pub(super) fn beginning(secret: &str) -> Cow<'_, [u8]> {
    spaced(&secret.as_bytes()[..secret.len().min(16)])
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
