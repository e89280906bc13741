//! Claims that were read before: of a token that differs from one of them in a few values alone nothing else has to be read.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use memchr::memchr2;
use ropcheck_reports::record::JwtObject;
use serde_json::Value;

use crate::json::RawValues;
use crate::seal::Known;

/// How many are remembered: a server issues a few kinds of tokens.
const REMEMBERED: usize = 8;

/// The last claims that held nothing to hide and had no flaw.
#[derive(Debug, Default)]
pub(super) struct Patterns(Mutex<VecDeque<Pattern>>);

/// Claims as they were written, taken apart at the values that may be others in the next token.
#[derive(Debug)]
struct Pattern {
    places: Vec<Place>,
    /// What stands behind the last of them.
    end: String,
    claims: JwtObject,
}

/// A value that may be another.
#[derive(Debug)]
struct Place {
    /// What stands before it.
    before: String,
    /// The position of its claim.
    position: usize,
    /// Whether it is a text, without its quotes; else it is a whole number.
    is_text: bool,
    /// As it was written.
    value: String,
}

impl Patterns {
    /// Claims of a text that differs from one that was read before in a few values alone, with nothing in them to hide.
    pub(super) fn read(&self, text: &str, known: &Known) -> Option<JwtObject> {
        self.all().iter().find_map(|pattern| pattern.read(text, known))
    }

    /// Remembers claims of which nothing is hidden.
    pub(super) fn keep(&self, text: &str, claims: &JwtObject, known: &Known) {
        let is_open = matches!(known.hide(text.as_bytes()), Cow::Borrowed(_));
        let Some(pattern) = Pattern::of(text, claims).filter(|_| is_open) else { return };
        // Read back it has to give the same claims: then it gives any other token's, too.
        if pattern.read(text, known).as_ref() == Some(claims) {
            let mut all = self.all();
            all.truncate(REMEMBERED - 1);
            all.push_front(pattern);
        }
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Pattern>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pattern {
    fn of(text: &str, claims: &JwtObject) -> Option<Self> {
        // An escape may stand for anything.
        if text.contains('\\') {
            return None;
        }
        let RawValues(values) = serde_json::from_str(text).ok()?;
        let (mut places, mut done) = (Vec::new(), 0);
        for (position, raw) in values.into_iter().enumerate() {
            // It is a part of the text.
            let at = raw.as_ptr().addr() - text.as_ptr().addr();
            let (value, is_text) = match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(text) => (text, true),
                None if raw.bytes().all(|byte| byte.is_ascii_digit()) => (raw, false),
                None => continue,
            };
            let begins = at + usize::from(is_text);
            let before = text.get(done..begins)?.to_owned();
            places.push(Place { before, position, is_text, value: value.to_owned() });
            done = begins + value.len();
        }
        Some(Self { places, end: text.get(done..)?.to_owned(), claims: claims.clone() })
    }

    fn read(&self, text: &str, known: &Known) -> Option<JwtObject> {
        let mut rest = text;
        let mut own = Vec::new();
        for place in &self.places {
            let from = rest.strip_prefix(&*place.before)?;
            let value;
            (value, rest) = from.split_at(place.length(from)?);
            if value != place.value {
                own.push((place.position, place.read(value, known)?));
            }
        }
        (rest == self.end).then(|| self.claims.with(own))
    }
}

impl Place {
    /// How long the value is that a text begins with.
    fn length(&self, text: &str) -> Option<usize> {
        if self.is_text {
            memchr2(b'"', b'\\', text.as_bytes())
        } else {
            text.bytes().position(|byte| !byte.is_ascii_digit())
        }
    }

