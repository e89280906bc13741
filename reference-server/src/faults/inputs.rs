//! How a request can be misread, each for one kind of input that hardly anybody thinks of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::{AUTHORIZATION, CONTENT_TYPE, TRANSFER_ENCODING};

use crate::form::{knows, pairs, text};
use crate::policy::Received;
use crate::refusal::Refusal;

// Parameters.

pub(super) fn sixteen_parameters(received: &Received) -> Option<Refusal> {
    refuse(pairs(&received.body).count() > 16, "there are too many parameters")
}

pub(super) fn no_markup(received: &Received) -> Option<Refusal> {
    let mut unknown = pairs(&received.body).filter(|(name, _)| !knows(name));
    refuse(unknown.any(|(_, value)| text(value).contains(['<', '>'])), "a parameter looks like an attack")
}

pub(super) fn no_dot_in_names(received: &Received) -> Option<Refusal> {
    refuse(pairs(&received.body).any(|(name, _)| !knows(name) && text(name).contains('.')), "a parameter is misnamed")
}

pub(super) fn password_before_scope(received: &mut Received) {
    let mut scope_seen = false;
    keep(received, |name, _| {
        scope_seen |= name == "scope";
        !(scope_seen && name == "password")
    });
}

pub(super) fn plain_names(received: &mut Received) {
    keep(received, |_, written| !written.contains(&b'%'));
}

/// Overlooks a parameter that comes again with its name in escapes.
pub(super) fn escaped_repetitions(received: &mut Received) {
    let names: Vec<String> = pairs(&received.body).map(|(name, _)| text(name)).collect();
    let comes_again = |name: &str| names.iter().filter(|other| *other == name).count() > 1;
    keep(received, |name, written| !(written.contains(&b'%') && comes_again(name)));
}

/// Keeps the parameters that a test lets pass, by their name and how it is written.
fn keep(received: &mut Received, mut wanted: impl FnMut(&str, &[u8]) -> bool) {
    let kept = pairs(&received.body).filter(|(name, _)| wanted(&text(name), name));
    received.body = kept.map(|(name, value)| [name, b"=", value].concat()).collect::<Vec<_>>().join(&b'&');
}

// Values.

pub(super) fn first_line(received: &mut Received) {
    read_as(received, "password", |text| text.split(['\r', '\n']).next().unwrap_or_default());
}

pub(super) fn first_64_characters(received: &mut Received) {
    read_as(received, "refresh_token", |text| text.get(..64).unwrap_or(text));
}

pub(super) fn no_punctuation_in_scopes(received: &Received) -> Option<Refusal> {
    let punctuation = |text: &str| text.contains(['!', '#', '$', '<', '>', '[', ']', '^', '`', '{', '|', '}', '~']);
    refuse(received.has("scope", punctuation), "a parameter holds a character that is not allowed")
}

pub(super) fn no_empty_scope_string(received: &Received) -> Option<Refusal> {
    received.has("scope", |text| !text.is_empty() && text.split(' ').any(str::is_empty)).then(Refusal::server_error)
}

pub(super) fn no_space(received: &Received) -> Option<Refusal> {
    refuse(received.has("token", |text| text.contains(' ')), "the token is malformed")
}

pub(super) fn no_percent_sign(received: &Received) -> Option<Refusal> {
    refuse(received.has("token", |text| text.contains('%')), "the token is malformed")
}

pub(super) fn token_alone(received: &mut Received) {
    let is_its_own = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    read_as(received, "token", |text| text.split(|character| !is_its_own(character)).next().unwrap_or_default());
}

pub(super) fn misleading_hint(received: &mut Received) {
    let is_word = |text: &str| text.chars().all(|character| character.is_ascii_lowercase() || character == '_');
    if received.has("token_type_hint", |text| !is_word(text)) {
        read_as(received, "token", |_| "none");
    }
}

pub(super) fn ascii_hint(received: &Received) -> Option<Refusal> {
    received
        .has("token_type_hint", |text| !text.is_ascii())
        .then(|| Refusal::unsupported_token_type("the hint is malformed"))
}

/// Has the value of a parameter be read as another.
fn read_as(received: &mut Received, parameter: &str, how: impl Fn(&str) -> &str) {
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>().into_bytes();
    let read = |(name, value): (&[u8], &[u8])| {
        let told = text(value);
        let value = if text(name) == parameter { escaped(how(&told)) } else { value.to_vec() };
        [name, b"=", &value].concat()
    };
    received.body = pairs(&received.body).map(read).collect::<Vec<_>>().join(&b'&');
}

// Escapes.

pub(super) fn lower_case_plus(received: &mut Received) {
    rewrite(received, |rest| rest.starts_with(b"%2b").then(|| (3, b"+".to_vec())));
}

