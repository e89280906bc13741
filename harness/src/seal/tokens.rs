//! Tokens taken out of a text, however it spells them.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;
use regex::bytes::Regex;

use super::as_text;
use crate::secret::Secret;

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

/// What stands in place of a token.
pub(super) fn mark(member: &str) -> String {
    format!("⟦{member}⟧")
}

/// The text with every token made into its member's mark, and the tokens that an answer of that body carries.
pub(super) fn without_tokens(text: &[u8]) -> (Cow<'_, [u8]>, Vec<(String, Secret)>) {
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
            out.extend_from_slice(mark(&member).as_bytes());
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
