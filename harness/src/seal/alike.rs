//! Texts that were sealed before: of an answer that differs from one of them in its tokens alone nothing else has to be hidden.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use memchr::{memchr2, memchr3, memmem};

use super::tokens::mark;
use crate::exchange::{Answer, Read};
use crate::secret::Secret;

/// How many texts are remembered. A server has a few: for each client and each kind of refusal.
const REMEMBERED: usize = 8;

/// The last texts that held nothing to hide but tokens.
#[derive(Debug, Default)]
pub struct Alike(Mutex<VecDeque<Arc<Text>>>);

/// A sealed text. Of what is known to a target nothing stands in it, and nothing is escaped in it.
#[derive(Debug)]
pub(super) struct Text {
    /// What stands around its tokens, as it came and as it is sealed: one piece more than there are tokens.
    around: Vec<Bytes>,
    /// The members that its tokens are, in order.
    members: Vec<String>,
    /// It with its tokens made into marks.
    pub(super) body: Bytes,
    /// What it reads as.
    pub(super) read: Arc<Read>,
    /// Headers that came with it, but for those that are the same in no two answers or are escaped.
    headers: HeaderMap,
}

/// The tokens of an answer, by the names of their members.
type Tokens = Vec<(String, Secret)>;

impl Alike {
    /// A text that a body is the same as, tokens aside, and the body's own tokens.
    pub(super) fn find(&self, body: &[u8]) -> Option<(Arc<Text>, Tokens)> {
        self.texts().iter().find_map(|text| Some((Arc::clone(text), text.tokens(body)?)))
    }

    /// Remembers an answer in which nothing was hidden but tokens.
    pub(super) fn keep(&self, raw: &[u8], answer: &Answer) {
        let Some(text) = Text::of(raw, answer) else { return };
        let mut texts = self.texts();
        texts.truncate(REMEMBERED - 1);
        texts.push_front(Arc::new(text));
    }

    fn texts(&self) -> MutexGuard<'_, VecDeque<Arc<Text>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Text {
    /// The text of a sealed answer that came as `raw`: `None` where its tokens are not all that is different.
    fn of(raw: &[u8], answer: &Answer) -> Option<Self> {
        let Answer { body, unwitnessed: tokens, .. } = answer;
        if !raw.starts_with(b"{") || is_escaped(body) {
            return None;
        }
        let mut around = Vec::with_capacity(tokens.len() + 1);
        let mut rest = body.clone();
        for (member, _) in tokens {
            let mark = mark(member);
            let before = rest.split_to(memmem::find(&rest, mark.as_bytes())?);
            around.push(before);
            drop(rest.split_to(mark.len()));
        }
        around.push(rest);
        let members = tokens.iter().map(|(member, _)| member.clone()).collect();
        let is_plain =
            |(name, value): &(&HeaderName, &HeaderValue)| *name != header::DATE && !is_escaped(value.as_bytes());
        let headers =
            answer.headers.iter().filter(is_plain).map(|(name, value)| (name.clone(), value.clone())).collect();
        let text = Self { around, members, body: body.clone(), read: Arc::clone(&answer.read), headers };
        // Read back it has to give the same tokens: then it gives any other answer's, too.
        (text.tokens(raw)? == *tokens).then_some(text)
    }

    /// The tokens of a body, where it is the same but for them.
    fn tokens(&self, body: &[u8]) -> Option<Tokens> {
        let (first, others) = self.around.split_first()?;
        let mut rest = body.strip_prefix(&first[..])?;
        let mut tokens = Vec::with_capacity(others.len());
        for (member, after) in self.members.iter().zip(others) {
            let (token, from) = rest.split_at(memchr2(b'"', b'\\', rest)?);
            rest = from.strip_prefix(&after[..])?;
            let token = str::from_utf8(token).ok().filter(|token| !token.is_empty() && !token.starts_with('⟦'))?;
            tokens.push((member.clone(), Secret::new(token)));
        }
        rest.is_empty().then_some(tokens)
    }

    /// Whether a header came with it as well.
    pub(super) fn has(&self, name: &HeaderName, value: &HeaderValue) -> bool {
        self.headers.get(name) == Some(value)
    }
}