/// Reads ASCII in two bytes or three, which RFC 3629 section 3 rules out.
pub(super) fn overlong(received: &mut Received) {
    rewrite(received, |rest| {
        let (bytes, low) = match (escape(rest, 0)?, escape(rest, 1)?) {
            (first @ (0xC0 | 0xC1), second @ 0x80..=0xBF) => (2, (first & 1) << 6 | second & 0x3F),
            (0xE0, second @ (0x80 | 0x81)) => (3, (second & 1) << 6 | escape(rest, 2)? & 0x3F),
            _ => return None,
        };
        Some((3 * bytes, format!("%{low:02X}").into_bytes()))
    });
}

pub(super) fn surrogates(received: &Received) -> Option<Refusal> {
    let is_one = |rest: &[u8]| escape(rest, 0) == Some(0xED) && matches!(escape(rest, 1), Some(0xA0..=0xBF));
    let body = &received.body;
    (0..body.len()).any(|at| is_one(&body[at..])).then(Refusal::server_error)
}

pub(super) fn half_escapes(received: &Received) -> Option<Refusal> {
    let is_one = |window: &[u8]| window[0] == b'%' && window[1].is_ascii_hexdigit() && matches!(window[2], b'g'..=b'z');
    received.body.windows(3).any(is_one).then(Refusal::server_error)
}

/// The byte that the escape of that number stands for, of those that begin here.
fn escape(rest: &[u8], number: usize) -> Option<u8> {
    let digits = rest.get(3 * number..)?.strip_prefix(b"%")?.get(..2)?;
    u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

/// Puts something else in the place of what a rule finds: how much it is, and what comes for it.
fn rewrite(received: &mut Received, rule: impl Fn(&[u8]) -> Option<(usize, Vec<u8>)>) {
    let mut written = Vec::with_capacity(received.body.len());
    let mut rest = received.body.as_slice();
    while let Some((&first, after)) = rest.split_first() {
        match rule(rest) {
            Some((length, other)) => {
                written.extend(other);
                rest = &rest[length..];
            }
            None => {
                written.push(first);
                rest = after;
            }
        }
    }
    received.body = written;
}

// The body and its headers.

pub(super) fn first_chunk(received: &mut Received) {
    if received.headers.contains_key(TRANSFER_ENCODING) {
        received.body.truncate(128);
    }
}

pub(super) fn no_space_in_media_type(received: &mut Received) {
    let media_type = received.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media_type.is_some_and(|text| text.contains(" ;") || text.contains("\t;")) {
        received.headers.remove(CONTENT_TYPE);
    }
}

pub(super) fn no_capitals_behind_small_letters(received: &mut Received) {
    let media_type = received.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|text| text.split(';').next()).unwrap_or_default();
    if essence.starts_with(|first: char| first.is_ascii_lowercase()) && essence != essence.to_ascii_lowercase() {
        received.headers.remove(CONTENT_TYPE);
    }
}

// The Authorization header.

pub(super) fn lower_case_escapes(received: &mut Received) {
    authorize(received, |scheme, credentials| {
        let pair = STANDARD.decode(credentials).ok().and_then(|pair| String::from_utf8(pair).ok());
        let Some(pair) = pair else { return format!("{scheme} {credentials}") };
        let mut parts = pair.split('%');
        let mut read = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let lower = part.chars().take(2).any(|digit| digit.is_ascii_lowercase());
            // An escaped percent sign is one that stands for itself.
            read.push_str(if lower { "%25" } else { "%" });
            read.push_str(part);
        }
        format!("{scheme} {}", STANDARD.encode(read))
    });
}

pub(super) fn one_space(received: &mut Received) {
    authorize(received, |scheme, credentials| {
        if credentials.starts_with(' ') { scheme.to_owned() } else { format!("{scheme} {credentials}") }
    });
}

pub(super) fn scheme_in_one_case(received: &mut Received) {
    authorize(received, |scheme, credentials| {
        let known = ["Basic", "basic", "BASIC"].contains(&scheme);
        if known { format!("{scheme} {credentials}") } else { scheme.to_owned() }
    });
}

pub(super) fn base64_alone(received: &mut Received) {
    authorize(received, |scheme, credentials| {
        let is_base64 = |character: &char| character.is_ascii_alphanumeric() || "+/=".contains(*character);
        format!("{scheme} {}", credentials.chars().filter(is_base64).collect::<String>())
    });
}

pub(super) fn bearer_before_tilde(received: &mut Received) {
    authorize(received, |scheme, token| format!("{scheme} {}", token.split('~').next().unwrap_or_default()));
}

pub(super) fn bearer_with_plus(received: &Received) -> Option<Refusal> {
    let value = received.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.is_some_and(|text| text.contains('+')).then(Refusal::server_error)
}

/// Has the header be read as another, by its scheme and what comes behind one space.
fn authorize(received: &mut Received, how: impl Fn(&str, &str) -> String) {
    if let Some(value) = received.headers.get_mut(AUTHORIZATION)
        && let Some((scheme, rest)) = value.to_str().ok().and_then(|text| text.split_once(' '))
        && let Ok(other) = HeaderValue::try_from(how(scheme, rest))
    {
        *value = other;
    }
}

fn refuse(when: bool, says: &'static str) -> Option<Refusal> {
    when.then(|| Refusal::invalid_request(says))
}