    /// A value that is written there (RFC 8259 sections 6 and 7), unless something in it is to be hidden.
    fn read(&self, text: &str, known: &Known) -> Option<Value> {
        if matches!(known.hide(text.as_bytes()), Cow::Owned(_)) {
            return None;
        }
        if self.is_text {
            return text.bytes().all(|byte| byte >= b' ').then(|| Value::from(text));
        }
        let number: u64 = text.parse().ok()?;
        (text.len() == 1 || !text.starts_with('0')).then(|| Value::from(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Object;
    use crate::secret::Secret;

    /// Claims that are well written, and some that are easily taken for it.
    const CLAIMS: [&str; 24] = [
        r#"{"iss":"https://as.example","sub":"alice","exp":1800000300,"iat":1800000000,"jti":"a1"}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":1800000301,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":7,"iat":1800000001,"jti":""}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":007,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":-7,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":1.5,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":1e9,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":99999999999999999999999,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":"7","iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":7,"exp":7,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"b\u006fb","exp":7,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"bob\"","exp":7,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"wonderland","exp":7,"iat":1800000001,"jti":"b2"}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":7,"iat":1800000001,"jti":"b2","jti":"b3"}"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":7,"iat":1800000001,"jti":"b2"} "#,
        r#"{"iss":"https://as.example","sub":"bob","exp":7,"iat":1800000001,"jti":"b2"}x"#,
        r#"{"iss":"https://as.example","sub":"bob","exp":7,"iat":1800000001,"jti":"b2""#,
        r#"{"iss":"https://as.example","aud":["a","b"],"sub":"bob","n":{"sub":"x","exp":1},"exp":7}"#,
        r#"{"iss":"https://as.example","aud":["a","b"],"sub":"bob","n":{"sub":"y","exp":1},"exp":8}"#,
        r#"{"iss":"https://as.example","aud":["a","b"],"sub":"eve","n":{"sub":"x","exp":1},"exp":9}"#,
        "{\"iss\":\"https://as.example\",\"sub\":\"bo\u{1}b\",\"exp\":7,\"iat\":1800000001,\"jti\":\"b2\"}",
        "{}",
        "7",
    ];

    /// What a text reads as by itself, where nothing in it is hidden.
    fn read(text: &str, known: &Known) -> Option<JwtObject> {
        let Object { members, repeated } = serde_json::from_str(text).ok()?;
        (repeated.is_empty() && matches!(known.hide(text.as_bytes()), Cow::Borrowed(_))).then(|| members.into())
    }

    #[test]
    fn claims_are_read_the_same_whatever_was_read_before_them() {
        let known = Known::new(vec![(Secret::new("wonderland"), "⟦alice.password⟧".to_owned())]);
        let mut alike = 0;
        for before in CLAIMS {
            let patterns = Patterns::default();
            if let Some(claims) = read(before, &known) {
                patterns.keep(before, &claims, &known);
            }
            for text in CLAIMS {
                if let Some(claims) = patterns.read(text, &known) {
                    assert_eq!(Some(&claims), read(text, &known).as_ref(), "{text} after {before}");
                    let written = |claims: &JwtObject| serde_json::to_string(claims).expect("JSON");
                    assert_eq!(
                        Some(written(&claims)),
                        read(text, &known).as_ref().map(written),
                        "{text} after {before}"
                    );
                    alike += u32::from(text != before);
                }
            }
        }
        assert_eq!(
            alike,
            3 * 2 + 3 + 2,
            "three of one form, the same three after a number beyond them, and two of another"
        );
    }

    #[test]
    fn few_claims_are_remembered_and_the_last_of_them() {
        let (patterns, known) = (Patterns::default(), Known::default());
        let text = |number: usize| format!(r#"{{"n{number}":1}}"#);
        for number in 0..REMEMBERED + 3 {
            patterns.keep(&text(number), &read(&text(number), &known).expect("claims"), &known);
        }
        let read: Vec<usize> =
            (0..REMEMBERED + 3).filter(|number| patterns.read(&text(*number), &known).is_some()).collect();
        assert_eq!(read, (3..REMEMBERED + 3).collect::<Vec<_>>());
    }
}