/// Whether something in a text may stand for something else.
fn is_escaped(text: &[u8]) -> bool {
    memchr3(b'%', b'&', b'\\', text).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::{Known, Raw, seal};
    use super::*;
    use crate::captures::Captures;

    /// Bodies in which tokens stand as they should, and in ways that are easily taken for it.
    const BODIES: [&str; 22] = [
        r#"{"access_token":"abcdef","token_type":"Bearer"}"#,
        r#"{"access_token":"ghijklmnop","token_type":"Bearer"}"#,
        r#"{"access_token":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.","token_type":"Bearer"}"#,
        r#"{"access_token":"","token_type":"Bearer"}"#,
        r#"{"access_token":"Bearer","token_type":"Bearer"}"#,
        r#"{"access_token":"abc\"def","token_type":"Bearer"}"#,
        r#"{"access_token":"abcdef\\","token_type":"Bearer"}"#,
        r#"{"access_token":"wonderland","token_type":"Bearer"}"#,
        r#"{"access_token":"⟦access_token⟧","token_type":"Bearer"}"#,
        r#"{"access_token":"abcdef","token_type":"wonderland"}"#,
        r#"{"access_token":"abcdef","token_type":"kept-value"}"#,
        r#"{"access_token":"abcdef","token_type":"spoken-value"}"#,
        r#"{"access_token":"abcdef","token_type":"Bearer"} "#,
        r#"{"access_token":"abcdef","refresh_token":"abcdef"}"#,
        r#"{"access_token":"abcdef","refresh_token":"ghijkl"}"#,
        r#"{"access_token":"abcdef","refresh_token":"ghijkl","refresh_token":"mnopqr"}"#,
        r#"{"access_token":"abcdef","refresh_token":"gh"#,
        r#"{"x":"⟦access_token⟧","access_token":"abcdef"}"#,
        r#"{"x":"wonder%6cand","access_token":"abcdef"}"#,
        r#"{"x":"{\"id_token\":\"abcdef\"}","access_token":"abcdef"}"#,
        r#"{"x":"id_token=abcdef","access_token":"ghijkl"}"#,
        "access_token=abcdef",
    ];

    /// An answer's body, tokens, echoes and headers, as it is sealed.
    fn sealed(body: &str, header: &'static str, alike: &Alike) -> String {
        let mut kept = Captures::default();
        kept.keep("earlier", Secret::new("kept-value"));
        let spoken = [("spoken-value".to_owned(), "⟦basic⟧".to_owned())];
        let known = Known::new(vec![(Secret::new("wonderland"), "⟦alice.password⟧".to_owned())]);
        let mut headers = HeaderMap::from_iter([(header::SERVER, HeaderValue::from_static(header))]);
        headers.insert(header::DATE, HeaderValue::from_static("Mon, 23 Nov 2026 06:00:00 GMT"));
        let raw = Raw { status: 200, headers, body: Bytes::from(body.to_owned()), cut: None, late: false };
        let answer = seal(raw, &known, alike, &kept, &spoken);
        let tokens: Vec<_> = answer.unwitnessed.iter().map(|(member, token)| (member, token.expose())).collect();
        let members = answer.members().map(|members| members.all().map(|(name, _)| name).collect::<Vec<_>>());
        format!("{:?} {tokens:?} {:?} {:?} {members:?}", answer.body, answer.echoes, answer.headers)
    }

    #[test]
    fn an_answer_is_sealed_the_same_whatever_was_sealed_before_it() {
        const HEADERS: [&str; 8] =
            ["one", "two", "abcdef", "ghijkl", "kept-value", "spoken-value", "wonderland", "wonder%6cand"];
        let usual = BODIES.map(|body| (body, HEADERS[0]));
        let all: Vec<_> = usual.into_iter().chain(HEADERS.map(|header| (BODIES[0], header))).collect();
        let mut found = 0;
        for (body, header) in &all {
            for (before, its_header) in &all {
                let alike = Alike::default();
                sealed(before, its_header, &alike);
                found += u32::from(alike.find(body.as_bytes()).is_some());
                let alone = sealed(body, header, &Alike::default());
                assert_eq!(sealed(body, header, &alike), alone, "{body} {header} after {before} {its_header}");
            }
        }
        assert!(found > 100, "hardly anything is alike: {found}");
    }

    #[test]
    fn few_texts_are_remembered_and_the_last_of_them() {
        let alike = Alike::default();
        let body = |number: usize| format!(r#"{{"access_token":"abcdef","n":{number}}}"#);
        for number in 0..REMEMBERED + 3 {
            sealed(&body(number), "one", &alike);
        }
        let known: Vec<usize> =
            (0..REMEMBERED + 3).filter(|number| alike.find(body(*number).as_bytes()).is_some()).collect();
        assert_eq!(known, (3..REMEMBERED + 3).collect::<Vec<_>>());
    }
}
